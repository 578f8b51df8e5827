"""Accounts to test with: what a source said of somebody, by a pseudonym of one's choice."""

from collections.abc import Iterable
from datetime import date

from publisher.model.person import Account, Role

LAST_DAY = date(2027, 8, 31)


def account(
    name: str = "p",
    role: Role = Role.FAMILY,
    schools: Iterable[str] = (),
    classes: Iterable[tuple[str, str]] = (),
    *,
    children: Iterable[str] = (),
    source: str = "demo",
    until: date = LAST_DAY,
) -> Account:
    """The account *name*, believed until the end of the tests' school year."""
    return Account(
        account=name,
        source=source,
        role=role,
        schools=frozenset(schools),
        classes=frozenset(classes),
        children=frozenset(children),
        until=until,
    )
