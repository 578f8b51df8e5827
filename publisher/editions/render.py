"""A page becomes its text: the only code that knows Pelican.

Pelican is the engine (settings, contents, template environment, writer, feeds, signals); which
pages exist is the plan's word alone. Pelican reads no folder here, follows no link syntax of an
author's (law 10), and a page it would have skipped stops everything instead.

Pelican's settings, signals and loggers are the process's: one page is drawn at a time, whatever
its centre, and one set of plugins listens.
"""

import locale
import logging
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pelican
from jinja2 import (
    BaseLoader,
    BytecodeCache,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context, Macro, new_context
from markupsafe import Markup, escape
from pelican import signals
from pelican.contents import Article, Author, Category
from pelican.generators import Generator
from pelican.settings import read_settings
from pelican.writers import Writer

from publisher.editions.page_words import Material, PageWords, excerpt, with_links
from publisher.editions.plan import article_path, linked_path
from publisher.editions.theme import Theme, read_theme
from publisher.kinds.author_text import ReadText, read_text
from publisher.language import install, translations_for
from publisher.model.edition import CentreContent, Page, Plan
from publisher.model.moment import Moment
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post
from publisher.model.town import Centre, Town

if TYPE_CHECKING:
    from types import CodeType

# Pelican makes its own class that of every logger of the process: theirs stays theirs.
logging.setLoggerClass(logging.Logger)
logging.getLogger().__class__ = logging.RootLogger

_NEVER = r"(?!)"
_SENTENCE = re.compile(r'\{\{ _\("([^"\\]+)"\) \}\}')
_SYNTAX = re.compile(r"[{}%\n]")
_HTML_SIGNS = re.compile("[&<>\"']")
_PLAIN = frozenset({FunctionType, MethodType, BuiltinMethodType})
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_AT_A_TIME = threading.RLock()
_PLUGIN_SETS: list[tuple[str, ...]] = []


class RenderFailed(Exception):
    """A page could not be rendered, and why; or, before any page, its theme or a plugin."""

    def __init__(self, page: str, reason: str) -> None:
        super().__init__(f"{page}: {reason}")
        self.page = page
        self.reason = reason


class OnePluginSetAProcess(Exception):
    """Pelican's plugins listen to the whole process: no centre can have others than the first."""


class Renderer:
    """One centre's pages, in any order and any number of times, through one warm Pelican.

    The *theme* is read once, here: what changes in its folder afterwards changes no page.
    *plugins* are Pelican plugins of the town's, by the name of their modules, heard as Pelican
    has them heard; the first renderer of a process says which, for all.

    Raises RenderFailed for a theme or a plugin that cannot be read, and OnePluginSetAProcess.
    """

    def __init__(
        self,
        *,
        town: Town,
        centre: Centre,
        theme: Path,
        language: str,
        plugins: tuple[str, ...] = (),
    ) -> None:
        self._town, self._centre, self._language = town, centre, language
        self._address = f"{town.public_url.rstrip('/')}/{centre.slug}"
        try:
            self._theme = read_theme(theme)
        except (OSError, UnicodeDecodeError) as error:
            raise RenderFailed(theme.name, f"{type(error).__name__}: {error}") from error
        self._words = PageWords(
            town=town,
            centre=centre,
            theme_folder=self._theme.folder,
            sprite=self._theme.sprite,
            language=language,
        )
        # Nothing is written there, but for a plugin that reads again what was written.
        self._output = Path(tempfile.gettempdir()) / f"preau-{secrets.token_hex(8)}"
        with _ONE_AT_A_TIME, _pelican_at_home(), _no_complaint() as complaints:
            _only_set(plugins)
            self._settings = _settings(theme, self._output, town, self._address, language, plugins)
            self._engine = pelican.Pelican(self._settings)
            self._generator = Generator(
                dict(self._settings, localsiteurl="", generated_content={}, static_content={}),
                self._settings,
                str(theme),
                str(theme),
                str(self._output),
            )
            if complaints:
                raise RenderFailed(theme.name, complaints[0])
        environment: Environment = self._generator.env
        # Only the theme's own templates: one that is missing must be missed, not replaced by
        # those Pelican brings along.
        environment.loader = _Frozen(self._theme, theme, translations_for(language).gettext)
        environment.auto_reload = False
        environment.context_class = _Context
        environment.template_class = _Template
        environment.bytecode_cache = _COMPILED
        install(environment, language)
        environment.filters.update(self._words.filters)
        environment.globals.update(self._words.functions)
        self._always = {**environment.globals, **self._generator.context}
        self._writer = Writer(str(self._output), self._settings)
        translate = translations_for(language).gettext
        self._categories = {
            moment: Category(translate(moment.short), self._settings) for moment in Moment
        }
        self._author = Author(centre.name, self._settings)

    @property
    def theme_digest(self) -> str:
        """What changes with any file of the theme, templates included."""
        return self._theme.digest

    @property
    def theme_files(self) -> Mapping[str, Path]:
        """The theme's static files, by the path each has in the site."""
        return self._theme.files

    def render(self, page: Page, now: datetime, material: Material) -> str:
        """The text of *page* (HTML, or a feed) at *now*, aware and in the town's time zone.

        The same page, moment and material give the same text, whatever was drawn before.
        Raises RenderFailed for a page that cannot be made whole.
        """
        with _ONE_AT_A_TIME, _no_complaint() as complaints:
            try:
                draw = self._feed if page.template == "feed" else self._html
                text = draw(page, now, material)
            except Exception as error:
                raise RenderFailed(page.path, f"{type(error).__name__}: {error}") from error
            finally:
                _forget_articles()
            if complaints:
                raise RenderFailed(page.path, complaints[0])
            return text

    def finish(self) -> None:
        """Tell plugins that the site is written, as Pelican does at its end."""
        with _ONE_AT_A_TIME:
            signals.finalized.send(self._engine)

    def _html(self, page: Page, now: datetime, material: Material) -> str:
        said = {
            **self._always,
            **self._words.turn_to(page, now, material),
            "article": None,
            "output_file": page.path,
        }
        if page.article is not None:
            # A plugin writes more of it as it would of any string of HTML.
            content = str(self._words.text_of(page.article))
            said["article"] = self._article(page.article, page.path, content, material)
        template = self._generator.get_template(page.template)
        # Not `template.render`: it copies what is always said once more for each page.
        context = new_context(
            template.environment, template.name, template.blocks, said, shared=True
        )
        text = "".join(template.root_render_func(context))
        if not signals.content_written.receivers:
            return text
        with self._written(page.path, text) as path:
            signals.content_written.send(str(path), context=said)
            return path.read_text(encoding="utf-8")

    def _article(
        self,
        article: PhotoArticle,
        path: str,
        content: str,
        material: Material,
        title: str | None = None,
    ) -> Article:
        """Pelican's own article, whose address is written once and never worked out again."""
        made = Article(
            content,
            metadata={
                "title": article.title if title is None else title,
                "date": article.publication.published_at.astimezone(self._town.timezone),
                "category": self._categories[article.moment],
                "author": self._author,
                "slug": article.publication.slug,
                "url": path,
                "save_as": path,
                "summary": excerpt(material.text(article).words),
                "post": article,
            },
            settings=self._settings,
            context=self._generator.context,
        )
        if not made.is_valid():
            msg = f"Pelican would skip {article.publication.slug}"
            raise ValueError(msg)
        return made

    def _feed(self, page: Page, now: datetime, material: Material) -> str:
        del now  # a feed tells no hour but its entries'
        entries = [self._entry(article, page, material) for article in page.articles]
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

        context = dict(self._generator.context, SITENAME=str(escape(name)))
        with signals.feed_generated.connected_to(settle):
            feed = self._writer.write_feed(entries, context, url=page.path)
        text: str = feed.writeString("utf-8")
        if not signals.feed_written.receivers:
            return text
        with self._written(page.path, text) as path:
            signals.feed_written.send(str(path), context=context, feed=feed)
            return path.read_text(encoding="utf-8")

    def _entry(self, article: PhotoArticle, page: Page, material: Material) -> Article:
        def absolute(target: str) -> str:
            path = linked_path(target, self._town.public_url, self._centre.slug)
            return target if path is None else f"{self._address}/{quote(path)}"

        read = material.text(article)
        text = with_links(read, absolute) if read.links else read.html
        number = len(article.photos)
        count = translations_for(self._language).ngettext(
            "%(num)s photo", "%(num)s photos", number
        ) % {"num": number}
        return self._article(
            article,
            article_path(article, page.space),
            f"{text}<p>{count}</p>",
            material,
            title=str(escape(article.title)),  # to Pelican, a feed's title is HTML
        )

    @contextmanager
    def _written(self, path: str, text: str) -> Iterator[Path]:
        """A page on a disk for as long as a plugin looks at it, which may write it again."""
        self._output.mkdir(mode=0o700)
        try:
            target = self._output / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            yield target
        finally:
            shutil.rmtree(self._output)


def render_site(
    plan: Plan, town: Town, stage: Path, theme: Path, content_root: Path, language: str
) -> None:
    """Write every page and photo of *plan*, and the *theme*'s files, into the empty *stage*.

    The same plan, town, theme and language give the same bytes. Photos are hard links to the
    renditions below *content_root* where the disk allows it.

    Raises RenderFailed at the first page that cannot be made whole.
    """
    renderer = Renderer(town=town, centre=plan.centre, theme=theme, language=language)
    material = AsStored(plan.content)
    for path, source in renderer.theme_files.items():
        target = stage / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for page in plan.pages:
        target = stage / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(renderer.render(page, plan.moment, material), encoding="utf-8")
    renderer.finish()
    for photo in plan.photos:
        folder = content_root / plan.centre.slug / "photos" / photo.photo_id
        try:
            _link(folder / photo.rendition, stage / photo.path)
        except OSError as error:
            raise RenderFailed(photo.path, str(error)) from error


class AsStored:
    """The material of a content at hand, each text read when it is first asked for."""

    def __init__(self, content: CentreContent) -> None:
        self._photos = content.photos
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


class _Frozen(BaseLoader):
    """The templates of a theme as they were read, their fixed sentences in the reader's language."""

    def __init__(self, theme: Theme, folder: Path, translate: Callable[[str], str]) -> None:
        self._folder = folder / "templates"
        self._sources = {
            name: _SENTENCE.sub(lambda found: _in_place(found, translate), text)
            for name, text in theme.templates.items()
        }

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 (as the class above declares it)
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """The source of *template*, where it was, and whether it still is the same: it is."""
        if template not in self._sources:
            raise TemplateNotFound(template)
        return self._sources[template], str(self._folder / template), lambda: True


def _in_place(found: re.Match[str], translate: Callable[[str], str]) -> str:
    """A sentence that is the same on every page, as words of the template."""
    said = translate(found[1])
    return found[0] if _SYNTAX.search(said) else said


class _Template(Template):
    """A template that says what needs no escaping as it is: a page says a hundred such things."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: "CodeType",
        globals: MutableMapping[str, Any],  # noqa: A002 (as the class above names it)
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        """Give the template our own way to escape, by the name that its code calls it."""
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__["escape"] = _escaped
        return made


def _escaped(said: object) -> str:
    """*said* as `markupsafe.escape` has it, which copies even what it leaves as it is."""
    kind = type(said)
    if kind is Markup or (kind is str and _HTML_SIGNS.search(said) is None):  # type: ignore[call-overload]  # its type was just asked
        return said  # type: ignore[return-value]  # as the line above says
    return str(said) if kind is int else escape(said)


class _Context(Context):
    """What a template names, its own functions called straight: a page makes a hundred calls.

    Jinja asks each time whether what it calls wants to know of the template; ours never do, and
    its macros always want the same thing.
    """

    def call(self, asked: Callable[..., object], /, *facts: object, **named: object) -> object:
        """Call what a template calls."""
        kind = type(asked)
        if kind is Macro:
            facts = (self.eval_ctx, *facts)
        elif kind not in _PLAIN or hasattr(asked, "jinja_pass_arg"):
            return super().call(asked, *facts, **named)
        if named:
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
        return asked(*facts, **named)


class _Compiled(BytecodeCache):
    """Templates compiled once a process, and kept once for all the centres of a theme.

    The last version of each is kept; Jinja gives its checksum with its place.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of that very source, if it is known."""
        kept = self._kept.get(bucket.key)
        if kept is not None and kept[0] == bucket.checksum:
            bucket.code = kept[1]

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self._kept[bucket.key] = bucket.checksum, bucket.code


_COMPILED = _Compiled()


def _forget_articles() -> None:
    """Let go of the articles of a page: Pelican remembers the text of each for ever."""
    for asked in (Article.get_content, Article.get_summary):
        asked.cache.clear()


def _only_set(plugins: tuple[str, ...]) -> None:
    """Let the first plugins of the process be those of all its renderers."""
    if not _PLUGIN_SETS:
        _PLUGIN_SETS.append(plugins)
    if plugins not in _PLUGIN_SETS:
        raise OnePluginSetAProcess(*plugins)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another disk, or one without hard links: a copy reads the same.
        shutil.copyfile(source, target)


@contextmanager
def _pelican_at_home() -> Iterator[None]:
    """Give back what Pelican takes from the whole process: `sys.path`."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


class _Ear(logging.Handler):
    """What hears the errors that Pelican only logs."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(level=logging.ERROR)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was said."""
        self._heard.append(record.getMessage())


@contextmanager
def _no_complaint() -> Iterator[list[str]]:
    """Hear the errors that Pelican only logs, and goes on after."""
    heard: list[str] = []
    ear, logger = _Ear(heard), logging.getLogger("pelican")
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)


def _settings(
    theme: Path, output: Path, town: Town, address: str, language: str, plugins: tuple[str, ...]
) -> Mapping[str, object]:
    """Pelican's settings: nothing is found by scanning, nothing is made but what we ask for."""
    settings: Mapping[str, object] = read_settings(
        override={
            "PATH": str(theme),  # Pelican wants a folder; it is never walked
            "OUTPUT_PATH": str(output),
            "THEME": str(theme),
            "SITENAME": town.name,
            "SITEURL": address,
            "FEED_DOMAIN": address,
            "TIMEZONE": town.timezone.key,
            "DEFAULT_LANG": language,
            "DEFAULT_DATE_FORMAT": "%Y-%m-%d",
            # The locale of the process, as it stands: nothing here depends on it.
            "LOCALE": [locale.setlocale(locale.LC_ALL)],
            # {attach} and {static} read any file of the machine; this matches nothing at all.
            "INTRASITE_LINK_REGEX": _NEVER,
            "PLUGINS": list(plugins),
            "ARTICLE_PATHS": [],
            "PAGE_PATHS": [],
            "STATIC_PATHS": [],
            "DIRECT_TEMPLATES": [],
            "DELETE_OUTPUT_DIRECTORY": False,
            "CACHE_CONTENT": False,
            "LOAD_CONTENT_CACHE": False,
            "WITH_FUTURE_DATES": True,
            "FEED_MAX_ITEMS": None,
            "FEED_APPEND_REF": False,
            "DEFAULT_PAGINATION": False,
            "PAGINATED_TEMPLATES": {},
            "TEMPLATE_EXTENSIONS": [".html"],
            "JINJA_ENVIRONMENT": {
                "autoescape": True,
                "trim_blocks": True,
                "lstrip_blocks": True,
                "undefined": StrictUndefined,
                "extensions": [],
            },
        }
    )
    return settings


def _urn(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn
