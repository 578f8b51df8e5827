"""Accepting an invitation: what is offered, to whom, and by which account it is taken."""

import logging

from flask import Flask, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from publisher.authoring.invitations import PATH, digest_of, digest_of_link, path_of
from publisher.authoring.local_door import LocalDoor
from publisher.authoring.office import Office
from publisher.authoring.rights import deed_of_giving, may_in
from publisher.authoring.team_words import (
    LAPSES,
    ROLE_DEEDS,
    ROLE_NAMES,
    asked_to_wait,
    day_said,
    until_when,
)
from publisher.authoring.visit import NotYours, Visit, local
from publisher.language import translations_for
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.person import LOCAL, WHOLE_TOWN
from publisher.model.source import Door
from publisher.model.staff import NEEDS_SECOND_FACTOR, Invitation, Lapse, is_already_here
from publisher.records.local_accounts import LocalAccount
from publisher.records.staff import IdentifierIsTaken
from publisher.sign_in.codes import read_code
from publisher.sign_in.passwords import MIN_LENGTH, wrong_identifier, wrong_password

_log = logging.getLogger(__name__)

_GONE, _NOT_FOUND, _UNPROCESSABLE, _TOO_MANY = 410, 404, 422, 429

_WRONG_CODE = _("Ce code n'est pas connu. Reprenez-le lettre par lettre : il en a dix.")


def add(app: Flask, office: Office, door: LocalDoor) -> None:
    """Give *app* the pages of an invitation. Anybody may open them: the code says for what."""
    pages = _InvitationPages(office, door)
    app.get(PATH, endpoint="invitation_code")(pages.code)
    app.post(PATH, endpoint="read_code")(pages.read_code)
    app.get(f"{PATH}/<part>", endpoint="invitation")(pages.offered)
    app.post(f"{PATH}/<part>", endpoint="accept")(pages.accept)
    app.get(f"{PATH}/<part>/compte", endpoint="new_account")(pages.new_account)
    app.post(f"{PATH}/<part>/compte", endpoint="make_account")(pages.make_account)


class _InvitationPages:
    """The invitation of one link or code at a time."""

    def __init__(self, office: Office, door: LocalDoor) -> None:
        self._office, self._door = office, door

    def code(self) -> str:
        """Ask for the code of a slip."""
        return self._asked_for_code("", None)

    def read_code(self) -> Response | tuple[str, int]:
        """Go on to the invitation of that code; tries are counted."""
        town, typed = self._office.town(), request.form.get("code", "")
        translate = translations_for(town.language).gettext
        wait = self._door.try_at_network(request)
        if wait:
            says = asked_to_wait(wait, town, translate)
            wrong = Mistakes((Mistake(where="code", says="{says}", facts={"says": says}),))
            return self._asked_for_code(typed, wrong), _TOO_MANY
        code = read_code(typed)
        settings = self._office.settings
        known = (
            None
            if code is None
            else self._office.records.staff.invitation(digest_of(code, settings))
        )
        if code is None or known is None:
            wrong = Mistakes((Mistake(where="code", says=_WRONG_CODE),))
            return self._asked_for_code(typed, wrong), _UNPROCESSABLE
        self._door.give_network_back(request)
        return redirect(path_of(code, settings), 303)

    def offered(self, part: str) -> str | tuple[str, int]:
        """What is offered, and by which account it can be taken."""
        found = self._open(part)
        if isinstance(found, Lapse):
            return self._lapsed(part, found)
        visit: Visit | None = g.visit
        if visit is not None and is_already_here(found, visit.grants, visit.now.date()):
            return self._lapsed(part, Lapse.ALREADY_HERE)
        return self._drawn("invitation.html", part, found)

    def accept(self, part: str) -> Response | tuple[str, int]:
        """Take it, for the account that is signed in: nothing else is read from the form."""
        visit: Visit = g.visit
        found = self._open(part)
        if isinstance(found, Lapse):
            return self._lapsed(part, found)
        outcome = self._office.records.staff.accept(
            found.digest,
            visit.pass_.account,
            visit.now,
            visit.now.date(),
            person=visit.pass_.person,
        )
        if isinstance(outcome, Lapse):
            return self._lapsed(part, outcome)
        _log.info("%s accepted %s in %s", visit.pass_.account, found.handle, found.centre)
        if found.replaces and found.replaces != visit.pass_.account:
            self._door.end_sign_ins_of(found.replaces)
        return redirect("/equipe/", 303)

    def new_account(self, part: str) -> str | tuple[str, int]:
        """The form of an account of Préau's own."""
        found = self._open_for_account(part)
        if isinstance(found, Lapse):
            return self._lapsed(part, found)
        return self._drawn("new_account.html", part, found, identifier="", mistakes=None)

    def make_account(self, part: str) -> Response | tuple[str, int]:
        """Make the account and take the invitation with it, at once or not at all."""
        found = self._open_for_account(part)
        if isinstance(found, Lapse):
            return self._lapsed(part, found)
        identifier = request.form.get("identifiant", "")
        password = request.form.get("mot_de_passe", "")
        town = self._office.town()
        centre = town.centre(found.centre)
        around = (town.name, town.department, centre.name if centre else "")
        wrong = [
            one
            for one in (
                wrong_identifier(identifier),
                wrong_password(password, identifier, around),
            )
            if one is not None
        ]
        account = self._door.account_of(identifier)
        now = local(self._office.clock(), town)
        outcome: object = None
        if not wrong:
            kept = LocalAccount(account=account, password=self._door.passwords.digest(password))
            try:
                outcome = self._office.records.staff.accept(
                    found.digest, account, now, now.date(), account=kept
                )
            except IdentifierIsTaken:
                wrong = [
                    Mistake(
                        where="identifiant",
                        says=_("Cet identifiant est déjà pris. Choisissez-en un autre."),
                    )
                ]
        if wrong:
            mistakes = Mistakes(tuple(wrong))
            page = self._drawn(
                "new_account.html", part, found, identifier=identifier, mistakes=mistakes
            )
            return page, _UNPROCESSABLE
        if isinstance(outcome, Lapse):
            return self._lapsed(part, outcome)
        _log.info("%s accepted %s in %s", account, found.handle, found.centre)
        self._door.forget_tries_of(account)
        if found.replaces:
            self._door.end_sign_ins_of(found.replaces)
        response = make_response(redirect("/equipe/", 303))
        self._door.let_in(request, response, account)
        return response

    def _open(self, part: str) -> Invitation | Lapse:
        digest = digest_of_link(part, self._office.settings)
        found = None if digest is None else self._office.records.staff.invitation(digest)
        if found is None or self._place(found) is None:
            return Lapse.UNKNOWN
        if found.invited_by and not self._is_still_meant(found):
            return found.lapse(self._office.clock()) or Lapse.TAKEN_BACK
        return found.lapse(self._office.clock()) or found

    def _is_still_meant(self, invitation: Invitation) -> bool:
        """Say whether who made it may still give that right: what they offered ends with theirs."""
        office = self._office
        return may_in(
            office.records.staff_grants_of(invitation.invited_by),
            deed_of_giving(invitation.role),
            invitation.centre,
            local(office.clock(), office.town()).date(),
        )

    def _open_for_account(self, part: str) -> Invitation | Lapse:
        """The same, where the town allows accounts of Préau's own. Raises NotYours where not."""
        if not self._office.town().local_accounts:
            raise NotYours(LOCAL)
        return self._open(part)

    def _place(self, invitation: Invitation) -> str | None:
        """The name of the place it is for, or None when the town has it no more."""
        town = self._office.town()
        if invitation.centre == WHOLE_TOWN:
            return town.name
        centre = town.centre(invitation.centre)
        return None if centre is None else centre.name

    def _asked_for_code(self, typed: str, mistakes: Mistakes | None) -> str:
        return render_template(
            "invitation_code.html",
            visit=g.visit,
            town=self._office.town(),
            typed=typed,
            mistakes=mistakes,
        )

    def _drawn(self, template: str, part: str, invitation: Invitation, **more: object) -> str:
        town = self._office.town()
        now = local(self._office.clock(), town)
        visit: Visit | None = g.visit
        source = None if visit is None else town.source(visit.pass_.source)
        return render_template(
            template,
            visit=visit,
            town=town,
            here=f"{PATH}/{part}",
            place=self._place(invitation),
            role=ROLE_NAMES[invitation.role],
            deeds=ROLE_DEEDS[invitation.role],
            handle=invitation.handle,
            is_renewal=bool(invitation.replaces),
            asks_second=invitation.role in NEEDS_SECOND_FACTOR,
            until=until_when(invitation.expires_at, town),
            ends=""
            if invitation.ends_on is None
            else day_said(invitation.ends_on, now, town.language),
            sources=town.sources_of(Door.TEAM),
            source=None if source is None else source.label,
            least=MIN_LENGTH,
            **more,
        )

    def _lapsed(self, part: str, lapse: Lapse) -> tuple[str, int]:
        digest = digest_of_link(part, self._office.settings)
        found = None if digest is None else self._office.records.staff.invitation(digest)
        town = self._office.town()
        centre = None if found is None else town.centre(found.centre)
        title, advice = LAPSES[lapse]
        page = render_template(
            "invitation_lapsed.html",
            visit=g.visit,
            town=town,
            title=title,
            advice=advice,
            contact=town.contact if centre is None else centre.contact,
        )
        return page, _NOT_FOUND if lapse is Lapse.UNKNOWN else _GONE
