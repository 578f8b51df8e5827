"""What nginx in front must hold. Each check says what it found wrong, and nothing when all is well.

The same checks run on the configuration as it is printed, and with each of its guards taken away.
"""

import gzip
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from publisher.cli.nginx import IDENTITY_HEADERS
from publisher.gate.answer import headers_of_every_answer
from publisher.gate.decision import SPACE_HEADER
from publisher.model.person import Role, StaffGrant, StaffRole
from tests.access.asking import Line, Reply
from tests.access.live import alone
from tests.gate.conftest import NOW, PREVERT, Instance, run_instance
from tests.gate.front import Change, Echo, Nginx, echo, in_front
from tests.waiting import free_port, wait_until

PAGE = "/les-tilleuls/index.html"
PHOTO = "/les-tilleuls/photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg"
MOYENS = "/les-tilleuls/groupes/moyens/"
STYLE = "/les-tilleuls/theme/0123456789ab/preau.css"
LONG = "/les-tilleuls/longue.html"
_DEEP = f"{'a' * 200}/{'b' * 200}/{'c' * 200}.html"
"""An address that is longer than any the gate answers to."""
SECRET = "ST-ticket-secret"
WAITS_S = 6
"""More than a decision is kept here (1 s), or a file held open: what is later than that never comes."""


@dataclass(kw_only=True)
class World:
    """An instance, the server of its gate, and nginx as *change* leaves it."""

    instance: Instance
    gate: Line
    gate_port: int
    change: Change = str

    def cookie(self, **profile: object) -> str:
        """The cookies of such a visitor, as a header."""
        browser = self.instance.visitor(**profile)  # type: ignore[arg-type]  # a profile's facts
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def nginx(self, cache_seconds: int = 10) -> AbstractContextManager[Nginx]:
        """The server in front, before the gate."""
        return in_front(
            self.instance.folder,
            self.gate_port,
            authoring=free_port(),
            cache_seconds=cache_seconds,
            change=self.change,
        )

    @contextmanager
    def before_an_echo(self) -> Iterator[tuple[Nginx, Echo]]:
        """The server in front, before a server that notes what reaches it."""
        with (
            echo() as noted,
            in_front(self.instance.folder, noted.port, change=self.change) as nginx,
        ):
            yield nginx, noted


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A small town with everything that could go wrong in it, and its gate at work."""
    instance = run_instance(folder / "ville")
    site = instance.site
    (site / "longue.html").write_bytes(b"<p>accueil</p>" * 400)
    (site / "dossier.html").mkdir()
    (site / "lien.html").symlink_to(site / "index.html")
    (site / "ailleurs").symlink_to(site / "photos")
    (site / "x.html.zip").write_bytes(b"PK")
    os.mkfifo(site / "tuyau.html")
    for odd in ("groupes/mo_yens", "groupes/mo--yens"):
        (site / odd).mkdir()
        (site / odd / "index.html").write_bytes(b"<p>moyens</p>")
    (site / "deux..points.html").write_bytes(b"<p>..</p>")
    (site / _DEEP).parent.mkdir(parents=True)
    (site / _DEEP).write_bytes(b"<p>loin</p>")
    reserved = instance.folder / "build" / "ville" / "site" / "theme"
    reserved.mkdir(parents=True)
    for secret in (reserved, reserved.parent):
        (secret / "secret.html").write_bytes(b"<p>secret</p>")
    (folder / "gate").mkdir()
    with alone(instance.folder, NOW, folder / "gate") as gate:
        yield World(instance=instance, gate=gate, gate_port=gate._port)


TARGETS = (
    PAGE,
    PHOTO,
    STYLE,
    LONG,
    MOYENS,
    f"{MOYENS}index.html",
    f"{MOYENS}photos/bbbbbbbbbbbbbbbbbbbbbbbbbb/480.jpg",
    f"{MOYENS}theme/x.css",
    f"{MOYENS}absente.html",
    "/les-tilleuls/",
    "/les-tilleuls",
    "/les-tilleuls/flux.xml",
    "/les-tilleuls/programmes/",
    "/les-tilleuls/programmes",
    "/les-tilleuls/groupes/",
    "/les-tilleuls/groupes/moyens",
    "/les-tilleuls/groupes/mo_yens/",
    "/les-tilleuls/groupes/mo--yens/index.html",
    "/les-tilleuls/absente.html",
    "/les-tilleuls/absente/",
    "/les-tilleuls/sauvegarde.zip",
    "/les-tilleuls/x.html.zip",
    "/les-tilleuls/sans-extension",
    "/les-tilleuls/dossier.html",
    "/les-tilleuls/dossier.html/",
    "/les-tilleuls/lien.html",
    "/les-tilleuls/ailleurs/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg",
    "/les-tilleuls/tuyau.html",
    "/les-tilleuls/theme/",
    "/les-tilleuls/theme/absente.css",
    "/les-tilleuls/theme/sans-empreinte.css",
    "/les-tilleuls/index.html?page=2",
    "/les-tilleuls/index.html?a=..",
    f"{PAGE}?",
    "/la-grande-ourse/index.html",
    "/nulle-part/index.html",
    "/nulle-part/",
    "/ville/charte.html",
    "/ville/secret.html",
    "/ville/theme/secret.html",
    "/theme/preau.css",
    "/theme/absente.css",
    "/decision",
    "/decision/",
    "/",
    "/entrer",
    "/robots.txt",
    "/sante",
    "/sortir",
    "/charte",
    f"/les-tilleuls/{_DEEP}",
    "/les-tilleuls/deux..points.html",
)
ODD = (
    "//les-tilleuls/index.html",
    "/les-tilleuls//index.html",
    "/les-tilleuls/./index.html",
    "/les-tilleuls/x/../index.html",
    "/theme/../les-tilleuls/index.html",
    "/la-grande-ourse/../les-tilleuls/index.html",
    "/les-tilleuls/theme/../index.html",
    "/les-tilleuls/groupes/grands/../moyens/index.html",
    "/les-tilleuls/%69ndex.html",
    "/%6ces-tilleuls/index.html",
    "/les-tilleuls%2findex.html",
    "/les-tilleuls/groupes%2fmoyens/index.html",
    "/les-tilleuls/index.html%20",
    "/les-tilleuls/index.html%0a",
    "/les-tilleuls/index.html%0d%0aX:y",
    "/les-tilleuls/index.html%00",
    "/les-tilleuls/index.html%3f",
    "/les-tilleuls/index.html#x",
    "/les-tilleuls/index.html;x=1",
    "/les-tilleuls\\index.html",
    "/Les-Tilleuls/index.html",
    "/les-tilleuls/index.HTML",
    "/les-tilleuls/index..html",
    "/les-tilleuls/index.html/",
    "/les-tilleuls/index.html.",
    "/les-tilleuls/.index.html",
    "/les_tilleuls/index.html",
)
_SOME = (PAGE, PHOTO, STYLE, MOYENS, "/les-tilleuls/absente.html", "/decision", "/entrer")
_ASKED: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-1"}),
    ("GET", {"If-None-Match": '"another"'}),
    ("GET", {"If-Modified-Since": "Wed, 18 Nov 2099 16:00:00 GMT"}),
    ("GET", {SPACE_HEADER: "/les-tilleuls/", "X-Ent-User": "ines"}),
    ("GET", {"X-HTTP-Method-Override": "POST", "X-Original-URL": STYLE}),
)
_METHODS = ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get")
_COMPARED = ("content-type", "content-length", "cache-control", "location", "allow", "set-cookie")


def the_same_answers(world: World) -> Iterator[str]:
    """What the gate alone answers and what nginx answers are one answer, whoever asks."""
    visitors = {
        "nobody": "",
        "a family": world.cookie(),
        "a family of the group": world.cookie(classes=((PREVERT, "CP A"),)),
        "a family of another centre": world.cookie(schools=("0310001H",)),
        "a family before the charter": world.cookie(person="n" * 26, charter=False),
        "two passes at once": f"{world.cookie()}; {world.cookie(schools=('0310001H',))}",
    }
    with world.nginx() as nginx:
        for who, cookie in visitors.items():
            cookies = {"Cookie": cookie} if cookie else {}
            for target in TARGETS:
                yield from _compared(world, nginx, who, "GET", target, cookies)
            for target in _SOME:
                for method, headers in _ASKED:
                    asked = {**headers, **cookies}
                    yield from _compared(world, nginx, who, method, target, asked)
            for target in ODD:
                yield from _compared(world, nginx, who, "GET", target, cookies)
            for method in _METHODS:
                for target in (PAGE, STYLE, "/decision", "/entrer"):
                    asked = {"Content-Length": "0", **cookies}
                    yield from _compared(world, nginx, who, method, target, asked)


def _compared(
    world: World, nginx: Nginx, who: str, method: str, target: str, headers: Mapping[str, str]
) -> Iterator[str]:
    # What a visitor pretends to be nginx's own word is not passed on.
    passed = {name: value for name, value in headers.items() if name != SPACE_HEADER}
    expected = world.gate.ask(target, method, passed)
    got = nginx.line.ask(target, method, headers)
    if got.status == 400 and expected.status != 200 and b"nginx" in got.body:
        return  # what nginx cannot read at all it refuses by itself
    if _facts(got) != _facts(expected) or got.body != expected.body:
        yield f"{who}: {method} {target} {dict(headers)}: {got} instead of {expected}"
    yield from _dates(got, target)


def _facts(reply: Reply) -> tuple[object, ...]:
    ours = {name for name, _value in reply.headers if name not in {"server", "date", "connection"}}
    return (
        reply.status,
        tuple(reply.header(name) for name in _COMPARED),
        "accept-ranges" in ours and reply.header("accept-ranges") != "none",
    )


def _dates(reply: Reply, target: str) -> Iterator[str]:
    if reply.header("last-modified"):
        yield f"{target} tells when it was made"


def every_header(world: World) -> Iterator[str]:
    """Each header of every answer is there once, whoever answers: nginx, the gate, an error."""
    cookies = {"Cookie": world.cookie()}
    every = headers_of_every_answer(world.instance.town())
    with world.nginx() as nginx:
        etag = nginx.line.ask(PAGE, headers=cookies).header("etag")
        replies = {
            "a page": nginx.line.ask(PAGE, headers=cookies),
            "a page that is known": nginx.line.ask(
                PAGE, headers={**cookies, "If-None-Match": etag}
            ),
            "a style": nginx.line.ask(STYLE),
            "a refusal": nginx.line.ask("/la-grande-ourse/index.html", headers=cookies),
            "the door": nginx.line.ask("/"),
            "too large": nginx.line.ask("/sortir", "POST", {"Content-Length": "9000000"}),
            "not HTTP": nginx.line.ask("/les-tilleuls/index.html%00"),
            "away": nginx.line.ask("/equipe/"),
        }
    statuses = {200, 304, 404, 413, 400, 503}
    if {one.status for one in replies.values()} != statuses:
        yield f"statuses: { {name: one.status for name, one in replies.items()} }"
    for name, reply in replies.items():
        for header, value in every:
            found = [held for key, held in reply.headers if key == header.lower()]
            found = [held for held in found if held != "Accept-Encoding"]
            if found != [value]:
                yield f"{name}: {header} is {found}"
        if not reply.header("cache-control"):
            yield f"{name}: nothing says how long to keep it"


def nobody_is_named(world: World) -> Iterator[str]:
    """No header that names somebody passes, in either direction; the town's name, nothing else."""
    claimed = dict.fromkeys((*IDENTITY_HEADERS, "X_Ent_User", "X_Preau_Space"), "ines")
    claimed |= {
        "Accept-Language": "fr",
        "Cookie": "preau_famille=x",
        "Host": "127.0.0.1",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.example",
        "X-Original-Url": "/theme/",
        "Forwarded": "for=1.2.3.4",
        SPACE_HEADER: "/les-tilleuls/",
    }
    with world.before_an_echo() as (nginx, noted):
        replies = [
            nginx.line.ask(target, headers=claimed)
            for target in ("/entrer", "/les-tilleuls/absente.html", "/equipe/", "/ville/x", PAGE)
        ]
    for reply in replies[:4]:
        if reply.body != b"echo":
            yield f"an answer was not passed on as it was: {reply}"
    for reply in replies:
        if any(value == "ines" for _name, value in reply.headers):
            yield f"an answer names somebody: {reply}"
    if replies[4].header("set-cookie"):
        yield "a cookie of a decision came out"
    for method, path, headers in noted.asked:
        if "ines" in headers.values() or any("_" in name for name in headers):
            yield f"{method} {path} was told who asks: {headers}"
        if headers["host"] != "127.0.0.1:8000":
            yield f"{path} was told another host: {headers['host']}"
        if headers.get("x-forwarded-for") != "127.0.0.1":
            yield f"{path} was told another address: {headers.get('x-forwarded-for')}"
        if {"x-forwarded-host", "forwarded", "x-original-url"} & set(headers):
            yield f"{path} was told what the visitor pretends: {headers}"
    for _method, path, headers in noted.pages():
        if SPACE_HEADER.lower() in headers:
            yield f"{path} was told a space"
    for headers in noted.decisions():
        if headers["cookie"] != "preau_famille=x":
            yield f"a decision was asked of {headers['cookie']!r}"
        if set(headers) - {"host", "cookie", "x-forwarded-for", SPACE_HEADER.lower()}:
            yield f"a decision was asked with more than it needs: {sorted(headers)}"


def a_decision_is_of_one_pass_and_one_space(world: World) -> Iterator[str]:
    """Asked once for each, kept, and never used for another pass nor for another space."""
    with world.before_an_echo() as (nginx, noted):
        for cookie in ("a=1", "a=2", "a=1; b=1", None):
            for target in (PAGE, PHOTO, f"{MOYENS}index.html", "/la-grande-ourse/index.html"):
                for _again in range(2):
                    nginx.line.ask(target, headers={"Cookie": cookie} if cookie else {})
        asked = [(one[SPACE_HEADER.lower()], one.get("cookie")) for one in noted.decisions()]
    expected = {
        (space, cookie)
        for space in ("/les-tilleuls/", MOYENS, "/la-grande-ourse/")
        for cookie in ("a=1", "a=2", "a=1; b=1", None)
    }
    if set(asked) != expected:
        yield f"these were asked: {sorted(map(str, set(asked) ^ expected))}"
    if len(asked) != len(expected):
        yield f"{len(asked)} decisions were asked instead of {len(expected)}"


def a_lost_right_is_felt(world: World) -> Iterator[str]:
    """A role taken back, a file withdrawn and a page replaced: each within its seconds."""
    instance, records = world.instance, world.instance.records
    ines = {"Cookie": world.cookie(role=Role.OTHER, schools=(), person="ines")}
    family = {"Cookie": world.cookie()}
    site = instance.site
    with world.nginx(cache_seconds=1) as nginx:

        def status(target: str, cookies: Mapping[str, str]) -> int:
            return nginx.line.ask(target, headers=cookies).status

        def body() -> bytes:
            return nginx.line.ask("/les-tilleuls/page.html", headers=family).body

        records.grant_staff(
            StaffGrant(person="ines", centre="les-tilleuls", role=StaffRole.ANIMATOR), NOW
        )
        if status(f"{MOYENS}index.html", ines) != 200:
            yield "a right is not felt"
        records.revoke_staff("ines", "les-tilleuls")
        yield from _within(lambda: status(f"{MOYENS}index.html", ines) == 404, "a lost right")
        (site / "page.html").write_bytes(b"before")
        if body() != b"before":
            yield "a page is not read"
        beside = site / "page.new"
        beside.write_bytes(b"after, and longer")
        beside.replace(site / "page.html")
        yield from _within(lambda: body() == b"after, and longer", "a page that was replaced")
        (site / "page.html").unlink()
        yield from _within(
            lambda: status("/les-tilleuls/page.html", family) == 404, "a page that was withdrawn"
        )


def _within(condition: Callable[[], bool], what: str) -> Iterator[str]:
    try:
        wait_until(condition, what, WAITS_S)
    except AssertionError as error:
        yield str(error)


def a_known_validator_saves_the_bytes(world: World) -> Iterator[str]:
    """304 for what the browser has, from nginx, and never to whoever may not read."""
    family, other = ({"Cookie": world.cookie(schools=(uai,))} for uai in (PREVERT, "0310001H"))
    with world.nginx() as nginx:
        etag = nginx.line.ask(PHOTO, headers=family).header("etag")
        again = nginx.line.ask(PHOTO, headers={**family, "If-None-Match": etag})
        if (again.status, again.body) != (304, b""):
            yield f"a known photo was sent again: {again}"
        refused = nginx.line.ask(PHOTO, headers={**other, "If-None-Match": etag})
        if refused.status != 404:
            yield f"a validator was a pass: {refused}"


def text_shrinks(world: World) -> Iterator[str]:
    """Pages and styles are compressed; what the gate says itself, where words may repeat, is not."""
    cookies = {"Cookie": world.cookie(), "Accept-Encoding": "gzip"}
    with world.nginx() as nginx:
        reply = nginx.line.ask(LONG, headers=cookies)
        if reply.header("content-encoding") != "gzip" or len(reply.body) > 1_000:
            yield f"a page came whole: {reply}"
        elif gzip.decompress(reply.body) != (world.instance.site / "longue.html").read_bytes():
            yield "a page came changed"
        for target in (PHOTO, "/la-grande-ourse/", "/entrer"):
            if nginx.line.ask(target, headers=cookies).header("content-encoding"):
                yield f"{target} was compressed"


def nothing_stays(world: World) -> Iterator[str]:
    """The logs hold no ticket, no cookie, no whole address; a photo on its way touches no disk."""
    with world.nginx() as nginx:
        cookies = {"Cookie": world.cookie()}
        nginx.line.ask(f"{PAGE}?ticket={SECRET}", headers=cookies)
        nginx.line.ask(f"/retour/demo?ticket={SECRET}")
        nginx.line.ask(f"/equipe/retour/demo?ticket={SECRET}")
        nginx.line.ask(f"/{SECRET}/index.html")
        nginx.reopen_logs()
        wait_until(lambda: nginx.logged("access.log").count("\n") == 4, "the log")
        log, errors = nginx.logged("access.log"), nginx.logged("error.log")
    if SECRET in log + errors:
        yield f"a ticket was logged: {log}{errors}"
    if "127.0.0.1" in log or "preau_famille" in log:
        yield f"somebody was logged: {log}"
    if PAGE not in log or " 200 " not in log or "127.0.0.0" not in log:
        yield f"the log says nothing: {log}"
    with world.before_an_echo() as (nginx, noted):
        for folder in ("body", "proxy"):
            shutil.rmtree(nginx.folder / folder)
        photo = b"x" * 2_000_000
        said = _sent(nginx, "/equipe/photo", len(photo), photo)
        if " 200 " not in said or noted.bodies["/equipe/photo"] != len(photo):
            yield f"a photo did not pass without being kept: {said}"


def too_much_is_too_much(world: World) -> Iterator[str]:
    """A form that is too heavy, a photo that is too heavy, too many forms, too many at once."""
    with world.before_an_echo() as (nginx, noted), ExitStack() as held:
        for target, length, status in (
            ("/sortir", 300_000, 413),
            ("/charte", 300_000, 413),
            (PAGE, 300_000, 413),
            ("/equipe/", 45_000_000, 413),
        ):
            said = _sent(nginx, target, length, b"")
            if f" {status} " not in said or "trop lourd" not in said:
                yield f"{target}: {said}"
        for target in ("/code", "/retour/demo"):
            if not any(
                nginx.line.ask(target, "POST", {"Content-Length": "0"}).status == 429
                for _ in range(1_000)
            ):
                yield f"{target}: a thousand forms in a row passed"
        if nginx.line.ask("/entrer").status != 200:
            yield "a page was refused for the forms of others"
        request = b"GET /attendre HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        for _ in range(200):
            one = held.enter_context(socket.create_connection(("127.0.0.1", nginx.port)))
            one.sendall(request)
        wait_until(
            lambda: sum(path == "/attendre" for _m, path, _h in noted.asked) == 200, "the 200"
        )
        if nginx.line.ask("/entrer").status != 429:
            yield "more than two hundred at once"
        noted.let_go.set()


def away_is_said(world: World) -> Iterator[str]:
    """When Préau does not answer, a sentence does, and no file comes out for want of a decision."""
    nobody = free_port()
    with in_front(world.instance.folder, nobody, change=world.change) as nginx:
        for target in (
            "/",
            PAGE,
            "/les-tilleuls/absente.html",
            "/equipe/",
            "/les-tilleuls/theme/x",
        ):
            reply = nginx.line.ask(target, headers={"Cookie": world.cookie()})
            if reply.status != 503 or "Réessayez" not in reply.body.decode():
                yield f"{target}: {reply}"
            if reply.header("cache-control") != "no-store":
                yield f"{target} would be kept: {reply.header('cache-control')}"


def another_name_gets_nothing(world: World) -> Iterator[str]:
    """A request for another host is not answered at all."""
    cookies = {"Cookie": world.cookie()}
    with world.nginx() as nginx:
        for host in ("evil.example", "127.0.0.2", ""):
            reply = nginx.line.ask(PAGE, headers={**cookies, "Host": host})
            if reply.status not in {0, 400}:
                yield f"{host!r} was answered {reply.status}"


def _sent(nginx: Nginx, target: str, length: int, body: bytes) -> str:
    """What is said to somebody who announces so many bytes; nothing when all are waited for."""
    with socket.create_connection(("127.0.0.1", nginx.port), WAITS_S) as sender:
        head = f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
        sender.sendall(head.encode() + body)
        try:
            return sender.recv(65_536).decode()
        except TimeoutError:
            return ""


Check = Callable[[World], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    the_same_answers,
    every_header,
    nobody_is_named,
    a_decision_is_of_one_pass_and_one_space,
    a_lost_right_is_felt,
    a_known_validator_saves_the_bytes,
    text_shrinks,
    nothing_stays,
    too_much_is_too_much,
    away_is_said,
    another_name_gets_nothing,
)
