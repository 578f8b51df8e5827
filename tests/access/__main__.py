"""`scripts/test --access`: the whole survey, and its figure as the last line.

usage: python -m tests.access
"""

import json
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.access.live import alone, behind_nginx
from tests.access.matrix import Matrix, make_matrix
from tests.access.moments import EVENING, MOMENTS
from tests.access.planted import FAULTS, Fault, leak_with
from tests.access.survey import Figure
from tests.gate.front_checks import World, world
from tests.gate.planted_nginx import FAULTS as NGINX_FAULTS
from tests.gate.planted_nginx import Fault as NginxFault

_AT_ONCE = 2


def main() -> int:
    """Survey, plant, print; 0 when nothing leaked and every fault was seen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        matrix = make_matrix(folder / "ville")
        figure = Figure()
        for moment in MOMENTS:
            matrix.ask_in_process(moment, figure)
            matrix.decide(moment, figure)
            _say(f"{moment} : {figure.decisions} décisions, {figure.responses} réponses")
        matrix.town.build(MOMENTS[EVENING])
        for put_up in (alone, behind_nginx):
            beside = folder / put_up.__name__
            beside.mkdir()
            with put_up(matrix.town.instance, MOMENTS[EVENING], beside) as server:
                matrix.ask_server(server, figure)
            _say(f"{put_up.__name__} : {figure.responses} réponses, {figure.spellings} écritures")
        if figure.leaks:
            _say(figure.told())
        missed = _missed(matrix, folder)
    planted = len(FAULTS) + len(NGINX_FAULTS)
    told = {
        "decisions": figure.decisions,
        "responses": figure.responses,
        "spellings": figure.spellings,
        "visitors": len(matrix.visitors),
        "moments": len(MOMENTS),
        "leaks": len(figure.leaks),
        "faults_planted": planted,
        "faults_caught": planted - len(missed),
    }
    _say(json.dumps(told))
    return 1 if figure.leaks or missed else 0


def _missed(matrix: Matrix, folder: Path) -> list[str]:
    """The faults that let nothing be seen, each planted in a copy of the town as it was built."""
    evening = folder / "soir"
    shutil.copytree(matrix.town.instance, evening)
    shutil.rmtree(evening / "records")

    def is_missed(numbered: tuple[int, Fault]) -> str:
        number, fault = numbered
        beside = folder / f"faute-{number}"
        beside.mkdir()
        shutil.copytree(evening, beside / "ville")
        leak = leak_with(fault, beside / "ville", beside)
        shutil.rmtree(beside)
        return "" if leak else fault.name

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        missed = [name for name in pool.map(is_missed, enumerate(FAULTS)) if name]
    with world(folder / "devant") as front:
        for planted in NGINX_FAULTS:
            front.change = planted.planted
            if not _is_seen(planted, front):
                missed.append(planted.name)
    for name in missed:
        _say(f"pas vue : {name}")
    return missed


def _is_seen(planted: NginxFault, front: World) -> bool:
    """Say whether the fault's check finds something wrong, or waits in vain for what is right."""
    try:
        return bool(list(planted.seen_by(front)))
    except AssertionError:
        return True


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (a command speaks on its output)


if __name__ == "__main__":
    sys.exit(main())
