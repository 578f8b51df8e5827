"""The sentences that the phone's own script says, so that they are translated with the others."""

from collections.abc import Callable, Mapping

from publisher.model.mistake import in_french as _

_WORDS: Mapping[str, str] = {
    "session": _("Reconnectez-vous : votre brouillon vous attend, photos comprises."),
    "sign_in": _("Se reconnecter"),
    "token": _("Cette page avait vieilli. Rien n'est perdu : rechargez-la, puis envoyez."),
    "too_large": _(
        "C'est trop lourd pour un envoi. Rien n'est perdu : raccourcissez, puis envoyez."
    ),
    "failed": _("Pas encore enregistré. Gardez cette page ouverte, on réessaie."),
    "no_network": _("Pas de réseau. Tout est gardé dans ce téléphone, l'envoi reprend tout seul."),
    "kept": _("Gardé dans ce téléphone"),
    "not_kept": _(
        "Ce téléphone n'a plus de place pour garder le brouillon. Envoyez sans fermer la page."
    ),
    "kept_at": _("Gardé dans ce téléphone à {hour}"),
    "resumed": _("Votre brouillon est repris."),
    "found": _("Un brouillon vous attend ici : {what}."),
    "resume": _("Reprendre"),
    "restart": _("Recommencer"),
    "other_tab": _(
        "Ce brouillon continue dans un autre onglet. Ce que vous écrivez ici n'est plus gardé."
    ),
    "continue_here": _("Continuer ici"),
    "sent_elsewhere": _("Ce brouillon est parti d'un autre onglet."),
    "sending": _("Envoi…"),
    "try_now": _("Essayer maintenant"),
    "no_photo": _("Choisissez des photos"),
    "send_one": _("Envoyer 1 photo"),
    "send_many": _("Envoyer {count} photos"),
    "photos_none": _("Photos"),
    "photos_one": _("1 photo"),
    "photos_many": _("{count} photos"),
    "arriving_one": _("1 photo part encore. L'envoi suit tout seul, gardez cette page ouverte."),
    "arriving_many": _(
        "{count} photos partent encore. L'envoi suit tout seul, gardez cette page ouverte."
    ),
    "stuck_one": _(
        "Une photo n'est pas partie. Réessayez-la ou retirez-la : les autres sont arrivées."
    ),
    "stuck_many": _(
        "{count} photos ne sont pas parties. Réessayez-les ou retirez-les : les autres sont arrivées."
    ),
    "photo_sent": _("Envoyée"),
    "photo_waits": _("Attend"),
    "photo_percent": _("{percent} %"),
    "photo_prepared": _("Préparée…"),
    "photo_refused": _("Refusée"),
    "photo_retry": _("Réessayer"),
    "photo_retry_which": _("Réessayer la photo {number}"),
    "photo_offline": _("Attend le réseau"),
    "photo_failed": _("Cette photo n'est pas partie. Les autres continuent."),
    "photo_which": _("Photo {number} : légende et retrait"),
    "photo_title": _("Photo {number} sur {count}"),
    "caption_proposed": _("{title}, photo {number}"),
    "too_many": _(
        "{chosen} photos choisies : les {limit} premières sont prises, c'est le plus qu'un article montre. "
        "Les {left} autres restent dans votre téléphone : faites-en un second article."
    ),
    "lost_photos_one": _("1 photo n'était pas encore partie : choisissez-la de nouveau."),
    "lost_photos_many": _(
        "{count} photos n'étaient pas encore parties : choisissez-les de nouveau."
    ),
    "no_title": _("sans titre"),
    "draft_when": _("Gardé dans ce téléphone, {when}"),
    "forget": _("Oublier"),
    "forget_sure": _("Oublier pour de bon"),
    "and": _("{first} et {last}"),
    "activities_none": _("rien encore"),
    "activities_one": _("1 activité"),
    "activities_many": _("{count} activités"),
    "gesture_offline": _(
        "Pas de réseau : ce bouton a besoin du centre. Continuez à écrire, tout est gardé."
    ),
    "removed": _("Photo retirée."),
}


def words_for_screen(translate: Callable[[str], str]) -> dict[str, str]:
    """Every sentence by its name, translated; {named} places are filled by the script."""
    return {name: translate(words) for name, words in _WORDS.items()}
