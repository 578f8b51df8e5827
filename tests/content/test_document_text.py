"""Documents as text: a header read line by line says what PyYAML says, or is left to it."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.content import document_text
from publisher.content.document_text import FENCE, document_from_text, text_of_document
from publisher.kinds import Document, kind_of
from publisher.model.mistake import Mistakes
from publisher.model.post import Post
from tests.posts import any_post, article, programme, reminder


def _header_of(post: Post) -> str:
    text = text_of_document(kind_of(post).to_document(post)).decode()
    return text.removeprefix(FENCE).partition(f"\n{FENCE}")[0]


def _by_pyyaml(header: str) -> str | None:
    """What PyYAML makes of *header*, types included; None when it is refused."""
    try:
        return repr(yaml.load(header, Loader=document_text._Loader))  # noqa: S506 (a SafeLoader, stricter)
    except (yaml.YAMLError, ValueError):
        return None


def _check(header: str) -> None:
    plainly = document_text._plain_header(header)
    assert plainly is None or repr(plainly) == _by_pyyaml(header)


@pytest.mark.parametrize("post", [article(), reminder(), programme(), article(groups=("petits",))])
def test_what_preau_writes_is_read_line_by_line(post: Post) -> None:
    """The documents that Préau writes do not wait for the whole of YAML."""
    header = _header_of(post)
    assert document_text._plain_header(header) is not None
    _check(header)


@settings(deadline=None, max_examples=600)
@given(any_post)
def test_any_post_is_read_alike_by_both_ways(post: Post) -> None:
    """Whatever people typed, the header of their post is the same for both readings."""
    _check(_header_of(post))


_SCALARS = st.sampled_from(
    (
        *(
            "La fresque",
            "l'été",
            "'l''été'",
            "'a'b'",
            "''",
            "'",
            '"a"',
            '"',
            "été",
            "«\u00a0oui\u00a0»",
        ),
        *(
            "a: b",
            "a:b",
            "a:",
            ":",
            "a #b",
            "a#b",
            "# a",
            "a ",
            " a",
            "a\tb",
            "a  b",
            "'a: b'",
            "'a #b'",
        ),
        *(
            "true",
            "True",
            "yes",
            "no",
            "on",
            "off",
            "null",
            "~",
            "NaN",
            ".inf",
            "=",
            "<<",
            "y",
            "n",
        ),
        *(
            "1",
            "01",
            "1.5",
            "1e3",
            "1_000",
            "0x1f",
            "12:30",
            "16:30:00",
            "-1",
            "+1",
            "0b1",
            "12:99",
        ),
        *(
            "2026-11-18",
            "2026-02-30",
            "2026-1-8",
            "2026-11-18T17:00:00+01:00",
            "2026-11-18 17:00:00",
        ),
        *("2026-11-18T17:00:00", "2026-11-18T17:00:00Z", "2026-11-18T25:00:00+01:00", "0000-01-01"),
        *("2026-11-18T17:00:00-00:00", "2026-11-18T17:00:00+25:00", "2026-11-18T17:00:00+01"),
        *(
            "[a, b]",
            "{a: b}",
            "a]",
            "a, b",
            "&a b",
            "*a",
            "!a b",
            "!!str 1",
            "%a",
            "@a",
            "`a",
            "|",
            ">",
        ),
        *(
            "- a",
            "-a",
            "--- a",
            "? a",
            "?a",
            "a\x85b",
            "a\u2028b",
            "\ufeffa",
            "a\ufeff",
            "a\x00",
            "a\x7f",
        ),
        *(
            "👍🏽",
            "a\ud800",
            "\u0660",
            "a\rb",
            "\ufffe",
            "a---",
            "...",
            "'a\\n'",
            "a\\n",
            "é: è",
            "é #è",
        ),
    )
)
_KEYS = st.sampled_from(
    (
        "a",
        "b",
        "title",
        "kind",
        "on",
        "yes",
        "null",
        "y",
        "a b",
        "A",
        "é",
        "1",
        "'a'",
        "<<",
        "=",
        "a1",
        "",
    )
)
_LEADS = st.sampled_from(
    (
        "",
        "",
        "",
        "  - ",
        "  - ",
        "    ",
        "    ",
        " ",
        "  ",
        "- ",
        "   - ",
        "  -",
        "\t",
        "      ",
        "#",
    )
)
_ENDS = st.sampled_from(
    (": {}", ": {}", ": {}", ":", ":  {}", ":{}", " : {}", ": {} # c", ":\n", ": \n  {}")
)


@st.composite
def _lines(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(
            st.sampled_from(("", " ", "---", "...", "# a", "%YAML 1.1", "a", "key:", "\ufeff"))
        )
    if kind == 1:
        return "  - " + draw(_SCALARS)
    return draw(_LEADS) + draw(_KEYS) + draw(_ENDS).format(draw(_SCALARS))


@st.composite
def _headers_of_preau_s_shape(draw: st.DrawFn) -> str:
    keys = draw(
        st.lists(st.sampled_from(("a", "b", "on", "title", "null")), min_size=1, max_size=4)
    )
    lines = []
    for key in keys:
        rows = draw(st.lists(st.lists(_SCALARS, min_size=1, max_size=2), max_size=2))
        lines.append(f"{key}:" if rows else f"{key}: {draw(_SCALARS)}")
        for row in rows:
            table = draw(st.booleans())
            lines += [
                ("  - " if number == 0 else "    ") + (f"{'ab'[number]}: " if table else "") + one
                for number, one in enumerate(row)
            ]
    return "\n".join(lines)


@settings(deadline=None, max_examples=4000)
@given(st.lists(_lines(), max_size=5).map("\n".join) | _headers_of_preau_s_shape())
@example("a: b\na: c")
@example("rows:\n  - a: 1 h\n    a: 2 h")
@example("day: 2026-02-30")
@example("a:\n  - b\n  - c\n\nd: e")
@example("a: b\n    c")
@example("a: b\n  - c")
@example("a:\nb: c")
@example("on: off")
@example("rows:\n  - a: x\n    b:")
@example("rows:\n  - a: x\n  - y\n    b: z")
@example("rows:\n  - a: x\nkey: y\n    b: z")
@example("rows:\n  -")
def test_any_header_is_read_alike_or_left_to_pyyaml(header: str) -> None:
    """Whatever a hand wrote, the quick reading says what PyYAML says, or nothing."""
    _check(header)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("kind: a\nkind: b", ("« kind » est écrit deux fois", 3)),
        ("slots:\n  - day: a\n    day: b", ("« day » est écrit deux fois", 4)),
        ("kind: a\nday: 2026-02-30", ("« 2026-02-30 » n'existe pas", 3)),
        ("kind: &k a\nother: *k", ("alias", 3)),
    ],
)
def test_what_is_refused_is_said_with_its_line(header: str, says: tuple[str, int]) -> None:
    """A key written twice, a day that does not exist and an alias are told, in French."""
    read = document_from_text(f"{FENCE}{header}\n{FENCE}".encode())
    assert isinstance(read, Mistakes)
    assert [(says[0] in one.sentence(), one.line) for one in read.all] == [(True, says[1])]


def test_a_body_holds_what_looks_like_a_header() -> None:
    """What follows the header is the text, whatever lines it has."""
    read = document_from_text(b"---\nkind: a\n---\n\nb: c\n---\nd\n")
    assert read == Document(header={"kind": "a"}, body="b: c\n---\nd")
