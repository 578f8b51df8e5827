"""Begin, complete, sign out: the routes that both apps have, each below its own prefix."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

from flask import Blueprint, Request, Response, make_response, redirect, render_template, request

from publisher.language import translations_for
from publisher.model.legal import ACCESSIBILITY, LEGAL_NAMES, accessibility_words, legal_title
from publisher.model.mistake import in_french as _
from publisher.model.person import EntProfile, Pass
from publisher.model.space import is_plain_path
from publisher.model.town import SignInSource, Town
from publisher.settings import Settings
from publisher.sign_in.attempts import ATTEMPT_LASTS, Attempt, Attempts
from publisher.sign_in.method import Beginning, Client, SignInFailed, SignInMethod, Why
from publisher.sign_in.methods import SIGN_IN_METHODS
from publisher.sign_in.origin import origin_of
from publisher.sign_in.passes import (
    FAMILY,
    TEAM,
    EndedSignIns,
    Passes,
    cookie_name,
    end_of_pass,
    new_pass,
    pass_of,
    read_cookie,
)
from publisher.sign_in.pseudonym import pseudonym

_log = logging.getLogger(__name__)

SIGN_OUT_CLEARS = '"cache", "storage"'
"""What a sign-out asks the browser to forget: pages and photos it kept, and drafts of the team.
Cookies are expired one by one: `"cookies"` would also end the neighbours' of the same domain."""
SIGN_OUT_SPARES_DRAFTS = '"cache"'
"""The same on an animator's phone, when they leave what families see: it keeps no more than pages,
and the drafts of the team go with the team's own sign-out, which warns before."""

_FAILURES = {
    Why.UNKNOWN_SOURCE: (
        _("Cette porte n'existe pas"),
        _("Revenez à l'entrée et choisissez la vôtre."),
    ),
    Why.UNREACHABLE: (
        _("L'ENT de l'école ne répond pas"),
        _("Réessayez dans quelques minutes. Le programme reste lisible sur l'affiche du hall."),
    ),
    Why.CANCELLED: (
        _("Vous n'êtes pas entré"),
        _("La connexion s'est arrêtée avant la fin. Rien n'a changé : vous pouvez recommencer."),
    ),
    Why.NOT_BEGUN_HERE: (
        _("Cette connexion n'a pas commencé ici"),
        _(
            "La page a peut-être attendu trop longtemps, ou s'est ouverte dans un autre navigateur. "
            "Recommencez."
        ),
    ),
    Why.UNTRUSTED: (
        _("La réponse de l'ENT n'est pas sûre"),
        _(
            "Par prudence, la porte reste fermée. Recommencez ; si cela revient, prévenez le centre."
        ),
    ),
    Why.NOBODY: (
        _("L'ENT n'a pas dit qui vous êtes"),
        _(
            "Votre compte est reconnu, mais pas votre profil. Montrez cette page au centre ou à l'école."
        ),
    ),
}
"""For each failure, a title and what to do."""

_STATUS = {Why.UNKNOWN_SOURCE: 404, Why.UNREACHABLE: 503}


class SignInRecords(EndedSignIns, Protocol):
    """What signing in and out asks of the records."""

    def end_sign_in(self, sign_in: str, at: datetime) -> None:
        """End a sign-in: its pass opens nothing from now on."""


def sign_in_blueprint(
    *,
    name: str,
    prefix: str,
    town: Callable[[], Town],
    settings: Settings,
    passes: Passes,
    records: SignInRecords,
    clock: Callable[[], datetime],
) -> Blueprint:
    """`<prefix>/entrer/<source>`, `<prefix>/retour/<source>` and `POST <prefix>/sortir`.

    *passes* says for which app. The app that registers it has gettext in its templates, and
    draws its own door at `<prefix>/entrer` and its own goodbye at `GET <prefix>/sortir`, where
    a sign-out leads when the ENT has none.
    """
    door = _Door(
        prefix=prefix, town=town, settings=settings, passes=passes, records=records, clock=clock
    )
    blueprint = Blueprint(name, __name__, template_folder="templates")
    blueprint.record(lambda state: state.app.jinja_env.globals.update(legal_links=legal_links))
    blueprint.get(f"{prefix}/entrer/<source>")(door.begin)
    blueprint.get(f"{prefix}/retour/<source>")(door.complete)
    blueprint.post(f"{prefix}/sortir")(door.sign_out)
    return blueprint


def current_pass(
    visit: Request, passes: Passes, records: EndedSignIns, now: datetime
) -> Pass | None:
    """The pass this request carries, if it holds for this app at *now*."""
    return pass_of(visit.environ, passes, records, now)


def legal_links(town: Town) -> tuple[tuple[str, str], ...]:
    """The address and the words of each page the town must show, for the foot of every page."""
    translate = translations_for(town.language).gettext
    state = accessibility_words(town.legal.accessibility_state, translate)
    words = {
        name: f"{legal_title(name, translate)} : {state}"
        if name == ACCESSIBILITY
        else legal_title(name, translate)
        for name in LEGAL_NAMES
    }
    return tuple((f"/ville/{name}.html", text) for name, text in words.items())


def return_path(asked: str | None, prefix: str) -> str:
    """Where to go after a sign-in: *asked* when it is a path of this app, else its home.

    Only the one spelling the gate answers to is accepted: no scheme, no host, no `//`, no
    backslash can be written in it, so nobody is sent to another site.
    """
    home = f"{prefix}/"
    if asked is None or not is_plain_path(asked) or not asked.startswith(home):
        return home
    return asked


def is_from_here(visit: Request, town: Town) -> bool:
    """Say whether a POST was sent by one of our own pages.

    `Sec-Fetch-Site` when the browser sends it, else `Origin`; a request with neither is not.
    """
    site = visit.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return visit.headers.get("Origin", "").lower() == origin_of(town.public_url)


class _Door:
    """The three routes of one app."""

    def __init__(
        self,
        *,
        prefix: str,
        town: Callable[[], Town],
        settings: Settings,
        passes: Passes,
        records: SignInRecords,
        clock: Callable[[], datetime],
    ) -> None:
        self._prefix, self._town, self._settings = prefix, town, settings
        self._passes, self._records, self._clock = passes, records, clock

    def begin(self, source: str) -> Response:
        """Send the person to their ENT, and have the browser remember the attempt."""
        town, return_to = self._town(), return_path(request.args.get("vers"), self._prefix)
        known = self._known(town, source)
        if known is None:
            return self._failed(SignInFailed(Why.UNKNOWN_SOURCE), source, return_to)
        method, client = known
        hint = request.args.get("login_hint") if client.source.demo else None
        begun = method.begin(client, hint)
        if isinstance(begun, SignInFailed):
            return self._failed(begun, source, return_to)
        attempt = Attempt(
            source=source,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.code_verifier,
            return_to=return_to,
        )
        response = _gone_to(begun.address)
        self._keep(
            response,
            cookie_name(f"entree_{self._passes.purpose}", town.public_url),
            self._attempts(town).sign(attempt, self._clock()),
            int(ATTEMPT_LASTS.total_seconds()),
        )
        return response

    def complete(self, source: str) -> Response:
        """Give a new pass to whoever came back with the answer to this browser's own attempt."""
        town, now = self._town(), self._clock()
        cookie = cookie_name(f"entree_{self._passes.purpose}", town.public_url)
        kept = read_cookie(request.environ, cookie)
        attempt = None if kept is None else self._attempts(town).read(kept, now)
        return_to = f"{self._prefix}/" if attempt is None else attempt.return_to
        outcome = self._outcome(town, source, attempt, now)
        if isinstance(outcome, SignInFailed):
            response = self._failed(outcome, source, return_to)
        else:
            response = _gone_to(return_to)
            self._give_pass(response, outcome, town, now)
        self._forget(response, cookie)
        return response

    def sign_out(self) -> Response:
        """End this sign-in here, in the browser, and at the ENT when it offers to."""
        town, now = self._town(), self._clock()
        if not is_from_here(request, town):
            return self._failed(
                SignInFailed(Why.NOT_BEGUN_HERE, "sign-out"), "", f"{self._prefix}/"
            )
        pass_ = current_pass(request, self._passes, self._records, now)
        if pass_ is not None:
            self._records.end_sign_in(pass_.sign_in, now)
        response = _gone_to(self._after_sign_out(town, pass_))
        of_the_team = read_cookie(request.environ, cookie_name(TEAM, town.public_url)) is not None
        spares = of_the_team and self._passes.purpose == FAMILY
        response.headers["Clear-Site-Data"] = SIGN_OUT_SPARES_DRAFTS if spares else SIGN_OUT_CLEARS
        for purpose in (FAMILY, TEAM):
            # One browser, one person leaving: the other app's pass goes with this one.
            self._forget(response, cookie_name(purpose, town.public_url))
        return response

    def _outcome(
        self, town: Town, source: str, attempt: Attempt | None, now: datetime
    ) -> EntProfile | SignInFailed:
        known = self._known(town, source)
        if known is None:
            return SignInFailed(Why.UNKNOWN_SOURCE)
        if attempt is None or attempt.source != source:
            return SignInFailed(Why.NOT_BEGUN_HERE, "no attempt of this browser")
        if any(len(values) > 1 for _name, values in request.args.lists()):
            return SignInFailed(Why.UNTRUSTED, "a parameter is there twice")
        method, client = known
        begun = Beginning(
            address="",
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.code_verifier,
        )
        return method.complete(client, begun, request.args.to_dict(), now)

    def _give_pass(
        self, response: Response, profile: EntProfile, town: Town, now: datetime
    ) -> None:
        before = current_pass(request, self._passes, self._records, now)
        if before is not None:
            self._records.end_sign_in(before.sign_in, now)
        person = pseudonym(self._settings.pseudonym_key, profile.source, profile.subject)
        ends_at = end_of_pass(self._passes.purpose, profile.role, now, town.timezone)
        pass_ = new_pass(profile, person, ends_at)
        seconds = int((ends_at - now).total_seconds())
        self._keep(response, self._passes.cookie, self._passes.sign(pass_), seconds)
        _log.info("sign-in at %s as %s by %s", self._prefix or "/", profile.role, person)

    def _after_sign_out(self, town: Town, pass_: Pass | None) -> str:
        """The ENT's own sign-out when it stands where the ENT is announced, else our goodbye.

        The form's CSP lets the browser go on to the origins of the sources and nowhere else.
        """
        goodbye = f"{self._prefix}/sortir"
        known = None if pass_ is None else self._known(town, pass_.source)
        if known is None:
            return goodbye
        method, client = known
        address = method.farewell(client, f"{town.public_url}/")
        if address is None or origin_of(address) != origin_of(client.source.discovery_url):
            return goodbye
        return address

    def _known(self, town: Town, name: str) -> tuple[SignInMethod, Client] | None:
        """The method and client of a source, when both exist; its secret too (fail closed)."""
        source: SignInSource | None = town.source(name)
        method = None if source is None else SIGN_IN_METHODS.get(source.method)
        secret = self._settings.client_secrets.get(name)
        if source is None or method is None or not secret:
            return None
        redirect_uri = f"{town.public_url}{self._prefix}/retour/{name}"
        return method, Client(source=source, secret=secret, redirect_uri=redirect_uri)

    def _attempts(self, town: Town) -> Attempts:
        keys = (
            self._settings.gate_keys
            if self._passes.purpose == FAMILY
            else self._settings.authoring_keys
        )
        return Attempts(keys, self._passes.purpose, town.public_url)

    def _failed(self, failed: SignInFailed, source: str, return_to: str) -> Response:
        _log.warning("sign-in failed at %s: %s (%s)", source, failed.why, failed.detail)
        title, advice = _FAILURES[failed.why]
        again = f"{self._prefix}/entrer"
        if failed.why is not Why.UNKNOWN_SOURCE and source:
            again = f"{again}/{source}"
        query = urlencode({"vers": return_to}, safe="/")
        page = render_template(
            "sign_in/failed.html",
            town=self._town(),
            title=title,
            advice=advice,
            retry=f"{again}?{query}",
            door=f"{self._prefix}/entrer?{query}",
        )
        return _not_kept(make_response(page, _STATUS.get(failed.why, 403)))

    def _keep(self, response: Response, cookie: str, value: str, seconds: int) -> None:
        response.set_cookie(
            cookie,
            value,
            max_age=seconds,
            path="/",
            secure=self._is_secure(),
            httponly=True,
            samesite="Lax",
        )

    def _forget(self, response: Response, cookie: str) -> None:
        response.delete_cookie(
            cookie, path="/", secure=self._is_secure(), httponly=True, samesite="Lax"
        )

    def _is_secure(self) -> bool:
        return self._town().public_url.startswith("https://")


def _gone_to(address: str) -> Response:
    return _not_kept(make_response(redirect(address, 303)))


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
