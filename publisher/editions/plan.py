"""Which pages exist, what each one shows, and which ones a change touches. Pure.

A page is named by its key, and what it shows is worked out from a catalogue: the listing
questions a page may ask of what is live. A clean build asks for every key, a publication for
the few that the change touches; both make a page with `page_of`, so that both make the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from posixpath import basename
from typing import Protocol
from urllib.parse import urlsplit

from publisher.kinds.author_text import path_in_site
from publisher.model.edition import CentreContent, DayOfWeek, Month, Page, PlacedPhoto, Plan
from publisher.model.legal import LEGAL_NAMES
from publisher.model.moment import Moment
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.school_year import monday_of, school_year_of
from publisher.model.space import CHILD_PAGE, GROUPS_FOLDER, Space
from publisher.model.town import Centre

HOME_ARTICLES = 7
"""Articles on a home page: the latest, large, then six."""
MOMENT_ARTICLES = 24
"""Articles on a moment's own page; older ones are in their months' pages."""
FEED_ARTICLES = 20
DAY_ARTICLES = 2
"""Articles that a day of a programme, or of the week at a glance, leads to."""

HOME, PICTURES, REMINDERS, PROGRAMMES = "home", "pictures", "reminders", "programmes"
ARTICLE, PROGRAMME, LEGAL = "article", "programme", "legal"
MOMENT, MONTH, SCHOOL_YEAR, PROGRAMMES_YEAR = "moment", "month", "school_year", "programmes_year"
ARCHIVES, FEED = "archives", "feed"

_AT_A_NAME = {
    HOME: "index.html",
    PICTURES: CHILD_PAGE,
    REMINDERS: "rappels.html",
    PROGRAMMES: "programmes/index.html",
    ARCHIVES: "archives/index.html",
    FEED: "flux.xml",
}
"""The pages every space has, whatever is live."""
_BY_FOLDER = {"articles": ARTICLE, "programmes": PROGRAMME, "moments": MOMENT, "ville": LEGAL}
HTML = ".html"


@dataclass(frozen=True, slots=True, order=True)
class PageKey:
    """The name of a page: its template, its group (None: the centre's own space), and what of.

    `name` is a slug, a moment, a month (`2026-11`), a school year (`2026-2027`), a legal page's
    name, or nothing.
    """

    template: str
    group: str | None
    name: str = ""


class Catalogue(Protocol):
    """What is live in one centre, as a page may ask for it.

    Every question is about one space's own posts: the whole centre's when *group* is None,
    else those for that group. Articles come newest first, programmes latest first, reminders
    in the order of their days.
    """

    @property
    def centre(self) -> Centre:
        """The centre whose posts these are."""
        ...

    @property
    def now(self) -> datetime:
        """The moment at which these are live, in the town's time zone."""
        ...

    def article(self, group: str | None, slug: str) -> PhotoArticle | None:
        """The article of that slug."""
        ...

    def programme(self, group: str | None, slug: str) -> Programme | None:
        """The programme of that slug."""
        ...

    def slugs(self, group: str | None, template: str) -> Iterator[str]:
        """The slugs of every article, or of every programme."""
        ...

    def latest(
        self, group: str | None, limit: int, moment: Moment | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The newest articles, of one moment or of all."""
        ...

    def of_days(
        self, group: str | None, first: date, last: date, limit: int | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The articles published from *first* to *last*, local days, both counted."""
        ...

    def beside(
        self, group: str | None, article: PhotoArticle
    ) -> tuple[PhotoArticle | None, PhotoArticle | None]:
        """The articles just newer and just older than *article*, which need not be live."""
        ...

    def months_of(self, group: str | None, school_year: str) -> tuple[date, ...]:
        """The first days of the months of a school year that have an article, latest first."""
        ...

    def school_years(self, group: str | None, moment: Moment | None = None) -> tuple[str, ...]:
        """The school years that have an article, latest first."""
        ...

    def reminders(self, group: str | None) -> tuple[Reminder, ...]:
        """Every reminder."""
        ...

    def programmes_over(
        self, group: str | None, first: date, last: date | None
    ) -> tuple[Programme, ...]:
        """The programmes that hold a day from *first* to *last* (None: or come later)."""
        ...

    def programmes_of(self, group: str | None, school_year: str) -> tuple[Programme, ...]:
        """The programmes that begin in a school year."""
        ...

    def programmes_beside(
        self, group: str | None, programme: Programme
    ) -> tuple[Programme | None, Programme | None]:
        """The programmes just before and just after *programme*, which need not be live."""
        ...

    def programme_years(self, group: str | None) -> tuple[str, ...]:
        """The school years in which a programme begins, latest first."""
        ...

    def shows(self, group: str | None, photo_id: str) -> bool:
        """Say whether an article of that space shows that photo."""
        ...

    def photo(self, photo_id: str) -> Photo | None:
        """The facts of a photo."""
        ...


def plan_of(content: CentreContent, now: datetime) -> Plan:
    """The site of *content*'s centre at *now*, aware and in the town's time zone.

    A post that is not live at *now* is in no page, no list and no photo (law 2). A post for
    some groups is only under those groups' spaces (law 1).
    """
    listed = Listed(content, now)
    pages = (page_of(key, listed) for key in every_key(listed))
    photos = {
        one.path: one
        for post in content.posts
        if post.publication.is_live(now)
        for one in photos_of(post, listed)
    }
    return Plan(
        centre=content.centre,
        moment=now,
        pages=tuple(page for page in pages if page is not None),
        photos=tuple(photos.values()),
        content=content,
    )


def every_key(catalogue: Catalogue) -> Iterator[PageKey]:
    """The key of every page of the site."""
    centre = catalogue.centre
    for space in centre.spaces:
        group = space.group
        for template in _AT_A_NAME:
            yield PageKey(template, group)
        for template in (ARTICLE, PROGRAMME):
            for slug in catalogue.slugs(group, template):
                yield PageKey(template, group, slug)
        for moment in centre.moments:
            yield PageKey(MOMENT, group, moment.value)
        for year in catalogue.school_years(group):
            yield PageKey(SCHOOL_YEAR, group, year)
            for first in catalogue.months_of(group, year):
                yield PageKey(MONTH, group, f"{first:%Y-%m}")
        for year in catalogue.programme_years(group):
            yield PageKey(PROGRAMMES_YEAR, group, year)
    for legal in LEGAL_NAMES:
        yield PageKey(LEGAL, None, legal)


def touched_by(post: Post, catalogue: Catalogue) -> Iterator[PageKey]:
    """The pages that show *post* once it came, or showed it before it went.

    *catalogue* is what is live after the change; *post* as it was, or as it is. What a page
    shows of a post are the post itself, its neighbours in time, and counts of lists it is in;
    every such page is here, and some that turn out to be the same.
    """
    centre = catalogue.centre
    for space in post.publication.spaces:
        if space not in centre.spaces:
            continue
        group = space.group
        together = centre.spaces if group is None else (space,)
        for one in together:
            yield PageKey(HOME, one.group)
            yield PageKey(PICTURES, one.group)
        if isinstance(post, PhotoArticle):
            yield from _touched_by_article(post, group, catalogue)
        elif isinstance(post, Programme):
            for one in together:
                yield PageKey(PROGRAMMES, one.group)
            yield PageKey(PROGRAMME, group, post.publication.slug)
            yield PageKey(PROGRAMMES_YEAR, group, school_year_of(post.starts_on))
            for programme in catalogue.programmes_beside(group, post):
                if programme is not None:
                    yield PageKey(PROGRAMME, group, programme.publication.slug)
        else:
            for one in together:
                yield PageKey(REMINDERS, one.group)


def _touched_by_article(
    post: PhotoArticle, group: str | None, catalogue: Catalogue
) -> Iterator[PageKey]:
    day = published_on(post, catalogue.now)
    year = school_year_of(day)
    yield PageKey(ARTICLE, group, post.publication.slug)
    for article in catalogue.beside(group, post):
        if article is not None:
            yield PageKey(ARTICLE, group, article.publication.slug)
    yield PageKey(FEED, group)
    yield PageKey(MONTH, group, f"{day:%Y-%m}")
    yield PageKey(SCHOOL_YEAR, group, year)
    yield PageKey(ARCHIVES, group)
    if post.moment in catalogue.centre.moments:
        yield PageKey(MOMENT, group, post.moment.value)
    for programme in catalogue.programmes_over(group, day, day):
        yield PageKey(PROGRAMME, group, programme.publication.slug)


def touched_by_days(before: date, after: date, catalogue: Catalogue) -> Iterator[PageKey]:
    """The pages that say « aujourd'hui » or « demain », when the day is no longer *before*."""
    if before == after:
        return
    for space in catalogue.centre.spaces:
        for template in (HOME, PICTURES, REMINDERS, PROGRAMMES):
            yield PageKey(template, space.group)
        for day in (before, after):
            for programme in catalogue.programmes_over(space.group, day, day):
                yield PageKey(PROGRAMME, space.group, programme.publication.slug)


def day_told_by(page: Page, now: datetime) -> date | None:
    """The day that *page* may tell: « aujourd'hui » is worth drawing a few pages again at midnight.

    Homes, children's pages, reminders and programmes tell it always; one programme's page while
    it lasts; every other page is the same whatever the day.
    """
    today = now.date()
    if page.template in {HOME, PICTURES, REMINDERS, PROGRAMMES}:
        return today
    held = page.programme if page.template == PROGRAMME else None
    return today if held is not None and held.starts_on <= today <= held.ends_on else None


def next_change_at(posts: Iterable[Post], now: datetime) -> datetime:
    """The next instant at which the site changes though nobody touched anything.

    The first appearance or end of a post after *now*, or the next local midnight, when
    « demain » becomes « aujourd'hui ».
    """
    instants = [next_midnight(now)]
    for post in posts:
        publication = post.publication
        if publication.withdrawn_at is None:
            instants += [
                instant
                for instant in (publication.published_at, publication.ends_at)
                if instant is not None and instant > now
            ]
    return min(instants)


def next_midnight(now: datetime) -> datetime:
    """The first instant of the local day after *now*'s."""
    return datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)


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


def programmes_year_path(school_year: str, space: Space) -> str:
    """Where the programmes of a school year stand."""
    return f"{space.folder}archives/{school_year}/programmes.html"


def moment_path(moment: Moment, space: Space) -> str:
    """Where a moment's page stands."""
    return f"{space.folder}moments/{moment}.html"


def photo_path(photo_id: str, rendition: str, space: Space) -> str:
    """Where one rendition of a photo stands, for a post whose page is in *space*."""
    return f"{space.folder}photos/{photo_id}/{rendition}"


def published_on(post: Post, now: datetime) -> date:
    """The local day *post* went out, in the time zone of *now*."""
    return post.publication.published_at.astimezone(now.tzinfo).date()


def path_of(key: PageKey, centre: Centre) -> str:
    """Where the page of that key stands, inside the centre's site."""
    space = Space(centre.slug, key.group)
    folder, name = space.folder, key.name
    if key.template in _AT_A_NAME:
        return f"{folder}{_AT_A_NAME[key.template]}"
    if key.template == MONTH:
        return month_path(_month(name), space)
    return {
        ARTICLE: f"{folder}articles/{name}.html",
        PROGRAMME: f"{folder}programmes/{name}.html",
        MOMENT: f"{folder}moments/{name}.html",
        SCHOOL_YEAR: school_year_path(name, space),
        PROGRAMMES_YEAR: programmes_year_path(name, space),
        LEGAL: f"ville/{name}.html",
    }[key.template]


def key_at(path: str, centre: Centre) -> PageKey | None:
    """The key of the page that stands, or would stand, at *path*; None when no page ever can."""
    group, within = _group_and_rest(path)
    for template, at in _AT_A_NAME.items():
        if within == at:
            return PageKey(template, group)
    folder, _slash, last = within.rpartition("/")
    name = last.removesuffix(HTML)
    if name == last:
        return None
    if folder.startswith("archives/"):
        template = {"index": SCHOOL_YEAR, "programmes": PROGRAMMES_YEAR}.get(name, MONTH)
        key = PageKey(template, group, name if template == MONTH else basename(folder))
    elif folder in _BY_FOLDER:
        key = PageKey(_BY_FOLDER[folder], group, name)
    else:
        return None
    if key.template == MONTH and not _is_month(name):
        return None
    return key if path_of(key, centre) == path else None


def page_exists(key: PageKey, catalogue: Catalogue) -> bool:
    """Say whether the site has the page of that key: `page_of` would make one."""
    centre, group, name = catalogue.centre, key.group, key.name
    if group is not None and centre.group(group) is None:
        return False
    match key.template:
        case "article":
            return catalogue.article(group, name) is not None
        case "programme":
            return catalogue.programme(group, name) is not None
        case "moment":
            return any(moment.value == name for moment in centre.moments)
        case "legal":
            return group is None and name in LEGAL_NAMES
        case "month":
            first = _month(name).first
            return bool(catalogue.of_days(group, first, _last_of_month(first), 1))
        case "school_year":
            return name in catalogue.school_years(group)
        case "programmes_year":
            return name in catalogue.programme_years(group)
        case _:
            return key.template in _AT_A_NAME


def path_exists(path: str, catalogue: Catalogue) -> bool:
    """Say whether the site has a page, or a photo, at *path*; the theme's files are not counted."""
    key = key_at(path, catalogue.centre)
    if key is not None:
        return page_exists(key, catalogue)
    placed = photo_at(path)
    if placed is None:
        return False
    group, photo_id, rendition = placed
    photo = catalogue.photo(photo_id) if catalogue.shows(group, photo_id) else None
    return photo is not None and any(one.name == rendition for one in photo.renditions)


def photo_at(path: str) -> tuple[str | None, str, str] | None:
    """The group, the photo's id and the rendition that *path* says, when it is a photo's."""
    group, within = _group_and_rest(path)
    parts = within.split("/")
    if len(parts) != 3 or parts[0] != "photos":  # noqa: PLR2004 (photos, id, rendition)
        return None
    return group, parts[1], parts[2]


def linked_path(target: str, public_url: str, centre: str) -> str | None:
    """The path of the site that an author's link leads to; None when it leads out of it."""
    own = public_url.rstrip("/") + "/"
    if target.startswith(own):
        target = "/" + target.removeprefix(own)
    else:
        try:
            if urlsplit(target).scheme:
                return None
        except ValueError:
            return None
    return path_in_site(target, centre)


def photos_of(post: Post, catalogue: Catalogue) -> Iterator[PlacedPhoto]:
    """The photos that *post* puts in the site, in each of its spaces."""
    if not isinstance(post, PhotoArticle):
        return
    for space in post.publication.spaces:
        if space in catalogue.centre.spaces:
            for one in post.photos:
                photo = catalogue.photo(one.id)
                for rendition in photo.renditions if photo else ():
                    yield PlacedPhoto(
                        path=photo_path(one.id, rendition.name, space),
                        photo_id=one.id,
                        rendition=rendition.name,
                    )


def page_of(key: PageKey, catalogue: Catalogue) -> Page | None:
    """The page of that key at the catalogue's moment, or None when the site has no such page."""
    if not page_exists(key, catalogue):
        return None
    centre, group, name = catalogue.centre, key.group, key.name
    space = Space(centre.slug, group)
    path = path_of(key, centre)
    match key.template:
        case "home":
            return _home(path, space, catalogue)
        case "pictures":
            return _pictures(path, space, catalogue)
        case "reminders":
            return Page(
                path=path, template=REMINDERS, space=space, reminders=_reminders(space, catalogue)
            )
        case "programmes":
            return _programmes(path, space, catalogue)
        case "programmes_year":
            return Page(
                path=path,
                template=PROGRAMMES_YEAR,
                space=space,
                school_year=name,
                programmes=catalogue.programmes_of(group, name),
            )
        case "archives":
            return Page(
                path=path,
                template=ARCHIVES,
                space=space,
                school_years=catalogue.school_years(group),
            )
        case "feed":
            return Page(
                path=path,
                template=FEED,
                space=space,
                articles=catalogue.latest(group, FEED_ARTICLES),
            )
        case "article":
            return _article(path, space, name, catalogue)
        case "programme":
            return _programme(path, space, name, catalogue)
        case "moment":
            moment = Moment(name)
            return Page(
                path=path,
                template=MOMENT,
                space=space,
                moment=moment,
                articles=catalogue.latest(group, MOMENT_ARTICLES, moment),
                school_years=catalogue.school_years(group, moment),
            )
        case "school_year":
            return Page(
                path=path,
                template=SCHOOL_YEAR,
                space=space,
                school_year=name,
                months=tuple(
                    Month(school_year=name, first=first)
                    for first in catalogue.months_of(group, name)
                ),
            )
        case "month":
            month = _month(name)
            return Page(
                path=path,
                template=MONTH,
                space=space,
                school_year=month.school_year,
                month=month,
                articles=catalogue.of_days(group, month.first, _last_of_month(month.first)),
            )
        case _:
            return Page(path=path, template=LEGAL, space=space, legal=name)


def _group_and_rest(path: str) -> tuple[str | None, str]:
    """The group whose folder *path* is in, and the rest of it."""
    parts = path.split("/", 2)
    if parts[0] == GROUPS_FOLDER and len(parts) > 2:  # noqa: PLR2004 (groupes, group, rest)
        return parts[1], parts[2]
    return None, path


def _together(space: Space) -> tuple[str | None, ...]:
    """Whose posts the pages of *space* that gather show: in a group, the whole centre's too."""
    return (None,) if space.group is None else (None, space.group)


def _home(path: str, space: Space, catalogue: Catalogue) -> Page:
    programmes = _of_week(space, catalogue)
    return Page(
        path=path,
        template=HOME,
        space=space,
        articles=_latest(space, catalogue),
        reminders=_reminders(space, catalogue),
        programme=_current(_coming(space, catalogue), catalogue.now.date()),
        week=_week(programmes, space, catalogue) if programmes else (),
    )


def _pictures(path: str, space: Space, catalogue: Catalogue) -> Page:
    """What the home shows, for a child: the days of the week are there though nothing is written."""
    return Page(
        path=path,
        template=PICTURES,
        space=space,
        articles=_latest(space, catalogue),
        reminders=_reminders(space, catalogue),
        week=_week(_of_week(space, catalogue), space, catalogue),
    )


def _latest(space: Space, catalogue: Catalogue) -> tuple[PhotoArticle, ...]:
    articles = _newest_first(
        one for group in _together(space) for one in catalogue.latest(group, HOME_ARTICLES)
    )
    return articles[:HOME_ARTICLES]


def _reminders(space: Space, catalogue: Catalogue) -> tuple[Reminder, ...]:
    return _by_day(one for group in _together(space) for one in catalogue.reminders(group))


def _coming(space: Space, catalogue: Catalogue) -> tuple[Programme, ...]:
    """The programmes of today and of the days to come, latest first."""
    today = catalogue.now.date()
    return _latest_first(
        one for group in _together(space) for one in catalogue.programmes_over(group, today, None)
    )


def _programmes(path: str, space: Space, catalogue: Catalogue) -> Page:
    today = catalogue.now.date()
    running, coming = school_year_of(today), _coming(space, catalogue)
    of_year = [one for group in _together(space) for one in catalogue.programmes_of(group, running)]
    return Page(
        path=path,
        template=PROGRAMMES,
        space=space,
        programme=_current(coming, today),
        programmes=_latest_first(
            {one.publication.slug: one for one in (*coming, *of_year)}.values()
        ),
        school_years=tuple(
            year for year in catalogue.programme_years(space.group) if year != running
        ),
    )


def _article(path: str, space: Space, slug: str, catalogue: Catalogue) -> Page | None:
    article = catalogue.article(space.group, slug)
    if article is None:
        return None
    newer, older = catalogue.beside(space.group, article)
    return Page(path=path, template=ARTICLE, space=space, article=article, newer=newer, older=older)


def _programme(path: str, space: Space, slug: str, catalogue: Catalogue) -> Page | None:
    programme = catalogue.programme(space.group, slug)
    if programme is None:
        return None
    before, after = catalogue.programmes_beside(space.group, programme)
    days = sorted({slot.day for slot in programme.slots})
    return Page(
        path=path,
        template=PROGRAMME,
        space=space,
        programme=programme,
        programmes=tuple(one for one in (after, programme, before) if one is not None),
        week=tuple(
            _day(day, (programme,), (space.group,), catalogue)
            for day in days
            if programme.starts_on <= day <= programme.ends_on
        ),
    )


def _current(coming: tuple[Programme, ...], today: date) -> Programme | None:
    """The programme that holds *today*, or the next one to come, or none."""
    holding = [one for one in coming if one.starts_on <= today]
    if holding:
        return holding[0]
    return coming[-1] if coming else None


def _days_of_week(today: date) -> tuple[date, ...]:
    """Monday to Friday of this week; on Saturday and Sunday, of the week to come."""
    saturday = 5
    monday = monday_of(today + timedelta(days=7) if today.weekday() >= saturday else today)
    return tuple(monday + timedelta(days=count) for count in range(5))


def _of_week(space: Space, catalogue: Catalogue) -> tuple[Programme, ...]:
    """The programmes that hold a day of the week, latest first."""
    days = _days_of_week(catalogue.now.date())
    return _latest_first(
        one
        for group in _together(space)
        for one in catalogue.programmes_over(group, days[0], days[-1])
    )


def _week(
    programmes: tuple[Programme, ...], space: Space, catalogue: Catalogue
) -> tuple[DayOfWeek, ...]:
    groups = _together(space)
    return tuple(
        _day(day, programmes, groups, catalogue) for day in _days_of_week(catalogue.now.date())
    )


def _day(
    day: date,
    programmes: tuple[Programme, ...],
    groups: tuple[str | None, ...],
    catalogue: Catalogue,
) -> DayOfWeek:
    order = {moment: number for number, moment in enumerate(Moment)}
    slots = [slot for programme in programmes for slot in programme.slots if slot.day == day]
    articles = _newest_first(
        one for group in groups for one in catalogue.of_days(group, day, day, DAY_ARTICLES)
    )
    return DayOfWeek(
        day=day,
        slots=tuple(sorted(slots, key=lambda slot: order[slot.moment])),
        articles=articles[:DAY_ARTICLES],
    )


def _newest_first(articles: Iterable[PhotoArticle]) -> tuple[PhotoArticle, ...]:
    return tuple(sorted(articles, key=_age, reverse=True))


def _latest_first(programmes: Iterable[Programme]) -> tuple[Programme, ...]:
    return tuple(sorted(programmes, key=_beginning, reverse=True))


def _by_day(reminders: Iterable[Reminder]) -> tuple[Reminder, ...]:
    return tuple(
        sorted(reminders, key=lambda one: (one.day, one.publication.ends_at, one.publication.slug))
    )


def _age(article: PhotoArticle) -> tuple[datetime, str]:
    return article.publication.published_at, article.publication.slug


def _beginning(programme: Programme) -> tuple[date, str]:
    return programme.starts_on, programme.publication.slug


def _month(name: str) -> Month:
    first = date.fromisoformat(f"{name}-01")
    return Month(school_year=school_year_of(first), first=first)


def _is_month(name: str) -> bool:
    try:
        return f"{date.fromisoformat(f'{name}-01'):%Y-%m}" == name
    except ValueError:
        return False


def _last_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class Listed:
    """The catalogue of a few posts at hand, at one moment: what a plan made at once asks."""

    def __init__(self, content: CentreContent, now: datetime) -> None:
        """List what is live of *content* at *now*, aware and in the town's time zone."""
        self.centre, self.now, self._photos = content.centre, now, content.photos
        self._articles: dict[str | None, list[PhotoArticle]] = {}
        self._programmes: dict[str | None, list[Programme]] = {}
        self._reminders: dict[str | None, list[Reminder]] = {}
        self._by_slug: dict[tuple[str | None, str], Post] = {}
        self._by_day: dict[tuple[str | None, date], list[PhotoArticle]] = {}
        for post in content.posts:
            if not post.publication.is_live(now):
                continue
            for group in post.publication.groups or (None,):
                self._by_slug[group, post.publication.slug] = post
                if isinstance(post, PhotoArticle):
                    self._articles.setdefault(group, []).append(post)
                    self._by_day.setdefault((group, published_on(post, now)), []).append(post)
                elif isinstance(post, Programme):
                    self._programmes.setdefault(group, []).append(post)
                else:
                    self._reminders.setdefault(group, []).append(post)
        for articles in self._articles.values():
            articles.sort(key=_age)
        for programmes in self._programmes.values():
            programmes.sort(key=_beginning, reverse=True)

    def article(self, group: str | None, slug: str) -> PhotoArticle | None:
        """The article of that slug."""
        found = self._by_slug.get((group, slug))
        return found if isinstance(found, PhotoArticle) else None

    def programme(self, group: str | None, slug: str) -> Programme | None:
        """The programme of that slug."""
        found = self._by_slug.get((group, slug))
        return found if isinstance(found, Programme) else None

    def slugs(self, group: str | None, template: str) -> Iterator[str]:
        """The slugs of every article, or of every programme."""
        posts = self._of(group) if template == ARTICLE else self._programmes.get(group, ())
        return (one.publication.slug for one in posts)

    def latest(
        self, group: str | None, limit: int, moment: Moment | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The newest articles, of one moment or of all."""
        return tuple(self._of(group, moment))[:limit]

    def of_days(
        self, group: str | None, first: date, last: date, limit: int | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The articles published from *first* to *last*."""
        days = (first + timedelta(days=count) for count in range((last - first).days + 1))
        found = _newest_first(one for day in days for one in self._by_day.get((group, day), ()))
        return found[:limit]

    def beside(
        self, group: str | None, article: PhotoArticle
    ) -> tuple[PhotoArticle | None, PhotoArticle | None]:
        """The articles just newer and just older than *article*."""
        listed = self._articles.get(group, [])
        older = bisect_left(listed, _age(article), key=_age)
        newer = bisect_right(listed, _age(article), key=_age)
        return (
            listed[newer] if newer < len(listed) else None,
            listed[older - 1] if older else None,
        )

    def months_of(self, group: str | None, school_year: str) -> tuple[date, ...]:
        """The first days of the months of a school year that have an article."""
        days = {day.replace(day=1) for within, day in self._by_day if within == group}
        return tuple(
            sorted((one for one in days if school_year_of(one) == school_year), reverse=True)
        )

    def school_years(self, group: str | None, moment: Moment | None = None) -> tuple[str, ...]:
        """The school years that have an article."""
        years = {school_year_of(published_on(one, self.now)) for one in self._of(group, moment)}
        return tuple(sorted(years, reverse=True))

    def reminders(self, group: str | None) -> tuple[Reminder, ...]:
        """Every reminder."""
        return _by_day(self._reminders.get(group, ()))

    def programmes_over(
        self, group: str | None, first: date, last: date | None
    ) -> tuple[Programme, ...]:
        """The programmes that hold a day from *first* to *last*."""
        return tuple(
            one
            for one in self._programmes.get(group, ())
            if one.ends_on >= first and (last is None or one.starts_on <= last)
        )

    def programmes_of(self, group: str | None, school_year: str) -> tuple[Programme, ...]:
        """The programmes that begin in a school year."""
        return tuple(
            one
            for one in self._programmes.get(group, ())
            if school_year_of(one.starts_on) == school_year
        )

    def programmes_beside(
        self, group: str | None, programme: Programme
    ) -> tuple[Programme | None, Programme | None]:
        """The programmes just before and just after *programme*."""
        listed = self._programmes.get(group, ())
        before = [one for one in listed if _beginning(one) < _beginning(programme)]
        after = [one for one in listed if _beginning(one) > _beginning(programme)]
        return (before[0] if before else None), (after[-1] if after else None)

    def programme_years(self, group: str | None) -> tuple[str, ...]:
        """The school years in which a programme begins."""
        years = {school_year_of(one.starts_on) for one in self._programmes.get(group, ())}
        return tuple(sorted(years, reverse=True))

    def shows(self, group: str | None, photo_id: str) -> bool:
        """Say whether an article of that space shows that photo."""
        return any(photo.id == photo_id for one in self._of(group) for photo in one.photos)

    def photo(self, photo_id: str) -> Photo | None:
        """The facts of a photo."""
        return self._photos.get(photo_id)

    def _of(self, group: str | None, moment: Moment | None = None) -> list[PhotoArticle]:
        """The articles, newest first."""
        listed = reversed(self._articles.get(group, []))
        return [one for one in listed if moment is None or one.moment is moment]
