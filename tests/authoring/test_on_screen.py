"""The team's pages in real Chromium: nothing typed is lost, every screen reads well."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from publisher.content.library import save_new_post
from publisher.model.post import PhotoArticle, Programme, Reminder
from tests.authoring.conftest import OURSE, TILLEULS
from tests.authoring.screens import DESK, PHONE, Screen, Served, pictures, served
from tests.posts import NOW, article, programme, reminder

HOME = f"/equipe/{TILLEULS}/"
REMINDER, PHOTOS, PROGRAMME = (
    f"{HOME}nouveau/{kind}" for kind in ("reminder", "photo-article", "programme")
)
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module", name="screen")
def _screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture(name="town")
def _town(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as town:
        yield town


def drafts(page: Page) -> int:
    """How many drafts the phone keeps."""
    return int(
        page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('preau:')).length")
    )


def saved(town: Served) -> list[object]:
    """The posts of the centre."""
    return [town.desk.post(path.parent.name).post for path in town.desk.documents()]


def choose(page: Page, name: str, value: str) -> None:
    """Tap one choice by its words' own box."""
    page.locator(f"input[name={name}][value='{value}']").check()


def send(page: Page) -> None:
    """Tap the one main button."""
    page.locator("[data-envoyer]").click()


def test_a_draft_survives_a_reload_and_a_new_tab(screen: Screen, town: Served) -> None:
    """Every keystroke is kept; the reload shows it, a new tab offers it, and saving forgets it."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").press_sequentially("Bonnet et écharpe")
        choose(page, "pictogram", "casquette")
        choose(page, "groups", "moyens")
        expect(page.locator("[data-garde]")).to_have_text("Gardé dans ce téléphone")
        page.reload()
        expect(page.locator("#sentence")).to_have_value("Bonnet et écharpe")
        expect(page.locator("input[value=casquette]")).to_be_checked()
        other = page.context.new_page()
        page.close()
        other.goto(REMINDER)
        expect(other.locator("#sentence")).to_have_value("")
        expect(other.get_by_text("Un brouillon vous attend ici")).to_be_visible()
        other.get_by_role("button", name="Reprendre").click()
        expect(other.locator("#sentence")).to_have_value("Bonnet et écharpe")
        expect(other.locator("input[name=groups][value=moyens]")).to_be_checked()
        assert drafts(other) == 1
        send(other)
        other.wait_for_url("**/publications/2026-11-18-bonnet-et-echarpe/")
        assert drafts(other) == 0

    screen.visit(town, journey)
    (post,) = saved(town)
    assert isinstance(post, Reminder)
    assert (post.sentence, post.publication.groups) == ("Bonnet et écharpe", ("moyens",))


def test_a_draft_is_offered_at_home_and_forgotten_when_asked_twice(
    screen: Screen, town: Served
) -> None:
    """« Ce qui attend » lists it; leaving the app warns that it would go."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").fill("Bonnet")
        page.goto(HOME)
        waits = page.locator("[data-liste-brouillons]")
        expect(waits).to_contain_text("Bonnet")
        page.get_by_role("button", name="Quitter").click()
        expect(page.locator("[data-avertit]")).to_contain_text("quitter l'efface")
        waits.get_by_role("link", name="Reprendre").click()
        expect(page.locator("#sentence")).to_have_value("Bonnet")
        page.goto(HOME)
        waits.get_by_role("button", name="Oublier").click()
        assert drafts(page) == 1
        waits.get_by_role("button", name="Oublier pour de bon").click()
        assert drafts(page) == 0
        expect(page.get_by_text("Rien n'attend")).to_be_visible()

    screen.visit(town, journey)


def test_two_tabs_do_not_overwrite_one_another_silently(screen: Screen, town: Served) -> None:
    """The tab left behind says that its draft goes on elsewhere, and keeps nothing meanwhile."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").fill("Premier onglet")
        other = page.context.new_page()
        other.goto(REMINDER)
        other.get_by_role("button", name="Reprendre").click()
        other.locator("#sentence").fill("Second onglet")
        expect(page.get_by_text("continue dans un autre onglet")).to_be_visible()
        page.locator("#sentence").fill("Premier encore")
        other.reload()
        expect(other.locator("#sentence")).to_have_value("Second onglet")
        page.get_by_role("button", name="Continuer ici").click()
        expect(other.get_by_text("continue dans un autre onglet")).to_be_visible()

    screen.visit(town, journey)


def test_photos_are_sent_with_taps_only_even_while_they_leave(
    screen: Screen, town: Served, tmp_path: Path
) -> None:
    """Twelve photos: home, choose, pick, send, without a word; sending waits for the last one."""
    save_new_post(town.desk.content, programme())
    paths = pictures(tmp_path / "telephone", 12)

    def journey(page: Page) -> None:
        page.goto(HOME)
        page.get_by_role("link", name="Photos La fresque").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_text("Choisir des photos").click()
        chooser.value.set_files(paths)
        expect(page.locator("[data-envoyer]")).to_have_text("Envoyer 12 photos")
        send(page)
        page.wait_for_url("**/publications/2026-11-18-la-fresque/")
        expect(page.get_by_text("La fresque, 12 photos")).to_be_visible()
        assert drafts(page) == 0

    screen.visit(town, journey)
    posts = [post for post in saved(town) if isinstance(post, PhotoArticle)]
    assert [len(post.photos) for post in posts] == [12]


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_photo_whose_connection_is_refused_is_sent_again_alone(
    screen: Screen, town: Served, tmp_path: Path, cuts: int
) -> None:
    """Once: it tries again by itself. Three times: « Réessayer » on that photo, the others are in."""
    paths = pictures(tmp_path / "telephone", 3)

    def journey(page: Page) -> None:
        page.goto(PHOTOS)
        page.locator("[data-fichiers]").set_input_files(paths[:1])
        if cuts == 3:
            expect(page.get_by_role("button", name="Réessayer la photo 1")).to_be_visible(
                timeout=20_000
            )
        page.locator("[data-fichiers]").set_input_files(paths[1:])
        expect(page.locator(".tuile[data-etat=sent]")).to_have_count(
            3 - (cuts == 3), timeout=20_000
        )
        if cuts == 3:
            send(page)
            expect(page.locator(".etat-envoi")).to_contain_text("Une photo n'est pas partie.")
            page.get_by_role("button", name="Réessayer la photo 1").click()
        else:
            send(page)
        page.wait_for_url("**/publications/**")

    town.cuts = cuts
    screen.visit(town, journey)
    assert town.cuts == 0
    (post,) = saved(town)
    assert isinstance(post, PhotoArticle)
    assert len(post.photos) == 3


def test_a_refused_photo_says_why_and_the_others_go(
    screen: Screen, town: Served, tmp_path: Path
) -> None:
    """The corrupt one carries its sentence in French, holds nobody back, and is not in the article."""
    paths = pictures(tmp_path / "telephone", 3)
    paths[1].write_bytes(b"Ceci n'est pas une photo")

    def journey(page: Page) -> None:
        page.goto(PHOTOS)
        page.locator("[data-fichiers]").set_input_files(paths)
        refused = page.locator(".tuile[data-etat=refused]")
        expect(refused.locator(".pourquoi")).to_be_visible()
        expect(refused.locator(".pourquoi")).not_to_have_text("")
        expect(page.locator(".tuile[data-etat=sent]")).to_have_count(2)
        expect(page.locator("[data-envoyer]")).to_have_text("Envoyer 2 photos")
        send(page)
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)
    (post,) = saved(town)
    assert isinstance(post, PhotoArticle)
    assert len(post.photos) == 2


def test_more_than_sixty_photos_are_cut_plainly(
    screen: Screen, town: Served, tmp_path: Path
) -> None:
    """200 chosen: the first 60 are taken, the page says where the 140 others are."""
    paths = pictures(tmp_path / "telephone", 200)

    def journey(page: Page) -> None:
        page.goto(PHOTOS)
        page.locator("[data-fichiers]").set_input_files(paths)
        expect(page.locator(".tuile")).to_have_count(60)
        expect(page.locator("[data-avis]")).to_contain_text("200 photos choisies")
        expect(page.locator("[data-avis]")).to_contain_text("Les 140 autres restent")

    screen.visit(town, journey)


def test_photos_of_a_draft_come_back_with_their_captions(
    screen: Screen, town: Served, tmp_path: Path
) -> None:
    """After a reload, photos, order, captions and « décorative » are as they were."""
    paths = pictures(tmp_path / "telephone", 3)

    def journey(page: Page) -> None:
        page.goto(PHOTOS)
        page.locator("[data-fichiers]").set_input_files(paths)
        expect(page.locator(".tuile[data-etat=sent]")).to_have_count(3)
        page.locator(".tuile").nth(1).locator(".vue").click()
        page.locator(".tuile").nth(1).locator(".legende").fill("Un hibou")
        page.locator(".tuile").nth(1).locator(".avancer").click()
        page.locator(".tuile").nth(2).locator(".vue").click()
        page.locator(".tuile").nth(2).locator(".decorative").check()
        page.reload()
        expect(page.locator(".tuile[data-etat=sent]")).to_have_count(3)
        expect(page.locator(".tuile").nth(0).locator(".legende")).to_have_value("Un hibou")
        expect(page.locator(".tuile").nth(2).locator(".decorative")).to_be_checked()
        width = page.locator(".tuile img").nth(0).evaluate("image => image.naturalWidth")
        assert width > 0
        send(page)
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)
    (post,) = saved(town)
    assert isinstance(post, PhotoArticle)
    captions = [photo.caption for photo in post.photos]
    assert captions[0] == "Un hibou"
    assert captions[2] is None


def test_without_network_the_form_waits_and_leaves_by_itself(screen: Screen, town: Served) -> None:
    """« Pas de réseau », the text still there, and one post once the network is back."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").fill("Bonnet")
        choose(page, "pictogram", "casquette")
        page.context.set_offline(True)
        send(page)
        expect(page.locator(".etat-envoi")).to_contain_text("Pas de réseau.")
        send(page)
        expect(page.locator("#sentence")).to_have_value("Bonnet")
        page.context.set_offline(False)
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)
    assert len(saved(town)) == 1


def test_a_session_over_while_writing_offers_to_sign_in_again(screen: Screen, town: Served) -> None:
    """The text stays in the form and in the phone; the link leads back to it."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").fill("Bonnet")
        choose(page, "pictogram", "casquette")
        page.context.clear_cookies()
        send(page)
        expect(page.locator(".etat-envoi")).to_contain_text("Reconnectez-vous")
        link = page.get_by_role("link", name="Se reconnecter")
        assert link.get_attribute("href") == f"/equipe/entrer?vers={REMINDER}"
        expect(page.locator("#sentence")).to_have_value("Bonnet")
        assert drafts(page) == 1

    screen.visit(town, journey)


def test_mistakes_are_said_where_they_are_and_above(screen: Screen, town: Served) -> None:
    """The focus goes to the summary, and its link to the field."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        send(page)
        summary = page.locator("#resume")
        expect(summary).to_be_focused()
        summary.get_by_role("link", name="Écrivez en une phrase").click()
        expect(page.locator("#sentence")).to_be_focused()
        page.keyboard.type("Bonnet")
        page.locator("input[value=casquette]").check()
        send(page)
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)


def test_a_reminder_is_sent_by_keyboard_only(screen: Screen, town: Served) -> None:
    """Tab, arrows, space and Enter reach everything; the focus is always seen."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.keyboard.press("Tab")
        expect(page.get_by_text("Aller au contenu")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#sentence")).to_be_focused()
        page.keyboard.type("Bonnet")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        expect(page.locator("input[value=pique-nique]")).to_be_checked()
        for _stop in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.envoyer") is not None:
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)


def test_a_programme_is_entered_and_its_draft_kept(screen: Screen, town: Served) -> None:
    """Next week: two activities a day, one day copied, a reload in the middle, then sent."""

    def journey(page: Page) -> None:
        page.goto(PROGRAMME)
        choose(page, "semaine", "2026-11-23")
        page.wait_for_selector("[data-jour='2026-11-23']")
        day = page.locator("[data-jour='2026-11-23']")
        day.locator("[name=slot-title]").nth(0).fill("Contes")
        day.get_by_role("button", name="Une activité").click()
        page.keyboard.type("Échecs")
        day.locator("[name=slot-group]").nth(1).select_option("grands")
        expect(day.locator("[data-compte-jour]")).to_have_text("2 activités")
        page.reload()
        page.wait_for_selector("[data-jour='2026-11-23']")
        expect(day.locator("[name=slot-title]").nth(1)).to_have_value("Échecs")
        expect(day.locator("[name=slot-group]").nth(1)).to_have_value("grands")
        if not day.evaluate("box => box.open"):
            day.locator("summary").first.click()
        day.locator("[name='vers-2026-11-23']").select_option("2026-11-26")
        day.get_by_role("button", name="Copier").click()
        thursday = page.locator("[data-jour='2026-11-26']")
        expect(thursday.locator("[data-compte-jour]")).to_have_text("2 activités")
        send(page)
        page.wait_for_url("**/publications/**")

    screen.visit(town, journey)
    (post,) = saved(town)
    assert isinstance(post, Programme)
    assert [(slot.day.day, slot.title, slot.group) for slot in post.slots] == [
        (23, "Contes", None),
        (23, "Échecs", "grands"),
        (26, "Contes", None),
        (26, "Échecs", "grands"),
    ]


def test_the_receipt_turns_by_itself_when_the_press_has_placed(
    screen: Screen, town: Served
) -> None:
    """« C'est enregistré », then « C'est en ligne », without a tap."""
    slug = save_new_post(town.desk.content, reminder()).post.publication.slug

    def journey(page: Page) -> None:
        page.goto(f"{HOME}publications/{slug}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("C'est enregistré")
        town.press()
        expect(page.get_by_role("heading", level=1)).to_have_text("C'est en ligne")
        expect(page.get_by_role("link", name="Voir comme une famille")).to_be_visible()

    screen.visit(town, journey)


def test_reminder_and_programme_work_without_a_script(screen: Screen, town: Served) -> None:
    """Plain forms and buttons; the photo form says that it needs one."""

    def journey(page: Page) -> None:
        page.goto(REMINDER)
        page.locator("#sentence").fill("Bonnet")
        choose(page, "pictogram", "casquette")
        send(page)
        page.wait_for_url("**/publications/**")
        expect(page.get_by_role("link", name="Actualiser")).to_be_visible()
        page.goto(PROGRAMME)
        page.locator("details.jour[open] [name=slot-title]").fill("Contes")
        page.locator("details.jour[open]").get_by_role("button", name="Une activité").click()
        expect(page.locator("details.jour[open] [name=slot-title]")).to_have_count(2)
        send(page)
        page.wait_for_url("**/publications/**programme**")
        page.goto(PHOTOS)
        expect(page.get_by_text("il a besoin de JavaScript")).to_be_visible()

    screen.visit(town, journey, java_script_enabled=False)
    assert len(saved(town)) == 2


SCREENS = {
    "home": HOME,
    "photos": PHOTOS,
    "reminder": REMINDER,
    "programme": f"{PROGRAMME}?copier=2026-11-16-programme",
    "receipt": f"{HOME}publications/2026-11-18-maillot/",
    "waiting": f"{HOME}publications/2026-11-18-plus-tard/",
    "withdraw": f"{HOME}publications/2026-11-18-fresque/retirer",
    "edit": f"{HOME}publications/2026-11-18-fresque/modifier",
    "posts": f"{HOME}publications/",
    "absent": "/equipe/nulle-part/",
    "door": "/equipe/entrer",
    "centres": "/equipe/",
    "nobody": "/equipe/",
}


@pytest.mark.parametrize(
    ("size", "colours"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]
)
def test_every_screen_is_accessible_and_fits(
    screen: Screen, town: Served, tmp_path: Path, size: dict[str, int], colours: str
) -> None:
    """No axe violation and no sideways scroll, on every page, with photos and with mistakes."""
    desk = town.desk
    desk.grant("samira", TILLEULS, OURSE)
    save_new_post(desk.content, programme())
    save_new_post(desk.content, reminder())
    desk.put_photo("a" * 26)
    save_new_post(desk.content, article(photos=("a" * 26,)))
    town.press()
    save_new_post(desk.content, reminder("2026-11-18-plus-tard", published_at=NOW))
    paths = pictures(tmp_path / "telephone", 2)
    found: list[object] = []

    def look(page: Page, name: str) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations = page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map("
            "v => [v.id, v.nodes.map(n => n.html.slice(0, 120))]))",
            RULES,
        )
        assert (
            page.evaluate(
                "rules => axe.run(document, {runOnly: rules}).then(r => r.passes.length)", RULES
            )
            > 10
        )
        if violations or wide > 0:
            found.append((name, wide, violations))

    def journey(page: Page) -> None:
        for name, path in SCREENS.items():
            if name in {"centres", "nobody"}:
                continue
            page.goto(path)
            look(page, name)
        page.goto(PHOTOS)
        page.locator("[data-fichiers]").set_input_files(paths)
        expect(page.locator(".tuile[data-etat=sent]")).to_have_count(2)
        page.locator(".vue").first.click()
        look(page, "photos with a caption open")
        page.goto(REMINDER)
        send(page)
        expect(page.locator("#resume")).to_be_focused()
        look(page, "reminder with mistakes")

    more = {"color_scheme": colours, "bypass_csp": True, "size": size}
    screen.visit(town, journey, **more)  # type: ignore[arg-type]  # options of the browser
    for person, name in (("samira", "centres"), ("zoe", "nobody")):

        def one(page: Page, name: str = name) -> None:
            page.goto(SCREENS[name])
            look(page, name)

        screen.visit(town, one, person=person, **more)  # type: ignore[arg-type]  # as above
    assert found == []
