"""Makes the demo's instance: Valmont-sur-Rive, with keys, a team, and weeks of content.

Made once, topped up when a new day began, never made again over what somebody did in it.
"""

import json
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from publisher.centres import read_town
from publisher.content.library import DOCUMENT, posts_folder, save_new_post, withdraw_post
from publisher.content.photos import keep_photo
from publisher.demo.chronicle import WEEKS_BEFORE, Chronicler, PublishedPost
from publisher.demo.ent import PROFILES
from publisher.demo.pictures import picture_file
from publisher.model.mistake import Mistakes
from publisher.model.person import StaffGrant, StaffRole
from publisher.model.post import PhotoArticle
from publisher.model.town import Town
from publisher.photos.prepare import PreparedPhoto, RefusedPhoto, prepare_photo
from publisher.records import open_records
from publisher.settings import KEY_FILES, Settings, read_settings
from publisher.sign_in.pseudonym import pseudonym

VERSION: Final = 1
"""Of what the demo makes: an instance of another version is made anew."""

MARKER: Final = "demo.json"
SOURCE: Final = "demo"
CLIENT_SECRET: Final = f"client-{SOURCE}.secret"

TEAM: Mapping[str, tuple[str, StaffRole]] = {
    "ines": ("les-tilleuls", StaffRole.ANIMATOR),
    "samira": ("les-tilleuls", StaffRole.DIRECTOR),
    "yanis": ("la-grande-ourse", StaffRole.ANIMATOR),
    "lou": ("le-moulin", StaffRole.ANIMATOR),
    "malo": ("les-hirondelles", StaffRole.ANIMATOR),
    "rose": ("le-petit-bois", StaffRole.ANIMATOR),
}
"""Who writes where, by the demo ENT's profile."""

_AT_ONCE: Final = 8
"""Photos kept at once: most of the time is the disk's."""

_SHOWCASE: Final = "les-tilleuls"
"""The centre that also has something scheduled, something withdrawn, something for one group."""


class FolderIsNotADemo(Exception):
    """The folder holds something that the demo did not make; nothing in it was touched."""


class DemoIsBroken(Exception):
    """The demo's own files are wrong; it says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where this run listens, on loopback."""

    port: int
    ent_port: int

    @property
    def public_url(self) -> str:
        """Where families and the team go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ent_url(self) -> str:
        """Where the demo ENT stands."""
        return f"http://127.0.0.1:{self.ent_port}"


def make_instance(
    project: Path,
    instance: Path,
    addresses: Addresses,
    now: datetime,
    weeks_before: int = WEEKS_BEFORE,
) -> Town:
    """Make, or bring up to *now*, the demo of *project*'s town in the folder *instance*.

    It tells of *weeks_before* weeks before the current one.

    Raises FolderIsNotADemo when the folder is somebody else's, DemoIsBroken when the town or its
    pictures cannot be read, OSError when the disk refuses.
    """
    marker = _begin(instance)
    _write_centres(project / "centres", instance / "centres", addresses)
    _write_keys(instance / "keys")
    (instance / "settings.toml").write_text(
        f'host = "127.0.0.1"\nport = {addresses.port}\n', encoding="utf-8"
    )
    town, settings = _read(instance)
    today = now.astimezone(town.timezone).date()
    made_until = marker.get("made_until")
    if made_until != today.isoformat():
        _grant_team(settings, now)
        local = now.astimezone(town.timezone)
        _write_content(
            _chroniclers(town, settings, weeks_before), local, settings, _day(made_until)
        )
        _mark(instance, made_until=today)
    return town


def _begin(instance: Path) -> Mapping[str, object]:
    """The marker of an instance this version made, or a new one in an empty folder."""
    path = instance / MARKER
    if path.is_file():
        marker: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        if marker.get("version") == VERSION:
            return marker
        shutil.rmtree(instance)
    elif instance.exists() and any(instance.iterdir()):
        raise FolderIsNotADemo(instance)
    for name in ("centres", "content", "build", "records", "keys"):
        (instance / name).mkdir(parents=True)
    (instance / "keys").chmod(0o700)
    _mark(instance, made_until=None)
    return {}


def _mark(instance: Path, made_until: date | None) -> None:
    marker = {"version": VERSION, "made_until": made_until.isoformat() if made_until else None}
    (instance / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


def _write_centres(source: Path, target: Path, addresses: Addresses) -> None:
    """Copy the town's files, with this run's own addresses."""
    for path in sorted(source.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        if path.name == "town.toml":
            text = re.sub(
                r'(?m)^public_url = ".*"$', f'public_url = "{addresses.public_url}"', text
            )
            text = re.sub(
                r'(?m)^discovery_url = ".*?(/\.well-known/[^"]*)"$',
                rf'discovery_url = "{addresses.ent_url}\1"',
                text,
            )
        copied = target / path.name
        if not copied.exists() or copied.read_text(encoding="utf-8") != text:
            copied.write_text(text, encoding="utf-8")


def _write_keys(folder: Path) -> None:
    """Make the keys that are missing, readable by this account alone."""
    for name in (*KEY_FILES, CLIENT_SECRET):
        path = folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"{secrets.token_urlsafe(48)}\n", encoding="ascii")


def _read(instance: Path) -> tuple[Town, Settings]:
    town, settings = read_town(instance), read_settings(instance, environ={})
    wrong = [one for read in (town, settings) if isinstance(read, Mistakes) for one in read.all]
    if isinstance(town, Mistakes) or isinstance(settings, Mistakes):
        raise DemoIsBroken("; ".join(f"{one.where}: {one.sentence()}" for one in wrong))
    return town, settings


def _person(settings: Settings, profile_id: str) -> str:
    subject = next(profile.subject for profile in PROFILES if profile.id == profile_id)
    return pseudonym(settings.pseudonym_key, SOURCE, subject)


def _grant_team(settings: Settings, now: datetime) -> None:
    """Give each of the team the right to write in their centre, unless they have it."""
    records = open_records(settings.database_url)
    for profile_id, (centre, role) in TEAM.items():
        grant = StaffGrant(person=_person(settings, profile_id), centre=centre, role=role)
        if grant not in records.staff_grants_of(grant.person):
            records.grant_staff(grant, now)


def _write_content(
    chroniclers: Iterable[Chronicler], now: datetime, settings: Settings, made_until: date | None
) -> None:
    """Write what the centres published until *now* and that is newer than *made_until*."""
    root = settings.instance / "content"
    for chronicler in chroniclers:
        is_showcase = chronicler.centre.slug == _SHOWCASE and made_until is None
        told = list(_chronicle(chronicler, now, made_until))
        if is_showcase:
            told += [chronicler.group_reminder(now.date()), chronicler.scheduled(now)]
            told.append(chronicler.taken_back(now))
        _keep(root, [one for one in told if not _is_kept(root, one)])
        if is_showcase:
            publication = told[-1].post.publication
            withdrawn_at = publication.published_at + timedelta(hours=2)
            withdraw_post(root, chronicler.centre, publication.slug, withdrawn_at)


def _chroniclers(town: Town, settings: Settings, weeks_before: int) -> Iterator[Chronicler]:
    """One for each centre, who writes as the animator of its team."""
    authors = {
        centre: profile_id
        for profile_id, (centre, role) in TEAM.items()
        if role is StaffRole.ANIMATOR
    }
    for centre in town.centres:
        author = _person(settings, authors[centre.slug])
        yield Chronicler(
            centre=centre, author=author, zone=town.timezone, weeks_before=weeks_before
        )


def _chronicle(
    chronicler: Chronicler, now: datetime, made_until: date | None
) -> Iterable[PublishedPost]:
    today = now.date()
    yield from chronicler.programmes(today)
    for one in chronicler.articles(now):
        if made_until is None or one.post.publication.published_at.date() >= made_until:
            yield one
    yield from chronicler.reminders(today)


def _is_kept(root: Path, one: PublishedPost) -> bool:
    """Say whether a post of that name is there, whatever somebody made of it since."""
    publication = one.post.publication
    folder = posts_folder(root, publication.centre)
    return any(folder.glob(f"*/{publication.slug}/{DOCUMENT}"))


def _keep(root: Path, posts: Sequence[PublishedPost]) -> None:
    """Keep *posts*, each after its photos. Disks and decoders are kept busy together."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        copies = [
            (one.post.publication.centre, photo.id, picture)
            for one in posts
            if isinstance(one.post, PhotoArticle)
            for photo, picture in zip(one.post.photos, one.pictures, strict=True)
        ]
        for _kept in pool.map(lambda copy: _keep_copy(root, *copy), copies):
            pass
    for one in posts:
        save_new_post(root, one.post)


def _keep_copy(root: Path, centre: str, photo_id: str, picture: str) -> None:
    safe = _prepared(picture)
    keep_photo(root, centre, replace(safe.photo, id=photo_id), safe.files)


@cache
def _prepared(picture: str) -> PreparedPhoto:
    """The safe photo of one picture, prepared as if a phone had sent it."""
    outcome = prepare_photo(picture_file(picture).read_bytes(), "a" * 26)
    if isinstance(outcome, RefusedPhoto):
        raise DemoIsBroken(f"{picture}: {outcome.mistake.sentence()}")
    return outcome
