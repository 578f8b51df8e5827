"""`preau staff`: invitations and rights from the command line."""

import re
from pathlib import Path

import pytest

from publisher.authoring.invitations import digest_of, digest_of_link
from publisher.cli import main
from publisher.model.person import WHOLE_TOWN, StaffRole
from publisher.records import Records, open_records
from publisher.settings import Settings, read_settings
from publisher.wiring import utc_now
from tests.instance import make_instance


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    return make_instance(tmp_path / "instance")


def run(instance: Path, *arguments: str) -> int:
    """Run one `preau staff` command on *instance*."""
    return main(["--instance", str(instance), "staff", *arguments])


def settings_in(instance: Path) -> Settings:
    """The instance's settings."""
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    return settings


def records_in(instance: Path) -> Records:
    """The instance's records."""
    return open_records(settings_in(instance).database_url)


def test_an_invitation_is_a_link_and_a_code_for_the_same_thing(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both lead to the role, the centre and the day that were asked for."""
    asked = ("--centre", "les-tilleuls", "--role", "directeur", "--until", "2027-07-03")
    assert run(instance, "invite", *asked) == 0
    said = capsys.readouterr().out
    settings = settings_in(instance)
    link = re.search(r"http://127\.0\.0\.1:8000/equipe/invitation/(\S+)", said)
    code = re.search(r"code ([A-Z2-9]{5})-([A-Z2-9]{5})", said)
    assert link is not None
    assert code is not None
    digest = digest_of(code[1] + code[2], settings)
    assert digest_of_link(link[1], settings) == digest
    invitation = records_in(instance).staff.invitation(digest)
    assert invitation is not None
    assert (invitation.centre, invitation.role) == ("les-tilleuls", StaffRole.DIRECTOR)
    assert f"{invitation.ends_on}" == "2027-07-03"
    assert f"Repère {invitation.handle}" in said


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--role", "directeur"), "Il manque --centre"),
        (("--centre", "nulle-part"), "n'existe pas"),
        (("--centre", "les-tilleuls", "--role", "administrateur"), "sans --centre"),
        (("--centre", "les-tilleuls", "--replaces", "Z9Z"), "repère Z9Z"),
    ],
)
def test_an_invitation_that_cannot_be_is_said(
    instance: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], says: str
) -> None:
    """A town-wide role in one centre, a centre that is none, a handle nobody has."""
    assert run(instance, "invite", *asked) == 1
    assert says in capsys.readouterr().err
    assert records_in(instance).staff.open_invitations(utc_now()) == ()


def test_town_wide_roles_are_given_without_a_centre(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Invited or given at once, listed, taken back."""
    assert run(instance, "invite", "--role", "administrateur") == 0
    who = ("--source", "demo", "--subject", "ada@ent")
    assert run(instance, "add", *who, "--role", "service") == 0
    (colleague,) = records_in(instance).staff.colleagues(WHOLE_TOWN)
    assert colleague.grant.role is StaffRole.DEPARTMENT
    capsys.readouterr()
    assert run(instance, "list") == 0
    listed = capsys.readouterr().out
    assert f"toute-la-ville  service  {colleague.handle}" in listed
    assert "toute-la-ville  administrateur" in listed
    assert "invitation, jusqu'au" in listed
    assert "ada" not in listed
    assert run(instance, "remove", *who) == 0
    assert records_in(instance).staff.colleagues(WHOLE_TOWN) == ()


def test_a_way_in_is_renewed_by_its_handle(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The role and the end of who lost it, whatever is asked beside; ended rights are said so."""
    who = ("--source", "demo", "--subject", "ines@ent", "--centre", "les-tilleuls")
    run(instance, "add", *who, "--role", "directeur", "--until", "2020-01-01")
    (colleague,) = records_in(instance).staff.colleagues("les-tilleuls")
    asked = ("--centre", "les-tilleuls", "--replaces", colleague.handle.lower())
    assert run(instance, "invite", *asked) == 0
    (invitation,) = records_in(instance).staff.open_invitations(utc_now())
    assert invitation.replaces == colleague.grant.person
    assert (invitation.role, invitation.handle) == (StaffRole.DIRECTOR, colleague.handle)
    assert invitation.ends_on == colleague.grant.ends_on
    capsys.readouterr()
    run(instance, "list")
    assert "terminé le 2020-01-01" in capsys.readouterr().out
