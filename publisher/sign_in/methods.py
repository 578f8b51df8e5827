"""The sign-in methods: one line each. A source whose method is not here lets nobody in."""

from collections.abc import Mapping

from publisher.sign_in.method import SignInMethod
from publisher.sign_in.oidc import OpenIdConnect

SIGN_IN_METHODS: Mapping[str, SignInMethod] = {
    "oidc": OpenIdConnect(),
}
