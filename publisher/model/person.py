"""Who somebody is, and what that opens."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Role(StrEnum):
    """What the ENT says a person is. It never gives the right to write (law 7)."""

    FAMILY = "famille"
    CHILD = "enfant"
    TEACHER = "enseignant"
    AGENT = "agent"
    OTHER = "autre"


class StaffRole(StrEnum):
    """What Préau grants a person of the team, for one centre."""

    ANIMATOR = "animateur"
    DIRECTOR = "directeur"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntProfile:
    """What a sign-in method learnt of somebody, and nothing else.

    `subject` is the source's own stable identifier; it becomes a pseudonym and is then
    forgotten (law 8). `schools` are UAI codes; `classes` are pairs of UAI and class name.
    `given_name` is for « Bonjour … » during the visit and is never stored.
    """

    source: str
    subject: str
    role: Role
    schools: frozenset[str] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()
    given_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffGrant:
    """The right to write in one centre, until `ends_on` included (None: no end)."""

    person: str
    centre: str
    role: StaffRole
    ends_on: date | None = None

    def holds(self, day: date) -> bool:
        """Say whether the grant is in force on *day*."""
        return self.ends_on is None or day <= self.ends_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a sign-in gives: a pseudonym and what the ENT said, until `ends_at` (aware).

    It lists facts, not rights: which spaces they open is worked out at each request from the
    centres and grants of that instant, so that a right that is lost is lost at once.
    `sign_in` is a random id, by which signing out ends this pass and no other.
    """

    sign_in: str
    person: str
    source: str
    role: Role
    schools: frozenset[str]
    classes: frozenset[tuple[str, str]]
    given_name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """The decision that something is not handed over. It never says whether the thing exists."""
