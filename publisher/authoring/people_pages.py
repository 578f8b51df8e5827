"""Who has rights in a centre: seen, invited, prolonged, taken back. For directors, and the town."""

import logging
from dataclasses import dataclass
from datetime import date

import segno
from flask import Flask, g, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from publisher.authoring.invitations import PATH, Offer, make_offer
from publisher.authoring.office import Office
from publisher.authoring.rights import Deed, deed_of_giving
from publisher.authoring.team_words import ROLE_DEEDS, ROLE_NAMES, day_said, until_when
from publisher.authoring.visit import NotYours, Visit
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.person import TOWN_WIDE, WHOLE_TOWN, WRITING, StaffRole
from publisher.model.staff import Colleague, Invitation
from publisher.sign_in.codes import in_groups

_log = logging.getLogger(__name__)

TOWN_SLUG = "ville"
"""The whole town's place in an address: no centre can have that name."""

_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A centre, or the whole town: its part of an address, its key in the records, its name."""

    slug: str
    centre: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a right, as the list says them. `may_change`: whether the reader may."""

    handle: str
    role: str
    deeds: str
    since: str
    until: str
    ends_on: str
    has_ended: bool
    is_reader: bool
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An invitation nobody used yet, as the list says it."""

    handle: str
    role: str
    until: str
    is_renewal: bool
    may_change: bool


def drawn_square(address: str) -> Markup:
    """*address* as a square that a telephone reads, dark on white whatever the page's colours."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=3, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704 (segno's own shapes; the address is not in them as text)


def add(app: Flask, office: Office) -> None:
    """Give *app* the pages of a centre's people."""
    pages = _PeoplePages(office)
    root = "/equipe/<slug>/personnes"
    app.get(root, endpoint="people")(pages.people)
    app.get(f"{root}/<handle>", endpoint="person")(pages.person)
    app.post(f"{root}/inviter", endpoint="invite")(pages.invite)
    app.post(f"{root}/<handle>/prolonger", endpoint="prolong")(pages.prolong)
    app.post(f"{root}/<handle>/nouveau-lien", endpoint="renew")(pages.renew)
    app.post(f"{root}/<handle>/reprendre", endpoint="take_back")(pages.take_back)
    app.post(f"{root}/<handle>/annuler", endpoint="revoke_invitation")(pages.revoke_invitation)


class _PeoplePages:
    """The people of one place at a time."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def people(self, slug: str) -> str:
        """Everybody with a right, the invitations that wait, and the form of another."""
        visit, place = self._found(slug)
        return self._drawn(visit, place, None, StaffRole.ANIMATOR.value, "")

    def invite(self, slug: str) -> str | tuple[str, int]:
        """Make an invitation and show it, once."""
        visit, place = self._found(slug)
        typed = request.form.get("role", "")
        role = next((one for one in _roles(place) if one.value == typed), None)
        if role is None or not visit.may(deed_of_giving(role), place.centre):
            raise NotYours(typed)
        day = request.form.get("dernier_jour", "").strip()
        ends_on = _last_day(day, visit)
        if isinstance(ends_on, Mistake):
            return self._drawn(visit, place, Mistakes((ends_on,)), typed, day), _UNPROCESSABLE
        offer = make_offer(
            self._office.records.staff,
            self._office.settings,
            centre=place.centre,
            role=role,
            now=visit.now,
            ends_on=ends_on,
            invited_by=visit.pass_.person,
        )
        return _slip(visit, place, offer)

    def person(self, slug: str, handle: str) -> str:
        """One person's right, and what can be done with it."""
        visit, place, colleague = self._found_person(slug, handle)
        return _drawn_person(visit, place, colleague, None, "")

    def prolong(self, slug: str, handle: str) -> Response | tuple[str, int]:
        """Let the right end on another day."""
        visit, place, colleague = self._found_person(slug, handle)
        day = request.form.get("dernier_jour", "").strip()
        ends_on = _last_day(day, visit)
        if isinstance(ends_on, Mistake):
            wrong = Mistakes((ends_on,))
            return _drawn_person(visit, place, colleague, wrong, day), _UNPROCESSABLE
        self._office.records.staff.prolong(place.centre, colleague.handle, ends_on)
        _log.info(
            "%s let the right of %s in %s end on %s",
            visit.pass_.person,
            colleague.grant.person,
            place.slug,
            ends_on,
        )
        return _back(place)

    def renew(self, slug: str, handle: str) -> str:
        """Invite the same person again: whoever lost the way into their account."""
        visit, place, colleague = self._found_person(slug, handle)
        offer = make_offer(
            self._office.records.staff,
            self._office.settings,
            centre=place.centre,
            role=colleague.grant.role,
            now=visit.now,
            ends_on=colleague.grant.ends_on,
            invited_by=visit.pass_.person,
            replaces=colleague,
        )
        return _slip(visit, place, offer)

    def take_back(self, slug: str, handle: str) -> Response:
        """End the right at once, and with it the invitations that would renew it or that it made."""
        visit, place, colleague = self._found_person(slug, handle)
        staff = self._office.records.staff
        staff.revoke_invitation(place.centre, colleague.handle, visit.now)
        for one in staff.open_invitations(visit.now, place.centre):
            if one.invited_by == colleague.grant.person:
                staff.revoke_invitation(place.centre, one.handle, visit.now)
        staff.take_back(colleague.grant.person, place.centre)
        _log.info(
            "%s took back the right of %s in %s",
            visit.pass_.person,
            colleague.grant.person,
            place.slug,
        )
        return _back(place)

    def revoke_invitation(self, slug: str, handle: str) -> Response:
        """End an invitation nobody used."""
        visit, place = self._found(slug)
        staff = self._office.records.staff
        for one in staff.open_invitations(visit.now, place.centre):
            if one.handle == handle.upper() and visit.may(deed_of_giving(one.role), place.centre):
                staff.revoke_invitation(place.centre, one.handle, visit.now)
                return _back(place)
        raise NotYours(handle)

    def _found(self, slug: str) -> tuple[Visit, _Place]:
        """The place of that name, if the reader sees its people. Raises NotYours."""
        visit: Visit = g.visit
        if slug == TOWN_SLUG and visit.may(Deed.CHANGE_TOWN, WHOLE_TOWN):
            return visit, _Place(slug=slug, centre=WHOLE_TOWN, name=visit.town.name)
        for centre in visit.people_of:
            if centre.slug == slug:
                return visit, _Place(slug=slug, centre=slug, name=centre.name)
        raise NotYours(slug)

    def _found_person(self, slug: str, handle: str) -> tuple[Visit, _Place, Colleague]:
        """Whoever has that handle there, if the reader may change their right.

        Nobody changes their own: a contract is not prolonged by whom it binds, and a centre does
        not lose its director by a slip of the finger. Raises NotYours.
        """
        visit, place = self._found(slug)
        colleague = self._office.records.staff.colleague(place.centre, handle.upper())
        if colleague is None or not _may_change(visit, place, colleague):
            raise NotYours(handle)
        return visit, place, colleague

    def _drawn(
        self, visit: Visit, place: _Place, mistakes: Mistakes | None, role: str, day: str
    ) -> str:
        staff = self._office.records.staff
        people = [_said(visit, place, one) for one in staff.colleagues(place.centre)]
        return render_template(
            "people.html",
            visit=visit,
            place=place,
            people=[one for one in people if not one.has_ended],
            gone=[one for one in people if one.has_ended],
            waiting=[
                _waiting(visit, place, one)
                for one in staff.open_invitations(visit.now, place.centre)
            ],
            roles=[
                (one.value, ROLE_NAMES[one], ROLE_DEEDS[one])
                for one in _roles(place)
                if visit.may(deed_of_giving(one), place.centre)
            ],
            role=role,
            day=day,
            today=visit.now.date().isoformat(),
            mistakes=mistakes,
        )


def _roles(place: _Place) -> tuple[StaffRole, ...]:
    """What can be given there, the commonest first."""
    given = TOWN_WIDE if place.centre == WHOLE_TOWN else WRITING
    return tuple(role for role in StaffRole if role in given)


def _may_change(visit: Visit, place: _Place, colleague: Colleague) -> bool:
    return not _is_reader(visit, colleague) and visit.may(
        deed_of_giving(colleague.grant.role), place.centre
    )


def _is_reader(visit: Visit, colleague: Colleague) -> bool:
    return any(
        (one.person, one.centre) == (colleague.grant.person, colleague.grant.centre)
        for one in visit.grants
    )


def _last_day(typed: str, visit: Visit) -> date | Mistake | None:
    """The last day somebody typed; None when they typed none: until it is taken back."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return Mistake(
            where="dernier_jour", says=_("Ce n'est pas une date. Choisissez le dernier jour.")
        )
    if day < visit.now.date():
        return Mistake(
            where="dernier_jour",
            says=_("Cette date est passée. Choisissez aujourd'hui ou plus tard, ou laissez vide."),
        )
    return day


def _said(visit: Visit, place: _Place, colleague: Colleague) -> Person:
    grant, language = colleague.grant, visit.town.language
    since = colleague.since.astimezone(visit.town.timezone).date()
    return Person(
        handle=colleague.handle,
        role=ROLE_NAMES[grant.role],
        deeds=ROLE_DEEDS[grant.role],
        since=day_said(since, visit.now, language),
        until="" if grant.ends_on is None else day_said(grant.ends_on, visit.now, language),
        ends_on="" if grant.ends_on is None else grant.ends_on.isoformat(),
        has_ended=not grant.holds(visit.now.date()),
        is_reader=_is_reader(visit, colleague),
        may_change=_may_change(visit, place, colleague),
    )


def _waiting(visit: Visit, place: _Place, invitation: Invitation) -> Waiting:
    return Waiting(
        handle=invitation.handle,
        role=ROLE_NAMES[invitation.role],
        until=until_when(invitation.expires_at, visit.town),
        is_renewal=bool(invitation.replaces),
        may_change=visit.may(deed_of_giving(invitation.role), place.centre),
    )


def _drawn_person(
    visit: Visit, place: _Place, colleague: Colleague, mistakes: Mistakes | None, day: str
) -> str:
    person = _said(visit, place, colleague)
    return render_template(
        "person.html",
        visit=visit,
        place=place,
        person=person,
        day=day or person.ends_on,
        today=visit.now.date().isoformat(),
        mistakes=mistakes,
    )


def _slip(visit: Visit, place: _Place, offer: Offer) -> str:
    invitation, town = offer.invitation, visit.town
    _log.info("%s invited %s in %s", visit.pass_.person, invitation.handle, place.slug)
    return render_template(
        "slip.html",
        visit=visit,
        place=place,
        handle=invitation.handle,
        role=ROLE_NAMES[invitation.role],
        deeds=ROLE_DEEDS[invitation.role],
        code=in_groups(offer.code),
        link=f"{town.public_url}{offer.path}",
        page=f"{town.public_url}{PATH}",
        square=drawn_square(f"{town.public_url}{offer.path}"),
        until=until_when(invitation.expires_at, town),
        ends=""
        if invitation.ends_on is None
        else day_said(invitation.ends_on, visit.now, town.language),
        is_renewal=bool(invitation.replaces),
    )


def _back(place: _Place) -> Response:
    return redirect(f"/equipe/{place.slug}/personnes", 303)
