"""« J'ai un code sur papier »: a family without an ENT account comes in, or adds a centre to theirs."""

import secrets
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus

from flask import Flask, Response, request

from publisher.gate.lodge import Lodge, respond, sent_on
from publisher.gate.visitor import Visitor
from publisher.language import translations_for
from publisher.model.mistake import in_french as _
from publisher.model.person import PAPER, Account, Enrolment, Pass, Role
from publisher.records.paper_codes import WhyNot
from publisher.sign_in.cookies import keep_cookie
from publisher.sign_in.delays import wait_at_account
from publisher.sign_in.paper import (
    ALL_TOGETHER,
    REMEMBERED_FOR,
    WRITTEN_LENGTH,
    paper_digest,
    read_paper_code,
    wait_together,
)
from publisher.sign_in.passes import new_pass
from publisher.sign_in.pseudonym import pseudonym
from publisher.sign_in.routes import is_from_here
from publisher.sign_in.seal import Seal

CODE = "/code"
_SENT_TWICE_WITHIN_S = 900
"""How long after a page was drawn it can be sent a second time with the same effect."""

_SENTENCES = {
    WhyNot.UNKNOWN: _("Ce code n'existe pas. Relisez-le signe par signe, sans vous presser."),
    WhyNot.USED: _(
        "Ce code a déjà servi : il n'ouvre qu'une fois. Demandez-en un autre au centre."
    ),
    WhyNot.TAKEN_BACK: _("Ce code a été annulé. Demandez-en un autre au centre."),
    WhyNot.OVER: _("Ce code est trop ancien. Demandez-en un autre au centre."),
}
_NOT_A_CODE = _("Il faut douze signes, en trois groupes de quatre, comme 7KQ4-M2XN-9RTC.")
_TOO_MANY = _("Trop d'essais. Attendez {seconds} secondes, puis appuyez de nouveau.")
_NOT_FROM_HERE = _("Cette page a attendu trop longtemps. Appuyez de nouveau.")


def add(flask: Flask, lodge: Lodge) -> None:
    """Give *flask* the page where a code is typed."""

    def shown(
        visitor: Visitor,
        says: str = "",
        typed: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        **facts: object,
    ) -> Response:
        translate = translations_for(visitor.town.language).gettext
        mistake = translate(says).format_map(facts) if says else ""
        drawn = lodge.draw(
            "gate/code.html",
            visitor,
            status=status,
            mistake=mistake,
            typed=typed[:WRITTEN_LENGTH],
            newcomer=_newcomer_seal(lodge).sign(
                {"n": secrets.token_urlsafe(16), "t": int(visitor.now.timestamp())}
            ),
        )
        return respond(drawn)

    @flask.get(CODE, endpoint="code")
    def _page() -> Response:
        """Where to type it."""
        return shown(lodge.visitor())

    @flask.post(CODE, endpoint="use_code")
    def _use() -> Response:
        """Use the code that was typed, for whoever is here, or for somebody new."""
        visitor = lodge.visitor()
        typed = request.form.get("code", "")
        if not is_from_here(request, visitor.town):
            return shown(visitor, _NOT_FROM_HERE, typed, HTTPStatus.FORBIDDEN)
        code = read_paper_code(typed)
        if code is None:
            return shown(visitor, _NOT_A_CODE, typed, HTTPStatus.BAD_REQUEST)
        key, now = lodge.settings.pseudonym_key, visitor.now
        who = ALL_TOGETHER if visitor.pass_ is None else f"{PAPER}:{visitor.pass_.account}"
        wait = lodge.records.tries.take(
            who,
            now,
            wait_after=wait_together if visitor.pass_ is None else wait_at_account,
            remembered_for=REMEMBERED_FOR,
        )
        if wait:
            seconds = int(wait.total_seconds()) + 1
            return shown(visitor, _TOO_MANY, typed, HTTPStatus.TOO_MANY_REQUESTS, seconds=seconds)
        account = _newcomer(lodge, now) if visitor.pass_ is None else visitor.pass_.account
        used = lodge.records.paper_codes.use(paper_digest(key, code), account, now.date(), now)
        if isinstance(used, WhyNot):
            return shown(visitor, _SENTENCES[used], typed, HTTPStatus.BAD_REQUEST)
        lodge.records.tries.give_back(who)
        response = sent_on("/")
        if visitor.pass_ is None or visitor.pass_.source == PAPER:
            _give_pass(response, lodge, visitor, used)
        return response


def _newcomer_seal(lodge: Lodge) -> Seal:
    return Seal(lodge.settings.gate_keys, "code", lodge.town().public_url)


def _newcomer(lodge: Lodge, now: datetime) -> str:
    """The pseudonym of somebody new: random, and the same when one page is sent twice.

    A button that is pressed twice would otherwise use the code for whom nobody is any more.
    """
    table = _newcomer_seal(lodge).read(request.form.get("essai", "")) or {}
    drawn_at = table.get("t")
    is_fresh = isinstance(drawn_at, int) and now.timestamp() - drawn_at < _SENT_TWICE_WITHIN_S
    drawn = str(table["n"]) if is_fresh else secrets.token_urlsafe(16)
    return pseudonym(lodge.settings.pseudonym_key, PAPER, drawn)


def _give_pass(response: Response, lodge: Lodge, visitor: Visitor, used: Enrolment) -> None:
    """A pass of this browser's, until the last day of what was opened: of the later of two codes."""
    town, before, now = visitor.town, visitor.pass_, visitor.now
    midnight = datetime.combine(used.ends_on + timedelta(days=1), time(), tzinfo=town.timezone)
    ends_at = midnight.astimezone(UTC)
    if before is not None:
        ends_at = max(ends_at, before.ends_at)
    pass_ = _paper_pass(used, ends_at)
    lodge.records.sign_ins.begin(
        pass_.sign_in, account=pass_.account, session="", now=now, ends_at=ends_at
    )
    if before is not None:
        lodge.records.end_sign_in(before.sign_in, now)
    keep_cookie(
        response,
        lodge.passes.cookie,
        lodge.passes.sign(pass_),
        seconds=int((ends_at - now).total_seconds()),
        public_url=town.public_url,
    )


def _paper_pass(used: Enrolment, ends_at: datetime) -> Pass:
    account = Account(
        account=used.who,
        source=PAPER,
        role=Role.FAMILY,
        schools=frozenset(),
        classes=frozenset(),
        children=frozenset(),
        until=used.ends_on,
    )
    return new_pass(account, "", ends_at)
