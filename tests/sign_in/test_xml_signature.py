"""Signatures of elements, apart from what SAML makes of them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from publisher.sign_in.strict_xml import Element, read_strictly
from publisher.sign_in.xml_signature import (
    DS,
    NotSigned,
    PublicKey,
    check_element,
    check_text,
    is_strong,
)
from tests.sign_in.saml_provider import (
    ECDSA_SHA256,
    ENVELOPED,
    EXCLUSIVE,
    RSA_SHA256,
    SUBJECT,
    Answer,
    assertion,
    pair,
    signed,
)
from tests.sign_in.witness import witness_of_xmlsec

HONEST = Answer(now=datetime(2026, 11, 18, tzinfo=UTC), answers="_a", recipient="r", audience="a")
WITH_PREFIXES = (
    '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><x:InclusiveNamespaces'
    ' xmlns:x="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="ds saml"/></ds:Transform>'
)


def _keys(*names: str) -> tuple[PublicKey, ...]:
    return tuple(pair(name).key.public_key() for name in names)


def _signed(answer: Answer = HONEST, by: str = "rsa") -> str:
    return signed(assertion(answer), pair(by), "Assertion", answer)


def _read(xml: str) -> Element:
    return read_strictly(xml.encode(), 100_000)


def test_one_of_the_keys_is_enough() -> None:
    """The first, the last or a key of another kind, and no key at all is none."""
    element = _read(_signed())
    check_element(element, _keys("rsa"))
    check_element(element, _keys("ec", "other", "rsa"))
    for names in ((), ("ec",), ("other", "ec")):
        with pytest.raises(NotSigned, match="none of the keys"):
            check_element(element, _keys(*names))


def test_where_an_element_stands_changes_nothing() -> None:
    """Inside another, with other namespaces around it, the same element is as good."""
    around = f'<a:b xmlns:a="urn:a" xmlns="urn:b"><c/>{_signed()}</a:b>'
    (_c, element) = _read(around).elements
    check_element(element, _keys("rsa"))


def test_prefixes_may_be_listed() -> None:
    """`InclusiveNamespaces` beside the transform, as Shibboleth writes it."""
    xml = assertion(HONEST).replace(
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>', WITH_PREFIXES
    )
    check_element(_read(signed(xml, pair(), "Assertion", HONEST)), _keys("rsa"))


@pytest.mark.parametrize("reference", ["", "#_autre"])
def test_a_signature_is_of_the_element_that_holds_it(reference: str) -> None:
    """By its identifier: even a signature of the whole document, good as it is, is not one."""
    answer = Answer(now=HONEST.now, answers="_a", recipient="r", audience="a", reference=reference)
    if reference:
        xml = _signed().replace('URI="#_assertion"', f'URI="{reference}"')
    else:
        xml = _signed(answer)
    with pytest.raises(NotSigned, match="a reference to something else"):
        check_element(_read(xml), _keys("rsa"))


def test_a_second_signature_is_one_too_many() -> None:
    """Which of two was verified is not a question anybody gets to ask."""
    xml = re.sub(r"(?s)(<ds:Signature .*</ds:Signature>)", r"\1\1", _signed())
    with pytest.raises(NotSigned, match="or several"):
        check_element(_read(xml), _keys("rsa"))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda xml: re.sub(r"(<ds:SignatureM[^>]*)/>", r"\1><ds:X/></ds:SignatureMethod>", xml),
        lambda xml: xml.replace(ENVELOPED, EXCLUSIVE),
        lambda xml: xml.replace(f'Transform Algorithm="{EXCLUSIVE}"', 'Transform Algorithm="x"'),
        lambda xml: xml.replace(f'Method Algorithm="{EXCLUSIVE}"', 'Method Algorithm="x"'),
        lambda xml: xml.replace("xmlenc#sha256", "xmldsig#sha1"),
        lambda xml: xml.replace("#rsa-sha256", "#rsa-sha1"),
        lambda xml: xml.replace("</ds:SignedInfo>", "<ds:Manifest/></ds:SignedInfo>"),
        lambda xml: xml.replace("</ds:Signature>", "<ds:Object/></ds:Signature>"),
        lambda xml: xml.replace("</ds:Signature>", "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>"),
        lambda xml: xml.replace("<ds:DigestValue>", "<ds:DigestValue/><ds:DigestValue>"),
        lambda xml: re.sub(r"(<ds:Transform [^>]*signature\")/>", r"\1><ds:XPath/></ds:Transform>", xml),
        lambda xml: re.sub(r"(<ds:Transform [^>]*c14n#\")/>", r"\1><ds:XPath/></ds:Transform>", xml),
        lambda xml: re.sub(r"(<ds:DigestMethod [^>]*)/>", r"\1><ds:X/></ds:DigestMethod>", xml),
        lambda xml: re.sub(r"(<ds:Canonic[^>]*)/>", r"\1><ds:X/></ds:CanonicalizationMethod>", xml),
        lambda xml: xml.replace(f'xmlns:ds="{DS}"', 'xmlns:ds="urn:autre"'),
        lambda xml: xml.replace("<ds:Transforms>", "<ds:Transforms><ds:Transform/>"),
    ],
)  # fmt: skip
def test_a_signature_of_another_shape_is_none(wrong: Callable[[str], str]) -> None:
    """Nothing is in it but what SAML asks for."""
    good = _signed()
    assert wrong(good) != good
    with pytest.raises(NotSigned) as refusal:
        check_element(_read(wrong(good)), _keys("rsa"))
    # Seen for what it is, before any verifier is asked.
    assert "none of the keys" not in str(refusal.value)


def test_the_verifier_is_given_the_element_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what stood around it, nor what the signature says of its key; no key from a message."""
    seen = tmp_path / "seen"
    script = f'echo "$@" > {seen}\ntee -a {seen} | $TRUE "$@"'
    monkeypatch.setenv("PATH", witness_of_xmlsec(tmp_path / "bin", script))
    info = f"<ds:KeyInfo><ds:KeyName>{'x' * 20}</ds:KeyName></ds:KeyInfo>"
    answer = Answer(now=HONEST.now, answers="_a", recipient="r", audience="a", key_info=info)
    around = f"<autour>{_signed(answer)}</autour>"
    seen.unlink()  # what signing left there
    check_element(_read(around).elements[0], _keys("rsa"))
    given = seen.read_text("utf-8")
    assert SUBJECT in given
    assert "autour" not in given
    assert "KeyInfo" not in given
    assert "--enabled-key-data raw-x509-cert" in given
    assert "--enabled-reference-uris same-doc" in given


def test_texts_are_signed_by_an_algorithm_that_is_named() -> None:
    """Another algorithm, another key, another kind of key or another length is none."""
    with pytest.raises(NotSigned, match="algorithm"):
        check_text(b"x", b"", "http://www.w3.org/2000/09/xmldsig#rsa-sha1", _keys("rsa"))
    for algorithm, names in ((RSA_SHA256, ("ec", "rsa")), (ECDSA_SHA256, ("rsa", "ec"))):
        for signature in (b"", b"x", b"x" * 64, b"\0" * 64, b"x" * 256):
            with pytest.raises(NotSigned, match="none of the keys"):
                check_text(b"x", signature, algorithm, _keys(*names))


def test_only_strong_keys_are_believed() -> None:
    """RSA of 2048 bits, curves of 256; nothing else is a key."""
    assert is_strong(_keys("rsa")[0])
    assert is_strong(_keys("ec")[0])
    assert not is_strong(_keys("short")[0])
    assert not is_strong(ec.generate_private_key(ec.SECP224R1()).public_key())
    assert not is_strong(rsa)
