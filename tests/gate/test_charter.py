"""The first visit: the charter, once a version, before anything is shown."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from publisher.model.person import Role, StaffGrant, StaffRole
from tests.gate.conftest import NOW, SITE, Instance
from tests.gate.visiting import Browser, Reply

WHO = ("famille", "enfant", "équipe", "personne")


def _newcomer(instance: Instance, who: str = "famille") -> Browser:
    """Somebody who signed in and has accepted nothing."""
    if who == "équipe":
        grant = StaffGrant(person="samira", centre="les-tilleuls", role=StaffRole.ANIMATOR)
        instance.records.grant_staff(grant, NOW)
        return instance.visitor(Role.OTHER, (), person="samira", charter=False)
    if who == "personne":
        return instance.visitor(Role.OTHER, (), person="x" * 26, charter=False)
    role = Role.CHILD if who == "enfant" else Role.FAMILY
    return instance.visitor(role, person=who, charter=False)


def _accept(browser: Browser, version: int = 1, vers: str = "/", **headers: str) -> Reply:
    return browser.post("/charte", form={"version": str(version), "vers": vers}, **headers)


@pytest.mark.parametrize("who", WHO)
def test_nothing_is_shown_before_the_charter(instance: Instance, who: str) -> None:
    """No page, photo or feed of any space: pages lead to the charter, the rest is the refusal."""
    browser = _newcomer(instance, who)
    absent = browser.ask("/les-tilleuls/absente.jpg")
    assert absent.status == 404
    assert "Tilleuls" not in absent.text
    for name, raw in SITE.items():
        path = f"/les-tilleuls/{name}"
        if "/theme/" in path and not name.startswith("groupes"):
            continue
        reply = browser.ask(path)
        assert raw not in reply.body
        if path.endswith(".html"):
            assert (reply.status, reply.location) == (302, f"/charte?vers={path}")
        else:
            assert reply == absent, path
    assert browser.ask("/").location == "/charte?vers=/"


def test_what_exists_and_what_does_not_lead_to_the_charter_alike(instance: Instance) -> None:
    """One's own centre, another's, and one that is nowhere: the same bytes, but for the way back."""
    browser = _newcomer(instance)
    replies = [
        browser.ask(f"/{centre}/{page}")
        for centre in ("les-tilleuls", "la-grande-ourse", "nulle-part")
        for page in ("", "index.html", "rappels.html", "absente.html", "groupes/moyens/")
    ]
    assert {(one.status, one.body, len(one.headers)) for one in replies} == {
        (302, b"", len(replies[0].headers))
    }


@pytest.mark.parametrize("who", WHO[:3])
def test_once_accepted_it_leads_where_they_were_going(instance: Instance, who: str) -> None:
    """One button, then the page that was asked for, and never the charter again."""
    browser = _newcomer(instance, who)
    path = "/les-tilleuls/rappels.html"
    shown = browser.ask(browser.ask(path).location)
    assert shown.status == 200
    assert shown.text.count('<form method="post" action="/charte">') == 1
    assert f'name="vers" value="{path}"' in shown.text
    landed = _accept(browser, vers=path)
    assert (landed.status, landed.location) == (303, path)
    assert browser.ask(path).body == SITE["rappels.html"]
    again = browser.ask(f"/charte?vers={path}")
    assert (again.status, again.location) == (303, path)


def test_a_new_version_is_read_again(instance: Instance) -> None:
    """The version in force counts, and what accepted another one is shown the new one."""
    browser = instance.visitor()
    assert browser.ask("/les-tilleuls/index.html").status == 200
    file = instance.folder / "centres" / "town.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("charter_version = 1", "charter_version = 2"), encoding="utf-8")
    assert browser.ask("/les-tilleuls/index.html").location.startswith("/charte?")
    assert _accept(browser, version=1).status == 403
    assert browser.ask("/les-tilleuls/index.html").status == 302
    assert _accept(browser, version=2).status == 303
    assert browser.ask("/les-tilleuls/index.html").status == 200


def test_a_child_reads_words_of_a_child(instance: Instance) -> None:
    """Five short rules, none of which speaks of phones, codes of the ENT or versions."""
    child = _newcomer(instance, "enfant").ask("/charte").text
    parent = _newcomer(instance).ask("/charte").text
    assert child.count('<li class="etat') == parent.count('<li class="etat') == 5
    assert "Les copains aussi" in child
    assert "Les copains aussi" not in parent
    rules = re.findall(r'<span class="petit">(.*?)</span>', child)
    assert all(len(sentence.split()) <= 12 for one in rules for sentence in one.split(". "))


def test_only_our_own_page_accepts(instance: Instance) -> None:
    """A form of another site, one without its origin, and somebody unknown accept nothing."""
    browser = _newcomer(instance)
    for headers in ({"SEC_FETCH_SITE": "cross-site"}, {"SEC_FETCH_SITE": "same-site"}):
        assert _accept(browser, **headers).status == 403
    assert browser.ask("/les-tilleuls/index.html").status == 302
    stranger = instance.anonymous()
    assert _accept(stranger).location == "/entrer?vers=/"
    assert stranger.ask("/charte?vers=/les-tilleuls/").location == "/entrer?vers=/les-tilleuls/"


@pytest.mark.parametrize(
    "vers", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a?b", "javascript:1"]
)
def test_it_leads_to_no_other_site(instance: Instance, vers: str) -> None:
    """A way back that is not a path of ours is the home page."""
    browser = _newcomer(instance)
    assert 'name="vers" value="/"' in browser.ask(f"/charte?{urlencode({'vers': vers})}").text
    assert _accept(browser, vers=vers).location == "/"


def test_what_is_kept_is_a_version_a_moment_and_a_pseudonym(instance: Instance) -> None:
    """Nothing else, and the first moment counts."""
    browser = _newcomer(instance)
    _accept(browser)
    instance.now += timedelta(minutes=5)
    _accept(browser)
    with closing(sqlite3.connect(instance.folder / "records" / "preau.sqlite3")) as database:
        kept = database.execute("SELECT * FROM charters").fetchall()
    assert kept == [("famille", 1, f"{NOW:%Y-%m-%d %H:%M:%S.%f}")]
