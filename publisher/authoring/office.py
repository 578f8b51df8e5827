"""What every part of the team's app works with, built once."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.content.turn import writing_turn
from publisher.model.town import Town
from publisher.records import Records
from publisher.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The town, the records, the clock and the places of one instance."""

    town: Callable[[], Town]
    settings: Settings
    records: Records
    clock: Callable[[], datetime]

    @property
    def saving(self) -> AbstractContextManager[None]:
        """Held from « was this form already sent? » until its post is on the disk.

        So that a double tap makes one post, whichever processes the two arrive in.
        """
        return writing_turn(self.content)

    @property
    def content(self) -> Path:
        """Where posts and photos are kept."""
        return self.settings.instance / "content"

    @property
    def build(self) -> Path:
        """Where the editions stand."""
        return self.settings.instance / "build"


def new_submission() -> str:
    """A random id for one form, by which sending it twice makes one post."""
    return secrets.token_hex(16)
