"""The two sides of a SAML agreement: the provider's metadata, read from a file, and our own."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, md, xmldsig

from publisher.sign_in.method import Client
from publisher.sign_in.outgoing import is_sheltered
from publisher.sign_in.saml_messages import SAMLP
from publisher.sign_in.strict_xml import Element, NotStrictXml, read_strictly
from publisher.sign_in.xml_signature import DS, MIN_RSA_BITS, PublicKey, is_strong

CONTENT_TYPE = "application/samlmetadata+xml"
MAX_BYTES = 500_000
"""Bytes of a provider's metadata: a whole federation's is not what is asked for."""

_MD = "urn:oasis:names:tc:SAML:2.0:metadata"


class MetadataIsWrong(Exception):
    """The provider's metadata cannot be used; the reason is for the log."""


class OwnKeyIsWrong(Exception):
    """The source's secret is not a PEM key of RSA and its certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """The provider, as its metadata describes it.

    `sign_on` is where people are sent by a redirection; `sign_out_answers` where the answer to a
    sign-out goes, empty when it takes none so. `until` is when all this is over, if it is to be.
    """

    entity_id: str
    keys: Sequence[PublicKey]
    sign_on: str
    sign_out_answers: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """The key by which our requests are signed, and the certificate that shows it."""

    private: rsa.RSAPrivateKey
    certificate: x509.Certificate


def read_provider(file: Path, address: str) -> IdentityProvider:
    """The identity provider that *file* describes, and which stands at *address*.

    Raises MetadataIsWrong when the file is absent or unreadable, describes none or several, holds
    no key that is accepted, or sends people in clear elsewhere.
    """
    try:
        root = read_strictly(file.read_bytes(), MAX_BYTES, drops_comments=True)
    except OSError as error:
        raise MetadataIsWrong(f"{file.name}: {type(error).__name__}") from error
    except NotStrictXml as error:
        raise MetadataIsWrong(f"{file.name}: {error}") from error
    roles = root.all_named(f"{{{_MD}}}IDPSSODescriptor")
    entity_id = root.attributes.get("entityID", "")
    if root.name != f"{{{_MD}}}EntityDescriptor" or not entity_id or len(roles) != 1:
        raise MetadataIsWrong(f"{file.name}: not one identity provider")
    (role,) = roles
    if SAMLP not in role.attributes.get("protocolSupportEnumeration", "").split():
        raise MetadataIsWrong(f"{file.name}: not SAML 2.0")
    keys = tuple(key for one in role.all_named(f"{{{_MD}}}KeyDescriptor") for key in _keys(one))
    if not keys:
        raise MetadataIsWrong(
            f"{file.name}: no signing certificate (RSA of {MIN_RSA_BITS} bits, or elliptic)"
        )
    sign_on = _location(role, "SingleSignOnService", "Location")
    answers = _location(role, "SingleLogoutService", "ResponseLocation")
    answers = answers or _location(role, "SingleLogoutService", "Location")
    if not sign_on:
        raise MetadataIsWrong(f"{file.name}: no SingleSignOnService by HTTP-Redirect")
    if not all(is_sheltered(one, address) for one in (sign_on, answers) if one):
        raise MetadataIsWrong(f"{file.name}: an address is neither https nor loopback")
    return IdentityProvider(
        entity_id=entity_id,
        keys=keys,
        sign_on=sign_on,
        sign_out_answers=answers,
        until=min((one for one in (_until(root), _until(role)) if one is not None), default=None),
    )


def own_key_of(client: Client) -> OwnKey | None:
    """The key our requests are signed by, or None when the source has no secret.

    Raises OwnKeyIsWrong when the secret is something else.
    """
    if not client.secret:
        return None
    pem = client.secret.encode()
    try:
        private = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OwnKeyIsWrong("no key and certificate in PEM") from error
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < MIN_RSA_BITS:
        raise OwnKeyIsWrong(f"not RSA of {MIN_RSA_BITS} bits")
    if certificate.public_key() != private.public_key():
        raise OwnKeyIsWrong("the certificate is of another key")
    return OwnKey(private=private, certificate=certificate)


def own_metadata(client: Client, entity_id: str, key: OwnKey | None) -> bytes:
    """What the provider is given to know us by: our addresses, and our key when there is one.

    No key for encryption: an assertion that travels by https to us alone needs none.
    """
    signing = [] if key is None else [_key_descriptor(key.certificate)]
    role = md.SPSSODescriptor(
        protocol_support_enumeration=SAMLP,
        authn_requests_signed=str(key is not None).lower(),
        want_assertions_signed="true",
        key_descriptor=signing,
        single_logout_service=[
            md.SingleLogoutService(binding=binding, location=client.sign_out_uri)
            for binding in (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST)
        ],
        assertion_consumer_service=[
            md.AssertionConsumerService(
                binding=BINDING_HTTP_POST,
                location=client.redirect_uri,
                index="0",
                is_default="true",
            )
        ],
    )
    entity = md.EntityDescriptor(entity_id=entity_id, spsso_descriptor=role)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + str(entity).encode()


def _key_descriptor(certificate: x509.Certificate) -> md.KeyDescriptor:
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    shown = xmldsig.X509Data(x509_certificate=xmldsig.X509Certificate(text=der))
    return md.KeyDescriptor(use="signing", key_info=xmldsig.KeyInfo(x509_data=shown))


def _until(element: Element) -> datetime | None:
    told = element.attributes.get("validUntil")
    if told is None:
        return None
    try:
        until = datetime.fromisoformat(told)
    except ValueError as error:
        raise MetadataIsWrong("validUntil is no moment") from error
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def _keys(descriptor: Element) -> list[PublicKey]:
    """The keys of the certificates that *descriptor* shows for signing, of an accepted kind.

    A certificate that ended still shows its key: the file says whom to believe, not its dates.
    """
    if descriptor.attributes.get("use", "signing") != "signing":
        return []
    keys = []
    for one in descriptor.everything():
        if one.name != f"{{{DS}}}X509Certificate":
            continue
        try:
            der = base64.b64decode("".join(one.text.split()), validate=True)
            key = x509.load_der_x509_certificate(der).public_key()
        except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
            raise MetadataIsWrong("a certificate that cannot be read") from error
        if is_strong(key):
            keys.append(key)
    return keys


def _location(role: Element, service: str, attribute: str) -> str:
    """The address of *service* by redirection, or nothing."""
    for one in role.all_named(f"{{{_MD}}}{service}"):
        if one.attributes.get("Binding") == BINDING_HTTP_REDIRECT:
            return one.attributes.get(attribute, "")
    return ""
