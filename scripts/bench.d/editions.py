"""`scripts/bench editions`: the press beside Hugo, Eleventy and stock Pelican, on the same content.

One run, one machine, one content; builds are taken in turn so that a slow minute is shared, and
each figure is the median of its rounds.
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import measure
import ours
import report
import rivals

SEED = 1
WARM_UP = 3
RUSH = 93
"""Publications of a Wednesday evening, from 17 h to 17 h 15, in a town of 31 centres."""
SETTLES_S = 2.0
"""A press that used no processor for so long has finished what a theme's change asked."""


@dataclass(slots=True, kw_only=True)
class AtOneSize:
    """What was measured with so many posts in one centre."""

    posts: int
    clean: list[measure.Run] = field(default_factory=list)
    weight: measure.Weight | None = None
    built: dict[str, list[measure.Run]] = field(default_factory=dict)
    weights: dict[str, measure.Weight] = field(default_factory=dict)
    warm: list[measure.Run] = field(default_factory=list)
    publish_ms: list[float] = field(default_factory=list)
    edit_ms: list[float] = field(default_factory=list)
    withdraw_ms: list[float] = field(default_factory=list)
    publish_cpu_ms: float = 0.0
    rewritten: list[ours.Rewritten] = field(default_factory=list)
    theme_cpu_s: list[float] = field(default_factory=list)
    theme_wall_s: list[float] = field(default_factory=list)
    publish_during_theme_ms: list[float] = field(default_factory=list)
    publishing_pss_mb: float = 0.0
    publishing_rss_mb: float = 0.0
    peak_pss_mb: float = 0.0
    peak_rss_mb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """The Wednesday rush: what each publication took, and how many never came."""

    centres: int
    posts: int
    publications: int
    seconds: float
    ms: tuple[float, ...]
    lost: int
    cpu_s: float
    peak_pss_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What this run is to measure."""

    sizes: tuple[int, ...]
    rounds: int
    publications: int
    rush_centres: int
    rush_posts: int
    rush_seconds: float
    folder: Path
    with_rivals: bool


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and with `--json` end with one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench editions",
        description="La rotative à côté de Hugo, d'Eleventy et de Pelican seul, sur le même contenu.",
    )
    parser.add_argument("--posts", default="200,2000,10000", help="les tailles (200,2000,10000)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="fois que chaque construction est prise"
    )
    parser.add_argument("--publications", type=int, default=20, help="publications de chaque sorte")
    parser.add_argument(
        "--rush", default="31x600", metavar="CxP", help="centres x publications, ou 0"
    )
    parser.add_argument("--rush-seconds", type=float, default=30, help="en combien de temps (30)")
    parser.add_argument("--no-rivals", action="store_true", help="la rotative seule")
    parser.add_argument("--quick", action="store_true", help="petit et vite : pour essayer le banc")
    parser.add_argument("--folder", type=Path, help="où travailler (sinon un dossier temporaire)")
    parser.add_argument("--json", action="store_true", help="la dernière ligne est du JSON")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = given.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="preau-bench-"))
        )
        asked = _asked(given, folder.resolve())
        machine = machine_facts()
        report.show_machine(machine)
        try:
            measured, syncs = measure_sizes(asked)
            report.show_publications(measured)
            rush = measure_rush(asked) if asked.rush_centres else None
        except (measure.CommandFailed, ours.NeverVisible) as error:
            print(f"Le banc s'arrête là : {error}", file=sys.stderr)
            return 1
        finally:
            for left in (asked.folder / measure.APART, *asked.folder.glob("rivals-*")):
                shutil.rmtree(left, ignore_errors=True)
        if rush is not None:
            report.show_rush(rush)
        report.show_targets(measured, syncs)
        if given.json:
            print(json.dumps(report.as_json(machine, measured, syncs, rush)), flush=True)
    return 0


def _asked(given: argparse.Namespace, folder: Path) -> Asked:
    quick: bool = given.quick
    centres, _x, posts = ("3x40" if quick else str(given.rush)).partition("x")
    sizes = "100,200" if quick else str(given.posts)
    return Asked(
        sizes=tuple(sorted(int(size) for size in sizes.split(","))),
        rounds=1 if quick else given.rounds,
        publications=5 if quick else given.publications,
        rush_centres=int(centres),
        rush_posts=int(posts or 0),
        rush_seconds=10 if quick else given.rush_seconds,
        folder=folder,
        with_rivals=not given.no_rivals,
    )


def say(text: str) -> None:
    """Tell somebody who waits."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def machine_facts() -> dict[str, object]:
    """The machine, and the versions of everything measured."""

    def first_line(*command: str) -> str:
        try:
            told = subprocess.run(  # noqa: S603 (the bench's own commands)
                command, capture_output=True, text=True, check=False
            ).stdout
        except FileNotFoundError:
            return "absent"
        return told.strip().splitlines()[0] if told.strip() else "absent"

    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    lock = json.loads((rivals.HERE / "eleventy" / "package-lock.json").read_text(encoding="utf-8"))
    return {
        "processor": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(pages / 2**30, 1),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "hugo": first_line("hugo", "version").split()[1] if shutil.which("hugo") else "absent",
        "node": first_line("node", "--version"),
        "eleventy": lock["packages"]["node_modules/@11ty/eleventy"]["version"],
        "pelican": first_line(str(Path(sys.executable).parent / "pelican"), "--version"),
    }


def measure_sizes(asked: Asked) -> tuple[list[AtOneSize], int | None]:
    """Each size: clean builds beside the rivals', then publications, all sizes in turn."""
    npm = rivals.install_eleventy(asked.folder / "npm") if asked.with_rivals else asked.folder
    measured, instances = [], []
    for posts in asked.sizes:
        say(f"{posts} publications : la ville simulée")
        instance = ours.make_instance(
            asked.folder / f"town-{posts}", seed=SEED, centres=1, posts=posts
        )
        at = AtOneSize(posts=posts)
        _measure_builds(asked, instance, at, npm)
        report.show_builds(at)
        measured.append(at)
        instances.append(instance)
    _measure_publications(asked, instances, measured)
    syncs = _measure_syncs(instances[-1]) if shutil.which("strace") else None
    return measured, syncs


def _measure_builds(asked: Asked, instance: ours.Instance, at: AtOneSize, npm: Path) -> None:
    """Clean builds, ours and the rivals' in turn; then Pelican's caches with one post more."""
    centre = instance.town.centres[0]
    others: Mapping[str, rivals.Rival] = {}
    telling = None
    if asked.with_rivals:
        others = rivals.rivals_in(asked.folder / f"rivals-{at.posts}", npm)
        now = datetime.now(instance.town.timezone)
        telling = rivals.tell(instance.folder, instance.town, centre, now)
        for rival in others.values():
            rival.prepare(telling)
    for turn in range(asked.rounds):
        say(f"{at.posts} publications : constructions, tour {turn + 1} sur {asked.rounds}")
        at.clean.append(ours.clean_build(instance))
        for name, rival in others.items():
            # Stock Pelican takes a minute or two at the largest size: once is enough to know.
            if name != "pelican" or turn == 0 or at.posts < max(asked.sizes):
                at.built.setdefault(name, []).append(rival.build())
                at.weights[name] = rival.weight()
    at.weight = measure.weight_of(instance.site(centre))
    if telling is not None:
        pelican = others["pelican"]
        for turn in range(min(2, asked.rounds)):
            say(f"{at.posts} publications : Pelican et ses caches, une publication de plus")
            rivals.write_pelican_post(rivals.one_more(telling, turn + 1), pelican.folder)
            at.warm.append(pelican.build(clean=False))


def _measure_publications(
    asked: Asked, instances: Sequence[ours.Instance], measured: Sequence[AtOneSize]
) -> None:
    """One press for each size, all at work, each in its turn: a slow minute is everybody's."""
    with ExitStack() as stack:
        presses, authors = [], []
        for instance, at in zip(instances, measured, strict=True):
            say(f"{at.posts} publications : la rotative démarre")
            press = stack.enter_context(ours.Press(instance))
            press.wait_until_idle()
            author = ours.Author(instance, instance.town.centres[0], press)
            for _turn in range(WARM_UP):
                author.publish(author.new_album())
                press.wait_until_idle()
            presses.append(press)
            authors.append(author)
        everything = list(zip(instances, measured, presses, authors, strict=True))
        for turn in range(asked.publications):
            say(f"publications, tour {turn + 1} sur {asked.publications}")
            for instance, at, press, author in everything:
                _publish_edit_withdraw(instance, at, press, author, looked_at=turn < 3)  # noqa: PLR2004 (three looks are enough)
        for _instance, at, press, _author in everything:
            at.publishing_pss_mb, at.publishing_rss_mb = press.memory.pss_mb, press.memory.rss_mb
            at.publish_cpu_ms /= asked.publications
        for turn in range(asked.rounds):
            for instance, at, press, _author in everything:
                say(f"{at.posts} publications : thème changé, tour {turn + 1}")
                _change_theme(instance, at, press, turn)
        for instance, at, press, author in everything:
            _publish_while_theme_changes(instance, at, press, author)
            at.peak_pss_mb, at.peak_rss_mb = press.memory.pss_mb, press.memory.rss_mb


def _publish_edit_withdraw(
    instance: ours.Instance,
    at: AtOneSize,
    press: ours.Press,
    author: ours.Author,
    *,
    looked_at: bool,
) -> None:
    """One of each; when *looked_at*, the whole site is looked at before and after the first."""
    site = instance.site(instance.town.centres[0])
    post = author.new_album()
    before = measure.stamps_of(site) if looked_at else {}
    used = press.cpu_s()
    at.publish_ms.append(author.publish(post))
    press.wait_until_idle()
    at.publish_cpu_ms += (press.cpu_s() - used) * 1000
    if looked_at:
        at.rewritten.append(ours.rewritten(before, measure.stamps_of(site)))
    at.edit_ms.append(author.edit())
    press.wait_until_idle()
    at.withdraw_ms.append(author.withdraw())
    press.wait_until_idle()


def _change_theme(instance: ours.Instance, at: AtOneSize, press: ours.Press, turn: int) -> None:
    used, began = press.cpu_s(), time.perf_counter()
    mark = ours.change_theme(instance, turn)
    _wait_for_theme(instance, press, mark)
    at.theme_wall_s.append(time.perf_counter() - began)
    # What is left to do after the last page (a note of what was done) is part of the change.
    _settle(press)
    at.theme_cpu_s.append(press.cpu_s() - used)


def _wait_for_theme(instance: ours.Instance, press: ours.Press, mark: str) -> None:
    """Wait until every page of a sample, then every page, holds *mark*."""
    site = instance.site(instance.town.centres[0])
    wanted = mark.encode()
    waiting = ours.sample_of(site)

    def is_there() -> bool:
        time.sleep(0.05)
        while waiting and (not waiting[-1].exists() or wanted in waiting[-1].read_bytes()):
            waiting.pop()
        return not waiting

    press.wait_until(is_there, "the theme did not change", 1800)
    press.wait_until_idle(1800)
    for entry in measure.files_of(site):
        if entry.name.endswith(".html") and wanted not in Path(entry.path).read_bytes():
            raise ours.NeverVisible(f"{entry.path} still has the old theme")


def _settle(press: ours.Press) -> None:
    used, since = press.cpu_s(), time.monotonic()
    while time.monotonic() - since < SETTLES_S:
        time.sleep(0.1)
        if press.cpu_s() - used > 0.05:  # noqa: PLR2004 (a timer's look at the folders is not work)
            used, since = press.cpu_s(), time.monotonic()


def _publish_while_theme_changes(
    instance: ours.Instance, at: AtOneSize, press: ours.Press, author: ours.Author
) -> None:
    """Posts keep going out while a whole centre is rendered again: how long each takes."""
    posts = [author.new_album() for _number in range(3)]
    mark = ours.change_theme(instance, 99)
    at.publish_during_theme_ms += [author.publish(post, 1800) for post in posts]
    _wait_for_theme(instance, press, mark)
    _settle(press)


def _measure_syncs(instance: ours.Instance) -> int:
    """Syncs of one publication, counted by strace in a press of its own; the median of three."""
    say("synchronisations d'une publication, sous strace")
    trace = instance.folder / "strace.log"
    under = ("strace", "-f", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync,syncfs,sync")
    with ours.Press(instance, under=under) as press:
        press.wait_until_idle()
        author = ours.Author(instance, instance.town.centres[0], press)
        author.publish(author.new_album())
        press.wait_until_idle()
        counted = []
        for _turn in range(3):
            post = author.new_album()
            before = ours.syncs_in(trace)
            author.publish(post)
            press.wait_until_idle()
            counted.append(ours.syncs_in(trace) - before)
    return int(statistics.median(counted))


def measure_rush(asked: Asked) -> Rush:
    """Wednesday at five: every centre publishes at once, in a town of many centres."""
    say(f"le mercredi à 17 h : {asked.rush_centres} centres de {asked.rush_posts} publications")
    instance = ours.make_instance(
        asked.folder / "town-rush", seed=SEED, centres=asked.rush_centres, posts=asked.rush_posts
    )
    ours.clean_build(instance)
    draw = random.Random(SEED)  # noqa: S311 (no secret)
    with ours.Press(instance) as press:
        press.wait_until_idle(3600)
        authors = [ours.Author(instance, centre, press) for centre in instance.town.centres]
        for author in authors[:WARM_UP]:
            author.publish(author.new_album())
            press.wait_until_idle()
        publications = min(RUSH, 3 * asked.rush_centres)
        planned = []
        for number in range(publications):
            author = authors[number % len(authors)]
            groups = instance.town.centres[number % len(authors)].groups
            group = draw.choice(groups).slug if draw.random() < 1 / 3 else None
            planned.append((draw.uniform(0, asked.rush_seconds), author, author.new_album(group)))
        planned.sort(key=lambda one: one[0])
        used = press.cpu_s()
        took = _publish_in_time(planned)
        press.wait_until_idle(3600)
        return Rush(
            centres=asked.rush_centres,
            posts=asked.rush_posts,
            publications=publications,
            seconds=asked.rush_seconds,
            ms=tuple(took),
            lost=sum(not author.is_visible(post) for _at, author, post in planned),
            cpu_s=press.cpu_s() - used,
            peak_pss_mb=press.memory.pss_mb,
        )


def _publish_in_time(
    planned: Sequence[tuple[float, ours.Author, ours.PhotoArticle]],
) -> list[float]:
    """Save each post at its second from its own thread; the milliseconds until each is seen."""
    began = time.perf_counter()
    saved_at: dict[int, float] = {}

    def save(number: int) -> None:
        due, author, post = planned[number]
        time.sleep(max(0.0, began + due - time.perf_counter()))
        saved_at[number] = time.perf_counter()
        author.save(post)

    threads = [
        threading.Thread(target=save, args=(number,), daemon=True) for number in range(len(planned))
    ]
    for thread in threads:
        thread.start()
    took: dict[int, float] = {}
    deadline = began + planned[-1][0] + 1800
    while len(took) < len(planned) and time.perf_counter() < deadline:
        for number, at in list(saved_at.items()):
            _due, author, post = planned[number]
            if number not in took and author.is_visible(post):
                took[number] = (time.perf_counter() - at) * 1000
        time.sleep(0.001)
    return [took[number] for number in sorted(took)]
