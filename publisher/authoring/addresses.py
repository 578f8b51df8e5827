"""Where things are: a post as families meet it, and the way in that leads there."""

from urllib.parse import urlencode

from publisher.model.person import Pass
from publisher.model.post import PhotoArticle, Post, Programme
from publisher.model.space import Space
from publisher.model.town import Centre


def family_address(post: Post, space: Space) -> str:
    """Where *post* stands in *space*, as families see it. A reminder has no page of its own."""
    slug = post.publication.slug
    match post:
        case PhotoArticle():
            return f"{space.prefix}articles/{slug}.html"
        case Programme():
            return f"{space.prefix}programmes/{slug}.html"
    return f"{space.prefix}rappels.html"


def as_a_family(address: str, centre: Centre, pass_: Pass) -> str:
    """The families' door, by the person's own ENT, leading on to *address*.

    The two apps have each their own sign-in: what opens the team's app opens nothing here.
    """
    source = pass_.source if pass_.source in centre.sign_in else centre.sign_in[0]
    return f"/entrer/{source}?{urlencode({'vers': address}, safe='/')}"
