"""One turn to write at a time, between threads and between processes."""

import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from publisher.content.turn import writing_turn
from tests.waiting import wait_until


def _hold(content: Path, talk: Connection) -> None:
    """Another process: take the turn, say so, keep it until told."""
    with writing_turn(content):
        talk.send("mine")
        talk.recv()


def test_another_process_waits_for_its_turn(tmp_path: Path) -> None:
    """Nobody writes while another process holds the turn; its end, even killed, gives it back."""
    content = tmp_path / "content"
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    holder = context.Process(target=_hold, args=(content, there))
    holder.start()
    assert here.recv() == "mine"
    got = threading.Event()

    def take() -> None:
        with writing_turn(content):
            got.set()

    taker = threading.Thread(target=take)
    taker.start()
    wait_until(lambda: _somebody_waits(content), "a wait for the turn")
    assert not got.is_set()
    holder.kill()
    holder.join()
    taker.join()
    assert got.is_set()


def _somebody_waits(content: Path) -> bool:
    """Say whether the kernel knows of somebody who waits for the lock of *content*."""
    locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return any("-> FLOCK" in one and f":{content.stat().st_ino} " in one for one in locks)


def test_two_threads_take_turns(tmp_path: Path) -> None:
    """What is read at the beginning of a turn is still true at its end."""
    count = tmp_path / "count"
    count.write_text("0", encoding="ascii")

    def add() -> None:
        for _ in range(50):
            with writing_turn(tmp_path):
                count.write_text(str(int(count.read_text(encoding="ascii")) + 1), encoding="ascii")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.read_text(encoding="ascii") == "200"


def test_a_turn_ends_with_what_failed_in_it(tmp_path: Path) -> None:
    """A failure gives the turn back, and leaves no file behind."""
    with pytest.raises(ZeroDivisionError), writing_turn(tmp_path):
        raise ZeroDivisionError
    with writing_turn(tmp_path):
        assert list(tmp_path.iterdir()) == []
