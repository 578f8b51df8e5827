"""Who may read what. Pure: a person's facts, the town and the day in; spaces, or a refusal, out."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import takewhile

from publisher.model.person import Pass, Refusal, Role, StaffGrant
from publisher.model.space import Space
from publisher.model.town import Centre, Group, Town

_BETWEEN_LEVELS = re.compile(r"[\s/+&-]+")


def spaces_of(
    pass_: Pass, town: Town, staff_grants: Iterable[StaffGrant], today: date
) -> frozenset[Space]:
    """The spaces that *pass_* opens on *today*, the local day.

    A family or a child enters each centre that one of their schools goes to, if that centre
    trusts the source that says so, and the groups that take one of their classes in one of
    those schools. A grant in force opens its centre and all its groups. Nobody else enters by
    profile: being a teacher or an agent of the town opens nothing.
    """
    if town.source(pass_.source) is None:
        return frozenset()
    opened: set[Space] = set()
    for centre in town.centres:
        if any(
            grant.person == pass_.person and grant.centre == centre.slug and grant.holds(today)
            for grant in staff_grants
        ):
            opened.update(centre.spaces)
        elif pass_.role in {Role.FAMILY, Role.CHILD} and pass_.source in centre.sign_in:
            opened.update(_by_school(pass_, centre))
    return frozenset(opened)


def admit(pass_: Pass, spaces: frozenset[Space], space: Space, now: datetime) -> Pass | Refusal:
    """Let *pass_* into *space* at *now*, or refuse.

    A space opens only itself: being let into a centre lets nobody into its groups, nor the
    other way round.
    """
    if now >= pass_.ends_at or space not in spaces:
        return Refusal()
    return pass_


def _by_school(pass_: Pass, centre: Centre) -> Iterable[Space]:
    schools = pass_.schools & {school.uai for school in centre.schools}
    if not schools:
        return
    yield centre.space
    known = frozenset(level.casefold() for group in centre.groups for level in group.levels)
    levels = [_levels_in(name, known) for uai, name in pass_.classes if uai in schools]
    for group in centre.groups:
        if any(_takes(group, one) for one in levels):
            yield Space(centre.slug, group.slug)


def _levels_in(class_name: str, known: frozenset[str]) -> frozenset[str]:
    """The levels a class name begins with: `CP A` is CP, `CE1-CE2 Lune` is CE1 and CE2."""
    words = _BETWEEN_LEVELS.split(class_name.strip().casefold())
    return frozenset(takewhile(known.__contains__, words))


def _takes(group: Group, levels: frozenset[str]) -> bool:
    """Say whether *group* takes every one of *levels*.

    A class of two levels that two groups share does not say which group a child is in: it
    opens neither, and the family reads the centre's pages.
    """
    return bool(levels) and levels <= {level.casefold() for level in group.levels}
