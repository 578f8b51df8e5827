"""The team's home: what to do, what waits, what families see."""

from datetime import UTC, date, timedelta

from publisher.content.library import read_centre, save_new_post
from publisher.model.moment import Moment
from publisher.model.post import Slot
from publisher.shelf import Edition
from tests.authoring.conftest import TILLEULS, Desk, Visitor
from tests.posts import NOW, article, programme, reminder
from tests.sites import put_online

HOME = f"/equipe/{TILLEULS}/"


def press(desk: Desk, **more: object) -> None:
    """Place an edition of all that is live."""
    stored = read_centre(desk.content, desk.centre()).stored
    posts = {
        slug: one.revision for slug, one in stored.items() if one.post.publication.is_live(NOW)
    }
    facts = {"made_at": NOW, "moment": NOW, "posts": posts, **more}
    put_online(desk.instance / "build", TILLEULS, Edition(**facts))  # type: ignore[arg-type]  # facts by name


def test_the_first_day_says_where_to_begin(ines: Visitor) -> None:
    """An empty centre greets by name, proposes a moment and explains the first step."""
    page = ines.get(HOME).text
    assert "Bonjour Ines" in page
    assert "Mercredi : déjà choisi" in page
    assert "C'est le premier jour." in page
    assert "Rien n'attend" in page


def test_photos_already_say_what_they_will_post(desk: Desk) -> None:
    """The slot of the hour, with its group."""
    save_new_post(desk.content, programme())
    desk.hour.at = NOW.replace(day=19, hour=12).astimezone(UTC)
    assert "Chorale · Moyens : déjà rempli" in desk.visitor("ines").get(HOME).text


def test_a_slot_of_today_without_photo_is_suggested_until_it_has_one(
    desk: Desk, ines: Visitor
) -> None:
    """The suggestion opens the form already filled for that slot, and goes away once told."""
    slots = (
        Slot(day=date(2026, 11, 18), moment=Moment.WEDNESDAY, group=None, title="Fresque"),
        Slot(day=date(2026, 11, 18), moment=Moment.WEDNESDAY, group="petits", title="Piscine"),
        Slot(day=date(2026, 11, 19), moment=Moment.LUNCH, group=None, title="Demain"),
    )
    week = programme()
    save_new_post(desk.content, type(week)(
        publication=week.publication, title="", starts_on=week.starts_on, ends_on=week.ends_on,
        slots=slots,
    ))  # fmt: skip
    page = ines.get(HOME).text
    assert "Piscine : pas encore de photo" in page
    assert "Demain : pas" not in page
    assert "Fresque : pas" not in page
    query = "programme=2026-11-16-programme&amp;creneau=1"
    assert query in page
    form = ines.get(f"{HOME}nouveau/photo-article?{query.replace('&amp;', '&')}").text
    assert 'name="title" value="Piscine"' in form
    assert 'value="petits" data-nom="Petits" checked' in form
    desk.put_photo("a" * 26)
    save_new_post(desk.content, article(photos=("a" * 26,), groups=("petits",)))
    assert "Piscine : pas encore" not in ines.get(HOME).text


def test_what_waits_and_what_is_online_are_told_apart(desk: Desk, ines: Visitor) -> None:
    """Scheduled and set aside wait, with the reason; placed is online; withdrawn is neither."""
    save_new_post(desk.content, reminder("2026-11-18-en-ligne"))
    save_new_post(
        desk.content, reminder("2026-11-18-plus-tard", published_at=NOW + timedelta(hours=2))
    )
    save_new_post(desk.content, reminder("2026-11-18-retire", withdrawn_at=NOW))
    press(desk, set_aside=(("2026-11-18-en-ligne", 4, "Un lien est cassé."),))
    waits, online = ines.get(HOME).text.split('id="parti"')
    assert "Sera en ligne : Aujourd&#39;hui, 19 h" in waits
    assert "Un lien est cassé." in waits
    assert "publications/2026-11-18-en-ligne/" in online
    assert "2026-11-18-retire/" not in waits + online
    assert "2026-11-18-plus-tard/" not in online


def test_what_went_out_is_listed_newest_first_with_its_three_gestures(
    desk: Desk, ines: Visitor
) -> None:
    """Voir, Modifier, Retirer, each saying of what to those who do not see."""
    for hours in (3, 1, 2):
        at = NOW - timedelta(hours=hours)
        save_new_post(desk.content, reminder(f"2026-11-18-il-y-a-{hours}", published_at=at))
    press(desk)
    online = ines.get(HOME).text.split('id="parti"')[1]
    places = [online.index(f"il-y-a-{hours}/") for hours in (1, 2, 3)]
    assert places == sorted(places)
    for gesture in ("Voir", "Modifier", "Retirer"):
        assert online.count(f'>{gesture}<span class="vh"> Maillot') == 3
    every = ines.get(f"{HOME}publications/").text
    assert every.count("il-y-a-") >= 9
    assert "2026-2027" in every
