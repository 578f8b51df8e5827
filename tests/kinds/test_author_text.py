"""An author's text: what becomes HTML, what stays text, and where its links are."""

import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kinds import author_text
from publisher.kinds.author_text import (
    LinkInText,
    ReadText,
    html_of,
    links_of,
    path_in_site,
    plain_of,
    read_text,
)
from publisher.kinds.reading import MAX_TEXT

TAGS = {"p", "em", "strong", "ul", "ol", "li", "a", "br", "h3", "h4", "blockquote", "hr"}
SAFE_TARGET = re.compile(
    r"(?:https?://[^/\\]|mailto:.|tel:.|[^:/\\]*(?:[/#?]|\Z)|/(?![/\\]))", re.IGNORECASE
)

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    "</main><form action=//evil.example><input>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](///evil.example/)",
    "[x](\\\\evil.example/)",
    "[x](/\\evil.example/)",
    "[x](http:evil.example)",
    "[x](https:///evil.example)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    '[x](http://a.example/" onmouseover="alert(1))',
    "[x](http://a.example 'onmouseover=alert(1)')",
    '![x](http://evil.example/p.png "t")',
    "![x][r]\n\n[r]: http://evil.example/p.png",
    "[x]({attach}../../../etc/hostname)",
    "[x]({static}/etc/passwd)",
    "[x]({filename}../secret.md)",
    "[x](|filename|secret.md)",
    "[x](%7Battach%7D../../etc/hostname)",
    "![x]({attach}../../../etc/hostname)",
    "{attach}../../../etc/hostname",
    "`<script>`",
    "    <script>alert(1)</script>",
    "<!-- --><script>alert(1)</script>",
    "<?php x ?><![CDATA[<script>]]>",
    "Title: other\nStatus: hidden\n\ntext",
    "\u0002klzzwxh:0001\u0003 \u0002wzxhzdk:0\u0003",
    "half of a pair: \ud800 [x](\udfff)",
    "\x00\x1b[31m",
    "[x](http://[bad)",
    "[x](https://[::1)",
)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _check_harmless(made: str) -> None:
    tags = _Tags()
    tags.feed(made)
    tags.close()
    for tag, given_attributes in tags.found:
        assert tag in TAGS
        if tag == "a":
            assert set(given_attributes) == {"href", "rel"}
            assert given_attributes["rel"] == "noopener noreferrer"
            target = re.sub(r"[\x00-\x20]", "", given_attributes["href"] or "")
            assert SAFE_TARGET.match(target), target
            assert "{" not in target
        else:
            assert not given_attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    """Nothing an author writes becomes a script, an image, an attribute or a foreign scheme."""
    _check_harmless(html_of(text))


@settings(deadline=None)
@given(
    st.text(max_size=400) | st.text(alphabet="[]()<>!*_`#>-+.:/\\{}|&;=\n\t ax1'\"", max_size=400)
)
def test_any_text_is_harmless_and_never_raises(text: str) -> None:
    """Whatever is typed, the HTML holds allowed tags, safe links, and nothing else."""
    _check_harmless(html_of(text))
    assert all(one.line >= 1 for one in links_of(text))
    assert "\n" not in plain_of(text)


@pytest.mark.parametrize(
    "piece",
    ["[", "[a](", "[a](b)", "![[", ">", "> ", "- ", "*a _b", "`a", "<a", "a\n=\n", "1. a\n"],
)
def test_endless_marks_are_given_back(piece: str) -> None:
    """A text of nothing but marks, as long as a text may be, is unfolded or given as it is."""
    _check_harmless(html_of((piece * MAX_TEXT)[:MAX_TEXT]))


def test_raw_html_is_read_as_it_was_typed() -> None:
    """A family reads the angle brackets the author typed."""
    assert html_of("le loup <b>et</b> 2 < 3") == "<p>le loup &lt;b&gt;et&lt;/b&gt; 2 &lt; 3</p>"


def test_what_an_animator_writes() -> None:
    """Paragraphs, line breaks, lists, emphasis, quotes and rules are kept."""
    made = html_of("Bonjour **tous**\nà *demain*\n\n- un\n- deux\n\n> dit Samira\n\n---\n\n1. un")
    for piece in (
        "<strong>tous</strong><br>",
        "<em>demain</em>",
        "<ul>",
        "<ol>",
        "<blockquote>",
        "<hr>",
    ):
        assert piece in made


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n# c", ["h3", "h4", "h3"]),
        ("### a\n# b\n#### c", ["h3", "h3", "h4"]),
        ("a\n=\n\nb\n-\n\n###### c", ["h3", "h4", "h4"]),
    ],
)
def test_headings_hang_below_the_page_s_own(text: str, levels: list[str]) -> None:
    """The first heading is h3, deeper ones h4: a page's order of headings always holds."""
    assert re.findall(r"<(h\d)>", html_of(text)) == levels


def test_an_image_is_only_its_words() -> None:
    """An image in a text leaves the words that describe it."""
    assert html_of("![Un renard](http://x.example/r.png) roux") == "<p>Un renard roux</p>"


def test_a_refused_link_leaves_its_words() -> None:
    """Words are kept when where they led is not."""
    assert html_of("Voir [ici](javascript:x) vite") == "<p>Voir ici vite</p>"


@pytest.mark.parametrize(
    "target",
    [
        "https://ville.example/",
        "mailto:a@b.example",
        "tel:+33199001001",
        "programmes/",
        "/t/x.html",
    ],
)
def test_links_that_stay(target: str) -> None:
    """Pages, mails and phones can be followed."""
    assert f'<a href="{target}" rel="noopener noreferrer">' in html_of(f"[x]({target})")


def test_links_are_followed_from_the_page_that_shows_them() -> None:
    """Where a link leads is rewritten for its page, after it was found safe."""
    made = html_of("[a](x.html) [b](javascript:x)", leads_to=lambda target: f"../{target}")
    assert 'href="../x.html"' in made
    assert "javascript" not in made


def test_links_and_their_lines() -> None:
    """Each link is told with the line it is on, in reading order, references included."""
    text = "Bonjour\n\n[a](x.html) et\n[b](y.html)\n\n[a](x.html) puis [r][1]\n\n[1]: https://v.example/"
    assert links_of(text) == (
        LinkInText(target="x.html", line=3),
        LinkInText(target="y.html", line=4),
        LinkInText(target="x.html", line=6),
        LinkInText(target="https://v.example/", line=8),
    )


def test_a_link_that_was_refused_is_not_listed() -> None:
    """Only the links that families can follow are listed."""
    assert links_of("[x](javascript:y) ![z](http://v.example/z.png)") == ()


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("programmes/", "programmes/index.html"),
        ("programmes/x.html#jour", "programmes/x.html"),
        ("./a/../b.html", "b.html"),
        ("../../../etc/passwd", "etc/passwd"),
        ("..", "index.html"),
        ("/les-tilleuls/a%20b.html", "a b.html"),
        ("/les-tilleuls", "index.html"),
        ("/les-tilleuls/", "index.html"),
        ("/le-moulin/a.html", None),
        ("/les-tilleuls-bis/", None),
        ("#ici", None),
    ],
)
def test_where_a_target_leads_in_the_site(target: str, path: str | None) -> None:
    """A target is read from the centre's home, and never climbs above it."""
    assert path_in_site(target, "les-tilleuls") == path


def test_the_words_alone() -> None:
    """The words of a text keep none of its marks."""
    assert plain_of("# Un\n\n- **deux**\n- [trois](x.html) & 4") == "Un deux trois & 4"


def test_several_threads_at_once() -> None:
    """Threads that unfold texts together do not mix them."""
    texts = [f"**{number}** [l](p{number}.html)\n\n[{number}]: x" for number in range(200)]
    alone = [html_of(text) for text in texts]
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(html_of, texts)) == alone


@settings(deadline=None)
@given(
    st.text(max_size=400) | st.text(alphabet="[]()<>!*_`#>-+.:/\\{}|&;=\n\t ax1'\"", max_size=400)
)
def test_a_text_read_once(text: str) -> None:
    """Reading a text once gives what is asked of it piece by piece."""
    assert read_text(text) == ReadText(
        html=html_of(text), words=plain_of(text), links=links_of(text)
    )


_ORDINARY = st.sampled_from(
    (
        *(
            "La fresque",
            "goûter",
            "3,5 km",
            "2 + 2 = 4",
            "à 16 h 30",
            "n°2",
            "e\u0301t\u00e9",
            "œuvre",
        ),
        *(
            "« oui »",
            "«\u00a0oui\u00a0»",
            "dit-elle\u202f!",
            "l’été",
            "l'été",
            '"quoi"',
            "…",
            "–",
            "—",
        ),
        *("Samira & Léo", "100 %", "5 €", "👍🏽", "👩‍👧", "☀️", "1️⃣", "(bien)", "a/b", "x@y.example"),
    )
)
_NEARLY_ORDINARY = st.sampled_from(
    (
        *("1. un", "1.un", "12.", "٣. trois", "- un", "-un", "-", "--", "---", "+ un", "* un", "•"),
        *("===", "=", "==", "# titre", "#", "> dit", ">", "<b>", "<", "a_b_c", "_a_", "*a*", "`a`"),
        *(
            "&",
            "&eacute;",
            "&#91;",
            "&amp",
            "AT&T",
            "[a](b)",
            "[",
            "]",
            "\\",
            "!",
            "![",
            "{x}",
            "|",
        ),
        *("http://v.example/", "mailto:a@b.example", ":", "~~a~~", "^", "$", "\u0301", "\ufeff"),
        *("\ud800", "\ufffe", "\x00", "\x02", "\x1f", "\x85", "\u2028", "\u200b", "\u3000", "\xad"),
    )
)
_GAPS = st.sampled_from(
    (
        *(
            " ",
            " ",
            " ",
            "\n",
            "\n\n",
            "\n\n\n",
            "",
            "  ",
            "  \n",
            "\n    ",
            "\t",
            "\r\n",
            "\r",
            "\x0b",
        ),
        *("\u00a0", "\u202f", "\n\u00a0", "\u202f\n", "\n ", " \n\n", "\x0c", "\u2009"),
    )
)


_PLAIN_GAPS = st.sampled_from((" ", "\n", "\n\n"))


@st.composite
def _texts_of(
    draw: st.DrawFn, pieces: st.SearchStrategy[str], gaps: st.SearchStrategy[str], most: int = 6
) -> str:
    first, *others = draw(st.lists(pieces, min_size=1, max_size=most))
    return first + "".join(draw(gaps) + piece for piece in others)


@st.composite
def _texts_with_one_odd_piece(draw: st.DrawFn) -> str:
    before = draw(st.just("") | _texts_of(_ORDINARY, _PLAIN_GAPS, 2).map(lambda text: text + "\n"))
    gap = draw(st.sampled_from(("", " ", "\n", "\n\n")))
    after = draw(st.just("") | _texts_of(_ORDINARY, _PLAIN_GAPS, 2))
    return before + draw(st.sampled_from(("", "et ", "\n"))) + draw(_NEARLY_ORDINARY) + gap + after


_any_text = st.one_of(
    _texts_of(_ORDINARY, _PLAIN_GAPS),
    _texts_of(_ORDINARY, _GAPS),
    _texts_with_one_odd_piece(),
    _texts_of(_ORDINARY | _NEARLY_ORDINARY, _GAPS),
    st.text(alphabet="a1é.-=+*_>#&;: \n\u00a0\"'()", max_size=12),
    st.text(max_size=30),
)


@settings(deadline=None, max_examples=4000)
@given(_any_text)
@example("du th&eacute; & des g&acirc;teaux")
@example("La fresque\n===")
@example("1. un")
@example("Bravo  \nà tous")
def test_a_plain_text_needs_no_converter(text: str) -> None:
    """What is made of plain paragraphs directly is what Markdown and the sanitiser make of them."""
    slowly = author_text._html_of_marked(text, author_text._as_written)
    plainly = author_text._html_of_plain(text)
    assert plainly in {None, slowly}
    assert html_of(text) == slowly
    assert plain_of(text) == author_text._found_in(slowly).words


@pytest.mark.parametrize(
    "text",
    [
        "Les petits ont planté des fèves.\nElles lèvent déjà !\n\nÀ suivre…",
        "« Encore\u00a0! » dit Léo & rit Samira - 3,5 km en 1 h 30 (bravo) 👍🏽",
        "25 enfants, 2 + 2 = 4, l’été — l'hiver",
    ],
)
def test_what_most_animators_write_is_plain(text: str) -> None:
    """Ordinary sentences, with their accents, signs and blanks, do not wait for the converter."""
    assert author_text._html_of_plain(text) is not None


_REFERENCES = st.sampled_from(("[a][r]", "[r]: x.html", "[r]", "![a][r]", "- a\n\n- b", "<tel:1>"))


@settings(deadline=None, max_examples=500)
@given(st.lists(_any_text | st.sampled_from(HOSTILE) | _REFERENCES, max_size=6))
def test_a_text_leaves_nothing_to_the_next(texts: list[str]) -> None:
    """A converter used again makes of each text what a new one makes of it."""
    author_text._KEPT.converter = None
    in_a_row = [author_text._unfolded(text) for text in texts]
    for text, made in zip(texts, in_a_row, strict=True):
        author_text._KEPT.converter = None
        assert author_text._unfolded(text) == made


@pytest.mark.parametrize("piece", [">", "- a\n", "* - ", "> - "])
def test_a_text_that_stops_the_converter(piece: str) -> None:
    """After marks that nobody can unfold, the next text is read as if it were the first."""
    html_of((piece * MAX_TEXT)[:MAX_TEXT])
    assert html_of("- a\n\n- b\n\n*c*") == (
        "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>\n<p><em>c</em></p>"
    )
