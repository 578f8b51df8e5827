"""Sign-ins in the records: begun once with their proofs, in one commit, forgotten when long over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from publisher.records import Records, open_records
from publisher.records.sign_ins import FORGETS_EVERY, KEPT_AFTER_THE_END
from publisher.records.tables import ended_sign_ins, sign_ins, spent_proofs

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Records:
    return open_records(f"sqlite:///{tmp_path / 'preau.sqlite3'}")


def _begin(
    records: Records, name: str, *proofs: str, now: datetime = NOW, lasts: timedelta = HOUR
) -> bool:
    return records.sign_ins.begin(
        name,
        account="a",
        session="",
        now=now,
        ends_at=now + lasts,
        spends=[(proof, now + lasts) for proof in proofs],
    )


def _counts(records: Records) -> tuple[int, ...]:
    with records._engine.connect() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (sign_ins, ended_sign_ins, spent_proofs)
        )


def test_a_proof_begins_one_sign_in(records: Records) -> None:
    """Used once: what comes with it a second time begins nothing, and uses no other proof."""
    assert _begin(records, "one", "p", "q")
    assert _counts(records) == (1, 0, 2)
    assert not _begin(records, "two", "fresh", "q")
    assert _counts(records) == (1, 0, 2)
    assert _begin(records, "two", "fresh")
    assert not records.sign_ins.spend("fresh", NOW + HOUR)


def test_a_sign_in_is_begun_once(records: Records) -> None:
    """The same name again is refused, and its proof stays unused."""
    assert _begin(records, "one")
    assert not _begin(records, "one", "p")
    assert records.sign_ins.spend("p", NOW + HOUR)


def test_all_of_a_sign_in_is_one_commit(records: Records) -> None:
    """A commit is what costs: proofs and sign-in share one."""
    before = records.commits()
    assert before is not None
    _begin(records, "one", "p", "q")
    assert records.commits() == before + 1


def test_what_is_long_over_is_forgotten_now_and_then(records: Records) -> None:
    """Two days after the end, at the first sign-in of an hour: not before, not at each one."""
    _begin(records, "old", "p")
    records.end_sign_in("old", NOW)
    over = NOW + HOUR + KEPT_AFTER_THE_END
    _begin(records, "just in time", now=over)
    assert _counts(records) == (2, 1, 1)
    later = over + FORGETS_EVERY - timedelta(seconds=1)
    _begin(records, "a little later", now=later)
    assert _counts(records) == (3, 1, 1)
    _begin(records, "an hour later", now=over + FORGETS_EVERY)
    assert _counts(records) == (3, 0, 0)
    assert not records.has_ended("old")


def test_a_clock_that_is_set_back_does_not_keep_for_ever(records: Records) -> None:
    """What was over when the clock went wrong is forgotten all the same."""
    year = timedelta(days=365)
    _begin(records, "old", "p")
    _begin(records, "of a wrong clock", now=NOW + year)
    assert _counts(records) == (1, 0, 0)
    _begin(records, "right again", now=NOW, lasts=-KEPT_AFTER_THE_END - HOUR)
    assert _counts(records)[0] == 1
