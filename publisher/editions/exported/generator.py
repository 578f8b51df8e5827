"""The Pelican plugin of an exported folder: the plain `pelican` command makes Préau's pages.

Which pages there are, and what each one says, is decided by copies of Préau's own modules
(`editions.plan`, `editions.page_words`), so that the same code gives the same text. Pelican does
the rest as it does for any site: settings, theme, plugins, files. What is wrong in a post is found
before Pelican empties the output folder, so that the site stays as it was.
"""

import logging
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import StrictUndefined
from markupsafe import escape
from pelican import signals
from pelican.contents import Article, Author, Category
from pelican.generators import Generator
from pelican.log import console

from publisher.editions.exported.folder import ReadFolder, read_folder
from publisher.editions.exported.post_files import END, FOLDERS, PHOTOS
from publisher.editions.page_words import PageWords, excerpt, with_links
from publisher.editions.plan import article_path, linked_path, plan_of
from publisher.editions.theme import read_theme
from publisher.kinds.author_text import ReadText, read_text
from publisher.language import install, translations_for
from publisher.model.edition import Page
from publisher.model.mistake import in_french as _
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post

MOMENT = "PREAU_MOMENT"
"""The setting that says which moment the site shows; absent or None: now."""

_LOGGER = logging.getLogger(__name__)
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)


def register() -> None:
    """Listen, as Pelican asks of a plugin."""
    signals.initialized.connect(_settle)
    signals.get_generators.connect(_generator)


def _generator(_pelican: object) -> "type[CentreGenerator]":
    return CentreGenerator


def _settle(pelican: object) -> None:
    """Say to Pelican what our templates rely on."""
    settings = pelican.settings  # type: ignore[attr-defined]  # Pelican ships no types
    settings["JINJA_ENVIRONMENT"] = {
        **settings["JINJA_ENVIRONMENT"],
        "autoescape": True,
        "undefined": StrictUndefined,
    }


class CentreGenerator(Generator):  # type: ignore[misc]  # Pelican ships no types
    """Every page and photo of the centre, at the moment that the settings say."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        theme = read_theme(Path(self.theme))
        self.settings["THEME_STATIC_DIR"] = theme.folder
        found = self.get_files(list(FOLDERS), extensions=[END[1:]])
        self._read = read_folder(Path(self.path), sorted(found), self.settings, theme.sprite)
        self._town, self._centre = self._read.town, self._read.content.centre
        self._language, self._material = self._town.language, _Material(self._read)
        self._translate = translations_for(self._language).gettext
        self._plan = plan_of(self._read.content, self._now())
        self._warn()
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
        said = self._translate(
            _("Préau : {pages} pages et {photos} photos, le site tel qu'il est le {moment}.")
        )
        console.print(
            said.format_map(
                {
                    "pages": len(self._plan.pages),
                    "photos": len({placed.photo_id for placed in self._plan.photos}),
                    "moment": _minute(self._plan.moment),
                }
            )
        )

    def _now(self) -> datetime:
        """The moment that the site shows, in the town's time zone."""
        asked, zone = self.settings.get(MOMENT), self._town.timezone
        now = datetime.fromisoformat(asked) if asked else datetime.now(UTC)
        return now.astimezone(zone) if now.tzinfo else now.replace(tzinfo=zone)

    def _warn(self) -> None:
        """Say what stops nothing, and that nobody would see by looking at the site."""
        translate, plan, paths = self._translate, self._plan, self._plan.paths
        for post in self._read.content.posts:
            publication = post.publication
            where = self._read.files[publication.slug]
            if publication.published_at > plan.moment:
                moment = _minute(publication.published_at.astimezone(self._town.timezone))
                says = translate(_("{where} : cette publication attend le {moment}."))
                _LOGGER.warning(says.format_map({"where": where, "moment": moment}))
            elif publication.is_live(plan.moment):
                says = translate(_("{where} : le lien vers « {target} » ne mène nulle part."))
                for link in self._material.text(post).links:
                    path = linked_path(link.target, self._town.public_url, self._centre.slug)
                    if path is not None and path not in paths:
                        _LOGGER.warning(says.format_map({"where": where, "target": link.target}))

    def _write_page(self, page: Page, writer: object) -> None:
        said = self._words.turn_to(page, self._plan.moment, self._material)
        article = page.article
        said["article"] = None
        if article is not None:
            content = str(self._words.text_of(article))
            said["article"] = self._article(article, page.path, content)
        writer.write_file(  # type: ignore[attr-defined]  # Pelican ships no types
            page.path, self.get_template(page.template), self.context, url=page.path, **said
        )

    def _article(
        self, article: PhotoArticle, path: str, content: str, title: str | None = None
    ) -> Article:
        """Pelican's own article, as it is for its theme and plugins."""
        slug = article.publication.slug
        return Article(
            content,
            metadata={
                **self._read.more[slug],
                "title": article.title if title is None else title,
                "date": article.publication.published_at.astimezone(self._town.timezone),
                "category": Category(self._translate(article.moment.short), self.settings),
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


class _Material:
    """What pages are made of: the facts of photos, each text read when it is first asked for."""

    def __init__(self, read: ReadFolder) -> None:
        self._read = read
        self._texts: dict[str, ReadText] = {}

    def photo(self, photo_id: str) -> Photo | None:
        """The photo of that id."""
        return self._read.content.photos.get(photo_id)

    def text(self, post: Post) -> ReadText:
        """The text of *post*."""
        slug = post.publication.slug
        if slug not in self._texts:
            self._texts[slug] = read_text(post.text)
        return self._texts[slug]


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


def _urn(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn
