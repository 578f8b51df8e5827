"""Files of enrolments as family portals and spreadsheets write them, right and wrong."""

from dataclasses import replace
from datetime import date

import pytest

from publisher.model.enrolment_file import EnrolmentLine, read_enrolments
from publisher.model.source import CasSource, Door, SignInSource
from publisher.model.town import Town
from tests.model.test_legal import TOWN as TOWN_OF_ONE
from tests.posts import CENTRE


def _source(name: str, *doors: Door) -> SignInSource:
    return SignInSource(
        name=name,
        label=name,
        method="cas",
        protocol=CasSource(address="https://e.example"),
        doors=frozenset(doors or Door),
    )


TOWN = replace(TOWN_OF_ONE, sign_in=(_source("ent"), _source("agents", Door.TEAM)))
TWO = replace(TOWN, sign_in=(*TOWN.sign_in, _source("portail")))
RIGHT = EnrolmentLine(
    number=2,
    source="ent",
    identifier="a1b2",
    centre="les-tilleuls",
    group="moyens",
    starts_on=date(2026, 9, 1),
    ends_on=date(2027, 7, 3),
)
HEADER = "source;identifiant;centre;groupe;du;au"
LINE = "ent;a1b2;les-tilleuls;moyens;01/09/2026;03/07/2027"


def _read(text: str, town: Town = TOWN) -> tuple[list[EnrolmentLine], list[str]]:
    found = read_enrolments(text.encode(), town)
    return list(found.lines), [one.sentence() for one in found.mistakes]


@pytest.mark.parametrize(
    "raw",
    [
        f"{HEADER}\n{LINE}\n".encode(),
        f"{HEADER}\r\n{LINE}\r\n\r\n;;;;;\r\n".encode(),
        f"\ufeff{HEADER[7:]}\n{LINE[4:]}".encode(),
        f"{HEADER};prénom\n{LINE};Zoé".encode("cp1252"),
        f"{HEADER}\n{LINE}".replace(";", ",").encode(),
        f"{HEADER}\n{LINE}".replace(";", "\t").encode(),
        b"AU;Du;GROUPE;Centre; identifiant \n2027-07-03;2026-09-01;Moyens;Les Tilleuls; a1b2 ",
        b'identifiant;centre;groupe;du;au\n"a1b2";"LES TILLEULS";MOYENS;1/9/2026;3/7/2027',
    ],
    ids=["plain", "windows", "mark", "cp1252", "commas", "tabs", "columns anyhow", "quotes"],
)
def test_every_way_of_writing_it_says_the_same(raw: bytes) -> None:
    """Encoding, separator, order and case of columns, names or addresses, both kinds of days."""
    found = read_enrolments(raw, TOWN)
    assert found.lines == (RIGHT,)
    assert found.mistakes == ()


def test_a_group_may_be_left_out() -> None:
    """Empty or without its column: the centre alone."""
    lines, mistakes = _read(f"{HEADER}\n{LINE.replace('moyens', '')}")
    assert (lines, mistakes) == ([replace(RIGHT, group=None)], [])
    lines, _none = _read("identifiant;centre;du;au\na1b2;les-tilleuls;01/09/2026;03/07/2027")
    assert lines == [replace(RIGHT, group=None)]


def test_names_are_told_and_never_read() -> None:
    """What nobody asked for is said by its column, and is in nothing that is returned."""
    found = read_enrolments(f"{HEADER};Nom;Prénom de l'enfant\n{LINE};Durand;Zoé".encode(), TOWN)
    assert found.ignored == ("Nom", "Prénom de l'enfant")
    assert found.lines == (RIGHT,)
    assert "Durand" not in repr(found)
    assert "Zoé" not in repr(found)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ailleurs;a1b2;les-tilleuls;;01/09/2026;03/07/2027", "Aucune source"),
        ("agents;a1b2;les-tilleuls;;01/09/2026;03/07/2027", "Celles de la ville : ent."),
        ("ent;;les-tilleuls;;01/09/2026;03/07/2027", "L'identifiant manque"),
        ("ent;Zoé Durand;les-tilleuls;;01/09/2026;03/07/2027", "on dirait un nom"),
        ("ent;1,23457E+15;les-tilleuls;;01/09/2026;03/07/2027", "abîmé"),
        ("ent;0920001B;les-tilleuls;;01/09/2026;03/07/2027", "code d'une école"),
        (f"ent;{'x' * 256};les-tilleuls;;01/09/2026;03/07/2027", "on dirait un nom"),
        ("ent;a1b2;les-glacieres;;01/09/2026;03/07/2027", "Aucun centre"),
        ("ent;a1b2;;;01/09/2026;03/07/2027", "Aucun centre"),
        ("ent;a1b2;les-tilleuls;ados;01/09/2026;03/07/2027", "Les siens : petits, moyens, grands."),
        ("ent;a1b2;les-tilleuls;;32/09/2026;03/07/2027", "La colonne « du » attend un jour"),
        ("ent;a1b2;les-tilleuls;;01/09/2026;", "La colonne « au » attend un jour"),
        ("ent;a1b2;les-tilleuls;;01/09/26;03/07/2027", "La colonne « du » attend un jour"),
        ("ent;a1b2;les-tilleuls;;03/07/2027;01/09/2026", "Échangez"),
        ("ent;a1b2;les-tilleuls;;01/09/2026;03/07/2028", "plus d'un an"),
        ("ent;a1b2;les-tilleuls", "attend un jour"),
    ],
)
def test_a_wrong_line_is_said_by_its_number(line: str, says: str) -> None:
    """What is wrong and what to do next; the right lines around it are read."""
    found = read_enrolments(f"{HEADER}\n{LINE}\n{line}\n{LINE}".encode(), TOWN)
    assert [one.number for one in found.lines] == [2, 4]
    assert {one.line for one in found.mistakes} == {3}
    assert any(says in one.sentence() for one in found.mistakes)


def test_no_sentence_repeats_an_identifier() -> None:
    """A line that is wrong in every way is told without who it is about."""
    _lines, said = _read(f"{HEADER}\nx;Zoé Durand;y;z;a;b")
    assert len(said) == 5
    assert not [one for one in said if "Zoé" in one or "Durand" in one]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "Des colonnes manquent : identifiant, centre, du, au."),
        (b"nom;prenom\nDurand;Zo", "Des colonnes manquent"),
        (b"PK\x03\x04\x00\x00", "CSV UTF-8"),
        ("identifiant".encode("utf-16"), "CSV UTF-8"),
        (b"identifiant;centre;du;au\n\x81", "encodage"),
        (b'identifiant;centre;du;au\n"a1b2;les-tilleuls', "guillemet"),
        (b"x" * 20_000_001, "trop lourd"),
    ],
    ids=["empty", "names only", "spreadsheet", "utf-16", "encoding", "quote", "heavy"],
)
def test_a_file_that_is_none_is_said_at_once(raw: bytes, says: str) -> None:
    """One sentence, and no line."""
    found = read_enrolments(raw, TOWN)
    assert found.lines == ()
    assert len(found.mistakes) == 1
    assert says in found.mistakes[0].sentence()


def test_a_town_of_two_sources_is_told_which() -> None:
    """Without its source an identifier names nobody there."""
    _lines, said = _read("identifiant;centre;du;au\na1b2;les-tilleuls;01/09/2026;03/07/2027", TWO)
    assert said[0].startswith("Des colonnes manquent : source.")
    assert _read(f"{HEADER}\n{LINE}", TWO)[0] == [RIGHT]
    assert "Aucune source" in _read(f"{HEADER}\n{LINE[3:]}", TWO)[1][0]


def test_the_centre_of_the_tests_has_the_groups_they_speak_of() -> None:
    """What these files say of groups means something."""
    assert [one.slug for one in CENTRE.groups] == ["petits", "moyens", "grands"]
