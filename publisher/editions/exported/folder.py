"""What a person wrote in an exported folder: its posts, its photos, its town, or every mistake."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from markdown import Markdown
from pelican.readers import MarkdownReader

from publisher.centres import read_town
from publisher.editions.exported.post_files import PHOTOS, is_out, post_of
from publisher.language import FRENCH, translations_for
from publisher.model.edition import CentreContent
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.photo import Photo, Rendition
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.town import Centre, Town

_MARK_BYTES, _SIZE_BYTES = 4, 5  # a mark and its length; precision, height, width
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The marks of a JPEG after which its height and width are written."""
_TAKEN = "index"
"""The one slug that a programme cannot have: its page would stand where their list does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFolder:
    """What the folder holds: its town, the content of its centre, live or not.

    By the slug of each post, `files` are its file, and `more` all its metadata as Pelican reads
    them.
    """

    town: Town
    content: CentreContent
    files: Mapping[str, str]
    more: Mapping[str, Mapping[str, object]]


class FolderIsWrong(Exception):
    """Something a person wrote in the folder cannot be read; what, where, in their words."""

    def __init__(self, mistakes: Sequence[Mistake], language: str) -> None:
        translate = translations_for(language).gettext
        said = (f"{one.where} : {one.sentence(translate)}" for one in mistakes)
        super().__init__("\n".join(["", *said]))


def read_folder(
    content: Path, files: Iterable[str], settings: Mapping[str, object], sprite: str
) -> ReadFolder:
    """Read the posts at *files* of the folder *content*, and the town beside it.

    *sprite* holds the pictograms that a reminder may show. Raises FolderIsWrong.
    """
    town, centre = _town_and_centre(content.parent)
    reader = _PostReader(settings)
    posts: dict[str, Post] = {}
    photos: dict[str, Photo] = {}
    names: dict[str, str] = {}
    more: dict[str, Mapping[str, object]] = {}
    mistakes: list[Mistake] = []
    for path in files:
        read = reader.post(content, path, centre, town.timezone)
        if isinstance(read, Mistakes):
            mistakes += read.all
        elif read is not None:
            slug = read.publication.slug
            mistakes += _foreign(path, read, sprite, taken=slug in posts)
            mistakes += _take_photos(path, read, content / PHOTOS, photos)
            posts[slug], names[slug], more[slug] = read, path, reader.more
    if mistakes:
        raise FolderIsWrong(mistakes, town.language)
    return ReadFolder(
        town=town,
        content=CentreContent(centre=centre, posts=tuple(posts.values()), photos=photos),
        files=names,
        more=more,
    )


def _town_and_centre(folder: Path) -> tuple[Town, Centre]:
    town = read_town(folder)
    if isinstance(town, Mistakes):
        raise FolderIsWrong(town.all, FRENCH)
    return town, town.centres[0]


class _PostReader(MarkdownReader):  # type: ignore[misc]  # Pelican ships no types
    """Reads posts: Pelican's metadata, and the text as it was written."""

    more: Mapping[str, object]
    """The metadata of the last post, as Pelican reads them."""

    def post(
        self, content: Path, path: str, centre: Centre, zone: ZoneInfo
    ) -> Post | Mistakes | None:
        """The post at *path*, all that is wrong with it, or None when it is a draft."""
        try:
            lines = (content / path).read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError:
            says = _("Ce fichier n'est pas en UTF-8. Enregistrez-le en UTF-8.")
            return Mistakes((Mistake(where=path, says=says),))
        self._source_path = path
        self._md = Markdown(extensions=["meta"])
        text = "\n".join(self._md.preprocessors["meta"].run(lines))
        header: dict[str, list[str]] = self._md.Meta  # type: ignore[attr-defined]  # the extension adds it
        if not is_out(header):
            return None
        read = post_of(path, header, text, centre, zone)
        if not isinstance(read, Mistakes):
            self.more = self._parse_metadata(header)
        return read


def _foreign(path: str, post: Post, sprite: str, *, taken: bool) -> Iterator[Mistake]:
    """What a well-formed post says that this site does not have, or has already."""
    if taken:
        yield Mistake(where=path, says=_("Une autre publication du centre porte déjà ce nom."))
    if isinstance(post, Programme) and post.publication.slug == _TAKEN:
        says = _("Ce nom est celui d'une page du site. Renommez le fichier.")
        yield Mistake(where=path, says=says)
    if isinstance(post, Reminder) and f'<symbol id="{post.pictogram}"' not in sprite:
        yield Mistake(
            where=path,
            says=_("Le thème n'a pas de pictogramme « {name} »."),
            facts={"name": post.pictogram},
        )


def _take_photos(
    path: str, post: Post, folder: Path, photos: dict[str, Photo]
) -> Iterator[Mistake]:
    """Look at the photos that *post* shows; those that are not there."""
    for one in post.photos if isinstance(post, PhotoArticle) else ():
        if one.id not in photos:
            sizes = sorted(_sizes(folder / one.id), key=lambda size: size.width_px)
            if not sizes:
                yield Mistake(
                    where=path,
                    says=_("Il n'y a pas de photo JPEG dans content/photos/{id}/."),
                    facts={"id": one.id},
                )
                continue
            master = replace(sizes[-1], name="")  # the site never shows it
            photos[one.id] = Photo(id=one.id, master=master, renditions=tuple(sizes))


def _sizes(folder: Path) -> Iterator[Rendition]:
    """The sizes of a photo, whatever their names."""
    for file in sorted(folder.glob("*.jpg")):
        with file.open("rb") as jpeg:
            size = _width_and_height(jpeg)
        if size is not None:
            yield Rendition(name=file.name, width_px=size[0], height_px=size[1])


def _width_and_height(jpeg: BinaryIO) -> tuple[int, int] | None:
    """The pixels of a JPEG, read from its header; None when it is no JPEG."""
    if jpeg.read(2) != b"\xff\xd8":
        return None
    while (mark := jpeg.read(4))[:1] == b"\xff" and len(mark) == _MARK_BYTES:
        kind, length = mark[1], struct.unpack(">H", mark[2:])[0]
        body = jpeg.read(length - 2)
        if kind in _FRAMES and len(body) >= _SIZE_BYTES:
            height, width = struct.unpack(">HH", body[1:5])
            return width, height
    return None
