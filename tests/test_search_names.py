"""The search for people finds them however they were written down."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.lemonldap.people import NAMES, SUBJECTS
from tests.search_names import main

NAME = next(name for name in NAMES if not name.isascii())


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder that is not one of the suite's, which are searched as well."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize(
    "written",
    [
        NAME.encode(),
        NAME.upper().encode(),
        NAME.encode("latin-1"),
        f"GET /?nom={quote(NAME)} HTTP/1.1".encode(),
        ascii(NAME).encode(),
        b"\0\1" + SUBJECTS[0].encode() + b"\0",
    ],
)
def test_somebody_who_was_written_down_is_found(folder: Path, written: bytes) -> None:
    """In a log, in an address, in the pages of a database: one is enough to fail."""
    (folder / "ville" / "records").mkdir(parents=True)
    (folder / "ville" / "records" / "preau.sqlite3-wal").write_bytes(b"x" * 5000 + written)
    assert main([str(folder)]) == 1


def test_only_the_providers_own_folder_may_name_people(folder: Path) -> None:
    """The provider knows who people are; a folder whose name begins like its own does not."""
    (folder / "ent0").mkdir()
    (folder / "ent0" / "users.sqlite").write_text(NAME, "utf-8")
    assert main([str(folder)]) == 0
    (folder / "entretien").mkdir()
    (folder / "entretien" / "x").write_text(NAME, "utf-8")
    assert main([str(folder)]) == 1
