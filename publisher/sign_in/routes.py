"""Begin, complete, sign out: the routes that both apps have, each below its own prefix."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Request, Response, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from publisher.language import translations_for
from publisher.model.legal import ACCESSIBILITY, LEGAL_NAMES, accessibility_words, legal_title
from publisher.model.person import PAPER, Pass
from publisher.model.reachable import phone_link
from publisher.model.source import Door, SignInSource
from publisher.model.space import is_plain_path
from publisher.model.town import Town
from publisher.records.accounts import Accounts
from publisher.records.sign_ins import SignIns
from publisher.settings import Settings
from publisher.sign_in.attempts import ATTEMPT_LASTS, Attempt, Attempts
from publisher.sign_in.cookies import forget_cookie, keep_cookie
from publisher.sign_in.failures import FAILURES, STATUSES
from publisher.sign_in.method import (
    Arrival,
    Beginning,
    Client,
    Documented,
    Message,
    SignInFailed,
    SignInMethod,
    SourceSignOut,
    Why,
)
from publisher.sign_in.methods import client_of
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
from publisher.sign_in.profile import flattened, missing_facts, profile_of
from publisher.sign_in.pseudonym import account_of, pseudonym, session_digest

_Known = tuple[SignInMethod, Client]

_log = logging.getLogger(__name__)

_ARRIVAL_LASTS_S = 60
"""Seconds between an answer that was posted and the request that takes it to its attempt."""

ASKING_AT_ONCE = 10
"""Sign-ins of one process that ask their source at the same time. An ENT that is slow, or gone,
keeps each for seconds: the process's other threads go on giving their pages to those who are in."""
places_to_ask = threading.BoundedSemaphore(ASKING_AT_ONCE)
"""The places of those who ask their source: of the whole process, like its threads."""
_BUSY_S = 3
"""Seconds after which a browser that found no place asks again, by itself."""

JOINING = "/relier"
"""The families' page where another account of the same person is joined, or parted."""
SECOND = "seconde"
"""The purpose of the pass by which a second account, just proven, waits there."""

SIGN_OUT_CLEARS = '"cache", "storage"'
"""What a sign-out asks the browser to forget: pages and photos it kept, and drafts of the team.
Cookies are expired one by one: `"cookies"` would also end the neighbours' of the same domain."""
SIGN_OUT_SPARES_DRAFTS = '"cache"'
"""The same on an animator's phone, when they leave what families see: it keeps no more than pages,
and the drafts of the team go with the team's own sign-out, which warns before."""


class SignInRecords(EndedSignIns, Protocol):
    """What signing in and out asks of the records."""

    @property
    def sign_ins(self) -> SignIns:
        """The sign-ins under way, and the proofs used."""

    @property
    def accounts(self) -> Accounts:
        """The accounts that are joined to one another."""

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
    """`<prefix>/entrer/<source>`, `<prefix>/retour/<source>`, and the two ways out.

    For families, `POST /relier/<source>` begins the sign-in of a second account.

    `POST <prefix>/sortir` is the person leaving; `<prefix>/sortie/<source>` is where a source
    says that it ended a session (CAS says it at `retour`, where it knows the service).
    *passes* says for which app. The app that registers it has gettext in its templates, and
    draws its own door at `<prefix>/entrer` and its own goodbye at `GET <prefix>/sortir`, where
    a sign-out leads when the ENT has none.
    """
    door = _Doors(
        prefix=prefix, town=town, settings=settings, passes=passes, records=records, clock=clock
    )
    blueprint = Blueprint(name, __name__, template_folder="templates")
    words = {"legal_links": legal_links, "phone_link": phone_link}
    blueprint.record(lambda state: state.app.jinja_env.globals.update(words))
    blueprint.get(f"{prefix}/entrer/<source>")(door.begin)
    blueprint.get(f"{prefix}/retour/<source>")(door.complete)
    blueprint.get(f"{prefix}/retour/<source>/metadata")(door.document)
    blueprint.post(f"{prefix}/retour/<source>")(door.receive)
    blueprint.route(f"{prefix}/sortie/<source>", methods=("GET", "POST"))(door.source_signs_out)
    blueprint.post(f"{prefix}/sortir")(door.sign_out)
    if passes.purpose == FAMILY:
        blueprint.post(f"{JOINING}/<source>")(door.begin_joining)
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


class _Doors:
    """The routes of one app."""

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
        self._door = Door.FAMILIES if passes.purpose == FAMILY else Door.TEAM

    def begin(self, source: str) -> Response:
        """Send the person to their ENT, and have the browser remember the attempt."""
        town, now = self._town(), self._clock()
        return_to = return_path(request.args.get("vers"), self._prefix)
        known = self._known(town, source)
        if known is None:
            return self._failed(SignInFailed(Why.UNKNOWN_SOURCE), source, return_to)
        return self._asking(lambda: self._begun(town, known, return_to, now), source, return_to)

    def begin_joining(self, source: str) -> Response:
        """Send whoever is here already to *source*, to sign in with another account of theirs.

        Only from a page of ours: somebody else's account must not be waiting to be joined.
        """
        town, now = self._town(), self._clock()
        known = self._known(town, source)
        pass_ = current_pass(request, self._passes, self._records, now)
        if known is None:
            return self._failed(SignInFailed(Why.UNKNOWN_SOURCE), source, JOINING)
        if pass_ is None or not is_from_here(request, town):
            return self._failed(SignInFailed(Why.NOT_BEGUN_HERE, "joining"), source, JOINING)
        return self._asking(
            lambda: self._begun(town, known, JOINING, now, joins=pass_.sign_in),
            source,
            JOINING,
            then=JOINING,
        )

    def _begun(
        self, town: Town, known: _Known, return_to: str, now: datetime, joins: str = ""
    ) -> Response:
        method, client = known
        source = client.source.name
        hint = request.args.get("login_hint") if client.source.demo else None
        begun = method.begin(client, hint, now)
        if isinstance(begun, SignInFailed):
            return self._failed(begun, source, return_to)
        attempt = Attempt(
            source=source,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.code_verifier,
            return_to=return_to,
            joins=joins,
        )
        response = _gone_to(begun.address)
        self._keep(
            response,
            self._attempt_cookie(town),
            self._attempts(town).sign(attempt, now),
            int(ATTEMPT_LASTS.total_seconds()),
        )
        return response

    def complete(self, source: str) -> Response:
        """Give a new pass to whoever came back with the answer to this browser's own attempt."""
        town, now = self._town(), self._clock()
        known = self._known(town, source)
        token = "" if known is None else known[0].token_parameter
        if known is not None and token and request.args.get(token):
            return self._asked_whether_to_enter(town, known)
        kept = read_cookie(request.environ, self._attempt_cookie(town))
        attempt = None if kept is None else self._attempts(town).read(kept, now)
        return_to = f"{self._prefix}/" if attempt is None else attempt.return_to
        return self._asking(
            lambda: self._completed(town, known, source, attempt, return_to, now), source, return_to
        )

    def _completed(
        self,
        town: Town,
        known: _Known | None,
        source: str,
        attempt: Attempt | None,
        return_to: str,
        now: datetime,
    ) -> Response:
        outcome = self._outcome(known, attempt, now)
        if attempt is not None and attempt.joins and isinstance(outcome, Pass):
            outcome = self._second(outcome, attempt.joins, now)
        if isinstance(outcome, SignInFailed):
            response = self._failed(outcome, source, return_to)
        elif attempt is not None and attempt.joins:
            response = _gone_to(return_to)
            waiting = Passes(self._keys(), SECOND, town.public_url)
            lasts = int(ATTEMPT_LASTS.total_seconds())
            self._keep(response, waiting.cookie, waiting.sign(outcome), lasts)
        else:
            response = _gone_to(return_to)
            self._give_pass(response, outcome, now)
        self._forget(response, self._attempt_cookie(town))
        self._forget(response, self._arrivals(town).cookie)
        return response

    def receive(self, source: str) -> Response:
        """Hear what is posted where people come back: an answer, an unasked arrival, a sign-out.

        A page of the source posts its answer, and browsers send no cookie with that: the answer
        is verified, kept by the browser for a minute, and meets its attempt at the next request.
        Nobody enters unasked but by a button on a page of ours.
        """
        town, now, home = self._town(), self._clock(), f"{self._prefix}/"
        known = self._known(town, source)
        heard = self._heard(known, now)
        if known is None or isinstance(heard, SignInFailed):
            failed = heard if isinstance(heard, SignInFailed) else SignInFailed(Why.UNKNOWN_SOURCE)
            return self._failed(failed, source, home)
        if isinstance(heard, SourceSignOut):
            return self._signed_out(heard, known[1], now)
        if not heard.answers and not is_from_here(request, town):
            return self._failed(SignInFailed(Why.NOT_BEGUN_HERE, "unasked"), source, home)
        pass_ = self._let_in(known[1], heard, now, sign_in=heard.answers)
        if isinstance(pass_, SignInFailed):
            return self._failed(pass_, source, home)
        if not heard.answers:
            response = _gone_to(home)
            self._give_pass(response, pass_, now)
            return response
        response = _gone_to(f"{self._prefix}/retour/{source}")
        arrivals = self._arrivals(town)
        self._keep(response, arrivals.cookie, arrivals.sign(pass_), _ARRIVAL_LASTS_S)
        return response

    def document(self, source: str) -> Response:
        """Give what the source must be told of us, where its method has such a document."""
        known = self._known(self._town(), source)
        if known is None or not isinstance(known[0], Documented):
            return self._failed(SignInFailed(Why.UNKNOWN_SOURCE), source, f"{self._prefix}/")
        document = known[0].document(known[1])
        if document is None:
            _log.warning("the document for %s cannot be made: see its key", source)
            return self._failed(SignInFailed(Why.UNREACHABLE), source, f"{self._prefix}/")
        content_type, body = document
        return _not_kept(make_response(body, {"Content-Type": content_type}))

    def source_signs_out(self, source: str) -> Response:
        """Hear a source say that it ended a session."""
        now = self._clock()
        known = self._known(self._town(), source)
        heard = self._heard(known, now)
        if known is None or not isinstance(heard, SourceSignOut):
            detail = heard.detail if isinstance(heard, SignInFailed) else "not a sign-out"
            _log.warning("a sign-out of %s was not understood: %s", source, detail)
            return _not_kept(make_response("", 400))
        return self._signed_out(heard, known[1], now)

    def sign_out(self) -> Response:
        """End this sign-in here, in the browser, and at the ENT when it offers to."""
        town, now = self._town(), self._clock()
        if not is_from_here(request, town):
            return self._failed(
                SignInFailed(Why.NOT_BEGUN_HERE, "sign-out"), "", f"{self._prefix}/"
            )
        pass_ = current_pass(request, self._passes, self._records, now)
        if pass_ is not None and pass_.source == PAPER and request.form.get("sur") != "oui":
            # A paper code does not open twice: the page of the way out says so first.
            return _gone_to(f"{self._prefix}/sortir")
        if pass_ is not None:
            self._records.end_sign_in(pass_.sign_in, now)
        response = _gone_to(self._after_sign_out(town, pass_))
        of_the_team = read_cookie(request.environ, cookie_name(TEAM, town.public_url)) is not None
        spares = of_the_team and self._passes.purpose == FAMILY
        response.headers["Clear-Site-Data"] = SIGN_OUT_SPARES_DRAFTS if spares else SIGN_OUT_CLEARS
        for purpose in (FAMILY, TEAM, SECOND):
            # One browser, one person leaving: the other app's pass goes with this one.
            self._forget(response, cookie_name(purpose, town.public_url))
        return response

    def _asked_whether_to_enter(self, town: Town, known: _Known) -> Response:
        """Ask, on a page of ours, somebody whom a portal sent without their having asked here."""
        method, client = known
        page = render_template(
            "sign_in/arrival.html",
            town=town,
            source=client.source,
            parameter=method.token_parameter,
            token=request.args[method.token_parameter],
            action=f"{self._prefix}/retour/{client.source.name}",
            door=f"{self._prefix}/entrer",
        )
        return _not_kept(make_response(page))

    def _outcome(
        self, known: _Known | None, attempt: Attempt | None, now: datetime
    ) -> Pass | SignInFailed:
        if known is None:
            return SignInFailed(Why.UNKNOWN_SOURCE)
        method, client = known
        if attempt is None or attempt.source != client.source.name:
            return SignInFailed(Why.NOT_BEGUN_HERE, "no attempt of this browser")
        if _has_doubles(request.args):
            return SignInFailed(Why.UNTRUSTED, "a parameter is there twice")
        arrivals = self._arrivals(self._town())
        arrived = read_cookie(request.environ, arrivals.cookie)
        if arrived is not None and not request.args:
            pass_ = arrivals.read(arrived, now)
            if pass_ is None or (pass_.sign_in, pass_.source) != (attempt.state, attempt.source):
                return SignInFailed(Why.NOT_BEGUN_HERE, "the answer is to another attempt")
            return pass_
        begun = Beginning(
            address="",
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.code_verifier,
        )
        arrival = method.complete(client, begun, request.args.to_dict(), now)
        if isinstance(arrival, SignInFailed):
            return arrival
        if arrival.answers != attempt.state:
            return SignInFailed(Why.NOT_BEGUN_HERE, "the answer is to another attempt")
        return self._let_in(client, arrival, now)

    def _heard(self, known: _Known | None, now: datetime) -> Arrival | SourceSignOut | SignInFailed:
        """What the message of this request says to the source's method."""
        if known is None:
            return SignInFailed(Why.UNKNOWN_SOURCE)
        method, client = known
        body = request.get_data(cache=True, parse_form_data=False)
        form = MultiDict[str, str]()
        if request.mimetype in {"application/x-www-form-urlencoded", ""}:
            try:
                fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20)
            except ValueError:
                return SignInFailed(Why.UNTRUSTED, "the form cannot be read")
            form = MultiDict(fields)
        if _has_doubles(request.args) or _has_doubles(form):
            return SignInFailed(Why.UNTRUSTED, "a parameter is there twice")
        message = Message(
            method=request.method,
            query=request.args.to_dict(),
            form=form.to_dict(),
            content_type=request.mimetype,
            body=body,
            query_string=request.query_string.decode("latin-1"),
        )
        return method.receive(client, message, now)

    def _let_in(
        self, client: Client, arrival: Arrival, now: datetime, sign_in: str = ""
    ) -> Pass | SignInFailed:
        """A pass for whoever *arrival* names. Its proof is used, and the sign-in written down."""
        source, town, key = client.source, self._town(), self._settings.pseudonym_key
        missing = missing_facts(source, arrival.claims)
        if missing and (self._door is Door.FAMILIES or "subject" in missing[0]):
            # An administrator's question: what to ask the vendor for. Names, never values. The
            # team's rights do not come from there, so that only who they are can be missing.
            _log.warning(
                "the profile from %s lacks %s; it told %s",
                source.name,
                "; ".join(missing),
                ", ".join(sorted(flattened(arrival.claims))) or "nothing",
            )
        profile = profile_of(source, arrival.claims)
        proofs = self._proofs(source, arrival)
        if profile is None:
            for proof, until in proofs:
                self._records.sign_ins.spend(proof, until)
            return SignInFailed(Why.NOBODY)
        ends_at = end_of_pass(self._passes.purpose, profile.role, now, town.timezone)
        today = now.astimezone(town.timezone).date()
        account = account_of(key, profile, today)
        pass_ = new_pass(account, profile.given_name, ends_at, sign_in=sign_in)
        is_new = self._records.sign_ins.begin(
            pass_.sign_in,
            account=account.account,
            session=session_digest(key, source.name, arrival.session),
            now=now,
            ends_at=pass_.ends_at,
            spends=proofs,
        )
        if not is_new:
            # The same proof, or another of the same attempt, whose sign-in is written down already.
            return SignInFailed(Why.ALREADY_USED)
        return replace(pass_, person=self._records.accounts.recognise(account))

    def _second(self, other: Pass, joins: str, now: datetime) -> Pass | SignInFailed:
        """The pass by which *other* waits to be joined to the visit whose sign-in is *joins*.

        It opens nothing. That visit must go on in this very browser.
        """
        self._records.end_sign_in(other.sign_in, now)
        pass_ = current_pass(request, self._passes, self._records, now)
        if pass_ is None or pass_.sign_in != joins:
            return SignInFailed(Why.NOT_BEGUN_HERE, "the visit to be joined to is over")
        return replace(other, sign_in=joins, ends_at=min(other.ends_at, now + ATTEMPT_LASTS))

    def _give_pass(self, response: Response, pass_: Pass, now: datetime) -> None:
        before = current_pass(request, self._passes, self._records, now)
        if before is not None:
            self._records.end_sign_in(before.sign_in, now)
        seconds = int((pass_.ends_at - now).total_seconds())
        self._keep(response, self._passes.cookie, self._passes.sign(pass_), seconds)
        _log.info("sign-in at %s as %s by %s", self._prefix or "/", pass_.role, pass_.person)

    def _signed_out(self, heard: SourceSignOut, client: Client, now: datetime) -> Response:
        source, key = client.source, self._settings.pseudonym_key
        for proof, until in self._proofs(source, heard):
            if not self._records.sign_ins.spend(proof, until):
                return _not_kept(make_response("", 400))
        ended = self._records.sign_ins.end_those_of(
            session=session_digest(key, source.name, heard.session),
            account=pseudonym(key, source.name, heard.subject) if heard.subject else "",
            at=now,
        )
        if heard.subject and not heard.session:
            # Where a source names no session of its own, the person's identifier stands for it.
            named = session_digest(key, source.name, heard.subject)
            ended += self._records.sign_ins.end_those_of(session=named, at=now)
        _log.info("%s ended %d sign-ins", source.name, len(ended))
        if heard.answer_to and origin_of(heard.answer_to) == source.origin:
            return _gone_to(heard.answer_to)
        # Told in a frame of the source's page, where ours are never drawn: 204 leaves it empty,
        # instead of a browser's own picture of a refusal.
        return _not_kept(make_response("", 204 if request.method == "GET" else 200))

    def _proofs(
        self, source: SignInSource, said: Arrival | SourceSignOut
    ) -> tuple[tuple[str, datetime], ...]:
        """The proof of what was said, by its digest; none when the source counts itself."""
        if not said.proof or said.proof_until is None:
            return ()
        digest = session_digest(self._settings.pseudonym_key, f"{source.name}\0proof", said.proof)
        return ((digest, said.proof_until),)

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
        if address is None or origin_of(address) != client.source.origin:
            return goodbye
        return address

    def _known(self, town: Town, name: str) -> _Known | None:
        return client_of(town, self._settings, name, self._door)

    def _attempts(self, town: Town) -> Attempts:
        return Attempts(self._keys(), self._passes.purpose, town.public_url)

    def _attempt_cookie(self, town: Town) -> str:
        return cookie_name(f"entree_{self._passes.purpose}", town.public_url)

    def _arrivals(self, town: Town) -> Passes:
        """Passes that open nothing yet: they wait for the browser's own attempt."""
        return Passes(self._keys(), f"arrivee_{self._passes.purpose}", town.public_url)

    def _keys(self) -> Sequence[str]:
        if self._passes.purpose == FAMILY:
            return self._settings.gate_keys
        return self._settings.authoring_keys

    def _failed(self, failed: SignInFailed, source: str, return_to: str) -> Response:
        _log.warning("sign-in failed at %s: %s (%s)", source, failed.why, failed.detail)
        title, advice = FAILURES[failed.why]
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
        return _not_kept(make_response(page, STATUSES.get(failed.why, 403)))

    def _asking(
        self, deed: Callable[[], Response], source: str, return_to: str, then: str = ""
    ) -> Response:
        """Do what may ask the source, if there is a place for it.

        Else the browser comes back by itself, to the same address or to *then*, and nothing of
        its attempt is used.
        """
        if not places_to_ask.acquire(blocking=False):
            response = self._failed(SignInFailed(Why.BUSY), source, return_to)
            response.headers["Retry-After"] = f"{_BUSY_S}"
            response.headers["Refresh"] = f"{_BUSY_S}; url={then}" if then else f"{_BUSY_S}"
            return response
        try:
            return deed()
        finally:
            places_to_ask.release()

    def _keep(self, response: Response, cookie: str, value: str, seconds: int) -> None:
        keep_cookie(response, cookie, value, seconds=seconds, public_url=self._town().public_url)

    def _forget(self, response: Response, cookie: str) -> None:
        forget_cookie(response, cookie, public_url=self._town().public_url)


def _has_doubles(fields: MultiDict[str, str]) -> bool:
    return any(len(values) > 1 for _name, values in fields.lists())


def _gone_to(address: str) -> Response:
    return _not_kept(make_response(redirect(address, 303)))


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
