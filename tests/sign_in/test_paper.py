"""Codes on paper: drawn, written, and read back however they are typed."""

import pytest

from publisher.sign_in.paper import (
    ALPHABET,
    LENGTH,
    new_paper_code,
    paper_digest,
    read_paper_code,
    written,
)


def test_a_code_is_sixty_bits_of_signs_that_paper_does_not_confuse() -> None:
    """Each sign is drawn among 32, and no two of them look alike."""
    asked: list[int] = []

    def draw(below: int) -> int:
        asked.append(below)
        return len(asked)

    code = new_paper_code(draw)
    assert (asked, len(set(code))) == ([32] * 12, 12)
    assert len(ALPHABET) ** LENGTH == 2**60
    assert not set("OILU") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "7KQ4-M2XN-91T0",
        "7kq4 m2xn 91t0",
        "7KQ4M2XN91T0",
        "  7kq4 — m2xn — 9lto ",
        "7KQ4.M2XN.9ITO",
        "7KQ4\u00a0M2XN\u202f91tO",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    """Case, gaps and dashes count for nothing; O is zero, I and L are one."""
    assert read_paper_code(typed) == "7KQ4M2XN91T0"
    assert written("7KQ4M2XN91T0") == "7KQ4-M2XN-91T0"


@pytest.mark.parametrize(
    "typed", ["", "7KQ4-M2XN-91T", "7KQ4-M2XN-91T00", "7KQ4-M2XN-91TU", "7KQ4-M2XN-91Té", "٣" * 12]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    """Too short, too long, or a sign of another alphabet."""
    assert read_paper_code(typed) is None


def test_what_is_kept_of_a_code_depends_on_the_instance() -> None:
    """Two instances keep two digests, and none holds the code."""
    digests = {paper_digest(key, "7KQ4M2XN91T0") for key in ("k" * 48, "l" * 48)}
    assert len(digests) == 2
    assert not [one for one in digests if "7KQ4" in one]
