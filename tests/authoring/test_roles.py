"""What each role may do, against a table written by hand."""

from datetime import date

import pytest

from publisher.authoring.rights import Deed, deed_of_giving, may, may_in
from publisher.model.person import WHOLE_TOWN, StaffGrant, StaffRole

DAY = date(2026, 11, 18)

#                   animator, director, department, administrator
TABLE = """
PUBLISH             oui       oui       non         non
SEE_PEOPLE          non       oui       non         oui
CHANGE_ANIMATORS    non       oui       non         oui
CHANGE_DIRECTORS    non       oui       non         oui
CHANGE_TOWN         non       non       non         oui
"""
ROLES = (
    StaffRole.ANIMATOR,
    StaffRole.DIRECTOR,
    StaffRole.DEPARTMENT,
    StaffRole.ADMINISTRATOR,
)
ROWS = [
    (Deed[name], role, said == "oui")
    for name, *all_said in map(str.split, TABLE.strip().splitlines())
    for role, said in zip(ROLES, all_said, strict=True)
]


def grant(role: StaffRole, centre: str, ends_on: date | None = None) -> StaffGrant:
    """A right of somebody."""
    return StaffGrant(person="p", centre=centre, role=role, ends_on=ends_on)


@pytest.mark.parametrize(("deed", "role", "expected"), ROWS)
def test_each_role_may_do_what_the_table_says(
    deed: Deed, role: StaffRole, *, expected: bool
) -> None:
    """Every deed, every role; and the table forgets none."""
    assert may(role, deed) is expected
    assert {(row[0], row[1]) for row in ROWS} == {(one, each) for one in Deed for each in StaffRole}


def test_a_role_counts_where_and_while_it_was_given() -> None:
    """In its own centre until its last day; a town-wide role everywhere, the others never so."""
    director = grant(StaffRole.DIRECTOR, "les-tilleuls", DAY)
    assert may_in([director], Deed.PUBLISH, "les-tilleuls", DAY)
    assert not may_in([director], Deed.PUBLISH, "la-grande-ourse", DAY)
    assert not may_in([director], Deed.PUBLISH, "les-tilleuls", date(2026, 11, 19))
    administrator = grant(StaffRole.ADMINISTRATOR, WHOLE_TOWN)
    assert may_in([administrator], Deed.CHANGE_DIRECTORS, "les-tilleuls", DAY)
    assert may_in([administrator], Deed.CHANGE_TOWN, WHOLE_TOWN, DAY)
    assert not may_in([director], Deed.CHANGE_TOWN, WHOLE_TOWN, DAY)


@pytest.mark.parametrize("centre", ["les-tilleuls", WHOLE_TOWN])
def test_a_grant_that_cannot_be_opens_nothing(centre: str) -> None:
    """A director of « the town », an administrator of one centre: nobody gives those."""
    wrong = [grant(StaffRole.DIRECTOR, WHOLE_TOWN), grant(StaffRole.ADMINISTRATOR, "les-tilleuls")]
    assert not any(may_in(wrong, deed, centre, DAY) for deed in Deed)


def test_giving_a_role_is_a_deed_of_its_own() -> None:
    """Each role is given by whoever may change those who have it."""
    assert {role: deed_of_giving(role) for role in StaffRole} == {
        StaffRole.ANIMATOR: Deed.CHANGE_ANIMATORS,
        StaffRole.DIRECTOR: Deed.CHANGE_DIRECTORS,
        StaffRole.DEPARTMENT: Deed.CHANGE_TOWN,
        StaffRole.ADMINISTRATOR: Deed.CHANGE_TOWN,
    }
