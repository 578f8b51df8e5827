"""What the invented centres published, day after day. Pure: the day, the seed and the town decide.

A post depends only on its centre and its own day or week, never on the day the demo is made: a
demo made on Monday and topped up on Friday holds all that one made on Friday does.
"""

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from publisher.demo import stories
from publisher.demo.pictures import PICTURES
from publisher.demo.stories import Activity, Need, Story
from publisher.kinds.reading import end_of, slug_for
from publisher.model.moment import WEDNESDAY, Moment, likely_moment
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Post,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.school_year import last_day_of_school_year, monday_of
from publisher.model.town import Centre

SEED: Final = "valmont-sur-rive"
WEEKS_BEFORE: Final = 4
"""Weeks told before the current one."""

REMINDERS_IN_DAYS: Final = (0, 1, 3)
"""Today, tomorrow, and later this week."""

_KNOWN_DAYS_BEFORE: Final = timedelta(days=6)
_PROGRAMME_IS_READY: Final = timedelta(days=10)
"""The Friday of the week before the last: next week's programme is always there to read."""

_SCHOOL_DAYS: Final = (0, 1, 3, 4)
_HOLIDAY_ALBUM_DAYS: Final = (1, 3)
"""Tuesday and Thursday."""
_SATURDAY: Final = 5
_SUMMER: Final = (7, 8)

_PUBLIC_HOLIDAYS: Final = frozenset(
    {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
)

_ZONE_C_HOLIDAYS: Final = (
    (date(2026, 10, 17), date(2026, 11, 1)),
    (date(2026, 12, 19), date(2027, 1, 3)),
    (date(2027, 2, 6), date(2027, 2, 21)),
    (date(2027, 4, 3), date(2027, 4, 18)),
)
"""School holidays of zone C, from the official calendar; July and August are holidays every year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost:
    """One post of the chronicle, and the pictures its photos are copies of, in order."""

    post: Post
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicler:
    """Tells what one centre published, over `weeks_before` weeks and the current one.

    `author` is a pseudonym, `zone` the town's.
    """

    centre: Centre
    author: str
    zone: ZoneInfo
    weeks_before: int = WEEKS_BEFORE
    seed: str = SEED

    def programmes(self, today: date) -> Iterator[PublishedPost]:
        """The programme of each week told, of this one and of the next."""
        for week in range(-self.weeks_before, 2):
            programme = self._programme(monday_of(today) + timedelta(weeks=week))
            if programme is not None:
                yield programme

    def articles(self, now: datetime) -> Iterator[PublishedPost]:
        """Every photo article that went out in the weeks told, until *now*."""
        monday = monday_of(now.date()) - timedelta(weeks=self.weeks_before)
        for days in range((now.date() - monday).days + 1):
            for one in self._articles_of(monday + timedelta(days=days)):
                if one.post.publication.published_at <= now:
                    yield one

    def reminders(self, today: date) -> Iterator[PublishedPost]:
        """What is not to be forgotten today, tomorrow and later."""
        for days in REMINDERS_IN_DAYS:
            yield self._reminder(today + timedelta(days=days))

    def group_reminder(self, today: date) -> PublishedPost:
        """One thing that only one group must not forget, the day after tomorrow."""
        day = today + timedelta(days=2)
        group = self._draw("reminder's group", day).choice(self.centre.groups)
        need = Need(sentence=f"Un livre à présenter aux {group.name.lower()}", pictogram="boite")
        return self._reminded(day, need, groups=(group.slug,))

    def scheduled(self, now: datetime) -> PublishedPost:
        """An article that will appear tomorrow at 17 h 30."""
        return self._any_day(
            self._at(now.date() + timedelta(days=1), 17, 30), stories.WEEK_IN_REVIEW
        )

    def taken_back(self, now: datetime) -> PublishedPost:
        """An article of three days ago, to be withdrawn."""
        return self._any_day(self._at(now.date() - timedelta(days=3), 12, 40), stories.TAKEN_BACK)

    def _any_day(self, published_at: datetime, story: Story) -> PublishedPost:
        moment = likely_moment(published_at.date(), published_at.time(), self.centre.moments)
        return self._article(published_at, moment, story)

    def _articles_of(self, day: date) -> Iterator[PublishedPost]:
        """What went out on one day: Wednesdays, one lunch, one evening; every other holiday."""
        week, weekday = monday_of(day).toordinal() // 7, day.weekday()
        opens = self.centre.moments
        if is_public_holiday(day):
            return
        if is_holiday(day):
            if weekday in _HOLIDAY_ALBUM_DAYS:
                number = len(_HOLIDAY_ALBUM_DAYS) * week + _HOLIDAY_ALBUM_DAYS.index(weekday)
                yield self._article(
                    self._at(day, 17, 15),
                    Moment.HOLIDAYS,
                    self._story(Moment.HOLIDAYS, number),
                    self._one_group_in_two(number),
                )
            return
        if weekday == WEDNESDAY and Moment.WEDNESDAY in opens:
            story = self._story(Moment.WEDNESDAY, week)
            groups = () if Moment.EVENING in opens else self._one_group_in_two(week)
            yield self._article(self._at(day, 17, 5), Moment.WEDNESDAY, story, groups)
        if weekday == self._day_of(Moment.LUNCH, week) and Moment.LUNCH in opens:
            story = self._story(Moment.LUNCH, week)
            yield self._article(self._at(day, 13, 20), Moment.LUNCH, story)
        if weekday == self._day_of(Moment.EVENING, week) and Moment.EVENING in opens:
            story = self._story(Moment.EVENING, week)
            yield self._article(
                self._at(day, 18, 10), Moment.EVENING, story, groups=self._one_group_in_two(week)
            )

    def _one_group_in_two(self, number: int) -> tuple[str, ...]:
        """One group for every other album, the whole centre in between."""
        groups = self.centre.groups
        return () if number % 2 else (groups[number // 2 % len(groups)].slug,)

    def _story(self, moment: Moment, number: int) -> Story:
        """The story of the week: a centre goes through the list, each from its own beginning."""
        told = stories.STORIES[moment]
        return told[(number + self._number(f"first story {moment}")) % len(told)]

    def _day_of(self, moment: Moment, week: int) -> int:
        """The school day, but Wednesday, on which that moment is told of this week."""
        return _SCHOOL_DAYS[(week + self._number(f"day {moment}")) % len(_SCHOOL_DAYS)]

    def _article(
        self,
        published_at: datetime,
        moment: Moment,
        story: Story,
        groups: tuple[str, ...] = (),
    ) -> PublishedPost:
        slug = slug_for(published_at.date(), story.title, "photos")
        photos = tuple(
            PhotoInArticle(id=self.photo_id(slug, picture), caption=PICTURES[picture])
            for picture in story.pictures
        )
        ends_on = last_day_of_school_year(published_at.date())
        publication = self._publication(
            slug, published_at, ends_at=end_of(ends_on, self.zone), groups=groups
        )
        return PublishedPost(
            post=PhotoArticle(
                publication=publication,
                title=story.title,
                moment=moment,
                photos=photos,
                text=story.text,
            ),
            pictures=story.pictures,
        )

    def _reminder(self, day: date) -> PublishedPost:
        if day.weekday() >= _SATURDAY or is_public_holiday(day):
            need = stories.WEEKEND_NEEDS[day.weekday() % len(stories.WEEKEND_NEEDS)]
        else:
            needs = stories.NEEDS
            need = needs[(day.toordinal() + self._number("first need")) % len(needs)]
        return self._reminded(day, need)

    def _reminded(self, day: date, need: Need, groups: tuple[str, ...] = ()) -> PublishedPost:
        ends_at = end_of(day, self.zone)
        if need.ends_at_hour < 24:  # noqa: PLR2004 (midnight)
            ends_at = self._at(day, need.ends_at_hour, 0)
        publication = self._publication(
            slug_for(day, need.sentence, "rappel"),
            self._at(day - _KNOWN_DAYS_BEFORE, 17, 5),
            ends_at=ends_at,
            groups=groups,
        )
        return PublishedPost(
            post=Reminder(
                publication=publication,
                sentence=need.sentence,
                pictogram=need.pictogram,
                day=day,
                text=need.text,
            )
        )

    def _programme(self, monday: date) -> PublishedPost | None:
        days = [monday + timedelta(days=number) for number in range(5)]
        slots = tuple(slot for day in days for slot in self._slots_of(day))
        if not slots:
            return None
        title = "Vacances" if all(map(is_holiday, days)) else ""
        publication = self._publication(
            slug_for(monday, f"programme {title}", "programme"),
            self._at(monday - _PROGRAMME_IS_READY, 18, 0),
        )
        return PublishedPost(
            post=Programme(
                publication=publication,
                title=title,
                starts_on=monday,
                ends_on=days[-1],
                slots=slots,
            )
        )

    def _slots_of(self, day: date) -> Iterator[Slot]:
        """A day of a programme. What photos tell of that day is in it."""
        draw = self._draw("slots", day)
        told = {
            one.post.moment: one.post
            for one in self._articles_of(day)
            if isinstance(one.post, PhotoArticle)
        }
        if is_public_holiday(day):
            return
        if is_holiday(day):
            yield from self._whole_day(day, Moment.HOLIDAYS, told.get(Moment.HOLIDAYS), draw)
        elif day.weekday() == WEDNESDAY:
            if Moment.WEDNESDAY in self.centre.moments:
                yield from self._whole_day(day, Moment.WEDNESDAY, told.get(Moment.WEDNESDAY), draw)
        else:
            for moment, activities in (
                (Moment.MORNING, stories.MORNING_ACTIVITIES),
                (Moment.LUNCH, stories.LUNCH_ACTIVITIES),
                (Moment.EVENING, stories.EVENING_ACTIVITIES),
            ):
                if moment in self.centre.moments:
                    yield from self._short_moment(day, moment, activities, told.get(moment), draw)

    def _whole_day(
        self, day: date, moment: Moment, told: PhotoArticle | None, draw: random.Random
    ) -> Iterator[Slot]:
        """A morning for each group, an afternoon together unless photos tell otherwise, a snack."""
        mornings = draw.sample(stories.WEDNESDAY_MORNINGS, len(self.centre.groups))
        for group, activity in zip(self.centre.groups, mornings, strict=True):
            yield _slot(day, moment, group.slug, activity)
        together = draw.choice(stories.STORIES[Moment.HOLIDAYS]).activity
        afternoon = self._activity_of(told) or together
        if told is None or not told.publication.groups:
            yield _slot(day, moment, None, Activity(title=afternoon, time="14 h"))
        else:
            for group in self.centre.groups:
                is_told = group.slug in told.publication.groups
                title = afternoon if is_told else together
                yield _slot(day, moment, group.slug, Activity(title=title, time="14 h"))
        yield _slot(day, moment, None, Activity(title=draw.choice(stories.SNACKS), time="16 h 15"))

    def _short_moment(
        self,
        day: date,
        moment: Moment,
        activities: tuple[Activity, ...],
        told: PhotoArticle | None,
        draw: random.Random,
    ) -> Iterator[Slot]:
        """One activity for all in the morning and when photos tell of it, else one a group."""
        activity = self._activity_of(told)
        told_groups = told.publication.groups if told else ()
        if activity and not told_groups:
            yield _slot(day, moment, None, Activity(title=activity))
        elif moment is Moment.MORNING:
            yield _slot(day, moment, None, draw.choice(activities))
        else:
            chosen = draw.sample(activities, len(self.centre.groups))
            for group, one in zip(self.centre.groups, chosen, strict=True):
                is_told = group.slug in told_groups
                yield _slot(day, moment, group.slug, Activity(title=activity) if is_told else one)

    @staticmethod
    def _activity_of(told: PhotoArticle | None) -> str:
        """What the programme called what *told* tells of."""
        if told is None:
            return ""
        return next(one.activity for one in stories.STORIES[told.moment] if one.title == told.title)

    def _publication(
        self,
        slug: str,
        published_at: datetime,
        ends_at: datetime | None = None,
        groups: tuple[str, ...] = (),
    ) -> Publication:
        return Publication(
            centre=self.centre.slug,
            slug=slug,
            published_at=published_at,
            ends_at=ends_at,
            groups=groups,
            author=self.author,
        )

    def _at(self, day: date, hour: int, minute: int) -> datetime:
        return datetime.combine(day, time(hour, minute), tzinfo=self.zone)

    def _draw(self, what: str, day: date) -> random.Random:
        """A source of chance that gives the same for the same centre and day."""
        return random.Random(f"{self.seed}/{self.centre.slug}/{what}/{day}")

    def _number(self, what: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.centre.slug}/{what}".encode()).digest()[:2])

    def photo_id(self, slug: str, picture: str) -> str:
        """The id of one picture in one article. Only in the demo can it be worked out."""
        digest = hashlib.sha256(
            f"{self.seed}/{self.centre.slug}/{slug}/{picture}".encode()
        ).digest()
        return base64.b32encode(digest[:16]).decode("ascii").rstrip("=").lower()


def is_holiday(day: date) -> bool:
    """Say whether schools of zone C are closed for the holidays on *day*."""
    return day.month in _SUMMER or any(first <= day <= last for first, last in _ZONE_C_HOLIDAYS)


def is_public_holiday(day: date) -> bool:
    """Say whether everything is closed on *day* (the holidays that fall on the same date every year)."""
    return (day.month, day.day) in _PUBLIC_HOLIDAYS


def _slot(day: date, moment: Moment, group: str | None, activity: Activity) -> Slot:
    return Slot(
        day=day,
        moment=moment,
        group=group,
        title=activity.title,
        time=activity.time,
        place=activity.place,
        bring=activity.bring,
    )
