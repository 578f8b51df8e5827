"""What is written down, and asked for, in the words of the house."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Delete, Engine, Select, delete, insert, select
from sqlalchemy.exc import IntegrityError

from publisher.model.person import StaffGrant, StaffRole
from publisher.records.tables import ended_sign_ins, staff_grants, submissions


class Records:
    """The records of one instance. Every method is one transaction, durable on return."""

    def __init__(self, engine: Engine) -> None:
        """Join the records to a database that `open_records` prepared."""
        self._engine = engine

    def staff_grants_of(self, person: str) -> tuple[StaffGrant, ...]:
        """Every right to write that *person* was given, ended ones included, by centre."""
        return self._grants(select(staff_grants).where(staff_grants.c.person == person))

    def every_staff_grant(self) -> tuple[StaffGrant, ...]:
        """Every right to write, by centre then person."""
        return self._grants(select(staff_grants))

    def _grants(self, query: Select[Any]) -> tuple[StaffGrant, ...]:
        ordered = query.order_by(staff_grants.c.centre, staff_grants.c.person)
        with self._engine.connect() as connection:
            return tuple(
                StaffGrant(
                    person=row.person,
                    centre=row.centre,
                    role=StaffRole(row.role),
                    ends_on=row.ends_on,
                )
                for row in connection.execute(ordered)
            )

    def grant_staff(self, grant: StaffGrant, at: datetime) -> None:
        """Give the right, in place of the one *grant*'s person had in that centre."""
        with self._engine.begin() as connection:
            connection.execute(_grant_of(grant.person, grant.centre))
            connection.execute(
                insert(staff_grants).values(
                    person=grant.person,
                    centre=grant.centre,
                    role=grant.role.value,
                    ends_on=grant.ends_on,
                    granted_at=at.astimezone(UTC),
                )
            )

    def revoke_staff(self, person: str, centre: str) -> bool:
        """Take the right back; says whether there was one."""
        with self._engine.begin() as connection:
            return connection.execute(_grant_of(person, centre)).rowcount > 0

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


def _grant_of(person: str, centre: str) -> Delete:
    return delete(staff_grants).where(
        staff_grants.c.person == person, staff_grants.c.centre == centre
    )
