"""Where an application would be: what the provider, or a browser sent by it, asks of it is noted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Listener:
    """What was asked at `url`, in order."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def listening(port: int = 0) -> Iterator[Listener]:
    """Listen on loopback, on *port* or any, until the block ends."""

    class _Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note()

        def do_POST(self) -> None:
            self._note()

        def log_message(self, *_said: object) -> None:
            """Say nothing: it is in `asked`."""

        def _note(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            listener.asked.append(Asked(method=self.command, path=self.path, body=body.decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", port), _Notes) as server:
        listener = Listener(url=f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
