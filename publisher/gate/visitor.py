"""Who is visiting: the pass a request carries, and what it opens at this instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from publisher.gate.admission import spaces_of
from publisher.model.person import Pass, StaffGrant
from publisher.model.space import Space
from publisher.model.town import Centre, Town
from publisher.sign_in.passes import Passes, pass_of
from publisher.sign_in.routes import SignInRecords

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class GateRecords(SignInRecords, Protocol):
    """What the gate asks of the records."""

    def staff_grants_of(self, person: str) -> tuple[StaffGrant, ...]:
        """Every right to write that *person* was given, ended ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A visitor at `now` (aware, in the town's time zone). Anonymous ones have no pass."""

    town: Town
    now: datetime
    pass_: Pass | None = None
    spaces: frozenset[Space] = frozenset()
    is_staff: bool = False

    @property
    def centres(self) -> tuple[Centre, ...]:
        """The centres that are open to them, in the town's order."""
        return tuple(centre for centre in self.town.centres if centre.space in self.spaces)

    def home_in(self, centre: Centre) -> str:
        """Their home in a centre: their group's when they have one only, which shows both."""
        groups = [space for space in centre.spaces[1:] if space in self.spaces]
        return groups[0].prefix if len(groups) == 1 else centre.space.prefix


def visitor_of(
    environ: "WSGIEnvironment",
    town: Town,
    passes: Passes,
    records: GateRecords,
    clock: Callable[[], datetime],
) -> Visitor:
    """The visitor a request comes from. Rights are worked out anew each time, never remembered."""
    now = clock().astimezone(town.timezone)
    pass_ = pass_of(environ, passes, records, now)
    if pass_ is None:
        return Visitor(town=town, now=now)
    grants = records.staff_grants_of(pass_.person)
    return Visitor(
        town=town,
        now=now,
        pass_=pass_,
        spaces=spaces_of(pass_, town, grants, now.date()),
        is_staff=any(grant.holds(now.date()) for grant in grants),
    )
