"""Accounts of one person: joined, moved, parted, and never by a pass that is out of date."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.model.person import Account, StaffGrant, StaffRole
from publisher.records import Records, open_records
from publisher.sign_in.passes import new_pass
from tests.accounts import account

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
A, B, C, D = (account(name, schools=(f"{number:07}A",)) for number, name in enumerate("abcd"))


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Records:
    return open_records(f"sqlite:///{tmp_path / 'preau.sqlite3'}")


def _joined(records: Records, *others: Account, to: Account = A) -> None:
    for one in others:
        records.accounts.join(one, to, records.accounts.person_of(to.account))


def _seen_by(records: Records, one: Account) -> set[str]:
    """Whom the records know *one* by, from a pass given before anything was joined."""
    known = records.known_of(new_pass(one, "", NOW + timedelta(hours=1)))
    return {other.account for other in known.accounts}


def test_joined_accounts_know_one_another_at_the_next_request(records: Records) -> None:
    """Each sees the others, and whoever is not joined sees nobody."""
    _joined(records, B, C)
    assert _seen_by(records, A) == {"b", "c"}
    assert _seen_by(records, B) == {"a", "c"}
    assert _seen_by(records, D) == set()


def test_an_account_that_moves_leaves_whom_it_was_joined_to(records: Records) -> None:
    """It is in one place at a time."""
    _joined(records, B)
    _joined(records, B, to=D)
    assert _seen_by(records, B) == {"d"}
    assert _seen_by(records, A) == set()


def test_those_that_were_joined_to_an_account_follow_it(records: Records) -> None:
    """Three accounts of one person stay together when their first is joined to a fourth."""
    _joined(records, B, C)
    _joined(records, A, to=D)
    assert _seen_by(records, D) == {"a", "b", "c"}


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_the_others_stay_together_whichever_parts(records: Records, gone: str) -> None:
    """Even the first of them, by whose pseudonym they were all known."""
    _joined(records, B, C)
    person = records.accounts.person_of("b")
    assert records.accounts.part(gone, person)
    left = sorted({"a", "b", "c"} - {gone})
    by_name = {one.account: one for one in (A, B, C)}
    assert _seen_by(records, by_name[gone]) == set()
    assert _seen_by(records, by_name[left[0]]) == {left[1]}
    assert _seen_by(records, by_name[left[1]]) == {left[0]}


def test_who_is_left_alone_is_not_written_down_any_more(records: Records) -> None:
    """Nothing is kept of accounts that are joined to nobody."""
    _joined(records, B)
    assert records.accounts.part("b", "a")
    assert records.accounts.of("a") == records.accounts.of("b") == ()
    assert not records.accounts.part("b", "a")


def test_nobody_parts_what_is_not_theirs(records: Records) -> None:
    """Another person's name parts nothing."""
    _joined(records, B)
    assert not records.accounts.part("b", "d")
    assert _seen_by(records, A) == {"b"}


def test_roles_and_the_charter_follow_the_accounts(records: Records) -> None:
    """What one account was given or accepted counts for the person, until they part."""
    records.grant_staff(StaffGrant(person="b", centre="x", role=StaffRole.ANIMATOR), NOW)
    records.accept_charter("b", 2, NOW)
    pass_ = new_pass(A, "", NOW + timedelta(hours=1))
    assert (records.known_of(pass_).grants, records.known_of(pass_).charter) == ((), 0)
    _joined(records, B)
    assert [one.person for one in records.known_of(pass_).grants] == ["b"]
    assert records.known_of(pass_).charter == 2
    records.accounts.part("b", "a")
    assert (records.known_of(pass_).grants, records.known_of(pass_).charter) == ((), 0)


def test_what_is_long_over_is_forgotten(records: Records) -> None:
    """An acceptance after three years; joined accounts nobody came with for two school years."""
    records.accept_charter("a", 1, NOW)
    _joined(records, B)
    later = NOW + timedelta(days=3 * 365 + 1)
    records.accept_charter("d", 1, later)
    assert records.known_of(new_pass(A, "", NOW + timedelta(hours=1))).charter == 0
    new = [replace(one, until=one.until.replace(year=2030)) for one in (C, D)]
    _joined(records, new[0], to=new[1])
    assert _seen_by(records, A) == set()
    assert _seen_by(records, D) == {"c"}
