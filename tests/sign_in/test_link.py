"""A portal's launch token: what is believed of it, and everything that is not."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from publisher.model.source import LinkSource, SignInSource
from publisher.sign_in.link import (
    CLOCKS_DIFFER_S,
    MAX_TOKEN_LENGTH,
    PURPOSE,
    TOKEN_LASTS_S,
    SignedLink,
)
from publisher.sign_in.method import Arrival, Beginning, Client, Message, SignInFailed, Why
from tests.sign_in.hostile import handmade

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
PUBLIC_URL = "https://loisirs.ville.example"
SHARED = "un-secret-partage-de-quarante-caracteres"
RSA, EC = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
CLIENT = Client(
    source=SignInSource(
        name="portail",
        label="Portail famille",
        method="link",
        protocol=LinkSource(
            address="https://portail.ville.example/", issuer="https://portail.ville.example"
        ),
    ),
    secret=SHARED,
    redirect_uri=f"{PUBLIC_URL}/retour/portail",
    sign_out_uri=f"{PUBLIC_URL}/sortie/portail",
    folder=Path("centres"),
)


def pem(key: RSAKey | ECKey, *, private: bool = False) -> str:
    """What a key's file holds."""
    return key.as_pem(private=private).decode().strip()


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """The public half, as a file holds it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode().strip()


def claims(**changes: object) -> dict[str, object]:
    """What a true token says, with *changes*; one that is None is left out."""
    now = int(NOW.timestamp())
    said: dict[str, object] = {
        "iss": "https://portail.ville.example",
        "aud": PUBLIC_URL,
        "purpose": PURPOSE,
        "iat": now,
        "exp": now + 60,
        "jti": "0123456789abcdef",
        "sub": "famille-42",
        "ENTPersonProfils": "National_TUT",
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def signed(
    said: dict[str, object], key: OctKey | RSAKey | ECKey | None = None, alg: str = "HS256"
) -> str:
    """A token that says that."""
    return jwt.encode({"alg": alg}, said, key or OctKey.import_key(SHARED), algorithms=[alg])


def heard(token: str, client: Client = CLIENT, now: datetime = NOW) -> object:
    """What comes of a token that somebody's button posts."""
    message = Message(method="POST", query={}, form={"jeton": token}, content_type="", body=b"")
    return SignedLink().receive(client, message, now)


def test_a_true_token_says_who_comes() -> None:
    """Its claims are the person's, without those of the token; its use is counted past its end."""
    arrival = heard(signed(claims()))
    assert isinstance(arrival, Arrival)
    assert arrival.claims == {"sub": "famille-42", "ENTPersonProfils": "National_TUT"}
    assert (arrival.answers, arrival.session, arrival.proof) == ("", "", "0123456789abcdef")
    assert arrival.proof_until is not None
    assert arrival.proof_until > NOW + timedelta(seconds=TOKEN_LASTS_S)


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256")], ids=["RS256", "ES256"])
def test_a_portals_own_key_is_better_than_a_shared_secret(key: RSAKey | ECKey, alg: str) -> None:
    """With the portal's public key in the secret file, its signature is believed, and only its own."""
    client = replace(CLIENT, secret=pem(key))
    assert isinstance(heard(signed(claims(), key, alg), client), Arrival)
    stranger = RSAKey.generate_key(2048) if key is RSA else ECKey.generate_key("P-256")
    assert isinstance(heard(signed(claims(), stranger, alg), client), SignInFailed)


_WHEN = int(NOW.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "https://other.example"},
        {"iss": ["https://portail.ville.example"]},
        {"aud": None},
        {"aud": "https://loisirs.autre.example"},
        {"aud": f"{PUBLIC_URL}/"},
        {"aud": [PUBLIC_URL, "https://other.example"]},
        {"purpose": None},
        {"purpose": "changer-de-mot-de-passe"},
        {"jti": None},
        {"jti": ""},
        {"jti": "short"},
        {"jti": "x" * 256},
        {"jti": ["0123456789abcdef"]},
        {"sub": None},
        {"sub": ["famille-42", "famille-43"]},
        {"iat": None},
        {"exp": None},
        {"iat": str(_WHEN)},
        {"exp": str(_WHEN + 60)},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": _WHEN},
        {"exp": _WHEN - 1, "iat": _WHEN - 60},
        {"exp": _WHEN + TOKEN_LASTS_S + 1},
        {"iat": _WHEN - TOKEN_LASTS_S, "exp": _WHEN + 1},
        {"iat": _WHEN - 3600, "exp": _WHEN + 60},
        {"iat": _WHEN + CLOCKS_DIFFER_S + 1, "exp": _WHEN + 100},
        {"iat": _WHEN + 60, "exp": _WHEN + 30},
        {"iat": _WHEN + CLOCKS_DIFFER_S, "exp": _WHEN + 10},
    ],
    ids=str,
)
def test_a_token_for_another_use_or_moment_is_refused(changes: dict[str, object]) -> None:
    """Issuer, audience, purpose, count, person, and two minutes at most: each is needed."""
    refused = heard(signed(claims(**changes)))
    assert isinstance(refused, SignInFailed)
    assert refused.why is Why.UNTRUSTED


def test_two_minutes_are_two_minutes() -> None:
    """A token is good until its end, or two minutes after it was made, and not a second more."""
    token = signed(claims(exp=_WHEN + TOKEN_LASTS_S))
    for seconds, good in ((-CLOCKS_DIFFER_S, True), (0, True), (119, True), (120, False)):
        came = heard(token, now=NOW + timedelta(seconds=seconds))
        assert isinstance(came, Arrival) is good, seconds
    assert isinstance(heard(token, now=NOW - timedelta(seconds=CLOCKS_DIFFER_S + 1)), SignInFailed)


_PUBLIC = pem(RSA)
_BARE = json.dumps(claims()).encode()


@pytest.mark.parametrize(
    ("secret", "make"),
    [
        (SHARED, lambda: handmade({"alg": "none"}, _BARE)),
        (SHARED, lambda: handmade({"alg": "HS256"}, _BARE, b"")),
        (SHARED, lambda: handmade({"alg": "HS256"}, _BARE, b"another")),
        (SHARED, lambda: signed(claims(), alg="HS512")),
        (SHARED, lambda: signed(claims(), RSA, "RS256")),
        (SHARED, lambda: signed(claims())[:-4] + "AAAA"),
        (SHARED, lambda: f"{signed(claims())}.x.y"),
        (SHARED, lambda: "not a token"),
        (SHARED, lambda: signed(claims(more="x" * MAX_TOKEN_LENGTH))),
        (
            SHARED,
            lambda: handmade({"alg": "HS256"}, b'{"sub": "x", ' + _BARE[1:], SHARED.encode()),
        ),
        (_PUBLIC, lambda: handmade({"alg": "none"}, _BARE)),
        (_PUBLIC, lambda: handmade({"alg": "HS256"}, _BARE, _PUBLIC.encode())),
        (_PUBLIC, lambda: handmade({"alg": "HS256"}, _BARE, f"{_PUBLIC}\n".encode())),
        (_PUBLIC, lambda: signed(claims(), RSA, "PS256")),
        (_PUBLIC, lambda: signed(claims(), EC, "ES256")),
    ],
    ids=[
        *("unsigned", "empty signature", "another secret", "another algorithm", "a key of its own"),
        *("retouched", "encrypted", "no token", "huge", "a name twice"),
        *("unsigned, public key", "public key as secret", "the same with its last line"),
        *("another algorithm, public key", "another kind of key"),
    ],
)
def test_only_the_portals_own_signature_is_believed(secret: str, make: Callable[[], str]) -> None:
    """The file's key says the algorithm, never the token: nothing can be taken for another."""
    refused = heard(make(), replace(CLIENT, secret=secret))
    assert isinstance(refused, SignInFailed)
    assert refused.why is Why.UNTRUSTED


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        "x" * 31,
        "",
        pem(RSA, private=True),
        pem(EC, private=True),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=[
        *("short", "a character too few", "empty", "private RSA", "private EC", "certificate"),
        *("broken", "another curve"),
    ],
)
def test_a_file_that_verifies_nothing_lets_nobody_in(secret: str) -> None:
    """A secret too short, a private key or another PEM: whatever is signed with it is refused."""
    said = json.dumps(claims()).encode()
    client = replace(CLIENT, secret=secret)
    for token in (signed(claims()), handmade({"alg": "HS256"}, said, secret.encode())):
        refused = heard(token, client)
        assert isinstance(refused, SignInFailed)
        assert refused.why is Why.UNTRUSTED


def test_a_key_that_can_be_broken_lets_nobody_in() -> None:
    """1024 bits are within reach of somebody with means: its own true signature is refused."""
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 (what is refused)
    unsigned = handmade({"alg": "RS256"}, json.dumps(claims()).encode()).rstrip(".")
    signature = weak.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
    token = f"{unsigned}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert isinstance(heard(token, replace(CLIENT, secret=pem_of(weak))), SignInFailed)


def test_a_door_leads_to_the_portal() -> None:
    """The button at Préau's door opens the portal; no address alone lets anybody in."""
    begun = SignedLink().begin(CLIENT, None, NOW)
    assert isinstance(begun, Beginning)
    assert begun.address == "https://portail.ville.example/"
    token = signed(claims())
    came = SignedLink().complete(CLIENT, begun, {"jeton": token}, NOW)
    assert came == SignInFailed(Why.CANCELLED, "no token")
    for form in ({}, {"jeton": token}):
        asked = Message(method="GET", query={"jeton": token}, form=form, content_type="", body=b"")
        assert isinstance(SignedLink().receive(CLIENT, asked, NOW), SignInFailed)
    assert SignedLink().farewell(CLIENT, PUBLIC_URL) is None
