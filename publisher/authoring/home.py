"""The team's home of a centre: what to do, what waits, what families see. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from publisher.authoring.fields import Opening, is_midnight, last_day_before
from publisher.authoring.photo_form import programmes_of, proposal
from publisher.authoring.standing import Standing, State, standing_of
from publisher.authoring.words import Translate, groups_named, picture_of, title_of
from publisher.content.library import Reading, StoredPost
from publisher.language import day_span, full_day, hour, long_day, short_day
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment, likely_moment
from publisher.model.post import PhotoArticle, Post, Programme, Slot
from publisher.model.school_year import school_year_of
from publisher.model.town import Centre
from publisher.shelf import Edition

ONLINE_SHOWN = 12
"""Posts under « En ligne » before « Tout voir »: three phone screens."""
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post in a list of the team: its name, its picture, and where it stands."""

    post: Post
    title: str
    picture: str
    when: str
    groups: str
    photos: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A document the press could not show, and why. `slug` is empty when none can be named."""

    slug: str
    title: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A slot of today without a photo yet, and the form that is already filled for it."""

    title: str
    moment: str
    groups: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamHome:
    """What the home shows."""

    moment: Moment
    slot: Slot | None
    slot_groups: str
    waiting: tuple[Entry, ...]
    set_aside: tuple[SetAside, ...]
    suggestions: tuple[Suggestion, ...]
    online: tuple[Entry, ...]
    online_count: int
    is_first_day: bool


class Words:
    """The words of one language, for one visit."""

    def __init__(self, translate: Translate, language: str, now: datetime) -> None:
        """Join a translation, its language and the hour that « aujourd'hui » depends on."""
        self.translate = translate
        self.language = language
        self.now = now

    def when(self, instant: datetime) -> str:
        """« Aujourd'hui, 15 h 48 », « Hier, 17 h 05 », « 12 octobre, 9 h »."""
        at = instant.astimezone(self.now.tzinfo)
        away = (self.now.date() - at.date()).days
        near: Mapping[int, str] = {
            0: _("Aujourd'hui, {hour}"),
            1: _("Hier, {hour}"),
            -1: _("Demain, {hour}"),
        }
        says = near.get(away, _("{day}, {hour}"))
        facts = {"day": short_day(at.date(), self.language), "hour": hour(at, self.language)}
        return self.translate(says).format_map(facts)

    def until(self, ends_at: datetime) -> str:
        """« Jusqu'au 25 novembre, fin de journée », « Jusqu'au 25 novembre, 17 h »."""
        if is_midnight(ends_at, self.now):
            last = last_day_before(ends_at, self.now)
            says, at_hour = _("Jusqu'au {day}, fin de journée"), ""
        else:
            at = ends_at.astimezone(self.now.tzinfo)
            last = at.date()
            says, at_hour = _("Jusqu'au {day}, {hour}"), hour(at, self.language)
        far = school_year_of(last) != school_year_of(self.now.date()) or last.year != self.now.year
        day = full_day(last, self.language) if far else short_day(last, self.language)
        return self.translate(says).format_map({"day": day, "hour": at_hour})

    def name(self, post: Post) -> str:
        """What the team calls *post*."""
        if isinstance(post, Programme) and not post.title:
            span = day_span(post.starts_on, post.ends_on, self.language)
            return self.translate(_("Programme, {span}")).format_map({"span": span})
        return title_of(post)

    def day(self, instant: datetime) -> str:
        """« mercredi 18 novembre »."""
        return long_day(instant.astimezone(self.now.tzinfo).date(), self.language)


def entry_of(stored: StoredPost, centre: Centre, edition: Edition | None, words: Words) -> Entry:
    """*stored* as the team's lists show it."""
    post = stored.post
    return Entry(
        post=post,
        title=words.name(post),
        picture=picture_of(post),
        when=words.when(post.publication.published_at),
        groups=groups_named(centre, post.publication.groups, words.translate)
        or words.translate(_("Tout le centre")),
        photos=len(post.photos) if isinstance(post, PhotoArticle) else 0,
        standing=standing_of(stored, edition, words.now, words.language),
    )


def entries_of(
    reading: Reading, centre: Centre, edition: Edition | None, words: Words
) -> tuple[Entry, ...]:
    """Every post of the centre, newest first."""
    every = [entry_of(stored, centre, edition, words) for stored in reading.stored.values()]
    return tuple(
        sorted(
            every,
            key=lambda one: (one.post.publication.published_at, one.post.publication.slug),
            reverse=True,
        )
    )


def home_of(opening: Opening, reading: Reading, edition: Edition | None, words: Words) -> TeamHome:
    """The home of *opening*'s centre, by its content and by what the press has placed."""
    moment, slot = proposal(opening)
    entries = entries_of(reading, opening.centre, edition, words)
    online = [one for one in entries if _is_seen(one, edition)]
    return TeamHome(
        moment=moment,
        slot=slot,
        slot_groups=groups_named(opening.centre, [slot.group or ""], words.translate)
        if slot
        else "",
        waiting=tuple(
            one for one in entries if one.standing.state in {State.SCHEDULED, State.WAITING}
        ),
        set_aside=tuple(_set_aside(reading, edition, words)),
        suggestions=tuple(_suggestions(opening, slot, words))[:SUGGESTIONS],
        online=tuple(online[:ONLINE_SHOWN]),
        online_count=len(online),
        is_first_day=not entries,
    )


def _is_seen(entry: Entry, edition: Edition | None) -> bool:
    """Say whether families see some version of it now."""
    if entry.standing.state is State.ONLINE:
        return True
    return bool(edition and entry.post.publication.slug in edition.posts) and (
        entry.standing.state in {State.WAITING, State.SET_ASIDE}
        and entry.post.publication.withdrawn_at is None
    )


def _set_aside(reading: Reading, edition: Edition | None, words: Words) -> Iterator[SetAside]:
    """What the press set aside, or, before its first edition, what cannot be read."""
    rows = (
        list(edition.set_aside)
        if edition
        else [(one.post, one.line or 0, one.sentence()) for one in reading.unfit]
    )
    for post, line, reason in rows:
        slug = next((part for part in reversed(post.split("/")) if part in reading.stored), "")
        stored = reading.stored.get(slug)
        withdrawn = stored is not None and stored.post.publication.withdrawn_at is not None
        if not withdrawn:
            title = words.name(stored.post) if stored else post
            yield SetAside(slug=slug, title=title, line=line, reason=reason)


def _suggestions(opening: Opening, proposed: Slot | None, words: Words) -> Iterator[Suggestion]:
    """Slots of today that have begun and have no article yet: a suggestion, never a reproach."""
    now = opening.now
    articles = [
        post
        for post in opening.content.posts
        if isinstance(post, PhotoArticle)
        and post.publication.withdrawn_at is None
        and post.publication.published_at.astimezone(now.tzinfo).date() == now.date()
    ]
    begun = _begun(opening.centre, now)
    for programme in programmes_of(opening):
        for number, slot in enumerate(programme.slots):
            if slot.day != now.date() or slot == proposed or not begun(slot.moment):
                continue
            if any(_tells_of(article, slot) for article in articles):
                continue
            yield Suggestion(
                title=slot.title,
                moment=slot.moment.short,
                groups=groups_named(opening.centre, [slot.group or ""], words.translate),
                query=urlencode({"programme": programme.publication.slug, "creneau": number}),
            )


def _begun(centre: Centre, now: datetime) -> Callable[[Moment], bool]:
    order = list(Moment)
    hourly = {Moment.MORNING, Moment.LUNCH, Moment.EVENING}
    current = likely_moment(now.date(), now.time(), centre.moments)
    return lambda moment: (
        moment not in hourly or current not in hourly or order.index(moment) <= order.index(current)
    )


def _tells_of(article: PhotoArticle, slot: Slot) -> bool:
    """Say whether *article* is about *slot*: the same name, or its moment and its group."""
    if article.title.casefold() == slot.title.casefold():
        return True
    groups = article.publication.groups
    return article.moment is slot.moment and (slot.group in groups if slot.group else not groups)


def by_school_year(entries: tuple[Entry, ...]) -> Mapping[str, tuple[Entry, ...]]:
    """The entries under their school year, newest first."""
    years: dict[str, list[Entry]] = {}
    for entry in entries:
        year = school_year_of(entry.post.publication.published_at.date())
        years.setdefault(year, []).append(entry)
    return {year: tuple(found) for year, found in years.items()}
