"""Préau as an operator runs it: `preau build`, `preau press`, and posts saved as authoring saves them.

Nothing of the press is imported: what is measured is the command, seen from the files it leaves.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import measure

from publisher.content.library import (
    read_post,
    save_edited_post,
    save_new_post,
    withdraw_post,
)
from publisher.content.photos import photos_folder
from publisher.demo.simulated_town import Size, simulate_town
from publisher.kinds.reading import slug_for
from publisher.model.post import PhotoArticle, PhotoInArticle, Publication
from publisher.model.town import Centre, Town

ROOT = Path(__file__).resolve().parents[2]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
PREAU = (sys.executable, "-m", "publisher")

PHOTOS = 6
"""Photos of a published album: what an album has on average."""

_POLL_S = 0.0005
_QUIET_S = 0.25
_PHOTO_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_LINK_TO_ALBUM = re.compile(r"\]\(articles/([a-z0-9-]+)\.html\)")
_GROUP_HOME = re.compile(r"groupes/[a-z0-9-]+/(?:index|petits)\.html\Z")
_SYNC = re.compile(r"\b(?:fsync|fdatasync|syncfs|sync)\(")


class NeverVisible(Exception):
    """Something saved did not show in the site in the time it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A simulated town on disk."""

    folder: Path
    town: Town

    @property
    def content(self) -> Path:
        """Where its posts are."""
        return self.folder / "content"

    def site(self, centre: Centre) -> Path:
        """Where the site of *centre* stands."""
        return self.folder / "build" / centre.slug / "site"

    @property
    def theme(self) -> Path:
        """Its own copy of the theme, that the bench changes."""
        return self.folder / "themes" / "preau"


def make_instance(folder: Path, *, seed: int, centres: int, posts: int) -> Instance:
    """Simulate a town whose last post went out a few minutes ago, with a theme of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    until = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    made = simulate_town(folder, seed=seed, size=Size(centres=centres, posts=posts), until=until)
    shutil.copytree(ROOT / "themes" / "preau", folder / "themes" / "preau")
    return Instance(folder=folder, town=made.town)


def clean_build(instance: Instance) -> measure.Run:
    """`preau build` into a fresh build folder."""
    measure.set_apart(instance.folder / "build", instance.folder.parent)
    return measure.run([*PREAU, "--instance", instance.folder, "build"], instance.folder, ENVIRON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What one publication did to the site's files, photos apart."""

    new: int
    replaced: int
    removed: int
    group_homes: int

    @property
    def written(self) -> int:
        """Files written, the groups' homes apart, their children's too."""
        return self.new + self.replaced - self.group_homes


def rewritten(before: measure.Stamps, after: measure.Stamps) -> Rewritten:
    """What changed between two looks at a site."""
    replaced = [path for path in before.keys() & after.keys() if before[path] != after[path]]
    return Rewritten(
        new=len(after.keys() - before.keys()),
        replaced=len(replaced),
        removed=len(before.keys() - after.keys()),
        group_homes=sum(_GROUP_HOME.match(path) is not None for path in replaced),
    )


class Press:
    """`preau press` at work on an instance, as a context."""

    def __init__(self, instance: Instance, *, under: Sequence[str] = ()) -> None:
        """Prepare it; *under* is a command that runs it, such as strace."""
        self._instance = instance
        self._command = [*under, *PREAU, "--instance", str(instance.folder), "press"]
        self._is_under = bool(under)
        self._log = instance.folder / "press.log"

    def __enter__(self) -> Self:
        self._output = self._log.open("ab")
        self._process = subprocess.Popen(  # noqa: S603 (our own command)
            self._command, env=ENVIRON, stdout=self._output, stderr=self._output
        )
        self.memory = measure.MemoryWatch(self._process.pid)
        return self

    def __exit__(self, *_raised: object) -> None:
        self.memory.stop()
        # Under strace the press is its child: strace ends with it.
        tree = measure.tree_of(self._process.pid)
        os.kill(tree[1] if self._is_under and len(tree) > 1 else tree[0], signal.SIGTERM)
        try:
            self._process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def cpu_s(self) -> float:
        """Processor seconds used so far."""
        return measure.cpu_of(self._process.pid)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Look until *condition* holds, twice a millisecond. Raises NeverVisible."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(encoding="utf-8", errors="replace")[-1500:]
                raise NeverVisible(f"{what}; the press's last words: {tail}")
            time.sleep(_POLL_S)

    def wait_until_idle(self, seconds: float = 900) -> None:
        """Wait until the press has used no processor for a moment, nor changed an edition."""
        deadline = time.monotonic() + seconds
        before, since = self._facts(), time.monotonic()
        while time.monotonic() - since < _QUIET_S:
            time.sleep(0.02)
            now = self._facts()
            if now != before:
                before, since = now, time.monotonic()
            if time.monotonic() > deadline:
                raise NeverVisible("the press never came to rest")

    def _facts(self) -> tuple[float, list[int]]:
        editions = sorted((self._instance.folder / "build").glob("*/edition.json"))
        return self.cpu_s(), [path.stat().st_mtime_ns for path in editions]


class Author:
    """Saves posts of one centre as authoring does, and waits until families can see it."""

    def __init__(self, instance: Instance, centre: Centre, press: Press) -> None:
        self._instance, self._centre, self._press = instance, centre, press
        self._site = instance.site(centre)
        # Names must be new at each run of an author; nothing measured depends on them.
        self._draw = random.Random()  # noqa: S311 (no secret)
        self._number = 0
        self._old = self._old_albums()

    def new_album(self, group: str | None = None) -> PhotoArticle:
        """An album to be published now, whose photos are already there, as after an upload."""
        self._number += 1
        now = datetime.now(UTC).astimezone(self._instance.town.timezone).replace(microsecond=0)
        title = f"Album du banc d'essai {self._number}"
        return PhotoArticle(
            publication=Publication(
                centre=self._centre.slug,
                slug=slug_for(now.date(), f"{title} {self._draw.randrange(10**9)}", "photos"),
                published_at=now,
                groups=(group,) if group else (),
            ),
            title=title,
            moment=self._centre.moments[-2],
            photos=tuple(
                PhotoInArticle(id=self._photo(), caption=f"{title}, photo {number}")
                for number in range(1, PHOTOS + 1)
            ),
            text="Les enfants ont peint tout l'après-midi.\n\n**Venez voir**, c'est dans le hall.",
        )

    def path_of(self, post: PhotoArticle) -> Path:
        """Where the page of *post* is, or will be."""
        groups = post.publication.groups
        space = self._site / "groupes" / groups[0] if groups else self._site
        return space / "articles" / f"{post.publication.slug}.html"

    def save(self, post: PhotoArticle) -> None:
        """Save *post* durably, as authoring does."""
        save_new_post(self._instance.content, post)

    def is_visible(self, post: PhotoArticle) -> bool:
        """Say whether the page of *post* is there, and its space's home leads to it."""
        path = self.path_of(post)
        home = path.parent.parent / "index.html"
        name = post.publication.slug.encode()
        return path.exists() and name in home.read_bytes()

    def publish(self, post: PhotoArticle, seconds: float = 600) -> float:
        """Publish *post*; the milliseconds from the tap to the moment families can see it."""
        began = time.perf_counter()
        self.save(post)
        path = self.path_of(post)
        self._press.wait_until(path.exists, f"{path} is not there", seconds)
        self._press.wait_until(lambda: self.is_visible(post), f"{path} is not on the home", seconds)
        return (time.perf_counter() - began) * 1000

    def edit(self, seconds: float = 600) -> float:
        """Edit an old album; the milliseconds until its page is another."""
        path = next(self._old)
        stored = read_post(self._instance.content, self._centre, path.stem)
        if stored is None or not isinstance(stored.post, PhotoArticle):
            raise NeverVisible(f"{path.stem} cannot be read")
        changed = replace(stored.post, text=f"{stored.post.text}\n\nCorrigé.")
        before = path.stat()
        began = time.perf_counter()
        save_edited_post(self._instance.content, self._centre, changed, stored.revision)
        self._press.wait_until(
            lambda: _identity(path.stat()) != _identity(before), f"{path} did not change", seconds
        )
        return (time.perf_counter() - began) * 1000

    def withdraw(self, seconds: float = 600) -> float:
        """Withdraw an old album; the milliseconds until its page is gone."""
        path = next(self._old)
        began = time.perf_counter()
        withdraw_post(self._instance.content, self._centre, path.stem, datetime.now(UTC))
        self._press.wait_until(lambda: not path.exists(), f"{path} is still there", seconds)
        return (time.perf_counter() - began) * 1000

    def _photo(self) -> str:
        """A photo that is already kept: other names of the files of one that is there."""
        folder = photos_folder(self._instance.content, self._centre.slug)
        with os.scandir(folder) as entries:
            first = Path(next(entry.path for entry in entries if entry.is_dir()))
        photo_id = "".join(self._draw.choices(_PHOTO_LETTERS, k=26))
        (folder / photo_id).mkdir()
        for file in first.iterdir():
            os.link(file, folder / photo_id / file.name)
        return photo_id

    def _old_albums(self) -> Iterator[Path]:
        """Pages of albums of the older half that no other text links to, in a drawn order."""
        posts = self._instance.content / self._centre.slug / "posts"
        linked = {
            slug
            for path in posts.glob("*/*/post.md")
            for slug in _LINK_TO_ALBUM.findall(path.read_text(encoding="utf-8"))
        }
        pages = sorted(path for path in (self._site / "articles").iterdir() if path.is_file())
        older = [path for path in pages[: len(pages) // 2] if path.stem not in linked]
        self._draw.shuffle(older)
        return iter(older)


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_ino, facts.st_mtime_ns


def change_theme(instance: Instance, turn: int) -> str:
    """Change the style sheet and the base of every page; a mark that every page then holds."""
    mark = f"theme-turn-{turn}-{time.time_ns()}"
    sheet = instance.theme / "static" / "preau.css"
    base = instance.theme / "templates" / "base.html"
    sheet.write_text(f"{sheet.read_text(encoding='utf-8')}\n/* {mark} */\n", encoding="utf-8")
    text = re.sub(r' data-tour="[^"]*"', "", base.read_text(encoding="utf-8"))
    changed = text.replace("<body ", f'<body data-tour="{mark}" ', 1)
    if changed == text:
        raise NeverVisible("the theme's base has no <body> to mark")
    base.write_text(changed, encoding="utf-8")
    return mark


def sample_of(site: Path, count: int = 40) -> list[Path]:
    """A few pages of *site*, of every kind, spread over it."""
    pages = sorted(entry.path for entry in measure.files_of(site) if entry.name.endswith(".html"))
    step = max(1, len(pages) // count)
    return [Path(page) for page in pages[::step]]


def syncs_in(trace: Path) -> int:
    """How many times the press asked the disk to keep what it holds, by strace's own log."""
    return len(_SYNC.findall(trace.read_text(encoding="utf-8", errors="replace")))
