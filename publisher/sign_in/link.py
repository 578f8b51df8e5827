"""A signed launch token, which a portal puts behind a tile: `…/retour/<source>?jeton=<token>`.

A JWS (RFC 7515) with the claims of a JWT (RFC 7519). docs/ent/lien-signe.md is the recipe that
a portal's vendor is given.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from publisher.model.source import LinkSource, SignInSource
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
from publisher.sign_in.strict_json import OneOfEach

PURPOSE = "entrer-dans-preau"
"""What the token says that it is for: another token of the portal's, for another use, is nothing."""
TOKEN_LASTS_S = 120
"""The longest between the making of a token and its end, and between either and now."""
CLOCKS_DIFFER_S = 30
"""How far ahead of ours the portal's clock may be. It is not added to a token's life."""
MIN_SECRET_LENGTH = 32
"""Characters of a shared secret: HMAC-SHA256 wants as many bytes as it makes (RFC 7518, 3.2)."""
MIN_RSA_BITS = 2048
MAX_TOKEN_LENGTH = 8000
MIN_PROOF_LENGTH, MAX_PROOF_LENGTH = 16, 255
"""Characters of `jti`: enough to be drawn at random."""
_PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"
_PEM = "-----BEGIN"
_OF_THE_PROTOCOL = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "purpose"})


class _KeyIsUnusable(Exception):
    """What the portal's secret file holds verifies no signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verifier:
    """A key, and the one algorithm that it is for, whatever a token's header says."""

    key: OctKey | RSAKey | ECKey
    algorithm: str


class SignedLink:
    """The method `link`. It keeps nothing: routes use each token once."""

    needs_secret = True
    token_parameter = "jeton"  # noqa: S105 (the name of a parameter)

    def begin(
        self, client: Client, login_hint: str | None, now: datetime
    ) -> Beginning | SignInFailed:
        """Send the person to the portal, whose tile sends them back."""
        return Beginning(address=_settings(client.source).address, state=secrets.token_urlsafe(24))

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        """Nobody comes back by an address alone: a token waits for a button to be pressed."""
        return SignInFailed(Why.CANCELLED, "no token")

    def receive(
        self, client: Client, message: Message, now: datetime
    ) -> Arrival | SourceSignOut | SignInFailed:
        """Who the token that the button posted names."""
        token = message.form.get(self.token_parameter, "")
        if message.method != "POST" or not token:
            return SignInFailed(Why.CANCELLED, "no token")
        if len(token) > MAX_TOKEN_LENGTH:
            return SignInFailed(Why.UNTRUSTED, "link: too long")
        try:
            verifier = _verifier(client.secret)
        except (_KeyIsUnusable, UnsupportedAlgorithm, ValueError):
            return SignInFailed(Why.UNTRUSTED, "link: the secret file holds no key that verifies")
        try:
            claims = jwt.decode(
                token, verifier.key, algorithms=[verifier.algorithm], decoder_cls=OneOfEach
            ).claims
        except (JoseError, ValueError) as error:
            return SignInFailed(Why.UNTRUSTED, f"link: {type(error).__name__}")
        wrong = _what_is_wrong(claims, client, now)
        if wrong:
            return SignInFailed(Why.UNTRUSTED, f"link: {wrong}")
        return Arrival(
            claims={name: claims[name] for name in claims if name not in _OF_THE_PROTOCOL},
            answers="",
            proof=claims["jti"],
            proof_until=datetime.fromtimestamp(claims["exp"] + TOKEN_LASTS_S, UTC),
        )

    def farewell(self, client: Client, return_to: str) -> str | None:
        """A portal has no sign-out that is known of."""
        return None


def _settings(source: SignInSource) -> LinkSource:
    """How the source is configured. Raises MethodIsWrong for a source of another method."""
    if not isinstance(source.protocol, LinkSource):
        raise MethodIsWrong(source.name)
    return source.protocol


def _verifier(secret: str) -> _Verifier:
    """The key that a secret file holds: a portal's public key in PEM, else a shared secret.

    A private key is the portal's alone, and is refused; so is any other PEM, which read as a
    shared secret would let in whoever knows it. Raises _KeyIsUnusable, or what the library does: ValueError,
    UnsupportedAlgorithm.
    """
    if not secret.startswith(_PEM):
        if len(secret) < MIN_SECRET_LENGTH:
            raise _KeyIsUnusable
        return _Verifier(key=OctKey.import_key(secret), algorithm="HS256")
    if not secret.startswith(_PUBLIC_KEY):
        raise _KeyIsUnusable
    public = load_pem_public_key(secret.encode())
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= MIN_RSA_BITS:
        return _Verifier(key=RSAKey.import_key(secret), algorithm="RS256")
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1":
        return _Verifier(key=ECKey.import_key(secret), algorithm="ES256")
    raise _KeyIsUnusable


def _what_is_wrong(claims: Mapping[str, object], client: Client, now: datetime) -> str:
    """Why *claims* let nobody in, naming no value; empty when they do."""
    if claims.get("iss") != _settings(client.source).issuer:
        return "another issuer (iss)"
    if claims.get("aud") != _public_address(client):
        return "for another place (aud)"
    if claims.get("purpose") != PURPOSE:
        return "for another purpose (purpose)"
    proof = claims.get("jti")
    if not isinstance(proof, str) or not MIN_PROOF_LENGTH <= len(proof) <= MAX_PROOF_LENGTH:
        return "nothing to count its use by (jti)"
    if not isinstance(claims.get("sub"), str):
        return "nobody named (sub)"
    return _what_is_late(claims, int(now.timestamp()))


def _what_is_late(claims: Mapping[str, object], now: int) -> str:
    made_at, ends_at = claims.get("iat"), claims.get("exp")
    if not _is_whole(made_at) or not _is_whole(ends_at):
        return "not dated (iat, exp)"
    if not made_at < ends_at <= made_at + TOKEN_LASTS_S:
        return "it lasts too long (iat, exp)"
    if made_at > now + CLOCKS_DIFFER_S:
        return "not made yet (iat)"
    if now >= ends_at or now > made_at + TOKEN_LASTS_S:
        return "it has ended (exp)"
    return ""


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _public_address(client: Client) -> str:
    parts = urlsplit(client.redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"
