"""The three that are compared: nginx alone, Préau alone, and nginx in front of Préau."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import measure
from gate_town import ROOT, ReadTown

_WAITS_S = 60
_ENDS_WITHIN_S = 30

_RAW = """\
daemon off;
user {account};
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    types {{ text/html html; image/jpeg jpg; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location ~ "^/(?<centre>[a-z0-9-]+)/(?<rest>.*)$" {{
            root {build};
            try_files /$centre/site/$rest =404;
        }}
    }}
}}
"""
"""nginx as it comes: no log, no header of ours, nobody asked. The floor that ours are compared to."""


class ServerDidNotStart(Exception):
    """A server of the bench ended at once, or listens to nobody; its last words are the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server at work: where, and the process at the head of its own."""

    name: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """Processor seconds that it and its processes have used."""
        return measure.cpu_of(self.pid)


@contextmanager
def raw_nginx(town: ReadTown, folder: Path) -> Iterator[Server]:
    """The same files from the same disk, for anybody."""
    port = free_port()
    folder.mkdir(parents=True)
    text = _RAW.format(folder=folder, port=port, build=town.folder / "build", account=_account())
    with _nginx("nginx seul", text, folder, port) as server:
        yield server


@contextmanager
def preau_serve(town: ReadTown, folder: Path, port: int) -> Iterator[Server]:
    """`preau serve` as a town runs it, its press included."""
    folder.mkdir(parents=True)
    command = (sys.executable, "-m", "publisher", "--instance", str(town.folder), "serve")
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PREAU_PORT": str(port)}
    with _running("preau serve", command, folder, port, environ) as server:
        yield server


@contextmanager
def nginx_in_front(town: ReadTown, folder: Path, gate: Server) -> Iterator[Server]:
    """The server whose configuration `preau nginx-config` prints, before *gate*."""
    port = free_port()
    folder.mkdir(parents=True)
    command = (sys.executable, "-m", "publisher", "--instance", str(town.folder), "nginx-config")
    wishes = ("--loopback", str(port), "--folder", str(folder), "--gate", f"127.0.0.1:{gate.port}")
    printed = subprocess.run(  # noqa: S603 (our own interpreter and module)
        (*command, *wishes),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if printed.returncode:
        raise ServerDidNotStart(printed.stderr)
    with _nginx("nginx devant", printed.stdout, folder, port) as server:
        yield server


@contextmanager
def ent(town: ReadTown, folder: Path, port: int) -> Iterator[Server]:
    """The bench's provider of identities."""
    folder.mkdir(parents=True)
    here = Path(__file__).parent
    environ = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{here}",
        "BENCH_ENT_HERE": f"http://127.0.0.1:{port}",
        "BENCH_ENT_SCHOOLS": " ".join(centre.schools[0].uai for centre in town.town.centres),
    }
    command = (sys.executable, str(here / "gate_ent.py"), str(port))
    with _running("ENT", command, folder, port, environ) as server:
        yield server


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _nginx(name: str, text: str, folder: Path, port: int) -> Iterator[Server]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise ServerDidNotStart("nginx")
    file = folder / "nginx.conf"
    file.write_text(text, "utf-8")
    command = (program, "-p", str(folder), "-c", str(file))
    with _running(name, command, folder, port, os.environ) as server:
        yield server


@contextmanager
def _running(
    name: str, command: Sequence[str], folder: Path, port: int, environ: Mapping[str, str]
) -> Iterator[Server]:
    log = folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 (the bench's own commands)
            command, env=dict(environ), stdout=said, stderr=said
        )
    try:
        deadline = time.monotonic() + _WAITS_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerDidNotStart(f"{name}: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.05)
        yield Server(name=name, port=port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(_ENDS_WITHIN_S)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _account() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
