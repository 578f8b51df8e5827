"""What a receipt says: only what the press has placed is online."""

import json
from datetime import timedelta

import pytest

from publisher.authoring.addresses import family_address
from publisher.authoring.standing import Standing, State, standing_of
from publisher.content.library import StoredPost, read_centre, save_new_post, withdraw_post
from publisher.editions.plan import plan_of
from publisher.model.post import Post
from publisher.shelf import Edition
from tests.authoring.conftest import TILLEULS, Desk, Visitor
from tests.posts import NOW, article, programme, reminder
from tests.sites import put_online

SOON, PAST = NOW + timedelta(hours=1), NOW - timedelta(minutes=1)


def put(desk: Desk, post: Post) -> StoredPost:
    """Save *post*."""
    return save_new_post(desk.content, post)


def edition(stored: StoredPost | None = None, **more: object) -> Edition:
    """An edition that shows *stored*, or nothing."""
    posts = {stored.post.publication.slug: stored.revision} if stored else {}
    return Edition(made_at=NOW, moment=NOW, **{"posts": posts, **more})  # type: ignore[arg-type]  # facts by name


def stand(stored: StoredPost, on_shelf: Edition | None) -> Standing:
    """Where *stored* stands at NOW."""
    return standing_of(stored, on_shelf, NOW, "fr")


def test_a_post_is_online_when_the_shelf_has_this_very_revision(desk: Desk) -> None:
    """Not before the press, not with the revision of before the edit."""
    stored = put(desk, reminder())
    assert stand(stored, None).state is State.WAITING
    assert stand(stored, edition()).state is State.WAITING
    assert stand(stored, edition(posts={"2026-11-18-maillot": "of-before"})).state is State.WAITING
    assert stand(stored, edition(stored)).state is State.ONLINE


def test_a_scheduled_post_says_its_hour(desk: Desk) -> None:
    """« Ce sera en ligne » with the day and the hour of the town."""
    standing = stand(put(desk, reminder(published_at=SOON)), edition())
    assert standing.state is State.SCHEDULED
    assert standing.says.format_map(standing.facts) == (
        "Ce sera en ligne mercredi 18 novembre, à 18 h"
    )


def test_a_post_that_ended_says_so(desk: Desk) -> None:
    """Even while the press has not taken it out yet."""
    stored = put(desk, reminder(ends_at=PAST))
    assert stand(stored, edition(stored)).state is State.ENDED


@pytest.mark.parametrize(
    "named", ["2026-11-18-maillot", "les-tilleuls/posts/2026-2027/2026-11-18-maillot/post.md"]
)
def test_a_post_set_aside_says_its_line_and_reason(desk: Desk, named: str) -> None:
    """Whether the press names it by its slug or by its document."""
    standing = stand(put(desk, reminder()), edition(set_aside=((named, 3, "Ce lien est cassé."),)))
    assert standing.state is State.SET_ASIDE
    assert standing.then.format_map(standing.facts) == "Ligne 3 : Ce lien est cassé."


def test_a_slug_that_begins_alike_is_another_post(desk: Desk) -> None:
    """`…-maillot-2` set aside says nothing of `…-maillot`."""
    aside = edition(set_aside=(("2026-11-18-maillot-2", 1, "x"),))
    assert stand(put(desk, reminder()), aside).state is State.WAITING


def test_a_withdrawn_post_is_withdrawn_once_the_press_confirmed(desk: Desk) -> None:
    """« Retiré » is said only when families see it nowhere."""
    stored = put(desk, reminder())
    withdrawn = withdraw_post(desk.content, desk.centre(), "2026-11-18-maillot", NOW)
    assert stand(withdrawn, edition(stored)).state is State.WAITING
    assert stand(withdrawn, edition()).says == "Retiré. Les familles ne le voient plus."


def test_the_receipt_follows_the_shelf(desk: Desk, ines: Visitor) -> None:
    """Page and state agree, from the saving to the withdrawal."""
    stored = put(desk, reminder(groups=("moyens",)))
    where = f"/equipe/{TILLEULS}/publications/2026-11-18-maillot/"

    def shown() -> tuple[str, str]:
        return json.loads(ines.get(f"{where}etat").data)["state"], ines.get(where).text

    def press(on_shelf: Edition) -> None:
        put_online(desk.instance / "build", TILLEULS, on_shelf)

    state, page = shown()
    assert state == "waiting"
    assert "C&#39;est enregistré" in page
    assert "Actualiser" in page
    press(edition(stored))
    state, page = shown()
    assert state == "online"
    assert "Visible par les familles du groupe Moyens, centre Les Tilleuls." in page
    assert "École Jacques-Prévert" in page
    assert "/entrer/demo?vers=/les-tilleuls/groupes/moyens/rappels.html" in page
    assert ines.get(f"{where}retirer").status_code == 200
    assert shown()[0] == "online"
    assert ines.send(f"{where}retirer").status_code == 303
    assert shown()[0] == "waiting"
    press(edition())
    state, page = shown()
    assert state == "withdrawn"
    assert "Retiré. Les familles ne le voient plus." in page


def test_the_way_in_is_where_the_plan_puts_the_page(desk: Desk) -> None:
    """« Voir comme une famille » leads to pages that exist, in every space of every kind."""
    desk.put_photo("a" * 26)
    posts = [
        make(slug, **groups)
        for make, name in ((article, "fresque"), (programme, "semaine"), (reminder, "rappel"))
        for slug, groups in ((name, {}), (f"{name}-g", {"groups": ("petits", "grands")}))
    ]
    for post in posts:
        put(
            desk,
            post
            if not hasattr(post, "photos")
            else article(post.publication.slug, ("a" * 26,), groups=post.publication.groups),
        )
    content = read_centre(desk.content, desk.centre()).content
    assert len(content.posts) == 6
    pages = {f"/{TILLEULS}/{page.path}" for page in plan_of(content, NOW).pages}
    ways = {
        family_address(post, space) for post in content.posts for space in post.publication.spaces
    }
    assert ways <= pages
    assert len(ways) == 9
