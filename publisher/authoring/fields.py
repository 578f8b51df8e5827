"""A form's fields as the browser sends them, and the choices that stand for them on a phone.

A form is shown from its fields and from nothing else, whether they were proposed, come from a
post, or were just typed: so what was typed is always what is shown again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from publisher.model.edition import CentreContent
from publisher.model.post import Post, Publication
from publisher.model.town import Centre

Fields = dict[str, list[str]]

NOW, LATER = "maintenant", "plus-tard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a form is opened with: the centre, its content, the local hour, what the link asked."""

    centre: Centre
    content: CentreContent
    now: datetime
    asked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamForm:
    """One kind's form, as functions of its fields.

    `fresh` proposes; `of_post` fills from a post; `arranged` turns the phone's choices into
    the fields the kind reads; `after_gesture` does what a button of the form asks (add a line,
    copy a day), or None when there is no such gesture; `shown` is what the template draws.
    """

    name: str
    template: str
    fresh: Callable[[Opening], Fields]
    of_post: Callable[[Post, datetime], Fields]
    arranged: Callable[[Fields, Opening], Fields]
    after_gesture: Callable[[str, Fields, Opening], Fields | None]
    shown: Callable[[Fields, Opening], Mapping[str, object]]


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The field's first text, or nothing."""
    values = fields.get(name, ())
    return values[0] if values else ""


def with_publication(fields: Fields) -> Fields:
    """*fields* with the hour of publication only when « plus tard » is chosen."""
    if first(fields, "quand") == LATER:
        return fields
    return {name: values for name, values in fields.items() if name != "publish_at"}


def of_publication(publication: Publication, now: datetime) -> Fields:
    """The fields that every post has."""
    fields: Fields = {"groups": list(publication.groups), "quand": [NOW]}
    if publication.published_at > now:
        fields["quand"] = [LATER]
        fields["publish_at"] = [minute(publication.published_at, now)]
    return fields


def minute(instant: datetime, now: datetime) -> str:
    """*instant* as a `datetime-local` field holds it, in the time zone of *now*."""
    return f"{instant.astimezone(now.tzinfo):%Y-%m-%dT%H:%M}"


def last_day_before(ends_at: datetime, now: datetime) -> date:
    """The last day on which something that ends at *ends_at* is seen."""
    return (ends_at.astimezone(now.tzinfo) - timedelta(seconds=1)).date()


def is_midnight(instant: datetime, now: datetime) -> bool:
    """Say whether *instant* is where a local day ends."""
    return instant.astimezone(now.tzinfo).time() == time()


def day_of(text: str) -> date | None:
    """A day as browsers send it, or None when it is not one."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
