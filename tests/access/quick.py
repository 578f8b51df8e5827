"""A short survey of a town that is built already: enough to see each planted fault, and to stop at one."""

import json
from collections.abc import Iterator
from pathlib import Path

from publisher.records import open_records
from publisher.sign_in.passes import FAMILY, Passes
from tests.access.decisions import decide_everything
from tests.access.moments import EVENING, MOMENTS
from tests.access.policy import Policy
from tests.access.servers import InProcess, gate_at, settings_of
from tests.access.survey import Figure, Survey, one_of_each_class
from tests.access.town import File, MarkedTown, posts_kept
from tests.access.visitors import Crowd

_LOOKED_AT = (
    EVENING,
    "une seconde avant la fin",
    "à la fin",
    "l'année scolaire suivante",
)


_TYPICAL = {"anonyme", "famille, classe inconnue", "famille des moyens", "animatrice jusqu'au 19"}


def first_leak(instance: Path) -> str:
    """The first leak of the town in *instance*, which was built in the evening; empty when none."""
    return next(_leaks(instance), "")


def main(instance: str) -> None:
    """Print it, as the last line."""
    print(json.dumps({"leak": first_leak(Path(instance))}))  # noqa: T201 (its caller reads it)


def _leaks(instance: Path) -> Iterator[str]:
    town = MarkedTown(instance=instance, posts=posts_kept(instance))
    settings = settings_of(instance)
    records = open_records(settings.database_url)
    visitors = Crowd(settings, town.town.public_url, records).all()
    files = town.files()
    chosen = one_of_each_class(files)
    elsewhere = tuple(_like(file, files) for file in chosen)
    passes = Passes(settings.gate_keys, FAMILY, town.town.public_url)
    for moment in _LOOKED_AT:
        figure = Figure()
        decide_everything(
            town=town.town,
            passes=passes,
            records=records,
            visitors=visitors,
            files=files,
            now=MOMENTS[moment],
            figure=figure,
        )
        yield from figure.leaks
        survey = Survey(
            policy=Policy(),
            files=(*chosen, *elsewhere),
            posts=town.posts,
            now=MOMENTS[moment],
            figure=figure,
            built_at=MOMENTS[EVENING],
        )
        survey.learn(visitors)
        server = InProcess(gate_at(instance, MOMENTS[moment], records))
        for visitor in visitors:
            survey.every_file(server, visitor)
            if moment == EVENING:
                survey.every_decision(server, visitor)
            if moment == EVENING and visitor.name in _TYPICAL:
                survey.nothing_beside(server, visitor)
                survey.every_spelling(server, visitor, chosen[:2])
            yield from figure.leaks


def _like(one: File, files: tuple[File, ...]) -> File:
    """A file of the same class in another group, or another centre."""
    return next(
        file
        for file in reversed(files)
        if file.kind == one.kind and (file.space[1] is None) is (one.space[1] is None)
    )
