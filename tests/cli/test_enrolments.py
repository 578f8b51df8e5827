"""`preau enrolments`: dry first, line by line, re-runnable, and nobody's identifier anywhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.model.person import Role
from publisher.records import Records
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import new_pass
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import records_of
from tests.accounts import account
from tests.instance import make_instance

TODAY = datetime.now(UTC).date()
FROM, TO = f"{TODAY - timedelta(days=30):%d/%m/%Y}", f"{TODAY + timedelta(days=60):%Y-%m-%d}"
LATER = f"{TODAY + timedelta(days=90):%d/%m/%Y}"
FILE = f"""source;identifiant;centre;groupe;du;au;nom
demo;enfant-1;les-tilleuls;moyens;{FROM};{TO};Zoé Durand
demo;famille-2;La Grande Ourse;;{FROM};{TO};Maxence Le Goff
demo;enfant-1;les-tilleuls;moyens;{FROM};{TO};Zoé Durand
demo;enfant-3;les-tilleuls;;01/09/2025;01/07/2026;Ana Grand
"""


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    return make_instance(tmp_path / "instance")


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "portail.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def _run(instance: Path, *arguments: object) -> int:
    return main(["--instance", str(instance), "enrolments", *(str(one) for one in arguments)])


def _records(instance: Path) -> tuple[Records, Settings]:
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    return records_of(settings), settings


def _enrolled(instance: Path, *identifiers: str) -> list[tuple[str, str | None]]:
    """The centres and groups of whoever has those identifiers, as children of one family."""
    records, settings = _records(instance)
    names = [pseudonym(settings.pseudonym_key, "demo", one) for one in identifiers]
    family = account("f", Role.FAMILY, children=names)
    known = records.known_of(new_pass(family, "", datetime.now(UTC) + timedelta(hours=1)))
    return [(one.centre, one.group) for one in known.enrolments]


def test_a_dry_run_says_line_by_line_and_writes_nothing(
    instance: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --apply, what would change is said, and that nothing did."""
    assert _run(instance, "import", file) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith("ligne 2 : nouvelle, Les Tilleuls · Moyens, du ")
    assert lines[1].startswith("ligne 3 : nouvelle, La Grande Ourse, du ")
    assert lines[2].startswith("ligne 4 : en double")
    assert lines[3].startswith("ligne 5 : déjà finie")
    assert "nouvelles 2, inchangées 0, retirées 0, à corriger 0" in lines[4]
    assert "Rien n'a été écrit" in lines[5]
    assert "la colonne « nom » n'est ni lue ni gardée" in said.err
    assert _enrolled(instance, "enfant-1", "famille-2", "enfant-3") == []


def test_the_same_file_changes_nothing_the_second_time(
    instance: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Applied, then applied again."""
    assert _run(instance, "import", file, "--apply") == 0
    assert _enrolled(instance, "enfant-1", "famille-2", "enfant-3") == [
        ("la-grande-ourse", None),
        ("les-tilleuls", "moyens"),
    ]
    capsys.readouterr()
    assert _run(instance, "import", file, "--apply") == 0
    assert "nouvelles 0, inchangées 2, retirées 0" in capsys.readouterr().out


def test_a_file_replaces_what_its_origin_gave_and_nothing_else(
    instance: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, or by the origin it is told; another origin's stay."""
    other = tmp_path / "autre.csv"
    other.write_text(FILE.replace("enfant-1", "enfant-9"), encoding="utf-8")
    _run(instance, "import", file, "--apply")
    _run(instance, "import", other, "--apply")
    newer = tmp_path / "portail-novembre.csv"
    head, line, *_rest = FILE.splitlines()
    newer.write_text(f"{head}\n{line.replace('enfant-1', 'enfant-4')}\n", encoding="utf-8")
    assert _run(instance, "import", newer, "--origin", "portail.csv", "--apply") == 0
    assert "nouvelles 1, inchangées 0, retirées 2" in capsys.readouterr().out
    assert _enrolled(instance, "enfant-1") == []
    assert _enrolled(instance, "enfant-4") == [("les-tilleuls", "moyens")]
    assert _enrolled(instance, "enfant-9") == [("les-tilleuls", "moyens")]


def test_two_spans_in_one_centre_are_two_enrolments(instance: Path, tmp_path: Path) -> None:
    """The autumn holidays, then the winter ones; and of two ends of one, the later."""
    file = tmp_path / "periodes.csv"
    head, line, *_rest = FILE.splitlines()
    winter = line.replace(TO, LATER).replace(FROM, f"{TODAY + timedelta(days=80):%d/%m/%Y}")
    file.write_text("\n".join([head, line, winter, line.replace(TO, LATER)]), encoding="utf-8")
    assert _run(instance, "import", file, "--apply") == 0
    records, settings = _records(instance)
    child = pseudonym(settings.pseudonym_key, "demo", "enfant-1")
    pass_ = new_pass(account(child), "", datetime.now(UTC) + timedelta(hours=1))
    spans = [(one.starts_on, one.ends_on) for one in records.known_of(pass_).enrolments]
    assert len(spans) == 2
    assert {end for _start, end in spans} == {TODAY + timedelta(days=90)}
    assert _run(instance, "import", file, "--apply") == 0


def test_a_wrong_line_stops_the_whole_file_unless_told_otherwise(
    instance: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise its families would be taken for gone; --skip-wrong takes the right lines."""
    file.write_text(f"{FILE}demo;enfant-5;nulle-part;;{FROM};{TO};x\n", encoding="utf-8")
    assert _run(instance, "import", file, "--apply") == 1
    said = capsys.readouterr().err
    assert "ligne 6 : Aucun centre ne s'appelle « nulle-part »" in said
    assert "Rien n'a été écrit" in said
    assert _enrolled(instance, "enfant-1") == []
    assert _run(instance, "import", file, "--apply", "--skip-wrong") == 0
    assert _enrolled(instance, "enfant-1") == [("les-tilleuls", "moyens")]


def test_what_is_there_is_listed_and_removed(
    instance: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By origin, centre and group; removing takes one origin's away, and no other's."""
    _run(instance, "import", file, "--apply")
    other = file.with_name("autre.csv")
    other.write_text("\n".join(FILE.replace("enfant-1", "enfant-9").splitlines()[:2]), "utf-8")
    capsys.readouterr()
    assert _run(instance, "list") == 0
    said = capsys.readouterr().out
    assert "portail.csv  les-tilleuls · moyens  1, du " in said
    assert "Inscriptions : 2. Par un code sur papier : 0." in said
    _run(instance, "import", other, "--apply")
    assert _run(instance, "remove", "portail.csv") == 0
    assert _enrolled(instance, "enfant-1", "famille-2") == []
    assert _enrolled(instance, "enfant-9") == [("les-tilleuls", "moyens")]
    assert _run(instance, "remove", "portail.csv") == 1
    assert "Aucune inscription ne vient" in capsys.readouterr().err


@pytest.mark.parametrize("origin", ["papier:abc", "", "x" * 81])
def test_an_origin_is_not_a_paper_codes(
    instance: Path, file: Path, origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No import can replace what a paper code opened, nor remove it."""
    code = _run(instance, "import", file, "--origin", origin, "--apply")
    assert code == (0 if not origin else 1)
    assert ("ne convient pas" in capsys.readouterr().err) == bool(origin)
    assert _run(instance, "remove", origin) == 1


def test_no_name_nor_identifier_is_kept_or_said(
    instance: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database, the folder and what was printed hold pseudonyms only."""
    _run(instance, "import", file, "--apply")
    said = "".join(capsys.readouterr())
    everything = b"".join(path.read_bytes() for path in instance.rglob("*") if path.is_file())
    for secret in ("enfant-1", "famille-2", "Durand", "Zoé", "Maxence"):
        assert secret not in said
        assert secret.encode() not in everything


def test_a_file_that_is_not_there(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A French sentence and exit 1."""
    assert _run(instance, "import", instance / "absent.csv") == 1
    assert "ne se lit pas" in capsys.readouterr().err
