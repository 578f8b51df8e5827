"""`preau nginx-config`: what it prints, what it asks to put right."""

from pathlib import Path

import pytest

from publisher.cli import main
from tests.instance import make_instance

HTTPS = "https://loisirs.valmont.example"


def _said(instance: Path, capsys: pytest.CaptureFixture[str], *wishes: str) -> tuple[int, str, str]:
    code = main(["--instance", str(instance), "nginx-config", *wishes])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_towns_configuration_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its name, its certificate, its folder, where Préau listens, and HSTS: nothing to fill in."""
    instance = make_instance(tmp_path / "ville", public_url=HTTPS)
    code, out, err = _said(instance, capsys)
    assert (code, err) == (0, "")
    for text in (
        "server_name loisirs.valmont.example;",
        'ssl_certificate "/etc/letsencrypt/live/loisirs.valmont.example/fullchain.pem";',
        f'root "{instance}/build";',
        "server 127.0.0.1:8000 max_fails=0;",
        "proxy_cache_valid 204 403 10s;",
        "add_header Strict-Transport-Security",
        'proxy_cache_path "/run/preau-decisions"',
    ):
        assert text in out
    assert "{{" not in out
    assert "daemon off" not in out


def test_wishes_are_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Certificate, key, both apps' places and the seconds are what was asked."""
    instance = make_instance(tmp_path / "ville", public_url=HTTPS)
    files = ("--certificate", "/c.pem", "--key", "/k.pem", "--cache-seconds", "3")
    places = ("--gate", "10.0.0.1:1", "--authoring", "[::1]:2")
    code, out, _err = _said(instance, capsys, *files, *places)
    assert code == 0
    for text in (
        'ssl_certificate "/c.pem";',
        'ssl_certificate_key "/k.pem";',
        "server 10.0.0.1:1 max_fails=0;",
        "server [::1]:2 max_fails=0;",
        "proxy_cache_valid 204 403 3s;",
    ):
        assert text in out


def test_a_town_in_clear_is_not_put_on_the_internet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address in http: what to write instead, and how to try; nothing is printed."""
    instance = make_instance(tmp_path / "ville")
    code, out, err = _said(instance, capsys)
    assert (code, out) == (1, "")
    assert "public_url" in err
    assert "https://" in err
    assert "--loopback" in err
    code, out, err = _said(
        instance, capsys, "--loopback", "8080", "--folder", str(tmp_path / "essai")
    )
    assert (code, err) == (0, "")
    assert "listen 127.0.0.1:8080;" in out
    assert "ssl" not in out
    assert f'access_log "{tmp_path}/essai/access.log"' in out


@pytest.mark.parametrize(
    "wishes",
    [
        ("--gate", "127.0.0.1"),
        ("--gate", "127.0.0.1:8000; return 200"),
        ("--authoring", "unix:/tmp/x"),
        ("--certificate", 'x";'),
        ("--key", "$host"),
    ],
)
def test_what_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wishes: tuple[str, str]
) -> None:
    """A sentence with what was typed, and nothing printed."""
    instance = make_instance(tmp_path / "ville", public_url=HTTPS)
    code, out, err = _said(instance, capsys, *wishes)
    assert (code, out) == (1, "")
    assert wishes[1] in err
    assert "ne peut pas s'écrire" in err


@pytest.mark.parametrize(
    "wishes",
    [
        ("--cache-seconds", "0"),
        ("--cache-seconds", "61"),
        ("--cache-seconds", "dix"),
        ("--loopback", "0"),
        ("--loopback", "65536"),
        ("--loopback", "http"),
    ],
)
def test_a_number_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wishes: tuple[str, str]
) -> None:
    """Seconds and ports that are not: said with what was typed."""
    instance = make_instance(tmp_path / "ville", public_url=HTTPS)
    with pytest.raises(SystemExit):
        _said(instance, capsys, *wishes)
    assert wishes[1] in capsys.readouterr().err
