"""What need not be worked out twice: who a cookie names, for as long as nothing can have changed.

Rights are felt at the next request all the same: a memory is used only after asking the database
whether anything was committed since, by anybody.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from publisher.gate.visitor import GateRecords, Visitor, visitor_of
from publisher.model.space import Space
from publisher.model.town import Town
from publisher.sign_in.passes import Passes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

AT_MOST = 4_000
"""How many visitors are remembered: some ten megabytes."""
_COOKIES_MAX_LENGTH = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A visitor, and all that has to be the same for them still to be that visitor.

    `reads` are the spaces that are handed over to them. `commits` is what the records counted
    before they were read, None when they do not count.
    """

    visitor: Visitor
    reads: frozenset[Space]
    commits: int | None
    until: datetime

    def holds(self, town: Town, commits: int | None, now: datetime) -> bool:
        """Say whether another look would find the same, but for the hour.

        *town* is compared by identity: it is another object once a file of it changed. A clock
        that was set back makes look again.
        """
        return (
            self.commits == commits
            and commits is not None
            and self.visitor.town is town
            and self.visitor.now <= now < self.until
        )


def holds_until(visitor: Visitor) -> datetime:
    """The next instant, in UTC, at which time alone can change what opens to *visitor*.

    The end of their pass, or midnight in the town: grants, enrolments, accounts and school
    years all begin and end with a day.
    """
    tomorrow = visitor.now.date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), tzinfo=visitor.town.timezone).astimezone(UTC)
    return midnight if visitor.pass_ is None else min(midnight, visitor.pass_.ends_at)


class Visitors:
    """Who is visiting, worked out from the records or remembered. Safe between threads."""

    def __init__(
        self,
        town: Callable[[], Town],
        passes: Passes,
        records: GateRecords,
        clock: Callable[[], datetime],
        at_most: int = AT_MOST,
    ) -> None:
        self._town, self._passes, self._records, self._clock = town, passes, records, clock
        self._at_most = at_most
        self._remembered: dict[str, Remembered] = {}
        self._keeping = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment") -> Visitor:
        """The visitor a request comes from, at this instant."""
        town, now = self._town(), self._clock()
        return self._met(environ, town, now).visitor.at(now.astimezone(town.timezone))

    def may_read(self, environ: "WSGIEnvironment", space: Space) -> bool:
        """Say whether *space* is handed over to that visitor at this instant."""
        return space in self._met(environ, self._town(), self._clock()).reads

    def _met(self, environ: "WSGIEnvironment", town: Town, now: datetime) -> Remembered:
        cookies: str = environ.get("HTTP_COOKIE", "")
        # Counted before anything is read: what is committed in between makes the next look again.
        commits = self._records.commits() if cookies else None
        known = self._remembered.get(cookies)
        if known is not None and known.holds(town, commits, now):
            return known
        visitor = visitor_of(environ, town, self._passes, self._records, lambda: now)
        met = Remembered(
            visitor=visitor,
            reads=frozenset(space for space in visitor.spaces if visitor.may_read(space)),
            commits=commits,
            until=holds_until(visitor),
        )
        if visitor.pass_ is not None and len(cookies) <= _COOKIES_MAX_LENGTH:
            self._keep(cookies, met)
        return met

    def _keep(self, cookies: str, remembered: Remembered) -> None:
        with self._keeping:
            self._remembered.pop(cookies, None)
            self._remembered[cookies] = remembered
            while len(self._remembered) > self._at_most:
                del self._remembered[next(iter(self._remembered))]
