"""The small database: durable, migrated, and each word of it kept."""

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from publisher.model.person import StaffGrant, StaffRole
from publisher.records import Records, SynchronousIsUnsafe, open_records
from publisher.records.tables import metadata

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)


@pytest.fixture(name="url")
def _url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'records' / 'preau.sqlite3'}"


@pytest.fixture(name="records")
def _records(url: str) -> Records:
    return open_records(url)


def test_the_migrations_make_the_tables_the_code_knows(url: str) -> None:
    """After every migration nothing differs from the tables as written."""
    open_records(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_sqlite_is_durable(records: Records) -> None:
    """Every connection is in WAL with synchronous=FULL (law 5)."""
    with records._engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_a_database_that_is_not_durable_is_not_opened() -> None:
    """SQLite in memory cannot keep a journal: opening fails rather than acknowledging in vain."""
    with pytest.raises(SynchronousIsUnsafe):
        open_records("sqlite:///:memory:")


def test_a_grant_is_given_replaced_and_taken_back(records: Records) -> None:
    """One right per person and centre; taking back says whether there was one."""
    grant = StaffGrant(person="p", centre="les-tilleuls", role=StaffRole.ANIMATOR)
    director = StaffGrant(
        person="p", centre="les-tilleuls", role=StaffRole.DIRECTOR, ends_on=date(2027, 7, 3)
    )
    records.grant_staff(grant, NOW)
    records.grant_staff(director, NOW)
    assert records.staff_grants_of("p") == (director,)
    assert records.every_staff_grant() == (director,)
    assert records.staff_grants_of("q") == ()
    assert records.revoke_staff("p", "les-tilleuls")
    assert not records.revoke_staff("p", "les-tilleuls")
    assert records.staff_grants_of("p") == ()


def test_a_grant_holds_until_its_last_day_included() -> None:
    """The day of the end still counts; the day after does not."""
    grant = StaffGrant(person="p", centre="c", role=StaffRole.ANIMATOR, ends_on=date(2026, 11, 18))
    assert grant.holds(date(2026, 11, 18))
    assert not grant.holds(date(2026, 11, 19))


def test_ending_a_sign_in_twice_is_ending_it_once(records: Records) -> None:
    """The first end stays; other sign-ins are not touched."""
    records.end_sign_in("a", NOW)
    records.end_sign_in("a", NOW)
    assert records.has_ended("a")
    assert not records.has_ended("b")


def test_of_two_equal_submissions_the_first_wins(records: Records) -> None:
    """Twenty tries at once agree on one slug, per centre."""
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda number=number: answers.append(
                records.keep_submission("s", "les-tilleuls", f"slug-{number}", NOW)
            )
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert records.slug_submitted("s", "les-tilleuls") == answers[0]
    assert records.slug_submitted("s", "la-grande-ourse") is None


def test_records_survive_being_opened_again(url: str) -> None:
    """A second start migrates nothing and loses nothing."""
    open_records(url).end_sign_in("a", NOW)
    assert open_records(url).has_ended("a")
