"""Asking a running server for exactly what one writes, byte for byte, on connections that are kept."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_WAITS_S = 20.0
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer as it came: status, headers in order with names in lower case, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The header of that name, empty when it is not there."""
        return next((value for key, value in self.headers if key == name), "")


class Line:
    """One connection to one server, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._close()

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request with *target* as it is written; the answer to it.

        A server that closes without a word refuses too: its status is 0.
        """
        lines = [f"{method} {target} HTTP/1.1"]
        given = {"Host": f"127.0.0.1:{self._port}", **(headers or {})}
        lines += [f"{name}: {value}" for name, value in given.items()]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
        reused = self._socket is not None
        try:
            return self._exchange(request, method)
        except ConnectionError:
            self._close()
            if not reused:
                return Reply(status=0, headers=(), body=b"")
        try:
            return self._exchange(request, method)
        except ConnectionError:
            self._close()
            return Reply(status=0, headers=(), body=b"")

    def _exchange(self, request: bytes, method: str) -> Reply:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), _WAITS_S)
            self._left = b""
        self._socket.sendall(request)
        head, _end, self._left = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        status_line, *rest = head.decode("latin-1").split("\r\n")
        headers = tuple(
            (name.strip().lower(), value.strip())
            for name, _colon, value in (line.partition(":") for line in rest)
        )
        reply = Reply(status=int(status_line.split()[1]), headers=headers, body=b"")
        length = int(reply.header("content-length") or "0")
        has_body = method != "HEAD" and reply.status not in {204, 304}
        body = (
            self._body(length, chunked=reply.header("transfer-encoding") == "chunked")
            if has_body
            else b""
        )
        if reply.header("connection").lower() == "close" or status_line.startswith("HTTP/1.0"):
            self._close()
        return Reply(status=reply.status, headers=headers, body=body)

    def _body(self, length: int, *, chunked: bool) -> bytes:
        if not chunked:
            while len(self._left) < length:
                self._left += self._more()
            body, self._left = self._left[:length], self._left[length:]
            return body
        body = b""
        while True:
            size, _end, self._left = self._until(b"\r\n").partition(b"\r\n")
            count = int(size, 16)
            while len(self._left) < count + 2:
                self._left += self._more()
            body, self._left = body + self._left[:count], self._left[count + 2 :]
            if count == 0:
                return body

    def _until(self, end: bytes) -> bytes:
        while end not in self._left:
            self._left += self._more()
        return self._left

    def _more(self) -> bytes:
        assert self._socket is not None
        chunk = self._socket.recv(_CHUNK_BYTES)
        if not chunk:
            raise ConnectionResetError
        return chunk

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._left = b""
