"""A person's pseudonym: the only name Préau knows anybody by (law 8)."""

import base64
import hashlib
import hmac

_BYTES = 16
"""128 bits: two people of one town never share a pseudonym, and nobody finds one by trying."""


def pseudonym(key: str, source: str, subject: str) -> str:
    """The pseudonym of *subject* at *source*, under the instance's *key*.

    HMAC-SHA256, 26 letters and digits of base 32 in lower case. The same subject at another
    source, or in another instance, is somebody else; without the key nothing leads back.
    """
    digest = hmac.digest(key.encode(), f"{source}\0{subject}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:_BYTES]).decode("ascii").rstrip("=").lower()
