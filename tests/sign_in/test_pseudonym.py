"""A pseudonym is stable, different elsewhere, and says nothing."""

import re

from publisher.sign_in.pseudonym import pseudonym

KEY, OTHER_KEY = "k" * 48, "j" * 48


def test_it_is_26_letters_and_digits() -> None:
    """It fits a column, an address and a log line."""
    assert re.fullmatch(r"[a-z2-7]{26}", pseudonym(KEY, "demo", "demo-ines"))


def test_it_is_the_same_at_each_sign_in() -> None:
    """A grant given once is found again: the figure is written here so that it never changes."""
    assert pseudonym(KEY, "demo", "demo-ines") == pseudonym(KEY, "demo", "demo-ines")
    assert pseudonym(KEY, "demo", "demo-ines") == "c6bpzst2h6cymzg5ohxeaueawi"


def test_it_is_another_elsewhere() -> None:
    """Another subject, source or instance is somebody else, and no two pairs run together."""
    made = {
        pseudonym(KEY, "demo", "ines"),
        pseudonym(KEY, "demo", "samira"),
        pseudonym(KEY, "dem", "oines"),
        pseudonym(KEY, "autre", "ines"),
        pseudonym(OTHER_KEY, "demo", "ines"),
    }
    assert len(made) == 5
