"""The least that speaks each protocol to the provider, for tests of the provider itself.

Nothing is verified here: that is what the product does.
"""

import base64
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

import requests

from tests.lemonldap.configuration import CLIENT_SECRET, Application
from tests.lemonldap.provider import LemonLdap
from tests.lemonldap.visitor import Visitor

TIMEOUT_S = 20
_VERIFIER = "verifier-" * 6
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcAnswer:
    """What came of a code: the token as it was signed, what it says, and what userinfo says."""

    id_token: str
    claims: Mapping[str, object]
    userinfo: Mapping[str, object]


def cas_ticket(provider: LemonLdap, visitor: Visitor, service: str) -> str:
    """Sign in for *service*; the ticket brought back."""
    address = f"{provider.cas_url}/login?{urlencode({'service': service})}"
    return visitor.sign_in(address).fields["ticket"]


def validated(
    provider: LemonLdap, service: str, ticket: str, path: str = "p3/serviceValidate"
) -> str:
    """What the provider says of *ticket*."""
    asked = {"service": service, "ticket": ticket}
    return requests.get(f"{provider.cas_url}/{path}", params=asked, timeout=TIMEOUT_S).text


def oidc_answer(provider: LemonLdap, visitor: Visitor, application: Application) -> OidcAnswer:
    """Sign in by a code, with a challenge, and ask what there is to know."""
    announced = requests.get(provider.discovery_url, timeout=TIMEOUT_S).json()
    redirect_uri = application.return_addresses(application.oidc)[0]
    digest = sha256(_VERIFIER.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "scope": "openid",
        "redirect_uri": redirect_uri,
        "state": "un-etat",
        "nonce": "un-nonce",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    back = visitor.sign_in(f"{announced['authorization_endpoint']}?{urlencode(asked)}")
    assert back.fields["state"] == "un-etat"
    token = requests.post(
        announced["token_endpoint"],
        auth=(application.client_id, CLIENT_SECRET),
        data={
            "grant_type": "authorization_code",
            "code": back.fields["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": _VERIFIER,
        },
        timeout=TIMEOUT_S,
    ).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    userinfo = requests.get(announced["userinfo_endpoint"], headers=bearer, timeout=TIMEOUT_S)
    body = token["id_token"].split(".")[1]
    return OidcAnswer(
        id_token=token["id_token"],
        claims=json.loads(base64.urlsafe_b64decode(body + "==")),
        userinfo=userinfo.json(),
    )


def saml_response(provider: LemonLdap, visitor: Visitor, application: Application) -> str:
    """Sign in as the service provider of `sp_metadata`; the XML that the browser would post."""
    request = _AUTHN_REQUEST.format(
        now=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        destination=f"{provider.url}/saml/singleSignOn",
        public_url=application.public_url,
        binding=_POST,
    )
    deflated = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflated.compress(request.encode()) + deflated.flush()
    asked = {"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": "un-etat"}
    back = visitor.sign_in(f"{provider.url}/saml/singleSignOn?{urlencode(asked)}")
    assert back.address == f"{application.public_url}/retour/saml"
    assert back.fields["RelayState"] == "un-etat"
    return base64.b64decode(back.fields["SAMLResponse"]).decode()


def sp_metadata(public_url: str, logout: str = REDIRECT) -> str:
    """Metadata of a service provider without keys, told of sign-outs by the binding *logout*."""
    return _SP_METADATA.format(public_url=public_url, post=_POST, logout=logout)


_SP_METADATA = """\
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"
    entityID="{public_url}/saml/metadata">
  <SPSSODescriptor WantAssertionsSigned="true"
      protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <SingleLogoutService Binding="{logout}" Location="{public_url}/saml/logout"/>
    <AssertionConsumerService index="0" isDefault="true" Binding="{post}"
        Location="{public_url}/retour/saml"/>
    <AssertionConsumerService index="1" Binding="{post}"
        Location="{public_url}/equipe/retour/saml"/>
  </SPSSODescriptor>
</EntityDescriptor>
"""

_AUTHN_REQUEST = """\
<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_une-demande" Version="2.0"
    IssueInstant="{now}" Destination="{destination}" ProtocolBinding="{binding}"
    AssertionConsumerServiceURL="{public_url}/retour/saml">
  <saml:Issuer>{public_url}/saml/metadata</saml:Issuer>
</samlp:AuthnRequest>"""
