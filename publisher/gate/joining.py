"""« Relier un autre compte »: the accounts of one person, joined and parted by nobody else.

Both accounts are proven in the same browser: the one of this visit, and another that came back
from its source a moment ago. The page names accounts by their source alone, and says the same
whatever the second one was joined to before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, request

from publisher.gate.charter import CHARTER
from publisher.gate.lodge import Lodge, respond, sent_on
from publisher.gate.visitor import Visitor
from publisher.language import translations_for
from publisher.model.mistake import in_french as _
from publisher.model.person import PAPER, Account, Pass, Role
from publisher.model.source import Door
from publisher.model.town import Town
from publisher.sign_in.cookies import forget_cookie
from publisher.sign_in.passes import Passes, account_in, cookie_name, read_cookie
from publisher.sign_in.pseudonym import pseudonym
from publisher.sign_in.routes import JOINING, SECOND, is_from_here

_PAPER_LABEL = _("Code sur papier")
_MARK_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """One account of the visitor's, as their own page shows it: its source, and how to part it."""

    label: str
    mark: str


def add(flask: Flask, lodge: Lodge) -> None:
    """Give *flask* the page, the button that joins and those that part."""

    def shown(visitor: Visitor, status: HTTPStatus = HTTPStatus.OK) -> Response:
        pass_ = visitor.pass_
        if pass_ is None or not visitor.has_accepted_charter:
            return sent_on(f"{'/entrer' if pass_ is None else CHARTER}?vers={JOINING}")
        town = visitor.town
        second = _second(lodge, visitor)
        drawn = lodge.draw(
            "gate/joining.html",
            visitor,
            status=status,
            may_join=pass_.role is not Role.CHILD,
            mine=_label(town, pass_.source),
            joined=_joined(lodge, visitor),
            sources=town.sources_of(Door.FAMILIES),
            second=None if second is None else _label(town, second.source),
            second_name="" if second is None else second.given_name,
            obstacle=None if second is None else _obstacle(visitor, second),
        )
        return respond(drawn)

    @flask.get(JOINING, endpoint="joining")
    def _page() -> Response:
        """One's accounts, and the second one when it waits to be joined."""
        return shown(lodge.visitor())

    @flask.post(JOINING, endpoint="join")
    def _join() -> Response:
        """Join the second account, part one, or let the second go; only from our own page."""
        visitor = lodge.visitor()
        pass_ = visitor.pass_
        if pass_ is None or not is_from_here(request, visitor.town):
            return shown(visitor, HTTPStatus.FORBIDDEN)
        match request.form.get("geste"):
            case "relier":
                second = _second(lodge, visitor)
                if second is None or _obstacle(visitor, second) is not None:
                    return shown(visitor, HTTPStatus.FORBIDDEN)
                today = visitor.now.date()
                person = lodge.records.accounts.person_of(pass_.account)
                lodge.records.accounts.join(
                    account_in(second, today), account_in(pass_, today), person
                )
            case "separer":
                mark = request.form.get("compte", "")
                for one in visitor.known.accounts:
                    if _mark(lodge, pass_, one) == mark:
                        person = lodge.records.accounts.person_of(pass_.account)
                        lodge.records.accounts.part(one.account, person)
        response = sent_on(JOINING)
        url = visitor.town.public_url
        forget_cookie(response, cookie_name(SECOND, url), public_url=url)
        return response


def _second(lodge: Lodge, visitor: Visitor) -> Pass | None:
    """The second account that was just proven in this browser, for this very visit."""
    passes = Passes(lodge.settings.gate_keys, SECOND, visitor.town.public_url)
    text = read_cookie(request.environ, passes.cookie)
    second = None if text is None else passes.read(text, visitor.now)
    if second is None or visitor.pass_ is None or second.sign_in != visitor.pass_.sign_in:
        return None
    return second


def _obstacle(visitor: Visitor, second: Pass) -> str | None:
    """Why *second* cannot be joined to this visit; None when it can."""
    translate = translations_for(visitor.town.language).gettext
    pass_ = visitor.pass_
    if pass_ is None or Role.CHILD in {pass_.role, second.role}:
        return translate(
            _("Le compte d'un enfant ne se relie pas : chaque enfant entre avec le sien.")
        )
    if second.account == pass_.account:
        return translate(
            _(
                "C'est le compte avec lequel vous êtes déjà ici. Quittez l'ENT dans un autre onglet,"
                " puis recommencez avec votre autre compte."
            )
        )
    if any(one.account == second.account for one in visitor.known.accounts):
        return translate(_("Ces deux comptes sont déjà reliés. Il n'y a rien à faire."))
    return None


def _joined(lodge: Lodge, visitor: Visitor) -> Sequence[Joined]:
    pass_ = visitor.pass_
    if pass_ is None:
        return ()
    return [
        Joined(label=_label(visitor.town, one.source), mark=_mark(lodge, pass_, one))
        for one in visitor.known.accounts
    ]


def _mark(lodge: Lodge, pass_: Pass, account: Account) -> str:
    """What names *account* on this visit's page: it is not its pseudonym, and tells nothing."""
    return pseudonym(lodge.settings.gate_keys[-1], pass_.sign_in, account.account)[:_MARK_LENGTH]


def _label(town: Town, source: str) -> str:
    translate = translations_for(town.language).gettext
    if source == PAPER:
        return translate(_PAPER_LABEL)
    found = town.source(source)
    return translate(_("Un ENT que la ville n'utilise plus")) if found is None else found.label
