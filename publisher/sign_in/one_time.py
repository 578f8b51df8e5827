"""One-time codes of a telephone's application (TOTP, RFC 6238): secrets kept sealed, codes used once."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from os import urandom

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PERIOD_S = 30
STEPS_APART = 1
"""A code of the step before, or after, is accepted: telephones are late, and so are fingers."""

_NONCE_BYTES = 12
_KEY_BYTES = 32


def new_secret() -> str:
    """A new secret, 160 bits in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, account: str, issuer: str) -> str:
    """What the drawn square says to the application: `otpauth://…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The step whose code somebody typed, or None when it is no code of *secret* around *now*."""
    code = "".join(typed.split())
    current = int(now.timestamp()) // PERIOD_S
    application = pyotp.TOTP(secret)
    found = None
    for step in range(current - STEPS_APART, current + STEPS_APART + 1):
        if pyotp.utils.strings_equal(application.generate_otp(step), code):
            found = step
    return found


class Vault:
    """Seals secrets, each for one account: moved to another, it opens nothing.

    AES-256-GCM under a key that HKDF derives from a signing key. Every key opens, the last one
    seals: what an older key sealed is sealed again at its next use.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._boxes = [AESGCM(_derived(key)) for key in keys]

    def seal(self, secret: str, account: str) -> str:
        """*secret* as a text to keep."""
        nonce = urandom(_NONCE_BYTES)
        sealed = nonce + self._boxes[-1].encrypt(nonce, secret.encode(), account.encode())
        return urlsafe_b64encode(sealed).decode("ascii")

    def open(self, kept: str, account: str) -> str | None:
        """The secret that was sealed for *account*; None when it was not, or by no key of these."""
        try:
            raw = urlsafe_b64decode(kept.encode("ascii"))
        except ValueError:
            return None
        for box in self._boxes:
            try:
                return box.decrypt(
                    raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], account.encode()
                ).decode()
            except (InvalidTag, ValueError):
                continue
        return None


def _derived(key: str) -> bytes:
    derivation = HKDF(
        algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"preau one-time secrets"
    )
    return derivation.derive(key.encode())
