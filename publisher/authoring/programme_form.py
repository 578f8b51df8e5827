"""The programme form: a day at a time, an activity a line, a week copied from the one before.

It works without a script: every button sends the whole form back, says its gesture in
`geste`, and the page returned holds what was typed and what the gesture did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from publisher.authoring.fields import (
    NOW,
    Fields,
    Opening,
    TeamForm,
    day_of,
    first,
    of_publication,
    with_publication,
)
from publisher.kinds.programme import MAX_DAYS, NAME, shifted
from publisher.model.mistake import in_french as _
from publisher.model.moment import WEDNESDAY, Moment
from publisher.model.post import Post, Programme, Slot
from publisher.model.school_year import monday_of
from publisher.model.town import Centre

HOLIDAYS = "vacances"
SCHOOL_DAYS = 5
SATURDAY = 5
ADD, REMOVE, COPY, TOGETHER, BY_GROUP, WEEK = (
    "ajouter-",
    "retirer-",
    "copier-",
    "ensemble-",
    "par-groupe-",
    "semaine",
)
COLUMNS = ("day", "moment", "group", "title", "time", "place", "bring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as typed, valid or not; a line without a title is an empty one."""

    day: str
    moment: str
    group: str
    title: str
    time: str = ""
    place: str = ""
    bring: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was typed in it."""
        return not (self.title or self.time or self.place or self.bring).strip()

    @property
    def has_detail(self) -> bool:
        """Say whether an hour, a place or a thing to bring was typed."""
        return bool((self.time or self.place or self.bring).strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedLine:
    """A line and its rank in the whole form, from 0: mistakes name it `slot-<number>`."""

    number: int
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShown:
    """One day of the form: its lines, how many are filled in, whether it is unfolded."""

    day: date
    lines: tuple[NumberedLine, ...]
    filled: int
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekChoice:
    """A week that one tap chooses."""

    monday: date
    word: str

    @property
    def friday(self) -> date:
        """Its last day of school."""
        return self.monday + timedelta(days=SCHOOL_DAYS - 1)


def week_choices(today: date) -> tuple[WeekChoice, ...]:
    """The current week and the next; from Saturday on, the current one is the one to come."""
    monday = monday_of(today + timedelta(days=2) if today.weekday() >= SATURDAY else today)
    return (
        WeekChoice(monday=monday, word=_("Cette semaine")),
        WeekChoice(monday=monday + timedelta(days=7), word=_("La semaine prochaine")),
    )


def lines_of(fields: Fields) -> list[Line]:
    """The lines of the form, in the order they were typed; short columns are filled up."""
    columns = {name: fields.get(f"slot-{name}", []) for name in COLUMNS}
    rows = max(map(len, columns.values()))
    return [
        Line(**{name: texts[row] if row < len(texts) else "" for name, texts in columns.items()})
        for row in range(rows)
    ]


def with_lines(fields: Fields, lines: Iterable[Line]) -> Fields:
    """*fields* with these lines, in the order of their days."""
    ordered = sorted(lines, key=lambda line: line.day)
    return fields | {f"slot-{name}": [getattr(line, name) for line in ordered] for name in COLUMNS}


def usual_moment(day: date, centre: Centre, *, is_holiday: bool) -> Moment:
    """The moment a new line of *day* is most likely for."""
    if is_holiday and Moment.HOLIDAYS in centre.moments:
        return Moment.HOLIDAYS
    if day.weekday() == WEDNESDAY and Moment.WEDNESDAY in centre.moments:
        return Moment.WEDNESDAY
    order = (Moment.EVENING, Moment.LUNCH, Moment.MORNING, *centre.moments)
    return next(moment for moment in order if moment in centre.moments)


def _line_of(slot: Slot) -> Line:
    return Line(
        day=slot.day.isoformat(),
        moment=slot.moment.value,
        group=slot.group or "",
        title=slot.title,
        time=slot.time,
        place=slot.place,
        bring=slot.bring,
    )


def last_week(opening: Opening, monday: date) -> Programme | None:
    """The programme to copy from: the last one that began before *monday*, withdrawn or not in view."""
    before = [
        post
        for post in opening.content.posts
        if isinstance(post, Programme)
        and post.starts_on < monday
        and post.publication.withdrawn_at is None
    ]
    return max(before, key=lambda one: (one.starts_on, one.publication.slug), default=None)


def _fresh(opening: Opening) -> Fields:
    weeks = week_choices(opening.now.date())
    taken = {
        monday_of(post.starts_on)
        for post in opening.content.posts
        if isinstance(post, Programme) and post.publication.withdrawn_at is None
    }
    free = next((week for week in weeks if week.monday not in taken), weeks[-1])
    asked = day_of(opening.asked.get("semaine", ""))
    monday = asked if asked in {week.monday for week in weeks} else free.monday
    fields: Fields = {
        "semaine": [monday.isoformat()],
        "debut": [monday.isoformat()],
        "quand": [NOW],
    }
    copied = next(
        (
            post
            for post in opening.content.posts
            if isinstance(post, Programme) and post.publication.slug == opening.asked.get("copier")
        ),
        None,
    )
    if copied is None:
        return fields
    slots = shifted(replace(copied, starts_on=monday_of(copied.starts_on)), monday)
    fields["groups"] = list(copied.publication.groups)
    return with_lines(fields, map(_line_of, slots))


def _of_post(post: Post, now: datetime) -> Fields:
    assert isinstance(post, Programme)  # noqa: S101 (FORMS gives each form its own posts)
    fields = of_publication(post.publication, now)
    mondays = {week.monday for week in week_choices(now.date())}
    is_week = post.starts_on in mondays and post.ends_on == post.starts_on + timedelta(
        days=SCHOOL_DAYS - 1
    )
    fields |= {
        "semaine": [post.starts_on.isoformat() if is_week else HOLIDAYS],
        "debut": [post.starts_on.isoformat()],
        "starts_on": [post.starts_on.isoformat()],
        "ends_on": [post.ends_on.isoformat()],
        "title": [post.title],
        "text": [post.text],
    }
    return with_lines(fields, map(_line_of, post.slots))


def _span(fields: Fields) -> tuple[date | None, date | None]:
    """The first and last day that the choices of the form say."""
    monday = day_of(first(fields, "semaine"))
    if monday is not None:
        return monday, monday + timedelta(days=SCHOOL_DAYS - 1)
    return day_of(first(fields, "starts_on")), day_of(first(fields, "ends_on"))


def _arranged(fields: Fields, opening: Opening) -> Fields:  # noqa: ARG001 (every form's signature)
    """Lines keep their day of the week when the week is changed after they were typed."""
    starts_on, ends_on = _span(fields)
    arranged = with_publication(fields)
    if day_of(first(fields, "semaine")) is not None and starts_on and ends_on:
        arranged = arranged | {
            "starts_on": [starts_on.isoformat()],
            "ends_on": [ends_on.isoformat()],
        }
    made_for = day_of(first(fields, "debut"))
    lines = lines_of(arranged)
    if starts_on and made_for and monday_of(starts_on) != monday_of(made_for):
        away = monday_of(starts_on) - monday_of(made_for)
        lines = [_moved(line, away) for line in lines]
    if starts_on:
        arranged = arranged | {"debut": [starts_on.isoformat()]}
    return with_lines(arranged, lines)


def _moved(line: Line, away: timedelta) -> Line:
    day = day_of(line.day)
    return line if day is None else replace(line, day=(day + away).isoformat())


def _after_gesture(gesture: str, fields: Fields, opening: Opening) -> Fields | None:
    lines = lines_of(fields)
    if gesture == WEEK:
        return fields
    if gesture.startswith(ADD):
        day = gesture.removeprefix(ADD)
        made = _empty(day, fields, opening, lines)
        return with_lines(fields, [*lines, made]) | {"ouvert": [day]} if made else None
    if gesture.startswith(REMOVE):
        number = gesture.removeprefix(REMOVE)
        if not number.isdecimal() or int(number) >= len(lines):
            return None
        gone = lines.pop(int(number))
        return with_lines(fields, lines) | {"ouvert": [gone.day]}
    if gesture.startswith(COPY):
        return _copied(gesture.removeprefix(COPY), fields, lines)
    if gesture.startswith(TOGETHER):
        return _together(gesture.removeprefix(TOGETHER), fields, lines)
    if gesture.startswith(BY_GROUP):
        day = gesture.removeprefix(BY_GROUP)
        made = _empty(day, fields, opening, lines)
        if made is None:
            return None
        kept = [line for line in lines if line.day != day or not line.is_empty]
        new = [replace(made, group=group.slug) for group in opening.centre.groups]
        return with_lines(fields, [*kept, *new]) | {"ouvert": [day]}
    return None


def _empty(day: str, fields: Fields, opening: Opening, lines: list[Line]) -> Line | None:
    """An empty line, for the moment of the day's last line, or the usual one."""
    real = day_of(day)
    if real is None:
        return None
    same = [line.moment for line in lines if line.day == day and not line.is_empty]
    moment = usual_moment(real, opening.centre, is_holiday=first(fields, "semaine") == HOLIDAYS)
    return Line(day=day, moment=same[-1] if same else moment.value, group="", title="")


def _copied(day: str, fields: Fields, lines: list[Line]) -> Fields | None:
    """The filled lines of one day, again on the day chosen in `vers-<day>`; empty lines there go."""
    onto = first(fields, f"vers-{day}")
    source = [line for line in lines if line.day == day and not line.is_empty]
    if day_of(onto) is None or onto == day:
        return None
    kept = [line for line in lines if line.day != onto or not line.is_empty]
    copies = [replace(line, day=onto) for line in source]
    new = [line for line in copies if line not in kept]
    return with_lines(fields, [*kept, *new]) | {"ouvert": [onto]}


def _together(day: str, fields: Fields, lines: list[Line]) -> Fields:
    """The day's lines for all groups at once; lines that become the same are one."""
    kept: list[Line] = []
    for line in lines:
        same = replace(line, group="") if line.day == day else line
        if line.day != day or same.is_empty or same not in kept:
            kept.append(same)
    return with_lines(fields, kept) | {"ouvert": [day]}


def _shown(fields: Fields, opening: Opening) -> Mapping[str, object]:
    weeks = week_choices(opening.now.date())
    starts_on, ends_on = _span(fields)
    lines = lines_of(fields)
    days = _days(starts_on, ends_on, lines)
    today = opening.now.date()
    asked = day_of(first(fields, "ouvert"))
    unfolded = next((day for day in days if day == asked), None) or next(
        (day for day in days if day == today), days[0] if days else None
    )
    filled_in = _with_empty_lines(days, lines, fields, opening)
    copied = last_week(opening, starts_on) if starts_on else None
    return {
        "weeks": weeks,
        "is_holidays": first(fields, "semaine") == HOLIDAYS,
        "days": [_day_shown(day, filled_in, unfolded) for day in days],
        "copied": copied,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }


def _days(starts_on: date | None, ends_on: date | None, lines: list[Line]) -> list[date]:
    """Monday to Friday of the span, and every other day that has a line."""
    typed = (day_of(line.day) for line in lines if not line.is_empty)
    days = {day for day in typed if day is not None}
    if starts_on and ends_on:
        count = min((ends_on - starts_on).days + 1, MAX_DAYS)
        span = [starts_on + timedelta(days=number) for number in range(max(0, count))]
        days |= {day for day in span if day.weekday() < SATURDAY}
    return sorted(days)


def _with_empty_lines(
    days: list[date], lines: list[Line], fields: Fields, opening: Opening
) -> list[NumberedLine]:
    """The lines of the form with one empty line on each day that has none: nothing to unfold."""
    known = [line for line in lines if day_of(line.day) in days]
    for day in days:
        if not any(line.day == day.isoformat() for line in known):
            made = _empty(day.isoformat(), fields, opening, known)
            known += [made] if made else []
    ordered = sorted(known, key=lambda line: line.day)
    return [NumberedLine(number=number, line=line) for number, line in enumerate(ordered)]


def _day_shown(day: date, lines: list[NumberedLine], unfolded: date | None) -> DayShown:
    own = tuple(one for one in lines if one.line.day == day.isoformat())
    return DayShown(
        day=day,
        lines=own,
        filled=sum(not one.line.is_empty for one in own),
        is_open=day == unfolded,
    )


FORM = TeamForm(
    name=NAME,
    template="programme.html",
    fresh=_fresh,
    of_post=_of_post,
    arranged=_arranged,
    after_gesture=_after_gesture,
    shown=_shown,
)
