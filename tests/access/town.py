"""A built town of three centres with groups: every class of file in every state, each with its mark."""

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from publisher import shelf
from publisher.centres import TownOnDisk
from publisher.content.library import read_centre, save_new_post, withdraw_post
from publisher.content.photos import keep_photo
from publisher.editions.press import Built, Places, build_whole
from publisher.model.moment import Moment
from publisher.model.photo import MASTER
from publisher.model.post import (
    PhotoArticle,
    PhotoInArticle,
    Post,
    Programme,
    Publication,
    Reminder,
    Slot,
)
from publisher.model.town import Town
from tests.access.marks import photo_id, picture, word
from tests.access.moments import APPEARS_AT, ENDS_AT, PARIS
from tests.instance import CENTRE, make_instance
from tests.posts import photo

TILLEULS, OURSE, MOULIN = CENTRES = ("les-tilleuls", "la-grande-ourse", "le-moulin")
PETITS, MOYENS, GRANDS = GROUPS = ("petits", "moyens", "grands")
PREVERT, MATERNELLE, MICHEL, VEIL = "0920001B", "0920002C", "0310001H", "0780001C"
CHARTER_VERSION = 2

_NEXT_YEAR = datetime(2027, 9, 15, tzinfo=PARIS)
_LONG_AGO = datetime(2026, 11, 4, 18, tzinfo=PARIS)

_POSTS = "posts-of-the-tests.pickle"
_DEAF_SOURCE = """
[[sign_in]]
name = "portail"
label = "Portail que nul centre n'écoute"
method = "link"
address = "https://portail.valmont.example/"
issuer = "https://portail.valmont.example/"
"""

Space = tuple[str, str | None]
"""A centre and a group, or None for the whole centre: the tests' own, not the program's."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """One post and the marks that it carries: its word, its photos' addresses and pixels."""

    space: Space
    marks: frozenset[str]
    appears_at: datetime
    ends_at: datetime | None
    is_withdrawn: bool

    def state(self, now: datetime) -> str:
        """What the policy calls its state at *now*."""
        if self.is_withdrawn:
            return "retiré"
        if now < self.appears_at:
            return "à venir"
        return "terminé" if self.ends_at is not None and now >= self.ends_at else "en ligne"


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a built site, and what the policy calls it."""

    path: str
    space: Space
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class MarkedTown:
    """The instance, and what was written in it."""

    instance: Path
    posts: tuple[Marked, ...]

    @property
    def places(self) -> Places:
        """Its folders."""
        return Places(instance=self.instance)

    @cached_property
    def town(self) -> Town:
        """What its files say."""
        return TownOnDisk(self.instance)()

    def build(self, now: datetime) -> None:
        """Build every centre as it is at *now*."""
        for centre in self.town.centres:
            outcome = build_whole(self.places, self.town, centre, now)
            assert isinstance(outcome, Built), [bad.sentence() for bad in outcome.unfit]

    def files(self) -> tuple[File, ...]:
        """Every file of every built site, as it stands."""
        return tuple(self._files())

    def _files(self) -> Iterator[File]:
        for centre in CENTRES:
            site = shelf.site_folder(self.places.build, centre)
            for name in sorted(shelf.files_of(site)):
                yield File(
                    path=f"/{centre}/{name}",
                    space=space_by_name(centre, name),
                    kind=kind_by_name(name),
                    content=(site / name).read_bytes(),
                )


def space_by_name(centre: str, name: str) -> Space:
    """The space a file is in, worked out from its name by the promise itself."""
    folders = name.split("/")
    return (centre, folders[1] if folders[0] == "groupes" and len(folders) > 2 else None)


def kind_by_name(name: str) -> str:
    """What the policy calls a file of that name."""
    if name.startswith("theme/"):
        return "thème"
    return {".html": "page", ".jpg": "photo", ".xml": "fil"}[Path(name).suffix]


def make_town(folder: Path) -> MarkedTown:
    """Write the town in *folder*; nothing is built yet."""
    instance = make_instance(folder)
    centres = instance / "centres"
    (centres / f"{MOULIN}.toml").write_text(
        CENTRE.format(
            name="Le Moulin",
            slug=MOULIN,
            schools=f'[[schools]]\nuai = "{VEIL}"\nname = "École Simone-Veil"\n\n',
        ),
        encoding="utf-8",
    )
    file = centres / "town.toml"
    file.write_text(
        file.read_text("utf-8").replace(
            "charter_version = 1", f"charter_version = {CHARTER_VERSION}"
        )
        + _DEAF_SOURCE,
        encoding="utf-8",
    )
    author = _Author(Places(instance=instance))
    for centre in CENTRES:
        for group in (None, *GROUPS):
            author.write_all((centre, group))
    author.withdraw(TownOnDisk(instance)())
    kept = instance / _POSTS
    kept.write_bytes(pickle.dumps(tuple(author.written)))
    return MarkedTown(instance=instance, posts=tuple(author.written))


def posts_kept(instance: Path) -> tuple[Marked, ...]:
    """What was written in *instance*, for another process."""
    posts: tuple[Marked, ...] = pickle.loads((instance / _POSTS).read_bytes())  # noqa: S301 (the tests' own file)
    return posts


class _Author:
    """Writes a post of each kind in each state; numbers never come twice."""

    def __init__(self, places: Places) -> None:
        self._content = places.content
        self.written: list[Marked] = []
        self._to_withdraw: list[tuple[str, str]] = []
        self._number = 0

    def write_all(self, space: Space) -> None:
        """One post of each kind that stays, and an article in each state, in *space*."""
        self._write(self._reminder(space), space, _LONG_AGO, _NEXT_YEAR)
        self._write(self._programme(space), space, _LONG_AGO, None)
        self._write_article(space, _LONG_AGO, None)
        self._write_article(space, APPEARS_AT, None)
        self._write_article(space, _LONG_AGO, ENDS_AT)
        self._write_article(space, _LONG_AGO, None, withdrawn=True)

    def withdraw(self, town: Town) -> None:
        """Withdraw what is to be."""
        for slug, mark in self._to_withdraw:
            centre = town.centre(slug)
            assert centre is not None
            withdraw_post(self._content, centre, mark, _LONG_AGO + timedelta(days=1))

    def _write_article(
        self,
        space: Space,
        appears_at: datetime,
        ends_at: datetime | None,
        *,
        withdrawn: bool = False,
    ) -> None:
        mark = self._next()
        marks = set()
        ids = []
        for _one in range(2):
            self._number += 1
            id_ = photo_id(self._number)
            files = {}
            for name in (MASTER, "480.jpg", "1080.jpg"):
                self._number += 1
                files[name] = picture(self._number)
                marks.add(f"pixels {self._number}")
            keep_photo(self._content, space[0], photo(id_), files)
            ids.append(id_)
            marks.add(f"photo {id_.rstrip('z')}zzzzzzzzz")
        post = PhotoArticle(
            publication=self._publication(space, mark, appears_at, ends_at),
            title=f"Titre {mark}",
            moment=Moment.WEDNESDAY,
            photos=tuple(PhotoInArticle(id=one, caption=f"Légende {mark}") for one in ids),
        )
        self._write(post, space, appears_at, ends_at, marks=frozenset(marks), withdrawn=withdrawn)

    def _write(
        self,
        post: Post,
        space: Space,
        appears_at: datetime,
        ends_at: datetime | None,
        *,
        marks: frozenset[str] = frozenset(),
        withdrawn: bool = False,
    ) -> None:
        slug = post.publication.slug
        save_new_post(self._content, post)
        if withdrawn:
            self._to_withdraw.append((space[0], slug))
        self.written.append(
            Marked(
                space=space,
                marks=marks | {slug},
                appears_at=appears_at,
                ends_at=ends_at,
                is_withdrawn=withdrawn,
            )
        )

    def _reminder(self, space: Space) -> Reminder:
        mark = self._next()
        return Reminder(
            publication=self._publication(space, mark, _LONG_AGO, _NEXT_YEAR),
            sentence=f"Prévoir {mark}",
            pictogram="maillot",
            day=_NEXT_YEAR.date() - timedelta(days=1),
        )

    def _programme(self, space: Space) -> Programme:
        mark = self._next()
        monday = APPEARS_AT.date() - timedelta(days=2)
        return Programme(
            publication=self._publication(space, mark, _LONG_AGO, None),
            title=f"Semaine {mark}",
            starts_on=monday,
            ends_on=monday + timedelta(days=6),
            slots=(
                Slot(
                    day=APPEARS_AT.date(),
                    moment=Moment.WEDNESDAY,
                    group=space[1],
                    title=f"Atelier {mark}",
                ),
            ),
        )

    def _publication(
        self, space: Space, slug: str, appears_at: datetime, ends_at: datetime | None
    ) -> Publication:
        return Publication(
            centre=space[0],
            slug=slug,
            groups=() if space[1] is None else (space[1],),
            published_at=appears_at,
            ends_at=ends_at,
        )

    def _next(self) -> str:
        self._number += 1
        return word(self._number)


def marks_by_post(posts: tuple[Marked, ...]) -> Mapping[str, Marked]:
    """Which post each mark is of."""
    return {mark: post for post in posts for mark in post.marks}


def read_posts(town: MarkedTown) -> int:
    """How many posts the library reads in the town: none was set aside."""
    return sum(
        len(read_centre(town.places.content, centre).content.posts) for centre in town.town.centres
    )
