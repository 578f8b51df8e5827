"""Each shape in which an ENT answers becomes the profile it tells, or a refusal that says why."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.person import EntProfile, Role
from publisher.sign_in.cas_answer import (
    MAX_BYTES,
    MAX_DEPTH,
    claims_of,
    ended_ticket,
    plain_claims_of,
)
from publisher.sign_in.method import SignInFailed, Why
from publisher.sign_in.profile import flattened, missing_facts, profile_of
from tests.sign_in.documented import documented_source

WIRE = Path(__file__).parent / "wire"
PREVERT, MATERNELLE, MICHEL = "0920001B", "0920002C", "0310001H"
ENTCORE_PARENT = "b7785dc5-0000-4000-8000-000000000001"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the answer in `file` tells, read as the source `name` of a page of docs/ent says."""

    file: str
    page: str
    name: str
    subject: str
    role: Role
    schools: set[str] = field(default_factory=set)
    classes: set[tuple[str, str]] = field(default_factory=set)
    children: set[str] = field(default_factory=set)
    given_name: str = ""
    missing: tuple[str, ...] = ()


GENERIC = {"page": "entcore.md", "name": "one"}
ODE = {"page": "entcore.md", "name": "one-ode"}
SDET = {"page": "lemonldap.md", "name": "portail"}
LACLASSE = {"page": "README.md", "name": "laclasse"}

EVERY_SHAPE = (
    Told(
        file="cas-apereo-parent.xml",
        page="skolengo.md",
        name="skolengo",
        subject="ENTAP10001",
        role=Role.FAMILY,
        schools={PREVERT, MICHEL},
        classes={(PREVERT, "CP A"), (MICHEL, "CM1 B")},
        children={"ENTAP20001", "ENTAP20002"},
        given_name="Quitterie",
    ),
    Told(
        file="cas-apereo-vector.xml",
        page="skolengo.md",
        name="skolengo",
        subject="ENTAP10003",
        role=Role.FAMILY,
        schools={PREVERT, MICHEL},
        children={"701294", "701295"},
    ),
    Told(
        file="cas-pairs-parent.xml",
        **SDET,
        subject="ENTDJ10001",
        role=Role.FAMILY,
        schools={PREVERT, MATERNELLE},
        children={"ENTDJ20001"},
    ),
    Told(
        file="cas-laclasse-parent.xml",
        **LACLASSE,
        subject="VLA60001",
        role=Role.FAMILY,
        schools={PREVERT},
        given_name="Quitterie",
    ),
    Told(
        file="cas-laclasse-director.xml",
        **LACLASSE,
        subject="VLA60002",
        role=Role.OTHER,
        missing=("role (ENTPersonProfils, categories: not usable)", "schools"),
    ),
    Told(
        file="cas-entcore-generic-parent.xml",
        **GENERIC,
        subject=ENTCORE_PARENT,
        role=Role.FAMILY,
        schools={PREVERT, MICHEL},
        classes={(PREVERT, "CP A"), (MICHEL, "CM1 B"), (MICHEL, "CP A")},
        children={"ENTON20001", "ENTON20002"},
        given_name="Quitterie",
    ),
    Told(
        file="cas-entcore-generic-pupil.xml",
        **GENERIC,
        subject="ENTON20001",
        role=Role.CHILD,
        schools={PREVERT},
        classes={(PREVERT, "CP A")},
        given_name="Prune",
    ),
    Told(
        file="cas-entcore-generic-teacher.xml",
        **GENERIC,
        subject="ENTON30001",
        role=Role.TEACHER,
        given_name="Radegonde",
    ),
    Told(
        file="cas-entcore-generic-staff.xml",
        **GENERIC,
        subject="ENTON40001",
        role=Role.OTHER,
        given_name="Philibert",
        missing=("role (profile: not usable)", "schools"),
    ),
    Told(
        file="cas-entcore-generic-guest.xml",
        **GENERIC,
        subject="ENTON50001",
        role=Role.OTHER,
        given_name="Aldegonde",
        missing=("role (profile)", "schools"),
    ),
    Told(
        file="cas-entcore-default-parent.xml",
        page="entcore.md",
        name="one-default",
        subject=ENTCORE_PARENT,
        role=Role.FAMILY,
        schools={PREVERT},
        classes={(PREVERT, "CP A"), (PREVERT, "CE1")},
        children={"ENTON20001", "ENTON20002"},
        given_name="Quitterie",
    ),
    Told(
        file="cas-entcore-uid-parent.xml",
        page="entcore.md",
        name="one-uid",
        subject=ENTCORE_PARENT,
        role=Role.OTHER,
        missing=("role (ENTPersonProfils)", "schools"),
    ),
    Told(
        file="cas-entcore-ode-parent.xml",
        **ODE,
        subject=ENTCORE_PARENT,
        role=Role.FAMILY,
        schools={PREVERT, MICHEL},
        given_name="Quitterie",
    ),
    Told(
        file="cas-entcore-ode-pupil.xml",
        **ODE,
        subject=ENTCORE_PARENT,
        role=Role.CHILD,
        schools={PREVERT, MICHEL},
        given_name="Quitterie",
    ),
    Told(
        file="cas-entcore-ode-staff.xml",
        **ODE,
        subject=ENTCORE_PARENT,
        role=Role.OTHER,
        given_name="Quitterie",
        missing=("role (ENTPersonProfiles: not usable)", "schools"),
    ),
    Told(
        file="cas-entcore-kne-pupil.xml",
        page="entcore.md",
        name="one-kne",
        subject="ENTON20001",
        role=Role.CHILD,
        schools={PREVERT},
        classes={(PREVERT, "CP A")},
    ),
    Told(
        file="cas-no-attributes.xml",
        **SDET,
        subject="ENTAP10009",
        role=Role.OTHER,
        missing=("role (ENTPersonProfils)", "schools"),
    ),
    Told(
        file="lemonldap-cas-parent-of-two-schools.xml",
        **SDET,
        subject="ENTQZ10001",
        role=Role.FAMILY,
        schools={PREVERT, MICHEL},
        classes={(PREVERT, "CP A"), (MICHEL, "CM1 B")},
        children={"ENTQZ20001", "ENTQZ20002"},
        given_name="Quitterie",
    ),
    Told(
        file="lemonldap-cas-parent-of-one-school.xml",
        **SDET,
        subject="ENTQZ10003",
        role=Role.FAMILY,
        schools={MICHEL},
        classes={(MICHEL, "CE2 B")},
        children={"ENTQZ20003"},
        given_name="Gonzague",
    ),
    Told(
        file="lemonldap-cas-second-parent.xml",
        **SDET,
        subject="ENTQZ10002",
        role=Role.FAMILY,
        schools={PREVERT},
        classes={(PREVERT, "CP A")},
        children={"ENTQZ20001"},
        given_name="Wandrille",
    ),
    Told(
        file="lemonldap-cas-pupil.xml",
        **SDET,
        subject="ENTQZ20001",
        role=Role.CHILD,
        schools={PREVERT},
        classes={(PREVERT, "CP A")},
        given_name="Zéphirin",
    ),
    Told(
        file="lemonldap-cas-teacher.xml",
        **SDET,
        subject="ENTQZ30001",
        role=Role.TEACHER,
        given_name="Radegonde",
    ),
    Told(
        file="lemonldap-cas-agent.xml",
        **SDET,
        subject="ENTQZ40001",
        role=Role.AGENT,
        given_name="Fulgence",
    ),
    Told(
        file="lemonldap-cas-animator.xml",
        **SDET,
        subject="ENTQZ60001",
        role=Role.OTHER,
        given_name="Cyprienne",
        missing=("role (ENTPersonProfils: not usable)", "schools"),
    ),
    Told(
        file="lemonldap-cas-director.xml",
        **SDET,
        subject="ENTQZ60002",
        role=Role.AGENT,
        given_name="Hermine",
    ),
    Told(
        file="lemonldap-cas-guest.xml",
        **SDET,
        subject="ENTQZ50001",
        role=Role.OTHER,
        given_name="Aldegonde",
        missing=("role (ENTPersonProfils: not usable)", "schools"),
    ),
    Told(
        file="lemonldap-cas-no-profile.xml",
        **SDET,
        subject="ENTQZ50002",
        role=Role.OTHER,
        given_name="Philibert",
        missing=("role (ENTPersonProfils)", "schools"),
    ),
)


@pytest.mark.parametrize("told", EVERY_SHAPE, ids=lambda told: told.file)
def test_every_shape_tells_its_profile(told: Told, tmp_path: Path) -> None:
    """The answer recorded, read with the configuration documented, gives what it should."""
    source = documented_source(told.page, told.name, tmp_path)
    claims = claims_of((WIRE / told.file).read_bytes())
    assert not isinstance(claims, SignInFailed), claims
    assert profile_of(source, claims) == EntProfile(
        source=told.name,
        subject=told.subject,
        role=told.role,
        schools=frozenset(told.schools),
        classes=frozenset(told.classes),
        children=frozenset(told.children),
        given_name=told.given_name,
    )
    missing = missing_facts(source, claims)
    assert len(missing) == len(told.missing)
    for said, expected in zip(missing, told.missing, strict=True):
        assert said.startswith(expected)


def test_every_success_that_was_recorded_is_in_the_table() -> None:
    """No fixture is left without its expected result."""
    recorded = {
        path.name
        for path in WIRE.glob("*cas-*.xml")
        if b"authenticationSuccess" in path.read_bytes()
    }
    assert recorded - {told.file for told in EVERY_SHAPE} == {"cas-entcore-uai.xml"}


def test_a_school_is_nobody(tmp_path: Path) -> None:
    """The type that puts a UAI in the place of the person names nobody, and says so."""
    claims = claims_of((WIRE / "cas-entcore-uai.xml").read_bytes())
    assert not isinstance(claims, SignInFailed)
    source = documented_source("lemonldap.md", "portail", tmp_path)
    assert profile_of(source, claims) is None
    assert missing_facts(source, claims)[0] == "subject (user: not usable)"


@pytest.mark.parametrize(
    ("file", "why", "detail"),
    [
        ("cas-failure-ticket.xml", Why.UNTRUSTED, "ticket: INVALID_TICKET"),
        ("cas-failure-service.xml", Why.UNTRUSTED, "ticket: INVALID_SERVICE"),
        ("cas-failure-internal.xml", Why.UNREACHABLE, "ticket: INTERNAL_ERROR"),
        ("cas-failure-unheard-of.xml", Why.UNTRUSTED, "ticket: a failure without a known code"),
        ("lemonldap-cas-failure.xml", Why.UNTRUSTED, "ticket: INVALID_TICKET"),
    ],
)
def test_a_failure_says_its_code_and_nothing_more(file: str, why: Why, detail: str) -> None:
    """The code is logged when it is a code; the sentence beside it never is."""
    assert claims_of((WIRE / file).read_bytes()) == SignInFailed(why, detail)


def _success(inside: str) -> str:
    return (
        '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess>'
        f"{inside}</cas:authenticationSuccess></cas:serviceResponse>"
    )


_USER = "<cas:user>A1</cas:user>"
_DTD = '<!DOCTYPE x [<!ENTITY a "victime">]>'
_BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "not XML"),
        ("<html><body>Erreur</body></html>", "no serviceResponse"),
        ("yes\nA1\n", "not XML"),
        ('{"serviceResponse": {"authenticationSuccess": {"user": "A1"}}}', "not XML"),
        (f"{_success(_USER)}{_success(_USER)}", "not XML"),
        ("<serviceResponse/>", "not exactly one authenticationSuccess"),
        ("<authenticationSuccess><user>A1</user></authenticationSuccess>", "no serviceResponse"),
        (_success(""), "no user"),
        (_success("<cas:user/>"), "no user"),
        (_success("<cas:user>  </cas:user>"), "no user"),
        (_success("<cas:attributes><cas:user>A1</cas:user></cas:attributes>"), "no user"),
        (_success('<cas:attribute name="user" value="A1"/>'), "no user"),
        (_success("<cas:uid>A1</cas:uid>"), "no user"),
        (_success(f"{_USER}<cas:user>B2</cas:user>"), "user is there twice"),
        (_success(_USER * 2), "user is there twice"),
        (_success(f"{_USER}<x:user xmlns:x='urn:x'>B2</x:user>"), "user is there twice"),
        (
            _success(f"{_USER}<cas:attributes><cas:user>B2</cas:user></cas:attributes>"),
            "user is there twice",
        ),
        (_success(f'{_USER}<cas:attribute name="user" value="B2"/>'), "user is there twice"),
        (_success("<cas:user>A1<!-- -->B2</cas:user>"), "a comment or an instruction"),
        (_success("<cas:user>A1<!-- B2 --></cas:user>"), "a comment or an instruction"),
        (_success("<cas:user>A1<?x B2?></cas:user>"), "a comment or an instruction"),
        (
            _success(f"{_USER}<cas:uai>092<!-- -->0001B</cas:uai>"),
            "a comment or an instruction",
        ),
        (_success("<cas:user>A1<b/></cas:user>"), "text beside elements"),
        (_success("<cas:user>A<b>1</b>B2</cas:user>"), "text beside elements"),
        (_success("<cas:user><cas:id>A1</cas:id></cas:user>"), "no user"),
        (_success('<cas:user>["B2"]</cas:user>'), "user is not a name"),
        (_success('<cas:user>{"user": "B2"}</cas:user>'), "user is not a name"),
        (f"{_DTD}{_success('<cas:user>&a;</cas:user>')}", "a DTD"),
        (f"{_DTD}{_success(_USER)}", "a DTD"),
        (f'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">{_success(_USER)}', "a DTD"),
        (f"{_BOMB}{_success('<cas:user>&i;</cas:user>')}", "a DTD"),
        (_success("<cas:user>&a;</cas:user>"), "not XML"),
        (
            _success(_USER).replace("</cas:serviceR", "<cas:authenticationSuccess/></cas:serviceR"),
            "not exactly one authenticationSuccess",
        ),
        (
            _success(_USER).replace(
                "</cas:serviceR", "<cas:authenticationFailure code='A'/></cas:serviceR"
            ),
            "not exactly one authenticationSuccess",
        ),
        (
            _success(_USER).replace("</cas:serviceR", "<cas:proxySuccess/></cas:serviceR"),
            "not exactly one authenticationSuccess",
        ),
        (
            _success(f"{_USER}<cas:proxies><cas:proxy>https://x.example</cas:proxy></cas:proxies>"),
            "the ticket came through a proxy",
        ),
        (_success(_USER + "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH), "more elements"),
        (_success(_USER + "<a/>" * 3000), "more elements"),
        (_success(_USER) + " " * MAX_BYTES, "more than"),
        (f'<?xml version="1.0" encoding="iso-8859-1"?>{_success(_USER)}', "not UTF-8"),
        (_success("<cas:user>A1"), "not XML"),
        (_success("<cas:user>A1\x00</cas:user>"), "not XML"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_what_could_be_read_in_two_ways_is_refused(body: str, says: str) -> None:
    """Each refusal says what was wrong or missing, and nothing of what was there."""
    failed = claims_of(body.encode())
    assert isinstance(failed, SignInFailed)
    assert failed.why is Why.UNTRUSTED
    assert failed.detail.startswith(f"ticket: {says}")
    assert "A1" not in failed.detail
    assert "B2" not in failed.detail


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused(encoding: str) -> None:
    """What is not UTF-8 is not guessed at."""
    failed = claims_of(_success("<cas:user>é</cas:user>").encode(encoding))
    assert failed == SignInFailed(Why.UNTRUSTED, "ticket: not UTF-8")


def test_what_is_harmless_is_read() -> None:
    """A declaration, a mark of order, a comment between elements, references and CDATA."""
    body = '\ufeff<?xml version="1.0" encoding="utf-8"?><!-- CAS -->' + _success(
        "<!-- who --><cas:user>A&amp;<![CDATA[1]]></cas:user><cas:proxies/>"
    )
    assert claims_of(body.encode()) == {"user": ["A&1"]}


def test_names_of_what_is_inside() -> None:
    """Wrappers are seen through, the rest is named by its path, attributes by `@`."""
    inside = (
        f'{_USER}<cas:attributes><userAttributes><type>["Relative"]</type><empty/></userAttributes>'
        "<cas:groups><cas:group>a</cas:group><cas:group>b</cas:group></cas:groups>"
        "<cas:groups><cas:group>b</cas:group></cas:groups>"
        '<cas:school id="0920001b"><cas:room floor="1">Bleue</cas:room></cas:school>'
        "</cas:attributes>"
    )
    claims = claims_of(_success(inside).encode())
    assert not isinstance(claims, SignInFailed)
    assert flattened(claims) == {
        "user": ("A1",),
        "type": ("Relative",),
        "groups": ("a", "b"),
        "school@id": ("0920001b",),
        "school.room": ("Bleue",),
        "school.room@floor": ("1",),
        "school.room@school": ("0920001B$Bleue",),
    }


@pytest.mark.parametrize(
    ("body", "user"),
    [
        ((WIRE / "cas-plain-yes.txt").read_bytes(), "ENTAP10009"),
        (b"yes\r\nENTAP10009\r\n", "ENTAP10009"),
        ((WIRE / "cas-plain-no.txt").read_bytes(), None),
        (b"", None),
        (b"yes\n", None),
        (b"yes\n\n", None),
        (b"yes\nA1\nB2\n", None),
        (b"no\nA1\n", None),
        (b"maybe\nA1\n", None),
        (b"<yes/>\nA1", None),
        (b"yes\n\xe9\n", None),
        (b"yes\n" + b"a" * MAX_BYTES, None),
    ],
)
def test_the_first_cas_says_yes_and_a_name(body: bytes, user: str | None) -> None:
    """Two lines, or nobody."""
    claims = plain_claims_of(body)
    if user is None:
        assert isinstance(claims, SignInFailed)
        assert claims.why is Why.UNTRUSTED
    else:
        assert claims == {"user": [user]}


_LOGOUT = (WIRE / "cas-logout-bare.xml").read_bytes()
_ENDED = "ST-6a5fd1a4-0000-4000-8000-000000000002"


def test_the_ticket_whose_session_ended() -> None:
    """It is the SessionIndex's."""
    assert ended_ticket(_LOGOUT) == _ENDED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SessionIndex", b"NameID"),
        (_ENDED.encode(), b""),
        (_ENDED.encode(), b"ST-1<!-- -->2"),
        (_ENDED.encode(), b"ST-1</samlp:SessionIndex><samlp:SessionIndex>ST-2"),
        (b"LogoutRequest", b"LogoutResponse"),
        (b"<samlp:LogoutRequest", b"<!DOCTYPE x><samlp:LogoutRequest"),
        (b"</samlp:LogoutRequest>", b""),
    ],
    ids=str,
)
def test_another_message_ends_no_session(old: bytes, new: bytes) -> None:
    """None, several, or something else than a ticket: nothing is ended."""
    body = _LOGOUT.replace(old, new)
    assert body != _LOGOUT
    failed = ended_ticket(body)
    assert isinstance(failed, SignInFailed)
    assert failed.why is Why.UNTRUSTED


@given(body=st.binary(max_size=300) | st.text(max_size=300).map(_success).map(str.encode))
def test_nothing_that_comes_breaks_the_reading(body: bytes) -> None:
    """Any bytes give claims that name one person, or a failure."""
    for read in (claims_of, plain_claims_of):
        claims = read(body)
        assert isinstance(claims, SignInFailed) or len(list(claims["user"])) == 1  # type: ignore[call-overload]  # a list, as the claims say
    ended_ticket(body)
