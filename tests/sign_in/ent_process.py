"""The demo ENT in its own process on loopback, and the person who clicks in it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import requests

from tests.waiting import free_port

PUBLIC_URL = "http://127.0.0.1:8000"
"""Where the tested instance says it is: nobody listens there, its answers are read in process."""
SECRET = "demo-secret"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class RunningEnt:
    """A demo ENT that answers at `url`."""

    url: str

    @property
    def discovery_url(self) -> str:
        """What a source is configured with."""
        return f"{self.url}/.well-known/openid-configuration"


@contextmanager
def run_ent(folder: Path, public_url: str = PUBLIC_URL) -> Iterator[RunningEnt]:
    """Run the demo ENT until the block ends."""
    secret = folder / "client.secret"
    secret.write_text(SECRET, encoding="ascii")
    process, url = _started(secret, public_url)
    try:
        yield RunningEnt(url=url)
    finally:
        process.terminate()
        process.wait(20)


def _started(secret: Path, public_url: str) -> "tuple[subprocess.Popen[bytes], str]":
    """An ENT that answers; another port is tried when somebody else took the free one."""
    for _attempt in range(5):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            *(sys.executable, "-m", "publisher.demo.ent", "--port", str(port)),
            *("--public-url", url, "--client-id", "preau", "--client-secret-file", str(secret)),
            *("--redirect-uri", f"{public_url}/retour/demo"),
            *("--redirect-uri", f"{public_url}/equipe/retour/demo"),
            *("--post-logout-uri", f"{public_url}/"),
        ]
        process = subprocess.Popen(command, cwd=ROOT)
        while process.poll() is None:
            if _answers(url):
                return process, url
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    pytest.fail("the demo ENT does not start")


def _answers(url: str) -> bool:
    """Say whether the ENT that was started, and no other, answers at *url*."""
    try:
        announced = requests.get(f"{url}/.well-known/openid-configuration", timeout=10)
    except requests.ConnectionError:
        return False
    return bool(announced.json()["issuer"] == url)


def visit(session: requests.Session, address: str) -> requests.Response:
    """Open *address*, without following where it sends."""
    return session.get(address, allow_redirects=False, timeout=10)


def choose(session: requests.Session, address: str, profile: str) -> str:
    """Click one profile of the chooser at *address*; where the ENT then sends the person."""
    page = visit(session, address).text
    fields = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    }
    answer = session.post(
        f"{address.partition('/authorize')[0]}/authorize",
        data={**fields, "profile": profile},
        allow_redirects=False,
        timeout=10,
    )
    return answer.headers["Location"]
