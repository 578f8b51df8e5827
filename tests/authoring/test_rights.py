"""Who may write where: found through what is yours, refused as what does not exist is."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from publisher.content.library import save_new_post
from publisher.sign_in.passes import FAMILY, Passes
from tests.accounts import account
from tests.authoring.conftest import HERE, OURSE, TILLEULS, Desk, Visitor
from tests.posts import NOW, reminder

PAGES = (
    "",
    "publications/",
    "publications/2026-11-18-maillot/",
    "publications/2026-11-18-maillot/etat",
    "publications/2026-11-18-maillot/modifier",
    "publications/2026-11-18-maillot/retirer",
    "nouveau/reminder",
    f"photos/{'a' * 26}/480.jpg",
)
ACTS = (
    "nouveau/reminder",
    "nouveau/photo-article",
    "nouveau/programme",
    "publications/2026-11-18-maillot/modifier",
    "publications/2026-11-18-maillot/retirer",
)


@pytest.fixture(name="full")
def _full(desk: Desk) -> Desk:
    save_new_post(desk.content, reminder())
    desk.put_photo("a" * 26)
    return desk


def test_an_animator_opens_every_page_of_their_centre(full: Desk) -> None:
    """What is theirs opens."""
    ines = full.visitor("ines")
    statuses = {page: ines.get(f"/equipe/{TILLEULS}/{page}").status_code for page in PAGES}
    assert set(statuses.values()) == {200}, statuses


@pytest.mark.parametrize("page", PAGES)
def test_another_centre_is_refused_as_one_that_does_not_exist(full: Desk, page: str) -> None:
    """An animator of another centre gets, byte for byte, the page of what does not exist."""
    omar = full.visitor("omar")
    refused = omar.get(f"/equipe/{TILLEULS}/{page}")
    absent = omar.get(f"/equipe/nulle-part/{page}")
    assert (refused.status_code, refused.data) == (404, absent.data)
    assert absent.status_code == 404
    assert "Tilleuls" not in refused.text


@pytest.mark.parametrize("act", ACTS)
def test_another_centre_cannot_be_written_to(full: Desk, act: str) -> None:
    """An animator of another centre changes nothing by any form."""
    before = [path.read_bytes() for path in full.documents()]
    fields = {"sentence": "x", "pictogram": "maillot", "jour": "2026-11-19", "centre": TILLEULS}
    omar = full.visitor("omar")
    assert omar.send(f"/equipe/{TILLEULS}/{act}", fields).status_code == 404
    assert omar.upload(f"/equipe/{TILLEULS}/photos", b"\xff\xd8\xff").status_code == 404
    assert [path.read_bytes() for path in full.documents()] == before
    assert full.documents(OURSE) == []


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_sent_to_the_door(full: Desk, page: str) -> None:
    """Without a sign-in, every page leads to the door, and none says whether it exists."""
    answer = full.visitor(None).get(f"/equipe/{TILLEULS}/{page}")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/equipe/entrer?vers=/equipe/")


def test_a_grant_that_ended_yesterday_opens_nothing(full: Desk) -> None:
    """Rights are looked at on each request, at the local day."""
    full.grant("zoe", TILLEULS, ends_on=date(2026, 11, 18))
    zoe = full.visitor("zoe")
    assert zoe.get(f"/equipe/{TILLEULS}/").status_code == 200
    # 23 h 30 UTC is already the 19th in Paris.
    full.hour.at = NOW.replace(hour=23, minute=59, second=59)
    assert zoe.get(f"/equipe/{TILLEULS}/").status_code == 200
    full.hour.at += timedelta(seconds=1)
    assert zoe.get(f"/equipe/{TILLEULS}/").status_code == 404


def test_a_right_taken_back_is_lost_at_once(full: Desk, ines: Visitor) -> None:
    """The next request after a revocation is refused."""
    full.records.revoke_staff("ines", TILLEULS)
    assert ines.get(f"/equipe/{TILLEULS}/").status_code == 404


def test_a_person_without_any_grant_is_told_what_to_do(desk: Desk) -> None:
    """Signed in and granted nothing: a kind page, with the code that the town needs."""
    answer = desk.visitor("zoe").get("/equipe/")
    assert answer.status_code == 403
    assert "jeunesse@valmont.example" in answer.text
    assert ">zoe<" in answer.text


def test_several_centres_are_offered_and_one_is_opened(desk: Desk) -> None:
    """One centre opens by itself; several are offered."""
    assert desk.visitor("ines").get("/equipe/").headers["Location"] == f"/equipe/{TILLEULS}/"
    desk.grant("samira", TILLEULS, OURSE)
    page = desk.visitor("samira").get("/equipe/").text
    assert f"/equipe/{TILLEULS}/" in page
    assert f"/equipe/{OURSE}/" in page


def test_a_family_pass_opens_nothing_here(desk: Desk) -> None:
    """What was signed for the families' app is nobody here."""
    family = Passes(desk.settings.authoring_keys, FAMILY, desk.town.public_url)
    client = desk.app.test_client()
    team = desk.passes()
    client.set_cookie(team.cookie, family.sign(desk.pass_for("ines")), domain="127.0.0.1")
    assert Visitor(client, "").get(f"/equipe/{TILLEULS}/").status_code == 302


def test_a_sign_in_that_was_ended_opens_nothing(desk: Desk, ines: Visitor) -> None:
    """Signing out ends the pass, even one that was copied."""
    desk.records.end_sign_in("sign-in-of-ines", desk.hour())
    assert ines.get(f"/equipe/{TILLEULS}/").status_code == 302


def test_every_answer_carries_the_headers_of_the_house(full: Desk, ines: Visitor) -> None:
    """Pages, refusals, redirections and failures alike; no script nor style is inline."""
    answers = [
        ines.get(f"/equipe/{TILLEULS}/"),
        ines.get("/equipe/absent/"),
        ines.get(f"/equipe/{TILLEULS}/publications/2026-11-18-maillot/etat"),
        full.visitor(None).get(f"/equipe/{TILLEULS}/"),
        ines.send(f"/equipe/{TILLEULS}/nouveau/reminder", headers={"Sec-Fetch-Site": "cross-site"}),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "noarchive" in answer.headers["X-Robots-Tag"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", answer.text)


def test_signing_out_asks_for_the_token_too(desk: Desk, ines: Visitor) -> None:
    """Even leaving is an act: without the token nothing ends; with it the sign-in is over."""
    forged = Visitor(ines.client, "")
    assert forged.send("/equipe/sortir").status_code == 403
    assert not desk.records.has_ended("sign-in-of-ines")
    assert ines.send("/equipe/sortir", headers=HERE).status_code == 303
    assert desk.records.has_ended("sign-in-of-ines")


@pytest.mark.parametrize("pattern", ["*", "2026-11-18-*", "[2]026-11-18-maillot", "**", ".."])
def test_a_post_is_found_by_its_name_and_by_no_pattern(full: Desk, pattern: str) -> None:
    """What a file system reads as « any » is nobody's slug."""
    ines = full.visitor("ines")
    for act in ("", "modifier", "retirer"):
        assert ines.get(f"/equipe/{TILLEULS}/publications/{pattern}/{act}").status_code == 404
    assert ines.send(f"/equipe/{TILLEULS}/publications/{pattern}/retirer").status_code == 404
    assert full.post("2026-11-18-maillot").post.publication.withdrawn_at is None


def test_a_right_follows_the_accounts_that_are_joined_until_they_part(desk: Desk) -> None:
    """At the next request, even for a pass that was given while they were joined."""
    desk.grant("travail", TILLEULS)
    records = desk.records.accounts
    records.join(account("maison"), account("travail"), "travail")
    joined = replace(desk.pass_for("maison"), person="travail")
    client = desk.app.test_client()
    client.set_cookie(desk.passes().cookie, desk.passes().sign(joined), domain="127.0.0.1")
    home = Visitor(client, "")
    assert home.get(f"/equipe/{TILLEULS}/").status_code == 200
    records.part("maison", "travail")
    assert home.get(f"/equipe/{TILLEULS}/").status_code != 200
    records.join(account("maison"), account("travail"), "travail")
    assert home.get(f"/equipe/{TILLEULS}/").status_code == 200
