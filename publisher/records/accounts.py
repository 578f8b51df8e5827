"""Several accounts of one person: a parent of a nursery and of a secondary school often has two."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from publisher.model.person import Account, Role
from publisher.records.tables import accounts

FORGOTTEN_AFTER = timedelta(days=2 * 365)
"""How long after the school year it was last seen in an account stays joined."""


class Accounts:
    """Which accounts are joined to which person. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recognise(self, account: Account) -> str:
        """The person *account* is joined to, itself when to nobody; what it says is brought up to date."""
        with self._engine.begin() as connection:
            row = connection.execute(
                select(accounts.c.person).where(accounts.c.account == account.account)
            ).first()
            if row is None:
                return account.account
            connection.execute(
                update(accounts)
                .where(accounts.c.account == account.account)
                .values(**_facts(account))
            )
            return str(row.person)

    def join(self, account: Account, other: Account, person: str) -> None:
        """Join *account* to *person*, who signed in by *other*: each now opens what both do.

        It leaves whomever it was joined to before; those that were joined to it follow it. Any
        account that nobody signed in with for two school years is forgotten.
        """
        with self._engine.begin() as connection:
            long_unseen = account.until - FORGOTTEN_AFTER
            connection.execute(delete(accounts).where(accounts.c.until < long_unseen))
            before = person_of(connection, account.account)
            connection.execute(
                update(accounts).where(accounts.c.person == account.account).values(person=person)
            )
            for one in (other, account):
                connection.execute(delete(accounts).where(accounts.c.account == one.account))
                connection.execute(
                    insert(accounts).values(account=one.account, person=person, **_facts(one))
                )
            if before != person:
                _forget_alone(connection, before)

    def part(self, account: str, person: str) -> bool:
        """Part *account* from *person*; says whether they were joined.

        The others stay together, whichever goes: when it is the one that gave them their person,
        the first of them gives it from now on. One that is left alone is nobody's.
        """
        with self._engine.begin() as connection:
            gone = connection.execute(
                delete(accounts).where(accounts.c.account == account, accounts.c.person == person)
            ).rowcount
            left = _forget_alone(connection, person)
            if gone and left and account == person:
                connection.execute(
                    update(accounts).where(accounts.c.person == person).values(person=left[0])
                )
            return gone > 0

    def person_of(self, account: str) -> str:
        """The person *account* is joined to now, itself when to nobody."""
        with self._engine.connect() as connection:
            return person_of(connection, account)

    def of(self, person: str) -> tuple[Account, ...]:
        """Every account joined to *person*, themselves included once another is."""
        with self._engine.connect() as connection:
            return accounts_of(connection, person)


def accounts_of(connection: Connection, person: str) -> tuple[Account, ...]:
    """Every account joined to *person*, by its pseudonym."""
    query = select(accounts).where(accounts.c.person == person).order_by(accounts.c.account)
    return tuple(_account(row) for row in connection.execute(query))


def person_of(connection: Connection, account: str) -> str:
    """The person *account* is joined to now, itself when to nobody."""
    query = select(accounts.c.person).where(accounts.c.account == account)
    return connection.execute(query).scalar_one_or_none() or account


def _forget_alone(connection: Connection, person: str) -> tuple[str, ...]:
    """The accounts still joined to *person*; one alone is joined to nobody, and is forgotten."""
    left = tuple(one.account for one in accounts_of(connection, person))
    if len(left) == 1:
        connection.execute(delete(accounts).where(accounts.c.account == left[0]))
        return ()
    return left


def _facts(account: Account) -> dict[str, object]:
    return {
        "source": account.source,
        "role": account.role.value,
        "schools": sorted(account.schools),
        "classes": sorted(account.classes),
        "children": sorted(account.children),
        "until": account.until,
    }


def _account(row: Row[Any]) -> Account:
    return Account(
        account=row.account,
        source=row.source,
        role=Role(row.role),
        schools=frozenset(row.schools),
        classes=frozenset((uai, name) for uai, name in row.classes),
        children=frozenset(row.children),
        until=row.until,
    )
