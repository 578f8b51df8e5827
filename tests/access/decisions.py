"""The decision alone, a million times: every visitor, every moment, every file, a dozen spellings."""

from datetime import datetime
from itertools import cycle, islice
from urllib.parse import unquote

from publisher.gate.visitor import Visitor as GateVisitor
from publisher.gate.visitor import visitor_of
from publisher.model.space import space_of
from publisher.model.town import Town
from publisher.records import Records
from publisher.sign_in.passes import Passes
from tests.access.policy import Policy
from tests.access.spellings import SPELLINGS
from tests.access.survey import Figure
from tests.access.town import File, Space
from tests.access.visitors import Visitor

SPELLINGS_OF_A_FILE = 14


def decide_everything(
    *,
    town: Town,
    passes: Passes,
    records: Records,
    visitors: tuple[Visitor, ...],
    files: tuple[File, ...],
    now: datetime,
    figure: Figure,
) -> None:
    """Ask for each decision, and compare it with the policy."""
    spelled = _spelled(files)
    policy = Policy()
    for visitor in visitors:
        environ = {"HTTP_COOKIE": visitor.headers.get("Cookie", "")}
        met = visitor_of(environ, town, passes, records, lambda: now)
        allowed = {
            (file.space, file.kind): policy.reads(
                visitor.who,
                "oui" if visitor.charter else "non",
                file.kind,
                "en ligne",
                visitor.link(file.space),
                visitor.dates(now),
            )
            for file in files
        }
        for file, paths in spelled:
            for path in paths:
                figure.decisions += 1
                is_let_in = _is_let_in(met, path)
                if path == file.path and is_let_in is not allowed[file.space, file.kind]:
                    figure.leak(f"{visitor.name}, {path} : décidé {is_let_in}")
                elif is_let_in and not _is_allowed(allowed, path):
                    figure.leak(f"{visitor.name}, {path} : laissé entrer")


def _is_let_in(met: GateVisitor, path: str) -> bool:
    space = space_of(path)
    return space is not None and met.may_read(space)


def _is_allowed(allowed: dict[tuple[Space, str], bool], path: str) -> bool:
    """Whether the policy opens the space that *path* names, read off the path by hand."""
    names = path.split("/")
    group = names[3] if len(names) > 4 and names[2] == "groupes" else None
    return allowed.get(((names[1], group), "page"), False)


def _spelled(files: tuple[File, ...]) -> list[tuple[File, tuple[str, ...]]]:
    """Each file but the theme's, as it is and as the next spellings write it."""
    first, *others = SPELLINGS.values()
    turning = cycle(others)
    return [
        (
            file,
            tuple(
                unquote(spell(file.path)).partition("?")[0]
                for spell in (first, *islice(turning, SPELLINGS_OF_A_FILE - 1))
            ),
        )
        for file in files
        if file.kind != "thème"
    ]
