"""What every part of the team's app works with, built once."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from publisher.model.town import Town
from publisher.records import Records
from publisher.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The town, the records, the clock and the places of one instance.

    `saving` is held from « was this form already sent? » until its post is on the disk, so
    that a double tap makes one post. It is per process: two would need it in the records.
    """

    town: Callable[[], Town]
    settings: Settings
    records: Records
    clock: Callable[[], datetime]
    saving: threading.Lock = field(default_factory=threading.Lock)

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
