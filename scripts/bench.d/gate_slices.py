"""Short slices of load, in turn.

Each round asks every server for the same thing, so that a slow minute of the machine is everybody's.
"""

import re
import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate_servers import Server

CONNECTIONS = 64
_MET_IN_A_SECOND = 200
"""A pass that is met for the first time costs a reading of the records, in each process."""
_ROUNDED = 0.98
"""wrk tells what it read in three figures."""
_THREADS = 2
_LUA = """\
local cookies = {{}}
for line in io.lines("{cookies}") do cookies[#cookies + 1] = line end
local requests, turn = {{}}, 0
function init(_)
  for i, cookie in ipairs(cookies) do
    requests[i] = wrk.format("GET", "{path}", {{ ["Host"] = "{host}", ["Cookie"] = cookie }})
  end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
"""


class AnswersAreWrong(Exception):
    """Some answers of a slice were not 200, or did not come; wrk's words are the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked again and again: a file of `length` bytes, by each of the passes in turn."""

    path: str
    length: int
    cookies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One server, asked for one thing by so many passes, for a moment.

    `cpu_us` are microseconds of processor for one request: the server's and the client's, which
    share the machine.
    """

    requests: int
    per_second: float
    cpu_us: float
    p99_ms: float


def take(server: Server, asked: Asked, folder: Path, seconds: int) -> Slice:
    """Load *server* for *seconds*. Raises AnswersAreWrong."""
    url = f"http://127.0.0.1:{server.port}{asked.path}"
    command = ["wrk", f"-t{_THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    client, serving = _children_s(), server.cpu_s()
    told = subprocess.run(  # noqa: S603 (the bench's own command)
        [*command, *_passes(server, asked, folder), url],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    used = _children_s() - client + server.cpu_s() - serving
    counted = re.search(r"(\d+) requests in [\d.]+\w+, ([\d.]+)([KMG]?)B read", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    if not counted or not rate or not slowest or "Non-2xx" in told or "Socket errors" in told:
        raise AnswersAreWrong(f"{server.name} {asked.path}: {told}")
    requests = int(counted[1])
    read = float(counted[2]) * {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}[counted[3]]
    if read / requests < asked.length * _ROUNDED:
        # A redirection to the door is no error for wrk: the bytes tell.
        raise AnswersAreWrong(f"{server.name} {asked.path}: {read / requests:.0f} bytes each")
    return Slice(
        requests=requests,
        per_second=float(rate[1]),
        cpu_us=used / requests * 1e6,
        p99_ms=float(slowest[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]],
    )


def in_turn(
    servers: Sequence[Server], asked: Asked, folder: Path, rounds: int, seconds: int
) -> list[tuple[Slice, ...]]:
    """Rounds of slices, one of each server; a first one, in which each meets its passes, is not kept."""
    for server in servers:
        take(server, asked, folder, 1 + len(asked.cookies) // _MET_IN_A_SECOND)
    kept = []
    for turn in range(rounds):
        # Whoever goes first is another at each round.
        order = [*servers[turn % len(servers) :], *servers[: turn % len(servers)]]
        taken = {server.name: take(server, asked, folder, seconds) for server in order}
        kept.append(tuple(taken[server.name] for server in servers))
    return kept


def _passes(server: Server, asked: Asked, folder: Path) -> list[str]:
    """How wrk is given the passes: one as a header, several by a script of its own."""
    if len(asked.cookies) == 1:
        return ["-H", f"Cookie: {asked.cookies[0]}"]
    listed, script = folder / "passes", folder / "passes.lua"
    listed.write_text("\n".join(asked.cookies), "ascii")
    host = f"127.0.0.1:{server.port}"
    script.write_text(_LUA.format(cookies=listed, path=asked.path, host=host), "utf-8")
    return ["-s", str(script)]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
