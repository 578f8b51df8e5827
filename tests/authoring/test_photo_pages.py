"""One photo at a time: taken whole, refused alone, given back only as its safe copies."""

import json
from pathlib import Path

import pytest

from publisher.photos.prepare import MAX_BYTES
from tests.authoring.conftest import HERE, OURSE, TILLEULS, Desk, Visitor
from tests.photos.makers import encoded, four_corners

PHOTOS = f"/equipe/{TILLEULS}/photos"


def folders(desk: Desk) -> list[Path]:
    """The photos that the centre has."""
    return sorted((desk.content / TILLEULS / "photos").glob("*"))


def test_a_photo_is_kept_before_it_is_acknowledged(desk: Desk, ines: Visitor) -> None:
    """201 says its id, its size and where its thumbnail is, and the thumbnail opens."""
    answer = ines.upload(PHOTOS, encoded(four_corners((1200, 900)), "JPEG"))
    assert answer.status_code == 201
    kept = json.loads(answer.data)
    assert [folder.name for folder in folders(desk)] == [kept["id"]]
    assert (kept["width"], kept["height"]) == (480, 360)
    thumbnail = ines.get(kept["thumbnail"])
    assert thumbnail.status_code == 200
    assert thumbnail.mimetype == "image/jpeg"
    assert thumbnail.headers["Cache-Control"] == "private, no-cache"


def test_refused_photos_do_not_disturb_the_others(desk: Desk, ines: Visitor) -> None:
    """A corrupt one, a text and an empty one each say why in French; the good one is kept."""
    good = encoded(four_corners(), "PNG")
    for raw in (good[:200], b"Ceci n'est pas une photo", b""):
        answer = ines.upload(PHOTOS, raw)
        assert answer.status_code == 422
        assert json.loads(answer.data)["message"].endswith((".", "!"))
        assert folders(desk) == []
    assert ines.upload(PHOTOS, good).status_code == 201
    assert len(folders(desk)) == 1


def test_an_oversized_photo_is_refused_in_french(desk: Desk, ines: Visitor) -> None:
    """One byte too many: refused before anything is decoded or written."""
    answer = ines.upload(PHOTOS, bytes(MAX_BYTES + 1))
    assert answer.status_code == 413
    assert "40" in json.loads(answer.data)["message"]
    assert folders(desk) == []


def test_a_photo_needs_the_token_and_a_sign_in(desk: Desk, ines: Visitor) -> None:
    """The script is told which, and where to sign in again."""
    raw = encoded(four_corners(), "JPEG")
    assert Visitor(ines.client, "").upload(PHOTOS, raw).status_code == 403
    over = desk.visitor(None).upload(PHOTOS, raw)
    assert over.status_code == 401
    assert json.loads(over.data)["sign_in"] == "/equipe/entrer?vers=/equipe/"
    assert folders(desk) == []


@pytest.mark.parametrize(
    "name", ["master.jpg", "photo.json", "..%2F480.jpg", "480.jpg%00", "absent.jpg"]
)
def test_only_renditions_are_given_back(desk: Desk, ines: Visitor, name: str) -> None:
    """Neither the master nor the facts, nor anything by a spelled path."""
    desk.put_photo("a" * 26)
    assert ines.get(f"{PHOTOS}/{'a' * 26}/480.jpg").status_code == 200
    assert ines.get(f"{PHOTOS}/{'a' * 26}/{name}").status_code == 404


def test_a_photo_of_another_centre_makes_no_article_here(desk: Desk, ines: Visitor) -> None:
    """An id that is not this centre's is a photo that never arrived."""
    desk.put_photo("a" * 26, OURSE)
    fields = {"moment": "mercredi", "title": "x", "photo": "a" * 26}
    answer = ines.send(f"/equipe/{TILLEULS}/nouveau/photo-article", fields, headers=HERE)
    assert answer.status_code == 422
    assert "Une photo n&#39;est pas arrivée" in answer.text
    assert ines.get(f"{PHOTOS}/{'a' * 26}/480.jpg").status_code == 404
