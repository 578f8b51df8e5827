"""`preau codes`: a sheet to print, what is kept of it, and how it is taken back."""

import re
import stat
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.language import full_day
from publisher.model.person import Enrolment
from publisher.model.school_year import last_day_of_school_year
from publisher.records import Records
from publisher.records.paper_codes import WhyNot
from publisher.settings import Settings, read_settings
from publisher.sign_in.paper import paper_digest, read_paper_code
from publisher.wiring import records_of
from tests.instance import make_instance

NOW = datetime.now(UTC)
TODAY = NOW.date()
LAST = last_day_of_school_year(TODAY)
PRINTED = re.compile(r'<span class="signes">([0-9A-Z-]{14})</span>')


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    return make_instance(tmp_path / "instance")


def _run(instance: Path, *arguments: object) -> int:
    return main(["--instance", str(instance), "codes", *(str(one) for one in arguments)])


def _printed(instance: Path, out: Path, *more: object, count: int = 3) -> list[str]:
    code = _run(
        instance, "print", "--centre", "les-tilleuls", "--count", count,
        *("--until", f"{LAST:%d/%m/%Y}", "--out", out), *more,
    )  # fmt: skip
    assert code == 0
    return PRINTED.findall(out.read_text(encoding="utf-8"))


def _records(instance: Path) -> tuple[Records, Settings]:
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    return records_of(settings), settings


def _use(instance: Path, code: str, who: str = "p") -> Enrolment | WhyNot:
    records, settings = _records(instance)
    signs = read_paper_code(code)
    assert signs is not None
    return records.paper_codes.use(paper_digest(settings.pseudonym_key, signs), who, TODAY, NOW)


def test_every_code_of_a_sheet_opens_once(instance: Path, tmp_path: Path) -> None:
    """As many as were asked for, all different, each for the centre and group it says."""
    codes = _printed(instance, tmp_path / "planche.html", "--group", "moyens")
    assert len(set(codes)) == 3
    for code in codes:
        opened = _use(instance, code)
        assert isinstance(opened, Enrolment)
        assert (opened.centre, opened.group, opened.ends_on) == ("les-tilleuls", "moyens", LAST)
        assert _use(instance, code, "q") is WhyNot.USED


def test_the_sheet_stands_alone_and_says_what_to_do(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Address, steps, last day, centre, phone, number; nothing fetched, and no code in an address."""
    out = tmp_path / "planche.html"
    codes = _printed(instance, out)
    text = out.read_text(encoding="utf-8")
    for said in ("127.0.0.1:8000/code", "Les Tilleuls", "01 99 00 10 01", "n° 3", full_day(LAST)):
        assert said in text
    assert text.count('<section class="billet"') == text.count('class="qr"') == 3
    assert not re.search(r'(?:src|href)="', text)
    assert text.count(codes[0]) == 1
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    HTMLParser().feed(text)
    said = capsys.readouterr().out
    assert "3 codes" in said
    assert not [one for one in codes if one in said]


def test_no_code_is_written_down_in_the_instance(instance: Path, tmp_path: Path) -> None:
    """Digests alone: neither the code as it is printed nor as it is typed."""
    codes = _printed(instance, tmp_path / "planche.html")
    everything = b"".join(path.read_bytes() for path in instance.rglob("*") if path.is_file())
    for code in codes:
        assert code.encode() not in everything
        assert code.replace("-", "").encode() not in everything


def test_a_sheet_is_listed_and_taken_back(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One code by its number, then the whole sheet; what was used is shut."""
    codes = _printed(instance, tmp_path / "planche.html")
    assert isinstance(_use(instance, codes[0]), Enrolment)
    capsys.readouterr()
    _run(instance, "list")
    listed = capsys.readouterr().out
    assert "les-tilleuls  3 codes, utilisés 1, annulés 0" in listed
    sheet = listed.split()[0]
    assert _run(instance, "revoke", sheet.lower(), "--number", 1) == 0
    assert _use(instance, codes[0]) is WhyNot.TAKEN_BACK
    assert isinstance(_use(instance, codes[1], "q"), Enrolment)
    assert _run(instance, "revoke", sheet) == 0
    assert "annulés, 2 codes" in capsys.readouterr().out
    assert _use(instance, codes[2]) is WhyNot.TAKEN_BACK
    assert _run(instance, "revoke", sheet) == 1
    assert _run(instance, "revoke", "ZZZZZ") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--centre", "nulle-part"), "Aucun centre"),
        (("--centre", "les-tilleuls", "--group", "ados"), "Aucun groupe de Les Tilleuls"),
        (("--centre", "les-tilleuls", "--count", "0"), "de 1 à 400"),
        (("--centre", "les-tilleuls", "--count", "401"), "de 1 à 400"),
        (("--centre", "les-tilleuls", "--until", TODAY - timedelta(days=1)), "passé"),
        (("--centre", "les-tilleuls", "--until", TODAY + timedelta(days=800)), "année scolaire"),
    ],
)
def test_what_cannot_be_printed_is_said(
    instance: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...],
    says: str,
) -> None:
    """A sentence, exit 1, no file and no sheet."""
    out = tmp_path / "planche.html"
    assert _run(instance, "print", "--count", 2, "--until", LAST, "--out", out, *arguments) == 1
    assert says in capsys.readouterr().err
    assert not out.exists()
    assert _records(instance)[0].paper_codes.sheets() == ()


def test_nothing_is_written_over(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is there stays, and a day that is none is said."""
    out = tmp_path / "planche.html"
    out.write_text("déjà là", encoding="utf-8")
    asked = ("print", "--centre", "les-tilleuls", "--count", 1, "--out", out, "--until")
    assert _run(instance, *asked, LAST) == 1
    assert "rien n'a été écrit" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "déjà là"
    with pytest.raises(SystemExit):
        _run(instance, *asked, "demain")
    assert "n'est pas un jour" in capsys.readouterr().err
