"""What a command, and a process at work, cost: processor seconds, memory, bytes, files."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_BLOCK = 512
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One command that ended: its processor and wall seconds, its largest process, what it wrote.

    `cpu_s` is of the whole tree, user and system; `written_mb` what was sent to the page cache.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float
    written_mb: float


APART = "apart"
"""The folder, beside what is measured, of what is not wanted any more."""


def set_apart(path: Path, folder: Path) -> None:
    """Take *path*, if it is there, out of what is measured: it is removed when all is measured.

    On a file system without a journal, a file made within a minute after thousands were removed was
    seen to cost twenty times its system time: nobody is to be measured after somebody's removals.
    """
    apart = folder / APART
    apart.mkdir(exist_ok=True)
    if path.exists():
        path.rename(apart / f"{len(list(apart.iterdir()))}-{path.name}")


class CommandFailed(Exception):
    """A command of the bench ended badly; it says which, and its last words."""


def run(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> Run:
    """Run *command* in *folder* to its end, and say what it cost. Raises CommandFailed."""
    log = folder / ".bench.log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (the bench's own commands)
            list(map(str, command)), cwd=folder, env=environ, stdout=output, stderr=output
        )
        _pid, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise CommandFailed(f"{' '.join(map(str, command))}: {tail}")
    return Run(
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=wall_s,
        peak_mb=used.ru_maxrss / 1024,
        written_mb=used.ru_oublock * _BLOCK / _MIB,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a site holds: its files but photos, its pages, and the bytes of these pages."""

    files: int
    pages: int
    html_mb: float

    @property
    def page_bytes(self) -> int:
        """Bytes of a page, on average."""
        return round(self.html_mb * _MIB / self.pages) if self.pages else 0


def weight_of(site: Path) -> Weight:
    """Weigh *site*."""
    files = pages = size = 0
    for path in files_of(site):
        files += 1
        if path.name.endswith(".html"):
            pages += 1
            size += path.stat().st_size
    return Weight(files=files, pages=pages, html_mb=size / _MIB)


def files_of(site: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below *site* but photos, in no order."""
    folders = [str(site)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "photos":
                        folders.append(entry.path)
                else:
                    yield entry


Stamps = Mapping[str, tuple[int, int]]


def stamps_of(site: Path) -> Stamps:
    """The inode and the time of each file of *site* but photos, by its path."""
    stamps = {}
    for entry in files_of(site):
        facts = entry.stat()
        stamps[os.path.relpath(entry.path, site)] = (facts.st_ino, facts.st_mtime_ns)
    return stamps


def tree_of(pid: int) -> list[int]:
    """The process *pid* and everything it started that still runs."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text(encoding="ascii").split())
            except OSError:
                continue
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds the tree of *pid* has used, children that ended included."""
    total = 0
    for one in tree_of(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        except OSError:
            continue
        total += sum(map(int, fields.split()[11:15]))
    return total / _TICKS


def memory_of(pid: int) -> tuple[float, float]:
    """The PSS and the RSS of the tree of *pid*, in MiB, each summed over its processes."""
    pss = rss = 0
    for one in tree_of(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        sizes = dict(re.findall(r"^(Pss|Rss):\s+(\d+) kB", text, re.MULTILINE))
        pss += int(sizes.get("Pss", 0))
        rss += int(sizes.get("Rss", 0))
    return pss / 1024, rss / 1024


class MemoryWatch:
    """Looks at the memory of a process tree four times a second, and keeps the peaks."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self.pss_mb = 0.0
        self.rss_mb = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.25):
            pss, rss = memory_of(self._pid)
            self.pss_mb, self.rss_mb = max(self.pss_mb, pss), max(self.rss_mb, rss)
