"""Hands over one file of a built site, or of the theme: bare WSGI, no Flask.

The path that is decided on is the path that is opened, character for character: there is one
spelling (`publisher.model.space.is_plain_path`) and nothing is normalised. Admission looks at
the person's spaces and the path, and never asks whether the file exists (law 1).
"""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.gate.answer import Answer, gone_to
from publisher.gate.visitor import Visitor
from publisher.model.space import RESERVED_NAMES, SLUG, is_plain_path, space_of
from publisher.shelf import SITE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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
_DIGEST = re.compile(r"[0-9a-f]{8,64}\Z")
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}


class Files:
    """The built sites below *build*, and the default theme's files below *theme*."""

    def __init__(
        self,
        *,
        build: Path,
        theme: Path,
        visitor: Callable[["WSGIEnvironment"], Visitor],
        turn_away: Callable[[str, Visitor], Answer],
    ) -> None:
        self._build, self._theme = build, theme
        self._visitor, self._turn_away = visitor, turn_away

    def answer(self, environ: "WSGIEnvironment") -> Answer | None:
        """The answer for a centre's path, a theme's file or an odd spelling; None for the rest."""
        path: str = environ.get("PATH_INFO", "")
        if path == "/":
            return None
        if not is_plain_path(path):
            return self._turn_away(path, self._visitor(environ))
        names = path.strip("/").split("/")
        if names[0] == THEME_FOLDER and len(names) > 1:
            return self._public(environ, path, self._theme, names[1:])
        if len(names) == 1 and not path.endswith("/"):
            return self._with_its_slash(path, names[0])
        space = space_of(path)
        if space is None:
            return None
        file = [space.centre, SITE, *names[1:], *(["index.html"] if path.endswith("/") else [])]
        if len(names) > 2 and names[1] == THEME_FOLDER:  # noqa: PLR2004 (centre, theme, file)
            return self._public(environ, path, self._build, file)
        visitor = self._visitor(environ)
        if not visitor.may_read(space):
            return self._turn_away(path, visitor)
        return _hand_over(environ, self._build, file, ADMITTED_ONLY) or self._turn_away(
            path, visitor
        )

    def _public(
        self, environ: "WSGIEnvironment", path: str, root: Path, names: Sequence[str]
    ) -> Answer:
        has_digest = any(_DIGEST.match(name) for name in names[:-1])
        kept = FOR_EVER if has_digest else FOR_A_WHILE
        return _hand_over(environ, root, names, kept) or self._turn_away(
            path, self._visitor(environ)
        )

    @staticmethod
    def _with_its_slash(path: str, name: str) -> Answer | None:
        """`/les-tilleuls` leads to `/les-tilleuls/`, and so does any name that could be a centre's."""
        if name in RESERVED_NAMES or SLUG.match(name) is None:
            return None
        return gone_to(f"{path}/", HTTPStatus.PERMANENT_REDIRECT)


def open_below(root: Path, names: Sequence[str]) -> int | None:
    """A descriptor of the regular file *names* lead to below *root*, or None.

    No component is a symbolic link, whoever put it there: a link in a built site would lead out
    of its centre. Raises OSError for what is not mere absence (no descriptor left, a bad disk).
    """
    below = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for name in names[:-1]:
            inner = os.open(name, below | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        # A named pipe would otherwise wait for a writer for ever.
        file = os.open(names[-1], below | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    finally:
        if folder >= 0:
            os.close(folder)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    return None


def _hand_over(
    environ: "WSGIEnvironment", root: Path, names: Sequence[str], cache_control: str
) -> Answer | None:
    content_type = CONTENT_TYPES.get(Path(names[-1]).suffix)
    descriptor = None if content_type is None else open_below(root, names)
    if content_type is None or descriptor is None:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        etag = _etag(os.fstat(descriptor))
        headers = (("ETag", etag), ("Accept-Ranges", "none"))
        if _is_known(environ.get("HTTP_IF_NONE_MATCH", ""), etag):
            return Answer(
                status=HTTPStatus.NOT_MODIFIED, cache_control=cache_control, headers=headers
            )
        return Answer(
            status=HTTPStatus.OK,
            body=file.read(),
            content_type=content_type,
            cache_control=cache_control,
            headers=headers,
        )


def _etag(facts: os.stat_result) -> str:
    """A strong validator without reading the file.

    Files of a site are replaced, never rewritten, so another content is another inode written
    at another time. Not the change time: a photo is one of several names of its file, and each
    edition that takes a name and leaves it again changes that, not the photo. Hashed, it tells
    no date.
    """
    known = f"{facts.st_ino} {facts.st_size} {facts.st_mtime_ns}"
    return f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'


def _is_known(if_none_match: str, etag: str) -> bool:
    asked = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return etag in asked or "*" in asked
