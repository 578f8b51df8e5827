"""Where editions stand: a centre's site is changed here and nowhere else, and never half (laws 3 and 4).

`build/<centre>/site/` is what is read; `stage/` beside it is the edition being made;
`journal.json` says which moves are under way; `edition.json` what the site now is.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

SITE, STAGE, JOURNAL, EDITION = "site", "stage", "journal.json", "edition.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What stands on the shelf for one centre.

    `posts` gives each live post's revision; `set_aside` says, post by post, why one is not
    there (post, line or 0, French sentence). `changed` counts the files the last change moved.
    """

    made_at: datetime
    moment: datetime
    posts: Mapping[str, str] = field(default_factory=dict)
    set_aside: tuple[tuple[str, int, str], ...] = ()
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an edition moves: files to put, new ones first, and files to take away, last."""

    new: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]


def centre_folder(build: Path, centre: str) -> Path:
    """Where *centre*'s editions stand."""
    return build / centre


def site_folder(build: Path, centre: str) -> Path:
    """The site that is being read."""
    return build / centre / SITE


@contextmanager
def held(build: Path, centre: str) -> Iterator[None]:
    """Hold *centre*'s place on the shelf: one change at a time, whichever process makes it."""
    folder = centre_folder(build, centre)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fresh_stage(build: Path, centre: str) -> Path:
    """An empty folder beside the site, on the same disk, to make an edition in."""
    stage = build / centre / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    return stage


def files_of(folder: Path) -> frozenset[str]:
    """Every file below *folder*, by its path from there."""
    if not folder.is_dir():
        return frozenset()
    return frozenset(
        (Path(where) / name).relative_to(folder).as_posix()
        for where, _folders, names in os.walk(folder)
        for name in names
    )


def change_between(stage: Path, site: Path) -> Change:
    """What must move for *site* to become what *stage* holds."""
    staged, standing = files_of(stage), files_of(site)
    replaced = sorted(name for name in staged & standing if not _same(stage / name, site / name))
    return Change(
        new=tuple(sorted(staged - standing)),
        replaced=tuple(replaced),
        removed=tuple(sorted(standing - staged)),
    )


def place(build: Path, centre: str, edition: Edition) -> Change:
    """Put the staged edition in place of the one being read.

    Everything staged is synced, then the journal, then files move: new ones, then replaced
    ones, then removals. At no instant does a page that can be reached lead nowhere: what is
    new is there before what refers to it, and what goes is no longer referred to. A kill at
    any point is finished or forgotten by `recover`.
    """
    folder = centre_folder(build, centre)
    stage, site = folder / STAGE, folder / SITE
    change = change_between(stage, site)
    moved = len(change.new) + len(change.replaced) + len(change.removed)
    statement = _edition_json(edition, moved)
    if moved:
        for name in (*change.new, *change.replaced):
            _sync(stage / name)
        for inner in sorted({(stage / name).parent for name in (*change.new, *change.replaced)}):
            _sync(inner)
    journal = {
        "put": [*change.new, *change.replaced],
        "removed": list(change.removed),
        "edition": statement,
    }
    _write(folder / JOURNAL, json.dumps(journal, ensure_ascii=False).encode())
    _perform(folder, journal)
    return change


def recover(build: Path, centre: str) -> bool:
    """Finish the change a kill interrupted, or forget the one that was not decided yet.

    Says whether there was something to finish.
    """
    folder = centre_folder(build, centre)
    path = folder / JOURNAL
    decided = path.is_file()
    if decided:
        _perform(folder, json.loads(path.read_bytes()))
    shutil.rmtree(folder / STAGE, ignore_errors=True)
    for left in folder.glob(".*.new"):
        left.unlink()
    return decided


def read_edition(build: Path, centre: str) -> Edition | None:
    """What stands on the shelf for *centre*, or None when nothing was ever built."""
    try:
        table = json.loads((centre_folder(build, centre) / EDITION).read_bytes())
    except FileNotFoundError:
        return None
    return Edition(
        made_at=datetime.fromisoformat(table["made_at"]),
        moment=datetime.fromisoformat(table["moment"]),
        posts=table["posts"],
        set_aside=tuple((row[0], row[1], row[2]) for row in table["set_aside"]),
        changed=table["changed"],
    )


def _perform(folder: Path, journal: Mapping[str, object]) -> None:
    """Do, or do again, what the journal decided: each step may already be done."""
    stage, site = folder / STAGE, folder / SITE
    put, removed = _names(journal["put"]), _names(journal["removed"])
    touched: set[Path] = {site}
    for name in put:
        source, target = stage / name, site / name
        if source.exists():
            touched.update(_make(target.parent, site))
            source.replace(target)
            touched.add(target.parent)
    for inner in sorted(touched):
        if inner.is_dir():
            _sync(inner)
    for name in removed:
        (site / name).unlink(missing_ok=True)
        _drop_empty((site / name).parent, site)
    for inner in sorted({_standing((site / name).parent) for name in removed}):
        _sync(inner)
    _write(folder / EDITION, str(journal["edition"]).encode())
    (folder / JOURNAL).unlink()
    _sync(folder)
    shutil.rmtree(stage, ignore_errors=True)


def _make(folder: Path, site: Path) -> Iterable[Path]:
    """Make *folder* up to *site*; the folders whose names changed."""
    made = []
    at = folder
    while not at.is_dir() and at != site.parent:
        made.append(at.parent)
        at = at.parent
    folder.mkdir(parents=True, exist_ok=True)
    return made


def _drop_empty(folder: Path, site: Path) -> None:
    while folder != site and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _standing(folder: Path) -> Path:
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        msg = "a journal lists names"
        raise TypeError(msg)
    return tuple(str(name) for name in value)


def _same(one: Path, other: Path) -> bool:
    """Say whether two files hold the same bytes; two names of one file do."""
    first, second = one.stat(), other.stat()
    if first.st_size != second.st_size:
        return False
    return first.st_ino == second.st_ino or one.read_bytes() == other.read_bytes()


def _edition_json(edition: Edition, changed: int) -> str:
    return json.dumps(
        {
            "made_at": edition.made_at.isoformat(),
            "moment": edition.moment.isoformat(),
            "posts": dict(edition.posts),
            "set_aside": edition.set_aside,
            "changed": changed,
        },
        ensure_ascii=False,
        indent=1,
    )


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
