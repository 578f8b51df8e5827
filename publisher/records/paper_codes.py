"""Paper codes: printed, used once, taken back. Of a code, its digest alone is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from publisher.model.person import PAPER, Enrolment
from publisher.records.enrolments import enrol
from publisher.records.instants import kept
from publisher.records.tables import enrolments, paper_codes

KEPT_AFTER_THE_END = timedelta(days=30)
"""How long a code that is over can still say so, rather than that it does not exist."""


class WhyNot(StrEnum):
    """Why a code opens nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    TAKEN_BACK = "taken back"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One printed sheet: how many codes it has, and how many were used and taken back."""

    name: str
    centre: str
    group: str | None
    ends_on: date
    codes: int
    used: int
    taken_back: int


class PaperCodes:
    """The codes of every sheet. Each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self,
        sheet: str,
        digests: Sequence[str],
        *,
        centre: str,
        group: str | None,
        ends_on: date,
        at: datetime,
    ) -> None:
        """Write down the codes of a new *sheet*, numbered from 1; and forget those long over."""
        over = at.date() - KEPT_AFTER_THE_END
        with self._engine.begin() as connection:
            connection.execute(delete(paper_codes).where(paper_codes.c.ends_on < over))
            connection.execute(
                insert(paper_codes),
                [
                    {
                        "code": digest,
                        "sheet": sheet,
                        "number": number,
                        "centre": centre,
                        "place": group or "",
                        "ends_on": ends_on,
                        "printed_at": kept(at),
                        "used_at": None,
                        "revoked_at": None,
                    }
                    for number, digest in enumerate(digests, start=1)
                ],
            )

    def use(self, digest: str, who: str, today: date, at: datetime) -> Enrolment | WhyNot:
        """Use the code of *digest*, once, for *who*: the enrolment it opened, or why it did not.

        Of several requests at once, one uses it. Used again by whom it opened for, it says the same.
        """
        mine = paper_codes.c.code == digest
        with self._engine.begin() as connection:
            taken = connection.execute(
                update(paper_codes)
                .where(
                    mine,
                    paper_codes.c.used_at.is_(None),
                    paper_codes.c.revoked_at.is_(None),
                    paper_codes.c.ends_on >= today,
                )
                .values(used_at=kept(at))
            ).rowcount
            row = connection.execute(select(paper_codes).where(mine)).first()
            if row is None:
                return WhyNot.UNKNOWN
            if not taken:
                if row.revoked_at is not None:
                    return WhyNot.TAKEN_BACK
                if row.ends_on < today:
                    return WhyNot.OVER
                return _opened_for(connection, digest, who) or WhyNot.USED
            enrolment = Enrolment(
                who=who,
                centre=row.centre,
                group=row.place or None,
                starts_on=today,
                ends_on=row.ends_on,
            )
            enrol(connection, enrolment, _origin(digest))
            return enrolment

    def take_back(self, sheet: str, number: int | None, at: datetime) -> int:
        """Take back every code of *sheet*, or its *number*: how many. What they opened ends."""
        with self._engine.begin() as connection:
            chosen = paper_codes.c.sheet == sheet, paper_codes.c.revoked_at.is_(None)
            query = select(paper_codes.c.code).where(*chosen)
            if number is not None:
                query = query.where(paper_codes.c.number == number)
            digests = list(connection.execute(query).scalars())
            for digest in digests:
                connection.execute(
                    update(paper_codes)
                    .where(paper_codes.c.code == digest)
                    .values(revoked_at=kept(at))
                )
                connection.execute(delete(enrolments).where(enrolments.c.origin == _origin(digest)))
            return len(digests)

    def sheets(self) -> tuple[Sheet, ...]:
        """Every sheet, by centre."""
        columns = paper_codes.c
        query = (
            select(
                columns.sheet,
                columns.centre,
                columns.place,
                columns.ends_on,
                func.count().label("codes"),
                func.count(columns.used_at).label("used"),
                func.count(columns.revoked_at).label("taken_back"),
            )
            .group_by(columns.sheet, columns.centre, columns.place, columns.ends_on)
            .order_by(columns.centre, columns.sheet)
        )
        with self._engine.connect() as connection:
            return tuple(
                Sheet(
                    name=row.sheet,
                    centre=row.centre,
                    group=row.place or None,
                    ends_on=row.ends_on,
                    codes=row.codes,
                    used=row.used,
                    taken_back=row.taken_back,
                )
                for row in connection.execute(query)
            )


def _origin(digest: str) -> str:
    """Who says so, of the enrolment a code opened: no import can take that name."""
    return f"{PAPER}:{digest}"


def _opened_for(connection: Connection, digest: str, who: str) -> Enrolment | None:
    query = select(enrolments).where(
        enrolments.c.origin == _origin(digest), enrolments.c.who == who
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Enrolment(
        who=row.who,
        centre=row.centre,
        group=row.place or None,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
