"""Writes down what the provider really answered, in `tests/sign_in/wire/lemonldap-*`.

usage: .venv/bin/python -m tests.lemonldap.record

For tests that read answers without a provider. Keys are new each time, so all is written together:
what is signed can be verified with the metadata and the keys beside it, at the moment it tells.
"""

import json
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.lemonldap.configuration import Application
from tests.lemonldap.listening import Listener, listening
from tests.lemonldap.people import PARENT_OF_TWO_SCHOOLS, PEOPLE
from tests.lemonldap.provider import LemonLdap, run_lemonldap
from tests.lemonldap.speaking import (
    SOAP,
    TIMEOUT_S,
    cas_ticket,
    oidc_answer,
    saml_response,
    sp_metadata,
    validated,
)
from tests.lemonldap.visitor import Visitor

WIRE = Path(__file__).parents[1] / "sign_in/wire"
PORT = 19876
APPLICATION_PORT = 8000
"""Written in the answers, so always the same."""


def record(provider: LemonLdap, listener: Listener) -> None:
    """Let everybody in by each protocol, then let one sign out of each."""
    application = Application(
        public_url=listener.url,
        sp_metadata=sp_metadata(listener.url),
        oidc_front_channel_logout=f"{listener.url}/deconnexion",
    )
    provider.know(application)
    service = application.return_addresses("cas")[0]
    for who, person in PEOPLE.items():
        visitor = Visitor(person)
        ticket = cas_ticket(provider, visitor, service)
        _write(f"cas-{who}.xml", validated(provider, service, ticket))
        told = oidc_answer(provider, visitor, application)
        _write_json(
            f"oidc-{who}.json",
            {"id_token": told.id_token, "claims": told.claims, "userinfo": told.userinfo},
        )
        _write(f"saml-{who}.xml", saml_response(provider, visitor, application))
    _write("cas-failure.xml", validated(provider, service, "ST-jamais-donne"))
    discovery = requests.get(provider.discovery_url, timeout=TIMEOUT_S).json()
    _write_json("oidc-discovery.json", discovery)
    _write_json("oidc-keys.json", requests.get(discovery["jwks_uri"], timeout=TIMEOUT_S).json())
    _write("saml-metadata.xml", requests.get(provider.saml_metadata_url, timeout=TIMEOUT_S).text)

    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    validated(provider, service, cas_ticket(provider, visitor, service))
    oidc_answer(provider, visitor, application)
    saml_response(provider, visitor, application)
    visitor.sign_out(provider.sign_out_url)
    for asked in listener.asked:
        path = urlsplit(asked.path)
        if path.path == "/retour/cas":
            _write("cas-logout.txt", asked.body)
        elif path.path == "/deconnexion":
            _write("oidc-logout-front-channel.txt", path.query)
        else:
            _write("saml-logout-redirect.txt", path.query)

    listener.asked.clear()
    provider.know(
        Application(public_url=listener.url, sp_metadata=sp_metadata(listener.url, logout=SOAP))
    )
    visitor = Visitor(PARENT_OF_TWO_SCHOOLS)
    saml_response(provider, visitor, application)
    visitor.sign_out(provider.sign_out_url)
    _write("saml-logout-soap.xml", listener.asked[0].body)


def _write(name: str, text: str) -> None:
    (WIRE / f"lemonldap-{name}").write_bytes(text.encode())


def _write_json(name: str, told: object) -> None:
    _write(name, json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    WIRE.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        listening(APPLICATION_PORT) as listener,
        run_lemonldap(Path(folder), PORT) as provider,
    ):
        record(provider, listener)
