"""An OpenID provider that lies on demand: it answers what the test wrote, and nothing else."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

_KEY = RSAKey.generate_key(2048, {"kid": "k1"})


@dataclass(kw_only=True)
class Hostile:
    """What it will answer. `replies` are (status, JSON body or bytes) by path."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: _KEY)
    replies: dict[str, tuple[int, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def announces(self, **changes: object) -> dict[str, object]:
        """A discovery document, with *changes*; one that is None is left out."""
        document: dict[str, object] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            **changes,
        }
        return {name: value for name, value in document.items() if value is not None}

    def signs(
        self,
        claims: Mapping[str, object],
        *,
        key: RSAKey | ECKey | OctKey | None = None,
        alg: str = "RS256",
        kid: str = "k1",
    ) -> str:
        """An id_token with *claims*."""
        return jwt.encode({"alg": alg, "kid": kid}, dict(claims), key or self.key, algorithms=[alg])

    def behaves(self, id_token: object, userinfo: object, **announced: object) -> None:
        """Answer everything as a provider would, with this id_token and this userinfo."""
        self.replies = {
            "/.well-known/openid-configuration": (200, self.announces(**announced)),
            "/jwks": (200, KeySet([self.key]).as_dict(private=False)),
            "/token": (
                200,
                {
                    "access_token": "t",
                    "token_type": "Bearer",
                    "expires_in": 30,
                    "id_token": id_token,
                },
            ),
            "/userinfo": (200, userinfo),
        }


@contextmanager
def run_hostile() -> Iterator[Hostile]:
    """Run it until the block ends."""
    hostile = Hostile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            self.rfile.read(length)
            path = self.path.partition("?")[0]
            hostile.asked.append(path)
            status, body = hostile.replies.get(path, (404, {}))
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{hostile.url}/userinfo")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

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
        server.shutdown()
        thread.join()
        server.server_close()
