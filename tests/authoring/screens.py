"""The team's app served on loopback, and Chromium in front of it."""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from publisher.content.library import read_centre
from publisher.shelf import Edition
from tests.authoring.conftest import TILLEULS, Desk, Hour, make_desk
from tests.instance import make_instance
from tests.photos.makers import encoded, four_corners
from tests.sites import put_online

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Answer = TypeVar("Answer")
PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


class Silent(WSGIRequestHandler):
    """A server that writes no line a request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Write nothing."""


@dataclass
class Served:
    """A desk with an address. `cuts` is how many uploads to come lose their connection."""

    desk: Desk
    server: BaseWSGIServer
    address: str
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, or hang up in the middle of an upload as a tunnel does."""
        is_upload = environ["PATH_INFO"].endswith("/photos") and environ["REQUEST_METHOD"] == "POST"
        with self.lock:
            cut = is_upload and self.cuts > 0
            self.cuts -= cut
        if cut:
            environ["werkzeug.socket"].shutdown(2)
            raise ConnectionAbortedError
        return self.desk.app(environ, start_response)

    def press(self) -> None:
        """Place all that is live, as the press does."""
        now = self.desk.hour().astimezone(self.desk.town.timezone)
        stored = read_centre(self.desk.content, self.desk.centre()).stored
        live = {
            slug: one.revision for slug, one in stored.items() if one.post.publication.is_live(now)
        }
        edition = Edition(made_at=now, moment=now, posts=live)
        put_online(self.desk.instance / "build", TILLEULS, edition)


@contextmanager
def served(folder: Path, host: str = "127.0.0.1") -> Iterator[Served]:
    """A new instance, served until the end, under the name *host*."""
    later: list[Served] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda *request: later[0](*request),  # noqa: PLW0108 (the port is known before the town)
        threaded=True,
        request_handler=Silent,
    )
    address = f"http://{host}:{server.port}"
    desk = make_desk(make_instance(folder / "instance", public_url=address), Hour())
    desk.grant("ines", TILLEULS)
    later.append(Served(desk, server, address))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield later[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Screen:
    """Chromium in a thread of its own: two of Playwright's loops cannot share one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._playwright = self._thread.submit(sync_playwright().start).result()
        self._browser: Browser = self.run(
            lambda: self._playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(FLAGS)
            )
        )

    def run(self, deed: Callable[[], Answer]) -> Answer:
        """Do *deed* where the browser lives."""
        return self._thread.submit(deed).result()

    def close(self) -> None:
        """Put everything away."""
        self.run(self._browser.close)
        self.run(self._playwright.stop)
        self._thread.shutdown()

    def visit(
        self,
        town: Served,
        journey: Callable[[Page], Answer],
        *,
        person: str | None = "ines",
        size: dict[str, int] = PHONE,
        **more: object,
    ) -> Answer:
        """Let *person* do *journey* in a browser of their own; no script error, no blocked file."""

        def deed() -> Answer:
            context: BrowserContext = self._browser.new_context(
                viewport=size,  # type: ignore[arg-type]  # a width and a height
                locale="fr-FR",
                timezone_id="Europe/Paris",
                base_url=town.address,
                **more,  # type: ignore[arg-type]  # options of the browser
            )
            problems: list[str] = []
            context.on("weberror", lambda error: problems.append(str(error.error)))
            context.on(
                "console",
                lambda said: (
                    problems.append(said.text) if "Content Security" in said.text else None
                ),
            )
            if person is not None:
                passes = town.desk.passes()
                context.add_cookies(
                    [
                        {
                            "name": passes.cookie,
                            "value": passes.sign(town.desk.pass_for(person)),
                            "url": town.address,
                        }
                    ]
                )
            try:
                answer = journey(context.new_page())
            finally:
                context.close()
            assert problems == []
            return answer

        return self.run(deed)


def pictures(folder: Path, count: int) -> list[Path]:
    """*count* small pictures, as a phone names them."""
    folder.mkdir(exist_ok=True)
    raw = encoded(four_corners(), "JPEG")
    paths = [folder / f"IMG_{number:04}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(raw)
    return paths
