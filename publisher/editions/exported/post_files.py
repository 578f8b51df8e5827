"""A post as a file that Pelican reads: metadata, an empty line, the text in Markdown. Pure.

Only what a family sees is in it: no author, and nothing of a post that is not live.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from posixpath import splitext
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Post,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.space import SLUG
from publisher.model.town import Centre

ARTICLES, REMINDERS, PROGRAMMES = "articles", "rappels", "programmes"
FOLDERS: Final = (ARTICLES, REMINDERS, PROGRAMMES)
"""The folder says the kind of a post."""
END: Final = ".md"
PHOTOS: Final = "photos"

_FOLDER_OF: Final = MappingProxyType(
    {PhotoArticle: ARTICLES, Reminder: REMINDERS, Programme: PROGRAMMES}
)
_NOT_OUT: Final = frozenset({"draft", "hidden", "skip"})
"""What Pelican's `Status` says of what is not to be read yet."""
_BAR = re.compile(r"(?<!\\)\|")
_PHOTO_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_SLOT_PARTS: Final = 7


def file_of(post: Post) -> str:
    """Where *post* stands in `content/`."""
    return f"{_FOLDER_OF[type(post)]}/{post.publication.slug}{END}"


def text_of(post: Post, zone: ZoneInfo) -> str:
    """The file of *post*, its instants said in the town's *zone*."""
    publication = post.publication
    lines = [_line("Date", publication.published_at.astimezone(zone).isoformat(" "))]
    lines.append(_line("Slug", publication.slug))
    if publication.ends_at is not None:
        lines.append(_line("Ends_at", publication.ends_at.astimezone(zone).isoformat(" ")))
    if publication.groups:
        lines.append(_line("Groups", ", ".join(publication.groups)))
    title = post.sentence if isinstance(post, Reminder) else post.title
    return "\n".join([_line("Title", title), *lines, *_own_lines(post), "", post.text, ""])


def _own_lines(post: Post) -> Iterator[str]:
    if isinstance(post, PhotoArticle):
        yield _line("Category", post.moment.value)
        yield _line("Photos", *(f"{one.id} {one.caption or ''}" for one in post.photos))
    elif isinstance(post, Reminder):
        yield _line("Day", post.day.isoformat())
        yield _line("Pictogram", post.pictogram)
    else:
        yield _line("Starts_on", post.starts_on.isoformat())
        yield _line("Ends_on", post.ends_on.isoformat())
        yield _line("Slots", *map(_slot_line, post.slots))


def _line(key: str, *values: str) -> str:
    return "\n    ".join([f"{key}: {values[0]}".rstrip(), *(one.rstrip() for one in values[1:])])


def _slot_line(slot: Slot) -> str:
    parts = [slot.day.isoformat(), slot.moment.value, slot.group or "", slot.title]
    parts += [slot.time, slot.place, slot.bring]
    while not parts[-1]:
        parts.pop()
    return " | ".join(part.replace("|", "\\|") for part in parts)


def is_out(header: Mapping[str, Sequence[str]]) -> bool:
    """Say whether the author means the post to be read: Pelican's `Status` may say no."""
    return not any(one.strip().lower() in _NOT_OUT for one in header.get("status", ()))


def post_of(
    path: str, header: Mapping[str, Sequence[str]], text: str, centre: Centre, zone: ZoneInfo
) -> Post | Mistakes:
    """Read the post at *path* of `content/`, its metadata as Markdown reads them; or all its mistakes.

    A date without an offset is in the town's *zone*; a post without `Slug` has its file's name.
    """
    folder, _slash, name = path.rpartition("/")
    reader = _Reader(where=path, header=header, centre=centre, zone=zone)
    publication = reader.publication(splitext(name)[0])
    post: Post
    if folder.split("/")[0] == ARTICLES:
        post = PhotoArticle(
            publication=publication,
            title=reader.line("title"),
            moment=reader.moment("Category", reader.line("category")),
            photos=tuple(reader.photos()),
            text=text.strip(),
        )
    elif folder.split("/")[0] == REMINDERS:
        post = Reminder(
            publication=publication,
            sentence=reader.line("title"),
            pictogram=reader.line("pictogram"),
            day=reader.day("Day", reader.line("day")),
            text=text.strip(),
        )
        if publication.ends_at is None:
            reader.wrong(_("« {key} » manque."), key="Ends_at")
    else:
        post = Programme(
            publication=publication,
            title=reader.line("title", required=False),
            starts_on=reader.day("Starts_on", reader.line("starts_on")),
            ends_on=reader.day("Ends_on", reader.line("ends_on")),
            slots=tuple(reader.slots()),
            text=text.strip(),
        )
    return Mistakes(tuple(reader.mistakes)) if reader.mistakes else post


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one file's metadata, and gathers the mistakes."""

    where: str
    header: Mapping[str, Sequence[str]]
    centre: Centre
    zone: ZoneInfo
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, says: str, /, **facts: object) -> None:
        self.mistakes.append(Mistake(where=self.where, says=says, facts=facts))

    def lines(self, key: str) -> tuple[str, ...]:
        return tuple(one for one in self.header.get(key, ()) if one)

    def line(self, key: str, *, required: bool = True) -> str:
        found = " ".join(self.lines(key))
        if required and not found:
            self.wrong(_("« {key} » manque."), key=key.capitalize())
        return found

    def day(self, key: str, written: str) -> date:
        """A day; a mistake gives an arbitrary one, which nobody sees."""
        try:
            return date.fromisoformat(written)
        except ValueError:
            if written:
                self.wrong(_("« {key} » doit être un jour, comme 2026-11-18."), key=key)
            return date.min

    def instant(self, key: str, written: str) -> datetime:
        """An instant; a mistake gives an arbitrary one, which nobody sees."""
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            if written:
                self.wrong(
                    _("« {key} » doit être une date et une heure, comme 2026-11-18 17:00."), key=key
                )
            return datetime.min.replace(tzinfo=self.zone)
        return found if found.tzinfo is not None else found.replace(tzinfo=self.zone)

    def moment(self, key: str, written: str) -> Moment:
        """A moment, however its letters are; a mistake gives an arbitrary one."""
        found = written.strip().lower()
        if found in set(Moment):
            return Moment(found)
        if written:
            self.wrong(
                _("« {key} » doit être l'un de : {known}."), key=key, known=", ".join(Moment)
            )
        return Moment.WEDNESDAY

    def group(self, slug: str) -> str:
        if self.centre.group(slug) is None:
            self.wrong(_("Le groupe « {group} » n'est pas de ce centre."), group=slug)
        return slug

    def publication(self, name: str) -> Publication:
        slug = self.line("slug", required=False) or name
        if SLUG.match(slug) is None:
            self.wrong(
                _(
                    "Le fichier, ou « Slug », doit être un nom en minuscules sans accent, comme 2026-11-18-la-fresque."
                )
            )
        groups = ", ".join(self.lines("groups")).split(",")
        ends_at = self.line("ends_at", required=False)
        return Publication(
            centre=self.centre.slug,
            slug=slug,
            published_at=self.instant("Date", self.line("date")),
            ends_at=self.instant("Ends_at", ends_at) if ends_at else None,
            groups=tuple(dict.fromkeys(self.group(one.strip()) for one in groups if one.strip())),
        )

    def photos(self) -> Iterator[PhotoInArticle]:
        seen: set[str] = set()
        for line in self.lines("photos"):
            photo_id, _space, caption = line.partition(" ")
            if _PHOTO_NAME.match(photo_id) is None:
                self.wrong(
                    _("« {name} » doit être le nom d'un dossier de content/photos/."), name=photo_id
                )
            elif photo_id in seen:
                self.wrong(_("La même photo est là deux fois."))
            else:
                seen.add(photo_id)
                yield PhotoInArticle(id=photo_id, caption=caption.strip() or None)

    def slots(self) -> Iterator[Slot]:
        for line in self.lines("slots"):
            parts = [one.replace("\\|", "|").strip() for one in _BAR.split(line)]
            if len(parts) > _SLOT_PARTS or len(parts) < 4 or not parts[3]:  # noqa: PLR2004 (day, moment, group, title)
                self.wrong(
                    _(
                        "« {line} » doit être : jour | moment | groupe | activité | heure | lieu | à apporter."
                    ),
                    line=line,
                )
                continue
            day, moment, group, title, time, place, bring = [*parts, "", "", ""][:_SLOT_PARTS]
            yield Slot(
                day=self.day("Slots", day),
                moment=self.moment("Slots", moment),
                group=self.group(group) if group else None,
                title=title,
                time=time,
                place=place,
                bring=bring,
            )
