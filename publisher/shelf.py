"""Where editions stand: a centre's site is changed here and nowhere else, and never half (laws 3 and 4).

Below `build/<centre>/`: `site/` is what is read; `placed/` says which revision of each post is in
it, and `edition.json` which edition it is; `stage/` is where the next one is made; `journal.json`
says which moves the last one made, or has still to make.
"""

import ctypes
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

SITE, STAGE, JOURNAL, EDITION, PLACED = "site", "stage", "journal.json", "edition.json", "placed"
DRAFT = "draft"
INDEX = "index.sqlite"
LOCK, DRAFT_LOCK = ".lock", ".draft.lock"

_JOURNAL_SAYS = {"id", "stage", "put", "removed", "told", "untold", "edition"}
_C = ctypes.CDLL(None, use_errno=True)


class JournalIsUnreadable(Exception):
    """The journal is there and says nothing: it was damaged after it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What stands on the shelf for one centre.

    `id` names it. `posts` gives each live post's revision; `set_aside` says, post by post, why
    one is not there (post, line or 0, French sentence). `changed` counts the files the last
    change moved.
    """

    id: str = ""
    made_at: datetime
    moment: datetime
    posts: Mapping[str, str] = field(default_factory=dict)
    set_aside: tuple[tuple[str, int, str], ...] = ()
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an edition moves: files to put, new ones first, and files to take away, last."""

    new: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many files of the site it touches."""
        return len(self.new) + len(self.replaced) + len(self.removed)


class Stage:
    """An edition being made beside the site: it holds only what the site does not have yet."""

    def __init__(self, build: Path, centre: str, *, drafted: bool = False) -> None:
        """Begin an edition of *centre*'s site; nothing of it is seen until `place`.

        Most are made while the place is held; one that is *drafted* is made without holding it,
        in a folder of its own.
        """
        self.id = secrets.token_hex(8)
        self._folder = centre_folder(build, centre)
        self._site = self._folder / SITE
        self._within = f"{DRAFT if drafted else STAGE}/{self.id}"
        self.folder = self._folder / self._within
        self.folder.mkdir(parents=True)
        self._number = 0
        self._names: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._new: dict[str, None] = {}
        self._replaced: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._placed: dict[str, str | None] = {}

    def put(self, path: str, content: bytes) -> None:
        """Stage a file of the site; nothing happens when the site holds those very bytes."""
        self._forget(path)
        target = f"{self._site}/{path}"
        try:
            is_new, is_same_size = False, os.stat(target).st_size == len(content)  # noqa: PTH116 (thousands of pages: a Path costs as much as the call)
        except (FileNotFoundError, NotADirectoryError):
            is_new, is_same_size = True, False
        if is_same_size and _read(target, len(content)) == content:
            return
        self._write(path, content)
        (self._new if is_new else self._replaced)[path] = None

    def link(self, folder: str, sources: Iterable[str]) -> None:
        """Stage the files at *sources* in a *folder* of the site, as other names of theirs.

        Where the disk cannot, they are copied. A folder that the site has not is moved there as
        one, and so is the one above it.

        Raises OSError when one of them cannot be read.
        """
        within = self._begun(folder)
        for source in sources:
            name = source.rpartition("/")[2]
            path = f"{folder}/{name}"
            if within is None:
                self._link(path, source)
                continue
            self._forget(path)
            try:
                _link_or_copy(source, f"{self.folder}/{within}/{name}")
            except BaseException:
                self._folders.pop(folder, None)
                with suppress(OSError):
                    (self.folder / within).rmdir()
                raise
            self._names[path] = f"{within}/{name}"
            self._new[path] = None

    def _begun(self, folder: str) -> str | None:
        """Where files of a *folder* that is to be moved as one are staged; None: one by one."""
        above, _slash, name = folder.rpartition("/")
        if folder in self._folders:
            return self._folders[folder]
        if above in self._folders:
            within = f"{self._folders[above]}/{name}"
        elif os.path.lexists(f"{self._site}/{folder}"):
            return None
        else:
            self._number += 1
            within = f"{self._number}"
            if not above or os.path.lexists(f"{self._site}/{above}"):
                self._folders[folder] = within
            else:
                (self.folder / within).mkdir()
                self._folders[above] = within
                within = f"{within}/{name}"
        with suppress(FileExistsError):
            os.mkdir(f"{self.folder}/{within}")  # noqa: PTH102 (thousands of photos: a Path costs as much as the call)
        return within

    def _link(self, path: str, source: str) -> None:
        self._forget(path)
        target, given = f"{self._site}/{path}", os.stat(source)  # noqa: PTH116 (as in `put`)
        try:
            standing = os.stat(target)  # noqa: PTH116 (as in `put`)
        except (FileNotFoundError, NotADirectoryError):
            standing = None
        if standing is not None and _same(source, given, target, standing):
            return
        _link_or_copy(source, self._named(path))
        (self._new if standing is None else self._replaced)[path] = None

    def remove(self, path: str) -> None:
        """Say that the site has no such file any more."""
        self._forget(path)
        if (self._site / path).is_file():
            self._removed[path] = None

    def stand(self, slug: str, revision: str | None) -> None:
        """Say which *revision* of a post the site shows; None: the post is not in it."""
        self._placed[slug] = revision

    def holds(self, path: str) -> bool:
        """Say whether the site will have *path* once this edition is placed."""
        if path in self._names:
            return True
        return path not in self._removed and (self._site / path).is_file()

    @property
    def change(self) -> Change:
        """What it moves so far."""
        return Change(
            new=tuple(sorted(self._new, key=_coming)),
            replaced=tuple(sorted(self._replaced, key=_coming)),
            removed=tuple(sorted(self._removed, key=_coming, reverse=True)),
        )

    def forget(self) -> None:
        """Throw it away: the site stays as it was. What was decided is left for `recover`."""
        if not self._is_decided():
            shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, edition: Edition) -> Change:
        """Put it in place of the one being read.

        Everything staged is synced at once, then the journal, then files move: new ones, then
        replaced ones, then removals; what is told of posts comes last. At no instant does a page
        that can be reached lead nowhere: what is new is there before what refers to it, and what
        goes is no longer referred to. A kill at any point is finished or forgotten by `recover`.

        Raises OSError (a full disk): the site stays as it was, or `recover` finishes.
        """
        change = self.change
        puts = [*self._folder_puts(), *self._file_puts(change)]
        tables = self._placed_tables()
        journal = {
            "id": self.id,
            "stage": self._within,
            "put": puts,
            "removed": [f"{SITE}/{path}" for path in change.removed],
            "told": [[self._at(name, _json(one)), name] for name, one in tables.items() if one],
            "untold": [name for name, one in tables.items() if not one],
            "edition": self._at(EDITION, _edition_json(edition, self.id, len(change))),
        }
        beside = self.folder / JOURNAL
        _write(str(beside), _json(journal))
        _sync_everything_below(self._folder)
        beside.replace(self._folder / JOURNAL)
        _sync(self._folder)
        _perform(self._folder, journal)
        return change

    def _folder_puts(self) -> Iterator[tuple[str, str]]:
        """The moves of whole folders, but of those that came to be in the site since."""
        for folder, staged in list(self._folders.items()):
            if os.path.lexists(f"{self._site}/{folder}"):
                del self._folders[folder]
            else:
                yield staged, f"{SITE}/{folder}"

    def _file_puts(self, change: Change) -> Iterator[tuple[str, str]]:
        """The moves of the other files, in the order in which they may be seen."""
        folders = frozenset(self._folders.values())
        for path in (*change.new, *change.replaced):
            staged = self._names[path]
            if staged.partition("/")[0] not in folders:
                yield staged, f"{SITE}/{path}"

    def _is_decided(self) -> bool:
        """Say whether the moves of this very edition are decided, and not all made."""
        with suppress(JournalIsUnreadable):
            journal = _journal(self._folder)
            return (
                journal is not None
                and journal["id"] == self.id
                and not _is_finished(self._folder, journal)
            )
        return False

    def _placed_tables(self) -> Mapping[str, dict[str, str]]:
        """The tables of placed posts that change, whole, by their path."""
        before: dict[str, dict[str, str]] = {}
        after: dict[str, dict[str, str]] = {}
        for slug, revision in self._placed.items():
            name = _table_of(slug)
            if name not in before:
                before[name] = _read_table(self._folder / name)
                after[name] = dict(before[name])
            if revision is None:
                after[name].pop(slug, None)
            else:
                after[name][slug] = revision
        return {name: table for name, table in after.items() if table != before[name]}

    def _at(self, name: str, content: bytes) -> str:
        self._write(name, content)
        return self._names.pop(name)

    def _write(self, path: str, content: bytes) -> None:
        _write(self._named(path), content)

    def _named(self, path: str) -> str:
        self._number += 1
        self._names[path] = str(self._number)
        return f"{self.folder}/{self._number}"

    def _forget(self, path: str) -> None:
        staged = self._names.pop(path, None)
        if staged is not None:
            (self.folder / staged).unlink()
            # What is left of its folder, if it was to move as one, moves file by file.
            folder = path.rpartition("/")[0]
            self._folders.pop(folder, None)
            self._folders.pop(folder.rpartition("/")[0], None)
        for paths in (self._new, self._replaced, self._removed):
            paths.pop(path, None)


def _coming(path: str) -> tuple[int, int, str]:
    """The order in which files may be seen: what is referred to first, homes last.

    Photos and the theme's files, then pages of one post, lists, lists of lists from the deepest.
    """
    folder, _slash, name = path.rpartition("/")
    if not name.endswith(".html"):
        return 0, 0, path
    if name == "index.html":
        return 3, -path.count("/"), path
    return (1 if folder.endswith(("articles", "programmes")) else 2), 0, path


def centre_folder(build: Path, centre: str) -> Path:
    """Where *centre*'s editions stand."""
    return build / centre


def site_folder(build: Path, centre: str) -> Path:
    """The site that is being read."""
    return build / centre / SITE


def index_file(build: Path, centre: str) -> Path:
    """Where the press keeps its index of *centre*'s posts: derived, and made again at will."""
    return build / centre / INDEX


@contextmanager
def held(build: Path, centre: str) -> Iterator[None]:
    """Hold *centre*'s place on the shelf: one change at a time, whichever process makes it."""
    folder = centre_folder(build, centre)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def drafting(build: Path, centre: str) -> Iterator[None]:
    """Be the only one to draft a whole edition of *centre*, while others go on placing theirs."""
    folder = centre_folder(build, centre)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / DRAFT_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with held(build, centre):
            recover(build, centre)
            shutil.rmtree(folder / DRAFT, ignore_errors=True)
        yield


def files_of(folder: Path) -> frozenset[str]:
    """Every file below *folder*, by its path from there."""
    return frozenset(walk(folder))


def walk(
    folder: Path, within: str = "", *, enters: Callable[[str], bool] = lambda _path: True
) -> Iterator[str]:
    """The path of each file below *folder*, one after the other; *within* begins each.

    Folders that *enters* refuses, by their path and a final slash, are left out.
    """
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            inner = f"{within}{entry.name}/"
            if enters(inner):
                yield from walk(Path(entry.path), inner, enters=enters)
        else:
            yield f"{within}{entry.name}"


def recover(build: Path, centre: str) -> bool:
    """Finish the change a kill interrupted, or forget the one that was not decided yet.

    To be called while the place is held. Says whether there was something to finish.
    """
    folder = centre_folder(build, centre)
    decided = False
    try:
        journal = _journal(folder)
    except JournalIsUnreadable:
        # No kill and no power cut leaves one: the disk lies, and nobody knows what stands. Nothing
        # is vouched for, so that every page is made again and compared.
        (folder / EDITION).unlink(missing_ok=True)
        (folder / JOURNAL).unlink()
        journal = None
    if journal is not None:
        decided = not _is_finished(folder, journal)
        if decided:
            # It may have been killed before its own sync: it must not be lost once moves are made.
            _sync(folder)
        # Even a finished one is done again: after a power cut, its last moves may be lost.
        _perform(folder, journal)
        shutil.rmtree(folder / str(journal["stage"]), ignore_errors=True)
    shutil.rmtree(folder / STAGE, ignore_errors=True)
    _forget_drafts(folder)
    return decided


def is_whole(build: Path, centre: str) -> bool:
    """Say whether the last change decided was finished; `recover` finishes it otherwise."""
    folder = centre_folder(build, centre)
    try:
        journal = _journal(folder)
    except JournalIsUnreadable:
        return False
    return journal is None or _is_finished(folder, journal)


def read_edition(build: Path, centre: str) -> Edition | None:
    """What stands on the shelf for *centre*, or None when nothing that can be read was built."""
    return _edition(centre_folder(build, centre))


def placed(build: Path, centre: str) -> Mapping[str, str]:
    """The revision of each post that the site shows, whatever edition it is of."""
    return _Placed(centre_folder(build, centre))


def _edition(folder: Path) -> Edition | None:
    try:
        table = json.loads((folder / EDITION).read_bytes())
        return Edition(
            id=table["id"],
            made_at=datetime.fromisoformat(table["made_at"]),
            moment=datetime.fromisoformat(table["moment"]),
            posts=_Placed(folder),
            set_aside=tuple((row[0], row[1], row[2]) for row in table["set_aside"]),
            changed=table["changed"],
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


class _Placed(Mapping[str, str]):
    """Which revision of each post is online: small tables, of which a look reads one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, slug: str) -> str:
        return _read_table(self._folder / _table_of(slug))[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._whole()))

    def __len__(self) -> int:
        return len(self._whole())

    def _whole(self) -> Mapping[str, str]:
        names = files_of(self._folder / PLACED)
        tables = [_read_table(self._folder / PLACED / name) for name in names]
        return {slug: revision for table in tables for slug, revision in table.items()}


def _table_of(slug: str) -> str:
    """The table that says whether the post is placed: one of 256, so that each stays small."""
    return f"{PLACED}/{hashlib.sha256(slug.encode()).hexdigest()[:2]}.json"


def _read_table(path: Path) -> dict[str, str]:
    try:
        return {str(slug): str(name) for slug, name in json.loads(path.read_bytes()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        # A damaged one says of no post that it is online: the next whole edition says it again.
        return {}


def _journal(folder: Path) -> Mapping[str, object] | None:
    """The last journal, or None when there never was one. Raises JournalIsUnreadable."""
    try:
        journal = json.loads((folder / JOURNAL).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise JournalIsUnreadable from error
    if not isinstance(journal, dict) or not journal.keys() >= _JOURNAL_SAYS:
        raise JournalIsUnreadable
    return journal


def _is_finished(folder: Path, journal: Mapping[str, object]) -> bool:
    """Say whether all the moves of *journal* were made: the last is that of the edition's name."""
    edition = _edition(folder)
    return edition is not None and edition.id == journal["id"]


def _forget_drafts(folder: Path) -> None:
    """Throw away the drafts of those who were killed, when nobody is drafting."""
    if not (folder / DRAFT).is_dir():
        return
    with (folder / DRAFT_LOCK).open("w") as lock, suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder / DRAFT, ignore_errors=True)


def _perform(folder: Path, journal: Mapping[str, object]) -> None:
    """Do, or do again, what the journal decided: each step may already be done.

    The journal stays: the moves are on the disk for good when the next edition has synced.
    """
    stage, root = folder / str(journal["stage"]), f"{folder}/"
    # Authors are told what families see, once they do: a post is told out when its page is.
    for puts, removals in (("put", "removed"), ("told", "untold")):
        for name, path in _pairs(journal[puts]):
            _move(f"{stage}/{name}", root + path)
        for path in _names(journal[removals]):
            target = folder / path
            target.unlink(missing_ok=True)
            _drop_empty(target.parent, folder)
    with suppress(FileNotFoundError):
        (stage / str(journal["edition"])).replace(folder / EDITION)


def _move(source: str, target: str) -> None:
    """Move what is staged, making the folders it needs, unless it was moved already."""
    try:
        os.replace(source, target)  # noqa: PTH105 (thousands of moves: a Path costs as much as one)
    except FileNotFoundError:
        if os.path.lexists(source):
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(source).replace(target)


def _drop_empty(folder: Path, up_to: Path) -> None:
    while folder.parent != up_to:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _pairs(value: object) -> Iterable[tuple[str, str]]:
    if not isinstance(value, list):
        msg = "a journal lists what it puts"
        raise TypeError(msg)
    return ((str(name), str(path)) for name, path in value)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        msg = "a journal lists names"
        raise TypeError(msg)
    return tuple(str(name) for name in value)


def _link_or_copy(source: str, staged: str) -> None:
    try:
        os.link(source, staged)
    except OSError:
        # Another disk, one without hard links, or a file with too many: a copy reads the same.
        shutil.copyfile(source, staged)


def _read(path: str, size: int) -> bytes:
    """What a file of *size* bytes holds, in few calls: a theme that changes has thousands compared."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def _write(path: str, content: bytes) -> None:
    """Write a file that is not there yet, in few calls."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def _same(one: str, first: os.stat_result, other: str, second: os.stat_result) -> bool:
    """Say whether two files hold the same bytes; two names of one file do."""
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    return first.st_size == second.st_size and _read(one, first.st_size) == _read(
        other, second.st_size
    )


def _edition_json(edition: Edition, name: str, changed: int) -> bytes:
    table = {
        "id": name,
        "made_at": edition.made_at.isoformat(),
        "moment": edition.moment.isoformat(),
        "set_aside": edition.set_aside,
        "changed": changed,
    }
    return _json(table)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _sync_everything_below(folder: Path) -> None:
    """Put on the disk whatever was written on the disk that holds *folder*: one call for any number.

    Linux's syncfs(2); since 5.8 it also says when a write failed on the way.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _C.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
