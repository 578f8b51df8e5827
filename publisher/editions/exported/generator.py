"""The Pelican plugin of an exported folder: the plain `pelican` command makes Préau's pages.

Which pages there are, and what each one says, is decided by copies of Préau's own modules
(`editions.plan`, `editions.page_words`), so that the same code gives the same text. Pelican does
the rest as it does for any site: settings, theme, plugins, files. What is wrong in a post is found
before Pelican empties the output folder, so that the site stays as it was.
"""

import shutil
import struct
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from jinja2 import StrictUndefined
from markdown import Markdown
from markupsafe import escape
from pelican import signals
from pelican.contents import Article, Author, Category
from pelican.generators import Generator
from pelican.log import console
from pelican.readers import MarkdownReader

from publisher.centres import read_town
from publisher.editions.exported.post_files import END, FOLDERS, PHOTOS, is_out, post_of
from publisher.editions.page_words import PageWords, excerpt, with_links
from publisher.editions.plan import article_path, linked_path, plan_of
from publisher.editions.theme import read_theme
from publisher.kinds.author_text import ReadText, read_text
from publisher.language import install, translations_for
from publisher.model.edition import CentreContent, Page, Plan
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.photo import Photo, Rendition
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.town import Centre, Town

MOMENT = "PREAU_MOMENT"
"""The setting that says which moment the site shows; absent or None: now."""

_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The marks of a JPEG after which its height and width are written."""
_TAKEN = "index"


class FolderIsWrong(Exception):
    """Something a person wrote in the folder cannot be read; what, where, in their words."""

    def __init__(self, mistakes: Sequence[Mistake], language: str) -> None:
        translate = translations_for(language).gettext
        said = (f"{one.where} : {one.sentence(translate)}" for one in mistakes)
        super().__init__("\n".join(["", *said]))


def register() -> None:
    """Listen, as Pelican asks of a plugin."""
    signals.initialized.connect(_settle)
    signals.get_generators.connect(_generator)


def _generator(_pelican: object) -> "type[CentreGenerator]":
    return CentreGenerator


def _settle(pelican: object) -> None:
    """Say to Pelican what our templates rely on, and where the theme's files go."""
    settings = pelican.settings  # type: ignore[attr-defined]  # Pelican ships no types
    settings["THEME_STATIC_DIR"] = read_theme(Path(settings["THEME"])).folder
    settings["JINJA_ENVIRONMENT"] = {
        **settings["JINJA_ENVIRONMENT"],
        "autoescape": True,
        "undefined": StrictUndefined,
    }


class CentreGenerator(Generator):  # type: ignore[misc]  # Pelican ships no types
    """Every page and photo of the centre, at the moment that the settings say."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        content = Path(self.path)
        self._town, self._centre = _town_and_centre(content.parent)
        self._language = self._town.language
        self._plan, self._material = self._read(content)
        theme = read_theme(Path(self.theme))
        self._words = PageWords(
            town=self._town,
            centre=self._centre,
            theme_folder=theme.folder,
            sprite=theme.sprite,
            language=self._language,
        )
        install(self.env, self._language)
        self.env.filters.update(self._words.filters)
        self.env.globals.update(self._words.functions)
        self._address = f"{self._town.public_url.rstrip('/')}/{self._centre.slug}"
        self._author = Author(self._centre.name, self.settings)

    def generate_output(self, writer: object) -> None:
        """Write the pages and the feeds, and copy the photos."""
        for page in self._plan.pages:
            if page.template == "feed":
                self._write_feed(page, writer)
            else:
                self._write_page(page, writer)
        photos, output = Path(self.path) / PHOTOS, Path(self.output_path)
        for placed in self._plan.photos:
            target = output / placed.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photos / placed.photo_id / placed.rendition, target)
        said = translations_for(self._language).gettext(
            _("Préau : {pages} pages et {photos} photos, le site tel qu'il est le {moment}.")
        )
        console.print(
            said.format_map(
                {
                    "pages": len(self._plan.pages),
                    "photos": len({placed.photo_id for placed in self._plan.photos}),
                    "moment": f"{self._plan.moment:%Y-%m-%d %H:%M}",
                }
            )
        )

    def _read(self, content: Path) -> "tuple[Plan, _Material]":
        zone = self._town.timezone
        asked = self.settings.get(MOMENT)
        now = datetime.fromisoformat(asked) if asked else datetime.now(UTC)
        now = now.astimezone(zone) if now.tzinfo else now.replace(tzinfo=zone)
        reader = _PostReader(self.settings)
        posts: dict[str, Post] = {}
        photos: dict[str, Photo] = {}
        more: dict[str, Mapping[str, object]] = {}
        mistakes: list[Mistake] = []
        pictograms = read_theme(Path(self.theme)).sprite
        for path in sorted(self.get_files(list(FOLDERS), extensions=[END[1:]])):
            read = reader.post(content, Path(path).as_posix(), self._centre, zone)
            if read is None:
                continue
            if isinstance(read, Mistakes):
                mistakes += read.all
                continue
            slug = read.publication.slug
            mistakes += _foreign(path, read, pictograms, slug in posts)
            mistakes += _take_photos(path, read, content / PHOTOS, photos)
            posts[slug], more[slug] = read, reader.more(path)
        if mistakes:
            raise FolderIsWrong(mistakes, self._language)
        plan = plan_of(
            CentreContent(centre=self._centre, posts=tuple(posts.values()), photos=photos), now
        )
        return plan, _Material(photos, more)

    def _write_page(self, page: Page, writer: object) -> None:
        said = self._words.turn_to(page, self._plan.moment, self._material)
        article = page.article
        content = None if article is None else str(self._words.text_of(article))
        said["article"] = (
            None if article is None else self._article(article, page.path, content or "")
        )
        writer.write_file(  # type: ignore[attr-defined]  # Pelican ships no types
            page.path, self.get_template(page.template), self.context, url=page.path, **said
        )

    def _article(
        self, article: PhotoArticle, path: str, content: str, title: str | None = None
    ) -> Article:
        """Pelican's own article, as it is for its theme and plugins."""
        slug = article.publication.slug
        label = translations_for(self._language).gettext(article.moment.short)
        return Article(
            content,
            metadata={
                **self._material.more(slug),
                "title": article.title if title is None else title,
                "date": article.publication.published_at.astimezone(self._town.timezone),
                "category": Category(label, self.settings),
                "author": self._author,
                "slug": slug,
                "url": path,
                "save_as": path,
                "summary": excerpt(self._material.text(article).words),
                "post": article,
            },
            settings=self.settings,
            context=self.context,
        )

    def _write_feed(self, page: Page, writer: object) -> None:
        entries = [self._entry(article, page) for article in page.articles]
        group = self._centre.group(page.space.group) if page.space.group else None
        name = f"{group.name} · {self._centre.name}" if group else self._centre.name

        def settle(_context: object, feed: object) -> None:
            """Fix what Pelican would take from the clock or from a date an author may edit."""
            feed.feed["id"] = _urn(f"{self._address}/{page.path}")  # type: ignore[attr-defined]  # Atom1Feed ships no types
            feed.feed["language"] = self._language  # type: ignore[attr-defined]  # as above
            feed.feed["link"] = f"{self._address}/{page.space.folder}"  # type: ignore[attr-defined]  # as above
            for entry in feed.items:  # type: ignore[attr-defined]  # as above
                entry["unique_id"] = _urn(entry["link"])
            if not feed.items:  # type: ignore[attr-defined]  # as above
                feed.latest_post_date = lambda: _NOTHING_YET  # type: ignore[attr-defined]  # as above

        context = dict(
            self.context,
            SITENAME=str(escape(name)),
            SITEURL=self._address,
            FEED_DOMAIN=self._address,
        )
        with signals.feed_generated.connected_to(settle):
            writer.write_feed(entries, context, path=page.path, url=page.path)  # type: ignore[attr-defined]  # Pelican ships no types

    def _entry(self, article: PhotoArticle, page: Page) -> Article:
        def absolute(target: str) -> str:
            path = linked_path(target, self._town.public_url, self._centre.slug)
            return target if path is None else f"{self._address}/{quote(path)}"

        read = self._material.text(article)
        text = with_links(read, absolute) if read.links else read.html
        number = len(article.photos)
        count = translations_for(self._language).ngettext(
            "%(num)s photo", "%(num)s photos", number
        ) % {"num": number}
        return self._article(
            article,
            article_path(article, page.space),
            f"{text}<p>{count}</p>",
            title=str(escape(article.title)),  # to Pelican, a feed's title is HTML
        )


class _PostReader(MarkdownReader):  # type: ignore[misc]  # Pelican ships no types
    """Reads posts: Pelican's metadata, and the text as it was written."""

    def __init__(self, settings: object) -> None:
        super().__init__(settings)
        self._more: dict[str, Mapping[str, object]] = {}

    def post(
        self, content: Path, path: str, centre: Centre, zone: object
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
        read = post_of(path, header, text, centre, zone)  # type: ignore[arg-type]  # the town's own zone
        if not isinstance(read, Mistakes):
            self._more[path] = self._parse_metadata(header)
        return read

    def more(self, path: str) -> Mapping[str, object]:
        """All the metadata of the post at *path*, as Pelican reads them."""
        return self._more[Path(path).as_posix()]


class _Material:
    """What pages are made of: the facts of photos, each text read when it is first asked for."""

    def __init__(
        self, photos: Mapping[str, Photo], more: Mapping[str, Mapping[str, object]]
    ) -> None:
        self._photos, self._more = photos, more
        self._texts: dict[str, ReadText] = {}

    def photo(self, photo_id: str) -> Photo | None:
        """The photo of that id."""
        return self._photos.get(photo_id)

    def text(self, post: Post) -> ReadText:
        """The text of *post*."""
        slug = post.publication.slug
        if slug not in self._texts:
            self._texts[slug] = read_text(post.text)
        return self._texts[slug]

    def more(self, slug: str) -> Mapping[str, object]:
        """What else the post's metadata say, for plugins that ask."""
        return self._more[slug]


def _town_and_centre(folder: Path) -> tuple[Town, Centre]:
    """The town and its only centre, as `centres/` says them. Raises FolderIsWrong."""
    town = read_town(folder)
    if isinstance(town, Mistakes):
        raise FolderIsWrong(town.all, "fr")
    return town, town.centres[0]


def _foreign(path: str, post: Post, sprite: str, taken: bool) -> Iterator[Mistake]:  # noqa: FBT001 (whether another post has its slug)
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
    while (mark := jpeg.read(4))[:1] == b"\xff" and len(mark) == 4:  # noqa: PLR2004 (the mark, the length)
        kind, length = mark[1], struct.unpack(">H", mark[2:])[0]
        body = jpeg.read(length - 2)
        if kind in _FRAMES and len(body) >= 5:  # noqa: PLR2004 (precision, height, width)
            height, width = struct.unpack(">HH", body[1:5])
            return width, height
    return None


def _urn(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn
