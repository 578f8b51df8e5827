"""A simulated town: an instance of any size, the same bytes for the same seed.

Everything measured is measured on it, and any load can be tried on it. Nothing in it is real.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from slugify import slugify

from publisher.centres import TOWN_FILE, read_town
from publisher.content.document_text import text_of_document
from publisher.content.library import DOCUMENT, posts_folder
from publisher.content.photos import keep_photo, photos_folder
from publisher.demo.pictures import PICTURES, picture_file
from publisher.demo.simulated_archive import POSTS_A_YEAR, Archive
from publisher.demo.simulated_words import CENTRE_NAMES
from publisher.kinds import kind_of
from publisher.model.mistake import Mistakes
from publisher.model.post import PhotoArticle, Post
from publisher.model.school_year import school_year_of
from publisher.model.town import Town
from publisher.model.uai import control_letter
from publisher.photos.prepare import PreparedPhoto, RefusedPhoto, prepare_photo

PROJECT: Final = Path(__file__).resolve().parents[2]

UNTIL: Final = "2026-11-18T18:45:00+01:00"
"""When the archive ends unless it is said otherwise: a Wednesday evening."""

NAMES_A_FILE: Final = 4_000
"""Photos that share their files: ext4 allows 65 000 names a file, and a site adds its own."""

_FIRST_SCHOOL: Final = 9_990_001
"""Seven digits of a UAI: no French department is numbered 999."""
_WITHOUT_MORNINGS: Final = 3
"""One centre in three does not open in the morning."""

_HOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "matin": "7 h 30 – 8 h 30",
        "midi": "11 h 30 – 13 h 30",
        "soir": "16 h 30 – 18 h 30",
        "mercredi": "7 h 30 – 18 h 30",
        "vacances": "8 h – 18 h 30",
    }
)
_GROUPS: Final = (
    ("petits", "3-5 ans", ("TPS", "PS", "MS", "GS")),
    ("moyens", "6-8 ans", ("CP", "CE1", "CE2")),
    ("grands", "9-11 ans", ("CM1", "CM2")),
)


class FolderIsNotEmpty(Exception):
    """The folder holds something already; nothing in it was touched."""


class SimulationIsBroken(Exception):
    """What the simulation is made of cannot be used; it says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a town is: its centres, and the posts of each, over `years` school years.

    `years` None keeps the rhythm of a real centre, about 600 posts a year, however long it takes.
    """

    centres: int
    posts: int
    years: float | None = None

    @property
    def rhythm(self) -> float:
        """How many times more posts a day go out than in a real centre."""
        return 1.0 if self.years is None else self.posts / (POSTS_A_YEAR * self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What was written."""

    town: Town
    posts: int
    photos: int


def simulate_town(
    folder: Path, *, seed: int, size: Size, until: datetime, real_photos: bool = False
) -> Simulated:
    """Write in *folder*, empty or absent, a town whose last post went out before *until*.

    Photos are names of a few files, or with *real_photos* files of their own. Posts are not
    synced to the disk: whatever is lost can be made again.

    Raises FolderIsNotEmpty, SimulationIsBroken, or OSError when the disk refuses.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderIsNotEmpty(folder)
    town = _write_centres(folder, size.centres)
    root = folder / "content"
    album = _Album(root=root, real=real_photos)
    posts = 0
    for centre in town.centres:
        archive = Archive(centre=centre, zone=town.timezone, seed=seed, rhythm=size.rhythm)
        for post in archive.posts(until, size.posts):
            if isinstance(post, PhotoArticle):
                for photo in post.photos:
                    album.keep(centre.slug, photo.id)
            _write_post(root, post)
            posts += 1
    return Simulated(town=town, posts=posts, photos=album.kept)


def _write_centres(folder: Path, count: int) -> Town:
    """Write the repository's own town with *count* invented centres, and read it back."""
    centres = folder / "centres"
    centres.mkdir(parents=True)
    shutil.copyfile(PROJECT / "centres" / TOWN_FILE, centres / TOWN_FILE)
    for number in range(count):
        turn, which = divmod(number, len(CENTRE_NAMES))
        name = CENTRE_NAMES[which] + (f" {turn + 1}" if turn else "")
        (centres / f"{slugify(name)}.toml").write_text(_centre_file(number, name), encoding="utf-8")
    town = read_town(folder)
    if isinstance(town, Mistakes):
        raise SimulationIsBroken("; ".join(f"{one.where}: {one.sentence()}" for one in town.all))
    return town


def _centre_file(number: int, name: str) -> str:
    """The TOML of the centre *number*, counted from 0: two schools, three groups of ages."""
    opens_mornings = number % _WITHOUT_MORNINGS != _WITHOUT_MORNINGS - 1
    hours = {moment: at for moment, at in _HOURS.items() if opens_mornings or moment != "matin"}
    lines = [
        f'name = "{name}"',
        'school_zone = "C"',
        f"moments = {_toml(list(hours))}",
        'sign_in = ["demo"]',
        "",
        "[contact]",
        f'address = "{number + 1} rue de la Rive, Valmont-sur-Rive"',
        f'phone = "01 99 00 {20 + number // 100:02} {number % 100:02}"',
        f'mail = "{slugify(name)}@valmont-sur-rive.example"',
        "",
        "[hours]",
        *(f'{moment} = "{at}"' for moment, at in hours.items()),
    ]
    for school, kind in enumerate(("élémentaire", "maternelle")):
        digits = f"{_FIRST_SCHOOL + 2 * number + school:07}"
        lines += ["", "[[schools]]", f'uai = "{digits}{control_letter(digits)}"']
        lines += [f'name = "École {kind} {name}"']
    for slug, ages, levels in _GROUPS:
        lines += ["", "[[groups]]", f'slug = "{slug}"', f'name = "{slug.capitalize()}"']
        lines += [f'ages = "{ages}"', f"levels = {_toml(levels)}"]
    return "\n".join(lines) + "\n"


def _toml(texts: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def _write_post(root: Path, post: Post) -> None:
    """Write *post* where saving it would have."""
    publication = post.publication
    year = school_year_of(publication.published_at.date())
    folder = posts_folder(root, publication.centre) / year / publication.slug
    folder.mkdir(parents=True)
    (folder / DOCUMENT).write_bytes(text_of_document(kind_of(post).to_document(post)))


@dataclass(slots=True, kw_only=True)
class _Album:
    """Keeps photos: the first of each picture whole, the others as names or copies of its files."""

    root: Path
    real: bool
    kept: int = 0
    _first: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    def keep(self, centre: str, photo_id: str) -> None:
        """Keep the next photo under that id."""
        pictures = list(PICTURES)
        picture = pictures[self.kept % len(pictures) if self.real else 0]
        if not self.real and self.kept % NAMES_A_FILE == 0:
            self._first.clear()
        self.kept += 1
        folder = photos_folder(self.root, centre) / photo_id
        if picture not in self._first:
            safe = _prepared(picture)
            keep_photo(self.root, centre, replace(safe.photo, id=photo_id), safe.files)
            self._first[picture] = tuple(folder.iterdir())
            return
        folder.mkdir(parents=True)
        for file in self._first[picture]:
            if self.real:
                shutil.copyfile(file, folder / file.name)
            else:
                os.link(file, folder / file.name)


@cache
def _prepared(picture: str) -> PreparedPhoto:
    """The safe photo of one picture, prepared as if a phone had sent it."""
    outcome = prepare_photo(picture_file(picture).read_bytes(), "a" * 26)
    if isinstance(outcome, RefusedPhoto):
        raise SimulationIsBroken(f"{picture}: {outcome.mistake.sentence()}")
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a simulated town; what it returns is the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/simulate-town",
        description="Une ville simulée, de n'importe quelle taille : la même graine donne les mêmes octets.",
    )
    parser.add_argument("folder", type=Path, metavar="DOSSIER", help="où l'écrire ; vide ou absent")
    parser.add_argument("--seed", type=int, default=1, help="la graine du tirage (1)")
    parser.add_argument("--centres", type=_positive, default=5, help="le nombre de centres (5)")
    parser.add_argument(
        "--posts", type=_positive, default=POSTS_A_YEAR, help="publications de chaque centre (600)"
    )
    parser.add_argument(
        "--years",
        type=float,
        help="sur combien d'années scolaires (sinon au rythme d'un vrai centre, 600 par an)",
    )
    parser.add_argument(
        "--until",
        type=datetime.fromisoformat,
        default=datetime.fromisoformat(UNTIL),
        metavar="INSTANT",
        help=f"quand l'archive s'arrête ({UNTIL})",
    )
    parser.add_argument(
        "--photos",
        choices=("real", "reference"),
        default="reference",
        help="real : chaque photo a ses fichiers ; reference : des noms d'un même fichier",
    )
    asked = parser.parse_args(arguments)
    if asked.until.tzinfo is None or (asked.years is not None and asked.years <= 0):
        parser.error("--until demande un décalage, comme +01:00, et --years plus que zéro")
    size = Size(centres=asked.centres, posts=asked.posts, years=asked.years)
    try:
        made = simulate_town(
            asked.folder,
            seed=asked.seed,
            size=size,
            until=asked.until,
            real_photos=asked.photos == "real",
        )
    except FolderIsNotEmpty as error:
        print(f"{error} n'est pas vide. Choisissez un autre dossier.", file=sys.stderr)
    except SimulationIsBroken as error:
        print(f"La simulation ne tient pas : {error}", file=sys.stderr)
    except OSError as error:
        print(f"Le disque refuse : {error.strerror} ({error.filename}).", file=sys.stderr)
    else:
        print(
            f"{asked.folder} : {len(made.town.centres)} centres, {made.posts} publications,"
            f" {made.photos} photos."
        )
        return 0
    return 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(text)
    return number


if __name__ == "__main__":
    raise SystemExit(main())
