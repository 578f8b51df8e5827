"""Codes on paper and in links."""

import secrets

import pytest

from publisher.sign_in.codes import (
    ALPHABET,
    code_digest,
    code_in_link,
    code_of_link,
    in_groups,
    new_code,
    read_code,
)
from publisher.sign_in.routes import return_path

KEYS = ("a" * 40, "b" * 40)


def test_a_code_is_read_as_people_copy_it() -> None:
    """Lower case, blanks and hyphens anywhere; every sign it is made of is drawn."""
    drawn = iter(range(10))
    code = new_code(lambda _below: next(drawn))
    assert code == ALPHABET[:10]
    assert in_groups(code) == "ABCDE-FGHJK"
    for typed in (in_groups(code), in_groups(code).lower(), " abcde fghjk\n", "a-b-c-d-e-fghjk"):
        assert read_code(typed) == code
    assert len({new_code(secrets.randbelow) for _one in range(500)}) == 500


@pytest.mark.parametrize(
    "typed", ["", "ABCDE-FGHJ", "ABCDE-FGHJKL", "ABCDE-FGHJ0", "ABCDE-FGHJI", "ÀBCDE-FGHJK"]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    """Too short, too long, signs that no code has."""
    assert read_code(typed) is None


def test_a_link_is_good_under_any_key_and_says_one_code() -> None:
    """The last key seals; once a key is taken away, what it sealed is nothing."""
    part = code_in_link("ABCDEFGHJK", KEYS)
    assert code_of_link(part, KEYS) == "ABCDEFGHJK"
    assert code_of_link(code_in_link("ABCDEFGHJK", KEYS[:1]), KEYS) == "ABCDEFGHJK"
    assert code_of_link(part, KEYS[:1]) is None
    for wrong in ("", part[:-1], f"{part}a", part.upper(), part.replace("-", "", 1), "é-é"):
        assert code_of_link(wrong, KEYS) is None
    assert return_path(f"/equipe/invitation/{part}", "/equipe") == f"/equipe/invitation/{part}"


def test_a_digest_is_for_one_purpose_and_one_instance() -> None:
    """A recovery code is no invitation, and another town's key gives another digest."""
    digests = {
        code_digest(key, purpose, "ABCDEFGHJK") for key in KEYS for purpose in ("one", "other")
    }
    assert len(digests) == 4
