"""The team's door: choosing by which ENT to come in, and what is said on the way out."""

from urllib.parse import urlencode

from flask import Flask, render_template, request

from publisher.authoring.office import Office
from publisher.language import translations_for
from publisher.model.mistake import in_french as _
from publisher.model.source import Door
from publisher.sign_in.routes import return_path

PREFIX = "/equipe"


def add(app: Flask, office: Office) -> None:
    """Give *app* the door and the goodbye. Anybody may see them."""

    def drawn(title: str, advice: str) -> str:
        town = office.town()
        translate = translations_for(town.language).gettext
        back = return_path(request.args.get("vers"), PREFIX)
        return render_template(
            "door.html",
            visit=None,
            town=town,
            title=translate(title),
            advice=translate(advice),
            sources=town.sources_of(Door.TEAM),
            query=urlencode({"vers": back}, safe="/"),
        )

    @app.get(f"{PREFIX}/entrer", endpoint="door")
    def _door() -> str:
        return drawn(
            _("Bonjour !"),
            _("L'espace de l'équipe : photos, rappels et programmes de votre centre."),
        )

    @app.get(f"{PREFIX}/sortir", endpoint="goodbye")
    def _goodbye() -> str:
        return drawn(_("À bientôt !"), _("Vous êtes sorti. Ce téléphone n'a rien gardé."))
