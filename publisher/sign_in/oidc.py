"""OpenID Connect: authorization code, state, nonce, PKCE when announced, keys of the issuer only.

OpenID Connect Core 1.0, Discovery 1.0, Back-Channel and Front-Channel Logout 1.0; RFC 9207 for
who answers.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.attempts import ATTEMPT_LASTS
from publisher.sign_in.bounds import bounded
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
from publisher.sign_in.strict_json import OneOfEach

_log = logging.getLogger(__name__)

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
DISCOVERY_PATH = "/.well-known/openid-configuration"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TOKEN_LASTS_S = 86_400
"""The longest that a logout token may last, so that those used are not remembered for ever."""
_LOGOUT_TYPES = {"jwt", "logout+jwt"}
"""What a logout token may say that it is (`typ`, without `application/`), when it says it. The
second is recommended, the first what libraries write by themselves."""
_OF_THE_PROTOCOL = frozenset(
    {"iss", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "sid"}
    | {"acr", "amr", "auth_time"}
)
"""Claims that say nothing of the person."""
_ERRORS = frozenset(
    {"access_denied", "invalid_request", "invalid_scope", "login_required", "server_error"}
    | {"temporarily_unavailable", "unauthorized_client", "unsupported_response_type"}
)
"""What a provider says when it sends nobody, of the words the standard has for it: others come
from an address anybody can write, and are not logged."""


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
    tells_browsers: bool


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
        with _session(client, provider, self._ticks) as session:
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
        """A session that the provider ended: by a token it posts, or by a browser it tells.

        A token names a session, or a person, all of whose sessions it ends. An address (`?iss=&sid=`) is believed only
        of a provider that announces that it tells browsers, and ends the session it names.
        """
        try:
            if message.method == "GET":
                return self._told_by_a_browser(client, message)
            return self._told_by_token(client, message, now)
        except _SignInStops as stop:
            return stop.failed

    def farewell(self, client: Client, return_to: str) -> str | None:
        """The provider's own sign-out page, when it announces one."""
        if not _settings(client.source).has_farewell:
            return None
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
            error = answer.get("error", "")
            return SignInFailed(Why.CANCELLED, error if error in _ERRORS else "no code")
        provider = self._provider(client.source)
        if answer.get("iss", None if provider.names_itself else provider.issuer) != provider.issuer:
            return SignInFailed(Why.UNTRUSTED, "the answer is another issuer's (RFC 9207)")
        with _session(client, provider, self._ticks) as session:
            id_token = _exchange(session, provider, answer["code"], begun)
            token, provider = self._decoded(id_token, provider, client.source, "id_token")
            claims = _verified(token.claims, provider, client.source, begun.nonce, now)
            told = _userinfo(session, provider, client.source, str(claims["sub"]))
        said = {**claims, **told}
        # Without a session of its own (entcore, LemonLDAP::NG 2.16), the person's name stands for it:
        # that is what such a provider then says that it ended.
        return Arrival(
            claims={name: said[name] for name in said if name not in _OF_THE_PROTOCOL},
            answers=begun.state,
            session=_session_of(claims) or str(claims["sub"]),
            # A provider should take a code once; this attempt is answered once, whatever it does.
            proof=begun.nonce,
            proof_until=now + ATTEMPT_LASTS,
        )

    def _told_by_token(self, client: Client, message: Message, now: datetime) -> SourceSignOut:
        """What a logout token ends (Back-Channel Logout 1.0, 2.4 and 2.6)."""
        text = message.form.get("logout_token", "")
        if not text:
            raise _SignInStops(Why.UNTRUSTED, "logout: no token")
        provider = self._provider(client.source)
        token, provider = self._decoded(text, provider, client.source, "logout")
        kind = str(token.header.get("typ", "jwt")).lower().removeprefix("application/")
        if kind not in _LOGOUT_TYPES:
            raise _SignInStops(Why.UNTRUSTED, "logout: a token of another kind")
        claims = token.claims
        _validate(claims, provider, client.source, now, "logout", jti={"essential": True})
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise _SignInStops(Why.UNTRUSTED, "logout: the token says no such event")
        if "nonce" in claims:
            raise _SignInStops(Why.UNTRUSTED, "logout: an id_token is no logout token (nonce)")
        session, subject = _session_of(claims), str(claims.get("sub", ""))
        if not session and not subject:
            raise _SignInStops(Why.UNTRUSTED, "logout: the token names nobody")
        if claims["exp"] > now.timestamp() + LOGOUT_TOKEN_LASTS_S:
            raise _SignInStops(Why.UNTRUSTED, "logout: the token lasts too long")
        return SourceSignOut(
            session=session,
            subject="" if session else subject,
            proof=str(claims["jti"]),
            proof_until=datetime.fromtimestamp(claims["exp"] + 2 * CLOCKS_DIFFER_S, UTC),
        )

    def _told_by_a_browser(self, client: Client, message: Message) -> SourceSignOut:
        """What an address opened in a frame of the provider's ends (Front-Channel Logout 1.0)."""
        provider = self._provider(client.source)
        if not provider.tells_browsers:
            raise _SignInStops(Why.UNTRUSTED, "logout: the provider announces no front channel")
        session = message.query.get("sid", "")
        if not session or message.query.get("iss") != provider.issuer:
            raise _SignInStops(Why.UNTRUSTED, "logout: not a session of this issuer (iss, sid)")
        return SourceSignOut(session=session)

    def _decoded(
        self, text: str, provider: _Provider, source: SignInSource, what: str
    ) -> tuple[jwt.Token, _Provider]:
        """A token that the issuer signed, and the issuer as it announces itself by now.

        It may have changed its keys since it was last asked: it is asked again, once.
        """
        try:
            return _signed(text, provider, what), provider
        except _SignInStops:
            provider = self._provider(source, afresh=True)
            return _signed(text, provider, what), provider

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
            provider = _announcement(source, self._ticks)
        except _SignInStops as stop:
            return _Announcement(until=self._ticks() + SILENCE_LASTS_S, told=stop.failed)
        return _Announcement(until=self._ticks() + ANNOUNCEMENT_LASTS_S, told=provider)


def _settings(source: SignInSource) -> OidcSource:
    """How the source is configured. Raises MethodIsWrong for a source of another method."""
    if not isinstance(source.protocol, OidcSource):
        raise MethodIsWrong(source.name)
    return source.protocol


def _session(client: Client, provider: _Provider, ticks: Callable[[], float]) -> OAuth2Session:
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
    session.register_compliance_hook("access_token_response", _as_it_should_be)
    bounded(session, ticks)
    return session


def _as_it_should_be(answer: requests.Response) -> requests.Response:
    """The same answer, an error included. Raises ValueError when it is neither, or has a name twice."""
    if answer.status_code == requests.codes.ok:
        answer.json(cls=OneOfEach)
    elif answer.status_code < requests.codes.bad_request:
        raise ValueError("a redirection")
    return answer


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
    except requests.JSONDecodeError as error:
        raise _SignInStops(Why.UNTRUSTED, "token: not JSON") from error
    except requests.RequestException as error:
        raise _SignInStops(Why.UNREACHABLE, f"token: {type(error).__name__}") from error
    except (AuthlibBaseError, ValueError) as error:
        raise _SignInStops(Why.UNTRUSTED, f"token: {type(error).__name__}") from error
    id_token = token.get("id_token")
    if not isinstance(id_token, str):
        raise _SignInStops(Why.UNTRUSTED, "token: no id_token")
    return id_token


def _signed(text: str, provider: _Provider, what: str) -> jwt.Token:
    """The token that *text* is, if a key of the issuer signed it."""
    try:
        return jwt.decode(text, provider.keys, algorithms=ALGORITHMS, decoder_cls=OneOfEach)
    except (JoseError, ValueError) as error:
        raise _SignInStops(Why.UNTRUSTED, f"{what}: {type(error).__name__}") from error


def _validate(
    claims: Mapping[str, object],
    provider: _Provider,
    source: SignInSource,
    now: datetime,
    what: str,
    **others: jwt.ClaimsOption,
) -> None:
    """Check that *claims* are this issuer's, for us, and of this moment."""
    expected = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=CLOCKS_DIFFER_S,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": _settings(source).client_id},
        exp={"essential": True},
        iat={"essential": True},
        **others,
    )
    try:
        expected.validate(dict(claims))
    except (JoseError, ValueError) as error:
        raise _SignInStops(Why.UNTRUSTED, f"{what}: {type(error).__name__}") from error


def _verified(
    claims: Mapping[str, object],
    provider: _Provider,
    source: SignInSource,
    nonce: str,
    now: datetime,
) -> Mapping[str, object]:
    """The claims of an id_token made by this issuer, for us, for this attempt, and not ended."""
    required: jwt.ClaimsOption = {"essential": True}
    _validate(claims, provider, source, now, "id_token", sub=required, nonce=required)
    if claims["nonce"] != nonce:
        # Not left to the registry: it would take a list in which ours is one of several.
        raise _SignInStops(Why.UNTRUSTED, "id_token: made for another attempt (nonce)")
    ours = _settings(source).client_id
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if is_for_several else ours) != ours:
        raise _SignInStops(Why.UNTRUSTED, "id_token: given to another client (azp)")
    return claims


def _session_of(claims: Mapping[str, object]) -> str:
    """The provider's name of its session, empty when it gives none."""
    session = claims.get("sid", "")
    if not isinstance(session, str):
        raise _SignInStops(Why.UNTRUSTED, "sid is not a text")
    return session


def _userinfo(
    session: OAuth2Session, provider: _Provider, source: SignInSource, subject: str
) -> Mapping[str, object]:
    """What the provider tells besides, about the same person.

    entcore's userinfo carries no `sub` but the same identifier under another name: it is
    accepted there only if the source's `claims.subject` says so. ProConnect's is signed.
    """
    if not provider.userinfo_endpoint:
        return {}
    settings = _settings(source)
    version = settings.userinfo_version
    try:
        answer = session.get(
            provider.userinfo_endpoint,
            params={"version": version} if version else None,
            headers={"Accept": settings.userinfo_accept},
            allow_redirects=False,
        )
        answer.raise_for_status()
        if answer.status_code != requests.codes.ok:
            raise _SignInStops(Why.UNTRUSTED, "userinfo: a redirection")
        if _is_token(answer):
            told = _of_signed_userinfo(answer.text, provider, source)
        else:
            told = answer.json(cls=OneOfEach)
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


def _is_token(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip() == "application/jwt"


def _of_signed_userinfo(text: str, provider: _Provider, source: SignInSource) -> dict[str, object]:
    """The claims of a userinfo that the issuer signed, for us (OpenID Connect Core 1.0, 5.3.2)."""
    claims = _signed(text, provider, "userinfo").claims
    ours = _settings(source).client_id
    audience = claims.get("aud", ours)
    if claims.get("iss", provider.issuer) != provider.issuer or audience not in (ours, [ours]):
        raise _SignInStops(Why.UNTRUSTED, "userinfo: signed for another (iss, aud)")
    return claims


def _announcement(source: SignInSource, ticks: Callable[[], float]) -> _Provider:
    """Read and check what *source* announces at its discovery address, and its keys."""
    _check_address(_settings(source).discovery_url, source)
    with session_for(_settings(source).discovery_url, ticks) as session:
        announced = _table_at(session, _settings(source).discovery_url)
        issuer, jwks_uri = announced.get("issuer"), announced.get("jwks_uri")
        if not isinstance(issuer, str) or not _is_issuer(issuer, _settings(source)):
            raise _SignInStops(Why.UNREACHABLE, "discovery: another issuer than the source's")
        keys = _keys(_table_at(session, _address(announced, "jwks_uri", source)))
    if not jwks_uri:
        raise _SignInStops(Why.UNREACHABLE, "discovery: no jwks_uri")
    _warn_of_scopes(announced, source)
    return _Provider(
        issuer=issuer,
        authorization_endpoint=_address(announced, "authorization_endpoint", source),
        token_endpoint=_address(announced, "token_endpoint", source),
        userinfo_endpoint=_address(announced, "userinfo_endpoint", source, optional=True),
        end_session_endpoint=_address(announced, "end_session_endpoint", source, optional=True),
        keys=keys,
        has_pkce="S256" in _listed(announced, "code_challenge_methods_supported"),
        names_itself=announced.get("authorization_response_iss_parameter_supported") is True,
        secret_in_body=_is_secret_in_body(announced),
        tells_browsers=announced.get("frontchannel_logout_supported") is True,
    )


def _is_issuer(name: str, settings: OidcSource) -> bool:
    """Say whether a provider found at the source's address may call itself *name*."""
    if settings.issuer:
        return name == settings.issuer
    return f"{name.rstrip('/')}{DISCOVERY_PATH}" == settings.discovery_url


def _is_secret_in_body(announced: Mapping[str, object]) -> bool:
    """Say whether our secret goes in the request's body: only if the provider takes no other way."""
    methods = announced.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(methods, list) or not {"client_secret_basic", "client_secret_post"} & {
        *map(str, methods)
    }:
        raise _SignInStops(Why.UNREACHABLE, "discovery: no client authentication by a secret")
    return "client_secret_basic" not in methods


def _warn_of_scopes(announced: Mapping[str, object], source: SignInSource) -> None:
    """Log the scopes asked that are not announced: entcore answers `server_error` to those."""
    known = _listed(announced, "scopes_supported")
    foreign = [one for one in _settings(source).scope.split() if known and one not in known]
    if foreign:
        _log.warning("%s does not announce the scopes %s", source.name, ", ".join(foreign))


def _table_at(session: requests.Session, url: str) -> Mapping[str, object]:
    try:
        answer = session.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        table = answer.json(cls=OneOfEach)
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
