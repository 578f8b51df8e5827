"""A theme as it was when it was read: what changes on the disk afterwards changes no page."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

THEME_FOLDER = "theme"
"""Where a site keeps its theme's files, below their digest: they may be kept for ever."""

SPRITE = "img/pictos.svg"
"""Every pictogram of a theme, one `<symbol>` each, among its static files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One theme, read once.

    `templates` are the texts of its templates, by name. `files` are its static files, by where
    they stand in a site; `folder` is the site's folder they are in, which changes when, and only
    when, one of them does. `digest` changes with any file of the theme. `sprite` is the text of
    its pictograms, nothing for a theme without any.
    """

    templates: Mapping[str, str]
    files: Mapping[str, Path]
    folder: str
    digest: str
    sprite: str


def read_theme(root: Path) -> Theme:
    """Read the theme below *root*; hidden files are nobody's.

    Raises OSError or UnicodeDecodeError for a file that cannot be read, or a template or sprite
    that is not UTF-8.
    """
    templates = {
        path.relative_to(root / "templates").as_posix(): path.read_text(encoding="utf-8")
        for path in _files_below(root / "templates")
    }
    static = {
        path.relative_to(root / "static").as_posix(): path for path in _files_below(root / "static")
    }
    of_static = hashlib.sha256()
    for name, path in static.items():
        of_static.update(name.encode() + b"\0")
        of_static.update(hashlib.sha256(path.read_bytes()).digest())
    of_all = of_static.copy()
    for name, text in templates.items():
        of_all.update(b"\0" + name.encode() + b"\0")
        of_all.update(hashlib.sha256(text.encode()).digest())
    folder = f"{THEME_FOLDER}/{of_static.hexdigest()[:12]}"
    return Theme(
        templates=MappingProxyType(templates),
        files=MappingProxyType({f"{folder}/{name}": path for name, path in static.items()}),
        folder=folder,
        digest=of_all.hexdigest(),
        sprite=static[SPRITE].read_text(encoding="utf-8") if SPRITE in static else "",
    )


def _files_below(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")
    )
