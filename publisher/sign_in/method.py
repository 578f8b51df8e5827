"""What every sign-in method does, and the ways it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from publisher.model.source import SignInSource


class Why(StrEnum):
    """Why nobody was signed in: for the page that says what to do, and for the log."""

    UNKNOWN_SOURCE = "unknown source"
    UNREACHABLE = "the source does not answer"
    BUSY = "too many wait for an answer of their source"
    CANCELLED = "the person gave up, or the source said no"
    NOT_BEGUN_HERE = "the answer is not to an attempt of this browser"
    UNTRUSTED = "the answer could not be verified"
    ALREADY_USED = "the answer was used before"
    NOBODY = "the answer names nobody"


class MethodIsWrong(Exception):
    """A source of one method was given to another: no configuration leads there."""


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
    nonce: str = ""
    code_verifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody came back, and the source was believed: what it says of them.

    `claims` become a profile by `sign_in.profile`, one rule for every method. `answers` is the
    state of the attempt this answers, empty when the source sent somebody unasked. `session` is
    the source's own name of its session, by which it will end it; `proof` what must be taken
    once only, until `proof_until`, empty when the source itself counts the uses.
    """

    claims: Mapping[str, object]
    answers: str
    session: str = ""
    proof: str = ""
    proof_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSignOut:
    """The source ended a session of its own, or every session of somebody.

    `session` is its name of the session, `subject` the person's identifier there; the two when
    both were said. `proof` and `proof_until` are as those of an arrival. `answer_to` is where
    the browser goes on, when one brought the message.
    """

    session: str = ""
    subject: str = ""
    proof: str = ""
    proof_until: datetime | None = None
    answer_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Préau as one source knows it. Every address comes from the town's public address.

    `redirect_uri` is where people come back (the CAS service, the SAML consumer), `sign_out_uri`
    where the source says that a session ended. `secret` is empty when the source gave none.
    `folder` holds the files that the source's settings name.
    """

    source: SignInSource
    secret: str
    redirect_uri: str
    sign_out_uri: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was sent to one of our addresses: by the source itself, or by a browser in its name.

    `query` and `form` have one value for each name: a name that comes twice refuses the message
    before a method sees it. `query_string` is the query as it was written: what is signed there
    is its spelling.
    """

    method: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    content_type: str
    body: bytes
    query_string: str = ""


class SignInMethod(Protocol):
    """One way to prove who one is."""

    needs_secret: bool
    """Whether a source of this method without its secret lets nobody in."""
    token_parameter: str
    """The parameter by which a portal sends somebody who did not ask here; empty for none."""

    def begin(
        self, client: Client, login_hint: str | None, now: datetime
    ) -> Beginning | SignInFailed:
        """Where to send the person. *login_hint* is only ever given for a demo source."""

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        """Who came back, from the *answer* in the address: one value for each name."""

    def receive(
        self, client: Client, message: Message, now: datetime
    ) -> Arrival | SourceSignOut | SignInFailed:
        """What a message posted to `redirect_uri`, or sent to `sign_out_uri`, says."""

    def farewell(self, client: Client, return_to: str) -> str | None:
        """Where to go to end the visit at the source too, coming back to *return_to*; or None."""


@runtime_checkable
class Documented(Protocol):
    """A method that the source must be given a document for, at `<redirect_uri>/metadata`."""

    def document(self, client: Client) -> tuple[str, bytes] | None:
        """Its content type and its bytes; None when there is none for this client."""
