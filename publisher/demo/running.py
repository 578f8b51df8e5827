"""The demo's two programs: the demo ENT and `preau serve`, started together, stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import requests

from publisher.demo.town import CLIENT_SECRET, SOURCE, Addresses

LOG: Final = "demo.log"
CLIENT_ID: Final = "preau"

_LOOKS_EVERY_S: Final = 0.1
_STOPS_WITHIN_S: Final = 15.0
_TAIL_LINES: Final = 15


class DidNotStart(Exception):
    """One of the two programs ended, or did not answer in time; `tail` is what it said last."""

    def __init__(self, what: str, tail: str) -> None:
        super().__init__(what)
        self.what = what
        self.tail = tail


def port_is_free(port: int) -> bool:
    """Say whether nobody listens on *port* of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def two_free_ports() -> tuple[int, int]:
    """Two ports of loopback on which nobody listens now."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


class Running:
    """The two programs at work on one instance, from `with` to its end."""

    def __init__(self, project: Path, instance: Path, addresses: Addresses) -> None:
        """Prepare to run *instance* with the code of *project*; nothing starts yet."""
        self._project, self._instance, self._addresses = project, instance, addresses
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Start both."""
        here, ent = self._addresses.public_url, self._addresses.ent_url
        self._log = (self._instance / LOG).open("wb")
        self._start(
            "l'ENT de démonstration",
            "publisher.demo.ent",
            *("--port", str(self._addresses.ent_port), "--public-url", ent),
            *("--client-id", CLIENT_ID),
            *("--client-secret-file", str(self._instance / "keys" / CLIENT_SECRET)),
            *("--redirect-uri", f"{here}/retour/{SOURCE}"),
            *("--redirect-uri", f"{here}/equipe/retour/{SOURCE}"),
            *("--post-logout-uri", f"{here}/", "--post-logout-uri", f"{here}/equipe/"),
        )
        self._start("Préau", "publisher", "--instance", str(self._instance), "serve")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop both, kindly, then surely."""
        for program in self._programs.values():
            program.terminate()
        ends_at = time.monotonic() + _STOPS_WITHIN_S
        for program in self._programs.values():
            with suppress(subprocess.TimeoutExpired):
                program.wait(timeout=max(0.0, ends_at - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)  # its press and its workers too
            program.wait()
        if self._log is not None:
            self._log.close()

    def wait_until_ready(self, centres: Sequence[str], within_s: float = 120.0) -> None:
        """Return when both answer and every one of *centres* has a site.

        Raises DidNotStart when a program ends before that, or *within_s* seconds have passed.
        """
        built = [self._instance / "build" / centre / "edition.json" for centre in centres]
        ent = f"{self._addresses.ent_url}/.well-known/openid-configuration"
        ready: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("l'ENT de démonstration", lambda: _answers(ent)),
            ("Préau", lambda: _answers(f"{self._addresses.public_url}/sante")),
            ("la rotative", lambda: all(path.is_file() for path in built)),
        )
        ends_at = time.monotonic() + within_s
        for what, is_ready in ready:
            while not is_ready():
                ended = [name for name, one in self._programs.items() if one.poll() is not None]
                if ended:
                    raise DidNotStart(ended[0], self.tail())
                if time.monotonic() > ends_at:
                    raise DidNotStart(what, self.tail())
                time.sleep(_LOOKS_EVERY_S)

    def wait(self) -> None:
        """Return when one of the programs ends. Raises DidNotStart, for it was not asked to."""
        while all(program.poll() is None for program in self._programs.values()):
            time.sleep(_LOOKS_EVERY_S)
        raise DidNotStart("Préau", self.tail())

    def tail(self) -> str:
        """What the programs said last."""
        text = (self._instance / LOG).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-_TAIL_LINES:])

    def _start(self, name: str, module: str, *arguments: str) -> None:
        self._programs[name] = subprocess.Popen(  # noqa: S603 (our own interpreter and modules)
            [sys.executable, "-m", module, *arguments],
            cwd=self._project,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours alone: we stop them in our own order
        )


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False
