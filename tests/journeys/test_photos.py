"""An animator's photos, from the phone to a family's screen, and out of it again."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, RunningTown, Visit
from tests.waiting import wait_until

ONLINE = re.compile("en ligne", re.IGNORECASE)


class Taps:
    """Does what a thumb does, and counts: one for each touch, one for each photo picked."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0

    def on(self, name: str, role: str = "link") -> None:
        """Touch what is called *name*."""
        self._page.get_by_role(role, name=re.compile(name)).first.tap()  # type: ignore[arg-type]  # a role
        self.count += 1

    def pick(self, photos: list[Path]) -> None:
        """Touch the button that opens the phone's picker, each photo, then the picker's own "done"."""
        with self._page.expect_file_chooser() as chooser:
            self._page.locator("label.choisir").tap()
        chooser.value.set_files(photos)
        self.count += 1 + len(photos) + 1


def _sent(page: Page) -> int:
    return page.locator("[data-vignettes] > [data-etat=sent]").count()


def test_twelve_photos_are_sent_read_refused_elsewhere_and_withdrawn(
    visits: Callable[..., Visit], phone_photos: list[Path]
) -> None:
    """Twelve photos with no typing and at most N + 5 taps; their families see them, others do not."""
    animator = visits()
    animator.sign_in_to_team("ines")
    page, taps = animator.page, Taps(animator.page)
    typed: list[str] = []
    page.expose_function("typed", lambda key: typed.append(key))  # noqa: PLW0108 (the library wants a function of ours)
    page.add_init_script("addEventListener('keydown', (event) => typed(event.key), true)")
    page.reload()
    taps.on("Photos")
    taps.pick(phone_photos)
    taps.on("Envoyer", "button")
    expect(page.get_by_role("heading", level=1)).to_have_text(ONLINE, timeout=120_000)
    assert taps.count <= len(phone_photos) + 5, taps.count
    assert typed == []
    expect(page.locator(".recu")).to_contain_text("12 photos")
    expect(page.locator(".recu")).to_contain_text("Les Tilleuls")
    slug = page.url.rstrip("/").rsplit("/", maxsplit=1)[-1]

    family = visits()
    family.sign_in("parent-prevert", "/les-tilleuls/index.html")
    family.page.locator(f"a[href$='{slug}.html']").first.tap()
    images = family.page.locator(".galerie img")
    expect(images).to_have_count(12)
    addresses = images.evaluate_all("all => all.map(one => new URL(one.src).pathname)")
    for address in addresses:
        status, body = family.fetch(address)
        assert status == 200
        for left in (b"Exif", b"GPS", b"ICC_PROFILE", b"http://ns.adobe.com", b"Pelote"):
            assert left not in body
    family.page.locator(".galerie a").first.tap()
    expect(family.page.locator(".visionneuse > li:target img")).to_be_visible()
    article = f"/les-tilleuls/articles/{slug}.html"

    other = visits()
    other.sign_in("parent-michel", article)
    expect(other.page.get_by_role("heading", level=1)).to_contain_text("ne s'ouvre pas")
    refusal = other.fetch("/les-tilleuls/articles/rien-de-tel.html")
    for address in (article, *addresses):
        assert other.fetch(address) == refusal
    anonymous = visits()
    for address in addresses:
        assert anonymous.fetch(address)[0] == 404

    page.get_by_role("link", name="Retirer", exact=True).tap()
    page.get_by_role("button", name="Retirer du site").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Retiré", timeout=60_000)
    for address in (article, *addresses):
        assert family.fetch(address)[0] == 404
    assert slug not in family.fetch("/les-tilleuls/index.html")[1].decode()


def test_a_refused_photo_does_not_disturb_the_others(
    visits: Callable[..., Visit], phone_photos: list[Path], tmp_path: Path
) -> None:
    """A corrupt photo and a film say why, on themselves alone; the good one goes out."""
    corrupt, film = tmp_path / "abimee.jpg", tmp_path / "film.jpg"
    corrupt.write_bytes(phone_photos[0].read_bytes()[:200_000])
    film.write_bytes(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(400))
    animator = visits()
    animator.sign_in_to_team("ines")
    page = animator.page
    page.goto("/equipe/les-tilleuls/nouveau/photo-article")
    with page.expect_file_chooser() as chooser:
        page.locator("label.choisir").tap()
    chooser.value.set_files([corrupt, phone_photos[1], film])
    wait_until(lambda: _sent(page) == 1, "the good photo", 60)
    expect(page.locator("[data-vignettes] > [data-etat=refused]")).to_have_count(2, timeout=60_000)
    expect(page.locator("[data-etat=refused] .pourquoi").first).not_to_be_empty()
    page.get_by_role("button", name=re.compile("Envoyer")).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(ONLINE, timeout=60_000)
    expect(page.locator(".recu")).to_contain_text("1 photo")


def test_what_was_typed_survives_a_reload_and_a_closed_tab(
    visits: Callable[..., Visit], phone_photos: list[Path]
) -> None:
    """Title, choices and photos sent are still there after a reload and in a new tab."""
    animator = visits()
    animator.sign_in_to_team("ines")
    page = animator.page
    page.goto("/equipe/les-tilleuls/nouveau/photo-article")
    with page.expect_file_chooser() as chooser:
        page.locator("label.choisir").tap()
    chooser.value.set_files(phone_photos[:2])
    wait_until(lambda: _sent(page) == 2, "two photos", 60)
    page.get_by_label(re.compile("^Titre")).fill("Un titre à moitié éc")
    page.locator("label", has_text="Moyens").tap()
    page.reload()
    _resume(page)
    expect(page.get_by_label(re.compile("^Titre"))).to_have_value("Un titre à moitié éc")
    page.close()
    again = animator.context.new_page()
    again.goto("/equipe/les-tilleuls/nouveau/photo-article")
    _resume(again)
    expect(again.get_by_label(re.compile("^Titre"))).to_have_value("Un titre à moitié éc")
    expect(again.locator("input[name=groups][value=moyens]")).to_be_checked()
    expect(again.locator("[data-vignettes] > [data-etat=sent]")).to_have_count(2)
    again.get_by_role("button", name=re.compile("Envoyer")).tap()
    expect(again.get_by_role("heading", level=1)).to_have_text(ONLINE, timeout=60_000)
    expect(again.locator(".recu")).to_contain_text("Moyens")


def _resume(page: Page) -> None:
    """Take the draft back, should the page ask first."""
    resume = page.get_by_role("button", name="Reprendre")
    if resume.count():
        resume.first.tap()


def test_an_animator_of_another_centre_finds_nothing_here(
    visits: Callable[..., Visit], town: RunningTown
) -> None:
    """Another centre's address is the same as one that does not exist."""
    town.grant("yanis", "la-grande-ourse")
    animator = visits(PHONE)
    animator.sign_in_to_team("yanis")
    there = animator.fetch("/equipe/les-tilleuls/")
    assert there == animator.fetch("/equipe/nulle-part/")
    assert there[0] == 404
