"""Paper codes: once, by one, until they are over or taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from publisher.model.person import Enrolment
from publisher.records import Records, open_records
from publisher.records.paper_codes import Sheet, WhyNot
from publisher.sign_in.passes import new_pass
from tests.accounts import account

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
TODAY, LAST = NOW.date(), date(2027, 7, 3)


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Records:
    records = open_records(f"sqlite:///{tmp_path / 'preau.sqlite3'}")
    records.paper_codes.keep(
        "A7F4", ["un", "deux", "trois"], centre="tilleuls", group="moyens", ends_on=LAST, at=NOW
    )
    return records


def _use(records: Records, code: str, who: str = "p", day: date = TODAY) -> Enrolment | WhyNot:
    return records.paper_codes.use(code, who, day, NOW)


def _opened(records: Records, who: str = "p") -> int:
    pass_ = new_pass(account(who), "", NOW + timedelta(hours=1))
    return len(records.known_of(pass_).enrolments)


def test_a_code_opens_its_centre_and_group_until_its_last_day(records: Records) -> None:
    """From the day it is used on."""
    opened = Enrolment(who="p", centre="tilleuls", group="moyens", starts_on=TODAY, ends_on=LAST)
    assert _use(records, "un") == opened
    assert _opened(records) == 1


def test_a_code_is_used_once(records: Records) -> None:
    """By the first who comes; by them again, it says the same and opens nothing more."""
    first = _use(records, "un")
    assert _use(records, "un", "q") is WhyNot.USED
    assert _use(records, "un") == first
    assert (_opened(records), _opened(records, "q")) == (1, 0)


def test_of_many_at_once_one_uses_it(records: Records) -> None:
    """Sixteen browsers on one code."""
    with ThreadPoolExecutor(16) as together:
        said = list(together.map(lambda one: _use(records, "deux", f"p{one}"), range(16)))
    assert sum(isinstance(one, Enrolment) for one in said) == 1
    assert sum(_opened(records, f"p{one}") for one in range(16)) == 1


@pytest.mark.parametrize(
    ("code", "day", "why"),
    [
        ("inconnu", TODAY, WhyNot.UNKNOWN),
        ("un", LAST + timedelta(days=1), WhyNot.OVER),
    ],
)
def test_a_code_that_opens_nothing_says_why(
    records: Records, code: str, day: date, why: WhyNot
) -> None:
    """Unknown, or past its last day; on that day it still opens."""
    assert _use(records, code, day=day) is why
    assert _opened(records) == 0
    assert isinstance(_use(records, "trois", day=LAST), Enrolment)


def test_a_code_that_is_taken_back_ends_what_it_opened(records: Records) -> None:
    """Used or not, one or the whole sheet; another sheet stays."""
    records.paper_codes.keep("B2", ["autre"], centre="ourse", group=None, ends_on=LAST, at=NOW)
    _use(records, "un")
    _use(records, "autre", "q")
    assert records.paper_codes.take_back("A7F4", 1, NOW) == 1
    assert _opened(records) == 0
    assert _use(records, "un") is WhyNot.TAKEN_BACK
    assert isinstance(_use(records, "deux", "r"), Enrolment)
    assert records.paper_codes.take_back("A7F4", None, NOW) == 2
    assert _opened(records, "r") == 0
    assert _use(records, "trois") is WhyNot.TAKEN_BACK
    assert records.paper_codes.take_back("A7F4", None, NOW) == 0
    assert _opened(records, "q") == 1


def test_sheets_are_counted(records: Records) -> None:
    """How many codes, used, taken back."""
    _use(records, "un")
    records.paper_codes.take_back("A7F4", 2, NOW)
    assert records.paper_codes.sheets() == (
        Sheet(
            name="A7F4",
            centre="tilleuls",
            group="moyens",
            ends_on=LAST,
            codes=3,
            used=1,
            taken_back=1,
        ),
    )


def test_codes_long_over_are_forgotten(records: Records) -> None:
    """A month after their last day, when the next sheet is printed."""
    later = NOW + timedelta(days=300)
    records.paper_codes.keep("C3", ["c"], centre="ourse", group=None, ends_on=LAST, at=later)
    assert [one.name for one in records.paper_codes.sheets()] == ["C3"]
