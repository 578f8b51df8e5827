"""Entering and leaving, through the real demo ENT, as a browser does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from publisher.cli import WEB_THREADS
from publisher.demo.ent import PROFILES
from publisher.gate.app import make_gate
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import FAMILY, Passes
from publisher.sign_in.pseudonym import pseudonym
from publisher.sign_in.routes import ASKING_AT_ONCE, places_to_ask, return_path
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, Reply, path_of, query_of
from tests.sign_in.ent_process import PUBLIC_URL, RunningEnt, choose, run_ent, visit
from tests.waiting import free_port


@pytest.fixture(name="ent", scope="module")
def _ent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEnt]:
    with run_ent(tmp_path_factory.mktemp("ent")) as ent:
        yield ent


@pytest.fixture(name="instance", scope="module")
def _instance(ent: RunningEnt, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    instance = run_instance(tmp_path_factory.mktemp("entree") / "ville", ent_url=ent.url)
    instance.is_live = True
    for one in PROFILES:
        subject = f"demo-{one.id}"
        instance.accept_charter(pseudonym(instance.settings.pseudonym_key, "demo", subject))
    return instance


def enter(browser: Browser, profile: str, vers: str = "/") -> Reply:
    """Sign in as *profile*, all the way to where the person lands."""
    beginning = browser.ask(f"/entrer/demo?vers={quote(vers)}&login_hint={profile}")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    return browser.ask(path_of(back))


def test_a_family_enters_and_reads(instance: Instance) -> None:
    """From the page they wanted, through the ENT, to that page."""
    browser = instance.anonymous()
    door = browser.ask("/les-tilleuls/rappels.html").location
    assert 'href="/entrer/demo?vers=/les-tilleuls/rappels.html"' in browser.ask(door).text
    beginning = browser.ask("/entrer/demo?vers=/les-tilleuls/rappels.html")
    with requests.Session() as ent:
        back = choose(ent, beginning.location, "parent-prevert")
    assert back.startswith(f"{PUBLIC_URL}/retour/demo?")
    landed = browser.ask(path_of(back))
    assert (landed.status, landed.location) == (303, "/les-tilleuls/rappels.html")
    assert browser.ask(landed.location).body == b"<p>rappels</p>"
    assert browser.ask("/").location == "/les-tilleuls/groupes/moyens/"
    assert browser.ask("/la-grande-ourse/index.html").status == 404


def test_the_pass_says_no_name_and_its_cookie_is_kept_from_scripts(instance: Instance) -> None:
    """A pseudonym, not the subject; HttpOnly, Lax, for the whole site, for at most a month."""
    browser = instance.anonymous()
    landed = enter(browser, "parent-michel")
    planted = next(cookie for cookie in landed.cookies if cookie.startswith("preau_famille="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(planted.split("; "))
    assert "Domain" not in planted
    passes = Passes(instance.settings.gate_keys, FAMILY, PUBLIC_URL)
    pass_ = passes.read(browser.cookies["preau_famille"], instance.clock())
    assert pass_ is not None
    assert pass_.person == pseudonym(instance.settings.pseudonym_key, "demo", "demo-parent-michel")
    assert timedelta(days=1) < pass_.ends_at - instance.clock() <= timedelta(days=30)
    assert "demo-parent-michel" not in str(pass_)


def test_each_sign_in_gives_a_new_pass_and_ends_the_one_before(instance: Instance) -> None:
    """A pass that was there before, planted or copied, is worth nothing afterwards."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    before = dict(browser.cookies)
    enter(browser, "parent-prevert")
    assert browser.cookies["preau_famille"] != before["preau_famille"]
    assert browser.ask("/les-tilleuls/index.html").status == 200
    copied = Browser(application=instance.gate, cookies=before)
    assert copied.ask("/les-tilleuls/index.html").status == 302


def test_an_open_session_of_the_ent_needs_no_click(instance: Instance) -> None:
    """Entering the second time, in the same browser, the ENT asks nothing."""
    with requests.Session() as ent:
        first = instance.anonymous().ask("/entrer/demo")
        choose(ent, first.location, "ines")
        browser = instance.anonymous()
        back = visit(ent, browser.ask("/entrer/demo").location).headers["Location"]
    assert browser.ask(path_of(back)).status == 303
    assert "preau_famille" in browser.cookies


def test_another_browser_cannot_finish_somebodys_sign_in(instance: Instance) -> None:
    """A return address sent to somebody else signs nobody in: it is bound to who began."""
    beginning = instance.anonymous().ask("/entrer/demo?login_hint=parent-prevert")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    for victim in (instance.anonymous(), instance.anonymous()):
        reply = victim.ask(path_of(back))
        assert reply.status == 403
        assert "pas commencé ici" in reply.text
        assert "preau_famille" not in victim.cookies
        victim.ask("/entrer/demo")  # their own attempt does not fit either
        assert victim.ask(path_of(back)).status == 403
        assert "preau_famille" not in victim.cookies


def test_an_answer_is_for_the_source_that_was_asked(tmp_path: Path, ent: RunningEnt) -> None:
    """What one ENT answered is not carried to another one's return address."""
    instance = run_instance(tmp_path / "ville", ent_url=ent.url)
    town = instance.folder / "centres" / "town.toml"
    text = town.read_text(encoding="utf-8")
    second = text[text.index("[[sign_in]]") :].replace('name = "demo"', 'name = "autre"')
    town.write_text(f"{text}\n{second}", encoding="utf-8")
    keys = instance.folder / "keys"
    (keys / "client-autre.secret").write_bytes((keys / "client-demo.secret").read_bytes())
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    gate = make_gate(instance.town, settings, instance.records, lambda: datetime.now(UTC))
    browser = Browser(application=gate)
    beginning = browser.ask("/entrer/demo?login_hint=parent-prevert")
    with requests.Session() as session:
        back = visit(session, beginning.location).headers["Location"]
    reply = browser.ask(path_of(back).replace("/retour/demo", "/retour/autre"))
    assert reply.status == 403
    assert "pas commencé ici" in reply.text
    assert "preau_famille" not in browser.cookies


def test_an_answer_is_used_once(instance: Instance) -> None:
    """Going back to the return address does nothing more."""
    browser = instance.anonymous()
    beginning = browser.ask("/entrer/demo?login_hint=parent-prevert")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    kept = dict(browser.cookies)
    assert browser.ask(path_of(back)).status == 303
    assert set(browser.cookies) == {"preau_famille"}
    assert browser.ask(path_of(back)).status == 403
    replayed = Browser(application=instance.gate, cookies=kept)
    assert replayed.ask(path_of(back)).status == 403
    assert "preau_famille" not in replayed.cookies


def test_an_attempt_ends_within_the_quarter_of_an_hour(instance: Instance) -> None:
    """A page left open all evening begins again."""
    browser = instance.anonymous()
    beginning = browser.ask("/entrer/demo?login_hint=parent-prevert&vers=/les-tilleuls/")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    try:
        instance.later = timedelta(minutes=15)
        assert browser.ask(path_of(back)).status == 403
    finally:
        instance.later = timedelta()


@pytest.mark.parametrize("twice", ["code", "state", "iss"])
def test_a_parameter_given_twice_is_refused(instance: Instance, twice: str) -> None:
    """Which of the two would be believed is not a question anybody gets to ask."""
    browser = instance.anonymous()
    beginning = browser.ask("/entrer/demo?login_hint=parent-prevert")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    reply = browser.ask(f"{path_of(back)}&{twice}={quote(query_of(back)[twice])}")
    assert reply.status == 403
    assert "preau_famille" not in browser.cookies


def test_a_parameter_without_a_name_is_nobodys_token(instance: Instance) -> None:
    """A source whose people never come unasked has no page that would ask them whether to enter."""
    reply = instance.anonymous().ask("/retour/demo?=x")
    assert reply.status == 403
    assert 'action="/retour/demo"' not in reply.text


def test_who_gives_up_at_the_ent_is_told_kindly(instance: Instance) -> None:
    """The page says that nothing changed, and its button begins again, to the same page."""
    browser = instance.anonymous()
    beginning = browser.ask("/entrer/demo?vers=/les-tilleuls/rappels.html")
    with requests.Session() as ent:
        page = visit(ent, beginning.location).text
    cancel = re.search(r'<a href="([^"]+)">Annuler', page)
    assert cancel is not None
    reply = browser.ask(path_of(cancel[1].replace("&amp;", "&")))
    assert reply.status == 403
    assert "Rien n'a changé" in reply.text
    assert 'href="/entrer/demo?vers=/les-tilleuls/rappels.html"' in reply.text


def test_an_ent_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    """503, in French, with a button to try again."""
    instance = run_instance(tmp_path / "ville", ent_url=f"http://127.0.0.1:{free_port()}")
    reply = instance.anonymous().ask("/entrer/demo?vers=/les-tilleuls/")
    assert reply.status == 503
    assert "L'ENT de l'école ne répond pas" in reply.text
    assert 'href="/entrer/demo?vers=/les-tilleuls/"' in reply.text
    assert "Réessayer" in reply.text


@contextmanager
def _every_place_taken() -> Iterator[None]:
    """As many wait for the ENT as may."""
    for _place in range(ASKING_AT_ONCE):
        assert places_to_ask.acquire(blocking=False)
    try:
        yield
    finally:
        places_to_ask.release(ASKING_AT_ONCE)


def test_a_slow_ent_keeps_no_place_of_those_who_read(instance: Instance) -> None:
    """Whoever finds no place is asked to come back by itself, and nothing of theirs was used."""
    assert ASKING_AT_ONCE < WEB_THREADS
    browser, reader = instance.anonymous(), instance.anonymous()
    enter(reader, "parent-prevert")
    beginning = browser.ask("/entrer/demo?vers=/les-tilleuls/&login_hint=parent-michel")
    with requests.Session() as ent:
        back = path_of(visit(ent, beginning.location).headers["Location"])
    with _every_place_taken():
        for path in (back, "/entrer/demo?vers=/les-tilleuls/"):
            busy = browser.ask(path)
            assert (busy.status, busy.headers["refresh"]) == (503, "3")
            assert (busy.headers["retry-after"], busy.cookies) == ("3", ())
            assert "Beaucoup de familles entrent" in busy.text
            assert 'href="/entrer/demo?vers=/les-tilleuls/"' in busy.text
        joining = reader.ask("/relier/demo", "POST", sec_fetch_site="same-origin")
        assert (joining.status, joining.headers["refresh"]) == (503, "3; url=/relier")
        assert reader.ask("/les-tilleuls/rappels.html").status == 200
    assert (browser.ask(back).status, "preau_famille" in browser.cookies) == (303, True)


def test_a_place_is_given_back_whatever_happens(tmp_path: Path) -> None:
    """An ENT that is gone takes nobody's place for good."""
    instance = run_instance(tmp_path / "ville", ent_url=f"http://127.0.0.1:{free_port()}")
    for _turn in range(ASKING_AT_ONCE + 1):
        reply = instance.anonymous().ask("/entrer/demo")
        assert "L'ENT de l'école ne répond pas" in reply.text


def test_a_source_that_cannot_be_used_lets_nobody_in(tmp_path: Path) -> None:
    """An unknown name, another door's source, a missing secret: the same closed door."""
    instance = run_instance(tmp_path / "ville")
    town = instance.folder / "centres" / "town.toml"
    text = town.read_text(encoding="utf-8")
    assert instance.anonymous().ask("/entrer/absente").status == 404
    assert instance.anonymous().ask("/retour/absente?code=1&state=1").status == 404
    town.write_text(
        text.replace('method = "oidc"', 'method = "oidc"\ndoors = ["equipe"]'), encoding="utf-8"
    )
    assert instance.anonymous().ask("/entrer/demo").status == 404
    town.write_text(text.replace('name = "demo"', 'name = "autre"'), encoding="utf-8")
    for file in (instance.folder / "centres").glob("*.toml"):
        file.write_text(file.read_text(encoding="utf-8").replace('["demo"]', '["autre"]'), "utf-8")
    assert instance.anonymous().ask("/entrer/autre").status == 404


def test_a_hint_is_for_demo_sources_only(tmp_path: Path, ent: RunningEnt) -> None:
    """A real ENT is never told who to sign in by somebody's link."""
    instance = run_instance(tmp_path / "ville", ent_url=ent.url)
    town = instance.folder / "centres" / "town.toml"
    assert "login_hint=ines" in instance.anonymous().ask("/entrer/demo?login_hint=ines").location
    town.write_text(town.read_text(encoding="utf-8").replace("demo = true", ""), "utf-8")
    assert "login_hint" not in instance.anonymous().ask("/entrer/demo?login_hint=ines").location


def test_addresses_given_to_the_ent_come_from_the_configuration(instance: Instance) -> None:
    """Whatever the request claims about its host, the ENT sends people back to the town's address."""
    browser = instance.anonymous()
    browser.host = "evil.example"
    for headers in ({}, {"X_FORWARDED_HOST": "evil.example", "X_FORWARDED_PROTO": "https"}):
        beginning = browser.ask("/entrer/demo", **headers)
        assert query_of(beginning.location)["redirect_uri"] == f"{PUBLIC_URL}/retour/demo"
        assert "evil" not in beginning.location


ELSEWHERE = [
    "https://evil.example/",
    "http:evil.example",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/./evil.example",
    "/../evil.example",
    "/..//evil.example",
    "/@evil.example",
    "/les-tilleuls/../../evil.example",
    "/les-tilleuls//evil.example",
    "/les-tilleuls/?x=https://evil.example",
    "/les-tilleuls/#@evil.example",
    "/Les-Tilleuls/",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/\u2215evil.example",
    "/\u3002evil.example",
    "/" + "a" * 600,
    "",
]


@pytest.mark.parametrize("vers", ELSEWHERE)
def test_nobody_is_sent_elsewhere(instance: Instance, vers: str) -> None:
    """Whatever `vers` says, one lands at home, and no page repeats it."""
    assert return_path(vers, "") == "/"
    assert return_path(vers, "/equipe") == "/equipe/"
    browser = instance.anonymous()
    assert "evil" not in browser.ask(f"/entrer?vers={quote(vers)}").text
    assert enter(browser, "parent-prevert", vers).location == "/"


@pytest.mark.parametrize(
    ("vers", "prefix", "lands"),
    [
        ("/les-tilleuls/", "", "/les-tilleuls/"),
        ("/les-tilleuls/groupes/moyens/index.html", "", "/les-tilleuls/groupes/moyens/index.html"),
        ("/", "", "/"),
        (None, "", "/"),
        ("/equipe/les-tilleuls/", "/equipe", "/equipe/les-tilleuls/"),
        ("/equipe/", "/equipe", "/equipe/"),
        ("/equipement/", "/equipe", "/equipe/"),
        ("/les-tilleuls/", "/equipe", "/equipe/"),
        (None, "/equipe", "/equipe/"),
    ],
)
def test_where_one_lands(vers: str | None, prefix: str, lands: str) -> None:
    """A plain path of the same app, else its home."""
    assert return_path(vers, prefix) == lands


def test_leaving_ends_the_sign_in_everywhere(instance: Instance) -> None:
    """The pass is ended, both apps' cookies go, the browser forgets, and the ENT is left too."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    kept = dict(browser.cookies)
    reply = browser.post("/sortir")
    assert reply.status == 303
    assert reply.location.startswith(f"{instance.town().sign_in[0].origin}")
    assert query_of(reply.location)["post_logout_redirect_uri"] == f"{PUBLIC_URL}/"
    assert reply.headers["clear-site-data"] == '"cache", "storage"'
    assert not set(browser.cookies) & {"preau_famille", "preau_equipe"}
    copied = Browser(application=instance.gate, cookies=kept)
    assert copied.ask("/les-tilleuls/index.html").status == 302


def test_leaving_what_families_see_keeps_an_animators_drafts(instance: Instance) -> None:
    """On a phone of the team both passes go and the cache is cleared, but nothing typed is lost."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    browser.cookies["preau_equipe"] = "x"
    reply = browser.post("/sortir")
    assert reply.headers["clear-site-data"] == '"cache"'
    assert not set(browser.cookies) & {"preau_famille", "preau_equipe"}


def test_leaving_without_having_entered_is_a_goodbye(instance: Instance) -> None:
    """The page says that the device forgot, and leads back to the door."""
    browser = instance.anonymous()
    reply = browser.post("/sortir")
    assert (reply.status, reply.location) == (303, "/sortir")
    assert "Au revoir" in browser.ask("/sortir").text


def test_asking_for_the_way_out_changes_nothing(instance: Instance) -> None:
    """A GET of /sortir, by a link or a prefetch, leaves the person in."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    before = dict(browser.cookies)
    reply = browser.ask("/sortir")
    assert reply.status == 200
    assert "clear-site-data" not in reply.headers
    assert browser.cookies == before
    assert browser.ask("/les-tilleuls/index.html").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"SEC_FETCH_SITE": "cross-site"},
        {"SEC_FETCH_SITE": "same-site"},
        {"SEC_FETCH_SITE": "none"},
        {"SEC_FETCH_SITE": "cross-site", "ORIGIN": PUBLIC_URL},
        {"ORIGIN": "https://evil.example"},
        {"ORIGIN": "null"},
        {"ORIGIN": f"{PUBLIC_URL}.evil.example"},
        {},
    ],
    ids=str,
)
def test_nobody_is_made_to_leave(instance: Instance, headers: dict[str, str]) -> None:
    """A form of another site ends nothing."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    reply = browser.ask("/sortir", "POST", **headers)
    assert reply.status == 403
    assert "clear-site-data" not in reply.headers
    assert browser.ask("/les-tilleuls/index.html").status == 200


def test_an_old_browser_leaves_by_its_origin(instance: Instance) -> None:
    """Without Sec-Fetch-Site, the Origin of our own pages is enough."""
    browser = instance.anonymous()
    enter(browser, "parent-prevert")
    assert browser.ask("/sortir", "POST", ORIGIN=PUBLIC_URL).status == 303


def test_no_log_line_names_anybody(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    """Neither subject, first name, code nor state is in what the sign-in says of itself."""
    caplog.set_level("DEBUG", "publisher")
    browser = instance.anonymous()
    beginning = browser.ask("/entrer/demo?login_hint=parent-prevert")
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    browser.ask(path_of(back))
    browser.ask(path_of(back))
    said = " ".join(
        record.getMessage() for record in caplog.records if record.name.startswith("publisher")
    )
    assert "sign-in" in said
    for word in ("parent-prevert", "Camille", query_of(back)["code"], query_of(back)["state"]):
        assert word not in said
