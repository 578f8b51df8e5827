"""The team's app on a real instance: real files, a real database, passes signed as real ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from publisher.authoring.app import make_authoring
from publisher.authoring.token import token_of
from publisher.centres import TownOnDisk
from publisher.content.library import StoredPost, read_post
from publisher.content.photos import keep_photo
from publisher.model.person import Pass, Role, StaffGrant, StaffRole
from publisher.model.photo import MASTER
from publisher.model.town import Centre, Town
from publisher.records import Records, open_records
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import TEAM, Passes
from tests.instance import make_instance
from tests.posts import NOW, photo

TILLEULS, OURSE = "les-tilleuls", "la-grande-ourse"
HERE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"}


@dataclass
class Hour:
    """A clock that a test sets."""

    at: datetime = field(default_factory=lambda: NOW.astimezone(UTC))

    def __call__(self) -> datetime:
        """The hour it is."""
        return self.at


@dataclass
class Desk:
    """An instance, its app, and the hour it is."""

    instance: Path
    settings: Settings
    records: Records
    town: Town
    hour: Hour
    app: Flask

    @property
    def content(self) -> Path:
        """Where posts and photos are kept."""
        return self.instance / "content"

    def centre(self, slug: str = TILLEULS) -> Centre:
        """A centre of the town."""
        centre = self.town.centre(slug)
        assert centre is not None
        return centre

    def grant(self, person: str, *centres: str, ends_on: date | None = None) -> None:
        """Let *person* write in *centres*."""
        for centre in centres:
            grant = StaffGrant(
                person=person, centre=centre, role=StaffRole.ANIMATOR, ends_on=ends_on
            )
            self.records.grant_staff(grant, self.hour())

    def pass_for(self, person: str) -> Pass:
        """A pass as a sign-in gives it."""
        return Pass(
            sign_in=f"sign-in-of-{person}",
            person=person,
            account=person,
            source="demo",
            role=Role.AGENT,
            schools=frozenset(),
            classes=frozenset(),
            children=frozenset(),
            given_name=person.capitalize(),
            ends_at=self.hour() + timedelta(hours=12),
        )

    def passes(self) -> Passes:
        """What signs the team's passes here."""
        return Passes(self.settings.authoring_keys, TEAM, self.town.public_url)

    def visitor(self, person: str | None = "ines") -> "Visitor":
        """The browser of *person*, signed in; of nobody when None."""
        client = self.app.test_client()
        token = ""
        if person is not None:
            pass_ = self.pass_for(person)
            passes = self.passes()
            client.set_cookie(passes.cookie, passes.sign(pass_), domain="127.0.0.1")
            token = token_of(pass_.sign_in, self.settings.authoring_keys)
        return Visitor(client, token)

    def post(self, slug: str, centre: str = TILLEULS) -> StoredPost:
        """A post that is there."""
        stored = read_post(self.content, self.centre(centre), slug)
        assert stored is not None
        return stored

    def documents(self, centre: str = TILLEULS) -> list[Path]:
        """Every document of a centre."""
        return sorted((self.content / centre).glob("posts/*/*/post.md"))

    def put_photo(self, photo_id: str, centre: str = TILLEULS) -> None:
        """Put a photo in the centre without sending one."""
        one = photo(photo_id)
        names = (MASTER, *(rendition.name for rendition in one.renditions))
        keep_photo(self.content, centre, one, dict.fromkeys(names, b"\xff\xd8\xff"))


@dataclass
class Visitor:
    """A browser of the team: it sends what a browser sends, and the form's token."""

    client: FlaskClient
    token: str

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url="http://127.0.0.1:8000", buffered=True)

    def send(
        self,
        path: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] = HERE,
    ) -> TestResponse:
        """Send a form with the token of this sign-in."""
        return self.client.post(
            path,
            data={"jeton": self.token, **(fields or {})},
            headers=dict(headers),
            base_url="http://127.0.0.1:8000",
        )

    def upload(self, path: str, raw: bytes) -> TestResponse:
        """Send one photo as a script does."""
        return self.client.post(
            path,
            data=raw,
            headers={**HERE, "X-Jeton": self.token, "Accept": "application/json"},
            content_type="application/octet-stream",
            base_url="http://127.0.0.1:8000",
        )


def make_desk(instance: Path, hour: Callable[[], datetime]) -> Desk:
    """The app of *instance*, and everything beside it."""
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings)
    records = open_records(settings.database_url)
    town = TownOnDisk(instance)
    app = make_authoring(town, settings, records, hour)
    assert isinstance(hour, Hour)
    return Desk(instance, settings, records, town(), hour, app)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    desk = make_desk(make_instance(tmp_path / "instance"), Hour())
    desk.grant("ines", TILLEULS)
    desk.grant("omar", OURSE)
    return desk


@pytest.fixture(name="ines")
def _ines(desk: Desk) -> Visitor:
    return desk.visitor("ines")
