"""What every kind of post keeps, whatever its kind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.content.document_text import document_from_text, text_of_document
from publisher.kinds import KINDS, Document, FormContext, kind_of, post_from_document
from publisher.model.mistake import Mistakes
from publisher.model.post import Post
from tests.posts import CENTRE, NOW, any_post

ROOT = Path(__file__).parents[2]


@given(any_post)
def test_a_post_read_back_is_the_post_that_was_written(post: Post) -> None:
    """Any post, written as text and read again, is the same post."""
    raw = text_of_document(kind_of(post).to_document(post))
    document = document_from_text(raw)
    assert isinstance(document, Document)
    again = post_from_document(document, centre=post.publication.centre, slug=post.publication.slug)
    assert again == post


@given(any_post)
def test_a_document_is_written_one_way(post: Post) -> None:
    """Writing what was read gives the same bytes: an unchanged post has an unchanged revision."""
    raw = text_of_document(kind_of(post).to_document(post))
    document = document_from_text(raw)
    assert isinstance(document, Document)
    assert text_of_document(document) == raw


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda raw: b"---\n" + raw))
def test_any_bytes_are_read_or_refused_with_a_reason(raw: bytes) -> None:
    """No bytes make the reading of a document raise."""
    document = document_from_text(raw)
    if isinstance(document, Document):
        post_from_document(document, centre="x", slug="y")
    else:
        assert document.all[0].sentence()


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "title",
                "moment",
                "groups",
                "photo",
                "text",
                "ends_on",
                "sentence",
                "pictogram",
                "day",
                "ends_at",
                "publish_at",
                "starts_on",
                "slot-title",
                "slot-day",
                "slot-moment",
            ]
        ),
        st.lists(st.text(max_size=200), max_size=4),
    )
)
def test_any_form_gives_a_post_or_mistakes(form: dict[str, list[str]]) -> None:
    """Nothing a browser can send makes the reading of a form raise."""
    context = FormContext(centre=CENTRE, now=NOW, author="p")
    for kind in KINDS.values():
        read = kind.read_form(form, context)
        if isinstance(read, Mistakes):
            assert all(mistake.sentence() for mistake in read.all)
        else:
            assert kind_of(read) is kind


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_described_where_people_look(name: str) -> None:
    """A kind has its lines in the stored format's page, in the form and in the glossary."""
    assert f"`kind: {name}`" in (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert (ROOT / f"publisher/authoring/templates/{name}.html").is_file()
    words = name.replace("-", " ")
    assert f"| {words} |" in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
