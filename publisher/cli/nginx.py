"""`preau nginx-config`: the configuration of the server in front, for a town's own address."""

import argparse
import getpass
import re
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from publisher.gate.answer import Headers, headers_of_every_answer
from publisher.gate.decision import DECISION, SPACE_HEADER
from publisher.gate.places import (
    ADMITTED_ONLY,
    CONTENT_TYPES,
    FOR_A_WHILE,
    FOR_EVER,
    INDEX,
    THEME_FOLDER,
)
from publisher.model.space import (
    GROUPS_FOLDER,
    MAX_PATH_LENGTH,
    PLAIN_PATH,
    RESERVED_NAMES,
    SLUG_LETTERS,
)
from publisher.model.town import Town
from publisher.settings import Settings
from publisher.shelf import SITE
from publisher.wiring import settings_of, town_of

CACHE_SECONDS = 10
_MOST_SECONDS = 60
_CACHE_IN_MEMORY = "/run/preau-decisions"
_LOGS = "/var/log/nginx"

IDENTITY_HEADERS = (
    "Authorization",
    "Remote-User",
    "X-Ent-User",
    "X-Forwarded-User",
    "X-Remote-User",
    "X-Webauth-User",
)
"""What other servers name somebody by: it never passes, in either direction."""
_FORWARDING = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-Url")
"""What a visitor could pretend of the request itself."""
_COMPRESSED = frozenset(
    {
        "application/json",
        "application/manifest+json",
        "application/xml",
        "image/svg+xml",
        "text/css",
        "text/javascript",
        "text/plain",
    }
)
"""What shrinks, beside `text/html`, which nginx always compresses once it compresses."""

_PORT = re.compile(r"[1-9]\d{0,4}\Z")
_ADDRESS = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):[1-9]\d{0,4}\Z")
_HOST = re.compile(r"[a-z0-9.-]+(?::[1-9]\d{0,4})?\Z")
_UNSAFE = re.compile(r'["\\$\x00-\x1f\x7f]')


class NotWritable(Exception):
    """A text that would not stay one text in the configuration of nginx; it is the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loopback:
    """A configuration to try: in clear on 127.0.0.1 at `port`, all its files below `folder`.

    `account` is whom nginx works as: whoever tries it.
    """

    port: int
    folder: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the configuration says of one town.

    `host` is the public address without its scheme; `gate` and `authoring` are where Préau
    listens; `build`, `cache`, `logs`, `certificate` and `key` are paths; a decision is kept
    for `cache_seconds`.
    """

    host: str
    headers: Headers
    gate: str
    authoring: str
    build: str
    cache_seconds: int
    certificate: str
    key: str
    cache: str = _CACHE_IN_MEMORY
    logs: str = _LOGS
    loopback: Loopback | None = None

    @property
    def name(self) -> str:
        """The host without its port."""
        return self.host.partition(":")[0]


def nginx_config(front: Front) -> str:
    """The whole configuration, commented. Raises NotWritable for a text that cannot be in it."""
    for text, shape in (
        (front.host, _HOST),
        (front.gate, _ADDRESS),
        (front.authoring, _ADDRESS),
    ):
        if shape.match(text) is None:
            raise NotWritable(text)
    here = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(  # noqa: S701 (what is written is not HTML; `quoted` guards it)
        loader=here, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("nginx.conf.jinja").render(
        front=front,
        quoted=quoted,
        variable=lambda name: name.lower().replace("-", "_"),
        plain=rf"(?![^?]{{{MAX_PATH_LENGTH + 1}}})(?![^?]*\.\.){PLAIN_PATH}",
        slug=SLUG_LETTERS,
        reserved="|".join(sorted(RESERVED_NAMES)),
        groups_folder=GROUPS_FOLDER,
        site=SITE,
        index=INDEX,
        theme=THEME_FOLDER,
        admitted_only=ADMITTED_ONLY,
        for_ever=FOR_EVER,
        for_a_while=FOR_A_WHILE,
        extensions=sorted(one.removeprefix(".") for one in CONTENT_TYPES),
        types=_types(),
        gzip_types=[one for one, _extensions in _types() if one in _COMPRESSED],
        headers=front.headers,
        hidden=IDENTITY_HEADERS,
        cleared=(*IDENTITY_HEADERS, *_FORWARDING),
        decision=DECISION,
        space_header=SPACE_HEADER,
    )


def quoted(text: str) -> str:
    """*text* between quotes, as nginx reads it. Raises NotWritable when quotes would not hold it."""
    if _UNSAFE.search(text):
        raise NotWritable(text)
    return f'"{text}"'


def front_of(town: Town, settings: Settings, asked: argparse.Namespace) -> Front:
    """What the command was asked, over the town and its settings."""
    host = urlsplit(town.public_url).netloc.lower()
    name = host.partition(":")[0]
    here = f"{settings.host}:{settings.port}"
    gate = asked.gate or here
    common = partial(
        Front,
        host=host,
        headers=headers_of_every_answer(town),
        gate=gate,
        authoring=asked.authoring or gate,
        build=str(settings.instance / "build"),
        cache_seconds=asked.cache_seconds,
        certificate=asked.certificate or f"/etc/letsencrypt/live/{name}/fullchain.pem",
        key=asked.key or f"/etc/letsencrypt/live/{name}/privkey.pem",
    )
    if asked.loopback is None:
        return common()
    folder = str(asked.folder.resolve())
    return common(
        cache=f"{folder}/decisions",
        logs=folder,
        loopback=Loopback(port=asked.loopback, folder=folder, account=getpass.getuser()),
    )


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `nginx-config`."""
    command = commands.add_parser(
        "nginx-config", help="écrire la configuration de nginx, devant Préau"
    )
    command.add_argument(
        "--certificate", metavar="FICHIER", help="le certificat (sinon celui de Let's Encrypt)"
    )
    command.add_argument("--key", metavar="FICHIER", help="sa clé")
    command.add_argument(
        "--gate", metavar="HÔTE:PORT", help="où écoute « preau serve » ou « preau gate »"
    )
    command.add_argument(
        "--authoring", metavar="HÔTE:PORT", help="où écoute « preau authoring », s'il est à part"
    )
    command.add_argument(
        "--cache-seconds",
        metavar="SECONDES",
        type=_seconds,
        default=CACHE_SECONDS,
        help=f"combien de temps garder une décision, de 1 à {_MOST_SECONDS} (sinon {CACHE_SECONDS})",
    )
    command.add_argument(
        "--loopback",
        metavar="PORT",
        type=_port,
        help="pour essayer sans privilège : en clair, sur 127.0.0.1, à ce port",
    )
    command.add_argument(
        "--folder",
        metavar="DOSSIER",
        type=Path,
        default=Path("nginx"),
        help="avec --loopback, où nginx écrit (sinon nginx/, dans le dossier courant)",
    )
    command.set_defaults(command=_print)


def _print(instance: Path, asked: argparse.Namespace) -> int:
    town, settings = town_of(instance), settings_of(instance)
    if asked.loopback is None and not town.public_url.startswith("https://"):
        print(
            f"centres/town.toml · public_url : {town.public_url} n'est pas en https. Donnez l'adresse"
            " que verront les familles, comme https://loisirs.ville.fr ; pour essayer sur cette"
            " machine, ajoutez --loopback 8080.",
            file=sys.stderr,
        )
        return 1
    try:
        text = nginx_config(front_of(town, settings, asked))
    except NotWritable as error:
        print(
            f"« {error} » ne peut pas s'écrire dans la configuration de nginx :"
            " ôtez-en guillemets, barres obliques inverses, dollars et caractères invisibles, et"
            " donnez les adresses comme 127.0.0.1:8000.",
            file=sys.stderr,
        )
        return 1
    print(text, end="")
    return 0


def _types() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each type without its charset, and its extensions."""
    types: dict[str, tuple[str, ...]] = {}
    for extension, content_type in CONTENT_TYPES.items():
        name = content_type.partition(";")[0]
        types[name] = (*types.get(name, ()), extension.removeprefix("."))
    return tuple(sorted(types.items()))


def _seconds(text: str) -> int:
    """Whole seconds. Raises ArgumentTypeError for what is not from 1 to a minute."""
    if text.isdecimal() and 1 <= int(text) <= _MOST_SECONDS:
        return int(text)
    raise argparse.ArgumentTypeError(f"« {text} » n'est pas un nombre de 1 à {_MOST_SECONDS}")


def _port(text: str) -> int:
    """A port. Raises ArgumentTypeError for what is not one."""
    if _PORT.match(text) and int(text) < 65536:  # noqa: PLR2004 (the range of TCP ports)
        return int(text)
    raise argparse.ArgumentTypeError(f"« {text} » n'est pas un port, de 1 à 65535")
