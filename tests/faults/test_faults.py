"""A publication is killed, refused and cut off at each thing it does to the disk, and never half done."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from errno import EIO, ENOSPC
from pathlib import Path

import pytest

from publisher.shelf import JOURNAL
from tests.faults.planted import CAUGHT_BY, FLAWS
from tests.faults.scenes import PUBLICATION, SCENES, WHOLE_EDITION
from tests.faults.shim import PRELOAD, compile_shim

ROOT = Path(__file__).parents[2]
DRIVERS = 2
KILL, ONCE, FROM = ("KILL", 0), ("FAIL_ONCE", EIO), ("FAIL_FROM", ENOSPC)
EVERY = 7
"""Of a whole edition's operations that change nothing that is read, one in so many is broken."""

Answer = Mapping[str, object]


class Drivers:
    """Runs drivers, each with the shim preloaded and a folder of its own."""

    def __init__(self, shim: Path, folder: Path) -> None:
        self.shim, self._folder = shim, folder
        self._begun = 0

    def run(self, *orders: Mapping[str, object], under: Sequence[str] = ()) -> list[Answer]:
        """Run one driver for each of the orders, side by side; what they answer."""
        folders = [self._new_folder() for _one in orders]
        command = [*under, sys.executable, "-m", "tests.faults.driver"]
        preloaded = {**os.environ, "PYTHONPATH": str(ROOT), PRELOAD: str(self.shim)}
        running = [
            subprocess.Popen(
                [*command, folder, json.dumps(one)],
                cwd=ROOT,
                env=preloaded,
                stderr=subprocess.PIPE,
                text=True,
            )
            for folder, one in zip(folders, orders, strict=True)
        ]
        for one in running:
            _out, said = one.communicate()
            assert one.returncode == 0, said
        answers = [json.loads((folder / "answer.json").read_text()) for folder in folders]
        for folder in folders:
            shutil.rmtree(folder)
        return answers

    def _new_folder(self) -> Path:
        self._begun += 1
        folder = self._folder / str(self._begun)
        folder.mkdir()
        return folder


@pytest.fixture(scope="module", name="drivers")
def _drivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drivers]:
    shim = compile_shim(tmp_path_factory.mktemp("shim"))
    # In memory where that can be: thousands of small trees are made.
    memory = Path("/dev/shm")  # noqa: S108 (a new folder within, of our own)
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Drivers(shim, Path(folder))


_STRACE = {
    "open": "open openat creat openat2",
    "write": "write pwrite64 writev pwritev pwritev2",
    "copy": "copy_file_range sendfile splice",
    "rename": "rename renameat renameat2",
    "unlink": "unlink",
    "rmdir": "rmdir",
    "link": "link linkat",
    "symlink": "symlink symlinkat",
    "mkdir": "mkdir mkdirat",
    "truncate": "truncate ftruncate",
    "allocate": "fallocate",
    "mode": "chmod fchmod fchmodat",
    "owner": "chown fchown lchown fchownat",
    "time": "utime utimes utimensat futimesat",
    "fsync": "fsync",
    "fdatasync": "fdatasync",
    "syncfs": "syncfs",
    "sync": "sync sync_file_range msync",
    "another": "mknod mknodat setxattr fsetxattr lsetxattr removexattr fremovexattr",
}
_CALLS = {name: call for call, names in _STRACE.items() for name in names.split()}


@pytest.mark.parametrize("scene", SCENES)
def test_the_shim_counts_whatever_changes_the_disk(
    drivers: Drivers, tmp_path: Path, scene: str
) -> None:
    """Every call that the kernel saw change something below the instance, in order, and no other."""
    trace = tmp_path / "trace"
    names = ",".join([*_CALLS, "unlinkat"])
    under = ["strace", "-f", "-y", "-s", "1", "-e", f"trace={names}", "-o", str(trace)]
    (answer,) = drivers.run({"scene": scene, "do": "record"}, under=under)
    seen = list(_changes_in(trace.read_text(encoding="utf-8", errors="replace")))
    assert seen == [one.split(" ")[0] for one in answer["operations"]]  # type: ignore[attr-defined]
    assert len(seen) > 100


def _changes_in(trace: str) -> Iterator[str]:
    """The calls of the process that began the log, from then on, that change the instance."""
    lines = trace.splitlines()
    begin = next(at for at, line in enumerate(lines) if "acts.log" in line and "O_CREAT" in line)
    process = lines[begin].split()[0]
    for line in lines[begin + 1 :]:
        found = re.match(r"(\d+) +(\w+)\((.*)", line)
        if found is None or found[1] != process or "/instance" not in found[3]:
            continue
        name, said = found[2], found[3]
        if name == "unlinkat":
            yield "rmdir" if "AT_REMOVEDIR" in said else "unlink"
        elif _CALLS[name] != "open" or "O_CREAT" in said or "O_TRUNC" in said:
            yield _CALLS[name]


def test_a_fault_anywhere_in_a_publication_leaves_before_or_after(drivers: Drivers) -> None:
    """Killed and refused, once and for good, at EVERY operation: nothing broken, and a start ends it."""
    operations = _operations(drivers, PUBLICATION)
    numbers = range(1, len(operations) + 1)
    _break(
        drivers,
        PUBLICATION,
        operations,
        [(number, *fault) for number in numbers for fault in (KILL, ONCE, FROM)],
    )


def test_a_fault_in_a_whole_edition_leaves_before_or_after(drivers: Drivers) -> None:
    """Killed at EVERY operation from the journal's writing on, and at some before; refused at some.

    "Some" is one operation in EVERY, the first drawn at each run: what is drafted before the
    journal is read by nobody, and the moves are those of a publication, broken everywhere above.
    Refusals are EIO once and ENOSPC for good, by turns.
    """
    operations = _operations(drivers, WHOLE_EDITION)
    numbers = range(1, len(operations) + 1)
    journal = next(number for number in numbers if f"/{JOURNAL} " in operations[number - 1])
    some = numbers[random.randrange(EVERY) :: EVERY]  # noqa: S311 (of the run's own seed)
    kills = sorted({*some, *range(journal, len(operations) + 1)})
    refusals = [(number, *(ONCE, FROM)[turn % 2]) for turn, number in enumerate(some)]
    _break(drivers, WHOLE_EDITION, operations, [*((number, *KILL) for number in kills), *refusals])


def _operations(drivers: Drivers, scene: str) -> list[str]:
    """Everything the change does to the disk, in order."""
    (answer,) = drivers.run({"scene": scene, "do": "record"})
    operations = answer["operations"]
    assert isinstance(operations, list)
    kinds = {one.split()[0] for one in operations}
    assert kinds >= {"write", "syncfs", "fsync", "rename", "unlink", "link", "mkdir"}
    return operations


def _break(
    drivers: Drivers, scene: str, operations: Sequence[str], faults: Sequence[tuple[int, str, int]]
) -> None:
    """Make each of the faults, on all cores; every one happened, and none did harm."""
    answers = drivers.run(
        *(
            {"scene": scene, "do": "break", "faults": faults[turn::DRIVERS]}
            for turn in range(DRIVERS)
        )
    )
    runs = [run for answer in answers for run in answer["runs"]]  # type: ignore[attr-defined]
    assert sorted((run["number"], run["kind"]) for run in runs) == sorted(
        (number, kind) for number, kind, _error in faults
    )
    wrong = [
        (run["kind"], run["number"], operations[run["number"] - 1], run["problems"])
        for run in runs
        if run["problems"]
    ]
    assert wrong == []
    assert [run for run in runs if not run["happened"]] == []


def test_a_power_cut_loses_nothing_that_was_told(drivers: Drivers) -> None:
    """Whatever a cut may leave of two publications: one of the editions, whole, whatever the index is."""
    for answer in drivers.run(*({"scene": scene, "do": "cut"} for scene in SCENES)):
        assert answer["problems"] == []
        assert isinstance(answer["trees"], int)
        assert answer["trees"] > 300


@pytest.fixture(scope="module", name="caught")
def _caught(drivers: Drivers) -> Mapping[str, str]:
    flaws = [dict(list(CAUGHT_BY.items())[turn::DRIVERS]) for turn in range(DRIVERS)]
    answers = drivers.run(*({"scene": PUBLICATION, "do": "catch", "flaws": some} for some in flaws))
    return {flaw: said for one in answers for flaw, said in one["caught"].items()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_planted_flaw_is_caught(caught: Mapping[str, str], flaw: str) -> None:
    """The faults above show each flaw that the shelf could have."""
    assert caught[flaw]
    assert "Traceback" not in caught[flaw]
