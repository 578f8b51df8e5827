"""Starting and stopping the demo, as somebody does in a terminal."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from publisher.demo.running import port_is_free, two_free_ports

PROJECT = Path(__file__).resolve().parents[2]


def started(folder: Path, port: int, ent_port: int) -> subprocess.Popen[str]:
    """The demo, just started in *folder*."""
    command = [sys.executable, "-m", "publisher.demo", "--folder", str(folder)]
    return subprocess.Popen(
        [*command, "--port", str(port), "--ent-port", str(ent_port)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo under way: its process, its folder and its port."""

    process: subprocess.Popen[str]
    folder: Path
    port: int


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that is ended whatever the test does."""
    port, ent_port = two_free_ports()
    process = started(tmp_path / "demo", port, ent_port)
    yield Demo(process, tmp_path / "demo", port)
    if process.poll() is None:
        process.terminate()
    process.communicate()


def words_until(process: subprocess.Popen[str], last: str) -> str:
    """What *process* prints until a line holds *last*."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if last in line:
            return said
    assert process.stderr is not None
    pytest.fail(said + process.stderr.read())


def test_the_demo_starts_answers_and_stops(demo: Demo) -> None:
    """It says one address where Préau answers, refuses a port that is taken, and stops whole."""
    said = words_until(demo.process, "Ctrl-C")
    address = f"http://127.0.0.1:{demo.port}/"
    for words in (address, "Animatrice — Inès", "Jacques-Prévert", "Louise-Michel"):
        assert words in said
    assert requests.get(address, timeout=10).ok

    second = started(demo.folder, demo.port, demo.port + 1)
    _said, wrong = second.communicate()
    assert second.returncode == 1
    assert f"Le port {demo.port} est déjà pris" in wrong

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait() == 0
    assert port_is_free(demo.port)


def test_a_folder_that_is_not_a_demo_is_said(tmp_path: Path) -> None:
    """The demo does not write into a folder that holds something else."""
    (tmp_path / "lettre.txt").touch()
    process = started(tmp_path, *two_free_ports())
    _said, wrong = process.communicate()
    assert process.returncode == 1
    assert "n'est pas vide" in wrong
    assert [path.name for path in tmp_path.iterdir()] == ["lettre.txt"]


def test_a_port_that_is_listened_on_is_not_free() -> None:
    """Two free ports differ and are free, until somebody listens."""
    one, other = two_free_ports()
    assert one != other
    assert port_is_free(one)
    with socket.create_server(("127.0.0.1", one)):
        assert not port_is_free(one)
