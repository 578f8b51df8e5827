"""Accounts of Préau's own: coming in, the second factor, and changing the locks."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from publisher.authoring.local_door import LocalDoor, Wait
from publisher.authoring.office import Office
from publisher.authoring.people_pages import drawn_square
from publisher.authoring.team_words import asked_to_wait
from publisher.authoring.visit import NotYours, Visit
from publisher.language import translations_for
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.person import LOCAL
from publisher.model.staff import needs_second_factor
from publisher.records.local_accounts import Locks
from publisher.sign_in.codes import in_groups
from publisher.sign_in.one_time import address_of, new_secret, step_of
from publisher.sign_in.passkeys import question_of, registration_of
from publisher.sign_in.passwords import MIN_LENGTH, wrong_password
from publisher.sign_in.routes import return_path

PATH = "/equipe/compte"
ENTER = f"{PATH}/entrer"
SECOND = f"{PATH}/second"
_PREFIX = "/equipe"
_FORBIDDEN, _UNPROCESSABLE, _TOO_MANY = 403, 422, 429

_NOT_RIGHT = _(
    "L'identifiant ou le mot de passe n'est pas le bon. Vérifiez les deux, et recommencez."
)
_WRONG_CODE = _(
    "Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant, et recommencez."
)
_WRONG_KEY = _("La clé d'accès n'a pas répondu comme prévu. Recommencez, ou prenez un autre moyen.")
_NOT_YOURS = _("Ce n'est pas l'identifiant de ce compte.")
_NEEDED = _(
    "Votre droit demande un second verrou : celui-là reste, tant qu'il n'y en a pas d'autre."
)

_What = ParamSpec("_What")
_Answer = TypeVar("_Answer")


def add(app: Flask, office: Office, door: LocalDoor) -> None:
    """Give *app* the way in by an account of Préau's own, and the page of its locks."""
    pages = _AccountPages(office, door)
    for path, name, page, methods in (
        (ENTER, "local_door", pages.door, ["GET"]),
        (ENTER, "local_sign_in", pages.sign_in, ["POST"]),
        (SECOND, "second_door", pages.second_door, ["GET"]),
        (SECOND, "second_sign_in", pages.second_sign_in, ["POST"]),
        (PATH, "account", pages.account, ["GET"]),
        (f"{PATH}/application", "application", pages.application, ["GET"]),
        (f"{PATH}/application", "add_application", pages.add_application, ["POST"]),
        (f"{PATH}/cle", "passkey", pages.passkey, ["GET"]),
        (f"{PATH}/cle", "add_passkey", pages.add_passkey, ["POST"]),
        (f"{PATH}/secours", "recovery", pages.recovery, ["POST"]),
        (f"{PATH}/mot-de-passe", "password", pages.password, ["GET"]),
        (f"{PATH}/mot-de-passe", "change_password", pages.change_password, ["POST"]),
        (f"{PATH}/retirer", "drop_lock", pages.drop_lock, ["POST"]),
    ):
        app.add_url_rule(path, name, _where_allowed(office, page), methods=methods)


def _where_allowed(office: Office, page: Callable[_What, _Answer]) -> Callable[_What, _Answer]:
    """*page*, in a town that allows these accounts; what does not exist, in any other."""

    @wraps(page)
    def asked(*args: _What.args, **kwargs: _What.kwargs) -> _Answer:
        if not office.town().local_accounts:
            raise NotYours(LOCAL)
        return page(*args, **kwargs)

    return asked


class _AccountPages:
    """The pages of one account: before coming in, and once there."""

    def __init__(self, office: Office, door: LocalDoor) -> None:
        self._office, self._door = office, door

    def door(self) -> str:
        """Ask who comes in."""
        return self._at_door("", None)

    def sign_in(self) -> AnyResponse | tuple[str, int]:
        """Let in whoever knows the password, or on to the second factor."""
        typed, password = (
            request.form.get("identifiant", ""),
            request.form.get("mot_de_passe", ""),
        )
        entered = self._door.enter(typed, password, request)
        if entered is None:
            return self._at_door(typed, self._one("mot_de_passe", _NOT_RIGHT)), _FORBIDDEN
        if isinstance(entered, Wait):
            return self._at_door(typed, self._waits("identifiant", entered)), _TOO_MANY
        back = self._back()
        if entered.goes_on:
            onward = f"{SECOND}?{urlencode({'vers': back}, safe='/')}"
            response = make_response(redirect(onward, 303))
            self._door.keep_half(response, entered.account)
            return response
        response = make_response(redirect(back, 303))
        self._door.let_in(request, response, entered.account)
        return response

    def second_door(self) -> AnyResponse | str:
        """Ask for the second factor."""
        account = self._door.half_of(request)
        if account is None:
            return redirect(ENTER, 303)
        return self._at_second(account, None)

    def second_sign_in(self) -> AnyResponse | tuple[str, int]:
        """Let in whoever has the second factor too."""
        account = self._door.half_of(request)
        if account is None:
            return redirect(ENTER, 303)
        answer = request.form.get("reponse", "")
        if answer:
            is_right = self._door.confirm_passkey(
                account, answer, request.form.get("defi", ""), request
            )
        else:
            is_right = self._door.confirm_code(account, request.form.get("code", ""), request)
        if isinstance(is_right, Wait):
            return self._at_second(account, self._waits("code", is_right)), _TOO_MANY
        if not is_right:
            wrong = self._one("code", _WRONG_KEY if answer else _WRONG_CODE)
            return self._at_second(account, wrong), _FORBIDDEN
        response = make_response(redirect(self._back(), 303))
        self._door.let_in(request, response, account)
        return response

    def account(self) -> str:
        """The locks of an account, and what can be changed."""
        visit, locks = self._mine()
        return self._drawn_account(visit, locks, None)

    def application(self) -> AnyResponse | str:
        """A new secret, to be read by the telephone's application."""
        visit, _locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/application")
        return self._drawn_application(visit, new_secret(), None)

    def add_application(self) -> AnyResponse | tuple[str, int] | str:
        """Keep the secret, once a code of it was typed."""
        visit, locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/application")
        account = visit.pass_.account
        secret = self._door.vault.open(request.form.get("graine", ""), f"new\0{account}")
        if secret is None:
            return redirect(f"{PATH}/application", 303)
        step = step_of(secret, request.form.get("code", ""), self._office.clock())
        if step is None:
            wrong = self._one("code", _WRONG_CODE)
            return self._drawn_application(visit, secret, wrong), _UNPROCESSABLE
        sealed = self._door.vault.seal(secret, account)
        self._office.records.local_accounts.keep_totp(account, sealed, step)
        return self._locked(account, locks)

    def passkey(self) -> AnyResponse | str:
        """Ask the browser for a new passkey."""
        visit, locks = self._mine()
        if self._door.site is None:
            raise NotYours(LOCAL)
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/cle")
        return self._drawn_passkey(visit, locks, None)

    def add_passkey(self) -> AnyResponse | tuple[str, int] | str:
        """Keep the passkey that the browser made."""
        visit, locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/cle")
        account = visit.pass_.account
        answer, challenge = request.form.get("reponse", ""), request.form.get("defi", "")
        if not self._door.add_passkey(account, answer, challenge):
            wrong = self._one("cle", _WRONG_KEY)
            return self._drawn_passkey(visit, locks, wrong), _UNPROCESSABLE
        return self._locked(account, locks)

    def recovery(self) -> AnyResponse | str:
        """New recovery codes, in place of those of before."""
        visit, locks = self._mine()
        if not locks.is_double:
            raise NotYours(LOCAL)
        if not self._door.is_fresh(visit.pass_):
            return _in_again(PATH)
        return self._drawn_codes(visit.pass_.account)

    def password(self) -> AnyResponse | str:
        """The form of another password."""
        visit, _locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/mot-de-passe")
        return self._drawn_password(visit, "", None)

    def change_password(self) -> AnyResponse | tuple[str, int]:
        """Another password; every other sign-in of the account ends."""
        visit, _locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(f"{PATH}/mot-de-passe")
        typed, account = request.form.get("mot_de_passe", ""), visit.pass_.account
        identifier = request.form.get("identifiant", "")
        around = (visit.town.name, *(centre.name for centre in visit.centres))
        wrong = wrong_password(typed, identifier, around)
        if self._door.account_of(identifier) != account:
            wrong = Mistake(where="identifiant", says=_NOT_YOURS)
        if wrong is not None:
            page = self._drawn_password(visit, identifier, Mistakes((wrong,)))
            return page, _UNPROCESSABLE
        digest = self._door.passwords.digest(typed)
        self._office.records.local_accounts.change_password(account, digest)
        return self._in_anew(account, make_response(redirect(PATH, 303)))

    def drop_lock(self) -> AnyResponse | tuple[str, int]:
        """Take one second factor away, unless the right asks for it and it is the last."""
        visit, locks = self._mine()
        if not self._door.is_fresh(visit.pass_):
            return _in_again(PATH)
        which, account = request.form.get("verrou", ""), visit.pass_.account
        left = {"application": bool(locks.passkeys), "cle": bool(locks.totp)}.get(which)
        if left is None:
            raise NotYours(which)
        if not left and needs_second_factor(visit.grants, visit.now.date()):
            return self._drawn_account(visit, locks, self._one(which, _NEEDED)), _UNPROCESSABLE
        stored = self._office.records.local_accounts
        (stored.drop_totp if which == "application" else stored.drop_passkeys)(account)
        return self._in_anew(account, make_response(redirect(PATH, 303)))

    def _mine(self) -> tuple[Visit, Locks]:
        """The visit of somebody who came in by such an account. Raises NotYours for others."""
        visit: Visit = g.visit
        if visit.pass_.source != LOCAL:
            raise NotYours(LOCAL)
        locks = self._office.records.local_accounts.locks_of(visit.pass_.account)
        if locks is None:
            raise NotYours(LOCAL)
        return visit, locks

    def _locked(self, account: str, before: Locks) -> AnyResponse:
        """After a new second factor: the first one comes with recovery codes."""
        if before.is_double:
            return self._in_anew(account, make_response(redirect(PATH, 303)))
        return self._in_anew(account, make_response(self._drawn_codes(account)))

    def _in_anew(self, account: str, response: Response) -> AnyResponse:
        """End every sign-in of *account* and begin this browser's again: the locks changed."""
        self._door.end_sign_ins_of(account)
        self._door.let_in(request, response, account)
        return response

    def _back(self) -> str:
        return return_path(request.args.get("vers"), _PREFIX)

    def _one(self, where: str, says: str) -> Mistakes:
        return Mistakes((Mistake(where=where, says=says),))

    def _waits(self, where: str, wait: Wait) -> Mistakes:
        town = self._office.town()
        says = asked_to_wait(wait.time, town, translations_for(town.language).gettext)
        return Mistakes((Mistake(where=where, says="{says}", facts={"says": says}),))

    def _at_door(self, typed: str, mistakes: Mistakes | None) -> str:
        return render_template(
            "local_door.html",
            visit=None,
            town=self._office.town(),
            typed=typed,
            mistakes=mistakes,
            again="encore" in request.args,
            query=urlencode({"vers": self._back()}, safe="/"),
        )

    def _at_second(self, account: str, mistakes: Mistakes | None) -> str:
        locks = self._office.records.local_accounts.locks_of(account) or Locks()
        question = sealed = ""
        if locks.passkeys and self._door.site is not None:
            challenge, sealed = self._door.new_challenge(account)
            question = question_of(self._door.site, challenge=challenge, known=locks.passkeys)
        return render_template(
            "second_door.html",
            visit=None,
            town=self._office.town(),
            locks=locks,
            question=question,
            challenge=sealed,
            mistakes=mistakes,
            query=urlencode({"vers": self._back()}, safe="/"),
        )

    def _drawn_account(self, visit: Visit, locks: Locks, mistakes: Mistakes | None) -> str:
        return render_template(
            "account.html",
            visit=visit,
            locks=locks,
            must=needs_second_factor(visit.grants, visit.now.date()) and not locks.is_double,
            has_passkeys=self._door.site is not None,
            mistakes=mistakes,
        )

    def _drawn_application(self, visit: Visit, secret: str, mistakes: Mistakes | None) -> str:
        label = translations_for(visit.town.language).gettext(_("Préau, équipe"))
        square = drawn_square(address_of(secret, label, visit.town.name))
        return render_template(
            "application.html",
            visit=visit,
            square=square,
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            sealed=self._door.vault.seal(secret, f"new\0{visit.pass_.account}"),
            mistakes=mistakes,
        )

    def _drawn_passkey(self, visit: Visit, locks: Locks, mistakes: Mistakes | None) -> str:
        account = visit.pass_.account
        challenge, sealed = self._door.new_challenge(account)
        translate = translations_for(visit.town.language).gettext
        question = registration_of(
            self._door.site or "",
            town=visit.town.name,
            label=translate(_("Préau, équipe")),
            account=account,
            challenge=challenge,
            known=tuple(one.credential for one in locks.passkeys),
        )
        return render_template(
            "passkey.html",
            visit=visit,
            question=question,
            challenge=sealed,
            mistakes=mistakes,
        )

    def _drawn_codes(self, account: str) -> str:
        codes = self._door.new_recovery_codes(account)
        return render_template(
            "recovery_codes.html",
            visit=None,
            town=self._office.town(),
            codes=[in_groups(code) for code in codes],
        )

    def _drawn_password(self, visit: Visit, typed: str, mistakes: Mistakes | None) -> str:
        return render_template(
            "password.html", visit=visit, typed=typed, least=MIN_LENGTH, mistakes=mistakes
        )


def _in_again(then: str) -> AnyResponse:
    """To the door, since locks are changed by who has just come in."""
    return redirect(f"{ENTER}?{urlencode({'vers': then, 'encore': ''}, safe='/')}", 303)
