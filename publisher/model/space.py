"""Spaces: the path is the permission (law 1 of the house)."""

import re
from dataclasses import dataclass

GROUPS_FOLDER = "groupes"
CHILD_PAGE = "petits.html"
"""The page of each space for children who cannot read yet, inside the space's folder."""

RESERVED_NAMES = frozenset(
    {
        "charte",
        "code",
        "compte",
        "decision",
        "entrer",
        "equipe",
        "groupes",
        "invitation",
        "relier",
        "retour",
        "sante",
        "sortie",
        "sortir",
        "static",
        "theme",
        "ville",
    }
)
"""First segments of addresses that are nobody's space; no centre can take one as its slug."""

SLUG_LETTERS = "[a-z0-9]+(?:-[a-z0-9]+)*"
SLUG = re.compile(rf"{SLUG_LETTERS}\Z")
"""A name in an address: lower-case letters without accents, digits, single hyphens."""

PLAIN_PATH = "(?:/[a-z0-9][a-z0-9._-]*)+/?"
"""What an address is made of; `is_plain_path` says the rest. nginx reads the same expression."""
_PATH = re.compile(rf"{PLAIN_PATH}\Z")
MAX_PATH_LENGTH = 512


@dataclass(frozen=True, slots=True, order=True)
class Space:
    """A path prefix that is read, or not read, as a whole: a centre, or one group of it."""

    centre: str
    group: str | None = None

    @property
    def prefix(self) -> str:
        """The prefix, from the site's root: `/les-tilleuls/` or `/les-tilleuls/groupes/moyens/`."""
        return f"/{self.centre}/{self.folder}"

    @property
    def folder(self) -> str:
        """The same inside the centre's site: nothing, or `groupes/moyens/`."""
        return "" if self.group is None else f"{GROUPS_FOLDER}/{self.group}/"


def is_plain_path(path: str) -> bool:
    """Say whether *path* is spelled the one way the gate answers to.

    Absolute, at most 512 characters, segments of lower-case ASCII letters, digits, `.`, `_`
    and `-` that begin with a letter or digit: no dot segment, no empty segment, no percent
    sign, no backslash, no NUL can be written in it, so there is nothing to normalise.
    """
    return len(path) <= MAX_PATH_LENGTH and _PATH.match(path) is not None and ".." not in path


def space_of(path: str) -> Space | None:
    """The longest space that *path* lies in, or None when it is in nobody's.

    `/les-tilleuls/groupes/moyens/x` is the group's; `/les-tilleuls/groupes/` alone, and every
    other path of the centre, is the centre's. A path that is not plain is nobody's.
    """
    if not is_plain_path(path):
        return None
    segments = path.split("/")[1:]
    centre = segments[0]
    if centre in RESERVED_NAMES or SLUG.match(centre) is None or len(segments) == 1:
        return None
    if len(segments) > 3 and segments[1] == GROUPS_FOLDER:  # noqa: PLR2004 (centre, groupes, group, rest)
        group = segments[2]
        return Space(centre, group) if SLUG.match(group) else None
    return Space(centre)
