"""Asking the gate for something, as a browser or as somebody who spells addresses oddly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def location(self) -> str:
        """Where it sends."""
        return self.headers["location"]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(kw_only=True)
class Browser:
    """A browser of its own, with its cookies, at one application in this process."""

    application: "WSGIApplication"
    host: str = "127.0.0.1:8000"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        address: str,
        method: str = "GET",
        *,
        environ: Mapping[str, object] | None = None,
        **headers: str,
    ) -> Reply:
        """Ask for *address*: a path as WSGI gives it (already unquoted), maybe with a query."""
        path, _mark, query = address.partition("?")
        answer: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, found: list[tuple[str, str]], _error: object = None
        ) -> object:
            answer.append((status, found))
            return lambda _chunk: None

        request = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self.host,
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
            **(environ or {}),
        }
        chunks = self.application(request, start_response)  # type: ignore[arg-type]  # a test's
        body = b"".join(chunks)
        status, found = answer[-1]
        planted = tuple(value for name, value in found if name.lower() == "set-cookie")
        for cookie in planted:
            for name, morsel in SimpleCookie(cookie).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return Reply(
            status=int(status.split()[0]),
            headers={name.lower(): value for name, value in found},
            cookies=planted,
            body=body,
        )

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Reply:
        """Send a form of one of our own pages."""
        body = urlencode(form or {}).encode()
        environ = {
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
        }
        sent = {"SEC_FETCH_SITE": "same-origin", **headers}
        return self.ask(path, "POST", environ=environ, **sent)


def path_of(address: str) -> str:
    """The path and query of a whole address, as one asks for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
