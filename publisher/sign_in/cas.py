"""CAS 1, 2 and 3: a ticket in the address, worth somebody once the source is asked about it.

The service that a ticket is for is made of the town's public address, never of the request's
Host: a ticket that was given for another address names nobody here.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from publisher.model.source import CasSource, SignInSource
from publisher.sign_in.cas_answer import claims_of, ended_ticket, plain_claims_of
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Message,
    MethodIsWrong,
    SignInFailed,
    SourceSignOut,
    Why,
)
from publisher.sign_in.outgoing import NotAnswered, body_at, is_sheltered

STATE = "etat"
"""The parameter of the service address that binds the answer to the browser that asked: CAS has
none of its own, so that anybody's ticket could be put in anybody's browser."""
PLAIN_VALIDATION = "validate"
"""The validation of CAS 1, which answers two lines of text."""

_TICKET = re.compile(r"[A-Za-z0-9._~-]{1,256}\Z")
"""What CAS 3 allows in a ticket, and the dots and the like that servers put in theirs."""


class Cas:
    """The method `cas`. The source itself sees that a ticket is used once, and in time."""

    needs_secret = False
    token_parameter = ""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing. *ticks* counts seconds and never goes back."""
        self._ticks = ticks

    def begin(
        self, client: Client, login_hint: str | None, now: datetime
    ) -> Beginning | SignInFailed:
        """Send the person to the source's login page, with the service they come back to."""
        cas = _settings(client.source)
        if not is_sheltered(cas.address, cas.address):
            return SignInFailed(Why.UNREACHABLE, "the source is neither https nor loopback")
        state = secrets.token_urlsafe(24)
        asked = {**cas.login_parameters, "service": _service(client, state)}
        return Beginning(address=f"{cas.address}/login?{urlencode(asked)}", state=state)

    def complete(
        self, client: Client, begun: Beginning, answer: Mapping[str, str], now: datetime
    ) -> Arrival | SignInFailed:
        """Ask the source whose the ticket is that came back, to this attempt."""
        cas = _settings(client.source)
        if cas.has_state and not secrets.compare_digest(
            answer.get(STATE, "").encode(), begun.state.encode()
        ):
            return SignInFailed(Why.NOT_BEGUN_HERE, "another state")
        ticket = answer.get("ticket", "")
        if not ticket:
            return SignInFailed(Why.CANCELLED)
        if _TICKET.match(ticket) is None:
            return SignInFailed(Why.UNTRUSTED, "ticket: not the shape of one")
        asked = urlencode({"service": _service(client, begun.state), "ticket": ticket})
        try:
            body = body_at(f"{cas.address}/{cas.validation}?{asked}", self._ticks)
        except NotAnswered as silence:
            return SignInFailed(Why.UNREACHABLE, f"ticket: {silence}")
        claims = plain_claims_of(body) if cas.validation == PLAIN_VALIDATION else claims_of(body)
        if isinstance(claims, SignInFailed):
            return claims
        return Arrival(claims=claims, answers=begun.state, session=ticket)

    def receive(
        self, client: Client, message: Message, now: datetime
    ) -> Arrival | SourceSignOut | SignInFailed:
        """Hear that a session is over: a `logoutRequest` field, or the bare XML some ENTs send.

        It is not signed: its proof is the ticket, which the source and this browser alone know.
        """
        posted = message.form.get("logoutRequest", "").encode() or message.body
        if message.method != "POST" or not posted.lstrip().startswith(b"<"):
            return SignInFailed(Why.UNTRUSTED, "sign-out: no logoutRequest and no XML")
        ticket = ended_ticket(posted)
        return ticket if isinstance(ticket, SignInFailed) else SourceSignOut(session=ticket)

    def farewell(self, client: Client, return_to: str) -> str | None:
        """The source's own sign-out page, which ends the visit at every application."""
        query = urlencode({"service": return_to})
        return f"{_settings(client.source).address}/logout?{query}"


def _settings(source: SignInSource) -> CasSource:
    """How the source is configured. Raises MethodIsWrong for a source of another method."""
    if not isinstance(source.protocol, CasSource):
        raise MethodIsWrong(source.name)
    return source.protocol


def _service(client: Client, state: str) -> str:
    """Where the person comes back: the very text that the ticket is asked about later."""
    if not _settings(client.source).has_state:
        return client.redirect_uri
    return f"{client.redirect_uri}?{urlencode({STATE: state})}"
