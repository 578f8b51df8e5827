"""The evening peak: 7 000 families come within ten minutes, compressed, each as a browser does.

Families arrive on their own clock, whatever the server does: when it is slow, they pile up. Each has
an address of its own on the loopback (127.x.y.z), as each has at home.
"""

import asyncio
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from gate_town import Evening, ReadTown, subject_of

CLIENTS = 2
"""Processes that play the families."""
_LINES = 6
"""Connections by which a browser fetches photos at once."""
_WAITS_S = 30.0
_BEGINS_IN_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be played: families, seconds, where, and what each reads."""

    families: int
    seconds: float
    port: int
    ent_port: int
    evenings: tuple[Evening, ...]
    lengths: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What the families saw. Times are milliseconds, from asking to the last byte."""

    statuses: Counter[int] = field(default_factory=Counter)
    page_ms: list[float] = field(default_factory=list)
    photo_ms: list[float] = field(default_factory=list)
    sign_in_ms: list[float] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    client_s: float = 0.0
    lasted_s: float = 0.0

    @property
    def requests(self) -> int:
        """How many requests Préau was asked, the ENT's not counted."""
        return self.statuses.total()

    @property
    def server_errors(self) -> int:
        """How many answers were of the 5xx kind."""
        return sum(count for status, count in self.statuses.items() if status >= 500)  # noqa: PLR2004 (server errors begin there)

    def add(self, other: "Seen") -> None:
        """Count what another client saw."""
        self.statuses += other.statuses
        self.lost += other.lost
        self.page_ms += other.page_ms
        self.photo_ms += other.photo_ms
        self.sign_in_ms += other.sign_in_ms
        self.client_s += other.client_s
        self.lasted_s = max(self.lasted_s, other.lasted_s)


class Unexpected(Exception):
    """An answer that a family did not expect; the argument says which."""


def plan_of(town: ReadTown, *, families: int, seconds: float, port: int, ent_port: int) -> Plan:
    """The evening of *town*."""
    paths = {path for one in town.evenings for path in (one.home, one.article, *one.photos)}
    return Plan(
        families=families,
        seconds=seconds,
        port=port,
        ent_port=ent_port,
        evenings=town.evenings,
        lengths={path: town.length_of(path) for path in paths},
    )


def play(plan: Plan) -> Seen:
    """Play the evening, and say what was seen."""
    context = multiprocessing.get_context("spawn")
    begins = time.time() + _BEGINS_IN_S
    seen = Seen()
    with context.Pool(CLIENTS) as pool:
        for one in pool.starmap(_play_some, [(plan, turn, begins) for turn in range(CLIENTS)]):
            seen.add(one)
    return seen


def _play_some(plan: Plan, turn: int, begins: float) -> Seen:
    """One client process: the families whose number falls to it."""
    return asyncio.run(_families(plan, turn, begins))


async def _families(plan: Plan, turn: int, begins: float) -> Seen:
    seen = Seen()
    chance = random.Random(turn)  # noqa: S311 (arrivals, the same each time)
    numbers = range(turn, plan.families, CLIENTS)
    moments = sorted(chance.uniform(0, plan.seconds) for _number in numbers)
    used, began = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, moment in zip(numbers, moments, strict=True):
            await asyncio.sleep(max(0.0, begins + moment - time.time()))
            group.create_task(_family(plan, number, seen))
    seen.client_s = time.process_time() - used
    seen.lasted_s = time.perf_counter() - began
    return seen


async def _family(plan: Plan, number: int, seen: Seen) -> None:
    evening = plan.evenings[number % len(plan.evenings)]
    visit = _Visit(plan=plan, number=number, seen=seen)
    try:
        async with asyncio.timeout(_WAITS_S):
            await visit.sign_in()
            await visit.read(evening.home, seen.page_ms)
            await visit.read(evening.article, seen.page_ms)
            await visit.read_photos(evening.photos)
    except (Unexpected, OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        seen.lost[f"{type(error).__name__}: {error}"[:120]] += 1
    finally:
        visit.close()


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One family's browser."""

    plan: Plan
    number: int
    seen: Seen
    cookies: dict[str, str] = field(default_factory=dict)
    lines: "list[_Line]" = field(default_factory=list)

    async def sign_in(self) -> None:
        """From the door to the home's address, by the ENT."""
        began = time.perf_counter()
        line = await self._line(self.plan.port)
        hint = subject_of(self.number)
        to_ent = await self._get(line, f"/entrer/demo?vers=/&login_hint={hint}", 303)
        ent = await self._line(self.plan.ent_port)
        back = await ent.get(_path_of(to_ent.headers["location"]), {})
        ent.close()
        entered = await self._get(line, _path_of(back.headers["location"]), 303)
        await self._get(line, _path_of(entered.headers["location"]), 302)
        self.seen.sign_in_ms.append((time.perf_counter() - began) * 1000)

    async def read(self, path: str, times: list[float], line: "_Line | None" = None) -> None:
        """Read one file whole, and note how long it took."""
        began = time.perf_counter()
        answer = await self._get(line or self.lines[0], path, 200)
        times.append((time.perf_counter() - began) * 1000)
        if answer.length != self.plan.lengths[path]:
            raise Unexpected(f"{answer.length} bytes")

    async def read_photos(self, paths: Sequence[str]) -> None:
        """Read them all, a few at once."""
        waiting = list(paths)

        async def fetch(line: "_Line") -> None:
            while waiting:
                await self.read(waiting.pop(), self.seen.photo_ms, line)

        lines = [self.lines[0]]
        lines += [await self._line(self.plan.port) for _ in range(_LINES - 1)]
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(fetch(line))

    def close(self) -> None:
        """Leave."""
        for line in self.lines:
            line.close()

    async def _line(self, port: int) -> "_Line":
        home = f"127.{1 + self.number // 62_500}.{self.number // 250 % 250}.{1 + self.number % 250}"
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(home, 0))
        line = _Line(reader=reader, writer=writer)
        if port == self.plan.port:
            self.lines.append(line)
        return line

    async def _get(self, line: "_Line", path: str, expected: int) -> "_Answer":
        answer = await line.get(path, self.cookies)
        self.seen.statuses[answer.status] += 1
        for name, morsel in answer.cookies.items():
            self.cookies[name] = morsel
            if not morsel:
                del self.cookies[name]
        if answer.status != expected:
            raise Unexpected(f"{answer.status} at {path.partition('?')[0]}")
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One connection, kept."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def get(self, path: str, cookies: Mapping[str, str]) -> _Answer:
        """The answer to one request, its body read and counted."""
        kept = "; ".join(f"{name}={value}" for name, value in cookies.items())
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {kept}\r\n\r\n"
        self.writer.write(head.encode())
        status_line, *rest = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers, planted = {}, SimpleCookie()
        for one in rest:
            name, _colon, value = one.partition(":")
            if name.lower() == "set-cookie":
                planted.load(value.strip())
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        await self.reader.readexactly(length)
        return _Answer(
            status=int(status_line.split()[1]),
            headers=headers,
            cookies={name: morsel.value for name, morsel in planted.items()},
            length=length,
        )

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def _path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
