"""Which sizes a photo gets, in figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.photos.renditions import (
    MASTER_SIDE_PX,
    Size,
    jpeg_divisor,
    master_size,
    rendition_sizes,
    whole_divisor,
)

lengths = st.integers(min_value=1, max_value=20_000)


@pytest.mark.parametrize(
    ("stored", "divisor"),
    [
        (Size(4032, 3024), 2),
        (Size(3024, 4032), 2),
        (Size(8160, 6120), 4),
        (Size(16_320, 12_240), 8),
        (Size(3264, 2448), 1),
        (Size(3840, 2160), 2),
        (Size(3839, 2160), 1),
        (Size(640, 480), 1),
    ],
)
def test_jpeg_is_decoded_smaller_but_never_short_of_a_master(stored: Size, divisor: int) -> None:
    """The scaled decode is the smallest that still holds a master."""
    assert jpeg_divisor(stored) == divisor


@pytest.mark.parametrize(
    ("master", "sizes"),
    [
        (Size(2016, 1512), {"480.jpg": Size(504, 378), "1080.jpg": Size(1008, 756)}),
        (Size(1512, 2016), {"480.jpg": Size(504, 672), "1080.jpg": Size(1080, 1440)}),
        (Size(2048, 1536), {"480.jpg": Size(512, 384), "1080.jpg": Size(1024, 768)}),
        (Size(800, 600), {"480.jpg": Size(480, 360), "1080.jpg": Size(800, 600)}),
        (Size(500, 400), {"480.jpg": Size(500, 400)}),
        (Size(300, 200), {"480.jpg": Size(300, 200)}),
        (Size(1, 1), {"480.jpg": Size(1, 1)}),
        (Size(2048, 1), {"480.jpg": Size(512, 1), "1080.jpg": Size(1024, 1)}),
    ],
)
def test_renditions_of_a_master(master: Size, sizes: dict[str, Size]) -> None:
    """Whole pixels are preferred, nothing is enlarged, nothing is there twice."""
    assert rendition_sizes(master) == sizes


@given(lengths, lengths)
def test_sizes_hold_for_any_picture(width: int, height: int) -> None:
    """No size is empty, enlarged or beyond its limit, whatever the picture."""
    master = master_size(Size(width, height))
    sizes = list(rendition_sizes(master).values())
    assert max(master) <= MASTER_SIDE_PX
    assert sizes
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)
    for size in (master, *sizes):
        assert min(size) >= 1
        assert size.width_px <= width
        assert size.height_px <= height
    assert all(size.width_px <= 1080 * 1.1 for size in sizes)


@given(lengths, lengths)
def test_proportions_are_kept(width: int, height: int) -> None:
    """A master and its renditions are as wide for their height as the picture, to one pixel."""
    master = master_size(Size(width, height))
    for size in (master, *rendition_sizes(master).values()):
        assert abs(size.height_px - height * size.width_px / width) <= max(1, height / width)


def test_whole_divisor_is_found_only_where_it_is_exact() -> None:
    """Averaging whole pixels is used when it gives the size, and only then."""
    assert whole_divisor(Size(2016, 1512), Size(1008, 756)) == 2
    assert whole_divisor(Size(1512, 2016), Size(1080, 1440)) is None
