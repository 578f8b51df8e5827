"""The gate as real programs: granian alone, and nginx with the printed configuration in front of it."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from publisher.centres import TownOnDisk
from publisher.cli.nginx import front_of, nginx_config
from tests.access.asking import Line
from tests.access.servers import INSTANCE, MOMENT, settings_of
from tests.waiting import free_port, wait_until

ROOT = Path(__file__).parents[2]
_ENDS_WITHIN_S = 20


@contextmanager
def alone(instance: Path, now: datetime, folder: Path) -> Iterator[Line]:
    """`preau gate`'s own server, for which it is *now*, and a line to it. It logs in *folder*."""
    port = free_port()
    with _gate(instance, now, folder, port), Line(port) as line:
        yield line


@contextmanager
def behind_nginx(
    instance: Path, now: datetime, folder: Path, configuration: str | None = None
) -> Iterator[Line]:
    """The same behind nginx, whose configuration is the shipped one unless another is given."""
    port, behind = free_port(), free_port()
    text = written(instance, folder / "nginx", port, behind)
    text = text if configuration is None else configuration.format(text=text)
    with (
        _gate(instance, now, folder, behind),
        _nginx(folder / "nginx", port, text),
        Line(port) as line,
    ):
        yield line


def written(instance: Path, folder: Path, port: int, behind: int) -> str:
    """What `preau nginx-config --loopback` prints."""
    asked = argparse.Namespace(
        gate=f"127.0.0.1:{behind}",
        authoring=None,
        certificate=None,
        key=None,
        cache_seconds=10,
        loopback=port,
        folder=folder,
    )
    return nginx_config(front_of(TownOnDisk(instance)(), settings_of(instance), asked))


@contextmanager
def _gate(instance: Path, now: datetime, folder: Path, port: int) -> Iterator[None]:
    environ = {**os.environ, INSTANCE: str(instance), MOMENT: now.isoformat()}
    command = (sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws")
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", "2")
    with _running((*command, *where, "tests.access.servers:application"), folder, port, environ):
        yield


@contextmanager
def _nginx(folder: Path, port: int, text: str) -> Iterator[None]:
    folder.mkdir(parents=True)
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed: scripts/test does it"
    file = folder / "nginx.conf"
    file.write_text(text, "utf-8")
    with _running((program, "-p", str(folder), "-c", str(file)), folder, port, dict(os.environ)):
        yield


@contextmanager
def _running(
    command: tuple[str, ...], folder: Path, port: int, environ: dict[str, str]
) -> Iterator[None]:
    log = folder / f"{Path(command[0]).name}-{port}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=said)
        try:
            wait_until(
                lambda: _listens(port) or process.poll() is not None, f"{command[0]} at {port}"
            )
            assert process.poll() is None, log.read_text("utf-8")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_ENDS_WITHIN_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
