"""The shim, from Python: compiled once, preloaded into a child, given its orders, its log read."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
PRELOAD = "LD_PRELOAD"


class Kind(IntEnum):
    """What happens at the operation of a number."""

    NOTHING = 0
    KILL = 1
    FAIL_ONCE = 2
    FAIL_FROM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A fault to make: *kind*, at operation *number*, counted from 1; *error* is an errno."""

    kind: Kind
    number: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call that changed the disk, or was to: `path` and `other` are below the folder watched.

    `flags` are an open's, or where a write begins; `content` is what it wrote.
    """

    number: int
    call: str
    path: str
    other: str
    flags: int
    content: bytes
    succeeded: bool


def compile_shim(folder: Path) -> Path:
    """The shim, compiled in *folder* by the machine's gcc."""
    target = folder / "shim.so"
    command = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", target]
    subprocess.run([*command, SOURCE, "-ldl"], check=True)
    return target


class Shim:
    """The shim preloaded into this very process; its log and the bytes written go beside."""

    def __init__(self, root: Path, beside: Path) -> None:
        """Watch nothing yet. *beside*, where the log goes, is not below *root*."""
        self._library = ctypes.CDLL(os.environ[PRELOAD])
        self._root, self._beside = root, beside

    def log_of(self, name: str = "acts") -> Path:
        """The log of what was watched under that name."""
        return self._beside / f"{name}.log"

    def bytes_of(self, name: str) -> Path:
        """The bytes that were written meanwhile."""
        return self._beside / f"{name}.bytes"

    @contextmanager
    def watching(
        self,
        order: Order,
        name: str = "acts",
        *,
        bytes_too: bool = False,
        really_sync: bool = False,
    ) -> Iterator[None]:
        """Count what changes below the root, and make the fault.

        Syncs are counted, and made only when they are to be *really*.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        log = os.open(self.log_of(name), flags)
        content = os.open(self.bytes_of(name), flags) if bytes_too else -1
        self._library.shim_watch(os.fsencode(self._root), log, content, really_sync)
        self._library.shim_order(order.kind, ctypes.c_long(order.number), order.error)
        try:
            yield
        finally:
            self._library.shim_watch(b"", -1, -1, 1)
            os.close(log)
            if bytes_too:
                os.close(content)

    def end_fault(self) -> None:
        """Refuse nothing more."""
        self._library.shim_order(Kind.NOTHING, ctypes.c_long(0), 0)


def faults_in(log: Path) -> list[str]:
    """The faults that happened: what the log's own marks say."""
    return [line for line in log.read_text().splitlines() if line.startswith("!")]


def read_log(log: Path, kept: Path | None, root: Path) -> list[Operation]:
    """What a log says, in order, paths from *root*; with *kept*, the bytes that were written."""
    content = kept.read_bytes() if kept is not None else b""
    found: list[Operation] = []
    lines = log.read_text(encoding="utf-8").splitlines()
    gave = {
        line.split("\t")[1]: line.split("\t")[2] != "-1" for line in lines if line.startswith("=")
    }
    for line in lines:
        if line[0] in "=!":
            continue
        number, call, path, other, flags, length, place = line.split("\t")
        start = int(place)
        found.append(
            Operation(
                number=int(number),
                call=call,
                path=_within(path, root),
                other=_within(other, root),
                flags=int(flags),
                content=content[start : start + int(length)] if start >= 0 else b"",
                succeeded=gave.get(number, False),
            )
        )
    return found


def _within(path: str, root: Path) -> str:
    return path.removeprefix(f"{root}/")
