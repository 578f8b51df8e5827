"""An OpenID provider that lies on demand, and the table of its lies.

It answers what the test wrote, and nothing else. Each lie of `LIES` changes one thing of an
exchange that would sign a parent in, and says why nobody is signed in.
"""

import base64
import gzip
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from publisher.sign_in.method import Why

DISCOVERY = "/.well-known/openid-configuration"
SECRET = "demo-secret"
STRANGER = RSAKey.generate_key(2048, {"kid": "k1"})
"""A key of nobody's, under the name of the issuer's."""
STATE, NONCE, CODE = "st", "n1", "c"
SUBJECT = "s1"
TOLD: Mapping[str, object] = {"sub": SUBJECT, "ENTPersonProfils": "National_TUT"}
_KEY = RSAKey.generate_key(2048, {"kid": "k1"})
_AN_HOUR_S = 3600


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A body as it goes on the wire. `drips`: it goes on for ten seconds, a byte at a time."""

    body: bytes = b""
    content_type: str = "application/json"
    encoding: str = ""
    drips: bool = False


@dataclass(kw_only=True)
class Hostile:
    """What it will answer. `replies` are (status, JSON body, bytes or Raw) by path.

    `browser` is what it sends the person back with, in place of a true answer.
    """

    url: str = ""
    key: RSAKey = field(default_factory=lambda: _KEY)
    replies: dict[str, tuple[int, object]] = field(default_factory=dict)
    browser: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    requests: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    def announces(self, **changes: object) -> dict[str, object]:
        """A discovery document, with *changes*; one that is None is left out."""
        document: dict[str, object] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "authorization_response_iss_parameter_supported": True,
            **changes,
        }
        return {name: value for name, value in document.items() if value is not None}

    def claims(self, **changes: object) -> dict[str, object]:
        """The claims of a true id_token, with *changes*; one that is None is left out."""
        now = int(datetime.now(UTC).timestamp())
        claims: dict[str, object] = {
            "iss": self.url,
            "aud": "preau",
            "sub": SUBJECT,
            "nonce": NONCE,
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def signs(
        self,
        claims: Mapping[str, object],
        *,
        key: RSAKey | ECKey | OctKey | None = None,
        alg: str = "RS256",
        kid: str = "k1",
        **header: object,
    ) -> str:
        """A token with *claims*."""
        return jwt.encode(
            {"alg": alg, "kid": kid, **header},
            dict(claims),
            key or self.key,
            registry=JWSRegistry(algorithms=[alg], strict_check_header=False),
        )

    def behaves(self, id_token: object, userinfo: object, **announced: object) -> None:
        """Answer everything as a provider would, with this id_token and this userinfo."""
        token = {"access_token": "t", "token_type": "Bearer", "expires_in": 30}
        self.replies = {
            DISCOVERY: (200, self.announces(**announced)),
            "/jwks": (200, KeySet([self.key]).as_dict(private=False)),
            "/token": (200, {**token, "id_token": id_token}),
            "/userinfo": (200, userinfo),
        }
        self.browser = {"state": STATE, "code": CODE, "iss": self.url}

    def is_true(self, **announced: object) -> None:
        """Tell the truth about a parent."""
        self.behaves(self.signs(self.claims()), TOLD, **announced)


@contextmanager
def run_hostile() -> Iterator[Hostile]:
    """Run it until the block ends."""
    hostile = Hostile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            asked = self.rfile.read(length)
            path = self.path.partition("?")[0]
            hostile.asked.append(path)
            hostile.requests.append((self.path, dict(self.headers), asked))
            status, body = hostile.replies.get(path, (404, {}))
            raw = body if isinstance(body, Raw) else Raw(body=_bytes(body))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{hostile.url}/userinfo")
            self.send_header("Content-Type", raw.content_type)
            if raw.encoding:
                self.send_header("Content-Encoding", raw.encoding)
            self.send_header("Content-Length", str(1 << 40 if raw.drips else len(raw.body)))
            self.end_headers()
            try:
                self.wfile.write(raw.body)
                for _time in range(2000 if raw.drips else 0):
                    if hostile.leaving.wait(0.005):
                        break
                    self.wfile.write(b" ")
            except ConnectionError:
                """Who asked has left."""

        do_POST = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hostile.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hostile
    finally:
        hostile.leaving.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def handmade(header: Mapping[str, object], payload: bytes, secret: bytes | None = None) -> str:
    """A token that no library would write: unsigned, or signed by HMAC with any *secret*."""
    start = f"{_base64(_bytes(dict(header)))}.{_base64(payload)}"
    end = b"" if secret is None else hmac.digest(secret, start.encode(), hashlib.sha256)
    return f"{start}.{_base64(end)}"


@dataclass(frozen=True, kw_only=True)
class Lie:
    """One thing that is wrong, and what comes of it; by waiting, when an answer never ends."""

    name: str
    tell: Callable[[Hostile], None]
    why: Why
    never_ends: bool = False


def _claims(why: Why = Why.UNTRUSTED, **changes: object) -> Lie:
    def tell(hostile: Hostile) -> None:
        hostile.is_true()
        _put_token(hostile, hostile.signs(hostile.claims(**changes)))

    return Lie(name=f"id_token {changes}", tell=tell, why=why)


def _later(name: str) -> Lie:
    def tell(hostile: Hostile) -> None:
        in_an_hour = int(datetime.now(UTC).timestamp()) + _AN_HOUR_S
        changes: dict[str, object] = {name: in_an_hour, "exp": in_an_hour + 300}
        _put_token(hostile, hostile.signs(hostile.claims(**changes)))

    return Lie(name=f"id_token {name} in an hour", tell=_after_the_truth(tell), why=Why.UNTRUSTED)


def _token(name: str, make: Callable[[Hostile], str]) -> Lie:
    def tell(hostile: Hostile) -> None:
        _put_token(hostile, make(hostile))

    return Lie(name=f"id_token {name}", tell=_after_the_truth(tell), why=Why.UNTRUSTED)


def _reply(path: str, name: str, status: int, body: object, why: Why) -> Lie:
    def tell(hostile: Hostile) -> None:
        hostile.replies[path] = (status, body)

    drips = isinstance(body, Raw) and body.drips
    return Lie(name=f"{path} {name}", tell=_after_the_truth(tell), why=why, never_ends=drips)


def _announced(name: str, why: Why = Why.UNREACHABLE, **changes: object) -> Lie:
    return Lie(name=f"discovery {name}", tell=lambda hostile: hostile.is_true(**changes), why=why)


def _browser(name: str, why: Why, changes: Mapping[str, str | None]) -> Lie:
    def tell(hostile: Hostile) -> None:
        brought = {**hostile.browser, **changes}
        hostile.browser = {key: value for key, value in brought.items() if value is not None}

    return Lie(name=f"answer {name}", tell=_after_the_truth(tell), why=why)


def _after_the_truth(tell: Callable[[Hostile], None]) -> Callable[[Hostile], None]:
    def told(hostile: Hostile) -> None:
        hostile.is_true()
        tell(hostile)

    return told


def _put_token(hostile: Hostile, id_token: str) -> None:
    status, body = hostile.replies["/token"]
    assert isinstance(body, dict)
    hostile.replies["/token"] = (status, {**body, "id_token": id_token})


def _twice(table: Mapping[str, object], name: str, value: object) -> bytes:
    """JSON in which *name* comes twice: as something else first, and as it should be last."""
    return f"{{{json.dumps(name)}: {json.dumps(value)}, ".encode() + _bytes(dict(table))[1:]


def _by_hand(hostile: Hostile, payload: bytes, **header: object) -> str:
    """A token that the issuer signed, and that no library would write."""
    start = f"{_base64(_bytes({'alg': 'RS256', 'kid': 'k1', **header}))}.{_base64(payload)}"
    private = hostile.key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    return f"{start}.{_base64(private.sign(start.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _public(hostile: Hostile) -> bytes:
    return hostile.key.as_pem(private=False)


def _signed_userinfo(hostile: Hostile, key: RSAKey | None = None, **changes: object) -> None:
    told = {"iss": hostile.url, "aud": "preau", **TOLD, **changes}
    text = hostile.signs(told, key=key).encode()
    hostile.replies["/userinfo"] = (200, Raw(body=text, content_type="application/jwt"))


def _two_tokens(hostile: Hostile) -> None:
    status, body = hostile.replies["/token"]
    assert isinstance(body, dict)
    hostile.replies["/token"] = (status, _twice(body, "id_token", "another"))


def _redirects_token(hostile: Hostile) -> None:
    hostile.replies["/token"] = (307, hostile.replies["/token"][1])


def _redirects_keys(hostile: Hostile) -> None:
    hostile.replies["/jwks"] = (302, hostile.replies["/jwks"][1])


def _swap_keys(hostile: Hostile) -> None:
    hostile.replies["/jwks"] = (200, KeySet([STRANGER]).as_dict(private=False))


def _shared_secret_among_keys(hostile: Hostile) -> None:
    weak = OctKey.import_key(SECRET * 4, {"kid": "k1"})
    _put_token(hostile, hostile.signs(hostile.claims(), key=weak, alg="HS256"))
    keys = KeySet([hostile.key, weak]).as_dict(private=True)
    hostile.replies["/jwks"] = (200, keys)


_HUGE = Raw(body=b" " * 2_000_000)
_BOMB = Raw(body=gzip.compress(b" " * 20_000_000), encoding="gzip")
_ENDLESS = Raw(drips=True)
_HTML = b"<html>"

LIES: tuple[Lie, ...] = (
    # What the browser brings back.
    _browser("of another attempt", Why.NOT_BEGUN_HERE, {"state": "other"}),
    _browser("without a state", Why.NOT_BEGUN_HERE, {"state": None}),
    _browser("of another issuer", Why.UNTRUSTED, {"iss": "https://other.example"}),
    _browser("without its issuer", Why.UNTRUSTED, {"iss": None}),
    _browser("that is an error", Why.CANCELLED, {"error": "access_denied"}),
    _browser("without a code", Why.CANCELLED, {"code": None}),
    # Whom the id_token is for, and when.
    _claims(iss="https://other.example"),
    _claims(iss=None),
    _claims(iss=["https://other.example"]),
    _claims(aud="other"),
    _claims(aud=["other"]),
    _claims(aud=None),
    _claims(aud=["preau", "other"]),
    _claims(aud=["preau", "other"], azp="other"),
    _claims(azp="other"),
    _claims(exp=1),
    _claims(exp=None),
    _claims(exp="tomorrow"),
    _claims(iat=None),
    _later("iat"),
    _later("nbf"),
    _claims(nonce="n2"),
    _claims(nonce=None),
    _claims(nonce=[NONCE, "n2"]),
    _claims(sub=None),
    _claims(sub=""),
    _claims(sub="s2"),
    _claims(sub=[SUBJECT]),
    _claims(sub=[SUBJECT, "s2"]),
    _claims(sid=["a session"]),
    # Who signed it.
    _token("unsigned", lambda one: handmade({"alg": "none"}, _bytes(one.claims()))),
    _token(
        "signed by the shared secret",
        lambda one: handmade({"alg": "HS256"}, _bytes(one.claims()), SECRET.encode()),
    ),
    _token(
        "signed by the public key as a secret",
        lambda one: handmade({"alg": "HS256", "kid": "k1"}, _bytes(one.claims()), _public(one)),
    ),
    _token("signed by a stranger", lambda one: one.signs(one.claims(), key=STRANGER)),
    _token(
        "that brings its own key",
        lambda one: one.signs(
            one.claims(), key=STRANGER, jwk=STRANGER.as_dict(private=False), kid="k9"
        ),
    ),
    _token("of an unknown key", lambda one: one.signs(one.claims(), kid="k2")),
    _token("of another algorithm", lambda one: one.signs(one.claims(), alg="RS512")),
    _token(
        "with an extension that is not known",
        lambda one: _by_hand(one, _bytes(one.claims()), crit=["urn:x"], **{"urn:x": 1}),
    ),
    _token("retouched", lambda one: f"{one.signs(one.claims())[:-4]}AAAA"),
    _token("that is none", lambda _one: "not a token"),
    _token("with two subjects", lambda one: _by_hand(one, _twice(one.claims(), "sub", "s2"))),
    # The token endpoint.
    _reply("/token", "code used already", 400, {"error": "invalid_grant"}, Why.UNTRUSTED),
    _reply("/token", "no id_token", 200, {"access_token": "t"}, Why.UNTRUSTED),
    _reply("/token", "a list", 200, ["t"], Why.UNTRUSTED),
    _reply("/token", "a page", 200, _HTML, Why.UNTRUSTED),
    _reply("/token", "a failure", 500, {}, Why.UNREACHABLE),
    Lie(name="/token a redirection", tell=_after_the_truth(_redirects_token), why=Why.UNTRUSTED),
    Lie(name="/token two tokens", tell=_after_the_truth(_two_tokens), why=Why.UNTRUSTED),
    _reply("/token", "a huge body", 200, _HUGE, Why.UNREACHABLE),
    _reply("/token", "an endless body", 200, _ENDLESS, Why.UNREACHABLE),
    # Userinfo.
    _reply("/userinfo", "about another", 200, {**TOLD, "sub": "s2"}, Why.UNTRUSTED),
    _reply("/userinfo", "about nobody", 200, {"ENTPersonProfils": "TUT"}, Why.UNTRUSTED),
    _reply("/userinfo", "about two", 200, {**TOLD, "sub": [SUBJECT, "s2"]}, Why.UNTRUSTED),
    _reply("/userinfo", "a list of two", 200, [TOLD, {"sub": "s2"}], Why.UNTRUSTED),
    _reply("/userinfo", "a name twice", 200, _twice(TOLD, "sub", "s2"), Why.UNTRUSTED),
    _reply("/userinfo", "a page", 200, _HTML, Why.UNTRUSTED),
    _reply("/userinfo", "a refusal", 401, {}, Why.UNREACHABLE),
    _reply("/userinfo", "a redirection", 302, TOLD, Why.UNTRUSTED),
    _reply("/userinfo", "a huge body", 200, _HUGE, Why.UNREACHABLE),
    _reply("/userinfo", "a body in a small one", 200, _BOMB, Why.UNREACHABLE),
    _reply("/userinfo", "an endless body", 200, _ENDLESS, Why.UNREACHABLE),
    Lie(
        name="/userinfo signed by a stranger",
        tell=_after_the_truth(lambda one: _signed_userinfo(one, STRANGER)),
        why=Why.UNTRUSTED,
    ),
    Lie(
        name="/userinfo signed for another",
        tell=_after_the_truth(lambda one: _signed_userinfo(one, aud="other")),
        why=Why.UNTRUSTED,
    ),
    Lie(
        name="/userinfo signed by another issuer",
        tell=_after_the_truth(lambda one: _signed_userinfo(one, iss="https://other.example")),
        why=Why.UNTRUSTED,
    ),
    # The issuer's keys.
    Lie(name="/jwks swapped", tell=_after_the_truth(_swap_keys), why=Why.UNTRUSTED),
    Lie(
        name="/jwks with the shared secret",
        tell=_after_the_truth(_shared_secret_among_keys),
        why=Why.UNTRUSTED,
    ),
    _reply(
        "/jwks",
        "of the shared secret alone",
        200,
        KeySet([OctKey.import_key(SECRET * 4, {"kid": "k1"})]).as_dict(private=True),
        Why.UNREACHABLE,
    ),
    _reply("/jwks", "no key", 200, {"keys": []}, Why.UNREACHABLE),
    _reply("/jwks", "broken", 200, b"{", Why.UNREACHABLE),
    Lie(name="/jwks a redirection", tell=_after_the_truth(_redirects_keys), why=Why.UNREACHABLE),
    _reply("/jwks", "a huge body", 200, _HUGE, Why.UNREACHABLE),
    # What it announces.
    _announced("of another issuer", issuer="https://other.example"),
    _announced("of no issuer", issuer=None),
    _announced("of a list of issuers", issuer=["https://other.example"]),
    _announced("without keys", jwks_uri=None),
    _announced("that takes no secret", token_endpoint_auth_methods_supported=["private_key_jwt"]),
    _announced("without a token endpoint", token_endpoint=None),
    *(
        _announced(f"of {address!r} as {name}", **{name: address})
        for name in (
            *("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"),
            "end_session_endpoint",
        )
        for address in ("http://ent.example/x", "ftp://127.0.0.1/x", "javascript:x", 12)
    ),
    _reply(DISCOVERY, "down", 503, {}, Why.UNREACHABLE),
    _reply(DISCOVERY, "a list", 200, [], Why.UNREACHABLE),
    _reply(DISCOVERY, "empty", 200, {}, Why.UNREACHABLE),
    _reply(DISCOVERY, "a redirection", 302, {}, Why.UNREACHABLE),
    _reply(DISCOVERY, "a name twice", 200, b'{"issuer": "a", "issuer": "b"}', Why.UNREACHABLE),
    _reply(DISCOVERY, "an endless body", 200, _ENDLESS, Why.UNREACHABLE),
)
"""Every lie, of which each is enough for nobody to be signed in."""
