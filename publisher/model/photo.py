"""A photo as Préau keeps it: never what the phone sent (law 6)."""

import re
from dataclasses import dataclass

PHOTO_ID = re.compile(r"[a-z2-7]{26}\Z")
"""A random id of 128 bits in base 32, lower case: it says nothing of the picture."""

MASTER = "master.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One size of a photo, in pixels, and its file name."""

    name: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photo of a centre: its id, its safe master and its renditions, smallest first."""

    id: str
    master: Rendition
    renditions: tuple[Rendition, ...]

    @property
    def largest(self) -> Rendition:
        """The largest rendition that a family is shown."""
        return self.renditions[-1]
