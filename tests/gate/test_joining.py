"""« Relier un autre compte »: both proven here, and nothing told to anybody else."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
import requests

from publisher.model.person import PAPER, Account
from publisher.sign_in.passes import FAMILY, Passes, new_pass
from publisher.sign_in.pseudonym import pseudonym
from publisher.sign_in.routes import SECOND
from tests.accounts import account
from tests.gate.conftest import MICHEL, PREVERT, SITE, Instance, run_instance
from tests.gate.visiting import Browser, Reply, path_of
from tests.sign_in.ent_process import RunningEnt, run_ent, visit

OURS = ("/", "/relier", "/entrer", "/sortir", "/charte", "/code", "/absente.jpg", "/ville/charte")
COMING_BACK = "/relier"


@pytest.fixture(name="ent", scope="module")
def _ent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEnt]:
    with run_ent(tmp_path_factory.mktemp("ent")) as ent:
        yield ent


@pytest.fixture(name="live")
def _live(ent: RunningEnt, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    instance = run_instance(tmp_path_factory.mktemp("relier") / "ville", ent_url=ent.url)
    instance.is_live = True
    return instance


def _entered(instance: Instance, profile: str) -> Browser:
    """Somebody of the demo ENT who came in, and accepted the charter."""
    instance.accept_charter(pseudonym(instance.settings.pseudonym_key, "demo", f"demo-{profile}"))
    browser = instance.anonymous()
    assert _come_back(browser, browser.ask(f"/entrer/demo?login_hint={profile}")).status == 303
    return browser


def _come_back(browser: Browser, beginning: Reply) -> Reply:
    """Follow a sign-in that began to the ENT, and back."""
    with requests.Session() as ent:
        back = visit(ent, beginning.location).headers["Location"]
    return browser.ask(path_of(back))


def _prove(browser: Browser, profile: str) -> Reply:
    """Prove a second account in the same browser."""
    return _come_back(browser, browser.post(f"/relier/demo?login_hint={profile}"))


def _do(browser: Browser, deed: str, **fields: str) -> Reply:
    return browser.post("/relier", form={"geste": deed, **fields})


def _reads(browser: Browser) -> tuple[bool, bool]:
    """Whether each of the two centres opens."""
    tilleuls, ourse = (
        browser.ask(f"/{centre}/index.html").body == SITE["index.html"]
        for centre in ("les-tilleuls", "la-grande-ourse")
    )
    return tilleuls, ourse


def test_two_accounts_are_joined_and_parted(live: Instance) -> None:
    """Proven, shown, agreed to; each then opens both, at once; parted, each its own again."""
    one, other = _entered(live, "parent-prevert"), _entered(live, "parent-michel")
    assert (_reads(one), _reads(other)) == ((True, False), (False, True))
    landed = _prove(one, "parent-michel")
    assert (landed.status, landed.location) == (303, COMING_BACK)
    asked = one.ask(COMING_BACK)
    assert "Relier ces deux comptes" in asked.text
    assert "Camille" in asked.text
    assert _reads(one) == (True, False)
    assert _do(one, "relier").location == COMING_BACK
    assert (_reads(one), _reads(other)) == ((True, True), (True, True))
    mark = re.findall(r'name="compte" value="([^"]+)"', one.ask(COMING_BACK).text)
    assert len(mark) == 1
    assert pseudonym(live.settings.pseudonym_key, "demo", "demo-parent-michel") not in mark
    _do(one, "separer", compte=mark[0])
    assert (_reads(one), _reads(other)) == ((True, False), (False, True))


def test_the_second_account_opens_nothing_by_itself(live: Instance) -> None:
    """Proving it changes neither who is here nor what is open, and it can be let go."""
    browser = _entered(live, "parent-prevert")
    before = browser.cookies["preau_famille"]
    _prove(browser, "parent-michel")
    assert browser.cookies["preau_famille"] == before
    second = Browser(
        application=live.gate, cookies={"preau_famille": browser.cookies["preau_seconde"]}
    )
    assert second.ask("/la-grande-ourse/index.html").status == 302
    _do(browser, "oublier")
    assert "preau_seconde" not in browser.cookies
    assert _do(browser, "relier").status == 403
    assert _reads(browser) == (True, False)


def test_only_the_visit_that_asked_joins(live: Instance) -> None:
    """Another visit, another browser, an hour later, another site: nothing is joined."""
    one, other = _entered(live, "parent-prevert"), _entered(live, "enseignante")
    _prove(one, "parent-michel")
    other.cookies["preau_seconde"] = one.cookies["preau_seconde"]
    assert "Relier ces deux comptes" not in other.ask(COMING_BACK).text
    assert _do(other, "relier").status == 403
    foreign = one.ask("/relier", "POST", SEC_FETCH_SITE="cross-site")
    assert foreign.status == 403
    live.later = timedelta(minutes=16)
    assert _do(one, "relier").status == 403
    live.later = timedelta()
    assert _reads(one) == (True, False)


@pytest.mark.parametrize("headers", [{"SEC_FETCH_SITE": "cross-site"}, {"SEC_FETCH_SITE": "none"}])
def test_only_our_own_page_begins(live: Instance, headers: dict[str, str]) -> None:
    """Nobody is made to prove an account by another site, nor by a link."""
    browser = _entered(live, "parent-prevert")
    assert browser.post("/relier/demo", None, **headers).status == 403
    assert browser.ask("/relier/demo").status == 404
    assert live.anonymous().post("/relier/demo").status == 403
    assert "preau_entree_famille" not in browser.cookies


def test_an_attempt_to_join_is_of_no_use_to_a_later_visit(live: Instance) -> None:
    """Begun by one visit, and come back from once another has begun: refused."""
    browser = _entered(live, "parent-prevert")
    begun = browser.post("/relier/demo?login_hint=parent-michel")
    kept = browser.cookies["preau_entree_famille"]
    _come_back(browser, browser.ask("/entrer/demo?login_hint=parent-prevert-maternelle"))
    browser.cookies["preau_entree_famille"] = kept
    assert _come_back(browser, begun).status == 403
    assert "preau_seconde" not in browser.cookies


def test_the_same_account_twice_and_a_childs_are_not_joined(live: Instance) -> None:
    """It says why, and what to do."""
    browser = _entered(live, "parent-prevert")
    for profile, says in (("parent-prevert", "déjà ici"), ("enfant-prevert", "compte d'un enfant")):
        _prove(browser, profile)
        assert says in browser.ask(COMING_BACK).text.replace("&#39;", "'")
        assert _do(browser, "relier").status == 403
    child = _entered(live, "enfant-prevert")
    assert "/relier/demo" not in child.ask(COMING_BACK).text
    _prove(child, "parent-michel")
    assert _do(child, "relier").status == 403
    assert _reads(child) == (True, False)


def test_a_page_for_whoever_is_known(instance: Instance) -> None:
    """The door for a stranger, the charter for a newcomer."""
    assert instance.anonymous().ask("/relier").location == "/entrer?vers=/relier"
    assert instance.visitor(charter=False).ask("/relier").location == "/charte?vers=/relier"
    assert instance.visitor().ask("/relier").status == 200


def _here(instance: Instance, one: Account, second: Account | None = None) -> Browser:
    """A browser with a pass for *one*, where *second* was just proven."""
    instance.accept_charter(one.account)
    url, end = instance.town().public_url, instance.clock() + timedelta(hours=1)
    passes, waiting = (Passes(instance.settings.gate_keys, word, url) for word in (FAMILY, SECOND))
    pass_ = new_pass(one, "", end, sign_in=f"visite de {one.account}")
    cookies = {passes.cookie: passes.sign(pass_)}
    if second is not None:
        proven = new_pass(second, "", end, sign_in=pass_.sign_in)
        cookies[waiting.cookie] = waiting.sign(proven)
    return Browser(application=instance.gate, cookies=cookies)


def _everything(browser: Browser) -> list[Reply]:
    """Every page of the gate and every file of a site, as *browser* gets them, headers too."""
    files = [f"/{centre}/{name}" for centre in ("les-tilleuls", "la-grande-ourse") for name in SITE]
    return [browser.ask(path) for path in (*OURS, *files)]


def test_nothing_of_one_parent_is_told_to_the_other(instance: Instance) -> None:
    """Two parents of one child: whatever one joins, accepts or parts, the other's bytes stay."""
    child = ("enfant",)
    mother = account("mere", schools=(PREVERT,), children=child)
    father = account("pere", schools=(PREVERT,), children=child)
    work = account("travail de la mere", schools=(MICHEL,))
    his = _here(instance, father)
    before = _everything(his)
    hers = _here(instance, mother, work)
    assert _do(hers, "relier").status == 303
    assert _reads(hers) == (True, True)
    assert _everything(his) == before
    hers.post("/sortir")
    assert _everything(his) == before
    instance.records.accounts.part(work.account, mother.account)
    assert _everything(his) == before


def test_where_an_account_was_joined_before_is_told_to_nobody(instance: Instance) -> None:
    """The page that asks and the one that follows are the same bytes, moved or not."""
    free, taken = account("libre", schools=(MICHEL,)), account("reliee", schools=(MICHEL,))
    instance.records.accounts.join(taken, account("ailleurs"), "ailleurs")
    told = []
    for number, second in enumerate((free, taken)):
        browser = _here(instance, account(f"moi-{number}", schools=(PREVERT,)), second)
        said = [browser.ask(COMING_BACK), _do(browser, "relier"), browser.ask(COMING_BACK)]
        told.append([(one.status, re.sub(r'value="[a-z2-7]{16}"', "", one.text)) for one in said])
    assert told[0] == told[1]
    assert instance.records.accounts.of("ailleurs") == ()


def test_accounts_are_named_by_their_source_alone(instance: Instance) -> None:
    """No pseudonym, no role, no school on the page, and a paper code has a name as well."""
    one = account("moi", schools=(PREVERT,), children=("enfant",))
    instance.records.accounts.join(account("papier", source=PAPER), one, one.account)
    instance.records.accounts.join(account("vieux", source="parti"), one, one.account)
    page = _here(instance, one).ask(COMING_BACK).text.replace("&#39;", "'")
    assert page.count("ENT de démonstration</strong>") == 1
    assert "Code sur papier" in page
    assert "Un ENT que la ville n'utilise plus" in page
    for never in ("moi", "papier", "vieux", "enfant", PREVERT):
        assert f'"{never}"' not in page


def test_joining_keeps_no_name(live: Instance) -> None:
    """What is written down of two joined accounts holds no first name and no identifier."""
    browser = _entered(live, "parent-prevert")
    _prove(browser, "parent-deux")
    _do(browser, "relier")
    with closing(sqlite3.connect(live.folder / "records" / "preau.sqlite3")) as database:
        kept = "\n".join(database.iterdump())
    assert "INSERT INTO" in kept
    assert not re.search(r"Camille|demo-parent", kept)
