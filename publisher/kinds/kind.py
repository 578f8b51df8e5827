"""What a kind of post is: how its form is read, how it is stored, how it is read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from publisher.model.mistake import Mistakes
from publisher.model.post import Post, Publication
from publisher.model.town import Centre

Form: TypeAlias = Mapping[str, Sequence[str]]
"""A form as it came: every field a list of texts, nothing trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A post as stored: the YAML header's values and the Markdown body."""

    header: Mapping[str, object]
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormContext:
    """What a form is read against.

    `now` is aware, in the town's time zone. `before` is the post being edited, whose slug,
    author and hour of publication stay. `known_photos` are the ids the centre has.
    """

    centre: Centre
    now: datetime
    author: str | None
    known_photos: frozenset[str] = frozenset()
    before: Publication | None = None


class ReadForm(Protocol):
    """Read a form into a post, or into every mistake it has."""

    def __call__(self, form: Form, context: FormContext) -> Post | Mistakes:
        """Read *form* in *context*; never raises on what a person typed."""


class ToDocument(Protocol):
    """Write a post as a document that `from_document` reads back as the same post."""

    def __call__(self, post: Post) -> Document:
        """The document of *post*."""


class FromDocument(Protocol):
    """Read a document back, or say all that is wrong with it."""

    def __call__(self, document: Document, *, centre: str, slug: str) -> Post | Mistakes:
        """Read *document*, stored as *slug* in *centre*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of post. `name` is what documents carry, `label` what people read."""

    name: str
    label: str
    value: type[Post]
    read_form: ReadForm
    to_document: ToDocument
    from_document: FromDocument
