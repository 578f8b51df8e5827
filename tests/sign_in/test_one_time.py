"""One-time codes: those of RFC 6238, around now, from secrets that are kept sealed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from publisher.sign_in.one_time import Vault, address_of, new_secret, step_of

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""`12345678901234567890`, of the RFC's test vectors; its codes here are their last six digits."""


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        (1234567890, "005924"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_of_the_standard_are_right(instant: int, code: str) -> None:
    """At their instant, with blanks; a minute later or earlier they are not."""
    now = datetime.fromtimestamp(instant, UTC)
    assert step_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", now) == instant // 30
    for away in (-60, 60):
        found = step_of(RFC_SECRET, code, now + timedelta(seconds=away))
        assert found is None


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "é87082", "287082;", "-87082"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    """Short, long, or with other signs."""
    assert step_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_the_application_is_told_the_secret_and_the_town_and_no_name() -> None:
    """What the square holds."""
    secret = new_secret()
    parts = urlsplit(address_of(secret, "Préau, équipe", "Valmont"))
    assert parts.scheme == "otpauth"
    assert parse_qs(parts.query)["secret"] == [secret]
    assert len(pyotp.TOTP(secret).byte_secret()) == 20


def test_a_secret_opens_for_its_account_by_any_of_the_keys() -> None:
    """Sealed twice it is two texts; another account, another key, a changed text open nothing."""
    old, both = Vault(["a" * 40]), Vault(["a" * 40, "b" * 40])
    kept = old.seal(RFC_SECRET, "p")
    assert RFC_SECRET not in kept
    assert old.seal(RFC_SECRET, "p") != kept
    assert both.open(kept, "p") == RFC_SECRET
    assert Vault(["b" * 40]).open(both.seal(RFC_SECRET, "p"), "p") == RFC_SECRET
    assert both.open(kept, "q") is None
    assert Vault(["c" * 40]).open(kept, "p") is None
    changed = kept[:-4] + ("AAAA" if kept[-4:] != "AAAA" else "BBBB")
    for wrong in (changed, "", "é", "A", kept[:20]):
        assert both.open(wrong, "p") is None
