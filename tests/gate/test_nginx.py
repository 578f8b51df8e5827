"""nginx in front of the gate: the printed configuration, before real servers."""

import getpass
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.cli.nginx import Front, NotWritable, nginx_config, quoted
from publisher.gate.answer import headers_of_every_answer
from tests.access.asking import Line
from tests.gate.front import printed, running
from tests.gate.front_checks import CHECKS, Check, World, world
from tests.gate.planted_nginx import FAULTS, Fault
from tests.waiting import free_port

HOST = "loisirs.valmont.example"


@pytest.fixture(name="town", scope="module")
def _town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("devant")) as town:
        yield town


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_front_as_alone(town: World, check: Check) -> None:
    """The configuration as it is printed holds everything that is asked of it."""
    assert list(check(town)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_guard_is_needed(town: World, fault: Fault) -> None:
    """With one guard taken away, the check that is there for it finds something wrong."""
    broken = replace(town, change=fault.planted)
    assert next(fault.seen_by(broken), None) is not None


def _https(town: World) -> Front:
    """What a town's own configuration says."""
    of_the_town = replace(town.instance.town(), public_url=f"https://{HOST}")
    return Front(
        host=HOST,
        headers=headers_of_every_answer(of_the_town),
        gate=f"127.0.0.1:{town.gate_port}",
        authoring="127.0.0.1:8001",
        build=str(town.instance.folder / "build"),
        cache_seconds=10,
        certificate=f"/etc/letsencrypt/live/{HOST}/fullchain.pem",
        key=f"/etc/letsencrypt/live/{HOST}/privkey.pem",
    )


def _gixy(file: Path) -> object:
    """What gixy-next says of *file*."""
    command = (sys.executable, "-m", "gixy", "-f", "json", str(file))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_gixy_finds_nothing(town: World, tmp_path: Path) -> None:
    """Neither in a town's configuration nor in the one to try; and it does find what is wrong."""
    file = tmp_path / "nginx.conf"
    to_try = printed(town.instance.folder, port=8080, folder=tmp_path, gate=8000)
    for text in (nginx_config(_https(town)), to_try):
        file.write_text(text, "utf-8")
        assert _gixy(file) == []
    file.write_text(to_try.replace('Host "127.0.0.1:8000"', "Host $http_host"), "utf-8")
    assert _gixy(file) != []


def test_a_town_is_served_by_tls_alone(town: World, tmp_path: Path) -> None:
    """HTTP/2 and TLS 1.2 at least for the town's name; in clear, only the way to https."""
    clear, safe = free_port(), free_port()
    certificate, key = _certificate(tmp_path)
    front = replace(
        _https(town),
        certificate=str(certificate),
        key=str(key),
        cache=str(tmp_path / "decisions"),
        logs=str(tmp_path),
    )
    text = nginx_config(front)
    # Ports that need no privilege, and an account that may read this folder.
    for before, after in (
        (r"listen \[::\]:\d+[^;]*;", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{clear}"),
        (r"listen 443\b", f"listen 127.0.0.1:{safe}"),
        (r"user www-data;", f"user {getpass.getuser()}; daemon off;"),
        (r"pid /run/nginx.pid;", f"pid {tmp_path}/nginx.pid;"),
    ):
        text, times = re.subn(before, after, text)
        assert times
    trusted = ssl.create_default_context(cafile=str(certificate))
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    anyone = ssl.create_default_context(cafile=str(certificate))
    anyone.check_hostname = False
    old = ssl.create_default_context(cafile=str(certificate))
    old.set_ciphers("ECDHE-ECDSA-AES128-SHA")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with running(text, tmp_path, safe):
        with Line(clear) as line:
            moved = line.ask("/les-tilleuls/?a=1", headers={"Host": HOST})
            assert (moved.status, moved.header("location")) == (
                301,
                f"https://{HOST}/les-tilleuls/?a=1",
            )
            assert line.ask("/", headers={"Host": "evil.example"}).status == 0
        with _spoken(trusted, safe, HOST) as line_by_tls:
            assert line_by_tls.selected_alpn_protocol() == "h2"
            assert line_by_tls.version() == "TLSv1.3"
        for context, name in ((anyone, "evil.example"), (old, HOST)):
            with pytest.raises(ssl.SSLError), _spoken(context, safe, name):
                pass
        trusted.set_alpn_protocols(["http/1.1"])
        assert _fetched(trusted, safe, "/les-tilleuls/theme/0123456789ab/preau.css") == (
            200,
            ["max-age=31536000"],
        )


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "30"]
    command += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def _spoken(context: ssl.SSLContext, port: int, name: str) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", port))
    try:
        return context.wrap_socket(raw, server_hostname=name)
    except ssl.SSLError:
        raw.close()
        raise


def _fetched(context: ssl.SSLContext, port: int, path: str) -> tuple[int, list[str] | None]:
    """The status, and how long the browser is told to come by https only."""
    line = http.client.HTTPConnection(HOST)
    line.sock = _spoken(context, port, HOST)
    line.request("GET", path)
    answer = line.getresponse()
    told = answer.headers.get_all("Strict-Transport-Security")
    answer.read()
    line.close()
    return answer.status, told


@pytest.mark.parametrize(
    "text",
    ['x"; return 200; #', "x\\", "a$host", "a\nreturn 200;", "a\x7f"],
)
def test_a_text_that_is_not_one_text_is_not_written(town: World, text: str) -> None:
    """A path, an ENT's address or a host cannot become a directive."""
    with pytest.raises(NotWritable):
        quoted(text)
    for changed in (
        replace(_https(town), build=text),
        replace(_https(town), certificate=text),
        replace(_https(town), headers=(("Content-Security-Policy", text),)),
        replace(_https(town), host=text),
        replace(_https(town), gate=text),
        replace(_https(town), authoring=f"{text}:80"),
    ):
        with pytest.raises(NotWritable):
            nginx_config(changed)
