"""What a SAML identity provider says, believed only when it is exactly what it must be.

A message is held to one shape before anything is read from it: one assertion, signed itself, in its
place, and nothing that is not listed here. What cannot be hidden need not be searched for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from publisher.sign_in.method import SignInFailed, Why
from publisher.sign_in.strict_xml import Element, NotStrictXml, read_strictly
from publisher.sign_in.xml_signature import (
    DS,
    SIGNATURE,
    NotSigned,
    PublicKey,
    VerifierIsMissing,
    check_element,
)

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
NAME_ID = "name_id"
"""The claim that a persistent NameID gives; no attribute may take its place."""

CLOCKS_DIFFER = timedelta(seconds=60)
"""How far apart the provider's clock and ours may be."""
REQUEST_LASTS = timedelta(minutes=5)
"""How old a sign-out may be when it comes, beyond what clocks differ by."""
MAX_BYTES = 150_000
"""Bytes of a message: one with twenty schools weighs 20 000."""

_EDUCONNECT = "urn:oid:1.3.6.1.4.1.20326.10.999.1."
FRIENDLY_NAMES: Mapping[str, str] = {
    f"{_EDUCONNECT}5": "FrEduUrlRetour",
    f"{_EDUCONNECT}6": "FrEduCtDateConnexion",
    f"{_EDUCONNECT}7": "FrEduCtPersonAffiliation",
    f"{_EDUCONNECT}57": "FrEduCtId",
    f"{_EDUCONNECT}64": "FrEduCtEleveINEHash",
    f"{_EDUCONNECT}67": "FrEduCtDateNaissance",
    f"{_EDUCONNECT}72": "FrEduCtEleveUAI",
    f"{_EDUCONNECT}73": "FrEduCtEleveNiveau",
    "urn:oid:2.5.4.42": "givenName",
}
"""EduConnect's attributes, which come by number, and the first name's (X.520)."""

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z")
_PREFIXES = {SAML: "saml", SAMLP: "samlp", DS: "ds"}
_SHAPES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(shape)
    for name, shape in {
        "samlp:Response": "saml:Issuer (ds:Signature )?samlp:Status saml:Assertion ",
        "samlp:Status": "samlp:StatusCode (samlp:StatusMessage )?",
        "samlp:StatusCode": "",
        "samlp:LogoutRequest": "saml:Issuer (ds:Signature )?saml:NameID (samlp:SessionIndex )*",
        "saml:Assertion": (
            "saml:Issuer ds:Signature saml:Subject saml:Conditions "
            "(saml:AttributeStatement )*saml:AuthnStatement (saml:AttributeStatement )*"
        ),
        "saml:Subject": "saml:NameID saml:SubjectConfirmation ",
        "saml:SubjectConfirmation": "saml:SubjectConfirmationData ",
        "saml:SubjectConfirmationData": "",
        "saml:Conditions": (
            "(saml:OneTimeUse )?(saml:AudienceRestriction )+"
            "(saml:OneTimeUse )?(saml:ProxyRestriction )?"
        ),
        "saml:AudienceRestriction": "(saml:Audience )+",
        "saml:OneTimeUse": "",
        "saml:ProxyRestriction": "(saml:Audience )*",
        "saml:AuthnStatement": "(saml:SubjectLocality )?saml:AuthnContext ",
        "saml:SubjectLocality": "",
        "saml:AuthnContext": (
            "(saml:AuthnContextClassRef )?(saml:AuthnContextDeclRef )?(saml:AuthenticatingAuthority )*"
        ),
        "saml:AttributeStatement": "(saml:Attribute )*",
        "saml:Attribute": "(saml:AttributeValue )*",
    }.items()
}
"""What each element holds, in order: nothing that is not here is in a message, at any depth."""
_TEXTS = {
    *("saml:Issuer", "saml:NameID", "saml:Audience", "saml:AttributeValue"),
    *("saml:AuthnContextClassRef", "saml:AuthnContextDeclRef", "saml:AuthenticatingAuthority"),
    *("samlp:StatusMessage", "samlp:SessionIndex"),
}
"""Elements that hold a text and no element."""


class NotBelieved(Exception):
    """The message signs nobody in or out; `failed` says why, and holds nothing of it."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.failed = SignInFailed(why, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who may speak to whom: the provider's entity id and keys, ours, and where it was sent."""

    provider: str
    keys: Sequence[PublicKey]
    ours: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """What the provider calls somebody: for good, for one visit, or as it likes."""

    text: str
    is_persistent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What the provider says of somebody, believed.

    `answers` is the id of the request it answers, `until` the moment after which it is worth
    nothing. `session_index` is empty when the session has no name.
    """

    identifier: str
    answers: str
    until: datetime
    name_id: NameId
    session_index: str
    attributes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """The provider says that somebody's sessions ended, believed; all of them when it names none."""

    identifier: str
    until: datetime
    name_id: NameId
    session_indexes: tuple[str, ...]


def read_response(raw: bytes, parties: Parties, now: datetime) -> Assertion:
    """The assertion of the response *raw*, posted to us.

    Raises NotBelieved for what is not signed, not for us, not now, not an answer to a request of
    ours, or of another shape than ours, and when the provider says that it let nobody in.
    """
    root = _root(raw, "samlp:Response")
    for status in root.all_named(f"{{{SAMLP}}}Status"):
        _check_success(status)
    if root.all_named(f"{{{SAML}}}EncryptedAssertion"):
        raise NotBelieved(Why.UNTRUSTED, "encrypted: our metadata has no key for that")
    _check_shape(root)
    _check_version(root)
    assertion = root.all_named(f"{{{SAML}}}Assertion")[0]
    _check_version(assertion)
    if root.attributes.get("Destination") != parties.address:
        raise NotBelieved(Why.UNTRUSTED, "sent to another address (Destination)")
    _check_issued(root, parties, now)
    _check_issued(assertion, parties, now)
    subject = _the(assertion, "Subject")
    confirmation = _the(subject, "SubjectConfirmation")
    confirmed = _the(confirmation, "SubjectConfirmationData")
    answers = confirmed.attributes.get("InResponseTo", "")
    if not answers or root.attributes.get("InResponseTo") != answers:
        raise NotBelieved(Why.NOT_BEGUN_HERE, "not an answer to one request (InResponseTo)")
    until = _confirmed_until(confirmation, confirmed, parties, now)
    _check_conditions(_the(assertion, "Conditions"), parties, now)
    statement = _the(assertion, "AuthnStatement")
    _check_between(statement, now, before="SessionNotOnOrAfter")
    # What follows costs a process: everything that can be seen to be wrong has been.
    if root.all_named(SIGNATURE):
        _check_signed(root, parties)
    _check_signed(assertion, parties)
    return Assertion(
        identifier=assertion.attributes["ID"],
        answers=answers,
        until=until + CLOCKS_DIFFER,
        name_id=_name_id(_the(subject, "NameID"), parties),
        session_index=statement.attributes.get("SessionIndex", ""),
        attributes=_attributes(assertion),
    )


def read_logout_request(
    raw: bytes, parties: Parties, now: datetime, *, is_signed: bool
) -> LogoutRequest:
    """The sign-out *raw*; *is_signed* says that a signature beside it was found good.

    Raises NotBelieved when it is not signed by one of the two means, not for us, or not of now.
    """
    root = _root(raw, "samlp:LogoutRequest")
    _check_shape(root)
    _check_version(root)
    if root.attributes.get("Destination") != parties.address:
        raise NotBelieved(Why.UNTRUSTED, "sent to another address (Destination)")
    issued = _check_issued(root, parties, now)
    until = issued + REQUEST_LASTS + CLOCKS_DIFFER
    if now >= until:
        raise NotBelieved(Why.UNTRUSTED, "too old (IssueInstant)")
    _check_between(root, now, before="NotOnOrAfter")
    if is_signed == bool(root.all_named(SIGNATURE)):
        raise NotBelieved(Why.UNTRUSTED, "signed twice, or not at all")
    if not is_signed:
        _check_signed(root, parties)
    return LogoutRequest(
        identifier=root.attributes["ID"],
        until=until,
        name_id=_name_id(_the(root, "NameID"), parties),
        session_indexes=tuple(one.text for one in root.all_named(f"{{{SAMLP}}}SessionIndex")),
    )


def _root(raw: bytes, name: str) -> Element:
    try:
        root = read_strictly(raw, MAX_BYTES)
    except NotStrictXml as error:
        raise NotBelieved(Why.UNTRUSTED, f"the XML: {error}") from error
    if _short(root) != name:
        raise NotBelieved(Why.UNTRUSTED, "another message than was expected")
    return root


def _short(element: Element) -> str:
    namespace, _brace, local = element.name.removeprefix("{").rpartition("}")
    return f"{_PREFIXES[namespace]}:{local}" if namespace in _PREFIXES else "?"


def _check_success(status: Element) -> None:
    codes = status.all_named(f"{{{SAMLP}}}StatusCode")
    if [code.attributes.get("Value") for code in codes] != [SUCCESS]:
        raise NotBelieved(Why.CANCELLED, "the provider let nobody in (Status)")


def _check_shape(element: Element) -> None:
    name = _short(element)
    if name in _TEXTS:
        if element.elements:
            raise NotBelieved(Why.UNTRUSTED, f"the shape of {name}")
        return
    held = "".join(f"{_short(one)} " for one in element.elements)
    if name not in _SHAPES or _SHAPES[name].fullmatch(held) is None or element.text.strip():
        raise NotBelieved(Why.UNTRUSTED, f"the shape of {name}")
    for one in element.elements:
        if one.name == SIGNATURE:
            if any(_short(below).startswith("saml") for below in one.everything()):
                raise NotBelieved(Why.UNTRUSTED, "the shape of ds:Signature")
        else:
            _check_shape(one)


def _check_version(element: Element) -> None:
    if element.attributes.get("Version") != "2.0" or not element.attributes.get("ID"):
        raise NotBelieved(Why.UNTRUSTED, "another version, or no ID")


def _check_issued(element: Element, parties: Parties, now: datetime) -> datetime:
    """The moment at which the provider, and nobody else, made *element*: not one to come."""
    issuer = _the(element, "Issuer")
    if issuer.text != parties.provider or issuer.attributes.get("Format", _ENTITY) != _ENTITY:
        raise NotBelieved(Why.UNTRUSTED, "another issuer (Issuer)")
    issued = _moment(element, "IssueInstant")
    if now + CLOCKS_DIFFER < issued:
        raise NotBelieved(Why.UNTRUSTED, "of a moment to come (IssueInstant)")
    return issued


def _confirmed_until(
    confirmation: Element, confirmed: Element, parties: Parties, now: datetime
) -> datetime:
    """Until when whoever brings the assertion to us is the person it names."""
    if confirmation.attributes.get("Method") != _BEARER or "NotBefore" in confirmed.attributes:
        raise NotBelieved(Why.UNTRUSTED, "not for whoever brings it (SubjectConfirmation)")
    if confirmed.attributes.get("Recipient") != parties.address:
        raise NotBelieved(Why.UNTRUSTED, "for another address (Recipient)")
    _check_between(confirmed, now, before="NotOnOrAfter")
    return _moment(confirmed, "NotOnOrAfter")


def _check_conditions(conditions: Element, parties: Parties, now: datetime) -> None:
    for restriction in conditions.all_named(f"{{{SAML}}}AudienceRestriction"):
        if parties.ours not in [one.text for one in restriction.elements]:
            raise NotBelieved(Why.UNTRUSTED, "for another application (Audience)")
    _check_between(conditions, now, after="NotBefore", before="NotOnOrAfter")


def _check_between(element: Element, now: datetime, *, after: str = "", before: str = "") -> None:
    """Check *now* against the moments of two attributes, each where it is given."""
    if after in element.attributes and now + CLOCKS_DIFFER < _moment(element, after):
        raise NotBelieved(Why.UNTRUSTED, f"not yet ({after})")
    if before in element.attributes and now - CLOCKS_DIFFER >= _moment(element, before):
        raise NotBelieved(Why.UNTRUSTED, f"no more ({before})")


def _moment(element: Element, name: str) -> datetime:
    match = _MOMENT.fullmatch(element.attributes.get(name, ""))
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else _no_moment(name)
    except ValueError:
        return _no_moment(name)


def _no_moment(name: str) -> datetime:
    raise NotBelieved(Why.UNTRUSTED, f"no moment ({name})")


def _check_signed(element: Element, parties: Parties) -> None:
    try:
        check_element(element, parties.keys)
    except NotSigned as error:
        raise NotBelieved(Why.UNTRUSTED, f"the signature: {error}") from error
    except VerifierIsMissing as error:
        raise NotBelieved(Why.UNREACHABLE, str(error)) from error


def _the(element: Element, local: str) -> Element:
    """The one element of that name, which the shape says is there."""
    return element.all_named(f"{{{SAML}}}{local}")[0]


def _name_id(element: Element, parties: Parties) -> NameId:
    """What somebody is called. Qualified by other parties than us, a name is not for good here."""
    told = element.attributes
    is_ours = (
        told.get("NameQualifier", parties.provider) == parties.provider
        and told.get("SPNameQualifier", parties.ours) == parties.ours
    )
    if not element.text.strip():
        raise NotBelieved(Why.NOBODY, "an empty name (NameID)")
    return NameId(text=element.text, is_persistent=is_ours and told.get("Format") == PERSISTENT)


def _attributes(assertion: Element) -> Mapping[str, tuple[str, ...]]:
    """The values by name, and by a friendlier name that no other attribute has.

    A friendly name is only a comfort of reading: an attribute whose name it is wins over it, and
    two attributes that share one tell nothing by it.
    """
    named: dict[str, list[str]] = {}
    friendly: dict[str, set[str]] = {}
    for statement in assertion.all_named(f"{{{SAML}}}AttributeStatement"):
        for attribute in statement.elements:
            name = attribute.attributes.get("Name", "")
            values = [one.text.strip() for one in attribute.elements]
            named.setdefault(name, []).extend(value for value in values if value)
            known = FRIENDLY_NAMES.get(name, attribute.attributes.get("FriendlyName", ""))
            friendly.setdefault(known, set()).add(name)
    told = {name: tuple(values) for name, values in named.items() if values}
    for known, names in friendly.items():
        (only, *others) = names
        if not others and known not in named and only in told:
            told[known] = told[only]
    return {name: values for name, values in told.items() if name not in {"", NAME_ID}}
