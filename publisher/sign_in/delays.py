"""How long to wait after so many tries: nothing for a slip of the finger, an hour for a machine.

Pure. CNIL, délibération 2022-100: access held up, or locked after ten failures at most.
"""

from datetime import timedelta

LOCKED_AFTER = 10
ACCOUNT_REMEMBERED_FOR = timedelta(hours=24)
"""How long the tries at one account count: a lock that grew stays grown for a night."""
NETWORK_REMEMBERED_FOR = timedelta(minutes=15)
"""How long the tries from one network count: minutes, since a whole school may share one."""

_FREE = 2
_FIRST = timedelta(seconds=5)
_LOCK = timedelta(minutes=10)
_LONGEST = timedelta(hours=1)
_FREE_FOR_A_NETWORK = 30
_NETWORK_PACE = timedelta(minutes=1)


def wait_at_account(taken: int) -> timedelta:
    """How long after the *taken*-th failed try at one account before the next is looked at.

    Two are free; then 5 s, doubling; from the tenth the account is locked for ten minutes,
    doubling up to an hour. It never locks for good: anybody could lock anybody out.
    """
    if taken <= _FREE:
        return timedelta()
    if taken < LOCKED_AFTER:
        return _FIRST * (1 << (taken - _FREE - 1))
    return min(_LONGEST, _LOCK * (1 << min(taken - LOCKED_AFTER, 10)))


def wait_at_network(taken: int) -> timedelta:
    """The same for one network address: thirty are free, then one a minute."""
    return timedelta() if taken < _FREE_FOR_A_NETWORK else _NETWORK_PACE
