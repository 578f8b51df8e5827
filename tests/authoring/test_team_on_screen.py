"""Inviting and coming in, in real Chromium: by hand, by keyboard, without a script, with a passkey."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs

import axe_playwright_python
import pyotp
import pytest
from playwright.sync_api import Page, Request, expect

from publisher.model.person import LOCAL, WHOLE_TOWN, StaffRole
from publisher.records.local_accounts import Locks
from publisher.sign_in.pseudonym import pseudonym
from tests.authoring.conftest import TILLEULS
from tests.authoring.screens import DESK, PHONE, Screen, Served, served
from tests.authoring.team import WORDS, allow_local_accounts, give, join_by_account, offer

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = f"/equipe/{TILLEULS}/personnes"
DOOR, ACCOUNT, SECOND = "/equipe/compte/entrer", "/equipe/compte", "**/equipe/compte/second**"
NAME = "girafe.lac"


@pytest.fixture(scope="module", name="screen")
def _screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture(name="town")
def _town(tmp_path: Path) -> Iterator[Served]:
    """A town with a name, since browsers make no passkey for an address in numbers."""
    with served(tmp_path, "localhost") as town:
        allow_local_accounts(town.desk)
        give(town.desk, "zoe", StaffRole.DIRECTOR)
        yield town


def account(town: Served) -> str:
    """The pseudonym of the account these tests come in by."""
    return pseudonym(town.desk.settings.pseudonym_key, LOCAL, NAME)


def enter(page: Page) -> None:
    """Give the identifier and the password."""
    page.goto(DOOR)
    page.get_by_label("Identifiant").fill(NAME)
    page.get_by_label("Mot de passe").fill(WORDS)
    page.get_by_role("button", name="Entrer").click()


def add_authenticator(page: Page, *, verifies: bool = True) -> None:
    """Give the browser a telephone that keeps passkeys, with or without a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": verifies,
                "isUserVerified": verifies,
            }
        },
    )


def make_passkey(page: Page) -> None:
    """Make a passkey, from wherever the director is led to."""
    page.get_by_role("link", name="Ajouter une clé d'accès").click()
    page.get_by_role("button", name="Fabriquer la clé").click()


def wrong_in(page: Page) -> list[object]:
    """What axe finds wrong, and how far the page goes sideways."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[object] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map("
        "v => [v.id, v.nodes.map(n => n.html.slice(0, 120))]))",
        RULES,
    )
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([wide] if wide > 0 else [])]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_of_the_team_reads_well(
    screen: Screen, town: Served, size: dict[str, int], scheme: str
) -> None:
    """No axe violation and no sideways scroll, with people, mistakes, and every lock."""
    desk = town.desk
    give(desk, "bob", StaffRole.ANIMATOR, ends_on=date(2027, 7, 3))
    give(desk, "gone", StaffRole.ANIMATOR, ends_on=date(2026, 11, 3))
    give(desk, "ada", StaffRole.ADMINISTRATOR, WHOLE_TOWN)
    handle = next(
        one.handle for one in desk.records.staff.colleagues(TILLEULS) if one.grant.person == "bob"
    ).lower()
    path = offer(desk, StaffRole.DIRECTOR).path
    join_by_account(desk, StaffRole.DIRECTOR, NAME)
    found: list[object] = []

    def look(page: Page, name: str) -> None:
        wrong = wrong_in(page)
        if wrong:
            found.append((name, wrong))

    def director(page: Page) -> None:
        for path_ in (PEOPLE, f"{PEOPLE}/{handle}"):
            page.goto(path_)
            look(page, path_)
        page.goto(PEOPLE)
        page.get_by_role("button", name="Faire une invitation").click()
        expect(page.locator(".code.gros")).to_be_visible()
        look(page, "slip")

    def administrator(page: Page) -> None:
        page.goto("/equipe/")
        look(page, "administrator")

    def newcomer(page: Page) -> None:
        for path_ in ("/equipe/entrer", "/equipe/invitation", path, f"{path}/compte", f"{path}x"):
            page.goto(path_)
            look(page, path_)
        page.goto(f"{path}/compte")
        page.get_by_label("Identifiant").fill("zz")
        page.get_by_label("Mot de passe").fill("court")
        page.get_by_role("button", name="Créer").click()
        expect(page.get_by_text("Encore 2 choses")).to_be_visible()
        look(page, "two mistakes")
        add_authenticator(page)
        enter(page)
        page.wait_for_url(f"**{ACCOUNT}")
        look(page, "no lock yet")
        for name in ("application", "cle", "mot-de-passe"):
            page.goto(f"{ACCOUNT}/{name}")
            look(page, name)
        page.goto(ACCOUNT)
        make_passkey(page)
        expect(page.get_by_text("Je les ai notés")).to_be_visible()
        look(page, "codes")
        page.goto(ACCOUNT)
        look(page, "locks")
        enter(page)
        page.wait_for_url(SECOND)
        look(page, "second")

    for journey, person in ((director, "zoe"), (administrator, "ada"), (newcomer, None)):
        screen.visit(town, journey, person=person, size=size, color_scheme=scheme)
    assert found == []


def test_a_director_comes_in_with_a_passkey(screen: Screen, town: Served) -> None:
    """Made once, asked at the next sign-in, and its answer serves once."""
    join_by_account(town.desk, StaffRole.DIRECTOR, NAME)
    sent: list[str] = []

    def keep(request: Request) -> None:
        if request.method == "POST" and "/compte/second" in request.url and request.post_data:
            sent.append(request.post_data)

    def journey(page: Page) -> None:
        add_authenticator(page)
        enter(page)
        page.wait_for_url(f"**{ACCOUNT}")
        make_passkey(page)
        page.get_by_role("link", name="Je les ai notés").click()
        page.wait_for_url(f"**/equipe/{TILLEULS}/")
        page.context.clear_cookies()
        enter(page)
        page.wait_for_url(SECOND)
        page.goto(f"/equipe/{TILLEULS}/")
        expect(page).to_have_url(f"{town.address}/equipe/entrer?vers=/equipe/{TILLEULS}/")
        page.on("request", keep)
        page.goto("/equipe/compte/second")
        page.get_by_role("button", name="Utiliser ma clé").click()
        page.wait_for_url(f"**/equipe/{TILLEULS}/")
        enter(page)
        page.wait_for_url(SECOND)
        fields = {name: values[0] for name, values in parse_qs(sent[0]).items()}
        assert set(fields) == {"jeton", "defi", "reponse"}
        (passkey,) = locks_of(town).passkeys
        assert passkey.sign_count >= 1
        # A passkey that is shared between telephones counts nothing: only the challenge says it.
        town.desk.records.local_accounts.count_use(passkey.credential, 0)
        fields["jeton"] = str(page.locator("[name=jeton]").first.input_value())
        replayed = page.request.post(
            "/equipe/compte/second", form=fields, headers={"Origin": town.address}
        )
        assert replayed.status == 403

    screen.visit(town, journey, person=None)


def locks_of(town: Served) -> Locks:
    """The locks of the account."""
    locks = town.desk.records.local_accounts.locks_of(account(town))
    assert locks is not None
    return locks


def test_a_passkey_without_its_owner_is_refused(screen: Screen, town: Served) -> None:
    """A telephone that verified nobody, asked by a page that was changed, adds no lock."""
    join_by_account(town.desk, StaffRole.DIRECTOR, NAME)

    def journey(page: Page) -> None:
        add_authenticator(page, verifies=False)
        enter(page)
        page.goto(f"{ACCOUNT}/cle")
        page.evaluate(
            """() => {
              const form = document.querySelector("form[data-cle]");
              const question = JSON.parse(form.dataset.question);
              question.authenticatorSelection.userVerification = "discouraged";
              question.authenticatorSelection.residentKey = "discouraged";
              form.dataset.question = JSON.stringify(question);
            }"""
        )
        page.get_by_role("button", name="Fabriquer la clé").click()
        expect(page.get_by_text("n'a pas répondu comme prévu")).to_be_visible()

    screen.visit(town, journey, person=None)
    assert not locks_of(town).is_double


def test_a_challenge_is_for_the_account_it_was_made_for(screen: Screen, town: Served) -> None:
    """What another account was asked, or what nobody was asked, is not answered."""
    join_by_account(town.desk, StaffRole.DIRECTOR, NAME)
    join_by_account(town.desk, StaffRole.DIRECTOR, "zebre.bois")
    asked: list[tuple[str, str]] = []

    def other(page: Page) -> None:
        page.goto(DOOR)
        page.get_by_label("Identifiant").fill("zebre.bois")
        page.get_by_label("Mot de passe").fill(WORDS)
        page.get_by_role("button", name="Entrer").click()
        page.goto(f"{ACCOUNT}/cle")
        question = page.locator("form[data-cle]").get_attribute("data-question")
        asked.append((page.locator("[name=defi]").input_value(), question or ""))

    def journey(page: Page) -> None:
        add_authenticator(page)
        enter(page)
        for challenge, question in (asked[0], ("", ""), ("x.y", "")):
            page.goto(f"{ACCOUNT}/cle")
            page.locator("form[data-cle]").evaluate(
                """(form, [challenge, question]) => {
                  form.elements.defi.value = challenge;
                  if (question) form.dataset.question = question;
                }""",
                [challenge, question],
            )
            page.get_by_role("button", name="Fabriquer la clé").click()
            expect(page.get_by_text("n'a pas répondu comme prévu")).to_be_visible()

    screen.visit(town, other, person=None)
    screen.visit(town, journey, person=None)
    assert not locks_of(town).is_double


def test_the_whole_way_is_walked_without_a_script(screen: Screen, town: Served) -> None:
    """The slip's code, an account, an application, and in: everything but passkeys."""
    made = offer(town.desk, StaffRole.DIRECTOR)

    def journey(page: Page) -> None:
        page.goto("/equipe/invitation")
        page.get_by_label("Le code de votre papier").fill(made.code.lower())
        page.get_by_role("button", name="Voir l'invitation").click()
        page.get_by_role("link", name="Créer un compte Préau").click()
        page.get_by_label("Identifiant").fill(NAME)
        page.get_by_label("Mot de passe").fill(WORDS)
        page.get_by_role("button", name="Créer le compte").click()
        page.wait_for_url(f"**{ACCOUNT}")
        page.get_by_role("link", name="Ajouter une clé d'accès").click()
        page.get_by_role("link", name="Choisir l'application").click()
        secret = page.locator("strong.code").inner_text().replace(" ", "")
        step = int(town.desk.hour().timestamp()) // 30
        page.get_by_label("Les six chiffres").fill(pyotp.TOTP(secret).generate_otp(step))
        page.get_by_role("button", name="Poser ce verrou").click()
        page.get_by_role("link", name="Je les ai notés").click()
        page.wait_for_url(f"**/equipe/{TILLEULS}/")

    screen.visit(town, journey, person=None, java_script_enabled=False)
    assert locks_of(town).totp


def test_a_password_is_shown_on_demand_and_can_be_pasted(screen: Screen, town: Served) -> None:
    """By keyboard alone; what is sent is a password again, so that browsers offer to keep it."""
    join_by_account(town.desk, identifier=NAME)

    def journey(page: Page) -> None:
        page.goto(DOOR)
        field = page.get_by_label("Mot de passe")
        page.get_by_label("Identifiant").fill(NAME)
        page.keyboard.press("Tab")
        expect(field).to_be_focused()
        page.keyboard.insert_text(WORDS)
        expect(field).to_have_attribute("type", "password")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(field).to_have_attribute("type", "text")
        expect(page.get_by_role("button", name="Cacher")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/equipe/{TILLEULS}/")

    screen.visit(town, journey, person=None)
