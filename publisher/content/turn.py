"""Whose turn it is to write: one at a time, among all the threads and processes of a machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing_turn(content: Path) -> Iterator[None]:
    """Wait until nobody else holds the turn in *content*, and hold it.

    The lock is on the folder itself, so that it leaves nothing behind and ends with its process,
    killed or not. Raises OSError when the folder can be neither made nor opened.
    """
    content.mkdir(parents=True, exist_ok=True)
    folder = os.open(content, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone would leave it to a child that was forked meanwhile.
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)
