"""The signature of one XML element: enveloped, of the whole of it, by a known key.

The mathematics is `xmlsec1`'s, a program of the machine. pysaml2 knows how to run it, but writes the
whole message to the machine's common temporary folder, waits for it without end, and logs the
message when it is refused: names of families would stay on a disk and in a log. Here it reads the
element from a pipe, and only a public key is ever in a file.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from publisher.sign_in.strict_xml import Element, written

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

DS = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE = f"{{{DS}}}Signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
MIN_RSA_BITS = 2048
MIN_CURVE_BITS = 256
XMLSEC = "xmlsec1"
RUN_LASTS_S = 5.0
"""Seconds `xmlsec1` may take: it needs some hundredths of one."""

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ALGORITHMS: dict[str, tuple[type[PublicKey], HashAlgorithm]] = {
    RSA_SHA256: (rsa.RSAPublicKey, SHA256()),
    f"{_MORE}rsa-sha384": (rsa.RSAPublicKey, SHA384()),
    f"{_MORE}rsa-sha512": (rsa.RSAPublicKey, SHA512()),
    f"{_MORE}ecdsa-sha256": (ec.EllipticCurvePublicKey, SHA256()),
    f"{_MORE}ecdsa-sha384": (ec.EllipticCurvePublicKey, SHA384()),
    f"{_MORE}ecdsa-sha512": (ec.EllipticCurvePublicKey, SHA512()),
}
"""Signatures by a key that only the source has: no HMAC, and nothing that rests on SHA-1."""
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
}
_CANONICAL = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = f"{DS}enveloped-signature"
_INCLUSIVE = f"{{{_CANONICAL}}}InclusiveNamespaces"


class NotSigned(Exception):
    """No known key signed this; the reason holds nothing of what it says."""


class VerifierIsMissing(Exception):
    """`xmlsec1` is not installed on this machine, or does not end."""


def is_strong(key: object) -> TypeGuard[PublicKey]:
    """Say whether *key* is of a kind that is believed: RSA of 2048 bits, or an elliptic curve."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= MIN_CURVE_BITS


def check_element(element: Element, keys: Sequence[PublicKey]) -> None:
    """Return when one of *keys* signed the whole of *element*, as it is here.

    The signature is the one it holds directly, and refers to it by its `ID`. What it says of its
    own key is not looked at. Raises NotSigned otherwise, and VerifierIsMissing.
    """
    found = element.all_named(SIGNATURE)
    if len(found) != 1:
        raise NotSigned("no signature of its own, or several")
    signature = found[0]
    kind = _kind_of_key(signature, element.attributes.get("ID", ""))
    bare = replace(
        signature,
        inside=tuple(one for one in signature.elements if one.name != f"{{{DS}}}KeyInfo"),
    )
    document = written(element.with_instead(signature, bare))
    if not any(_agrees(document, element.name, key) for key in keys if isinstance(key, kind)):
        raise NotSigned("by none of the keys of the metadata")


def check_text(text: bytes, signature: bytes, algorithm: str, keys: Sequence[PublicKey]) -> None:
    """Return when one of *keys* made *signature* of *text*. Raises NotSigned otherwise.

    An elliptic signature is its two numbers one after the other, as XML signatures have it.
    """
    if algorithm not in _ALGORITHMS:
        raise NotSigned("an algorithm that is not accepted")
    kind, digest = _ALGORITHMS[algorithm]
    if not any(_made(text, signature, digest, key) for key in keys if isinstance(key, kind)):
        raise NotSigned("by none of the keys of the metadata")


def _kind_of_key(signature: Element, identifier: str) -> type[PublicKey]:
    """The kind of key that *signature* needs, once it is all it must be, and of *identifier*."""
    names = [one.name.removeprefix(f"{{{DS}}}") for one in signature.elements]
    if names not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        raise NotSigned("a signature of another shape")
    signed = signature.elements[0]
    names = [one.name.removeprefix(f"{{{DS}}}") for one in signed.elements]
    if names != ["CanonicalizationMethod", "SignatureMethod", "Reference"]:
        raise NotSigned("not one reference")
    canonical, method, reference = signed.elements
    _check_canonical(canonical)
    if not identifier or reference.attributes.get("URI") != f"#{identifier}":
        raise NotSigned("a reference to something else")
    names = [one.name.removeprefix(f"{{{DS}}}") for one in reference.elements]
    if names != ["Transforms", "DigestMethod", "DigestValue"]:
        raise NotSigned("a reference of another shape")
    transforms, digest, _value = reference.elements
    if len(transforms.elements) != 2:  # noqa: PLR2004 (the two that SAML asks for)
        raise NotSigned("other transforms")
    enveloped, exclusive = transforms.elements
    if _algorithm(enveloped) != _ENVELOPED or enveloped.elements:
        raise NotSigned("other transforms")
    _check_canonical(exclusive)
    if _algorithm(digest) not in _DIGESTS or digest.elements:
        raise NotSigned("a digest that is not accepted")
    if _algorithm(method) not in _ALGORITHMS or method.elements:
        raise NotSigned("an algorithm that is not accepted")
    return _ALGORITHMS[_algorithm(method)][0]


def _check_canonical(element: Element) -> None:
    if _algorithm(element) != _CANONICAL:
        raise NotSigned("another canonical form")
    if any(one.name != _INCLUSIVE or one.elements for one in element.elements):
        raise NotSigned("another canonical form")


def _algorithm(element: Element) -> str:
    return element.attributes.get("Algorithm", "")


def _agrees(document: bytes, name: str, key: PublicKey) -> bool:
    """Say whether `xmlsec1` finds the root of *document*, whose name is *name*, signed by *key*."""
    program = shutil.which(XMLSEC)
    if program is None:
        raise VerifierIsMissing(f"{XMLSEC} is not installed")
    namespace, _brace, local = name.removeprefix("{").partition("}")
    with TemporaryDirectory(prefix="preau-") as folder:
        pem = Path(folder) / "key.pem"
        pem.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        command = (
            *(program, "--verify", "--enabled-reference-uris", "same-doc"),
            # No key is taken from the message: this kind stands in files alone.
            *("--enabled-key-data", "raw-x509-cert", "--pubkey-pem", str(pem)),
            *("--id-attr:ID", f"{namespace}:{local}"),
            *("--node-xpath", f"/*/*[local-name()='Signature' and namespace-uri()='{DS}']"),
            "-",
        )
        try:
            run = subprocess.run(  # noqa: S603 (no shell, and nothing from the message in it)
                command,
                input=document,
                capture_output=True,
                check=False,
                timeout=RUN_LASTS_S,
                env={"PATH": os.defpath, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            raise VerifierIsMissing(f"{XMLSEC} does not end") from None
    return run.returncode == 0


def _made(text: bytes, signature: bytes, digest: HashAlgorithm, key: PublicKey) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, text, padding.PKCS1v15(), digest)
            return True
        half = (key.curve.key_size + 7) // 8
        numbers = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        key.verify(utils.encode_dss_signature(*numbers), text, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True
