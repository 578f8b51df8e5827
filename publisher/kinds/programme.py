"""The programme: what happens at a centre, by day, moment and group."""

from dataclasses import replace
from datetime import date, timedelta

from publisher.kinds.kind import Document, Form, FormContext, Kind
from publisher.kinds.reading import (
    MAX_TITLE,
    FormReader,
    HeaderReader,
    body_of,
    one_line,
    publication_header,
)
from publisher.model.mistake import Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.post import Post, Programme, Slot
from publisher.model.space import SLUG

NAME = "programme"
MAX_SLOTS = 400
MAX_DAYS = 63
"""Nine weeks: the summer holidays, with a day to spare."""
MAX_TIME = 40

_KEYS = frozenset({"title", "starts_on", "ends_on", "slots"})
_SLOT_KEYS = frozenset({"day", "moment", "group", "title", "time", "place", "bring"})
_MOMENT_ORDER = {moment: number for number, moment in enumerate(Moment)}


def in_reading_order(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Slots by day, then moment; within a moment as the animator put them."""
    return tuple(sorted(slots, key=lambda slot: (slot.day, _MOMENT_ORDER[slot.moment])))


def shifted(programme: Programme, starts_on: date) -> tuple[Slot, ...]:
    """The slots of *programme* as if it began on *starts_on*: copying last week."""
    days = starts_on - programme.starts_on
    return tuple(replace(slot, day=slot.day + days) for slot in programme.slots)


def read_form(form: Form, context: FormContext) -> Programme | Mistakes:
    """Read the programme form.

    `title`, `starts_on`, `ends_on`, `text`, `groups`, and slots as parallel lists `slot-day`,
    `slot-moment`, `slot-group` (empty: all groups), `slot-title`, `slot-time`, `slot-place`,
    `slot-bring`. A slot without a title is an empty line, and is left out.
    """
    reader = FormReader(form)
    starts_on = reader.day("starts_on", missing=_("Choisissez le premier jour."))
    ends_on = reader.day("ends_on", missing=_("Choisissez le dernier jour."))
    if starts_on and ends_on and not timedelta(0) <= ends_on - starts_on < timedelta(days=MAX_DAYS):
        reader.wrong(
            "ends_on",
            _("Un programme va de son premier à son dernier jour, en {limit} jours au plus."),
            limit=MAX_DAYS,
        )
    title = reader.line("title", limit=MAX_TITLE)
    slots = _slots(reader, context, starts_on, ends_on)
    publication = reader.publication(
        context,
        groups=reader.groups("groups", context),
        ends_at=None,
        title=f"programme {title or (starts_on or context.now.date()).isoformat()}",
        fallback="programme",
    )
    text = reader.text("text")
    if reader.mistakes or starts_on is None or ends_on is None:
        return reader.mistakes or Mistakes(())
    return Programme(
        publication=publication,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        slots=slots,
        text=text,
    )


def _slots(
    reader: FormReader, context: FormContext, starts_on: date | None, ends_on: date | None
) -> tuple[Slot, ...]:
    columns = {name: reader.every(f"slot-{name}") for name in sorted(_SLOT_KEYS)}
    rows = max(map(len, columns.values()))
    known = {group.slug for group in context.centre.groups}
    slots: list[Slot] = []
    for number in range(rows):
        row = {
            name: one_line(texts[number]) if number < len(texts) else ""
            for name, texts in columns.items()
        }
        if not row["title"]:
            continue
        where = f"slot-{number}"
        day = _day(row["day"])
        if day is None or (starts_on and ends_on and not starts_on <= day <= ends_on):
            reader.wrong(
                where, _("« {title} » : ce jour n'est pas dans le programme."), title=row["title"]
            )
        if row["moment"] not in context.centre.moments:
            reader.wrong(
                where, _("« {title} » : choisissez un moment du centre."), title=row["title"]
            )
        if row["group"] and row["group"] not in known:
            reader.wrong(
                where, _("« {title} » : ce groupe n'est pas de ce centre."), title=row["title"]
            )
        for name, limit in (
            ("title", MAX_TITLE),
            ("time", MAX_TIME),
            ("place", MAX_TITLE),
            ("bring", MAX_TITLE),
        ):
            if len(row[name]) > limit:
                reader.wrong(
                    where,
                    _(
                        "« {title}… » est trop long : {limit} caractères au plus. Raccourcissez, rien n'est perdu."
                    ),
                    title=row[name][:30],
                    limit=limit,
                )
        if day is not None and row["moment"] in set(Moment):
            slots.append(
                Slot(
                    day=day,
                    moment=Moment(row["moment"]),
                    group=row["group"] or None,
                    title=row["title"],
                    time=row["time"],
                    place=row["place"],
                    bring=row["bring"],
                )
            )
    if not slots:
        reader.wrong("slots", _("Écrivez au moins une activité."))
    if len(slots) > MAX_SLOTS:
        reader.wrong("slots", _("{limit} activités au plus dans un programme."), limit=MAX_SLOTS)
    return in_reading_order(tuple(slots))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def to_document(post: Post) -> Document:
    """Write a programme: one line of header for a slot, without what it does not have."""
    assert isinstance(post, Programme)  # noqa: S101 (KINDS gives each kind its own posts)
    header = publication_header(NAME, post.publication)
    if post.title:
        header["title"] = post.title
    header["starts_on"] = post.starts_on
    header["ends_on"] = post.ends_on
    header["slots"] = [_row(slot) for slot in post.slots]
    return Document(header=header, body=post.text)


def _row(slot: Slot) -> dict[str, object]:
    row: dict[str, object] = {"day": slot.day, "moment": slot.moment.value}
    if slot.group is not None:
        row["group"] = slot.group
    row["title"] = slot.title
    for name in ("time", "place", "bring"):
        if value := getattr(slot, name):
            row[name] = value
    return row


def from_document(document: Document, *, centre: str, slug: str) -> Programme | Mistakes:
    """Read a programme back."""
    reader = HeaderReader(document.header, _KEYS)
    starts_on, ends_on = reader.day("starts_on"), reader.day("ends_on")
    if not timedelta(0) <= ends_on - starts_on < timedelta(days=MAX_DAYS):
        reader.wrong(
            "ends_on",
            _("Un programme va de son premier à son dernier jour, en {limit} jours au plus."),
            limit=MAX_DAYS,
        )
    slots = []
    for number, row in enumerate(reader.rows("slots"), start=1):
        inner = HeaderReader(row, _SLOT_KEYS)
        day, group = inner.day("day"), inner.line("group", required=False) or None
        if not starts_on <= day <= ends_on:
            inner.wrong("day", _("Ce jour n'est pas dans le programme."))
        if group is not None and SLUG.match(group) is None:
            inner.wrong("group", _("Ce groupe n'est pas de ce centre."))
        slots.append(
            Slot(
                day=day,
                moment=inner.moment("moment"),
                group=group,
                title=inner.line("title", required=True),
                time=inner.line("time", required=False, limit=MAX_TIME),
                place=inner.line("place", required=False),
                bring=inner.line("bring", required=False),
            )
        )
        for mistake in inner.mistakes.all if inner.mistakes else ():
            reader.wrong(f"slots[{number}].{mistake.where}", mistake.says, **mistake.facts)
    if not 1 <= len(slots) <= MAX_SLOTS:
        reader.wrong("slots", _("Un programme a de 1 à {limit} activités."), limit=MAX_SLOTS)
    post = Programme(
        publication=reader.publication(centre=centre, slug=slug),
        title=reader.line("title", required=False),
        starts_on=starts_on,
        ends_on=ends_on,
        slots=in_reading_order(tuple(slots)),
        text=body_of(document, reader),
    )
    return reader.mistakes or post


KIND = Kind(
    name=NAME,
    label=_("Programme"),
    value=Programme,
    read_form=read_form,
    to_document=to_document,
    from_document=from_document,
)
