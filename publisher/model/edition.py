"""An edition: which pages a centre's site has at one moment, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from publisher.model.moment import Moment
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post, Programme, Reminder, Slot
from publisher.model.space import Space
from publisher.model.town import Centre


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreContent:
    """Everything a centre has: its posts, live or not, and its photos by id."""

    centre: Centre
    posts: tuple[Post, ...]
    photos: Mapping[str, Photo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of a school year."""

    school_year: str
    first: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfWeek:
    """One day of the week at a glance: its slots, and the articles that tell of it."""

    day: date
    slots: tuple[Slot, ...]
    articles: tuple[PhotoArticle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: where it is, the template that draws it, and what it is about.

    `path` is inside the centre's site. Only the fields that its template reads are filled;
    `articles` and the other lists are what the page shows, in order, never a whole archive.
    """

    path: str
    template: str
    space: Space
    article: PhotoArticle | None = None
    newer: PhotoArticle | None = None
    older: PhotoArticle | None = None
    programme: Programme | None = None
    articles: tuple[PhotoArticle, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    programmes: tuple[Programme, ...] = ()
    week: tuple[DayOfWeek, ...] = ()
    moment: Moment | None = None
    month: Month | None = None
    months: tuple[Month, ...] = ()
    school_year: str | None = None
    school_years: tuple[str, ...] = ()
    legal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPhoto:
    """One rendition of one photo, at one place of the site."""

    path: str
    photo_id: str
    rendition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which pages and photos exist at `moment` (aware, in the town's time zone)."""

    centre: Centre
    moment: datetime
    pages: tuple[Page, ...]
    photos: tuple[PlacedPhoto, ...]
    content: CentreContent

    @property
    def paths(self) -> frozenset[str]:
        """Every path of the site but the theme's files."""
        return frozenset(page.path for page in self.pages) | frozenset(
            photo.path for photo in self.photos
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Why something cannot be read by families: which post (or page), which line, what to do."""

    post: str
    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None

    def sentence(self) -> str:
        """The whole sentence, in French."""
        return self.reason.format_map(self.facts)
