"""What becomes of the bytes a phone sends."""

import io
import struct
import threading
import zlib
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from publisher.demo.phone_photos import (
    COMMENT,
    MAKER,
    MODEL,
    display_p3_profile,
    phone_exif,
    phone_photo,
)
from publisher.model.photo import PHOTO_ID
from publisher.photos.prepare import (
    MAX_BYTES,
    Limits,
    PreparedPhoto,
    RefusedPhoto,
    image_format_of,
    is_bare_jpeg,
    new_photo_id,
    prepare_photo,
)
from publisher.photos.renditions import Size
from tests.photos.makers import EVERY_FORMAT, corners_of, encoded, four_corners

PHOTO = "abcdefghijklmnopqrstuvwxyz"
UPRIGHT = ["red", "green", "blue", "yellow"]


def prepared(raw: bytes) -> PreparedPhoto:
    """The photo made of *raw*, which must be taken."""
    outcome = prepare_photo(raw, PHOTO)
    assert isinstance(outcome, PreparedPhoto), outcome.mistake.sentence()
    return outcome


def refused(raw: bytes, **limits: float) -> str:
    """The sentence that says why *raw* is not taken."""
    outcome = prepare_photo(raw, PHOTO, limits=Limits(**limits))  # type: ignore[arg-type]  # whole where whole is asked
    assert isinstance(outcome, RefusedPhoto)
    assert outcome.mistake.where == "photo"
    return outcome.mistake.sentence()


@pytest.mark.parametrize("image_format", EVERY_FORMAT)
def test_every_format_becomes_a_safe_jpeg(image_format: str) -> None:
    """A picture of each format keeps its size and colours, as JPEG, master and renditions."""
    outcome = prepared(encoded(four_corners((1600, 1200)), image_format))
    assert outcome.photo.id == PHOTO
    assert (outcome.photo.master.width_px, outcome.photo.master.height_px) == (1600, 1200)
    assert [(one.name, one.width_px) for one in outcome.photo.renditions] == [
        ("480.jpg", 480),
        ("1080.jpg", 1080),
    ]
    assert set(outcome.files) == {"master.jpg", "480.jpg", "1080.jpg"}
    for one in (outcome.photo.master, *outcome.photo.renditions):
        content = outcome.files[one.name]
        assert corners_of(content) == UPRIGHT
        assert is_bare_jpeg(content, Size(one.width_px, one.height_px))


@pytest.mark.parametrize("heic", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright_exactly_once(orientation: int, *, heic: bool) -> None:
    """However the phone was held, the red corner ends at the top left, in every size."""
    size = (960, 1280) if orientation > 4 else (1280, 960)
    raw = phone_photo(upright=four_corners(size), orientation=orientation, heic=heic)
    outcome = prepared(raw)
    assert (outcome.photo.master.width_px, outcome.photo.master.height_px) == size
    assert [corners_of(content) for content in outcome.files.values()] == [UPRIGHT] * 3


def test_a_heic_that_says_it_only_in_exif_is_left_as_it_is() -> None:
    """The rotation of HEIF is a property of its own: EXIF beside it is not believed twice."""
    raw = phone_photo(upright=four_corners(), orientation=1, heic=True)
    lying = raw.replace(phone_exif(1, b"")[6:60], phone_exif(6, b"")[6:60])
    assert corners_of(prepared(lying).files["master.jpg"]) == UPRIGHT


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "AVIF"])
def test_other_formats_are_turned_by_their_exif(image_format: str, orientation: int) -> None:
    """PNG, WebP and AVIF may say how they were held, and are turned too."""
    turns = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    stored = four_corners()
    if orientation in turns:
        stored = stored.transpose(turns[orientation])
    raw = encoded(stored, image_format, exif=phone_exif(orientation, b""))
    assert corners_of(prepared(raw).files["master.jpg"]) == UPRIGHT


@pytest.mark.parametrize("image_format", EVERY_FORMAT)
def test_nothing_of_the_senders_metadata_survives(image_format: str) -> None:
    """No EXIF, position, maker, XMP, ICC profile, comment or thumbnail is in any output byte."""
    profile = display_p3_profile()
    options: dict[str, object] = {"icc_profile": profile}
    if image_format == "GIF":
        options = {"comment": COMMENT.encode()}
    elif image_format == "PNG":
        options |= {"exif": phone_exif(1, b"vignette cachee")}
    else:
        options |= {
            "exif": phone_exif(1, b"vignette cachee"),
            "xmp": b"<x:xmpmeta>Pelote XMP</x:xmpmeta>",
        }
    if image_format == "JPEG":
        options |= {"comment": COMMENT.encode()}
    raw = encoded(four_corners((900, 600)), image_format, **options)
    marks = [
        MAKER.encode(), MODEL.encode(), COMMENT.encode(), b"Pelote", b"vignette", b"Exif",
        b"xmpmeta", b"ICC_PROFILE", b"acsp", b"GPS",
    ]  # fmt: skip
    assert any(mark in raw for mark in marks)
    outcome = prepared(raw)
    for content in outcome.files.values():
        assert not [mark for mark in marks if mark in content]
        read = Image.open(io.BytesIO(content))
        assert not read.getexif()
        assert set(read.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_display_p3_is_converted_to_srgb() -> None:
    """A green of Display P3 keeps its look: its figures change, because its space does."""
    colour = (80, 200, 90)
    plain = Image.new("RGB", (64, 64), colour)
    same = Image.open(io.BytesIO(prepared(encoded(plain, "PNG")).files["master.jpg"]))
    raw = encoded(plain, "PNG", icc_profile=display_p3_profile())
    converted = Image.open(io.BytesIO(prepared(raw).files["master.jpg"]))
    assert _near(same.getpixel((32, 32)), colour)
    # by hand: linear (.080, .578, .102) times the matrix from P3 to sRGB is (-.03, .598, .065)
    assert _near(converted.getpixel((32, 32)), (0, 203, 72))


def _near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= 4 for one, other in zip(pixel, colour, strict=True))


def test_a_profile_that_cannot_be_read_is_left_aside() -> None:
    """A picture is worth more than its broken colour profile."""
    raw = encoded(four_corners(), "JPEG", icc_profile=b"not a profile at all" * 20)
    assert corners_of(prepared(raw).files["master.jpg"]) == UPRIGHT


@pytest.mark.parametrize("level", [0, 16_384, 32_768, 65_535])
def test_a_grey_of_sixteen_bits_keeps_its_lightness(level: int) -> None:
    """A 16-bit grey is scaled to 8 bits, not cut off at 255."""
    image = Image.new("I;16", (40, 40), level)
    out = io.BytesIO()
    image.save(out, format="PNG")
    pixel = Image.open(io.BytesIO(prepared(out.getvalue()).files["master.jpg"])).getpixel((20, 20))
    assert _near(pixel, (level // 257,) * 3)


def test_a_colour_of_sixteen_bits_is_read() -> None:
    """A PNG of 16 bits a channel is a picture like another."""
    row = b"\0" + struct.pack(">3H", 220 * 257, 30 * 257, 30 * 257) * 32
    raw = _png(struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0), zlib.compress(row * 32))
    assert corners_of(prepared(raw).files["master.jpg"]) == ["red"] * 4


def test_print_colours_are_converted() -> None:
    """A CMYK JPEG, as a printer sends it, is shown in its colours."""
    raw = encoded(four_corners().convert("CMYK"), "JPEG")
    assert corners_of(prepared(raw).files["master.jpg"]) == UPRIGHT


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    """Black and white, grey, palette, with or without transparency."""
    assert prepared(encoded(four_corners().convert(mode), "PNG")).photo.master.width_px == 320


def test_what_is_transparent_becomes_white() -> None:
    """Transparency is paper, in the picture and in its small sizes."""
    image = four_corners((1200, 900)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 600, 450))
    for content in prepared(encoded(image, "PNG")).files.values():
        assert _near(Image.open(io.BytesIO(content)).getpixel((20, 20)), (255, 255, 255))


def test_a_transparent_colour_of_a_palette_becomes_white() -> None:
    """A GIF's transparent colour is paper too."""
    image = Image.new("P", (60, 60), 3)
    image.putpalette([10, 20, 30] * 4)
    out = io.BytesIO()
    image.save(out, format="GIF", transparency=3)
    read = Image.open(io.BytesIO(prepared(out.getvalue()).files["master.jpg"]))
    assert _near(read.getpixel((30, 30)), (255, 255, 255))


def test_an_animation_gives_its_first_picture() -> None:
    """Only the first frame of a GIF is kept."""
    out = io.BytesIO()
    second = Image.new("RGB", (320, 240), "black")
    four_corners().save(out, format="GIF", save_all=True, append_images=[second] * 5)
    assert corners_of(prepared(out.getvalue()).files["master.jpg"]) == UPRIGHT


def test_a_second_picture_inside_a_jpeg_is_never_looked_at() -> None:
    """A phone's JPEG may hold another picture (MPF): the first one is the photo."""
    out = io.BytesIO()
    hidden = Image.new("RGB", (320, 240), "black")
    four_corners().save(out, format="MPO", save_all=True, append_images=[hidden])
    outcome = prepared(out.getvalue())
    assert corners_of(outcome.files["master.jpg"]) == UPRIGHT
    assert b"MPF" not in outcome.files["master.jpg"]


def test_a_small_picture_is_not_enlarged() -> None:
    """A picture narrower than a width keeps its own, and is there once."""
    outcome = prepared(encoded(four_corners((300, 200)), "JPEG"))
    assert [(one.name, one.width_px) for one in outcome.photo.renditions] == [("480.jpg", 300)]


def test_a_page_hidden_behind_a_photo_does_not_survive() -> None:
    """A file that is a photo and a page at once comes out as a photo, and nothing else."""
    page = b"<html><script>alert(1)</script></html>"
    raw = encoded(four_corners(), "JPEG", comment=page) + page + b"PK\x03\x04%PDF-1.4"
    for content in prepared(raw).files.values():
        for mark in (b"<html", b"<script", b"PK\x03\x04", b"%PDF"):
            assert mark not in content


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "vide"),
        (b"\0" * 10, "JPEG, PNG, WebP, GIF, AVIF ou HEIC"),
        (b"%PDF-1.7\n%abc", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "dessin"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "dessin"),
        (b"<!DOCTYPE html><html></html>", "page"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 64, "vidéo"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0" * 64, "vidéo"),
        (b"\x1a\x45\xdf\xa3" + b"\0" * 64, "vidéo"),
        (b"BM" + b"\0" * 64, "JPEG"),
        (b"II*\0" + b"\0" * 64, "JPEG"),
    ],
)
def test_what_is_not_a_photo_is_refused_with_a_reason(raw: bytes, words: str) -> None:
    """Whatever a file is called, what it is decides; the reason says what to do."""
    assert words in refused(raw)


def test_a_file_that_is_too_heavy_is_refused_before_it_is_opened() -> None:
    """Over 40 million bytes nothing is decoded."""
    sentence = refused(b"\xff\xd8\xff" + b"\0" * MAX_BYTES)
    assert "41 Mo" in sentence
    assert "40 Mo" in sentence


@pytest.mark.parametrize("image_format", EVERY_FORMAT)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.97])
def test_a_file_cut_short_is_refused(image_format: str, part: float) -> None:
    """A photo that did not arrive whole is refused rather than shown half grey."""
    raw = encoded(four_corners((640, 480)).effect_spread(9), image_format)
    assert "abîmée ou incomplète" in refused(raw[: int(len(raw) * part) + 12])


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xd8\xff\xe0" + b"garbage" * 90, b"\x89PNG\r\n\x1a\n" + b"x" * 500, b"GIF89a" + b"\xff" * 90,
     b"RIFF\x20\0\0\0WEBPVP8 " + b"\xff" * 60, b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + b"\xff" * 90,
     b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\xff" * 90],
    ids=["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"],
)  # fmt: skip
def test_garbage_behind_a_good_beginning_is_refused(raw: bytes) -> None:
    """The first bytes of a format are not enough."""
    assert "abîmée" in refused(raw)


def _png(header: bytes, content: bytes) -> bytes:
    def chunk(name: bytes, inside: bytes) -> bytes:
        length = struct.pack(">I", len(inside))
        return length + name + inside + struct.pack(">I", zlib.crc32(name + inside))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", content)
        + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_from_its_header() -> None:
    """A PNG of 400 megapixels in a few bytes is not decoded."""
    raw = _png(
        struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0), zlib.compress(b"\0" * 100_000)
    )
    sentence = refused(raw)
    assert "400 millions" in sentence
    assert "64 au plus" in sentence


def test_a_baseline_jpeg_may_be_larger_than_a_progressive_one() -> None:
    """A baseline JPEG is decoded scaled and cheap; a progressive one is held whole in memory."""
    large = Image.new("RGB", (10_000, 7_000), "orange")
    assert prepared(encoded(large, "JPEG")).photo.master.width_px <= 2048
    assert "70 millions" in refused(encoded(large, "JPEG", progressive=True))


def test_a_baseline_jpeg_has_a_limit_too() -> None:
    """Over 150 megapixels even a baseline JPEG is refused, from its header."""
    raw = bytearray(encoded(Image.new("RGB", (64, 64)), "JPEG"))
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = struct.pack(">HH", 15_000, 15_000)
    assert "225 millions" in refused(bytes(raw))


def test_a_child_out_of_memory_is_a_refusal() -> None:
    """The memory limit stops the child; the animator reads a sentence."""
    raw = encoded(Image.new("RGB", (6000, 6000), "orange"), "PNG")
    assert "trop grande" in refused(raw, memory_bytes=160_000_000)


def test_a_child_that_cannot_even_begin_is_a_refusal() -> None:
    """A limit too low for the decoder itself is a refusal, not a crash."""
    assert refused(encoded(four_corners(), "HEIF"), memory_bytes=1_000_000)


def test_a_child_out_of_time_is_a_refusal() -> None:
    """A photo that would take longer than it may is refused, and its child is gone."""
    assert "trop de temps" in refused(encoded(four_corners(), "JPEG"), wall_s=0.001)


def test_nothing_is_written_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone's bytes go through a pipe: the temporary folder stays empty, and so does the child's."""
    for name in ("TMPDIR", "TEMP", "TMP", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for image_format in EVERY_FORMAT:
        prepared(encoded(four_corners((800, 600)), image_format))
    assert list(tmp_path.iterdir()) == []


def test_many_photos_at_once_are_all_prepared() -> None:
    """More photos than processors wait their turn, and none is lost."""
    raws = [encoded(four_corners((400 + 20 * n, 300)), "JPEG") for n in range(8)]
    widths: dict[int, int] = {}

    def prepare(number: int) -> None:
        widths[number] = prepared(raws[number]).photo.master.width_px

    threads = [threading.Thread(target=prepare, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == {number: 400 + 20 * number for number in range(8)}


def test_ids_are_random_and_well_formed() -> None:
    """An id is 26 letters of base 32 made of 128 random bits, and says nothing of the picture."""
    ids = {new_photo_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(PHOTO_ID.match(one) for one in ids)
    assert new_photo_id(lambda count: b"\0" * count) == "a" * 26


def test_a_jpeg_that_carries_more_than_pixels_is_not_bare() -> None:
    """What the child answers is checked: a comment, EXIF, a profile, a tail or a wrong size shows."""
    size = Size(320, 240)
    image = four_corners()
    assert is_bare_jpeg(encoded(image, "JPEG"), size)
    assert not is_bare_jpeg(encoded(image, "JPEG"), Size(240, 320))
    assert not is_bare_jpeg(encoded(image, "JPEG", comment=b"x"), size)
    assert not is_bare_jpeg(encoded(image, "JPEG", exif=phone_exif(1, b"")), size)
    assert not is_bare_jpeg(encoded(image, "JPEG", icc_profile=display_p3_profile()), size)
    assert not is_bare_jpeg(encoded(image, "JPEG") + b"tail", size)
    assert not is_bare_jpeg(encoded(image, "JPEG")[:-2], size)
    assert not is_bare_jpeg(b"", size)
    assert not is_bare_jpeg(encoded(image, "PNG"), size)


def test_a_format_is_known_by_its_content() -> None:
    """Each format is recognised by its first bytes; a mif1 file by what it says it is compatible with."""
    for image_format in EVERY_FORMAT:
        assert image_format_of(encoded(four_corners(), image_format)) == image_format
    assert image_format_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf" + b"\0" * 20) == "HEIF"
    assert image_format_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + b"\0" * 20) == "AVIF"
    assert image_format_of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf") is None


def test_the_heif_library_has_its_known_faults_repaired() -> None:
    """A libheif below 1.22.1 put neighbouring memory into pixels (CVE-2026-32882)."""
    version = tuple(map(int, pillow_heif.libheif_version().split(".")))
    assert version >= (1, 22, 1)
