"""What every folder of tests shares: one real Chromium, one real identity provider."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.lemonldap.provider import LemonLdap, run_lemonldap

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session", name="chromium")
def _chromium() -> Iterator[Browser]:
    """Debian's Chromium. One for all: the library runs one loop a thread."""
    path = shutil.which("chromium")
    assert path, "chromium is not installed: scripts/test does it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session", name="lemonldap")
def _lemonldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LemonLdap]:
    """Debian's LemonLDAP::NG. One for all: each adds the application it tests."""
    with run_lemonldap(tmp_path_factory.mktemp("ent")) as provider:
        yield provider
