"""The kinds of post. A new kind is one module here, one line in `KINDS`, its form and its theme templates."""

from types import MappingProxyType
from typing import Final

from publisher.kinds import photo_article, programme, reminder
from publisher.kinds.kind import Document, Form, FormContext, Kind
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.post import Post

__all__ = ["KINDS", "Document", "Form", "FormContext", "Kind", "kind_of", "post_from_document"]

KINDS: Final = MappingProxyType(
    {kind.name: kind for kind in (photo_article.KIND, reminder.KIND, programme.KIND)}
)
"""Every kind of post, by the name its documents carry."""


def kind_of(post: Post) -> Kind:
    """The kind of *post*."""
    return next(kind for kind in KINDS.values() if isinstance(post, kind.value))


def post_from_document(document: Document, *, centre: str, slug: str) -> Post | Mistakes:
    """Read a stored *document* back into the post it was, or say all that is wrong with it."""
    name = document.header.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return Mistakes(
            (
                Mistake(
                    where="kind",
                    says=_("« kind » doit être l'un de : {known}."),
                    facts={"known": ", ".join(KINDS)},
                ),
            )
        )
    return kind.from_document(document, centre=centre, slug=slug)
