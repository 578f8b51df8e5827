"""The gate's own pages, and the demo ENT's, in a real browser: entered, read, left, and axe-clean."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from publisher.sign_in.paper import paper_digest
from tests.gate.conftest import Instance, run_instance
from tests.sign_in.ent_process import run_ent
from tests.waiting import free_port


@dataclass(frozen=True, kw_only=True)
class Served:
    """An instance whose gate answers at `url`."""

    url: str
    instance: Instance


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(name="served", scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("pages")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with run_ent(folder, url) as ent:
        instance = run_instance(folder / "ville", public_url=url, ent_url=ent.url)
        instance.is_live = True
        server = make_server("127.0.0.1", port, instance.gate, handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Served(url=url, instance=instance)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture(name="page")
def _page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 780}, locale="fr-FR")
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    yield page
    context.close()
    # A refused page is an error to the console; anything else that it says is a fault.
    assert not [
        one for one in problems if one.startswith("error") and "Failed to load resource" not in one
    ]


def is_clean(page: Page) -> None:
    """No violation that axe finds, no sideways scroll at 320 px, and every pictogram drawn."""
    for width in (360, 320, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} scrolls sideways at {width} px"
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    undrawn = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(one => !one.getBBox().width).length"
    )
    assert undrawn == 0, f"{page.url} has pictograms that are not drawn"
    page.set_viewport_size({"width": 360, "height": 780})


def test_a_parent_enters_reads_is_refused_elsewhere_and_leaves(served: Served, page: Page) -> None:
    """The whole visit by hand: the door, one click in the ENT, home, a refusal, the way out."""
    page.goto(f"{served.url}/")
    is_clean(page)
    page.get_by_text("J'ai un compte ENT").click()
    page.wait_for_url("**/authorize?**")
    is_clean(page)
    page.get_by_role("button", name="Parent — élèves de l'école Jacques-Prévert").click()
    page.wait_for_url(f"{served.url}/charte?vers=/")
    is_clean(page)
    page.get_by_role("button", name="J'accepte la charte et j'entre").click()
    page.wait_for_url(f"{served.url}/les-tilleuls/groupes/moyens/")
    refused = page.goto(f"{served.url}/la-grande-ourse/")
    assert refused is not None
    assert refused.status == 404
    is_clean(page)
    page.get_by_role("link", name="Aller au centre Les Tilleuls").click()
    page.wait_for_url(f"{served.url}/les-tilleuls/groupes/moyens/")
    page.goto(f"{served.url}/sortir")
    is_clean(page)
    page.get_by_role("button", name="Quitter").click()
    # By way of the ENT's own sign-out, which comes back to the door.
    page.wait_for_url(f"{served.url}/")
    page.get_by_text("J'ai un compte ENT").click()
    page.get_by_role("heading", name="Qui êtes-vous ?").wait_for()
    page.go_back()
    page.goto(f"{served.url}/les-tilleuls/index.html")
    page.wait_for_url(f"{served.url}/entrer?vers=/les-tilleuls/index.html")


def test_an_open_session_leads_straight_to_the_page(served: Served, page: Page) -> None:
    """Once known by the ENT, a link to the door is enough: no page, no click."""
    page.goto(f"{served.url}/entrer/demo?login_hint=parent-deux")
    page.get_by_role("button", name="J'accepte la charte et j'entre").click()
    page.wait_for_url(f"{served.url}/")
    is_clean(page)
    page.context.clear_cookies(name="preau_famille")
    page.goto(f"{served.url}/entrer/demo?vers=/les-tilleuls/rappels.html")
    page.wait_for_url(f"{served.url}/les-tilleuls/rappels.html")


@pytest.mark.parametrize(
    "path",
    [
        "/entrer",
        "/sortir",
        "/code",
        "/retour/demo",
        "/entrer/absente",
        "/absente.jpg",
        "/ville/accessibilite.html",
        "/ville/charte.html",
        "/ville/donnees-personnelles.html",
        "/ville/mentions-legales.html",
        "/ville/retirer-une-photo.html",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_clean(served: Served, page: Page, path: str, scheme: str) -> None:
    """Axe finds nothing, in light and in dark, from 320 px up."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
    page.goto(f"{served.url}{path}")
    is_clean(page)


def test_the_keyboard_reaches_the_content_first(served: Served, page: Page) -> None:
    """The first stop skips to the content, and the next ones follow it."""
    page.goto(f"{served.url}/entrer")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "Famille" in page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "profile", ["parent-prevert-maternelle", "enfant-prevert", "enseignante", "sans-ecole"]
)
def test_the_first_visit_and_the_refusal_are_clean(
    served: Served, page: Page, profile: str, scheme: str
) -> None:
    """The charter in both wordings, then each way of being refused, and the pages it leads to."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
    page.goto(f"{served.url}/entrer/demo?login_hint={profile}&vers=/charte")
    if page.get_by_role("heading", name="Avant d'entrer").count():
        is_clean(page)
        page.locator('form[action="/charte"] button').click()
    for path in ("/la-grande-ourse/", "/relier", "/code", "/sortir"):
        page.goto(f"{served.url}{path}")
        is_clean(page)


def test_a_code_on_paper_by_keyboard_and_without_a_script(
    served: Served, chromium: Browser
) -> None:
    """Typed wrong, said beside the field that has the focus; typed right, the charter, the centre."""
    instance = served.instance
    code, last = "7KQ4M2XN91T0", instance.clock().date() + timedelta(days=30)
    digest = paper_digest(instance.settings.pseudonym_key, code)
    instance.records.paper_codes.keep(
        "A7F4K", [digest], centre="les-tilleuls", group=None, ends_on=last, at=instance.clock()
    )
    context = chromium.new_context(
        viewport={"width": 360, "height": 780}, locale="fr-FR", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{served.url}/entrer")
    page.get_by_role("link", name="J'ai un code sur papier").press("Enter")
    page.get_by_label("Votre code").press_sequentially("7kq4 m2xn")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Il faut douze signes").wait_for()
    field = page.get_by_label("Votre code")
    assert field.input_value() == "7kq4 m2xn"
    field.press("End")
    page.keyboard.type(" 9lto")
    page.keyboard.press("Enter")
    page.wait_for_url("**/charte?vers=/")
    page.get_by_role("button", name="J'accepte la charte").press("Enter")
    page.wait_for_url(f"{served.url}/les-tilleuls/")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_second_account_is_joined_and_parted_by_hand(
    served: Served, page: Page, scheme: str
) -> None:
    """Asked, shown, agreed to, parted: every page of it clean."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # two of its words
    page.goto(f"{served.url}/entrer/demo?login_hint=parent-prevert-maternelle&vers=/relier")
    if page.get_by_role("heading", name="Avant d'entrer").count():
        page.get_by_role("button", name="J'accepte la charte").click()
    for cookie in page.context.cookies():
        if cookie["name"] != "preau_famille":
            page.context.clear_cookies(name=cookie["name"])
    page.get_by_role("button", name="ENT de démonstration").click()
    page.get_by_role("button", name="Parent — élèves de l'école Louise-Michel").click()
    page.get_by_role("heading", name="Relier ces deux comptes ?").wait_for()
    is_clean(page)
    page.get_by_role("button", name="Relier", exact=True).click()
    page.get_by_text("Relié.").wait_for()
    is_clean(page)
    page.goto(f"{served.url}/")
    page.get_by_role("link", name="La Grande Ourse").wait_for()
    page.goto(f"{served.url}/relier")
    page.get_by_role("button", name="Séparer").click()
    page.get_by_text("Relié.").wait_for(state="detached")
    page.goto(f"{served.url}/")
    page.wait_for_url(f"{served.url}/les-tilleuls/groupes/petits/")
