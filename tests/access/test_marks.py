"""A mark that could not be read back would find no leak."""

import random

from tests.access.marks import marks_in, number_in, photo_id, picture, word


def test_a_number_is_read_back_from_pixels() -> None:
    """The pattern survives the JPEG it is written in."""
    drawn = [random.Random(7).randrange(1 << 24) for _time in range(50)]  # noqa: S311 (no secret)
    assert [number_in(picture(number)) for number in drawn] == drawn


def test_marks_are_found_wherever_they_are() -> None:
    """In words, in addresses of photos, in pixels; and none is found where none is."""
    body = f"<p>{word(3)}</p><img src='/x/photos/{photo_id(40)}/480.jpg'>".encode()
    assert marks_in(body) == {word(3), f"photo {photo_id(40)}"}
    assert marks_in(picture(77)) == {"pixels 77"}
    assert marks_in(b"<p>rien</p>") == frozenset()
    assert len({word(number) for number in range(500)}) == 500
