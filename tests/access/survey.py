"""Every file, every visitor, every moment, every spelling: what came, against what the policy says.

It counts what it asked, and keeps each leak as a sentence. It knows nothing of the gate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote_to_bytes

from tests.access.asking import Reply
from tests.access.marks import marks_in
from tests.access.policy import Policy
from tests.access.spellings import SPELLINGS
from tests.access.town import CENTRES, File, Marked
from tests.access.visitors import Visitor

MAX_LEAKS_TOLD = 40
_CHANGING_HEADERS = {"date", "server", "connection", "keep-alive"}
_NEVER = (
    "edition.json",
    ".lock",
    "index.sqlite",
    "journal.json",
    "site/index.html",
    "placed/00.json",
)
"""What stands beside a built site, as addresses one could try."""


class Server(Protocol):
    """Whatever answers: a function in this process, or a program at a port."""

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The answer to one request."""


@dataclass
class Figure:
    """What was asked, and what leaked."""

    responses: int = 0
    spellings: int = 0
    decisions: int = 0
    leaks: list[str] = field(default_factory=list)

    def leak(self, sentence: str) -> None:
        """Keep one leak, as a sentence."""
        self.leaks.append(sentence)

    def told(self) -> str:
        """The first leaks, a line each."""
        return "\n".join(self.leaks[:MAX_LEAKS_TOLD])


class Survey:
    """Asks one server, at one moment, as every visitor.

    *built_at* is when the sites were built, when it is not *now*.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        files: tuple[File, ...],
        posts: tuple[Marked, ...],
        now: datetime,
        figure: Figure,
        built_at: datetime | None = None,
    ) -> None:
        self._policy, self._files, self._posts = policy, files, posts
        self._now, self._figure = now, figure
        self._built_at = now if built_at is None else built_at
        self._allowed = cache(self._allowed_to)
        self._marks_of = {file.path: marks_in(file.content) for file in files}

    def reads(self, visitor: Visitor, file: File) -> bool:
        """Say whether the policy lets *visitor* read *file*, which is in the tree."""
        return self._policy.reads(
            visitor.who,
            "oui" if visitor.charter else "non",
            file.kind,
            "en ligne",
            visitor.link(file.space),
            visitor.dates(self._now),
        )

    def every_file(self, server: Server, visitor: Visitor) -> None:
        """Each file of each site: delivered whole, or refused as what does not exist is."""
        absent = self._absent(server, visitor)
        for file in self._files:
            reply = self._ask(server, visitor, file.path)
            if self.reads(visitor, file):
                if (reply.status, reply.body) != (200, file.content):
                    self._figure.leak(f"{visitor.name} ne reçoit pas {file.path} ({reply.status})")
            else:
                self._refused_alike(visitor, file.path, reply, absent)

    def other_ways(self, server: Server, visitor: Visitor) -> None:
        """The same with HEAD, Range, and a validator: nothing more comes, nothing else is said."""
        absent = self._absent(server, visitor)
        for file in self._files:
            reads = self.reads(visitor, file)
            head = self._ask(server, visitor, file.path, "HEAD")
            part = self._ask(server, visitor, file.path, more={"Range": "bytes=0-10"})
            known = self._ask(server, visitor, file.path, more={"If-None-Match": "*"})
            if head.body:
                self._figure.leak(f"{visitor.name} : HEAD de {file.path} a un corps")
            if reads:
                expected = {200, 206}, {200, 304}
                if (
                    head.status != 200
                    or part.status not in expected[0]
                    or known.status not in expected[1]
                ):
                    self._figure.leak(f"{visitor.name} : {file.path} autrement que par GET")
                continue
            for reply in (part, known):
                self._refused_alike(visitor, file.path, reply, absent)
            whole, nothing = absent[Path(file.path).suffix], _nothing(file.path)
            if (head.status, _headers(head, file.path)) != (whole.status, _headers(whole, nothing)):
                self._figure.leak(
                    f"{visitor.name} : HEAD de {file.path} n'est pas celui d'une absence"
                )

    def every_spelling(self, server: Server, visitor: Visitor, files: tuple[File, ...]) -> None:
        """Each way to write the address of some files: no mark that is not theirs comes back."""
        for file in files:
            for spell in SPELLINGS.values():
                self._ask(server, visitor, spell(file.path))
                self._figure.spellings += 1

    def _ask(
        self,
        server: Server,
        visitor: Visitor,
        target: str,
        method: str = "GET",
        more: Mapping[str, str] | None = None,
    ) -> Reply:
        reply = server.ask(target, method, {**visitor.headers, **(more or {})})
        self._figure.responses += 1
        told = marks_in(reply.body) | marks_in(repr(reply.headers).encode())
        asked = marks_in(target.encode()) | marks_in(unquote_to_bytes(target))
        foreign = told - self._allowed(visitor.name) - asked
        if foreign:
            self._figure.leak(f"{visitor.name} : {method} {target} montre {sorted(foreign)[:3]}")
        return reply

    def learn(self, visitors: tuple[Visitor, ...]) -> None:
        """Work out what each visitor may see of the posts."""
        self._by_name = {visitor.name: visitor for visitor in visitors}

    def _allowed_to(self, name: str) -> frozenset[str]:
        visitor = self._by_name[name]
        return frozenset(
            mark
            for post in self._posts
            if self._policy.reads(
                visitor.who,
                "oui" if visitor.charter else "non",
                "page",
                post.state(self._built_at),
                visitor.link(post.space),
                visitor.dates(self._now),
            )
            for mark in post.marks
        )

    def _absent(self, server: Server, visitor: Visitor) -> dict[str, Reply]:
        return {
            suffix: self._ask(server, visitor, _nothing(suffix))
            for suffix in (".html", ".jpg", ".xml")
        }

    def _refused_alike(
        self, visitor: Visitor, path: str, reply: Reply, absent: Mapping[str, Reply]
    ) -> None:
        whole = absent[Path(path).suffix]
        seen = (reply.status, _headers(reply, path), reply.body)
        if seen != (whole.status, _headers(whole, _nothing(path)), whole.body):
            self._figure.leak(f"{visitor.name} : le refus de {path} n'est pas celui d'une absence")

    def every_decision(self, server: Server, visitor: Visitor) -> None:
        """What a server in front is told of each space: yes or no, and nothing about anything else."""
        spaces = {file.space: file for file in self._files if file.kind == "page"}
        for (centre, group), file in spaces.items():
            prefix = f"/{centre}/" if group is None else f"/{centre}/groupes/{group}/"
            for asked, is_space in (
                (prefix, True),
                (f"{prefix}x.html", False),
                (prefix[:-1], False),
            ):
                reply = self._ask(server, visitor, "/decision", more={"X-Preau-Space": asked})
                expected = 204 if is_space and self.reads(visitor, file) else 403
                if (reply.status, reply.body) != (expected, b""):
                    self._figure.leak(f"{visitor.name} : décision sur {asked} : {reply.status}")
        if self._ask(server, visitor, "/decision").status < 300:
            self._figure.leak(f"{visitor.name} : une décision sur rien")

    def nothing_beside(self, server: Server, visitor: Visitor) -> None:
        """What is not for now, and what is the press's own, is at no address."""
        for post in self._posts:
            if post.state(self._built_at) == "en ligne":
                continue
            for path in _addresses_of(post):
                if self._ask(server, visitor, path).status == 200:
                    self._figure.leak(f"{visitor.name} lit {path}, qui n'est pas pour maintenant")
        for centre in CENTRES:
            for name in _NEVER:
                for path in (f"/{centre}/{name}", f"/{centre}/../{centre}/{name}"):
                    if self._ask(server, visitor, path).status == 200:
                        self._figure.leak(f"{visitor.name} lit {path}, qui est à la rotative")


def one_of_each_class(files: tuple[File, ...]) -> tuple[File, ...]:
    """A page, a photo and a feed of a centre and of a group, and a file of the theme."""
    found: dict[tuple[str, bool], File] = {}
    for file in sorted(files, key=lambda file: ("marque" not in file.path, file.path)):
        if file.space[0] == CENTRES[0]:
            found.setdefault((file.kind, file.space[1] is None), file)
    return tuple(found[key] for key in sorted(found))


def _addresses_of(post: Marked) -> Iterator[str]:
    centre, group = post.space
    prefix = f"/{centre}/" if group is None else f"/{centre}/groupes/{group}/"
    for mark in sorted(post.marks):
        if mark.startswith("photo "):
            yield f"{prefix}photos/{mark.removeprefix('photo ')}/480.jpg"
        elif mark.startswith("marque-"):
            yield f"{prefix}articles/{mark}.html"


def _nothing(path: str) -> str:
    """An address of the same kind at which nothing is."""
    return f"/{CENTRES[0]}/rien-de-tel{path[path.rindex('.') :]}"


def _headers(reply: Reply, path: str) -> tuple[tuple[str, str], ...]:
    """The headers that say something, the address that was asked left out of them."""
    return tuple(
        sorted(
            (name, value.replace(quote(path, safe="/"), "…") if path else value)
            for name, value in reply.headers
            if name not in _CHANGING_HEADERS
        )
    )
