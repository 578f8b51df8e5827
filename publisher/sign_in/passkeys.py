"""Passkeys (WebAuthn): a key that a telephone or a computer keeps, and opens by finger, face or PIN.

The site it is for comes from the town's public address, never from the request. The person is
verified by their device each time; nothing is asked about which device it is.
"""

from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from publisher.records.local_accounts import StoredPasskey

MAX_CREDENTIAL_LENGTH = 1400
"""Characters of a credential's id in base 64: the standard allows 1 023 bytes."""


def site_of(public_url: str) -> str | None:
    """The site a passkey is for, or None where browsers make none: an address in numbers."""
    host = urlsplit(public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None


def registration_of(
    site: str, *, town: str, label: str, account: str, challenge: bytes, known: tuple[str, ...]
) -> str:
    """What the browser is asked to make, as JSON. *known* are the person's other passkeys.

    The device shows *label*: no name of anybody is known here.
    """
    return options_to_json(
        generate_registration_options(
            rp_id=site,
            rp_name=town,
            user_name=label,
            user_id=account.encode(),
            user_display_name=label,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_described(one) for one in known],
        )
    )


def made(
    answer: str, *, site: str, origin: str, challenge: bytes, now: datetime
) -> StoredPasskey | None:
    """The passkey a browser made for *challenge*, or None when its answer cannot be believed."""
    try:
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    credential = bytes_to_base64url(verified.credential_id)
    if len(credential) > MAX_CREDENTIAL_LENGTH:
        return None
    return StoredPasskey(
        credential=credential,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        added_at=now,
    )


def question_of(site: str, *, challenge: bytes, known: tuple[StoredPasskey, ...]) -> str:
    """What the browser is asked to sign, as JSON, with one of the *known* passkeys."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site,
            challenge=challenge,
            allow_credentials=[_described(one.credential) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def signed(
    answer: str,
    *,
    site: str,
    origin: str,
    challenge: bytes,
    known: tuple[StoredPasskey, ...],
) -> tuple[StoredPasskey, int] | None:
    """Which of the *known* passkeys signed *challenge*, and its new count; None when none did."""
    for passkey in known:
        try:
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site,
                expected_origin=origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError):
            continue
        if bytes_to_base64url(verified.credential_id) == passkey.credential:
            return passkey, verified.new_sign_count
    return None


def _described(credential: str) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential))
