"""The provider itself: what it tells, and whom it tells that somebody left."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.lemonldap.configuration import Application
from tests.lemonldap.listening import Listener, listening
from tests.lemonldap.people import NAMES, PARENT_OF_TWO_SCHOOLS, PEOPLE, PUPIL, SUBJECTS
from tests.lemonldap.provider import LemonLdap
from tests.lemonldap.record import WIRE
from tests.lemonldap.speaking import (
    SOAP,
    TIMEOUT_S,
    cas_ticket,
    oidc_answer,
    saml_response,
    sp_metadata,
    validated,
)
from tests.lemonldap.visitor import Visitor

CLIENT_ID = "preau"


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(name="listener")
def _listener(place: Listener) -> Listener:
    """The same for all, with nothing asked yet."""
    place.asked.clear()
    return place


@pytest.fixture(name="application")
def _application(listener: Listener, lemonldap: LemonLdap) -> Application:
    """An application of these tests, which the provider knows."""
    application = Application(
        public_url=listener.url,
        client_id=CLIENT_ID,
        oidc_front_channel_logout=f"{listener.url}/deconnexion",
        sp_metadata=sp_metadata(listener.url),
    )
    lemonldap.know(application)
    return application


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_is_told_as_recorded(
    who: str, lemonldap: LemonLdap, application: Application
) -> None:
    """The recorded answers are what the provider still says, by each protocol."""
    visitor = Visitor(PEOPLE[who])
    service = application.return_addresses(application.cas)[0]
    cas = validated(lemonldap, service, cas_ticket(lemonldap, visitor, service))
    assert _told_by_cas(cas) == _told_by_cas(_recorded(f"cas-{who}.xml"))
    assert ("cas:user", PEOPLE[who].uid) in _told_by_cas(cas)

    oidc = oidc_answer(lemonldap, visitor, application)
    recorded = json.loads(_recorded(f"oidc-{who}.json"))
    assert oidc.userinfo == recorded["userinfo"]
    assert oidc.claims.keys() == recorded["claims"].keys()
    assert oidc.claims["iss"] == lemonldap.url
    assert oidc.claims["nonce"] == "un-nonce"

    saml = saml_response(lemonldap, visitor, application)
    assert _told_by_saml(saml) == _told_by_saml(_recorded(f"saml-{who}.xml"))


def test_a_parent_of_two_schools_has_both(lemonldap: LemonLdap, application: Application) -> None:
    """Several values stay several, in each protocol's own way."""
    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    service = application.return_addresses(application.cas)[1]
    ticket = cas_ticket(lemonldap, visitor, service)
    schools = {"0920001B", "0310001H"}
    cas = _told_by_cas(validated(lemonldap, service, ticket, "serviceValidate"))
    assert {uai for name, uai in cas if name == "cas:ENTPersonStructRattachRNE"} == schools
    userinfo = oidc_answer(lemonldap, visitor, application).userinfo
    assert userinfo["ENTPersonStructRattachUAI"] == sorted(schools, reverse=True)
    saml = _told_by_saml(saml_response(lemonldap, visitor, application))
    assert len([value for name, value in saml if name == "FrEduVecteur"]) == 2


def test_a_ticket_is_for_one_service_and_once(
    lemonldap: LemonLdap, application: Application
) -> None:
    """A ticket shown again, or for another service, names nobody."""
    families, team = application.return_addresses(application.cas)
    visitor = Visitor(PUPIL)
    ticket = cas_ticket(lemonldap, visitor, families)
    assert PUPIL.uid in validated(lemonldap, families, ticket)
    assert PUPIL.uid not in validated(lemonldap, families, ticket)
    assert PUPIL.uid not in validated(lemonldap, team, cas_ticket(lemonldap, visitor, families))


def test_only_declared_addresses_are_served(lemonldap: LemonLdap, application: Application) -> None:
    """Another address of the same host is given no ticket."""
    with pytest.raises(AssertionError, match="the sign-in went nowhere"):
        cas_ticket(lemonldap, Visitor(PUPIL), f"{application.public_url}/ailleurs")


def test_it_announces_what_it_keeps(lemonldap: LemonLdap) -> None:
    """A challenge by S256, and no sign-out but by the front channel."""
    announced = requests.get(lemonldap.discovery_url, timeout=TIMEOUT_S).json()
    assert "S256" in announced["code_challenge_methods_supported"]
    assert announced["frontchannel_logout_supported"] is True
    assert announced["backchannel_logout_supported"] is False


def test_the_assertion_is_signed(
    lemonldap: LemonLdap, application: Application, tmp_path: Path
) -> None:
    """`xmlsec1` finds the assertion's signature good, by the key of the metadata alone."""
    metadata = requests.get(lemonldap.saml_metadata_url, timeout=TIMEOUT_S).text
    assert lemonldap.keys.certificate.split()[3] in metadata
    # In a folder of the provider's own: what it says names people, and the suite is searched.
    folder = tmp_path / "ent0"
    folder.mkdir()
    certificate, response = folder / "ent.crt", folder / "reponse.xml"
    certificate.write_text(lemonldap.keys.certificate, encoding="ascii")
    xml = saml_response(lemonldap, Visitor(PUPIL), application)
    response.write_text(xml, encoding="utf-8")
    verify = (
        *("xmlsec1", "--verify", "--enabled-key-data", "x509", "--pubkey-cert-pem", certificate),
        *("--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"),
        *("--node-xpath", "//*[local-name()='Assertion']/*[local-name()='Signature']", response),
    )
    assert subprocess.run(verify, check=False, capture_output=True).returncode == 0
    response.write_text(xml.replace("National_elv", "National_ENS"), encoding="utf-8")
    assert subprocess.run(verify, check=False, capture_output=True).returncode != 0


def test_a_sign_out_is_told_to_all(
    lemonldap: LemonLdap, application: Application, listener: Listener
) -> None:
    """By CAS to the service that had the ticket, by the front channel, and by SAML."""
    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    service = application.return_addresses(application.cas)[0] + "?etat=mien"
    ticket = cas_ticket(lemonldap, visitor, service)
    validated(lemonldap, service, ticket)
    oidc_answer(lemonldap, visitor, application)
    saml_response(lemonldap, visitor, application)
    visitor.sign_out(lemonldap.sign_out_url)
    told = {one.path.partition("?")[0]: one for one in listener.asked}
    assert told.keys() == {"/retour/cas", "/deconnexion", "/saml/logout"}
    assert told["/retour/cas"].path == "/retour/cas?etat=mien"
    assert told["/retour/cas"].body.startswith("logoutRequest=")
    assert ticket in told["/retour/cas"].body
    assert told["/deconnexion"].path.endswith(f"&sid={PARENT_OF_TWO_SCHOOLS.uid}")
    assert "SAMLRequest=" in told["/saml/logout"].path
    assert "Signature=" in told["/saml/logout"].path


def test_saml_tells_by_soap_where_it_can(
    lemonldap: LemonLdap, application: Application, listener: Listener
) -> None:
    """New metadata is taken in by who is signed in already, and says how to be told."""
    visitor = Visitor(PUPIL)
    saml_response(lemonldap, visitor, application)
    cookie = visitor.session.cookies["lemonldap"]
    by_soap = Application(
        public_url=application.public_url,
        client_id=CLIENT_ID,
        sp_metadata=sp_metadata(application.public_url, logout=SOAP),
    )
    lemonldap.know(by_soap)
    saml_response(lemonldap, visitor, by_soap)
    assert visitor.session.cookies["lemonldap"] == cookie
    visitor.sign_out(lemonldap.sign_out_url)
    (told,) = listener.asked
    assert told.method == "POST"
    assert "<samlp:LogoutRequest" in told.body
    assert "<Signature" in told.body


def test_names_are_found_nowhere_by_chance() -> None:
    """No two people share a mark, and none is a word that a page could hold."""
    marks = (*NAMES, *SUBJECTS)
    assert len(set(marks)) == len(marks)
    here = Path(__file__).parents[2]
    for mark in marks:
        found = subprocess.run(
            ("git", "grep", "-ilwF", mark, "--", ".", ":!tests"),
            cwd=here,
            check=False,
            capture_output=True,
            text=True,
        )
        assert (found.returncode, found.stdout) == (1, ""), mark


def _recorded(name: str) -> str:
    return (WIRE / f"lemonldap-{name}").read_bytes().decode()


def _told_by_cas(xml: str) -> list[tuple[str, str]]:
    """Each element that holds text; the provider gives them in any order."""
    return sorted(re.findall(r"<(cas:\w+)>([^<\s][^<]*)</", xml))


def _told_by_saml(xml: str) -> list[tuple[str, str]]:
    """Each value of each attribute, by its name on the wire: some come with none, `<... />`."""
    attributes = re.findall(r'<saml:Attribute Name="([^"]+)"[^>]*[^/]>(.*?)</saml:Attribute>', xml)
    return sorted(
        (name, value)
        for name, values in attributes
        for value in re.findall(r"<saml:AttributeValue>([^<]*)<", values)
    )
