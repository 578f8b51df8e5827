"""What people try against doors, once at each: the families' and the team's, behind one address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from urllib.parse import quote, urlencode

import pytest

from publisher.authoring.app import make_authoring
from publisher.authoring.token import token_of
from publisher.model.person import StaffGrant, StaffRole
from publisher.sign_in.passes import FAMILY, TEAM, Passes
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import joined
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, Reply, query_of
from tests.sign_in.ent_process import PUBLIC_URL
from tests.sign_in.hostile import TOLD, Hostile, run_hostile

EVIL = "evil.example"
PARENT = {**TOLD, "ENTPersonStructRattachUAI": "0920001B"}


@dataclass(frozen=True, kw_only=True)
class House:
    """One of the two apps of an instance, whose ENT says what its tests want, as often as asked."""

    instance: Instance
    hostile: Hostile
    prefix: str

    def browser(self) -> Browser:
        """A browser that nobody used."""
        return self.instance.anonymous()

    def begins(self, browser: Browser, vers: str = "") -> str:
        """Begin to sign in; where the ENT then sends the person back, as the one it says it is."""
        asked = f"?vers={quote(vers)}" if vers else ""
        query = query_of(browser.ask(f"{self.prefix}/entrer/demo{asked}").location)
        lasting = int(self.instance.clock().timestamp()) + 3600
        signed = self.hostile.signs(self.hostile.claims(nonce=query["nonce"], exp=lasting))
        self.hostile.behaves(signed, PARENT)
        answer = {"code": "c", "state": query["state"], "iss": self.hostile.url}
        return f"{self.prefix}/retour/demo?{urlencode(answer)}"

    def enters(self, browser: Browser, vers: str = "") -> Reply:
        """Sign in, all the way to where the person lands."""
        reply = browser.ask(self.begins(browser, vers))
        assert reply.status == 303, reply.text
        return reply

    def leaves(self, browser: Browser, environ: Mapping[str, object], asked: str = "") -> Reply:
        """Press the button that leaves, with the token that the team's forms have."""
        keys = self.instance.settings.authoring_keys
        fields = {"jeton": token_of(self.sign_in_of(browser) or "", keys), "_method": asked}
        body = urlencode(fields).encode()
        form = {
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        return browser.ask(
            f"{self.prefix}/sortir",
            "POST",
            environ={**form, **environ},
            SEC_FETCH_SITE="same-origin",
        )

    @property
    def passes(self) -> Passes:
        """What signs the passes of this app."""
        settings = self.instance.settings
        keys = settings.authoring_keys if self.prefix else settings.gate_keys
        return Passes(keys, TEAM if self.prefix else FAMILY, PUBLIC_URL)

    def sign_in_of(self, browser: Browser) -> str | None:
        """The sign-in of the browser's pass, if it holds."""
        pass_ = self.passes.read(browser.cookies.get(self.passes.cookie, ""), self.instance.clock())
        if pass_ is None or self.instance.records.has_ended(pass_.sign_in):
            return None
        return pass_.sign_in


@pytest.fixture(name="house", params=["", "/equipe"], ids=["families", "team"])
def _house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with run_hostile() as hostile:
        hostile.is_true()
        instance = run_instance(tmp_path_factory.mktemp("attaques") / "ville", ent_url=hostile.url)
        instance.is_live = True
        team = make_authoring(instance.town, instance.settings, instance.records, instance.clock)
        instance.gate = joined(instance.gate, team)
        person = pseudonym(instance.settings.pseudonym_key, "demo", "s1")
        grant = StaffGrant(person=person, centre="les-tilleuls", role=StaffRole.ANIMATOR)
        instance.records.grant_staff(grant, instance.clock())
        yield House(instance=instance, hostile=hostile, prefix=request.param)


def said(reply: Reply) -> str:
    """Everything of an answer that a browser acts upon."""
    return f"{reply.headers} {reply.cookies} {reply.body.decode('utf-8', 'replace')}"


ELSEWHERE = (
    f"https://{EVIL}/",
    f"//{EVIL}/",
    f"/\\{EVIL}",
    f"/%2f/{EVIL}",
    f"/\t/{EVIL}",
    f"{PUBLIC_URL}@{EVIL}/",
    f"{PUBLIC_URL}.{EVIL}/",
    f"javascript:alert('{EVIL}')",
    f"/equipe//{EVIL}/",
    f"/equipe/../..//{EVIL}/",
)


def test_open_redirect(house: House) -> None:
    """Nobody lands elsewhere than at home after a sign-in, and no page repeats where it was."""
    for vers in ELSEWHERE:
        assert house.enters(house.browser(), vers).location == f"{house.prefix}/", vers
        for word in ("vers", "next", "url", "return_to", "redirect_uri", "service", "RelayState"):
            asked = urlencode({word: vers})
            for path in ("/entrer", "/entrer/absente", "/sortir", "/retour/demo", "/"):
                page = house.browser().ask(f"{house.prefix}{path}?{asked}")
                assert EVIL not in said(page), (path, word, vers)


def test_login_csrf(house: House) -> None:
    """An attacker's way back opens nothing in a browser that did not begin it, or began another."""
    back = house.begins(house.browser())
    idle = house.browser()
    assert idle.ask(back).status == 403
    assert house.sign_in_of(idle) is None
    busy = house.browser()
    busy.ask(f"{house.prefix}/entrer/demo")
    house.begins(house.browser())
    assert busy.ask(back).status == 403
    assert house.sign_in_of(busy) is None
    other = "/equipe" if not house.prefix else ""
    begun = house.browser()
    crossed = house.begins(begun).replace(f"{house.prefix}/retour", f"{other}/retour", 1)
    assert begun.ask(crossed).status == 403
    assert not {"preau_famille", "preau_equipe"} & set(begun.cookies)


def test_session_fixation(house: House) -> None:
    """A pass that was there before is never the one after, and is worth nothing any more."""
    attacker, victim = house.browser(), house.browser()
    house.enters(attacker)
    planted = house.sign_in_of(attacker)
    assert planted is not None
    victim.cookies[house.passes.cookie] = attacker.cookies[house.passes.cookie]
    house.enters(victim)
    assert house.sign_in_of(victim) not in {None, planted}
    assert house.sign_in_of(attacker) is None
    made_up = house.browser()
    made_up.cookies[house.passes.cookie] = "chosen-by-the-attacker"
    house.enters(made_up)
    assert made_up.cookies[house.passes.cookie] != "chosen-by-the-attacker"
    twice = house.browser()
    house.enters(twice)
    name, value = house.passes.cookie, twice.cookies[house.passes.cookie]
    own = f"{house.prefix}/" if house.prefix else "/les-tilleuls/index.html"
    alone = house.browser().ask(own, environ={"HTTP_COOKIE": f"{name}={value}"})
    doubled = house.browser().ask(own, environ={"HTTP_COOKIE": f"{name}=x; {name}={value}"})
    nobody = house.browser().ask(own)
    assert said(doubled) == said(nobody) != said(alone)


def test_replay(house: House) -> None:
    """A way back and a pass count once: here, in a copy of the browser, late, or after leaving."""
    browser = house.browser()
    back = house.begins(browser)
    before = dict(browser.cookies)
    assert browser.ask(back).status == 303
    first = house.sign_in_of(browser)
    assert browser.ask(back).status == 403
    copied = house.browser()
    copied.cookies = dict(before)
    assert copied.ask(back).status == 403
    assert house.sign_in_of(copied) is None
    assert house.sign_in_of(browser) == first
    late = house.browser()
    way_back = house.begins(late)
    house.instance.later = timedelta(minutes=15)
    assert late.ask(way_back).status == 403
    house.instance.later = timedelta()
    kept = dict(browser.cookies)
    assert house.leaves(browser, {}).status == 303
    copied.cookies = kept
    assert house.sign_in_of(copied) is None
    own = f"{house.prefix}/" if house.prefix else "/les-tilleuls/index.html"
    assert said(copied.ask(own)) == said(house.browser().ask(own))


_NAMED = ("s1", "ines", "admin", "demo-parent-prevert")
IDENTITY_HEADERS = (
    *("HTTP_X_ENT_USER", "HTTP_X_REMOTE_USER", "HTTP_REMOTE_USER", "REMOTE_USER", "HTTP_X_USER"),
    *("HTTP_X_FORWARDED_USER", "HTTP_X_AUTH_REQUEST_USER", "HTTP_AUTH_USER", "HTTP_CAS_USER"),
    *("HTTP_X_PREAU_PERSON", "HTTP_X_PREAU_PASS", "HTTP_X_FORWARDED_EMAIL", "HTTP_X_EMAIL"),
    *("HTTP_SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "HTTP_X_SSL_CLIENT_VERIFY", "AUTH_TYPE"),
    *("HTTP_X_ORIGINAL_URI", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL", "HTTP_X_ROLE"),
)


def test_header_borne_identity(house: House) -> None:
    """No header says who somebody is, written with hyphens or underscores: not one byte changes."""
    person = pseudonym(house.instance.settings.pseudonym_key, "demo", "s1")
    parent = house.browser()
    house.enters(parent)
    pages = ("/", "/entrer", "/les-tilleuls/index.html", "/equipe/", "/equipe/les-tilleuls/")
    for path in pages:
        for visitor in (house.browser(), parent):
            cookies = dict(visitor.cookies)
            plain = said(visitor.ask(path))
            for header in IDENTITY_HEADERS:
                for name in (*_NAMED, person, "/les-tilleuls/index.html"):
                    claimed = Browser(application=house.instance.gate, cookies=dict(cookies)).ask(
                        path, environ={header: name}
                    )
                    assert said(claimed) == plain, (path, header, name)
            for given in ("Basic czE6", f"Bearer {person}", f"Negotiate {person}"):
                assert said(visitor.ask(path, AUTHORIZATION=given)) == plain, (path, given)


POISONED = (
    {"HTTP_HOST": EVIL},
    {"HTTP_HOST": f"127.0.0.1:8000@{EVIL}"},
    {"HTTP_HOST": f"127.0.0.1:8000, {EVIL}"},
    {"HTTP_HOST": f"{EVIL}:8000", "SERVER_NAME": EVIL},
    {"HTTP_X_FORWARDED_HOST": EVIL, "HTTP_X_FORWARDED_PROTO": "https"},
    {"HTTP_FORWARDED": f"for=1.2.3.4;host={EVIL};proto=https"},
    {"HTTP_X_HOST": EVIL, "HTTP_X_FORWARDED_SERVER": EVIL, "HTTP_X_ORIGINAL_HOST": EVIL},
    {"HTTP_X_FORWARDED_PREFIX": f"//{EVIL}", "HTTP_X_SCRIPT_NAME": f"//{EVIL}"},
    {"HTTP_REFERER": f"https://{EVIL}/", "HTTP_ORIGIN": f"https://{EVIL}"},
)


def test_host_poisoning(house: House) -> None:
    """No address is made from the request: what a request says of its host is in no answer."""
    for poison in POISONED:
        browser = house.browser()
        for path in ("/", "/entrer", "/entrer/demo", "/entrer/absente", "/sortir", "/absent.html"):
            reply = browser.ask(f"{house.prefix}{path}", environ=poison)
            assert EVIL not in said(reply), (path, poison)
        begun = browser.ask(f"{house.prefix}/entrer/demo", environ=poison)
        assert query_of(begun.location)["redirect_uri"] == f"{PUBLIC_URL}{house.prefix}/retour/demo"
        house.enters(browser)
        poison_alone = {name: poison[name] for name in poison if name != "HTTP_ORIGIN"}
        left = house.leaves(browser, poison_alone)
        assert left.status == 303
        assert EVIL not in said(left), poison


OVERRIDES = (
    *("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE"),
    *("HTTP_X_ORIGINAL_METHOD", "HTTP_X_FORWARDED_METHOD"),
)


def test_method_override(house: House) -> None:
    """A link stays a link: no header or field makes a GET leave, or a form anything but a form."""
    browser = house.browser()
    house.enters(browser)
    here = house.sign_in_of(browser)
    own = {"SEC_FETCH_SITE": "same-origin"}
    for header in OVERRIDES:
        for path in ("/sortir", "/sortir?_method=POST", "/sortie/demo?_method=POST"):
            browser.ask(f"{house.prefix}{path}", environ={header: "POST"}, **own)
            assert house.sign_in_of(browser) == here, (path, header)
        for wanted in ("GET", "DELETE", "PUT"):
            leaving = house.browser()
            house.enters(leaving)
            reply = house.leaves(leaving, {header: wanted}, wanted)
            assert reply.status == 303, (header, wanted)
            assert house.sign_in_of(leaving) is None
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "post", "GET "):
        reply = browser.ask(f"{house.prefix}/sortir", method, **own)
        assert reply.status in {400, 403, 404, 405, 501}, method
        assert house.sign_in_of(browser) == here, method
