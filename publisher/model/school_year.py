"""School years and weeks: how a centre counts time."""

from datetime import date, timedelta

SEPTEMBER = 9


def school_year_of(day: date) -> str:
    """The school year *day* lies in, from 1 September to 31 August: `2026-2027`."""
    first = day.year if day.month >= SEPTEMBER else day.year - 1
    return f"{first}-{first + 1}"


def last_day_of_school_year(day: date) -> date:
    """31 August after *day*: when photos go away unless the animator says sooner."""
    first = int(school_year_of(day).split("-", maxsplit=1)[0])
    return date(first + 1, 8, 31)


def monday_of(day: date) -> date:
    """The Monday of the week *day* lies in."""
    return day - timedelta(days=day.weekday())
