"""Passes: what a browser carries after a sign-in, signed so that nobody writes their own."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from publisher.model.person import Account, Pass, Role
from publisher.model.school_year import last_day_of_school_year
from publisher.sign_in.seal import Seal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FAMILY, TEAM = "famille", "equipe"
"""The purposes of a pass: what is signed for one app opens nothing in the other."""

FAMILY_LASTS = timedelta(days=30)
"""A parent reads on their own phone, in the evening, and an ENT asks its password again within
hours: a shorter pass would cost a password at each visit. It lists facts, not rights, so a
centre that closes or a right that is taken back is felt at once; what may age is the list of
schools, and it never outlives the school year."""
SHIFT_LASTS = timedelta(hours=12)
"""A working day. The team writes, and children read on tablets that others use after them."""

_COOKIE_MAX_LENGTH = 4_096
"""Bytes of the longest cookie that browsers keep."""
_VERIFIED_KEPT = 2_048
"""How many verified texts are remembered, so that one page and its 24 photos verify once."""

_FIELDS = {"n", "p", "a", "s", "r", "u", "c", "k", "g", "e"}


class EndedSignIns(Protocol):
    """What is asked of the records: which sign-ins were ended before their time."""

    def has_ended(self, sign_in: str) -> bool:
        """Say whether that sign-in was ended."""


class Passes:
    """Signs and reads passes for one purpose and one instance's address."""

    def __init__(self, keys: Sequence[str], purpose: str, audience: str) -> None:
        """Join the keys, oldest first; *audience* is the instance's public address."""
        self._seal = Seal(keys, f"pass:{purpose}", audience)
        self._verified = lru_cache(maxsize=_VERIFIED_KEPT)(self._verify)
        self.purpose = purpose
        self.cookie = cookie_name(purpose, audience)

    def sign(self, pass_: Pass) -> str:
        """The pass as a cookie's value."""
        return self._seal.sign(
            {
                "n": pass_.sign_in,
                "p": pass_.person,
                "a": pass_.account,
                "s": pass_.source,
                "r": pass_.role.value,
                "u": sorted(pass_.schools),
                "c": sorted(pass_.classes),
                "k": sorted(pass_.children),
                "g": pass_.given_name,
                "e": int(pass_.ends_at.timestamp()),
            }
        )

    def read(self, text: str, now: datetime) -> Pass | None:
        """The pass of a cookie's value, or None when it is forged, foreign or has ended."""
        # What no browser keeps was written by somebody else, and is not worth remembering.
        pass_ = self._verified(text) if len(text) <= _COOKIE_MAX_LENGTH else None
        return pass_ if pass_ is not None and now < pass_.ends_at else None

    def _verify(self, text: str) -> Pass | None:
        """The pass that *text* is, ended or not: the same for ever, for the keys do not change."""
        table = self._seal.read(text)
        return None if table is None else _pass_of(table)


def new_pass(
    account: Account, given_name: str, ends_at: datetime, *, person: str = "", sign_in: str = ""
) -> Pass:
    """A new pass for *account*, with a sign-in id of its own unless one is given.

    *person* is the account it is joined to, when it is not its own.
    """
    return Pass(
        sign_in=sign_in or secrets.token_urlsafe(16),
        person=person or account.account,
        account=account.account,
        source=account.source,
        role=account.role,
        schools=account.schools,
        classes=account.classes,
        children=account.children,
        given_name=given_name,
        ends_at=ends_at,
    )


def account_in(pass_: Pass, day: date) -> Account:
    """The account that signed in to get *pass_*, as it is believed on *day*."""
    return Account(
        account=pass_.account,
        source=pass_.source,
        role=pass_.role,
        schools=pass_.schools,
        classes=pass_.classes,
        children=pass_.children,
        until=last_day_of_school_year(day),
    )


def end_of_pass(purpose: str, role: Role, now: datetime, timezone: ZoneInfo) -> datetime:
    """When a pass given at *now* ends: after 30 days for a family that reads, else 12 hours.

    A family's never outlives 31 August: schools and classes change with the school year.
    """
    if purpose != FAMILY or role is not Role.FAMILY:
        return now + SHIFT_LASTS
    last = last_day_of_school_year(now.astimezone(timezone).date())
    new_year = datetime.combine(last + timedelta(days=1), time(), tzinfo=timezone)
    return min(now + FAMILY_LASTS, new_year.astimezone(UTC))


def cookie_name(word: str, public_url: str) -> str:
    """The cookie `preau_<word>`; behind https it carries `__Host-`, which browsers bind to one host."""
    return f"{'__Host-' if public_url.startswith('https://') else ''}preau_{word}"


def read_cookie(environ: "WSGIEnvironment", name: str) -> str | None:
    """The value of the cookie of that name, when the request has exactly one.

    Two of one name mean that a neighbour on the same domain planted one: neither is believed.
    """
    found = [
        value.strip()
        for part in environ.get("HTTP_COOKIE", "").split(";")
        for key, equals, value in [part.partition("=")]
        if equals and key.strip() == name
    ]
    return found[0] if len(found) == 1 else None


def pass_of(
    environ: "WSGIEnvironment", passes: Passes, records: EndedSignIns, now: datetime
) -> Pass | None:
    """The pass that a request carries, if it is one, for this app, and was not ended."""
    text = read_cookie(environ, passes.cookie)
    pass_ = None if text is None else passes.read(text, now)
    return None if pass_ is None or records.has_ended(pass_.sign_in) else pass_


def _pass_of(table: Mapping[str, object]) -> Pass | None:
    """A pass from the table that was signed. An older version's table is not one."""
    schools, classes, children = table.get("u"), table.get("c"), table.get("k")
    ends_at, role = table.get("e"), table.get("r")
    if (
        set(table) != _FIELDS
        or not isinstance(schools, list)
        or not isinstance(classes, list)
        or not isinstance(children, list)
        or not isinstance(ends_at, int)
        or role not in set(Role)
    ):
        return None
    return Pass(
        sign_in=str(table["n"]),
        person=str(table["p"]),
        account=str(table["a"]),
        source=str(table["s"]),
        role=Role(str(role)),
        schools=frozenset(str(one) for one in schools),
        classes=frozenset((str(uai), str(name)) for uai, name in classes),
        children=frozenset(str(one) for one in children),
        given_name=str(table["g"]),
        ends_at=datetime.fromtimestamp(ends_at, UTC),
    )
