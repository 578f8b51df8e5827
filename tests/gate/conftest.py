"""An instance with a small site built by hand, its gate, and passes for its visitors."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.centres import TownOnDisk
from publisher.gate.app import make_gate
from publisher.model.person import Role
from publisher.records import Records, open_records
from publisher.settings import Settings, read_settings
from publisher.sign_in.passes import FAMILY, Passes, new_pass
from tests.accounts import account
from tests.gate.visiting import Browser
from tests.instance import make_instance

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
PREVERT, MICHEL = "0920001B", "0310001H"
SITE = {
    "index.html": b"<p>accueil</p>",
    "petits.html": b"<p>en images</p>",
    "rappels.html": b"<p>rappels</p>",
    "articles/2026-11-18-fresque.html": b"<p>fresque</p>",
    "photos/aaaaaaaaaaaaaaaaaaaaaaaaaa/480.jpg": b"\xff\xd8 photo",
    "flux.xml": b"<feed/>",
    "programmes/index.html": b"<p>programmes</p>",
    "theme/0123456789ab/preau.css": b"body{}",
    "theme/0123456789ab/police/titre.woff2": b"wOF2",
    "theme/sans-empreinte.css": b"body{}",
    "groupes/moyens/index.html": b"<p>moyens</p>",
    "groupes/moyens/petits.html": b"<p>moyens en images</p>",
    "groupes/moyens/photos/bbbbbbbbbbbbbbbbbbbbbbbbbb/480.jpg": b"\xff\xd8 moyens",
    "groupes/moyens/theme/x.css": b"moyens{}",
    "groupes/index.html": b"<p>groupes</p>",
    "sauvegarde.zip": b"PK",
    "sans-extension": b"?",
}


@dataclass
class Instance:
    """A gate at work, and what its tests reach for.

    Its clock stands still at `now`; a live one goes on, `later` than the machine's, as the
    tokens of a real ENT need.
    """

    folder: Path
    settings: Settings
    records: Records
    town: TownOnDisk
    gate: "WSGIApplication"
    now: datetime = NOW
    is_live: bool = False
    later: timedelta = timedelta()

    def clock(self) -> datetime:
        """What the gate takes for the present."""
        return datetime.now(UTC) + self.later if self.is_live else self.now

    @property
    def site(self) -> Path:
        """The built site of Les Tilleuls."""
        return self.folder / "build" / "les-tilleuls" / "site"

    def accept_charter(self, person: str) -> None:
        """Have *person* accept the charter in force, once."""
        version = self.town().legal.charter_version
        self.records.accept_charter(person, version, self.clock())

    def anonymous(self) -> Browser:
        """A browser without a pass."""
        return Browser(application=self.gate)

    def visitor(
        self,
        role: Role = Role.FAMILY,
        schools: tuple[str, ...] = (PREVERT,),
        classes: tuple[tuple[str, str], ...] = (),
        person: str = "p" * 26,
        given_name: str = "",
        *,
        charter: bool = True,
    ) -> Browser:
        """A browser with a pass for such a profile, of somebody who accepted the charter."""
        if charter:
            self.accept_charter(person)
        passes = Passes(self.settings.gate_keys, FAMILY, self.town().public_url)
        pass_ = new_pass(
            account(person, role, schools, classes), given_name, self.clock() + timedelta(hours=1)
        )
        return Browser(application=self.gate, cookies={passes.cookie: passes.sign(pass_)})


def build_site(folder: Path, centre: str) -> None:
    """Put the small site of *centre* on the shelf."""
    for name, raw in SITE.items():
        path = folder / "build" / centre / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


def run_instance(folder: Path, **addresses: str) -> Instance:
    """An instance at work in *folder*."""
    make_instance(folder, **addresses)  # type: ignore[arg-type]  # addresses only
    settings = read_settings(folder, {})
    assert isinstance(settings, Settings)
    for centre in ("les-tilleuls", "la-grande-ourse"):
        build_site(folder, centre)
    records, town = open_records(settings.database_url), TownOnDisk(folder)
    instance = Instance(
        folder=folder, settings=settings, records=records, town=town, gate=lambda *_: []
    )
    instance.gate = make_gate(town, settings, records, instance.clock)
    return instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A fresh instance."""
    return run_instance(tmp_path / "ville")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance that the tests of a module share and leave as it is."""
    return run_instance(tmp_path_factory.mktemp("partage") / "ville")
