"""The sign-in methods: one line each. A source whose method is not here lets nobody in."""

from collections.abc import Mapping

from publisher.model.source import Door
from publisher.model.town import Town
from publisher.settings import Settings
from publisher.sign_in.cas import Cas
from publisher.sign_in.link import SignedLink
from publisher.sign_in.method import Client, SignInMethod
from publisher.sign_in.oidc import OpenIdConnect
from publisher.sign_in.saml import Saml

SIGN_IN_METHODS: Mapping[str, SignInMethod] = {
    "cas": Cas(),
    "link": SignedLink(),
    "oidc": OpenIdConnect(),
    "saml": Saml(),
}

PREFIXES: Mapping[Door, str] = {Door.FAMILIES: "", Door.TEAM: "/equipe"}
"""Below which path each app has its routes."""


def client_of(
    town: Town, settings: Settings, name: str, door: Door
) -> tuple[SignInMethod, Client] | None:
    """The method of the source *name* and what Préau is to it, or None: nobody enters by it.

    None without the source, when it does not lead to *door*, without its method, or without
    the secret that the method needs (fail closed).
    """
    source = town.source(name)
    method = None if source is None else SIGN_IN_METHODS.get(source.method)
    secret = settings.client_secrets.get(name, "")
    if source is None or method is None or door not in source.doors:
        return None
    if method.needs_secret and not secret:
        return None
    ours = f"{town.public_url}{PREFIXES[door]}"
    client = Client(
        source=source,
        secret=secret,
        redirect_uri=f"{ours}/retour/{name}",
        sign_out_uri=f"{ours}/sortie/{name}",
        folder=settings.instance / "centres",
    )
    return method, client
