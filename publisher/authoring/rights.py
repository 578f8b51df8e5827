"""What each role may do in the team's app. Pure; every page asks here, and nowhere else."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from publisher.model.person import TOWN_WIDE, WHOLE_TOWN, StaffGrant, StaffRole


class Deed(StrEnum):
    """What a page lets somebody do in one centre, or in the whole town."""

    PUBLISH = "publish"
    SEE_PEOPLE = "see who has rights"
    CHANGE_ANIMATORS = "give, prolong and take back the rights of animators"
    CHANGE_DIRECTORS = "the same of directors"
    CHANGE_TOWN = "the same of those who have one for the whole town"


_DEEDS: Mapping[StaffRole, frozenset[Deed]] = {
    StaffRole.ANIMATOR: frozenset({Deed.PUBLISH}),
    StaffRole.DIRECTOR: frozenset(
        {Deed.PUBLISH, Deed.SEE_PEOPLE, Deed.CHANGE_ANIMATORS, Deed.CHANGE_DIRECTORS}
    ),
    StaffRole.DEPARTMENT: frozenset(),
    StaffRole.ADMINISTRATOR: frozenset(
        {Deed.SEE_PEOPLE, Deed.CHANGE_ANIMATORS, Deed.CHANGE_DIRECTORS, Deed.CHANGE_TOWN}
    ),
}
"""The department reads, at the families' door, and changes nothing here. The administrator gives
rights and publishes nothing."""


def may(role: StaffRole, deed: Deed) -> bool:
    """Say whether *role* may do *deed* where it was given."""
    return deed in _DEEDS[role]


def may_in(grants: Iterable[StaffGrant], deed: Deed, centre: str, day: date) -> bool:
    """Say whether one of *grants*, in force on *day*, lets do *deed* in *centre*.

    `WHOLE_TOWN` as a centre is the town itself. A role counts where it can be given: a
    director's in one centre, an administrator's for the town, and then in each of its centres.
    """
    return any(
        may(grant.role, deed)
        and grant.holds(day)
        and (
            grant.centre == WHOLE_TOWN
            if grant.role in TOWN_WIDE
            else grant.centre == centre != WHOLE_TOWN
        )
        for grant in grants
    )


def deed_of_giving(role: StaffRole) -> Deed:
    """What somebody must be let do to give *role*, prolong it or take it back."""
    if role in TOWN_WIDE:
        return Deed.CHANGE_TOWN
    return Deed.CHANGE_DIRECTORS if role is StaffRole.DIRECTOR else Deed.CHANGE_ANIMATORS
