"""A page as a client sees it: where it leads, what it shows, and what its form would send."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, TypeAlias
from urllib.parse import urldefrag, urljoin

_LINKS: Final = {
    "a": ("href",),
    "area": ("href",),
    "link": ("href",),
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "audio": ("src",),
}
"""Where an element keeps an address that a browser follows or fetches."""

_STYLE_URL: Final = re.compile(r"url\(\s*['\"]?([^'\")]+)")
_UNTICKED: Final = frozenset({"checkbox", "radio"})
_NOT_SENT: Final = frozenset({"submit", "button", "reset", "image", "file"})
_Attributes: TypeAlias = dict[str, str]


@dataclass(slots=True)
class Form:
    """One form: where it goes, and its fields in order with the values a browser would send."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """One HTML page, read once."""

    def __init__(self, address: str, text: str) -> None:
        """Read *text*, which stands at *address*."""
        super().__init__()
        self._address = address
        self.ids: set[str] = set()
        self.forms: list[Form] = []
        self.pictures_without_alt: int = 0
        self._links: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea: tuple[str, list[str]] | None = None
        self._in_template = 0
        self.feed(text)
        self.close()

    @property
    def links(self) -> tuple[str, ...]:
        """Every address the page leads to or fetches, absolute, fragments kept."""
        return tuple(dict.fromkeys(urljoin(self._address, link) for link in self._links))

    def form(self, ending: str) -> Form:
        """The form whose action ends with *ending*. Raises LookupError when there is none."""
        for form in self.forms:
            if form.action.endswith(ending):
                return form
        msg = f"no form for {ending} on {self._address}"
        raise LookupError(msg)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an element says."""
        said = {name: value or "" for name, value in attrs}
        if "id" in said:
            self.ids.add(said["id"])
        for name in _LINKS.get(tag, ()):
            if name in said:
                self._links.extend(_addresses(name, said[name]))
        if tag == "img" and "alt" not in said:
            self.pictures_without_alt += 1
        if tag == "template":
            self._in_template += 1
        elif not self._in_template:
            self._field(tag, said)

    def handle_endtag(self, tag: str) -> None:
        """Close what an element began."""
        if tag == "template":
            self._in_template -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._textarea and self._form:
            name, parts = self._textarea
            self._form.fields.append((name, "".join(parts).removeprefix("\n")))
            self._textarea = None
        elif tag == "select" and self._select and self._form:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            first = [value for value, _is_chosen in self._options][:1]
            self._form.fields.extend((self._select, value) for value in (chosen or first)[-1:])
            self._select, self._options = "", []

    def handle_data(self, data: str) -> None:
        """Keep the text of a text area."""
        if self._textarea:
            self._textarea[1].append(data)

    def _field(self, tag: str, said: _Attributes) -> None:
        name = said.get("name", "")
        if tag == "form":
            self._form = Form(action=urljoin(self._address, said.get("action", "")))
            self.forms.append(self._form)
        elif tag == "option":
            self._options.append((said.get("value", ""), "selected" in said))
        elif self._form is None or not name or "disabled" in said:
            return
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "textarea":
            self._textarea = (name, [])
        elif tag == "input":
            kind = said.get("type", "text")
            if kind not in _NOT_SENT and (kind not in _UNTICKED or "checked" in said):
                self._form.fields.append(
                    (name, said.get("value", "on" if kind in _UNTICKED else ""))
                )


def links_of_style(address: str, text: str) -> tuple[str, ...]:
    """What a style sheet at *address* fetches."""
    return tuple(urljoin(address, link) for link in _STYLE_URL.findall(text))


def without_fragment(address: str) -> tuple[str, str]:
    """The address a server is asked, and the place in the page, or nothing."""
    bare, fragment = urldefrag(address)
    return bare, fragment


def _addresses(attribute: str, value: str) -> Iterable[str]:
    if attribute == "srcset":
        return (one.split()[0] for one in value.split(",") if one.strip())
    return (value,)
