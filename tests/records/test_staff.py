"""Rights and invitations as they are written down: once, for one, with a handle of its own."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import publisher.records
from publisher.model.person import StaffGrant, StaffRole
from publisher.model.staff import Lapse, free_handle
from publisher.records import Records, open_records
from publisher.records.local_accounts import LocalAccount

NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(name="records")
def _records(tmp_path: Path) -> Records:
    return open_records(f"sqlite:///{tmp_path / 'preau.sqlite3'}")


def invite(records: Records, digest: str = "d", centre: str = "c", **more: object) -> str:
    """Write an invitation down; its handle."""
    return records.staff.invite(
        digest=digest,
        centre=centre,
        role=StaffRole.ANIMATOR,
        made_at=NOW,
        expires_at=NOW + timedelta(hours=72),
        **more,  # type: ignore[arg-type]  # the other facts of an invitation
    ).handle


def test_twenty_people_at_once_one_is_let_in(records: Records) -> None:
    """An invitation is used by whoever comes first, and by nobody else."""
    invite(records)

    def accept(number: int) -> StaffGrant | Lapse:
        return records.staff.accept("d", f"p{number}", NOW, TODAY)

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(accept, range(20)))
    given = [one for one in outcomes if isinstance(one, StaffGrant)]
    assert len(given) == 1
    assert outcomes.count(Lapse.USED) == 19
    assert [one.grant for one in records.staff.every_colleague()] == given


def test_what_ended_or_was_taken_back_is_not_used_whoever_looked_before(records: Records) -> None:
    """The moment of use decides, not the moment the page was shown."""
    handle = invite(records, "one")
    invite(records, "two")
    records.staff.revoke_invitation("c", handle, NOW)
    assert records.staff.accept("one", "p", NOW, TODAY) is Lapse.TAKEN_BACK
    assert records.staff.accept("two", "p", NOW + timedelta(hours=72), TODAY) is Lapse.OVER
    assert records.staff.every_colleague() == ()


def test_an_acceptance_that_fails_writes_nothing(records: Records) -> None:
    """Not the account that came with it, and the invitation can still be used."""
    records.grant_staff(StaffGrant(person="p", centre="c", role=StaffRole.DIRECTOR), NOW)
    invite(records)
    account = LocalAccount(account="p", password="digest")
    assert records.staff.accept("d", "p", NOW, TODAY, account=account) is Lapse.ALREADY_HERE
    assert records.local_accounts.password_of("p") is None
    assert isinstance(records.staff.accept("d", "q", NOW, TODAY), StaffGrant)
    assert records.staff.accept("nobody's", "q", NOW, TODAY) is Lapse.UNKNOWN


def test_an_account_joined_to_a_director_is_already_here(records: Records) -> None:
    """Whoever accepts is looked at with all their accounts."""
    records.grant_staff(StaffGrant(person="p", centre="c", role=StaffRole.DIRECTOR), NOW)
    invite(records)
    outcome = records.staff.accept("d", "q", NOW, TODAY, person="p")
    assert outcome is Lapse.ALREADY_HERE


def test_a_handle_is_never_given_twice_in_a_centre(records: Records) -> None:
    """Two hundred people come and go: each has their own, then longer ones."""
    handles = []
    for number in range(200):
        handles.append(invite(records, f"d{number}"))
        records.staff.revoke_invitation("c", handles[-1], NOW)
    assert len(set(handles)) == 200
    assert {len(one) for one in handles} == {2, 3}


def test_invitations_made_at_once_have_each_their_handle(records: Records) -> None:
    """Several directors invite at the same moment."""
    with ThreadPoolExecutor(8) as threads:
        handles = list(threads.map(lambda number: invite(records, f"d{number}"), range(24)))
    assert len(set(handles)) == 24


def test_a_right_that_is_given_again_keeps_its_handle_and_its_first_day(records: Records) -> None:
    """« Depuis le 12 novembre » stays true when the role or the end changes."""
    records.grant_staff(StaffGrant(person="p", centre="c", role=StaffRole.ANIMATOR), NOW)
    (before,) = records.staff.colleagues("c")
    later = NOW + timedelta(days=30)
    records.grant_staff(
        StaffGrant(person="p", centre="c", role=StaffRole.DIRECTOR, ends_on=date(2027, 7, 3)), later
    )
    (after,) = records.staff.colleagues("c")
    assert (after.handle, after.since) == (before.handle, NOW)
    assert (after.grant.role, after.grant.ends_on) == (StaffRole.DIRECTOR, date(2027, 7, 3))


def test_whom_a_renewal_replaces_is_forgotten_with_their_last_right(records: Records) -> None:
    """Their account of our own goes with it; one that has a right elsewhere stays."""
    for person, centres in (("p", ("c",)), ("q", ("c", "e"))):
        for centre in centres:
            invite(records, f"{person}{centre}", centre)
            account = LocalAccount(account=person, password="digest") if centre == "c" else None
            records.staff.accept(f"{person}{centre}", person, NOW, TODAY, account=account)
        replaced = next(one for one in records.staff.colleagues("c") if one.grant.person == person)
        invite(records, f"again-{person}", "c", replaces=replaced)
        assert isinstance(
            records.staff.accept(f"again-{person}", f"new-{person}", NOW, TODAY), StaffGrant
        )
    assert records.local_accounts.password_of("p") is None
    assert records.local_accounts.password_of("q") == "digest"
    assert {one.grant.person for one in records.staff.colleagues("c")} == {"new-p", "new-q"}


def test_old_invitations_are_forgotten(records: Records) -> None:
    """Ninety days after their end, with the next that is made."""
    invite(records, "old")
    records.staff.invite(
        digest="new",
        centre="c",
        role=StaffRole.ANIMATOR,
        made_at=NOW + timedelta(days=94),
        expires_at=NOW + timedelta(days=97),
    )
    assert records.staff.invitation("old") is None
    assert records.staff.invitation("new") is not None


def test_rights_given_before_have_their_handle_after_the_upgrade(tmp_path: Path) -> None:
    """An instance of the step before: each person gets one, of their own in each centre."""
    database = tmp_path / "preau.sqlite3"
    _upgrade(database, "0002")
    connection = sqlite3.connect(database)
    for person, centre in (("p", "c"), ("q", "c"), ("p", "e")):
        connection.execute(
            "insert into staff_grants (person, centre, role, ends_on, granted_at)"
            " values (?, ?, 'animateur', null, '2026-11-12 08:00:00.000000')",
            (person, centre),
        )
    connection.commit()
    connection.close()
    records = open_records(f"sqlite:///{database}")
    colleagues = records.staff.every_colleague()
    assert len(colleagues) == 3
    assert all(
        one.handle and one.since == datetime(2026, 11, 12, 8, tzinfo=UTC) for one in colleagues
    )
    assert len({one.handle for one in colleagues if one.grant.centre == "c"}) == 2
    taken = {one.handle for one in colleagues if one.grant.centre == "c"}
    assert invite(records) not in taken


def _upgrade(database: Path, step: str) -> None:
    config = Config()
    folder = Path(publisher.records.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, step)
    engine.dispose()


def test_handles_run_out_into_longer_ones() -> None:
    """With every short one taken, the next has one digit more."""
    short = set()
    while len(handle := free_handle(short, lambda _below: 0)) == 2:
        short.add(handle)
    assert len(short) == 23 * 8
    assert handle == "A22"
