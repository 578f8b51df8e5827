"""The team of a centre as its director knows it: rights, invitations, and no names. Pure.

Nobody's name is kept (law 8), and a free label beside a right would soon hold one. What a
director recognises somebody by is a *handle* (« A7 »): drawn when the invitation is made,
printed on the slip that is handed over, shown to whoever it belongs to on their own pages, and
never given twice in one centre. Who A7 is stays in the director's head, or on paper.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from publisher.model.person import TOWN_WIDE, StaffGrant, StaffRole

INVITATION_LASTS = timedelta(hours=72)
"""A week-end, for who is handed a slip on a Friday evening."""

NEEDS_SECOND_FACTOR = frozenset({StaffRole.DIRECTOR}) | TOWN_WIDE
"""The roles that give rights to others, or reach beyond one centre: a password alone is not
enough for an account of Préau's own."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DIGITS = "23456789"
"""No I, O, Q, 0 nor 1: a handle is read aloud, and copied from paper."""


class Lapse(StrEnum):
    """Why an invitation cannot be used."""

    UNKNOWN = "unknown"
    USED = "used"
    TAKEN_BACK = "taken back"
    OVER = "over"
    ALREADY_HERE = "already here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One role in one centre (or the whole town), offered to whoever holds its link or code.

    `digest` is all that is kept of the code. `ends_on` is the last day of the right it gives.
    `invited_by` is a pseudonym, empty when an administrator made it by command. `replaces` is
    the pseudonym whose right in that centre moves to whoever accepts: somebody who lost the
    way into their account. Instants are aware.
    """

    digest: str
    centre: str
    role: StaffRole
    handle: str
    made_at: datetime
    expires_at: datetime
    ends_on: date | None = None
    invited_by: str = ""
    replaces: str = ""
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def lapse(self, now: datetime) -> Lapse | None:
        """Why it cannot be used at *now*, or None when it can."""
        if self.used_at is not None:
            return Lapse.USED
        if self.revoked_at is not None:
            return Lapse.TAKEN_BACK
        return Lapse.OVER if now >= self.expires_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A right that was given, as the people of the centre see it: its handle, and since when."""

    grant: StaffGrant
    handle: str
    since: datetime


def is_already_here(invitation: Invitation, grants: Iterable[StaffGrant], day: date) -> bool:
    """Say whether whoever holds *grants* would gain nothing by *invitation*, or would lose.

    A right in force in that centre stands, and the invitation is for somebody else: a director
    who tries the link of an animator keeps their role. An animator becomes a director, and the
    person whose lost right it renews is welcome back.
    """
    return any(
        grant.centre == invitation.centre
        and grant.holds(day)
        and grant.person != invitation.replaces
        and (grant.role, invitation.role) != (StaffRole.ANIMATOR, StaffRole.DIRECTOR)
        for grant in grants
    )


def needs_second_factor(grants: Iterable[StaffGrant], day: date) -> bool:
    """Say whether one of *grants*, in force on *day*, asks for more than a password."""
    return any(grant.role in NEEDS_SECOND_FACTOR and grant.holds(day) for grant in grants)


def free_handle(taken: Collection[str], draw: Callable[[int], int]) -> str:
    """A handle that is not among *taken*: a letter and a digit, and more digits once they lack.

    *draw* gives a number below the one it is given.
    """
    handles = [letter + digit for letter in _LETTERS for digit in _DIGITS]
    while not (free := [one for one in handles if one not in taken]):
        handles = [one + digit for one in handles for digit in _DIGITS]
    return free[draw(len(free))]
