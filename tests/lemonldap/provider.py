"""A real LemonLDAP::NG on loopback, with CAS, OpenID Connect and SAML behind one sign-in page.

It says it is `localhost`, while the tested instances say they are `127.0.0.1`. To a browser these
are two sites, as an ENT and a town are: what a cookie's SameSite, an iframe or a form posted from
elsewhere changes in life, it changes here; and neither is sent the other's cookies, which two ports
of one address would be.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.lemonldap.configuration import (
    Application,
    Keys,
    new_keys,
    write_configuration,
    write_people,
)
from tests.waiting import free_port, wait_until

WORKERS = 4
"""A browser keeps connections open that it does not use yet, and the provider asks us back."""


@dataclass(kw_only=True)
class LemonLdap:
    """The provider, once it answers at `url`."""

    folder: Path
    port: int
    keys: Keys
    applications: dict[str, Application] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its public address, and its issuer."""
        return f"http://localhost:{self.port}"

    @property
    def cas_url(self) -> str:
        """Below which are `/login`, `/serviceValidate`, `/p3/serviceValidate` and `/logout`."""
        return f"{self.url}/cas"

    @property
    def discovery_url(self) -> str:
        """Where it says what it offers by OpenID Connect."""
        return f"{self.url}/.well-known/openid-configuration"

    @property
    def saml_metadata_url(self) -> str:
        """Where its SAML metadata is, and its entity id."""
        return f"{self.url}/saml/metadata"

    @property
    def sign_out_url(self) -> str:
        """Where a person ends their session, here and in every application that was told."""
        return f"{self.url}/?logout=1"

    def know(self, *applications: Application) -> None:
        """Let *applications* in too, or again in place of those with their client ids.

        The provider starts again, in about a second, at the same address; who was signed in
        stays so.
        """
        told = {one.client_id: one for one in applications}
        if self.applications | told == self.applications:
            return
        self.applications |= told
        self.stop()
        assert self.start(), f"LemonLDAP::NG does not start again:\n{self.said()}"

    def start(self) -> bool:
        """Start it with what it has to know; False when it cannot."""
        # What it was configured with before is kept there, and believed first.
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        write_configuration(self.folder, self.url, self.keys, self.applications)
        command = (
            *("starman", "--listen", f"127.0.0.1:{self.port}", "--workers", str(WORKERS)),
            *("--preload-app", "--disable-keepalive", "--env", "deployment"),
            self.folder / "portal.psgi",
        )
        environment = {
            "LLNG_DEFAULTCONFFILE": str(self.folder / "lemonldap-ng.ini"),
            "PATH": "/usr/bin:/bin",
        }
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        while self.process.poll() is None:
            if self._answers():
                return True
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        return False

    def stop(self) -> None:
        """Stop it and its workers, whatever they are doing; its port is free again."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            wait_until(lambda: not self._listens(), "the port of LemonLDAP::NG, free")

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / "log.txt").read_text("utf-8", "replace")[-6000:]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _answers(self) -> bool:
        """Say whether this one, and no other, answers at `url`."""
        try:
            announced = requests.get(self.discovery_url, timeout=10)
        except requests.ConnectionError:
            return False
        assert announced.ok, self.said()
        return bool(announced.json()["issuer"] == self.url)


@contextmanager
def run_lemonldap(folder: Path, port: int | None = None) -> Iterator[LemonLdap]:
    """Run a provider that knows no application yet, on *port* or any, until the block ends.

    What it keeps and logs in *folder* names people: it is theirs, not an instance's.
    """
    assert shutil.which("starman"), "LemonLDAP::NG is not installed: scripts/test does it"
    write_people(folder / "people.sqlite")
    keys = new_keys(folder)
    for _attempt in range(5):
        provider = LemonLdap(folder=folder, port=port or free_port(), keys=keys)
        try:
            if provider.start():
                yield provider
                return
        finally:
            provider.stop()
    pytest.fail(f"LemonLDAP::NG does not start:\n{provider.said()}")
