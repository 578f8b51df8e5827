"""After sending: where the post stands, for whom, until when; and taking it back."""

from flask import Flask, g, redirect, render_template
from werkzeug.wrappers import Response

from publisher.authoring.addresses import as_a_family, family_address
from publisher.authoring.home import entry_of
from publisher.authoring.home_pages import words_of
from publisher.authoring.office import Office
from publisher.authoring.standing import Standing, State, standing_of
from publisher.authoring.visit import NotYours, Visit
from publisher.authoring.words import Translate, audience, groups_named, schools_named
from publisher.content.library import PostIsUnknown, StoredPost, read_post, withdraw_post
from publisher.language import translations_for
from publisher.model.space import SLUG
from publisher.model.town import Centre
from publisher.shelf import read_edition


def sentences(standing: Standing, translate: Translate) -> tuple[str, str]:
    """What *standing* says, then what comes next, in the reader's language."""
    return (
        translate(standing.says).format_map(standing.facts),
        translate(standing.then).format_map(standing.facts) if standing.then else "",
    )


def add(app: Flask, office: Office) -> None:
    """Give *app* the receipt, its state for the script, and the withdrawal."""

    def found(slug: str, post: str) -> tuple[Visit, Centre, StoredPost]:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        # A slug is also a pattern of file names to look for: only a plain one is looked for.
        stored = read_post(office.content, centre, post) if SLUG.match(post) else None
        if stored is None:
            raise NotYours(post)
        return visit, centre, stored

    def standing(visit: Visit, stored: StoredPost) -> Standing:
        edition = read_edition(office.build, stored.post.publication.centre)
        return standing_of(stored, edition, visit.now, visit.town.language)

    @app.get("/equipe/<slug>/publications/<post>/", endpoint="receipt")
    def _receipt(slug: str, post: str) -> str:
        visit, centre, stored = found(slug, post)
        translate = translations_for(visit.town.language).gettext
        now_standing = standing(visit, stored)
        says, then = sentences(now_standing, translate)
        publication = stored.post.publication
        words = words_of(visit.town, visit)
        return render_template(
            "receipt.html",
            visit=visit,
            centre=centre,
            entry=entry_of(stored, centre, read_edition(office.build, slug), words),
            state=now_standing.state.value,
            says=says,
            then=then,
            is_withdrawn=publication.withdrawn_at is not None,
            audience=audience(centre, publication.groups, translate),
            schools=schools_named(centre, translate),
            ends=words.until(publication.ends_at) if publication.ends_at else "",
            ways_in=[
                (
                    groups_named(centre, [space.group or ""], translate),
                    as_a_family(family_address(stored.post, space), centre, visit.pass_),
                )
                for space in publication.spaces
            ]
            if now_standing.state is State.ONLINE
            else [],
        )

    @app.get("/equipe/<slug>/publications/<post>/etat", endpoint="state")
    def _state(slug: str, post: str) -> dict[str, str]:
        visit, _centre, stored = found(slug, post)
        now_standing = standing(visit, stored)
        says, then = sentences(now_standing, translations_for(visit.town.language).gettext)
        return {
            "state": now_standing.state.value,
            "sentence": says,
            "then": then,
            "address": family_address(stored.post, stored.post.publication.spaces[0]),
        }

    @app.get("/equipe/<slug>/publications/<post>/retirer", endpoint="ask_withdraw")
    def _ask(slug: str, post: str) -> str:
        visit, centre, stored = found(slug, post)
        words = words_of(visit.town, visit)
        return render_template(
            "withdraw.html",
            visit=visit,
            centre=centre,
            entry=entry_of(stored, centre, read_edition(office.build, slug), words),
        )

    @app.post("/equipe/<slug>/publications/<post>/retirer", endpoint="withdraw")
    def _withdraw(slug: str, post: str) -> Response:
        visit, centre, _stored = found(slug, post)
        try:
            with office.saving:
                withdraw_post(office.content, centre, post, visit.now)
        except PostIsUnknown:
            raise NotYours(post) from None
        return redirect(f"/equipe/{slug}/publications/{post}/", 303)
