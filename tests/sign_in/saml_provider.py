"""A SAML identity provider of the tests' own: honest by default, and anything else on demand."""

import base64
import subprocess
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, quote_plus, urlsplit
from xml.dom.minidom import Element
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from defusedxml.minidom import parseString

ENTITY = "https://ent.example/saml"
SIGN_ON = "https://ent.example/saml/entrer"
SIGN_OUT = "https://ent.example/saml/sortir"
SIGN_OUT_ANSWERS = "https://ent.example/saml/sorti"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
SHA256_DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"

SUBJECT, GIVEN_NAME, FAMILY_NAME = "ENTQZ70001", "Hildegarde", "Vauquelin"
"""What must be found nowhere but in a profile."""
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "ENTPersonUid": (SUBJECT,),
    "ENTPersonProfils": ("National_TUT",),
    "ENTPersonStructRattachUAI": ("0920001B", "0310001H"),
    "givenName": (GIVEN_NAME,),
    "sn": (FAMILY_NAME,),
}

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A key and its certificate, which ended long ago."""

    key: Private
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """The two, as a secret holds them."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (key + self.certificate.public_bytes(Encoding.PEM)).decode()

    @property
    def shown(self) -> str:
        """The certificate, as metadata shows it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


def pair(name: str = "rsa") -> Pair:
    """The pair of that name: `rsa`, `other`, `short` (1024 bits) or `ec`; made once a run."""
    return _made(name)


@cache
def _made(name: str) -> Pair:
    key: Private
    if name == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, 1024 if name == "short" else 2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return Pair(key=key, certificate=certificate)


def metadata(
    *,
    pairs: tuple[Pair, ...] | None = None,
    entity_id: str = ENTITY,
    use: str = ' use="signing"',
    more: str = "",
    sign_on: str = SIGN_ON,
    inside: str = "",
) -> str:
    """The provider's metadata, with a comment in it as vendors leave them."""
    keys = "".join(
        f"<KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{one.shown}\n"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
        for one in ((pair(),) if pairs is None else pairs)
    )
    redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{DS}"
    entityID="{entity_id}"{more}>
  <!-- the ENT -->
  <IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{keys}{inside}
    <SingleLogoutService Binding="{redirect}" Location="{SIGN_OUT}"
        ResponseLocation="{SIGN_OUT_ANSWERS}"/>
    <SingleSignOnService Binding="{redirect}" Location="{sign_on}"/>
  </IDPSSODescriptor>
</EntityDescriptor>"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a response says. None leaves an attribute out; moments are from `now`."""

    now: datetime
    answers: str | None
    recipient: str | None
    audience: str
    destination: str | None = "="
    answers_inside: str | None = "="
    issuer: str = ENTITY
    assertion_issuer: str = "="
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    response_id: str = "_reponse"
    identifier: str = "_assertion"
    name_id: str = f'<saml:NameID Format="{TRANSIENT}">_visite</saml:NameID>'
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    confirmed: str = ""
    ends: timedelta | None = timedelta(minutes=5)
    begins: timedelta = timedelta(minutes=-1)
    conditions_end: timedelta = timedelta(minutes=5)
    issued: timedelta = timedelta()
    session: str = ' SessionIndex="visite-1"'
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ATTRIBUTES)
    friendly: Mapping[str, str] = field(default_factory=dict)
    beside: str = ""
    conditions: str = (
        "<saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction>"
    )
    version: str = "2.0"
    assertion_version: str = "2.0"
    algorithm: str = RSA_SHA256
    digest: str = SHA256_DIGEST
    reference: str = "="
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE)
    canonical: str = EXCLUSIVE
    key_info: str = ""
    signs_response: bool = False
    is_signed: bool = True


def response(answer: Answer, by: Pair | None = None) -> str:
    """The response, signed by the key of *by* where it is to be signed."""
    by = by or pair()
    inner = assertion(answer)
    if answer.is_signed:
        inner = signed(inner, by, "Assertion", answer)
    outer = _response(answer, inner)
    return signed(outer, by, "Response", answer) if answer.signs_response else outer


def assertion(answer: Answer) -> str:
    """The assertion, with the place of its signature when it is to be signed."""
    confirmed = _attributes(
        NotOnOrAfter=None if answer.ends is None else _moment(answer.now + answer.ends),
        Recipient=answer.recipient,
        InResponseTo=answer.answers if answer.answers_inside == "=" else answer.answers_inside,
    )
    told = "".join(
        f"<saml:Attribute Name={quoteattr(name)}{_friendly(answer, name)}>"
        + "".join(f"<saml:AttributeValue>{escape(one)}</saml:AttributeValue>" for one in values)
        + "</saml:Attribute>"
        for name, values in answer.attributes.items()
    )
    issuer = answer.issuer if answer.assertion_issuer == "=" else answer.assertion_issuer
    place = _signature(answer.identifier, answer) if answer.is_signed else ""
    return (
        f'<saml:Assertion xmlns:saml="{SAML}" ID="{answer.identifier}" Version="{answer.assertion_version}" '
        f'IssueInstant="{_moment(answer.now + answer.issued)}">'
        f"<saml:Issuer>{issuer}</saml:Issuer>{place}"
        f'<saml:Subject>{answer.name_id}<saml:SubjectConfirmation Method="{answer.method}">'
        f"<saml:SubjectConfirmationData{confirmed}{answer.confirmed}/>"
        "</saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{_moment(answer.now + answer.begins)}" '
        f'NotOnOrAfter="{_moment(answer.now + answer.conditions_end)}">'
        f"{answer.conditions.format(answer.audience)}</saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{_moment(answer.now)}"{answer.session}>'
        "<saml:AuthnContext><saml:AuthnContextClassRef>"
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        f"<saml:AttributeStatement>{told}{answer.beside}</saml:AttributeStatement>"
        "</saml:Assertion>"
    )


def _response(answer: Answer, inner: str) -> str:
    destination = answer.recipient if answer.destination == "=" else answer.destination
    sent = _attributes(Destination=destination, InResponseTo=answer.answers)
    place = _signature(answer.response_id, answer) if answer.signs_response else ""
    return (
        f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{answer.response_id}" '
        f'Version="{answer.version}" IssueInstant="{_moment(answer.now)}"{sent}>'
        f"<saml:Issuer>{answer.issuer}</saml:Issuer>{place}"
        f'<samlp:Status><samlp:StatusCode Value="{answer.status}"/></samlp:Status>{inner}'
        "</samlp:Response>"
    )


def logout_request(
    *,
    now: datetime,
    destination: str | None,
    name_id: str = f'<saml:NameID Format="{TRANSIENT}">_visite</saml:NameID>',
    sessions: tuple[str, ...] = ("visite-1",),
    issuer: str = ENTITY,
    by: Pair | None = None,
    more: str = "",
    algorithm: str = RSA_SHA256,
) -> str:
    """A sign-out, signed inside when *by* is given."""
    answer = Answer(now=now, answers=None, recipient=None, audience="", algorithm=algorithm)
    indexes = "".join(f"<samlp:SessionIndex>{one}</samlp:SessionIndex>" for one in sessions)
    text = (
        f'<samlp:LogoutRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_sortie" '
        f'Version="2.0" IssueInstant="{_moment(now)}"{_attributes(Destination=destination)}{more}>'
        f"<saml:Issuer>{issuer}</saml:Issuer>{_signature('_sortie', answer) if by else ''}"
        f"{name_id}{indexes}</samlp:LogoutRequest>"
    )
    return signed(text, by, "LogoutRequest", answer) if by else text


def redirected(
    xml: str, by: Pair | None, relay_state: str = "", algorithm: str = RSA_SHA256
) -> str:
    """The query of a message sent by redirection, signed when *by* is given, in odd spelling."""
    deflating = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = base64.b64encode(deflating.compress(xml.encode()) + deflating.flush())
    # As one vendor spells: %2b in lower case, which is signed as it is written.
    query = f"SAMLRequest={_spelled(packed)}"
    if relay_state:
        query += f"&RelayState={quote_plus(relay_state)}"
    if by is None:
        return query
    query += f"&SigAlg={quote_plus(algorithm)}"
    if isinstance(by.key, rsa.RSAPrivateKey):
        digest = SHA1() if algorithm == RSA_SHA1 else SHA256()  # noqa: S303 (what is to be refused)
        made = by.key.sign(query.encode(), padding.PKCS1v15(), digest)
    else:
        der = by.key.sign(query.encode(), ec.ECDSA(SHA256()))
        made = _two_numbers(der)
    return f"{query}&Signature={_spelled(base64.b64encode(made))}"


def _spelled(text: bytes) -> str:
    return "".join(
        chunk.lower() if chunk.startswith("%") else chunk
        for chunk in _escapes(quote_plus(text.decode()))
    )


def _escapes(text: str) -> list[str]:
    parts = text.split("%")
    return [parts[0], *(piece for part in parts[1:] for piece in (f"%{part[:2]}", part[2:]))]


def _two_numbers(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return b"".join(number.to_bytes(32) for number in decode_dss_signature(der))


def posted(xml: str, relay_state: str) -> dict[str, str]:
    """The form that a browser posts."""
    return {"SAMLResponse": base64.b64encode(xml.encode()).decode(), "RelayState": relay_state}


def asked(address: str) -> tuple[Element, dict[str, str]]:
    """The request that a person is sent with to *address*, and the parameters it came in."""
    query = {name: one for name, (one,) in parse_qs(urlsplit(address).query).items()}
    packed = query.get("SAMLRequest") or query["SAMLResponse"]
    xml = zlib.decompress(base64.b64decode(packed), wbits=-zlib.MAX_WBITS)
    return parseString(xml).documentElement, query


def signed(xml: str, by: Pair, local: str, answer: Answer) -> str:
    """*xml* with the first signature of its element named *local* filled in by `xmlsec1`."""
    namespace = SAML if local == "Assertion" else SAMLP
    key = ("--privkey-pem", "key.pem")
    with TemporaryDirectory() as folder:
        if answer.algorithm == HMAC_SHA256:
            # The attack: what is public, the certificate's key, taken for a shared secret.
            shared = by.certificate.public_bytes(Encoding.PEM)
            (Path(folder) / "key.pem").write_bytes(shared)
            key = ("--hmackey", "key.pem")
        else:
            (Path(folder) / "key.pem").write_text(by.pem, encoding="ascii")
        (Path(folder) / "message.xml").write_text(xml, encoding="utf-8")
        run = subprocess.run(
            (
                *("xmlsec1", "--sign", *key, "--id-attr:ID", f"{namespace}:{local}"),
                *("--id-attr:ID", f"{SAML}:Assertion", "--node-xpath"),
                f"//*[local-name()='{local}']/*[local-name()='Signature']",
                "message.xml",
            ),
            cwd=folder,
            check=False,
            capture_output=True,
        )
    assert run.returncode == 0, run.stderr
    return run.stdout.decode().partition("?>")[2].strip()


def wrong_by_itself(xml: str) -> bool:
    """Say whether `xmlsec1`, asked as carelessly as can be, refuses *xml*."""
    with TemporaryDirectory() as folder:
        certificate, message = Path(folder) / "cert.pem", Path(folder) / "message.xml"
        certificate.write_bytes(pair().certificate.public_bytes(Encoding.PEM))
        message.write_text(xml, encoding="utf-8")
        identifiers = (f"{SAML}:Assertion", f"{SAMLP}:Response", f"{SAMLP}:LogoutRequest")
        run = subprocess.run(
            (
                *("xmlsec1", "--verify", "--pubkey-cert-pem", certificate),
                *(part for one in identifiers for part in ("--id-attr:ID", one)),
                message,
            ),
            check=False,
            capture_output=True,
        )
    return run.returncode != 0


def _signature(identifier: str, answer: Answer) -> str:
    reference = f"#{identifier}" if answer.reference == "=" else answer.reference
    transforms = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in answer.transforms)
    return (
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{answer.canonical}"/>'
        f'<ds:SignatureMethod Algorithm="{answer.algorithm}"/>'
        f'<ds:Reference URI="{reference}"><ds:Transforms>{transforms}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{answer.digest}"/><ds:DigestValue/></ds:Reference>'
        f"</ds:SignedInfo><ds:SignatureValue/>{answer.key_info}</ds:Signature>"
    )


def _friendly(answer: Answer, name: str) -> str:
    return f' FriendlyName="{answer.friendly[name]}"' if name in answer.friendly else ""


def _attributes(**told: str | None) -> str:
    return "".join(f' {name}="{value}"' for name, value in told.items() if value is not None)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def wrapped(xml: str, shape: int, evil: str) -> str:
    """The eight signature-wrapping shapes of Somorovsky and others (2012), around a signed *xml*.

    1 and 2 are about a signed response, the others about a signed assertion. *evil* is the
    subject that the forged assertion names.
    """
    document = parseString(xml)
    root = document.documentElement
    forged = root.cloneNode(deep=True) if shape <= 2 else _assertion_of(root).cloneNode(deep=True)
    forged.setAttribute("ID", "_forgee")
    for inner in forged.getElementsByTagName("saml:Assertion"):
        inner.setAttribute("ID", "_forgee-dedans")
    for value in forged.getElementsByTagName("saml:AttributeValue"):
        if value.firstChild.data == SUBJECT:
            value.firstChild.data = evil
    original = root if shape <= 2 else _assertion_of(root)
    signature = _own_signature(forged)
    forged.removeChild(signature)
    if shape == 1:
        signature.appendChild(_without_signature(original))
        forged.insertBefore(signature, forged.childNodes[1])
    elif shape == 2:
        forged.insertBefore(signature, forged.childNodes[1])
        forged.insertBefore(_without_signature(original), signature)
    elif shape == 3:
        root.insertBefore(forged, original)
    elif shape == 4:
        root.replaceChild(forged, original)
        forged.appendChild(original)
    elif shape == 5:
        root.replaceChild(forged, original)
        forged.insertBefore(signature, forged.childNodes[1])
        root.appendChild(_without_signature(original))
    elif shape == 6:
        root.replaceChild(forged, original)
        forged.insertBefore(signature, forged.childNodes[1])
        signature.appendChild(_without_signature(original))
    elif shape == 7:
        extensions = document.createElementNS(SAMLP, "samlp:Extensions")
        extensions.appendChild(forged)
        root.insertBefore(extensions, root.childNodes[1])
    else:
        root.replaceChild(forged, original)
        forged.insertBefore(signature, forged.childNodes[1])
        held = document.createElementNS(DS, "ds:Object")
        held.appendChild(_without_signature(original))
        signature.appendChild(held)
    return str((forged if shape <= 2 else root).toxml())


def _assertion_of(root: Element) -> Element:
    return root.getElementsByTagName("saml:Assertion")[0]


def _own_signature(element: Element) -> Element:
    return next(one for one in element.childNodes if one.nodeName == "ds:Signature")


def _without_signature(element: Element) -> Element:
    element.removeChild(_own_signature(element))
    return element
