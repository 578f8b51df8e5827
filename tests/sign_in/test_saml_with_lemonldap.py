"""SAML with a real LemonLDAP::NG: our metadata and our requests are understood, and its sign-out."""

import re
from html import unescape

import pytest
import requests

from publisher.gate.app import make_gate
from publisher.settings import Settings, read_settings
from tests.gate.conftest import Instance, run_instance
from tests.gate.visiting import Browser, path_of
from tests.lemonldap.configuration import Application
from tests.lemonldap.people import PARENT_OF_TWO_SCHOOLS, PUPIL
from tests.lemonldap.provider import LemonLdap
from tests.lemonldap.visitor import Visitor
from tests.sign_in.ent_process import PUBLIC_URL
from tests.sign_in.saml_provider import pair
from tests.sign_in.test_saml_routes import brings

SOURCE = """
[[sign_in]]
name = "portail"
label = "Portail"
method = "saml"
address = "{url}"
metadata = "portail.xml"

[sign_in.claims]
subject = "ENTPersonUid"
"""


@pytest.fixture(name="instance", scope="module", params=["", "signed"])
def _instance(
    request: pytest.FixtureRequest, lemonldap: LemonLdap, tmp_path_factory: pytest.TempPathFactory
) -> Instance:
    """An instance and a provider that know each other, with signed requests or without."""
    instance = run_instance(tmp_path_factory.mktemp("saml") / "ville")
    instance.is_live = True
    centres = instance.folder / "centres"
    town = (centres / "town.toml").read_text(encoding="utf-8")
    (centres / "town.toml").write_text(f"{town}{SOURCE.format(url=lemonldap.url)}", "utf-8")
    told = requests.get(lemonldap.saml_metadata_url, timeout=20).text
    (centres / "portail.xml").write_text(told, encoding="utf-8")
    if request.param:
        secret = instance.folder / "keys" / "client-portail.secret"
        secret.write_text(pair("other").pem, encoding="ascii")
    settings = read_settings(instance.folder, {})
    assert isinstance(settings, Settings)
    instance.gate = make_gate(instance.town, settings, instance.records, instance.clock)
    metadata = instance.anonymous().ask("/retour/portail/metadata").text
    assert ("KeyDescriptor" in metadata) is bool(request.param)
    lemonldap.know(Application(public_url=PUBLIC_URL, client_id="saml-alone", sp_metadata=metadata))
    return instance


def enters(browser: Browser, visitor: Visitor) -> None:
    """Sign in through the provider, as a browser that obeys its page."""
    back = visitor.sign_in(browser.ask("/entrer/portail?vers=/les-tilleuls/").location)
    assert back.address == f"{PUBLIC_URL}/retour/portail"
    arrived = brings(browser, back.fields, "/retour/portail")
    assert arrived.status == 303, arrived.text
    landed = browser.ask(path_of(arrived.location))
    assert (landed.status, landed.location) == (303, "/les-tilleuls/")


def is_in(browser: Browser) -> bool:
    """Say whether the browser's pass still holds."""
    reply = browser.ask("/les-tilleuls/index.html")
    return "/entrer" not in reply.headers.get("location", "")


def test_somebody_enters_and_the_provider_ends_it(
    instance: Instance, lemonldap: LemonLdap, caplog: pytest.LogCaptureFixture
) -> None:
    """In by its form, out by its sign-out; whoever else came in stays, and nobody is in the log."""
    caplog.set_level("DEBUG")
    parent, pupil = instance.anonymous(), instance.anonymous()
    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    enters(parent, visitor)
    enters(pupil, Visitor(PUPIL))
    assert is_in(parent)
    address = _told_at(visitor, lemonldap)
    told = instance.anonymous().ask(path_of(address))
    assert told.status == 303
    assert told.location.startswith(f"{lemonldap.url}/saml/singleLogoutReturn?SAMLResponse=")
    assert not is_in(parent)
    assert is_in(pupil)
    assert visitor.session.get(told.location, timeout=20).status_code == 200
    said = " ".join(
        one.getMessage() for one in caplog.records if not one.name.startswith("urllib3")
    )
    for word in (PARENT_OF_TWO_SCHOOLS.uid, PARENT_OF_TWO_SCHOOLS.given_name):
        assert word not in said


def _told_at(visitor: Visitor, lemonldap: LemonLdap) -> str:
    """Sign out at the provider; the address that its page embeds to tell us."""
    page = visitor.session.get(lemonldap.sign_out_url, timeout=20).text
    (address,) = re.findall(rf'<iframe src="({PUBLIC_URL}/[^"]+)"', page)
    return unescape(address)
