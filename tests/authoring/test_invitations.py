"""Invitations: made by who may, used once, by one person, for what they say and nothing else."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from publisher.authoring.invitations import PATH
from publisher.model.person import WHOLE_TOWN, StaffGrant, StaffRole
from publisher.sign_in.codes import in_groups
from tests.authoring.conftest import OURSE, TILLEULS, Desk, Visitor
from tests.authoring.team import (
    WORDS,
    Browser,
    allow_local_accounts,
    browser,
    give,
    hidden,
    join_by_account,
    offer,
)

PEOPLE = f"/equipe/{TILLEULS}/personnes"


@pytest.fixture(name="zoe")
def _zoe(desk: Desk) -> Visitor:
    """The director of Les Tilleuls."""
    give(desk, "zoe", StaffRole.DIRECTOR)
    return desk.visitor("zoe")


def grants(desk: Desk, person: str) -> tuple[StaffGrant, ...]:
    """What *person* was given."""
    return desk.records.staff_grants_of(person)


def handle_of(desk: Desk, person: str, centre: str = TILLEULS) -> str:
    """The handle of *person* there."""
    colleagues = desk.records.staff.colleagues(centre)
    return next(one.handle for one in colleagues if one.grant.person == person)


def link_in(page: str) -> str:
    """The path of the link that a slip shows."""
    found = re.search(rf'value="http://127\.0\.0\.1:8000({PATH}/[^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_director_invites_and_the_right_is_whoever_accepts_first(
    desk: Desk, zoe: Visitor
) -> None:
    """From the slip to the right: its centre, its role and its last day; a second person is told."""
    slip = zoe.send(f"{PEOPLE}/inviter", {"role": "animateur", "dernier_jour": "2027-07-03"})
    link = link_in(slip.text)
    lea, max_ = desk.visitor("lea"), desk.visitor("max")
    offered = lea.get(link)
    assert "Animation, Les Tilleuls" in offered.text
    assert "3 juillet 2027" in offered.text
    assert grants(desk, "lea") == ()
    assert lea.send(link).status_code == 303
    assert grants(desk, "lea") == (
        StaffGrant(
            person="lea", centre=TILLEULS, role=StaffRole.ANIMATOR, ends_on=date(2027, 7, 3)
        ),
    )
    assert lea.get(f"/equipe/{TILLEULS}/").status_code == 200
    for late in (max_.get(link), max_.send(link)):
        assert late.status_code == 410
        assert "a déjà servi" in late.text
    assert grants(desk, "max") == ()


def test_the_code_of_a_slip_leads_where_its_link_does(desk: Desk, zoe: Visitor) -> None:
    """Typed in lower case, with blanks: the same invitation, and nothing of the code is kept."""
    slip = zoe.send(f"{PEOPLE}/inviter", {"role": "animateur"}).text
    code = re.search(r'class="code gros">([A-Z2-9-]+)<', slip)
    assert code is not None
    somebody = browser(desk)
    somebody.get(PATH)
    answer = somebody.post(PATH, {"code": f" {code[1].lower().replace('-', ' ')} "})
    assert answer.headers["Location"] == link_in(slip)
    database = Path(desk.settings.database_url.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    bare = code[1].replace("-", "")
    assert bare.encode() not in raw
    assert bare.lower().encode() not in raw
    assert link_in(slip).rpartition("-")[2].encode() not in raw


def test_an_invitation_lasts_72_hours(desk: Desk) -> None:
    """A second before its end it is accepted; at its end, its page says to ask for another."""
    early, late = offer(desk), offer(desk)
    desk.hour.at += timedelta(hours=72, seconds=-1)
    assert desk.visitor("lea").send(early.path).status_code == 303
    desk.hour.at += timedelta(seconds=1)
    answer = desk.visitor("max").send(late.path)
    assert answer.status_code == 410
    assert "72 heures" in answer.text
    assert grants(desk, "max") == ()


def test_an_invitation_that_was_cancelled_gives_nothing(desk: Desk, zoe: Visitor) -> None:
    """The director cancels it by its handle; whoever holds the link is told so."""
    made = offer(desk)
    handle = made.invitation.handle.lower()
    assert made.invitation.handle in zoe.get(PEOPLE).text
    assert zoe.send(f"{PEOPLE}/{handle}/annuler").status_code == 303
    answer = desk.visitor("lea").send(made.path)
    assert (answer.status_code, "a été annulée" in answer.text) == (410, True)
    assert grants(desk, "lea") == ()
    assert zoe.send(f"{PEOPLE}/{handle}/annuler").status_code == 404


def test_what_a_director_offered_ends_with_their_own_right(desk: Desk, zoe: Visitor) -> None:
    """Taken back by a colleague or ended by its date: their open invitations give nothing more."""
    link = link_in(zoe.send(f"{PEOPLE}/inviter", {"role": "directeur"}).text)
    desk.records.revoke_staff("zoe", TILLEULS)
    assert desk.visitor("lea").send(link).status_code == 410
    give(desk, "zoe", StaffRole.DIRECTOR, ends_on=date(2026, 11, 18))
    assert desk.visitor("lea").get(link).status_code == 200
    desk.hour.at += timedelta(days=1)
    assert desk.visitor("lea").send(link).status_code == 410
    assert grants(desk, "lea") == ()


def test_centre_and_role_come_from_the_invitation_and_from_nowhere_else(desk: Desk) -> None:
    """Fields that name another centre, a higher role, another person or a later end change nothing."""
    more = {
        "centre": OURSE,
        "role": "administrateur",
        "person": "ines",
        "ends_on": "2099-01-01",
        "dernier_jour": "2099-01-01",
        "account": "ines",
        "replaces": "ines",
    }
    made = offer(desk, ends_on=date(2027, 7, 3))
    lea = desk.visitor("lea")
    assert lea.send(f"{made.path}?centre={OURSE}&role=directeur", more).status_code == 303
    assert grants(desk, "lea") == (
        StaffGrant(
            person="lea", centre=TILLEULS, role=StaffRole.ANIMATOR, ends_on=date(2027, 7, 3)
        ),
    )
    assert len(desk.records.staff.every_colleague()) == 3


@pytest.mark.parametrize(
    "role", ["administrateur", "service", "", "Directeur", "animateur,directeur"]
)
def test_a_director_gives_the_roles_of_their_own_centre_only(
    desk: Desk, zoe: Visitor, role: str
) -> None:
    """A town-wide role, or none that exists, is refused as what does not exist is."""
    assert zoe.send(f"{PEOPLE}/inviter", {"role": role}).status_code == 404
    assert desk.records.staff.open_invitations(desk.hour()) == ()


@pytest.mark.parametrize("place", [OURSE, "ville", "nulle-part"])
def test_another_place_is_refused_as_one_that_does_not_exist(
    desk: Desk, zoe: Visitor, place: str
) -> None:
    """Neither seen nor invited to, prolonged, renewed, taken back or cancelled."""
    absent = zoe.get("/equipe/absent/personnes")
    made = offer(desk, centre=OURSE)
    omar = handle_of(desk, "omar", OURSE).lower()
    seen = zoe.get(f"/equipe/{place}/personnes")
    assert (seen.status_code, seen.data) == (404, absent.data)
    for act in (
        "inviter",
        f"{omar}/prolonger",
        f"{omar}/nouveau-lien",
        f"{omar}/reprendre",
        f"{made.invitation.handle.lower()}/annuler",
    ):
        answer = zoe.send(
            f"/equipe/{place}/personnes/{act}",
            {"role": "animateur", "centre": TILLEULS, "dernier_jour": "2027-07-03"},
        )
        assert answer.status_code == 404, act
    assert grants(desk, "omar")[0].ends_on is None
    assert [one.digest for one in desk.records.staff.open_invitations(desk.hour())] == [
        made.invitation.digest
    ]


def test_an_animator_sees_and_changes_no_right(desk: Desk, ines: Visitor) -> None:
    """Neither the page nor a form of it."""
    own = handle_of(desk, "ines").lower()
    assert ines.get(PEOPLE).status_code == 404
    assert ines.get(f"{PEOPLE}/{own}").status_code == 404
    assert PEOPLE not in ines.get(f"/equipe/{TILLEULS}/").text
    for act in ("inviter", f"{own}/prolonger", f"{own}/nouveau-lien", f"{own}/reprendre"):
        assert ines.send(f"{PEOPLE}/{act}", {"role": "directeur"}).status_code == 404
    assert desk.records.staff.open_invitations(desk.hour()) == ()
    assert len(grants(desk, "ines")) == 1


def test_a_director_whose_contract_ended_changes_nothing(desk: Desk, zoe: Visitor) -> None:
    """From the day after their last one."""
    give(desk, "zoe", StaffRole.DIRECTOR, ends_on=date(2026, 11, 18))
    assert zoe.get(PEOPLE).status_code == 200
    desk.hour.at += timedelta(days=1)
    again = desk.visitor("zoe")
    assert again.get(PEOPLE).status_code == 404
    assert again.send(f"{PEOPLE}/inviter", {"role": "animateur"}).status_code == 404


def test_nobody_changes_their_own_right(desk: Desk, zoe: Visitor) -> None:
    """A contract is not prolonged by whom it binds; the list says « c'est vous », without a link."""
    own = handle_of(desk, "zoe").lower()
    page = zoe.get(PEOPLE).text
    assert "c'est vous" in page
    assert f"{PEOPLE}/{own}" not in page
    for act in ("prolonger", "nouveau-lien", "reprendre"):
        answer = zoe.send(f"{PEOPLE}/{own}/{act}", {"dernier_jour": "2030-01-01"})
        assert answer.status_code == 404
    assert grants(desk, "zoe")[0].ends_on is None


def test_a_right_is_prolonged_and_taken_back(desk: Desk, zoe: Visitor) -> None:
    """A later day, no day at all, then nothing any more, at the next request."""
    handle = handle_of(desk, "ines").lower()
    zoe.send(f"{PEOPLE}/{handle}/prolonger", {"dernier_jour": "2027-07-03"})
    assert grants(desk, "ines")[0].ends_on == date(2027, 7, 3)
    assert "3 juillet 2027" in zoe.get(PEOPLE).text
    zoe.send(f"{PEOPLE}/{handle}/prolonger", {"dernier_jour": ""})
    assert grants(desk, "ines")[0].ends_on is None
    ines = desk.visitor("ines")
    assert ines.get(f"/equipe/{TILLEULS}/").status_code == 200
    zoe.send(f"{PEOPLE}/{handle}/reprendre")
    assert ines.get(f"/equipe/{TILLEULS}/").status_code == 404
    assert zoe.get(f"{PEOPLE}/{handle}").status_code == 404


@pytest.mark.parametrize(
    ("day", "says"), [("2026-11-17", "Cette date est passée"), ("demain", "pas une date")]
)
def test_a_wrong_day_is_said_and_what_was_typed_is_kept(
    desk: Desk, zoe: Visitor, day: str, says: str
) -> None:
    """When inviting, and when prolonging."""
    handle = handle_of(desk, "ines").lower()
    for act in ("inviter", f"{handle}/prolonger"):
        answer = zoe.send(f"{PEOPLE}/{act}", {"role": "directeur", "dernier_jour": day})
        assert answer.status_code == 422
        assert says in answer.text
        assert f'value="{day}"' in answer.text
    assert (
        'value="directeur" checked'
        in zoe.send(f"{PEOPLE}/inviter", {"role": "directeur", "dernier_jour": day}).text
    )
    assert desk.records.staff.open_invitations(desk.hour()) == ()
    assert grants(desk, "ines")[0].ends_on is None


def test_a_renewal_moves_the_right_to_whoever_accepts(desk: Desk, zoe: Visitor) -> None:
    """The same handle, role and end; who had it before has nothing there, and the rest elsewhere."""
    give(desk, "ines", StaffRole.ANIMATOR, ends_on=date(2027, 7, 3))
    desk.grant("ines", OURSE)
    handle = handle_of(desk, "ines")
    slip = zoe.send(f"{PEOPLE}/{handle.lower()}/nouveau-lien").text
    link = link_in(slip)
    assert desk.visitor("ines").get(f"/equipe/{TILLEULS}/").status_code == 200
    assert desk.visitor("ines2").send(link).status_code == 303
    assert grants(desk, "ines2") == (
        StaffGrant(
            person="ines2", centre=TILLEULS, role=StaffRole.ANIMATOR, ends_on=date(2027, 7, 3)
        ),
    )
    assert handle_of(desk, "ines2") == handle
    assert [one.centre for one in grants(desk, "ines")] == [OURSE]


def test_a_renewal_that_is_made_again_ends_the_one_before(desk: Desk, zoe: Visitor) -> None:
    """A slip that was lost on the way is worth nothing once there is another."""
    act = f"{PEOPLE}/{handle_of(desk, 'ines').lower()}/nouveau-lien"
    first, second = (link_in(zoe.send(act).text) for _time in range(2))
    assert desk.visitor("thief").send(first).status_code == 410
    assert desk.visitor("ines").send(second).status_code == 303
    assert len(grants(desk, "ines")) == 1


def test_a_director_who_tries_an_animators_link_keeps_their_role(desk: Desk, zoe: Visitor) -> None:
    """The page says that it is for somebody else; it is not used up."""
    made = offer(desk)
    for answer in (zoe.get(made.path), zoe.send(made.path)):
        assert answer.status_code == 410
        assert "peut encore servir" in answer.text
    assert [one.role for one in grants(desk, "zoe")] == [StaffRole.DIRECTOR]
    assert desk.visitor("lea").send(made.path).status_code == 303


def test_an_animator_becomes_director_and_keeps_their_handle(desk: Desk, ines: Visitor) -> None:
    """One right in a centre: the new one takes the place of the old one."""
    before = handle_of(desk, "ines")
    assert ines.send(offer(desk, StaffRole.DIRECTOR).path).status_code == 303
    assert [one.role for one in grants(desk, "ines")] == [StaffRole.DIRECTOR]
    assert handle_of(desk, "ines") == before


def test_everybody_sees_their_own_handle(desk: Desk, ines: Visitor) -> None:
    """On the home of each centre, so that they can tell their director."""
    assert f"votre repère : {handle_of(desk, 'ines')}" in ines.get(f"/equipe/{TILLEULS}/").text


@pytest.mark.parametrize(
    "part", ["zz", "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaa", "ABCDEFGHJK-x", "-", "%00"]
)
def test_a_link_nobody_made_is_not_known(desk: Desk, part: str) -> None:
    """Whether or not somebody is signed in."""
    for somebody in (desk.visitor("lea"), desk.visitor(None)):
        answer = somebody.get(f"{PATH}/{part}")
        assert answer.status_code == 404
        assert "n'est pas connue" in answer.text


def test_a_link_is_sealed(desk: Desk) -> None:
    """A right code under another seal, or a seal under another code, opens nothing."""
    one, other = offer(desk), offer(desk)
    code, seal = one.path.removeprefix(f"{PATH}/").split("-")
    _other_code, other_seal = other.path.removeprefix(f"{PATH}/").split("-")
    lea = desk.visitor("lea")
    assert lea.send(f"{PATH}/{code}-{other_seal}").status_code == 404
    assert lea.send(f"{PATH}/{code.upper()}-{seal}").status_code == 404
    assert lea.send(f"{PATH}/{code}").status_code == 404
    assert grants(desk, "lea") == ()


def test_wrong_codes_are_counted(desk: Desk) -> None:
    """From one network, thirty may be wrong in a row; then one a minute is read, even a right one."""
    made = offer(desk)
    thief = browser(desk, "192.0.2.7")
    thief.get(PATH)
    statuses = [thief.post(PATH, {"code": "AAAAA-AAAAA"}).status_code for _try in range(40)]
    assert statuses == [422] * 30 + [429] * 10
    answer = thief.post(PATH, {"code": in_groups(made.code)})
    assert answer.status_code == 429
    assert "60 secondes" in answer.text
    elsewhere = browser(desk, "192.0.2.8")
    elsewhere.get(PATH)
    assert elsewhere.post(PATH, {"code": made.code}).status_code == 303
    desk.hour.at += timedelta(minutes=1)
    assert thief.post(PATH, {"code": made.code}).status_code == 303


def test_a_wrong_code_is_said_and_kept(desk: Desk) -> None:
    """What was typed is there to be put right."""
    somebody = browser(desk)
    somebody.get(PATH)
    answer = somebody.post(PATH, {"code": "ABC"})
    assert "lettre par lettre" in answer.text
    assert 'value="ABC"' in answer.text


def test_who_is_not_signed_in_chooses_an_account_that_leads_to_the_team(desk: Desk) -> None:
    """The sources of that door, back to the invitation; an account of our own where allowed."""
    made = offer(desk)
    town = desk.instance / "centres" / "town.toml"
    text = town.read_text(encoding="utf-8")
    families = text[text.index("[[sign_in]]") :].replace('name = "demo"', 'name = "autre"')
    town.write_text(f'{text}\n{families}doors = ["familles"]\n', encoding="utf-8")
    page = desk.visitor(None).get(made.path).text
    assert f'href="/equipe/entrer/demo?vers={made.path}"' in page
    assert "/equipe/entrer/autre" not in page
    assert "Créer un compte" not in page
    assert desk.visitor(None).get(f"{made.path}/compte").status_code == 302
    allow_local_accounts(desk)
    assert f'href="{made.path}/compte"' in desk.visitor(None).get(made.path).text


def test_looking_at_an_invitation_does_not_use_it(desk: Desk) -> None:
    """A mail program that opens every link takes nothing away."""
    made = offer(desk)
    for _time in range(3):
        assert desk.visitor(None).get(made.path).status_code == 200
    assert desk.visitor("lea").send(made.path).status_code == 303


def test_nobody_accepts_without_being_signed_in(desk: Desk) -> None:
    """The form of a page left open is kept, and nothing is given."""
    made = offer(desk)
    assert desk.visitor(None).send(made.path).status_code == 401
    assert made.invitation.digest in {
        one.digest for one in desk.records.staff.open_invitations(desk.hour())
    }


def test_an_administrator_gives_rights_everywhere_and_publishes_nowhere(desk: Desk) -> None:
    """Each centre's people and the town's; no centre's home opens."""
    give(desk, "ada", StaffRole.ADMINISTRATOR, WHOLE_TOWN)
    ada = desk.visitor("ada")
    start = ada.get("/equipe/")
    assert start.status_code == 200
    for place in (TILLEULS, OURSE, "ville"):
        assert f'href="/equipe/{place}/personnes"' in start.text
        assert ada.get(f"/equipe/{place}/personnes").status_code == 200
    assert ada.get(f"/equipe/{TILLEULS}/").status_code == 404
    assert ada.get(f"/equipe/{TILLEULS}/nouveau/reminder").status_code == 404
    link = link_in(ada.send("/equipe/ville/personnes/inviter", {"role": "service"}).text)
    assert desk.visitor("dan").send(link).status_code == 303
    assert [(one.centre, one.role) for one in grants(desk, "dan")] == [
        (WHOLE_TOWN, StaffRole.DEPARTMENT)
    ]
    assert ada.send("/equipe/ville/personnes/inviter", {"role": "animateur"}).status_code == 404
    assert ada.send(f"{PEOPLE}/inviter", {"role": "service"}).status_code == 404


def test_the_department_changes_nothing_here(desk: Desk) -> None:
    """It reads, at the families' door."""
    give(desk, "dan", StaffRole.DEPARTMENT, WHOLE_TOWN)
    dan = desk.visitor("dan")
    assert dan.get("/equipe/").status_code == 403
    for path in (f"/equipe/{TILLEULS}/", PEOPLE, "/equipe/ville/personnes"):
        assert dan.get(path).status_code == 404


def test_an_invitation_to_a_centre_that_is_gone_is_not_known(desk: Desk) -> None:
    """The town closed it: nothing can be accepted there."""
    made = offer(desk)
    (desk.instance / "centres" / f"{TILLEULS}.toml").unlink()
    assert desk.visitor("lea").send(made.path).status_code == 404
    assert grants(desk, "lea") == ()


def test_a_renewal_lets_somebody_take_their_identifier_again(desk: Desk, zoe: Visitor) -> None:
    """Where they have that right alone: a new password, no second factor, the old sign-in over."""
    allow_local_accounts(desk)
    lost = join_by_account(desk)
    (person,) = (
        one.grant.person
        for one in desk.records.staff.colleagues(TILLEULS)
        if one.grant.person not in {"ines", "zoe"}
    )
    act = f"{PEOPLE}/{handle_of(desk, person).lower()}/nouveau-lien"
    path = link_in(zoe.send(act).text)
    found = browser(desk)
    found.get(f"{path}/compte")
    again = {"identifiant": "Girafe.Lac", "mot_de_passe": "cinq zèbres sous la pluie"}
    assert found.post(f"{path}/compte", again).status_code == 303
    assert found.follow().status_code == 200
    assert lost.get(f"/equipe/{TILLEULS}/").status_code == 302
    assert len(grants(desk, person)) == 1
    old = browser(desk)
    old.get("/equipe/compte/entrer")
    assert _enter(old, "girafe.lac", WORDS).status_code == 403


def test_a_renewal_takes_nobody_elses_account_over(desk: Desk, zoe: Visitor) -> None:
    """An account with a right in another centre, or of another person, keeps its password."""
    allow_local_accounts(desk)
    join_by_account(desk, identifier="girafe.lac")
    account = next(
        one.grant.person
        for one in desk.records.staff.colleagues(TILLEULS)
        if one.grant.person not in {"ines", "zoe"}
    )
    desk.grant(account, OURSE)
    path = link_in(zoe.send(f"{PEOPLE}/{handle_of(desk, account).lower()}/nouveau-lien").text)
    for link in (path, offer(desk).path):
        thief = browser(desk)
        thief.get(f"{link}/compte")
        fields = {"identifiant": "girafe.lac", "mot_de_passe": "cinq zèbres sous la pluie"}
        answer = thief.post(f"{link}/compte", fields)
        assert answer.status_code == 422
        assert "déjà pris" in answer.text
    rightful = browser(desk)
    rightful.get("/equipe/compte/entrer")
    assert _enter(rightful, "girafe.lac", WORDS).status_code == 303


def _enter(somebody: Browser, identifier: str, password: str) -> object:
    return somebody.post(
        "/equipe/compte/entrer", {"identifiant": identifier, "mot_de_passe": password}
    )


def test_an_account_of_our_own_takes_what_the_invitation_says(desk: Desk) -> None:
    """Fields of another centre or role beside the identifier change nothing."""
    allow_local_accounts(desk)
    somebody = browser(desk)
    path = offer(desk).path
    somebody.get(f"{path}/compte")
    fields = {
        "identifiant": "marelle",
        "mot_de_passe": WORDS,
        "centre": OURSE,
        "role": "directeur",
        "account": "ines",
    }
    assert somebody.post(f"{path}/compte", fields).status_code == 303
    new = [
        one.grant
        for one in desk.records.staff.every_colleague()
        if one.grant.person not in {"ines", "omar"}
    ]
    assert [(one.centre, one.role) for one in new] == [(TILLEULS, StaffRole.ANIMATOR)]


def test_an_invitation_makes_one_account(desk: Desk) -> None:
    """The second is told that it was used, and no account of it is left behind."""
    allow_local_accounts(desk)
    path = offer(desk).path
    first, second = browser(desk), browser(desk)
    first.get(f"{path}/compte")
    second.get(f"{path}/compte")
    assert (
        first.post(f"{path}/compte", {"identifiant": "marelle", "mot_de_passe": WORDS}).status_code
        == 303
    )
    late = second.post(f"{path}/compte", {"identifiant": "zebre", "mot_de_passe": WORDS})
    assert late.status_code == 410
    second.get("/equipe/compte/entrer")
    assert hidden(second.page, "jeton") if second.page else False
    answer = second.post("/equipe/compte/entrer", {"identifiant": "zebre", "mot_de_passe": WORDS})
    assert answer.status_code == 403
