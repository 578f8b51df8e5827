"""Posts: what an animator publishes, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from publisher.model.moment import Moment
from publisher.model.space import Space


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What every post has, whatever its kind.

    `slug` names it within its centre, for ever. It is seen from `published_at` until
    `ends_at` (None: no end), both aware; never once `withdrawn_at` is set. `groups` are the
    slugs it is for; none means the whole centre. `author` is a pseudonym, or nothing when a
    person wrote the file by hand.
    """

    centre: str
    slug: str
    published_at: datetime
    ends_at: datetime | None = None
    groups: tuple[str, ...] = ()
    author: str | None = None
    withdrawn_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Say whether the post may be in the tree at *now* (law 2)."""
        if self.withdrawn_at is not None or now < self.published_at:
            return False
        return self.ends_at is None or now < self.ends_at

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The spaces it exists in: the centre's, or each of its groups' and no other (law 1)."""
        if not self.groups:
            return (Space(self.centre),)
        return tuple(Space(self.centre, group) for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoInArticle:
    """One photo of an article. The caption is also its alternative text; None: decorative."""

    id: str
    caption: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoArticle:
    """A story with 1 to 60 photos."""

    publication: Publication
    title: str
    moment: Moment
    photos: tuple[PhotoInArticle, ...]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One thing not to forget, until its end."""

    publication: Publication
    sentence: str
    pictogram: str
    day: date
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One line of a programme: a day, a moment, a group (None: all together), an activity."""

    day: date
    moment: Moment
    group: str | None
    title: str
    time: str = ""
    place: str = ""
    bring: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A week, or a holiday period: its first and last day, and its slots in reading order."""

    publication: Publication
    title: str
    starts_on: date
    ends_on: date
    slots: tuple[Slot, ...]
    text: str = ""


Post: TypeAlias = PhotoArticle | Reminder | Programme
