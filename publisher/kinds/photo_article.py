"""The photo article: a story with 1 to 60 photos, and nothing that must be typed."""

from collections.abc import Iterable
from datetime import datetime

from publisher.kinds.kind import Document, Form, FormContext, Kind
from publisher.kinds.reading import (
    MAX_CAPTION,
    MAX_TITLE,
    FormReader,
    HeaderReader,
    body_of,
    end_of,
    one_line,
    publication_header,
)
from publisher.model.mistake import Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment, likely_moment
from publisher.model.photo import PHOTO_ID
from publisher.model.post import PhotoArticle, PhotoInArticle, Post, Programme, Slot
from publisher.model.school_year import last_day_of_school_year
from publisher.model.town import Centre

NAME = "photo-article"
MAX_PHOTOS = 60

_KEYS = frozenset({"title", "moment", "photos"})


def proposed_slot(
    centre: Centre, programmes: Iterable[Programme], now: datetime
) -> tuple[Moment, Slot | None]:
    """The moment an animator most likely tells of at *now*, and the slot of today that says what.

    A slot for all groups wins over a slot for one, so that nobody is left out by a guess.
    """
    moment = likely_moment(now.date(), now.time(), centre.moments)
    today = [
        slot
        for programme in programmes
        if programme.publication.is_live(now)
        for slot in programme.slots
        if slot.day == now.date()
    ]
    slots = [slot for slot in today if slot.moment is moment]
    if not slots:
        slots = [slot for slot in today if slot.moment is Moment.HOLIDAYS]
    if not slots:
        return moment, None
    chosen = next((slot for slot in slots if slot.group is None), slots[0])
    return chosen.moment, chosen


def proposed_caption(title: str, number: int) -> str:
    """The caption of the photo *number* (from 1) when nobody typed one."""
    return f"{title}, photo {number}"


def read_form(form: Form, context: FormContext) -> PhotoArticle | Mistakes:
    """Read the photo form: `title`, `moment`, `groups`, `text`, `ends_at`, and for each photo `photo` (its id, in order), `caption-<id>`, `decorative-<id>`."""
    reader = FormReader(form)
    moment = reader.moment("moment", context.centre.moments)
    groups = reader.groups("groups", context)
    text = reader.text("text")
    title = reader.line("title", limit=MAX_TITLE) or (moment.long if moment else _("Photos"))
    photos = _photos(reader, context, title)
    zone = context.now.tzinfo
    ends_on = last_day_of_school_year(context.now.date())
    if reader.raw("ends_on").strip():
        ends_on = reader.day("ends_on", missing="") or ends_on
    publication = reader.publication(
        context,
        groups=groups,
        ends_at=end_of(ends_on, zone),  # type: ignore[arg-type]  # publication() refuses other zones
        title=title,
        fallback="photos",
    )
    if reader.mistakes or moment is None:
        return reader.mistakes or Mistakes(())
    return PhotoArticle(
        publication=publication, title=title, moment=moment, photos=photos, text=text
    )


def _photos(reader: FormReader, context: FormContext, title: str) -> tuple[PhotoInArticle, ...]:
    ids = tuple(dict.fromkeys(one for one in reader.every("photo") if one))
    if not ids:
        reader.wrong("photo", _("Ajoutez au moins une photo."))
    if len(ids) > MAX_PHOTOS:
        reader.wrong(
            "photo",
            _(
                "{count} photos, c'est trop pour un article : {limit} au plus. Retirez-en, ou faites deux articles."
            ),
            count=len(ids),
            limit=MAX_PHOTOS,
        )
    if any(one not in context.known_photos for one in ids):
        reader.wrong(
            "photo",
            _(
                "Une photo n'est pas arrivée jusqu'ici. Retirez-la ou renvoyez-la, les autres sont gardées."
            ),
        )
    photos = []
    for number, one in enumerate(ids, start=1):
        if reader.raw(f"decorative-{one}"):
            photos.append(PhotoInArticle(id=one, caption=None))
            continue
        caption = reader.line(f"caption-{one}", limit=MAX_CAPTION)
        photos.append(PhotoInArticle(id=one, caption=caption or proposed_caption(title, number)))
    return tuple(photos)


def to_document(post: Post) -> Document:
    """Write a photo article."""
    assert isinstance(post, PhotoArticle)  # noqa: S101 (KINDS gives each kind its own posts)
    header = publication_header(NAME, post.publication)
    header["title"] = post.title
    header["moment"] = post.moment.value
    header["photos"] = [
        {"id": photo.id, "decorative": True}
        if photo.caption is None
        else {"id": photo.id, "caption": photo.caption}
        for photo in post.photos
    ]
    return Document(header=header, body=post.text)


def from_document(document: Document, *, centre: str, slug: str) -> PhotoArticle | Mistakes:
    """Read a photo article back."""
    reader = HeaderReader(document.header, _KEYS)
    photos = []
    rows = tuple(reader.rows("photos"))
    if not 1 <= len(rows) <= MAX_PHOTOS:
        reader.wrong("photos", _("Un article a de 1 à {limit} photos."), limit=MAX_PHOTOS)
        rows = ()  # what else may be wrong with ten thousand photos helps nobody
    for number, row in enumerate(rows, start=1):
        where = f"photos[{number}]"
        photo_id, caption = row.get("id"), row.get("caption")
        if not isinstance(photo_id, str) or PHOTO_ID.match(photo_id) is None:
            reader.wrong(where, _("« id » doit être celui d'une photo du centre."))
            continue
        if row.get("decorative") is True:
            photos.append(PhotoInArticle(id=photo_id, caption=None))
        elif isinstance(caption, str) and 0 < len(words := one_line(caption)) <= MAX_CAPTION:
            photos.append(PhotoInArticle(id=photo_id, caption=words))
        else:
            reader.wrong(
                where,
                _(
                    "Dites en une phrase ce qu'on voit (« caption », {limit} caractères au plus), ou écrivez « decorative: true »."
                ),
                limit=MAX_CAPTION,
            )
    if len({photo.id for photo in photos}) != len(photos):
        reader.wrong("photos", _("La même photo est là deux fois."))
    post = PhotoArticle(
        publication=reader.publication(centre=centre, slug=slug),
        title=reader.line("title", required=True),
        moment=reader.moment("moment"),
        photos=tuple(photos),
        text=body_of(document, reader),
    )
    return reader.mistakes or post


KIND = Kind(
    name=NAME,
    label=_("Photos"),
    value=PhotoArticle,
    read_form=read_form,
    to_document=to_document,
    from_document=from_document,
)
