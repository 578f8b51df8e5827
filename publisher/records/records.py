"""What is written down, and asked for, in the words of the house."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    delete,
    func,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError

from publisher.model.person import Enrolment, Known, Pass, StaffGrant, StaffRole
from publisher.records.accounts import Accounts, accounts_of, person_of
from publisher.records.enrolments import Enrolments
from publisher.records.local_accounts import LocalAccounts
from publisher.records.paper_codes import PaperCodes
from publisher.records.sign_ins import SignIns
from publisher.records.staff import Staff
from publisher.records.tables import (
    accounts,
    charters,
    ended_sign_ins,
    enrolments,
    staff_grants,
    submissions,
)
from publisher.records.tries import Tries

ACCEPTANCE_LASTS = timedelta(days=3 * 365)
"""How long the acceptance of a charter stays written down."""


class Records:
    """The records of one instance. Every method is one transaction, durable on return."""

    def __init__(self, engine: Engine, commits: Callable[[], int | None] = lambda: None) -> None:
        """Join the records to a database that `open_records` prepared."""
        self._engine, self._commits = engine, commits
        self.sign_ins = SignIns(engine)
        self.accounts = Accounts(engine)
        self.enrolments = Enrolments(engine)
        self.paper_codes = PaperCodes(engine)
        self.staff = Staff(engine)
        self.local_accounts = LocalAccounts(engine)
        self.tries = Tries(engine)

    def commits(self) -> int | None:
        """A number that is another one once anything was committed, by whichever process.

        None where the database does not tell: nothing that was read may then be remembered.
        """
        return self._commits()

    def known_of(self, pass_: Pass) -> Known:
        """All that the records know of whom *pass_* names, read at one instant.

        Whom its account is joined to is read as well: a pass that was given before two accounts
        were joined, or parted, would still say so.
        """
        with self._engine.connect() as connection:
            ended = select(ended_sign_ins.c.sign_in).where(
                ended_sign_ins.c.sign_in == pass_.sign_in
            )
            if connection.execute(ended).first() is not None:
                return Known(has_ended=True)
            others = accounts_of(connection, person_of(connection, pass_.account))
            names = {pass_.account, *(one.account for one in others)}
            children = pass_.children.union(*(one.children for one in others))
            charter = select(func.max(charters.c.version)).where(charters.c.person.in_(names))
            enrolled = (
                select(enrolments)
                .where(enrolments.c.who.in_(names | children))
                .order_by(enrolments.c.centre, enrolments.c.place, enrolments.c.starts_on)
            )
            return Known(
                grants=_grants(connection, staff_grants.c.person.in_(names)),
                accounts=tuple(one for one in others if one.account != pass_.account),
                enrolments=tuple(
                    Enrolment(
                        who=row.who,
                        centre=row.centre,
                        group=row.place or None,
                        starts_on=row.starts_on,
                        ends_on=row.ends_on,
                    )
                    for row in connection.execute(enrolled)
                ),
                charter=connection.execute(charter).scalar_one() or 0,
            )

    def accept_charter(self, person: str, version: int, at: datetime) -> None:
        """Write down that *person* accepted that version of the charter, the first time only.

        What anybody accepted more than three years ago is forgotten: it will be read again.
        """
        over = at.astimezone(UTC) - ACCEPTANCE_LASTS
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(charters).where(charters.c.accepted_at < over))
                connection.execute(
                    insert(charters).values(
                        person=person, version=version, accepted_at=at.astimezone(UTC)
                    )
                )
        except IntegrityError:
            return

    def staff_grants_of(self, person: str) -> tuple[StaffGrant, ...]:
        """Every role that *person*, or an account joined to them, was given, ended ones included."""
        joined = select(accounts.c.account).where(accounts.c.person == person)
        with self._engine.connect() as connection:
            return _grants(
                connection,
                or_(staff_grants.c.person == person, staff_grants.c.person.in_(joined)),
            )

    def every_staff_grant(self) -> tuple[StaffGrant, ...]:
        """Every role that was given, by centre then person."""
        with self._engine.connect() as connection:
            return _grants(connection, true())

    def grant_staff(self, grant: StaffGrant, at: datetime) -> None:
        """Give the right, in place of the one *grant*'s person had in that centre."""
        self.staff.give(grant, at)

    def revoke_staff(self, person: str, centre: str) -> bool:
        """Take the right back; says whether there was one."""
        return self.staff.take_back(person, centre)

    def end_sign_in(self, sign_in: str, at: datetime) -> None:
        """End a sign-in: its pass opens nothing from now on. Ending twice is ending once."""
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(ended_sign_ins).values(sign_in=sign_in, ended_at=at.astimezone(UTC))
                )
        except IntegrityError:
            return

    def has_ended(self, sign_in: str) -> bool:
        """Say whether that sign-in was ended."""
        query = select(ended_sign_ins.c.sign_in).where(ended_sign_ins.c.sign_in == sign_in)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def slug_submitted(self, submission: str, centre: str) -> str | None:
        """The slug that a form already made, when it is sent a second time."""
        query = select(submissions.c.slug).where(
            submissions.c.submission == submission, submissions.c.centre == centre
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep_submission(self, submission: str, centre: str, slug: str, at: datetime) -> str:
        """Write down which post a form made; the first writer's slug wins, and is returned."""
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(submissions).values(
                        submission=submission,
                        centre=centre,
                        slug=slug,
                        received_at=at.astimezone(UTC),
                    )
                )
        except IntegrityError:
            return self.slug_submitted(submission, centre) or slug
        return slug


def _grants(connection: Connection, which: ColumnElement[bool]) -> tuple[StaffGrant, ...]:
    query = select(staff_grants).where(which).order_by(staff_grants.c.centre, staff_grants.c.person)
    return tuple(
        StaffGrant(
            person=row.person, centre=row.centre, role=StaffRole(row.role), ends_on=row.ends_on
        )
        for row in connection.execute(query)
    )
