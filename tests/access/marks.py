"""Marks: a word that is in one post only, and a pattern of pixels that is in one photo only.

The pattern survives JPEG: 48 squares of black and white, a number and its contrary.
"""

import re
from io import BytesIO

from PIL import Image

_SQUARE_PX, _ACROSS, _DOWN = 8, 8, 6
_BITS = _ACROSS * _DOWN // 2
_WORD = re.compile(rb"marque-[a-z]{8}-fin")
_JPEG = b"\xff\xd8\xff"


def word(number: int) -> str:
    """The word of post *number*: letters only, so that it can be part of an address."""
    letters = "".join(chr(ord("a") + (number >> shift) % 16) for shift in range(0, 32, 4))
    return f"marque-{letters}-fin"


def photo_id(number: int) -> str:
    """A photo's id, made of 26 letters, that is a mark too."""
    return word(number).replace("-", "").ljust(26, "z")


def picture(number: int) -> bytes:
    """A JPEG whose pixels say *number*."""
    image = Image.new("L", (_ACROSS * _SQUARE_PX, _DOWN * _SQUARE_PX))
    for place in range(2 * _BITS):
        bit = number >> (place % _BITS) & 1
        shade = 235 if bit ^ (place >= _BITS) else 20
        left, top = place % _ACROSS * _SQUARE_PX, place // _ACROSS * _SQUARE_PX
        image.paste(shade, (left, top, left + _SQUARE_PX, top + _SQUARE_PX))
    target = BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=85)
    return target.getvalue()


def number_in(picture: bytes) -> int | None:
    """The number a picture's pixels say, or None when they say none."""
    image = Image.open(BytesIO(picture)).convert("L").resize((_ACROSS, _DOWN), Image.Resampling.BOX)
    bits = [shade > 128 for shade in image.tobytes()]
    first, second = bits[:_BITS], bits[_BITS:]
    if any(one is other for one, other in zip(first, second, strict=True)):
        return None
    return sum(bit << place for place, bit in enumerate(first))


def marks_in(body: bytes) -> frozenset[str]:
    """Every mark in an answer: words anywhere, and what a picture's pixels say."""
    found = {match.decode() for match in _WORD.findall(body)}
    found |= {f"photo {match.decode()}" for match in re.findall(rb"marque[a-z]{8}finz{9}", body)}
    if body.startswith(_JPEG):
        number = number_in(body)
        if number is not None:
            found.add(f"pixels {number}")
    return frozenset(found)
