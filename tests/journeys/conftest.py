"""A running town for journeys: the demo ENT and `preau serve` in their own processes, and Chromium."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from publisher.demo.ent import PROFILES
from publisher.model.person import StaffGrant, StaffRole
from publisher.records import open_records
from publisher.settings import Settings, read_settings
from publisher.shelf import placed
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import utc_now
from tests.instance import make_instance
from tests.waiting import free_port, wait_until

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}


def answers(url: str) -> bool:
    """Say whether something answers at *url*."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 (loopback)
            return bool(response.status == 200)
    except OSError:
        return False


@dataclass(frozen=True)
class RunningTown:
    """A town that answers: its instance and its public address."""

    instance: Path
    url: str
    settings: Settings
    serving: "subprocess.Popen[bytes]"

    def grant(self, profile: str, centre: str, role: StaffRole = StaffRole.ANIMATOR) -> None:
        """Give somebody of the demo ENT the right to write in *centre*."""
        (subject,) = (one.subject for one in PROFILES if one.id == profile)
        person = pseudonym(self.settings.pseudonym_key, "demo", subject)
        records = open_records(self.settings.database_url)
        records.grant_staff(StaffGrant(person=person, centre=centre, role=role), utc_now())


@pytest.fixture(scope="session", name="town")
def _town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    port, ent_port = free_port(), free_port()
    url, ent_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ent_port}"
    folder = tmp_path_factory.mktemp("ville") / "instance"
    instance = make_instance(folder, public_url=url, ent_url=ent_url, port=port)
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    subjects = {profile.id for profile in PROFILES}
    assert {"ines", "parent-prevert", "parent-michel"} <= subjects
    ent = [
        sys.executable, "-m", "publisher.demo.ent", "--port", str(ent_port), "--public-url", ent_url,
        "--client-id", "preau", "--client-secret-file", str(instance / "keys/client-demo.secret"),
        "--redirect-uri", f"{url}/retour/demo", "--redirect-uri", f"{url}/equipe/retour/demo",
        "--post-logout-uri", f"{url}/",
    ]  # fmt: skip
    serve = [sys.executable, "-m", "publisher", "--instance", str(instance), "serve"]
    log = folder.parent / "log.txt"
    with log.open("w") as output:
        running = [
            subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=dict(os.environ))
            for command in (ent, serve)
        ]
        town = RunningTown(instance, url, settings, running[1])
        try:
            wait_until(lambda: answers(f"{ent_url}/.well-known/openid-configuration"), "the ENT")
            wait_until(lambda: answers(f"{url}/sante"), "the town")
            wait_until((instance / "build/les-tilleuls/edition.json").exists, "the first edition")
            town.grant("ines", "les-tilleuls")
            town.grant("samira", "les-tilleuls", StaffRole.DIRECTOR)
            yield town
        finally:
            for process in reversed(running):
                process.terminate()
            for process in running:
                process.wait(30)
            sys.stderr.write(log.read_text()[-6000:])  # shown by pytest when a journey fails


class Visit:
    """One person's browser, with its own cookies and store."""

    def __init__(
        self, browser: Browser, town: RunningTown, size: dict[str, int], **more: object
    ) -> None:
        self.town = town
        self.context: BrowserContext = browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a width and a height
            base_url=town.url,
            has_touch=size is PHONE,
            **{"locale": "fr-FR", "timezone_id": "Europe/Paris", **more},  # type: ignore[arg-type]  # options of the browser
        )
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.problems.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )

    def sign_in(self, profile: str, to: str = "") -> None:
        """Sign in as a family, at the page *to*; at the first visit, accept the charter."""
        self.page.goto(f"/entrer/demo?login_hint={profile}&vers={to}")
        if urlsplit(self.page.url).path == "/charte":
            # « J'accepte la charte et j'entre », or a child's « J'ai compris, j'entre ».
            self.page.get_by_role("button", name="j'entre").click()

    def sign_in_to_team(self, profile: str) -> None:
        """Sign in to the team's space."""
        self.page.goto(f"/equipe/entrer/demo?login_hint={profile}")

    def fetch(self, path: str) -> tuple[int, bytes]:
        """Ask for *path* with this visit's cookies, without following a redirection."""
        answer = self.context.request.get(path, max_redirects=0)
        return answer.status, answer.body()


@pytest.fixture(name="visits")
def _visits(chromium: Browser, town: RunningTown) -> Iterator[Callable[..., Visit]]:
    opened: list[Visit] = []

    def visit(size: dict[str, int] = PHONE, **more: object) -> Visit:
        opened.append(Visit(chromium, town, size, **more))
        return opened[-1]

    yield visit
    for one in opened:
        one.context.close()
        assert one.problems == []


@pytest.fixture(scope="session", name="phone_photos")
def _phone_photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twelve 12-megapixel JPEG and HEIC files with positions and rotations."""
    folder = tmp_path_factory.mktemp("telephone")
    subprocess.run(
        [sys.executable, "-m", "publisher.demo.phone_photos", str(folder), "--count", "12"],
        check=True,
    )
    photos = sorted(path for path in folder.iterdir() if path.is_file())
    assert len(photos) == 12
    assert {path.suffix.lower() for path in photos} == {".jpg", ".heic"}
    return photos


def is_online(town: RunningTown, centre: str, slug: str) -> bool:
    """Say whether the press says that the post is in *centre*'s site."""
    return slug in placed(town.instance / "build", centre)
