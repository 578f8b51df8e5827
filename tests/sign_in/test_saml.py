"""SAML against a provider of the tests' own, honest then hostile, and against recorded answers."""

import base64
import logging
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given, settings
from hypothesis import strategies as st
from saml2.config import IdPConfig
from saml2.sigver import RSACrypto, verify_redirect_signature

from publisher.model.person import EntProfile, Role
from publisher.model.source import OidcSource, SamlSource, SignInSource
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
from publisher.sign_in.profile import profile_of
from publisher.sign_in.saml import Saml
from publisher.sign_in.saml_messages import MAX_BYTES, NotBelieved, Parties, read_response
from publisher.sign_in.saml_metadata import read_provider
from tests.sign_in.saml_provider import (
    ATTRIBUTES,
    DS,
    ECDSA_SHA256,
    ENTITY,
    ENVELOPED,
    EXCLUSIVE,
    FAMILY_NAME,
    GIVEN_NAME,
    HMAC_SHA256,
    PERSISTENT,
    RSA_SHA1,
    SAML,
    SAMLP,
    SIGN_ON,
    SIGN_OUT_ANSWERS,
    SUBJECT,
    TRANSIENT,
    Answer,
    asked,
    logout_request,
    metadata,
    pair,
    posted,
    redirected,
    response,
    wrapped,
    wrong_by_itself,
)
from tests.sign_in.witness import witness_of_xmlsec

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
HERE = "https://loisirs.example"
RETURN, SIGNED_OUT = f"{HERE}/retour/ent", f"{HERE}/sortie/ent"
OUR_ENTITY = f"{RETURN}/metadata"
WIRE = Path(__file__).parent / "wire"
OLD = "urn:oasis:names:tc:SAML:1.1:nameid-format:"
SECRETS = (SUBJECT, GIVEN_NAME, FAMILY_NAME)


@dataclass(kw_only=True)
class Place:
    """Préau and the provider, as they know one another."""

    client: Client
    method: Saml
    state: str = ""

    def answer(self, **changes: object) -> Answer:
        """What an honest provider answers to the attempt under way, with *changes*."""
        honest = Answer(now=NOW, answers=f"_{self.state}", recipient=RETURN, audience=OUR_ENTITY)
        return replace(honest, **changes)  # type: ignore[arg-type]  # names of its fields

    def hears(
        self, xml: str, relay_state: str | None = None, now: datetime = NOW
    ) -> Arrival | SourceSignOut | SignInFailed:
        """What the method makes of the response *xml*, posted."""
        form = posted(xml, self.state if relay_state is None else relay_state)
        return self.method.receive(self.client, form_message(form), now)

    def is_told(
        self, query: str, now: datetime = NOW, method: str = "GET"
    ) -> Arrival | SourceSignOut | SignInFailed:
        """What the method makes of a redirection with *query*."""
        return self.method.receive(self.client, query_message(query, method), now)


def form_message(form: Mapping[str, str]) -> Message:
    """A form that a browser posted."""
    return Message(
        method="POST",
        query={},
        form=form,
        content_type="application/x-www-form-urlencoded",
        body=urlencode(form).encode(),
    )


def query_message(query: str, method: str = "GET") -> Message:
    """An address that a browser was sent to."""
    return Message(
        method=method,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        form={},
        content_type="",
        body=b"",
        query_string=query,
    )


def place_of(
    folder: Path,
    *,
    secret: str = "",
    entity_id: str = "",
    claims: tuple[str, ...] = (),
    **told: str,
) -> Place:
    """A source whose subject is read from *claims*, its metadata in *folder*, begun once."""
    (folder / "ent.xml").write_text(told.get("metadata", metadata()), encoding="utf-8")
    source = SignInSource(
        name="ent",
        label="ENT",
        method="saml",
        protocol=SamlSource(address="https://ent.example", metadata="ent.xml", entity_id=entity_id),
        claims={"subject": claims} if claims else {},
    )
    client = Client(
        source=source, secret=secret, redirect_uri=RETURN, sign_out_uri=SIGNED_OUT, folder=folder
    )
    return Place(client=client, method=Saml())


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Place:
    """A provider that gives a name for one visit, and the person's identifier beside it."""
    place = place_of(tmp_path, claims=("ENTPersonUid",))
    place.state = begun(place).state
    return place


@pytest.fixture(name="good", scope="module")
def _good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str, Arrival]:
    """A place, a good answer there, and what it says."""
    place = place_of(tmp_path_factory.mktemp("saml"), claims=("ENTPersonUid",))
    place.state = begun(place).state
    xml = response(place.answer())
    heard = place.hears(xml)
    assert isinstance(heard, Arrival), heard
    return place, xml, heard


def begun(place: Place) -> Beginning:
    """A sign-in begun."""
    beginning = place.method.begin(place.client, None, NOW)
    assert isinstance(beginning, Beginning), beginning
    return beginning


def refused(heard: object, why: Why = Why.UNTRUSTED, detail: str = "") -> None:
    """Check that nobody was signed in, for that reason, and that nobody is named by it."""
    assert isinstance(heard, SignInFailed), heard
    assert (heard.why, detail in heard.detail) == (why, True), heard
    assert not [word for word in SECRETS if word in heard.detail]


def test_a_parent_is_signed_in(place: Place) -> None:
    """An honest answer gives the profile, what it answers, its session and its proof."""
    heard = place.hears(response(place.answer()))
    assert isinstance(heard, Arrival), heard
    assert profile_of(place.client.source, heard.claims) == EntProfile(
        source="ent",
        subject=SUBJECT,
        role=Role.FAMILY,
        schools=frozenset({"0920001B", "0310001H"}),
        given_name=GIVEN_NAME,
    )
    assert (heard.answers, heard.session) == (place.state, "_visite")
    assert heard.proof == "_assertion"
    assert heard.proof_until == NOW + timedelta(minutes=6)


def test_a_response_may_be_signed_too(place: Place) -> None:
    """Two signatures, each good, are what LemonLDAP::NG sends."""
    assert isinstance(place.hears(response(place.answer(signs_response=True))), Arrival)


def test_an_elliptic_key_signs_as_well(place: Place) -> None:
    """ECDSA with SHA-256, by the second key of the metadata."""
    keys = (pair(), pair("ec"))
    (place.client.folder / "ent.xml").write_text(metadata(pairs=keys), encoding="utf-8")
    answer = place.answer(algorithm=ECDSA_SHA256)
    assert isinstance(place.hears(response(answer, pair("ec"))), Arrival)


def test_what_a_signature_says_of_its_key_is_not_believed(place: Place) -> None:
    """A forger's own certificate beside the signature changes nothing; the right one neither."""
    shown = "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    forged = place.answer(key_info=shown.format(pair("other").shown))
    refused(place.hears(response(forged, pair("other"))), detail="none of the keys")
    value = "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>"
    refused(place.hears(response(place.answer(key_info=value), pair("other"))))
    honest = place.answer(key_info=shown.format(pair().shown))
    assert isinstance(place.hears(response(honest)), Arrival)


@pytest.mark.parametrize(
    ("changes", "why", "detail"),
    [
        ({"issuer": "https://autre.example"}, Why.UNTRUSTED, "Issuer"),
        ({"issuer": "https://autre.example", "assertion_issuer": ENTITY}, Why.UNTRUSTED, "Issuer"),
        ({"assertion_issuer": "https://autre.example"}, Why.UNTRUSTED, "Issuer"),
        ({"assertion_issuer": f"{ENTITY} "}, Why.UNTRUSTED, "Issuer"),
        ({"destination": "https://autre.example/"}, Why.UNTRUSTED, "Destination"),
        ({"destination": None}, Why.UNTRUSTED, "Destination"),
        ({"recipient": f"{HERE}/equipe/retour/ent", "destination": RETURN}, Why.UNTRUSTED, "Recipient"),
        ({"recipient": None, "destination": RETURN}, Why.UNTRUSTED, "Recipient"),
        ({"audience": f"{HERE}/equipe/retour/ent/metadata"}, Why.UNTRUSTED, "Audience"),
        ({"audience": f"{OUR_ENTITY}/"}, Why.UNTRUSTED, "Audience"),
        ({"conditions": ""}, Why.UNTRUSTED, "saml:Conditions"),
        ({"conditions": "<saml:OneTimeUse/>"}, Why.UNTRUSTED, "saml:Conditions"),
        (
            {
                "conditions": "<saml:AudienceRestriction><saml:Audience>{}</saml:Audience>"
                "</saml:AudienceRestriction><saml:AudienceRestriction>"
                "<saml:Audience>x</saml:Audience></saml:AudienceRestriction>"
            },
            Why.UNTRUSTED,
            "Audience",
        ),
        ({"answers": None}, Why.NOT_BEGUN_HERE, "one request"),
        ({"answers": ""}, Why.NOT_BEGUN_HERE, "one request"),
        ({"answers_inside": None}, Why.NOT_BEGUN_HERE, "one request"),
        ({"answers_inside": "_autre"}, Why.NOT_BEGUN_HERE, "one request"),
        ({"answers": "_autre"}, Why.NOT_BEGUN_HERE, "RelayState"),
        ({"ends": timedelta(seconds=-61)}, Why.UNTRUSTED, "NotOnOrAfter"),
        ({"ends": None}, Why.UNTRUSTED, "NotOnOrAfter"),
        ({"conditions_end": timedelta(seconds=-61)}, Why.UNTRUSTED, "NotOnOrAfter"),
        ({"begins": timedelta(seconds=61)}, Why.UNTRUSTED, "NotBefore"),
        ({"issued": timedelta(seconds=61)}, Why.UNTRUSTED, "IssueInstant"),
        ({"confirmed": ' NotBefore="2026-11-18T15:00:00Z"'}, Why.UNTRUSTED, "SubjectConfirmation"),
        ({"session": ' SessionNotOnOrAfter="2026-11-18T15:58:00Z"'}, Why.UNTRUSTED, "SessionNotOn"),
        ({"session": ' SessionNotOnOrAfter="demain"'}, Why.UNTRUSTED, "SessionNotOn"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}, Why.UNTRUSTED, "SubjectConf"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, Why.CANCELLED, "Status"),
        ({"version": "1.1"}, Why.UNTRUSTED, "version"),
        ({"assertion_version": "1.1"}, Why.UNTRUSTED, "version"),
        ({"is_signed": False}, Why.UNTRUSTED, "saml:Assertion"),
        ({"is_signed": False, "signs_response": True}, Why.UNTRUSTED, "saml:Assertion"),
        ({"algorithm": RSA_SHA1}, Why.UNTRUSTED, "algorithm"),
        ({"algorithm": HMAC_SHA256}, Why.UNTRUSTED, "algorithm"),
        ({"digest": f"{DS}sha1"}, Why.UNTRUSTED, "digest"),
        ({"canonical": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}, Why.UNTRUSTED, "canonical"),
        ({"canonical": f"{EXCLUSIVE}WithComments"}, Why.UNTRUSTED, "canonical"),
        ({"transforms": (ENVELOPED,)}, Why.UNTRUSTED, "transforms"),
        ({"transforms": (EXCLUSIVE, EXCLUSIVE)}, Why.UNTRUSTED, ""),
        ({"transforms": (ENVELOPED, ENVELOPED, EXCLUSIVE)}, Why.UNTRUSTED, "transforms"),
        ({"name_id": ""}, Why.UNTRUSTED, "saml:Subject"),
        ({"name_id": "<saml:NameID/>"}, Why.NOBODY, "NameID"),
        ({"name_id": "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>"}, Why.UNTRUSTED, "saml:Subject"),
        ({"name_id": "<saml:EncryptedID>a</saml:EncryptedID>"}, Why.UNTRUSTED, "saml:Subject"),
        ({"name_id": "<saml:NameID>a<saml:Issuer>b</saml:Issuer></saml:NameID>"}, Why.UNTRUSTED, "saml:NameID"),
        ({"beside": "<saml:EncryptedAttribute/>"}, Why.UNTRUSTED, "saml:AttributeStatement"),
        ({"beside": "et ailleurs"}, Why.UNTRUSTED, "saml:AttributeStatement"),
        ({"beside": '<x:Attribute xmlns:x="urn:x"/>'}, Why.UNTRUSTED, "saml:AttributeStatement"),
        (
            {"beside": '<saml:Attribute Name="a"><saml:AttributeValue><saml:NameID>b</saml:NameID></saml:AttributeValue></saml:Attribute>'},
            Why.UNTRUSTED,
            "saml:AttributeValue",
        ),
        ({"identifier": "_reponse"}, Why.UNTRUSTED, "twice"),
        ({"session": ' SessionIndex="1" xml:id="_reponse"'}, Why.UNTRUSTED, "twice"),
        ({"response_id": ""}, Why.UNTRUSTED, "no ID"),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_that_is_wrong_in_one_thing_signs_nobody_in(
    place: Place, changes: dict[str, object], why: Why, detail: str
) -> None:
    """Everything is required: each thing wrong by itself, in an answer signed by the right key."""
    if "transforms" in changes and changes["transforms"] == (EXCLUSIVE, EXCLUSIVE):
        # xmlsec1 itself does not sign that.
        xml = response(place.answer()).replace(ENVELOPED, EXCLUSIVE)
    else:
        xml = response(place.answer(**changes))
    refused(place.hears(xml), why, detail)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends": timedelta(seconds=-59)},
        {"conditions_end": timedelta(seconds=-59)},
        {"begins": timedelta(seconds=60)},
        {"issued": timedelta(seconds=60)},
        {"session": ' SessionIndex="1" SessionNotOnOrAfter="2026-11-18T18:00:00.123Z"'},
    ],
    ids=str,
)
def test_clocks_may_differ_by_a_minute(place: Place, changes: dict[str, object]) -> None:
    """Up to sixty seconds either way are the clocks', not a fault."""
    assert isinstance(place.hears(response(place.answer(**changes))), Arrival)


@pytest.mark.parametrize("shape", range(1, 9))
def test_a_wrapped_signature_signs_nobody_in(place: Place, shape: int) -> None:
    """The eight known wrappings, five of which `xmlsec1` by itself finds good."""
    xml = wrapped(response(place.answer(signs_response=shape <= 2)), shape, "ENTQZ79999")
    assert "ENTQZ79999" in xml
    assert wrong_by_itself(xml) is (shape in {1, 6, 8})
    refused(place.hears(xml))


def _inside_signature(xml: str, element: str) -> str:
    return xml.replace("</ds:SignatureValue>", f"</ds:SignatureValue>{element}")


FORGERIES = {
    "another name": lambda xml: xml.replace(SUBJECT, "ENTQZ79999"),
    "another school": lambda xml: xml.replace("0920001B", "0780001C"),
    "another audience": lambda xml: xml.replace(OUR_ENTITY, f"{OUR_ENTITY}x"),
    "a comment in a value": lambda xml: xml.replace(SUBJECT, f"{SUBJECT[:4]}<!---->{SUBJECT[4:]}"),
    "a comment in the name": lambda xml: xml.replace("_visite", "_vis<!-- x -->ite"),
    "a comment elsewhere": lambda xml: xml.replace("<samlp:Status>", "<!-- x --><samlp:Status>"),
    "a comment after all": lambda xml: f"{xml}<!-- x -->",
    "an instruction": lambda xml: xml.replace(SUBJECT, f"{SUBJECT[:4]}<?x y?>{SUBJECT[4:]}"),
    "a CDATA section": lambda xml: xml.replace(SUBJECT, f"<![CDATA[{SUBJECT}]]>"),
    "a document type": lambda xml: f"<!DOCTYPE r>{xml}",
    "an entity": lambda xml: f'<!DOCTYPE r [<!ENTITY e "{SUBJECT}">]>{xml.replace(SUBJECT, "&e;")}',
    "an entity of outside": lambda xml: (
        f'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>{xml.replace(SUBJECT, "&e;")}'
    ),
    "an identifier by DTD": lambda xml: f"<!DOCTYPE r [<!ATTLIST saml:Issuer x ID #IMPLIED>]>{xml}",
    "an attribute beside": lambda xml: xml.replace(
        "</samlp:Response>",
        '<saml:AttributeStatement><saml:Attribute Name="ENTPersonUid"/></saml:AttributeStatement>'
        "</samlp:Response>",
    ),
    "a second assertion": lambda xml: xml.replace(
        "</samlp:Response>",
        f'<saml:Assertion xmlns:saml="{SAML}" ID="_deux" Version="2.0"/></samlp:Response>',
    ),
    "an encrypted one beside": lambda xml: xml.replace(
        "</samlp:Response>", "<saml:EncryptedAssertion/></samlp:Response>"
    ),
    "an encrypted one": lambda xml: re.sub(
        r"(?s)<saml:Assertion.*</saml:Assertion>", "<saml:EncryptedAssertion/>", xml
    ),
    "no assertion": lambda xml: re.sub(r"(?s)<saml:Assertion.*</saml:Assertion>", "", xml),
    "no signature": lambda xml: re.sub(r"(?s)<ds:Signature .*</ds:Signature>", "", xml),
    "an empty signature": lambda xml: re.sub(
        r"(?s)(<ds:Signature [^>]*>).*(</ds:Signature>)", r"\1\2", xml
    ),
    "no value of the signature": lambda xml: re.sub(
        r"<ds:SignatureValue>.*?</ds:SignatureValue>", "<ds:SignatureValue/>", xml, flags=re.DOTALL
    ),
    "the signature of something else": lambda xml: xml.replace('URI="#_assertion"', 'URI="#_reponse"'),
    "the signature of everything": lambda xml: xml.replace('URI="#_assertion"', 'URI=""'),
    "the signature of no reference": lambda xml: xml.replace(' URI="#_assertion"', ""),
    "the signature of another place": lambda xml: xml.replace(
        'URI="#_assertion"', 'URI="file:///etc/hostname"'
    ),
    "two references": lambda xml: re.sub(
        r"(<ds:Reference .*</ds:Reference>)", r"\1\1", xml, flags=re.DOTALL
    ),
    "two signatures": lambda xml: re.sub(
        r"(<ds:Signature .*</ds:Signature>)", r"\1\1", xml, flags=re.DOTALL
    ),
    "a signature elsewhere": lambda xml: re.sub(
        r"(<ds:Signature .*</ds:Signature>)(.*)</saml:Assertion>",
        r"\2\1</saml:Assertion>",
        xml,
        flags=re.DOTALL,
    ),
    "a signature without its place": lambda xml: re.sub(
        r"(<ds:Signature .*</ds:Signature>)(.*)</samlp:Response>",
        r"\2\1</samlp:Response>",
        xml,
        flags=re.DOTALL,
    ),
    "something signed beside": lambda xml: _inside_signature(
        xml, f'<ds:Object><saml:Assertion xmlns:saml="{SAML}"/></ds:Object>'
    ),
    "an assertion behind the key": lambda xml: _inside_signature(
        xml, f'<ds:KeyInfo><saml:Assertion xmlns:saml="{SAML}"/></ds:KeyInfo>'
    ),
    "a shorter code": lambda xml: xml.replace(
        '#rsa-sha256"/>',
        '#rsa-sha256"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>',
    ),
    "a stylesheet": lambda xml: xml.replace(
        f'<ds:Transform Algorithm="{EXCLUSIVE}"/>',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
    ),
    "extensions": lambda xml: xml.replace("<samlp:Status>", "<samlp:Extensions/><samlp:Status>"),
    "advice": lambda xml: xml.replace("<saml:AuthnStatement", "<saml:Advice/><saml:AuthnStatement", 1),
    "a success inside another": lambda xml: xml.replace(
        "</samlp:Status>",
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>',
    ),
    "a sign-out in its place": lambda xml: xml.replace("samlp:Response", "samlp:LogoutResponse"),
    "another namespace": lambda xml: xml.replace(SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol"),
    "depth": lambda xml: xml.replace("<samlp:Status>", "<a>" * 30 + "</a>" * 30 + "<samlp:Status>"),
    "size": lambda xml: xml.replace("<samlp:Status>", " " * MAX_BYTES + "<samlp:Status>"),
    "half of it": lambda xml: xml[: len(xml) // 2],
    "nothing": lambda _xml: "",
    "no XML": lambda _xml: "SAMLResponse",
}  # fmt: skip
"""What is done to a good answer on its way, by the words that say it."""


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_changed_on_the_way_signs_nobody_in(place: Place, forgery: str) -> None:
    """Whatever is taken from a signed answer, added to it or moved in it."""
    good = response(place.answer())
    changed = FORGERIES[forgery](good)
    assert changed != good
    heard = place.hears(changed)
    refused(heard, Why.CANCELLED if "success" in forgery else Why.UNTRUSTED)


@settings(max_examples=150, deadline=None)
@given(drawn=st.data())
def test_nothing_else_is_ever_told(drawn: st.DataObject, good: tuple[Place, str, Arrival]) -> None:
    """Whatever is written over a part of a good answer, it says the same or nothing at all."""
    place, xml, honest = good
    begins = drawn.draw(st.integers(0, len(xml)))
    ends = drawn.draw(st.integers(begins, min(begins + 40, len(xml))))
    pieces = st.sampled_from(sorted(set(re.findall(r"<[^>]+>|[^<>]+", xml))))
    over = drawn.draw(st.one_of(st.text(max_size=20), pieces))
    heard = place.hears(xml[:begins] + over + xml[ends:])
    assert heard == honest or isinstance(heard, SignInFailed)


def test_two_assertions_are_one_too_many(place: Place) -> None:
    """Each signed by the right key, and each good by itself: nobody chooses between them."""
    first = response(place.answer())
    second = re.search(
        r"(?s)<saml:Assertion.*</saml:Assertion>", response(place.answer(identifier="_deux"))
    )
    assert second is not None
    refused(
        place.hears(first.replace("</samlp:Response>", f"{second[0]}</samlp:Response>")),
        detail="the shape of samlp:Response",
    )


def test_a_changed_envelope_is_refused_when_it_was_signed(place: Place) -> None:
    """The response's own signature counts where it is, though the assertion's is good."""
    xml = response(place.answer(signs_response=True))
    refused(
        place.hears(
            xml.replace('ID="_reponse"', 'ID="_reponse2"').replace("#_reponse", "#_reponse2")
        )
    )
    refused(
        place.hears(
            re.sub(
                r"(<samlp:StatusCode [^>]*/>)",
                r"\1<samlp:StatusMessage>x</samlp:StatusMessage>",
                xml,
            )
        )
    )


@pytest.mark.parametrize("text", ["%", "é", "A", "=", "QQ==QQ=="])
def test_what_is_not_base_64_signs_nobody_in(place: Place, text: str) -> None:
    """A field that holds something else is refused before anything reads it."""
    form = {"SAMLResponse": text, "RelayState": place.state}
    refused(place.method.receive(place.client, form_message(form), NOW), detail="not base 64")


@pytest.mark.parametrize("relay_state", ["", "autre", "é"])
def test_an_answer_comes_back_with_its_attempt(place: Place, relay_state: str) -> None:
    """The RelayState and the request that is answered are of one attempt."""
    refused(place.hears(response(place.answer()), relay_state), Why.NOT_BEGUN_HERE, "RelayState")


@pytest.mark.parametrize(
    ("query", "form"),
    [({}, {}), ({"SAMLResponse": "x"}, {}), ({}, {"RelayState": "x"}), ({"SAMLart": "x"}, {})],
)
def test_what_is_neither_an_answer_nor_a_sign_out_is_refused(
    place: Place, query: dict[str, str], form: dict[str, str]
) -> None:
    """An answer in an address, an artifact or nothing at all: none is heard."""
    for method in ("GET", "POST"):
        message = replace(form_message(form), method=method, query=query)
        refused(place.method.receive(place.client, message, NOW))
    came = place.method.complete(place.client, Beginning(address="", state="x"), query, NOW)
    refused(came, Why.NOT_BEGUN_HERE)


def _told(place: Place, **changes: object) -> Mapping[str, object]:
    heard = place.hears(response(place.answer(**changes)))
    assert isinstance(heard, Arrival), heard
    return heard.claims


@pytest.mark.parametrize(
    ("name_id", "told"),
    [
        (f'<saml:NameID Format="{PERSISTENT}">abc</saml:NameID>', "abc"),
        (
            f'<saml:NameID Format="{PERSISTENT}" NameQualifier="{ENTITY}" SPNameQualifier="{OUR_ENTITY}">abc</saml:NameID>',
            "abc",
        ),
        (f'<saml:NameID Format="{PERSISTENT}" NameQualifier="https://x">abc</saml:NameID>', None),
        (f'<saml:NameID Format="{PERSISTENT}" SPNameQualifier="https://x">abc</saml:NameID>', None),
        (f'<saml:NameID Format="{TRANSIENT}">abc</saml:NameID>', None),
        ("<saml:NameID>abc</saml:NameID>", None),
        (f'<saml:NameID Format="{OLD}emailAddress">a@b.example</saml:NameID>', None),
        (f'<saml:NameID Format="{OLD}unspecified">abc</saml:NameID>', None),
    ],
)
def test_only_a_name_that_stays_is_a_subject(place: Place, name_id: str, told: str | None) -> None:
    """A persistent NameID of this provider for us; never a mail address, nor an attribute's claim."""
    attributes = {**ATTRIBUTES, "name_id": ("forged",), "x": ("forged",)}
    friendly = {"x": "name_id"}
    claims = _told(place, name_id=name_id, attributes=attributes, friendly=friendly)
    assert claims.get("name_id") == told


def test_attributes_are_told_by_each_of_their_names(place: Place) -> None:
    """EduConnect's numbers give their words, friendly names count, and blanks do not."""
    number = "urn:oid:1.3.6.1.4.1.20326.10.999.1."
    claims = _told(
        place,
        attributes={
            f"{number}57": ("c9d1",),
            f"{number}7": ("resp1d",),
            f"{number}72": (" 0920001B ", "", "0310001H"),
            "urn:oid:2.5.4.42": ("Hildegarde",),
            "https://ent.example/vecteur": ("2|||A1|0920001B",),
            "vide": (),
        },
        friendly={f"{number}57": "autre", "https://ent.example/vecteur": "FrEduVecteur"},
    )
    assert claims == {
        f"{number}57": ("c9d1",),
        f"{number}7": ("resp1d",),
        f"{number}72": ("0920001B", "0310001H"),
        "urn:oid:2.5.4.42": ("Hildegarde",),
        "https://ent.example/vecteur": ("2|||A1|0920001B",),
        "FrEduCtId": ("c9d1",),
        "FrEduCtPersonAffiliation": ("resp1d",),
        "FrEduCtEleveUAI": ("0920001B", "0310001H"),
        "givenName": ("Hildegarde",),
        "FrEduVecteur": ("2|||A1|0920001B",),
    }


def test_a_friendly_name_takes_nobodys_place(place: Place) -> None:
    """A name wins over another attribute's friendly name, and two that share one tell nothing."""
    claims = _told(
        place,
        attributes={"role": ("vrai",), "a": ("faux",), "b": ("un",), "c": ("deux",)},
        friendly={"a": "role", "b": "uid", "c": "uid"},
    )
    assert claims == {"role": ("vrai",), "a": ("faux",), "b": ("un",), "c": ("deux",)}


def test_what_is_asked_of_the_provider(place: Place) -> None:
    """A request for us, by redirection, with an id of its own each time, and unsigned without key."""
    first, second = begun(place), begun(place)
    request, query = asked(first.address)
    assert first.address.startswith(f"{SIGN_ON}?")
    assert query.keys() == {"SAMLRequest", "RelayState"}
    assert (query["RelayState"], request.getAttribute("ID")) == (first.state, f"_{first.state}")
    assert request.localName == "AuthnRequest"
    assert request.getAttribute("Destination") == SIGN_ON
    assert request.getAttribute("AssertionConsumerServiceURL") == RETURN
    assert request.getAttribute("ProtocolBinding").endswith(":HTTP-POST")
    assert request.getAttribute("IssueInstant") == "2026-11-18T16:00:00Z"
    (issuer,) = request.getElementsByTagNameNS(SAML, "Issuer")
    assert issuer.firstChild.data == OUR_ENTITY
    assert not request.getElementsByTagNameNS(SAMLP, "NameIDPolicy")
    assert first.state != second.state
    assert len(first.state) == 32


def test_a_name_that_stays_is_asked_for_where_it_is_the_subject(tmp_path: Path) -> None:
    """Without an attribute to tell people apart by, the request asks for a persistent NameID."""
    request, _query = asked(begun(place_of(tmp_path)).address)
    (policy,) = request.getElementsByTagNameNS(SAMLP, "NameIDPolicy")
    assert policy.getAttribute("Format") == PERSISTENT
    assert policy.getAttribute("AllowCreate") == "true"


def test_requests_are_signed_where_there_is_a_key(tmp_path: Path) -> None:
    """pysaml2, as the provider, finds the signature of the request good by our metadata's key."""
    place = place_of(tmp_path, secret=pair("other").pem)
    _request, query = asked(begun(place).address)
    certificate = re.search(r"X509Certificate>([^<]+)<", _our_metadata(place))
    assert certificate is not None
    assert base64.b64decode(certificate[1]) == base64.b64decode(pair("other").shown)
    signed = {name: [value] for name, value in query.items()}
    assert verify_redirect_signature(
        {name: value for name, (value,) in signed.items()},
        RSACrypto(None),
        cert=certificate[1],
    )
    query["RelayState"] = "autre"
    assert not verify_redirect_signature(query, RSACrypto(None), cert=certificate[1])


@pytest.mark.parametrize(
    "secret",
    [
        "un-secret",
        pair("short").pem,
        pair("ec").pem,
        pair("other").pem.partition("-----BEGIN CERT")[0],
        pair("other").pem.partition("-----BEGIN CERT")[0]
        + "-----BEGIN CERT" + pair().pem.partition("-----BEGIN CERT")[2],
    ],
    ids=["text", "short", "elliptic", "no certificate", "another certificate"],
)  # fmt: skip
def test_a_wrong_key_lets_nobody_begin(tmp_path: Path, secret: str) -> None:
    """Neither a request nor metadata leaves with half a key; a sign-out is still heard."""
    place = place_of(tmp_path, secret=secret)
    refused(place.method.begin(place.client, None, NOW), Why.UNREACHABLE, "key")
    assert place.method.document(place.client) is None
    heard = place.is_told(redirected(logout_request(now=NOW, destination=SIGNED_OUT), pair()))
    assert isinstance(heard, SourceSignOut)
    assert not heard.answer_to


def _our_metadata(place: Place) -> str:
    document = place.method.document(place.client)
    assert document is not None
    content_type, body = document
    assert content_type == "application/samlmetadata+xml"
    return body.decode()


def test_our_metadata_says_where_and_how(tmp_path: Path) -> None:
    """Entity id, the two addresses, that assertions are signed, and no key that does not exist."""
    told = _our_metadata(place_of(tmp_path))
    assert f'entityID="{OUR_ENTITY}"' in told
    assert told.count(f'Location="{SIGNED_OUT}"') == 2
    assert told.count(f'Location="{RETURN}"') == 1
    assert 'WantAssertionsSigned="true"' in told
    assert 'AuthnRequestsSigned="false"' in told
    assert "KeyDescriptor" not in told
    named = place_of(tmp_path, entity_id="urn:preau:valmont", secret=pair("other").pem)
    told = _our_metadata(named)
    assert 'entityID="urn:preau:valmont"' in told
    assert 'AuthnRequestsSigned="true"' in told
    assert "PRIVATE" not in told
    named.state = begun(named).state
    name_id = f'<saml:NameID Format="{PERSISTENT}">abc</saml:NameID>'
    assert _told(named, audience="urn:preau:valmont", name_id=name_id)["name_id"] == "abc"
    refused(named.hears(response(named.answer())), detail="Audience")


def test_pysaml2_as_a_provider_is_understood(tmp_path: Path) -> None:
    """Another's implementation reads our metadata and request, and we read its answer."""
    with warnings.catch_warnings():
        # A cipher that it only knows the name of has moved; we do not load that part of it.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        from saml2.server import Server
    (tmp_path / "key.pem").write_text(pair().pem, encoding="ascii")
    place = place_of(tmp_path, claims=("ENTPersonUid",))
    endpoint = (SIGN_ON, "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
    config = {
        "entityid": ENTITY,
        "service": {"idp": {"endpoints": {"single_sign_on_service": [endpoint]}}},
        "key_file": str(tmp_path / "key.pem"),
        "cert_file": str(tmp_path / "key.pem"),
        "metadata": {"inline": [_our_metadata(place)]},
        "xmlsec_binary": shutil.which("xmlsec1"),
    }
    provider = Server(config=IdPConfig().load(config))
    now = datetime.now(UTC)
    beginning = place.method.begin(place.client, None, now)
    assert isinstance(beginning, Beginning)
    _request, query = asked(beginning.address)
    request = provider.parse_authn_request(query["SAMLRequest"], endpoint[1])
    assert request is not None
    answer = provider.create_authn_response(
        identity={"ENTPersonUid": [SUBJECT], "givenName": [GIVEN_NAME]},
        userid=SUBJECT,
        **provider.response_args(request.message),
        authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
        sign_assertion=True,
        sign_response=True,
        sign_alg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
    )
    heard = place.hears(str(answer), beginning.state, now)
    assert isinstance(heard, Arrival), heard
    assert heard.claims["ENTPersonUid"] == (SUBJECT,)
    assert heard.claims["givenName"] == (GIVEN_NAME,)


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("<a", "ExpatError"),
        (f"<!DOCTYPE a>{metadata().partition('?>')[2]}", "DTDForbidden"),
        ("<EntityDescriptor/>", "not one identity provider"),
        (metadata(entity_id=""), "not one identity provider"),
        (metadata(pairs=()), "no signing certificate"),
        (metadata(pairs=(pair("short"),)), "no signing certificate"),
        (metadata(use=' use="encryption"'), "no signing certificate"),
        (metadata().replace(pair().shown[:40], "x"), "certificate"),
        (metadata().replace(SAMLP, "urn:oasis:names:tc:SAML:1.1:protocol"), "not SAML 2.0"),
        (metadata().replace("HTTP-Redirect", "HTTP-POST"), "no SingleSignOnService"),
        (metadata(sign_on="http://ent.example/"), "neither https"),
        (metadata(more=' validUntil="2026-11-18T16:00:00Z"'), "over"),
        (metadata(more=' validUntil="2026-11-18"'), "over"),
        (metadata(more=' validUntil="bientôt"'), "validUntil"),
        (metadata(inside='</IDPSSODescriptor><IDPSSODescriptor protocolSupportEnumeration="x">'), "one"),
        (metadata(more=f' x="{"x" * 500_000}"'), "too long"),
    ],
    ids=lambda told: told[-60:],
)  # fmt: skip
def test_a_provider_that_is_not_known_for_sure_lets_nobody_in(
    place: Place, told: str, detail: str
) -> None:
    """Metadata that is wrong, over or without a strong key closes the door, both ways."""
    good = response(place.answer())
    (place.client.folder / "ent.xml").write_text(told, encoding="utf-8")
    refused(place.method.begin(place.client, None, NOW), Why.UNREACHABLE, detail)
    refused(place.hears(good), Why.UNREACHABLE, detail)


def test_metadata_is_read_again_when_it_changes(place: Place) -> None:
    """A key that was replaced is believed at once, and the old one no more; no file, no door."""
    file = place.client.folder / "ent.xml"
    old = response(place.answer())
    assert isinstance(place.hears(old), Arrival)
    file.write_text(metadata(pairs=(pair("other"),), use=""), encoding="utf-8")
    refused(place.hears(old), detail="none of the keys")
    assert isinstance(place.hears(response(place.answer(), pair("other"))), Arrival)
    file.unlink()
    refused(place.hears(old), Why.UNREACHABLE, "ent.xml: FileNotFoundError")


def test_a_source_of_another_method_is_nobodys(place: Place) -> None:
    """No configuration leads there, and nothing is guessed."""
    protocol = OidcSource(discovery_url="https://ent.example/", client_id="x")
    client = replace(place.client, source=replace(place.client.source, protocol=protocol))
    with pytest.raises(MethodIsWrong):
        place.method.begin(client, None, NOW)


def test_a_sign_out_by_redirection_is_heard(place: Place) -> None:
    """It ends the session it names, and the browser takes our answer to the provider."""
    xml = logout_request(now=NOW, destination=SIGNED_OUT)
    heard = place.is_told(redirected(xml, pair(), relay_state="là-bas ?"))
    assert isinstance(heard, SourceSignOut), heard
    assert (heard.session, heard.subject, heard.proof) == ("_visite", "", "_sortie")
    assert heard.proof_until == NOW + timedelta(minutes=6)
    answer, query = asked(heard.answer_to)
    assert heard.answer_to.startswith(f"{SIGN_OUT_ANSWERS}?")
    assert query["RelayState"] == "là-bas ?"
    assert answer.localName == "LogoutResponse"
    assert answer.getAttribute("InResponseTo") == "_sortie"
    assert answer.getAttribute("Destination") == SIGN_OUT_ANSWERS
    (code,) = answer.getElementsByTagNameNS(SAMLP, "StatusCode")
    assert code.getAttribute("Value").endswith(":Success")


def test_a_sign_out_that_is_posted_is_heard(place: Place) -> None:
    """Signed inside, by a key of the metadata."""
    xml = logout_request(now=NOW, destination=SIGNED_OUT, by=pair())
    form = {"SAMLRequest": base64.b64encode(xml.encode()).decode()}
    heard = place.method.receive(place.client, form_message(form), NOW)
    assert isinstance(heard, SourceSignOut), heard
    assert heard.session == "_visite"
    assert "RelayState" not in asked(heard.answer_to)[1]


def test_a_sign_out_is_answered_by_our_key(tmp_path: Path) -> None:
    """Signed as our requests are, where there is a key."""
    place = place_of(tmp_path, secret=pair("other").pem)
    heard = place.is_told(redirected(logout_request(now=NOW, destination=SIGNED_OUT), pair()))
    assert isinstance(heard, SourceSignOut)
    query = asked(heard.answer_to)[1]
    assert verify_redirect_signature(query, RSACrypto(None), cert=pair("other").shown)


def test_an_elliptic_key_ends_sessions_as_well(place: Place) -> None:
    """The signature of an address by ECDSA; one of another length is none."""
    (place.client.folder / "ent.xml").write_text(metadata(pairs=(pair("ec"),)), encoding="utf-8")
    xml = logout_request(now=NOW, destination=SIGNED_OUT)
    query = redirected(xml, pair("ec"), algorithm=ECDSA_SHA256)
    assert isinstance(place.is_told(query), SourceSignOut)
    refused(place.is_told(re.sub(r"Signature=.*", "Signature=QUJD", query)), detail="none of the")


def test_what_opens_a_session_ends_it(tmp_path: Path, place: Place) -> None:
    """A name for one visit is the session's; one that stays needs an index, or ends all there is."""
    (tmp_path / "b").mkdir()
    kept = place_of(tmp_path / "b")
    kept.state = begun(kept).state
    stays = f'<saml:NameID Format="{PERSISTENT}">abc</saml:NameID>'
    passes = f'<saml:NameID Format="{TRANSIENT}">_visite</saml:NameID>'

    def opened(where: Place, name_id: str, session: str) -> str:
        heard = where.hears(response(where.answer(name_id=name_id, session=session)))
        assert isinstance(heard, Arrival), heard
        return heard.session

    def ended(where: Place, name_id: str, *sessions: str) -> tuple[str, str]:
        xml = logout_request(now=NOW, destination=SIGNED_OUT, name_id=name_id, sessions=sessions)
        heard = where.is_told(redirected(xml, pair()))
        assert isinstance(heard, SourceSignOut), heard
        return heard.session, heard.subject

    one = opened(kept, stays, ' SessionIndex="1"')
    two = opened(kept, stays, ' SessionIndex="2"')
    assert one
    assert one != two
    assert ended(kept, stays, "1") == (one, "")
    assert ended(kept, stays) == ended(kept, stays, "1", "2") == ("", "abc")
    assert opened(kept, stays, "") == ""
    visit = opened(place, passes, ' SessionIndex="1"')
    assert ended(place, passes, "1") == ended(place, passes) == (visit, "")
    by_attribute = opened(place, stays, ' SessionIndex="1"')
    assert ended(place, stays, "1") == ended(place, stays, "1", "2") == (by_attribute, "")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"destination": None}, "Destination"),
        ({"destination": RETURN}, "Destination"),
        ({"issuer": "https://autre.example"}, "Issuer"),
        ({"now": NOW - timedelta(minutes=6)}, "IssueInstant"),
        ({"now": NOW + timedelta(seconds=61)}, "IssueInstant"),
        ({"more": ' NotOnOrAfter="2026-11-18T15:59:00Z"'}, "NotOnOrAfter"),
        ({"name_id": ""}, "samlp:LogoutRequest"),
        ({"name_id": "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>"}, "samlp:Logout"),
        ({"by": pair()}, "signed twice"),
    ],
    ids=str,
)
def test_a_sign_out_that_is_wrong_in_one_thing_ends_nothing(
    place: Place, changes: dict[str, object], detail: str
) -> None:
    """Everything is required of what ends a session too."""
    asked_for: dict[str, object] = {"now": NOW, "destination": SIGNED_OUT, **changes}
    xml = logout_request(**asked_for)  # type: ignore[arg-type]  # names of its arguments
    refused(place.is_told(redirected(xml, pair())), detail=detail)


def test_a_sign_out_that_nobody_signed_ends_nothing(place: Place) -> None:
    """Unsigned, by another key, by SHA-1, changed, with a parameter moved, or spelt in two ways."""
    xml = logout_request(now=NOW, destination=SIGNED_OUT)
    good = redirected(xml, pair(), relay_state="x")
    other = redirected(xml.replace("_visite", "_autre"), pair(), relay_state="x")
    spelt = re.sub(r"%[0-9a-f]{2}", lambda found: found[0].upper(), good.partition("&SigAlg")[0])
    for query in (
        redirected(xml, None),
        redirected(xml, pair("other")),
        redirected(xml, pair(), algorithm=RSA_SHA1),
        f"{other.partition('&Signature')[0]}&Signature={good.partition('Signature=')[2]}",
        good.replace("RelayState=x", "RelayState=y"),
        good.replace("SAMLRequest=", "%53AMLRequest="),
        f"{spelt}{good[len(spelt) :]}",
        good.partition("&Signature")[0],
        f"{good.partition('&Signature')[0]}&Signature=%C3%A9",
    ):
        assert query != good
        refused(place.is_told(query))
    assert isinstance(place.is_told(good), SourceSignOut)
    refused(place.is_told(good, method="POST"))
    message = replace(query_message(good), query_string="")
    refused(place.method.receive(place.client, message, NOW), detail="two ways")
    form = {"SAMLRequest": base64.b64encode(xml.encode()).decode()}
    refused(place.method.receive(place.client, form_message(form), NOW), detail="not at all")


def test_each_message_has_its_own_place(place: Place) -> None:
    """A sign-out is no answer, and an answer ends nothing, well signed as they are."""
    sign_out = logout_request(now=NOW, destination=RETURN, by=pair())
    refused(place.hears(sign_out), detail="another message")
    form = {"SAMLRequest": base64.b64encode(response(place.answer()).encode()).decode()}
    refused(place.method.receive(place.client, form_message(form), NOW), detail="another message")


def test_a_sign_out_that_is_posted_needs_its_signature(place: Place) -> None:
    """By another key, or changed since: nothing ends."""
    good = logout_request(now=NOW, destination=SIGNED_OUT, by=pair())
    forged = logout_request(now=NOW, destination=SIGNED_OUT, by=pair("other"))
    for xml in (forged, good.replace("_visite", "_autre"), good.replace("visite-1", "visite-2")):
        form = {"SAMLRequest": base64.b64encode(xml.encode()).decode()}
        heard = place.method.receive(place.client, form_message(form), NOW)
        refused(heard, detail="none of the keys")


def test_a_signature_of_an_address_is_read_before_the_message(place: Place) -> None:
    """Something compressed that grows without end costs no memory, and is refused."""
    bomb = logout_request(now=NOW, destination=SIGNED_OUT, more=f' x="{" " * 5_000_000}"')
    refused(place.is_told(redirected(bomb, pair())), detail="too long")
    refused(place.is_told(redirected(bomb, None)), detail="signature")


# What is left on disk, in logs and waiting.


@pytest.mark.parametrize("subject", [SUBJECT, "ENTQZ79999"], ids=["signed", "forged"])
def test_no_name_is_ever_in_a_file(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    """While `xmlsec1` runs, a public key is all there is in temporary files; after, nothing is."""
    temporary, seen = tmp_path / "tmp", tmp_path / "seen"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    script = (
        f'echo "$@" >> {seen}\nfind {temporary} -type f -exec cat {{}} + >> {seen}\nexec $TRUE "$@"'
    )
    monkeypatch.setenv("PATH", witness_of_xmlsec(tmp_path / "bin", script))
    xml = response(place.answer()).replace(SUBJECT, subject)
    seen.unlink(missing_ok=True)  # what signing left there
    assert isinstance(place.hears(xml), Arrival if subject == SUBJECT else SignInFailed)
    noted = seen.read_text("utf-8")
    assert "BEGIN PUBLIC KEY" in noted
    assert not [word for word in (*SECRETS, subject, "_visite") if word in noted]
    assert not list(temporary.iterdir())


def test_a_verifier_that_does_not_end_is_not_waited_for(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is told that the ENT does not answer, and the program is stopped."""
    xml = response(place.answer())
    script = f"echo $$ > {tmp_path}/pid\nexec tail -f /dev/null"
    monkeypatch.setenv("PATH", witness_of_xmlsec(tmp_path / "bin", script))
    monkeypatch.setattr("publisher.sign_in.xml_signature.RUN_LASTS_S", 0.5)
    refused(place.hears(xml), Why.UNREACHABLE, "does not end")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("ascii")), 0)


def test_without_a_verifier_nobody_is_signed_in(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that lacks `xmlsec1` lets nobody in, and its log says what to install."""
    xml = response(place.answer())
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(place.hears(xml), Why.UNREACHABLE, "xmlsec1 is not installed")


def test_no_log_line_names_anybody(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Neither ours nor any library's, at any level, whether the answer is good or not."""
    caplog.set_level(logging.DEBUG)
    good = response(place.answer())
    for xml in (good, good.replace("0920001B", "0780001C"), good.replace("</saml:NameID>", "")):
        place.hears(xml)
    place.is_told(redirected(logout_request(now=NOW, destination=RETURN), pair()))
    said = " ".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert not [word for word in (*SECRETS, "_visite") if word in said]


# Answers of a real LemonLDAP::NG.

PEOPLE = sorted(
    path.stem.removeprefix("lemonldap-saml-")
    for path in WIRE.glob("lemonldap-saml-*.xml")
    if not path.stem.endswith(("metadata", "soap"))
)


def _recorded(who: str) -> tuple[bytes, Parties, datetime]:
    """What was posted for *who*, between whom, and when."""
    raw = (WIRE / f"lemonldap-saml-{who}.xml").read_bytes()
    provider = read_provider(WIRE / "lemonldap-saml-metadata.xml", "http://localhost:19876")
    sent_to = re.search(rb'Destination="([^"]+)"', raw)
    ours = re.search(rb"<saml:Audience>([^<]+)<", raw)
    made_at = re.search(rb'IssueInstant="([^"]+)"', raw)
    assert sent_to
    assert ours
    assert made_at
    parties = Parties(
        provider=provider.entity_id,
        keys=provider.keys,
        ours=ours[1].decode(),
        address=sent_to[1].decode(),
    )
    return raw, parties, datetime.fromisoformat(made_at[1].decode())


@pytest.mark.parametrize("who", PEOPLE)
def test_lemonldap_is_understood(who: str) -> None:
    """What a real provider posted is believed at its moment, told by its names, and no later."""
    raw, parties, now = _recorded(who)
    told = read_response(raw, parties, now)
    assert told.attributes["ENTPersonUid"]
    assert told.attributes["givenName"] == told.attributes["urn:oid:2.5.4.42"]
    assert not told.name_id.is_persistent
    with pytest.raises(NotBelieved, match="no more"):
        read_response(raw, parties, now + timedelta(hours=3))
    with pytest.raises(NotBelieved, match="signature"):
        read_response(
            raw.replace(b"0920001B", b"0780001C").replace(b"ENTQZ", b"ENTQY"), parties, now
        )


def test_recorded_answers_are_there() -> None:
    """Ten people of a real provider, so that the test above is about something."""
    assert len(PEOPLE) == 10
