"""A plan becomes the files of a site: the only code that knows Pelican.

Pelican is the engine (settings, contents, template environment, writer, feeds, signals); which
pages exist is the plan's word alone. Pelican reads no folder here, follows no link syntax of an
author's (law 10), and a page it would have skipped stops everything instead.
"""

import hashlib
import locale
import logging
import os
import re
import shutil
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from posixpath import dirname, relpath
from urllib.parse import quote, urlsplit

import pelican
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape
from pelican import signals
from pelican.contents import Article, Author, Category
from pelican.generators import Generator
from pelican.settings import read_settings
from pelican.writers import Writer

from publisher.editions.plan import (
    article_path,
    home_of,
    moment_path,
    moment_year_path,
    month_path,
    photo_path,
    programme_path,
    published_on,
    school_year_path,
)
from publisher.kinds.author_text import html_of, path_in_site, plain_of
from publisher.language import install, translations_for
from publisher.model.edition import DayOfWeek, Page, Plan
from publisher.model.legal import (
    LEGAL_NAMES,
    PHOTO_REMOVAL,
    accessibility_words,
    legal_page,
    legal_title,
)
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle, Post, Slot
from publisher.model.space import Space
from publisher.model.town import Group, Town

# Pelican makes its own class that of every logger of the process: theirs stays theirs.
logging.setLoggerClass(logging.Logger)
logging.getLogger().__class__ = logging.RootLogger

THEME_FOLDER = "theme"
"""Where a site keeps its theme's files, below their digest: they may be kept for ever."""

EXCERPT_LENGTH = 160
"""Characters of a text shown beside an album's cover."""

_NEVER = r"(?!)"
_SYMBOL = re.compile(r'<symbol id="([a-z-]+)".*?</symbol>', re.DOTALL)
_PHONE_BREAKS = re.compile(r"[^\d+]")
_WHOLE_DAY = frozenset({Moment.WEDNESDAY, Moment.HOLIDAYS})
_NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_AT_A_TIME = threading.Lock()


class _Compiled(BytecodeCache):
    """Templates compiled once a process: two fifths of the time of a small centre without it.

    Jinja checks each against its source, so a theme that changed is compiled again.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class RenderFailed(Exception):
    """A page could not be rendered, and why; the stage is then worth nothing."""

    def __init__(self, page: str, reason: str) -> None:
        super().__init__(f"{page}: {reason}")
        self.page = page
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPhoto:
    """A photo as a page shows it: its number in the album, its words, its addresses and size.

    `caption` is None for a decorative photo. `src` is the smallest rendition.
    """

    number: int
    caption: str | None
    src: str
    srcset: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One moment of a day at a glance: each activity once, with the groups that do it."""

    moment: Moment
    activities: tuple[tuple[str, tuple[Group, ...]], ...]

    @property
    def by_group(self) -> bool:
        """Say whether some group does something of its own."""
        return any(groups for _title, groups in self.activities)


def render_site(
    plan: Plan, town: Town, stage: Path, theme: Path, content_root: Path, language: str
) -> None:
    """Write every page and photo of *plan*, and the *theme*'s files, into the empty *stage*.

    The same plan, town, theme and language give the same bytes. Photos are hard links to the
    renditions below *content_root* where the disk allows it.

    Raises RenderFailed at the first page that cannot be made whole.
    """
    with _ONE_AT_A_TIME, _pelican_at_home(), _no_complaint() as complaints:
        kept = copy_theme(theme, stage)
        press = _Press(plan=plan, town=town, stage=stage, theme=theme, kept=kept, language=language)
        for page in plan.pages:
            try:
                press.write(page)
            except Exception as error:
                raise RenderFailed(page.path, f"{type(error).__name__}: {error}") from error
            if complaints:
                raise RenderFailed(page.path, complaints[0])
        press.finish()
        for photo in plan.photos:
            folder = content_root / plan.centre.slug / "photos" / photo.photo_id
            try:
                _link(folder / photo.rendition, stage / photo.path)
            except OSError as error:
                raise RenderFailed(photo.path, str(error)) from error


def theme_digest(theme: Path) -> str:
    """Twelve hexadecimal digits that change when, and only when, a static file of *theme* does."""
    total = hashlib.sha256()
    for path in _static_files(theme):
        total.update(path.relative_to(theme).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


def copy_theme(theme: Path, stage: Path) -> str:
    """Copy *theme*'s static files into *stage*; the folder of the site they are in."""
    folder = f"{THEME_FOLDER}/{theme_digest(theme)}"
    for path in _static_files(theme):
        target = stage / folder / path.relative_to(theme / "static")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def _static_files(theme: Path) -> list[Path]:
    return sorted(
        path
        for path in (theme / "static").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


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


@contextmanager
def _no_complaint() -> Iterator[list[str]]:
    """Hear the errors that Pelican only logs, and goes on after."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear(level=logging.ERROR)
    logger = logging.getLogger("pelican")
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)


class _Press:
    """One centre's pages, one after the other, through one Pelican."""

    def __init__(
        self, *, plan: Plan, town: Town, stage: Path, theme: Path, kept: str, language: str
    ) -> None:
        self._plan, self._town, self._kept, self._language = plan, town, kept, language
        self._translate = translations_for(language).gettext
        self._address = f"{town.public_url.rstrip('/')}/{plan.centre.slug}"
        self._settings = _settings(theme, stage, town, self._address, language)
        self._engine = pelican.Pelican(self._settings)
        self._generator = Generator(
            dict(self._settings, localsiteurl="", generated_content={}, static_content={}),
            self._settings,
            str(theme),
            str(theme),
            str(stage),
        )
        # Only the theme's own templates: one that is missing must be missed, not replaced by
        # those Pelican brings along.
        self._generator.env.loader = FileSystemLoader(theme / "templates")
        self._generator.env.bytecode_cache = _COMPILED
        install(self._generator.env, language)
        self._give_words(self._generator.env)
        self._writer = Writer(str(stage), self._settings)
        # A theme is the town's own code: its symbols are put in the page as they are drawn.
        sprite = (theme / "static" / "img" / "pictos.svg").read_text(encoding="utf-8")
        self._symbols = {
            found[1]: Markup(found[0].replace('id="', 'id="p-', 1))  # noqa: S704 (as above)
            for found in _SYMBOL.finditer(sprite)
        }
        self._categories = {
            moment: Category(self._translate(moment.short), self._settings) for moment in Moment
        }
        self._author = Author(plan.centre.name, self._settings)

    def write(self, page: Page) -> None:
        """Write one page of the plan, or its feed."""
        if page.template == "feed":
            self._write_feed(page)
        else:
            self._writer.write_file(
                page.path,
                self._generator.get_template(page.template),
                self._generator.context,
                **self._context(page),
            )

    def finish(self) -> None:
        """Tell plugins that the site is written, as Pelican does at its end."""
        signals.finalized.send(self._engine)

    def _give_words(self, environment: Environment) -> None:
        """What every page may say or ask, whichever it is."""
        now = self._plan.moment
        environment.filters["reachable"] = self._reachable
        environment.filters["phone_link"] = _phone_link
        environment.filters["local_day"] = lambda instant: instant.astimezone(now.tzinfo).date()
        environment.globals.update(
            town=self._town,
            centre=self._plan.centre,
            today=now.date(),
            tomorrow=now.date() + timedelta(days=1),
            legal_names=LEGAL_NAMES,
            legal_title=lambda name: legal_title(name, self._translate),
            accessibility=accessibility_words(
                self._town.legal.accessibility_state, self._translate
            ),
            published_on=lambda post: published_on(post, now),
            moment_words=lambda moment: self._translate(moment.short),
            moment_long=lambda moment: self._translate(moment.long),
            groups_of=self._groups_of,
            group_number={
                group.slug: number for number, group in enumerate(self._plan.centre.groups, start=1)
            },
            group_of=self._plan.centre.group,
        )

    def _context(self, page: Page) -> dict[str, object]:
        """What the template of *page* may say or ask about it."""

        def to(path: str) -> str:
            return relpath(path, dirname(page.path) or ".")

        space, shown = page.space, set[str]()

        def picto(name: str, css: str = "") -> Markup:
            if name not in self._symbols:
                raise KeyError(name)
            shown.add(name)
            named = Markup(' class="{}"').format(css) if css else ""
            return Markup('<svg{} aria-hidden="true"><use href="#p-{}"/></svg>').format(named, name)

        def pictos() -> Markup:
            return Markup("<svg hidden>{}</svg>").format(
                Markup("").join(self._symbols[name] for name in sorted(shown))
            )

        article = page.article
        return {
            "page": page,
            "space": space,
            "group": self._plan.centre.group(space.group) if space.group else None,
            "article": None if article is None else self._content(article, page, to),
            "legal": None
            if page.legal is None
            else legal_page(page.legal, self._town, self._plan.centre, self._translate),
            "to": to,
            "theme": lambda path: to(f"{self._kept}/{path}"),
            "home_url": to(f"{space.folder}index.html"),
            "centre_url": to("index.html"),
            "photo_removal_url": to(f"ville/{PHOTO_REMOVAL}.html"),
            "space_url": lambda path: to(f"{space.folder}{path}"),
            "legal_url": lambda name: to(f"ville/{name}.html"),
            "group_url": lambda group: to(f"{Space(space.centre, group.slug).folder}index.html"),
            "article_url": lambda one: to(article_path(one, space)),
            "programme_url": lambda one: to(programme_path(one, space)),
            "moment_url": lambda moment: to(moment_path(moment, space)),
            "month_url": lambda month: to(month_path(month, space)),
            "year_url": lambda year: to(school_year_path(year, space)),
            "moment_year_url": lambda moment, year: to(moment_year_path(moment, year, space)),
            "photos_of": lambda one: self._photos_of(one, space, to),
            # The one function that cleans an author's text made this HTML (law 10).
            "text_of": lambda post: Markup(html_of(post.text, leads_to=self._reader(to))),  # noqa: S704 (as above)
            "excerpt_of": _excerpt,
            "words_of": lambda post: plain_of(post.text),
            "at_a_glance": lambda day: self._at_a_glance(day, space),
            "blocks_of": _blocks_of,
            "rows_of": _rows_of,
            "seen_here": lambda slot: space.group is None or slot.group in {None, space.group},
            "picto": picto,
            "pictos": pictos,
        }

    def _reader(self, to: Callable[[str], str]) -> Callable[[str], str]:
        """How a link of an author's is followed from a page: relative, when it stays in the site."""

        def leads_to(target: str) -> str:
            path = self._path_of(target)
            fragment = f"#{urlsplit(target).fragment}" if urlsplit(target).fragment else ""
            return target if path is None else quote(to(path)) + fragment

        return leads_to

    def _path_of(self, target: str) -> str | None:
        own = self._town.public_url.rstrip("/") + "/"
        if target.startswith(own):
            target = "/" + target.removeprefix(own)
        elif urlsplit(target).scheme:
            return None
        return path_in_site(target, self._plan.centre.slug)

    def _content(self, article: PhotoArticle, page: Page, to: Callable[[str], str]) -> Article:
        """Pelican's own article, whose address is written once and never worked out again."""
        return self._article(article, page.path, html_of(article.text, leads_to=self._reader(to)))

    def _article(self, article: PhotoArticle, path: str, content: str, title: str = "") -> Article:
        made = Article(
            content,
            metadata={
                "title": title or article.title,
                "date": article.publication.published_at.astimezone(self._town.timezone),
                "category": self._categories[article.moment],
                "author": self._author,
                "slug": article.publication.slug,
                "url": path,
                "save_as": path,
                "summary": _excerpt(article),
                "post": article,
            },
            settings=self._settings,
            context=self._generator.context,
        )
        if not made.is_valid():
            msg = f"Pelican would skip {article.publication.slug}"
            raise ValueError(msg)
        return made

    def _write_feed(self, page: Page) -> None:
        def absolute(target: str) -> str:
            path = self._path_of(target)
            return target if path is None else f"{self._address}/{quote(path)}"

        articles = []
        for article in page.articles:
            text = html_of(article.text, leads_to=absolute)
            count = translations_for(self._language).ngettext(
                "%(num)s photo", "%(num)s photos", len(article.photos)
            ) % {"num": len(article.photos)}
            articles.append(
                self._article(
                    article,
                    article_path(article, page.space),
                    f"{text}<p>{count}</p>",
                    title=str(escape(article.title)),  # to Pelican, a title is HTML
                )
            )
        name = self._plan.centre.name
        group = self._plan.centre.group(page.space.group) if page.space.group else None

        def settle(_context: object, feed: object) -> None:
            """Fix what Pelican would take from the clock or from a date an author may edit."""
            feed.feed["id"] = _urn(f"{self._address}/{page.path}")  # type: ignore[attr-defined]  # Atom1Feed ships no types
            feed.feed["language"] = self._language  # type: ignore[attr-defined]  # as above
            feed.feed["link"] = f"{self._address}/{page.space.folder}"  # type: ignore[attr-defined]  # as above
            for entry in feed.items:  # type: ignore[attr-defined]  # as above
                entry["unique_id"] = _urn(entry["link"])
            if not feed.items:  # type: ignore[attr-defined]  # as above
                feed.latest_post_date = lambda: _NOTHING_YET  # type: ignore[attr-defined]  # as above

        with signals.feed_generated.connected_to(settle):
            self._writer.write_feed(
                articles,
                dict(
                    self._generator.context,
                    SITENAME=str(escape(f"{group.name} · {name}" if group else name)),
                ),
                page.path,
            )

    def _groups_of(self, post: Post) -> tuple[Group, ...]:
        found = (self._plan.centre.group(slug) for slug in post.publication.groups)
        return tuple(group for group in found if group is not None)

    def _photos_of(
        self, article: PhotoArticle, space: Space, to: Callable[[str], str]
    ) -> tuple[ShownPhoto, ...]:
        home = home_of(article, space)
        shown = []
        for number, one in enumerate(article.photos, start=1):
            photo = self._plan.content.photos.get(one.id)
            if photo is None:
                continue  # the inspection says which post, and which photo
            addresses = [
                (to(photo_path(photo.id, rendition.name, home)), rendition.width_px)
                for rendition in photo.renditions
            ]
            shown.append(
                ShownPhoto(
                    number=number,
                    caption=one.caption,
                    src=addresses[0][0],
                    srcset=", ".join(f"{address} {width}w" for address, width in addresses),
                    width_px=photo.largest.width_px,
                    height_px=photo.largest.height_px,
                )
            )
        return tuple(shown)

    def _at_a_glance(self, day: DayOfWeek, space: Space) -> tuple[Glance, ...]:
        by_moment: dict[Moment, dict[str, list[Group]]] = {}
        for slot in day.slots:
            if space.group is None or slot.group in {None, space.group}:
                groups = by_moment.setdefault(slot.moment, {}).setdefault(slot.title, [])
                group = self._plan.centre.group(slot.group) if slot.group else None
                if group is not None and group not in groups and space.group is None:
                    groups.append(group)
        return tuple(
            Glance(
                moment=moment,
                activities=tuple((title, tuple(groups)) for title, groups in titles.items()),
            )
            for moment, titles in by_moment.items()
        )

    def _reachable(self, text: str) -> Markup:
        """*text* with the town's phones, mails and addresses of the web as links."""
        town, contact = self._town, self._plan.centre.contact
        links: dict[str, str] = {}
        for phone in (contact.phone, town.contact.phone, town.legal.host_phone, "09 69 39 00 00"):
            links[phone] = _phone_link(phone)
        legal = town.legal
        for mail in (
            contact.mail,
            town.contact.mail,
            legal.data_protection_mail,
            legal.accessibility_mail,
        ):
            links[mail] = f"mailto:{mail}"
        known = sorted((re.escape(one) for one in links if one), key=len, reverse=True)
        pieces = re.split("(" + "|".join([*known, r"https?://[^\s,]*[^\s,.]"]) + ")", text)
        return Markup("").join(
            Markup('<a href="{}">{}</a>').format(links.get(piece, piece), piece)
            if number % 2
            else piece
            for number, piece in enumerate(pieces)
        )


def _settings(
    theme: Path, stage: Path, town: Town, address: str, language: str
) -> Mapping[str, object]:
    """Pelican's settings: nothing is found by scanning, nothing is made but what we ask for."""
    settings: Mapping[str, object] = read_settings(
        override={
            "PATH": str(theme),  # Pelican wants a folder; it is never walked
            "OUTPUT_PATH": str(stage),
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
            "PLUGINS": [],
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


def _phone_link(phone: str) -> str:
    """`tel:+33199000000` for `01 99 00 00 00`."""
    digits = _PHONE_BREAKS.sub("", phone)
    return f"tel:+33{digits[1:]}" if digits.startswith("0") else f"tel:{digits}"


def _excerpt(article: PhotoArticle) -> str:
    words = plain_of(article.text)
    if len(words) <= EXCERPT_LENGTH:
        return words
    return words[:EXCERPT_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _blocks_of(slots: tuple[Slot, ...]) -> tuple[tuple[Moment, tuple[Slot, ...]], ...]:
    """The slots of a day by moment, in the order of the day."""
    blocks: dict[Moment, list[Slot]] = {}
    for slot in slots:
        blocks.setdefault(slot.moment, []).append(slot)
    return tuple((moment, tuple(inside)) for moment, inside in blocks.items())


def _rows_of(week: tuple[DayOfWeek, ...]) -> tuple[Moment, ...]:
    """The moments that need a row of their own when days stand side by side.

    Wednesday and holidays fill their day, unless they share it with another moment.
    """
    days = [{slot.moment for slot in day.slots} for day in week]
    return tuple(
        moment
        for moment in Moment
        if any(moment in day and (moment not in _WHOLE_DAY or len(day) > 1) for day in days)
    )
