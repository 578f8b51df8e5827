"""Bad days for the press: what cannot be read or written is told in French, and the rest goes on."""

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from publisher import shelf
from publisher.centres import read_town, theme_folder
from publisher.content.library import save_new_post, withdraw_post
from publisher.content.photos import keep_photo
from publisher.editions import press as press_module
from publisher.editions.press import (
    Built,
    CentrePress,
    NotBuilt,
    Places,
    build_what_is_fit,
)
from publisher.model.photo import MASTER
from publisher.model.post import Post
from publisher.model.town import Centre, Town
from tests.instance import make_instance
from tests.posts import NOW, PHOTO_IDS, article, photo, programme, reminder
from tests.sites import digest_of_site

ROOT = Path(__file__).parents[2]
CENTRE, OTHER = "les-tilleuls", "la-grande-ourse"
GOOD, BAD = "2026-11-18-bonne", "2026-11-18-mauvaise"
DAY = timedelta(days=1)
REMINDER = """\
---
kind: reminder
published_at: 2026-11-18T16:00:00+01:00
ends_at: 2026-11-19T17:00:00+01:00
sentence: Maillot, bonnet
pictogram: maillot
day: 2026-11-19
---
"""


class Instance:
    """Two centres, of which one has a bad day."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(instance=make_instance(folder))
        town = read_town(self.places.instance)
        assert isinstance(town, Town)
        self.town: Town = town
        self.centre, self.other = self._centre(CENTRE), self._centre(OTHER)
        picture = folder / "picture.jpg"
        Image.new("RGB", (64, 48), "#f4694a").save(picture, "JPEG")
        files = dict.fromkeys((MASTER, "480.jpg", "1080.jpg"), picture.read_bytes())
        for one in PHOTO_IDS[:3]:
            keep_photo(self.places.content, CENTRE, photo(one), files)
        self.save(reminder(GOOD))
        self.press = CentrePress(self.places, self.town, self.centre)

    def _centre(self, slug: str) -> Centre:
        centre = self.town.centre(slug)
        assert centre is not None
        return centre

    def save(self, *posts: Post) -> None:
        """Save new posts."""
        for post in posts:
            save_new_post(self.places.content, post)

    def write(self, slug: str, raw: bytes, year: str = "2026-2027") -> Path:
        """Write a document by hand."""
        folder = self.places.content / CENTRE / "posts" / year / slug
        folder.mkdir(parents=True)
        path = folder / "post.md"
        path.write_bytes(raw)
        return path

    def publish(self) -> Built:
        """Publish what is fit; the other centre goes on, whatever happens to this one."""
        outcome = self.press.publish(NOW)
        assert isinstance(outcome, Built), outcome
        assert isinstance(build_what_is_fit(self.places, self.town, self.other, NOW), Built)
        return outcome

    @property
    def site(self) -> Path:
        """The site that families read."""
        return shelf.site_folder(self.places.build, CENTRE)

    def online(self) -> set[str]:
        """The posts told as online."""
        return set(shelf.placed(self.places.build, CENTRE))

    def is_clean(self) -> bool:
        """Say whether the site is the one that a press starting from nothing makes."""
        build = self.places.build / "clean"
        build.mkdir()
        for name in ("content", "themes"):
            if (self.places.instance / name).is_dir():
                (build / name).symlink_to(self.places.instance / name)
        places = Places(instance=build)
        assert isinstance(build_what_is_fit(places, self.town, self.centre, NOW), Built)
        clean = digest_of_site(shelf.site_folder(places.build, CENTRE))
        shutil.rmtree(build)
        return digest_of_site(self.site) == clean


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "instance")
    yield instance
    instance.press.close()


def _why(built: Built) -> list[str]:
    return [one.sentence() for one in built.set_aside]


def _many_photos(number: int) -> bytes:
    photos = "".join(f"  - id: {PHOTO_IDS[0]}\n" for _one in range(number))
    return (
        "---\nkind: photo-article\ntitle: Trop\npublished_at: 2026-11-18T16:00:00+01:00\n"
        f"moment: mercredi\nphotos:\n{photos}---\n"
    ).encode()


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"---\nkind: reminder\nsentence: \xe9t\xe9\n---\n", "UTF-8"),
        (REMINDER.replace("kind: reminder", "kind: podcast").encode(), "doit être l'un de"),
        (
            REMINDER.replace("day: 2026-11-19", "day: 2026-02-31").encode(),
            "« 2026-02-31 » n'existe pas",
        ),
        (_many_photos(10_000), "60"),
        (b"", ""),
        (b"\0" * 5000, ""),
    ],
    ids=["not UTF-8", "unknown kind", "no such day", "10 000 photos", "empty", "zeros"],
)
def test_a_document_that_cannot_be_read_is_set_aside(
    instance: Instance, raw: bytes, sentence: str
) -> None:
    """It is told with its path and why, in French; the others and the other centre are online."""
    instance.write(BAD, raw)
    built = instance.publish()
    assert {one.post for one in built.set_aside} == {f"{CENTRE}/posts/2026-2027/{BAD}/post.md"}
    assert any(sentence in one for one in _why(built)), _why(built)
    assert len(_why(built)) <= 10
    assert instance.online() == {GOOD}
    edition = shelf.read_edition(instance.places.build, CENTRE)
    assert edition is not None
    assert {row[0] for row in edition.set_aside} == {BAD}
    assert instance.is_clean()


def test_a_symbolic_link_is_not_followed(instance: Instance, tmp_path: Path) -> None:
    """A document, a folder and a school year that are links are set aside; nothing outside is read."""
    outside = tmp_path / "outside" / "2026-11-18-dehors"
    outside.mkdir(parents=True)
    (outside / "post.md").write_text(REMINDER, encoding="utf-8")
    posts = instance.places.content / CENTRE / "posts"
    (posts / "2026-2027" / "2026-11-18-lien").symlink_to(outside)
    (posts / "2027-2028").symlink_to(outside.parent)
    (posts / "2026-2027" / BAD).mkdir()
    (posts / "2026-2027" / BAD / "post.md").symlink_to(outside / "post.md")
    built = instance.publish()
    assert len(built.set_aside) == 3
    assert all("lien symbolique" in one for one in _why(built))
    assert instance.online() == {GOOD}


def test_a_name_in_the_other_unicode_form_is_told(instance: Instance) -> None:
    """A folder copied from a Mac, its accents apart: one sentence, and no page by two names."""
    name = unicodedata.normalize("NFD", "2026-11-18-fête")
    instance.write(name, REMINDER.encode())
    built = instance.publish()
    assert len(built.set_aside) == 1
    assert instance.online() == {GOOD}
    assert instance.is_clean()


def test_of_two_school_years_the_first_has_the_name(instance: Instance) -> None:
    """The same slug in two school years: the first is online, and once it goes, the other is."""
    first = instance.write(BAD, REMINDER.replace("Maillot", "Premier").encode(), "2025-2026")
    instance.write(BAD, REMINDER.replace("Maillot", "Second").encode(), "2026-2027")
    built = instance.publish()
    assert _why(built) == ["Une autre publication du centre porte déjà ce nom."]
    home = instance.site / "rappels.html"
    assert "Premier" in home.read_text()
    assert "Second" not in home.read_text()
    assert instance.is_clean()
    shutil.rmtree(first.parent)
    assert instance.publish().set_aside == ()
    assert "Second" in home.read_text()
    assert "Premier" not in home.read_text()
    assert instance.is_clean()


@pytest.mark.parametrize("what", ["document", "folder", "school year"])
def test_a_folder_without_rights_is_told(instance: Instance, what: str) -> None:
    """What may not be opened is set aside; it is online as soon as it may be."""
    instance.publish()
    path = instance.write(BAD, REMINDER.encode(), "2027-2028")
    shut = {"document": path, "folder": path.parent, "school year": path.parent.parent}[what]
    shut.chmod(0)
    try:
        with _as_anybody():
            told = _why(instance.publish())
    finally:
        shut.chmod(0o755)
    assert len(told) == 1
    assert "ne s'ouvre pas" in told[0]
    assert instance.online() == {GOOD}
    assert instance.publish().set_aside == ()
    assert instance.online() == {GOOD, BAD}
    assert instance.is_clean()


@contextmanager
def _as_anybody() -> Iterator[None]:
    """Without what lets root open every file: capabilities 1 and 2 of Linux's capset(2)."""
    c = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    had, less = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert c.capget(header, had) == 0
    less[:] = [had[0] & ~0b110, *had[1:]]
    assert c.capset(header, less) == 0
    try:
        yield
    finally:
        assert c.capset(header, had) == 0


def test_a_template_that_raises_on_one_post_keeps_in_that_post_only(instance: Instance) -> None:
    """The post is set aside and told by its name, in French; lists and other posts go out."""
    theme = instance.places.instance / "themes" / "preau"
    shutil.copytree(theme_folder(instance.places.instance, "preau"), theme)
    template = theme / "templates" / "article.html"
    text = template.read_text(encoding="utf-8")
    flaw = "{{ 1 // (page.article.photos | length - 1) }}{% endblock"
    template.write_text(text.replace("{% endblock", flaw, 1), encoding="utf-8")
    instance.save(article(BAD, PHOTO_IDS[:1]), article("2026-11-18-autre", PHOTO_IDS[1:3]))
    instance.press = CentrePress(instance.places, instance.town, instance.centre)
    built = instance.publish()
    assert [(one.post, one.reason[:30]) for one in built.set_aside] == [
        (BAD, "Cette page ne se compose pas :")
    ]
    assert instance.online() == {GOOD, "2026-11-18-autre"}
    assert instance.is_clean()


def test_a_photo_that_went_is_told(instance: Instance) -> None:
    """A photo's folder that is gone sets aside the articles that show it, and takes it off the site."""
    instance.save(article(BAD, PHOTO_IDS[:2]), article("2026-11-18-autre", PHOTO_IDS[2:3]))
    instance.publish()
    shutil.rmtree(instance.places.content / CENTRE / "photos" / PHOTO_IDS[0])
    built = instance.publish()
    assert len(built.set_aside) == 1
    assert instance.online() == {GOOD, "2026-11-18-autre"}
    assert not (instance.site / "photos" / PHOTO_IDS[0]).exists()
    assert instance.is_clean()


def test_the_clock_set_back_takes_back_what_is_not_for_now(instance: Instance) -> None:
    """The site is always the one of the moment it is told, whichever way the clock went."""
    instance.save(reminder(BAD, published_at=NOW - DAY / 24 / 2))
    instance.publish()
    assert instance.online() == {GOOD, BAD}
    earlier = instance.press.publish(NOW - DAY / 24)
    assert isinstance(earlier, Built)
    assert instance.online() == {GOOD}
    long_ago = instance.press.publish(NOW - 400 * DAY)
    assert isinstance(long_ago, Built)
    assert instance.online() == set()
    instance.publish()
    assert instance.online() == {GOOD, BAD}
    assert instance.is_clean()


def test_a_document_changed_while_it_is_read_is_read_as_it_ends(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be of before, or half: the next look takes what stands."""
    path = instance.write(BAD, REMINDER.encode())
    read, changes = press_module.read_document, iter(range(5))

    def changed_after(*arguments: object) -> object:
        found = read(*arguments)  # type: ignore[arg-type]  # as it is called
        if arguments[2] == path and (number := next(changes, None)) is not None:
            path.write_text(REMINDER.replace("Maillot", f"Version {number}"), encoding="utf-8")
        return found

    monkeypatch.setattr(press_module, "read_document", changed_after)
    instance.publish()
    instance.publish()
    monkeypatch.undo()
    instance.publish()
    assert "Version 4" in (instance.site / "rappels.html").read_text()
    assert instance.is_clean()


def _no_index(file: Path) -> None:
    file.unlink()


def _garbage(file: Path) -> None:
    file.write_bytes(b"not a database" * 500)


def _half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _one_page_lost(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(bytes(4096 * 3))


def _of_another_layout(file: Path) -> None:
    with sqlite3.connect(file) as base:
        base.execute("PRAGMA user_version = 77")
    base.close()


def _of_another_program(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as base:
        base.execute("CREATE TABLE fact (other TEXT)")
        base.execute("PRAGMA user_version = 1")
    base.close()


@pytest.mark.parametrize(
    "damage",
    [_no_index, _garbage, _half, _one_page_lost, _of_another_layout, _of_another_program],
)
def test_an_index_that_is_damaged_is_made_again(
    instance: Instance, damage: Callable[[Path], None]
) -> None:
    """It is only derived: the site is right at the next publication, whatever changed meanwhile."""
    instance.save(article(BAD, PHOTO_IDS[:2]), programme())
    instance.publish()
    instance.press.close()
    damage(shelf.index_file(instance.places.build, CENTRE))
    withdraw_post(instance.places.content, instance.centre, BAD, NOW)
    instance.save(article("2026-11-18-autre", PHOTO_IDS[2:3]))
    instance.publish()
    assert instance.online() == {GOOD, "2026-11-16-programme", "2026-11-18-autre"}
    assert instance.is_clean()


@pytest.mark.parametrize("name", [shelf.JOURNAL, shelf.EDITION])
def test_a_shelf_that_is_damaged_is_compared_again(instance: Instance, name: str) -> None:
    """With a journal or an edition that says nothing, every file is compared, and none is too many."""
    instance.save(article(BAD, PHOTO_IDS[:2]))
    instance.publish()
    instance.press.close()
    folder = shelf.centre_folder(instance.places.build, CENTRE)
    (folder / name).write_bytes(b"\0\0{")
    (instance.site / "articles" / "intruse.html").write_text("of a lost edition", encoding="utf-8")
    withdraw_post(instance.places.content, instance.centre, BAD, NOW)
    instance.press = CentrePress(instance.places, instance.town, instance.centre)
    instance.publish()
    assert instance.online() == {GOOD}
    assert instance.is_clean()


def test_a_full_disk_leaves_the_site_and_room_brings_the_post(
    instance: Instance, tmp_path: Path
) -> None:
    """A small disk, really full: the press says so, the site stays, and goes on once there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount a disk: tests/faults refuses each write instead")
    try:
        (instance.places.instance / "build").symlink_to(disk)
        instance.publish()
        before = digest_of_site(instance.site)
        ballast = disk / "ballast"
        _fill(ballast)
        instance.save(article(BAD, PHOTO_IDS[:2]))
        with pytest.raises(OSError, match=r"No space left|full"):
            instance.press.publish(NOW)
        assert digest_of_site(instance.site) == before
        assert instance.online() == {GOOD}
        ballast.unlink()
        instance.publish()
        assert instance.online() == {GOOD, BAD}
        instance.press.close()
    finally:
        subprocess.run(["umount", disk], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


_TWO = """
import sys
from datetime import datetime
from pathlib import Path
from publisher.centres import read_town
from publisher.content.library import save_new_post, withdraw_post
from publisher.editions.press import Built, CentrePress, Places
from tests.posts import NOW, PHOTO_IDS, article, reminder

instance, me = Path(sys.argv[1]), sys.argv[2]
town = read_town(instance)
centre = town.centre("les-tilleuls")
press = CentrePress(Places(instance=instance), town, centre)
for number in range(6):
    slug = f"2026-11-18-{me}-{number}"
    save_new_post(instance / "content", article(slug, PHOTO_IDS[:2]))
    assert isinstance(press.publish(NOW), Built)
    if number % 3 == 1:
        withdraw_post(instance / "content", centre, slug, NOW)
        assert isinstance(press.make_again(lambda: NOW), Built)
"""


def test_two_presses_at_once_make_the_site_of_one(instance: Instance) -> None:
    """Started twice on one instance by mistake, they take turns; nothing is lost, nothing is half."""
    instance.press.close()
    command = [sys.executable, "-c", _TWO, str(instance.places.instance)]
    both = [
        subprocess.Popen([*command, me], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for me in ("un", "deux")
    ]
    for one in both:
        _out, said = one.communicate()
        assert one.returncode == 0, said
    instance.publish()
    assert instance.online() == {GOOD} | {
        f"2026-11-18-{me}-{number}" for me in ("un", "deux") for number in (0, 2, 3, 5)
    }
    assert instance.is_clean()


def test_a_theme_that_does_not_compose_leaves_the_site(instance: Instance) -> None:
    """When what is wrong is no post's fault, the site stays as it was, and no post is blamed."""
    instance.save(article("2026-11-18-un"), article("2026-11-18-deux"))
    instance.publish()
    before = digest_of_site(instance.site)
    theme = instance.places.instance / "themes" / "preau"
    shutil.copytree(theme_folder(instance.places.instance, "preau"), theme)
    (theme / "templates" / "home.html").write_text("{{ nowhere.at_all }}", encoding="utf-8")
    outcome = build_what_is_fit(instance.places, instance.town, instance.centre, NOW)
    assert isinstance(outcome, NotBuilt)
    assert "ne se compose pas" in outcome.unfit[0].sentence()
    assert {one.post.rpartition("/")[2] for one in outcome.unfit} == {"index.html"}
    assert digest_of_site(instance.site) == before
    assert instance.online() == {GOOD, "2026-11-18-un", "2026-11-18-deux"}
