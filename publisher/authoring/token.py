"""The token of a form (`jeton`): a POST without the one of its own sign-in changes nothing.

It is a seal of the sign-in's random id, so that nothing need be stored, and it ends with it.
"""

import hmac
from collections.abc import Sequence

FIELD = "jeton"
HEADER = "X-Jeton"


def token_of(sign_in: str, keys: Sequence[str]) -> str:
    """The token of one sign-in, sealed with the last of *keys*, the one that signs."""
    return _seal(sign_in, keys[-1])


def is_token_of(text: str, sign_in: str, keys: Sequence[str]) -> bool:
    """Say whether *text* is the token of *sign_in* under any of *keys*."""
    given = text.encode()
    return any(hmac.compare_digest(given, _seal(sign_in, key).encode()) for key in keys)


def _seal(sign_in: str, key: str) -> str:
    return hmac.new(key.encode(), b"jeton\0" + sign_in.encode(), "sha256").hexdigest()
