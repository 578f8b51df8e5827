"""A file of enrolments, as a family portal exports it: bytes in, enrolments and mistakes out. Pure.

The identifiers it names become pseudonyms elsewhere and are kept nowhere (law 8); no sentence
about a line holds one. Columns that nobody asked for are told, and not read.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from types import MappingProxyType

from publisher.model.mistake import Mistake
from publisher.model.mistake import in_french as _
from publisher.model.source import Door
from publisher.model.town import Centre, Town
from publisher.model.uai import is_uai

SOURCE, IDENTIFIER, CENTRE, GROUP, FROM, TO = (
    "source",
    "identifiant",
    "centre",
    "groupe",
    "du",
    "au",
)
COLUMNS = (SOURCE, IDENTIFIER, CENTRE, GROUP, FROM, TO)
REQUIRED = frozenset({IDENTIFIER, CENTRE, FROM, TO})
"""`groupe` may be left out or empty: the centre alone opens. So may `source`, where the town
has one only."""

MAX_BYTES = 20_000_000
MAX_IDENTIFIER_LENGTH = 255
MAX_SHOWN = 40
MAX_DAYS = 366
"""An enrolment is for a school year at most; a longer one is a slip of the keyboard."""

_SEPARATORS = ";,\t"
_SPOILT = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
"""What a spreadsheet makes of a long number: `1,23457E+15`."""
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z")
_FRENCH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentLine:
    """One right line, numbered as a spreadsheet numbers it: the header is line 1.

    `identifier` is the source's own, of a child or of a family.
    """

    number: int
    source: str
    identifier: str
    centre: str
    group: str | None
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentFile:
    """What a file says: its right lines, its mistakes by line, and the columns not read."""

    lines: tuple[EnrolmentLine, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    ignored: tuple[str, ...] = ()


def read_enrolments(raw: bytes, town: Town) -> EnrolmentFile:
    """What the file *raw* enrols in the centres of *town*.

    UTF-8, with a mark or not, else Windows-1252; columns in any order, between semicolons,
    commas or tabs; days as JJ/MM/AAAA or AAAA-MM-JJ, both included.
    """
    text = _text(raw)
    if isinstance(text, Mistake):
        return EnrolmentFile(mistakes=(text,))
    try:
        rows = _rows(text)
        header = next(rows, (1, []))[1]
        places = _places(header)
        missing = _missing(places, town)
        if missing:
            return EnrolmentFile(mistakes=(_without(missing),))
        lines: list[EnrolmentLine] = []
        mistakes: list[Mistake] = []
        for number, row in rows:
            if not any(cell.strip() for cell in row):
                continue
            found = _line(number, places, row, town)
            if isinstance(found, EnrolmentLine):
                lines.append(found)
            else:
                mistakes += found
    except csv.Error:
        return EnrolmentFile(
            mistakes=(
                _wrong(None, _("Ce fichier n'est pas un CSV : un guillemet ne se ferme pas.")),
            )
        )
    return EnrolmentFile(
        lines=tuple(lines),
        mistakes=tuple(mistakes),
        ignored=tuple(
            name.strip()
            for place, name in enumerate(header)
            if place not in places.values() and name.strip()
        ),
    )


def _text(raw: bytes) -> str | Mistake:
    if len(raw) > MAX_BYTES:
        return _wrong(None, _("Ce fichier est trop lourd : 20 Mo au plus. Coupez-le en plusieurs."))
    if b"\0" in raw:
        return _wrong(
            None, _("Ce fichier n'est pas un CSV. Dans le tableur, enregistrez en « CSV UTF-8 ».")
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _wrong(
        None, _("L'encodage de ce fichier n'est pas connu. Enregistrez-le en « CSV UTF-8 ».")
    )


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows and their numbers, cut by the separator that the header shows the most columns by."""
    first = text.split("\n", maxsplit=1)[0]
    separator = max(
        _SEPARATORS, key=lambda one: len(_places(next(csv.reader([first], delimiter=one), [])))
    )
    reader = csv.reader(StringIO(text, newline=None), delimiter=separator, strict=True)
    for row in reader:
        yield reader.line_num, row


def _places(header: Sequence[str]) -> Mapping[str, int]:
    """Where each known column is; the first of a name counts."""
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        folded = _folded(name)
        if folded in COLUMNS:
            found.setdefault(folded, place)
    return MappingProxyType(found)


def _missing(places: Mapping[str, int], town: Town) -> list[str]:
    needed = REQUIRED if len(_sources(town)) == 1 else REQUIRED | {SOURCE}
    return [name for name in COLUMNS if name in needed and name not in places]


def _without(missing: Sequence[str]) -> Mistake:
    return _wrong(
        1,
        _("Des colonnes manquent : {missing}. La première ligne nomme les colonnes : {known}."),
        missing=", ".join(missing),
        known=", ".join(COLUMNS),
    )


def _line(
    number: int, places: Mapping[str, int], row: Sequence[str], town: Town
) -> EnrolmentLine | list[Mistake]:
    def cell(name: str) -> str:
        place = places.get(name, len(row))
        return " ".join(row[place].split()) if place < len(row) else ""

    mistakes: list[Mistake] = []

    def right(name: str, reading: Callable[[str], "str | Mistake"]) -> str:
        found = reading(cell(name))
        if isinstance(found, str):
            return found
        mistakes.append(found)
        return ""

    source = right(SOURCE, lambda text: _source(number, text, town))
    identifier = right(IDENTIFIER, lambda text: _identifier(number, text))
    centre = _centre(cell(CENTRE), town)
    group: str | None = None
    if centre is None:
        mistakes.append(
            _wrong(
                number,
                _("Aucun centre ne s'appelle « {name} ». Ceux de la ville : {known}."),
                name=_shown(cell(CENTRE)),
                known=", ".join(one.slug for one in town.centres),
            )
        )
    elif cell(GROUP):
        group = _group(cell(GROUP), centre)
        if group is None:
            mistakes.append(
                _wrong(
                    number,
                    _("Aucun groupe de {centre} ne s'appelle « {name} ». Les siens : {known}."),
                    centre=centre.name,
                    name=_shown(cell(GROUP)),
                    known=", ".join(one.slug for one in centre.groups) or "–",
                )
            )
    starts_on, ends_on = _day(cell(FROM)), _day(cell(TO))
    for name, day in ((FROM, starts_on), (TO, ends_on)):
        if day is None:
            mistakes.append(
                _wrong(
                    number,
                    _("La colonne « {column} » attend un jour, comme 01/09/2026."),
                    column=name,
                )
            )
    if starts_on is None or ends_on is None or centre is None:
        return mistakes
    if ends_on < starts_on:
        mistakes.append(_wrong(number, _("« au » vient avant « du ». Échangez les deux jours.")))
    elif (ends_on - starts_on).days > MAX_DAYS:
        mistakes.append(
            _wrong(
                number,
                _("Cette inscription dure plus d'un an. Vérifiez l'année, ou coupez-la en deux."),
            )
        )
    if mistakes:
        return mistakes
    return EnrolmentLine(
        number=number,
        source=source,
        identifier=identifier,
        centre=centre.slug,
        group=group,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _source(number: int, text: str, town: Town) -> str | Mistake:
    known = _sources(town)
    if not text and len(known) == 1:
        return known[0]
    if text in known:
        return text
    return _wrong(
        number,
        _("Aucune source de connexion ne s'appelle « {name} ». Celles de la ville : {known}."),
        name=_shown(text),
        known=", ".join(known),
    )


def _sources(town: Town) -> list[str]:
    return [source.name for source in town.sources_of(Door.FAMILIES)]


def _identifier(number: int, text: str) -> str | Mistake:
    """The identifier, if it can be one. What is said never repeats it."""
    if not text:
        return _wrong(number, _("L'identifiant manque : c'est celui de l'ENT, pas un nom."))
    if _SPOILT.fullmatch(text):
        return _wrong(
            number,
            _(
                "Le tableur a abîmé l'identifiant (« E+ »). Mettez la colonne au format Texte"
                " avant d'y coller les identifiants."
            ),
        )
    if is_uai(text.upper()):
        return _wrong(number, _("C'est le code d'une école, pas l'identifiant d'une personne."))
    if " " in text or len(text) > MAX_IDENTIFIER_LENGTH:
        return _wrong(
            number,
            _(
                "Un identifiant n'a pas d'espace : on dirait un nom. Demandez l'identifiant de l'ENT."
            ),
        )
    return text


def _centre(text: str, town: Town) -> Centre | None:
    asked = _folded(text)
    return next(
        (one for one in town.centres if asked and asked in {_folded(one.slug), _folded(one.name)}),
        None,
    )


def _group(text: str, centre: Centre) -> str | None:
    asked = _folded(text)
    return next(
        (one.slug for one in centre.groups if asked in {_folded(one.slug), _folded(one.name)}),
        None,
    )


def _day(text: str) -> date | None:
    iso, french = _ISO.match(text), _FRENCH.match(text)
    try:
        if iso is not None:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if french is not None:
            return date(int(french[3]), int(french[2]), int(french[1]))
    except ValueError:
        return None
    return None


def _folded(text: str) -> str:
    """*text* as one compares names: no case, no accent, one kind of gap."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(letters.replace("-", " ").split())


def _shown(text: str) -> str:
    """What was written, short enough to be read back in a sentence."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _wrong(line: int | None, says: str, /, **facts: object) -> Mistake:
    return Mistake(where="", says=says, facts=facts, line=line)
