"""What an operator sets: read once, typed, every problem reported at once, no unsafe default."""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _

MIN_KEY_LENGTH = 32
"""Characters of a signing key: 32 of base 64 are 192 bits."""

GATE_KEYS = "gate.key"
AUTHORING_KEYS = "authoring.key"
PSEUDONYM_KEY = "pseudonym.key"
KEY_FILES = (GATE_KEYS, AUTHORING_KEYS, PSEUDONYM_KEY)

WORKERS_VARIABLE = "PREAU_WORKERS"
"""Written by the commands that start several web processes, read by each of these."""

_KNOWN = frozenset({"database_url", "host", "port"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One instance's settings.

    `host` and `port` are where `preau serve` listens. Signing keys are listed oldest first:
    the last one signs, the others still verify.
    """

    instance: Path
    database_url: str
    host: str
    port: int
    gate_keys: tuple[str, ...]
    authoring_keys: tuple[str, ...]
    pseudonym_key: str
    client_secrets: Mapping[str, str]


def instance_folder(asked: str | None, environ: Mapping[str, str]) -> Path:
    """The instance to work on: `--instance`, then `PREAU_INSTANCE`, then the current folder."""
    return Path(asked or environ.get("PREAU_INSTANCE") or Path.cwd()).resolve()


def processors() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0))


def processors_of_one_worker(environ: Mapping[str, str]) -> int:
    """How many processors each of the web processes may fill, so that all together fill them once."""
    return max(1, processors() // max(1, int(environ.get(WORKERS_VARIABLE, "1"))))


def read_settings(instance: Path, environ: Mapping[str, str] | None = None) -> Settings | Mistakes:
    """Read *instance*'s `settings.toml` and `keys/`, and what the environment overrides.

    `PREAU_DATABASE_URL`, `PREAU_HOST` and `PREAU_PORT` win over the file. A key that is
    missing, short, or readable by others is a mistake: nothing starts without its keys.
    """
    environ = os.environ if environ is None else environ
    mistakes: list[Mistake] = []
    table = _table(instance / "settings.toml", mistakes)
    for name in _KNOWN:
        if value := environ.get(f"PREAU_{name.upper()}"):
            table[name] = value
    port = _port(table.get("port", 8000), mistakes)
    keys = {name: _keys(instance / "keys" / name, mistakes) for name in KEY_FILES}
    if mistakes:
        return Mistakes(tuple(mistakes))
    return Settings(
        instance=instance,
        database_url=str(
            table.get("database_url", f"sqlite:///{instance / 'records' / 'preau.sqlite3'}")
        ),
        host=str(table.get("host", "127.0.0.1")),
        port=port,
        gate_keys=keys[GATE_KEYS],
        authoring_keys=keys[AUTHORING_KEYS],
        pseudonym_key=keys[PSEUDONYM_KEY][0],
        client_secrets={
            path.stem.removeprefix("client-"): path.read_text(encoding="utf-8").strip()
            for path in sorted((instance / "keys").glob("client-*.secret"))
        },
    )


def _table(path: Path, mistakes: list[Mistake]) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(
            Mistake(
                where=str(path.name),
                says=_("Ce fichier n'est pas un TOML lisible : {why}."),
                facts={"why": error},
            )
        )
        return {}
    mistakes.extend(
        Mistake(
            where=f"{path.name} · {key}",
            says=_("Réglage inconnu. Ceux qui existent : {known}."),
            facts={"known": ", ".join(sorted(_KNOWN))},
        )
        for key in sorted(set(table) - _KNOWN)
    )
    return table


def _port(value: object, mistakes: list[Mistake]) -> int:
    text = str(value)
    if text.isdecimal() and 0 < int(text) < 65536:  # noqa: PLR2004 (the range of TCP ports)
        return int(text)
    mistakes.append(
        Mistake(
            where="port",
            says=_("Un port est un nombre de 1 à 65535, pas « {value} »."),
            facts={"value": text},
        )
    )
    return 0


def _keys(path: Path, mistakes: list[Mistake]) -> tuple[str, ...]:
    where = f"keys/{path.name}"
    if not path.is_file():
        mistakes.append(
            Mistake(
                where=where, says=_("Cette clé manque. « preau keys » crée celles qui manquent.")
            )
        )
        return ()
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mistakes.append(
            Mistake(
                where=where,
                says=_("D'autres comptes peuvent lire cette clé. Faites : chmod 600 {path}."),
                facts={"path": where},
            )
        )
    keys = tuple(
        line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip()
    )
    if not keys or any(len(key) < MIN_KEY_LENGTH for key in keys):
        mistakes.append(
            Mistake(
                where=where,
                says=_("Une clé a au moins {length} caractères, une par ligne."),
                facts={"length": MIN_KEY_LENGTH},
            )
        )
    return keys
