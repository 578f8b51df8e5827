"""Posts and a centre to test with, and strategies that draw any post there can be."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from publisher.kinds.programme import MAX_TIME, in_reading_order
from publisher.kinds.reading import MAX_CAPTION, MAX_TITLE, many_lines, one_line
from publisher.kinds.reminder import PICTOGRAMS
from publisher.model.moment import Moment
from publisher.model.photo import MASTER, Photo, Rendition
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.town import Centre, Contact, Group, School

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 18, 17, 0, tzinfo=PARIS)
PHOTO_IDS = tuple(letter * 26 for letter in "abcdefgh")

CENTRE = Centre(
    slug="les-tilleuls",
    name="Les Tilleuls",
    contact=Contact(address="1 rue du Parc", phone="01 99 00 10 01", mail="t@valmont.example"),
    schools=(School(uai="0920001B", name="École Jacques-Prévert"),),
    groups=tuple(
        Group(slug=slug, name=slug.capitalize(), ages=ages, levels=levels, rank=rank)
        for rank, (slug, ages, levels) in enumerate(
            (
                ("petits", "3-5", ("PS", "MS", "GS")),
                ("moyens", "6-8", ("CP", "CE1")),
                ("grands", "9-11", ("CE2", "CM1", "CM2")),
            ),
            start=1,
        )
    ),
    moments=tuple(Moment),
    hours={Moment.LUNCH: "11 h 30 – 13 h 30"},
    school_zone="C",
    theme="preau",
    sign_in=("demo",),
)


def publication(slug: str = "2026-11-18-essai", **changes: object) -> Publication:
    """A publication of Les Tilleuls, live at NOW unless *changes* say otherwise."""
    facts: dict[str, object] = {"published_at": NOW - timedelta(hours=1), **changes}
    return Publication(centre=CENTRE.slug, slug=slug, **facts)  # type: ignore[arg-type]  # facts by name


def article(
    slug: str = "2026-11-18-fresque", photos: tuple[str, ...] = PHOTO_IDS[:2], **changes: object
) -> PhotoArticle:
    """A photo article whose photos all have a caption."""
    return PhotoArticle(
        publication=publication(slug, **changes),
        title="La grande fresque",
        moment=Moment.WEDNESDAY,
        photos=tuple(PhotoInArticle(id=one, caption=f"Fresque, vue {one[0]}") for one in photos),
    )


def reminder(slug: str = "2026-11-18-maillot", **changes: object) -> Reminder:
    """A reminder for tomorrow."""
    facts: dict[str, object] = {"ends_at": NOW + timedelta(days=1), **changes}
    return Reminder(
        publication=publication(slug, **facts),
        sentence="Maillot, bonnet, serviette",
        pictogram="maillot",
        day=date(2026, 11, 19),
    )


def programme(slug: str = "2026-11-16-programme", **changes: object) -> Programme:
    """The programme of NOW's week."""
    return Programme(
        publication=publication(slug, **changes),
        title="",
        starts_on=date(2026, 11, 16),
        ends_on=date(2026, 11, 20),
        slots=(
            Slot(day=date(2026, 11, 18), moment=Moment.WEDNESDAY, group=None, title="La fresque"),
            Slot(day=date(2026, 11, 19), moment=Moment.LUNCH, group="moyens", title="Chorale"),
        ),
    )


def photo(photo_id: str) -> Photo:
    """A photo with its two renditions."""
    return Photo(
        id=photo_id,
        master=Rendition(name=MASTER, width_px=2048, height_px=1536),
        renditions=(
            Rendition(name="480.jpg", width_px=480, height_px=360),
            Rendition(name="1080.jpg", width_px=1080, height_px=810),
        ),
    )


_instants = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 (the strategy adds the zone)
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001 (as above)
    timezones=st.just(UTC),
).map(lambda instant: instant.replace(microsecond=0))
_days = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 1, 1))
_groups = st.lists(st.sampled_from(("petits", "moyens", "grands")), unique=True).map(tuple)


def _lines(limit: int, least: int = 1) -> st.SearchStrategy[str]:
    return (
        st.text(min_size=least, max_size=limit)
        .map(one_line)
        .filter(lambda text: least <= len(text) <= limit)
    )


_texts = st.text(max_size=300).map(many_lines)
_publications = st.builds(
    Publication,
    centre=st.just(CENTRE.slug),
    slug=st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True),
    published_at=_instants,
    ends_at=_instants,
    groups=_groups,
    author=st.none() | st.just("p" * 26),
    withdrawn_at=st.none() | _instants,
)
_captions = st.none() | _lines(MAX_CAPTION)
_articles = st.builds(
    PhotoArticle,
    publication=_publications,
    title=_lines(MAX_TITLE),
    moment=st.sampled_from(Moment),
    photos=st.lists(
        st.builds(PhotoInArticle, id=st.sampled_from(PHOTO_IDS), caption=_captions),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one.id,
    ).map(tuple),
    text=_texts,
)
_reminders = st.builds(
    Reminder,
    publication=_publications,
    sentence=_lines(MAX_TITLE),
    pictogram=st.sampled_from(tuple(PICTOGRAMS)),
    day=_days,
    text=_texts,
)


@st.composite
def _programmes(draw: st.DrawFn) -> Programme:
    first = draw(_days)
    slots = draw(
        st.lists(
            st.builds(
                Slot,
                day=st.integers(0, 30).map(lambda count: first + timedelta(days=count)),
                moment=st.sampled_from(Moment),
                group=st.none() | st.sampled_from(("petits", "moyens")),
                title=_lines(MAX_TITLE),
                time=_lines(MAX_TIME, 0),
                place=_lines(40, 0),
                bring=_lines(40, 0),
            ),
            min_size=1,
            max_size=8,
        )
    )
    return Programme(
        publication=draw(_publications),
        title=draw(_lines(MAX_TITLE, 0)),
        starts_on=first,
        ends_on=first + timedelta(days=30),
        slots=in_reading_order(tuple(slots)),
        text=draw(_texts),
    )


any_post = st.one_of(_articles, _reminders, _programmes())
