"""The reader's language: French is written in the code, other languages are catalogues beside it."""

import gettext
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import jinja2
from babel.dates import format_date
from babel.messages.pofile import read_po

FRENCH = "fr"
LANGUAGES = (FRENCH, "en")
CATALOGUES = Path(__file__).parent / "locales"


class _Catalogue(gettext.GNUTranslations):
    """A catalogue read from its `.po` text: nothing to compile, so nothing can be stale."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with path.open("rb") as file:
            catalogue = read_po(file)
        self._catalog: dict[str | tuple[str, int], str] = {}
        for message in catalogue:
            if isinstance(message.id, tuple):
                for number, text in enumerate(message.string or ()):
                    self._catalog[message.id[0], number] = text
            elif message.id and message.string:
                self._catalog[str(message.id)] = str(message.string)
        self.plural = lambda n: int(n != 1)


class _French(gettext.NullTranslations):
    """French as it is written. Zero and one are singular, as French grammar has it."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid1 if abs(n) < 2 else msgid2  # noqa: PLR2004 (the French rule)


@lru_cache
def translations_for(language: str) -> gettext.NullTranslations:
    """The words of *language*: French needs no catalogue."""
    return _French() if language == FRENCH else _Catalogue(CATALOGUES / f"{language}.po")


def weekday(day: date, language: str = FRENCH) -> str:
    """`Mercredi`."""
    return _capital(format_date(day, "EEEE", locale=language))


def long_day(day: date, language: str = FRENCH) -> str:
    """`mercredi 18 novembre`."""
    return _first(format_date(day, "EEEE d MMMM", locale=language), day, language)


def short_day(day: date, language: str = FRENCH) -> str:
    """`18 novembre`."""
    return _first(format_date(day, "d MMMM", locale=language), day, language)


def full_day(day: date, language: str = FRENCH) -> str:
    """`18 novembre 2026`."""
    return _first(format_date(day, "d MMMM y", locale=language), day, language)


def month_name(day: date, language: str = FRENCH) -> str:
    """`novembre 2026`."""
    return format_date(day, "MMMM y", locale=language)


def hour(instant: datetime, language: str = FRENCH) -> str:
    """`17 h 05`, `9 h`; in English `17:05`."""
    if language != FRENCH:
        return f"{instant:%H:%M}"
    minutes = f" {instant:%M}" if instant.minute else ""
    return f"{instant.hour} h{minutes}"


def day_span(first: date, last: date, language: str = FRENCH) -> str:
    """`5 – 9 octobre`, `28 septembre – 2 octobre`."""
    if first == last:
        return short_day(first, language)
    same_month = (first.year, first.month) == (last.year, last.month)
    left = (
        ("1er" if first.day == 1 and language == FRENCH else str(first.day))
        if same_month
        else short_day(first, language)
    )
    return f"{left} – {short_day(last, language)}"


def within_a_sentence(word: str, language: str = FRENCH) -> str:
    """A name of day or moment inside a sentence: French writes `mercredi`, English `Wednesday`."""
    return word.lower() if language == FRENCH else word


def install(environment: jinja2.Environment, language: str) -> None:
    """Give *environment* gettext and the words of dates, in *language*."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_translations(translations_for(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    for words in (weekday, long_day, short_day, full_day, month_name, hour):
        environment.filters[words.__name__] = _in(words, language)
    environment.filters["within"] = lambda word: within_a_sentence(word, language)
    environment.globals["day_span"] = lambda first, last: day_span(first, last, language)
    environment.globals["language"] = language


def _in(words: Callable[..., str], language: str) -> Callable[[date], str]:
    return lambda value: words(value, language)


def _first(text: str, day: date, language: str) -> str:
    """French says `1er octobre`, and Babel says `1 octobre`."""
    if language != FRENCH or day.day != 1:
        return text
    return text.replace("1 ", "1er ", 1)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
