"""Stock Pelican as its manual describes it: a plain theme, period archives, categories, tags, caches."""

import json
from datetime import date
from pathlib import Path

CENTRE = json.loads(Path("data/centre.json").read_text(encoding="utf-8"))
PICTOS = json.loads(Path("data/pictos.json").read_text(encoding="utf-8"))

SITENAME = "Préau"
SITEURL = ""
PATH = "content"
OUTPUT_PATH = "output"
THEME = "theme"
TIMEZONE = "Europe/Paris"
DEFAULT_LANG = "fr"
THEME_STATIC_DIR = "theme"

ARTICLE_PATHS = ["articles"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = []
ARTICLE_URL = ARTICLE_SAVE_AS = "articles/{slug}.html"
PAGE_URL = PAGE_SAVE_AS = "{slug}.html"
CATEGORY_URL = CATEGORY_SAVE_AS = "moments/{slug}.html"
TAG_URL = TAG_SAVE_AS = "groupes/{slug}/index.html"
YEAR_ARCHIVE_SAVE_AS = "archives/{date:%Y}/index.html"
MONTH_ARCHIVE_SAVE_AS = "archives/{date:%Y}/{date:%m}.html"
AUTHOR_SAVE_AS = ""
DIRECT_TEMPLATES = ["index", "archives", "rappels", "programmes"]
DEFAULT_PAGINATION = 24
SLUGIFY_SOURCE = "basename"
FILENAME_METADATA = r"(?P<slug>.*)"
SUMMARY_MAX_LENGTH = 27

FEED_ALL_ATOM = "flux.xml"
TAG_FEED_ATOM = "groupes/{slug}/flux.xml"
CATEGORY_FEED_ATOM = None
TRANSLATION_FEED_ATOM = None
FEED_MAX_ITEMS = 20

MARKDOWN = {
    "extension_configs": {
        "markdown.extensions.meta": {},
        "markdown.extensions.nl2br": {},
        "markdown.extensions.sane_lists": {},
    },
    "output_format": "html5",
}

_MONTHS = [
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
]
_DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


JINJA_FILTERS = {
    "lu": json.loads,
    "jour_entier": lambda v: f"{_day(v).day} {_MONTHS[_day(v).month - 1]} {_day(v).year}",
    "jour_court": lambda v: f"{_day(v).day} {_MONTHS[_day(v).month - 1]}",
    "jour_long": lambda v: f"{_DAYS[_day(v).weekday()]} {_day(v).day} {_MONTHS[_day(v).month - 1]}",
    "jour_semaine": lambda v: _DAYS[_day(v).weekday()],
    "nom_du_mois": lambda v: f"{_MONTHS[_day(v).month - 1]} {_day(v).year}",
    "quantieme": lambda v: _day(v).day,
}
JINJA_GLOBALS = {"centre": CENTRE, "pictos": PICTOS, "MOIS": _MONTHS}
