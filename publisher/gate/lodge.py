"""What the gate's own pages share: who asks, at what hour, and how an answer is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from flask import Response

from publisher.gate.answer import Answer, gone_to
from publisher.gate.visitor import GateRecords, Visitor
from publisher.model.town import Town
from publisher.settings import Settings
from publisher.sign_in.passes import Passes


class Draw(Protocol):
    """How a template becomes an answer for a visitor."""

    def __call__(
        self,
        template: str,
        visitor: Visitor,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **facts: object,
    ) -> Answer:
        """The answer; *facts* are what the template reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lodge:
    """The gate, as its pages see it. `clock` gives aware moments."""

    town: Callable[[], Town]
    settings: Settings
    passes: Passes
    records: GateRecords
    clock: Callable[[], datetime]
    visitor: Callable[[], Visitor]
    draw: Draw
    turn_away: Callable[[str, Visitor], Answer]


def respond(answer: Answer) -> Response:
    """*answer*, as Flask sends it."""
    return Response(
        answer.body,
        status=int(answer.status),
        content_type=answer.content_type,
        headers=[("Cache-Control", answer.cache_control), *answer.headers],
    )


def sent_on(path: str) -> Response:
    """Go on to *path* of this site, after a form."""
    return respond(gone_to(path, HTTPStatus.SEE_OTHER))
