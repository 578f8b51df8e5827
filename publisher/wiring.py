"""The only place where objects are built and joined.

The apps and the database are brought in where they are built: the press carries neither, and is
30 MB the lighter for it.
"""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.centres import TownIsUnreadable, TownOnDisk, read_town
from publisher.editions.watch import Press
from publisher.model.mistake import Mistakes
from publisher.model.town import Town
from publisher.settings import Settings, instance_folder, read_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from publisher.records import Records

AUTHORING_PREFIX = "/equipe"
LOOK_AT_THE_TOWN_S = 1
"""How often the apps look whether `centres/` changed: a change is felt within a second."""


class SettingsAreWrong(Exception):
    """The instance's settings or keys cannot be used; `mistakes` says all that is wrong."""

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__("; ".join(f"{one.where}: {one.sentence()}" for one in mistakes.all))
        self.mistakes = mistakes


def utc_now() -> datetime:
    """The clock of a running instance."""
    return datetime.now(UTC)


def town_of(instance: Path) -> Town:
    """The town of *instance*. Raises TownIsUnreadable."""
    town = read_town(instance)
    if isinstance(town, Mistakes):
        raise TownIsUnreadable(town)
    return town


def settings_of(instance: Path) -> Settings:
    """The settings of *instance*. Raises SettingsAreWrong."""
    settings = read_settings(instance)
    if isinstance(settings, Mistakes):
        raise SettingsAreWrong(settings)
    return settings


def records_of(settings: Settings) -> "Records":
    """The records of an instance, their schema up to date."""
    from publisher.records import open_records  # noqa: PLC0415 (the press has no database)

    return open_records(settings.database_url)


def press_of(instance: Path) -> Press:
    """The press of *instance*: it holds no secret and needs no database."""
    return Press(instance, TownOnDisk(instance), utc_now)


def gate_application() -> "WSGIApplication":
    """The families' app alone, for the instance the environment names."""
    from publisher.gate.app import make_gate  # noqa: PLC0415 (the press is not the gate)

    instance = instance_folder(None, os.environ)
    settings = settings_of(instance)
    town = TownOnDisk(instance, every_s=LOOK_AT_THE_TOWN_S)
    return make_gate(town, settings, records_of(settings), utc_now)


def authoring_application() -> "WSGIApplication":
    """The team's app alone, for the instance the environment names."""
    from publisher.authoring.app import make_authoring  # noqa: PLC0415 (the press is not authoring)

    instance = instance_folder(None, os.environ)
    settings = settings_of(instance)
    town = TownOnDisk(instance, every_s=LOOK_AT_THE_TOWN_S)
    return make_authoring(town, settings, records_of(settings), utc_now)


def application() -> "WSGIApplication":
    """Both apps behind one address, for the instance the environment names."""
    return joined(gate_application(), authoring_application())


def joined(gate: "WSGIApplication", authoring: "WSGIApplication") -> "WSGIApplication":
    """One application: what is the team's goes to authoring, everything else to the gate."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        is_team = path == AUTHORING_PREFIX or path.startswith(f"{AUTHORING_PREFIX}/")
        chosen: Callable[..., Iterable[bytes]] = authoring if is_team else gate
        return chosen(environ, start_response)

    return application
