"""`scripts/bench gate`: Préau alone, and behind nginx, beside nginx alone; then the evening peak.

One run, one machine, the same files; slices are taken in turn so that a slow minute is shared.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import gate_peak
import gate_report
import gate_servers
import gate_slices
import gate_town

_PASSES = 1_000
_TEN_MINUTES_S = 600


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and with `--json` end with one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench gate",
        description="Le portail à côté de nginx seul, sur les mêmes fichiers ; puis le soir.",
    )
    parser.add_argument("--rounds", type=int, default=9, help="tours de chaque mesure (9)")
    parser.add_argument("--seconds", type=int, default=2, help="secondes de chaque tranche (2)")
    parser.add_argument("--families", type=int, default=7_000, help="les familles du soir (7000)")
    parser.add_argument(
        "--compressed", type=float, default=2, help="fois que les dix minutes sont comprimées (2)"
    )
    parser.add_argument("--centres", type=int, default=12, help="centres de la ville (12)")
    parser.add_argument("--quick", action="store_true", help="petit et vite : pour essayer le banc")
    parser.add_argument("--folder", type=Path, help="où travailler (sinon un dossier temporaire)")
    parser.add_argument("--json", action="store_true", help="la dernière ligne est du JSON")
    given = parser.parse_args(arguments)
    if given.quick:
        given.rounds, given.seconds, given.centres = 2, 1, 2
        given.families, given.compressed = 200, _TEN_MINUTES_S / 10
    with ExitStack() as stack:
        folder = given.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="preau-bench-"))
        )
        try:
            return _measure(given, folder.resolve(), stack)
        except (
            gate_town.TownIsNotBuilt,
            gate_servers.ServerDidNotStart,
            gate_slices.AnswersAreWrong,
        ) as error:
            print(f"Le banc s'arrête là : {error}", file=sys.stderr)
            return 1


def _measure(given: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    machine = _machine()
    print("Machine : " + ", ".join(f"{name} {value}" for name, value in machine.items()))
    _say(f"la ville : {given.centres} centres")
    serve_port, ent_port = gate_servers.free_port(), gate_servers.free_port()
    town = gate_town.make_town(
        folder / "town",
        centres=given.centres,
        ent=f"http://127.0.0.1:{ent_port}",
        public_url=f"http://127.0.0.1:{serve_port}",
    )
    gate_town.accept_charters(town, max(given.families, _PASSES))
    # Decisions are kept in memory in a town; so they are here.
    memory = stack.enter_context(
        tempfile.TemporaryDirectory(prefix="preau-bench-", dir=_in_memory())
    )
    raw = stack.enter_context(gate_servers.raw_nginx(town, folder / "raw"))
    alone = stack.enter_context(gate_servers.preau_serve(town, folder / "serve", serve_port))
    front = stack.enter_context(gate_servers.nginx_in_front(town, Path(memory) / "front", alone))
    stack.enter_context(gate_servers.ent(town, folder / "ent", ent_port))
    passes = tuple(gate_town.cookies_of(town, _PASSES))
    compared = []
    for count in (1, _PASSES):
        for what, path in (("page", town.page), ("photo", town.photo)):
            _say(f"{what}, {count} laissez-passer")
            asked = gate_slices.Asked(
                path=path, length=town.length_of(path), cookies=passes[:count]
            )
            taken = gate_slices.in_turn(
                (raw, front, alone), asked, folder, given.rounds, given.seconds
            )
            compared.append(
                gate_report.Compared(
                    what=what,
                    length=asked.length,
                    passes=count,
                    names=(gate_report.RAW, gate_report.FRONT, gate_report.ALONE),
                    rounds=taken,
                )
            )
    gate_report.show(compared)
    _say(f"le soir : {given.families} familles")
    plan = gate_peak.plan_of(
        town,
        families=given.families,
        seconds=_TEN_MINUTES_S / given.compressed,
        port=front.port,
        ent_port=ent_port,
    )
    seen = gate_peak.play(plan)
    gate_report.show_peak(plan, seen)
    if given.json:
        print(json.dumps(gate_report.as_json(machine, compared, plan, seen)), flush=True)
    return 0


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def _in_memory() -> Path | None:
    memory = Path("/dev/shm")  # noqa: S108 (a folder of our own is made in it)
    return memory if memory.is_dir() else None


def _machine() -> dict[str, object]:
    """The machine, and the versions of what is measured."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "nginx": _told("nginx", "-v").rpartition("/")[2].strip(),
        "wrk": _told("wrk", "-v").split()[1],
    }


def _told(program: str, wish: str) -> str:
    """What a program says of itself."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise gate_servers.ServerDidNotStart(program)
    done = subprocess.run((found, wish), capture_output=True, text=True, check=False)  # noqa: S603 (a program of the bench's own)
    return done.stdout + done.stderr
