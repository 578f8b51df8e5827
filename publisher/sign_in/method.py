"""What every sign-in method does, and the ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from publisher.model.person import EntProfile
from publisher.model.town import SignInSource


class Why(StrEnum):
    """Why nobody was signed in: for the page that says what to do, and for the log."""

    UNKNOWN_SOURCE = "unknown source"
    UNREACHABLE = "the source does not answer"
    CANCELLED = "the person gave up, or the source said no"
    NOT_BEGUN_HERE = "the answer is not to an attempt of this browser"
    UNTRUSTED = "the answer could not be verified"
    NOBODY = "the answer names nobody"


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """Nobody was signed in. `detail` is for the log, and holds nothing about the person."""

    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Where to send the person, and what to remember until they come back."""

    address: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Préau as one source knows it. `redirect_uri` comes from the town's public address."""

    source: SignInSource
    secret: str
    redirect_uri: str


class SignInMethod(Protocol):
    """One way to prove who one is."""

    def begin(self, client: Client, login_hint: str | None) -> Beginning | SignInFailed:
        """Where to send the person. *login_hint* is only ever given for a demo source."""

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> EntProfile | SignInFailed:
        """Who they are, from the *answer* they came back with: one value for each name."""

    def farewell(self, client: Client, return_to: str) -> str | None:
        """Where to go to end the visit at the source too, coming back to *return_to*; or None."""
