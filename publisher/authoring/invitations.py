"""Making an invitation: a code that is shown once, whose digest alone is written down."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from publisher.model.person import StaffRole
from publisher.model.staff import INVITATION_LASTS, Colleague, Invitation
from publisher.records.staff import Staff
from publisher.settings import Settings
from publisher.sign_in.codes import code_digest, code_in_link, code_of_link, new_code

PATH = "/equipe/invitation"
_PURPOSE = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An invitation just made, with what is handed over and kept nowhere: code and path."""

    invitation: Invitation
    code: str
    path: str


def make_offer(
    staff: Staff,
    settings: Settings,
    *,
    centre: str,
    role: StaffRole,
    now: datetime,
    ends_on: date | None = None,
    invited_by: str = "",
    replaces: Colleague | None = None,
) -> Offer:
    """Invite somebody to *role* in *centre*, for 72 hours from *now*."""
    code = new_code(secrets.randbelow)
    invitation = staff.invite(
        digest=digest_of(code, settings),
        centre=centre,
        role=role,
        made_at=now,
        expires_at=now + INVITATION_LASTS,
        ends_on=ends_on,
        invited_by=invited_by,
        replaces=replaces,
    )
    return Offer(invitation=invitation, code=code, path=path_of(code, settings))


def path_of(code: str, settings: Settings) -> str:
    """Where the invitation of *code* is opened."""
    return f"{PATH}/{code_in_link(code, settings.authoring_keys)}"


def digest_of(code: str, settings: Settings) -> str:
    """Under what the invitation of *code* is written down."""
    return code_digest(settings.pseudonym_key, _PURPOSE, code)


def digest_of_link(part: str, settings: Settings) -> str | None:
    """The same, from the last part of an address; None when no key of ours made it."""
    code = code_of_link(part, settings.authoring_keys)
    return None if code is None else digest_of(code, settings)
