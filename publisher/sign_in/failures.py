"""What is said when nobody was signed in, and what to do next."""

from publisher.model.mistake import in_french as _
from publisher.sign_in.method import Why

FAILURES = {
    Why.UNKNOWN_SOURCE: (
        _("Cette porte n'existe pas"),
        _("Revenez à l'entrée et choisissez la vôtre."),
    ),
    Why.UNREACHABLE: (
        _("L'ENT de l'école ne répond pas"),
        _("Réessayez dans quelques minutes. Le programme reste lisible sur l'affiche du hall."),
    ),
    Why.BUSY: (
        _("Beaucoup de familles entrent en même temps"),
        _("L'ENT répond lentement. Cette page recommence seule dans quelques secondes."),
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
    Why.ALREADY_USED: (
        _("Ce lien a déjà servi"),
        _("Il ne s'ouvre qu'une fois. Revenez au portail et appuyez de nouveau sur la tuile."),
    ),
    Why.NOBODY: (
        _("L'ENT n'a pas dit qui vous êtes"),
        _(
            "Votre compte est reconnu, mais pas votre profil. Montrez cette page au centre ou à l'école."
        ),
    ),
}
"""For each failure, a title and what to do."""

STATUSES = {Why.UNKNOWN_SOURCE: 404, Why.UNREACHABLE: 503, Why.BUSY: 503}
