"""The reminder form: a sentence, a picture, a day in one tap, an end that needs no thought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from publisher.authoring.fields import (
    NOW,
    Fields,
    Opening,
    TeamForm,
    day_of,
    first,
    is_midnight,
    last_day_before,
    minute,
    of_publication,
    with_publication,
)
from publisher.kinds.reminder import NAME, PICTOGRAMS
from publisher.model.mistake import in_french as _
from publisher.model.moment import WEDNESDAY
from publisher.model.post import Post, Reminder

OTHER = "autre"
END_OF_DAY, AT_AN_HOUR = "jour", "heure"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChoice:
    """A day that one tap chooses, and the word people say for it."""

    day: date
    word: str


def day_choices(today: date) -> tuple[DayChoice, ...]:
    """Today, tomorrow, and the next Wednesday that is neither."""
    ahead = (WEDNESDAY - today.weekday()) % 7
    wednesday = today + timedelta(days=ahead if ahead > 1 else ahead + 7)
    return (
        DayChoice(day=today, word=_("Aujourd'hui")),
        DayChoice(day=today + timedelta(days=1), word=_("Demain")),
        DayChoice(day=wednesday, word=_("Mercredi")),
    )


def _fresh(opening: Opening) -> Fields:
    tomorrow = opening.now.date() + timedelta(days=1)
    return {"jour": [tomorrow.isoformat()], "fin": [END_OF_DAY], "quand": [NOW]}


def _of_post(post: Post, now: datetime) -> Fields:
    assert isinstance(post, Reminder)  # noqa: S101 (FORMS gives each form its own posts)
    fields = of_publication(post.publication, now)
    near = {choice.day for choice in day_choices(now.date())}
    ends_at = post.publication.ends_at
    fields |= {
        "sentence": [post.sentence],
        "pictogram": [post.pictogram],
        "jour": [post.day.isoformat() if post.day in near else OTHER],
        "autre_jour": [post.day.isoformat()],
        "fin": [END_OF_DAY],
        "text": [post.text],
    }
    if ends_at is not None and not (
        is_midnight(ends_at, now) and last_day_before(ends_at, now) == post.day
    ):
        fields["fin"] = [AT_AN_HOUR]
        fields["ends_at"] = [minute(ends_at, now)]
    return fields


def _arranged(fields: Fields, opening: Opening) -> Fields:  # noqa: ARG001 (every form's signature)
    chosen = first(fields, "jour")
    arranged = with_publication(fields)
    arranged = arranged | {"day": [first(fields, "autre_jour") if chosen == OTHER else chosen]}
    if first(fields, "fin") != AT_AN_HOUR:
        arranged.pop("ends_at", None)
    return arranged


def _after_gesture(gesture: str, fields: Fields, opening: Opening) -> Fields | None:  # noqa: ARG001 (every form's signature)
    return None


def _shown(fields: Fields, opening: Opening) -> Mapping[str, object]:
    choices = day_choices(opening.now.date())
    asked = day_of(first(fields, "jour"))
    return {
        "pictograms": PICTOGRAMS,
        "day_choices": choices,
        "is_other_day": first(fields, "jour") == OTHER
        or (asked is not None and asked not in {choice.day for choice in choices}),
    }


FORM = TeamForm(
    name=NAME,
    template="reminder.html",
    fresh=_fresh,
    of_post=_of_post,
    arranged=_arranged,
    after_gesture=_after_gesture,
    shown=_shown,
)
