"""How the team's rights are said: the work rather than the person, so that no word has a mark."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from publisher.authoring.words import Translate
from publisher.language import full_day, hour, long_day, short_day
from publisher.model.mistake import in_french as _
from publisher.model.person import StaffRole
from publisher.model.staff import Lapse
from publisher.model.town import Town

ROLE_NAMES: Mapping[StaffRole, str] = {
    StaffRole.ANIMATOR: _("Animation"),
    StaffRole.DIRECTOR: _("Direction"),
    StaffRole.DEPARTMENT: _("Service de la Ville"),
    StaffRole.ADMINISTRATOR: _("Administration"),
}
ROLE_DEEDS: Mapping[StaffRole, str] = {
    StaffRole.ANIMATOR: _("publier les photos, les rappels et les programmes"),
    StaffRole.DIRECTOR: _("publier, et donner ou reprendre les droits de l'équipe"),
    StaffRole.DEPARTMENT: _("lire tous les centres, sans rien publier"),
    StaffRole.ADMINISTRATOR: _("donner et reprendre les droits dans toute la ville"),
}

LAPSES: Mapping[Lapse, tuple[str, str]] = {
    Lapse.UNKNOWN: (
        _("Cette invitation n'est pas connue"),
        _(
            "Reprenez le lien en entier, ou le code lettre par lettre. Sinon, demandez-en une autre."
        ),
    ),
    Lapse.USED: (
        _("Cette invitation a déjà servi"),
        _(
            "C'était vous ? Entrez par la porte de l'équipe. Ce n'était pas vous ? Prévenez tout de suite la direction."
        ),
    ),
    Lapse.TAKEN_BACK: (
        _("Cette invitation a été annulée"),
        _("Demandez-en une autre à la direction du centre."),
    ),
    Lapse.OVER: (
        _("Cette invitation est trop ancienne"),
        _("Elle valait 72 heures. Demandez-en une autre à la direction du centre."),
    ),
    Lapse.ALREADY_HERE: (
        _("Vous avez déjà un droit ici"),
        _(
            "Cette invitation est pour une autre personne, et elle peut encore servir : donnez-la-lui. Ou quittez, puis entrez avec votre autre compte."
        ),
    ),
}
"""For each invitation that cannot be used, what happened and what to do."""

_MINUTE = timedelta(minutes=1)


def until_when(instant: datetime, town: Town) -> str:
    """« jeudi 19 novembre, 14 h 05 », in the town's hours."""
    at = instant.astimezone(town.timezone)
    return f"{long_day(at.date(), town.language)}, {hour(at, town.language)}"


def day_said(day: date, now: datetime, language: str) -> str:
    """« 12 novembre », with its year when it is another."""
    return short_day(day, language) if day.year == now.year else full_day(day, language)


def asked_to_wait(wait: timedelta, town: Town, translate: Translate) -> str:
    """What somebody who tried too often is told: how long, and whom to call."""
    if wait > _MINUTE:
        says = _("Trop d'essais. Réessayez dans {minutes} minutes, ou appelez : {who}, {phone}.")
    else:
        says = _("Trop d'essais. Réessayez dans {seconds} secondes.")
    return translate(says).format_map(
        {
            "minutes": -(-wait // _MINUTE),
            "seconds": max(1, -(-wait // timedelta(seconds=1))),
            "who": town.department,
            "phone": town.contact.phone,
        }
    )
