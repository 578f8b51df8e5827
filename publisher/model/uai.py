"""UAI: the code of a French school, seven digits and a control letter."""

import re

_SHAPE = re.compile(r"\d{7}[A-Z]\Z")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def is_uai(code: str) -> bool:
    """Say whether *code* has the shape of a UAI; its letter may still be wrong."""
    return _SHAPE.match(code) is not None


def control_letter(digits: str) -> str:
    """The letter that seven *digits* call for (the number modulo 23, without I, O and Q)."""
    return _LETTERS[int(digits) % len(_LETTERS)]


def has_right_letter(code: str) -> bool:
    """Say whether the control letter of a well-shaped *code* is the right one."""
    return code[7] == control_letter(code[:7])
