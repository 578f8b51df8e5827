"""OpenID Connect: authorization code, state, nonce, PKCE when announced, keys of the issuer only."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    MethodIsWrong,
    SignInFailed,
    SourceSignOut,
    Why,
)
from publisher.sign_in.outgoing import TIMEOUT_S, is_loopback, is_sheltered, session_for

ANNOUNCEMENT_LASTS_S = 60.0
"""How long what a provider announces, its keys included, is believed without asking again."""
SILENCE_LASTS_S = 5.0
"""How long a provider that failed is not asked again."""
CLOCKS_DIFFER_S = 60
"""How far apart the provider's clock and ours may be."""
ALGORITHMS = ("RS256", "ES256")
"""Signatures by a key that only the issuer has. `none` and the HMACs, which the shared secret
would open to whoever reads our configuration, are refused whatever the token's header says."""
_KEY_TYPES = {"RSA", "EC"}


class _SignInStops(Exception):
    """The sign-in cannot go on; `failed` says why."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.failed = SignInFailed(why, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    """What a source announces, once checked. An empty address: it does not offer that."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    end_session_endpoint: str
    keys: KeySet
    has_pkce: bool
    names_itself: bool
    secret_in_body: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Announcement:
    """What a source said, or how it failed to, believed until an instant of the ticks."""

    until: float
    told: _Provider | SignInFailed

    def provider(self) -> _Provider:
        """The provider, or the same failure again."""
        if isinstance(self.told, SignInFailed):
            raise _SignInStops(self.told.why, self.told.detail)
        return self.told


class OpenIdConnect:
    """The method `oidc`. What providers announce is remembered for a minute, nothing else."""

    needs_secret = True
    token_parameter = ""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing yet. *ticks* counts seconds and never goes back."""
        self._ticks = ticks
        self._announced: dict[str, _Announcement] = {}
        self._asking: dict[str, Lock] = {}

    def begin(
        self, client: Client, login_hint: str | None, now: datetime
    ) -> Beginning | SignInFailed:
        """Send the person to the source's authorization page."""
        try:
            provider = self._provider(client.source)
        except _SignInStops as stop:
            return stop.failed
        verifier = secrets.token_urlsafe(48) if provider.has_pkce else ""
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        hint = {} if login_hint is None else {"login_hint": login_hint}
        with _session(client, provider) as session:
            address, _state = session.create_authorization_url(
                provider.authorization_endpoint,
                state=state,
                nonce=nonce,
                code_verifier=verifier or None,
                **hint,
            )
        return Beginning(address=str(address), state=state, nonce=nonce, code_verifier=verifier)

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        """Exchange the code, verify who signed what, and read the profile."""
        try:
            return self._complete(client, begun, answer, now)
        except _SignInStops as stop:
            return stop.failed

    def receive(
        self, client: Client, message: Message, now: datetime
    ) -> Arrival | SourceSignOut | SignInFailed:
        """Nothing is heard yet of what the source sends by itself."""
        return SignInFailed(Why.UNTRUSTED, "unexpected message")

    def farewell(self, client: Client, return_to: str) -> str | None:
        """The provider's own sign-out page, when it announces one."""
        try:
            provider = self._provider(client.source)
        except _SignInStops:
            return None
        if not provider.end_session_endpoint:
            return None
        query = urlencode(
            {"client_id": _settings(client.source).client_id, "post_logout_redirect_uri": return_to}
        )
        joint = "&" if urlsplit(provider.end_session_endpoint).query else "?"
        return f"{provider.end_session_endpoint}{joint}{query}"

    def _complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            return SignInFailed(Why.NOT_BEGUN_HERE, "another state")
        if "error" in answer or not answer.get("code"):
            return SignInFailed(Why.CANCELLED)
        provider = self._provider(client.source)
        if answer.get("iss", None if provider.names_itself else provider.issuer) != provider.issuer:
            return SignInFailed(Why.UNTRUSTED, "the answer is another issuer's (RFC 9207)")
        with _session(client, provider) as session:
            id_token = _exchange(session, provider, answer["code"], begun)
            try:
                claims = _verified(id_token, provider, client.source, begun.nonce, now)
            except _SignInStops:
                # The issuer may have changed its keys since it was last asked.
                provider = self._provider(client.source, afresh=True)
                claims = _verified(id_token, provider, client.source, begun.nonce, now)
            told = _userinfo(session, provider, client.source, str(claims["sub"]))
        return Arrival(
            claims={**claims, **told}, answers=begun.state, session=str(claims.get("sid", ""))
        )

    def _provider(self, source: SignInSource, *, afresh: bool = False) -> _Provider:
        """What *source* announces, asked by one request at a time.

        While one asks, the others go by what was last known, a failure included: an ENT that
        is silent for seconds must not hold every thread that families read with.
        """
        url = _settings(source).discovery_url
        known = self._announced.get(url)
        if known is not None and not afresh and self._ticks() < known.until:
            return known.provider()
        asking = self._asking.setdefault(url, Lock())
        if not asking.acquire(blocking=known is None):
            return self._announced[url].provider()
        try:
            latest = self._announced.get(url)
            if latest is None or latest is known:
                latest = self._announced[url] = self._asked(source)
        finally:
            asking.release()
        return latest.provider()

    def _asked(self, source: SignInSource) -> _Announcement:
        try:
            provider = _announcement(source)
        except _SignInStops as stop:
            return _Announcement(until=self._ticks() + SILENCE_LASTS_S, told=stop.failed)
        return _Announcement(until=self._ticks() + ANNOUNCEMENT_LASTS_S, told=provider)


def _settings(source: SignInSource) -> OidcSource:
    """How the source is configured. Raises MethodIsWrong for a source of another method."""
    if not isinstance(source.protocol, OidcSource):
        raise MethodIsWrong(source.name)
    return source.protocol


def _session(client: Client, provider: _Provider) -> OAuth2Session:
    session = OAuth2Session(
        client_id=_settings(client.source).client_id,
        client_secret=client.secret,
        token_endpoint_auth_method=(
            "client_secret_post" if provider.secret_in_body else "client_secret_basic"
        ),
        code_challenge_method="S256",
        redirect_uri=client.redirect_uri,
        scope=_settings(client.source).scope,
        default_timeout=TIMEOUT_S,
        # Without it, a token that lasts a minute is refused before it is used.
        leeway=0,
    )
    session.trust_env = not is_loopback(_settings(client.source).discovery_url)
    return session


def _exchange(session: OAuth2Session, provider: _Provider, code: str, begun: Beginning) -> str:
    """The id_token that *code* is worth."""
    proof = {"code_verifier": begun.code_verifier} if begun.code_verifier else {}
    try:
        token = session.fetch_token(
            provider.token_endpoint,
            grant_type="authorization_code",
            code=code,
            allow_redirects=False,
            **proof,
        )
    except requests.RequestException as error:
        raise _SignInStops(Why.UNREACHABLE, f"token: {type(error).__name__}") from error
    except (AuthlibBaseError, ValueError) as error:
        raise _SignInStops(Why.UNTRUSTED, f"token: {type(error).__name__}") from error
    id_token = token.get("id_token")
    if not isinstance(id_token, str):
        raise _SignInStops(Why.UNTRUSTED, "token: no id_token")
    return id_token


def _verified(
    id_token: str, provider: _Provider, source: SignInSource, nonce: str, now: datetime
) -> Mapping[str, object]:
    """The claims of an id_token made by this issuer, for us, for this attempt, and not ended."""
    expected = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=CLOCKS_DIFFER_S,
        iss={"essential": True, "value": provider.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": _settings(source).client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True},
    )
    try:
        claims = jwt.decode(id_token, provider.keys, algorithms=ALGORITHMS).claims
        expected.validate(claims)
    except (JoseError, ValueError) as error:
        raise _SignInStops(Why.UNTRUSTED, f"id_token: {type(error).__name__}") from error
    if not isinstance(claims["sub"], str):
        raise _SignInStops(Why.UNTRUSTED, "id_token: sub is not a text")
    if claims["nonce"] != nonce:
        # Not left to the registry: it would take a list in which ours is one of several.
        raise _SignInStops(Why.UNTRUSTED, "id_token: made for another attempt (nonce)")
    ours = _settings(source).client_id
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if is_for_several else ours) != ours:
        raise _SignInStops(Why.UNTRUSTED, "id_token: given to another client (azp)")
    return claims


def _userinfo(
    session: OAuth2Session, provider: _Provider, source: SignInSource, subject: str
) -> Mapping[str, object]:
    """What the provider tells besides, about the same person.

    entcore's userinfo carries no `sub` but the same identifier under another name: it is
    accepted there only if the source's `claims.subject` says so.
    """
    if not provider.userinfo_endpoint:
        return {}
    try:
        answer = session.get(
            provider.userinfo_endpoint,
            headers={"Accept": "application/json"},
            allow_redirects=False,
        )
        answer.raise_for_status()
        told = answer.json()
    except requests.JSONDecodeError as error:
        raise _SignInStops(Why.UNTRUSTED, "userinfo: not JSON") from error
    except requests.RequestException as error:
        raise _SignInStops(Why.UNREACHABLE, f"userinfo: {type(error).__name__}") from error
    except AuthlibBaseError as error:
        raise _SignInStops(Why.UNTRUSTED, f"userinfo: {type(error).__name__}") from error
    if not isinstance(told, dict):
        raise _SignInStops(Why.UNTRUSTED, "userinfo: not a table")
    named = told["sub"] if "sub" in told else told.get(source.claims.get("subject", ("sub",))[0])
    if named != subject:
        raise _SignInStops(Why.UNTRUSTED, "userinfo: about somebody else")
    return told


def _announcement(source: SignInSource) -> _Provider:
    """Read and check what *source* announces at its discovery address, and its keys."""
    _check_address(_settings(source).discovery_url, source)
    with session_for(_settings(source).discovery_url) as session:
        announced = _table_at(session, _settings(source).discovery_url)
        issuer, jwks_uri = announced.get("issuer"), announced.get("jwks_uri")
        if not isinstance(issuer, str) or not issuer:
            raise _SignInStops(Why.UNREACHABLE, "discovery: no issuer")
        keys = _keys(_table_at(session, _address(announced, "jwks_uri", source)))
    if not jwks_uri:
        raise _SignInStops(Why.UNREACHABLE, "discovery: no jwks_uri")
    methods = announced.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return _Provider(
        issuer=issuer,
        authorization_endpoint=_address(announced, "authorization_endpoint", source),
        token_endpoint=_address(announced, "token_endpoint", source),
        userinfo_endpoint=_address(announced, "userinfo_endpoint", source, optional=True),
        end_session_endpoint=_address(announced, "end_session_endpoint", source, optional=True),
        keys=keys,
        has_pkce="S256" in _listed(announced, "code_challenge_methods_supported"),
        names_itself=announced.get("authorization_response_iss_parameter_supported") is True,
        secret_in_body=isinstance(methods, list) and "client_secret_basic" not in methods,
    )


def _table_at(session: requests.Session, url: str) -> Mapping[str, object]:
    try:
        answer = session.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        table = answer.json()
    except requests.RequestException as error:
        raise _SignInStops(Why.UNREACHABLE, f"discovery: {type(error).__name__}") from error
    if answer.status_code != requests.codes.ok or not isinstance(table, dict):
        raise _SignInStops(Why.UNREACHABLE, "discovery: not a table")
    return table


def _keys(table: Mapping[str, object]) -> KeySet:
    """The issuer's public signing keys; those of other kinds are left aside."""
    keys = [
        key
        for key in _listed(table, "keys")
        if isinstance(key, dict) and key.get("kty") in _KEY_TYPES and key.get("use") != "enc"
    ]
    try:
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError) as error:
        raise _SignInStops(Why.UNREACHABLE, "discovery: unreadable keys") from error


def _listed(table: Mapping[str, object], name: str) -> list[object]:
    value = table.get(name)
    return value if isinstance(value, list) else []


def _address(
    announced: Mapping[str, object], name: str, source: SignInSource, *, optional: bool = False
) -> str:
    address = announced.get(name)
    if optional and not address:
        return ""
    if not isinstance(address, str):
        raise _SignInStops(Why.UNREACHABLE, f"discovery: no {name}")
    _check_address(address, source)
    return address


def _check_address(address: str, source: SignInSource) -> None:
    """Refuse what would carry a secret in clear."""
    if not is_sheltered(address, _settings(source).discovery_url):
        raise _SignInStops(Why.UNREACHABLE, "discovery: an address is neither https nor loopback")
