"""Tries are counted before they are looked at."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.records import open_records
from publisher.records.tries import Tries

NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)
NONE = timedelta()


@pytest.fixture(name="tries")
def _tries(tmp_path: Path) -> Tries:
    return open_records(f"sqlite:///{tmp_path / 'preau.sqlite3'}").tries


def third_waits(taken: int) -> timedelta:
    """A minute after the third, and after each that follows."""
    return timedelta(minutes=1) if taken >= 3 else NONE


def take(tries: Tries, at: datetime, who: str = "w") -> timedelta:
    """Take one."""
    return tries.take(who, at, wait_after=third_waits, remembered_for=timedelta(minutes=15))


def test_a_try_that_waits_is_not_counted_and_waits_no_longer(tries: Tries) -> None:
    """Pressing again and again does not push the end away."""
    assert [take(tries, NOW) for _one in range(3)] == [NONE] * 3
    for second in (0, 10, 59):
        assert take(tries, NOW + timedelta(seconds=second)) == timedelta(seconds=60 - second)
    assert take(tries, NOW + timedelta(seconds=60)) == NONE
    assert take(tries, NOW + timedelta(seconds=61)) > NONE
    assert take(tries, NOW, "other") == NONE


def test_tries_are_forgotten_after_a_while_without_any(tries: Tries) -> None:
    """Not before; and a longer wait is not forgotten before its end."""
    for _one in range(3):
        take(tries, NOW)
    late = NOW + timedelta(minutes=14)
    assert take(tries, late) == NONE
    assert take(tries, late) > NONE
    assert take(tries, late + timedelta(minutes=15)) == NONE
    assert take(tries, late + timedelta(minutes=15)) == NONE


def test_a_long_wait_outlives_the_memory_of_tries(tries: Tries) -> None:
    """An hour's lock is an hour's, though tries are remembered for a quarter of one."""
    hour = timedelta(hours=1)

    def wait(at: datetime) -> timedelta:
        return tries.take(
            "w", at, wait_after=lambda _taken: hour, remembered_for=timedelta(minutes=15)
        )

    assert wait(NOW) == NONE
    assert wait(NOW) == hour
    assert wait(NOW + timedelta(minutes=16)) == timedelta(minutes=44)


def test_success_is_forgotten_or_given_back(tries: Tries) -> None:
    """One account's tries go all; a network's go one by one, and never below none."""
    for _one in range(3):
        take(tries, NOW)
    tries.forget("w")
    assert [take(tries, NOW) for _one in range(2)] == [NONE] * 2
    for _one in range(5):
        tries.give_back("w")
    assert [take(tries, NOW) for _one in range(3)] == [NONE] * 3
    assert take(tries, NOW) > NONE


def test_many_at_once_are_as_many_tries(tries: Tries) -> None:
    """Fifty requests in the same instant: three are looked at, at most."""
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _number: take(tries, NOW), range(50)))
    assert waits.count(NONE) <= 3
