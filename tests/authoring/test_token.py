"""The token of a form: bound to its sign-in, asked of every POST."""

import pytest

from publisher.authoring.token import is_token_of, token_of
from tests.authoring.conftest import HERE, TILLEULS, Desk, Visitor

FORM = f"/equipe/{TILLEULS}/nouveau/reminder"
FIELDS = {"sentence": "Piscine", "pictogram": "maillot", "jour": "2026-11-19"}


def test_a_token_holds_for_its_own_sign_in_and_key() -> None:
    """Another sign-in's, another key's, a changed or an empty one is not the token."""
    keys = ("old" * 12, "new" * 12)
    token = token_of("one", keys)
    assert is_token_of(token, "one", keys)
    assert is_token_of(token_of("one", keys[:1]), "one", keys)
    assert not is_token_of(token, "other", keys)
    assert not is_token_of(token, "one", ("third" * 8,))
    assert not is_token_of(f"{token[:-1]}0" if token[-1] != "0" else f"{token[:-1]}1", "one", keys)
    assert not is_token_of("", "one", keys)
    assert not is_token_of("é", "one", keys)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://ailleurs.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_sent_by_another_site_changes_and_shows_nothing(
    desk: Desk, ines: Visitor, headers: dict[str, str]
) -> None:
    """Even with the right token, and nothing of what it carried comes back."""
    answer = ines.send(FORM, FIELDS, headers=headers)
    assert answer.status_code == 403
    assert "Piscine" not in answer.text
    assert desk.documents() == []


def test_a_page_that_aged_saves_nothing_and_keeps_what_was_typed(desk: Desk, ines: Visitor) -> None:
    """Another sign-in's token: nothing is saved, and one tap sends it again with the right one."""
    aged = Visitor(ines.client, "0" * 64)
    answer = aged.send(FORM, FIELDS)
    assert answer.status_code == 403
    assert desk.documents() == []
    assert 'value="Piscine"' in answer.text
    assert f'name="jeton" value="{ines.token}"' in answer.text


def test_a_session_over_while_writing_keeps_what_was_typed(desk: Desk) -> None:
    """The answer holds the text, and the way to sign in again."""
    answer = desk.visitor(None).send(FORM, FIELDS, headers=HERE)
    assert answer.status_code == 401
    assert 'value="Piscine"' in answer.text
    assert f"/equipe/entrer?vers={FORM}" in answer.text
    assert desk.documents() == []


def test_a_form_with_file_parts_is_refused(desk: Desk, ines: Visitor) -> None:
    """A multipart body could be spooled to the disk as the phone sent it: none is read."""
    answer = ines.client.post(
        FORM,
        data={"jeton": ines.token, "sentence": "x"},
        content_type="multipart/form-data",
        headers=dict(HERE),
        base_url="http://127.0.0.1:8000",
    )
    assert answer.status_code == 415
    assert desk.documents() == []
