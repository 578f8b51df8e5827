"""The first visit: the charter, accepted once a version before anything is shown."""

from http import HTTPStatus

from flask import Flask, Response, request

from publisher.gate.lodge import Lodge, respond, sent_on
from publisher.gate.visitor import Visitor
from publisher.language import translations_for
from publisher.model.legal import charter_rules
from publisher.model.person import Role
from publisher.sign_in.routes import is_from_here, return_path

CHARTER = "/charte"


def add(flask: Flask, lodge: Lodge) -> None:
    """Give *flask* the page of the charter, and where its one button leads."""

    def shown(visitor: Visitor, vers: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
        is_child = visitor.pass_ is not None and visitor.pass_.role is Role.CHILD
        rules = charter_rules(
            visitor.town,
            None,
            translations_for(visitor.town.language).gettext,
            for_children=is_child,
        )
        drawn = lodge.draw(
            "gate/charter.html", visitor, status=status, rules=rules, vers=vers, is_child=is_child
        )
        return respond(drawn)

    @flask.get(CHARTER, endpoint="charter")
    def _read() -> Response:
        """The words, for whoever is known and has not accepted them; the others are sent on."""
        visitor = lodge.visitor()
        vers = return_path(request.args.get("vers"), "")
        if visitor.pass_ is None:
            return sent_on(f"/entrer?vers={vers}")
        if visitor.has_accepted_charter:
            return sent_on(vers)
        return shown(visitor, vers)

    @flask.post(CHARTER, endpoint="accept_charter")
    def _accept() -> Response:
        """Write the acceptance down, if it is of the version in force, and from our own page."""
        visitor = lodge.visitor()
        vers = return_path(request.form.get("vers"), "")
        if visitor.pass_ is None:
            return sent_on(f"/entrer?vers={vers}")
        version = visitor.town.legal.charter_version
        if not is_from_here(request, visitor.town) or request.form.get("version") != str(version):
            return shown(visitor, vers, HTTPStatus.FORBIDDEN)
        lodge.records.accept_charter(visitor.pass_.account, version, visitor.now)
        return sent_on(vers)
