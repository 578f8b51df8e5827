"""What a source says of somebody becomes one profile, whatever its vendor's habits."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.person import Role
from publisher.model.source import OidcSource, SignInSource
from publisher.sign_in.profile import MAX_CLASSES, MAX_SCHOOLS, flattened, profile_of

PREVERT, MATERNELLE = "0920001B", "0920002C"


def source(numbering: str = "entcore", **claims: str) -> SignInSource:
    """A source that names its claims as *claims* say."""
    return SignInSource(
        name="demo",
        label="ENT",
        method="oidc",
        protocol=OidcSource(discovery_url="https://ent.example/openid", client_id="preau"),
        claims={fact: (name,) for fact, name in claims.items()},
        numbering=numbering,
    )


def role_of(value: object, **claims: str) -> Role:
    """The role that a value of the role claim gives."""
    profile = profile_of(source(**claims), {"sub": "s", "ENTPersonProfils": value})
    assert profile is not None
    return profile.role


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("National_TUT", Role.FAMILY),
        ("national_tut", Role.FAMILY),
        ("TUT", Role.FAMILY),
        ("2", Role.FAMILY),
        ("National_2", Role.FAMILY),
        (2, Role.FAMILY),
        ("Relative", Role.FAMILY),
        ("PERSRELELEVE", Role.FAMILY),
        ("PARENT", Role.FAMILY),
        ("resp1d", Role.FAMILY),
        ("resp2d", Role.FAMILY),
        ("National_ELV", Role.CHILD),
        ("National_elv", Role.CHILD),
        ("National_1", Role.CHILD),
        ("Student", Role.CHILD),
        ("ELEVE", Role.CHILD),
        ("PUPIL", Role.CHILD),
        ("eleve1d", Role.CHILD),
        ("National_ENS", Role.TEACHER),
        ("National_DOC", Role.TEACHER),
        ("3", Role.TEACHER),
        ("Teacher", Role.TEACHER),
        ("ENSEIGNANT", Role.TEACHER),
        ("National_COL", Role.AGENT),
        ("National_DIR", Role.OTHER),
        ("National_EVS", Role.OTHER),
        ("National_ETA", Role.OTHER),
        ("National_ACA", Role.OTHER),
        ("National_4", Role.OTHER),
        ("7", Role.OTHER),
        ("Personnel", Role.OTHER),
        ("PERSEDUCNAT", Role.OTHER),
        ("Guest", Role.OTHER),
        ("", Role.OTHER),
        (None, Role.OTHER),
        ([], Role.OTHER),
        ({"role": "TUT"}, Role.OTHER),
        (True, Role.OTHER),
        (["National_TUT"], Role.FAMILY),
        ('["Relative"]', Role.FAMILY),
        (["National_TUT", "National_2"], Role.FAMILY),
        (["National_TUT", "National_ENS"], Role.OTHER),
        ("National_TUT|National_ENS", Role.OTHER),
        (["National_TUT", "Guest"], Role.OTHER),
    ],
)
def test_each_word_of_the_vendors_is_one_role(value: object, role: Role) -> None:
    """A known word gives its role; unknown, empty or contradictory ones give nothing."""
    assert role_of(value) is role


@pytest.mark.parametrize(
    ("numbering", "number", "role"),
    [
        ("entcore", "1", Role.CHILD),
        ("entcore", "2", Role.FAMILY),
        ("laclasse", "3", Role.TEACHER),
        ("laclasse", "4", Role.OTHER),
        ("vecteur", "1", Role.FAMILY),
        ("vecteur", "2", Role.FAMILY),
        ("vecteur", "3", Role.CHILD),
        ("vecteur", "4", Role.CHILD),
        ("inconnue", "2", Role.OTHER),
    ],
)
def test_numbers_mean_what_the_source_says(numbering: str, number: str, role: Role) -> None:
    """The same number is a pupil for one vendor and a parent for another."""
    assert role_of(f"National_{number}", numbering=numbering) is role


@pytest.mark.parametrize(
    ("claims", "schools", "classes"),
    [
        ({"ENTPersonStructRattachUAI": PREVERT}, {PREVERT}, set()),
        ({"ENTPersonStructRattachUAI": "0920001b"}, {PREVERT}, set()),
        ({"ENTPersonStructRattachUAI": [PREVERT, MATERNELLE]}, {PREVERT, MATERNELLE}, set()),
        (
            {"ENTPersonStructRattachUAI": f"{PREVERT};{MATERNELLE}"},
            {PREVERT, MATERNELLE},
            set(),
        ),
        ({"ENTPersonStructRattachUAI": [PREVERT, "une école", 12]}, {PREVERT}, set()),
        ({"ENTPersonStructRattachUAI": None}, set(), set()),
        (
            {"ENTPersonStructRattachUAI": PREVERT, "ENTEleveClasses": "CP A"},
            {PREVERT},
            {(PREVERT, "CP A")},
        ),
        (
            {"ENTPersonStructRattachUAI": PREVERT, "ENTEleveClasses": ["struct-12$CP  A"]},
            {PREVERT},
            {(PREVERT, "CP A")},
        ),
        (
            {
                "ENTPersonStructRattachUAI": [PREVERT, MATERNELLE],
                "ENTEleveClasses": [f"{PREVERT}$CP A", "MS 2", "struct-12$GS"],
            },
            {PREVERT, MATERNELLE},
            {(PREVERT, "CP A")},
        ),
        (
            {"ENTPersonStructRattachUAI": PREVERT, "ENTEleveClasses": [f"{MATERNELLE}$MS 2"]},
            {PREVERT},
            {(MATERNELLE, "MS 2")},
        ),
        ({"ENTPersonStructRattachUAI": PREVERT, "ENTEleveClasses": "C" * 61}, {PREVERT}, set()),
        ({"ENTEleveClasses": "CP A"}, set(), set()),
    ],
)
def test_schools_and_classes_come_as_text_or_list(
    claims: Mapping[str, object], schools: set[str], classes: set[tuple[str, str]]
) -> None:
    """A class is paired with its school, or with the only one, or with none."""
    profile = profile_of(source(), {"sub": "s", "ENTPersonProfils": "TUT", **claims})
    assert profile is not None
    assert (profile.schools, profile.classes) == (schools, classes)


def test_a_source_names_its_own_claims() -> None:
    """Each fact is read from where the source says, and from nowhere else."""
    theirs = source(
        subject="externalId", role="type", schools="uai", classes="classes", given_name="firstName"
    )
    profile = profile_of(
        theirs,
        {
            "externalId": "e-1",
            "type": "Relative",
            "uai": [PREVERT],
            "classes": [f"{PREVERT}$CP"],
            "firstName": "Camille",
            "sub": "other",
            "ENTPersonProfils": "National_ELV",
        },
    )
    assert profile is not None
    assert (profile.subject, profile.role, profile.given_name) == ("e-1", Role.FAMILY, "Camille")
    assert profile.classes == {(PREVERT, "CP")}


@pytest.mark.parametrize("role", ["National_ENS", "National_COL", "National_DIR", "", "?"])
def test_who_does_not_enter_by_school_keeps_none(role: str) -> None:
    """The schools of a teacher or an agent are not kept: they open nothing."""
    told = {"sub": "s", "ENTPersonProfils": role, "ENTPersonStructRattachUAI": PREVERT}
    profile = profile_of(source(), told)
    assert profile is not None
    assert not profile.schools
    assert not profile.classes


@pytest.mark.parametrize(
    "subject", [None, "", "  ", [], ["s", "t"], True, "x" * 256, "0920001B", "0920001b"]
)
def test_a_subject_that_names_nobody_is_refused(subject: object) -> None:
    """No text, an endless one, or a school's code is no person."""
    assert profile_of(source(), {"sub": subject, "ENTPersonProfils": "TUT"}) is None


def test_what_is_kept_fits_a_cookie() -> None:
    """A source that tells hundreds of schools and classes gives less, not more."""
    schools = [f"{number:07}A" for number in range(200)]
    told = {
        "sub": "s",
        "ENTPersonProfils": "TUT",
        "ENTPersonStructRattachUAI": schools,
        "ENTEleveClasses": [f"{one}$CP {place}" for place, one in enumerate(schools)],
    }
    profile = profile_of(source(), told)
    assert profile is not None
    assert (len(profile.schools), len(profile.classes)) == (MAX_SCHOOLS, MAX_CLASSES)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    told=st.dictionaries(
        st.sampled_from(
            [
                "sub",
                "ENTPersonProfils",
                "ENTPersonStructRattachUAI",
                "ENTEleveClasses",
                "given_name",
            ]
        ),
        _JSON,
    )
)
def test_nothing_a_source_can_say_breaks_the_reading(told: dict[str, Any]) -> None:
    """Any JSON gives a profile or nobody, and every list is made of texts."""
    profile = profile_of(source(), told)
    assert profile is None or profile.subject
    assert all(isinstance(one, str) for values in flattened(told).values() for one in values)
