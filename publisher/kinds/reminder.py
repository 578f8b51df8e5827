"""The reminder: one thing not to forget, until its end."""

from collections.abc import Mapping
from types import MappingProxyType

from publisher.kinds.kind import Document, Form, FormContext, Kind
from publisher.kinds.reading import (
    MAX_TITLE,
    FormReader,
    HeaderReader,
    body_of,
    end_of,
    publication_header,
)
from publisher.model.mistake import Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.post import Post, Reminder

NAME = "reminder"

PICTOGRAMS: Mapping[str, str] = MappingProxyType(
    {
        "maillot": _("Maillot de bain"),
        "pique-nique": _("Pique-nique"),
        "gourde": _("Gourde"),
        "casquette": _("Casquette"),
        "bottes": _("Bottes de pluie"),
        "doudou": _("Doudou"),
        "gouter": _("Goûter"),
        "boite": _("Chose à apporter"),
        "papier": _("Papier à rendre"),
        "car": _("Départ"),
        "lanterne": _("Fête"),
        "maison": _("Fermeture"),
    }
)
"""The pictograms a reminder may carry: their name in the theme, and what people read."""

_KEYS = frozenset({"sentence", "pictogram", "day"})


def read_form(form: Form, context: FormContext) -> Reminder | Mistakes:
    """Read the reminder form: `sentence`, `pictogram`, `day`, `ends_at` (local; the end of the day when empty), `groups`, `text`."""
    reader = FormReader(form)
    sentence = reader.line(
        "sentence",
        limit=MAX_TITLE,
        missing=_("Écrivez en une phrase ce qu'il ne faut pas oublier."),
    )
    pictogram = reader.raw("pictogram")
    if pictogram not in PICTOGRAMS:
        reader.wrong("pictogram", _("Choisissez une image parmi celles proposées."))
    day = reader.day("day", missing=_("Choisissez le jour."))
    zone = context.now.tzinfo
    ends_at = reader.minute("ends_at", zone)  # type: ignore[arg-type]  # publication() refuses other zones
    if ends_at is None and day is not None:
        ends_at = end_of(day, zone)  # type: ignore[arg-type]  # as above
    publication = reader.publication(
        context,
        groups=reader.groups("groups", context),
        ends_at=ends_at,
        title=sentence,
        fallback="rappel",
    )
    text = reader.text("text")
    if reader.mistakes or day is None:
        return reader.mistakes or Mistakes(())
    return Reminder(
        publication=publication, sentence=sentence, pictogram=pictogram, day=day, text=text
    )


def to_document(post: Post) -> Document:
    """Write a reminder."""
    assert isinstance(post, Reminder)  # noqa: S101 (KINDS gives each kind its own posts)
    header = publication_header(NAME, post.publication)
    header["sentence"] = post.sentence
    header["pictogram"] = post.pictogram
    header["day"] = post.day
    return Document(header=header, body=post.text)


def from_document(document: Document, *, centre: str, slug: str) -> Reminder | Mistakes:
    """Read a reminder back. Its end is compulsory: a reminder that never ends is not one."""
    reader = HeaderReader(document.header, _KEYS)
    if reader.instant("ends_at", required=True) is None and "ends_at" in document.header:
        return reader.mistakes or Mistakes(())
    pictogram = reader.line("pictogram", required=True)
    if pictogram and pictogram not in PICTOGRAMS:
        reader.wrong(
            "pictogram",
            _("« {key} » doit être l'un de : {known}."),
            key="pictogram",
            known=", ".join(PICTOGRAMS),
        )
    post = Reminder(
        publication=reader.publication(centre=centre, slug=slug),
        sentence=reader.line("sentence", required=True),
        pictogram=pictogram,
        day=reader.day("day"),
        text=body_of(document, reader),
    )
    return reader.mistakes or post


KIND = Kind(
    name=NAME,
    label=_("Rappel"),
    value=Reminder,
    read_form=read_form,
    to_document=to_document,
    from_document=from_document,
)
