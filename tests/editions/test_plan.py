"""Which pages exist: the laws of space and time, as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.editions.plan import (
    FEED_ARTICLES,
    HOME_ARTICLES,
    MOMENT_ARTICLES,
    Listed,
    day_told_by,
    every_key,
    key_at,
    next_change_at,
    path_exists,
    path_of,
    plan_of,
    touched_by,
    touched_by_days,
)
from publisher.model.edition import CentreContent, Page, Plan
from publisher.model.moment import Moment
from publisher.model.post import Post
from publisher.model.space import is_plain_path, space_of
from tests.posts import (
    CENTRE,
    NOW,
    PARIS,
    PHOTO_IDS,
    any_post,
    article,
    photo,
    programme,
    reminder,
)

SECOND = timedelta(seconds=1)

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Drawing whole posts is slow on a machine that does something else; that is no fault of a plan."""


def _plan(*posts: Post, now: datetime = NOW) -> Plan:
    photos = {one: photo(one) for one in PHOTO_IDS}
    return plan_of(CentreContent(centre=CENTRE, posts=posts, photos=photos), now)


def _page(plan: Plan, path: str) -> Page:
    return next(page for page in plan.pages if page.path == path)


def _mentions(page: Page) -> set[str]:
    """The slugs of every post a page shows or names."""
    posts: list[Post | None] = [page.article, page.newer, page.older, page.programme]
    posts += [*page.articles, *page.reminders, *page.programmes]
    posts += [one for day in page.week for one in day.articles]
    return {post.publication.slug for post in posts if post is not None}


@pytest.mark.parametrize(
    ("groups", "folders"),
    [
        ((), {""}),
        (("moyens",), {"groupes/moyens/"}),
        (("petits", "grands"), {"groupes/petits/", "groupes/grands/"}),
        (("disparu",), set()),
    ],
)
def test_a_post_is_only_under_its_own_spaces(groups: tuple[str, ...], folders: set[str]) -> None:
    """Law 1: the page, the programme and the photos of a post lie in its spaces and no other."""
    plan = _plan(article("a", groups=groups), programme("p", groups=groups))
    assert {path for path in plan.paths if path.endswith("articles/a.html")} == {
        f"{folder}articles/a.html" for folder in folders
    }
    assert {path for path in plan.paths if path.endswith("programmes/p.html")} == {
        f"{folder}programmes/p.html" for folder in folders
    }
    assert {one.path for one in plan.photos} == {
        f"{folder}photos/{one}/{name}"
        for folder in folders
        for one in PHOTO_IDS[:2]
        for name in ("480.jpg", "1080.jpg")
    }


@pytest.mark.parametrize(
    ("space", "seen"),
    [
        ("", {"tous"}),
        ("groupes/petits/", {"tous", "deux"}),
        ("groupes/moyens/", {"tous", "un", "deux"}),
        ("groupes/grands/", {"tous"}),
    ],
)
@pytest.mark.parametrize("make", [article, reminder, programme])
def test_a_group_lists_the_centre_s_posts_and_its_own(
    make: type, space: str, seen: set[str]
) -> None:
    """A group's pages show what is for it and for all; the centre's, what is for all."""
    plan = _plan(
        make("tous"), make("un", groups=("moyens",)), make("deux", groups=("petits", "moyens"))
    )
    mentioned = set()
    for page in plan.pages:
        if page.space.folder == space:
            mentioned |= _mentions(page)
    assert mentioned == seen


@unhurried
@given(st.lists(any_post, max_size=5, unique_by=lambda one: one.publication.slug))
def test_no_page_names_a_post_of_another_space(posts: list[Post]) -> None:
    """Law 1, for any posts: every path is plain, in its page's space, and so is all it names."""
    plan = _plan(*posts)
    by_slug = {post.publication.slug: post for post in posts}
    for page in plan.pages:
        address = f"/{CENTRE.slug}/{page.path}"
        assert is_plain_path(address)
        assert space_of(address) == page.space
        for slug in _mentions(page):
            groups = by_slug[slug].publication.groups
            assert not groups or page.space.group in groups
            assert by_slug[slug].publication.is_live(NOW)


@pytest.mark.parametrize("make", [article, reminder, programme])
@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({"published_at": NOW - SECOND}, True),
        ({"published_at": NOW}, True),
        ({"published_at": NOW + SECOND}, False),
        ({"ends_at": NOW + SECOND}, True),
        ({"ends_at": NOW}, False),
        ({"withdrawn_at": NOW - SECOND}, False),
        ({"published_at": NOW.astimezone(UTC)}, True),
    ],
)
def test_what_is_not_for_now_is_nowhere(
    make: type, changes: dict[str, object], *, there: bool
) -> None:
    """Law 2: before its hour, after its end and once withdrawn, a post is in no page and no photo."""
    plan = _plan(make("x", **changes))
    assert any("x" in _mentions(page) for page in plan.pages) is there
    assert bool(plan.photos) is (there and make is article)


def test_a_photo_of_two_articles_stays_with_the_one_that_is_left() -> None:
    """A photo is placed while one live article shows it, once."""
    both = (article("a"), article("b", withdrawn_at=NOW - SECOND))
    assert len(_plan(*both).photos) == 4
    assert not _plan(*(article(slug, ends_at=NOW) for slug in "ab")).photos


def _dated(count: int, **changes: object) -> tuple[Post, ...]:
    return tuple(
        article(f"a{number:03}", published_at=NOW - timedelta(hours=number + 1), **changes)
        for number in range(count)
    )


def test_neighbours() -> None:
    """Each article leads to the next newer and the next older one, and the ends stop there."""
    plan = _plan(*_dated(3))
    beside = {
        page.article.publication.slug: (page.newer, page.older)
        for page in plan.pages
        if page.article is not None
    }
    slugs = {
        slug: tuple(one and one.publication.slug for one in pair) for slug, pair in beside.items()
    }
    assert slugs == {"a000": (None, "a001"), "a001": ("a000", "a002"), "a002": ("a001", None)}


def test_neighbours_in_a_group_are_the_group_s() -> None:
    """An article has neighbours among those that stand where it stands, so that none moves another's."""
    mine = article("mine", groups=("moyens",), published_at=NOW - timedelta(hours=2))
    others = (article("older", published_at=NOW - timedelta(hours=3)), article("newer"))
    yours = article("yours", groups=("moyens",), published_at=NOW - timedelta(hours=5))
    plan = _plan(*others, mine, yours)
    page = _page(plan, "groupes/moyens/articles/mine.html")
    assert (page.newer, page.older) == (None, yours)
    assert _page(plan, "articles/older.html").newer == _page(plan, "articles/newer.html").article


def test_lists_are_bounded_and_months_are_whole() -> None:
    """Home, moment and feed have a length; a month has all its articles on one page."""
    plan = _plan(*_dated(60))
    assert len(_page(plan, "index.html").articles) == HOME_ARTICLES
    assert len(_page(plan, "moments/mercredi.html").articles) == MOMENT_ARTICLES
    assert len(_page(plan, "flux.xml").articles) == FEED_ARTICLES
    assert len(_page(plan, "archives/2026-2027/2026-11.html").articles) == 60


TOGETHER = {"home", "pictures", "reminders", "programmes"}


@unhurried
@given(st.lists(any_post, max_size=6, unique_by=lambda one: one.publication.slug))
def test_only_what_gathers_shows_the_centre_s_posts_in_a_group(posts: list[Post]) -> None:
    """In a group, both homes, reminders and programmes gather; every other page shows its own."""
    groups = {post.publication.slug: post.publication.groups for post in posts}
    for page in _plan(*posts).pages:
        if page.space.group is not None and page.template not in TOGETHER:
            assert all(page.space.group in groups[slug] for slug in _mentions(page))


def test_one_post_touches_nine_pages_and_two_homes_a_group() -> None:
    """However long the archive, an article for all rewrites nine files of its own space at most."""
    week = programme()
    old = tuple(
        article(f"a{number:03}", published_at=NOW - timedelta(hours=7 * number))
        for number in range(1, 200)
    )
    new = article("neuf")
    before, after = _plan(week, *old), _plan(week, *old, new)
    standing = {page.path: page for page in before.pages}
    changed = {page.path for page in after.pages if standing.get(page.path) != page}
    homes = {
        f"groupes/{group.slug}/{name}"
        for group in CENTRE.groups
        for name in ("index.html", "petits.html")
    }
    assert homes <= changed
    assert len(changed - homes) <= 9
    catalogue = Listed(after.content, NOW)
    touched = {path_of(key, CENTRE) for key in touched_by(new, catalogue)}
    assert changed <= touched
    assert len(touched) <= 11 + len(homes)


@unhurried
@given(
    st.lists(any_post, max_size=6, unique_by=lambda one: one.publication.slug),
    st.lists(any_post, max_size=2, unique_by=lambda one: one.publication.slug),
    st.sampled_from([timedelta(0), timedelta(hours=9), timedelta(days=40), -timedelta(days=300)]),
)
def test_what_is_not_touched_is_the_same(
    posts: list[Post], new: list[Post], later: timedelta
) -> None:
    """For any change and any two moments, every page that differs, comes or goes is a touched one."""
    kept = {post.publication.slug: post for post in posts}
    given_ = kept | {post.publication.slug: post for post in new}
    then = NOW + later
    before, after = _plan(*kept.values()), _plan(*given_.values(), now=then)
    catalogue = Listed(after.content, then)
    changing = [
        post
        for slug in given_
        for post, now in ((kept.get(slug), NOW), (given_[slug], then))
        if post is not None
        and (
            kept.get(slug) != given_[slug]
            or post.publication.is_live(NOW) != post.publication.is_live(then)
        )
        and post.publication.is_live(now)
    ]
    keys = {key for post in changing for key in touched_by(post, catalogue)}
    keys |= set(touched_by_days(NOW.date(), then.date(), catalogue))
    touched = {path_of(key, CENTRE) for key in keys}
    one = {page.path: (page, day_told_by(page, NOW)) for page in before.pages}
    other = {page.path: (page, day_told_by(page, then)) for page in after.pages}
    assert {path for path in one | other if one.get(path) != other.get(path)} <= touched


@unhurried
@given(st.lists(any_post, max_size=6, unique_by=lambda one: one.publication.slug))
def test_a_path_and_a_key_name_the_same_page(posts: list[Post]) -> None:
    """Each page's path gives back its key, exists, and a path nobody planned does not."""
    plan = _plan(*posts)
    catalogue = Listed(plan.content, NOW)
    for key in every_key(catalogue):
        path = path_of(key, CENTRE)
        assert key_at(path, CENTRE) == key
        assert path_exists(path, catalogue) == (path in plan.paths)
        for wrong in (f"x{path}", f"{path}x", f"groupes/disparu/{path}", path.replace("2", "3")):
            assert path_exists(wrong, catalogue) == (wrong in plan.paths)
    assert all(path_exists(one.path, catalogue) for one in plan.photos)
    assert not path_exists(f"photos/{'z' * 26}/480.jpg", catalogue)


def test_programmes_of_other_years_have_their_own_page() -> None:
    """The list of programmes is this school year's and what comes; older years are a page each."""
    old = programme("ancien", published_at=NOW - timedelta(days=700), ends_at=None)
    old = replace(
        old,
        starts_on=date(2025, 3, 3),
        ends_on=date(2025, 3, 7),
        slots=tuple(replace(slot, day=date(2025, 3, 4)) for slot in old.slots),
    )
    plan = _plan(old, programme())
    listed = _page(plan, "programmes/index.html")
    assert [one.publication.slug for one in listed.programmes] == ["2026-11-16-programme"]
    assert listed.school_years == ("2024-2025",)
    year = _page(plan, "archives/2024-2025/programmes.html")
    assert [one.publication.slug for one in year.programmes] == ["ancien"]


def test_a_new_article_moves_no_older_page() -> None:
    """Adding an article leaves alone every page of other months and the older ones' own pages."""
    old = article("old", published_at=datetime(2026, 9, 10, 17, tzinfo=PARIS))
    middle = article("middle", published_at=NOW - timedelta(days=1))
    before, after = _plan(old, middle), _plan(old, middle, article("new"))
    touched = {page.path for page in after.pages if page not in before.pages}
    assert "articles/middle.html" in touched
    assert "articles/old.html" not in touched
    assert "archives/2026-2027/2026-09.html" not in touched
    assert "archives/2026-2027/index.html" not in touched


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 8, 31, 21, 59, tzinfo=UTC), "archives/2025-2026/2026-08.html"),
        (datetime(2026, 8, 31, 22, 0, tzinfo=UTC), "archives/2026-2027/2026-09.html"),
    ],
)
def test_months_and_school_years_are_local(instant: datetime, month: str) -> None:
    """An article is filed under the month of the town's clock, not of UTC."""
    assert month in _plan(article(published_at=instant)).paths


def test_a_day_of_the_week_has_the_photos_published_that_local_day() -> None:
    """Past midnight in the town, photos are the new day's, whatever UTC says."""
    late = article("late", published_at=datetime(2026, 11, 17, 23, 30, tzinfo=UTC))
    week = _page(_plan(late, programme()), "index.html").week
    assert {day.day: len(day.articles) for day in week}[date(2026, 11, 18)] == 1


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 11, 16, 0, 0, tzinfo=PARIS), date(2026, 11, 16)),
        (datetime(2026, 11, 20, 23, 59, tzinfo=PARIS), date(2026, 11, 16)),
        (datetime(2026, 11, 14, 9, 0, tzinfo=PARIS), date(2026, 11, 16)),
        (datetime(2026, 11, 21, 9, 0, tzinfo=PARIS), None),
    ],
)
def test_the_week_at_a_glance(now: datetime, first: date | None) -> None:
    """Monday to Friday of this week; at the weekend, of the week to come; nothing if unwritten."""
    plan = _plan(programme(published_at=datetime(2026, 11, 1, tzinfo=PARIS)), now=now)
    week = _page(plan, "index.html").week
    assert (week[0].day if week else None) == first
    assert len(week) in {0, 5}


@unhurried
@given(st.lists(any_post, max_size=6, unique_by=lambda one: one.publication.slug))
def test_a_child_s_page_shows_what_the_home_shows(posts: list[Post]) -> None:
    """In every space: the same albums, reminders and days, by which it is the space's second home."""
    plan = _plan(*posts)
    for space in CENTRE.spaces:
        home = _page(plan, f"{space.folder}index.html")
        child = _page(plan, f"{space.folder}petits.html")
        assert child.articles == home.articles
        assert child.reminders == home.reminders
        assert home.week in {(), child.week}


def test_a_child_s_week_is_there_though_nothing_is_written() -> None:
    """Five days, with the photos of each, whether or not a programme says what they hold."""
    week = _page(_plan(article()), "petits.html").week
    assert [day.day.weekday() for day in week] == [0, 1, 2, 3, 4]
    assert [len(day.articles) for day in week] == [0, 0, 1, 0, 0]
    assert not any(day.slots for day in week)
    plan = _plan(article(), programme())
    assert _page(plan, "petits.html").week == _page(plan, "index.html").week != ()


def test_the_programme_of_now_or_the_next_one() -> None:
    """Home leads to the programme that holds today, else to the nearest to come."""
    now, later = programme("now"), replace(programme("later"), starts_on=date(2026, 12, 1))
    later = replace(later, ends_on=date(2026, 12, 4), slots=())
    shown = _page(_plan(now, later), "index.html").programme
    assert shown == now
    assert _page(_plan(later), "index.html").programme == later
    assert _page(_plan(), "index.html").programme is None


def test_pages_that_exist_on_the_first_day() -> None:
    """A centre without a post has its home, lists, moments, legal pages and groups."""
    paths = _plan().paths
    for folder in ("", "groupes/petits/", "groupes/moyens/", "groupes/grands/"):
        for name in (
            "index.html",
            "petits.html",
            "rappels.html",
            "flux.xml",
            "programmes/index.html",
        ):
            assert folder + name in paths
        assert {f"{folder}moments/{moment}.html" for moment in Moment} <= paths
    assert not [path for path in paths if path.startswith("groupes/moyens/ville/")]


MIDNIGHT = datetime(2026, 11, 19, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, MIDNIGHT),
        ({"published_at": NOW + timedelta(minutes=5)}, NOW + timedelta(minutes=5)),
        ({"ends_at": NOW + timedelta(minutes=7)}, NOW + timedelta(minutes=7)),
        ({"ends_at": NOW}, MIDNIGHT),
        ({"ends_at": NOW + timedelta(days=3)}, MIDNIGHT),
        ({"ends_at": NOW + timedelta(minutes=7), "withdrawn_at": NOW}, MIDNIGHT),
    ],
)
def test_when_the_site_next_changes_by_itself(
    changes: dict[str, object], expected: datetime
) -> None:
    """At the next appearance, the next end, or local midnight, whichever is first."""
    assert next_change_at([article(**changes)], NOW) == expected


@unhurried
@given(st.lists(any_post, max_size=4, unique_by=lambda one: one.publication.slug))
def test_nothing_changes_before_the_next_change(posts: list[Post]) -> None:
    """A second before the next change, the plan's pages are those of now."""
    content = CentreContent(centre=CENTRE, posts=tuple(posts), photos={})
    until = next_change_at(posts, NOW) - SECOND
    assert plan_of(content, NOW).pages == plan_of(content, until).pages
