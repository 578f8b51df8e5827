"""Law 3: whatever happened, and in whatever order, the site is the one a clean build makes.

A sequence of changes is drawn, applied one after the other to a centre, published each time by a
warm press, and compared in the end, byte for byte, with a clean build of the same content at the
same moment. Every move of every publication is watched: at none is a link broken.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from posixpath import dirname, normpath
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from publisher import shelf
from publisher.centres import read_town, theme_folder
from publisher.content.document_text import text_of_document
from publisher.content.library import posts_folder
from publisher.content.photos import photos_folder
from publisher.editions.press import Built, CentrePress, Places
from publisher.kinds import kind_of
from publisher.kinds.reminder import PICTOGRAMS
from publisher.model.moment import Moment
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Post,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.town import Centre, Town
from tests.instance import make_instance
from tests.posts import NOW, PARIS, PHOTO_IDS

SEQUENCES = int(os.environ.get("PREAU_SEQUENCES", "2000"))
SEQUENCES_IN_THE_REAL_THEME = max(1, SEQUENCES // 20)

BARE = """\
<!doctype html>
<html lang="fr"><head><title>{{ page.template }}</title></head><body>
{% macro album(one) %}{% set cover = cover_of(one) %}
<p><a href="{{ article_url(one) }}">{{ one.title }}</a> {{ published_on(one) }} {{ one.moment }} {{ one.photos|length }} {{ audience_of(one) }}
{% if cover %}<img src="{{ cover.src }}" width="1" height="1" alt="{{ cover.caption or "" }}">{% endif %}</p>
{% endmacro %}
{% macro line(one) %}<p><a href="{{ programme_url(one) }}">{{ one.title }} {{ one.starts_on }}</a></p>{% endmacro %}
<h1>THEME {{ page.template }} {{ page.path }} {{ page.school_year or "" }} {{ page.moment or "" }} {{ page.month or "" }}</h1>
{% if page.template in ("home", "pictures", "reminders", "programmes", "programme") %}<p>{{ today or "" }} {{ tomorrow or "" }}</p>{% endif %}
<nav><a href="{{ home_url }}">h</a> <a href="{{ space_url("petits.html") }}">i</a> <a href="{{ centre_url }}">c</a> <a href="{{ space_url("rappels.html") }}">r</a>
<a href="{{ space_url("programmes/index.html") }}">p</a> <a href="{{ space_url("archives/index.html") }}">a</a>
<a href="{{ space_url("flux.xml") }}">f</a>
{% for moment in centre.moments %}<a href="{{ moment_url(moment) }}">{{ moment }}</a> {% endfor %}
{% for one in centre.groups %}{% if not group and page.template == "home" %}<a href="{{ group_url(one) }}">{{ one.name }}</a> {% endif %}{% endfor %}
{% for name in legal_names %}<a href="{{ legal_url(name) }}">{{ name }}</a> {% endfor %}</nav>
{% for one in page.articles %}{{ album(one) }}{% endfor %}
{% for one in page.reminders %}<p>{{ one.sentence }} {{ one.day }} {{ days_until(one.day) }} {{ audience_of(one) }}</p>{{ text_of(one) }}{% endfor %}
{% for one in page.programmes %}{{ line(one) }}{% endfor %}
{% for day in page.week %}<p>{{ day.day }}{% if day.day == today %} today{% endif %}{% for slot in day.slots %} {{ slot.title }} {{ slot.group }}{% endfor %} {{ pictograms_of(day) }}</p>
{% for one in day.articles %}{{ album(one) }}{% endfor %}{% endfor %}
{% if page.programme %}{{ line(page.programme) }}{{ text_of(page.programme) }}{% endif %}
{% for month in page.months %}<a href="{{ month_url(month) }}">{{ month.first }}</a>{% endfor %}
{% for year in page.school_years %}<a href="{{ programmes_year_url(year) if page.template == "programmes" else year_url(year) }}">{{ year }}</a>{% endfor %}
{% if page.article %}<h2>{{ page.article.title }}</h2>{{ article.content|safe }}
{% for photo in photos_of(page.article) %}<img src="{{ photo.src }}" srcset="{{ photo.srcset }}" width="1" height="1" alt="{{ photo.caption or "" }}">{% endfor %}
{% if page.newer %}<a href="{{ article_url(page.newer) }}">+ {{ page.newer.title }}</a>{% endif %}
{% if page.older %}<a href="{{ article_url(page.older) }}">- {{ page.older.title }}</a>{% endif %}{% endif %}
{% if legal %}<p>{{ legal.title }}</p>{% endif %}
</body></html>
"""
TEMPLATES = [
    "home",
    "pictures",
    "reminders",
    "article",
    "programme",
    "programmes",
    "programmes_year",
    "archives",
    "school_year",
    "month",
    "moment",
    "legal",
]

ADDRESS = re.compile(r'(?:href|src)="(?![a-z]+:)([^"#/][^"#]*)')
"""What a page leads to or needs, within the site."""

# What may happen. Instants are few, so that posts meet: the same hour, the same day, the same month.

SLUGS = tuple(f"2026-11-{number:02}-essai" for number in range(1, 9))
_instants = st.sampled_from(
    [
        NOW + timedelta(days=days, hours=hours)
        for days in (-430, -80, -62, -31, -8, -7, -1, 0, 1, 7, 40)
        for hours in (-14, -1, 0, 2)
    ]
)
_groups = st.sampled_from(
    [(), (), (), ("petits",), ("moyens",), ("petits", "moyens"), ("petits", "moyens", "grands")]
)
_texts = st.sampled_from(
    [
        "",
        "",
        "Une *belle* journée.",
        *(f"Voir [ceci](articles/{slug}.html)." for slug in SLUGS[:3]),
        f"Le [programme](programmes/{SLUGS[3]}.html).",
        f"Chez les [petits](/les-tilleuls/groupes/petits/articles/{SLUGS[0]}.html).",
        "Ce [mois](archives/2026-2027/2026-11.html), cette [photo](photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg).",
        "[Rappels](rappels.html), [dehors](https://example.org/).",
    ]
)
_publications = st.builds(
    lambda slug, published_at, lasts, groups: Publication(
        centre="les-tilleuls",
        slug=slug,
        published_at=published_at,
        ends_at=None if lasts is None else published_at + lasts,
        groups=groups,
    ),
    slug=st.sampled_from(SLUGS),
    published_at=_instants,
    lasts=st.sampled_from(
        [None, None, timedelta(hours=2), timedelta(days=1), timedelta(days=8), timedelta(days=600)]
    ),
    groups=_groups,
)
_articles = st.builds(
    PhotoArticle,
    publication=_publications,
    title=st.sampled_from(["La fresque", "Le potager", "A & <b>"]),
    moment=st.sampled_from([Moment.WEDNESDAY, Moment.EVENING, Moment.HOLIDAYS]),
    photos=st.lists(st.sampled_from(PHOTO_IDS[:4]), min_size=1, max_size=3, unique=True).map(
        lambda ids: tuple(PhotoInArticle(id=one, caption=f"Vue {one[0]}") for one in ids)
    ),
    text=_texts,
)
_days = st.sampled_from(
    [NOW.date() + timedelta(days=days) for days in (-80, -8, -1, 0, 1, 2, 6, 40)]
)
_reminders = st.builds(
    lambda publication, sentence, day, text: Reminder(
        publication=replace(
            publication,
            ends_at=publication.ends_at or publication.published_at + timedelta(days=2),
        ),
        sentence=sentence,
        pictogram=next(iter(PICTOGRAMS)),
        day=day,
        text=text,
    ),
    publication=_publications,
    sentence=st.sampled_from(["Maillot", "Goûter"]),
    day=_days,
    text=_texts,
)
_programmes = st.builds(
    lambda publication, starts_on, length, title, text: Programme(
        publication=publication,
        title=title,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=length),
        slots=(
            Slot(day=starts_on, moment=Moment.WEDNESDAY, group=None, title="Cirque"),
            Slot(
                day=starts_on + timedelta(days=length),
                moment=Moment.LUNCH,
                group="moyens",
                title="Chorale",
            ),
        ),
        text=text,
    ),
    publication=_publications,
    starts_on=st.sampled_from(
        [
            date(2025, 3, 3),
            date(2026, 8, 31),
            date(2026, 11, 9),
            date(2026, 11, 16),
            date(2026, 11, 18),
            date(2026, 12, 21),
        ]
    ),
    length=st.sampled_from([0, 4, 11]),
    title=st.sampled_from(["", "Automne"]),
    text=_texts,
)
_posts = st.one_of(_articles, _articles, _reminders, _programmes)


@dataclass(frozen=True, slots=True)
class Save:
    """Create, or put in place of the one of that slug: an edit, a new date, another audience or kind."""

    post: Post
    year: str = "2026-2027"


@dataclass(frozen=True, slots=True)
class Redate:
    """Another instant, for a post that is there."""

    slug: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Retarget:
    """Another audience, for a post that is there."""

    slug: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """As a director does."""

    slug: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A folder thrown away by hand."""

    slug: str


@dataclass(frozen=True, slots=True)
class Spoil:
    """A document that cannot be read any more."""

    slug: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Hide:
    """A photo's folder goes, or comes back."""

    photo: str


@dataclass(frozen=True, slots=True)
class Step:
    """The clock goes on, or is set back."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Dress:
    """Another theme."""

    theme: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Another press takes over; the index may be lost or of no use."""

    index: str


Event: TypeAlias = (
    Save | Redate | Retarget | Withdraw | Delete | Spoil | Hide | Step | Dress | Restart
)

_slugs = st.sampled_from(SLUGS)
_events = st.one_of(
    st.builds(Save, _posts),
    st.builds(Save, _posts),
    st.builds(Save, _posts),
    st.builds(Save, _posts, st.just("2025-2026")),
    st.builds(Redate, _slugs, _instants),
    st.builds(Retarget, _slugs, _groups),
    st.builds(Withdraw, _slugs),
    st.builds(Delete, _slugs),
    st.builds(Spoil, _slugs, st.sampled_from([b"\xff\xfe", b"---\nkind: autre\n---\n", b""])),
    st.builds(Hide, st.sampled_from(PHOTO_IDS[:2])),
    st.builds(
        Step,
        st.sampled_from(
            [
                timedelta(minutes=1),
                timedelta(hours=2),
                timedelta(days=1),
                timedelta(days=7),
                timedelta(days=300),
                -timedelta(days=1),
                -timedelta(days=70),
            ]
        ),
    ),
    st.builds(Step, st.sampled_from([timedelta(hours=1), timedelta(days=1)])),
    st.builds(Dress, st.sampled_from(["bare", "other"])),
    st.builds(Restart, st.sampled_from(["kept", "kept", "lost", "spoiled"])),
)
_sequences = st.lists(
    st.tuples(st.lists(_events, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=7
)


@dataclass(slots=True)
class House:
    """One centre whose content changes, its press, and what the world sees of its site."""

    places: Places
    town: Town
    centre: Centre
    theme: str
    now: datetime = NOW
    press: CentrePress | None = None
    posts: dict[str, Post] = field(default_factory=dict)
    seen: dict[str, frozenset[str]] = field(default_factory=dict)
    entries: set[str] = field(default_factory=set)
    moves: int = 0

    def apply(self, one: Event) -> Path | None:
        """Let *one* happen; the document it changes."""
        match one:
            case Save():
                return self._write(one.post, one.year)
            case Redate() if one.slug in self.posts:
                return self._rewrite(one.slug, published_at=one.published_at)
            case Retarget() if one.slug in self.posts:
                return self._rewrite(one.slug, groups=one.groups)
            case Withdraw() if one.slug in self.posts:
                return self._rewrite(one.slug, withdrawn_at=self.now)
            case Delete():
                path = self._path(one.slug)
                shutil.rmtree(path.parent, ignore_errors=True)
                self.posts.pop(one.slug, None)
                return path
            case Spoil() if one.slug in self.posts:
                self._path(one.slug).write_bytes(one.raw)
                return self._path(one.slug)
            case Hide():
                folder = photos_folder(self.places.content, self.centre.slug) / one.photo
                away = self.places.instance / f"away-{one.photo}"
                if folder.exists():
                    folder.rename(away)
                else:
                    away.rename(folder)
            case Step():
                self.now = (self.now + one.by).astimezone(PARIS)
            case Dress():
                self.theme, self.press = one.theme, None
            case Restart():
                self._restart(one.index)
            case _:
                pass
        return None

    def publish(self, changed: set[Path] | None) -> None:
        """Make the site what the content says, watching every move."""
        if self.press is None:
            self.press = self._new_press(self.places)
        self.entries = {name for name in self.seen if name.endswith("index.html")}
        with self._watching():
            outcome = self.press.publish(self.now, changed)
        assert isinstance(outcome, Built)

    def _new_press(self, places: Places) -> CentrePress:
        return CentrePress(places, self.town, replace(self.centre, theme=self.theme))

    def clean_site(self) -> Path:
        """The site that the same content makes, from nothing."""
        build = self.places.instance / "clean" / "build"
        build.mkdir(parents=True)
        (build.parent / "content").symlink_to(self.places.content)
        (build.parent / "themes").symlink_to(self.places.instance / "themes")
        clean = Places(instance=build.parent)
        press = self._new_press(clean)
        outcome = press.publish(self.now)
        assert isinstance(outcome, Built)
        press.close()
        return shelf.site_folder(build, self.centre.slug)

    @property
    def site(self) -> Path:
        """The site that is read."""
        return shelf.site_folder(self.places.build, self.centre.slug)

    def _path(self, slug: str, year: str = "2026-2027") -> Path:
        return posts_folder(self.places.content, self.centre.slug) / year / slug / "post.md"

    def _write(self, post: Post, year: str) -> Path:
        slug = post.publication.slug
        path = self._path(slug, year)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_bytes(text_of_document(kind_of(post).to_document(post)))
        beside.replace(path)
        if year == "2026-2027":
            self.posts[slug] = post
        return path

    def _rewrite(self, slug: str, **changes: object) -> Path:
        post = self.posts[slug]
        publication = replace(post.publication, **changes)  # type: ignore[arg-type]  # facts by name
        return self._write(replace(post, publication=publication), "2026-2027")

    def _restart(self, index: str) -> None:
        if self.press is not None:
            self.press.close()
        self.press = None
        file = shelf.index_file(self.places.build, self.centre.slug)
        if index == "lost":
            file.unlink(missing_ok=True)
        elif index == "spoiled" and file.exists():
            file.write_bytes(b"SQLite format 3\0" + bytes(4000))

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Look at the links of every page after each file that moves into or out of the site."""
        site, replaced, unlinked = f"{self.site}/", os.replace, Path.unlink

        def moved(path: str, target: str) -> None:
            replaced(path, target)
            within = [str(path) for path in Path(target).rglob("*") if not path.is_dir()]
            self._looked_at(within or [str(target)], site)

        def taken(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 (as pathlib declares it)
            unlinked(path, missing_ok)
            self._looked_at([str(path)], site)

        patch = pytest.MonkeyPatch()
        patch.setattr(os, "replace", moved)
        patch.setattr(Path, "unlink", taken)
        try:
            yield
        finally:
            patch.undo()

    def _looked_at(self, paths: list[str], site: str) -> None:
        if not paths[0].startswith(site):
            return
        for path in paths:
            self._look_at(path, path.removeprefix(site))
        self.moves += 1
        self._crawl()

    def _look_at(self, path: str, name: str) -> None:
        try:
            text = Path(path).read_text(encoding="utf-8") if name.endswith(".html") else ""
        except FileNotFoundError:
            self.seen.pop(name, None)
        else:
            if name.endswith(".html") or Path(path).exists():
                self.seen[name] = frozenset(
                    normpath(f"{dirname(name)}/{address}".lstrip("/"))
                    for address in ADDRESS.findall(text)
                )
            else:
                self.seen.pop(name, None)

    def _crawl(self) -> None:
        """Follow every link from the homes: none leads nowhere."""
        waiting = [home for home in self.entries | {"index.html"} if home in self.seen]
        reached = set(waiting)
        while waiting:
            page = waiting.pop()
            assert self.seen[page] <= self.seen.keys(), (page, self.seen[page] - self.seen.keys())
            found = self.seen[page] - reached
            reached |= found
            waiting += found


@pytest.fixture(scope="module")
def instance() -> Iterator[Path]:
    """An instance on a disk of memory, when there is one: thousands of sites are built in it."""
    memory = Path("/dev/shm")  # noqa: S108 (no secret; a folder of our own in it)
    root = Path(tempfile.mkdtemp(prefix="preau-", dir=memory if memory.is_dir() else None))
    try:
        instance = make_instance(root / "instance")
        for name, mark in (("bare", "un"), ("other", "deux")):
            _bare_theme(instance / "themes" / name, mark)
        shutil.copytree(theme_folder(Path(), "preau"), instance / "themes" / "preau")
        yield instance
    finally:
        shutil.rmtree(root)


def _house(instance: Path, theme: str) -> House:
    """A centre where nothing ever happened."""
    for name in ("content", "build", "clean", *(f"away-{one}" for one in PHOTO_IDS)):
        shutil.rmtree(instance / name, ignore_errors=True)
    town = read_town(instance)
    assert isinstance(town, Town)
    centre = town.centre("les-tilleuls")
    assert centre is not None
    for one in PHOTO_IDS[:4]:
        folder = photos_folder(instance / "content", centre.slug) / one
        folder.mkdir(parents=True)
        (folder / "photo.json").write_text(
            '{"master": [8, 6], "renditions": {"480.jpg": [4, 3], "1080.jpg": [8, 6]}}'
        )
        for name in ("master.jpg", "480.jpg", "1080.jpg"):
            (folder / name).write_bytes(f"{one} {name}".encode())
    return House(Places(instance=instance), town, centre, theme)


def _bare_theme(folder: Path, mark: str) -> None:
    """A theme that shows everything a page is given, and nothing else."""
    (folder / "templates").mkdir(parents=True)
    (folder / "static").mkdir()
    (folder / "static" / "mark.txt").write_text(mark)
    for name in TEMPLATES:
        (folder / "templates" / f"{name}.html").write_text(BARE.replace("THEME", mark))


def _differences(one: Path, other: Path) -> list[str]:
    """The files that are not the same in both."""
    return sorted(
        name
        for name in shelf.files_of(one) | shelf.files_of(other)
        if not (one / name).is_file()
        or not (other / name).is_file()
        or (one / name).read_bytes() != (other / name).read_bytes()
    )


def _hold_law_3(house: House, sequence: list[tuple[list[Event], bool]]) -> None:
    house.publish(None)
    for events, by_path in sequence:
        changed = {path for one in events if (path := house.apply(one)) is not None}
        told = by_path and not any(isinstance(one, Hide | Dress | Restart) for one in events)
        house.publish(changed if told else None)
        event("by path" if told else "by stamp")
    assert _differences(house.site, house.clean_site()) == []
    assert house.seen.keys() == shelf.files_of(house.site)
    if house.press is not None:
        house.press.close()


_many = settings(
    max_examples=SEQUENCES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@_many
@given(sequence=_sequences)
def test_incremental_equals_clean(instance: Path, sequence: list[tuple[list[Event], bool]]) -> None:
    """After any sequence of changes, the site is byte for byte the clean one, and no link ever broke."""
    _hold_law_3(_house(instance, "bare"), sequence)


@settings(_many, max_examples=SEQUENCES_IN_THE_REAL_THEME)
@given(sequence=_sequences)
def test_incremental_equals_clean_in_the_real_theme(
    instance: Path, sequence: list[tuple[list[Event], bool]]
) -> None:
    """The same, drawn by the theme that families read."""
    _hold_law_3(_house(instance, "preau"), sequence)
