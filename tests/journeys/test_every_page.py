"""Every page of both apps: no broken link, no image without words, nothing axe-core finds."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import axe_playwright_python
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from publisher import shelf
from publisher.centres import TownOnDisk
from publisher.content.library import read_centre, save_new_post
from publisher.content.photos import keep_photo
from publisher.photos.prepare import PreparedPhoto, new_photo_id, prepare_photo
from publisher.wiring import utc_now
from tests.journeys.conftest import DESK, PHONE, RunningTown, Visit, is_online
from tests.waiting import wait_until

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 640}
NO_SPACE_OF_ITS_OWN = ("/ville/", "/entrer", "/")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and images."""
        values = dict(attrs)
        self.links += [str(values[name]) for name in ("href", "src") if values.get(name)]
        for one in str(values.get("srcset") or "").split(","):
            self.links += one.split()[:1]
        if tag == "img":
            self.images.append(values)


@pytest.fixture(scope="module", name="filled", autouse=True)
def _filled(town: RunningTown) -> None:
    """A town with a post of each kind, for the centre and for a group."""
    from datetime import timedelta

    from publisher.demo.pictures import PICTURES, picture_file
    from publisher.model.moment import Moment
    from publisher.model.post import (
        PhotoArticle,
        PhotoInArticle,
        Programme,
        Publication,
        Reminder,
        Slot,
    )
    from publisher.model.school_year import monday_of

    on_disk = TownOnDisk(town.instance)()
    now = utc_now().astimezone(on_disk.timezone).replace(microsecond=0)
    content = town.instance / "content"
    names = list(PICTURES)[:5]
    for groups in ((), ("moyens",)):
        photos = []
        for name in names:
            prepared = prepare_photo(picture_file(name).read_bytes(), new_photo_id())
            assert isinstance(prepared, PreparedPhoto)
            keep_photo(content, "les-tilleuls", prepared.photo, prepared.files)
            photos.append(PhotoInArticle(id=prepared.photo.id, caption=f"Dessin {name}"))
        photos[-1] = PhotoInArticle(id=photos[-1].id, caption=None)
        about = Publication(
            centre="les-tilleuls", slug=f"pages-{len(groups)}", published_at=now, groups=groups
        )
        ends = Publication(
            centre="les-tilleuls",
            slug=f"pages-rappel-{len(groups)}",
            published_at=now,
            ends_at=now + timedelta(days=2),
            groups=groups,
        )
        weekly = Publication(
            centre="les-tilleuls",
            slug=f"pages-programme-{len(groups)}",
            published_at=now,
            groups=groups,
        )
        monday = monday_of(now.date())
        for post in (
            PhotoArticle(publication=about, title="Les pages", moment=Moment.WEDNESDAY, photos=tuple(photos), text="Un *mot* et [un lien](https://example.org/)."),
            Reminder(publication=ends, sentence="Un maillot", pictogram="maillot", day=now.date() + timedelta(days=1)),
            Programme(publication=weekly, title="", starts_on=monday, ends_on=monday + timedelta(days=4), slots=(Slot(day=monday, moment=Moment.LUNCH, group=None, title="Chorale"), Slot(day=monday, moment=Moment.EVENING, group="moyens", title="Échecs", bring="un jeu"), Slot(day=monday, moment=Moment.EVENING, group="petits", title="Comptines"))),
        ):  # fmt: skip
            save_new_post(content, post)
    wait_until(lambda: is_online(town, "les-tilleuls", "pages-programme-1"), "the pages")


def _pages(visit: Visit, first: str) -> dict[str, _Links]:
    """Every page of the town that can be reached from *first*, followed through every link."""
    waiting, seen, asked = [first], {}, set()
    while waiting:
        path = waiting.pop()
        if path in asked:
            continue
        asked.add(path)
        status, body = visit.fetch(path)
        if 300 <= status < 400:
            continue
        assert status == 200, path
        if not body.startswith(b"<!"):
            continue
        seen[path] = links = _Links()
        links.feed(body.decode())
        for link in links.links:
            parts = urlsplit(urljoin(f"{visit.town.url}{path}", link))
            if f"{parts.scheme}://{parts.netloc}" == visit.town.url:
                waiting.append(parts.path)
    return seen


def test_a_crawl_finds_no_broken_link_and_no_image_without_words(
    visits: Callable[..., Visit],
) -> None:
    """Every link and picture of the centre and its groups answers; every image has words or is decorative."""
    animator = visits()
    animator.sign_in("ines", "/les-tilleuls/index.html")
    pages = _pages(animator, "/les-tilleuls/index.html")
    assert len(pages) >= 40
    assert "/les-tilleuls/groupes/moyens/articles/pages-1.html" in pages
    decorative = 0
    for path, links in pages.items():
        for image in links.images:
            assert image.get("alt") is not None, path
            assert str(image.get("width")).isdigit()
            assert str(image.get("height")).isdigit()
            decorative += image["alt"] == ""
    assert decorative >= 1


def test_no_image_of_a_built_town_carries_metadata(town: RunningTown) -> None:
    """Each JPEG under every site holds pixels and nothing of the sender."""
    count = 0
    for centre in ("les-tilleuls", "la-grande-ourse"):
        site = shelf.site_folder(town.instance / "build", centre)
        for name in shelf.files_of(site):
            if not name.endswith(".jpg"):
                continue
            with Image.open(site / name) as image:
                assert not image.getexif()
                assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            count += 1
    assert count >= 20


def test_nothing_of_the_content_was_set_aside(town: RunningTown) -> None:
    """What these journeys wrote is all fit to be read."""
    on_disk = TownOnDisk(town.instance)()
    for centre in on_disk.centres:
        assert read_centre(town.instance / "content", centre).unfit == ()


def _axe(page: Page) -> list[str]:
    """What axe-core finds on the page shown. It runs in a world of its own, so the CSP stays on."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    context = world["executionContextId"]
    session.send("Runtime.evaluate", {"expression": AXE, "contextId": context})
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run(document, {{runOnly: {RULES}}}).then(r => r.violations"
            ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))",
            "contextId": context,
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    session.detach()
    found: list[str] = answer["result"]["value"]
    return found


def _family_pages(visit: Visit) -> Iterator[str]:
    """Each page of the centre and of one group, and the refusal."""
    for path in sorted(_pages(visit, "/les-tilleuls/index.html")):
        if "/groupes/" not in path or "/groupes/moyens/" in path:
            yield path
    yield "/la-grande-ourse/index.html"


TEAM_PAGES = (
    "",
    "nouveau/photo-article",
    "nouveau/reminder",
    "nouveau/programme",
    "publications/",
    "publications/pages-0/",
    "publications/pages-0/modifier",
    "publications/pages-0/retirer",
    "publications/pages-rappel-0/modifier",
    "publications/pages-programme-0/modifier",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, PHONE, DESK], ids=["320", "360", "1280"])
def test_axe_finds_nothing_and_nothing_is_cut(
    visits: Callable[..., Visit], size: dict[str, int], scheme: str
) -> None:
    """0 violations on every page of both apps, and no page scrolls sideways."""
    wrong: dict[str, list[str]] = {}

    def look(visit: Visit, path: str) -> None:
        visit.page.set_viewport_size(size)  # type: ignore[arg-type]  # a width and a height
        visit.page.goto(path)
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        # The whole page at once: what the sticky bar covers at one scroll is not covered at another.
        whole = max(size["height"], visit.page.evaluate("document.documentElement.scrollHeight"))
        visit.page.set_viewport_size({"width": size["width"], "height": whole})
        found = _axe(visit.page)
        if width > size["width"]:
            found.append(f"{width} px wide")
        if found:
            wrong[path] = found

    anonymous = visits(size, color_scheme=scheme)
    for path in ("/", "/ville/accessibilite", "/ville/mentions-legales", "/ville/donnees-personnelles", "/ville/charte", "/ville/retirer-une-photo", "/equipe/entrer"):  # fmt: skip
        look(anonymous, path)
    animator = visits(size, color_scheme=scheme)
    animator.sign_in("ines", "/les-tilleuls/index.html")
    for path in _family_pages(animator):
        look(animator, path)
    animator.sign_in_to_team("ines")
    for page in TEAM_PAGES:
        look(animator, f"/equipe/les-tilleuls/{page}")
    assert wrong == {}


def test_the_site_reads_without_javascript(visits: Callable[..., Visit]) -> None:
    """With scripts off: home, article, full-screen photo and back, group filter of a programme."""
    family = visits(PHONE, java_script_enabled=False)
    family.sign_in("parent-prevert", "/les-tilleuls/articles/pages-0.html")
    family.page.goto("/les-tilleuls/articles/pages-0.html")
    gallery = family.page.locator(".galerie")
    gallery.locator("a").first.tap()
    expect(family.page.locator(".visionneuse > li:target img")).to_be_visible()
    expect(gallery).to_be_hidden()
    family.page.go_back()
    expect(gallery).to_be_visible()
    family.page.goto("/les-tilleuls/programmes/pages-programme-0.html")
    chess = family.page.get_by_text("Échecs")
    expect(chess).to_be_visible()
    family.page.locator(".filtre label", has_text="Petits").tap()
    expect(chess).to_be_hidden()
    expect(family.page.get_by_text("Chorale")).to_be_visible()
    family.page.locator(".filtre label", has_text="Moyens").tap()
    expect(chess).to_be_visible()
    family.page.goto("/les-tilleuls/index.html")
    expect(family.page.get_by_role("heading", name="À ne pas oublier")).to_be_visible()


def test_a_child_finds_photos_without_reading(visits: Callable[..., Visit]) -> None:
    """A pupil lands on pictures, opens one as large as the screen, comes back; no script."""
    child = visits(PHONE, java_script_enabled=False)
    child.sign_in("enfant-prevert")
    page = child.page
    expect(page).to_have_url(re.compile(r"/les-tilleuls/groupes/grands/petits\.html$"))
    # One journey's reminder may be for today, and stand beside.
    tomorrow = page.locator(".demain").filter(has_text="Un maillot")
    expect(tomorrow.locator(".nuits svg")).to_have_count(1)
    latest = page.get_by_role("region", name="La dernière photo").get_by_role("link")
    latest.tap()
    expect(page.locator(".visionneuse > li:target img")).to_be_visible()
    page.get_by_role("link", name="Après").tap()
    expect(page.locator("#photo-2 img")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(latest).to_be_visible()
    page.get_by_role("link", name="Page des parents").tap()
    expect(page.get_by_role("heading", name="À ne pas oublier")).to_be_visible()
    page.get_by_role("link", name="En images").tap()
    expect(latest).to_be_visible()


def test_the_first_page_is_light(visits: Callable[..., Visit]) -> None:
    """At most 60 kB before photos, as they are on the disk (a server in front compresses more)."""
    family = visits()
    weights: dict[str, int] = {}
    family.page.on(
        "response",
        lambda answer: weights.update({answer.url: len(answer.body())}) if answer.ok else None,
    )
    family.sign_in("parent-prevert", "/les-tilleuls/index.html")
    weights.clear()
    family.page.goto("/les-tilleuls/index.html", wait_until="networkidle")
    before_photos = sum(size for url, size in weights.items() if not url.endswith(".jpg"))
    assert 5_000 < before_photos <= 60_000, weights


def test_signing_out_closes_every_door(visits: Callable[..., Visit]) -> None:
    """After « Quitter » the old cookie opens nothing, even when it was copied before."""
    family = visits()
    family.sign_in("parent-prevert", "/les-tilleuls/index.html")
    copied = family.context.cookies()
    family.page.goto("/les-tilleuls/index.html")
    family.page.get_by_role("button", name="Quitter").first.tap()
    expect(family.page).not_to_have_url(re.compile("les-tilleuls"))
    assert family.fetch("/les-tilleuls/index.html")[0] == 302
    thief = visits()
    thief.context.add_cookies(copied)  # type: ignore[arg-type]  # cookies as they were given
    assert thief.fetch("/les-tilleuls/index.html")[0] == 302
