"""One HTTP answer as a value, and the headers that every answer of the gate carries."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from publisher.model.town import Town

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
NOT_KEPT = "no-store"
_STATUS_LINES = {one: f"{one.value} {one.phrase}" for one in HTTPStatus}
_WITHOUT_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, its own headers, and a body."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = TEXT
    cache_control: str = NOT_KEPT
    headers: Headers = ()

    def send(
        self,
        start_response: "StartResponse",
        also: Headers = (),
        *,
        with_body: bool = True,
    ) -> Iterable[bytes]:
        """Send it, with the headers of *also*; without its body to a HEAD, the headers being the same."""
        headers = [("Cache-Control", self.cache_control), *self.headers, *also]
        if self.status not in _WITHOUT_BODY:
            headers += [
                ("Content-Type", self.content_type),
                ("Content-Length", str(len(self.body))),
            ]
        start_response(_STATUS_LINES[self.status], headers)
        return [self.body] if with_body else []


def gone_to(path: str, status: HTTPStatus = HTTPStatus.FOUND) -> Answer:
    """A redirection to a path of this site."""
    return Answer(status=status, headers=(("Location", path),))


def headers_of_every_answer(town: Town) -> Headers:
    """What every answer carries, whatever it is: page, photo, redirection, refusal.

    `form-action` names the ENTs because browsers apply it to redirections too, and signing out
    goes on to the ENT's own sign-out. The referrer stays within the site: foreign sites learn
    nothing, and our own forms keep the `Origin` that sign-out checks.
    """
    forms = " ".join(["'self'", *sorted({one.origin for one in town.sign_in})])
    policy = (
        "default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; "
        f"script-src 'self'; connect-src 'self'; form-action {forms}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = (
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "same-origin"),
        ("X-Robots-Tag", "noindex, nofollow, noarchive"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("Vary", "Cookie"),
    )
    if town.public_url.startswith("https://"):
        return (*headers, ("Strict-Transport-Security", "max-age=31536000"))
    return headers
