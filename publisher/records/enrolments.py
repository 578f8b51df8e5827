"""Enrolments: who comes to which centre and group, between which days, and who said so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, select

from publisher.model.person import Enrolment
from publisher.records.tables import enrolments

KEPT_AFTER_THE_END = timedelta(days=30)
"""How long an enrolment that is over stays written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What giving an origin's enrolments anew changes."""

    new: frozenset[Enrolment]
    gone: frozenset[Enrolment]
    same: frozenset[Enrolment]


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginCount:
    """How many enrolments of one origin a centre and group have; the days they span."""

    origin: str
    centre: str
    group: str | None
    count: int
    first_on: date
    last_on: date


class Enrolments:
    """Enrolments by their origin: an import's name, or a paper code. Each method is a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def compared(self, origin: str, wanted: Collection[Enrolment]) -> Replacement:
        """What `replace` would change; nothing is written."""
        with self._engine.connect() as connection:
            return _compared(connection, origin, wanted)

    def replace(self, origin: str, wanted: Collection[Enrolment], today: date) -> Replacement:
        """Make *wanted* all that *origin* gives; and forget those of any origin long over."""
        with self._engine.begin() as connection:
            done = _compared(connection, origin, wanted)
            for one in done.gone:
                connection.execute(
                    delete(enrolments).where(
                        enrolments.c.who == one.who,
                        enrolments.c.centre == one.centre,
                        enrolments.c.place == (one.group or ""),
                        enrolments.c.starts_on == one.starts_on,
                        enrolments.c.origin == origin,
                    )
                )
            if done.new:
                connection.execute(insert(enrolments), [_row(one, origin) for one in done.new])
            over = today - KEPT_AFTER_THE_END
            connection.execute(delete(enrolments).where(enrolments.c.ends_on < over))
            return done

    def remove(self, origin: str) -> int:
        """Take away all that *origin* gives; how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(
                delete(enrolments).where(enrolments.c.origin == origin)
            ).rowcount

    def by_origin(self) -> tuple[OriginCount, ...]:
        """How many enrolments there are, by origin, centre and group."""
        query = (
            select(
                enrolments.c.origin,
                enrolments.c.centre,
                enrolments.c.place,
                func.count().label("enrolled"),
                func.min(enrolments.c.starts_on).label("first_on"),
                func.max(enrolments.c.ends_on).label("last_on"),
            )
            .group_by(enrolments.c.origin, enrolments.c.centre, enrolments.c.place)
            .order_by(enrolments.c.origin, enrolments.c.centre, enrolments.c.place)
        )
        with self._engine.connect() as connection:
            return tuple(
                OriginCount(
                    origin=row.origin,
                    centre=row.centre,
                    group=row.place or None,
                    count=row.enrolled,
                    first_on=row.first_on,
                    last_on=row.last_on,
                )
                for row in connection.execute(query)
            )


def enrol(connection: Connection, enrolment: Enrolment, origin: str) -> None:
    """Write *enrolment* down, within the caller's transaction."""
    connection.execute(insert(enrolments).values(_row(enrolment, origin)))


def _compared(connection: Connection, origin: str, wanted: Collection[Enrolment]) -> Replacement:
    query = select(enrolments).where(enrolments.c.origin == origin)
    before = frozenset(
        Enrolment(
            who=row.who,
            centre=row.centre,
            group=row.place or None,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in connection.execute(query)
    )
    after = frozenset(wanted)
    return Replacement(new=after - before, gone=before - after, same=before & after)


def _row(enrolment: Enrolment, origin: str) -> Mapping[str, object]:
    return {
        "who": enrolment.who,
        "centre": enrolment.centre,
        "place": enrolment.group or "",
        "origin": origin,
        "starts_on": enrolment.starts_on,
        "ends_on": enrolment.ends_on,
    }
