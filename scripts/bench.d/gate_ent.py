"""A provider of identities for the evening: as little of OpenID Connect as a sign-in asks, and fast.

It signs in whomever `login_hint` names, keeps nothing, and checks nothing: what it is not for.
"""

import base64
import json
import os
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HERE, SCHOOLS = "BENCH_ENT_HERE", "BENCH_ENT_SCHOOLS"
"""Where it stands, and the schools of the families in turn, separated by spaces."""


def make_ent() -> "WSGIApplication":
    """The provider, with a key made now."""
    here, schools = os.environ[HERE], os.environ[SCHOOLS].split()
    key = ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"})
    discovery = {
        "issuer": here,
        "authorization_endpoint": f"{here}/authorize",
        "token_endpoint": f"{here}/token",
        "userinfo_endpoint": f"{here}/userinfo",
        "jwks_uri": f"{here}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }

    def said(path: str, environ: "WSGIEnvironment") -> dict[str, object]:
        if path == "/.well-known/openid-configuration":
            return dict(discovery)
        if path == "/jwks":
            return dict(KeySet([key]).as_dict(private=False))
        if path == "/token":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            form = dict(parse_qsl(environ["wsgi.input"].read(length).decode()))
            family, nonce = _opened(form["code"])
            now = int(time.time())
            claims = {
                "iss": here,
                "sub": family,
                "aud": "preau",
                "iat": now,
                "exp": now + 300,
                "nonce": nonce,
            }
            return {
                "access_token": form["code"],
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": jwt.encode({"alg": "ES256", "kid": "1"}, claims, key),
            }
        family, _nonce = _opened(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
        number = int(family.rpartition("-")[2])
        return {
            "sub": family,
            "ENTPersonProfils": ["National_TUT"],
            "ENTPersonStructRattachUAI": [schools[number % len(schools)]],
        }

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path == "/authorize":
            asked = dict(parse_qsl(environ["QUERY_STRING"]))
            code = _sealed(asked["login_hint"], asked["nonce"])
            query = urlencode({"code": code, "state": asked["state"]})
            location = f"{asked['redirect_uri']}?{query}"
            start_response("302 Found", [("Location", location), ("Content-Length", "0")])
            return [b""]
        body = json.dumps(said(path, environ)).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return application


def _sealed(family: str, nonce: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([family, nonce]).encode()).decode()


def _opened(code: str) -> tuple[str, str]:
    family, nonce = json.loads(base64.urlsafe_b64decode(code))
    return str(family), str(nonce)


if __name__ == "__main__":
    Granian(
        "gate_ent:make_ent",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=2,
        log_level=LogLevels.warning,
    ).serve()
