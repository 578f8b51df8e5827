"""Hands over one file of a built site, or of the theme: bare WSGI, no Flask.

The path that is decided on is the path that is opened, character for character: there is one
spelling (`publisher.model.space.is_plain_path`) and nothing is normalised. Admission looks at
the person's spaces and the path, and never asks whether the file exists (law 1).
"""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.gate.answer import Answer, gone_to
from publisher.gate.memory import Visitors
from publisher.gate.places import (
    ADMITTED_ONLY,
    Elsewhere,
    FileOfSpace,
    FileOfTheme,
    Nowhere,
    WithoutItsSlash,
    place_of,
)
from publisher.gate.small_files import SmallFiles
from publisher.gate.visitor import Visitor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Files:
    """The built sites below *build*, and the default theme's files below *theme*."""

    def __init__(
        self,
        *,
        build: Path,
        theme: Path,
        visitors: Visitors,
        turn_away: Callable[[str, Visitor], Answer],
    ) -> None:
        self._build, self._theme = str(build), str(theme)
        self._visitors, self._turn_away = visitors, turn_away
        self._files = SmallFiles()

    def answer(self, environ: "WSGIEnvironment") -> Answer | None:
        """The answer for a centre's path, a theme's file or an odd spelling; None for the rest."""
        path: str = environ.get("PATH_INFO", "")
        place = place_of(path)
        match place:
            case FileOfSpace():
                given = (
                    self._hand_over(environ, self._build, place, ADMITTED_ONLY)
                    if self._visitors.may_read(environ, place.space)
                    else None
                )
                return given or self._turn_away(path, self._visitors(environ))
            case FileOfTheme():
                root = self._build if place.is_centres else self._theme
                given = self._hand_over(environ, root, place, place.cache_control)
                return given or self._turn_away(path, self._visitors(environ))
            case WithoutItsSlash():
                return gone_to(f"{path}/", HTTPStatus.PERMANENT_REDIRECT)
            case Nowhere():
                return self._turn_away(path, self._visitors(environ))
            case Elsewhere():
                return None

    def _hand_over(
        self,
        environ: "WSGIEnvironment",
        root: str,
        place: FileOfSpace | FileOfTheme,
        cache_control: str,
    ) -> Answer | None:
        """The file as it is, if it is there and of a type that is handed over."""
        if place.content_type is None:
            return None
        file = self._files.read(root, place.names)
        if file is None:
            return None
        asked: str = environ.get("HTTP_IF_NONE_MATCH", "")
        headers = (("ETag", file.etag), ("Accept-Ranges", "none"))
        if asked and _is_known(asked, file.etag):
            return Answer(
                status=HTTPStatus.NOT_MODIFIED, cache_control=cache_control, headers=headers
            )
        return Answer(
            status=HTTPStatus.OK,
            body=file.body,
            content_type=place.content_type,
            cache_control=cache_control,
            headers=headers,
        )


def _is_known(if_none_match: str, etag: str) -> bool:
    asked = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return etag in asked or "*" in asked
