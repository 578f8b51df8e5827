"""nginx in front: the real program, with the printed configuration, before a gate or before an echo."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from publisher.centres import TownOnDisk
from publisher.cli.nginx import front_of, nginx_config
from publisher.gate.decision import DECISION
from publisher.settings import Settings, read_settings
from tests.access.asking import Line
from tests.waiting import free_port, wait_until

_ENDS_WITHIN_S = 20
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 (where decisions are kept: a folder of the test's own below)

Change = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Nginx:
    """nginx at work: a line to it, its port, and the folder of its logs."""

    line: Line
    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    def logged(self, name: str) -> str:
        """What it wrote in the log *name* so far."""
        return (self.folder / name).read_text("utf-8")

    def reopen_logs(self) -> None:
        """Have it write down what it still holds back."""
        self.process.send_signal(signal.SIGUSR1)


def printed(
    instance: Path,
    *,
    port: int,
    folder: Path,
    gate: int,
    authoring: int | None = None,
    cache_seconds: int = 10,
) -> str:
    """What `preau nginx-config --loopback` prints."""
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings), settings
    asked = argparse.Namespace(
        gate=f"127.0.0.1:{gate}",
        authoring=None if authoring is None else f"127.0.0.1:{authoring}",
        certificate=None,
        key=None,
        cache_seconds=cache_seconds,
        loopback=port,
        folder=folder,
    )
    return nginx_config(front_of(TownOnDisk(instance)(), settings, asked))


@contextmanager
def in_front(
    instance: Path,
    gate: int,
    *,
    authoring: int | None = None,
    cache_seconds: int = 10,
    change: Change = str,
) -> Iterator[Nginx]:
    """The server in front, before what listens at *gate*; its configuration is as printed, but for *change*."""
    folder = Path(tempfile.mkdtemp(prefix="preau-nginx-", dir=_memory()))
    port = free_port()
    text = printed(
        instance,
        port=port,
        folder=folder,
        gate=gate,
        authoring=authoring,
        cache_seconds=cache_seconds,
    )
    try:
        with running(change(text), folder, port) as process, Line(port) as line:
            yield Nginx(line=line, port=port, folder=folder, process=process)
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(text: str, folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The program at work with the configuration *text*, until the block ends."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed: scripts/test does it"
    file = folder / "nginx.conf"
    file.write_text(text, "utf-8")
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            (program, "-p", str(folder), "-c", str(file)), stdout=said, stderr=said
        )
    try:
        wait_until(lambda: _listens(port) or process.poll() is not None, "nginx")
        assert process.poll() is None, (folder / "said").read_text("utf-8")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_ENDS_WITHIN_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _memory() -> Path | None:
    """Where decisions are kept in memory, as in a town: their keys are passes."""
    return _IN_MEMORY if _IN_MEMORY.is_dir() else None


@dataclass(kw_only=True)
class Echo:
    """A server in place of the gate, which notes what reaches it and admits everybody."""

    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: Counter[str] = field(default_factory=Counter)
    let_go: threading.Event = field(default_factory=threading.Event)

    SAYS: ClassVar = {
        "X-Accel-Redirect": "/les-tilleuls/index.html",
        "X-Ent-User": "ines",
        "Cache-Control": "no-store",
        "Vary": "*",
        "Set-Cookie": "echo=1",
    }
    """What it answers with, and must not be obeyed, passed on, or believed."""

    def decisions(self) -> list[dict[str, str]]:
        """The headers of each decision that was asked for."""
        return [headers for _method, path, headers in self.asked if path == DECISION]

    def pages(self) -> list[tuple[str, str, dict[str, str]]]:
        """Everything else that reached it."""
        return [one for one in self.asked if one[1] != DECISION]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_of: object) -> None:
        """Whoever asked may leave before the answer."""


@contextmanager
def echo() -> Iterator[Echo]:
    """Listen on loopback until the block ends."""
    noted = Echo()

    class _Notes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._note()

        def do_POST(self) -> None:
            self._note()

        def log_message(self, *_said: object) -> None:
            """Say nothing: it is in `asked`."""

        def _note(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            noted.bodies[self.path] += len(self.rfile.read(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            noted.asked.append((self.command, self.path, headers))
            if self.path == "/attendre":
                noted.let_go.wait()
            is_decision = self.path == DECISION
            self.send_response(204 if is_decision else 200)
            for name, value in noted.SAYS.items():
                self.send_header(name, value)
            if not is_decision:
                self.send_header("Content-Length", "4")
            self.end_headers()
            if not is_decision:
                self.wfile.write(b"echo")

    with _Server(("127.0.0.1", 0), _Notes) as server:
        noted.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield noted
        finally:
            noted.let_go.set()
            server.shutdown()
            thread.join()
