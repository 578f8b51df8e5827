"""Every sentence that people read has its words in every language."""

import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

from publisher.language import (
    LANGUAGES,
    day_span,
    hour,
    install,
    long_day,
    translations_for,
    within_a_sentence,
)
from tests.posts import NOW

ROOT = Path(__file__).parents[1]


def test_every_catalogue_is_complete() -> None:
    """Nothing is without its translation, and no translation is left over."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/words", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_speaks(language: str) -> None:
    """A sentence of the interface and a date come in the language asked for."""
    words = translations_for(language)
    expected = {
        "fr": ("Vacances", "mercredi 18 novembre"),
        "en": ("Holidays", "Wednesday 18 November"),
    }
    assert (words.gettext("Vacances"), long_day(NOW.date(), language).replace(",", "")) == expected[
        language
    ]


def test_french_counts_as_the_french_do() -> None:
    """Zero and one are singular, two is plural."""
    french = translations_for("fr")
    assert [french.ngettext("photo", "photos", n) for n in (0, 1, 2)] == [
        "photo",
        "photo",
        "photos",
    ]


def test_dates_are_written_as_the_french_write_them() -> None:
    """The first of a month is « 1er », an hour is « 9 h 15 », a week in one month says it once."""
    first = NOW.replace(month=10, day=1, hour=9, minute=15)
    assert long_day(first.date()) == "jeudi 1er octobre"
    assert hour(first) == "9 h 15"
    assert hour(first.replace(minute=0)) == "9 h"
    assert day_span(first.replace(day=5).date(), first.replace(day=9).date()) == "5 – 9 octobre"
    assert (
        day_span(first.replace(month=9, day=28).date(), first.date())
        == "28 septembre – 1er octobre"
    )


def test_a_day_inside_a_sentence_is_written_as_its_language_does() -> None:
    """French writes « mercredi » inside a sentence, English keeps its capital."""
    assert within_a_sentence("Mercredi") == "mercredi"
    assert within_a_sentence("Wednesday", "en") == "Wednesday"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{{ _("Vacances") }}', "Holidays"),
        ('{{ _("Programmes de %(year)s", year=word) }}', "Programmes of &lt;b&gt;"),
        ('{{ _("Programmes de %(year)s", year=word|safe) }}', "Programmes of <b>"),
        ('{{ ngettext("%(num)s photo", "%(num)s photos", 1) }}', "1 photo"),
        ('{{ ngettext("%(num)s photo", "%(num)s photos", 2) }}', "2 photos"),
        ("{% trans year=word %}Programmes de {{ year }}{% endtrans %}", "Programmes of &lt;b&gt;"),
        ('{{ _("100 %%") }}', "100 %"),
    ],
)
def test_what_fills_a_sentence_of_a_template_is_escaped(source: str, said: str) -> None:
    """A sentence is HTML of ours; what fills its places is not, unless it says so."""
    environment = jinja2.Environment(autoescape=True)
    install(environment, "en")
    template = environment.from_string(source)
    assert [template.render(word="<b>") for _time in range(2)] == [said, said]
