"""What a simulated centre published over the years. Pure: the seed, the centre and the day decide.

About 600 posts a school year: seven photo articles in ten, two reminders, one programme, and one
post in three for a single group. Each day is drawn apart from the others, so that a small
archive is the end of a large one: what families see first does not depend on how old it is.
"""

import base64
import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from publisher.demo import simulated_words as words
from publisher.demo import stories
from publisher.demo.chronicle import is_public_holiday
from publisher.kinds.photo_article import proposed_caption
from publisher.kinds.reading import end_of, slug_for
from publisher.model.moment import WEDNESDAY, Moment
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Post,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.school_year import monday_of
from publisher.model.town import Centre

POSTS_A_YEAR: Final = 600
"""Posts of one centre in one school year, at rhythm 1."""

MAX_PHOTOS: Final = 24

_FRIDAY: Final = 4
_SATURDAY: Final = 5
_HOLIDAYS_BEGIN: Final = ((10, 16), (12, 18), (2, 5), (4, 2))
"""Each of the year's holidays begins on the first Saturday from this day on, and lasts 16 days."""
_HOLIDAYS_LAST: Final = timedelta(days=16)
_SUMMER: Final = (7, 8)
_MIDNIGHT = 24
_AUGUST = 8
_FIRST_HALF: Final = 15
"""Nobody writes until 15 August."""

_ARTICLES_A_DAY: Mapping[Moment, float] = MappingProxyType(
    {Moment.WEDNESDAY: 3.4, Moment.LUNCH: 0.33, Moment.EVENING: 0.78, Moment.HOLIDAYS: 2.1}
)
_REMINDERS_A_DAY: Final = 0.49
_PROGRAMMES_A_FRIDAY: Final = 1.0
_GROUP_PROGRAMMES_A_FRIDAY: Final = 0.22

_HOURS: Mapping[Moment, tuple[time, time]] = MappingProxyType(
    {
        Moment.WEDNESDAY: (time(12, 0), time(18, 45)),
        Moment.LUNCH: (time(12, 45), time(14, 15)),
        Moment.EVENING: (time(17, 0), time(19, 15)),
        Moment.HOLIDAYS: (time(11, 0), time(18, 30)),
    }
)
"""Between which hours of the day an article of a moment goes out."""

_FOR_ONE_GROUP: Final = 1 / 3
_WITHOUT_TEXT, _SHORT_TEXT = 0.25, 0.75
_TYPED_CAPTION, _DECORATIVE = 0.25, 0.4
_WITH_A_LINK: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The posts of one centre, drawn from `seed`.

    `rhythm` multiplies how many posts go out a day; 1 is that of a real centre.
    """

    centre: Centre
    zone: ZoneInfo
    seed: int
    rhythm: float = 1.0

    def posts(self, until: datetime, count: int) -> tuple[Post, ...]:
        """The *count* latest posts that went out until *until* (aware), oldest first."""
        local = until.astimezone(self.zone)
        backwards: list[Post] = []
        day = local.date()
        while len(backwards) < count:
            backwards += reversed(
                [post for post in self._posts_of(day) if post.publication.published_at <= local]
            )
            day -= timedelta(days=1)
        return tuple(self._with_texts(reversed(backwards[:count])))

    def photo_id(self, slug: str, number: int) -> str:
        """The id of the photo *number* of an article. Only in a simulation can it be worked out."""
        drawn = hashlib.sha256(f"{self.seed}/{self.centre.slug}/{slug}/{number}".encode()).digest()
        return base64.b32encode(drawn[:16]).decode("ascii").rstrip("=").lower()

    def _posts_of(self, day: date) -> list[Post]:
        """What went out on *day*, in order, each with a slug of its own, without texts."""
        draw = self._draw("day", day)
        posts: list[Post] = []
        if not _is_closed(day):
            for moment in self._moments_of(day):
                posts += [
                    self._article(day, moment, draw)
                    for _one in range(self._count(_ARTICLES_A_DAY[moment], draw))
                ]
            posts += [
                self._reminder(day, draw) for _one in range(self._count(_REMINDERS_A_DAY, draw))
            ]
            if day.weekday() == _FRIDAY:
                posts += self._programmes(day, draw)
        posts.sort(key=lambda post: (post.publication.published_at, post.publication.slug))
        return _with_slugs_of_their_own(posts)

    def _moments_of(self, day: date) -> tuple[Moment, ...]:
        if is_school_holiday(day):
            asked: tuple[Moment, ...] = (Moment.HOLIDAYS,)
        elif day.weekday() == WEDNESDAY:
            asked = (Moment.WEDNESDAY,)
        else:
            asked = (Moment.LUNCH, Moment.EVENING)
        return tuple(moment for moment in asked if moment in self.centre.moments)

    def _count(self, a_day: float, draw: random.Random) -> int:
        """A whole number whose mean is *a_day* times the rhythm."""
        mean = a_day * self.rhythm
        return int(mean) + (draw.random() < mean % 1)

    def _article(self, day: date, moment: Moment, draw: random.Random) -> PhotoArticle:
        title = draw.choice(words.ACTIVITIES[moment]) + draw.choice(words.TURNS)
        slug = slug_for(day, title, "photos")
        # Half of the albums have five photos or fewer, one in twenty has fifteen or more.
        count = max(1, min(MAX_PHOTOS, round(draw.lognormvariate(1.62, 0.62))))
        publication = self._publication(slug, self._hour(day, *_HOURS[moment], draw), draw)
        return PhotoArticle(
            publication=publication,
            title=title,
            moment=moment,
            photos=tuple(
                PhotoInArticle(
                    id=self.photo_id(f"{slug}/{publication.published_at.isoformat()}", number),
                    caption=_caption(title, number, draw),
                )
                for number in range(1, count + 1)
            ),
        )

    def _reminder(self, day: date, draw: random.Random) -> Reminder:
        need = draw.choice(words.NEEDED)
        about = day + timedelta(days=draw.randint(1, 6))
        ends_at = end_of(about, self.zone)
        if need.ends_at_hour < _MIDNIGHT:
            ends_at = datetime.combine(about, time(need.ends_at_hour), tzinfo=self.zone)
        publication = self._publication(
            slug_for(day, need.sentence, "rappel"),
            self._hour(day, time(9), time(18, 30), draw),
            draw,
            ends_at=ends_at,
        )
        return Reminder(
            publication=publication,
            sentence=need.sentence,
            pictogram=need.pictogram,
            day=about,
            text=need.text,
        )

    def _programmes(self, friday: date, draw: random.Random) -> Iterator[Programme]:
        """Next week's, for the whole centre; now and then one more, for one group."""
        monday = monday_of(friday) + timedelta(weeks=1)
        for rate, for_one in ((_PROGRAMMES_A_FRIDAY, False), (_GROUP_PROGRAMMES_A_FRIDAY, True)):
            for _one in range(self._count(rate, draw)):
                group = draw.choice(self.centre.groups).slug if for_one else None
                slots = tuple(self._slots(monday, group, draw))
                if not slots:
                    continue
                title = "Vacances" if is_school_holiday(monday) else ""
                publication = self._publication(
                    slug_for(friday, f"programme {title or monday.isoformat()}", "programme"),
                    self._hour(friday, time(10), time(18), draw),
                    None,
                )
                yield Programme(
                    publication=replace(publication, groups=(group,) if group else ()),
                    title=title,
                    starts_on=monday,
                    ends_on=monday + timedelta(days=_FRIDAY),
                    slots=slots,
                )

    def _slots(self, monday: date, only: str | None, draw: random.Random) -> Iterator[Slot]:
        """Five days: a whole day on Wednesdays and in the holidays, lunch and evening on others."""
        groups = [group.slug for group in self.centre.groups if only in {None, group.slug}]
        for day in (monday + timedelta(days=number) for number in range(_FRIDAY + 1)):
            if _is_closed(day):
                continue
            for moment in self._moments_of(day):
                if moment in {Moment.WEDNESDAY, Moment.HOLIDAYS}:
                    for group in groups:
                        activity = draw.choice(stories.WEDNESDAY_MORNINGS)
                        yield _slot(day, moment, group, activity)
                    afternoon = draw.choice(words.ACTIVITIES[moment])
                    yield Slot(day=day, moment=moment, group=only, title=afternoon, time="14 h")
                    snack = draw.choice(stories.SNACKS)
                    yield Slot(day=day, moment=moment, group=only, title=snack, time="16 h 15")
                elif moment is Moment.LUNCH:
                    yield _slot(day, moment, only, draw.choice(stories.LUNCH_ACTIVITIES))
                else:
                    for group in groups:
                        yield _slot(day, moment, group, draw.choice(stories.EVENING_ACTIVITIES))

    def _publication(
        self,
        slug: str,
        published_at: datetime,
        audience: random.Random | None,
        ends_at: datetime | None = None,
    ) -> Publication:
        """What every post has; *audience* draws whether it is for one group (None: it is not)."""
        groups: tuple[str, ...] = ()
        if audience is not None and audience.random() < _FOR_ONE_GROUP:
            groups = (audience.choice(self.centre.groups).slug,)
        author = hashlib.sha256(
            f"{self.seed}/{self.centre.slug}/author {published_at.minute % 3}".encode()
        )
        return Publication(
            centre=self.centre.slug,
            slug=slug,
            published_at=published_at,
            ends_at=ends_at,
            groups=groups,
            author=base64.b32encode(author.digest()[:16]).decode("ascii").rstrip("=").lower(),
        )

    def _hour(self, day: date, first: time, last: time, draw: random.Random) -> datetime:
        earliest = datetime.combine(day, first, tzinfo=self.zone)
        latest = datetime.combine(day, last, tzinfo=self.zone)
        return earliest + timedelta(
            seconds=draw.randrange(int((latest - earliest).total_seconds()))
        )

    def _draw(self, what: str, day: date) -> random.Random:
        """A source of chance that gives the same for the same seed, centre and day."""
        return random.Random(f"{self.seed}/{self.centre.slug}/{what}/{day}")

    def _with_texts(self, posts: Iterable[Post]) -> Iterator[Post]:
        """*posts*, oldest first, each article with its text: it may speak of the one before it."""
        before: PhotoArticle | None = None
        for post in posts:
            if not isinstance(post, PhotoArticle):
                yield post
                continue
            draw = random.Random(f"{self.seed}/{self.centre.slug}/text/{post.publication.slug}")
            yield replace(post, text=self._text(draw, before))
            if not post.publication.groups:
                before = post

    def _text(self, draw: random.Random, before: PhotoArticle | None) -> str:
        """Nothing for one in four, 20 to 60 words for half, up to 150 for the last quarter."""
        chosen = draw.random()
        if chosen < _WITHOUT_TEXT:
            return ""
        if chosen < _SHORT_TEXT:
            return _paragraphs(_sentences(draw, draw.randint(20, 44)))
        sentences = _sentences(draw, draw.randint(50, 95))
        if draw.random() < _WITH_A_LINK:
            sentences.append(self._link(draw, before))
        if draw.random() < 1 / 2:
            sentences.insert(draw.randrange(len(sentences)), draw.choice(words.BOLD))
        text = _paragraphs(sentences)
        if draw.random() < 1 / 3:
            lines = "\n".join(f"- {one}" for one in draw.sample(words.THINGS, draw.randint(2, 4)))
            text += f"\n\n{draw.choice(words.LISTS_BEGIN)}\n\n{lines}"
        return text

    def _link(self, draw: random.Random, before: PhotoArticle | None) -> str:
        if before is not None and draw.random() < 1 / 2:
            return words.ARTICLE_LINK.format(title=before.title, slug=before.publication.slug)
        return draw.choice(
            [
                sentence
                for sentence, moment in words.STANDING_LINKS
                if moment is None or moment in self.centre.moments
            ]
        )


def is_school_holiday(day: date) -> bool:
    """Say whether *day* is in the holidays of the simulated calendar, the same weeks every year."""
    if day.month in _SUMMER:
        return True
    for month, first in _HOLIDAYS_BEGIN:
        for year in (day.year - 1, day.year):
            start = date(year, month, first)
            saturday = start + timedelta(days=(_SATURDAY - start.weekday()) % 7)
            if saturday <= day < saturday + _HOLIDAYS_LAST:
                return True
    return False


def _is_closed(day: date) -> bool:
    is_august_break = day.month == _AUGUST and day.day <= _FIRST_HALF
    return day.weekday() >= _SATURDAY or is_public_holiday(day) or is_august_break


def _with_slugs_of_their_own(posts: Iterable[Post]) -> list[Post]:
    """*posts* with `-2`, `-3`… where two of a day have one title, as saving them would give."""
    seen: dict[str, int] = {}
    named = []
    for post in posts:
        slug = post.publication.slug
        seen[slug] = seen.get(slug, 0) + 1
        again = f"{slug}-{seen[slug]}" if seen[slug] > 1 else slug
        named.append(replace(post, publication=replace(post.publication, slug=again)))
    return named


def _caption(title: str, number: int, draw: random.Random) -> str | None:
    """A sentence that somebody typed, nothing (decorative), or what the form proposes."""
    chosen = draw.random()
    if chosen < _TYPED_CAPTION:
        return draw.choice(words.CAPTIONS)
    return None if chosen < _DECORATIVE else proposed_caption(title, number)


def _slot(day: date, moment: Moment, group: str | None, activity: stories.Activity) -> Slot:
    return Slot(
        day=day,
        moment=moment,
        group=group,
        title=activity.title,
        time=activity.time,
        place=activity.place,
        bring=activity.bring,
    )


def _sentences(draw: random.Random, at_least: int) -> list[str]:
    """Sentences, each once, until they hold *at_least* words."""
    chosen: list[str] = []
    held = 0
    for sentence in draw.sample(words.SENTENCES, len(words.SENTENCES)):
        if held >= at_least:
            break
        chosen.append(sentence)
        held += len(sentence.split())
    return chosen


def _paragraphs(sentences: list[str]) -> str:
    """Two or three sentences a paragraph, as on a phone."""
    return "\n\n".join(
        " ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3)
    )
