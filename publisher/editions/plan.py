"""Which pages exist for a content and a moment. Pure: the clock is an argument, nothing is read."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from publisher.model.edition import CentreContent, DayOfWeek, Month, Page, PlacedPhoto, Plan
from publisher.model.legal import LEGAL_NAMES
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.school_year import monday_of, school_year_of
from publisher.model.space import Space

HOME_ARTICLES = 7
"""Articles on a home page: the latest, large, then six."""
MOMENT_ARTICLES = 24
"""Articles on a moment's own page; older ones are in its school year's page."""
FEED_ARTICLES = 20


def plan_of(content: CentreContent, now: datetime) -> Plan:
    """The site of *content*'s centre at *now*, aware and in the town's time zone.

    A post that is not live at *now* is in no page, no list and no photo (law 2). A post for
    some groups is only under those groups' spaces (law 1).
    """
    pages = tuple(
        page for space in content.centre.spaces for page in _pages_of(space, content, now)
    )
    photos = tuple(_photos_of(content, now))
    return Plan(centre=content.centre, moment=now, pages=pages, photos=photos, content=content)


def next_change_at(posts: Iterable[Post], now: datetime) -> datetime:
    """The next instant at which the site changes though nobody touched anything.

    The first appearance or end of a post after *now*, or the next local midnight, when
    « demain » becomes « aujourd'hui ».
    """
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
    instants = [midnight]
    for post in posts:
        publication = post.publication
        if publication.withdrawn_at is None:
            instants += [
                instant
                for instant in (publication.published_at, publication.ends_at)
                if instant is not None and instant > now
            ]
    return min(instants)


def is_seen_in(post: Post, space: Space) -> bool:
    """Say whether *space* lists *post*: its own posts, and in a group the whole centre's too."""
    groups = post.publication.groups
    return not groups or space.group in groups


def home_of(post: Post, space: Space) -> Space:
    """The space whose folder holds *post*'s page when it is listed in *space*."""
    return space if post.publication.groups else Space(space.centre)


def article_path(article: PhotoArticle, space: Space) -> str:
    """Where *article* stands, as listed in *space*."""
    return f"{home_of(article, space).folder}articles/{article.publication.slug}.html"


def programme_path(programme: Programme, space: Space) -> str:
    """Where *programme* stands, as listed in *space*."""
    return f"{home_of(programme, space).folder}programmes/{programme.publication.slug}.html"


def month_path(month: Month, space: Space) -> str:
    """Where a month's archive stands."""
    return f"{space.folder}archives/{month.school_year}/{month.first:%Y-%m}.html"


def school_year_path(school_year: str, space: Space) -> str:
    """Where a school year's archive stands."""
    return f"{space.folder}archives/{school_year}/index.html"


def moment_path(moment: Moment, space: Space) -> str:
    """Where a moment's page stands."""
    return f"{space.folder}moments/{moment}.html"


def moment_year_path(moment: Moment, school_year: str, space: Space) -> str:
    """Where a moment's archive of one school year stands."""
    return f"{space.folder}archives/{school_year}/{moment}.html"


def photo_path(photo_id: str, rendition: str, space: Space) -> str:
    """Where one rendition of a photo stands, for a post whose page is in *space*."""
    return f"{space.folder}photos/{photo_id}/{rendition}"


def published_on(post: Post, now: datetime) -> date:
    """The local day *post* went out, in the time zone of *now*."""
    return post.publication.published_at.astimezone(now.tzinfo).date()


def _pages_of(space: Space, content: CentreContent, now: datetime) -> Iterator[Page]:
    live = [
        post for post in content.posts if post.publication.is_live(now) and is_seen_in(post, space)
    ]
    articles = _newest_first(post for post in live if isinstance(post, PhotoArticle))
    programmes = tuple(
        sorted(
            (post for post in live if isinstance(post, Programme)),
            key=lambda one: (one.starts_on, one.publication.slug),
            reverse=True,
        )
    )
    reminders = tuple(
        sorted(
            (post for post in live if isinstance(post, Reminder)),
            key=lambda one: (one.day, one.publication.ends_at, one.publication.slug),
        )
    )
    years = tuple(
        sorted({school_year_of(published_on(one, now)) for one in articles}, reverse=True)
    )
    folder = space.folder
    yield Page(
        path=f"{folder}index.html",
        template="home",
        space=space,
        articles=articles[:HOME_ARTICLES],
        reminders=reminders,
        programme=_current(programmes, now.date()),
        week=_week(programmes, articles, now),
        school_years=years,
    )
    yield Page(path=f"{folder}rappels.html", template="reminders", space=space, reminders=reminders)
    yield Page(
        path=f"{folder}programmes/index.html",
        template="programmes",
        space=space,
        programme=_current(programmes, now.date()),
        programmes=programmes,
    )
    yield Page(
        path=f"{folder}archives/index.html", template="archives", space=space, school_years=years
    )
    yield Page(
        path=f"{folder}flux.xml", template="feed", space=space, articles=articles[:FEED_ARTICLES]
    )
    yield from _article_pages(space, articles)
    yield from _programme_pages(space, programmes, articles, now)
    for moment in content.centre.moments:
        of_moment = tuple(one for one in articles if one.moment is moment)
        moment_years = tuple(
            sorted({school_year_of(published_on(one, now)) for one in of_moment}, reverse=True)
        )
        yield Page(
            path=moment_path(moment, space),
            template="moment",
            space=space,
            moment=moment,
            articles=of_moment[:MOMENT_ARTICLES],
            school_years=moment_years,
        )
        for year in moment_years:
            yield Page(
                path=moment_year_path(moment, year, space),
                template="moment_year",
                space=space,
                moment=moment,
                school_year=year,
                articles=tuple(
                    one for one in of_moment if school_year_of(published_on(one, now)) == year
                ),
            )
    yield from _archive_pages(space, articles, now)
    if space.group is None:
        for legal in LEGAL_NAMES:
            yield Page(path=f"ville/{legal}.html", template="legal", space=space, legal=legal)


def _article_pages(space: Space, articles: tuple[PhotoArticle, ...]) -> Iterator[Page]:
    """A page for each article whose home this is, with its neighbours in what the space lists."""
    beside: dict[str, tuple[PhotoArticle | None, PhotoArticle | None]] = {}
    for newer, older in pairwise((None, *articles, None)):
        if newer is not None:
            beside[newer.publication.slug] = (
                beside.get(newer.publication.slug, (None, None))[0],
                older,
            )
        if older is not None:
            beside[older.publication.slug] = (newer, None)
    for article in articles:
        if home_of(article, space) == space:
            newer, older = beside[article.publication.slug]
            yield Page(
                path=article_path(article, space),
                template="article",
                space=space,
                article=article,
                newer=newer,
                older=older,
            )


def _programme_pages(
    space: Space,
    programmes: tuple[Programme, ...],
    articles: tuple[PhotoArticle, ...],
    now: datetime,
) -> Iterator[Page]:
    for number, programme in enumerate(programmes):
        if home_of(programme, space) == space:
            days = [
                programme.starts_on + timedelta(days=count)
                for count in range((programme.ends_on - programme.starts_on).days + 1)
            ]
            yield Page(
                path=programme_path(programme, space),
                template="programme",
                space=space,
                programme=programme,
                programmes=tuple(programmes[max(0, number - 1) : number + 2]),
                week=tuple(
                    _day(day, (programme,), articles, now)
                    for day in days
                    if _has_slot(day, programme)
                ),
            )


def _archive_pages(
    space: Space, articles: tuple[PhotoArticle, ...], now: datetime
) -> Iterator[Page]:
    months: dict[date, list[PhotoArticle]] = {}
    for article in articles:
        months.setdefault(published_on(article, now).replace(day=1), []).append(article)
    by_year: dict[str, list[Month]] = {}
    for first in months:
        year = school_year_of(first)
        by_year.setdefault(year, []).append(Month(school_year=year, first=first))
    for year, year_months in by_year.items():
        yield Page(
            path=school_year_path(year, space),
            template="school_year",
            space=space,
            school_year=year,
            months=tuple(year_months),
        )
        for month in year_months:
            yield Page(
                path=month_path(month, space),
                template="month",
                space=space,
                school_year=year,
                month=month,
                articles=tuple(months[month.first]),
            )


def _photos_of(content: CentreContent, now: datetime) -> Iterator[PlacedPhoto]:
    placed: set[str] = set()
    for post in content.posts:
        if not isinstance(post, PhotoArticle) or not post.publication.is_live(now):
            continue
        for space in post.publication.spaces:
            if space not in content.centre.spaces:
                continue
            for one in post.photos:
                photo = content.photos.get(one.id)
                for rendition in photo.renditions if photo else ():
                    path = photo_path(one.id, rendition.name, space)
                    if path not in placed:
                        placed.add(path)
                        yield PlacedPhoto(path=path, photo_id=one.id, rendition=rendition.name)


def _newest_first(articles: Iterable[PhotoArticle]) -> tuple[PhotoArticle, ...]:
    return tuple(
        sorted(
            articles,
            key=lambda one: (one.publication.published_at, one.publication.slug),
            reverse=True,
        )
    )


def _current(programmes: tuple[Programme, ...], today: date) -> Programme | None:
    """The programme that holds *today*, or the next one to come, or none."""
    holding = [one for one in programmes if one.starts_on <= today <= one.ends_on]
    if holding:
        return holding[0]
    coming = [one for one in programmes if one.starts_on > today]
    return coming[-1] if coming else None


def _week(
    programmes: tuple[Programme, ...], articles: tuple[PhotoArticle, ...], now: datetime
) -> tuple[DayOfWeek, ...]:
    """Monday to Friday of this week; on Saturday and Sunday, of the week to come."""
    saturday = 5
    today = now.date()
    monday = monday_of(today + timedelta(days=7) if today.weekday() >= saturday else today)
    friday = monday + timedelta(days=4)
    here = tuple(one for one in programmes if one.starts_on <= friday and one.ends_on >= monday)
    days = tuple(monday + timedelta(days=count) for count in range(5))
    return tuple(_day(day, here, articles, now) for day in days) if here else ()


def _day(
    day: date,
    programmes: tuple[Programme, ...],
    articles: tuple[PhotoArticle, ...],
    now: datetime,
) -> DayOfWeek:
    order = {moment: number for number, moment in enumerate(Moment)}
    slots = [slot for programme in programmes for slot in programme.slots if slot.day == day]
    return DayOfWeek(
        day=day,
        slots=tuple(sorted(slots, key=lambda slot: order[slot.moment])),
        articles=tuple(one for one in articles if published_on(one, now) == day),
    )


def _has_slot(day: date, programme: Programme) -> bool:
    return any(slot.day == day for slot in programme.slots)
