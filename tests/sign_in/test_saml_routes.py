"""Entering by SAML as browsers do it: what a page of the ENT posts comes without our cookies."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest

from publisher.authoring.app import make_authoring
from publisher.gate.app import make_gate
from publisher.settings import Settings, read_settings
from tests.gate.conftest import NOW, Instance, run_instance
from tests.gate.visiting import Browser, Reply
from tests.sign_in.ent_process import PUBLIC_URL
from tests.sign_in.saml_provider import (
    ATTRIBUTES,
    FAMILY_NAME,
    GIVEN_NAME,
    SUBJECT,
    Answer,
    asked,
    logout_request,
    metadata,
    pair,
    posted,
    redirected,
    response,
)

RETURN = f"{PUBLIC_URL}/retour/ent"
SIGNED_OUT = f"{PUBLIC_URL}/sortie/ent"
SOURCE = """
[[sign_in]]
name = "ent"
label = "ENT"
method = "saml"
address = "https://ent.example"
metadata = "ent.xml"

[sign_in.claims]
subject = "ENTPersonUid"
"""


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Instance:
    """An instance whose families come from an ENT by SAML."""
    instance = run_instance(tmp_path / "ville")
    centres = instance.folder / "centres"
    town = (centres / "town.toml").read_text(encoding="utf-8")
    (centres / "ent.xml").write_text(metadata(), encoding="utf-8")
    (centres / "town.toml").write_text(f"{town}{SOURCE}", encoding="utf-8")
    return instance


def begins(browser: Browser, vers: str = "/", prefix: str = "") -> str:
    """Begin to sign in; the state of the attempt."""
    beginning = browser.ask(f"{prefix}/entrer/ent?vers={vers}")
    assert beginning.status == 303, beginning.text
    return asked(beginning.location)[1]["RelayState"]


def answered(state: str, **changes: object) -> dict[str, str]:
    """The form that the ENT's page posts, in answer to the attempt *state*."""
    honest = Answer(now=NOW, answers=f"_{state}", recipient=RETURN, audience=f"{RETURN}/metadata")
    answer = replace(honest, **changes)  # type: ignore[arg-type]  # names of its fields
    return posted(response(answer), state)


def brings(browser: Browser, form: Mapping[str, str], path: str = "/retour/ent") -> Reply:
    """Post *form* from a page of the ENT: cookies that are Lax stay behind, new ones are kept."""
    kept, browser.cookies = browser.cookies, {}
    body = urlencode(form).encode()
    reply = browser.ask(
        path,
        "POST",
        environ={
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
        },
        SEC_FETCH_SITE="cross-site",
        ORIGIN="https://ent.example",
    )
    browser.cookies = {**kept, **browser.cookies}
    return reply


def enters(browser: Browser, vers: str = "/", **changes: object) -> Reply:
    """Sign in, all the way to where the person lands."""
    arrived = brings(browser, answered(begins(browser, vers), **changes))
    assert (arrived.status, arrived.location) == (303, "/retour/ent"), arrived.text
    return browser.ask("/retour/ent")


def is_in(browser: Browser) -> bool:
    """Say whether a visitor has a pass that still holds, by what families read."""
    return "preau_famille" in browser.cookies and (
        "/entrer" not in browser.ask("/les-tilleuls/index.html").headers.get("location", "")
    )


def test_a_family_enters_by_a_form_of_the_ent(instance: Instance) -> None:
    """Posted without cookies, the answer waits a minute for the browser's own attempt."""
    browser = instance.anonymous()
    form = answered(begins(browser, "/les-tilleuls/rappels.html"))
    arrived = brings(browser, form)
    assert "preau_famille" not in browser.cookies
    (kept,) = arrived.cookies
    assert {"Max-Age=60", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(kept.split("; "))
    landed = browser.ask(arrived.location)
    assert (landed.status, landed.location) == (303, "/les-tilleuls/rappels.html")
    assert set(browser.cookies) == {"preau_famille"}
    assert is_in(browser)


def test_nobody_is_signed_in_by_somebody_elses_answer(instance: Instance) -> None:
    """An answer to an attacker's attempt, posted by a victim's browser, opens nothing there."""
    attacker, victim = instance.anonymous(), instance.anonymous()
    form = answered(begins(attacker))
    assert brings(victim, form).status == 303
    assert victim.ask("/retour/ent").status == 403
    assert "preau_famille" not in victim.cookies


def test_nor_while_signing_in_oneself(instance: Instance) -> None:
    """The victim's own attempt does not fit the attacker's answer either."""
    attacker, victim = instance.anonymous(), instance.anonymous()
    form = answered(begins(attacker))
    begins(victim)
    assert brings(victim, form).status == 303
    reply = victim.ask("/retour/ent")
    assert reply.status == 403
    assert "pas commencé ici" in reply.text
    assert "preau_famille" not in victim.cookies


def test_an_answer_is_worth_nothing_in_another_browser(instance: Instance) -> None:
    """Whoever steals a form, or the cookie made of it, lacks the attempt that it answers."""
    browser, thief = instance.anonymous(), instance.anonymous()
    form = answered(begins(browser))
    brings(browser, form)
    thief.cookies = {name: value for name, value in browser.cookies.items() if "arrivee" in name}
    assert thief.cookies
    assert thief.ask("/retour/ent").status == 403
    assert "preau_famille" not in thief.cookies
    begins(thief)
    assert brings(thief, form).status == 403
    assert thief.ask("/retour/ent").status == 403
    assert "preau_famille" not in thief.cookies


def test_an_answer_is_posted_once(instance: Instance) -> None:
    """The same assertion again, in the same browser or with its envelope changed, is used."""
    browser = instance.anonymous()
    state = begins(browser)
    assert brings(browser, answered(state)).status == 303
    for form in (answered(state), answered(state, response_id="_autre")):
        reply = brings(browser, form)
        assert reply.status == 403
        assert "déjà servi" in reply.text
    assert browser.ask("/retour/ent").status == 303


def test_an_attempt_is_answered_once(instance: Instance) -> None:
    """A second assertion in answer to the same request is refused as such, not as an accident."""
    browser = instance.anonymous()
    state = begins(browser)
    assert brings(browser, answered(state)).status == 303
    again = brings(browser, answered(state, identifier="_deuxieme"))
    assert (again.status, "déjà servi" in again.text) == (403, True)


def test_an_arrival_does_not_wait(instance: Instance) -> None:
    """After the answer has been used, nothing is left to come back to."""
    browser = instance.anonymous()
    enters(browser)
    assert browser.ask("/retour/ent").status == 403


def test_an_answer_for_the_families_opens_nothing_of_the_team(instance: Instance) -> None:
    """The team's door has its own address, audience and attempts."""
    browser = instance.anonymous()
    form = answered(begins(browser))
    assert brings(browser, form, "/retour/demo").status == 403
    assert brings(browser, form, "/retour/absente").status == 404
    assert brings(browser, form, "/sortie/ent").status == 400
    assert brings(browser, form).status == 303


def test_a_field_that_comes_twice_is_refused(instance: Instance) -> None:
    """Which of two answers would be believed is not a question anybody gets to ask."""
    browser = instance.anonymous()
    form = answered(begins(browser))
    twice = [*form.items(), ("SAMLResponse", form["SAMLResponse"])]
    assert brings(browser, twice).status == 403  # type: ignore[arg-type]  # pairs do as well
    assert brings(browser, form).status == 303


def test_a_sign_out_of_the_ent_ends_the_visit(instance: Instance) -> None:
    """By redirection: the pass ends, the browser goes back to the ENT, and it counts once."""
    browser, other = instance.anonymous(), instance.anonymous()
    enters(browser)
    another = (
        '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">_b</saml:NameID>'
    )
    enters(other, identifier="_b", name_id=another)
    assert is_in(browser)
    query = redirected(logout_request(now=NOW, destination=SIGNED_OUT), pair(), "retour")
    for wrong in (query.replace("retour", "ailleurs"), f"{query}&SigAlg=x", query[:-20], "x=1"):
        assert instance.anonymous().ask(f"/sortie/ent?{wrong}").status == 400
    assert is_in(browser)
    told = instance.anonymous().ask(f"/sortie/ent?{query}")
    assert told.status == 303
    assert told.location.startswith("https://ent.example/saml/sorti?SAMLResponse=")
    assert not is_in(browser)
    assert is_in(other)
    assert instance.anonymous().ask(f"/sortie/ent?{query}").status == 400


def test_a_sign_out_may_be_posted(instance: Instance) -> None:
    """Signed inside; it ends the same visit."""
    browser = instance.anonymous()
    enters(browser)
    form = posted(logout_request(now=NOW, destination=SIGNED_OUT, by=pair()), "")
    told = brings(instance.anonymous(), {"SAMLRequest": form["SAMLResponse"]}, "/sortie/ent")
    assert told.status == 303
    assert not is_in(browser)


def test_our_metadata_is_served(instance: Instance) -> None:
    """At an address of each source that has some, made of the town's address, whatever the Host."""
    browser = instance.anonymous()
    browser.host = "evil.example"
    reply = browser.ask("/retour/ent/metadata")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/samlmetadata+xml"
    assert f'entityID="{RETURN}/metadata"' in reply.text
    assert "evil" not in reply.text
    for other in ("demo", "absente"):
        assert browser.ask(f"/retour/{other}/metadata").status == 404


def test_a_key_that_is_wrong_is_said_in_the_log(
    instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    """Metadata is not made of half a key, and an administrator reads why."""
    (instance.folder / "keys" / "client-ent.secret").write_text("un-secret", encoding="ascii")
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    gate = make_gate(instance.town, settings, instance.records, instance.clock)
    assert Browser(application=gate).ask("/retour/ent/metadata").status == 503
    assert "see its key" in caplog.text


def test_the_team_has_a_door_of_its_own(instance: Instance) -> None:
    """Below `/equipe`, with other addresses: what is meant for one door is nothing at the other."""
    team = make_authoring(instance.town, instance.settings, instance.records, instance.clock)
    browser = Browser(application=team.wsgi_app)
    state = begins(browser, prefix="/equipe")
    here = f"{PUBLIC_URL}/equipe/retour/ent"
    form = answered(state, recipient=here, audience=f"{here}/metadata")
    assert brings(instance.anonymous(), form).status == 403
    assert brings(browser, answered(state), "/equipe/retour/ent").status == 403
    arrived = brings(browser, form, "/equipe/retour/ent")
    assert (arrived.status, arrived.location) == (303, "/equipe/retour/ent")
    assert browser.ask(arrived.location).status == 303
    assert "preau_equipe" in browser.cookies
    told = browser.ask("/equipe/retour/ent/metadata").text
    assert f'entityID="{here}/metadata"' in told
    assert f'Location="{PUBLIC_URL}/equipe/sortie/ent"' in told


def test_nobody_is_named_by_what_is_kept(
    instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    """After an entrance, a refusal and a sign-out, no file and no log line names anybody."""
    caplog.set_level("DEBUG")
    browser = instance.anonymous()
    enters(browser)
    incomplete = {name: told for name, told in ATTRIBUTES.items() if name != "ENTPersonProfils"}
    enters(browser, identifier="_b", attributes=incomplete)
    instance.anonymous().ask(
        f"/sortie/ent?{redirected(logout_request(now=NOW, destination=SIGNED_OUT), pair())}"
    )
    said = " ".join(f"{one.getMessage()} {one.exc_text}" for one in caplog.records)
    assert "lacks role" in said
    kept = b"".join(path.read_bytes() for path in instance.folder.rglob("*") if path.is_file())
    for word in (SUBJECT, GIVEN_NAME, FAMILY_NAME, "_visite"):
        assert word not in said
        assert word.encode() not in kept
