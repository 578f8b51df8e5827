"""Two scenes to break: one publication, and one whole edition, of a small centre with real pages."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from PIL import Image

from publisher import shelf
from publisher.centres import read_town, theme_folder
from publisher.content.library import read_post, save_edited_post, save_new_post, withdraw_post
from publisher.content.photos import keep_photo
from publisher.editions.press import Built, CentrePress, NotBuilt, Places, build_whole
from publisher.model.moment import Moment
from publisher.model.photo import MASTER
from publisher.model.town import Centre, Town
from tests.faults.power import read_tree
from tests.instance import make_instance
from tests.posts import NOW, PHOTO_IDS, article, photo, programme, reminder

CENTRE = "les-tilleuls"
PUBLICATION, WHOLE_EDITION = "publication", "whole edition"
SCENES = (PUBLICATION, WHOLE_EDITION)
DAY = timedelta(days=1)
NEW, GONE, MOVED = "2026-11-18-nouvelle", "2026-11-17-retiree", "2026-10-07-deplacee"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What families and authors can see: every file of the site, and the posts told as online."""

    site: Mapping[str, bytes]
    placed: Mapping[str, str]


class Scene:
    """One instance, on which the same change is made again and again from the same beginning.

    Three moments of one centre: `earlier`, `before` (a reminder more), and `after` the change:
    an article with two photos comes, another is withdrawn, a third is dated otherwise. In the
    scene of a whole edition the theme has changed, too, and the centre has no group. The press is
    made once: each fork of this process has its own, as fresh as one just started.
    """

    now = NOW

    def __init__(self, folder: Path, name: str) -> None:
        """Make the instance in *folder*, its beginning, and what must come of it."""
        self.name, self.folder = name, folder
        self.instance = make_instance(folder / "instance")
        self.places = Places(instance=self.instance)
        town = read_town(self.instance)
        assert isinstance(town, Town)
        centre = town.centre(CENTRE)
        assert centre is not None
        # Few pages: each is some operations, and each operation is broken in turn.
        self.centre: Centre = replace(
            centre,
            groups=tuple(one for one in centre.groups if one.slug in self._groups),
            moments=(Moment.LUNCH, Moment.WEDNESDAY),
        )
        self.town: Town = replace(town, centres=(self.centre,))
        self._bare_theme()
        self._write_contents()
        self.press_before = CentrePress(self.places, self.town, self.centre)
        self.earlier = self._build("earlier")
        self.before = self._build("before")
        edition = shelf.read_edition(self.places.build, CENTRE)
        assert edition is not None
        self.edition_before = edition.id
        self.use_content("after")
        if name == WHOLE_EDITION:
            self._change_theme()
        self.press = CentrePress(self.places, self.town, self.centre)
        self.after = self._clean()
        self._warm()

    @property
    def _groups(self) -> tuple[str, ...]:
        return () if self.name == WHOLE_EDITION else ("moyens",)

    @property
    def build(self) -> Path:
        """Where the centre's editions stand."""
        return shelf.centre_folder(self.places.build, CENTRE)

    def act(self) -> Built | NotBuilt:
        """Make the change."""
        if self.name == WHOLE_EDITION:
            return self.press.make_again(lambda: NOW)
        return self.press.publish(NOW)

    def begin_again(self, build: Path | None = None) -> None:
        """Put the shelf back as it was before the change, or as *build* says."""
        make_again(build or self.folder / "before", self.build)

    def use_content(self, moment: str) -> None:
        """Have the content of "earlier", "before" or "after"; its files are always the same."""
        shutil.rmtree(self.places.content)
        kept = self.folder / f"content-{moment}"
        shutil.copytree(kept, self.places.content, copy_function=os.link)

    def recover(self) -> None:
        """Do what a start does first."""
        with shelf.held(self.places.build, CENTRE):
            shelf.recover(self.places.build, CENTRE)

    def state(self) -> State:
        """What stands."""
        return state_of(self.places.build)

    def _write_contents(self) -> None:
        content = self.places.content
        for number, one in enumerate(PHOTO_IDS):
            files = {name: _picture(number, width) for name, width in _SIZES.items()}
            keep_photo(content, CENTRE, photo(one), files)
        week = programme()
        slots = tuple(one for one in week.slots if one.group in {None, *self._groups})
        for post in (
            article("2026-11-16-voisine", PHOTO_IDS[:2], published_at=NOW - 2 * DAY),
            article(GONE, PHOTO_IDS[2:4], published_at=NOW - DAY),
            article(MOVED, PHOTO_IDS[4:5], published_at=NOW - 42 * DAY),
            article("2026-11-12-groupe", PHOTO_IDS[5:6], groups=self._groups),
            replace(week, slots=slots),
        ):
            save_new_post(content, post)
        self._keep_content("earlier")
        save_new_post(content, reminder())
        self._keep_content("before")
        save_new_post(content, article(NEW, PHOTO_IDS[6:8]))
        withdraw_post(content, self.centre, GONE, NOW)
        stored = read_post(content, self.centre, MOVED)
        assert stored is not None
        moved = replace(stored.post.publication, published_at=NOW - 70 * DAY)
        save_edited_post(
            content, self.centre, replace(stored.post, publication=moved), stored.revision
        )
        self._keep_content("after")

    def _keep_content(self, moment: str) -> None:
        """Keep the content of that moment, its files as old as can be: young ones are read twice."""
        content = self.places.content
        for path in content.rglob("*"):
            os.utime(path, ns=(10**18, 10**18))
        shutil.copytree(content, self.folder / f"content-{moment}", copy_function=os.link)

    def _build(self, moment: str) -> State:
        self.use_content(moment)
        assert isinstance(self.press_before.publish(NOW), Built)
        self.press_before.close()
        shutil.copytree(self.build, self.folder / moment)
        return self.state()

    def _bare_theme(self) -> None:
        """Have the real templates, and of the theme's other files those that pages ask for."""
        given, theme = theme_folder(self.instance, "preau"), self.instance / "themes" / "preau"
        shutil.copytree(given / "templates", theme / "templates")
        (theme / "static" / "img").mkdir(parents=True)
        for name in ("preau.css", "img/icone.svg", "img/pictos.svg"):
            shutil.copyfile(given / "static" / name, theme / "static" / name)

    def _change_theme(self) -> None:
        style = self.instance / "themes" / "preau" / "static" / "preau.css"
        style.write_bytes(style.read_bytes() + b"\n/* another */\n")

    def _warm(self) -> None:
        """Have the press's templates at hand, and nothing else: its forks are as if just started."""
        self.begin_again()
        assert isinstance(self.act(), Built)
        self.press.close()
        self.press._is_first = True

    def _clean(self) -> State:
        """What a clean build of the same content makes, elsewhere."""
        other = self.folder / "clean"
        other.mkdir()
        for name in ("content", "themes"):
            if (self.instance / name).is_dir():
                (other / name).symlink_to(self.instance / name)
        places = Places(instance=other)
        assert isinstance(build_whole(places, self.town, self.centre, NOW), Built)
        return state_of(places.build)


_SIZES = {MASTER: 64, "480.jpg": 48, "1080.jpg": 60}


def _picture(number: int, width: int) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, width * 3 // 4), (30 * number, 120, 90)).save(target, "JPEG")
    return target.getvalue()


def state_of(build: Path) -> State:
    """What stands in *build*."""
    site = shelf.site_folder(build, CENTRE)
    return State(
        site=dict(read_tree(site, shelf.files_of(site))),
        placed=dict(shelf.placed(build, CENTRE)),
    )


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in {"href", "src"} and value:
                self.found.append(value)
            elif name == "srcset" and value:
                self.found += [one.split()[0] for one in value.split(",")]


_targets: dict[tuple[str, bytes], tuple[str, ...]] = {}


def _targets_of(path: str, page: bytes) -> tuple[str, ...]:
    """Where the links of a page lead, and what it shows, within the centre's site."""
    if (path, page) not in _targets:
        parser = _Links()
        parser.feed(page.decode())
        found = (urlsplit(link) for link in parser.found)
        targets = (
            normpath(join(dirname(path), unquote(parts.path)))
            for parts in found
            if not parts.scheme and parts.path and not parts.path.startswith("/")
        )
        _targets[path, page] = tuple({one for one in targets if not one.startswith("..")})
    return _targets[path, page]


def broken_links(site: Mapping[str, bytes]) -> Iterator[str]:
    """What can be reached from the home pages and the lists, and is not there."""
    waiting, reached = [path for path in site if path.endswith("index.html")], set()
    waiting.append("index.html")
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        if path not in site:
            yield path
        elif path.endswith(".html"):
            waiting += _targets_of(path, site[path])


def make_again(model: Path, copy: Path) -> None:
    """Make *copy* what *model* is, leaving alone the files that never changed since they were."""
    wanted, found = dict(_stamps(model)), dict(_stamps(copy))
    for name in sorted(found, reverse=True):
        if name not in wanted or found[name] != wanted[name]:
            (copy / name).rmdir() if found.pop(name) is None else (copy / name).unlink()
    for name in sorted(wanted):
        if wanted[name] is None:
            (copy / name).mkdir(parents=True, exist_ok=True)
        elif name not in found:
            shutil.copy2(model / name, copy / name)


def _stamps(folder: Path, within: str = "") -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Everything below *folder*: when a file changed and how long it is; None for a folder."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield f"{within}{entry.name}", None
            yield from _stamps(Path(entry.path), f"{within}{entry.name}/")
        else:
            facts = entry.stat()
            yield f"{within}{entry.name}", (facts.st_mtime_ns, facts.st_size)


def told_too_soon(found: State, before: State, after: State) -> Iterator[str]:
    """What authors are told of a post while families do not see it so."""
    for slug in before.placed.keys() | after.placed.keys():
        told = found.placed.get(slug)
        was, will = before.placed.get(slug), after.placed.get(slug)
        if told == was:
            continue
        pages = {path for path in before.site.keys() | after.site.keys() if _is_of(path, slug)}
        if told != will:
            yield f"{slug} is told as {told}, which it never was"
        elif any(found.site.get(path) != after.site.get(path) for path in pages):
            yield f"{slug} is told too soon"


def _is_of(path: str, slug: str) -> bool:
    return path.endswith(f"/{slug}.html")


def difference(found: State, wanted: State) -> str:
    """How two states differ, in a few words; nothing when they do not."""
    if found == wanted:
        return ""
    absent = sorted(wanted.site.keys() - found.site.keys())
    more = sorted(found.site.keys() - wanted.site.keys())
    other = sorted(
        path for path, raw in wanted.site.items() if path in found.site and found.site[path] != raw
    )
    posts = dict(set(found.placed.items()) ^ set(wanted.placed.items()))
    return f"absent {absent[:4]}, more {more[:4]}, other {other[:4]}, posts {sorted(posts)[:4]}"
