"""A CAS server that can lie: it gives tickets for a service, once, and answers what a test wrote."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from publisher.sign_in.method import Why

WIRE = Path(__file__).parent / "wire"
TRUTH = (WIRE / "cas-apereo-parent.xml").read_bytes()
"""What it says of whoever has a good ticket."""
NO_TICKET = (WIRE / "cas-failure-ticket.xml").read_bytes()
SUBJECT = "ENTAP10001"
TICKET = "ST-17-aB_c.d~e-cas1"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. One that drips goes on for ever, a blank at a time."""

    status: int = 200
    body: bytes = TRUTH
    encoding: str = ""
    drips: bool = False


@dataclass(kw_only=True)
class HostileCas:
    """What it knows: the services that tickets are for, and what it will answer instead."""

    address: str = ""
    services: dict[str, str] = field(default_factory=dict)
    lie: Reply | None = None
    asked: list[str] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    def gives(self, login: str, ticket: str = TICKET) -> str:
        """Sign somebody in at the *login* address, and send them back: to which address."""
        (service,) = parse_qs(urlsplit(login).query)["service"]
        self.services[ticket] = service
        return f"{service}{'&' if '?' in service else '?'}ticket={ticket}"

    def answer_to(self, address: str) -> Reply:
        """The answer to a validation: the lie, or the truth, once a ticket."""
        self.asked.append(address)
        if self.lie is not None:
            return self.lie
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        service = self.services.pop(asked.get("ticket", ""), None)
        is_good = service is not None and service == asked.get("service")
        return Reply(body=TRUTH if is_good else NO_TICKET)


@contextmanager
def run_hostile_cas() -> Iterator[HostileCas]:
    """Run it until the block ends."""
    cas = HostileCas()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = cas.answer_to(self.path)
            self.send_response(reply.status)
            if 300 <= reply.status < 400:
                self.send_header("Location", f"{cas.address}/elsewhere")
            if reply.encoding:
                self.send_header("Content-Encoding", reply.encoding)
            self.send_header("Content-Length", str(1 << 40 if reply.drips else len(reply.body)))
            self.end_headers()
            try:
                self.wfile.write(reply.body)
                while reply.drips and not cas.leaving.wait(0.005):
                    self.wfile.write(b" ")
            except ConnectionError:
                """Who asked has left."""

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    cas.address = f"http://127.0.0.1:{server.server_port}/cas"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield cas
    finally:
        cas.leaving.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Lie:
    """One thing that is wrong, and what comes of it: in the answer, or in what comes back."""

    name: str
    why: Why
    reply: Reply | None = None
    changes: tuple[tuple[str, str | None], ...] = ()


def _answered(name: str, why: Why, **reply: object) -> Lie:
    return Lie(name=f"answer: {name}", why=why, reply=Reply(**reply))  # type: ignore[arg-type]  # its own fields


def _brought(name: str, why: Why, **changes: str | None) -> Lie:
    return Lie(name=f"browser: {name}", why=why, changes=tuple(changes.items()))


def _with(old: bytes, new: bytes) -> bytes:
    assert old in TRUTH
    return TRUTH.replace(old, new)


_USER = f"<cas:user>{SUBJECT}</cas:user>".encode()
_OTHER = b"<cas:user>ENTAP66666</cas:user>"
_BOMB = b'<!DOCTYPE x [<!ENTITY a "ENTAP66666"><!ENTITY b "&a;&a;&a;&a;">]>'
_XXE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'

LIES: tuple[Lie, ...] = (
    _brought("of another attempt", Why.NOT_BEGUN_HERE, etat="other"),
    _brought("with letters no state has", Why.NOT_BEGUN_HERE, etat="é"),
    _brought("without its state", Why.NOT_BEGUN_HERE, etat=None),
    _brought("without a ticket", Why.CANCELLED, ticket=None),
    _brought("with an empty ticket", Why.CANCELLED, ticket=""),
    _brought("with an invented ticket", Why.UNTRUSTED, ticket="ST-18"),
    _brought("with a ticket of several lines", Why.UNTRUSTED, ticket=f"{TICKET}\n"),
    _brought("with a ticket that adds to the address", Why.UNTRUSTED, ticket=f"{TICKET}&a=b"),
    _brought("with an endless ticket", Why.UNTRUSTED, ticket="S" * 257),
    _answered("a failure", Why.UNTRUSTED, body=NO_TICKET),
    _answered("two users", Why.UNTRUSTED, body=_with(_USER, _USER + _OTHER)),
    _answered("the same user twice", Why.UNTRUSTED, body=_with(_USER, _USER * 2)),
    _answered(
        "another among the attributes",
        Why.UNTRUSTED,
        body=_with(b"<cas:attributes>", b"<cas:attributes>" + _OTHER),
    ),
    _answered("nobody", Why.UNTRUSTED, body=_with(_USER, b"")),
    _answered(
        "two successes",
        Why.UNTRUSTED,
        body=_with(
            b"</cas:serviceResponse>",
            b"<cas:authenticationSuccess>"
            + _OTHER
            + b"</cas:authenticationSuccess></cas:serviceResponse>",
        ),
    ),
    _answered("two documents", Why.UNTRUSTED, body=TRUTH * 2),
    _answered("a comment in the name", Why.UNTRUSTED, body=_with(b"ENTAP10001", b"ENT<!-- -->AP")),
    _answered("an instruction in it", Why.UNTRUSTED, body=_with(b"ENTAP10001", b"ENT<?x y?>AP")),
    _answered("an entity bomb", Why.UNTRUSTED, body=_BOMB + _with(b"ENTAP10001", b"&b;")),
    _answered("a file of ours", Why.UNTRUSTED, body=_XXE + _with(b"ENTAP10001", b"&a;")),
    _answered("a page", Why.UNTRUSTED, body=b"<!doctype html><title>CAS</title>"),
    _answered("JSON", Why.UNTRUSTED, body=b'{"serviceResponse": {}}'),
    _answered("the first CAS", Why.UNTRUSTED, body=b"yes\nENTAP10001\n"),
    _answered("nothing", Why.UNTRUSTED, body=b""),
    _answered("another encoding", Why.UNTRUSTED, body=TRUTH.decode().encode("utf-16")),
    _answered("half of it", Why.UNTRUSTED, body=TRUTH[: len(TRUTH) // 2]),
    _answered("a long one", Why.UNTRUSTED, body=TRUTH + b" " * 300_000),
    _answered("a huge one", Why.UNREACHABLE, body=TRUTH + b" " * 2_000_000),
    _answered("an endless one", Why.UNREACHABLE, drips=True),
    _answered(
        "much in a little",
        Why.UNREACHABLE,
        body=gzip.compress(TRUTH + b" " * 20_000_000),
        encoding="gzip",
    ),
    _answered("a redirection", Why.UNREACHABLE, status=302),
    _answered("a redirection that keeps the method", Why.UNREACHABLE, status=307),
    _answered("a failure of its own", Why.UNREACHABLE, status=500),
    _answered("not allowed", Why.UNREACHABLE, status=403),
    _answered("made, not read", Why.UNREACHABLE, status=201),
)
"""Every lie, of which each is enough for nobody to be signed in."""


def jumping(seconds: float) -> Callable[[], float]:
    """A clock that goes *seconds* further each time it is read."""
    now = 0.0

    def ticks() -> float:
        nonlocal now
        now += seconds
        return now

    return ticks
