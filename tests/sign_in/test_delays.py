"""How long to wait after so many tries."""

from datetime import timedelta

from publisher.sign_in.delays import wait_at_account, wait_at_network

HOUR = timedelta(hours=1)


def test_two_slips_are_free_and_the_tenth_failure_locks() -> None:
    """Then it doubles, ten minutes at the tenth, an hour at most, however many there were."""
    seconds = [int(wait_at_account(taken).total_seconds()) for taken in range(15)]
    assert seconds == [0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 600, 1200, 2400, 3600, 3600]
    assert wait_at_account(10**6) == HOUR


def test_a_machine_has_fewer_than_a_hundred_tries_an_hour() -> None:
    """At one account whatever it does, and from one network whatever the accounts."""
    for wait_after, most in ((wait_at_account, 15), (wait_at_network, 100)):
        spent, taken = timedelta(), 0
        while spent < HOUR:
            taken += 1
            spent += max(wait_after(taken), timedelta(milliseconds=1))
        assert taken <= most
