"""What people type, and what becomes of it."""

from datetime import date, datetime, timedelta

import pytest

from publisher.kinds import FormContext
from publisher.kinds import photo_article as photos_kind
from publisher.kinds import programme as programme_kind
from publisher.kinds import reminder as reminder_kind
from publisher.kinds.reading import MAX_TITLE
from publisher.model.mistake import Mistakes
from publisher.model.moment import Moment, likely_moment
from publisher.model.post import PhotoArticle, Programme, Reminder
from tests.posts import CENTRE, NOW, PARIS, PHOTO_IDS, programme

CONTEXT = FormContext(centre=CENTRE, now=NOW, author="p" * 26, known_photos=frozenset(PHOTO_IDS))


def test_photos_alone_make_an_article() -> None:
    """Nothing typed: title, captions and end are proposed, and it is for the whole centre."""
    read = photos_kind.read_form({"moment": ["mercredi"], "photo": PHOTO_IDS[:3]}, CONTEXT)
    assert isinstance(read, PhotoArticle)
    assert read.title == "Mercredi"
    assert [one.caption for one in read.photos] == [
        "Mercredi, photo 1",
        "Mercredi, photo 2",
        "Mercredi, photo 3",
    ]
    assert read.publication.groups == ()
    assert read.publication.ends_at == datetime(2027, 9, 1, tzinfo=PARIS)


def test_a_decorative_photo_has_no_caption() -> None:
    """Decorative is said, never guessed from an empty caption."""
    form = {"moment": ["mercredi"], "photo": PHOTO_IDS[:1], f"decorative-{PHOTO_IDS[0]}": ["oui"]}
    read = photos_kind.read_form(form, CONTEXT)
    assert isinstance(read, PhotoArticle)
    assert read.photos[0].caption is None


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"photo": []}, "photo"),
        ({"photo": [f"{n:a>26}".replace(" ", "a") for n in range(61)]}, "photo"),
        ({"photo": ["inconnue"]}, "photo"),
        ({"moment": ["minuit"]}, "moment"),
        ({"title": ["x" * 500]}, "title"),
        ({"groups": ["ados"]}, "groups"),
        ({"ends_on": ["2020-01-01"]}, "ends_at"),
        ({"ends_on": ["jamais"]}, "ends_on"),
    ],
)
def test_a_wrong_photo_form_says_where(changes: dict[str, list[str]], where: str) -> None:
    """Each mistake is told at its own field."""
    form = {"moment": ["mercredi"], "photo": list(PHOTO_IDS[:1]), **changes}
    read = photos_kind.read_form(form, CONTEXT)
    assert isinstance(read, Mistakes)
    assert read.at(where)


def test_a_title_of_emoji_only_is_kept_and_gets_a_plain_address() -> None:
    """The title stays what was typed; its address falls back on the kind."""
    form = {"moment": ["mercredi"], "photo": PHOTO_IDS[:1], "title": ["🎨🍎"]}
    read = photos_kind.read_form(form, CONTEXT)
    assert isinstance(read, PhotoArticle)
    assert read.title == "🎨🍎"
    assert read.publication.slug == "2026-11-18-photos"


def test_a_new_line_in_a_title_makes_no_header_line() -> None:
    """A line end typed or forged in a title becomes a space (law 10)."""
    form = {"moment": ["mercredi"], "photo": PHOTO_IDS[:1], "title": ["A\nwithdrawn_at: x\r\nB"]}
    read = photos_kind.read_form(form, CONTEXT)
    assert isinstance(read, PhotoArticle)
    assert read.title == "A withdrawn_at: x B"


def test_every_group_chosen_is_the_whole_centre() -> None:
    """Ticking all groups means everybody, and makes one post, not three."""
    form = {
        "moment": ["midi"],
        "photo": PHOTO_IDS[:1],
        "groups": ["grands", "petits", "moyens"],
    }
    read = photos_kind.read_form(form, CONTEXT)
    assert isinstance(read, PhotoArticle)
    assert read.publication.groups == ()


def test_a_reminder_ends_with_its_day_when_no_hour_is_said() -> None:
    """The end is compulsory, and proposed: the end of the day it is for."""
    form = {"sentence": ["Maillot"], "pictogram": ["maillot"], "day": ["2026-11-20"]}
    read = reminder_kind.read_form(form, CONTEXT)
    assert isinstance(read, Reminder)
    assert read.publication.ends_at == datetime(2026, 11, 21, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"sentence": ["  "]}, "sentence"),
        ({"sentence": ["é" * (MAX_TITLE + 1)]}, "sentence"),
        ({"pictogram": ["bombe"]}, "pictogram"),
        ({"day": [""]}, "day"),
        ({"day": ["2026-02-30"]}, "day"),
        ({"day": ["2026-11-01"]}, "ends_at"),
        ({"ends_at": ["2026-11-18T16:00"]}, "ends_at"),
        ({"ends_at": ["demain"]}, "ends_at"),
    ],
)
def test_a_wrong_reminder_form_says_where(changes: dict[str, list[str]], where: str) -> None:
    """Each mistake is told at its own field."""
    form = {"sentence": ["Maillot"], "pictogram": ["maillot"], "day": ["2026-11-20"], **changes}
    read = reminder_kind.read_form(form, CONTEXT)
    assert isinstance(read, Mistakes)
    assert read.at(where)


def test_an_empty_line_of_the_grid_is_no_activity() -> None:
    """Only lines with a title are slots; the order is by day, then by moment."""
    form = {
        "starts_on": ["2026-11-16"],
        "ends_on": ["2026-11-20"],
        "slot-day": ["2026-11-19", "2026-11-18", "2026-11-18"],
        "slot-moment": ["midi", "mercredi", "mercredi"],
        "slot-group": ["moyens", "", ""],
        "slot-title": ["Chorale", "Fresque", ""],
    }
    read = programme_kind.read_form(form, CONTEXT)
    assert isinstance(read, Programme)
    assert [slot.title for slot in read.slots] == ["Fresque", "Chorale"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"slot-day": ["2026-12-25"]}, "slot-0"),
        ({"slot-moment": ["minuit"]}, "slot-0"),
        ({"slot-group": ["ados"]}, "slot-0"),
        ({"slot-title": [""]}, "slots"),
        ({"ends_on": ["2026-11-01"]}, "ends_on"),
        ({"ends_on": ["2027-11-01"]}, "ends_on"),
    ],
)
def test_a_wrong_programme_form_says_where(changes: dict[str, list[str]], where: str) -> None:
    """Each mistake is told at its own line."""
    form = {
        "starts_on": ["2026-11-16"],
        "ends_on": ["2026-11-20"],
        "slot-day": ["2026-11-18"],
        "slot-moment": ["mercredi"],
        "slot-group": [""],
        "slot-title": ["Fresque"],
        **changes,
    }
    read = programme_kind.read_form(form, CONTEXT)
    assert isinstance(read, Mistakes)
    assert read.at(where)


def test_copying_last_week_moves_every_slot_by_the_same_days() -> None:
    """Last week's Wednesday is this week's Wednesday."""
    slots = programme_kind.shifted(programme(), date(2026, 11, 23))
    assert [slot.day for slot in slots] == [date(2026, 11, 25), date(2026, 11, 26)]


def test_a_post_may_be_postponed_until_it_went_out() -> None:
    """An hour to come is kept; once the post is out, its hour no longer moves."""
    later = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    form = {
        "sentence": ["Maillot"],
        "pictogram": ["maillot"],
        "day": ["2026-11-30"],
        "publish_at": [later],
    }
    read = reminder_kind.read_form(form, CONTEXT)
    assert isinstance(read, Reminder)
    assert read.publication.published_at == NOW + timedelta(days=1)
    out = read.publication.published_at + timedelta(hours=1)
    edited = reminder_kind.read_form(
        {**form, "publish_at": ["2026-11-28T09:00"]},
        FormContext(centre=CENTRE, now=out, author=None, before=read.publication),
    )
    assert isinstance(edited, Reminder)
    assert edited.publication.published_at == read.publication.published_at
    assert edited.publication.author == "p" * 26


@pytest.mark.parametrize(
    ("instant", "moment"),
    [
        (datetime(2026, 11, 18, 9, tzinfo=PARIS), Moment.WEDNESDAY),
        (datetime(2026, 11, 19, 8, tzinfo=PARIS), Moment.MORNING),
        (datetime(2026, 11, 19, 12, tzinfo=PARIS), Moment.LUNCH),
        (datetime(2026, 11, 19, 17, tzinfo=PARIS), Moment.EVENING),
        (datetime(2026, 11, 21, 17, tzinfo=PARIS), Moment.EVENING),
    ],
)
def test_the_moment_is_proposed_from_the_clock(instant: datetime, moment: Moment) -> None:
    """Wednesday is Wednesday all day; otherwise the hour decides."""
    assert likely_moment(instant.date(), instant.time(), CENTRE.moments) is moment


def test_the_programme_proposes_what_the_photos_tell() -> None:
    """Today's slot of the moment gives the title; another day's does not."""
    moment, slot = photos_kind.proposed_slot(CENTRE, [programme()], NOW)
    assert (moment, slot and slot.title) == (Moment.WEDNESDAY, "La fresque")
    _moment, none = photos_kind.proposed_slot(CENTRE, [programme()], NOW + timedelta(days=2))
    assert none is None
