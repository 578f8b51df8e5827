"""The door of Préau's own accounts: tries counted, passwords checked, passes given.

A password alone gives a pass only to an account without a second factor; with one, it gives a
*half*, which opens nothing but the page of the second factor, for ten minutes.
"""

import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import Request, Response

from publisher.authoring.office import Office
from publisher.model.person import LOCAL, Account, Pass, Role
from publisher.model.school_year import last_day_of_school_year
from publisher.sign_in.codes import code_digest, new_code, read_code
from publisher.sign_in.cookies import forget_cookie, keep_cookie
from publisher.sign_in.delays import (
    ACCOUNT_REMEMBERED_FOR,
    NETWORK_REMEMBERED_FOR,
    wait_at_account,
    wait_at_network,
)
from publisher.sign_in.one_time import Vault, step_of
from publisher.sign_in.passes import (
    SHIFT_LASTS,
    Passes,
    cookie_name,
    new_pass,
    pass_of,
    read_cookie,
)
from publisher.sign_in.passkeys import made, signed, site_of
from publisher.sign_in.passwords import Passwords, normal_identifier
from publisher.sign_in.pseudonym import pseudonym
from publisher.sign_in.seal import Seal

_log = logging.getLogger(__name__)

HALF_LASTS = timedelta(minutes=10)
CHALLENGE_LASTS = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=15)
"""How long after a sign-in locks can be changed: a pass that was copied later changes none."""
RECOVERY_CODES = 8

_THRESHOLD_LASTS_S = 12 * 3600
_RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many tries: nothing was looked at, and nothing will be for that long."""

    time: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The password was right; whether a second factor is to follow."""

    account: str
    goes_on: bool


class LocalDoor:
    """What signing in with an account of Préau's own takes, for one instance."""

    def __init__(self, office: Office, passes: Passes, passwords: Passwords) -> None:
        self._office, self._passes, self.passwords = office, passes, passwords
        keys = office.settings.authoring_keys
        address = office.town().public_url
        self.vault = Vault(keys)
        self._halves = Seal(keys, "half:equipe", address)
        self._challenges = Seal(keys, "passkey:equipe", address)
        self._half_cookie = cookie_name("moitie_equipe", address)
        self._threshold_cookie = cookie_name("seuil_equipe", address)

    def account_of(self, identifier: str) -> str:
        """The pseudonym of an identifier: all that is ever kept of it."""
        return pseudonym(self._key, LOCAL, normal_identifier(identifier))

    def enter(self, identifier: str, password: str, request: Request) -> Entered | Wait | None:
        """Try a password: who it lets in, None when it is not right, or how long to wait.

        An identifier nobody has is counted, waits and is digested as any other: nothing says
        that it is nobody's.
        """
        account, network = self.account_of(identifier), self._network(request)
        records = self._office.records
        wait = self._take(network, account)
        if wait:
            return Wait(wait)
        kept = records.local_accounts.password_of(account)
        if not self.passwords.is_right(kept, password) or kept is None:
            _log.warning("a password was not right, or nobody's")
            return None
        self._succeeded(network, account)
        if self.passwords.is_old(kept):
            records.local_accounts.change_password(account, self.passwords.digest(password))
        locks = records.local_accounts.locks_of(account)
        return Entered(account=account, goes_on=locks is not None and locks.is_double)

    def try_at_network(self, request: Request) -> timedelta:
        """Take one try of the address a request comes from: how long to wait, or nothing."""
        return self._take_network(self._network(request))

    def give_network_back(self, request: Request) -> None:
        """Count that try less: it was right."""
        self._office.records.tries.give_back(self._network(request))

    def confirm_code(self, account: str, typed: str, request: Request) -> bool | Wait:
        """Try a code of the telephone, or a recovery code, as the second factor of *account*."""
        network, counted = self._network(request), f"second\0{account}"
        wait = self._take(network, counted)
        if wait:
            return Wait(wait)
        is_right = self._uses_code(account, typed)
        if is_right:
            self._succeeded(network, counted)
        return is_right

    def confirm_passkey(
        self, account: str, answer: str, challenge: str, request: Request
    ) -> bool | Wait:
        """Try what a passkey signed, as the second factor of *account*."""
        network, counted = self._network(request), f"second\0{account}"
        wait = self._take(network, counted)
        if wait:
            return Wait(wait)
        raw, site = self.read_challenge(challenge, account), self.site
        locks = self._office.records.local_accounts.locks_of(account)
        if raw is None or site is None or locks is None:
            return False
        known = signed(
            answer,
            site=site,
            origin=self._office.town().public_url,
            challenge=raw,
            known=locks.passkeys,
        )
        if known is None or not self._spend(raw):
            return False
        passkey, count = known
        self._office.records.local_accounts.count_use(passkey.credential, count)
        self._succeeded(network, counted)
        return True

    def add_passkey(self, account: str, answer: str, challenge: str) -> bool:
        """Keep a passkey that the browser of *account* just made; False when it is not believed."""
        raw, site = self.read_challenge(challenge, account), self.site
        if raw is None or site is None:
            return False
        passkey = made(
            answer,
            site=site,
            origin=self._office.town().public_url,
            challenge=raw,
            now=self._office.clock(),
        )
        if passkey is None or not self._spend(raw):
            return False
        return self._office.records.local_accounts.keep_passkey(account, passkey)

    def new_recovery_codes(self, account: str) -> tuple[str, ...]:
        """New codes for *account*, in place of those of before; only their digests are kept."""
        codes = tuple(new_code(secrets.randbelow) for _one in range(RECOVERY_CODES))
        digests = [code_digest(self._key, f"{_RECOVERY}\0{account}", code) for code in codes]
        self._office.records.local_accounts.keep_recovery_codes(account, digests)
        return codes

    @property
    def site(self) -> str | None:
        """The site passkeys are for, or None where there can be none."""
        return site_of(self._office.town().public_url)

    def new_challenge(self, account: str) -> tuple[bytes, str]:
        """A challenge for a passkey of *account*: its bytes, and the same for a hidden field."""
        raw = secrets.token_bytes(32)
        ends_at = int((self._office.clock() + CHALLENGE_LASTS).timestamp())
        return raw, self._challenges.sign({"c": raw.hex(), "a": account, "e": ends_at})

    def read_challenge(self, sealed: str, account: str) -> bytes | None:
        """The bytes of a challenge made for *account* a short while ago."""
        table = self._challenges.read(sealed) or {}
        if table.get("a") != account or not self._is_before(table):
            return None
        return bytes.fromhex(str(table["c"]))

    def let_in(self, request: Request, response: Response, account: str) -> Pass:
        """Give *account* a pass, a new sign-in of its own, and end the one the browser had."""
        office, now = self._office, self._office.clock()
        town, records = office.town(), office.records
        before = pass_of(request.environ, self._passes, records, now)
        if before is not None:
            records.end_sign_in(before.sign_in, now)
        today = now.astimezone(town.timezone).date()
        local = Account(
            account=account,
            source=LOCAL,
            role=Role.OTHER,
            schools=frozenset(),
            classes=frozenset(),
            children=frozenset(),
            until=last_day_of_school_year(today),
        )
        pass_ = new_pass(local, "", now + SHIFT_LASTS, person=records.accounts.recognise(local))
        records.sign_ins.begin(
            pass_.sign_in, account=account, session="", now=now, ends_at=pass_.ends_at
        )
        seconds = int(SHIFT_LASTS.total_seconds())
        self._keep(response, self._passes.cookie, self._passes.sign(pass_), seconds)
        forget_cookie(response, self._half_cookie, public_url=town.public_url)
        _log.info("sign-in at /equipe/ by %s, an account of our own", pass_.person)
        return pass_

    def end_sign_ins_of(self, account: str) -> None:
        """End every sign-in of *account*: its locks were changed."""
        self._office.records.sign_ins.end_those_of(account=account, at=self._office.clock())

    def is_fresh(self, pass_: Pass) -> bool:
        """Say whether *pass_* was given a short while ago."""
        return self._office.clock() < pass_.ends_at - SHIFT_LASTS + FRESH_FOR

    def keep_half(self, response: Response, account: str) -> None:
        """Let the browser go on to the second factor of *account*, and nowhere else."""
        ends_at = int((self._office.clock() + HALF_LASTS).timestamp())
        value = self._halves.sign({"a": account, "e": ends_at})
        self._keep(response, self._half_cookie, value, int(HALF_LASTS.total_seconds()))

    def half_of(self, request: Request) -> str | None:
        """The account whose password this browser gave, when a second factor is to follow."""
        kept = read_cookie(request.environ, self._half_cookie)
        table = {} if kept is None else self._halves.read(kept) or {}
        return str(table["a"]) if self._is_before(table) else None

    def threshold_of(self, request: Request) -> str | None:
        """The random id of a browser that is not signed in, by which its forms are its own."""
        kept = read_cookie(request.environ, self._threshold_cookie)
        return kept or None

    def keep_threshold(self, response: Response, threshold: str) -> None:
        """Give the browser its id."""
        self._keep(response, self._threshold_cookie, threshold, _THRESHOLD_LASTS_S)

    def _uses_code(self, account: str, typed: str) -> bool:
        stored, now = self._office.records.local_accounts, self._office.clock()
        code = read_code(typed)
        if code is not None:
            digest = code_digest(self._key, f"{_RECOVERY}\0{account}", code)
            return stored.use_recovery_code(account, digest)
        locks = stored.locks_of(account)
        secret = self.vault.open(locks.totp, account) if locks and locks.totp else None
        step = None if secret is None else step_of(secret, typed, now)
        if secret is None or step is None:
            return False
        # Sealed again: what an older key sealed would be lost on the day that key is taken away.
        return stored.use_step(account, step, self.vault.seal(secret, account))

    def _take(self, network: str, account: str) -> timedelta:
        return self._take_network(network) or self._office.records.tries.take(
            self._digest(account),
            self._office.clock(),
            wait_after=wait_at_account,
            remembered_for=ACCOUNT_REMEMBERED_FOR,
        )

    def _take_network(self, network: str) -> timedelta:
        return self._office.records.tries.take(
            network,
            self._office.clock(),
            wait_after=wait_at_network,
            remembered_for=NETWORK_REMEMBERED_FOR,
        )

    def _succeeded(self, network: str, account: str) -> None:
        self._office.records.tries.forget(self._digest(account))
        self._office.records.tries.give_back(network)

    def forget_tries_of(self, account: str) -> None:
        """Open what too many tries had locked: *account* was just made, or made anew."""
        for counted in (account, f"second\0{account}"):
            self._office.records.tries.forget(self._digest(counted))

    def _network(self, request: Request) -> str:
        """A digest of where a request comes from, which lives for minutes and for this count."""
        return self._digest(f"network\0{network_of(request.environ)}")

    def _digest(self, counted: str) -> str:
        return hmac.new(self._key.encode(), f"tries\0{counted}".encode(), sha256).hexdigest()

    def _spend(self, challenge: bytes) -> bool:
        until = self._office.clock() + CHALLENGE_LASTS
        digest = self._digest(f"challenge\0{challenge.hex()}")
        return self._office.records.sign_ins.spend(digest, until)

    def _is_before(self, table: Mapping[str, object]) -> bool:
        ends_at = table.get("e")
        return isinstance(ends_at, int) and self._office.clock().timestamp() < ends_at

    def _keep(self, response: Response, cookie: str, value: str, seconds: int) -> None:
        url = self._office.town().public_url
        keep_cookie(response, cookie, value, seconds=seconds, public_url=url)

    @property
    def _key(self) -> str:
        return self._office.settings.pseudonym_key


def network_of(environ: Mapping[str, object]) -> str:
    """The network a request comes from: an IPv4 address, or the first half of an IPv6 one.

    Behind a proxy on the same machine, it is what that proxy wrote last in `X-Forwarded-For`;
    from anywhere else the header is a stranger's word, and is not read.
    """
    address = _address(environ.get("REMOTE_ADDR"))
    if address is None or address.is_loopback:
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2]
        address = _address(forwarded) or address
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else address.exploded[:19]
    return str(address)


def _address(text: object) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(str(text).strip())
    except ValueError:
        return None
