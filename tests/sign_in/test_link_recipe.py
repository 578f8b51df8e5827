"""The recipe given to portals, as it is written: its lines are run, and its link opens the door."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium

from publisher.gate.app import make_gate
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import FAMILY, Passes
from tests.gate.conftest import PREVERT, Instance, run_instance
from tests.gate.visiting import Browser, Reply
from tests.waiting import free_port

RECIPE = Path(__file__).parents[2] / "docs" / "ent" / "lien-signe.md"
PUBLIC_URL = "https://loisirs.ma-ville.example"
SHARED = "le-secret-que-la-ville-donne-au-portail-0123456789"


def blocks(language: str) -> list[str]:
    """The blocks of the recipe that are written in *language*."""
    text = RECIPE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def link() -> str:
    """The address that the portal of the recipe sends somebody to, by its own lines of Python."""
    code = "\n".join([*blocks("python"), f"print(lien({SHARED!r}, personne))"])
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    return ran.stdout.decode().strip()


def portal_of(folder: Path, public_url: str = PUBLIC_URL) -> Instance:
    """An instance with the source of the recipe."""
    instance = run_instance(folder / "ville", public_url=public_url)
    town = instance.folder / "centres" / "town.toml"
    (source,) = blocks("toml")
    town.write_text(f"{town.read_text(encoding='utf-8')}\n{source}", encoding="utf-8")
    (instance.folder / "keys" / "client-portail.secret").write_text(SHARED, encoding="ascii")
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    instance.settings, instance.is_live = settings, True
    instance.gate = make_gate(instance.town, settings, instance.records, instance.clock)
    return instance


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Instance:
    return portal_of(tmp_path)


def pressed(browser: Browser, address: str, **headers: str) -> Reply:
    """What comes of the button, on the page at *address*."""
    body = urlencode({"jeton": urlsplit(address).query.removeprefix("jeton=")}).encode()
    form = {
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    sent = headers or {"SEC_FETCH_SITE": "same-origin"}
    return browser.ask(urlsplit(address).path, "POST", environ=form, **sent)


def test_the_recipes_link_opens_the_door_once(instance: Instance) -> None:
    """The page comes first and gives nothing; its button lets the parent in, and only once."""
    address = link()
    assert address.startswith(f"{PUBLIC_URL}/retour/portail?jeton=")
    browser = instance.anonymous()
    page = browser.ask(address.removeprefix(PUBLIC_URL))
    assert (page.status, page.headers["cache-control"], page.cookies) == (200, "no-store", ())
    assert "Vous venez de « Espace famille »" in page.text
    assert "Camille" not in page.text
    reply = pressed(browser, address)
    assert (reply.status, reply.location) == (303, "/")
    passes = Passes(instance.settings.gate_keys, FAMILY, PUBLIC_URL)
    pass_ = passes.read(browser.cookies[passes.cookie], instance.clock())
    assert pass_ is not None
    assert PREVERT in pass_.schools
    assert pass_.given_name == "Camille"
    again = instance.anonymous()
    refused = pressed(again, address)
    assert refused.status == 403
    assert "Ce lien a déjà servi" in refused.text
    assert passes.cookie not in again.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"SEC_FETCH_SITE": "cross-site"},
        {"SEC_FETCH_SITE": "none"},
        {"ORIGIN": "https://evil.example"},
        {"ORIGIN": "null"},
    ],
    ids=str,
)
def test_no_other_site_presses_the_button(instance: Instance, headers: dict[str, str]) -> None:
    """Somebody's own link, posted by their page, signs nobody else in."""
    browser, address = instance.anonymous(), link()
    assert pressed(browser, address, **headers).status == 403
    assert not [name for name in browser.cookies if "famille" in name]


def test_the_recipe_is_for_families(instance: Instance) -> None:
    """The source it configures leads to one door."""
    assert instance.town().source("portail") in instance.town().sign_in
    assert [door.value for source in instance.town().sign_in[1:] for door in source.doors] == [
        "familles"
    ]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a gate that answers there."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    instance = portal_of(folder, url)
    server = make_server("127.0.0.1", port, instance.gate, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_page_of_one_button_is_for_everybody(tmp_path: Path, chromium: Chromium) -> None:
    """On a phone and a desk, light and dark: no violation, nothing wider than the screen."""
    with served(tmp_path) as url:
        for width in (360, 1280):
            for scheme in ("light", "dark"):
                context = chromium.new_context(
                    viewport={"width": width, "height": 800},
                    color_scheme=scheme,  # type: ignore[arg-type]  # one of the two words
                    locale="fr-FR",
                )
                page = context.new_page()
                page.goto(f"{url}/retour/portail?jeton=x")
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.get_by_role("button", name="Entrer").click()
                assert "La réponse de l'ENT n'est pas sûre" in page.content()
                context.close()
