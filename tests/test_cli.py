"""The commands, as an operator or CI runs them: what they say, and their exit code."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli import is_of_editions, main
from publisher.content.library import save_new_post
from tests.instance import make_instance
from tests.posts import reminder


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    return make_instance(tmp_path / "instance")


def run(instance: Path, *arguments: str) -> int:
    """Run one command on *instance*."""
    return main(["--instance", str(instance), *arguments])


def _spoil(instance: Path) -> None:
    path = save_new_post(instance / "content", reminder()).path
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("pictogram: maillot", "pictogram: bombe"), encoding="utf-8")


def test_check_says_that_all_is_well(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A right instance: exit 0, and how much was read."""
    save_new_post(instance / "content", reminder())
    assert run(instance, "check") == 0
    assert "Centres : 2. Publications lues : 1. À corriger : 0." in capsys.readouterr().out


def test_check_says_every_mistake_of_the_centres(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two files with a mistake: both are told with file and key, exit 1."""
    for name in ("town.toml", "les-tilleuls.toml"):
        path = instance / "centres" / name
        path.write_text("oubli = 1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert run(instance, "check") == 1
    said = capsys.readouterr().err
    assert "centres/town.toml · oubli" in said
    assert "centres/les-tilleuls.toml · oubli" in said


def test_check_says_post_and_line(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A post that is not right: its file, its line, what to do, exit 1."""
    _spoil(instance)
    assert run(instance, "check") == 1
    said = capsys.readouterr().err
    assert "les-tilleuls/posts/2026-2027/2026-11-18-maillot/post.md, ligne 6" in said
    assert "pictogram" in said


def test_check_looks_at_another_folder(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of content received from elsewhere is checked against this town's centres."""
    other = make_instance(tmp_path / "other")
    _spoil(other)
    assert run(instance, "check") == 0
    assert run(instance, "check", str(other / "content")) == 1
    assert "ligne 6" in capsys.readouterr().err


def test_build_makes_the_centres_asked_for(instance: Path) -> None:
    """One centre named: that one is built, the other is not."""
    assert run(instance, "build", "les-tilleuls", "--at", "2026-11-18T17:00+01:00") == 0
    assert (instance / "build/les-tilleuls/site/index.html").is_file()
    assert not (instance / "build/la-grande-ourse/site").exists()


def test_build_says_what_is_not_fit(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CI gets exit 1, with post, line and reason; nothing is placed, the other centre is built."""
    _spoil(instance)
    assert run(instance, "build") == 1
    said = capsys.readouterr().err
    assert "les-tilleuls : rien n'a changé" in said
    assert "ligne 6" in said
    assert not (instance / "build/les-tilleuls/site").exists()
    assert (instance / "build/la-grande-ourse/site/index.html").is_file()


def test_build_does_not_know_that_centre(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt centre is said, and nothing is built."""
    assert run(instance, "build", "les-tileuls") == 1
    assert "les-tileuls" in capsys.readouterr().err
    assert not (instance / "build").exists()


def test_keys_are_made_once_and_for_one_account(instance: Path) -> None:
    """Missing keys are made, readable by their owner alone; those that exist are left as they are."""
    folder = instance / "keys"
    kept = (folder / "gate.key").read_text(encoding="ascii")
    (folder / "pseudonym.key").unlink()
    assert run(instance, "keys") == 0
    made = folder / "pseudonym.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert len(made.read_text(encoding="ascii").strip()) >= 48
    assert (folder / "gate.key").read_text(encoding="ascii") == kept


def test_the_right_to_write_is_given_listed_and_taken_back(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`staff add`, `list`, `remove`: pseudonyms only, and a mistake is said."""
    who = ("--source", "demo", "--subject", "ines@ent", "--centre", "les-tilleuls")
    assert run(instance, "staff", "add", *who, "--role", "directeur", "--until", "2027-07-03") == 0
    capsys.readouterr()
    assert run(instance, "staff", "list") == 0
    listed = capsys.readouterr().out
    assert "les-tilleuls  directeur" in listed
    assert "2027-07-03" in listed
    assert "ines" not in listed
    assert run(instance, "staff", "remove", *who) == 0
    assert run(instance, "staff", "remove", *who) == 1
    assert run(instance, "staff", "add", *who[:-1], "nulle-part") == 1


def test_nothing_is_served_without_keys(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing key stops the start, and says which command makes it."""
    (instance / "keys/gate.key").unlink()
    assert run(instance, "serve") == 1
    assert "preau keys" in capsys.readouterr().err


def test_metadata_that_cannot_be_read_are_said_before_anybody_is_at_the_door(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A SAML source whose file is absent lets nobody in: `check` says which, and what to ask for."""
    instance = make_instance(tmp_path / "ville")
    town = instance / "centres" / "town.toml"
    source = (
        '\n[[sign_in]]\nname = "academie"\nlabel = "Académie"\nmethod = "saml"\n'
        'address = "https://ent.example/saml"\nmetadata = "academie.xml"\n'
    )
    town.write_text(town.read_text("utf-8") + source, "utf-8")
    assert main(["--instance", str(instance), "check"]) == 0
    told = capsys.readouterr().err
    assert "centres/academie.xml" in told
    assert "personne n'entre par « academie »" in told


@pytest.mark.parametrize(
    ("arguments", "of_editions"),
    [
        (("press",), True),
        (("--instance", "ville", "press"), True),
        (("--instance=ville", "build", "les-tilleuls"), True),
        (("build", "--at", "2026-11-18T17:00+01:00", "staff"), True),
        (("--instance", "press", "staff", "list"), False),
        (("--instance", "build"), False),
        (("staff", "invite", "--centre", "press"), False),
        (("serve",), False),
        (("--help",), False),
        ((), False),
    ],
)
def test_only_editions_go_without_the_other_commands(
    arguments: tuple[str, ...], *, of_editions: bool
) -> None:
    """The word counts where the command stands, and not as the value of something."""
    assert is_of_editions(arguments) is of_editions


def test_the_press_carries_no_database_and_no_sign_in() -> None:
    """What its process loads before it begins: every worker of it holds the same."""
    heavy = ("sqlalchemy", "alembic", "flask", "authlib", "saml2", "granian", "cryptography")
    code = (
        "import sys, publisher.cli as cli; cli._parser(of_editions=True);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    told = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
