"""Instants as the database keeps them: UTC, and, in SQLite, without saying so."""

from datetime import UTC, datetime


def kept(at: datetime) -> datetime:
    """*at*, an aware instant, as it is written down."""
    return at.astimezone(UTC)


def read(value: datetime) -> datetime:
    """What was written down, aware: SQLite gives back what it was given without its zone."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def read_or_none(value: datetime | None) -> datetime | None:
    """The same, when there may be none."""
    return None if value is None else read(value)
