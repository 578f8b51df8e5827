"""Images of every format, made for the tests."""

import io
from collections.abc import Mapping

import pillow_heif
from PIL import Image

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (30, 60, 220), (250, 220, 40)

EVERY_FORMAT: Mapping[str, Mapping[str, object]] = {
    "JPEG": {"quality": 92},
    "PNG": {},
    "WEBP": {"quality": 92},
    "GIF": {},
    "AVIF": {"quality": 80, "speed": 9},
    "HEIF": {"quality": 80, "enc_params": {"preset": "ultrafast"}},
}


def four_corners(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Red top left, green top right, blue bottom left, yellow bottom right."""
    width, height = size
    image = Image.new("RGB", size)
    for colour, left, top in (
        (RED, 0, 0),
        (GREEN, width // 2, 0),
        (BLUE, 0, height // 2),
        (YELLOW, width // 2, height // 2),
    ):
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    """*image* in one format."""
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, format=image_format, **{**EVERY_FORMAT[image_format], **options})
    return out.getvalue()


def corners_of(content: bytes) -> list[str]:
    """The names of the colours at the four corners: top left, top right, bottom left, bottom right."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    right, bottom = image.width - 12, image.height - 12
    return [
        _name(image.getpixel(place))
        for place in ((11, 11), (right, 11), (11, bottom), (right, bottom))
    ]


def _name(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    named = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}

    def distance(name: str) -> int:
        return sum(abs(one - other) for one, other in zip(pixel, named[name], strict=True))

    return min(named, key=distance)
