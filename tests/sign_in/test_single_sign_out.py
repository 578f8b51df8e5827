"""A source ends its session: whose sign-ins end here, at the routes."""

from collections.abc import Iterator
from io import BytesIO
from urllib.parse import urlencode

import pytest

from publisher.sign_in.oidc import LOGOUT_EVENT
from publisher.sign_in.passes import FAMILY, Passes
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, Reply, query_of
from tests.sign_in.ent_process import PUBLIC_URL
from tests.sign_in.hostile import TOLD, Hostile, run_hostile


@pytest.fixture(name="hostile")
def _hostile() -> Iterator[Hostile]:
    with run_hostile() as hostile:
        yield hostile


@pytest.fixture(name="instance")
def _instance(hostile: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance whose ENT tells browsers, too, that a session ended."""
    hostile.is_true(frontchannel_logout_supported=True)
    instance = run_instance(tmp_path_factory.mktemp("sortie") / "ville", ent_url=hostile.url)
    instance.is_live = True
    return instance


def entered(instance: Instance, hostile: Hostile, subject: str, sid: str | None = None) -> Browser:
    """A browser in which *subject* came in, in the ENT's session *sid*."""
    browser = instance.anonymous()
    asked = query_of(browser.ask("/entrer/demo").location)
    hostile.behaves(
        hostile.signs(hostile.claims(nonce=asked["nonce"], sub=subject, sid=sid)),
        {**TOLD, "sub": subject},
        frontchannel_logout_supported=True,
    )
    answer = urlencode({"code": "c", "state": asked["state"], "iss": hostile.url})
    assert browser.ask(f"/retour/demo?{answer}").status == 303
    return browser


def is_in(instance: Instance, browser: Browser) -> bool:
    """Say whether the browser's pass still opens something."""
    passes = Passes(instance.settings.gate_keys, FAMILY, PUBLIC_URL)
    pass_ = passes.read(browser.cookies["preau_famille"], instance.clock())
    return pass_ is not None and not instance.records.has_ended(pass_.sign_in)


def posted(instance: Instance, fields: dict[str, str], path: str = "/sortie/demo") -> Reply:
    """What a source gets that posts *fields*, as a server does: without cookies or origin."""
    body = urlencode(fields).encode()
    return instance.anonymous().ask(
        path,
        "POST",
        environ={
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        },
    )


def logout_token(hostile: Hostile, **changes: object) -> str:
    """A token of the ENT's, with *changes*."""
    said = {"jti": "j1", "events": {LOGOUT_EVENT: {}}, "nonce": None, **changes}
    return hostile.signs(hostile.claims(**said), typ="logout+jwt")


def test_a_session_that_ended_there_ends_here_alone(instance: Instance, hostile: Hostile) -> None:
    """The sign-ins of that session end, at the next request; another session's go on."""
    one, same = (entered(instance, hostile, "s1", "z1") for _time in range(2))
    other = entered(instance, hostile, "s1", "z2")
    reply = posted(instance, {"logout_token": logout_token(hostile, sub="s1", sid="z1")})
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert [is_in(instance, each) for each in (one, same, other)] == [False, False, True]


@pytest.mark.parametrize("sid", [None, "z1"], ids=["unnamed sessions", "named sessions"])
def test_a_person_who_left_there_left_here(
    instance: Instance, hostile: Hostile, sid: str | None
) -> None:
    """Entcore names nobody's session but the person: all of theirs end, and nobody else's."""
    browsers = [entered(instance, hostile, "s1", sid) for _time in range(2)]
    neighbour = entered(instance, hostile, "s2", sid)
    assert posted(instance, {"logout_token": logout_token(hostile, sub="s1")}).status == 200
    assert not any(is_in(instance, browser) for browser in browsers)
    assert is_in(instance, neighbour)


def test_a_person_is_found_under_another_name_of_the_same(
    instance: Instance, hostile: Hostile
) -> None:
    """A town that tells people apart by another claim than `sub` still hears whom the ENT ends."""
    town = instance.folder / "centres" / "town.toml"
    claims = '[sign_in.claims]\nsubject = "ENTPersonUid"\n'
    town.write_text(f"{town.read_text(encoding='utf-8')}\n{claims}", encoding="utf-8")
    told = {"ENTPersonUid": "u-1"}
    browser = instance.anonymous()
    asked = query_of(browser.ask("/entrer/demo").location)
    id_token = hostile.signs(hostile.claims(nonce=asked["nonce"]))
    hostile.behaves(id_token, {**TOLD, **told}, frontchannel_logout_supported=True)
    answer = urlencode({"code": "c", "state": asked["state"], "iss": hostile.url})
    browser.ask(f"/retour/demo?{answer}")
    assert is_in(instance, browser)
    assert posted(instance, {"logout_token": logout_token(hostile)}).status == 200
    assert not is_in(instance, browser)


def test_a_logout_token_counts_once(instance: Instance, hostile: Hostile) -> None:
    """Somebody who kept it cannot end the next visit with it."""
    token = logout_token(hostile, sub="s1")
    entered(instance, hostile, "s1")
    assert posted(instance, {"logout_token": token}).status == 200
    back = entered(instance, hostile, "s1")
    assert posted(instance, {"logout_token": token}).status == 400
    assert is_in(instance, back)


@pytest.mark.parametrize("sid", ["s1", "z1"], ids=["LemonLDAP 2.16", "others"])
def test_a_frame_at_the_source_ends_its_session(
    instance: Instance, hostile: Hostile, sid: str
) -> None:
    """The issuer and the session must be those of the sign-in; there is nothing to draw."""
    browser = entered(instance, hostile, "s1", None if sid == "s1" else sid)
    ours = {"iss": hostile.url, "sid": sid}
    for wrong in ({**ours, "iss": "https://other.example"}, {"sid": sid}, {"iss": hostile.url}):
        assert instance.anonymous().ask(f"/sortie/demo?{urlencode(wrong)}").status == 400
    assert (
        instance.anonymous().ask(f"/sortie/demo?{urlencode({**ours, 'sid': 'z9'})}").status == 204
    )
    assert is_in(instance, browser)
    assert instance.anonymous().ask(f"/sortie/demo?{urlencode(ours)}").status == 204
    assert not is_in(instance, browser)
