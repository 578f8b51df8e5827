"""Codes on paper, for families without an ENT account: how they are made, written and read back."""

from collections.abc import Callable
from datetime import timedelta

from publisher.sign_in.codes import code_digest

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 signs: what is typed as O is 0, as I or L is 1, and no U makes a word of it."""
LENGTH = 12
"""Twelve of them are 60 bits: with ten thousand codes out, one try in 10¹⁴ is right."""
GROUP = 4
WRITTEN_LENGTH = 40
"""How much somebody may type: the code, with gaps and dashes to their taste."""

_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FREE = 60
_PACE = timedelta(seconds=2)

ALL_TOGETHER = "papier"
"""Under which the tries of everybody who is not signed in are counted: no address is kept."""
REMEMBERED_FOR = timedelta(minutes=15)


def new_paper_code(draw: Callable[[int], int]) -> str:
    """A new code; *draw* gives a random number below the one it is given."""
    return "".join(ALPHABET[draw(len(ALPHABET))] for _sign in range(LENGTH))


def written(code: str) -> str:
    """`7KQ4-M2XN-9RTC`."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def read_paper_code(typed: str) -> str | None:
    """The code somebody typed, whatever its case, gaps and look-alikes; None when it is none."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_MEANT)
    return signs if len(signs) == LENGTH and set(signs) <= set(ALPHABET) else None


def paper_digest(key: str, code: str) -> str:
    """What is kept of a code: without the instance's *key*, nobody finds it by trying them all."""
    return code_digest(key, "papier", code)


def wait_together(taken: int) -> timedelta:
    """How long after the *taken*-th wrong code of everybody together before the next is read.

    Sixty in a quarter of an hour are free; then one in two seconds, so that guessing takes for
    ever, and a family who comes meanwhile has only to press again.
    """
    return timedelta() if taken <= _FREE else _PACE
