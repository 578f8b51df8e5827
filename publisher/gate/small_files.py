"""Opens files below a folder, no link followed; keeps copies of the small ones that are asked for."""

import errno
import hashlib
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

KEPT_UP_TO = 256 * 1024
"""Bytes of the largest file that is kept: pages, and photos at the sizes that screens show."""
ALL_KEPT = 32 * 1024 * 1024
"""Bytes of all that one process keeps: 1 600 pages, or 200 photos. The rest is in the system's."""

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}

_Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Copy:
    """A file as it was at its stamp: what it is, byte for byte, and the validator of these bytes."""

    stamp: _Stamp
    etag: str
    body: bytes


class SmallFiles:
    """Copies of files, each compared with its file at every use. Safe between threads."""

    def __init__(self, kept_up_to: int = KEPT_UP_TO, all_kept: int = ALL_KEPT) -> None:
        self._kept_up_to, self._all_kept = kept_up_to, all_kept
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._bytes = 0
        self._keeping = threading.Lock()

    def read(self, root: str, names: Sequence[str]) -> Copy | None:
        """The regular file that *names* lead to below *root*, as it is now; None without one.

        A copy counts only if the file at that path is the very one it was made from, unchanged
        since: what a link leads to is another file. Raises OSError as `open_below` does.
        """
        path = f"{root}/{'/'.join(names)}"
        kept = self._copies.get(path)
        if kept is not None and _stamp_at(path) == kept.stamp:
            return kept
        copy = _read(root, names)
        self._keep(path, copy)
        return copy

    def _keep(self, path: str, copy: Copy | None) -> None:
        """Keep *copy* as the newest, or forget what was at *path*."""
        with self._keeping:
            if (before := self._copies.pop(path, None)) is not None:
                self._bytes -= len(before.body)
            if copy is None or len(copy.body) > self._kept_up_to:
                return
            self._copies[path] = copy
            self._bytes += len(copy.body)
            while self._bytes > self._all_kept:
                _path, oldest = self._copies.popitem(last=False)
                self._bytes -= len(oldest.body)


def open_below(root: str, names: Sequence[str]) -> int | None:
    """A descriptor of the regular file *names* lead to below *root*, or None.

    No component is a symbolic link, whoever put it there: a link in a built site would lead out
    of its centre. Raises OSError for what is not mere absence (no descriptor left, a bad disk).
    """
    below = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for name in names[:-1]:
            inner = os.open(name, below | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        # A named pipe would otherwise wait for a writer for ever.
        file = os.open(names[-1], below | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    finally:
        if folder >= 0:
            os.close(folder)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    return None


def _read(root: str, names: Sequence[str]) -> Copy | None:
    descriptor = open_below(root, names)
    if descriptor is None:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        facts = os.fstat(descriptor)
        return Copy(_stamp(facts), _etag(facts), file.read())


def _stamp_at(path: str) -> _Stamp | None:
    try:
        return _stamp(os.lstat(path))
    except OSError:
        return None


def _stamp(facts: os.stat_result) -> _Stamp:
    """What is another as soon as the file is another, or was written to."""
    return (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def _etag(facts: os.stat_result) -> str:
    """A strong validator without reading the file.

    Files of a site are replaced, never rewritten, so another content is another inode written
    at another time. Not the change time: a photo is one of several names of its file, and each
    edition that takes a name and leaves it again changes that, not the photo. Hashed, it tells
    no date.
    """
    known = f"{facts.st_ino} {facts.st_size} {facts.st_mtime_ns}"
    return f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'
