"""Who may read what. Pure: a person's facts, the town and the day in; spaces, or a refusal, out."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import takewhile

from publisher.model.person import (
    PAPER,
    READERS,
    WHOLE_TOWN,
    WRITING,
    Account,
    Enrolment,
    Known,
    Pass,
    Refusal,
    StaffRole,
)
from publisher.model.space import Space
from publisher.model.town import Centre, Group, Town

_BETWEEN_LEVELS = re.compile(r"[\s/+&-]+")


def spaces_of(pass_: Pass, known: Known, town: Town, today: date) -> frozenset[Space]:
    """The spaces that *pass_*, and what the records know of that person, open on *today*.

    The union, over the account that signed in and those joined to it: a family or a child enters
    each centre that one of their schools goes to, if that centre trusts the source that says
    so, and the groups that take one of their classes in one of those schools. An enrolment in
    force opens its centre, and its group; that of a child, as long as an account still says whose
    child it is. A role in force in a centre opens it with all its
    groups; the department's opens every centre. Nobody else enters by profile: being a teacher
    or an agent of the town opens nothing. A source that the town does not have any more opens
    nothing at all, and neither does a sign-in that ended.
    """
    if known.has_ended or (pass_.source != PAPER and town.source(pass_.source) is None):
        return frozenset()
    opened: set[Space] = set()
    roles = {(grant.centre, grant.role) for grant in known.grants if grant.holds(today)}
    reads_all = (WHOLE_TOWN, StaffRole.DEPARTMENT) in roles
    accounts: tuple[Pass | Account, ...] = (
        pass_,
        *(one for one in known.accounts if today <= one.until),
    )
    children = frozenset[str]().union(*(account.children for account in accounts))
    no_longer = frozenset[str]().union(*(one.children for one in known.accounts)) - children
    enrolments = [one for one in known.enrolments if one.holds(today) and one.who not in no_longer]
    for centre in town.centres:
        if reads_all or any((centre.slug, role) in roles for role in WRITING):
            opened.update(centre.spaces)
        for account in accounts:
            if account.role in READERS and account.source in centre.sign_in:
                opened.update(_by_school(account, centre))
        for enrolment in enrolments:
            if enrolment.centre == centre.slug:
                opened.update(_by_enrolment(enrolment, centre))
    return frozenset(opened)


def admit(
    pass_: Pass,
    known: Known,
    spaces: frozenset[Space],
    space: Space,
    *,
    charter: int,
    now: datetime,
) -> Pass | Refusal:
    """Let *pass_* into *space* at *now*, or refuse.

    A space opens only itself: being let into a centre lets nobody into its groups, nor the
    other way round. None opens before the version *charter* of the charter is accepted.
    """
    if known.has_ended or now >= pass_.ends_at:
        return Refusal()
    if not has_accepted(known, charter) or space not in spaces:
        return Refusal()
    return pass_


def has_accepted(known: Known, charter: int) -> bool:
    """Say whether the version *charter* of the charter, or a newer one, was accepted."""
    return known.charter >= charter


def _by_enrolment(enrolment: Enrolment, centre: Centre) -> Iterable[Space]:
    yield centre.space
    if enrolment.group is not None and centre.group(enrolment.group) is not None:
        yield Space(centre.slug, enrolment.group)


def _by_school(account: Pass | Account, centre: Centre) -> Iterable[Space]:
    schools = account.schools & {school.uai for school in centre.schools}
    if not schools:
        return
    yield centre.space
    known = frozenset(level.casefold() for group in centre.groups for level in group.levels)
    levels = [_levels_in(name, known) for uai, name in account.classes if uai in schools]
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
