"""The pages that show: the team's home, the list of posts, which centre, and nobody's right."""

from flask import Flask, g, redirect, render_template
from werkzeug.wrappers import Response

from publisher.authoring.addresses import as_a_family
from publisher.authoring.fields import Opening
from publisher.authoring.home import Words, by_school_year, entries_of, home_of
from publisher.authoring.office import Office
from publisher.authoring.rights import Deed
from publisher.authoring.visit import Visit
from publisher.content.library import read_centre
from publisher.language import translations_for
from publisher.model.town import Town
from publisher.shelf import read_edition


def words_of(town: Town, visit: Visit) -> Words:
    """The words of the town's language, at the hour of the visit."""
    return Words(translations_for(town.language).gettext, town.language, visit.now)


def handle_of(office: Office, visit: Visit, slug: str) -> str:
    """The person's own handle in that centre, by which its director recognises them."""
    people = {one.person for one in visit.grants if one.centre == slug}
    return next(
        (one.handle for one in office.records.staff.colleagues(slug) if one.grant.person in people),
        "",
    )


def add(app: Flask, office: Office) -> None:
    """Give *app* these pages."""

    @app.get("/equipe/", endpoint="start")
    def _start() -> Response | tuple[str, int] | str:
        visit: Visit = g.visit
        if not visit.centres and not visit.administers:
            return render_template("no_right.html", visit=visit), 403
        if len(visit.centres) == 1 and not visit.administers:
            return redirect(f"/equipe/{visit.centres[0].slug}/", 302)
        return render_template("centres.html", visit=visit)

    @app.get("/equipe/<slug>/", endpoint="home")
    def _home(slug: str) -> str:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        reading = read_centre(office.content, centre)
        opening = Opening(centre=centre, content=reading.content, now=visit.now)
        return render_template(
            "home.html",
            visit=visit,
            centre=centre,
            home=home_of(
                opening, reading, read_edition(office.build, slug), words_of(visit.town, visit)
            ),
            as_family=as_a_family(f"{centre.space.prefix}index.html", centre, visit.pass_),
            sees_people=visit.may(Deed.SEE_PEOPLE, slug),
            handle=handle_of(office, visit, slug),
        )

    @app.get("/equipe/<slug>/publications/", endpoint="posts")
    def _posts(slug: str) -> str:
        visit: Visit = g.visit
        centre = visit.centre(slug)
        entries = entries_of(
            read_centre(office.content, centre),
            centre,
            read_edition(office.build, slug),
            words_of(visit.town, visit),
        )
        return render_template(
            "posts.html", visit=visit, centre=centre, years=by_school_year(entries)
        )
