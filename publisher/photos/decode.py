"""The child that opens one image, and dies: bytes on its input, safe JPEG bytes on its output.

The only code that opens images. Run by `prepare` as a program of its own, so that a decoder that
is led astray by one photo has never held another one, and owns nothing: it opens no file and
writes none, and its memory and time are limited before the first byte is decoded.

Protocol: `argv` is the format found by content, then the limits in bytes and seconds. The answer
is one line of JSON, then the files it lists, one after the other.
"""

import copy
import importlib
import io
import json
import resource
import sys
from typing import Final

from PIL import Image, ImageCms, ImageColor, TiffImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from publisher.photos.renditions import (
    MASTER,
    Size,
    jpeg_divisor,
    master_size,
    rendition_sizes,
    whole_divisor,
)

MAX_PIXELS: Final = 64_000_000
MAX_PIXELS_OF_BASELINE_JPEG: Final = 150_000_000
"""A baseline JPEG is decoded scaled, line by line: 144 megapixels take 50 MB, a PNG 660 MB."""

MASTER_QUALITY: Final = 80
RENDITION_QUALITY: Final = 76
"""Optimised JPEG at 75 to 80 is the best bytes per second of work."""

PLUGINS: Final = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "HEIF": "pillow_heif",
}
"""The formats that are opened, and the module that each needs."""

_ORIENTATION: Final = 0x0112
_IMPORTED_EARLY: Final = (copy, ImageColor, TiffImagePlugin)
"""What Pillow imports when it first meets EXIF, a GIF's palette or a colour's name, at a time when
no file can be opened any more."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS: Final = frozenset({5, 6, 7, 8})
_SIXTEEN_BITS: Final = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})


class TooManyPixels(Exception):
    """The image has more pixels than are decoded; `pixels` of them, at most `limit`."""

    def __init__(self, pixels: int, limit: int) -> None:
        super().__init__(pixels, limit)
        self.pixels = pixels
        self.limit = limit


def main() -> None:
    """Answer on the output with the safe files of the image on the input, or with why not."""
    image_format, memory_bytes, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    raw = sys.stdin.buffer.read()
    _load_plugin(image_format)
    give_up_rights(memory_bytes, seconds)
    facts: dict[str, object]
    files: dict[str, bytes] = {}
    try:
        sizes, files = safe_files(raw, image_format)
    except TooManyPixels as error:
        facts = {"refused": "pixels", "pixels": error.pixels, "limit": error.limit}
    except MemoryError:
        facts = {"refused": "memory"}
    except Exception as error:  # noqa: BLE001 (whatever a library says of hostile bytes, it is a refusal)
        facts = {"refused": "damaged", "error": type(error).__name__}
    else:
        facts = {"files": [[name, *sizes[name], len(content)] for name, content in files.items()]}
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + b"".join(files.values()))
    sys.stdout.buffer.flush()


def _load_plugin(image_format: str) -> None:
    """Import what *image_format* needs, while files can still be opened."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # `_check_pixels` is stricter, and says which limit
    plugin = importlib.import_module(PLUGINS[image_format])
    if image_format == "HEIF":
        # one thread: two photos are prepared by two children. No thumbnail, depth or
        # auxiliary image: they are pictures that nobody asked for.
        plugin.register_heif_opener(
            decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
        )
    elif image_format == "AVIF":
        plugin.DEFAULT_MAX_THREADS = 1  # type: ignore[attr-defined]  # the module's own setting


def give_up_rights(memory_bytes: int, seconds: int) -> None:
    """Limit memory and processor time; from here on no file is opened, written or dumped."""
    # a second more for the hard limit: at the soft one the signal says that it was time
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def safe_files(raw: bytes, image_format: str) -> tuple[dict[str, Size], dict[str, bytes]]:
    """The sizes and the bytes of the master and the renditions of one image, by file name.

    Raises TooManyPixels before anything is decoded, and whatever the format's library raises
    on bytes that are damaged or incomplete.
    """
    image = _opened(raw, image_format)
    _check_pixels(image)
    orientation = _orientation_of(image, image_format)
    if isinstance(image, JpegImageFile):
        stored = Size(*image.size)
        image.draft(None, stored.divided(jpeg_divisor(stored)))
    image.load()
    size = master_size(Size(*image.size))
    profile = image.info.get("icc_profile")
    image = _in_srgb(_on_white(_shrunk(_plain(image), size)), profile)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    image.info = {}
    master = Size(*image.size)
    sizes = {MASTER: master, **rendition_sizes(master)}
    files = {MASTER: _encoded(image, MASTER_QUALITY)}
    for name, smaller in sorted(
        rendition_sizes(master).items(), key=lambda one: one[1], reverse=True
    ):
        image = _shrunk(image, smaller)
        files[name] = _encoded(image, RENDITION_QUALITY)
    return sizes, files


def _opened(raw: bytes, image_format: str) -> Image.Image:
    """The image, its header read. A JPEG that holds others (MPF) is its first picture only."""
    if image_format == "JPEG":
        return JpegImageFile(io.BytesIO(raw))
    return Image.open(io.BytesIO(raw), formats=(image_format,))


def _check_pixels(image: Image.Image) -> None:
    """Refuse from the header, before a pixel is decoded."""
    scaled = isinstance(image, JpegImageFile) and not image.info.get("progressive")
    limit = MAX_PIXELS_OF_BASELINE_JPEG if scaled else MAX_PIXELS
    pixels = Size(*image.size).pixels
    if pixels > limit:
        raise TooManyPixels(pixels, limit)


def _orientation_of(image: Image.Image, image_format: str) -> int:
    """How the camera was held. HEIF says it beside EXIF, and its library has already turned."""
    if image_format == "HEIF":
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 (EXIF that cannot be read says nothing; the pixels are well)
        return 1
    return orientation if isinstance(orientation, int) else 1


def _plain(image: Image.Image) -> Image.Image:
    """The picture in a mode of 8 bits that can be shrunk: L, LA, RGB, RGBA or CMYK."""
    if image.mode in _SIXTEEN_BITS:
        return image.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    if "transparency" in image.info or image.mode in {"P", "PA"}:
        return image.convert("RGBA")
    return image if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency: paper shows through."""
    if image.mode not in {"LA", "RGBA"}:
        return image
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _shrunk(image: Image.Image, size: Size) -> Image.Image:
    """*image* at *size*: whole pixels averaged when that is exact, a convolution otherwise."""
    before = Size(*image.size)
    if before == size:
        return image
    divisor = whole_divisor(before, size)
    if divisor is not None and divisor > 1:
        return image.reduce(divisor)
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """*image* in sRGB: what every screen shows when a file says nothing, as ours do."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # a profile that does not fit its picture: better a tint than no photo
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _encoded(image: Image.Image, quality: int) -> bytes:
    """*image* as an optimised JPEG, and nothing beside its pixels."""
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=quality, optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
