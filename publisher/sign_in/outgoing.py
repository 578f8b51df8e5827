"""Asking a source something: soon, never in clear, and never more than is wanted."""

import time
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from publisher.sign_in.bounds import bounded

TIMEOUT_S = (3.05, 5.0)
"""Seconds to connect, and to wait for each answer: a person is looking at an empty page."""
BODY_LASTS_S = 10.0
"""Seconds in which a whole body must have come, however often a piece of it does."""

_PIECE_BYTES = 16_384


class NotAnswered(Exception):
    """The source gave no answer that can be read; the reason holds nothing of what it sent."""


def is_loopback(url: str) -> bool:
    """Say whether *url* stands on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_sheltered(address: str, source: str) -> bool:
    """Say whether *address*, told by the source that stands at *source*, may carry a secret.

    By https, except between two ports of this machine.
    """
    scheme = urlsplit(address).scheme
    is_inside = is_loopback(address) and is_loopback(source)
    return scheme == "https" or (scheme == "http" and is_inside)


def session_for(source: str, ticks: Callable[[], float] = time.monotonic) -> requests.Session:
    """A session to ask the source at *source*, by the town's proxy unless it is this machine.

    All that it asks is bounded, in time and in bytes; *ticks* counts seconds.
    """
    session = requests.Session()
    bounded(session, ticks)
    session.trust_env = not is_loopback(source)
    return session


def body_at(address: str, max_bytes: int) -> bytes:
    """The body that *address* answers to a GET, which is not followed elsewhere.

    Raises NotAnswered when the address would be asked in clear, when the answer is not a plain
    200, when it is longer than *max_bytes*, or when it has not come within the limits above.
    """
    if not is_sheltered(address, address):
        raise NotAnswered("the address is neither https nor loopback")
    try:
        with (
            session_for(address) as session,
            session.get(
                address,
                # An answer that is not compressed has the size it shows.
                headers={"Accept-Encoding": "identity"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return _body_of(answer, max_bytes)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise NotAnswered(type(error).__name__) from error


def _body_of(answer: requests.Response, max_bytes: int) -> bytes:
    if answer.status_code != requests.codes.ok:
        raise NotAnswered(f"status {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotAnswered("a compressed body")
    until = time.monotonic() + BODY_LASTS_S
    body = b""
    while piece := answer.raw.read1(_PIECE_BYTES, decode_content=False):
        body += piece
        if len(body) > max_bytes:
            raise NotAnswered(f"more than {max_bytes} bytes")
        if time.monotonic() > until:
            raise NotAnswered("a body that does not end")
    return body
