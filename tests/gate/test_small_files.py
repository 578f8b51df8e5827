"""Copies of small files: never another byte than the file at that path has now."""

import os
from pathlib import Path

import pytest

from publisher.gate.small_files import SmallFiles

NAMES = ("les-tilleuls", "site", "photos", "a.jpg")


@pytest.fixture(name="photo")
def _photo(tmp_path: Path) -> Path:
    path = tmp_path.joinpath(*NAMES)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"before")
    return path


def _body(files: SmallFiles, root: Path) -> bytes | None:
    copy = files.read(str(root), NAMES)
    return None if copy is None else copy.body


def test_a_file_is_read_once(tmp_path: Path, photo: Path) -> None:
    """While its file is as it was, the same copy is handed over."""
    files = SmallFiles()
    first = files.read(str(tmp_path), NAMES)
    assert first is not None
    assert first.body == photo.read_bytes()
    assert files.read(str(tmp_path), NAMES) is first


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path, photo: Path) -> None:
    """Of the same length and the same dates: it is another file all the same."""
    files = SmallFiles()
    before = files.read(str(tmp_path), NAMES)
    facts = photo.stat()
    beside = photo.with_name("b.jpg")
    beside.write_bytes(b"after!")
    os.utime(beside, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    beside.replace(photo)
    after = files.read(str(tmp_path), NAMES)
    assert before is not None
    assert after is not None
    assert after.body == b"after!"
    assert after.etag != before.etag


def test_a_file_that_was_written_to_is_read_again(tmp_path: Path, photo: Path) -> None:
    """The same file, the same length, and dates put back: what changed it left its hour."""
    files = SmallFiles()
    assert _body(files, tmp_path) == b"before"
    facts = photo.stat()
    photo.write_bytes(b"after!")
    os.utime(photo, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    while photo.stat().st_ctime_ns == facts.st_ctime_ns:  # the system's clock goes by ticks
        os.utime(photo, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert photo.stat().st_mtime_ns == facts.st_mtime_ns
    assert _body(files, tmp_path) == b"after!"


def test_a_file_that_went_is_not_there(tmp_path: Path, photo: Path) -> None:
    """Withdrawn is withdrawn, and what comes back is what came back."""
    files = SmallFiles()
    assert _body(files, tmp_path) == b"before"
    photo.unlink()
    assert _body(files, tmp_path) is None
    photo.write_bytes(b"again")
    assert _body(files, tmp_path) == b"again"


def test_a_link_is_not_followed_because_a_file_stood_there(tmp_path: Path, photo: Path) -> None:
    """A link in place of the file, or of a folder above it, leads nowhere."""
    files = SmallFiles()
    assert _body(files, tmp_path) == b"before"
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.jpg").write_bytes(b"secret")
    photo.unlink()
    photo.symlink_to(secret / "a.jpg")
    assert _body(files, tmp_path) is None
    photo.unlink()
    photo.write_bytes(b"before")
    assert _body(files, tmp_path) == b"before"
    photo.parent.rename(tmp_path / "elsewhere")
    photo.parent.symlink_to(secret)
    assert _body(files, tmp_path) is None


def test_a_link_to_the_very_file_is_a_link(tmp_path: Path, photo: Path) -> None:
    """Even when what it leads to is the file that stood there."""
    files = SmallFiles()
    assert _body(files, tmp_path) == b"before"
    moved = photo.rename(tmp_path / "moved.jpg")
    photo.symlink_to(moved)
    assert _body(files, tmp_path) is None


def test_no_more_is_kept_than_said(tmp_path: Path) -> None:
    """Large files are read each time; the oldest copies leave for the newest."""
    files = SmallFiles(kept_up_to=10, all_kept=25)
    for name, length in (("a", 10), ("b", 10), ("c", 5), ("large", 11)):
        (tmp_path / name).write_bytes(b"x" * length)

    def copy(name: str) -> object:
        return files.read(str(tmp_path), (name,))

    large = copy("large")
    assert copy("large") is not large
    a, b, c = copy("a"), copy("b"), copy("c")
    assert (copy("a"), copy("b"), copy("c")) == (a, b, c)
    assert copy("b") is b
    (tmp_path / "d").write_bytes(b"x" * 10)
    d = copy("d")
    assert copy("d") is d
    assert copy("b") is b
    assert copy("a") is not a


def test_what_was_replaced_leaves_its_room(tmp_path: Path) -> None:
    """A page that changes again and again pushes nothing else out."""
    files = SmallFiles(kept_up_to=10, all_kept=20)
    (tmp_path / "a").write_bytes(b"x" * 10)
    kept = files.read(str(tmp_path), ("a",))
    for length in (3, 5, 7, 9):
        (tmp_path / "b").write_bytes(b"x" * length)
        files.read(str(tmp_path), ("b",))
    assert files.read(str(tmp_path), ("a",)) is kept
