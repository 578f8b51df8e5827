"""Geometry apart from pixels: which sizes a photo gets. Pure."""

from typing import NamedTuple

MASTER = "master.jpg"
MASTER_SIDE_PX = 2048
"""The long side of a master: twice what a phone shows, enough for an A4 print at 200 dpi."""

RENDITION_WIDTHS_PX = (480, 1080)
"""The widths the theme lays out for, smallest first. They name the files: `480.jpg`."""

ENOUGH_SIDE_PX = 1920
"""A scaled decode may stop here: 2016 px instead of 2048 saves a convolution of 12 megapixels."""

NEAR_ENOUGH = 0.1
"""A rendition may be a tenth wider or narrower than its name, when whole pixels fall there."""

_JPEG_DIVISORS = (8, 4, 2)


class Size(NamedTuple):
    """Width and height, in pixels."""

    width_px: int
    height_px: int

    @property
    def pixels(self) -> int:
        """How many pixels there are."""
        return self.width_px * self.height_px

    def turned(self) -> "Size":
        """The size after a quarter turn."""
        return Size(self.height_px, self.width_px)

    def divided(self, divisor: int) -> "Size":
        """The size with *divisor* times fewer columns and lines, the last ones kept."""
        return Size(-(-self.width_px // divisor), -(-self.height_px // divisor))


def jpeg_divisor(stored: Size) -> int:
    """How many times smaller a JPEG may be decoded: 1, 2, 4 or 8, never short of a master."""
    side = max(stored)
    return next((divisor for divisor in _JPEG_DIVISORS if side // divisor >= ENOUGH_SIDE_PX), 1)


def master_size(decoded: Size) -> Size:
    """The size of the master: within `MASTER_SIDE_PX`, never enlarged, never flat."""
    side = max(decoded)
    if side <= MASTER_SIDE_PX:
        return decoded
    return Size(*(max(1, round(length * MASTER_SIDE_PX / side)) for length in decoded))


def rendition_sizes(master: Size) -> dict[str, Size]:
    """The renditions of an upright *master*, by file name, smallest first.

    A picture is never enlarged: one that is narrower than a width keeps its own under that
    width's name, and has no wider rendition, which would only repeat it.
    """
    sizes: dict[str, Size] = {}
    for width_px in RENDITION_WIDTHS_PX:
        size = _narrowed(master, width_px)
        if size not in sizes.values():
            sizes[f"{width_px}.jpg"] = size
    return sizes


def _narrowed(master: Size, width_px: int) -> Size:
    divisor = max(1, round(master.width_px / width_px))
    by_whole_pixels = master.divided(divisor)
    if abs(by_whole_pixels.width_px - width_px) <= NEAR_ENOUGH * width_px:
        return by_whole_pixels
    if master.width_px <= width_px:
        return master
    return Size(width_px, max(1, round(master.height_px * width_px / master.width_px)))


def whole_divisor(larger: Size, smaller: Size) -> int | None:
    """The divisor that gives exactly *smaller*, when averaging whole pixels does."""
    divisor = round(larger.width_px / smaller.width_px)
    return divisor if larger.divided(divisor) == smaller else None
