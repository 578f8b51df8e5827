"""Which sign-ins are under way, which have ended, and which proofs were used."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, Insert, delete, insert, select
from sqlalchemy.exc import IntegrityError

from publisher.records.tables import ended_sign_ins, sign_ins, spent_proofs

KEPT_AFTER_THE_END = timedelta(days=2)
"""How long a sign-in that is over stays written down: longer than any two clocks differ."""
FORGETS_EVERY = timedelta(hours=1)
"""How often each process forgets them: with a month of a town's sign-ins, not at each one."""


class SignIns:
    """Sign-ins and proofs. Every method is one transaction, durable on return."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._forgot_at: datetime | None = None

    def begin(
        self,
        sign_in: str,
        *,
        account: str,
        session: str,
        now: datetime,
        ends_at: datetime,
        spends: Iterable[tuple[str, datetime]] = (),
    ) -> bool:
        """Write down a sign-in that ends at *ends_at*, and use the proofs that it *spends*.

        False, and nothing is written, when one of them was used already, or the sign-in begun:
        all is one commit, for a commit is what costs. *session* is a digest of the source's own
        session, empty when it named none.
        """
        forgets = self._forgot_at is None or not (
            timedelta() <= now - self._forgot_at < FORGETS_EVERY
        )
        try:
            with self._engine.begin() as connection:
                for proof, until in spends:
                    connection.execute(_spending(proof, until))
                connection.execute(
                    insert(sign_ins).values(
                        sign_in=sign_in,
                        account=account,
                        session=session,
                        began_at=now.astimezone(UTC),
                        ends_at=ends_at.astimezone(UTC),
                    )
                )
                if forgets:
                    _forget(connection, now.astimezone(UTC) - KEPT_AFTER_THE_END)
        except IntegrityError:
            return False
        if forgets:
            self._forgot_at = now
        return True

    def end_those_of(
        self, *, session: str = "", account: str = "", at: datetime
    ) -> tuple[str, ...]:
        """End the sign-ins of the source's *session*, or all of *account*: which ones it ended.

        With both, those of the session only, and only if they are the account's.
        """
        if not session and not account:
            return ()
        chosen = select(sign_ins.c.sign_in).where(
            sign_ins.c.sign_in.not_in(select(ended_sign_ins.c.sign_in))
        )
        if session:
            chosen = chosen.where(sign_ins.c.session == session)
        if account:
            chosen = chosen.where(sign_ins.c.account == account)
        with self._engine.begin() as connection:
            ended = tuple(connection.execute(chosen).scalars())
            if ended:
                connection.execute(
                    insert(ended_sign_ins),
                    [{"sign_in": one, "ended_at": at.astimezone(UTC)} for one in ended],
                )
        return ended

    def spend(self, proof: str, until: datetime) -> bool:
        """Use *proof*, which counts once before *until*: False when it was used already."""
        try:
            with self._engine.begin() as connection:
                connection.execute(_spending(proof, until))
        except IntegrityError:
            return False
        return True


def _spending(proof: str, until: datetime) -> Insert:
    return insert(spent_proofs).values(proof=proof, until=until.astimezone(UTC))


def _forget(connection: Connection, over: datetime) -> None:
    """Forget what was over before then. It reads whole tables."""
    long_over = select(sign_ins.c.sign_in).where(sign_ins.c.ends_at < over)
    connection.execute(delete(ended_sign_ins).where(ended_sign_ins.c.sign_in.in_(long_over)))
    connection.execute(delete(sign_ins).where(sign_ins.c.ends_at < over))
    connection.execute(delete(spent_proofs).where(spent_proofs.c.until < over))
