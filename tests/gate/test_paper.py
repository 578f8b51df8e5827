"""« J'ai un code sur papier »: typed, used, and what it opens, for whom, until when."""

import re
from datetime import date, timedelta

import pytest

from publisher.sign_in.paper import paper_digest
from tests.gate.conftest import MICHEL, NOW, SITE, Instance
from tests.gate.visiting import Browser, Reply

CODE, OTHER = "7KQ4M2XN91T0", "0123456789AB"
LAST = date(2027, 7, 3)


@pytest.fixture(name="town")
def _town(instance: Instance) -> Instance:
    """An instance with a sheet of two codes, for a group of Les Tilleuls and for La Grande Ourse."""
    for sheet, code, centre, group in (
        ("A7F4", CODE, "les-tilleuls", "moyens"),
        ("B2F4", OTHER, "la-grande-ourse", None),
    ):
        digest = paper_digest(instance.settings.pseudonym_key, code)
        instance.records.paper_codes.keep(
            sheet, [digest], centre=centre, group=group, ends_on=LAST, at=NOW
        )
    return instance


def _type(browser: Browser, code: str = CODE, **headers: str) -> Reply:
    page = browser.ask("/code").text
    sent = re.search(r'name="essai" value="([^"]+)"', page)
    return browser.post("/code", {"code": code, "essai": sent[1] if sent else ""}, **headers)


def _accept(browser: Browser) -> None:
    assert browser.post("/charte", {"version": "1", "vers": "/"}).status == 303


def _reads(browser: Browser) -> set[str]:
    paths = (
        "/les-tilleuls/index.html",
        "/les-tilleuls/groupes/moyens/index.html",
        "/la-grande-ourse/index.html",
    )
    return {path for path in paths if browser.ask(path).status == 200}


def test_a_family_without_an_account_comes_in_by_its_code(town: Instance) -> None:
    """Typed as one types on a phone; then the charter, then the centre and group of the code."""
    browser = town.anonymous()
    landed = _type(browser, " 7kq4 m2xn 9lto ")
    assert (landed.status, landed.location) == (303, "/")
    assert browser.ask("/").location == "/charte?vers=/"
    assert _reads(browser) == set()
    _accept(browser)
    assert browser.ask("/").location == "/les-tilleuls/groupes/moyens/"
    assert (
        browser.ask("/les-tilleuls/groupes/moyens/index.html").body
        == SITE["groupes/moyens/index.html"]
    )
    assert len(_reads(browser)) == 2


def test_it_opens_in_this_browser_alone_and_until_its_last_day(town: Instance) -> None:
    """The pass lasts until midnight after it, in the town, and the code is worth nothing more."""
    browser = town.anonymous()
    landed = _type(browser)
    kept = re.search(r"Max-Age=(\d+)", landed.cookies[0])
    assert kept is not None
    assert timedelta(seconds=int(kept[1])) == timedelta(days=227, hours=6)
    _accept(browser)
    other = _type(town.anonymous())
    assert other.status == 400
    assert "a déjà servi" in other.text
    assert not other.cookies
    town.now = NOW + timedelta(days=227, hours=5)
    assert len(_reads(browser)) == 2
    town.now = NOW + timedelta(days=227, hours=6)
    assert _reads(browser) == set()


def test_somebody_who_is_signed_in_adds_it_to_their_account(town: Instance) -> None:
    """No other pass: what the code opens follows the account, in every browser."""
    browser = town.visitor(schools=(MICHEL,))
    landed = _type(browser)
    assert (landed.status, landed.location, landed.cookies) == (303, "/", ())
    assert len(_reads(browser)) == 3
    assert len(_reads(town.visitor(schools=(MICHEL,)))) == 3
    assert _type(browser).status == 303
    assert _reads(town.visitor(schools=(MICHEL,), person="q" * 26)) == {
        "/la-grande-ourse/index.html"
    }


def test_a_second_code_is_added_to_the_first(town: Instance) -> None:
    """A family of two children and no account has both centres in one browser."""
    browser = town.anonymous()
    _type(browser)
    _accept(browser)
    before = browser.cookies["preau_famille"]
    assert _type(browser, OTHER).status == 303
    assert len(_reads(browser)) == 3
    assert _reads(Browser(application=town.gate, cookies={"preau_famille": before})) == set()


def test_a_page_sent_twice_uses_the_code_for_one_person(town: Instance) -> None:
    """A button pressed twice; but not another page, nor the same one an hour later."""
    page = town.anonymous().ask("/code").text
    sent = re.search(r'name="essai" value="([^"]+)"', page)
    assert sent is not None
    first, second, late = town.anonymous(), town.anonymous(), town.anonymous()
    form = {"code": CODE, "essai": sent[1]}
    assert first.post("/code", form).status == 303
    assert second.post("/code", form).status == 303
    _accept(second)
    assert len(_reads(second)) == 2
    town.now += timedelta(minutes=16)
    assert late.post("/code", form).status == 400
    assert late.post("/code", {"code": CODE, "essai": "x" + sent[1]}).status == 400


def test_a_code_that_is_taken_back_shuts_at_the_next_request(town: Instance) -> None:
    """What it opened is refused, and the page says what to do."""
    browser = town.anonymous()
    _type(browser)
    _accept(browser)
    assert len(_reads(browser)) == 2
    town.records.paper_codes.take_back("A7F4", 1, NOW)
    assert _reads(browser) == set()
    refused = browser.ask("/les-tilleuls/index.html")
    assert refused.status == 404
    assert "Votre code n'ouvre plus rien" in refused.text
    assert 'href="/code"' in refused.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "douze signes"),
        ("7KQ4-M2XN", "douze signes"),
        ("7KQ4-M2XN-91T1", "Ce code n&#39;existe pas"),
        ("<b>7KQ4</b>", "douze signes"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    town: Instance, typed: str, says: str
) -> None:
    """A sentence, joined to the field, and nothing opened."""
    browser = town.anonymous()
    reply = _type(browser, typed)
    assert reply.status == 400
    assert says in reply.text
    assert f'value="{typed.replace("<", "&lt;").replace(">", "&gt;")}"' in reply.text
    assert 'aria-describedby="aide-code erreur-code"' in reply.text
    assert "preau_famille" not in browser.cookies


def test_only_our_own_page_uses_a_code(town: Instance) -> None:
    """A form of another site would sign its victim in, or use a code up."""
    browser = town.anonymous()
    assert _type(browser, SEC_FETCH_SITE="cross-site").status == 403
    assert "preau_famille" not in browser.cookies
    assert _type(browser).status == 303


def test_guessing_is_slow_and_no_address_is_kept(town: Instance) -> None:
    """Sixty wrong codes together, then one in two seconds; an account has its own count."""
    wrong = "7KQ4M2XN91TZ"
    for _try in range(61):
        assert _type(town.anonymous(), wrong).status == 400
    slow = _type(town.anonymous(), CODE)
    assert slow.status == 429
    assert "Attendez" in slow.text
    family = town.visitor(schools=(MICHEL,))
    assert _type(family, OTHER).status == 303
    town.now += timedelta(seconds=2)
    assert _type(town.anonymous(), CODE).status == 303
    for number in range(3):
        assert _type(family, wrong).status == 400, number
    assert _type(family, wrong).status == 429


def test_leaving_is_asked_first_of_who_came_by_a_code(town: Instance) -> None:
    """The code does not open twice: one more press, and the page says why."""
    browser = town.anonymous()
    _type(browser)
    _accept(browser)
    assert browser.post("/sortir").location == "/sortir"
    assert len(_reads(browser)) == 2
    asked = browser.ask("/sortir").text
    assert "a déjà servi" in asked
    assert browser.post("/sortir", {"sur": "oui"}).status == 303
    assert _reads(browser) == set()
    assert "a déjà servi" not in town.visitor().ask("/sortir").text
