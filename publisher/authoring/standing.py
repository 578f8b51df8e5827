"""Where a post stands between the animator's act and the families' screen. Pure.

Only what the press says it has placed is said to be online: a saved post is not a read one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from publisher.content.library import StoredPost
from publisher.language import hour, long_day
from publisher.model.mistake import in_french as _
from publisher.shelf import Edition


class State(StrEnum):
    """What the team is told of a post."""

    ONLINE = "online"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SET_ASIDE = "set_aside"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A post's state and the sentences that say it: French, with {named} places."""

    state: State
    says: str
    then: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def standing_of(
    stored: StoredPost, edition: Edition | None, now: datetime, language: str
) -> Standing:
    """Where *stored* stands at *now*, by what the shelf says of the centre's *edition*."""
    publication = stored.post.publication
    placed = edition.posts.get(publication.slug) if edition else None
    if publication.withdrawn_at is not None:
        if placed is None:
            return Standing(
                state=State.WITHDRAWN, says=_("Retiré. Les familles ne le voient plus.")
            )
        return Standing(
            state=State.WAITING,
            says=_("On le retire…"),
            then=_("Gardez cette page ouverte un instant."),
        )
    if publication.ends_at is not None and publication.ends_at <= now:
        return Standing(
            state=State.ENDED,
            says=_("C'est terminé. Les familles ne le voient plus."),
            then=_("La fin choisie est passée. Modifiez-la pour le montrer de nouveau."),
        )
    if now < publication.published_at:
        at = publication.published_at.astimezone(now.tzinfo)
        return Standing(
            state=State.SCHEDULED,
            says=_("Ce sera en ligne {day}, à {hour}"),
            then=_("Vous n'avez plus rien à faire."),
            facts={"day": long_day(at.date(), language), "hour": hour(at, language)},
        )
    if placed == stored.revision:
        return Standing(state=State.ONLINE, says=_("C'est en ligne"))
    aside = set_aside_of(publication.slug, edition)
    if aside is not None:
        line, reason = aside
        return Standing(
            state=State.SET_ASIDE,
            says=_("Rien n'a changé en ligne"),
            then=_("Ligne {line} : {reason}") if line else "{reason}",
            facts={"line": line, "reason": reason},
        )
    return Standing(
        state=State.WAITING,
        says=_("C'est enregistré"),
        then=(
            _("La version d'avant reste en ligne. La nouvelle arrive…")
            if placed
            else _("La mise en ligne est en cours…")
        ),
    )


def set_aside_of(slug: str, edition: Edition | None) -> tuple[int, str] | None:
    """The line (0: none) and the reason for which the press set the post aside, if it did.

    The press names a post by its slug or by its document's path.
    """
    for post, line, reason in edition.set_aside if edition else ():
        if slug == post or slug in post.split("/"):
            return line, reason
    return None
