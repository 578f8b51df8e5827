"""Who is visiting: the pass a request carries, and what it opens at this instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from publisher.gate.admission import admit, has_accepted, spaces_of
from publisher.model.person import Known, Pass, Refusal, Role
from publisher.model.space import CHILD_PAGE, Space
from publisher.model.town import Centre, Town
from publisher.records.paper_codes import PaperCodes
from publisher.records.tries import Tries
from publisher.sign_in.passes import Passes, read_cookie
from publisher.sign_in.routes import SignInRecords

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class GateRecords(SignInRecords, Protocol):
    """What the gate asks of the records."""

    @property
    def tries(self) -> Tries:
        """How often codes were tried."""

    @property
    def paper_codes(self) -> PaperCodes:
        """The codes that were printed."""

    def known_of(self, pass_: Pass) -> Known:
        """All that the records know of whom *pass_* names."""

    def commits(self) -> int | None:
        """Another number once anything was committed; None when the database cannot tell."""

    def accept_charter(self, person: str, version: int, at: datetime) -> None:
        """Write down that *person* accepted that version of the charter."""


_NOTHING = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A visitor at `now` (aware, in the town's time zone). Anonymous ones have no pass."""

    town: Town
    now: datetime
    pass_: Pass | None = None
    known: Known = _NOTHING
    spaces: frozenset[Space] = frozenset()
    is_staff: bool = False

    def at(self, now: datetime) -> "Visitor":
        """The same visitor at another instant, for which nothing else of them changed."""
        return Visitor(
            town=self.town,
            now=now,
            pass_=self.pass_,
            known=self.known,
            spaces=self.spaces,
            is_staff=self.is_staff,
        )

    @property
    def has_accepted_charter(self) -> bool:
        """Whether the charter in force was accepted: nothing is shown before."""
        return has_accepted(self.known, self.town.legal.charter_version)

    def may_read(self, space: Space) -> bool:
        """Say whether *space* is handed over to them at this instant."""
        if self.pass_ is None:
            return False
        charter = self.town.legal.charter_version
        decided = admit(self.pass_, self.known, self.spaces, space, charter=charter, now=self.now)
        return not isinstance(decided, Refusal)

    @property
    def centres(self) -> tuple[Centre, ...]:
        """The centres that are open to them, in the town's order."""
        return tuple(centre for centre in self.town.centres if centre.space in self.spaces)

    def home_in(self, centre: Centre) -> str:
        """Their home in a centre: their group's when they have one only, which shows both.

        A child's is the page of that space for who cannot read yet.
        """
        groups = [space for space in centre.spaces[1:] if space in self.spaces]
        prefix = groups[0].prefix if len(groups) == 1 else centre.space.prefix
        is_child = self.pass_ is not None and self.pass_.role is Role.CHILD
        return f"{prefix}{CHILD_PAGE}" if is_child else prefix


def visitor_of(
    environ: "WSGIEnvironment",
    town: Town,
    passes: Passes,
    records: GateRecords,
    clock: Callable[[], datetime],
) -> Visitor:
    """The visitor a request comes from, their rights worked out anew from the records."""
    now = clock().astimezone(town.timezone)
    text = read_cookie(environ, passes.cookie)
    pass_ = None if text is None else passes.read(text, now)
    known = _NOTHING if pass_ is None else records.known_of(pass_)
    if pass_ is None or known.has_ended:
        return Visitor(town=town, now=now)
    return Visitor(
        town=town,
        now=now,
        pass_=pass_,
        known=known,
        spaces=spaces_of(pass_, known, town, now.date()),
        is_staff=any(grant.holds(now.date()) for grant in known.grants),
    )
