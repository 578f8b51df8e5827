"""The demo ENT: a real OpenID provider in its own process, for people who try Préau and for tests.

It keeps the protocol strictly (exact redirect addresses, one use of a code within a minute, PKCE
S256, a secret at the token endpoint) and nobody's identity: a profile is chosen with one click,
or named by `login_hint`. It must never be a town's sign-in source.
"""

import argparse
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CODE_LASTS_S = 60
TOKEN_LASTS_S = 300
SESSION_COOKIE = "ent_demo"
_KEY_BITS = 2048
_CSP = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {applications}; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProfile:
    """Somebody invented. `id` is the `login_hint`, the button's value and the `sub`."""

    id: str
    label: str
    given_name: str
    claims: Mapping[str, str | list[str]]

    @property
    def subject(self) -> str:
        """The stable identifier that applications are given."""
        return f"demo-{self.id}"


def _team(id_: str, given_name: str, label: str) -> DemoProfile:
    return DemoProfile(
        id=id_, label=label, given_name=given_name, claims={"ENTPersonProfils": ["National_COL"]}
    )


def _parent(
    id_: str, label: str, schools: str | list[str], classes: str | list[str]
) -> DemoProfile:
    return DemoProfile(
        id=id_,
        label=label,
        given_name="Camille",
        claims={
            "ENTPersonProfils": "National_TUT",
            "ENTPersonStructRattachUAI": schools,
            "ENTEleveClasses": classes,
        },
    )


PROFILES: tuple[DemoProfile, ...] = (
    _team("ines", "Inès", "Animatrice — Inès, centre Les Tilleuls"),
    _team("samira", "Samira", "Directrice — Samira, centre Les Tilleuls"),
    _team("yanis", "Yanis", "Animateur — Yanis, centre La Grande Ourse"),
    _team("lou", "Lou", "Animatrice — Lou, centre Le Moulin"),
    _team("malo", "Malo", "Animateur — Malo, centre Les Hirondelles"),
    _team("rose", "Rose", "Animatrice — Rose, centre Le Petit Bois"),
    _parent(
        "parent-prevert",
        "Parent — élèves de l'école Jacques-Prévert",
        ["0920001B"],
        ["0920001B$CP A"],
    ),
    _parent(
        "parent-prevert-maternelle",
        "Parent — élève de la maternelle des Tilleuls",
        "0920002C",
        "MS 2",
    ),
    _parent(
        "parent-michel",
        "Parent — élèves de l'école Louise-Michel",
        "0310001H",
        "0310001H$CE2 B",
    ),
    _parent(
        "parent-deux",
        "Parent — deux enfants, deux centres",
        ["0920001B", "0310001H"],
        ["0920001B$CM2", "0310001H$CP A"],
    ),
    DemoProfile(
        id="enfant-prevert",
        label="Enfant — CM1, école Jacques-Prévert",
        given_name="Alix",
        claims={
            "ENTPersonProfils": "National_elv",
            "ENTPersonStructRattachUAI": "0920001B",
            "ENTEleveClasses": ["0920001B$CM1"],
        },
    ),
    DemoProfile(
        id="enseignante",
        label="Enseignante — école Jacques-Prévert",
        given_name="Dominique",
        claims={
            "ENTPersonProfils": ["National_ENS"],
            "ENTPersonStructRattachUAI": ["0920001B"],
        },
    ),
    DemoProfile(
        id="agent-mairie",
        label="Agent de la mairie",
        given_name="Claude",
        claims={"ENTPersonProfils": "National_COL"},
    ),
    DemoProfile(
        id="sans-ecole",
        label="Parent — aucune école dans l'ENT",
        given_name="Sacha",
        claims={"ENTPersonProfils": ["National_TUT"], "ENTPersonStructRattachUAI": []},
    ),
)
"""Everybody in the demo ENT, in the order of the chooser. Some claims are lists and some are
texts, as real ENTs do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The one application this provider knows, and where it stands itself."""

    public_url: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What a code is worth, once, until `ends_at` (of the monotonic clock)."""

    profile: DemoProfile
    redirect_uri: str
    nonce: str
    challenge: str
    ends_at: float


def make_ent(registration: Registration) -> "WSGIApplication":
    """The provider, with a key of its own made now and everything it knows in memory."""
    return _Ent(registration).application()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the provider on loopback until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m publisher.demo.ent", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", type=Path, required=True)
    parser.add_argument("--redirect-uri", action="append", required=True)
    parser.add_argument("--post-logout-uri", action="append", default=[])
    asked = parser.parse_args(arguments)
    registration = Registration(
        public_url=asked.public_url.rstrip("/"),
        client_id=asked.client_id,
        client_secret=asked.client_secret_file.read_text(encoding="utf-8").strip(),
        redirect_uris=tuple(asked.redirect_uri),
        post_logout_uris=tuple(asked.post_logout_uri),
    )
    server = Granian(
        "publisher.demo.ent",
        address="127.0.0.1",
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=partial(_load, registration), wrap_loader=False)
    return 0


def _load(registration: Registration) -> "WSGIApplication":
    """Built in the worker: the key and the codes live in the process that answers."""
    return make_ent(registration)


class _Ent:
    def __init__(self, registration: Registration) -> None:
        self._registered = registration
        self._key = RSAKey.generate_key(
            _KEY_BITS, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"}
        )
        self._profiles = {profile.id: profile for profile in PROFILES}
        self._sessions: dict[str, DemoProfile] = {}
        self._codes: dict[str, _Grant] = {}
        self._tokens: dict[str, tuple[DemoProfile, float]] = {}

    def application(self) -> Flask:
        """Its addresses."""
        flask = Flask(__name__)
        flask.get("/.well-known/openid-configuration")(self.discovery)
        flask.get("/jwks")(self.keys)
        flask.get("/authorize")(self.authorize)
        flask.post("/authorize")(self.choose)
        flask.post("/token")(self.token)
        flask.route("/userinfo", methods=["GET", "POST"])(self.userinfo)
        flask.get("/end_session")(self.end_session)
        flask.get("/ent.css")(self.style)
        flask.after_request(self._protect)
        return flask

    def discovery(self) -> Response:
        """What this provider announces."""
        here = self._registered.public_url
        return jsonify(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "userinfo_endpoint": f"{here}/userinfo",
                "jwks_uri": f"{here}/jwks",
                "end_session_endpoint": f"{here}/end_session",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def keys(self) -> Response:
        """The public half of the signing key."""
        return jsonify(KeySet([self._key]).as_dict(private=False))

    def authorize(self) -> Response:
        """Sign in at once by an open session or a `login_hint`, else show who one can be."""
        wrong = self._wrong_request(request.args)
        if wrong is not None:
            return wrong
        hinted = self._profiles.get(request.args.get("login_hint", ""))
        is_asked = {"login", "select_account"} & set(request.args.get("prompt", "").split())
        known = self._sessions.get(request.cookies.get(SESSION_COOKIE, ""))
        profile = hinted or (None if is_asked else known)
        if profile is not None:
            return self._granted(profile, request.args)
        if request.args.get("prompt") == "none":
            return self._sent_back(request.args, {"error": "login_required"})
        page = render_template(
            "ent_chooser.html",
            profiles=PROFILES,
            asked=request.args.to_dict(),
            cancel=self._address_back(request.args, {"error": "access_denied"}),
        )
        return make_response(page)

    def choose(self) -> Response:
        """One click of the chooser."""
        wrong = self._wrong_request(request.form)
        if wrong is not None:
            return wrong
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return _wrong("The form was not this provider's own.")
        profile = self._profiles.get(request.form.get("profile", ""))
        if profile is None:
            return _wrong("Unknown profile.")
        return self._granted(profile, request.form)

    def token(self) -> Response:
        """Exchange a code for tokens, once."""
        if not self._is_client():
            answer = make_response(jsonify({"error": "invalid_client"}), 401)
            answer.headers["WWW-Authenticate"] = "Basic"
            return answer
        grant = self._codes.pop(request.form.get("code", ""), None)
        verifier = request.form.get("code_verifier", "")
        if (
            request.form.get("grant_type") != "authorization_code"
            or grant is None
            or time.monotonic() >= grant.ends_at
            or request.form.get("redirect_uri") != grant.redirect_uri
            or not hmac.compare_digest(_challenge_of(verifier), grant.challenge)
        ):
            return make_response(jsonify({"error": "invalid_grant"}), 400)
        access = secrets.token_urlsafe(32)
        self._tokens[access] = (grant.profile, time.monotonic() + TOKEN_LASTS_S)
        now = int(time.time())
        id_token = jwt.encode(
            {"alg": "RS256", "kid": self._key.kid},
            {
                "iss": self._registered.public_url,
                "sub": grant.profile.subject,
                "aud": self._registered.client_id,
                "iat": now,
                "exp": now + TOKEN_LASTS_S,
                "nonce": grant.nonce,
            },
            self._key,
        )
        answer = jsonify(
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": TOKEN_LASTS_S,
                "id_token": id_token,
            }
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def userinfo(self) -> Response:
        """Who an access token speaks of."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        profile, ends_at = self._tokens.get(token, (None, 0.0))
        if scheme.lower() != "bearer" or profile is None or time.monotonic() >= ends_at:
            return make_response(jsonify({"error": "invalid_token"}), 401)
        told = {"sub": profile.subject, "given_name": profile.given_name, **profile.claims}
        return jsonify(told)

    def end_session(self) -> Response:
        """Forget this browser's session, and go back where the application asked."""
        self._sessions.pop(request.cookies.get(SESSION_COOKIE, ""), None)
        back = request.args.get("post_logout_redirect_uri")
        if back in self._registered.post_logout_uris:
            answer = make_response(redirect(str(back), 303))
        else:
            answer = make_response(render_template("ent_goodbye.html"))
        answer.delete_cookie(SESSION_COOKIE)
        return answer

    def style(self) -> Response:
        """The look of its two pages."""
        answer = make_response(render_template("ent.css"))
        answer.content_type = "text/css; charset=utf-8"
        return answer

    def _wrong_request(self, asked: Mapping[str, str]) -> Response | None:
        """Refuse a wrong authorization request.

        Here when the application is not the registered one, at the application's own address
        for the rest.
        """
        if asked.get("client_id") != self._registered.client_id:
            return _wrong("Unknown client.")
        if asked.get("redirect_uri") not in self._registered.redirect_uris:
            return _wrong("This redirect address is not registered.")
        if (
            asked.get("response_type") != "code"
            or "openid" not in asked.get("scope", "").split()
            or not asked.get("state")
            or not asked.get("nonce")
            or asked.get("code_challenge_method") != "S256"
            or not asked.get("code_challenge")
        ):
            return self._sent_back(asked, {"error": "invalid_request"})
        return None

    def _granted(self, profile: DemoProfile, asked: Mapping[str, str]) -> Response:
        code, session = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._codes[code] = _Grant(
            profile=profile,
            redirect_uri=asked["redirect_uri"],
            nonce=asked["nonce"],
            challenge=asked["code_challenge"],
            ends_at=time.monotonic() + CODE_LASTS_S,
        )
        self._sessions[session] = profile
        answer = self._sent_back(asked, {"code": code})
        answer.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="Lax")
        return answer

    def _address_back(self, asked: Mapping[str, str], answer: Mapping[str, str]) -> str:
        told = {**answer, "state": asked.get("state", ""), "iss": self._registered.public_url}
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def _sent_back(self, asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
        return make_response(redirect(self._address_back(asked, answer), 303))

    def _is_client(self) -> bool:
        given = request.authorization
        return (
            given is not None
            and given.type == "basic"
            and hmac.compare_digest(
                f"{given.username}\0{given.password}".encode(),
                f"{self._registered.client_id}\0{self._registered.client_secret}".encode(),
            )
        )

    def _protect(self, answer: Response) -> Response:
        origins = {
            f"{urlsplit(uri).scheme}://{urlsplit(uri).netloc}"
            for uri in self._registered.redirect_uris
        }
        answer.headers["Content-Security-Policy"] = _CSP.format(
            applications=" ".join(sorted(origins))
        )
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _challenge_of(verifier: str) -> str:
    digest = sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _wrong(why: str) -> Response:
    answer = make_response(f"{why}\n", 400)
    answer.content_type = "text/plain; charset=utf-8"
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
