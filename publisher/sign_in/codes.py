"""Codes that people copy from paper: written in groups, read whatever the case and the hyphens."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs: no I, O, 0 nor 1, which paper confuses."""
LENGTH = 10
"""Ten of them are 50 bits: with tries counted, nobody finds one in its 72 hours."""
GROUP = 5

_SEALED = 26


def new_code(draw: Callable[[int], int]) -> str:
    """A new code; *draw* gives a random number below the one it is given."""
    return "".join(ALPHABET[draw(len(ALPHABET))] for _sign in range(LENGTH))


def in_groups(code: str) -> str:
    """`ABCDE-FGHJK`."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def read_code(typed: str) -> str | None:
    """The code somebody typed, or None when it cannot be one."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return signs if len(signs) == LENGTH and set(signs) <= set(ALPHABET) else None


def code_digest(key: str, purpose: str, code: str) -> str:
    """What is kept of a code: without the key, nobody finds it by trying them all."""
    return hmac.new(key.encode(), f"{purpose}\0{code}".encode(), hashlib.sha256).hexdigest()


def code_in_link(code: str, keys: Sequence[str]) -> str:
    """*code* as the last part of an address, sealed with the last of *keys*."""
    return f"{code.lower()}-{_seal(code, keys[-1])}"


def code_of_link(part: str, keys: Sequence[str]) -> str | None:
    """The code of a link that was sealed with any of *keys*; None for anything else."""
    written, _hyphen, seal = part.partition("-")
    code = read_code(written)
    if code is None or code.lower() != written:
        return None
    given = seal.encode()
    if any(hmac.compare_digest(given, _seal(code, key).encode()) for key in keys):
        return code
    return None


def _seal(code: str, key: str) -> str:
    digest = hmac.digest(key.encode(), f"invitation\0{code}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode("ascii").lower()[:_SEALED]
