"""What the law asks for is one tap away on every page of the team, before and after sign-in."""

import re

import pytest

from publisher.model.legal import LEGAL_NAMES
from tests.authoring.conftest import TILLEULS, Desk

HERE = f"/equipe/{TILLEULS}"
ADDRESSES = [f"/ville/{name}.html" for name in LEGAL_NAMES]


@pytest.mark.parametrize("person", ["ines", None])
@pytest.mark.parametrize(
    "path",
    [
        "/equipe/entrer",
        "/equipe/sortir",
        "/equipe/",
        "/equipe/ailleurs/",
        f"{HERE}/",
        f"{HERE}/nouveau/photo-article",
        f"{HERE}/nouveau/reminder",
        f"{HERE}/nouveau/programme",
    ],
)
def test_every_page_leads_to_the_five(desk: Desk, person: str | None, path: str) -> None:
    """Each once, the state of accessibility in words."""
    page = desk.visitor(person).client.get(
        path, base_url="http://127.0.0.1:8000", follow_redirects=True
    )
    assert re.findall(r'href="(/ville/[a-z-]+\.html)"', page.text) == ADDRESSES
    assert "Accessibilité : non conforme" in page.text
