"""The demo's instance: an invented town that can be read, again and again the same."""

import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.centres import read_town, warnings_of
from publisher.content.library import Reading, read_centre
from publisher.demo.chronicle import SEED, Chronicler, is_holiday
from publisher.demo.ent import PROFILES
from publisher.demo.pictures import PICTURES, picture_file
from publisher.demo.stories import STORIES, TAKEN_BACK, WEEK_IN_REVIEW
from publisher.demo.town import (
    KEY_FILES,
    MARKER,
    TEAM,
    Addresses,
    FolderIsNotADemo,
    make_instance,
)
from publisher.editions.plan import next_change_at
from publisher.kinds.photo_article import MAX_PHOTOS
from publisher.model.person import StaffRole
from publisher.model.post import PhotoArticle, Programme, Reminder
from publisher.model.town import Centre, Town
from publisher.records import open_records
from publisher.settings import Settings, read_settings
from publisher.sign_in.pseudonym import pseudonym

PROJECT = Path(__file__).resolve().parents[2]
ADDRESSES = Addresses(port=8123, ent_port=8124)
WEDNESDAY_EVENING = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def repository_town() -> Town:
    """The town of the repository."""
    town = read_town(PROJECT)
    assert isinstance(town, Town)
    return town


def readings(instance: Path) -> Mapping[str, Reading]:
    """What reading each centre of *instance* gives."""
    town = read_town(instance)
    assert isinstance(town, Town)
    return {centre.slug: read_centre(instance / "content", centre) for centre in town.centres}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo made on a Wednesday evening."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    make_instance(PROJECT, folder, ADDRESSES, WEDNESDAY_EVENING)
    return folder


def test_the_repository_is_an_instance() -> None:
    """Five centres, every UAI with its right letter, one school of two centres, content to read."""
    town = repository_town()
    assert [centre.slug for centre in town.centres] == [
        "la-grande-ourse",
        "le-moulin",
        "le-petit-bois",
        "les-hirondelles",
        "les-tilleuls",
    ]
    assert warnings_of(town) == ()
    codes = [school.uai for centre in town.centres for school in centre.schools]
    assert len(codes) - len(set(codes)) == 1
    read = readings(PROJECT)
    assert [one.unfit for one in read.values()] == [()] * 5
    kinds = {type(post) for post in read["les-tilleuls"].content.posts}
    assert kinds == {PhotoArticle, Reminder, Programme}


def test_nothing_the_demo_writes_is_set_aside(instance: Path) -> None:
    """Every post of every centre is read, with its photos."""
    for reading in readings(instance).values():
        assert reading.unfit == ()
        assert reading.content.photos


def test_every_centre_has_something_of_each_kind_now(instance: Path) -> None:
    """Two to four live reminders, this week's and next week's programme, albums of 3 to 12 photos."""
    now = WEDNESDAY_EVENING.astimezone(PARIS)
    noon, monday = now.replace(hour=12), date(2026, 11, 16)
    for reading in readings(instance).values():
        posts = reading.content.posts
        live = [post for post in posts if post.publication.is_live(now)]
        reminders = [
            post.day
            for post in posts
            if isinstance(post, Reminder) and post.publication.is_live(noon)
        ]
        assert 2 <= len(reminders) <= 4
        assert {now.date(), now.date() + timedelta(days=1)} <= set(reminders)
        weeks = {post.starts_on for post in live if isinstance(post, Programme)}
        assert {monday, monday + timedelta(weeks=1)} <= weeks
        assert len(weeks) >= 5
        albums = [post for post in live if isinstance(post, PhotoArticle)]
        assert len(albums) >= 5
        assert all(3 <= len(album.photos) <= 12 for album in albums)
        assert any(album.publication.groups for album in albums)
        assert next_change_at(reading.content.posts, now) > now


def test_the_showcase_has_something_scheduled_and_something_withdrawn(instance: Path) -> None:
    """One article waits for tomorrow, one was taken back."""
    now = WEDNESDAY_EVENING.astimezone(PARIS)
    posts = readings(instance)["les-tilleuls"].content.posts
    waiting = [post for post in posts if post.publication.published_at > now]
    assert [post.publication.published_at.date() for post in waiting] == [date(2026, 11, 19)]
    assert sum(post.publication.withdrawn_at is not None for post in posts) == 1


def test_a_second_start_remakes_nothing(instance: Path) -> None:
    """No file of the content, the keys or the centres is written again on the same day."""
    before = _stamps(instance)
    make_instance(PROJECT, instance, ADDRESSES, WEDNESDAY_EVENING + timedelta(hours=1))
    assert _stamps(instance) == before


def test_what_somebody_did_in_the_demo_stays(tmp_path: Path) -> None:
    """A later day adds what is new; what was edited, and what was added, is left alone."""
    folder = tmp_path / "demo"
    make_instance(PROJECT, folder, ADDRESSES, WEDNESDAY_EVENING, weeks_before=0)
    document = next(folder.glob("content/les-tilleuls/posts/*/*-programme/post.md"))
    document.write_text(
        document.read_text(encoding="utf-8").replace("Chorale", "Chant"), encoding="utf-8"
    )
    before = _stamps(folder / "content")
    make_instance(PROJECT, folder, ADDRESSES, WEDNESDAY_EVENING + timedelta(days=6), weeks_before=0)
    after = _stamps(folder / "content")
    assert before.items() <= after.items()
    assert len(after) > len(before)
    assert all(reading.unfit == () for reading in readings(folder).values())


def test_the_same_day_gives_the_same_posts(instance: Path) -> None:
    """Seed, centre and day decide: the posts on disk are those told anew, photo ids and all."""
    settings = _settings(instance)
    for reading in readings(instance).values():
        centre = reading.content.centre
        author = _author(settings, centre)
        told = Chronicler(centre=centre, author=author, zone=PARIS)
        articles = [one.post for one in told.articles(WEDNESDAY_EVENING.astimezone(PARIS))]
        assert articles
        posts = {post.publication.slug: post for post in reading.content.posts}
        for article in articles:
            assert posts[article.publication.slug] == article
        assert told.photo_id("a", "b") != replace(told, seed=f"{SEED}!").photo_id("a", "b")


def test_a_demo_topped_up_holds_all_that_one_made_later_does() -> None:
    """What is told of a past day does not depend on the day of the telling."""
    told = Chronicler(centre=_tilleuls(), author="a", zone=PARIS)
    now = WEDNESDAY_EVENING.astimezone(PARIS)
    earlier = [one.post for one in told.articles(now)]
    later = [one.post for one in told.articles(now + timedelta(days=9))]
    monday = date(2026, 10, 26)
    assert [post for post in later if post.publication.published_at <= now] == [
        post for post in earlier if post.publication.published_at.date() >= monday
    ]


@pytest.mark.parametrize("weeks", range(0, 60, 3))
def test_the_town_is_told_all_year(weeks: int) -> None:
    """Term, holidays, bank holidays, summer: every centre has posts, and slots of its own moments."""
    now = WEDNESDAY_EVENING.astimezone(PARIS) + timedelta(weeks=weeks)
    for centre in repository_town().centres:
        told = Chronicler(centre=centre, author="a", zone=PARIS)
        groups = {group.slug for group in centre.groups} | {None}
        for one in told.programmes(now.date()):
            assert isinstance(one.post, Programme)
            assert {slot.moment for slot in one.post.slots} <= set(centre.moments)
            assert {slot.group for slot in one.post.slots} <= groups
        articles = [one.post for one in told.articles(now)]
        assert len({post.publication.slug for post in articles}) == len(articles) > 0
        assert all(
            isinstance(post, PhotoArticle) and post.moment in centre.moments for post in articles
        )
        assert len(list(told.reminders(now.date()))) == 3


def test_holidays_are_those_of_the_calendar() -> None:
    """Zone C: Toussaint 2026 ends on 1 November; summer is July and August."""
    assert is_holiday(date(2026, 11, 1))
    assert not is_holiday(date(2026, 11, 2))
    assert is_holiday(date(2027, 8, 15))


def test_every_story_shows_pictures_that_exist() -> None:
    """Each picture has its file and its sentence, each story 3 to 12 pictures, none twice."""
    for name, sentence in PICTURES.items():
        assert picture_file(name).is_file()
        assert sentence.endswith(".")
    for story in (*(one for told in STORIES.values() for one in told), WEEK_IN_REVIEW, TAKEN_BACK):
        assert 3 <= len(story.pictures) <= min(12, MAX_PHOTOS)
        assert set(story.pictures) <= set(PICTURES)
        assert len(set(story.pictures)) == len(story.pictures)


def test_the_team_may_write_where_it_works(instance: Path) -> None:
    """Each animator and the director has a grant for their centre, once, and nobody else."""
    settings = _settings(instance)
    records = open_records(settings.database_url)
    grants = records.every_staff_grant()
    assert len(grants) == len(TEAM)
    for profile in PROFILES:
        person = pseudonym(settings.pseudonym_key, "demo", profile.subject)
        given = {(grant.centre, grant.role) for grant in grants if grant.person == person}
        assert given == ({TEAM[profile.id]} if profile.id in TEAM else set())
    assert ("les-tilleuls", StaffRole.DIRECTOR) in {(one.centre, one.role) for one in grants}


def test_keys_are_read_by_nobody_else(instance: Path) -> None:
    """Signing keys and the client secret are 0600, and long enough to be accepted."""
    for name in (*KEY_FILES, "client-demo.secret"):
        assert stat.S_IMODE((instance / "keys" / name).stat().st_mode) == 0o600


def test_addresses_are_those_of_this_run(instance: Path) -> None:
    """The town's own address and the ENT's are on the ports that were asked."""
    town = read_town(instance)
    assert isinstance(town, Town)
    assert town.public_url == "http://127.0.0.1:8123"
    assert town.sign_in[0].protocol.address.startswith("http://127.0.0.1:8124/")


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds anything else is refused, and nothing in it is touched."""
    (tmp_path / "mes-photos").mkdir()
    with pytest.raises(FolderIsNotADemo):
        make_instance(PROJECT, tmp_path, ADDRESSES, WEDNESDAY_EVENING)
    assert [path.name for path in tmp_path.iterdir()] == ["mes-photos"]


def test_a_demo_of_another_version_is_made_anew(tmp_path: Path) -> None:
    """What an older program made is replaced whole."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / MARKER).write_text('{"version": 0}', encoding="utf-8")
    (folder / "leftover").touch()
    make_instance(PROJECT, folder, ADDRESSES, WEDNESDAY_EVENING, weeks_before=0)
    assert not (folder / "leftover").exists()
    assert (folder / "content" / "les-tilleuls").is_dir()


def _tilleuls() -> Centre:
    centre = repository_town().centre("les-tilleuls")
    assert centre is not None
    return centre


def _settings(instance: Path) -> Settings:
    settings = read_settings(instance, environ={})
    assert isinstance(settings, Settings)
    return settings


def _author(settings: Settings, centre: Centre) -> str:
    profile_id = next(
        one
        for one, (slug, role) in TEAM.items()
        if (slug, role) == (centre.slug, StaffRole.ANIMATOR)
    )
    return pseudonym(settings.pseudonym_key, "demo", f"demo-{profile_id}")


def _stamps(folder: Path) -> dict[str, int]:
    """When each file was written; the marker and the database's own files apart."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
        and path.parent.name != "records"
        and path.name not in {MARKER, "settings.toml"}
    }
