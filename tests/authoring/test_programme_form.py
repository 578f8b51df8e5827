"""The programme form's gestures, as functions of its fields."""

from datetime import date, datetime, timedelta

from hypothesis import given

from publisher.authoring.fields import Fields, Opening, first
from publisher.authoring.programme_form import FORM, lines_of, week_choices
from publisher.kinds import KINDS, FormContext
from publisher.model.edition import CentreContent
from publisher.model.post import Programme
from tests.posts import CENTRE, NOW, PARIS, any_post, programme


def opening(*posts: Programme, now: datetime = NOW, **asked: str) -> Opening:
    """The form's surroundings."""
    content = CentreContent(centre=CENTRE, posts=posts, photos={})
    return Opening(centre=CENTRE, content=content, now=now, asked=asked)


def after(gesture: str, fields: Fields) -> Fields:
    """*fields* after a gesture that exists."""
    done = FORM.after_gesture(gesture, fields, opening())
    assert done is not None
    return done


def titles(fields: Fields) -> list[tuple[str, str, str]]:
    """Day, group and title of each line."""
    return [(line.day[-2:], line.group, line.title) for line in lines_of(fields)]


def test_the_first_free_week_is_proposed() -> None:
    """The current week, then the next once that one has its programme."""
    assert first(FORM.fresh(opening()), "semaine") == "2026-11-16"
    assert first(FORM.fresh(opening(programme())), "semaine") == "2026-11-23"


def test_on_saturday_this_week_is_the_one_to_come() -> None:
    """Nobody writes the programme of a week that is over."""
    weeks = week_choices(date(2026, 11, 21))
    assert [week.monday for week in weeks] == [date(2026, 11, 23), date(2026, 11, 30)]


def test_copying_last_week_keeps_days_of_the_week() -> None:
    """Wednesday's slot is on the next Wednesday; nothing else changes."""
    fields = FORM.fresh(opening(programme(), copier="2026-11-16-programme", semaine="2026-11-23"))
    assert titles(fields) == [("25", "", "La fresque"), ("26", "moyens", "Chorale")]


def test_changing_the_week_moves_the_lines_with_it() -> None:
    """Lines typed for one week, then another week chosen: Thursday stays Thursday."""
    fields = FORM.of_post(programme(), NOW) | {"semaine": ["2026-11-23"]}
    moved = FORM.arranged(fields, opening())
    assert [line.day for line in lines_of(moved)] == ["2026-11-25", "2026-11-26"]
    again = FORM.arranged(moved, opening())
    assert lines_of(again) == lines_of(moved)


def test_a_day_is_copied_once_however_often_it_is_asked() -> None:
    """Its filled lines go to the other day, whose empty lines make room."""
    fields = FORM.of_post(programme(), NOW) | {"vers-2026-11-18": ["2026-11-20"]}
    once = after("copier-2026-11-18", fields)
    assert titles(once)[-1] == ("20", "", "La fresque")
    assert titles(after("copier-2026-11-18", once)) == titles(once)


def test_the_same_for_all_groups_makes_one_line_of_three() -> None:
    """Lines that differ only by their group become one, for everybody."""
    fields = after("par-groupe-2026-11-20", FORM.of_post(programme(), NOW))
    groups = [line.group for line in lines_of(fields) if line.day == "2026-11-20"]
    assert groups == ["petits", "moyens", "grands"]
    fields["slot-title"] = [title or "Goûter" for title in fields["slot-title"]]
    assert titles(after("ensemble-2026-11-20", fields))[-1] == ("20", "", "Goûter")
    assert len(titles(after("ensemble-2026-11-20", fields))) == 3


def test_a_gesture_that_does_not_exist_does_nothing() -> None:
    """Neither a day that is none, nor a line that is not there."""
    fields = FORM.of_post(programme(), NOW)
    for gesture in ("ajouter-demain", "retirer-99", "retirer-x", "copier-2026-11-18", "voler-1"):
        assert FORM.after_gesture(gesture, fields, opening()) is None


def test_every_day_shown_has_a_line_to_write_in() -> None:
    """Nothing needs unfolding first, and lines are numbered in the order they are read."""
    shown = FORM.shown(FORM.fresh(opening()), opening())
    days = shown["days"]
    assert isinstance(days, list)
    assert [len(day.lines) for day in days] == [1] * 5
    assert [line.number for day in days for line in day.lines] == list(range(5))


@given(post=any_post.filter(lambda post: isinstance(post, Programme)))
def test_a_programme_edited_without_a_change_is_the_same(post: Programme) -> None:
    """From post to fields to post: nothing is lost on the way, whatever the dates."""
    now = (post.publication.published_at + timedelta(days=1)).astimezone(PARIS)
    fields = FORM.arranged(FORM.of_post(post, now), opening(now=now))
    context = FormContext(centre=CENTRE, now=now, author=None, before=post.publication)
    read = KINDS[FORM.name].read_form(fields, context)
    assert isinstance(read, Programme)
    assert (read.starts_on, read.ends_on, read.slots) == (post.starts_on, post.ends_on, post.slots)
    assert (read.title, read.text) == (post.title, post.text)
