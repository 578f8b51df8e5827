"""The index answers as a list at hand would, whatever was put in it and taken out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.content.library import StoredPost
from publisher.editions.index import Index, IndexIsUnreadable
from publisher.editions.plan import Listed, every_key, page_of, path_exists, path_of, photo_path
from publisher.model.edition import CentreContent
from publisher.model.post import Post
from tests.posts import CENTRE, NOW, PHOTO_IDS, any_post, article, photo

unhurried = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_posts = st.lists(any_post, max_size=8, unique_by=lambda one: one.publication.slug)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An empty index, at NOW."""
    made = Index(tmp_path / "index.sqlite", CENTRE, "https://preau.example")
    made.now = NOW
    yield made
    made.close()


def _take(index: Index, posts: list[Post]) -> None:
    index.take_photos(photo(one) for one in PHOTO_IDS)
    for post in posts:
        slug = post.publication.slug
        stored = StoredPost(post=post, path=Path(slug), revision=f"{abs(hash(repr(post))):x}")
        index.take(f"2026-2027/{slug}", slug, "stamp", stored)
        index.settle(slug)
        index.refresh(slug)


def _paths(index: Index) -> set[str]:
    """Every page there is, every photo there may be, each asked for: what is kept at hand is kept."""
    keys = set(every_key(index))
    for key in keys:
        page_of(key, index)
    photos = {
        photo_path(one, rendition.name, space)
        for one in PHOTO_IDS
        for rendition in photo(one).renditions
        for space in CENTRE.spaces
    }
    paths = {path_of(key, CENTRE) for key in keys} | photos
    for path in paths:
        index.leads_to(path)
    return paths


@unhurried
@given(before=_posts, after=_posts, later=st.sampled_from([timedelta(0), timedelta(days=400)]))
def test_it_gives_the_pages_that_a_list_at_hand_gives(
    index: Index, before: list[Post], after: list[Post], later: timedelta
) -> None:
    """Every page made from the index is the one made from the posts themselves."""
    index.begin()
    index.now = NOW - later
    _take(index, before)
    asked = _paths(index)
    index.now = NOW
    gone = {post.publication.slug for post in before} - {post.publication.slug for post in after}
    for slug in gone:
        index.drop(f"2026-2027/{slug}")
        index.refresh(slug)
    _take(index, after)
    photos = {one: photo(one) for one in PHOTO_IDS}
    listed = Listed(CentreContent(centre=CENTRE, posts=tuple(after), photos=photos), NOW)
    keys = set(every_key(index))
    assert keys == set(every_key(listed))
    for key in keys:
        assert page_of(key, index) == page_of(key, listed)
    for path in asked | _paths(index):
        assert index.leads_to(path) == path_exists(path, listed), path
    for one in PHOTO_IDS:
        assert [index.shows(group, one) for group in (None, "petits")] == [
            listed.shows(group, one) for group in (None, "petits")
        ]
    index.forget()


def test_a_photo_of_another_size_is_noticed(index: Index) -> None:
    """A path that led somewhere is asked for again when the facts of its photo change."""
    index.begin()
    _take(index, [article("album", photos=PHOTO_IDS[:1])])
    known = photo(PHOTO_IDS[0])
    paths = [photo_path(known.id, one.name, CENTRE.space) for one in known.renditions]
    assert [index.leads_to(path) for path in paths] == [True] * len(paths)
    index.take_photos([known])
    index.take_photos([replace(known, renditions=known.renditions[1:])])
    assert [index.leads_to(path) for path in paths] == [False] + [True] * (len(paths) - 1)
    index.forget()


def test_what_is_begun_and_not_kept_is_forgotten(tmp_path: Path) -> None:
    """A change that was not kept leaves nothing, in this process and in the next."""
    file = tmp_path / "index.sqlite"
    index = Index(file, CENTRE, "https://preau.example")
    index.now = NOW
    index.begin()
    _take(index, [article("garde")])
    index.keep()
    index.begin()
    _take(index, [article("perdu"), article("garde", groups=("petits",))])
    index.forget()
    assert index.shown("perdu") is None
    index.close()
    again = Index(file, CENTRE, "https://preau.example")
    again.now = NOW
    shown = again.shown("garde")
    assert shown is not None
    assert shown[0].publication.groups == ()
    again.close()


@pytest.mark.parametrize("raw", [b"not a database at all", b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_no_index(tmp_path: Path, raw: bytes) -> None:
    """What SQLite cannot read is said so, and never half trusted."""
    file = tmp_path / "index.sqlite"
    file.write_bytes(raw)
    with pytest.raises(IndexIsUnreadable):
        Index(file, CENTRE, "https://preau.example")
