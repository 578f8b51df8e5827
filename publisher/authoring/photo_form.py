"""The photo form: already filled in from the clock and the programme, so that nothing is typed."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from publisher.authoring.fields import (
    NOW,
    Fields,
    Opening,
    TeamForm,
    first,
    last_day_before,
    of_publication,
    with_publication,
)
from publisher.kinds.photo_article import MAX_PHOTOS, NAME, proposed_slot
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle, Post, Programme, Slot
from publisher.model.school_year import last_day_of_school_year

REMOVE = "retirer-"
FORWARD = "avancer-"


def proposal(opening: Opening) -> tuple[Moment, Slot | None]:
    """What the animator most likely tells of: the slot the link names, else today's."""
    named = _named_slot(opening)
    if named is not None:
        return named.moment, named
    return proposed_slot(opening.centre, programmes_of(opening), opening.now)


def programmes_of(opening: Opening) -> Iterator[Programme]:
    """The centre's programmes that families see now."""
    for post in opening.content.posts:
        if isinstance(post, Programme) and post.publication.is_live(opening.now):
            yield post


def _named_slot(opening: Opening) -> Slot | None:
    number = opening.asked.get("creneau", "")
    for programme in programmes_of(opening):
        if programme.publication.slug == opening.asked.get("programme") and number.isdecimal():
            rank = int(number)
            return programme.slots[rank] if rank < len(programme.slots) else None
    return None


def _fresh(opening: Opening) -> Fields:
    moment, slot = proposal(opening)
    return {
        "moment": [moment.value],
        "groups": [slot.group] if slot and slot.group else [],
        "title": [slot.title if slot else ""],
        "quand": [NOW],
        "ends_on": [last_day_of_school_year(opening.now.date()).isoformat()],
    }


def _of_post(post: Post, now: datetime) -> Fields:
    assert isinstance(post, PhotoArticle)  # noqa: S101 (FORMS gives each form its own posts)
    fields = of_publication(post.publication, now)
    fields |= {
        "moment": [post.moment.value],
        "title": [post.title],
        "text": [post.text],
        "photo": [photo.id for photo in post.photos],
    }
    if post.publication.ends_at is not None:
        fields["ends_on"] = [last_day_before(post.publication.ends_at, now).isoformat()]
    for photo in post.photos:
        if photo.caption is None:
            fields[f"decorative-{photo.id}"] = ["oui"]
        else:
            fields[f"caption-{photo.id}"] = [photo.caption]
    return fields


def _arranged(fields: Fields, opening: Opening) -> Fields:  # noqa: ARG001 (every form's signature)
    return with_publication(fields)


def _after_gesture(gesture: str, fields: Fields, opening: Opening) -> Fields | None:  # noqa: ARG001 (every form's signature)
    photos = list(fields.get("photo", []))
    named = gesture.removeprefix(REMOVE).removeprefix(FORWARD)
    if named not in photos:
        return None
    if gesture.startswith(REMOVE):
        photos.remove(named)
    elif gesture.startswith(FORWARD):
        rank = photos.index(named)
        photos.insert(max(0, rank - 1), photos.pop(rank))
    else:
        return None
    return fields | {"photo": photos}


def _shown(fields: Fields, opening: Opening) -> Mapping[str, object]:
    moment, slot = proposal(opening)
    photos = []
    for one in dict.fromkeys(fields.get("photo", [])):
        photo = opening.content.photos.get(one)
        photos.append(
            {
                "id": one,
                "smallest": photo.renditions[0] if photo else None,
                "caption": first(fields, f"caption-{one}"),
                "decorative": bool(first(fields, f"decorative-{one}")),
            }
        )
    return {
        "photos": photos,
        "limit": MAX_PHOTOS,
        "proposed_moment": moment,
        "proposed_slot": slot,
    }


FORM = TeamForm(
    name=NAME,
    template="photo-article.html",
    fresh=_fresh,
    of_post=_of_post,
    arranged=_arranged,
    after_gesture=_after_gesture,
    shown=_shown,
)
