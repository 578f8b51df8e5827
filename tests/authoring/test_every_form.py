"""Every form of the team's app: none changes anything without the token of whoever sends it."""

import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from publisher.content.library import save_new_post
from publisher.model.person import StaffRole
from tests.authoring.conftest import HERE, TILLEULS, Desk
from tests.authoring.team import (
    BASE,
    WORDS,
    Browser,
    allow_local_accounts,
    browser,
    give,
    hidden,
    join_by_account,
    offer,
)
from tests.posts import reminder

SPOKEN_TO_BY_SOURCES = {
    "team_sign_in.receive": "answers of a source, which are signed or of one use",
    "team_sign_in.source_signs_out": "a source's own word that a session ended, signed as well",
}
"""The forms that are not ours: a source sends them, and it has no token."""
KEPT_ELSEWHERE = {"submissions", "tries", "spent_proofs"}
"""Tables that count what was tried: no right, no account, no sign-in is in them."""


def forms(desk: Desk) -> list[Rule]:
    """Every address that takes a POST."""
    return [
        rule
        for rule in desk.app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and rule.endpoint not in SPOKEN_TO_BY_SOURCES
    ]


def state_of(desk: Desk) -> tuple[Mapping[str, list[object]], list[tuple[str, bytes]]]:
    """Every row of the database and every file of the content."""
    database = Path(desk.settings.database_url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(database)
    names = [
        row[0] for row in connection.execute("select name from sqlite_master where type='table'")
    ]
    rows = {
        name: sorted(map(repr, connection.execute(f"select * from {name}")))  # noqa: S608 (the table's own name)
        for name in names
        if name not in KEPT_ELSEWHERE
    }
    connection.close()
    files = [
        (str(path), path.read_bytes()) for path in sorted(desk.content.rglob("*")) if path.is_file()
    ]
    return rows, files


@pytest.fixture(name="full")
def _full(desk: Desk) -> Desk:
    """A town where there is something to lose: a post, a colleague, an invitation, an account."""
    allow_local_accounts(desk)
    give(desk, "zoe", StaffRole.DIRECTOR)
    save_new_post(desk.content, reminder())
    return desk


def address(desk: Desk, rule: Rule, account: str) -> str:
    """An address of *rule* behind which something really is."""
    colleagues = desk.records.staff.colleagues(TILLEULS)
    handle = next(one.handle for one in colleagues if one.grant.person == account)
    if rule.endpoint == "revoke_invitation":
        handle = desk.records.staff.open_invitations(desk.hour(), TILLEULS)[0].handle
    part = desk_offer(desk)
    values = {
        "slug": TILLEULS,
        "post": "2026-11-18-maillot",
        "kind": "reminder",
        "handle": handle.lower(),
        "part": part,
        "source": "demo",
    }
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", values[name])
    assert "<" not in path, path
    return path


def desk_offer(desk: Desk) -> str:
    """The last part of an invitation's address."""
    return offer(desk).path.rpartition("/")[2]


FIELDS = {
    "sentence": "Piscine",
    "pictogram": "maillot",
    "jour": "2026-11-19",
    "role": "animateur",
    "dernier_jour": "2027-07-03",
    "identifiant": "marelle",
    "mot_de_passe": WORDS,
    "code": "AAAAA-AAAAA",
    "verrou": "application",
}


def signed_in(desk: Desk, rule: Rule) -> Browser:
    """A browser of somebody for whom that form would do something."""
    if rule.rule.startswith("/equipe/compte"):
        identifier = f"girafe.{secrets.token_hex(4)}"
        return join_by_account(desk, identifier=identifier)
    visitor = desk.visitor("zoe")
    return Browser(visitor.client)


def test_every_form_is_walked(full: Desk) -> None:
    """What sources send is the only exception; anything new is in the walk below."""
    endpoints = {rule.endpoint for rule in forms(full)}
    assert len(endpoints) >= 18
    every = {
        rule.endpoint for rule in full.app.url_map.iter_rules() if "POST" in (rule.methods or set())
    }
    assert every - endpoints == set(SPOKEN_TO_BY_SOURCES)


@pytest.mark.parametrize("token", ["", "0" * 64, "another's"])
def test_no_form_does_anything_without_its_own_token(full: Desk, token: str) -> None:
    """Missing, invented, or another sign-in's: nothing is written, and nobody comes in or out."""
    if token == "another's":
        token = full.visitor("omar").token
    for rule in forms(full):
        somebody = signed_in(full, rule)
        path = address(full, rule, "ines")
        before = state_of(full)
        answer = somebody.client.post(
            path, data={**FIELDS, "jeton": token}, headers=HERE, base_url=BASE
        )
        assert answer.status_code in {303, 403}, (rule.rule, answer.status_code)
        if answer.status_code == 303:
            assert "ancienne" in answer.headers["Location"], rule.rule
        assert state_of(full) == before, rule.rule


def test_no_form_does_anything_from_another_site(full: Desk) -> None:
    """Even with the right token."""
    for rule in forms(full):
        somebody = signed_in(full, rule)
        path = address(full, rule, "ines")
        page = somebody.get(
            "/equipe/invitation" if rule.endpoint == "read_code" else "/equipe/sortir"
        )
        token = full.visitor("zoe").token if "jeton" not in page.text else hidden(page, "jeton")
        before = state_of(full)
        for headers in (
            {"Origin": "https://ailleurs.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            answer = somebody.client.post(
                path, data={**FIELDS, "jeton": token}, headers=headers, base_url=BASE
            )
            assert answer.status_code == 403, (rule.rule, headers)
        assert state_of(full) == before, rule.rule


@pytest.mark.parametrize(
    "headers", [{"X-HTTP-Method-Override": "POST"}, {"X-Method-Override": "POST"}]
)
def test_looking_changes_nothing(full: Desk, headers: dict[str, str]) -> None:
    """Every address, by GET, and by a GET that asks to be taken for a POST."""
    for rule in full.app.url_map.iter_rules():
        if rule.endpoint in {"static", "theme", "photo"} or rule.endpoint.startswith(
            "team_sign_in"
        ):
            continue
        somebody = signed_in(full, rule)
        path = address(full, rule, "ines")
        before = state_of(full)
        for query in ("", "?_method=POST&jeton=x"):
            somebody.client.get(f"{path}{query}", headers=headers, base_url=BASE)
        assert state_of(full) == before, rule.rule


def test_with_its_token_each_form_of_a_director_does_its_deed(full: Desk) -> None:
    """The walk above would say nothing of forms that never do anything."""
    zoe = full.visitor("zoe")
    people = f"/equipe/{TILLEULS}/personnes"
    colleagues = full.records.staff.colleagues(TILLEULS)
    handle = next(one.handle for one in colleagues if one.grant.person == "ines").lower()
    for act in ("inviter", f"{handle}/prolonger", f"{handle}/nouveau-lien", f"{handle}/reprendre"):
        before = state_of(full)
        assert zoe.send(f"{people}/{act}", FIELDS).status_code in {200, 303}
        assert state_of(full) != before, act


def test_a_stranger_reaches_only_the_forms_of_the_door(full: Desk) -> None:
    """Without a sign-in, every other form is refused before anything of it is read."""
    open_to_all = {"local_sign_in", "second_sign_in", "read_code", "make_account"}
    for rule in forms(full):
        stranger = browser(full)
        before = state_of(full)
        path = address(full, rule, "ines")
        before = state_of(full)
        stranger.get("/equipe/invitation")
        answer = stranger.post(path, {"reponse": "{}"})
        leaves = rule.endpoint == "team_sign_in.sign_out"
        if rule.endpoint not in open_to_all and not leaves:
            assert answer.status_code == 401, rule.rule
        assert state_of(full) == before, rule.rule
