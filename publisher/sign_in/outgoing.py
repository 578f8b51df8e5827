"""Asking a source something: soon, never in clear, and never more than is wanted."""

import time
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from publisher.sign_in.bounds import bounded

TIMEOUT_S = (3.05, 5.0)
"""Seconds to connect, and to wait for each answer: a person is looking at an empty page."""


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


def body_at(address: str, ticks: Callable[[], float] = time.monotonic) -> bytes:
    """The body that *address* answers to a GET, which is not followed elsewhere.

    Raises NotAnswered when the address would be asked in clear, when the answer is not a plain
    200, or when it goes over the bounds; *ticks* counts seconds.
    """
    if not is_sheltered(address, address):
        raise NotAnswered("the address is neither https nor loopback")
    try:
        with session_for(address, ticks) as session:
            answer = session.get(address, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise NotAnswered(type(error).__name__) from error
    if answer.status_code != requests.codes.ok:
        raise NotAnswered(f"status {answer.status_code}")
    return answer.content
