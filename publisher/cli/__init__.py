"""The commands: `preau check`, `build`, `export`, `serve`… A family of commands is a module beside."""

import argparse
import logging
import os
import secrets
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from publisher.centres import TownIsUnreadable, read_town, warnings_of
from publisher.content.library import read_centre
from publisher.editions.export import FolderIsNotEmpty, export_for_pelican
from publisher.editions.press import NotBuilt, Places, build_whole
from publisher.model.edition import Unfit
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.source import SamlSource
from publisher.model.town import Centre, Town
from publisher.settings import KEY_FILES, WORKERS_VARIABLE, instance_folder, processors
from publisher.wiring import SettingsAreWrong, press_of, records_of, settings_of, town_of

_OF_EDITIONS = {"build", "export", "press"}
WEB_THREADS = 16
"""Requests that each web process answers at once. Most wait for somebody: sign-ins for a slow ENT,
uploads for a child; while fewer than these wait, pages go on. More would cost pages a fifth."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it returns is the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    asked = _parser(of_editions=is_of_editions(given)).parse_args(given)
    instance = instance_folder(asked.instance, os.environ)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("alembic", "pelican"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    command: Callable[[Path, argparse.Namespace], int] = asked.command
    try:
        return command(instance, asked)
    except (SettingsAreWrong, TownIsUnreadable) as error:
        _print_mistakes(error.mistakes.all)
        return 1


def is_of_editions(arguments: Sequence[str]) -> bool:
    """Say whether only editions are to be made: no other command's load is then carried."""
    words = iter(arguments)
    for word in words:
        if word == "--instance":
            next(words, None)
        elif not word.startswith("-"):
            return word in _OF_EDITIONS
    return False


def _parser(*, of_editions: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="preau",
        description="Le journal des centres de loisirs, pour les familles et personne d'autre.",
    )
    parser.add_argument(
        "--instance",
        metavar="DOSSIER",
        help="l'instance (sinon PREAU_INSTANCE, sinon le dossier courant)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMANDE")

    check = commands.add_parser(
        "check", help="dire tout ce qui ne va pas dans centres/ et content/"
    )
    check.add_argument(
        "content", nargs="?", type=Path, help="un autre dossier de contenu à vérifier"
    )
    check.set_defaults(command=_check)

    build = commands.add_parser("build", help="composer le site des centres, une fois")
    build.add_argument("centres", nargs="*", metavar="CENTRE")
    build.add_argument(
        "--at",
        metavar="INSTANT",
        type=datetime.fromisoformat,
        help="le moment à composer, comme 2026-11-18T17:00+01:00",
    )
    build.set_defaults(command=_build)

    export = commands.add_parser(
        "export", help="écrire le site d'un centre en un dossier qui se passe de Préau"
    )
    export.add_argument(
        "--pelican",
        required=True,
        metavar="CENTRE",
        help="le centre à écrire, pour que la seule commande pelican le compose",
    )
    export.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DOSSIER",
        help="un dossier vide ou à créer (sinon CENTRE-pelican, dans le dossier courant)",
    )
    export.add_argument(
        "--at",
        metavar="INSTANT",
        type=datetime.fromisoformat,
        help="le moment que montre le site pour toujours, comme 2026-11-18T17:00+01:00",
    )
    export.set_defaults(command=_export)

    for name, help_, run in (
        ("serve", "tout, pour une ville avec une machine", _serve),
        ("gate", "le portail des familles seul", _gate),
        ("authoring", "l'espace de l'équipe seul", _authoring),
        ("press", "la rotative seule", _press),
        ("keys", "créer les clés qui manquent", _keys),
    ):
        commands.add_parser(name, help=help_).set_defaults(command=run)

    if not of_editions:
        _add_families(commands)
    return parser


def _add_families(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that are modules of their own: the database and the ENTs come with them."""
    from publisher.cli import codes, enrolments, ent, nginx, staff  # noqa: PLC0415 (the press, another command, would be 48 MB the heavier, and CI slower)

    for family in (staff, enrolments, codes, ent, nginx):
        family.add(commands)


def _check(instance: Path, asked: argparse.Namespace) -> int:
    town = read_town(instance)
    if isinstance(town, Mistakes):
        _print_mistakes(town.all)
        return 1
    today = datetime.now(UTC).astimezone(town.timezone).date()
    _print_mistakes(warnings_of(town, today), "Attention, ")
    _print_unusable_metadata(town, instance)
    content = asked.content or Places(instance=instance).content
    readings = [read_centre(content, centre) for centre in town.centres]
    unfit = [one for reading in readings for one in reading.unfit]
    _print_unfit(unfit)
    posts = sum(len(reading.content.posts) for reading in readings)
    print(f"Centres : {len(town.centres)}. Publications lues : {posts}. À corriger : {len(unfit)}.")
    return 1 if unfit else 0


def _print_unusable_metadata(town: Town, instance: Path) -> None:
    """Say which SAML sources let nobody in, for want of readable metadata."""
    from publisher.sign_in.saml_metadata import MetadataIsWrong, read_provider  # noqa: PLC0415 (the press, another command, would carry pysaml2)

    for source in town.sign_in:
        if not isinstance(source.protocol, SamlSource):
            continue
        try:
            read_provider(instance / "centres" / source.protocol.metadata, source.protocol.address)
        except MetadataIsWrong as error:
            print(
                f"Attention, centres/{source.protocol.metadata} : personne n'entre par « {source.name} »"
                f" ({error}). Redemandez ces métadonnées à l'ENT.",
                file=sys.stderr,
            )


def _build(instance: Path, asked: argparse.Namespace) -> int:
    town = read_town(instance)
    if isinstance(town, Mistakes):
        _print_mistakes(town.all)
        return 1
    chosen = _chosen(town, asked.centres)
    if isinstance(chosen, str):
        print(f"Aucun centre ne s'appelle « {chosen} ».", file=sys.stderr)
        return 1
    now = _moment(asked.at, town)
    failed = False
    for centre in chosen:
        outcome = build_whole(Places(instance=instance), town, centre, now)
        if isinstance(outcome, NotBuilt):
            failed = True
            print(f"{centre.slug} : rien n'a changé.", file=sys.stderr)
            _print_unfit(outcome.unfit)
        else:
            change = outcome.change
            print(
                f"{centre.slug} : fichiers nouveaux {len(change.new)}, remplacés {len(change.replaced)}, "
                f"retirés {len(change.removed)}."
            )
    return 1 if failed else 0


def _moment(asked: datetime | None, town: Town) -> datetime:
    """The instant asked for, in the town's time zone unless it says another; now, when none is."""
    now = asked or datetime.now(UTC)
    return now if now.tzinfo is not None else now.replace(tzinfo=town.timezone)


def _export(instance: Path, asked: argparse.Namespace) -> int:
    town = town_of(instance)
    centre = town.centre(asked.pelican)
    if centre is None:
        print(f"Aucun centre ne s'appelle « {asked.pelican} ».", file=sys.stderr)
        return 1
    folder: Path = asked.folder or Path(f"{centre.slug}-pelican")
    now, places = _moment(asked.at, town), Places(instance=instance)
    try:
        done = export_for_pelican(places, town, centre, now, folder, stays=asked.at is not None)
    except FolderIsNotEmpty:
        print(
            f"Il y a déjà quelque chose dans {folder}. Donnez un dossier vide, ou à créer.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"{folder} : rien n'a été écrit ({error.strerror}).", file=sys.stderr)
        return 1
    if isinstance(done, NotBuilt):
        print(f"{centre.slug} : rien n'a été écrit.", file=sys.stderr)
        _print_unfit(done.unfit)
        return 1
    _print_unfit(done.set_aside)
    print(
        f"{centre.slug} : publications {done.posts}, photos {done.photos}, mises de côté"
        f" {len({one.post for one in done.set_aside})}. Tout est dans {folder}."
    )
    print("Ce site n'a pas de porte : mettez-le derrière un accès protégé. Pour le composer :")
    print(f"  cd {shlex.quote(str(folder))}")
    print("  python3 -m venv .venv")
    print("  .venv/bin/pip install -r requirements.txt")
    print("  .venv/bin/pelican")
    return 0


def _chosen(town: Town, slugs: Sequence[str]) -> tuple[Centre, ...] | str:
    for slug in slugs:
        if town.centre(slug) is None:
            return slug
    return tuple(centre for centre in town.centres if not slugs or centre.slug in slugs)


def _press(instance: Path, _asked: argparse.Namespace) -> int:
    press = press_of(instance)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        press.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    press.run()
    return 0


def _gate(instance: Path, _asked: argparse.Namespace) -> int:
    return _web(instance, "publisher.wiring:gate_application")


def _authoring(instance: Path, _asked: argparse.Namespace) -> int:
    return _web(instance, "publisher.wiring:authoring_application")


def _serve(instance: Path, _asked: argparse.Namespace) -> int:
    settings_of(instance)
    town_of(instance)
    stopping = threading.Event()
    press = _PressProcess(instance, stopping)
    keeper = threading.Thread(target=press.keep_running, name="press")
    keeper.start()
    try:
        return _web(instance, "publisher.wiring:application")
    finally:
        stopping.set()
        press.end()
        keeper.join()


class _PressProcess:
    """The press in its own process, started again should it ever end."""

    def __init__(self, instance: Path, stopping: threading.Event) -> None:
        self._instance, self._stopping = instance, stopping
        self._process = self._start()

    def keep_running(self) -> None:
        """Wait on the press until `stopping`; start it again, not more than once a second."""
        while True:
            self._process.wait()
            if self._stopping.wait(1):
                return
            logging.getLogger(__name__).error(
                "the press ended (%s); starting it again", self._process.returncode
            )
            self._process = self._start()

    def end(self) -> None:
        """Ask the press to stop."""
        self._process.terminate()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "publisher", "--instance", str(self._instance), "press"]
        return subprocess.Popen(command)  # noqa: S603 (our own interpreter and module)


def _web(instance: Path, target: str) -> int:
    from granian import Granian  # noqa: PLC0415 (the press, another command, would carry a web server)
    from granian.constants import Interfaces  # noqa: PLC0415 (the press, another command, would carry a web server)

    settings = settings_of(instance)
    town_of(instance)
    records_of(settings)
    workers = processors()
    os.environ |= {"PREAU_INSTANCE": str(instance), WORKERS_VARIABLE: str(workers)}
    Granian(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        # One that dies takes nobody with it.
        respawn_failed_workers=True,
        blocking_threads=WEB_THREADS,
        websockets=False,
        log_access=False,
    ).serve()
    return 0


def _keys(instance: Path, _asked: argparse.Namespace) -> int:
    folder = instance / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in KEY_FILES:
        path = folder / name
        if path.exists():
            continue
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(f"{secrets.token_urlsafe(48)}\n", encoding="ascii")
        print(f"keys/{name} : créée.")
    return 0


def _print_mistakes(mistakes: Sequence[Mistake], before: str = "") -> None:
    for one in mistakes:
        print(f"{before}{one.where} : {one.sentence()}", file=sys.stderr)


def _print_unfit(unfit: Sequence[Unfit]) -> None:
    for one in unfit:
        line = f", ligne {one.line}" if one.line else ""
        print(f"{one.post}{line} : {one.sentence()}", file=sys.stderr)
