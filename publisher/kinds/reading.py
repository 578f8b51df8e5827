"""Reading fields: out of a form, out of a document's header. Every mistake is kept, none stops the reading."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from slugify import slugify

from publisher.kinds.kind import Document, Form, FormContext
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.post import Publication
from publisher.model.space import SLUG

MAX_TITLE = 120
"""Characters of a title, a sentence or a caption's first line: what a phone shows in four lines."""
MAX_CAPTION = 300
MAX_TEXT = 20_000
MAX_SLUG = 60

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


def one_line(text: str) -> str:
    """*text* on one line, NFC, without control characters: no header line can be made of it."""
    return " ".join(_CONTROLS.sub(" ", unicodedata.normalize("NFC", text)).split())


def many_lines(text: str) -> str:
    """*text* with plain line ends, NFC, without control characters, trimmed at both ends."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", plain).strip()


def slug_for(day: date, title: str, fallback: str) -> str:
    """A post's slug: its day, then its title in plain letters, or *fallback* when none is left."""
    words = slugify(title, max_length=MAX_SLUG, word_boundary=True, allow_unicode=False)
    return f"{day.isoformat()}-{words or fallback}"


class FormReader:
    """Reads one form field by field and gathers the mistakes."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._mistakes: list[Mistake] = []

    @property
    def mistakes(self) -> Mistakes | None:
        """What was wrong, or None when nothing was."""
        return Mistakes(tuple(self._mistakes)) if self._mistakes else None

    def wrong(self, where: str, says: str, /, **facts: object) -> None:
        """Keep one mistake about the field *where*."""
        self._mistakes.append(Mistake(where=where, says=says, facts=facts))

    def raw(self, name: str) -> str:
        """The field's first text, or nothing."""
        values = self._form.get(name, ())
        return values[0] if values else ""

    def every(self, name: str) -> tuple[str, ...]:
        """All the texts of a field that may be chosen several times."""
        return tuple(self._form.get(name, ()))

    def line(self, name: str, *, limit: int, missing: str | None = None) -> str:
        """One line of text, at most *limit* characters; *missing* says it cannot be empty."""
        text = one_line(self.raw(name))
        if not text and missing is not None:
            self.wrong(name, missing)
        if len(text) > limit:
            self.wrong(
                name,
                _(
                    "C'est trop long : {length} caractères, {limit} au plus. Raccourcissez, rien n'est perdu."
                ),
                length=len(text),
                limit=limit,
            )
        return text

    def text(self, name: str) -> str:
        """A longer text, in Markdown."""
        text = many_lines(self.raw(name))
        if len(text) > MAX_TEXT:
            self.wrong(
                name,
                _(
                    "Ce texte est trop long : {length} caractères, {limit} au plus. Raccourcissez, rien n'est perdu."
                ),
                length=len(text),
                limit=MAX_TEXT,
            )
        return text

    def day(self, name: str, *, missing: str) -> date | None:
        """A day as browsers send it (`2026-11-18`)."""
        text = self.raw(name).strip()
        if not text:
            self.wrong(name, missing)
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(name, _("« {text} » n'est pas un jour du calendrier."), text=text[:40])
            return None

    def minute(self, name: str, zone: ZoneInfo) -> datetime | None:
        """A day and hour as browsers send them (`2026-11-18T17:00`), local; None when empty."""
        text = self.raw(name).strip()
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=zone)
        except ValueError:
            self.wrong(name, _("« {text} » n'est pas une date et une heure."), text=text[:40])
            return None

    def moment(self, name: str, opens: tuple[Moment, ...]) -> Moment | None:
        """One of the moments the centre opens."""
        text = self.raw(name)
        if text in opens:
            return Moment(text)
        self.wrong(name, _("Choisissez un moment parmi ceux du centre."))
        return None

    def groups(self, name: str, context: FormContext) -> tuple[str, ...]:
        """The groups chosen, in the centre's order. All of them, or none, is the whole centre."""
        chosen = set(self.every(name))
        known = tuple(group.slug for group in context.centre.groups)
        if chosen - set(known) - {""}:
            self.wrong(name, _("Ce groupe n'est pas de ce centre. Choisissez parmi ceux proposés."))
        kept = tuple(slug for slug in known if slug in chosen)
        return () if len(kept) == len(known) else kept

    def publication(
        self,
        context: FormContext,
        *,
        groups: tuple[str, ...],
        ends_at: datetime | None,
        title: str,
        fallback: str,
    ) -> Publication:
        """What every post has. Editing keeps slug, author and hour; a future hour may be asked.

        `publish_at` (local) postpones; it is read only while the post has not gone out yet.
        """
        before = context.before
        asked = self.minute("publish_at", _zone(context.now))
        published_at = before.published_at if before else context.now
        if asked is not None and (before is None or before.published_at > context.now):
            published_at = max(asked, context.now)
        if ends_at is not None and ends_at <= max(published_at, context.now):
            self.wrong(
                "ends_at",
                _("La fin est déjà passée, ou vient avant la mise en ligne. Choisissez plus tard."),
            )
        return Publication(
            centre=context.centre.slug,
            slug=before.slug if before else slug_for(published_at.date(), title, fallback),
            published_at=published_at,
            ends_at=ends_at,
            groups=groups,
            author=before.author if before else context.author,
            withdrawn_at=before.withdrawn_at if before else None,
        )


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after *day*, local: something that ends that day is gone by then."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def _zone(now: datetime) -> ZoneInfo:
    if not isinstance(now.tzinfo, ZoneInfo):
        msg = "forms are read in the town's time zone"
        raise TypeError(msg)
    return now.tzinfo


class HeaderReader:
    """Reads one document's header key by key and gathers the mistakes."""

    def __init__(self, header: Mapping[str, object], known: frozenset[str]) -> None:
        self._header = header
        self._mistakes: list[Mistake] = []
        for key in header:
            if key not in known | PUBLICATION_KEYS:
                self.wrong(str(key), _("Cette clé n'existe pas pour ce genre de publication."))

    @property
    def mistakes(self) -> Mistakes | None:
        """What was wrong, or None when nothing was."""
        return Mistakes(tuple(self._mistakes)) if self._mistakes else None

    def wrong(self, where: str, says: str, /, **facts: object) -> None:
        """Keep one mistake about the key *where*."""
        self._mistakes.append(Mistake(where=where, says=says, facts=facts))

    def line(self, key: str, *, required: bool, limit: int = MAX_TITLE) -> str:
        """One line of text."""
        value = self._header.get(key)
        if value is None:
            if required:
                self.wrong(key, _("« {key} » manque."), key=key)
            return ""
        if isinstance(value, bool | int | float):
            value = str(value)
        if not isinstance(value, str):
            self.wrong(key, _("« {key} » doit être un texte."), key=key)
            return ""
        text = one_line(value)
        if required and not text:
            self.wrong(key, _("« {key} » manque."), key=key)
        if len(text) > limit:
            self.wrong(
                key,
                _("« {key} » est trop long : {limit} caractères au plus."),
                key=key,
                limit=limit,
            )
        return text

    def day(self, key: str) -> date:
        """A day. A mistake gives an arbitrary one, which nobody sees."""
        value = self._header.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.wrong(key, _("« {key} » doit être un jour, comme 2026-11-18."), key=key)
        return date.min

    def instant(self, key: str, *, required: bool) -> datetime | None:
        """An instant with its offset."""
        value = self._header.get(key)
        if value is None and not required:
            return None
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value
        self.wrong(
            key,
            _(
                "« {key} » doit être une date et une heure avec son décalage, comme 2026-11-18T17:00:00+01:00."
            ),
            key=key,
        )
        return None

    def moment(self, key: str) -> Moment:
        """One of the five moments."""
        value = self._header.get(key)
        if isinstance(value, str) and value in set(Moment):
            return Moment(value)
        self.wrong(
            key, _("« {key} » doit être l'un de : {known}."), key=key, known=", ".join(Moment)
        )
        return Moment.WEDNESDAY

    def rows(self, key: str) -> tuple[Mapping[str, object], ...]:
        """A list of small tables."""
        value = self._header.get(key)
        if isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
            return tuple(value)
        self.wrong(key, _("« {key} » doit être une liste."), key=key)
        return ()

    def publication(self, *, centre: str, slug: str) -> Publication:
        """What every post has."""
        if SLUG.match(slug) is None:
            self.wrong(
                "slug",
                _(
                    "Le dossier doit porter un nom en minuscules sans accent, comme 2026-11-18-la-fresque."
                ),
            )
        groups = self._header.get("groups", ())
        if not (
            isinstance(groups, Sequence)
            and not isinstance(groups, str)
            and all(isinstance(group, str) and SLUG.match(group) for group in groups)
        ):
            self.wrong(
                "groups", _("« groups » doit être une liste de groupes, comme [moyens, grands].")
            )
            groups = ()
        published_at = self.instant("published_at", required=True)
        return Publication(
            centre=centre,
            slug=slug,
            published_at=published_at or datetime.max.replace(tzinfo=ZoneInfo("UTC")),
            ends_at=self.instant("ends_at", required=False),
            groups=tuple(dict.fromkeys(groups)),
            author=self.line("author", required=False) or None,
            withdrawn_at=self.instant("withdrawn_at", required=False),
        )


PUBLICATION_KEYS = frozenset(
    {"kind", "published_at", "ends_at", "groups", "author", "withdrawn_at"}
)


def publication_header(kind: str, publication: Publication) -> dict[str, object]:
    """The header lines every kind writes, in the order people read them; absent when empty."""
    header: dict[str, object] = {"kind": kind, "published_at": publication.published_at}
    if publication.ends_at is not None:
        header["ends_at"] = publication.ends_at
    if publication.groups:
        header["groups"] = list(publication.groups)
    if publication.author is not None:
        header["author"] = publication.author
    if publication.withdrawn_at is not None:
        header["withdrawn_at"] = publication.withdrawn_at
    return header


def body_of(document: Document, wrong: HeaderReader) -> str:
    """The document's body, bounded."""
    text = many_lines(document.body)
    if len(text) > MAX_TEXT:
        wrong.wrong(
            "body", _("Le texte est trop long : {limit} caractères au plus."), limit=MAX_TEXT
        )
    return text
