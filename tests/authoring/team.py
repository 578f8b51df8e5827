"""A team to test with: a town that allows accounts of Préau's own, people who come in by them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from publisher.authoring.invitations import Offer, make_offer
from publisher.model.person import StaffGrant, StaffRole
from tests.authoring.conftest import HERE, TILLEULS, Desk

BASE = "http://127.0.0.1:8000"
WORDS = "quatre girafes au bord du lac"
"""A password that is right."""
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id at costs for tests."""


@dataclass
class Browser:
    """A browser that keeps cookies, and sends back the token of the form it was shown."""

    client: FlaskClient
    page: TestResponse | None = None
    more: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> TestResponse:
        """Open a page, at whatever address it answers."""
        self.page = self.client.get(path, base_url=BASE, environ_base=self.more, buffered=True)
        return self.page

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> TestResponse:
        """Send a form with the token of the page that is open."""
        assert self.page is not None
        self.page = self.client.post(
            path,
            data={"jeton": hidden(self.page, "jeton"), **(fields or {})},
            headers=HERE,
            base_url=BASE,
            environ_base=self.more,
            buffered=True,
        )
        return self.page

    def follow(self) -> TestResponse:
        """Go where the last answer leads, to the end."""
        while self.page is not None and self.page.status_code in {302, 303}:
            self.get(self.page.headers["Location"])
        assert self.page is not None
        return self.page


def hidden(page: TestResponse, name: str) -> str:
    """What a hidden field of *page* holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, f"no {name} in {page.text[:2000]}"
    return unescape(found[1])


def browser(desk: Desk, address: str = "127.0.0.1") -> Browser:
    """A browser that nobody used yet, at a network address."""
    return Browser(desk.app.test_client(), more={"REMOTE_ADDR": address})


def allow_local_accounts(desk: Desk) -> None:
    """Write in the town's file that accounts of Préau's own exist."""
    path = desk.instance / "centres" / "town.toml"
    path.write_text("local_accounts = true\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def give(desk: Desk, person: str, role: StaffRole, centre: str = TILLEULS, **more: object) -> None:
    """Give *person* a role."""
    grant = StaffGrant(person=person, centre=centre, role=role, **more)  # type: ignore[arg-type]  # the fields of a grant
    desk.records.grant_staff(grant, desk.hour())


def offer(
    desk: Desk, role: StaffRole = StaffRole.ANIMATOR, centre: str = TILLEULS, **more: object
) -> Offer:
    """An invitation as the command makes one."""
    return make_offer(
        desk.records.staff,
        desk.settings,
        centre=centre,
        role=role,
        now=desk.hour(),
        **more,  # type: ignore[arg-type]  # the other facts of an invitation
    )


def join_by_account(
    desk: Desk, role: StaffRole = StaffRole.ANIMATOR, identifier: str = "girafe.lac"
) -> Browser:
    """The browser of somebody who accepted an invitation with a new account, where it leads."""
    somebody = browser(desk)
    path = offer(desk, role).path
    somebody.get(f"{path}/compte")
    somebody.post(f"{path}/compte", {"identifiant": identifier, "mot_de_passe": WORDS})
    somebody.follow()
    return somebody
