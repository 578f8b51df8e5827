"""The team's app: who comes in, what every answer carries, what is said when something fails."""

import json
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import jinja2
from flask import Flask, Response, g, redirect, render_template, request, send_from_directory
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.wrappers import Response as AnyResponse

from publisher.authoring import (
    account_pages,
    door_pages,
    form_pages,
    home_pages,
    invitation_pages,
    people_pages,
    photo_pages,
    receipt_pages,
)
from publisher.authoring.headers import protect
from publisher.authoring.local_door import LocalDoor
from publisher.authoring.office import Office
from publisher.authoring.pictograms import Pictograms
from publisher.authoring.screen_words import words_for_screen
from publisher.authoring.token import FIELD, HEADER, is_token_of, token_of
from publisher.authoring.visit import NotYours, Visit, local, writable_centres
from publisher.authoring.words import SHAPES, label_of, name_of_field, said_fields
from publisher.centres import theme_folder
from publisher.language import install, translations_for
from publisher.model.person import LOCAL, Pass
from publisher.model.source import Door
from publisher.model.staff import needs_second_factor
from publisher.model.town import Town
from publisher.records import Records
from publisher.settings import Settings
from publisher.sign_in.passes import TEAM, Passes, pass_of
from publisher.sign_in.passwords import Passwords
from publisher.sign_in.routes import legal_links, sign_in_blueprint

log = logging.getLogger(__name__)

PREFIX = "/equipe"
THEME = "preau"
MAX_FORM_BYTES = 2_000_000
"""Bytes of a form: 400 slots and 60 captions, all full, take 700 000."""

_OPEN_ENDPOINTS = frozenset({"static", "theme", "door", "goodbye"})
_OPEN_PAGES = frozenset(
    {"local_door", "second_door", "invitation_code", "invitation", "new_account"}
)
"""What anybody may see, and what says more to who is signed in."""
_OPEN_FORMS = frozenset({"local_sign_in", "second_sign_in", "read_code", "make_account"})
"""The forms of those pages. Their token is the browser's own, since nobody is signed in."""
_WITHOUT_SECOND_FACTOR = frozenset(
    {
        "account",
        "application",
        "add_application",
        "passkey",
        "add_passkey",
        "password",
        "change_password",
    }
)
"""What is open to somebody whose right asks for a second factor, until they have one."""
_SECRET_FIELDS = ("mot_de_passe", "graine", "defi", "reponse", "code")
"""What is never shown again, whatever fails."""


class TokenIsWrong(Exception):
    """The form does not carry the token of the sign-in that sends it; nothing was changed."""


class ComesFromElsewhere(Exception):
    """Another site sent this form; nothing was changed, and nothing of it is shown."""


class SignInIsOver(Exception):
    """Nobody is signed in, or not any more."""


class ThresholdIsWrong(Exception):
    """A form of the door does not carry the token of the browser that sends it."""


class SecondFactorIsMissing(Exception):
    """The right of whoever asks needs more than a password, and they have no more yet."""


def make_authoring(
    town: Callable[[], Town],
    settings: Settings,
    records: Records,
    clock: Callable[[], datetime],
    passwords: Passwords | None = None,
) -> Flask:
    """The team's app, everything of it below `/equipe/` but the theme's files.

    *clock* gives aware instants; the app speaks in the town's time zone. *passwords* digests
    those of Préau's own accounts, at the costs of the house unless told.
    """
    app = Flask(__name__, static_url_path=f"{PREFIX}/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM_BYTES
    app.url_map.strict_slashes = False
    office = Office(town=town, settings=settings, records=records, clock=clock)
    passes = Passes(settings.authoring_keys, TEAM, town().public_url)
    _set_words(app, office)
    blueprint = sign_in_blueprint(
        name="team_sign_in",
        prefix=PREFIX,
        town=town,
        settings=settings,
        passes=passes,
        records=records,
        clock=clock,
    )
    app.register_blueprint(blueprint)
    app.jinja_env.globals["legal_pages"] = lambda: legal_links(town())
    local_door = LocalDoor(office, passes, passwords or Passwords())
    _receive(app, office, passes, local_door, blueprint.name)
    _keep_threshold(app, office, local_door)
    _serve_theme(app, office)
    for pages in (door_pages, home_pages, form_pages, photo_pages, receipt_pages):
        pages.add(app, office)
    people_pages.add(app, office)
    invitation_pages.add(app, office, local_door)
    account_pages.add(app, office, local_door)
    app.after_request(lambda response: protect(response, town()))
    _answer_failures(app, office)
    return app


def _set_words(app: Flask, office: Office) -> None:
    language = office.town().language
    environment = app.jinja_env
    environment.undefined = jinja2.StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    install(environment, language)
    translate = translations_for(language).gettext
    drawn = theme_folder(office.settings.instance, THEME) / "static" / "img" / "pictos.svg"
    environment.globals["symbol_of"] = Pictograms(drawn).symbol
    environment.globals["shape_of"] = SHAPES.__getitem__
    environment.globals["label_of"] = label_of
    environment.globals["screen_words"] = json.dumps(
        words_for_screen(translate), ensure_ascii=False
    )
    environment.globals["name_of"] = lambda name: translate(name_of_field(name))
    environment.filters["sentence"] = lambda mistake: mistake.sentence(translate)


def _receive(
    app: Flask, office: Office, passes: Passes, local_door: LocalDoor, sign_in: str
) -> None:
    """Let nobody in but by name: what is open is listed, all the rest asks who is there."""
    spoken_to_by_sources = {f"{sign_in}.receive", f"{sign_in}.source_signs_out"}

    @app.before_request
    def _admit() -> None:
        g.visit = None
        if request.mimetype.startswith("multipart/"):
            # A part with a file name would be spooled to the disk as the phone sent it (law 6).
            raise UnsupportedMediaType
        endpoint = request.endpoint or ""
        if endpoint in _OPEN_ENDPOINTS or endpoint in spoken_to_by_sources:
            return
        town = office.town()
        g.visit = _visit(office, passes)
        if endpoint.startswith(f"{sign_in}.") and request.method != "POST":
            return
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            _refuse_foreign(town)
        if endpoint in _OPEN_PAGES:
            return
        if endpoint in _OPEN_FORMS:
            _ask_for_threshold(office, local_door)
            return
        if g.visit is None:
            if endpoint.startswith(f"{sign_in}."):
                return
            raise SignInIsOver
        if request.method == "POST":
            given = request.headers.get(HEADER) or (
                "" if request.endpoint == photo_pages.UPLOAD else request.form.get(FIELD, "")
            )
            if not is_token_of(given, g.visit.pass_.sign_in, office.settings.authoring_keys):
                raise TokenIsWrong
        if endpoint.startswith(f"{sign_in}.") or endpoint in _WITHOUT_SECOND_FACTOR:
            return
        if _lacks_second_factor(office, g.visit):
            raise SecondFactorIsMissing


def _visit(office: Office, passes: Passes) -> Visit | None:
    """Who is there, by their pass, through a door that is still open to the team."""
    now, town = office.clock(), office.town()
    pass_ = pass_of(request.environ, passes, office.records, now)
    if pass_ is None or not _is_still_open(office, town, pass_):
        return None
    at = local(now, town)
    grants = office.records.known_of(pass_).grants
    return Visit(
        town=town,
        pass_=pass_,
        grants=grants,
        centres=writable_centres(town, grants, at),
        now=at,
        token=token_of(pass_.sign_in, office.settings.authoring_keys),
    )


def _is_still_open(office: Office, town: Town, pass_: Pass) -> bool:
    """Say whether the source of *pass_* leads to the team today, as when it was given."""
    if pass_.source == LOCAL:
        stored = office.records.local_accounts
        return town.local_accounts and stored.password_of(pass_.account) is not None
    source = town.source(pass_.source)
    return source is not None and Door.TEAM in source.doors


def _lacks_second_factor(office: Office, visit: Visit) -> bool:
    if visit.pass_.source != LOCAL or not needs_second_factor(visit.grants, visit.now.date()):
        return False
    locks = office.records.local_accounts.locks_of(visit.pass_.account)
    return locks is None or not locks.is_double


def _ask_for_threshold(office: Office, local_door: LocalDoor) -> None:
    threshold = local_door.threshold_of(request) or ""
    keys = office.settings.authoring_keys
    if not threshold or not is_token_of(request.form.get(FIELD, ""), threshold, keys):
        raise ThresholdIsWrong


def _keep_threshold(app: Flask, office: Office, local_door: LocalDoor) -> None:
    """Give a browser at the door an id of its own, and its forms the token of that id.

    A page of another site cannot have them sent: neither is somebody signed in as another.
    """

    def threshold() -> str:
        known = local_door.threshold_of(request)
        if known is None:
            known = g.setdefault("threshold", secrets.token_urlsafe(16))
        return token_of(known, office.settings.authoring_keys)

    app.jinja_env.globals["threshold_token"] = threshold

    @app.after_request
    def _keep(response: Response) -> Response:
        new = g.get("threshold")
        if new is not None:
            local_door.keep_threshold(response, new)
        return response


def _refuse_foreign(town: Town) -> None:
    """A form of ours is sent by a page of ours: browsers say which site it comes from."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ComesFromElsewhere
    origin = request.headers.get("Origin")
    public = urlsplit(town.public_url)
    ours = {request.host_url.rstrip("/"), f"{public.scheme}://{public.netloc}"}
    if origin is not None and origin not in ours:
        raise ComesFromElsewhere


def _serve_theme(app: Flask, office: Office) -> None:
    @app.get("/theme/<path:name>", endpoint="theme")
    def _theme(name: str) -> Response:
        folder = theme_folder(office.settings.instance, THEME) / "static"
        response = send_from_directory(folder, name, max_age=0, conditional=True)
        response.headers["Cache-Control"] = "public, no-cache"
        return response


def wants_json() -> bool:
    """Say whether a script asks, which shows sentences itself."""
    return request.accept_mimetypes.best == "application/json"


def _answer_failures(app: Flask, office: Office) -> None:
    """Each failure as one page, in one place; what was typed is on it, whenever it came from us."""
    language = office.town().language
    translate = translations_for(language).gettext

    def kept(template: str, status: int, **values: object) -> tuple[str, int]:
        typed = request.form.to_dict(flat=False) if request.method == "POST" else {}
        for secret in (FIELD, *_SECRET_FIELDS):
            typed.pop(secret, None)
        said = said_fields(typed, None, translate, language)
        return render_template(
            template, visit=g.get("visit"), typed=typed, said=said, **values
        ), status

    @app.errorhandler(NotYours)
    @app.errorhandler(NotFound)
    @app.errorhandler(MethodNotAllowed)
    def _absent(_error: Exception) -> AnyResponse | tuple[str, int]:
        # A 405 would say that the address exists; a redirect to a final slash would too.
        if g.get("visit") is None and request.method == "GET":
            return _to_the_door()
        return render_template("absent.html", visit=g.get("visit")), 404

    @app.errorhandler(SignInIsOver)
    def _sign_in(
        _error: SignInIsOver,
    ) -> AnyResponse | tuple[str, int] | tuple[dict[str, str], int]:
        if request.method == "GET" and not wants_json():
            return _to_the_door()
        back = f"{PREFIX}/" if request.endpoint == photo_pages.UPLOAD else request.path
        way = f"{PREFIX}/entrer?{urlencode({'vers': back}, safe='/')}"
        if wants_json():
            return {"message": _say(office, "session"), "sign_in": way}, 401
        return kept("kept.html", 401, reason="session", sign_in=way)

    @app.errorhandler(TokenIsWrong)
    def _token(_error: TokenIsWrong) -> tuple[str, int] | tuple[dict[str, str], int]:
        if wants_json():
            return {"message": _say(office, "token")}, 403
        return kept("kept.html", 403, reason="token", sign_in="")

    @app.errorhandler(ThresholdIsWrong)
    def _threshold(_error: ThresholdIsWrong) -> AnyResponse:
        """The same page again, with a token of its own; what was typed at a door is not kept."""
        again = {"ancienne": "", **request.args.to_dict()}
        return redirect(f"{request.path}?{urlencode(again, safe='/')}", 303)

    @app.errorhandler(SecondFactorIsMissing)
    def _second_factor(_error: SecondFactorIsMissing) -> AnyResponse:
        return redirect(account_pages.PATH, 303)

    @app.errorhandler(ComesFromElsewhere)
    def _elsewhere(_error: ComesFromElsewhere) -> tuple[str, int]:
        return render_template("absent.html", visit=None), 403

    @app.errorhandler(RequestEntityTooLarge)
    def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int] | tuple[dict[str, str], int]:
        if wants_json():
            return {"message": _say(office, "too_large")}, 413
        return render_template(
            "kept.html", visit=g.get("visit"), typed={}, said={}, reason="too_large", sign_in=""
        ), 413

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> tuple[str, int]:
        return render_template("absent.html", visit=None), error.code or 500

    @app.errorhandler(Exception)
    def _failed(error: Exception) -> tuple[str, int] | tuple[dict[str, str], int]:
        log.error("a page of the team failed: %s", request.endpoint, exc_info=error)
        status = 507 if isinstance(error, OSError) else 500
        if wants_json():
            return {"message": _say(office, "failed")}, status
        return kept("kept.html", status, reason="failed", sign_in="")


def _say(office: Office, reason: str) -> str:
    return words_for_screen(translations_for(office.town().language).gettext)[reason]


def _to_the_door() -> AnyResponse:
    """To the team's door, and back here afterwards."""
    return redirect(f"{PREFIX}/entrer?{urlencode({'vers': request.path}, safe='/')}", 302)
