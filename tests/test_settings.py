"""What an operator sets: read once, every problem at once, nothing unsafe by default."""

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.model.mistake import Mistakes
from publisher.settings import Settings, instance_folder, read_settings
from tests.instance import make_instance


def test_a_good_instance_is_read(tmp_path: Path) -> None:
    """Keys, port and database are known; the environment wins over the file."""
    instance = make_instance(tmp_path / "i", port=8123)
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    assert (settings.host, settings.port) == ("127.0.0.1", 8123)
    assert settings.database_url.startswith("sqlite:///")
    assert settings.client_secrets == {"demo": "demo-secret"}
    changed = read_settings(
        instance, {"PREAU_PORT": "9000", "PREAU_DATABASE_URL": "postgresql://x"}
    )
    assert isinstance(changed, Settings)
    assert (changed.port, changed.database_url) == (9000, "postgresql://x")


def test_nothing_starts_without_its_keys(tmp_path: Path) -> None:
    """Each missing key is told; none is made up."""
    settings = read_settings(tmp_path, {})
    assert isinstance(settings, Mistakes)
    assert [one.where for one in settings.all] == [
        "keys/gate.key", "keys/authoring.key", "keys/pseudonym.key",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "where"),
    [
        (lambda root: (root / "keys/gate.key").chmod(0o640), "keys/gate.key"),
        (lambda root: (root / "keys/gate.key").write_text("court\n"), "keys/gate.key"),
        (lambda root: (root / "keys/gate.key").write_text("\n"), "keys/gate.key"),
        (lambda root: (root / "settings.toml").write_text("port = 0\n"), "port"),
        (lambda root: (root / "settings.toml").write_text("porte = 1\n"), "settings.toml · porte"),
        (lambda root: (root / "settings.toml").write_text("port = \n"), "settings.toml"),
    ],
)
def test_what_is_unsafe_or_unknown_is_refused(
    tmp_path: Path, break_it: Callable[[Path], object], where: str
) -> None:
    """A key others can read, a short key, a bad port, an unknown setting: each is told."""
    instance = make_instance(tmp_path / "i")
    break_it(instance)
    settings = read_settings(instance, {})
    assert isinstance(settings, Mistakes)
    assert where in {one.where for one in settings.all}


def test_the_instance_is_the_one_asked_for(tmp_path: Path) -> None:
    """`--instance` wins over the environment, which wins over the current folder."""
    here, there = tmp_path / "a", tmp_path / "b"
    assert instance_folder(str(here), {"PREAU_INSTANCE": str(there)}) == here
    assert instance_folder(None, {"PREAU_INSTANCE": str(there)}) == there
    assert instance_folder(None, {}) == Path.cwd()
