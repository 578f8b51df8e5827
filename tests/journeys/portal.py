"""A town whose only door is a real LemonLDAP::NG, by three methods: its posts, marked, and `serve`.

Each space of its two centres has an article with a photo and a reminder, which carry marks that are
nowhere else (`tests.access.marks`). What the server says goes to a file of the instance, so that a
search of the instance reads it too.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Browser
from sqlalchemy import delete

from publisher import shelf
from publisher.content.library import save_new_post
from publisher.content.photos import keep_photo
from publisher.model.moment import Moment
from publisher.model.photo import MASTER
from publisher.model.post import PhotoArticle, PhotoInArticle, Publication, Reminder
from publisher.records import open_records
from publisher.records.tables import charters
from publisher.settings import Settings, read_settings
from publisher.sign_in.pseudonym import pseudonym
from publisher.wiring import utc_now
from tests.access.marks import photo_id, picture, word
from tests.access.town import kind_by_name
from tests.instance import make_instance
from tests.journeys.conftest import PHONE, RunningTown, Visit, answers
from tests.lemonldap.configuration import CLIENT_SECRET, Application
from tests.lemonldap.people import PASSWORD, Person
from tests.lemonldap.provider import LemonLdap
from tests.posts import photo
from tests.waiting import free_port, wait_until

CENTRES = ("les-tilleuls", "la-grande-ourse")
SOURCES = ("cas", "oidc", "saml")
"""The three sources of the town: one provider, each method its own way in."""
LABELS = {
    "cas": "Portail, par CAS",
    "oidc": "Portail, par OpenID Connect",
    "saml": "Portail, par SAML",
}
"""What their doors are called."""

_CLIENT, _TEAM_BY_SAML = "loisirs", "loisirs-equipe"
_SIGN_IN = """
[[sign_in]]
name = "cas"
label = "{cas}"
method = "cas"
address = "{provider}/cas"

[[sign_in]]
name = "oidc"
label = "{oidc}"
method = "oidc"
discovery_url = "{provider}/.well-known/openid-configuration"
client_id = "{client}"

[[sign_in]]
name = "saml"
label = "{saml}"
method = "saml"
address = "{provider}"
metadata = "portail.xml"

[sign_in.claims]
subject = "ENTPersonUid"
"""
_SPACES = {
    "les-tilleuls": 1,
    "les-tilleuls/groupes/petits": 2,
    "les-tilleuls/groupes/moyens": 3,
    "les-tilleuls/groupes/grands": 4,
    "la-grande-ourse": 5,
    "la-grande-ourse/groupes/petits": 6,
    "la-grande-ourse/groupes/moyens": 7,
    "la-grande-ourse/groupes/grands": 8,
}
"""Every space that something is posted in, and the number that its marks are made of."""
_RENDITIONS = ("480.jpg", "1080.jpg")
LOG = "serve.log"
"""What the server said, in the instance."""
_COMES_WITHIN_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a built site, for those who may read `space`."""

    path: str
    space: str
    kind: str


class Guest(Visit):
    """Somebody of the provider's, with a browser of their own."""

    def __init__(self, browser: Browser, town: "PortalTown", person: Person) -> None:
        super().__init__(browser, town.running, PHONE)
        self._portal, self._person = town.provider, person

    def goes_in(self, source: str, to: str = "/") -> None:
        """Touch the families' door of *source*, and sign in at the provider."""
        self.page.goto(f"/entrer/{source}?vers={to}")
        self.says_who_they_are()

    def says_who_they_are(self) -> None:
        """Sign in on the provider's page, and come back."""
        self.page.locator("input[name=user]").fill(self._person.login)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(f"{self.town.url}/**")

    @property
    def is_home(self) -> bool:
        """Whether the browser stands in the town, and not at the provider."""
        return self.page.url.startswith(f"{self.town.url}/")

    @property
    def path(self) -> str:
        """Where the browser stands in the town."""
        assert self.is_home, self.page.url
        return urlsplit(self.page.url).path

    def accepts_the_charter(self) -> None:
        """Accept what is asked at the first visit, if it is."""
        if self.path == "/charte":
            self.page.get_by_role("button", name="j'entre").click()
            self.page.wait_for_url(lambda url: urlsplit(url).path != "/charte")

    def leaves_the_portal(self) -> None:
        """End the session at the provider, which tells every application."""
        self.page.goto(self._portal.sign_out_url)

    def is_in(self, path: str) -> bool:
        """Say whether *path* is handed over, or else the door is shown."""
        status, _body = self.fetch(path)
        assert status in {200, 302}, status
        return status == 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTown:
    """The town that answers, and the provider behind its door."""

    running: RunningTown
    provider: LemonLdap

    def files(self) -> tuple[File, ...]:
        """Every page, feed and photo of the built sites."""
        return tuple(
            File(path=f"/{centre}/{name}", space=_space_by_name(centre, name), kind=kind)
            for centre in CENTRES
            for name in sorted(shelf.files_of(shelf.site_folder(self._build, centre)))
            for kind in (kind_by_name(name),)
            if kind != "thème"
        )

    def forgets_the_charter_of(self, person: Person, source: str) -> None:
        """Let *person* come by *source* for the first time, whatever test ran before."""
        settings = self.running.settings
        account = pseudonym(settings.pseudonym_key, source, person.uid)
        with open_records(settings.database_url)._engine.begin() as connection:
            connection.execute(delete(charters).where(charters.c.person == account))

    @property
    def _build(self) -> Path:
        return self.running.instance / "build"


def marks_of(space: str) -> frozenset[str]:
    """The marks that a family of *space* finds there: two words, a photo's address, its pixels."""
    number = _SPACES[space]
    pixels = {f"pixels {_pixels(number, name)}" for name in _RENDITIONS}
    return frozenset({_article(number), _reminder(number), f"photo {photo_id(number)}", *pixels})


def article_of(space: str) -> str:
    """Where the article of *space* is."""
    return f"/{space}/articles/{_article(_SPACES[space])}.html"


def photo_of(space: str) -> str:
    """Where its photo is."""
    return f"/{space}/photos/{photo_id(_SPACES[space])}/{_RENDITIONS[0]}"


@contextmanager
def portal_town(folder: Path, provider: LemonLdap) -> Iterator[PortalTown]:
    """Make the town in *folder*, serve it, and let *provider* know it, until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    instance = make_instance(folder, public_url=url, port=port)
    _point_at(instance, provider)
    for space in _SPACES:
        _write(instance, space)
    settings = read_settings(instance, {})
    assert isinstance(settings, Settings), settings
    log = instance / LOG
    with log.open("wb") as output:
        serving = subprocess.Popen(
            (sys.executable, "-m", "publisher", "--instance", str(instance), "serve"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(f"{url}/sante"), "the town", _COMES_WITHIN_S)
        for centre in CENTRES:
            edition = instance / "build" / centre / "edition.json"
            wait_until(edition.exists, f"the first edition of {centre}", _COMES_WITHIN_S)
        _introduce(url, provider)
        running = RunningTown(instance, url, settings, serving)
        yield PortalTown(running=running, provider=provider)
    finally:
        serving.terminate()
        serving.wait(30)
        sys.stderr.write(log.read_text("utf-8")[-6000:])  # shown by pytest when a journey fails


def _point_at(instance: Path, provider: LemonLdap) -> None:
    """Let the town, and each of its centres, believe *provider* and nobody else."""
    centres = instance / "centres"
    town = centres / "town.toml"
    before, _demo, _rest = town.read_text("utf-8").partition("\n[[sign_in]]\n")
    town.write_text(
        before + _SIGN_IN.format(provider=provider.url, client=_CLIENT, **LABELS), encoding="utf-8"
    )
    for centre in CENTRES:
        file = centres / f"{centre}.toml"
        believed = ", ".join(f'"{source}"' for source in SOURCES)
        text = file.read_text("utf-8").replace('sign_in = ["demo"]', f"sign_in = [{believed}]")
        file.write_text(text, encoding="utf-8")
    metadata = requests.get(provider.saml_metadata_url, timeout=20).text
    (centres / "portail.xml").write_text(metadata, encoding="utf-8")
    secret = instance / "keys" / "client-oidc.secret"
    secret.write_text(CLIENT_SECRET, encoding="ascii")
    secret.chmod(0o600)


def _introduce(url: str, provider: LemonLdap) -> None:
    """Tell *provider* of the town at *url*, as its administrator would.

    The team's door is another application for SAML, and for nothing else. There is one address for
    the front channel, that of the families.
    """
    by_saml = {
        door: requests.get(f"{url}{door}/retour/saml/metadata", timeout=20).text
        for door in ("", "/equipe")
    }
    provider.know(
        Application(
            public_url=url,
            client_id=_TEAM_BY_SAML,
            cas="nulle-part",
            oidc="nulle-part",
            sp_metadata=by_saml["/equipe"],
        ),
        Application(
            public_url=url,
            client_id=_CLIENT,
            oidc_front_channel_logout=f"{url}/sortie/oidc",
            sp_metadata=by_saml[""],
        ),
    )


def _write(instance: Path, space: str) -> None:
    """Post an article with a photo, and a reminder, in *space*."""
    content, now, number = instance / "content", utc_now().replace(microsecond=0), _SPACES[space]
    centre, _folder, group = (*space.split("/"), "", "")[:3]
    files = {name: picture(_pixels(number, name)) for name in (MASTER, *_RENDITIONS)}
    keep_photo(content, centre, photo(photo_id(number)), files)

    def publication(slug: str, **changes: object) -> Publication:
        return Publication(
            centre=centre,
            slug=slug,
            groups=(group,) if group else (),
            published_at=now - timedelta(hours=1),
            **changes,  # type: ignore[arg-type]  # facts by name
        )

    article, reminder = _article(number), _reminder(number)
    save_new_post(
        content,
        PhotoArticle(
            publication=publication(article),
            title=f"Titre {article}",
            moment=Moment.WEDNESDAY,
            photos=(PhotoInArticle(id=photo_id(number), caption=f"Légende {article}"),),
        ),
    )
    tomorrow = now + timedelta(days=1)
    save_new_post(
        content,
        Reminder(
            publication=publication(reminder, ends_at=tomorrow + timedelta(days=1)),
            sentence=f"Prévoir {reminder}",
            pictogram="maillot",
            day=tomorrow.date(),
        ),
    )


def _article(number: int) -> str:
    return word(10 * number)


def _reminder(number: int) -> str:
    return word(10 * number + 1)


def _pixels(number: int, name: str) -> int:
    return 10 * number + (MASTER, *_RENDITIONS).index(name)


def _space_by_name(centre: str, name: str) -> str:
    folders = name.split("/")
    is_groups = folders[0] == "groupes" and len(folders) > 2
    return f"{centre}/groupes/{folders[1]}" if is_groups else centre
