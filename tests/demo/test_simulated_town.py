"""The simulated town: any size, real rhythms, the same bytes for the same seed."""

import statistics
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.centres import read_town, warnings_of
from publisher.cli import main as preau
from publisher.content.library import read_centre
from publisher.demo.simulated_archive import Archive, is_school_holiday
from publisher.demo.simulated_town import (
    PROJECT,
    UNTIL,
    FolderIsNotEmpty,
    Simulated,
    Size,
    main,
    simulate_town,
)
from publisher.kinds.author_text import links_of
from publisher.model.moment import WEDNESDAY
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.school_year import monday_of
from publisher.model.town import Centre, Town
from tests.sites import digest_of_site

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY_EVENING = datetime.fromisoformat(UNTIL)
TWO_YEARS = 1200


@pytest.fixture(scope="module")
def posts() -> tuple[Post, ...]:
    """Two school years of one centre."""
    return _archive().posts(WEDNESDAY_EVENING, TWO_YEARS)


def test_a_simulated_town_is_a_real_instance(tmp_path: Path) -> None:
    """Every centre and post is read without a word, and becomes a site: no link of a text is dead."""
    folder = tmp_path / "town"
    made = _simulate(folder, Size(centres=3, posts=60))
    assert read_town(folder) == made.town
    assert warnings_of(made.town) == ()
    photos = 0
    for centre in made.town.centres:
        reading = read_centre(folder / "content", centre)
        assert reading.unfit == ()
        assert len(reading.stored) == 60
        photos += len(reading.content.photos)
    assert (made.posts, made.photos) == (180, photos)
    assert preau(["--instance", str(folder), "build", "--at", UNTIL]) == 0


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice the same folder from one seed; another from another."""
    for name, seed in (("first", 7), ("second", 7), ("other", 8)):
        _simulate(tmp_path / name, Size(centres=2, posts=25), seed)
    first, second, other = (
        digest_of_site(tmp_path / name) for name in ("first", "second", "other")
    )
    assert first == second != other


def test_photos_by_reference_are_names_and_real_ones_are_files(tmp_path: Path) -> None:
    """By reference, every photo's files are those of the first; real ones share nothing."""
    for name, real in (("names", False), ("files", True)):
        made = _simulate(tmp_path / name, Size(centres=1, posts=12), real_photos=real)
        masters = list((tmp_path / name).glob("content/*/photos/*/master.jpg"))
        assert len(masters) == made.photos > 12
        assert len({path.stat().st_ino for path in masters}) == (made.photos if real else 1)


def test_a_small_archive_is_the_end_of_a_large_one(posts: tuple[Post, ...]) -> None:
    """What families see first does not depend on how old the archive is."""
    small = _archive().posts(WEDNESDAY_EVENING, 100)
    # The very first may only lack an earlier album to speak of.
    assert small[10:] == posts[-90:]


def test_posts_come_at_the_rhythm_of_a_real_centre(posts: tuple[Post, ...]) -> None:
    """About 600 a school year; 70 % albums, 20 % reminders, 10 % programmes; a third for one group."""
    began = posts[0].publication.published_at
    assert 1.8 < (WEDNESDAY_EVENING - began).days / 365 < 2.2
    kinds = Counter(type(post) for post in posts)
    assert 0.65 < kinds[PhotoArticle] / TWO_YEARS < 0.75
    assert 0.17 < kinds[Reminder] / TWO_YEARS < 0.23
    assert 0.07 < kinds[Programme] / TWO_YEARS < 0.13
    assert 0.28 < sum(bool(post.publication.groups) for post in posts) / TWO_YEARS < 0.38
    assert len({post.publication.slug for post in posts}) == TWO_YEARS
    days = [post.publication.published_at.date() for post in posts]
    assert days == sorted(days)
    assert not any(day.month == 8 and day.day <= 15 for day in days)
    by_weekday = Counter(
        day.weekday()
        for day, post in zip(days, posts, strict=True)
        if isinstance(post, PhotoArticle) and not is_school_holiday(day)
    )
    assert by_weekday.most_common(1)[0][0] == WEDNESDAY


def test_albums_are_as_animators_make_them(posts: tuple[Post, ...]) -> None:
    """1 to 24 photos, six on average; a quarter without text, half short, the others long and marked."""
    albums = [post for post in posts if isinstance(post, PhotoArticle)]
    photos = [len(album.photos) for album in albums]
    assert 5 < statistics.mean(photos) < 7
    assert (min(photos), max(photos)) == (1, 24)
    assert all(album.publication.ends_at is None for album in albums)
    words = [len(album.text.split()) for album in albums]
    assert 0.2 < words.count(0) / len(words) < 0.3
    assert 0.45 < sum(20 <= count <= 60 for count in words) / len(words) < 0.55
    assert 100 < max(words) <= 150
    text = "\n".join(album.text for album in albums)
    assert "**" in text
    assert "\n- " in text


def test_a_text_links_only_to_pages_that_are_there(posts: tuple[Post, ...]) -> None:
    """Some texts link, to a page every centre has or to an earlier album of the whole centre."""
    told: set[str] = set()
    links = 0
    for post in posts:
        for link in links_of(post.text):
            links += 1
            name = link.target.removeprefix("articles/").removesuffix(".html")
            assert not link.target.startswith("articles/") or name in told
        if not post.publication.groups:
            told.add(post.publication.slug)
    assert 20 < links < 100


def test_reminders_are_over_and_programmes_are_for_next_week(posts: tuple[Post, ...]) -> None:
    """Nearly every reminder has ended; a programme goes out on a Friday, with slots of its week."""
    reminders = [post for post in posts if isinstance(post, Reminder)]
    live = [post for post in reminders if post.publication.is_live(WEDNESDAY_EVENING)]
    assert 1 <= len(live) < 10
    for post in posts:
        if isinstance(post, Programme):
            day = post.publication.published_at.date()
            assert (post.starts_on - monday_of(day)).days == 7
            assert all(post.starts_on <= slot.day <= post.ends_on for slot in post.slots)


def test_years_compress_an_archive() -> None:
    """Asked for in one year, 1 200 posts go out twice as often."""
    size = Size(centres=1, posts=TWO_YEARS, years=1)
    told = _archive(size.rhythm).posts(WEDNESDAY_EVENING, TWO_YEARS)
    assert 330 < (WEDNESDAY_EVENING - told[0].publication.published_at).days < 400


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written beside what somebody has, and the command says so in French."""
    (tmp_path / "mes-photos").mkdir()
    with pytest.raises(FolderIsNotEmpty):
        _simulate(tmp_path, Size(centres=1, posts=1))
    assert main([str(tmp_path), "--posts", "1"]) == 1
    assert "n'est pas vide" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mes-photos"]


def _simulate(folder: Path, size: Size, seed: int = 1, *, real_photos: bool = False) -> Simulated:
    return simulate_town(
        folder, seed=seed, size=size, until=WEDNESDAY_EVENING, real_photos=real_photos
    )


def _archive(rhythm: float = 1.0) -> Archive:
    return Archive(centre=_tilleuls(), zone=PARIS, seed=1, rhythm=rhythm)


def _tilleuls() -> Centre:
    town = read_town(PROJECT)
    assert isinstance(town, Town)
    centre = town.centre("les-tilleuls")
    assert centre is not None
    return centre
