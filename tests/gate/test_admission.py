"""Who may read what: the table, written by hand from what a family is promised."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.gate.admission import admit, spaces_of
from publisher.model.person import Enrolment, Known, Pass, Refusal, Role, StaffGrant, StaffRole
from publisher.model.source import OidcSource, SignInSource
from publisher.model.space import Space
from publisher.model.town import Centre, Contact, Legal, School, Town
from publisher.sign_in.passes import new_pass
from tests.accounts import account
from tests.posts import CENTRE

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
PREVERT, MATERNELLE, MICHEL, NOWHERE = "0920001B", "0920002C", "0310001H", "0780001C"
SHARED = "0310002J"


def _centre(slug: str, schools: tuple[str, ...], sign_in: tuple[str, ...] = ("demo",)) -> Centre:
    return replace(
        CENTRE,
        slug=slug,
        name=slug,
        schools=tuple(School(uai=uai, name=uai) for uai in schools),
        sign_in=sign_in,
    )


def _source(name: str) -> SignInSource:
    return SignInSource(
        name=name,
        label=name,
        method="oidc",
        protocol=OidcSource(discovery_url="https://e.example", client_id="p"),
    )


TOWN = Town(
    name="Valmont",
    department="Direction",
    contact=Contact(address="1 place", phone="01", mail="a@b.example"),
    timezone=ZoneInfo("Europe/Paris"),
    language="fr",
    public_url="http://127.0.0.1:8000",
    legal=Legal(
        publication_director="d",
        host_name="h",
        host_address="a",
        host_phone="p",
        host_country="France",
        data_protection_mail="m",
        accessibility_state="non",
        accessibility_mail="m",
        accessibility_declared_on=TODAY,
        charter_version=1,
    ),
    sign_in=(_source("demo"), _source("autre")),
    centres=(
        _centre("tilleuls", (PREVERT, MATERNELLE, SHARED)),
        _centre("ourse", (MICHEL, SHARED)),
        _centre("moulin", ("0920009K",), ("autre",)),
        _centre("sans-ecole", ()),
    ),
)

T, P, M, G = "tilleuls", "tilleuls/petits", "tilleuls/moyens", "tilleuls/grands"
ALL_OF_TILLEULS = {T, P, M, G}


def _pass(
    role: Role = Role.FAMILY,
    schools: str = "",
    classes: str = "",
    source: str = "demo",
    person: str = "moi",
) -> Pass:
    of_whom = account(
        person,
        role,
        schools.split(),
        (
            (uai, name)
            for uai, _dollar, name in (one.partition("$") for one in classes.split(",") if one)
        ),
        source=source,
    )
    return new_pass(of_whom, "", NOW + timedelta(hours=1))


def _grant(centre: str = T, person: str = "moi", ends_on: date | None = None) -> StaffGrant:
    return StaffGrant(person=person, centre=centre, role=StaffRole.ANIMATOR, ends_on=ends_on)


def _opened(pass_: Pass, *grants: StaffGrant) -> set[str]:
    found = spaces_of(pass_, Known(grants=grants), TOWN, TODAY)
    return {one.centre if one.group is None else f"{one.centre}/{one.group}" for one in found}


@pytest.mark.parametrize(
    ("role", "schools", "classes", "opens"),
    [
        # A family, by its schools.
        (Role.FAMILY, PREVERT, "", {T}),
        (Role.FAMILY, MATERNELLE, "", {T}),
        (Role.FAMILY, f"{PREVERT} {MATERNELLE}", "", {T}),
        (Role.FAMILY, MICHEL, "", {"ourse"}),
        (Role.FAMILY, f"{PREVERT} {MICHEL}", "", {T, "ourse"}),
        (Role.FAMILY, SHARED, "", {T, "ourse"}),
        (Role.FAMILY, NOWHERE, "", set()),
        (Role.FAMILY, "", "", set()),
        # By its classes, each in its own school.
        (Role.FAMILY, PREVERT, f"{PREVERT}$CP A", {T, M}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$cp", {T, M}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$  Cp  Lune", {T, M}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CM1", {T, G}),
        (Role.FAMILY, MATERNELLE, f"{MATERNELLE}$MS 2", {T, P}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CP A,{PREVERT}$CM2 B", {T, M, G}),
        (Role.FAMILY, f"{PREVERT} {MICHEL}", f"{PREVERT}$CM2,{MICHEL}$CP", {T, G, "ourse", "ourse/moyens"}),
        (Role.FAMILY, SHARED, f"{SHARED}$CP", {T, M, "ourse", "ourse/moyens"}),
        # A class that says nothing sure of the group opens none.
        (Role.FAMILY, PREVERT, f"{PREVERT}$Classe bleue", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CPA", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$A CP", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$6e 2", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CP-CE1", {T, M}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CP/CE1 Soleil", {T, M}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CE1-CE2", {T}),
        (Role.FAMILY, PREVERT, f"{PREVERT}$CE1 / CE2", {T}),
        # The same class name in a school that is not theirs, or not this centre's.
        (Role.FAMILY, PREVERT, f"{MICHEL}$CP A", {T}),
        (Role.FAMILY, PREVERT, f"{MATERNELLE}$MS 2", {T}),
        (Role.FAMILY, f"{PREVERT} {MICHEL}", f"{MICHEL}$CP A", {T, "ourse", "ourse/moyens"}),
        (Role.FAMILY, NOWHERE, f"{NOWHERE}$CP A", set()),
        (Role.FAMILY, "", f"{PREVERT}$CP A", set()),
        # A child reads as a family does.
        (Role.CHILD, PREVERT, f"{PREVERT}$CM1", {T, G}),
        (Role.CHILD, MICHEL, "", {"ourse"}),
        # Nobody else enters by profile.
        (Role.TEACHER, PREVERT, f"{PREVERT}$CP A", set()),
        (Role.AGENT, PREVERT, f"{PREVERT}$CP A", set()),
        (Role.OTHER, PREVERT, f"{PREVERT}$CP A", set()),
    ],
)  # fmt: skip
def test_what_a_profile_opens(role: Role, schools: str, classes: str, opens: set[str]) -> None:
    """Role, schools and classes give exactly these spaces."""
    assert _opened(_pass(role, schools, classes)) == opens


@pytest.mark.parametrize(
    ("pass_", "grants", "opens"),
    [
        (_pass(Role.OTHER), (_grant(),), ALL_OF_TILLEULS),
        (_pass(Role.AGENT), (_grant(),), ALL_OF_TILLEULS),
        (_pass(Role.OTHER), (_grant(ends_on=TODAY),), ALL_OF_TILLEULS),
        (_pass(Role.OTHER), (_grant(ends_on=TODAY + timedelta(days=1)),), ALL_OF_TILLEULS),
        (_pass(Role.OTHER), (_grant(ends_on=TODAY - timedelta(days=1)),), set()),
        (_pass(Role.OTHER), (_grant("ailleurs"),), set()),
        (_pass(Role.OTHER), (), set()),
        (_pass(Role.FAMILY, MICHEL), (_grant(),), ALL_OF_TILLEULS | {"ourse"}),
        (_pass(Role.FAMILY, PREVERT), (_grant(ends_on=TODAY - timedelta(days=1)),), {T}),
        (
            _pass(Role.OTHER),
            (_grant(ends_on=TODAY - timedelta(days=1)), _grant("ourse")),
            {"ourse", "ourse/petits", "ourse/moyens", "ourse/grands"},
        ),
    ],
)
def test_what_a_grant_opens(pass_: Pass, grants: tuple[StaffGrant, ...], opens: set[str]) -> None:
    """A grant in force opens its centre and all its groups, to its person alone, whatever the role."""
    assert _opened(pass_, *grants) == opens


@pytest.mark.parametrize(
    ("pass_", "opens"),
    [
        (_pass(Role.FAMILY, "0920009K", source="autre"), {"moulin"}),
        (_pass(Role.FAMILY, "0920009K", source="demo"), set()),
        (_pass(Role.FAMILY, PREVERT, source="autre"), set()),
        (_pass(Role.FAMILY, PREVERT, source="ancienne"), set()),
    ],
)
def test_a_centre_believes_only_its_own_sources(pass_: Pass, opens: set[str]) -> None:
    """One ENT cannot say that somebody is a parent in another ENT's school."""
    assert _opened(pass_) == opens


def test_a_source_that_the_town_dropped_opens_nothing_even_to_its_staff() -> None:
    """Taking a source out of the town shuts all it had let in."""
    assert _opened(_pass(Role.OTHER, source="ancienne"), _grant()) == set()


def test_a_school_that_leaves_a_centre_takes_its_families_along() -> None:
    """Rights are worked out from the town of this instant, not from the pass."""
    pass_ = _pass(Role.FAMILY, PREVERT, f"{PREVERT}$CP")
    without = replace(TOWN, centres=(_centre("tilleuls", (MATERNELLE,)),))
    assert spaces_of(pass_, Known(), TOWN, TODAY)
    assert not spaces_of(pass_, Known(), without, TODAY)


def test_an_enrolment_of_a_child_holds_while_an_account_says_whose_it_is() -> None:
    """Last year's account does not say any more whose children are whose; this year's does."""
    enrolment = Enrolment(who="enfant", centre=T, group="moyens", starts_on=TODAY, ends_on=TODAY)
    old = account("autre", children=("enfant",), until=date(2026, 8, 31))
    new = account("neuf", children=("enfant",))
    for accounts, opens in (((old,), set[str]()), ((new,), {T, M}), ((old, new), {T, M})):
        known = Known(enrolments=(enrolment,), accounts=accounts)
        found = spaces_of(_pass(), known, TOWN, TODAY)
        assert found == {Space(T, M.partition("/")[2] if one == M else None) for one in opens}


CENTRE_SPACE, GROUP_SPACE = Space("tilleuls"), Space("tilleuls", "moyens")
ACCEPTED = Known(charter=2)


@pytest.mark.parametrize(
    ("opened", "asked", "at", "is_admitted"),
    [
        ({CENTRE_SPACE}, CENTRE_SPACE, NOW, True),
        ({GROUP_SPACE}, GROUP_SPACE, NOW, True),
        ({CENTRE_SPACE, GROUP_SPACE}, GROUP_SPACE, NOW, True),
        ({CENTRE_SPACE}, GROUP_SPACE, NOW, False),
        ({GROUP_SPACE}, CENTRE_SPACE, NOW, False),
        ({CENTRE_SPACE}, Space("ourse"), NOW, False),
        ({CENTRE_SPACE}, Space("tilleuls", "inconnu"), NOW, False),
        (set(), CENTRE_SPACE, NOW, False),
        ({CENTRE_SPACE}, CENTRE_SPACE, NOW + timedelta(minutes=59, seconds=59), True),
        ({CENTRE_SPACE}, CENTRE_SPACE, NOW + timedelta(hours=1), False),
        ({CENTRE_SPACE}, CENTRE_SPACE, NOW + timedelta(days=1), False),
    ],
)
def test_a_space_opens_only_itself_until_the_pass_ends(
    opened: set[Space], asked: Space, at: datetime, *, is_admitted: bool
) -> None:
    """Being let into the centre lets nobody into its groups, nor the other way round."""
    pass_ = _pass()
    outcome = admit(pass_, ACCEPTED, frozenset(opened), asked, charter=2, now=at)
    assert outcome == (pass_ if is_admitted else Refusal())


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("accepted", "in_force", "is_admitted"),
    [(0, 1, False), (1, 2, False), (2, 2, True), (3, 2, True)],
)
def test_nobody_is_let_in_before_they_accept_the_charter(
    role: Role, accepted: int, in_force: int, *, is_admitted: bool
) -> None:
    """The version in force or a newer one, whoever asks: a child, and the team as well."""
    pass_ = _pass(role)
    known = Known(charter=accepted, grants=(_grant(),))
    outcome = admit(
        pass_, known, frozenset({CENTRE_SPACE}), CENTRE_SPACE, charter=in_force, now=NOW
    )
    assert outcome == (pass_ if is_admitted else Refusal())


def test_a_sign_in_that_ended_is_let_in_nowhere() -> None:
    """Whatever its pass still says."""
    known = replace(ACCEPTED, has_ended=True)
    outcome = admit(_pass(), known, frozenset({CENTRE_SPACE}), CENTRE_SPACE, charter=2, now=NOW)
    assert outcome == Refusal()
