"""A sign-in under way: what this browser must bring back from the ENT, and where it was going."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from publisher.sign_in.seal import Seal

ATTEMPT_LASTS = timedelta(minutes=15)
"""Long enough to find a password, too short to be kept for later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sign-in begun: `state` binds the answer to this browser, `nonce` to this attempt.

    `code_verifier` is empty when the source announces no PKCE. `return_to` is where the person
    was going, already checked to be a path of this site. `joins` is the sign-in of a visit that
    goes on, to which another account of the same person is to be joined; empty otherwise.
    """

    source: str
    state: str
    nonce: str
    code_verifier: str
    return_to: str
    joins: str = ""


class Attempts:
    """Signs and reads attempts for one app: they are kept by the browser, not by the server."""

    def __init__(self, keys: Sequence[str], purpose: str, audience: str) -> None:
        self._seal = Seal(keys, f"attempt:{purpose}", audience)

    def sign(self, attempt: Attempt, now: datetime) -> str:
        """The attempt as a cookie's value, good for a quarter of an hour."""
        ends_at = int((now + ATTEMPT_LASTS).timestamp())
        return self._seal.sign({**asdict(attempt), "ends_at": ends_at})

    def read(self, text: str, now: datetime) -> Attempt | None:
        """The attempt of a cookie's value, or None when it is forged, foreign or too old."""
        table = dict(self._seal.read(text) or {})
        ends_at = table.pop("ends_at", None)
        if not isinstance(ends_at, int) or now.timestamp() >= ends_at:
            return None
        if set(table) != set(Attempt.__dataclass_fields__):
            return None
        return Attempt(**{key: str(value) for key, value in table.items()})
