"""Bounds on what a source may answer: a person waits before an empty page, and a thread with them."""

import io
import socket
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

VISIT_S = 10.0
"""Seconds for all that a source is asked in one go, however steadily its bytes drip."""
MAX_BYTES = 1_000_000
"""Bytes of all it answers meanwhile, headers included: a profile weighs some thousands."""


class AnswerIsUnbounded(requests.RequestException):
    """An answer lasts or weighs more than any true one could, or was compressed unasked."""


def bounded(session: requests.Session, ticks: Callable[[], float] = time.monotonic) -> None:
    """Hold all that *session* asks to `VISIT_S` from now, and to `MAX_BYTES`.

    *ticks* counts seconds and never goes back. What goes over raises a RequestException, as
    every request that fails does. The time for one silence stays the request's own.
    """
    adapter = _Adapter(_Bounds(ticks() + VISIT_S, ticks))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    session.headers["Accept-Encoding"] = "identity"


class _Bounds:
    """How long, and how many bytes, are left."""

    def __init__(self, ends_at: float, ticks: Callable[[], float]) -> None:
        self._ends_at, self._ticks, self._bytes_left = ends_at, ticks, MAX_BYTES

    def seconds_left(self, at_most: float | None) -> float:
        """The seconds that the next bytes may take. Raises AnswerIsUnbounded when there are none."""
        left = self._ends_at - self._ticks()
        if left <= 0:
            raise AnswerIsUnbounded("the answer does not end")
        return left if at_most is None else min(left, at_most)

    def count(self, size: int) -> None:
        """Take *size* bytes away. Raises AnswerIsUnbounded when there are not as many."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise AnswerIsUnbounded("the answer is too large")


class _Reading(io.RawIOBase):
    """A connection's bytes, within the bounds."""

    def __init__(self, bounds: _Bounds, raw: io.RawIOBase, line: socket.socket) -> None:
        self._bounds, self._raw, self._line = bounds, raw, line
        self._silence_s = line.gettimeout()

    def readable(self) -> bool:
        """It is read, and never written."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        """The next bytes, as many as came."""
        self._line.settimeout(self._bounds.seconds_left(self._silence_s))
        size = self._raw.readinto(buffer)
        self._bounds.count(size or 0)
        return size

    def close(self) -> None:
        """Leave the connection."""
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """An answer that is read within the bounds, from its first line on."""

    def __init__(self, bounds: _Bounds, sock: socket.socket, *told: Any, **named: Any) -> None:  # noqa: ANN401 (the library's own)
        super().__init__(sock, *told, **named)
        raw = sock.makefile("rb", buffering=0)
        self.fp.close()
        self.fp = io.BufferedReader(_Reading(bounds, raw, sock))


class _Adapter(HTTPAdapter):
    """Connections whose answers are bounded, a town's proxy between or not."""

    def __init__(self, bounds: _Bounds) -> None:
        self._bounds = bounds
        super().__init__()

    def init_poolmanager(self, *told: Any, **named: Any) -> None:  # noqa: ANN401 (the library's own)
        """Connections straight to the source."""
        super().init_poolmanager(*told, **named)
        self._bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **named: Any) -> "PoolManager":  # noqa: ANN401 (the library's own)
        """Connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(proxy, **named)
        self._bound(manager)
        return manager

    def send(self, *told: Any, **named: Any) -> requests.Response:  # noqa: ANN401 (the library's own)
        """One answer. Raises AnswerIsUnbounded when it is compressed: little would hold much."""
        answer = super().send(*told, **named)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            answer.close()
            raise AnswerIsUnbounded("the answer is compressed, unasked")
        return answer

    def _bound(self, manager: "PoolManager") -> None:
        manager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, self._bounds),
            "https": _pool(HTTPSConnectionPool, self._bounds),
        }


def _pool(pool: type[HTTPConnectionPool], bounds: _Bounds) -> type[HTTPConnectionPool]:
    """*pool*, with connections whose answers are within *bounds*."""
    answering = staticmethod(partial(_Response, bounds))
    connection = type("Bounded", (pool.ConnectionCls,), {"response_class": answering})
    return type("BoundedPool", (pool,), {"ConnectionCls": connection})
