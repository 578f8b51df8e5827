"""The same content, written for the other engines: what each of their sites is made of.

One neutral telling of a centre's posts, then one folder an engine, as somebody who knows that
engine would lay it out. Nothing here is timed.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import yaml
from measure import Run, Weight, run, set_apart, weight_of

from publisher.centres import theme_folder
from publisher.content.library import read_centre
from publisher.language import translations_for
from publisher.model.edition import CentreContent
from publisher.model.legal import LEGAL_NAMES, accessibility_words, legal_page
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.school_year import school_year_of
from publisher.model.town import Centre, Town

HERE = Path(__file__).resolve().parent

WHOLE_CENTRE = "centre"
"""The space of the whole centre, in names that must not be empty."""

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
_SYMBOL = re.compile(r'<symbol id="([a-z-]+)".*?</symbol>', re.DOTALL)
_LINK = re.compile(r"\]\(([^)]*)\)")

Facts = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One post, told to an engine: its kind, its space (empty: the whole centre), its values."""

    kind: str
    space: str
    slug: str
    facts: Facts
    body: str
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A whole centre, told: what every page says, its symbols, its legal pages, its posts."""

    centre: Facts
    symbols: Mapping[str, str]
    legal: Mapping[str, Facts]
    posts: tuple[Told, ...]
    theme: Path


def tell(instance: Path, town: Town, centre: Centre, now: datetime) -> Telling:
    """Tell *centre* of *instance* as it is at *now*."""
    content = read_centre(instance / "content", centre).content
    theme = theme_folder(instance, centre.theme)
    sprite = (theme / "static" / "img" / "pictos.svg").read_text(encoding="utf-8")
    translate = translations_for("fr").gettext
    legal = {name: legal_page(name, town, centre, translate) for name in LEGAL_NAMES}
    return Telling(
        centre=_centre_facts(town, centre, now),
        symbols={
            found[1]: found[0].replace('id="', 'id="p-', 1) for found in _SYMBOL.finditer(sprite)
        },
        legal={
            name: {
                "title": page.title,
                "parties": [
                    {"titre": part.heading, "paragraphes": list(part.paragraphs)}
                    for part in page.sections
                ],
            }
            for name, page in legal.items()
        },
        posts=tuple(_told(post, content, now) for post in content.posts),
        theme=theme,
    )


def one_more(telling: Telling, number: int) -> Told:
    """One more album, published after all those told: another like the latest one."""
    latest = max(
        (one for one in telling.posts if one.kind == "article" and not one.space),
        key=lambda one: str(one.facts["date"]),
    )
    slug = f"{latest.slug}-bis-{number}"
    facts = {**latest.facts, "title": f"{latest.facts['title']} (bis {number})"}
    return Told(kind="article", space="", slug=slug, facts=facts, body=latest.body)


def _centre_facts(town: Town, centre: Centre, now: datetime) -> Facts:
    groups = [
        {"slug": group.slug, "nom": group.name, "ages": group.ages, "rang": group.rank}
        for group in centre.groups
    ]
    phone = "".join(figure for figure in centre.contact.phone if figure.isdigit())
    return {
        "nom": centre.name,
        "ville": town.name,
        "service": town.department,
        "adresse": centre.contact.address,
        "telephone": centre.contact.phone,
        "tel": f"+33{phone[1:]}",
        "courriel": centre.contact.mail,
        "accessibilite": accessibility_words(
            town.legal.accessibility_state, translations_for("fr").gettext
        ),
        "ecoles": [school.name for school in centre.schools],
        "groupes": groups,
        "groupes_par_nom": {str(group["slug"]): group for group in groups},
        "moments": [moment.value for moment in centre.moments],
        "moments_mots": {moment.value: moment.short for moment in centre.moments},
        "moments_longs": {moment.value: moment.long for moment in centre.moments},
        "horaires": {moment.value: hours for moment, hours in centre.hours.items()},
        "annee": school_year_of(now.date()),
        "aujourdhui": now.date().isoformat(),
    }


def _told(post: Post, content: CentreContent, now: datetime) -> Told:
    publication = post.publication
    space = publication.groups[0] if publication.groups else ""
    local = publication.published_at.astimezone(now.tzinfo)
    common: Facts = {"date": local.isoformat(timespec="seconds"), "espace": space}
    ended = not publication.is_live(now)
    kind, facts = _facts_of(post, content, space, local.date())
    return Told(
        kind=kind,
        space=space,
        slug=publication.slug,
        facts={**common, **facts},
        body=_LINK.sub(lambda found: f"]({_address(found[1])})", post.text),
        ended=ended,
    )


def _facts_of(post: Post, content: CentreContent, space: str, day: date) -> tuple[str, Facts]:
    name = space or WHOLE_CENTRE
    match post:
        case PhotoArticle():
            year = school_year_of(day)
            return "article", {
                "title": post.title,
                "moment": post.moment.value,
                "annee": year,
                "jour": day.isoformat(),
                "mois": [f"{name}_{day:%Y-%m}"],
                "annees": [f"{name}_{year}"],
                "moments": [f"{name}_{post.moment.value}"],
                "photos": [
                    {
                        "id": one.id,
                        "legende": one.caption or "",
                        "largeur": content.photos[one.id].largest.width_px,
                        "hauteur": content.photos[one.id].largest.height_px,
                        "largeurs": [
                            int(size.name.removesuffix(".jpg"))
                            for size in content.photos[one.id].renditions
                        ],
                    }
                    for one in post.photos
                ],
            }
        case Reminder():
            ends_at = post.publication.ends_at
            return "rappel", {
                "title": post.sentence,
                "picto": post.pictogram,
                "jour": post.day.isoformat(),
                "expiryDate": ends_at.isoformat() if ends_at else None,
            }
        case Programme():
            year = school_year_of(post.starts_on)
            return "programme", {
                "title": post.title or "Programme",
                "titre": post.title,
                "debut": post.starts_on.isoformat(),
                "fin": post.ends_on.isoformat(),
                "empan": _span(post.starts_on, post.ends_on),
                "annee": year,
                "programmes_annees": [f"{name}_{year}"],
                "jours": list(_days(post)),
            }


def _days(programme: Programme) -> Iterator[Facts]:
    for day, slots in groupby(programme.slots, key=lambda slot: slot.day):
        yield {
            "jour": day.isoformat(),
            "moments": [
                {
                    "moment": moment.value,
                    "creneaux": [
                        {
                            "groupe": slot.group or "",
                            "titre": slot.title,
                            "heure": slot.time,
                            "lieu": slot.place,
                            "apporter": slot.bring,
                        }
                        for slot in inside
                    ],
                }
                for moment, inside in groupby(slots, key=lambda slot: slot.moment)
            ],
        }


def _span(first: date, last: date) -> str:
    if first.month == last.month:
        return f"{first.day} – {last.day} {_MONTHS[last.month - 1]}"
    return f"{first.day} {_MONTHS[first.month - 1]} – {last.day} {_MONTHS[last.month - 1]}"


def _address(target: str) -> str:
    """Where a link of an author's leads in the rivals' sites, from their root."""
    if target in {"programmes/", "archives/"}:
        return f"/{target.rstrip('/')}.html"
    if target.startswith("moments/"):
        return f"/moments/{WHOLE_CENTRE}_{target.removeprefix('moments/')}"
    return f"/{target}"


def document(facts: Facts, body: str) -> str:
    """A YAML header and a Markdown body."""
    header = yaml.dump(facts, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    return f"---\n{header}---\n\n{body}\n"


def write(path: Path, text: str) -> None:
    """Write *text* at *path*, its folder made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _fresh(folder: Path, source: Path) -> None:
    """Make *folder* anew out of *source*."""
    shutil.rmtree(folder)
    shutil.copytree(source, folder)


def _spaces(telling: Telling) -> list[str]:
    groups = telling.centre["groupes_par_nom"]
    return ["", *groups] if isinstance(groups, dict) else [""]


# --- Hugo ---------------------------------------------------------------------------------------

_FOLDERS = {"article": "articles", "programme": "programmes", "rappel": "rappels"}
_NOT_A_PAGE: Facts = {"render": "never", "list": "always"}


def write_hugo(telling: Telling, folder: Path) -> None:
    """A Hugo site: sections for neighbours, taxonomies for months, years and moments."""
    _fresh(folder, HERE / "hugo")
    shutil.copytree(telling.theme / "static", folder / "static" / "theme")
    for name, facts in (("centre", telling.centre), ("pictos", telling.symbols)):
        write(folder / "data" / f"{name}.json", json.dumps(facts, ensure_ascii=False))
    content = folder / "content"
    for space in _spaces(telling):
        below = content / "groupes" / space if space else content
        base = f"/groupes/{space}/" if space else "/"
        if space:
            home: Facts = {"title": space, "espace": space, "layout": "accueil"}
            write(
                below / "_index.md",
                document({**home, "outputs": ["HTML", "RSS"], "url": base}, ""),
            )
        for layout in ("archives", "rappels", "programmes"):
            page: Facts = {"title": layout.capitalize(), "espace": space, "layout": layout}
            write(
                below / f"page-{layout}.md",
                document({**page, "type": "page", "url": f"{base}{layout}.html"}, ""),
            )
        for section in _FOLDERS.values():
            write(below / section / "_index.md", document({"_build": _NOT_A_PAGE}, ""))
    for section in ("groupes", "ville"):
        write(content / section / "_index.md", document({"_build": _NOT_A_PAGE}, ""))
    for name, page in telling.legal.items():
        facts = {**page, "layout": "legal", "type": "page", "url": f"/ville/{name}.html"}
        write(content / "ville" / f"{name}.md", document(facts, ""))
    for told in telling.posts:
        write_hugo_post(told, folder)


def write_hugo_post(told: Told, folder: Path) -> None:
    """One post of a Hugo site."""
    below = folder / "content" / ("groupes/" + told.space if told.space else "")
    facts: Facts = {**told.facts, "type": told.kind}
    if told.kind == "rappel":
        facts["_build"] = _NOT_A_PAGE
    write(below / _FOLDERS[told.kind] / f"{told.slug}.md", document(facts, told.body))


# --- Eleventy -----------------------------------------------------------------------------------


def write_eleventy(telling: Telling, folder: Path) -> None:
    """An Eleventy site: collections made once, pages of months and years by pagination."""
    _fresh(folder, HERE / "eleventy")
    shutil.copytree(telling.theme / "static", folder / "theme")
    legal = [{"nom": name, **page} for name, page in telling.legal.items()]
    for name, facts in (
        ("centre", telling.centre),
        ("pictos", telling.symbols),
        ("espaces", _spaces(telling)),
        ("legal", legal),
    ):
        write(folder / "data" / f"{name}.json", json.dumps(facts, ensure_ascii=False))
    shutil.copytree(folder / "pages", folder / "content")
    for told in telling.posts:
        write_eleventy_post(told, folder)


def write_eleventy_post(told: Told, folder: Path) -> None:
    """One post of an Eleventy site; a reminder is read, and has no page of its own."""
    name = _FOLDERS[told.kind]
    below = f"groupes/{told.space}/{name}" if told.space else name
    facts: Facts = {**told.facts, "tags": [told.kind]}
    if told.kind == "rappel":
        facts["permalink"] = False
    else:
        facts |= {"layout": f"{told.kind}.njk", "permalink": f"/{below}/{told.slug}.html"}
    write(folder / "content" / below / f"{told.slug}.md", document(facts, told.body))


# --- Pelican ------------------------------------------------------------------------------------


def write_pelican(telling: Telling, folder: Path) -> None:
    """A stock Pelican site: moments are categories, groups are tags, programmes are pages."""
    _fresh(folder, HERE / "pelican")
    shutil.copytree(telling.theme / "static", folder / "theme" / "static")
    for name, facts in (("centre", telling.centre), ("pictos", telling.symbols)):
        write(folder / "data" / f"{name}.json", json.dumps(facts, ensure_ascii=False))
    for name, page in telling.legal.items():
        address = f"ville/{name}.html"
        lines = _metadata(
            {"Title": page["title"], "Parties": page["parties"], "Url": address, "Save_as": address}
        )
        write(folder / "content" / "pages" / "ville" / f"{name}.md", f"{lines}\n")
    for told in telling.posts:
        write_pelican_post(told, folder)


def write_pelican_post(told: Told, folder: Path) -> None:
    """One post of a Pelican site; what has ended is read, and skipped."""
    facts = {key: value for key, value in told.facts.items() if key not in _PELICAN_HAS_ITS_OWN}
    if told.kind == "article":
        path = folder / "content" / "articles" / f"{told.slug}.md"
        facts |= {"category": told.facts["moment"], "tags": told.space}
    else:
        path = folder / "content" / "pages" / f"{told.kind}s" / f"{told.slug}.md"
        address = f"{told.kind}s/{told.slug}.html"
        facts |= {"template": told.kind, "url": address, "save_as": address}
        facts |= {"status": "skip" if told.ended else "published"}
    write(path, f"{_metadata(facts)}\n{told.body}\n")


_PELICAN_HAS_ITS_OWN = frozenset({"annee", "mois", "annees", "moments", "programmes_annees"})


def _metadata(facts: Facts) -> str:
    """Pelican's header lines; what is not a text is JSON, which the theme reads."""
    texts = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in facts.items()
        if value is not None
    }
    return "".join(f"{key.capitalize()}: {text}\n" for key, text in texts.items())


# --- Building them ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another engine: how its site is written, built, and begun anew."""

    name: str
    folder: Path
    command: tuple[str | Path, ...]
    site: str
    leftovers: tuple[str, ...]
    environ: Mapping[str, str]
    written_by: Callable[[Telling, Path], None]

    def prepare(self, telling: Telling) -> None:
        """Write the site's sources."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.written_by(telling, self.folder)

    def build(self, *, clean: bool = True) -> Run:
        """Build it; *clean* forgets the last build and its caches first."""
        for name in self.leftovers if clean else ():
            set_apart(self.folder / name, self.folder.parent)
        return run(self.command, self.folder, self.environ)

    def weight(self) -> Weight:
        """What it wrote."""
        return weight_of(self.folder / self.site)


def rivals_in(folder: Path, npm: Path) -> dict[str, Rival]:
    """Hugo, Eleventy and stock Pelican, each to be built below *folder*; *npm* holds Eleventy."""
    environ = dict(os.environ)
    environ.pop("PYTHONPATH", None)
    eleventy = npm / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    pelican = Path(sys.executable).parent / "pelican"
    return {
        "hugo": Rival(
            name="Hugo",
            folder=folder / "hugo",
            command=("hugo", "--quiet"),
            site="public",
            leftovers=("public", "resources"),
            environ=environ,
            written_by=write_hugo,
        ),
        "eleventy": Rival(
            name="Eleventy",
            folder=folder / "eleventy",
            command=("node", eleventy, "--quiet"),
            site="_site",
            leftovers=("_site",),
            environ=environ,
            written_by=write_eleventy,
        ),
        "pelican": Rival(
            name="Pelican",
            folder=folder / "pelican",
            command=(pelican, "--quiet", "--settings", "pelicanconf.py"),
            site="output",
            leftovers=("output", "cache", "__pycache__"),
            environ=environ,
            written_by=write_pelican,
        ),
    }


def install_eleventy(folder: Path) -> Path:
    """Install Eleventy as its lock file says; once a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "eleventy" / "package-lock.json").read_bytes()
    stamp = folder / "installed-lock.json"
    if not stamp.is_file() or stamp.read_bytes() != wanted:
        for name in (".npmrc", "package.json", "package-lock.json"):
            shutil.copyfile(HERE / "eleventy" / name, folder / name)
        run(("npm", "ci", "--silent"), folder, dict(os.environ))
        stamp.write_bytes(wanted)
    return folder
