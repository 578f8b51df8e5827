"""Each profile of a real ENT, in a real browser: the doors it opens, and how they close behind it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from publisher.cli import main
from tests.access.asking import Line, Reply
from tests.access.marks import marks_in
from tests.journeys.portal import (
    CENTRES,
    LABELS,
    LOG,
    SOURCES,
    Guest,
    PortalTown,
    article_of,
    marks_of,
    photo_of,
    portal_town,
)
from tests.lemonldap.people import (
    ANIMATOR,
    NAMES,
    PARENT_OF_ONE_SCHOOL,
    PARENT_OF_TWO_SCHOOLS,
    PEOPLE,
    SECOND_PARENT,
    SUBJECTS,
    Person,
)
from tests.lemonldap.provider import LemonLdap
from tests.search_names import people_in, spelled
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Opens:
    """What a profile opens: the spaces whose marks it finds, and where its home leads."""

    spaces: tuple[str, ...] = ()
    home: str = "/"


OPENS = {
    "parent-of-two-schools": Opens(
        spaces=(
            "les-tilleuls",
            "les-tilleuls/groupes/moyens",
            "la-grande-ourse",
            "la-grande-ourse/groupes/grands",
        ),
    ),
    "second-parent": Opens(
        spaces=("les-tilleuls", "les-tilleuls/groupes/moyens"),
        home="/les-tilleuls/groupes/moyens/",
    ),
    "parent-of-one-school": Opens(
        spaces=("la-grande-ourse", "la-grande-ourse/groupes/grands"),
        home="/la-grande-ourse/groupes/grands/",
    ),
    "pupil": Opens(
        spaces=("les-tilleuls", "les-tilleuls/groupes/moyens"),
        home="/les-tilleuls/groupes/moyens/petits.html",
    ),
    "teacher": Opens(),
    "agent": Opens(),
    "guest": Opens(),
    "no-profile": Opens(),
}
"""Each sample profile, and what it opens: written by hand, from the promise."""

Ask = Callable[[str], Reply]
"""Asks the town for a path, as somebody."""


class _Links(HTMLParser):
    """The addresses that a page leads to, or is drawn with."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag names."""
        told = {name: value for name, value in attrs if value}
        self.found |= {told[name] for name in ("href", "src") if name in told}
        self.found |= {one.split()[0] for one in told.get("srcset", "").split(",") if one.strip()}


@pytest.fixture(scope="module", name="portal")
def _portal(lemonldap: LemonLdap, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalTown]:
    """One for all; after everything, nobody is named in anything that it kept or said."""
    folder = tmp_path_factory.mktemp("portail") / "instance"
    with portal_town(folder, lemonldap) as portal:
        yield portal
    assert "publisher.sign_in.routes sign-in at /" in (folder / LOG).read_text("utf-8")
    assert list(people_in(folder, spelled((*NAMES, *SUBJECTS)))) == []


@pytest.fixture(name="guest")
def _guest(chromium: Browser, portal: PortalTown) -> Iterator[Callable[[Person], Guest]]:
    """Somebody with a browser of their own, and nothing in it."""
    opened: list[Guest] = []

    def guest(person: Person) -> Guest:
        opened.append(Guest(chromium, portal, person))
        return opened[-1]

    yield guest
    for one in opened:
        one.context.close()
        # A frame of the provider's page that the provider itself refuses is not ours to mend.
        assert [said for said in one.problems if portal.running.url in said] == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("who", OPENS)
def test_a_profile_opens_its_doors_and_no_other(
    who: str, source: str, portal: PortalTown, guest: Callable[[Person], Guest]
) -> None:
    """The charter first; then home, pages and photos of its spaces, and no mark of another."""
    opens, person = OPENS[who], PEOPLE[who]
    portal.forgets_the_charter_of(person, source)
    visitor = guest(person)
    visitor.goes_in(source)
    assert visitor.path == "/charte"
    for space in opens.spaces:
        assert visitor.fetch(article_of(space))[0] == 302
        assert visitor.fetch(photo_of(space))[0] == 404
    visitor.accepts_the_charter()
    assert visitor.path == opens.home

    given = frozenset().union(*(marks_of(space) for space in opens.spaces))
    with Line(visitor.town.settings.port) as line:
        ask = _asker(line, visitor)
        reached = _reached_from(ask, visitor.town.url, opens.home)
        assert frozenset().union(*map(marks_in, reached.values())) == given
        _gets_these_files_alone(ask, portal, opens.spaces)
    for space in opens.spaces:
        assert {article_of(space), photo_of(space)} <= reached.keys()
        visitor.page.goto(article_of(space))
        shown = visitor.page.locator(".galerie img").first
        expect(shown).to_have_js_property("complete", value=True)
        assert shown.evaluate("image => image.naturalWidth") > 0


def _asker(line: Line, visitor: Guest) -> Ask:
    """How *visitor*'s browser asks for a path, without drawing what comes."""
    cookies = visitor.context.cookies(visitor.town.url)
    told = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in cookies)}
    return lambda path: line.ask(path, headers=told)


def _reached_from(ask: Ask, url: str, start: str) -> dict[str, bytes]:
    """Everything at *url* that links and images lead to from *start*, refusals too, by path."""
    reached: dict[str, bytes] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reply = ask(path)
        assert reply.status in {200, 302, 404}, (path, reply)
        reached[path] = reply.body
        links = _Links()
        if reply.header("content-type").startswith("text/html"):
            links.feed(reply.body.decode())
        for link in (*links.found, reply.header("location")):
            address = urlsplit(urljoin(f"{url}{path}", link))
            is_ours = f"{address.scheme}://{address.netloc}" == url
            if is_ours and not address.path.startswith(("/theme/", "/entrer/", "/equipe")):
                waiting.append(address.path or "/")
    return reached


def _gets_these_files_alone(ask: Ask, portal: PortalTown, spaces: tuple[str, ...]) -> None:
    """Ask for every file of every site: those of *spaces* come, the others do not exist."""
    absent = {
        kind: ask(f"/{CENTRES[0]}/rien-de-tel.{ending}")
        for kind, ending in (("page", "html"), ("photo", "jpg"), ("fil", "xml"))
    }
    for file in portal.files():
        reply, refusal = ask(file.path), absent[file.kind]
        if file.space in spaces:
            assert reply.status == 200, file
        else:
            assert (reply.status, reply.body) == (404, refusal.body), file


@pytest.mark.parametrize(
    ("source", "another"), [("cas", "oidc"), ("oidc", "saml"), ("saml", "cas")]
)
def test_leaving_the_portal_ends_the_visit_here(
    source: str, another: str, guest: Callable[[Person], Guest]
) -> None:
    """The same browser meets the door; another person, and another source's visit, stay in."""
    home = "/les-tilleuls/"
    leaver, elsewhere, neighbour = map(
        guest, (PARENT_OF_TWO_SCHOOLS, PARENT_OF_TWO_SCHOOLS, SECOND_PARENT)
    )
    for visitor, way in ((leaver, source), (elsewhere, another), (neighbour, source)):
        visitor.goes_in(way, home)
        visitor.accepts_the_charter()
        assert visitor.path == home
    leaver.leaves_the_portal()
    wait_until(lambda: not leaver.is_in(home), "the end of the visit")
    leaver.page.goto(home)
    assert leaver.path == "/entrer"
    assert elsewhere.is_in(home)
    assert neighbour.is_in(home)


@pytest.mark.parametrize("source", SOURCES)
def test_leaving_here_leaves_the_portal_where_it_can(
    source: str, portal: PortalTown, guest: Callable[[Person], Guest]
) -> None:
    """By CAS and OpenID Connect the portal is left too, and asks the next one who they are."""
    visitor = guest(PARENT_OF_ONE_SCHOOL)
    visitor.goes_in(source)
    visitor.accepts_the_charter()
    visitor.page.get_by_role("button", name="Quitter").first.click()
    if source == "oidc":
        # It asks first, then tells the applications from a page that one leaves by a button.
        visitor.page.wait_for_url(f"{portal.provider.url}/oauth2/logout?**")
        visitor.page.locator("form.confirm button.positive").click()
        visitor.page.locator("form.info button.positive").click()
    goodbye = "/sortir" if source == "saml" else "/"
    expect(visitor.page).to_have_url(re.compile(rf"{visitor.town.url}{goodbye}\??$"))
    visitor.page.goto(f"/entrer/{source}")
    if source == "saml":
        visitor.page.wait_for_url(f"{visitor.town.url}/**")
    else:
        expect(visitor.page.locator("input[name=password]")).to_be_visible()


@pytest.mark.parametrize("source", SOURCES)
def test_an_invitation_is_taken_with_the_portals_account(
    source: str,
    portal: PortalTown,
    guest: Callable[[Person], Guest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The profile opens nothing to the team: the invitation does, until the portal is left."""
    instance = str(portal.running.instance)
    assert main(["--instance", instance, "staff", "invite", "--centre", "les-tilleuls"]) == 0
    said = capsys.readouterr().out
    (invitation,) = re.findall(rf"{portal.running.url}(/equipe/invitation/\S+)", said)
    animator = guest(ANIMATOR)
    animator.page.goto(invitation)
    animator.page.get_by_role("link", name=LABELS[source]).click()
    animator.says_who_they_are()
    assert animator.path == invitation
    assert animator.fetch("/equipe/les-tilleuls/")[0] == 404
    animator.page.get_by_role("button", name="Accepter avec ce compte").click()
    expect(animator.page).to_have_url(f"{animator.town.url}/equipe/les-tilleuls/")
    assert animator.fetch("/equipe/la-grande-ourse/")[0] == 404
    animator.leaves_the_portal()
    wait_until(lambda: not animator.is_in("/equipe/les-tilleuls/"), "the end of the visit")
    animator.page.goto("/equipe/les-tilleuls/")
    assert animator.path == "/equipe/entrer"
