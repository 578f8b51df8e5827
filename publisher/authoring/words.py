"""What the team is told, in whole sentences: for whom a post is, and where it stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from publisher.kinds.reminder import PICTOGRAMS
from publisher.language import hour, short_day
from publisher.model.mistake import Mistake
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.town import Centre

Translate = Callable[[str], str]


def listed(words: Iterable[str], translate: Translate) -> str:
    """« a », « a et b », « a, b et c »."""
    every = list(words)
    if len(every) <= 1:
        return "".join(every)
    return translate(_("{first} et {last}")).format_map(
        {"first": ", ".join(every[:-1]), "last": every[-1]}
    )


def groups_named(centre: Centre, groups: Iterable[str], translate: Translate) -> str:
    """The names of *groups*, in the centre's order."""
    chosen = set(groups)
    return listed((one.name for one in centre.groups if one.slug in chosen), translate)


def audience(centre: Centre, groups: tuple[str, ...], translate: Translate) -> str:
    """For whom a post is, as a sentence: the consequence under the send button."""
    if not groups:
        says = _("Visible par toutes les familles du centre {centre}.")
    elif len(groups) == 1:
        says = _("Visible par les familles du groupe {groups}, centre {centre}.")
    else:
        says = _("Visible par les familles des groupes {groups}, centre {centre}.")
    return translate(says).format_map(
        {"centre": centre.name, "groups": groups_named(centre, groups, translate)}
    )


def schools_named(centre: Centre, translate: Translate) -> str:
    """The schools whose families may see it, or that there is none."""
    if not centre.schools:
        return translate(_("Aucune école n'est encore rattachée à ce centre."))
    says = _("Élèves de : {schools}.") if len(centre.schools) > 1 else _("Élèves de {schools}.")
    return translate(says).format_map(
        {"schools": listed((school.name for school in centre.schools), translate)}
    )


def title_of(post: Post) -> str:
    """What the team calls *post*; a programme without a title has none."""
    return post.sentence if isinstance(post, Reminder) else post.title


def picture_of(post: Post) -> str:
    """The pictogram beside *post* in the team's lists."""
    match post:
        case PhotoArticle():
            return "photo"
        case Programme():
            return "grille"
    return post.pictogram


SHAPES: dict[Moment, str] = {moment: f"s-{moment.value}" for moment in Moment}
"""The shape that says each moment, by its name in the theme's pictograms."""


def label_of(mistake: Mistake) -> str:
    """The form field a mistake is about, as an anchor: `slot-3` and `caption-x` are fields too."""
    return f"champ-{mistake.where}"


_FIELD_NAMES = {
    "title": _("Titre"),
    "sentence": _("Phrase"),
    "text": _("Texte"),
    "photo": _("Photos"),
    "moment": _("Moment"),
    "groups": _("Groupes"),
    "pictogram": _("Image"),
    "jour": _("Jour"),
    "autre_jour": _("Autre jour"),
    "fin": _("Fin"),
    "ends_at": _("Heure de fin"),
    "ends_on": _("Dernier jour"),
    "starts_on": _("Premier jour"),
    "publish_at": _("Mise en ligne"),
    "semaine": _("Semaine"),
    "slot-day": _("Jours"),
    "slot-moment": _("Moments"),
    "slot-group": _("Groupes des activités"),
    "slot-title": _("Activités"),
    "slot-time": _("Heures"),
    "slot-place": _("Lieux"),
    "slot-bring": _("À apporter"),
}


_CHOICES = {
    "jour": _("la fin de ce jour"),
    "heure": _("une heure précise"),
    "vacances": _("d'autres dates"),
    "oui": _("oui"),
}
_UNSAID = frozenset({"quand", "debut", "ouvert", "submission", "revision", "standing", "geste"})


def said_fields(
    fields: Mapping[str, Sequence[str]], centre: Centre | None, translate: Translate, language: str
) -> dict[str, str]:
    """What was typed and chosen, as people say it, by field: for showing outside the form."""
    said = {}
    for name, values in fields.items():
        unsaid = name in _UNSAID or name.startswith("vers-")
        if name == "autre_jour" and list(fields.get("jour", ())) != ["autre"]:
            unsaid = True
        if name == "jour" and list(values) == ["autre"]:
            unsaid = True
        words = [_said(name, value, centre, translate, language) for value in values if value]
        if name == "photo":
            words = [str(len(words))] if words else []
        if words and not unsaid:
            said[name] = " · ".join(words)
    return said


def _said(name: str, value: str, centre: Centre | None, translate: Translate, language: str) -> str:
    kind = name.removeprefix("slot-")
    if kind == "pictogram" and value in PICTOGRAMS:
        return translate(PICTOGRAMS[value])
    if kind == "moment" and value in set(Moment):
        return translate(Moment(value).short)
    group = centre.group(value) if centre and kind in {"group", "groups"} else None
    if group is not None:
        return group.name
    if name in {"fin", "semaine"} or name.startswith("decorative-"):
        chosen = _CHOICES.get(value)
        if chosen is not None:
            return translate(chosen)
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    day = short_day(instant.date(), language)
    return f"{day}, {hour(instant, language)}" if "T" in value else day


def name_of_field(name: str) -> str:
    """What people call a field, when it is shown outside its form."""
    if name.startswith("caption-"):
        return _("Légende")
    if name.startswith("decorative-"):
        return _("Photo décorative")
    return _FIELD_NAMES.get(name, name)
