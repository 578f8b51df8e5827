"""The team's rights and invitations: given, used once, taken back."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Row,
    delete,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from publisher.model.person import StaffGrant, StaffRole
from publisher.model.staff import Colleague, Invitation, Lapse, free_handle, is_already_here
from publisher.records.instants import kept, read, read_or_none
from publisher.records.local_accounts import LocalAccount, forget_account, keep_account
from publisher.records.tables import (
    accounts,
    local_accounts,
    staff_grants,
    staff_handles,
    staff_invitations,
)

KEPT_AFTER_THE_END = timedelta(days=90)
"""How long an invitation that is over can still say so, rather than that it does not exist."""


class IdentifierIsTaken(Exception):
    """Another account of Préau's own has this identifier already; nothing was written."""


class _CannotAccept(Exception):
    """Ends the transaction of an acceptance that is none."""

    def __init__(self, lapse: Lapse) -> None:
        super().__init__(lapse)
        self.lapse = lapse


class Staff:
    """Rights to write, and the invitations that give them. Every method is one transaction."""

    def __init__(self, engine: Engine, draw: Callable[[int], int] = secrets.randbelow) -> None:
        """Join the team to a database; *draw* gives a number below its argument, for handles."""
        self._engine, self._draw = engine, draw

    def colleagues(self, centre: str) -> tuple[Colleague, ...]:
        """Everybody who was given a right in *centre*, ended ones included, oldest first."""
        return self._colleagues(staff_grants.c.centre == centre)

    def every_colleague(self) -> tuple[Colleague, ...]:
        """Every right that was given, by centre, oldest first."""
        return self._colleagues(true())

    def colleague(self, centre: str, handle: str) -> Colleague | None:
        """Who has that handle in *centre*, if they still have a right there."""
        found = self._colleagues(
            (staff_grants.c.centre == centre) & (staff_grants.c.handle == handle)
        )
        return found[0] if found else None

    def give(self, grant: StaffGrant, at: datetime) -> None:
        """Give the right, in place of the one *grant*'s person had in that centre.

        Their handle, and since when they are there, stay.
        """
        handle = self._new_handle(grant.centre)
        with self._engine.begin() as connection:
            _give(connection, grant, handle, at)

    def prolong(self, centre: str, handle: str, ends_on: date | None) -> bool:
        """Let the right of *handle* end on another day, or never; says whether there was one."""
        with self._engine.begin() as connection:
            return (
                connection.execute(
                    update(staff_grants)
                    .where(staff_grants.c.centre == centre, staff_grants.c.handle == handle)
                    .values(ends_on=ends_on)
                ).rowcount
                > 0
            )

    def take_back(self, person: str, centre: str) -> bool:
        """Take the right back; says whether there was one."""
        with self._engine.begin() as connection:
            return connection.execute(_of(person, centre)).rowcount > 0

    def invite(
        self,
        *,
        digest: str,
        centre: str,
        role: StaffRole,
        made_at: datetime,
        expires_at: datetime,
        ends_on: date | None = None,
        invited_by: str = "",
        replaces: Colleague | None = None,
    ) -> Invitation:
        """Write an invitation down under the *digest* of its code, with the handle it will give.

        With *replaces*, the handle stays theirs, and the open invitation made for the same
        reason before, if there is one, is taken back.
        """
        handle = self._new_handle(centre) if replaces is None else replaces.handle
        invitation = Invitation(
            digest=digest,
            centre=centre,
            role=role,
            handle=handle,
            made_at=made_at,
            expires_at=expires_at,
            ends_on=ends_on,
            invited_by=invited_by,
            replaces="" if replaces is None else replaces.grant.person,
        )
        long_over = staff_invitations.c.expires_at < kept(made_at - KEPT_AFTER_THE_END)
        with self._engine.begin() as connection:
            connection.execute(delete(staff_invitations).where(long_over))
            connection.execute(_revocation(centre, handle, made_at))
            connection.execute(
                insert(staff_invitations).values(
                    digest=digest,
                    centre=centre,
                    role=role.value,
                    handle=handle,
                    ends_on=ends_on,
                    invited_by=invited_by,
                    replaces=invitation.replaces,
                    made_at=kept(made_at),
                    expires_at=kept(expires_at),
                )
            )
        return invitation

    def invitation(self, digest: str) -> Invitation | None:
        """The invitation whose code has that digest, whatever became of it."""
        query = select(staff_invitations).where(staff_invitations.c.digest == digest)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _invitation(row)

    def open_invitations(self, now: datetime, centre: str | None = None) -> tuple[Invitation, ...]:
        """The invitations of *centre* (of all, when None) that can be used at *now*, oldest first."""
        query = (
            select(staff_invitations)
            .where(
                true() if centre is None else staff_invitations.c.centre == centre,
                _is_open(now),
            )
            .order_by(staff_invitations.c.centre, staff_invitations.c.made_at)
        )
        with self._engine.connect() as connection:
            return tuple(_invitation(row) for row in connection.execute(query))

    def revoke_invitation(self, centre: str, handle: str, at: datetime) -> bool:
        """Take back the open invitation of *handle*; says whether there was one."""
        with self._engine.begin() as connection:
            return connection.execute(_revocation(centre, handle, at)).rowcount > 0

    def accept(
        self,
        digest: str,
        who: str,
        now: datetime,
        today: date,
        *,
        person: str = "",
        account: LocalAccount | None = None,
    ) -> StaffGrant | Lapse:
        """Use the invitation for the account *who*, once; the right it gave, or why it gave none.

        *person* is whom that account is joined to, when not itself: their rights are looked at
        too. With *account*, an account of Préau's own is made for them, in the same transaction.
        Its identifier may be taken by one person only: whom the invitation replaces, when
        they have no right in any other place; their way in is then made anew.

        Raises IdentifierIsTaken.
        """
        try:
            with self._engine.begin() as connection:
                return _accept(connection, digest, (who, person or who), now, today, account)
        except _CannotAccept as stop:
            return stop.lapse

    def _colleagues(self, which: ColumnElement[bool]) -> tuple[Colleague, ...]:
        query = (
            select(staff_grants)
            .where(which)
            .order_by(staff_grants.c.centre, staff_grants.c.granted_at, staff_grants.c.handle)
        )
        with self._engine.connect() as connection:
            return tuple(
                Colleague(grant=_grant(row), handle=row.handle, since=read(row.granted_at))
                for row in connection.execute(query)
            )

    def _new_handle(self, centre: str) -> str:
        """A handle nobody had in *centre*, taken at once: two invitations never share one."""
        while True:
            try:
                with self._engine.begin() as connection:
                    query = select(staff_handles.c.handle).where(staff_handles.c.centre == centre)
                    handle = free_handle(set(connection.execute(query).scalars()), self._draw)
                    connection.execute(insert(staff_handles).values(centre=centre, handle=handle))
            except IntegrityError:
                continue
            return handle


def _accept(
    connection: Connection,
    digest: str,
    who_and_person: tuple[str, str],
    now: datetime,
    today: date,
    account: LocalAccount | None,
) -> StaffGrant:
    who, person = who_and_person
    used = connection.execute(
        update(staff_invitations)
        .where(staff_invitations.c.digest == digest, _is_open(now))
        .values(used_at=kept(now))
    ).rowcount
    row = connection.execute(
        select(staff_invitations).where(staff_invitations.c.digest == digest)
    ).first()
    if row is None:
        raise _CannotAccept(Lapse.UNKNOWN)
    invitation = _invitation(row)
    if not used:
        raise _CannotAccept(invitation.lapse(now) or Lapse.OVER)
    if account is not None:
        _make_way(connection, account, invitation)
        keep_account(connection, account)
    if is_already_here(invitation, _grants_of(connection, person), today):
        raise _CannotAccept(Lapse.ALREADY_HERE)
    if invitation.replaces:
        connection.execute(_of(invitation.replaces, invitation.centre))
        if invitation.replaces != who and not _grants_of(connection, invitation.replaces):
            forget_account(connection, invitation.replaces)
    grant = StaffGrant(
        person=who,
        centre=invitation.centre,
        role=invitation.role,
        ends_on=invitation.ends_on,
    )
    _give(connection, grant, invitation.handle, now)
    return grant


def _make_way(connection: Connection, account: LocalAccount, invitation: Invitation) -> None:
    """Let *account* be made where none is, or where the one that is there is being replaced."""
    there = connection.execute(
        select(local_accounts.c.account).where(local_accounts.c.account == account.account)
    ).first()
    if there is None:
        return
    elsewhere = any(
        grant.centre != invitation.centre for grant in _grants_of(connection, account.account)
    )
    if invitation.replaces != account.account or elsewhere:
        raise IdentifierIsTaken
    forget_account(connection, account.account)


def _give(connection: Connection, grant: StaffGrant, handle: str, at: datetime) -> None:
    here = select(staff_grants).where(
        staff_grants.c.person == grant.person, staff_grants.c.centre == grant.centre
    )
    before = connection.execute(here).first()
    connection.execute(_of(grant.person, grant.centre))
    connection.execute(
        insert(staff_grants).values(
            person=grant.person,
            centre=grant.centre,
            role=grant.role.value,
            ends_on=grant.ends_on,
            granted_at=kept(at) if before is None else before.granted_at,
            handle=handle if before is None else before.handle,
        )
    )


def _grants_of(connection: Connection, person: str) -> tuple[StaffGrant, ...]:
    joined = select(accounts.c.account).where(accounts.c.person == person)
    query = select(staff_grants).where(
        or_(staff_grants.c.person == person, staff_grants.c.person.in_(joined))
    )
    return tuple(_grant(row) for row in connection.execute(query))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return (
        staff_invitations.c.used_at.is_(None)
        & staff_invitations.c.revoked_at.is_(None)
        & (staff_invitations.c.expires_at > kept(now))
    )


def _revocation(centre: str, handle: str, at: datetime) -> Any:  # noqa: ANN401 (SQLAlchemy's `Update` of no table in particular)
    return (
        update(staff_invitations)
        .where(
            staff_invitations.c.centre == centre,
            staff_invitations.c.handle == handle,
            _is_open(at),
        )
        .values(revoked_at=kept(at))
    )


def _of(person: str, centre: str) -> Delete:
    return delete(staff_grants).where(
        staff_grants.c.person == person, staff_grants.c.centre == centre
    )


def _grant(row: Row[Any]) -> StaffGrant:
    return StaffGrant(
        person=row.person, centre=row.centre, role=StaffRole(row.role), ends_on=row.ends_on
    )


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        digest=row.digest,
        centre=row.centre,
        role=StaffRole(row.role),
        handle=row.handle,
        made_at=read(row.made_at),
        expires_at=read(row.expires_at),
        ends_on=row.ends_on,
        invited_by=row.invited_by,
        replaces=row.replaces,
        used_at=read_or_none(row.used_at),
        revoked_at=read_or_none(row.revoked_at),
    )
