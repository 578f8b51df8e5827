"""Bytes of a phone in, a safe photo out, or why not in French (law 6).

Nothing is decoded here and nothing is written: the bytes go through a pipe to a short-lived
child (`decode`), and what comes back is checked before it is believed.
"""

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

import publisher
from publisher.model.mistake import Mistake
from publisher.model.mistake import in_french as _
from publisher.model.photo import MASTER, Photo, Rendition
from publisher.photos.renditions import Size, rendition_sizes
from publisher.settings import processors_of_one_worker

log = logging.getLogger(__name__)

MAX_BYTES: Final = 40_000_000
"""Bytes of one photo: the heaviest of a phone's own (48 megapixels) take 15 to 25 million."""

_MAX_ANSWER_BYTES: Final = 24_000_000
_PROGRAM_FOLDER: Final = Path(publisher.__file__).parent.parent
_AT_ONCE: Final = threading.BoundedSemaphore(processors_of_one_worker(os.environ))
"""A decoder fills one processor: more of them at once would only take more memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use.

    `memory_bytes` is address space; `processor_s` and `wall_s` are seconds.
    """

    memory_bytes: int = 1_200_000_000
    processor_s: int = 20
    wall_s: float = 60.0


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPhoto:
    """A safe photo, and its files by name: the master and the renditions."""

    photo: Photo
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPhoto:
    """Why a photo is not taken, and what to do."""

    mistake: Mistake


class AnswerIsNotBelieved(Exception):
    """The child answered with something that is not bare JPEGs of the sizes it said."""


def new_photo_id(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """An id of 128 random bits: it says nothing of the picture, and nobody guesses it."""
    return base64.b32encode(random_bytes(16)).decode("ascii").rstrip("=").lower()


def prepare_photo(
    raw: bytes, photo_id: str, *, limits: Limits = LIMITS
) -> PreparedPhoto | RefusedPhoto:
    """Make the safe photo *photo_id* of the bytes a phone sent, or say why not.

    At most one child a processor is at work; the others wait their turn. Never raises on content.
    """
    if not raw:
        return _refused(_("Ce fichier est vide. Choisissez la photo à nouveau."))
    if len(raw) > MAX_BYTES:
        return _refused(
            _(
                "Cette photo pèse {weight} Mo, {limit} Mo au plus. Choisissez-en une plus légère, ou envoyez une capture d'écran de la photo."
            ),
            weight=-(-len(raw) // 1_000_000),
            limit=MAX_BYTES // 1_000_000,
        )
    image_format = image_format_of(raw)
    if image_format is None:
        return _refused(_not_a_photo(raw))
    with _AT_ONCE:
        answer = _ask_child(raw, image_format, limits)
    return answer if isinstance(answer, RefusedPhoto) else _believed(answer, photo_id)


def image_format_of(raw: bytes) -> str | None:
    """The format that the first bytes are of, or None when it is not one that is opened.

    The name of the file and what the browser says of it are never looked at.
    """
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "WEBP"
    if raw[4:8] == b"ftyp":
        brands = _brands(raw)
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}:
            return "HEIF"
    return None


def _brands(raw: bytes) -> set[bytes]:
    """What an ISO file says it is: its major brand and the compatible ones."""
    end = min(int.from_bytes(raw[:4], "big"), 512)
    return {raw[8:12], *(raw[at : at + 4] for at in range(16, end, 4))}


def _not_a_photo(raw: bytes) -> str:
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if raw[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"} or raw.startswith(b"\x1a\x45\xdf\xa3"):
        return _("C'est une vidéo. Préau ne montre que des photos : choisissez une photo.")
    if head.startswith(b"%pdf"):
        return _("C'est un PDF. Choisissez une photo, ou envoyez une capture d'écran de la page.")
    if head.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        return _(
            "C'est une page ou un dessin, pas une photo. Choisissez une photo, ou envoyez-en une capture d'écran."
        )
    return _(
        "Ce fichier n'est pas une photo que Préau sait ouvrir. Choisissez une photo JPEG, PNG, WebP, GIF, AVIF ou HEIC."
    )


def _ask_child(raw: bytes, image_format: str, limits: Limits) -> bytes | RefusedPhoto:
    """What the child answers, not yet believed; or a refusal when it did not come to its end."""
    command = [
        sys.executable,
        "-E",
        "-s",
        "-m",
        "publisher.photos.decode",
        image_format,
        str(limits.memory_bytes),
        str(limits.processor_s),
    ]
    with subprocess.Popen(  # noqa: S603 (our own program; the format is one of six words)
        command,
        cwd=_PROGRAM_FOLDER,  # `-m` looks there first, whether Préau is installed or not
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None  # noqa: S101 (both are pipes)
        assert child.stdout is not None  # noqa: S101 (both are pipes)
        late = threading.Event()
        alarm = threading.Timer(limits.wall_s, _stop, (child, late))
        feeding = threading.Thread(target=_feed, args=(child.stdin, raw))
        alarm.start()
        feeding.start()
        try:
            answer = child.stdout.read(_MAX_ANSWER_BYTES + 1)
            if len(answer) > _MAX_ANSWER_BYTES:
                child.kill()
            code = child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            alarm.cancel()
            feeding.join()
    if late.is_set() or code == -signal.SIGXCPU:
        return _refused(
            _(
                "Cette photo demande trop de temps à ouvrir. Choisissez-en une autre, ou envoyez une capture d'écran de la photo."
            )
        )
    if code != 0:
        log.warning("decoder of a %s photo ended with %s", image_format, code)
        return _refused(_OPENS_NOT)
    return answer


def _stop(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    child.kill()


def _feed(pipe: IO[bytes], raw: bytes) -> None:
    """Write *raw* to the child, which may end before it has read it all."""
    with suppress(BrokenPipeError), pipe:
        pipe.write(raw)


_OPENS_NOT: Final = _(
    "Cette photo est abîmée ou incomplète. Envoyez-la à nouveau ; si cela recommence, choisissez-en une autre."
)


def _believed(answer: bytes, photo_id: str) -> PreparedPhoto | RefusedPhoto:
    """The child's answer once checked: it opened hostile bytes, and may say anything."""
    line, _newline, content = answer.partition(b"\n")
    try:
        facts = json.loads(line)
        if "refused" in facts:
            return _refusal(facts)
        return _photo(photo_id, facts["files"], content)
    except (ValueError, KeyError, TypeError, AnswerIsNotBelieved) as error:
        log.warning("decoder's answer was not believed: %s", type(error).__name__)
        return _refused(_OPENS_NOT)


def _photo(photo_id: str, listed: list[tuple[str, int, int, int]], content: bytes) -> PreparedPhoto:
    """The photo whose files are *listed* by name, width, height and length, cut from *content*.

    Raises AnswerIsNotBelieved when they are not the bare JPEGs that such a photo has.
    """
    files: dict[str, bytes] = {}
    sizes: dict[str, Size] = {}
    for name, width_px, height_px, length in listed:
        files[name], content = content[:length], content[length:]
        sizes[name] = Size(width_px, height_px)
        if not is_bare_jpeg(files[name], sizes[name]):
            raise AnswerIsNotBelieved(name)
    if content or sizes != {MASTER: sizes[MASTER], **rendition_sizes(sizes[MASTER])}:
        raise AnswerIsNotBelieved(photo_id)
    return PreparedPhoto(
        photo=Photo(
            id=photo_id,
            master=_rendition(MASTER, sizes[MASTER]),
            renditions=tuple(
                _rendition(name, size) for name, size in rendition_sizes(sizes[MASTER]).items()
            ),
        ),
        files=MappingProxyType(files),
    )


def _rendition(name: str, size: Size) -> Rendition:
    return Rendition(name=name, width_px=size.width_px, height_px=size.height_px)


def _refusal(facts: Mapping[str, object]) -> RefusedPhoto:
    """The sentence for a refusal the child gave."""
    match facts:
        case {"refused": "pixels", "pixels": int(pixels), "limit": int(limit)}:
            return _refused(
                _(
                    "Cette image a {pixels} millions de pixels, {limit} au plus. Envoyez-en une version plus petite, ou une capture d'écran."
                ),
                pixels=-(-pixels // 1_000_000),
                limit=limit // 1_000_000,
            )
        case {"refused": "memory"}:
            return _refused(
                _(
                    "Cette image est trop grande pour être ouverte. Envoyez-en une version plus petite, ou une capture d'écran."
                )
            )
        case _:
            log.warning("photo refused: the decoder met %s", facts.get("error"))
            return _refused(_OPENS_NOT)


def _refused(says: str, **facts: object) -> RefusedPhoto:
    return RefusedPhoto(mistake=Mistake(where="photo", says=says, facts=facts))


def is_bare_jpeg(content: bytes, size: Size) -> bool:
    """Say whether *content* is one JPEG of *size* that carries nothing beside its pixels.

    Only the segments a picture needs may be there: no EXIF, ICC, XMP, comment or thumbnail,
    and nothing after its end.
    """
    at, seen = 2, None
    while content[at : at + 1] == b"\xff" and at + 9 <= len(content):
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _APP0 and (length != _BARE_JFIF or content[at + 4 : at + 9] != b"JFIF\0"):
            return False
        if marker in _FRAMES:
            height_px, width_px = (
                int.from_bytes(content[at + n : at + n + 2], "big") for n in (5, 7)
            )
            seen = Size(width_px, height_px)
        if marker == _SCAN:
            break
        if marker not in _PLAIN:
            return False
        at += 2 + length
    return (
        content.startswith(b"\xff\xd8")
        and seen == size
        and content.find(b"\xff\xd9", at) == len(content) - 2
    )


_APP0, _BARE_JFIF, _SCAN = 0xE0, 16, 0xDA
_FRAMES = frozenset({0xC0, 0xC1})
_PLAIN = frozenset({_APP0, 0xDB, 0xC4, 0xDD, *_FRAMES})
