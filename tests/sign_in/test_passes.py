"""A pass opens only where, when and for whom it was signed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.model.person import Pass, Role
from publisher.sign_in.attempts import ATTEMPT_LASTS, Attempt, Attempts
from publisher.sign_in.passes import (
    FAMILY,
    SHIFT_LASTS,
    TEAM,
    Passes,
    cookie_name,
    end_of_pass,
    new_pass,
    pass_of,
    read_cookie,
)
from tests.accounts import account

KEY, OLD_KEY, FOREIGN_KEY = "k" * 48, "o" * 48, "f" * 48
HERE, ELSEWHERE = "http://127.0.0.1:8000", "https://loisirs.autre.example"
NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ACCOUNT = account(
    "p" * 26, schools=["0920001B"], classes=[("0920001B", "CP « A »")], children=["c" * 26]
)
PASS = new_pass(ACCOUNT, "Zoé", NOW + timedelta(hours=1))


class _NoneEnded:
    def has_ended(self, sign_in: str) -> bool:
        return sign_in == "ended"


def test_a_pass_read_back_is_the_pass_that_was_signed() -> None:
    """Every field survives, accents included, and fits a cookie."""
    passes = Passes([KEY], FAMILY, HERE)
    text = passes.sign(PASS)
    assert passes.read(text, NOW) == PASS
    assert len(text) < 4000
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_every_sign_in_is_another() -> None:
    """Two passes of one person are ended one by one."""
    assert new_pass(ACCOUNT, "", NOW).sign_in != new_pass(ACCOUNT, "", NOW).sign_in


@pytest.mark.parametrize(
    ("reader", "is_read"),
    [
        (Passes([KEY], FAMILY, HERE), True),
        (Passes([OLD_KEY, KEY], FAMILY, HERE), True),
        (Passes([KEY, FOREIGN_KEY], FAMILY, HERE), True),
        (Passes([FOREIGN_KEY], FAMILY, HERE), False),
        (Passes([KEY], TEAM, HERE), False),
        (Passes([KEY], FAMILY, ELSEWHERE), False),
    ],
    ids=["same", "an older key too", "rotated", "other instance", "other purpose", "other town"],
)
def test_who_reads_a_pass(reader: Passes, *, is_read: bool) -> None:
    """The instance that signed it, for that purpose, with that key or a newer one beside it."""
    text = Passes([KEY], FAMILY, HERE).sign(PASS)
    assert (reader.read(text, NOW) == PASS) is is_read


def test_the_last_key_signs() -> None:
    """After a rotation nothing new is signed with the old key."""
    text = Passes([OLD_KEY, KEY], FAMILY, HERE).sign(PASS)
    assert Passes([KEY], FAMILY, HERE).read(text, NOW) == PASS
    assert Passes([OLD_KEY], FAMILY, HERE).read(text, NOW) is None


def test_no_character_of_a_pass_can_be_changed() -> None:
    """A pass retouched anywhere is nobody's (the last character of base 64 carries spare bits)."""
    passes = Passes([KEY], FAMILY, HERE)
    text = passes.sign(PASS)
    for place in range(len(text) - 1):
        other = "A" if text[place] != "A" else "B"
        assert passes.read(f"{text[:place]}{other}{text[place + 1 :]}", NOW) is None


@pytest.mark.parametrize("text", ["", ".", "a.b", "a.b.c", "e30.", "\x00", "é", "x" * 10_000])
def test_what_is_no_pass_is_nobodys(text: str) -> None:
    """Any other text is read as nothing, without an error."""
    assert Passes([KEY], FAMILY, HERE).read(text, NOW) is None


def test_a_pass_ends_at_its_end() -> None:
    """It opens a second before, and no longer at its end."""
    passes = Passes([KEY], FAMILY, HERE)
    text = passes.sign(PASS)
    assert passes.read(text, PASS.ends_at - timedelta(seconds=1)) == PASS
    assert passes.read(text, PASS.ends_at) is None


@pytest.mark.parametrize("table", [{}, {"n": "1"}, {"e": "tomorrow"}, [], "pass", 1])
def test_a_table_of_another_shape_is_no_pass(table: object) -> None:
    """What an older or newer version signed under the same key is not trusted for its signature."""
    passes = Passes([KEY], FAMILY, HERE)
    assert passes.read(str(passes._seal._serializer.dumps(table)), NOW) is None


@pytest.mark.parametrize(
    ("purpose", "role", "now", "ends_at"),
    [
        (FAMILY, Role.FAMILY, NOW, NOW + timedelta(days=30)),
        (FAMILY, Role.CHILD, NOW, NOW + SHIFT_LASTS),
        (FAMILY, Role.TEACHER, NOW, NOW + SHIFT_LASTS),
        (FAMILY, Role.OTHER, NOW, NOW + SHIFT_LASTS),
        (TEAM, Role.FAMILY, NOW, NOW + SHIFT_LASTS),
        (
            FAMILY,
            Role.FAMILY,
            datetime(2027, 8, 20, 12, tzinfo=UTC),
            datetime(2027, 9, 1, tzinfo=PARIS).astimezone(UTC),
        ),
        (
            FAMILY,
            Role.FAMILY,
            datetime(2027, 8, 31, 22, 30, tzinfo=UTC),
            datetime(2027, 9, 30, 22, 30, tzinfo=UTC),
        ),
    ],
)
def test_how_long_a_pass_lasts(purpose: str, role: Role, now: datetime, ends_at: datetime) -> None:
    """A family's month, never past the local end of the school year; a working day for the others."""
    assert end_of_pass(purpose, role, now, PARIS) == ends_at


def test_behind_https_the_cookie_is_bound_to_its_host() -> None:
    """`__Host-` wherever a browser would accept it."""
    assert cookie_name("famille", "https://loisirs.example") == "__Host-preau_famille"
    assert cookie_name("famille", HERE) == "preau_famille"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("preau_famille=abc", "abc"),
        ("autre=1; preau_famille=abc; encore=2", "abc"),
        ("preau_famille=abc; preau_famille=def", None),
        ("preau_famille=abc;preau_famille=abc", None),
        ("PREAU_FAMILLE=abc", None),
        ("preau_famille", None),
        ("xpreau_famille=abc", None),
        ("", None),
    ],
)
def test_a_cookie_is_believed_when_it_is_alone(header: str, value: str | None) -> None:
    """Two cookies of one name are a neighbour's doing: neither is read."""
    assert read_cookie({"HTTP_COOKIE": header}, "preau_famille") == value


def test_a_pass_whose_sign_in_was_ended_opens_nothing() -> None:
    """Signing out ends the pass wherever it was copied."""
    passes = Passes([KEY], FAMILY, HERE)
    ended = Pass(**{**{name: getattr(PASS, name) for name in PASS.__slots__}, "sign_in": "ended"})
    for pass_, expected in ((PASS, PASS), (ended, None)):
        environ = {"HTTP_COOKIE": f"{passes.cookie}={passes.sign(pass_)}"}
        assert pass_of(environ, passes, _NoneEnded(), NOW) == expected


def test_an_attempt_is_not_a_pass_and_ends_within_the_quarter_of_an_hour() -> None:
    """What is kept during a sign-in has its own purpose and its own end."""
    attempt = Attempt(source="demo", state="s", nonce="n", code_verifier="v", return_to="/")
    attempts, passes = Attempts([KEY], FAMILY, HERE), Passes([KEY], FAMILY, HERE)
    text = attempts.sign(attempt, NOW)
    assert attempts.read(text, NOW) == attempt
    assert attempts.read(text, NOW + ATTEMPT_LASTS) is None
    assert passes.read(text, NOW) is None
    assert attempts.read(passes.sign(PASS), NOW) is None
    assert Attempts([KEY], TEAM, HERE).read(text, NOW) is None
