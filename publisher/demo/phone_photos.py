"""Photos as a phone makes them, drawn by the project: 12 megapixels, GPS, thumbnails, rotations.

They stand for what an animator sends, so they carry everything that must not survive: where
(in the middle of the sea), which phone, when, a thumbnail, a comment, XMP. Deterministic: the
same folder and count give the same bytes with the same libraries.
"""

import argparse
import io
import random
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pillow_heif
from PIL import Image, ImageOps

from publisher.demo.pictures import PICTURES, picture_file

PHONE_SIZE_PX: Final = (4032, 3024)
MAKER: Final = "Valmont Mobile"
MODEL: Final = "Pelote 12"
COMMENT: Final = "commentaire du telephone"
XMP: Final = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' dc:creator='Pelote XMP'/></rdf:RDF></x:xmpmeta>"
ORIENTATIONS: Final = (1, 6, 3, 8, 2, 5, 4, 7)
"""All eight, the common ones first: upright, quarter turn, upside down, other quarter turn."""

_STORED_FROM_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_QUARTER_TURNS: Final = frozenset({5, 6, 7, 8})
_TEXTURE_SIDE_PX: Final = 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the photos that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="scripts/make-phone-photos",
        description="Fabrique des photos de téléphone : 12 mégapixels, JPEG et HEIC, GPS, rotations.",
    )
    parser.add_argument("folder", type=Path, metavar="DOSSIER")
    parser.add_argument("--count", type=int, default=12, metavar="N", help="combien (12)")
    asked = parser.parse_args(arguments)
    for path in make_phone_photos(asked.folder, asked.count):
        sys.stdout.write(f"{path}\n")


def make_phone_photos(folder: Path, count: int = 12) -> list[Path]:
    """Write *count* photos in *folder*: every third one HEIC, the eight orientations in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        heic = number % 3 == 2  # noqa: PLR2004 (one in three)
        orientation = ORIENTATIONS[number % len(ORIENTATIONS)]
        path = folder / f"IMG_{number + 1:04}.{'HEIC' if heic else 'JPG'}"
        path.write_bytes(
            phone_photo(
                upright=enlarged_picture(number, portrait=orientation in _QUARTER_TURNS),
                orientation=orientation,
                heic=heic,
                profile=display_p3_profile() if number % 4 else None,
            )
        )
        paths.append(path)
    return paths


def enlarged_picture(number: int, *, portrait: bool = False) -> Image.Image:
    """One of the project's pictures at a phone's size, with the grain of a sensor."""
    name = list(PICTURES)[number % len(PICTURES)]
    size = PHONE_SIZE_PX[::-1] if portrait else PHONE_SIZE_PX
    with Image.open(picture_file(name)) as picture:
        large = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.BICUBIC)
    rng = random.Random(number)
    side = _TEXTURE_SIDE_PX
    tile = Image.frombytes("L", (side, side), rng.randbytes(side * side))
    texture = Image.new("L", size)
    for left in range(0, size[0], side):
        for top in range(0, size[1], side):
            texture.paste(tile, (left, top))
    return Image.blend(large, texture.convert("RGB"), 0.06)


def phone_photo(
    *, upright: Image.Image, orientation: int, heic: bool, profile: bytes | None = None
) -> bytes:
    """The bytes a phone would send of *upright*, held as *orientation* says (1 to 8)."""
    turn = _STORED_FROM_UPRIGHT.get(orientation)
    stored = upright if turn is None else upright.transpose(turn)
    thumbnail = io.BytesIO()
    stored.resize((160, 120)).save(thumbnail, format="JPEG", quality=60)
    exif = phone_exif(orientation, thumbnail.getvalue())
    out = io.BytesIO()
    if heic:
        pillow_heif.register_heif_opener()
        stored.save(
            out,
            format="HEIF",
            quality=50,
            exif=exif,
            xmp=XMP,
            icc_profile=profile,
            enc_params={"preset": "ultrafast"},
        )
    else:
        stored.save(
            out,
            format="JPEG",
            quality=88,
            exif=exif,
            xmp=XMP,
            comment=COMMENT.encode(),
            icc_profile=profile,
        )
    return out.getvalue()


def phone_exif(orientation: int, thumbnail: bytes) -> bytes:
    """EXIF as a phone writes it: maker, model, orientation, position, and a thumbnail.

    Written by hand because Pillow writes no thumbnail. The position is 0° N, 0° E.
    """
    texts = {0x010F: MAKER, 0x0110: MODEL, 0x0132: "2026:11:18 14:05:09"}
    zero_degrees = struct.pack(">6I", 0, 1, 0, 1, 0, 1)
    gps = [
        (0x0001, 2, 2, b"N\0"),
        (0x0002, 5, 3, zero_degrees),
        (0x0003, 2, 2, b"E\0"),
        (0x0004, 5, 3, zero_degrees),
    ]
    first = [(tag, 2, len(text) + 1, text.encode() + b"\0") for tag, text in texts.items()]
    first.append((0x0112, 3, 1, struct.pack(">H", orientation)))
    first_length = _directory_length([*first, (0x8825, 4, 1, b"\0" * 4)])
    gps_at = 8 + first_length
    second_at = gps_at + _directory_length(gps)
    second = [(0x0103, 3, 1, struct.pack(">H", 6))]
    thumbnail_at = second_at + _directory_length([*second, *[(0, 4, 1, b"\0" * 4)] * 2])
    second += [
        (0x0201, 4, 1, struct.pack(">I", thumbnail_at)),
        (0x0202, 4, 1, struct.pack(">I", len(thumbnail))),
    ]
    first.append((0x8825, 4, 1, struct.pack(">I", gps_at)))
    return (
        b"Exif\0\0MM\0*\0\0\0\x08"
        + _directory(sorted(first), at=8, following=second_at)
        + _directory(gps, at=gps_at)
        + _directory(second, at=second_at)
        + thumbnail
    )


_Entry = tuple[int, int, int, bytes]


def _directory_length(entries: Sequence[_Entry]) -> int:
    return 2 + 12 * len(entries) + 4 + sum(len(value) for *_, value in entries if len(value) > 4)  # noqa: PLR2004 (TIFF keeps four bytes in place)


def _directory(entries: Sequence[_Entry], *, at: int, following: int = 0) -> bytes:
    """One TIFF directory: its entries, where the next one is, then the values of over 4 bytes."""
    beside = at + 2 + 12 * len(entries) + 4
    lines, values = b"", b""
    for tag, kind, count, value in entries:
        if len(value) > 4:  # noqa: PLR2004 (TIFF keeps four bytes in place)
            place = struct.pack(">I", beside + len(values))
            values += value
        else:
            place = value.ljust(4, b"\0")
        lines += struct.pack(">HHI", tag, kind, count) + place
    return struct.pack(">H", len(entries)) + lines + struct.pack(">I", following) + values


_DISPLAY_P3_COLUMNS: Final = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
    b"wtpt": (0.96420, 1.0, 0.82491),
}
"""Display P3, its primaries adapted to D50 as ICC profiles ask."""

_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def display_p3_profile() -> bytes:
    """An ICC profile for Display P3, the colour space of recent phones, made from its figures."""
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + b"".join(map(_fixed, _SRGB_CURVE))
    text = b"Pelote P3"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(text) + 1) + text + b"\0" * 79,
        b"cprt": b"text\0\0\0\0domaine public\0\0",
        **{
            name: b"XYZ \0\0\0\0" + b"".join(map(_fixed, column))
            for name, column in _DISPLAY_P3_COLUMNS.items()
        },
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, content = struct.pack(">I", len(tags)), b""
    at = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value = value.ljust(-(-len(value) // 4) * 4, b"\0")  # noqa: PLW2901 (padded as ICC asks)
        table += name + struct.pack(">II", at + len(content), len(value))
        content += value
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sIIIIQ3I",
        at + len(content), b"\0" * 4, 0x02400000, b"mntr", b"RGB ", b"XYZ ",
        2026, 1, 1, 0, 0, 0, b"acsp", b"\0" * 4, 0, 0, 0, 0, 0, 0xF6D6, 0x10000, 0xD32D,
    )  # fmt: skip
    return header.ljust(128, b"\0") + table + content


def _fixed(value: float) -> bytes:
    """A number as ICC writes them: 16 bits before the point, 16 after."""
    return struct.pack(">i", round(value * 65536))


if __name__ == "__main__":
    main()
