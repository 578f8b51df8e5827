"""The search for people finds them however they were written down."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.lemonldap.people import NAMES, SUBJECTS
from tests.search_names import main

NAME = next(name for name in NAMES if not name.isascii())


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
def test_somebody_who_was_written_down_is_found(tmp_path: Path, written: bytes) -> None:
    """In a log, in an address, in the pages of a database: one is enough to fail."""
    (tmp_path / "ville" / "records").mkdir(parents=True)
    (tmp_path / "ville" / "records" / "preau.sqlite3-wal").write_bytes(b"x" * 5000 + written)
    assert main([str(tmp_path)]) == 1


def test_only_the_providers_own_folder_may_name_people(tmp_path: Path) -> None:
    """The provider knows who people are; a folder whose name begins like its own does not."""
    (tmp_path / "ent0").mkdir()
    (tmp_path / "ent0" / "users.sqlite").write_text(NAME, "utf-8")
    assert main([str(tmp_path)]) == 0
    (tmp_path / "entretien").mkdir()
    (tmp_path / "entretien" / "x").write_text(NAME, "utf-8")
    assert main([str(tmp_path)]) == 1
