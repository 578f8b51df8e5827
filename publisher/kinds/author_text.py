"""An author's text becomes HTML here and nowhere else (law 10).

Markdown with very little in it, where raw HTML is only text, then nh3 with a short list of
what may remain. No image comes from a text, and no link but to a page, a mail or a phone.
"""

import html
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import markdown
import nh3
from markdown.inlinepatterns import (
    IMAGE_LINK_RE,
    IMAGE_REFERENCE_RE,
    ImageInlineProcessor,
    ImageReferenceInlineProcessor,
    ShortImageReferenceInlineProcessor,
)

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
"""What a link may begin with; a link without a scheme stays within the centre's site."""

_TAGS = {"p", "em", "strong", "ul", "ol", "li", "a", "br", "h3", "h4", "blockquote", "hr"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2066-\u2069\ufeff]")
_REL = "noopener noreferrer"
_LED_NOWHERE = re.compile(rf'<a rel="{_REL}">(.*?)</a>', re.DOTALL)
_BRACKET = re.compile(
    r"""\\?\[                                 # a bracket, escaped by its author or not
    (?P<link>[^\[\]\n]{1,300}\]              # words, and what makes them a link:
      (?:\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,200}){0,3}\)  # an address,
      |\[[^\[\]\n]{0,100}\]|:|(?![(\[]))     # or a reference
    )?""",
    re.VERBOSE,
)
_BEGINS = r"\w«“\"'(…–—•\u2600-\u27bf\U0001f300-\U0001faff"
_GOES_ON = rf"{_BEGINS}»”’).,;:!?/%€°@+=\-\u200d\u20e3\ufe0f \u00a0\u202f"
_PLAIN_LINE = (
    rf"(?!\d+\.)[{_BEGINS}]"  # no list, quote, heading nor rule
    rf"(?:[{_GOES_ON}]++|&(?=[ ]))*+"
    r"(?<![ \u00a0\u202f])"  # no blank at the end
)
_PLAIN = re.compile(rf"{_PLAIN_LINE}(?:\n++{_PLAIN_LINE})*+")
"""Lines in which Markdown, `_BRACKET` and nh3 find nothing to do but with `&`, `_` and U+00A0."""
_HEADING = re.compile(r"<(/?)h([1-6])>")
_PELICAN = re.compile(
    r"[{|](?:attach|static|filename|author|category|index|tag)[|}]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInText:
    """A link of an author's text: where it leads, as written, and its line, counted from 1."""

    target: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """An author's text as it was read once, for all the pages that show it.

    `html` is `html_of` the text, links leading where they were written; `words` are its words on
    one line, without marks; `links` are those that `html` keeps, in reading order. Without
    links, `html` is the same on every page.
    """

    html: str
    words: str
    links: tuple[LinkInText, ...]


def _as_written(target: str) -> str:
    return target


def read_text(text: str) -> ReadText:
    """All that pages need of an author's *text*, from one reading. Never raises."""
    made = _html_of_plain(text)
    if made is not None:
        return ReadText(html=made, words=" ".join(text.split()), links=())
    made = html_of(text)
    found = _found_in(made)
    return ReadText(html=made, words=found.words, links=found.links(text))


def html_of(text: str, *, leads_to: Callable[[str], str] = _as_written) -> str:
    """The HTML of an author's Markdown *text*, safe to put in a page as it is.

    Headings become h3 and h4, the first one always h3, so that they hang below an h2 of the
    page. *leads_to* rewrites where each link that stays leads, for the page it is put in.
    Nothing an author can write raises: what Markdown cannot unfold is given as plain text.
    """
    plain = _html_of_plain(text)
    return _html_of_marked(text, leads_to) if plain is None else plain


def _html_of_plain(text: str) -> str | None:
    """The HTML of a text of plain paragraphs, as most are; None when there may be more in it."""
    if "_" in text or _PLAIN.fullmatch(text) is None:
        return None
    safe = text.replace("&", "&amp;").replace("\u00a0", "&nbsp;")
    paragraphs = [one.strip("\n").replace("\n", "<br>\n") for one in safe.split("\n\n")]
    return "\n".join(f"<p>{one}</p>" for one in paragraphs if one)


def _html_of_marked(text: str, leads_to: Callable[[str], str]) -> str:
    """The HTML of any text."""
    cleaner = _CLEANER if leads_to is _as_written else _cleaner(leads_to)
    # A link that leads nowhere any more is only its words.
    return _LED_NOWHERE.sub(r"\1", cleaner.clean(_unfolded(text)))


def links_of(text: str) -> tuple[LinkInText, ...]:
    """The links that `html_of(text)` keeps, in reading order, each with its line in *text*."""
    return read_text(text).links


def path_in_site(target: str, centre: str) -> str | None:
    """The path, inside *centre*'s site, that a *target* without scheme leads to.

    A target is read from the centre's home, whatever page shows it: `programmes/` and
    `/les-tilleuls/programmes/` are the same. None when it leaves the centre, or is only a
    fragment. `..` never climbs above the home.
    """
    path = unquote(urlsplit(target).path)
    if not path:
        return None
    if path.startswith("/"):
        if path.removesuffix("/") == f"/{centre}":
            return "index.html"
        if not path.startswith(f"/{centre}/"):
            return None
        path = path.removeprefix(f"/{centre}/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    folder = path.endswith("/") or not parts or path.rpartition("/")[2] in {".", ".."}
    return "/".join([*parts, "index.html"] if folder else parts)


def plain_of(text: str) -> str:
    """The words of an author's *text*, on one line, without its marks."""
    return read_text(text).words


def _cleaner(leads_to: Callable[[str], str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=set(),
        attributes={"*": set(), "a": {"href"}},
        url_schemes=set(SCHEMES),
        link_rel=_REL,
        attribute_filter=_only_safe_links(leads_to),
    )


def _only_safe_links(leads_to: Callable[[str], str]) -> Callable[[str, str, str], str | None]:
    def keep(_tag: str, _attribute: str, value: str) -> str | None:
        return leads_to(value) if _is_safe(value) else None

    return keep


def _is_safe(target: str) -> bool:
    """Say whether a browser reads *target* as a page of ours, or as a scheme we allow."""
    # Browsers drop blanks before they decide, and read a backslash as a slash.
    read = _BLANK.sub("", target)
    if not read or "\\" in read or read.startswith("//") or _PELICAN.search(unquote(read)):
        return False
    scheme = _SCHEME.match(read)
    if scheme is None:
        return ":" not in read.split("/", maxsplit=1)[0].split("#", maxsplit=1)[0]
    name = scheme[1].lower()
    rest = read[scheme.end() :]
    if name in {"http", "https"}:
        return rest.startswith("//") and rest[2:3] not in {"", "/"}
    return name in SCHEMES and bool(rest)


_CLEANER = _cleaner(_as_written)


class _OnlyItsWords(ImageInlineProcessor):
    """An image in a text is only the words that describe it."""

    def handleMatch(  # type: ignore[override]  # noqa: N802 (as the class above declares and names it)
        self, m: re.Match[str], data: str
    ) -> tuple[Element | str | None, int | None, int | None]:
        """Give the alternative text in place of the image."""
        element, start, end = super().handleMatch(m, data)
        words = element.get("alt", "") if isinstance(element, Element) else element
        return words, start, end


class _ReferenceOnlyItsWords(ImageReferenceInlineProcessor):
    """The same, for `![words][reference]`."""

    def makeTag(self, href: str, title: str, text: str) -> str:  # type: ignore[override]  # noqa: N802 (words, where the library makes a tag; its name)
        """Give the alternative text in place of the image."""
        del href, title
        return self.unescape(text)


class _ShortOnlyItsWords(ShortImageReferenceInlineProcessor):
    """The same, for `![words]`."""

    def makeTag(self, href: str, title: str, text: str) -> str:  # type: ignore[override]  # noqa: N802 (words, where the library makes a tag; its name)
        """Give the alternative text in place of the image."""
        del href, title
        return self.unescape(text)


class _Kept(threading.local):
    """Each thread's own converter: it keeps state while it works."""

    converter: markdown.Markdown | None = None


_KEPT = _Kept()


def _new_converter() -> markdown.Markdown:
    converter = markdown.Markdown(extensions=["nl2br", "sane_lists"], output_format="html")
    converter.preprocessors.deregister("html_block")
    for name in ("html", "entity"):
        converter.inlinePatterns.deregister(name)
    for name in ("code", "indent"):
        if name in converter.parser.blockprocessors:
            converter.parser.blockprocessors.deregister(name)
    patterns = converter.inlinePatterns
    patterns.register(_OnlyItsWords(IMAGE_LINK_RE, converter), "image_link", 150)
    patterns.register(_ReferenceOnlyItsWords(IMAGE_REFERENCE_RE, converter), "image_reference", 140)
    patterns.register(_ShortOnlyItsWords(IMAGE_REFERENCE_RE, converter), "short_image_ref", 125)
    return converter


def _unfolded(text: str) -> str:
    """Markdown's HTML of *text*, not yet cleaned, with headings at their level."""
    text = _BRACKET.sub(_only_if_it_links, _encodable(text))
    converter, _KEPT.converter = _KEPT.converter or _new_converter(), None
    try:
        unfolded = converter.convert(text)
    except (RecursionError, ValueError, IndexError, AttributeError, AssertionError):
        # Marks nested a thousand deep, or a broken address: nobody wrote that as a text. The
        # converter, stopped halfway, is not used again.
        return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n") if part.strip())
    _KEPT.converter = converter.reset()
    return _at_their_level(unfolded)


def _encodable(text: str) -> str:
    """*text* without what UTF-8 cannot write: half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _only_if_it_links(found: re.Match[str]) -> str:
    """A bracket that opens no link is spelled as a character.

    Markdown looks for the end of each open bracket as far as the text goes: 20 000 of them
    took 47 s.
    """
    if found["link"] is not None or found[0].startswith("\\"):
        return found[0]
    return "&#91;"


def _at_their_level(unfolded: str) -> str:
    first = _HEADING.search(unfolded)
    if first is None:
        return unfolded
    top = int(first[2])
    return _HEADING.sub(lambda m: f"<{m[1]}h{3 if int(m[2]) <= top else 4}>", unfolded)


def _line_of(target: str, occurrence: int, lines: list[str]) -> int:
    sought = (target, unquote(target), target.removeprefix("mailto:"))
    found = [
        number
        for number, line in enumerate(lines, start=1)
        for _again in range(max(line.count(one) for one in sought))
    ]
    if not found:
        return 1
    return found[min(occurrence, len(found)) - 1]


def _found_in(made: str) -> "_Found":
    found = _Found()
    found.feed(made)
    found.close()
    return found


class _Found(HTMLParser):
    """The words between the tags, and the targets of links, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._targets: list[str] = []

    @property
    def words(self) -> str:
        """The words, on one line."""
        return " ".join("".join(self._pieces).split())

    def links(self, text: str) -> tuple[LinkInText, ...]:
        """The links, each with its line in *text*."""
        if not self._targets:
            return ()
        lines = _encodable(text).splitlines()
        seen: dict[str, int] = {}
        links = []
        for target in self._targets:
            seen[target] = seen.get(target, 0) + 1
            links.append(LinkInText(target=target, line=_line_of(target, seen[target], lines)))
        return tuple(links)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._targets += [value for name, value in attrs if name == "href" and value]
        elif tag in {"p", "li", "br", "h3", "h4", "blockquote"}:
            self._pieces.append(" ")

    def handle_data(self, data: str) -> None:
        self._pieces.append(data)
