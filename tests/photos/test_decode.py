"""What the child that opens images may do."""

import signal
import subprocess
import sys

import pytest

BEGINS = """
import socket
from publisher.photos.decode import give_up_rights
give_up_rights(600_000_000, 1)
"""


def outcome_of(program: str) -> subprocess.CompletedProcess[str]:
    """What becomes of *program* once it has given up its rights."""
    command = [sys.executable, "-c", BEGINS + program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_endless_decoder_is_stopped_by_the_kernel() -> None:
    """Processor time has an end, whatever the decoder does."""
    assert outcome_of("while True: pass").returncode == -signal.SIGXCPU


@pytest.mark.parametrize(
    ("deed", "rule"),
    [
        ("open('/proc/self/maps')", OSError),
        ("open('/dev/null', 'wb')", OSError),
        ("socket.socket()", OSError),
        ("bytes(900_000_000)", MemoryError),
    ],
    ids=["read", "write", "connect", "memory"],
)
def test_a_decoder_led_astray_owns_nothing(deed: str, rule: type[Exception]) -> None:
    """No file is read or written, no connection made, no more memory taken than allowed."""
    program = f"try:\n    {deed}\nexcept {rule.__name__}:\n    print('held')\n"
    assert outcome_of(program).stdout == "held\n"
