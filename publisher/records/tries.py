"""How often a way in was tried, so that guessing takes longer than anybody has."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from publisher.records.instants import kept, read
from publisher.records.tables import tries


class Tries:
    """Counts of tries, under digests. Every method is one transaction.

    A try is counted before what was typed is looked at: a hundred requests at once are a
    hundred tries, not one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(
        self,
        who: str,
        now: datetime,
        *,
        wait_after: Callable[[int], timedelta],
        remembered_for: timedelta,
    ) -> timedelta:
        """Take one try of *who* at *now*: nothing when it may go on, else how long to wait.

        *wait_after* says how long to wait before another, from how many were taken; the count is
        forgotten once none was taken for *remembered_for*. A try that must wait is not counted.
        """
        at = kept(now)
        mine = tries.c.who == who
        with self._engine.begin() as connection:
            connection.execute(delete(tries).where(tries.c.forgotten_at <= at))
            taken = connection.execute(
                update(tries)
                .where(mine, tries.c.open_at <= at)
                .values(taken=tries.c.taken + 1, forgotten_at=at + remembered_for)
            ).rowcount
            row = connection.execute(select(tries).where(mine)).first()
            if row is not None:
                if not taken:
                    return max(read(row.open_at) - now, timedelta(seconds=1))
                wait = wait_after(row.taken)
                connection.execute(
                    update(tries)
                    .where(mine)
                    .values(open_at=at + wait, forgotten_at=at + max(wait, remembered_for))
                )
                return timedelta()
        first = wait_after(1)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(tries).values(
                        who=who,
                        taken=1,
                        open_at=at + first,
                        forgotten_at=at + max(first, remembered_for),
                    )
                )
        except IntegrityError:
            # Another request's first try came between: this one waits, as any second at once would.
            return timedelta(seconds=1)
        return timedelta()

    def forget(self, who: str) -> None:
        """Forget every try of *who*: it succeeded."""
        with self._engine.begin() as connection:
            connection.execute(delete(tries).where(tries.c.who == who))

    def give_back(self, who: str) -> None:
        """Count one try of *who* less: it succeeded, and says nothing about the others."""
        with self._engine.begin() as connection:
            connection.execute(
                update(tries)
                .where(tries.c.who == who, tries.c.taken > 0)
                .values(taken=tries.c.taken - 1)
            )
