"""CAS against a server that lies, through the two apps' routes, and against a real LemonLDAP::NG."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from publisher.centres import TownOnDisk
from publisher.gate.app import make_gate
from publisher.model.person import EntProfile, Role
from publisher.model.source import CasSource, OidcSource, SignInSource
from publisher.sign_in.cas import Cas
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    MethodIsWrong,
    SignInFailed,
    SourceSignOut,
    Why,
)
from publisher.sign_in.passes import FAMILY, Passes
from publisher.sign_in.profile import profile_of
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, Reply, path_of
from tests.lemonldap.configuration import Application
from tests.lemonldap.people import PARENT_OF_TWO_SCHOOLS, PUPIL
from tests.lemonldap.provider import LemonLdap
from tests.lemonldap.visitor import Visitor
from tests.sign_in.ent_process import PUBLIC_URL
from tests.sign_in.hostile_cas import (
    LIES,
    NO_TICKET,
    SUBJECT,
    TICKET,
    WIRE,
    HostileCas,
    Lie,
    jumping,
    run_hostile_cas,
)
from tests.sign_in.hostile_cas import Reply as CasReply

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)


@pytest.fixture(name="cas")
def _cas() -> Iterator[HostileCas]:
    with run_hostile_cas() as cas:
        yield cas


def client_of(address: str, prefix: str = "", **protocol: object) -> Client:
    """Préau as the CAS server at *address* knows it."""
    return Client(
        source=SignInSource(
            name="cas",
            label="ENT",
            method="cas",
            protocol=CasSource(address=address, **protocol),  # type: ignore[arg-type]  # its own fields
        ),
        secret="",
        redirect_uri=f"{PUBLIC_URL}{prefix}/retour/cas",
        sign_out_uri=f"{PUBLIC_URL}{prefix}/sortie/cas",
        folder=Path("centres"),
    )


def begun(client: Client) -> Beginning:
    """A sign-in begun."""
    beginning = Cas().begin(client, None, NOW)
    assert isinstance(beginning, Beginning), beginning
    return beginning


def fields_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def completed(
    client: Client, beginning: Beginning, answer: dict[str, str]
) -> EntProfile | SignInFailed:
    """What the answer gives, as a profile."""
    came = Cas(jumping(0.2)).complete(client, beginning, answer, NOW)
    if isinstance(came, SignInFailed):
        return came
    assert came.answers == beginning.state
    assert came.session == answer["ticket"]
    assert not came.proof
    return profile_of(client.source, came.claims) or SignInFailed(Why.NOBODY)


def test_where_the_person_is_sent() -> None:
    """To the login page, for a service of the public address, with what the ENT wants besides."""
    client = client_of(
        "https://cas.example/cas", login_parameters={"selection": "EDU parent", "service": "x"}
    )
    first, second = begun(client), begun(client)
    page, _mark, query = first.address.partition("?")
    assert page == "https://cas.example/cas/login"
    assert parse_qs(query) == {
        "selection": ["EDU parent"],
        "service": [f"{PUBLIC_URL}/retour/cas?etat={first.state}"],
    }
    assert len(first.state) >= 32
    assert first.state != second.state


@pytest.mark.parametrize("validation", ["p3/serviceValidate", "serviceValidate"])
def test_a_ticket_signs_its_person_in(cas: HostileCas, validation: str) -> None:
    """The server is asked about the ticket, for the very service it was given for."""
    client = client_of(cas.address, validation=validation)
    beginning = begun(client)
    back = cas.gives(beginning.address)
    assert back.startswith(f"{PUBLIC_URL}/retour/cas?etat=")
    profile = completed(client, beginning, fields_of(back))
    assert isinstance(profile, EntProfile)
    assert (profile.subject, profile.role) == (SUBJECT, Role.FAMILY)
    (asked,) = cas.asked
    assert urlsplit(asked).path == f"/cas/{validation}"
    assert fields_of(asked) == {
        "service": f"{client.redirect_uri}?etat={beginning.state}",
        "ticket": TICKET,
    }


def test_a_source_of_one_exact_address_has_no_state(cas: HostileCas) -> None:
    """Its service is the return address alone; a state that comes all the same is not looked at."""
    client = client_of(cas.address, has_state=False)
    beginning = begun(client)
    assert fields_of(beginning.address) == {"service": client.redirect_uri}
    answer = fields_of(cas.gives(beginning.address))
    assert isinstance(completed(client, beginning, answer), EntProfile)
    assert fields_of(cas.asked[0])["service"] == client.redirect_uri


def test_the_first_cas_names_somebody_and_no_more(cas: HostileCas) -> None:
    """Two lines: enough for the team, whose rights are Préau's."""
    client = client_of(cas.address, validation="validate")
    cas.lie = CasReply(body=(WIRE / "cas-plain-yes.txt").read_bytes())
    beginning = begun(client)
    profile = completed(client, beginning, fields_of(cas.gives(beginning.address)))
    assert isinstance(profile, EntProfile)
    assert (profile.subject, profile.role) == ("ENTAP10009", Role.OTHER)
    cas.lie = CasReply(body=(WIRE / "cas-plain-no.txt").read_bytes())
    failed = completed(client, beginning, {"etat": beginning.state, "ticket": TICKET})
    assert failed == SignInFailed(Why.UNTRUSTED, "ticket: refused by the source")


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_every_lie_signs_nobody_in(cas: HostileCas, lie: Lie) -> None:
    """What the server answers, and what the browser brings back, is believed only whole."""
    client = client_of(cas.address)
    beginning = begun(client)
    brought = {**fields_of(cas.gives(beginning.address)), **dict(lie.changes)}
    cas.lie = lie.reply
    failed = completed(
        client, beginning, {name: value for name, value in brought.items() if value is not None}
    )
    assert isinstance(failed, SignInFailed)
    assert failed.why is lie.why
    assert SUBJECT not in failed.detail
    assert TICKET not in failed.detail
    assert not any("elsewhere" in asked for asked in cas.asked)


@pytest.mark.parametrize("ticket", ["", f"{TICKET}\n", f"{TICKET}&a=b", "S" * 257, "é"])
def test_what_is_no_ticket_is_not_asked_about(cas: HostileCas, ticket: str) -> None:
    """Only what looks like a ticket is sent on to the server."""
    client = client_of(cas.address)
    beginning = begun(client)
    failed = completed(client, beginning, {"etat": beginning.state, "ticket": ticket})
    assert isinstance(failed, SignInFailed)
    assert not cas.asked


def test_a_ticket_is_worth_one_sign_in(cas: HostileCas) -> None:
    """The same answer given twice signs in once."""
    client = client_of(cas.address)
    beginning = begun(client)
    answer = fields_of(cas.gives(beginning.address))
    assert isinstance(completed(client, beginning, answer), EntProfile)
    again = completed(client, beginning, answer)
    assert again == SignInFailed(Why.UNTRUSTED, "ticket: INVALID_TICKET")


@pytest.mark.parametrize(
    "service",
    [
        "https://autre.example/retour/cas",
        f"{PUBLIC_URL}/retour/cas",
        f"{PUBLIC_URL}/equipe/retour/cas",
        f"{PUBLIC_URL}/retour/cas?etat=other",
    ],
)
def test_another_services_ticket_signs_nobody_in(cas: HostileCas, service: str) -> None:
    """A ticket given for another application, door or attempt is refused by the server."""
    client = client_of(cas.address)
    beginning = begun(client)
    cas.gives(f"https://x.example/?{urlencode({'service': service})}")
    failed = completed(client, beginning, {"etat": beginning.state, "ticket": TICKET})
    assert failed == SignInFailed(Why.UNTRUSTED, "ticket: INVALID_TICKET")


@pytest.mark.parametrize("address", ["http://cas.example/cas", "ftp://127.0.0.1/cas"])
def test_a_server_in_clear_is_neither_shown_nor_asked(address: str) -> None:
    """Tickets go over https, or between two ports of this machine."""
    client = client_of(address)
    failed = Cas().begin(client, None, NOW)
    assert isinstance(failed, SignInFailed)
    assert failed.why is Why.UNREACHABLE
    beginning = Beginning(address="", state="s")
    failed = completed(client, beginning, {"etat": "s", "ticket": TICKET})
    assert failed == SignInFailed(
        Why.UNREACHABLE, "ticket: the address is neither https nor loopback"
    )


def test_a_server_that_is_down_is_said_to_be(cas: HostileCas) -> None:
    """It is told apart from a refusal."""
    client = client_of(f"{cas.address.rpartition(':')[0]}:1/cas")
    beginning = begun(client)
    failed = completed(client, beginning, {"etat": beginning.state, "ticket": TICKET})
    assert failed == SignInFailed(Why.UNREACHABLE, "ticket: ConnectionError")


_ENDED = "ST-6a5fd1a4-0000-4000-8000-000000000002"
_BARE = (WIRE / "cas-logout-bare.xml").read_bytes()
_LEMONLDAP = (WIRE / "lemonldap-cas-logout.txt").read_bytes().strip()


def heard(
    body: bytes, content_type: str = "", method: str = "POST"
) -> Arrival | SourceSignOut | SignInFailed:
    """What a message posted to the service says."""
    form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if content_type else {}
    message = Message(method=method, query={}, form=form, content_type=content_type, body=body)
    return Cas().receive(client_of("https://cas.example/cas"), message, NOW)


def test_the_end_of_a_session_is_heard_in_both_forms() -> None:
    """A field of a form, as LemonLDAP sends, and the XML alone, as entcore does."""
    form = "application/x-www-form-urlencoded"
    assert heard(_BARE) == SourceSignOut(session=_ENDED)
    assert heard(_BARE, "text/xml") == SourceSignOut(session=_ENDED)
    assert heard(_BARE, form) == SourceSignOut(session=_ENDED)
    assert heard(urlencode({"logoutRequest": _BARE}).encode(), form) == SourceSignOut(
        session=_ENDED
    )
    lemonldap = heard(_LEMONLDAP, form)
    assert isinstance(lemonldap, SourceSignOut)
    assert lemonldap.session.startswith("ST-0c4a6d3d96d3")
    assert not lemonldap.subject


@pytest.mark.parametrize(
    ("body", "content_type", "method"),
    [
        (b"", "", "POST"),
        (_BARE, "", "GET"),
        (b"ticket=ST-1", "application/x-www-form-urlencoded", "POST"),
        (b"logoutRequest=", "application/x-www-form-urlencoded", "POST"),
        (b"logoutRequest=ST-1", "application/x-www-form-urlencoded", "POST"),
        (b"<x/>", "", "POST"),
        (NO_TICKET, "", "POST"),
    ],
)
def test_another_message_ends_nothing(body: bytes, content_type: str, method: str) -> None:
    """What is not the end of a session is refused."""
    failed = heard(body, content_type, method)
    assert isinstance(failed, SignInFailed)
    assert failed.why is Why.UNTRUSTED


def test_sign_out_goes_on_to_the_source() -> None:
    """Its own page ends the visit everywhere, and knows the way back."""
    farewell = Cas().farewell(client_of("https://cas.example/cas"), f"{PUBLIC_URL}/")
    assert farewell == "https://cas.example/cas/logout?service=http%3A%2F%2F127.0.0.1%3A8000%2F"


def test_a_source_of_another_method_is_not_one_of_cas() -> None:
    """No configuration leads there, and nothing is guessed."""
    source = SignInSource(
        name="demo",
        label="ENT",
        method="oidc",
        protocol=OidcSource(discovery_url="https://ent.example", client_id="preau"),
    )
    client = Client(
        source=source, secret="", redirect_uri="", sign_out_uri="", folder=Path("centres")
    )
    with pytest.raises(MethodIsWrong):
        Cas().begin(client, None, NOW)


def town_with(cas: HostileCas, folder: Path) -> Instance:
    """An instance whose families may also enter by *cas*."""
    instance = run_instance(folder / "ville")
    town = instance.folder / "centres" / "town.toml"
    source = f'[[sign_in]]\nname = "cas"\nlabel = "ENT"\nmethod = "cas"\naddress = "{cas.address}"'
    town.write_text(f"{town.read_text(encoding='utf-8')}\n{source}\n", encoding="utf-8")
    instance.town = TownOnDisk(instance.folder)
    instance.gate = make_gate(instance.town, instance.settings, instance.records, instance.clock)
    return instance


def sign_in_of(instance: Instance, browser: Browser) -> str:
    """The sign-in that the pass of *browser* is of."""
    passes = Passes(instance.settings.gate_keys, FAMILY, PUBLIC_URL)
    pass_ = passes.read(browser.cookies[passes.cookie], instance.clock())
    assert pass_ is not None
    return pass_.sign_in


def tell(instance: Instance, address: str, body: bytes, content_type: str) -> Reply:
    """Post *body* as the server does: without a cookie, and maybe without a content type."""
    environ = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    if content_type:
        environ["CONTENT_TYPE"] = content_type
    return Browser(application=instance.gate).ask(address, "POST", environ=environ)


@pytest.mark.parametrize("is_bare", [True, False], ids=["the XML alone", "a form"])
def test_the_session_that_the_source_ends_ends_here(
    cas: HostileCas, tmp_path: Path, *, is_bare: bool
) -> None:
    """Somebody enters, by a service of the public address whatever Host they ask, until then."""
    instance = town_with(cas, tmp_path)
    browser = Browser(application=instance.gate, host="faux.example")
    login = browser.ask("/entrer/cas").location
    assert fields_of(login)["service"].startswith(f"{PUBLIC_URL}/retour/cas?etat=")
    back = cas.gives(login)
    landed = browser.ask(path_of(back))
    assert landed.status == 303
    sign_in = sign_in_of(instance, browser)
    message = _BARE.replace(_ENDED.encode(), TICKET.encode())
    other = message.replace(TICKET.encode(), b"ST-18")
    assert tell(instance, path_of(back), other, "text/xml").status == 200
    assert not instance.records.has_ended(sign_in)
    body = message if is_bare else urlencode({"logoutRequest": message}).encode()
    kind = "" if is_bare else "application/x-www-form-urlencoded"
    assert tell(instance, path_of(back), body, kind).status == 200
    assert instance.records.has_ended(sign_in)


def test_another_browser_cannot_finish_somebodys_sign_in(cas: HostileCas, tmp_path: Path) -> None:
    """A ticket of one's own, given to somebody else to open, signs nobody in."""
    instance = town_with(cas, tmp_path)
    back = cas.gives(instance.anonymous().ask("/entrer/cas").location)
    victim = instance.anonymous()
    for _attempt in ("none begun", "their own"):
        reply = victim.ask(path_of(back))
        assert reply.status == 403
        assert "pas commencé ici" in reply.text
        assert "preau_famille" not in victim.cookies
        victim.ask("/entrer/cas")
    assert not cas.asked


def test_a_real_server_is_understood(lemonldap: LemonLdap) -> None:
    """LemonLDAP::NG gives a parent their profile, once, and for one service."""
    lemonldap.know(Application(public_url=PUBLIC_URL, client_id="preau-cas"))
    families, team = client_of(lemonldap.cas_url), client_of(lemonldap.cas_url, "/equipe")
    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    beginning = begun(families)
    answer = dict(visitor.sign_in(beginning.address).fields)
    profile = completed(families, beginning, answer)
    assert isinstance(profile, EntProfile)
    assert profile.subject == PARENT_OF_TWO_SCHOOLS.uid
    assert profile.schools == set(PARENT_OF_TWO_SCHOOLS.schools)
    assert profile.children == set(PARENT_OF_TWO_SCHOOLS.children)
    refused = SignInFailed(Why.UNTRUSTED, "ticket: INVALID_TICKET")
    assert completed(families, beginning, answer) == refused
    for_team = begun(team)
    ticket = Visitor(PUPIL).sign_in(for_team.address).fields["ticket"]
    assert completed(
        families, beginning, {"etat": beginning.state, "ticket": ticket}
    ) == SignInFailed(Why.UNTRUSTED, "ticket: INVALID_SERVICE")
