"""A person's pseudonym: the only name Préau knows anybody by (law 8)."""

import base64
import hashlib
import hmac
from datetime import date

from publisher.model.person import Account, EntProfile
from publisher.model.school_year import last_day_of_school_year

_BYTES = 16
"""128 bits: two people of one town never share a pseudonym, and nobody finds one by trying."""


def pseudonym(key: str, source: str, subject: str) -> str:
    """The pseudonym of *subject* at *source*, under the instance's *key*.

    HMAC-SHA256, 26 letters and digits of base 32 in lower case. The same subject at another
    source, or in another instance, is somebody else; without the key nothing leads back.
    """
    digest = hmac.digest(key.encode(), f"{source}\0{subject}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:_BYTES]).decode("ascii").rstrip("=").lower()


def account_of(key: str, profile: EntProfile, day: date) -> Account:
    """The account of *profile*, seen on *day*: its identifiers become pseudonyms (law 8).

    A child's identifier in a family's profile gives the pseudonym that the child's own account
    has, when the source uses one identifier for both.
    """
    return Account(
        account=pseudonym(key, profile.source, profile.subject),
        source=profile.source,
        role=profile.role,
        schools=profile.schools,
        classes=profile.classes,
        children=frozenset(pseudonym(key, profile.source, child) for child in profile.children),
        until=last_day_of_school_year(day),
    )


def session_digest(key: str, source: str, session: str) -> str:
    """What a source's own session is written down as; empty when it named none."""
    return pseudonym(key, f"{source}\0session", session) if session else ""
