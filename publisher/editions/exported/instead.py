"""What an exported folder uses instead of Babel and nh3, which Pelican does not bring along.

The names and arguments are theirs, and no more than we use of them; the tests hold each one
against the library it stands for.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from types import MappingProxyType
from typing import IO

_NAMES = MappingProxyType(
    {
        "fr": (
            ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
            [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
        ),
        "en": (
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        ),
    }
)
_FIELD = re.compile(r"EEEE|MMMM|d|y")
_VOID = frozenset({"br", "hr"})
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def format_date(day: date, pattern: str, locale: str) -> str:
    """A *day* in words, instead of `babel.dates`: the names of days and months, its number, its year."""
    days, months = _NAMES[locale]
    said = {
        "EEEE": days[day.weekday()],
        "MMMM": months[day.month - 1],
        "d": str(day.day),
        "y": str(day.year),
    }
    return _FIELD.sub(lambda found: said[found[0]], pattern)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and its translation; two of each when it counts."""

    id: str | tuple[str, str]
    string: str | tuple[str, ...]


def read_po(file: IO[bytes]) -> tuple[Message, ...]:
    """The sentences of a catalogue as `scripts/words` writes it, instead of `babel.messages`."""
    found: list[Message] = []
    for entry in file.read().decode("utf-8").split("\n\n"):
        said: dict[str, str] = {}
        key = ""
        for line in entry.splitlines():
            quoted = _QUOTED.search(line)
            if line.startswith("#") or quoted is None:
                continue
            key = line[: quoted.start()].strip() or key
            said[key] = said.get(key, "") + json.loads(quoted[0])
        if "msgid_plural" in said:
            counted = tuple(text for name, text in said.items() if name.startswith("msgstr["))
            found.append(Message((said["msgid"], said["msgid_plural"]), counted))
        elif "msgid" in said:
            found.append(Message(said["msgid"], said.get("msgstr", "")))
    return tuple(found)


class Cleaner:
    """The cleaner of authors' texts, instead of nh3: what is not on its lists is only words.

    It is given what Markdown made of a text, where raw HTML already is words, and writes again
    each tag that may remain; no other can come out of it.
    """

    def __init__(
        self,
        *,
        tags: Iterable[str],
        clean_content_tags: Iterable[str],
        attributes: Mapping[str, Iterable[str]],
        url_schemes: Iterable[str],
        link_rel: str,
        attribute_filter: Callable[[str, str, str], str | None],
    ) -> None:
        del clean_content_tags, url_schemes  # no tag's words go; the filter knows the schemes
        self._tags = frozenset(tags)
        self._attributes = {tag: frozenset(names) for tag, names in attributes.items()}
        self._rel, self._filter = link_rel, attribute_filter

    def clean(self, html: str) -> str:
        """*html* with nothing in it but what may remain."""
        writer = _Writer(self._tags, self._written)
        writer.feed(html)
        writer.close()
        return "".join(writer.pieces)

    def _written(self, tag: str, given: Iterable[tuple[str, str | None]]) -> str:
        """The attributes of a tag that may remain."""
        kept = ""
        for name, value in given:
            if name in self._attributes.get(tag, ()):
                filtered = self._filter(tag, name, value or "")
                kept += "" if filtered is None else f' {name}="{_escaped(filtered, quoted=True)}"'
        return kept + (f' rel="{self._rel}"' if tag == "a" else "")


class _Writer(HTMLParser):
    """Writes again the tags that may remain, each one closed, and escapes all the rest."""

    def __init__(
        self,
        tags: frozenset[str],
        attributes: Callable[[str, Iterable[tuple[str, str | None]]], str],
    ) -> None:
        super().__init__(convert_charrefs=True)
        self._tags, self._attributes_of = tags, attributes
        self._open: list[str] = []
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._tags:
            return
        if tag == "a" and "a" in self._open:
            self.handle_endtag("a")  # a link holds no link
        self.pieces.append(f"<{tag}{self._attributes_of(tag, attrs)}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open:
            last = self._open.pop()
            self.pieces.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self.pieces.append(_escaped(data))

    def close(self) -> None:
        super().close()
        while self._open:
            self.pieces.append(f"</{self._open.pop()}>")


def _escaped(text: str, *, quoted: bool = False) -> str:
    safe = text.replace("&", "&amp;").replace("\u00a0", "&nbsp;")
    safe = safe.replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;") if quoted else safe
