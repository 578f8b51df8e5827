"""The escape hatch: a folder that the plain `pelican` command builds to the same pages.

The folder holds the posts that the site shows, their photos, the theme, and a plugin. The plugin is
a copy of our own modules, so that the same code draws the same text: every module that
`exported.generator` needs, and none else, each one unchanged but for the names in its import lines.
`publisher` becomes the plugin's own package, so that nothing clashes with a Préau installed beside
it; nh3 and Babel, which Pelican does not bring along, become `exported.instead`.
"""

import ast
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from publisher import shelf
from publisher.centres import theme_folder
from publisher.content.photos import photo_file
from publisher.editions.exported.post_files import PHOTOS, file_of, text_of
from publisher.editions.index import Index
from publisher.editions.press import NotBuilt, Places, build_what_is_fit
from publisher.language import CATALOGUES, FRENCH
from publisher.model.edition import Unfit
from publisher.model.town import Centre, Town

PLUGIN: Final = "preau_centre"
GENERATOR: Final = "publisher.editions.exported.generator"
INSTEAD: Final = "publisher.editions.exported.instead"
STANDS_IN_FOR: Final = ("nh3", "babel.dates", "babel.messages.pofile")
"""Libraries that our modules use and that an exported folder does without."""

_ROOT = Path(__file__).parents[1]
_IMPORT = re.compile(
    r"^(?P<lead> *(?:from|import) )(?P<name>publisher|"
    + "|".join(map(re.escape, STANDS_IN_FOR))
    + r")(?=[. \n])",
    re.MULTILINE,
)
_WORKSHOP = ".atelier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A folder was written: how many posts and photos it holds, and what is not in it, and why."""

    posts: int
    photos: int
    set_aside: tuple[Unfit, ...]


class FolderIsNotEmpty(Exception):
    """An export writes over nothing: there is something in the folder already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apart(Places):
    """The instance's content, composed somewhere else than beside its site."""

    workshop: Path

    @property
    def build(self) -> Path:
        """Where this edition stands, for as long as it is looked at."""
        return self.workshop


def export_for_pelican(
    places: Places, town: Town, centre: Centre, now: datetime, folder: Path, *, stays: bool
) -> Exported | NotBuilt:
    """Write *centre*, as its site shows it at *now*, into *folder*, which is empty or not there.

    What the site would not show is not in it (law 2): the press composes the site first, apart,
    and what it set aside is given. *stays*: the folder's site is that of *now* for ever; else
    that of each time Pelican runs.

    Raises FolderIsNotEmpty, and OSError (a full disk): nothing is then left in the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderIsNotEmpty(folder)
    try:
        done = _write(places, town, centre, now, folder, stays=stays)
    except BaseException:
        _empty(folder)
        raise
    if isinstance(done, NotBuilt):
        _empty(folder)
    else:
        shutil.rmtree(folder / _WORKSHOP)
    return done


def _write(
    places: Places, town: Town, centre: Centre, now: datetime, folder: Path, *, stays: bool
) -> Exported | NotBuilt:
    workshop = folder / _WORKSHOP
    built = build_what_is_fit(
        _Apart(instance=places.instance, workshop=workshop), town, centre, now
    )
    if isinstance(built, NotBuilt):
        return built
    index = Index(shelf.index_file(workshop, centre.slug), centre, town.public_url)
    try:
        posts, photos = _write_content(index, places, town, folder / "content")
    finally:
        index.close()
    shutil.copytree(
        theme_folder(places.instance, centre.theme),
        folder / "theme",
        ignore=shutil.ignore_patterns(".*"),
    )
    for name in ("town", centre.slug):
        _put(
            folder / "centres" / f"{name}.toml",
            (places.instance / "centres" / f"{name}.toml").read_text(encoding="utf-8"),
        )
    for path, text in plugin_files(town.language).items():
        _put(folder / "plugins" / PLUGIN / path, text)
    local = now.astimezone(town.timezone).isoformat()
    _write_what_people_read(town, centre, folder, local if stays else None)
    return Exported(posts=posts, photos=photos, set_aside=built.set_aside)


def _write_content(index: Index, places: Places, town: Town, folder: Path) -> tuple[int, int]:
    """The posts that the site shows, and those sizes of their photos that it shows."""
    slugs = [slug for slug, _revision in index.shown_revisions()]
    for slug in slugs:
        found = index.shown(slug)
        if found is not None:
            _put(folder / file_of(found[0]), text_of(found[0], town.timezone))
    photo_ids = {folder.rpartition("/")[2] for folder in index.shown_photos()}
    for photo_id in photo_ids:
        photo = index.photo(photo_id)
        for size in photo.renditions if photo else ():
            target = folder / PHOTOS / photo_id / size.name
            target.parent.mkdir(parents=True, exist_ok=True)
            # A copy, not another name of it: who changes this folder must not change the truth.
            shutil.copyfile(
                photo_file(places.content, index.centre.slug, photo_id, size.name), target
            )
    return len(slugs), len(photo_ids)


def _write_what_people_read(town: Town, centre: Centre, folder: Path, moment: str | None) -> None:
    """The settings, the explanations, and what is to be installed."""
    ours = files("publisher.editions.exported")
    settings = ours.joinpath("pelicanconf.txt").read_text(encoding="utf-8")
    said = {
        "centre": centre.name,
        "sitename": repr(centre.name),
        "siteurl": repr(f"{town.public_url.rstrip('/')}/{centre.slug}"),
        "timezone": repr(town.timezone.key),
        "language": repr(town.language),
        "moment": repr(moment),
    }
    _put(folder / "pelicanconf.py", settings.format_map(said))
    explained = ours.joinpath("LISEZ-MOI.md").read_text(encoding="utf-8")
    _put(folder / "LISEZ-MOI.md", explained.replace("{centre}", centre.name))
    _put(
        folder / "requirements.txt",
        f"pelican[markdown]=={version('pelican')}\nmarkdown=={version('markdown')}\n",
    )


def plugin_files(language: str) -> Mapping[str, str]:
    """The plugin: the text of each of its files, by path, for a town that reads *language*."""
    modules = _modules_for(GENERATOR)
    written = {
        _path_of(name).relative_to(_ROOT).as_posix(): with_own_imports(text)
        for name, text in modules.items()
    }
    for path in list(written):
        for package in Path(path).parents:
            # Packages are crossed on the way to a module: what theirs does is not needed.
            written.setdefault((package / "__init__.py").as_posix(), "")
    written["__init__.py"] = (
        '"""Préau\'s pages, made by the plain `pelican` command: see LISEZ-MOI.md."""\n\n'
        f"from {GENERATOR.replace('publisher', PLUGIN, 1)} import register\n\n"
        '__all__ = ["register"]\n'
    )
    if language != FRENCH:
        name = f"{language}.po"
        written[f"{CATALOGUES.name}/{name}"] = (CATALOGUES / name).read_text(encoding="utf-8")
    return written


def with_own_imports(text: str) -> str:
    """The *text* of one of our modules, importing from the plugin's own package."""
    instead = INSTEAD.replace("publisher", PLUGIN, 1)

    def renamed(found: re.Match[str]) -> str:
        lead, name = found["lead"], found["name"]
        if name == "publisher":
            return f"{lead}{PLUGIN}"
        if lead.strip() == "from":
            return f"{lead}{instead}"
        package, _dot, last = instead.rpartition(".")
        return f"{lead.replace('import', 'from')}{package} import {last} as {name}"

    return _IMPORT.sub(renamed, text)


def _modules_for(root: str) -> Mapping[str, str]:
    """The text of *root* and of all of our modules that it needs, by name."""
    found: dict[str, str] = {}
    waiting = [root, INSTEAD]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _path_of(name).read_text(encoding="utf-8")
            waiting += _our_imports(found[name])
    return found


def _our_imports(text: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("publisher"):
            inside = [f"{node.module}.{one.name}" for one in node.names]
            modules = [name for name in inside if _path_of(name).is_file()]
            names += modules or [node.module]
    return names


def _path_of(name: str) -> Path:
    below = _ROOT.joinpath(*name.split(".")[1:])
    return below / "__init__.py" if below.is_dir() else below.with_suffix(".py")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
