"""A town to be read: simulated centres, each with an album of 24 photos put out an hour ago.

The site is made by `preau build`. Passes are signed as a sign-in signs them, and the families of
the evening have accepted the charter before: they come back.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import (  # noqa: TID251 (thousands of acceptances: the records take them one by one)
    create_engine,
    insert,
)

from publisher.content.library import save_new_post
from publisher.content.photos import keep_photo
from publisher.demo.simulated_town import Size, simulate_town
from publisher.model.moment import Moment
from publisher.model.person import EntProfile, Role
from publisher.model.photo import MASTER, Photo, Rendition
from publisher.model.post import PhotoArticle, PhotoInArticle, Publication
from publisher.model.town import Centre, Town
from publisher.records import migrate
from publisher.records.tables import charters
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import FAMILY, Passes, new_pass
from publisher.sign_in.pseudonym import account_of, pseudonym

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "demo"
PHOTOS = 24
PHOTO_BYTES = 150_000
_SMALL_BYTES = 40_000
_POSTS = 60
_PAGE_BYTES = 20_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


class TownIsNotBuilt(Exception):
    """`preau build` or `preau keys` failed; its last words are the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What the families of one centre read: its home, one album, that album's photos."""

    home: str
    article: str
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTown:
    """The instance, what each centre's families read, and what the bench asks again and again."""

    folder: Path
    town: Town
    settings: Settings
    evenings: tuple[Evening, ...]
    page: str
    photo: str

    def length_of(self, path: str) -> int:
        """The bytes of the file that *path* leads to."""
        centre, _slash, rest = path.strip("/").partition("/")
        name = f"{rest}/index.html".lstrip("/") if path.endswith("/") else rest
        return (self.folder / "build" / centre / "site" / name).stat().st_size


def make_town(folder: Path, *, centres: int, ent: str, public_url: str) -> ReadTown:
    """Write and build the town, whose ENT stands at *ent*. Raises TownIsNotBuilt."""
    shutil.rmtree(folder, ignore_errors=True)
    now = datetime.now(UTC).replace(microsecond=0)
    made = simulate_town(
        folder, seed=1, size=Size(centres=centres, posts=_POSTS), until=now - timedelta(hours=2)
    )
    file = folder / "centres" / "town.toml"
    text = file.read_text("utf-8")
    text = re.sub(
        r'discovery_url = ".*"', f'discovery_url = "{ent}/.well-known/openid-configuration"', text
    )
    file.write_text(re.sub(r'public_url = ".*"', f'public_url = "{public_url}"', text), "utf-8")
    chance = random.Random(1)  # noqa: S311 (the same town each time)
    articles = [_album(folder, centre, now, chance) for centre in made.town.centres]
    _preau(folder, "keys")
    secret = folder / "keys" / f"client-{SOURCE}.secret"
    secret.touch(mode=0o600)
    secret.write_text("the bench has no secret", "ascii")
    _preau(folder, "build")
    settings = read_settings(folder, {})
    if not isinstance(settings, Settings):
        raise TownIsNotBuilt(settings)
    evenings = tuple(
        Evening(
            home=f"/{centre.slug}/",
            article=f"/{centre.slug}/articles/{article.publication.slug}.html",
            photos=tuple(f"/{centre.slug}/photos/{one.id}/1080.jpg" for one in article.photos),
        )
        for centre, article in zip(made.town.centres, articles, strict=True)
    )
    return ReadTown(
        folder=folder,
        town=replace(made.town, public_url=public_url),
        settings=settings,
        evenings=evenings,
        page=_page_of_about(folder, made.town.centres[0]),
        photo=evenings[0].photos[0],
    )


def cookies_of(town: ReadTown, count: int) -> list[str]:
    """The cookies of so many families of the first centre, each with a pass of its own."""
    passes = Passes(town.settings.gate_keys, FAMILY, town.town.public_url)
    school = town.town.centres[0].schools[0].uai
    now = datetime.now(UTC)
    cookies = []
    for number in range(count):
        profile = EntProfile(
            source=SOURCE,
            subject=subject_of(number),
            role=Role.FAMILY,
            schools=frozenset({school}),
            given_name="Camille",
        )
        account = account_of(town.settings.pseudonym_key, profile, now.date())
        pass_ = new_pass(account, "Camille", now + timedelta(hours=6))
        cookies.append(f"{passes.cookie}={passes.sign(pass_)}")
    return cookies


def accept_charters(town: ReadTown, families: int) -> None:
    """Write down that so many families accepted the charter, as they did last month."""
    migrate(town.settings.database_url)
    engine = create_engine(town.settings.database_url)
    rows = [
        {
            "person": pseudonym(town.settings.pseudonym_key, SOURCE, subject_of(number)),
            "version": town.town.legal.charter_version,
            "accepted_at": datetime.now(UTC),
        }
        for number in range(families)
    ]
    with engine.begin() as connection:
        connection.execute(insert(charters), rows)
    engine.dispose()


def subject_of(number: int) -> str:
    """What the bench's ENT calls the family of that number."""
    return f"famille-{number}"


def _album(folder: Path, centre: Centre, now: datetime, chance: random.Random) -> PhotoArticle:
    ids = ["".join(chance.choices(_LETTERS, k=26)) for _ in range(PHOTOS)]
    for one in ids:
        photo = Photo(
            id=one,
            master=Rendition(name=MASTER, width_px=2000, height_px=1500),
            renditions=(
                Rendition(name="480.jpg", width_px=480, height_px=360),
                Rendition(name="1080.jpg", width_px=1080, height_px=810),
            ),
        )
        files = {
            MASTER: b"\xff\xd8",
            "480.jpg": chance.randbytes(_SMALL_BYTES),
            "1080.jpg": chance.randbytes(PHOTO_BYTES),
        }
        keep_photo(folder / "content", centre.slug, photo, files)
    publication = Publication(
        centre=centre.slug, slug="une-grande-sortie", published_at=now - timedelta(hours=1)
    )
    article = PhotoArticle(
        publication=publication,
        title="Une grande sortie",
        moment=Moment.WEDNESDAY,
        photos=tuple(
            PhotoInArticle(id=one, caption=f"La sortie, vue {number}")
            for number, one in enumerate(ids, start=1)
        ),
    )
    stored = save_new_post(folder / "content", article)
    kept = stored.post
    if not isinstance(kept, PhotoArticle):
        raise TownIsNotBuilt(kept)
    return kept


def _page_of_about(folder: Path, centre: Centre) -> str:
    """The page of *centre*'s own space whose weight is nearest to 20 kB."""
    site = folder / "build" / centre.slug / "site"
    pages = [*site.glob("*.html"), *site.glob("articles/*.html")]
    nearest = min(pages, key=lambda page: abs(page.stat().st_size - _PAGE_BYTES))
    return f"/{centre.slug}/{nearest.relative_to(site)}"


def _preau(folder: Path, *arguments: str) -> None:
    command = (sys.executable, "-m", "publisher", "--instance", str(folder), *arguments)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 (our own interpreter and module)
    if done.returncode:
        raise TownIsNotBuilt(done.stderr[-2000:])
