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


READERS = frozenset({Role.FAMILY, Role.CHILD})
"""The roles whose schools open centres."""
PAPER = "papier"
"""The source of somebody who came in by a paper code: no town can give a source that name."""
LOCAL = "local"
"""The source of somebody of the team who has an account of Préau's own; reserved as well."""


class StaffRole(StrEnum):
    """What Préau grants a person of the team: in one centre, or in the whole town."""

    ANIMATOR = "animateur"
    DIRECTOR = "directeur"
    DEPARTMENT = "service"
    ADMINISTRATOR = "administrateur"


WRITING = frozenset({StaffRole.ANIMATOR, StaffRole.DIRECTOR})
"""The roles that are given for one centre, and write in it."""
TOWN_WIDE = frozenset({StaffRole.DEPARTMENT, StaffRole.ADMINISTRATOR})
"""The roles that are given for the whole town. The department reads every centre; the
administrator gives and takes rights, and by that role reads nothing."""
WHOLE_TOWN = ""
"""The centre of a grant that is for the whole town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntProfile:
    """What a sign-in method learnt of somebody, and nothing else.

    `subject` is the source's own stable identifier; it becomes a pseudonym and is then
    forgotten (law 8). `schools` are UAI codes; `classes` are pairs of UAI and class name;
    `children` are the source's own identifiers of a family's children, which become pseudonyms
    too. `given_name` is for « Bonjour … » during the visit and is never stored.
    """

    source: str
    subject: str
    role: Role
    schools: frozenset[str] = frozenset()
    classes: frozenset[tuple[str, str]] = frozenset()
    children: frozenset[str] = frozenset()
    given_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account at one source, by its pseudonym, and what the source last said of it.

    `children` are pseudonyms. What it says holds until `until`, the last day of a school year.
    """

    account: str
    source: str
    role: Role
    schools: frozenset[str]
    classes: frozenset[tuple[str, str]]
    children: frozenset[str]
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A family or a child comes to a centre, and to one of its groups, between two days, included.

    `who` is a pseudonym: an account's, a child's, or what a paper code made. Without a group,
    the centre's own pages open and no group's.
    """

    who: str
    centre: str
    group: str | None
    starts_on: date
    ends_on: date

    def holds(self, day: date) -> bool:
        """Say whether the enrolment is in force on *day*."""
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffGrant:
    """A role in one centre, or in the whole town (`WHOLE_TOWN`), until `ends_on` included.

    None as an end: until it is taken back.
    """

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
    `sign_in` is a random id, by which signing out ends this pass and no other. `account` is who
    signed in; `person`, whom that account is bound to: itself, or the account another was
    joined to.
    """

    sign_in: str
    person: str
    account: str
    source: str
    role: Role
    schools: frozenset[str]
    classes: frozenset[tuple[str, str]]
    children: frozenset[str]
    given_name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the records know, at one instant, of the person a pass names.

    `accounts` are the person's other accounts. `charter` is the newest version of the charter
    they accepted, 0 when none.
    """

    has_ended: bool = False
    grants: tuple[StaffGrant, ...] = ()
    accounts: tuple[Account, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    charter: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The decision that something is not handed over. It never says whether the thing exists."""
