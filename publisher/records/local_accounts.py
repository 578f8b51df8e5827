"""Accounts of Préau's own, for a team whose town has no directory: digests and sealed secrets.

What is stored leads to nobody: an account is a pseudonym, its password an argon2 digest, its
one-time secret sealed, a passkey's public half, recovery codes as digests.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from publisher.records.instants import kept, read
from publisher.records.tables import local_accounts, passkeys, recovery_codes

_NEVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccount:
    """One account: a pseudonym, and the digest of its password."""

    account: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPasskey:
    """A passkey's public half. `credential` is its id in base 64 for addresses."""

    credential: str
    public_key: bytes
    sign_count: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """The second factors of one account: a sealed one-time secret ("" without), passkeys, codes."""

    totp: str = ""
    passkeys: tuple[StoredPasskey, ...] = ()
    recovery_codes: int = 0

    @property
    def is_double(self) -> bool:
        """Whether the account has a second factor."""
        return bool(self.totp or self.passkeys)


class LocalAccounts:
    """Passwords and second factors. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def password_of(self, account: str) -> str | None:
        """The digest of the password of *account*, or None when there is no such account."""
        query = select(local_accounts.c.password).where(local_accounts.c.account == account)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def change_password(self, account: str, password: str) -> None:
        """Keep another digest for *account*."""
        with self._engine.begin() as connection:
            connection.execute(
                update(local_accounts)
                .where(local_accounts.c.account == account)
                .values(password=password)
            )

    def locks_of(self, account: str) -> Locks | None:
        """The second factors of *account*, or None when there is no such account."""
        with self._engine.connect() as connection:
            totp = connection.execute(
                select(local_accounts.c.totp).where(local_accounts.c.account == account)
            ).scalar_one_or_none()
            if totp is None:
                return None
            keys = select(passkeys).where(passkeys.c.account == account)
            codes = (
                select(func.count())
                .select_from(recovery_codes)
                .where(recovery_codes.c.account == account)
            )
            return Locks(
                totp=totp,
                passkeys=tuple(
                    StoredPasskey(
                        credential=row.credential,
                        public_key=row.public_key,
                        sign_count=row.sign_count,
                        added_at=read(row.added_at),
                    )
                    for row in connection.execute(keys.order_by(passkeys.c.added_at))
                ),
                recovery_codes=connection.execute(codes).scalar_one(),
            )

    def keep_totp(self, account: str, sealed: str, step: int) -> None:
        """Keep a one-time secret in place of the one before; the code of *step* was used."""
        with self._engine.begin() as connection:
            connection.execute(
                update(local_accounts)
                .where(local_accounts.c.account == account)
                .values(totp=sealed, totp_step=step)
            )

    def use_step(self, account: str, step: int, sealed: str) -> bool:
        """Use the code of *step*: False when it, or a later one, was used already.

        *sealed* is the secret as it is to be kept from now on.
        """
        with self._engine.begin() as connection:
            return (
                connection.execute(
                    update(local_accounts)
                    .where(local_accounts.c.account == account, local_accounts.c.totp_step < step)
                    .values(totp_step=step, totp=sealed)
                ).rowcount
                > 0
            )

    def drop_totp(self, account: str) -> None:
        """Forget the one-time secret."""
        self.keep_totp(account, "", _NEVER)

    def keep_passkey(self, account: str, passkey: StoredPasskey) -> bool:
        """Keep a passkey of *account*; False when it is known already, to anybody."""
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(passkeys).values(
                        credential=passkey.credential,
                        account=account,
                        public_key=passkey.public_key,
                        sign_count=passkey.sign_count,
                        added_at=kept(passkey.added_at),
                    )
                )
        except IntegrityError:
            return False
        return True

    def count_use(self, credential: str, sign_count: int) -> None:
        """Keep what a passkey says of how often it signed."""
        with self._engine.begin() as connection:
            connection.execute(
                update(passkeys)
                .where(passkeys.c.credential == credential)
                .values(sign_count=sign_count)
            )

    def drop_passkeys(self, account: str) -> None:
        """Forget every passkey of *account*."""
        with self._engine.begin() as connection:
            connection.execute(delete(passkeys).where(passkeys.c.account == account))

    def keep_recovery_codes(self, account: str, digests: Collection[str]) -> None:
        """Keep the digests of new codes; those of before count no more."""
        with self._engine.begin() as connection:
            connection.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
            connection.execute(
                insert(recovery_codes), [{"digest": one, "account": account} for one in digests]
            )

    def use_recovery_code(self, account: str, digest: str) -> bool:
        """Use a code of *account*, once: False when it is none."""
        with self._engine.begin() as connection:
            return (
                connection.execute(
                    delete(recovery_codes).where(
                        recovery_codes.c.account == account, recovery_codes.c.digest == digest
                    )
                ).rowcount
                > 0
            )


def keep_account(connection: Connection, account: LocalAccount) -> None:
    """Write *account* down, without a second factor."""
    connection.execute(
        insert(local_accounts).values(
            account=account.account, password=account.password, totp="", totp_step=_NEVER
        )
    )


def forget_account(connection: Connection, account: str) -> None:
    """Forget *account* and all that opened it; nothing when it is no account of Préau's own."""
    for table in (local_accounts, passkeys, recovery_codes):
        connection.execute(delete(table).where(table.c.account == account))
