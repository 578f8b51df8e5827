"""The access policy that a Youth Department signs, read from `policy.csv`: nothing of it is the gate's."""

import csv
from dataclasses import dataclass
from itertools import product
from pathlib import Path

POLICY = Path(__file__).with_name("policy.csv")

WHO = (
    "anonyme",
    "famille",
    "enfant",
    "inscrit",
    "enseignant",
    "agent",
    "autre",
    "animateur",
    "directeur",
    "service",
    "administrateur",
)
CHARTERS = ("oui", "non")
FILES = ("page", "photo", "fil", "thème", "interne")
STATES = ("en ligne", "à venir", "terminé", "retiré")
LINKS = ("son centre", "son groupe", "autre groupe", "autre centre")
DATES = ("dans", "hors")
_EVERYTHING = {"tous", "toutes"}
_COLUMNS = {
    "qui": WHO,
    "charte": CHARTERS,
    "fichier": FILES,
    "état": STATES,
    "lien": LINKS,
    "dates": DATES,
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: the cases it speaks of, and whether they read."""

    cases: dict[str, frozenset[str]]
    reads: bool
    why: str

    def speaks_of(self, case: dict[str, str]) -> bool:
        """Say whether *case* is one of its."""
        return all(case[column] in words for column, words in self.cases.items())


class Policy:
    """The table: the first line that speaks of a case decides it, and none is left undecided."""

    def __init__(self, path: Path = POLICY) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file, delimiter=";"))
        self.rows = tuple(
            Row(
                cases={column: _words(line[column], known) for column, known in _COLUMNS.items()},
                reads={"oui": True, "non": False}[line["lit"]],
                why=line["pourquoi"],
            )
            for line in lines
        )
        self._decided = {case: self._row(case) for case in product(*_COLUMNS.values())}

    def reads(self, who: str, charter: str, file: str, state: str, link: str, dates: str) -> bool:
        """Say whether the table lets that case read. Raises KeyError for a word it does not know."""
        row = self._decided[who, charter, file, state, link, dates]
        if row is None:
            raise UndecidedCase((who, charter, file, state, link, dates))
        return row.reads

    def undecided(self) -> list[tuple[str, ...]]:
        """The cases no line speaks of."""
        return [case for case, row in self._decided.items() if row is None]

    def useless(self) -> list[Row]:
        """The lines that decide no case, an earlier one having decided all of theirs."""
        used = {id(row) for row in self._decided.values()}
        return [row for row in self.rows if id(row) not in used]

    def _row(self, case: tuple[str, ...]) -> Row | None:
        named = dict(zip(_COLUMNS, case, strict=True))
        return next((row for row in self.rows if row.speaks_of(named)), None)


class UndecidedCase(Exception):
    """The policy says nothing of a case: a person must write the line."""


def _words(text: str, known: tuple[str, ...]) -> frozenset[str]:
    words = [word.strip() for word in text.split(",")]
    if len(words) == 1 and words[0] in _EVERYTHING:
        return frozenset(known)
    unknown = set(words) - set(known)
    if unknown:
        message = f"mots inconnus dans policy.csv : {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return frozenset(words)
