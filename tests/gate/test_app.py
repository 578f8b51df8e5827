"""The door, the refusal, the list of centres, what is public, and the headers of every answer."""

import re
from datetime import timedelta

import pytest

from publisher.gate.app import help_code, make_gate
from publisher.model.person import Role, StaffGrant, StaffRole
from tests.gate.conftest import MICHEL, NOW, PREVERT, Instance
from tests.gate.visiting import Browser, Reply

EVERY_ANSWER = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; "
        "script-src 'self'; connect-src 'self'; form-action 'self' http://127.0.0.1:8001; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "vary": "Cookie",
}


def _replies(instance: Instance) -> list[Reply]:
    """One of each kind of answer."""
    family, anonymous = instance.visitor(), instance.anonymous()
    photo = "/les-tilleuls/photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg"
    etag = family.ask(photo).headers["etag"]
    replies = [
        family.ask(photo),
        family.ask(photo, IF_NONE_MATCH=etag),
        family.ask("/les-tilleuls/"),
        family.ask("/"),
        family.ask("/ailleurs/"),
        family.ask("/x", "PUT"),
        family.ask("/sortir"),
        anonymous.ask("/"),
        anonymous.ask("/entrer"),
        anonymous.ask("/entrer/inconnue"),
        anonymous.ask("/retour/demo?code=1&state=2"),
        anonymous.ask("/les-tilleuls/"),
        anonymous.ask("/les-tilleuls"),
        anonymous.ask(photo),
        anonymous.ask("/theme/preau.css"),
        anonymous.ask("/ville/charte.html"),
        anonymous.ask("/ville/rien"),
        anonymous.ask("/robots.txt"),
        anonymous.ask("/sante"),
        anonymous.post("/sortir"),
        anonymous.ask("/sortir", "POST", SEC_FETCH_SITE="cross-site"),
        anonymous.ask("/é"),
        anonymous.ask("//entrer"),
    ]
    assert {reply.status for reply in replies} >= {200, 302, 303, 304, 308, 403, 404, 405}
    return replies


def test_every_answer_carries_every_header(still: Instance) -> None:
    """Pages, photos, redirections, refusals and errors alike, each header once."""
    for reply in _replies(still):
        carried = {name: reply.headers.get(name) for name in EVERY_ANSWER}
        assert carried == EVERY_ANSWER, reply
        assert "cache-control" in reply.headers
        assert "strict-transport-security" not in reply.headers
        if reply.headers["cache-control"].startswith("public"):
            assert not reply.cookies


def test_no_answer_can_run_or_style_anything_inline(still: Instance) -> None:
    """No inline script, style or handler in any page of the gate, and no foreign address."""
    for reply in _replies(still):
        if reply.headers.get("content-type", "").startswith("text/html"):
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", reply.text)
            assert not re.search(r'(?:src|href)="(?:https?:)?//', reply.text)


def test_behind_https_everything_is_bound_to_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`__Host-` and Secure cookies, and a browser that will not come back in clear."""
    from tests.gate.conftest import run_instance

    instance = run_instance(
        tmp_path_factory.mktemp("https") / "ville", public_url="https://loisirs.valmont.example"
    )
    reply = instance.anonymous().post("/sortir")
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert len(reply.cookies) == 3
    for cookie in reply.cookies:
        assert cookie.startswith("__Host-preau_")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/les-tilleuls/", "/entrer?vers=/les-tilleuls/"),
        ("/nulle-part/x.html", "/entrer?vers=/nulle-part/x.html"),
        ("/les-tilleuls/groupes/moyens/", "/entrer?vers=/les-tilleuls/groupes/moyens/"),
        ("/quoi.html", "/entrer?vers=/quoi.html"),
    ],
)
def test_an_anonymous_visitor_of_a_page_is_shown_the_door(
    still: Instance, path: str, leads_to: str
) -> None:
    """Pages lead to the door and back; anything else is refused."""
    reply = still.anonymous().ask(path)
    assert (reply.status, reply.location) == (302, leads_to)
    assert reply.headers["cache-control"] == "no-store"


def test_the_home_of_each_visitor(still: Instance) -> None:
    """The door, one's centre or group, the list, or a kind word."""
    anonymous = still.anonymous().ask("/")
    assert anonymous.status == 200
    assert 'href="/entrer/demo?vers=/"' in anonymous.text
    assert 'href="/equipe/"' in anonymous.text
    one = still.visitor().ask("/")
    assert (one.status, one.location) == (302, "/les-tilleuls/")
    group = still.visitor(classes=((PREVERT, "CP A"),)).ask("/")
    assert group.location == "/les-tilleuls/groupes/moyens/"
    siblings = still.visitor(classes=((PREVERT, "CP A"), (PREVERT, "CM1"))).ask("/")
    assert siblings.location == "/les-tilleuls/"
    two = still.visitor(schools=(PREVERT, MICHEL), given_name="<b>Zoé</b>").ask("/")
    assert two.status == 200
    assert 'href="/les-tilleuls/"' in two.text
    assert 'href="/la-grande-ourse/"' in two.text
    assert "Bonjour &lt;b&gt;Zoé&lt;/b&gt;" in two.text
    none = still.visitor(schools=()).ask("/")
    assert none.status == 404


def test_the_refusal_says_what_is_recognised_and_where_it_leads(still: Instance) -> None:
    """The role, the centres that are open, and never anything of the path that was asked."""
    reply = still.visitor(schools=(MICHEL,)).ask("/les-tilleuls/articles/secret-mot.html")
    assert reply.status == 404
    assert "<strong>famille</strong>" in reply.text
    assert "La Grande Ourse" in reply.text
    assert 'href="/la-grande-ourse/"' in reply.text
    assert "secret-mot" not in reply.text
    assert "Les Tilleuls" not in reply.text
    code = help_code(still.settings.gate_keys[-1], "p" * 26, NOW.date())
    assert re.fullmatch(r"[A-HJ-NP-Z]\d-\d{4}", code)
    assert f"<strong>{code}</strong>" in reply.text


@pytest.mark.parametrize(
    ("role", "schools", "says"),
    [
        (Role.FAMILY, (), "l'ENT ne dit pas l'école"),
        (Role.FAMILY, ("0780001C",), "ne va dans aucun de nos centres"),
        (Role.CHILD, (), "Montre cette page à un adulte"),
        (Role.TEACHER, (PREVERT,), "Vous êtes aussi parent"),
        (Role.AGENT, (), "La direction du centre vous donne une invitation"),
        (Role.OTHER, (), "Vous êtes parent"),
    ],
)
def test_who_opens_no_centre_is_told_what_to_do(
    still: Instance, role: Role, schools: tuple[str, ...], says: str
) -> None:
    """What was recognised, what is missing, and the two other ways in; a help code for the phone."""
    reply = still.visitor(role, schools).ask("/les-tilleuls/index.html")
    assert reply.status == 404
    is_grown_up = role is not Role.CHILD
    assert (f"<strong>{role}" in reply.text) == is_grown_up
    assert ("Aucun centre" in reply.text) == is_grown_up
    assert says in reply.text
    assert ('href="/relier"' in reply.text) == is_grown_up
    assert ('href="/code"' in reply.text) == is_grown_up
    assert "Code d'aide" in reply.text


def test_the_door_names_each_source_of_families_by_its_label(instance: Instance) -> None:
    """Several sources, each its own tile; the team's own source has none here."""
    file = instance.folder / "centres" / "town.toml"
    text = file.read_text(encoding="utf-8")
    source = text[text.index("[[sign_in]]") :]
    portal = source.replace('"demo"', '"portail"').replace("de démonstration", "du lycée")
    agents = source.replace('"demo"', '"agents"').replace("de démonstration", "des agents")
    file.write_text(f'{text}\n{portal}\n{agents}doors = ["equipe"]\n', encoding="utf-8")
    door = instance.anonymous().ask("/entrer").text
    assert re.findall(r'href="/entrer/([a-z]+)\?vers=', door) == ["demo", "portail"]
    assert "ENT de démonstration" in door
    assert "ENT du lycée" in door
    assert "ENT des agents" not in door
    assert 'href="/code"' in door


def test_the_help_code_is_another_each_day_and_for_each_person() -> None:
    """It finds a person again for whoever has the key, and for nobody else."""
    day, key = NOW.date(), "k" * 48
    codes = {
        help_code(key, "a", day),
        help_code(key, "b", day),
        help_code(key, "a", day + timedelta(days=1)),
        help_code("j" * 48, "a", day),
    }
    assert len(codes) == 4


def test_a_right_that_is_lost_is_lost_at_the_next_request(instance: Instance) -> None:
    """A grant given opens at once, taken back shuts at once, and an ended sign-in opens nothing."""
    browser = instance.visitor(role=Role.OTHER, schools=(), person="ines")
    path = "/les-tilleuls/groupes/moyens/index.html"
    assert browser.ask(path).status == 404
    grant = StaffGrant(person="ines", centre="les-tilleuls", role=StaffRole.ANIMATOR)
    instance.records.grant_staff(grant, NOW)
    assert browser.ask(path).status == 200
    assert "<strong>équipe</strong>" in browser.ask("/la-grande-ourse/index.html").text
    instance.records.revoke_staff("ines", "les-tilleuls")
    assert browser.ask(path).status == 404
    family = instance.visitor()
    assert family.ask("/les-tilleuls/index.html").status == 200
    instance.now += timedelta(hours=1)
    assert family.ask("/les-tilleuls/index.html").status == 302


def test_a_centre_file_that_changes_is_felt_at_the_next_request(instance: Instance) -> None:
    """A school taken out of a centre shuts its families out, without a restart."""
    family = instance.visitor()
    assert family.ask("/les-tilleuls/index.html").status == 200
    file = instance.folder / "centres" / "les-tilleuls.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(PREVERT, "0780001C"), encoding="utf-8")
    assert family.ask("/les-tilleuls/index.html").status == 404


def test_no_header_names_anybody(still: Instance) -> None:
    """Identity comes from the pass alone: headers of proxies and of other servers are nothing."""
    plain = still.anonymous().ask("/les-tilleuls/articles/2026-11-18-fresque.html")
    forged = still.anonymous().ask(
        "/les-tilleuls/articles/2026-11-18-fresque.html",
        environ={
            "REMOTE_USER": "ines",
            "HTTP_X_ENT_USER": "ines",
            "HTTP_X_FORWARDED_USER": "ines",
            "HTTP_X_FORWARDED_HOST": "evil.example",
            "HTTP_X_FORWARDED_URI": "/theme/preau.css",
            "HTTP_X_ORIGINAL_URL": "/theme/preau.css",
            "HTTP_X_HTTP_METHOD_OVERRIDE": "POST",
            "HTTP_AUTHORIZATION": "Basic aW5lczppbmVz",
            "HTTP_HOST": "evil.example",
            "SCRIPT_NAME": "/theme",
        },
    )
    assert forged == plain


ODD_SPELLINGS = (
    "//",
    "//entrer",
    "/ville//charte.html",
    "/entrer//demo",
    "/./entrer",
    "/Entrer",
    "",
)


@pytest.mark.parametrize("path", ODD_SPELLINGS)
def test_the_gates_own_pages_have_one_spelling_too(still: Instance, path: str) -> None:
    """No router tidies an address up: what is not spelled plainly is refused."""
    assert still.anonymous().ask(path).status == 404


def test_the_host_header_leads_nowhere(still: Instance) -> None:
    """Whatever Host a request claims, no answer repeats it."""
    for path in ("/", "/les-tilleuls", "/les-tilleuls/", "/entrer/", "/absente", *ODD_SPELLINGS):
        for browser in (still.anonymous(), still.visitor()):
            browser.host = "evil.example"
            reply = browser.ask(path)
            assert b"evil" not in reply.body
            assert "evil" not in str(reply.headers)


def test_what_fails_is_a_refusal(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    """Records that do not answer, a clock that raises: the bytes of a refusal, and a line in the log."""

    class Broken:
        def has_ended(self, sign_in: str) -> bool:
            raise OSError(sign_in)

    family = instance.visitor()
    expected = family.ask("/les-tilleuls/absente.html")
    broken = make_gate(
        instance.town,
        instance.settings,
        Broken(),  # type: ignore[arg-type]  # that is the point
        lambda: instance.now,
    )
    browser = Browser(application=broken, cookies=family.cookies)
    for path in ("/les-tilleuls/index.html", "/", "/les-tilleuls/absente.html", "/entrer"):
        reply = browser.ask(path)
        assert reply.status == expected.status == 404
        assert {name: reply.headers[name] for name in EVERY_ANSWER} == EVERY_ANSWER
        assert b"accueil" not in reply.body
    assert "a request failed" in caplog.text
    assert "Traceback" not in reply.text


def test_legal_pages_are_public(still: Instance) -> None:
    """Each page the town must show is open to all, with or without its extension."""
    anonymous = still.anonymous()
    foot = re.findall(r'href="(/ville/[^"]+)"', anonymous.ask("/").text)
    assert len(foot) == 5
    for address in foot:
        page = anonymous.ask(address)
        assert page.status == 200
        assert page == anonymous.ask(address.removesuffix(".html"))
        assert page.text.count("<h1>") == 1
    assert anonymous.ask("/ville/inconnue").status == 404


LEGAL = [
    f"/ville/{name}.html"
    for name in (
        "accessibilite", "mentions-legales", "donnees-personnelles", "charte", "retirer-une-photo",
    )
]  # fmt: skip


@pytest.mark.parametrize("kind", ["anonymous", "newcomer", "family", "nobody", "two centres"])
def test_every_page_leads_to_what_the_law_asks_for(still: Instance, kind: str) -> None:
    """The five links, the state of accessibility, and how to reach the town: before and after."""
    browser = {
        "anonymous": still.anonymous,
        "newcomer": lambda: still.visitor(person="nouvelle", charter=False),
        "family": still.visitor,
        "nobody": lambda: still.visitor(role=Role.OTHER, schools=()),
        "two centres": lambda: still.visitor(schools=(PREVERT, MICHEL)),
    }[kind]()
    paths = ("/", "/entrer", "/sortir", "/charte", "/relier", "/code", "/absente.jpg", "/retour/demo",
             "/entrer/inconnue", *LEGAL)  # fmt: skip
    pages = [reply for path in paths if (reply := browser.ask(path)).status not in {302, 303}]
    assert len(pages) > 9
    for page in pages:
        assert re.findall(r'<li><a href="(/ville/[^"]+)"', page.text) == LEGAL
        assert "Accessibilité : non conforme" in page.text
        assert 'href="tel:+33199001000"' in page.text
        assert 'href="mailto:jeunesse@valmont.example"' in page.text


def test_the_legal_pages_can_be_acted_on(still: Instance) -> None:
    """A phone, a mail to the right person, and the Défenseur des droits: each is a link."""
    anonymous = still.anonymous()
    pages = {name: anonymous.ask(name).text for name in LEGAL}
    assert 'href="mailto:acces@valmont.example?subject=' in pages[LEGAL[0]]
    assert 'href="https://formulaire.defenseurdesdroits.fr/"' in pages[LEGAL[0]]
    assert 'href="tel:+33969390000"' in pages[LEGAL[0]]
    assert 'href="mailto:donnees@valmont.example?subject=' in pages[LEGAL[2]]
    assert 'href="mailto:jeunesse@valmont.example?subject=Photo' in pages[LEGAL[4]]


def test_health_and_robots(still: Instance) -> None:
    """An operator's probe gets `ok`; a robot is told to go away."""
    assert still.anonymous().ask("/sante").body.strip() == b"ok"
    assert b"Disallow: /" in still.anonymous().ask("/robots.txt").body
