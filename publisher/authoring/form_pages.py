"""The three forms, new and edited: shown, sent, shown again with all that was typed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Flask, g, redirect, render_template, request
from werkzeug.wrappers import Response

from publisher.authoring.fields import Fields, Opening, TeamForm, first
from publisher.authoring.forms import FORMS
from publisher.authoring.home_pages import words_of
from publisher.authoring.office import Office, new_submission
from publisher.authoring.submit import (
    SUBMISSION,
    Collision,
    read_submitted,
    save_edit,
    save_once,
)
from publisher.authoring.token import FIELD
from publisher.authoring.visit import NotYours, Visit
from publisher.authoring.words import Translate, audience, said_fields
from publisher.content.library import PostIsUnknown, StoredPost, read_centre, read_post
from publisher.content.photos import read_photo
from publisher.kinds import kind_of
from publisher.language import translations_for
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.space import SLUG
from publisher.model.town import Centre

log = logging.getLogger(__name__)

GESTURE = "geste"
SEND = "envoyer"
OVERWRITE = "garder-le-mien"

MOST_PHOTOS = 500
"""Photos of one form that are looked up: more than this is nobody's selection."""

_UNPROCESSABLE, _CONFLICT, _NO_ROOM = 422, 409, 507


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A form as it is to be drawn: its fields, and what there is to say above them.

    `stands` is the post as somebody else left it, when both must be shown; `unsaved` says
    that the disk refused.
    """

    fields: Fields
    submission: str
    revision: str = ""
    mistakes: tuple[Mistake, ...] = ()
    stands: StoredPost | None = None
    unsaved: bool = False


def add(app: Flask, office: Office) -> None:
    """Give *app* the forms."""
    pages = _FormPages(office)
    app.add_url_rule("/equipe/<slug>/nouveau/<kind>", "new", pages.new, methods=["GET", "POST"])
    app.add_url_rule(
        "/equipe/<slug>/publications/<post>/modifier",
        "edit",
        pages.edit,
        methods=["GET", "POST"],
    )


class _FormPages:
    """The forms of one office: shown, received, shown again."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def _opened(self, centre: Centre, visit: Visit, sent: Sequence[str] = ()) -> Opening:
        """The form's surroundings; the photos *sent* that no post shows yet are among them."""
        content = read_centre(self._office.content, centre).content
        photos = dict(content.photos)
        for one in sent[:MOST_PHOTOS]:
            photo = photos.get(one) or read_photo(self._office.content, centre.slug, one)
            if photo is not None:
                photos[one] = photo
        return Opening(
            centre=centre,
            content=replace(content, photos=photos),
            now=visit.now,
            asked=request.args.to_dict(),
        )

    def _drawn(
        self, form: TeamForm, opening: Opening, shown: Shown, edited: StoredPost | None, status: int
    ) -> tuple[str, int]:
        visit: Visit = g.visit
        translate = translations_for(visit.town.language).gettext
        groups = tuple(shown.fields.get("groups", ()))
        everyone = len(groups) == len(opening.centre.groups)
        words = words_of(visit.town, visit)
        page = render_template(
            form.template,
            visit=visit,
            centre=opening.centre,
            form=form,
            fields=shown.fields,
            first=lambda name: first(shown.fields, name),
            every=lambda name: shown.fields.get(name, []),
            submission=shown.submission,
            revision=shown.revision,
            mistakes=Mistakes(shown.mistakes) if shown.mistakes else None,
            stands=shown.stands,
            stands_name=words.name(shown.stands.post) if shown.stands else "",
            differs=differing(form, opening, shown, translate, visit) if shown.stands else {},
            unsaved=shown.unsaved,
            edited=edited,
            edited_name=words.name(edited.post) if edited else "",
            may_postpone=edited is None or edited.post.publication.published_at > visit.now,
            audience=audience(opening.centre, () if everyone else groups, translate),
            audience_all=audience(opening.centre, (), translate),
            now=visit.now,
            **form.shown(shown.fields, opening),
        )
        return page, status

    def _received(
        self, form: TeamForm, centre: Centre, edited: StoredPost | None
    ) -> Response | tuple[str, int]:
        visit: Visit = g.visit
        typed = request.form.to_dict(flat=False)
        opening = self._opened(centre, visit, typed.get("photo", []))
        gesture = first(typed, GESTURE) or SEND
        revision = first(typed, "revision")
        submission = first(typed, "submission")
        if SUBMISSION.match(submission) is None:
            submission = new_submission()
        fields = form.arranged(
            {
                name: values
                for name, values in typed.items()
                if name not in {GESTURE, FIELD, "revision", "submission"}
            },
            opening,
        )
        after = (
            None if gesture in {SEND, OVERWRITE} else form.after_gesture(gesture, fields, opening)
        )
        if gesture not in {SEND, OVERWRITE}:
            shown = Shown(fields=after or fields, submission=submission, revision=revision)
            return self._drawn(form, opening, shown, edited, 200)
        if gesture == OVERWRITE:
            revision = first(typed, "standing") or revision
        read = read_submitted(form, fields, opening, visit.pass_.person, edited, self._office)
        if isinstance(read, Mistakes):
            shown = Shown(
                fields=_unfolded(fields, read),
                submission=submission,
                revision=revision,
                mistakes=read.all,
            )
            return self._drawn(form, opening, shown, edited, _UNPROCESSABLE)
        try:
            outcome = (
                save_edit(self._office, centre, read, revision)
                if edited
                else save_once(self._office, centre, read, submission, visit.now)
            )
        except PostIsUnknown:
            raise NotYours(read.publication.slug) from None
        except OSError:
            log.exception("a post could not be kept in %s", centre.slug)
            shown = Shown(fields=fields, submission=submission, revision=revision, unsaved=True)
            return self._drawn(form, opening, shown, edited, _NO_ROOM)
        if isinstance(outcome, Collision):
            shown = Shown(
                fields=fields, submission=submission, revision=revision, stands=outcome.stored
            )
            return self._drawn(form, opening, shown, outcome.stored, _CONFLICT)
        slug = outcome.stored.post.publication.slug
        return redirect(f"/equipe/{centre.slug}/publications/{slug}/", 303)

    def new(self, slug: str, kind: str) -> Response | tuple[str, int]:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        form = FORMS.get(kind)
        if form is None:
            raise NotYours(kind)
        if request.method == "POST":
            return self._received(form, centre, None)
        opening = self._opened(centre, visit)
        shown = Shown(fields=form.fresh(opening), submission=new_submission())
        return self._drawn(form, opening, shown, None, 200)

    def edit(self, slug: str, post: str) -> Response | tuple[str, int]:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        stored = read_post(self._office.content, centre, post) if SLUG.match(post) else None
        if stored is None:
            raise NotYours(post)
        form = FORMS[kind_of(stored.post).name]
        if request.method == "POST":
            return self._received(form, centre, stored)
        opening = self._opened(centre, visit)
        shown = Shown(
            fields=form.of_post(stored.post, visit.now),
            submission=new_submission(),
            revision=stored.revision,
        )
        return self._drawn(form, opening, shown, stored, 200)


def differing(
    form: TeamForm, opening: Opening, shown: Shown, translate: Translate, visit: Visit
) -> dict[str, str]:
    """What the post that stands says otherwise than the form, field by field, in words."""
    if shown.stands is None:
        return {}
    language = visit.town.language
    theirs = form.arranged(form.of_post(shown.stands.post, visit.now), opening)
    there = said_fields(theirs, opening.centre, translate, language)
    here = said_fields(shown.fields, opening.centre, translate, language)
    names = dict.fromkeys([*there, *here])
    return {
        name: there.get(name, "")
        for name in names
        if name != "day" and there.get(name) != here.get(name)
    }


def _unfolded(fields: Fields, mistakes: Mistakes) -> Fields:
    """*fields* with the day of the first wrong line of a programme unfolded."""
    for one in mistakes.all:
        number = one.where.removeprefix("slot-")
        days = fields.get("slot-day", [])
        if number.isdecimal() and int(number) < len(days):
            return fields | {"ouvert": [days[int(number)]]}
    return fields
