"""The policy's table says something of every case, and no line of it is there for nothing."""

from tests.access.policy import Policy


def test_every_case_is_decided() -> None:
    """Whoever, whatever file, whenever: one line of the table speaks of it."""
    policy = Policy()
    assert policy.undecided() == []


def test_no_line_is_useless() -> None:
    """A line that an earlier one covers whole would be a promise that nobody keeps."""
    assert [row.why for row in Policy().useless()] == []
