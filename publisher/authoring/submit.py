"""What happens when a form is sent: read, checked, saved once, or shown again with all of it."""

import logging
import re
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.authoring.fields import Fields, Opening, TeamForm, first
from publisher.authoring.office import Office
from publisher.content.library import (
    PostIsUnknown,
    RevisionIsStale,
    StoredPost,
    read_post,
    save_edited_post,
    save_new_post,
)
from publisher.content.photos import read_photo
from publisher.kinds import KINDS, FormContext
from publisher.kinds.author_text import SCHEMES, links_of
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.post import Post
from publisher.model.town import Centre

log = logging.getLogger(__name__)

SUBMISSION = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The post is on the disk."""

    stored: StoredPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Somebody changed the post meanwhile, or this form was already sent with other words.

    Nothing was written; `stored` is what stands.
    """

    stored: StoredPost


def read_submitted(
    form: TeamForm,
    fields: Fields,
    opening: Opening,
    author: str,
    before: StoredPost | None,
    office: Office,
) -> Post | Mistakes:
    """Read *fields*, links of the author's text included."""
    context = FormContext(
        centre=opening.centre,
        now=opening.now,
        author=author,
        known_photos=frozenset(
            one
            for one in fields.get("photo", [])
            if read_photo(office.content, opening.centre.slug, one) is not None
        ),
        before=before.post.publication if before else None,
    )
    read = KINDS[form.name].read_form(fields, context)
    wrong_links = _wrong_links(first(fields, "text"))
    if isinstance(read, Mistakes):
        return Mistakes((*read.all, *wrong_links))
    return Mistakes(wrong_links) if wrong_links else read


def _wrong_links(text: str) -> tuple[Mistake, ...]:
    """An author links to the web, a mail or a phone: any other link leads nowhere for families."""
    return tuple(
        Mistake(
            where="text",
            says=_(
                "Ligne {line} : le lien « {address} » ne mène nulle part. Écrivez l'adresse entière, avec https://."
            ),
            facts={"line": link.line, "address": link.target[:60]},
            line=link.line,
        )
        for link in links_of(text)
        if link.target.partition(":")[0].lower() not in SCHEMES
    )


def save_once(
    office: Office, centre: Centre, post: Post, submission: str, now: datetime
) -> Saved | Collision:
    """Save a new post, unless its form already made one: sending twice makes one post.

    Raises OSError when it cannot be kept; nothing of it is then left.
    """
    with office.saving:
        slug = office.records.slug_submitted(submission, centre.slug)
        standing = read_post(office.content, centre, slug) if slug else None
        if standing is not None:
            return (
                Saved(stored=standing)
                if _same_words(standing.post, post)
                else Collision(stored=standing)
            )
        stored = save_new_post(office.content, post)
        slug = stored.post.publication.slug
        try:
            office.records.keep_submission(submission, centre.slug, slug, now)
        except Exception:
            # The post is on the disk: saying anything else would make the phone send it twice.
            log.exception("submission not written down for %s", slug)
        return Saved(stored=stored)


def save_edit(office: Office, centre: Centre, post: Post, revision: str) -> Saved | Collision:
    """Save *post* over what its author opened at *revision*.

    A second tap on the same words finds them already there, and is no collision.

    Raises PostIsUnknown, or OSError when it cannot be kept: what was there still is.
    """
    with office.saving:
        try:
            return Saved(stored=save_edited_post(office.content, centre, post, revision))
        except RevisionIsStale:
            standing = read_post(office.content, centre, post.publication.slug)
            if standing is None:
                raise PostIsUnknown(post.publication.slug) from None
            if _same_words(standing.post, post):
                return Saved(stored=standing)
            return Collision(stored=standing)


def _same_words(one: Post, other: Post) -> bool:
    """Say whether two posts say the same to the same people, whenever each was received."""
    first_, second = one.publication, other.publication
    return (first_.groups, first_.ends_at, first_.withdrawn_at) == (
        second.groups,
        second.ends_at,
        second.withdrawn_at,
    ) and replace(other, publication=first_) == one
