"""What is remembered of a visitor: used again only while nothing can have changed."""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.gate.app import make_gate
from publisher.gate.memory import Visitors, holds_until
from publisher.gate.visitor import Visitor
from publisher.model.person import Known, Pass, Role, StaffGrant, StaffRole
from publisher.records import Records, open_records
from publisher.sign_in.passes import FAMILY, Passes, new_pass
from tests.accounts import account
from tests.gate.conftest import NOW, PREVERT, Instance
from tests.gate.visiting import Browser

PAGE = "/les-tilleuls/index.html"
MOYENS = "/les-tilleuls/groupes/moyens/index.html"
PARIS = ZoneInfo("Europe/Paris")


class _Asked:
    """Records that count how often they are asked whom a pass names."""

    def __init__(self, records: Records, commits: Callable[[], int | None]) -> None:
        self._records, self.commits = records, commits
        self.times = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._records, name)

    def known_of(self, pass_: Pass) -> Known:
        """The same, counted."""
        self.times += 1
        return self._records.known_of(pass_)


def _asked(instance: Instance, commits: Callable[[], int | None] | None = None) -> _Asked:
    """The gate of *instance*, over records that count."""
    asked = _Asked(instance.records, commits or instance.records.commits)
    instance.gate = make_gate(instance.town, instance.settings, asked, instance.clock)  # type: ignore[arg-type]  # the rest is what it counts for
    return asked


def _visitor_until(instance: Instance, ends_at: datetime, person: str = "ines") -> Browser:
    """A browser of somebody without a school, whose pass ends then."""
    instance.accept_charter(person)
    passes = Passes(instance.settings.gate_keys, FAMILY, instance.town().public_url)
    pass_ = new_pass(account(person, Role.OTHER), "", ends_at)
    return Browser(application=instance.gate, cookies={passes.cookie: passes.sign(pass_)})


def _in_another_process(do: Callable[[str], None], database_url: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=do, args=(database_url,))
    process.start()
    process.join()
    assert process.exitcode == 0


def _end_the_sign_in(database_url: str) -> None:
    open_records(database_url).end_sign_in("of-the-family", NOW)


def _take_the_right_back(database_url: str) -> None:
    assert open_records(database_url).revoke_staff("ines", "les-tilleuls")


def test_a_page_and_its_photos_ask_the_records_once(instance: Instance) -> None:
    """Twenty-five requests of one pass read the records once; another pass reads them again."""
    asked = _asked(instance)
    family, other = instance.visitor(), instance.visitor(person="q" * 26)
    for _ in range(25):
        assert family.ask(PAGE).status == 200
    assert asked.times == 1
    assert other.ask(PAGE).status == 200
    assert asked.times == 2


def test_a_database_that_cannot_tell_is_asked_each_time(instance: Instance) -> None:
    """Without a count of commits nothing is remembered."""
    asked = _asked(instance, lambda: None)
    family = instance.visitor()
    for _ in range(3):
        assert family.ask(PAGE).status == 200
    assert asked.times == 3


def test_a_sign_in_that_another_process_ends_opens_nothing_more(instance: Instance) -> None:
    """The very next request is refused, though this process wrote nothing."""
    passes = Passes(instance.settings.gate_keys, FAMILY, instance.town().public_url)
    instance.accept_charter("p")
    pass_ = new_pass(
        account("p", Role.FAMILY, (PREVERT,)), "", NOW + timedelta(hours=1), sign_in="of-the-family"
    )
    family = Browser(application=instance.gate, cookies={passes.cookie: passes.sign(pass_)})
    assert family.ask(PAGE).status == family.ask(PAGE).status == 200
    _in_another_process(_end_the_sign_in, instance.settings.database_url)
    assert family.ask(PAGE).status == 302


def test_a_right_that_another_process_takes_back_is_lost_at_the_next_request(
    instance: Instance,
) -> None:
    """Given by this process, taken back by another: each is felt at once."""
    ines = _visitor_until(instance, NOW + timedelta(hours=1))
    assert ines.ask(MOYENS).status == ines.ask(MOYENS).status == 404
    instance.records.grant_staff(
        StaffGrant(person="ines", centre="les-tilleuls", role=StaffRole.ANIMATOR), NOW
    )
    assert ines.ask(MOYENS).status == ines.ask(MOYENS).status == 200
    _in_another_process(_take_the_right_back, instance.settings.database_url)
    assert ines.ask(MOYENS).status == 404


def test_a_pass_ends_at_its_second(instance: Instance) -> None:
    """Open until the last instant, shut at the end, whatever was remembered a moment before."""
    family = instance.visitor()
    assert family.ask(PAGE).status == 200
    instance.now = NOW + timedelta(hours=1) - timedelta(microseconds=1)
    assert family.ask(PAGE).status == 200
    instance.now = NOW + timedelta(hours=1)
    assert family.ask(PAGE).status == 302


def test_a_day_ends_at_midnight_in_the_town(instance: Instance) -> None:
    """A role's last day opens until the last instant of it, by the town's clock."""
    ines = _visitor_until(instance, NOW + timedelta(days=3))
    instance.records.grant_staff(
        StaffGrant(
            person="ines", centre="les-tilleuls", role=StaffRole.ANIMATOR, ends_on=NOW.date()
        ),
        NOW,
    )
    midnight = datetime(2026, 11, 19, tzinfo=PARIS)
    assert midnight.astimezone(UTC).date() == NOW.date()
    for instant in (NOW, midnight - timedelta(microseconds=1)):
        instance.now = instant
        assert ines.ask(MOYENS).status == 200
    instance.now = midnight
    assert ines.ask(MOYENS).status == 404
    # A clock that is set back finds the day before again, and not what midnight left.
    instance.now = midnight - timedelta(seconds=1)
    assert ines.ask(MOYENS).status == 200


def test_a_school_taken_out_of_a_centre_is_felt_with_the_town(instance: Instance) -> None:
    """Another reading of the town is another answer, with nothing written to the records."""
    family = instance.visitor()
    assert family.ask(PAGE).status == family.ask(PAGE).status == 200
    file = instance.folder / "centres" / "les-tilleuls.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(PREVERT, "0780001C"), encoding="utf-8")
    assert family.ask(PAGE).status == 404


def test_what_is_committed_while_the_records_are_read_is_not_missed(instance: Instance) -> None:
    """A right taken back between the reading and the answer is felt at the next request."""
    asked = _asked(instance)
    ines = _visitor_until(instance, NOW + timedelta(hours=1))
    grant = StaffGrant(person="ines", centre="les-tilleuls", role=StaffRole.ANIMATOR)
    instance.records.grant_staff(grant, NOW)
    read = asked.known_of

    def read_then_lose(pass_: Pass) -> Known:
        known = read(pass_)
        instance.records.revoke_staff("ines", "les-tilleuls")
        return known

    asked.known_of = read_then_lose  # type: ignore[method-assign]  # for one request
    assert ines.ask(MOYENS).status == 200
    asked.known_of = read  # type: ignore[method-assign]  # the real one again
    assert ines.ask(MOYENS).status == 404


def test_no_more_are_remembered_than_said(instance: Instance) -> None:
    """The oldest are forgotten, never for a stranger; the newest are known, at another hour."""
    asked = _Asked(instance.records, instance.records.commits)
    passes = Passes(instance.settings.gate_keys, FAMILY, instance.town().public_url)
    visitors = Visitors(instance.town, passes, asked, instance.clock, at_most=3)  # type: ignore[arg-type]  # the rest is what it counts for
    browsers = [instance.visitor(person=str(number) * 26) for number in range(5)]

    def visit(browser: Browser) -> Visitor:
        name, value = next(iter(browser.cookies.items()))
        return visitors({"HTTP_COOKIE": f"{name}={value}"})

    for browser in browsers:
        visit(browser)
    assert asked.times == 5
    for garbage in range(9):
        visitors({"HTTP_COOKIE": f"{passes.cookie}={garbage}"})
    instance.now += timedelta(minutes=1)
    assert visit(browsers[4]).now == instance.now
    assert asked.times == 5
    visit(browsers[0])
    assert asked.times == 6


def test_nobody_is_remembered_as_somebody(instance: Instance) -> None:
    """A forged pass, two passes at once, no pass: nobody, before and after the real one came."""
    family = instance.visitor()
    ((name, value),) = family.cookies.items()
    for cookies in ("", f"{name}={value}x", f"{name}={value}; {name}={value}", f"{name}="):
        stranger = instance.anonymous()
        for _ in range(2):
            assert stranger.ask(PAGE, environ={"HTTP_COOKIE": cookies}).status == 302
            assert family.ask(PAGE).status == 200


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (datetime(2026, 11, 18, 16, tzinfo=UTC), datetime(2026, 11, 18, 23, tzinfo=UTC)),
        (datetime(2026, 7, 18, 21, 59, tzinfo=UTC), datetime(2026, 7, 18, 22, tzinfo=UTC)),
        # The two days that have not 24 hours.
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 22, tzinfo=UTC)),
    ],
)
def test_midnight_is_the_towns(still: Instance, now: datetime, ends: datetime) -> None:
    """The next midnight in Paris, in winter, in summer, and when the clocks change."""
    visitor = Visitor(town=still.town(), now=now.astimezone(PARIS))
    assert holds_until(visitor) == ends


def test_the_count_changes_with_every_commit_and_with_nothing_else(tmp_path: Path) -> None:
    """Own commits and others' count; readings and refused writings do not."""
    url = f"sqlite:///{tmp_path / 'preau.sqlite3'}"
    one, other = open_records(url), open_records(url)
    first = one.commits()
    assert first is not None
    one.has_ended("x")
    assert one.commits() == first
    one.end_sign_in("x", NOW)
    second = one.commits()
    assert second != first
    one.end_sign_in("x", NOW)
    other.has_ended("x")
    assert one.commits() == second
    other.end_sign_in("y", NOW)
    assert one.commits() not in {first, second}
