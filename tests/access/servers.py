"""The gate, asked in this process, alone at a port, and behind nginx: always at a moment of one's choice."""

import os
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from publisher.centres import TownOnDisk
from publisher.gate.app import make_gate
from publisher.records import Records, open_records
from publisher.settings import Settings, read_settings
from tests.access.asking import Reply

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

INSTANCE, MOMENT = "PREAU_TESTED_INSTANCE", "PREAU_TESTED_MOMENT"


def settings_of(instance: Path) -> Settings:
    """The settings of a tests' instance, which are right."""
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings), settings
    return settings


def gate_at(instance: Path, now: datetime, records: Records | None = None) -> "WSGIApplication":
    """The gate of *instance*, for which it is *now*."""
    settings = settings_of(instance)
    kept = open_records(settings.database_url) if records is None else records
    return make_gate(TownOnDisk(instance), settings, kept, lambda: now)


def application() -> "WSGIApplication":
    """The gate that a server program makes, of what its environment names."""
    return gate_at(Path(os.environ[INSTANCE]), datetime.fromisoformat(os.environ[MOMENT]))


class InProcess:
    """The gate as a function: what a server program would hand it, and what it answers."""

    def __init__(self, gate: "WSGIApplication") -> None:
        self._gate = gate

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The answer to one request. The path is unquoted, as WSGI has it."""
        path, _mark, query = target.partition("?")
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, found: list[tuple[str, str]], _error: object = None
        ) -> object:
            answered.append((status, found))
            return lambda _chunk: None

        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{
                f"HTTP_{name.upper().replace('-', '_')}": value
                for name, value in (headers or {}).items()
            },
        }
        body = b"".join(self._gate(environ, start_response))  # type: ignore[arg-type]  # a test's
        status, found = answered[-1]
        return Reply(
            status=int(status.split()[0]),
            headers=tuple((name.lower(), value) for name, value in found),
            body=body,
        )
