"""Where a path leads, by its spelling alone: nothing is looked up, nothing normalised."""

import re
from dataclasses import dataclass
from functools import lru_cache

from publisher.model.space import (
    MAX_PATH_LENGTH,
    RESERVED_NAMES,
    SLUG,
    Space,
    is_plain_path,
    space_of,
)
from publisher.shelf import SITE

CONTENT_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
}
"""The type of each file by its extension. A file of another extension is refused."""

ADMITTED_ONLY = "private, no-cache"
"""Kept by the person's own browser, and asked about at each view: a lost right is felt at once."""
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=600"

THEME_FOLDER = "theme"
INDEX = "index.html"
DIGEST = re.compile(r"[0-9a-f]{8,64}\Z")
_CENTRE, _CENTRE_AND_THEME = 1, 2
"""How many segments name a centre, and the theme of a centre."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A spelling that nothing answers to."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page of the gate's own, if it is one."""


@dataclass(frozen=True, slots=True)
class WithoutItsSlash:
    """A name that could be a centre's: its home is at the same path with a slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfSpace:
    """A file of a site, for those who may read its space. `names` lead to it below `build/`."""

    space: Space
    names: tuple[str, ...]
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfTheme:
    """A file for everybody, below `build/` when a centre's own, else below the default theme."""

    is_centres: bool
    names: tuple[str, ...]
    content_type: str | None
    cache_control: str


Place = Nowhere | Elsewhere | WithoutItsSlash | FileOfSpace | FileOfTheme


def place_of(path: str) -> Place:
    """Where *path* leads. A type of None: no file of that extension is handed over."""
    return Nowhere() if len(path) > MAX_PATH_LENGTH else _place_of(path)


@lru_cache(maxsize=4_096)
def _place_of(path: str) -> Place:
    """The same for a path that is short enough: what is remembered is bounded."""
    if path == "/":
        return Elsewhere()
    if not is_plain_path(path):
        return Nowhere()
    names = tuple(path.strip("/").split("/"))
    if names[0] == THEME_FOLDER and len(names) > _CENTRE:
        return _theme(names[1:], is_centres=False)
    if len(names) == _CENTRE and not path.endswith("/"):
        is_taken = names[0] in RESERVED_NAMES or SLUG.match(names[0]) is None
        return Elsewhere() if is_taken else WithoutItsSlash()
    space = space_of(path)
    if space is None:
        return Elsewhere()
    file = (space.centre, SITE, *names[1:], *((INDEX,) if path.endswith("/") else ()))
    if len(names) > _CENTRE_AND_THEME and names[1] == THEME_FOLDER:
        return _theme(file, is_centres=True)
    return FileOfSpace(space=space, names=file, content_type=_type_of(file[-1]))


def _theme(names: tuple[str, ...], *, is_centres: bool) -> FileOfTheme:
    has_digest = any(DIGEST.match(name) for name in names[:-1])
    return FileOfTheme(
        is_centres=is_centres,
        names=names,
        content_type=_type_of(names[-1]),
        cache_control=FOR_EVER if has_digest else FOR_A_WHILE,
    )


def _type_of(name: str) -> str | None:
    stem, dot, extension = name.rpartition(".")
    return CONTENT_TYPES.get(f".{extension}") if stem and dot else None
