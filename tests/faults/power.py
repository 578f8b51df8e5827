"""What a disk may hold after a power cut: the worst trees, from the operations of a run.

A pessimist's disk. What a file holds is kept by a sync of that file, or of everything; until then
it may be as it was last kept, or empty. A name is kept by a sync of its folder, or of everything;
until then it may be lost, whatever became of those made before or after. A journaling file system
loses less: the trees it leaves are among these.
"""

import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os import O_TRUNC
from pathlib import Path

from publisher.shelf import INDEX
from tests.faults.shim import Operation

Tree = frozenset[tuple[str, bytes | None]]
"""Every file of a tree and what it holds, and every folder, with None."""

_NAMES = frozenset({"open", "mkdir", "rmdir", "unlink", "rename", "link"})
_RANDOM_SUBSETS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Naming:
    """One change of names, of a file or of a folder (`file` is then None)."""

    call: str
    path: str
    other: str
    file: int | None

    def do(self, names: dict[str, int | None]) -> bool:
        """Make it, where it can be made."""
        place = self.other or self.path
        if _folder(place) not in names:
            return False
        match self.call:
            case "open" | "mkdir":
                if self.path in names:
                    return False
                names[self.path] = self.file
            case "rmdir":
                if self.path not in names or any(_folder(one) == self.path for one in names):
                    return False
                del names[self.path]
            case "unlink":
                if self.file is None or names.get(self.path) != self.file:
                    return False
                del names[self.path]
            case "link":
                names[self.other] = self.file
            case "rename" if self.file is None:
                return self._move_folder(names)
            case "rename":
                if names.get(self.path) != self.file:
                    return False
                if names.get(self.other) != self.file:
                    del names[self.path]
                    names[self.other] = self.file
        return True

    def _move_folder(self, names: dict[str, int | None]) -> bool:
        """Move a folder, with what it holds, where there is none."""
        if names.get(self.path, 0) is not None or self.other in names:
            return False
        for name in [one for one in names if one == self.path or one.startswith(f"{self.path}/")]:
            names[self.other + name[len(self.path) :]] = names.pop(name)
        return True


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


@dataclass(slots=True)
class Disk:
    """A disk as the process sees it, as it is kept for sure, and the names between the two."""

    names: dict[str, int | None] = field(default_factory=dict)
    content: dict[int, bytes] = field(default_factory=dict)
    kept_names: dict[str, int | None] = field(default_factory=dict)
    kept_content: dict[int, bytes] = field(default_factory=dict)
    waiting: list[_Naming] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path) -> "Disk":
        """The disk that holds what is below *root* now, for sure."""
        disk = cls(names={".": None})
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_dir():
                disk.names[name] = None
            elif not _is_index(name):
                disk._new(name, path.read_bytes())
        disk._keep_everything()
        return disk

    def run(self, operation: Operation) -> None:
        """Make one operation of the log."""
        if not operation.succeeded or _is_index(operation.path):
            return
        match operation.call:
            case "syncfs" | "sync":
                self._keep_everything()
            case "fsync" | "fdatasync":
                self._keep(operation.path)
            case "write":
                self._write(operation.path, operation.flags, operation.content)
            case "truncate":
                file = self._file(operation.path)
                self.content[file] = self.content[file][: operation.flags]
            case "mode" | "owner" | "time":
                pass
            case call if call in _NAMES:
                self._name(operation)
            case call:
                raise NotImplementedError(call)

    def is_sync(self, operation: Operation) -> bool:
        """Say whether it keeps names."""
        return operation.call in {"syncfs", "sync"} or (
            operation.call == "fsync" and self.names.get(operation.path, 0) is None
        )

    def as_made(self) -> Iterator[Tree]:
        """What a cut leaves where names are kept in order: what a reader may meet at once."""
        yield from self._trees(self.names)

    def worst(self) -> Iterator[Tree]:
        """Every tree a cut may leave now, or enough of them."""
        waiting = self.waiting
        number = len(waiting)
        wanted: list[Callable[[int], bool]] = [lambda _one: True, lambda _one: False]
        for at in range(number):
            wanted += [
                lambda one, at=at: one < at,
                lambda one, at=at: one >= at,
                lambda one, at=at: one != at,
                lambda one, at=at: one == at,
            ]
        wanted += [lambda one: one % 2 == 0, lambda one: one % 2 == 1]
        draw = random.Random(number)  # noqa: S311 (the same draws at each run)
        for _time in range(_RANDOM_SUBSETS):
            subset = {one for one in range(number) if draw.random() < 0.5}
            wanted.append(subset.__contains__)
        seen: set[tuple[tuple[str, int | None], ...]] = set()
        for is_kept in wanted:
            names = dict(self.kept_names)
            for at, one in enumerate(waiting):
                # Folders that are missing would only hide what is lost within.
                if is_kept(at) or one.call == "mkdir":
                    one.do(names)
            key = tuple(sorted(names.items()))
            if key not in seen:
                seen.add(key)
                yield from self._trees(names)

    def _trees(self, names: dict[str, int | None]) -> Iterator[Tree]:
        for content in (self.content, self.kept_content):
            yield frozenset(
                (path, None if file is None else content.get(file, b""))
                for path, file in names.items()
            )

    def _new(self, path: str, content: bytes) -> int:
        file = len(self.content)
        self.content[file] = content
        self.names[path] = file
        return file

    def _file(self, path: str) -> int:
        file = self.names[path]
        assert file is not None, path
        return file

    def _write(self, path: str, at: int, content: bytes) -> None:
        file = self._file(path)
        held = self.content[file]
        self.content[file] = held[:at].ljust(at, b"\0") + content + held[at + len(content) :]

    def _name(self, operation: Operation) -> None:
        call, path, other = operation.call, operation.path, operation.other
        if call == "open":
            if path in self.names:
                if operation.flags & O_TRUNC:
                    self.content[self._file(path)] = b""
                return
            file: int | None = len(self.content)
            self.content[len(self.content)] = b""
        else:
            file = self.names.get(path)
        naming = _Naming(call=call, path=path, other=other, file=file)
        assert naming.do(self.names), operation
        self.waiting.append(naming)

    def _keep(self, path: str) -> None:
        file = self.names[path]
        if file is not None:
            self.kept_content[file] = self.content[file]
            return
        for one in [*self.waiting]:
            if path in {_folder(one.path), _folder(one.other)} and one.do(self.kept_names):
                self.waiting.remove(one)

    def _keep_everything(self) -> None:
        self.kept_names, self.kept_content = dict(self.names), dict(self.content)
        self.waiting.clear()


def _is_index(path: str) -> bool:
    """The index is no truth: what a cut may make of it is tried apart."""
    return path.rpartition("/")[2].startswith(INDEX)


def put_tree(tree: Tree, folder: Path) -> None:
    """Make *tree* in *folder*."""
    folder.mkdir(parents=True)
    for path, content in sorted(tree, key=lambda one: one[0]):
        target = f"{folder}/{path}"
        try:
            _put(target, content)
        except FileNotFoundError:
            (folder / path).parent.mkdir(parents=True)
            _put(target, content)


def _put(target: str, content: bytes | None) -> None:
    if content is None:
        os.mkdir(target)  # noqa: PTH102 (thousands of trees: a Path costs as much as the call)
        return
    with open(target, "wb") as file:  # noqa: PTH123 (the same)
        file.write(content)


def read_tree(folder: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Each of *paths* and what it holds."""
    for path in paths:
        with open(f"{folder}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 (the same)
            yield path, file.read()


def part_of(tree: Tree, below: str) -> Tree:
    """What *tree* holds below *below*, paths from there."""
    start = f"{below}/"
    return frozenset(
        (path.removeprefix(start), content) for path, content in tree if path.startswith(start)
    )


def variants_of_the_index(
    kept: Sequence[Path], *, is_replaced: bool
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """What may become of the index: a name, and its files; *kept* are shelves from old to new.

    *is_replaced*: the newest is another file, put once the one before was taken away for good.
    """
    files = [_index_files(folder) for folder in kept]
    yield "deleted", {}
    yield "garbage", {INDEX: b"not a database" * 999}
    yield "zeros", {INDEX: bytes(8192)}
    yield "empty", {INDEX: b""}
    for number, one in enumerate(files):
        yield f"as it was at {number}", one
        yield f"as it was at {number}, without what it waited to fold in", _only(one, INDEX)
        yield f"cut short at {number}", {name: raw[: len(raw) // 2] for name, raw in one.items()}
        yield f"only the changes of {number}", _without(one, INDEX)
    newest = files[-1]
    for number, one in enumerate(files[:-1] if not is_replaced else ()):
        yield f"the newest, with the changes of {number}", {**newest, **_without(one, INDEX)}
        yield f"that of {number}, with the newest changes", {**one, **_without(newest, INDEX)}


def _index_files(folder: Path) -> dict[str, bytes]:
    return {
        name: (folder / name).read_bytes()
        for name in (INDEX, f"{INDEX}-wal")
        if (folder / name).is_file()
    }


def _only(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {one: raw for one, raw in files.items() if one == name}


def _without(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {one: raw for one, raw in files.items() if one != name}


def distinct(trees: Iterable[Tree], below: str, seen: set[Tree]) -> Iterator[Tree]:
    """Those of *trees* that were not *seen* yet, told apart by what is below *below*."""
    for tree in trees:
        part = part_of(tree, below)
        if part not in seen:
            seen.add(part)
            yield part
