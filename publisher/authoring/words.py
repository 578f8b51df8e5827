"""What the team is told, in whole sentences: for whom a post is, and where it stands."""

from collections.abc import Callable, Iterable

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


def name_of_field(name: str) -> str:
    """What people call a field, when it is shown outside its form."""
    if name.startswith("caption-"):
        return _("Légende")
    if name.startswith("decorative-"):
        return _("Photo décorative")
    return _FIELD_NAMES.get(name, name)
