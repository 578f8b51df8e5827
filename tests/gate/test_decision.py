"""The decision that the server in front asks for: of a space, of whom the cookies name."""

import pytest

from publisher.gate.decision import DECISION, SPACE_HEADER
from publisher.model.space import Space
from tests.gate.conftest import PREVERT, Instance
from tests.gate.visiting import Browser, Reply

TILLEULS, OURSE = "/les-tilleuls/", "/la-grande-ourse/"
MOYENS = "/les-tilleuls/groupes/moyens/"
ASKED = f"HTTP_{SPACE_HEADER.upper().replace('-', '_')}"


def _asked(browser: Browser, space: str) -> Reply:
    return browser.ask(DECISION, environ={ASKED: space})


def test_a_space_is_decided_as_its_pages_are(still: Instance) -> None:
    """204 for what opens to each visitor, 403 for all the rest, and never a body."""
    expected: tuple[tuple[Browser, set[str]], ...] = (
        (still.anonymous(), set()),
        (still.visitor(), {TILLEULS}),
        (still.visitor(classes=((PREVERT, "CP A"),)), {TILLEULS, MOYENS}),
        (still.visitor(schools=("0310001H",)), {OURSE}),
        (still.visitor(person="z" * 26, charter=False), set()),
    )
    spaces = [space.prefix for centre in still.town().centres for space in centre.spaces]
    for visitor, opened in expected:
        for space in (*spaces, "/nulle-part/", "/les-tilleuls/groupes/inconnu/"):
            reply = _asked(visitor, space)
            assert (reply.status, reply.body) == (204 if space in opened else 403, b""), space


@pytest.mark.parametrize(
    "space",
    [
        "",
        "/",
        "les-tilleuls",
        "/les-tilleuls",
        "/les-tilleuls/index.html",
        "/les-tilleuls/x/",
        "/les-tilleuls/theme/",
        "/les-tilleuls//",
        "/les-tilleuls/ ",
        "/Les-Tilleuls/",
        "/les-tilleuls/../les-tilleuls/",
        "/les-tilleuls/,/la-grande-ourse/",
        "/les-tilleuls/groupes/",
        "/les-tilleuls/groupes/moyens",
        "/equipe/",
        "/theme/",
        "/decision/",
    ],
)
def test_only_the_spelling_of_a_space_is_one(still: Instance, space: str) -> None:
    """Whatever is not the prefix of a space, to the letter, opens to nobody."""
    assert _asked(still.visitor(classes=((PREVERT, "CP A"),)), space).status == 403


def test_a_space_is_named_in_one_way() -> None:
    """The header holds what `Space.prefix` says, which is what a server finds in the path."""
    assert (Space("les-tilleuls").prefix, Space("les-tilleuls", "moyens").prefix) == (
        TILLEULS,
        MOYENS,
    )


def test_without_a_space_it_is_a_path_like_any(still: Instance) -> None:
    """Nobody who looks for it finds it: the bytes of what does not exist."""
    for browser in (still.anonymous(), still.visitor()):
        absent = browser.ask("/absente")
        assert browser.ask(DECISION).body == browser.ask("/ville/absente").body
        assert absent.status in {404, 308}
        for path in (f"{DECISION}/", f"{DECISION}.html", f"/{DECISION}"):
            other = browser.ask(path.replace("decision", "absente"))
            reply = browser.ask(path, environ={ASKED: TILLEULS})
            assert (reply.status, reply.body) == (other.status, other.body)


def test_a_decision_is_only_asked(still: Instance) -> None:
    """Nothing is posted to it, and no header but the space's changes what it says."""
    family = still.visitor()
    assert family.ask(DECISION, "POST", environ={ASKED: TILLEULS}).status == 405
    for name in ("HTTP_X_ENT_USER", "REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_AUTHORIZATION"):
        stranger = {ASKED: TILLEULS, name: "ines"}
        assert still.anonymous().ask(DECISION, environ=stranger).status == 403
    reply = _asked(family, TILLEULS)
    assert "content-length" not in reply.headers
    assert reply.headers["cache-control"] == "no-store"
    assert reply.cookies == ()
