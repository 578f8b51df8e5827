"""Sources that answer too much, for too long, or a lot in a little."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from publisher.sign_in.bounds import MAX_BYTES, bounded

_DRIPS = 2000
"""Enough to outlast the bounds; not for ever, so that a bound that is broken fails and does not hang."""


@contextmanager
def speaking(start: bytes, goes_on: bytes = b"") -> Iterator[str]:
    """A place that answers *start* to whatever is asked, then *goes_on* for some seconds."""
    leaving = threading.Event()

    def answer() -> None:
        while not leaving.is_set():
            try:
                line, _address = door.accept()
            except TimeoutError:
                continue
            with line:
                line.recv(65_536)
                try:
                    line.sendall(start)
                    for _time in range(_DRIPS if goes_on else 0):
                        if leaving.wait(0.002):
                            break
                        line.sendall(goes_on)
                except ConnectionError:
                    """Who asked has left."""

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.05)
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}/"
        finally:
            leaving.set()
            thread.join()


def _hastening() -> float:
    """Seconds that pass a hundred times faster."""
    return time.monotonic() * 100


def _asked(address: str, ticks: Callable[[], float] = _hastening) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        bounded(session, ticks)
        return session.get(address, timeout=10)


_START = b"HTTP/1.1 200 OK\r\n"


def test_a_true_answer_is_read_whole() -> None:
    """What stays within the bounds comes as it is."""
    body = b"x" * 100_000
    with speaking(_START + b"Connection: close\r\n\r\n" + body) as address:
        assert _asked(address, time.monotonic).content == body


@pytest.mark.parametrize(
    "start",
    [
        b"",
        _START,
        _START + b"X-Long: ",
        _START + b"Content-Length: 100000\r\n\r\n",
        _START + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
        _START + b"\r\n",
    ],
    ids=["nothing", "headers", "one header", "a length", "a chunk", "no length"],
)
def test_what_drips_is_left(start: bytes) -> None:
    """However steadily bytes come, wherever they do, the visit ends."""
    with speaking(start, b"x") as address, pytest.raises(requests.RequestException):
        _asked(address)


def test_what_swells_is_left() -> None:
    """One byte too many is too many, headers included."""
    head = _START + b"Connection: close\r\n\r\n"
    with speaking(head + b"x" * (MAX_BYTES - len(head))) as address:
        assert len(_asked(address, time.monotonic).content) == MAX_BYTES - len(head)
    with (
        speaking(head + b"x" * (MAX_BYTES - len(head) + 1)) as address,
        pytest.raises(requests.RequestException, match="too large"),
    ):
        _asked(address, time.monotonic)


def test_the_bounds_are_for_all_that_a_session_asks() -> None:
    """Two answers that fit, one by one, do not fit together."""
    body = b"x" * (MAX_BYTES * 2 // 3)
    with (
        speaking(_START + b"Connection: close\r\n\r\n" + body) as address,
        requests.Session() as session,
    ):
        session.trust_env = False
        bounded(session)
        assert session.get(address, timeout=10).ok
        with pytest.raises(requests.RequestException, match="too large"):
            session.get(address, timeout=10)


def test_what_is_compressed_unasked_is_left() -> None:
    """A little that unfolds to a lot is not unfolded."""
    small = gzip.compress(b"0" * 50_000_000)
    start = _START + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + small
    with (
        speaking(start) as address,
        pytest.raises(requests.RequestException, match="compressed"),
    ):
        _asked(address, time.monotonic)


def test_a_proxy_does_not_lift_the_bounds() -> None:
    """A town's proxy stands between, and what drips through it is left too."""
    with speaking(_START + b"\r\n", b"x") as proxy, requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy}
        bounded(session, _hastening)
        with pytest.raises(requests.RequestException):
            session.get("http://ent.example/", timeout=10)
