"""The gate: the files of the built sites in front, Flask for the door, the refusal and the rest."""

import hmac
import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from publisher.centres import theme_folder
from publisher.gate import charter, joining, paper
from publisher.gate.answer import HTML, Answer, Headers, gone_to, headers_of_every_answer
from publisher.gate.decision import decision
from publisher.gate.files import Files
from publisher.gate.lodge import Lodge, respond
from publisher.gate.memory import Visitors
from publisher.gate.visitor import GateRecords, Visitor
from publisher.language import install, translations_for
from publisher.model.legal import LEGAL_NAMES, legal_page
from publisher.model.mistake import in_french as _
from publisher.model.person import Role
from publisher.model.reachable import reachable
from publisher.model.space import is_plain_path
from publisher.model.town import Town
from publisher.settings import Settings
from publisher.sign_in.passes import FAMILY, Passes
from publisher.sign_in.routes import JOINING, return_path, sign_in_blueprint

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

DEFAULT_THEME = "preau"
BUILD_FOLDER = "build"
SIGN_OUT = "/sortir"
READING = {"GET", "HEAD"}
_PAGES = (charter, joining, paper)
"""The gate's own pages that a module of theirs keeps."""
_FORMS = {SIGN_OUT, charter.CHARTER, JOINING, paper.CODE}
"""The addresses that our own pages send a form to."""
_FORM_MAX_BYTES = 200_000
"""A SAML answer with the schools of a large family is 20 000 bytes once written in base 64."""

_ROLES = {
    Role.FAMILY: _("famille"),
    Role.CHILD: _("enfant"),
    Role.TEACHER: _("enseignant"),
    Role.AGENT: _("agent de la ville"),
    Role.OTHER: _("autre"),
}
_STAFF = _("équipe")

_BARE_REFUSAL = Answer(
    status=HTTPStatus.NOT_FOUND,
    body="Cette page ne s'ouvre pas. Réessayez dans quelques minutes.\n".encode(),
)
"""What is said when nothing else can be: neither the town nor the visitor is known."""
_NOT_READING = Answer(
    status=HTTPStatus.METHOD_NOT_ALLOWED,
    body=b"Ici, on lit seulement.\n",
    headers=(("Allow", "GET, HEAD"),),
)
_ROBOTS = b"User-agent: *\nDisallow: /\n"


def make_gate(
    town: Callable[[], Town],
    settings: Settings,
    records: GateRecords,
    clock: Callable[[], datetime],
) -> "WSGIApplication":
    """The families' app. *clock* gives aware moments. Raises FileNotFoundError without a theme."""
    return _Gate(town, settings, records, clock)


def help_code(key: str, person: str, day: date) -> str:
    """What a family reads to the centre on the phone: `G7-4821`, another each day.

    Whoever holds the key finds it again from a pseudonym and the day; nothing leads from it
    back to the person.
    """
    number = int.from_bytes(hmac.digest(key.encode(), f"aide {day} {person}".encode(), "sha256"))
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    letter = letters[number % len(letters)]
    digits = f"{number // len(letters) % 100_000:05}"
    return f"{letter}{digits[0]}-{digits[1:]}"


class _Gate:
    def __init__(
        self,
        town: Callable[[], Town],
        settings: Settings,
        records: GateRecords,
        clock: Callable[[], datetime],
    ) -> None:
        self._town, self._settings, self._records, self._clock = town, settings, records, clock
        self._known_headers: tuple[Town | None, Headers] = (None, ())
        self._passes = Passes(settings.gate_keys, FAMILY, town().public_url)
        self._visitor = Visitors(town, self._passes, records, clock)
        self._flask = self._pages()
        self._files = Files(
            build=settings.instance / BUILD_FOLDER,
            theme=theme_folder(settings.instance, DEFAULT_THEME) / "static",
            visitors=self._visitor,
            turn_away=self._turn_away,
        )

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One answer, with the headers of every answer. Whatever fails is a refusal (law 9)."""
        method: str = environ.get("REQUEST_METHOD", "")
        path: str = environ.get("PATH_INFO", "")
        with_body = method != "HEAD"
        headers: Headers = ()
        try:
            headers = self._headers_of(self._town())
            if method not in READING and not _takes_a_form(method, path):
                return _NOT_READING.send(start_response, headers)
            answer = decision(environ, self._visitor) or self._files.answer(environ)
            if answer is None:
                return self._flask(environ, _with_headers(headers, start_response))
            return answer.send(start_response, headers, with_body=with_body)
        except Exception:  # noqa: BLE001 (the top of the app: whatever fails is a refusal)
            _log.exception("a request failed")
            answer = self._after_failure(environ, path)
            return answer.send(start_response, headers, with_body=with_body)

    def _headers_of(self, town: Town) -> Headers:
        """The headers of every answer, worked out once for each reading of the town."""
        of, headers = self._known_headers
        if of is not town:
            headers = headers_of_every_answer(town)
            self._known_headers = (town, headers)
        return headers

    def _after_failure(self, environ: "WSGIEnvironment", path: str) -> Answer:
        try:
            return self._turn_away(path, self._visitor(environ))
        except Exception:  # noqa: BLE001 (the first failure is logged; the door stays shut)
            return _BARE_REFUSAL

    def _turn_away(self, path: str, visitor: Visitor) -> Answer:
        """The door, or the charter, for a page that is asked for before either; else the refusal.

        Nothing in the refusal comes from the path: « not yours » and « does not exist » are the
        same bytes (law 1). So do both redirections follow the spelling of the path alone.
        """
        if is_plain_path(path) and path.endswith(("/", ".html")):
            if visitor.pass_ is None:
                return gone_to(f"/entrer?vers={path}")
            if not visitor.has_accepted_charter:
                return gone_to(f"{charter.CHARTER}?vers={path}")
        return self._page("gate/refusal.html", visitor, status=HTTPStatus.NOT_FOUND)

    def _page(
        self,
        template: str,
        visitor: Visitor,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **facts: object,
    ) -> Answer:
        pass_ = visitor.pass_
        body = self._flask.jinja_env.get_template(template).render(
            town=visitor.town,
            visitor=visitor,
            role="" if pass_ is None else _STAFF if visitor.is_staff else _ROLES[pass_.role],
            help_code=""
            if pass_ is None
            else help_code(self._settings.gate_keys[-1], pass_.person, visitor.now.date()),
            **facts,
        )
        return Answer(status=status, body=body.encode(), content_type=HTML)

    def _pages(self) -> Flask:
        """The pages that are not a file of a site."""
        flask = Flask(__name__, static_folder=None)
        flask.config["PROPAGATE_EXCEPTIONS"] = True  # to `__call__`, the one place that refuses
        flask.config["MAX_CONTENT_LENGTH"] = _FORM_MAX_BYTES
        install(flask.jinja_env, self._town().language)
        flask.register_blueprint(
            sign_in_blueprint(
                name="sign_in",
                prefix="",
                town=self._town,
                settings=self._settings,
                passes=self._passes,
                records=self._records,
                clock=self._clock,
            )
        )
        lodge = Lodge(
            town=self._town,
            settings=self._settings,
            passes=self._passes,
            records=self._records,
            clock=self._clock,
            visitor=lambda: self._visitor(request.environ),
            draw=self._page,
            turn_away=self._turn_away,
        )
        for pages in _PAGES:
            pages.add(flask, lodge)
        flask.get("/")(self._home)
        flask.get("/entrer")(self._door)
        flask.get(SIGN_OUT)(self._goodbye)
        flask.get("/ville/<name>")(self._legal)
        flask.get("/robots.txt")(self._robots)
        flask.get("/sante")(self._health)
        flask.register_error_handler(HTTPException, self._not_a_page)
        return flask

    def _home(self) -> Response:
        visitor = self._visitor(request.environ)
        if visitor.pass_ is None:
            return respond(self._page("gate/door.html", visitor, vers="/"))
        if not visitor.has_accepted_charter:
            return respond(gone_to(f"{charter.CHARTER}?vers=/"))
        match visitor.centres:
            case ():
                return respond(self._turn_away("/", visitor))
            case (centre,):
                return respond(gone_to(visitor.home_in(centre)))
        return respond(self._page("gate/centres.html", visitor))

    def _door(self) -> Response:
        vers = return_path(request.args.get("vers"), "")
        return respond(self._page("gate/door.html", self._visitor(request.environ), vers=vers))

    def _goodbye(self) -> Response:
        """Ask whether to leave, or say goodbye to whoever left. It changes nothing."""
        return respond(self._page("gate/goodbye.html", self._visitor(request.environ)))

    def _legal(self, name: str) -> Response:
        visitor = self._visitor(request.environ)
        name = name.removesuffix(".html")
        if name not in LEGAL_NAMES:
            return respond(self._turn_away(request.path, visitor))
        translate = translations_for(visitor.town.language).gettext
        page = legal_page(name, visitor.town, None, translate)
        linked = reachable(visitor.town, None)
        return respond(self._page("gate/legal.html", visitor, page=page, linked=linked))

    def _robots(self) -> Response:
        return respond(Answer(status=HTTPStatus.OK, body=_ROBOTS))

    def _health(self) -> Response:
        return respond(Answer(status=HTTPStatus.OK, body=b"ok\n"))

    def _not_a_page(self, _error: HTTPException) -> Response:
        visitor = self._visitor(request.environ)
        return respond(self._turn_away(request.environ.get("PATH_INFO", ""), visitor))


def _takes_a_form(method: str, path: str) -> bool:
    """Say whether *path* is one of the few addresses that something may be posted to."""
    return method == "POST" and (
        path in _FORMS or path.startswith(("/retour/", "/sortie/", f"{JOINING}/"))
    )


def _with_headers(
    headers: Iterable[tuple[str, str]], start_response: "StartResponse"
) -> "StartResponse":
    """`start_response`, with the headers that every answer carries in place of any of that name."""
    ours = tuple(headers)
    names = {name.lower() for name, _value in ours}

    def start(
        status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
    ) -> Callable[[bytes], object]:
        kept = [one for one in headers if one[0].lower() not in names]
        return start_response(status, [*kept, *ours], exc_info)

    return start
