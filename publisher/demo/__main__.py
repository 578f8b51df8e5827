"""The demo: makes Valmont-sur-Rive if need be, starts everything on loopback, says what to try."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from publisher.demo.once import pictures_of, walk
from publisher.demo.running import LOG, DidNotStart, Running, port_is_free, two_free_ports
from publisher.demo.town import Addresses, DemoIsBroken, FolderIsNotADemo, make_instance

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8000

_READY = """
Préau est prêt :  {address}/

À essayer :
  1. Ouvrez {address}/equipe/, choisissez « Animatrice — Inès, centre Les Tilleuls ».
     Touchez Photos, choisissez des images, puis Envoyer : le reçu dit quand c'est en ligne, et pour qui.
  2. Dans un autre navigateur, ou une fenêtre privée, ouvrez {address}/ comme
     « Parent — élèves de l'école Jacques-Prévert » : l'album est là.
  3. Dans un troisième, comme « Parent — élèves de l'école Louise-Michel » : ce centre n'est pas
     le sien. Ni la page ni l'adresse d'une photo ne s'ouvrent.

Des photos de téléphone pour essayer :  scripts/make-phone-photos /tmp/photos
Tout est inventé, tout est dans {folder}, le journal est {log}.
Ctrl-C arrête tout.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo, or walk through it once; what it returns is the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Une ville inventée pour essayer Préau, sur cette machine seulement.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="le port de Préau (8000)")
    parser.add_argument("--ent-port", type=int, help="le port de l'ENT (celui de Préau, plus un)")
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / ".demo", help="où faire la ville (.demo)"
    )
    parser.add_argument(
        "--once", action="store_true", help="faire tout le parcours une fois, sans personne"
    )
    parser.add_argument("--photos", type=Path, help="avec --once : le dossier des photos à envoyer")
    asked = parser.parse_args(arguments)
    for one in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs deaf to the first
        signal.signal(one, _interrupt)
    try:
        if asked.once:
            return _once(asked.photos)
        ent_port = asked.ent_port or asked.port + 1
        return _demo(asked.folder.resolve(), Addresses(port=asked.port, ent_port=ent_port))
    except KeyboardInterrupt:
        _say("Tout est arrêté.")
        return 0
    except DidNotStart as error:
        _say(f"{error.what} ne répond pas, ou s'est arrêté. Ses derniers mots :\n{error.tail}")
    except FolderIsNotADemo as error:
        _say(
            f"{error} n'est pas vide et n'a pas été fait par la démonstration. Choisissez --folder."
        )
    except DemoIsBroken as error:
        _say(f"La ville inventée ne se lit pas : {error}")
    except OSError as error:
        _say(f"Le disque refuse : {error.strerror} ({error.filename}).")
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _demo(folder: Path, addresses: Addresses) -> int:
    """Serve the demo until Ctrl-C."""
    for port in (addresses.port, addresses.ent_port):
        if not port_is_free(port):
            _say(
                f"Le port {port} est déjà pris. Choisissez-en un autre : scripts/demo --port {port + 10}"
            )
            return 1
    if not (folder / "demo.json").exists():
        _say(
            "Valmont-sur-Rive s'installe : quelques semaines de programmes, de rappels et d'albums…"
        )
    town = make_instance(PROJECT, folder, addresses, datetime.now(UTC))
    with Running(PROJECT, folder, addresses) as running:
        running.wait_until_ready([centre.slug for centre in town.centres])
        with suppress(ValueError):
            folder = folder.relative_to(Path.cwd())
        print(
            _READY.format(address=addresses.public_url, folder=folder, log=folder / LOG), flush=True
        )
        running.wait()
    return 0


def _once(photos: Path | None) -> int:
    """Walk the whole way in a fresh town; the last line printed is JSON."""
    if photos is None or not photos.is_dir():
        _say("Dites où sont les photos : scripts/demo --once --photos DOSSIER")
        return 2
    pictures = pictures_of(photos)
    if not pictures:
        _say(f"Aucune photo dans {photos}. scripts/make-phone-photos {photos} en fabrique.")
        return 2
    with tempfile.TemporaryDirectory(prefix="preau-demo-") as temporary:
        folder = Path(temporary) / "instance"
        port, ent_port = two_free_ports()
        addresses = Addresses(port=port, ent_port=ent_port)
        town = make_instance(PROJECT, folder, addresses, datetime.now(UTC), weeks_before=1)
        with Running(PROJECT, folder, addresses) as running:
            running.wait_until_ready([centre.slug for centre in town.centres])
            figures = walk(addresses.public_url, pictures)
            if figures.failures:
                _say(f"Journal :\n{running.tail()}\n")
    for failure in figures.failures:
        _say(failure)
    print(json.dumps(figures.as_json()), flush=True)
    return 1 if figures.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
