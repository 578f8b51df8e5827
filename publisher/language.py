"""The reader's language: French is written in the code, other languages are catalogues beside it."""

import gettext
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import jinja2
from babel.dates import format_date
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

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
    return _capital(_written(day, "EEEE", language))


def long_day(day: date, language: str = FRENCH) -> str:
    """`mercredi 18 novembre`."""
    return _first(_written(day, "EEEE d MMMM", language), day, language)


def short_day(day: date, language: str = FRENCH) -> str:
    """`18 novembre`."""
    return _first(_written(day, "d MMMM", language), day, language)


def full_day(day: date, language: str = FRENCH) -> str:
    """`18 novembre 2026`."""
    return _first(_written(day, "d MMMM y", language), day, language)


def month_name(day: date, language: str = FRENCH) -> str:
    """`novembre 2026`."""
    return _written(day, "MMMM y", language)


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
    translations = translations_for(language)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    said, counted = _said(translations), _counted(translations)
    environment.globals.update({"_": said, "gettext": said, "ngettext": counted})
    for words in (weekday, long_day, short_day, full_day, month_name, hour):
        environment.filters[words.__name__] = _in(words, language)
    environment.filters["within"] = lambda word: within_a_sentence(word, language)
    environment.globals["day_span"] = lambda first, last: day_span(first, last, language)
    environment.globals["language"] = language


def _said(translations: gettext.NullTranslations) -> Callable[..., Markup]:
    """`gettext` as templates call it: places are filled with what they are given, escaped.

    Jinja's own formats a sentence at each call, places or not: fifty times a page.
    """

    @lru_cache(maxsize=1024)
    def whole(sentence: str) -> Markup:
        return _filled(translations.gettext(sentence), {})

    def said(sentence: str, /, **places: object) -> Markup:
        return _filled(translations.gettext(sentence), places) if places else whole(sentence)

    return said


def _counted(translations: gettext.NullTranslations) -> Callable[..., Markup]:
    """`ngettext` as templates call it; the place `num` is the number itself."""

    def counted(one: str, many: str, number: int, /, **places: object) -> Markup:
        return _filled(translations.ngettext(one, many, number), {"num": number, **places})

    return counted


def _filled(sentence: str, places: Mapping[str, object]) -> Markup:
    return Markup(sentence % {name: escape(what) for name, what in places.items()})  # noqa: S704 (our own sentence, what fills it escaped)


def _in(words: Callable[..., str], language: str) -> Callable[[date], str]:
    return lambda value: words(value, language)


@lru_cache(maxsize=4096)
def _written(day: date, pattern: str, language: str) -> str:
    """A *day* as Babel writes it; the same few days are on most pages."""
    return format_date(day, pattern, locale=language)


def _first(text: str, day: date, language: str) -> str:
    """French says `1er octobre`, and Babel says `1 octobre`."""
    if language != FRENCH or day.day != 1:
        return text
    return text.replace("1 ", "1er ", 1)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
