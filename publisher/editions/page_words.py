"""What the pages of a theme may say or ask: addresses, photos, words, pictograms. No Pelican here.

A template is compiled once and asks its questions of the page being drawn. What a page shows
is what it is given and what its material answers; nothing is remembered from one page to the
next but what is the same for all of them.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import unescape
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from publisher.editions.plan import (
    article_path,
    day_told_by,
    home_of,
    linked_path,
    moment_path,
    month_path,
    photo_path,
    programme_path,
    programmes_year_path,
    published_on,
    school_year_path,
)
from publisher.kinds.activity import pictogram_of
from publisher.kinds.author_text import ReadText
from publisher.language import translations_for
from publisher.model.edition import DayOfWeek, Month, Page
from publisher.model.legal import (
    LEGAL_NAMES,
    PHOTO_REMOVAL,
    accessibility_words,
    legal_page,
    legal_title,
)
from publisher.model.moment import Moment
from publisher.model.photo import Photo, Rendition
from publisher.model.post import PhotoArticle, PhotoInArticle, Post, Slot
from publisher.model.reachable import phone_link, reachable
from publisher.model.space import Space
from publisher.model.town import Centre, Group, Town

EXCERPT_LENGTH = 160
"""Characters of a text shown beside an album's cover."""

KEPT_PIECES = 2048
"""Pieces remembered, some 3 MB: those that a publication draws again are four hundred."""

_SYMBOL = re.compile(r'<symbol id="([a-z-]+)".*?</symbol>', re.DOTALL)
_HREF = re.compile(r'(?<=<a href=")[^"]*(?=")')
_WHOLE_DAY = frozenset({Moment.WEDNESDAY, Moment.HOLIDAYS})


class Material(Protocol):
    """What pages are made of beside their plan: the facts of photos, the texts as read."""

    def photo(self, photo_id: str) -> Photo | None:
        """The photo of that id, or None when the centre has none."""
        ...

    def text(self, post: Post) -> ReadText:
        """The text of *post*, read."""
        ...


class ShownPhoto(NamedTuple):
    """A photo as a page shows it: its number in the album, its words, and where it is.

    `caption` is None for a decorative photo. `source` is the attributes of its `<img>` that are
    the same wherever it is shown: its smallest rendition, all of them, its width, its height and
    its words. `place` counts the photos that are there, from 1; `before` and `after` are the
    numbers of those beside it, the last and the first being neighbours.
    """

    number: int
    caption: str | None
    source: Markup
    place: int = 1
    before: int = 1
    after: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One moment of a day at a glance: each activity once, with the groups that do it."""

    moment: Moment
    activities: tuple[tuple[str, tuple[Group, ...]], ...]

    @property
    def by_group(self) -> bool:
        """Say whether some group does something of its own."""
        return any(groups for _title, groups in self.activities)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A piece as it was drawn: the pictograms it shows, what it asked of photos and of the day."""

    drawn: Markup
    pictos: frozenset[str]
    photos: Mapping[str, Photo | None]
    day: tuple[date | None, ...]


class PageWords:
    """What the pages of one centre may say or ask, drawn one after the other.

    `turn_to` opens a page; every function then answers for that page.
    """

    def __init__(
        self, *, town: Town, centre: Centre, theme_folder: str, sprite: str, language: str
    ) -> None:
        self._town, self._centre, self._theme_folder = town, centre, theme_folder
        self._translate = translations_for(language).gettext
        # A theme is the town's own code: its symbols are put in the page as they are drawn.
        self._symbols = {
            found[1]: found[0].replace('id="', 'id="p-', 1) for found in _SYMBOL.finditer(sprite)
        }
        self._groups = {group.slug: group for group in centre.groups}
        self._reachable = reachable(town, centre)
        self._pictos: dict[tuple[str, str], Markup] = {}
        self._space = centre.space
        self._above: tuple[tuple[str, str], ...] = (("", ""),)
        self._shown: set[str] = set()
        self._asked: dict[str, Photo | None] = {}
        self._asked_day: tuple[date | None, ...] = ()
        self._kept: OrderedDict[object, _Kept] = OrderedDict()
        self._folders: dict[tuple[Space, str], int] = {}
        self._here = 0
        self._now: datetime | None = None
        self._today: date | None = None
        self._material: Material | None = None

    def turn_to(self, page: Page, now: datetime, material: Material) -> dict[str, object]:
        """Open *page*, as it is at *now*, aware and in the town's zone; what it says of itself."""
        self._space, self._now, self._material = page.space, now, material
        self._today = day_told_by(page, now)
        self._above = _above(page.path)
        self._shown, self._asked, self._asked_day = set(), {}, ()
        self._here = self._folders.setdefault((page.space, self._above[0][0]), len(self._folders))
        space, group = page.space, page.space.group
        return {
            "page": page,
            "space": space,
            "group": None if group is None else self._groups.get(group),
            "today": self._today,
            "tomorrow": None if self._today is None else self._today + timedelta(days=1),
            "home_url": self.to(f"{space.folder}index.html"),
            "centre_url": self.to("index.html"),
            "photo_removal_url": self.to(f"ville/{PHOTO_REMOVAL}.html"),
            "legal": None
            if page.legal is None
            else legal_page(page.legal, self._town, self._centre, self._translate),
        }

    @property
    def filters(self) -> dict[str, Callable[..., object]]:
        """The filters of every template."""
        return {
            "reachable": self._reachable,
            "phone_link": phone_link,
            "local_day": lambda instant: instant.astimezone(self._moment.tzinfo).date(),
        }

    @property
    def functions(self) -> dict[str, object]:
        """What every template, and every piece they share, may name."""
        return {
            "town": self._town,
            "centre": self._centre,
            "legal_names": LEGAL_NAMES,
            "legal_title": lambda name: legal_title(name, self._translate),
            "accessibility": accessibility_words(
                self._town.legal.accessibility_state, self._translate
            ),
            "group_number": {
                group.slug: number for number, group in enumerate(self._centre.groups, start=1)
            },
            "group_of": self._groups.get,
            "groups_of": self._groups_of,
            "audience_of": self._audience_of,
            "moment_words": lambda moment: self._translate(moment.short),
            "moment_long": lambda moment: self._translate(moment.long),
            "published_on": lambda post: published_on(post, self._moment),
            "days_until": self._days_until,
            "to": self.to,
            "theme": lambda path: self.to(f"{self._theme_folder}/{path}"),
            "space_url": lambda path: self.to(f"{self._space.folder}{path}"),
            "legal_url": lambda name: self.to(f"ville/{name}.html"),
            "group_url": lambda group: self.to(
                f"{Space(self._centre.slug, group.slug).folder}index.html"
            ),
            "article_url": lambda one: self.to(article_path(one, self._space)),
            "programme_url": lambda one: self.to(programme_path(one, self._space)),
            "programmes_year_url": lambda year: self.to(programmes_year_path(year, self._space)),
            "moment_url": lambda moment: self.to(moment_path(moment, self._space)),
            "moment_of_centre_url": lambda moment: self.to(moment_path(moment, self._centre.space)),
            "month_url": self._month_url,
            "year_url": lambda year: self.to(school_year_path(year, self._space)),
            "photos_of": self._photos_of,
            "cover_of": self._cover_of,
            "text_of": self.text_of,
            "words_of": lambda post: self._read(post).words,
            "excerpt_of": lambda post: excerpt(self._read(post).words),
            "at_a_glance": self._at_a_glance,
            "pictograms_of": self._pictograms_of,
            "blocks_of": blocks_of,
            "rows_of": rows_of,
            "moments_of": moments_of,
            "kept": self._keep,
            "picto": self._picto,
            "pictos": self._pictos_shown,
        }

    def to(self, path: str) -> str:
        """The address of *path*, a path of the site, from the page being drawn."""
        for folder, up in self._above:
            if path.startswith(folder):
                return up + path[len(folder) :]
        raise AssertionError(path)  # the last folder above is the site's own, which is ""

    def text_of(self, post: Post) -> Markup:
        """The text of *post* in HTML, its links followed from the page being drawn."""
        read = self._read(post)
        # The one function that cleans an author's text made this HTML (law 10).
        return Markup(with_links(read, self._followed) if read.links else read.html)  # noqa: S704 (as above)

    def _followed(self, target: str) -> str:
        """How a link of an author's is followed: relative, when it stays in the site."""
        path = linked_path(target, self._town.public_url, self._centre.slug)
        if path is None:
            return target
        fragment = urlsplit(target).fragment
        return quote(self.to(path)) + (f"#{fragment}" if fragment else "")

    @property
    def _moment(self) -> datetime:
        if self._now is None:
            raise AssertionError("no page is open")
        return self._now

    def _days_until(self, day: date) -> int:
        if self._today is None:
            raise LookupError(
                "this page is the same whatever the day: it cannot tell how far one is"
            )
        self._asked_day = (self._today,)
        return (day - self._today).days

    def _read(self, post: Post) -> ReadText:
        if self._material is None:
            raise AssertionError("no page is open")
        return self._material.text(post)

    def _month_url(self, month: Month) -> str:
        return self.to(month_path(month, self._space))

    def _groups_of(self, post: Post) -> tuple[Group, ...]:
        slugs = post.publication.groups
        return tuple(self._groups[slug] for slug in slugs if slug in self._groups) if slugs else ()

    def _audience_of(self, post: Post) -> str:
        """The names of the groups *post* is for; nothing when it is for the whole centre."""
        return ", ".join([group.name for group in self._groups_of(post)])

    def _photos_of(self, article: PhotoArticle) -> tuple[ShownPhoto, ...]:
        """The photos of *article* that there are: the inspection tells of the others."""
        home = home_of(article, self._space)
        shown = [
            photo
            for number, one in enumerate(article.photos, start=1)
            if (photo := self._photo(one, number, home)) is not None
        ]
        numbers = [one.number for one in shown]
        return tuple(
            ShownPhoto(*one[:3], place, before, after)
            for place, (one, before, after) in enumerate(
                zip(shown, numbers[-1:] + numbers, numbers[1:] + numbers[:1], strict=False), start=1
            )
        )

    def _cover_of(self, article: PhotoArticle) -> ShownPhoto | None:
        """The first photo of *article*, if it is there."""
        if not article.photos:
            return None
        return self._photo(article.photos[0], 1, home_of(article, self._space))

    def _photo(self, one: PhotoInArticle, number: int, home: Space) -> ShownPhoto | None:
        if self._material is None:
            raise AssertionError("no page is open")
        photo = self._asked[one.id] = self._material.photo(one.id)
        if photo is None:
            return None
        smallest, sizes, area = _sizes_in_attributes(photo.renditions)
        folder = escape(self.to(photo_path(photo.id, "", home)))
        srcset = ", ".join([f"{folder}{size}" for size in sizes])
        return ShownPhoto(
            number=number,
            caption=one.caption,
            source=Markup(  # noqa: S704 (what stands in it is escaped, or a number)
                f'src="{folder}{smallest}" srcset="{srcset}" {area} alt="{escape(one.caption or "")}"'
            ),
        )

    def _at_a_glance(self, day: DayOfWeek) -> tuple[Glance, ...]:
        """A day's activities that the page's space sees, by moment."""
        mine = self._space.group
        by_moment: dict[Moment, dict[str, list[Group]]] = {}
        for slot in day.slots:
            if mine is None or slot.group in {None, mine}:
                groups = by_moment.setdefault(slot.moment, {}).setdefault(slot.title, [])
                group = self._groups.get(slot.group) if slot.group else None
                if group is not None and group not in groups and mine is None:
                    groups.append(group)
        return tuple(
            Glance(
                moment=moment,
                activities=tuple((title, tuple(groups)) for title, groups in titles.items()),
            )
            for moment, titles in by_moment.items()
        )

    def _pictograms_of(self, day: DayOfWeek) -> tuple[str, ...]:
        """What a day's activities that the page's space sees look like, each once, in their order.

        One that no pictogram tells looks like its moment.
        """
        looks = (
            pictogram_of(title) or f"m-{glance.moment}"
            for glance in self._at_a_glance(day)
            for title, _groups in glance.activities
        )
        return tuple(dict.fromkeys(looks))

    def _picto(self, name: str, css: str = "") -> Markup:
        """A pictogram, of which `pictos` gives the drawing at the end of the page."""
        self._shown.add(name)
        made = self._pictos.get((name, css))
        if made is None:
            if name not in self._symbols:
                raise KeyError(name)
            named = Markup(' class="{}"').format(css) if css else ""
            made = Markup('<svg{} aria-hidden="true"><use href="#p-{}"/></svg>').format(named, name)
            self._pictos[name, css] = made
        return made

    def _keep(self, piece: Callable[..., Markup], *facts: Hashable) -> Markup:
        """What *piece*, a macro, draws of *facts*: drawn once, for all the pages of a folder.

        It is drawn again when a photo it asked for, or the day if it asked how far one is, is not
        what it was. All else that it may ask is said by its facts and by the folder.
        """
        # A string that is HTML equals one that is not: their types tell them apart.
        key = (self._here, piece, facts, *map(type, facts))
        kept = self._kept.get(key)
        if kept is None or not self._still_holds(kept):
            kept = self._drawn(piece, facts)
            self._kept[key] = kept
            if len(self._kept) > KEPT_PIECES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        self._shown |= kept.pictos
        self._asked.update(kept.photos)
        self._asked_day = kept.day or self._asked_day
        return kept.drawn

    def _drawn(self, piece: Callable[..., Markup], facts: tuple[Hashable, ...]) -> _Kept:
        """Draw a piece, and hear what it asks."""
        around = self._shown, self._asked, self._asked_day
        self._shown, self._asked, self._asked_day = set(), {}, ()
        try:
            drawn = piece(*facts)
            return _Kept(drawn, frozenset(self._shown), self._asked, self._asked_day)
        finally:
            self._shown, self._asked, self._asked_day = around

    def _still_holds(self, kept: _Kept) -> bool:
        """Say whether what a piece asked has the same answers."""
        if self._material is None:
            raise AssertionError("no page is open")
        for name, was in kept.photos.items():
            photo = self._material.photo(name)
            if photo is not was and photo != was:
                return False
        return not kept.day or kept.day == (self._today,)

    def _pictos_shown(self) -> Markup:
        """The drawings of the pictograms shown so far."""
        drawn = "".join(self._symbols[name] for name in sorted(self._shown))
        return Markup(f"<svg hidden>{drawn}</svg>")  # noqa: S704 (the theme's own drawings)


@lru_cache(maxsize=256)
def _sizes_in_attributes(sizes: tuple[Rendition, ...]) -> tuple[str, tuple[str, ...], str]:
    """The smallest of a photo's *sizes*, each with its width, and the area of the largest, as HTML.

    Worked out once: the phones of a centre take photos of a few sizes.
    """
    largest = sizes[-1]
    return (
        str(escape(sizes[0].name)),
        tuple(f"{escape(size.name)} {size.width_px:d}w" for size in sizes),
        f'width="{largest.width_px:d}" height="{largest.height_px:d}"',
    )


def with_links(read: ReadText, leads_to: Callable[[str], str]) -> str:
    """The HTML of a text whose links lead where *leads_to* says, from where each was written to."""
    return _HREF.sub(lambda found: _in_attribute(leads_to(unescape(found[0]))), read.html)


def excerpt(words: str) -> str:
    """The first *words* of a text, at most 160 characters, cut between two words."""
    if len(words) <= EXCERPT_LENGTH:
        return words
    return words[:EXCERPT_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def blocks_of(slots: Iterable[Slot]) -> tuple[tuple[Moment, tuple[Slot, ...]], ...]:
    """The slots of a day by moment, in the order of the day."""
    blocks: dict[Moment, list[Slot]] = {}
    for slot in slots:
        blocks.setdefault(slot.moment, []).append(slot)
    return tuple((moment, tuple(inside)) for moment, inside in blocks.items())


def rows_of(week: Iterable[DayOfWeek]) -> tuple[Moment, ...]:
    """The moments that need a row of their own when days stand side by side.

    Wednesday and holidays fill their day, unless they share it with another moment.
    """
    days = [{slot.moment for slot in day.slots} for day in week]
    return tuple(
        moment
        for moment in Moment
        if any(moment in day and (moment not in _WHOLE_DAY or len(day) > 1) for day in days)
    )


def moments_of(articles: Iterable[PhotoArticle]) -> tuple[Moment, ...]:
    """The moments that *articles* tell of, in the order of the day."""
    told = {one.moment for one in articles}
    return tuple(moment for moment in Moment if moment in told)


def _above(path: str) -> tuple[tuple[str, str], ...]:
    """The folders that hold *path*, nearest first, each with the way up to it."""
    names = path.split("/")[:-1]
    return tuple(
        ("".join(f"{name}/" for name in names[: len(names) - steps]), "../" * steps)
        for steps in range(len(names) + 1)
    )


def _in_attribute(value: str) -> str:
    """*value* as the cleaner of authors' texts writes it between quotes."""
    return (
        value.replace("&", "&amp;")
        .replace("\u00a0", "&nbsp;")
        .replace('"', "&quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
