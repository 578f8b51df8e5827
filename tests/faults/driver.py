"""The child that breaks publications: run with the shim preloaded, it says what each fault led to.

    python -m tests.faults.driver FOLDER ORDERS

ORDERS is JSON; the answer, JSON too, goes to `answer.json` in FOLDER. Every fault is made in a
fork of this process, whose imports are warm and whose press has opened nothing yet.
"""

import gc
import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from errno import EIO
from functools import partial
from itertools import islice
from pathlib import Path

from publisher import shelf
from publisher.editions.press import Built
from tests.faults.planted import plant
from tests.faults.power import Disk, Tree, distinct, put_tree, read_tree, variants_of_the_index
from tests.faults.scenes import (
    CENTRE,
    WHOLE_EDITION,
    Scene,
    broken_links,
    difference,
    make_again,
    told_too_soon,
)
from tests.faults.shim import Kind, Operation, Order, Shim, faults_in, read_log

NO_FAULT = Order(kind=Kind.NOTHING)
BUILD = f"build/{CENTRE}"
_MADE_AT = re.compile(rb'"made_at": "[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a fork ended: killed, or with what it found wrong."""

    was_killed: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One fault that was ordered: how often it happened, and what was then wrong."""

    kind: str
    number: int
    happened: int
    problems: tuple[str, ...]


def in_a_fork(deed: Callable[[], Iterable[str]]) -> Ended:
    """Do it in a fork of this process; what it raises is a problem."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            problems = list(deed())
        except BaseException:  # noqa: BLE001 (a fork must not go back into its parent's code)
            problems = [traceback.format_exc()]
        with os.fdopen(writing, "w") as answer:
            json.dump(problems, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    _child, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return Ended(was_killed=True, problems=())
    return Ended(was_killed=False, problems=tuple(json.loads(said)))


class Breaker:
    """One scene, and the shim that breaks it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.scene = Scene(folder, name)
        self.shim = Shim(self.scene.instance, folder)
        self.trees = 0
        self._seen: set[Tree] = set()
        self._published_after: set[Tree] = set()
        gc.collect()
        gc.freeze()  # a fork copies the memory that it touches

    # Kills, and disks that refuse

    def record(self, *, really_sync: bool = False) -> list[Operation]:
        """Every operation of one change."""
        self.scene.begin_again()
        ended = in_a_fork(partial(self._act, NO_FAULT, really_sync=really_sync))
        assert not ended.problems, ended.problems
        return read_log(self.shim.log_of(), None, self.scene.instance)

    def break_at(self, order: Order) -> Run:
        """Make one fault, and see what it led to, at once and after a start."""
        self.scene.begin_again()
        shutil.rmtree(self._failed, ignore_errors=True)
        deed = self._act if order.kind is Kind.KILL else self._act_and_go_on
        ended = in_a_fork(partial(deed, order))
        happened = len(faults_in(self.shim.log_of()))
        problems = [*ended.problems]
        if ended.was_killed is not (order.kind is Kind.KILL):
            problems.append("it was killed" if ended.was_killed else "it was not killed")
        elif not problems:
            if self._failed.is_dir():
                make_again(self._failed, self.scene.build)
            # Many faults leave the very same files: what comes of them was seen already.
            if (ended.was_killed or self._failed.is_dir()) and self._is_new(self._seen):
                problems += self._seen_before_a_start()
                problems += self._seen_after_a_start()
        return Run(
            kind=order.kind.name,
            number=order.number,
            happened=happened,
            problems=tuple(problems),
        )

    @property
    def _failed(self) -> Path:
        """What a refused publication left, when nothing left it before."""
        return self._folder / "failed"

    def _is_new(self, seen: set[Tree]) -> bool:
        """Say whether what stands on the shelf was never *seen* there, and remember it."""
        left = self._left()
        is_new = left not in seen
        seen.add(left)
        return is_new

    def _left(self) -> Tree:
        """What stands on the shelf, but for the name drawn for the new edition, and its instant."""
        build = self.scene.build
        names = {
            path.name for folder in (shelf.STAGE, shelf.DRAFT) for path in build.glob(f"{folder}/*")
        }
        for name in (shelf.JOURNAL, shelf.EDITION):
            with suppress(FileNotFoundError):
                names.add(json.loads((build / name).read_bytes())["id"])
        names.discard(self.scene.edition_before)
        found = []
        for path, content in tree_of(build, with_index=True):
            kept_path, kept = path, content or b""
            if not path.startswith(shelf.SITE):
                kept = _MADE_AT.sub(b"", kept)
                for name in names:
                    kept_path, kept = kept_path.replace(name, ""), kept.replace(name.encode(), b"")
            found.append((kept_path, kept))
        return frozenset(found)

    def _act(self, order: Order, *, really_sync: bool = False) -> Iterable[str]:
        with self.shim.watching(order, really_sync=really_sync):
            outcome = self.scene.act()
        return () if isinstance(outcome, Built) else (repr(outcome),)

    def _act_and_go_on(self, order: Order) -> Iterator[str]:
        """The disk refuses; then it does not any more, and the same press goes on."""
        with self.shim.watching(order):
            try:
                outcome = self.scene.act()
            except OSError:
                pass  # it may say so, or do without what was refused
            else:
                if not isinstance(outcome, Built):
                    yield repr(outcome)
                elif found := difference(self.scene.state(), self.scene.after):
                    yield f"told as built: {found}"
            self.shim.end_fault()
        if self._left() not in self._seen:
            shutil.copytree(self.scene.build, self._failed)
        yield from self._published("the same press")

    def _seen_before_a_start(self) -> Iterator[str]:
        """What families and authors may meet at once: nothing broken, nothing told too soon."""
        found = self.scene.state()
        broken = list(broken_links(found.site))
        if broken:
            yield f"before a start, broken: {broken[:4]}"
        yield from told_too_soon(found, self.scene.before, self.scene.after)
        edition = shelf.read_edition(self.scene.places.build, CENTRE)
        if edition is None:
            yield "before a start, no edition"
        elif edition.id != self.scene.edition_before and found != self.scene.after:
            yield f"edition told too soon: {difference(found, self.scene.after)}"

    def _seen_after_a_start(self) -> Iterator[str]:
        with self._hushed():
            self.scene.recover()
        found = self.scene.state()
        if found not in (self.scene.before, self.scene.after):
            yield f"neither before nor after: {difference(found, self.scene.after)}"
        if self._is_new(self._published_after):
            yield from in_a_fork(partial(self._published, "another press")).problems

    def _published(self, who: str) -> Iterator[str]:
        """Publish, with no other repair: the site must be the one of a clean build."""
        with self._hushed():
            outcome = self.scene.press.publish(self.scene.now)
        if not isinstance(outcome, Built):
            yield f"{who}: {outcome!r}"
        if found := difference(self.scene.state(), self.scene.after):
            yield f"{who}: {found}"
        for name in (shelf.STAGE, shelf.DRAFT):
            if left := sorted(shelf.files_of(self.scene.build / name)):
                yield f"{who} left {name}/{left[0]}"

    def _hushed(self) -> AbstractContextManager[None]:
        return self.shim.watching(NO_FAULT, "hushed")

    # Power cuts

    def cut_power(self) -> Iterator[str]:
        """Two publications, cut anywhere: what was acknowledged is there, what was not is whole."""
        scene = self.scene
        scene.begin_again(scene.folder / "earlier")
        disk = Disk.of(scene.instance)
        ended = in_a_fork(self._act_twice)
        assert not ended.problems, ended.problems
        seen: dict[int, set[Tree]] = {0: set(), 1: set(), 2: set()}
        recovered: set[Tree] = set()
        for number, name in enumerate(("first", "second")):
            for operation in self._log(name):
                if disk.is_sync(operation):
                    for tree in distinct(disk.worst(), BUILD, seen[number]):
                        yield from self._after_a_cut(tree, number, recovered, in_order=False)
                disk.run(operation)
                for tree in distinct(disk.as_made(), BUILD, seen[number]):
                    yield from self._after_a_cut(tree, number, recovered, in_order=True)
        for tree in distinct(disk.worst(), BUILD, seen[2]):
            yield from self._after_a_cut(tree, 2, recovered, in_order=False)
        self.trees = sum(len(trees) for trees in seen.values())
        yield from self._published_from(recovered)

    # Flaws

    def caught(self, flaw: str, by: str) -> str:
        """The first problem that *flaw* leads to, planted in a fork; nothing when there is none."""

        def problems() -> Iterator[str]:
            plant(flaw)
            if by == "power":
                yield from self.cut_power()
                return
            for operation in self.record():
                if operation.call in {"rename", "unlink", "rmdir", "fsync"}:
                    kind, error = (Kind.KILL, 0) if by == "kill" else (Kind.FAIL_ONCE, EIO)
                    order = Order(kind=kind, number=operation.number, error=error)
                    yield from self.break_at(order).problems

        return "".join(in_a_fork(lambda: islice(problems(), 1)).problems)

    def _act_twice(self) -> Iterator[str]:
        """Publish, be told so, publish again; what the index was each time is kept."""
        scene = self.scene
        scene.use_content("before")
        press = scene.press_before if scene.name == WHOLE_EDITION else scene.press
        for name in ("first", "second"):
            with self.shim.watching(NO_FAULT, name, bytes_too=True):
                outcome = press.publish(scene.now) if name == "first" else scene.act()
            if not isinstance(outcome, Built):
                yield repr(outcome)
            kept = self._folder / f"{name}-shelf"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(scene.build, kept)
            scene.use_content("after")

    def _log(self, name: str) -> list[Operation]:
        return read_log(self.shim.log_of(name), self.shim.bytes_of(name), self.scene.instance)

    def _after_a_cut(
        self, tree: Tree, acknowledged: int, recovered: set[Tree], *, in_order: bool
    ) -> Iterator[str]:
        """Recover from what the disk shows: one edition, whole, and none that was told is lost."""
        scene = self.scene
        self._put(tree)
        where = f"cut after {acknowledged} were told"
        if in_order and (broken := list(broken_links(scene.state().site))):
            yield f"{where}, before a start, broken: {broken[:4]}"
        with self._hushed():
            scene.recover()
        found = scene.state()
        if found not in (scene.earlier, scene.before, scene.after)[acknowledged:][:2]:
            yield f"{where}: {difference(found, scene.after)}"
        recovered.add(tree_of(scene.build))

    def _put(self, tree: Tree) -> None:
        shutil.rmtree(self.scene.build, ignore_errors=True)
        put_tree(tree, self.scene.build)

    def _published_from(self, recovered: set[Tree]) -> Iterator[str]:
        """Publish from each, whatever became of the index."""
        kept = [self.scene.folder / name for name in ("earlier", "first-shelf", "second-shelf")]
        is_replaced = self.scene.name == WHOLE_EDITION
        for tree in sorted(recovered, key=sorted):
            for name, files in variants_of_the_index(kept, is_replaced=is_replaced):
                self._put(tree)
                for file, content in files.items():
                    (self.scene.build / file).write_bytes(content)
                yield from in_a_fork(partial(self._published, f"index {name}")).problems


def tree_of(folder: Path, *, with_index: bool = False) -> Tree:
    """What *folder* holds, with the index or without."""
    paths = (path for path in shelf.walk(folder) if with_index or not path.startswith(shelf.INDEX))
    return frozenset(read_tree(folder, paths))


def main() -> None:
    """Do as ordered."""
    folder, orders = Path(sys.argv[1]), json.loads(sys.argv[2])
    breaker = Breaker(folder, orders["scene"])
    answer: dict[str, object] = {}
    if orders["do"] == "record":
        log = breaker.record(really_sync=True)
        answer["operations"] = [f"{one.call} {one.path} {one.other}" for one in log]
    elif orders["do"] == "break":
        answer["runs"] = [
            asdict(breaker.break_at(Order(kind=Kind[kind], number=number, error=error)))
            for number, kind, error in orders["faults"]
        ]
    elif orders["do"] == "cut":
        answer["problems"] = [*breaker.cut_power()]
        answer["trees"] = breaker.trees
    else:
        answer["caught"] = {flaw: breaker.caught(flaw, by) for flaw, by in orders["flaws"].items()}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
