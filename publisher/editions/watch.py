"""When the press works: watchdog is the doorbell, a timed comparison of digests is the truth."""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from publisher.centres import TownOnDisk, theme_folder
from publisher.editions.press import Built, NotBuilt, Places, build_what_is_fit
from publisher.model.town import Centre, Town

log = logging.getLogger(__name__)

TIMER = timedelta(seconds=15)
"""How late a change is seen when the kernel's queue overflowed and the doorbell stayed silent."""
AFTER_A_FAILURE = timedelta(seconds=5)

_READS = ("opened", "closed_no_write")


class _Doorbell(FileSystemEventHandler):
    """Rings when something is written; reading is not a reason to work."""

    def __init__(self, bell: threading.Event) -> None:
        self._bell = bell

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Ring."""
        if event.event_type not in _READS:
            self._bell.set()


class Press:
    """Keeps every centre's site what its content says, at every minute.

    It does not say how late it may be: a change rings and is built at once, and the clock is
    obeyed at the instant a post appears or ends.
    """

    def __init__(self, instance: Path, town: TownOnDisk, clock: Callable[[], datetime]) -> None:
        """Prepare a press for *instance*; *clock* gives aware instants."""
        self._places = Places(instance=instance)
        self._town = town
        self._clock = clock
        self._bell = threading.Event()
        self._stopping = False
        self._digests: dict[str, str] = {}
        self._due: dict[str, datetime] = {}
        self._waits_for_photos: set[str] = set()

    def run(self) -> None:
        """Work until `stop`: everything once, then what changes, when it changes."""
        observer = Observer()
        for name in ("content", "centres", "themes"):
            folder = self._places.instance / name
            if folder.is_dir():
                observer.schedule(_Doorbell(self._bell), str(folder), recursive=True)
        observer.start()
        try:
            while not self._stopping:
                self._bell.clear()
                self.work_once()
                self._bell.wait(self._rest().total_seconds())
        finally:
            observer.stop()
            observer.join()

    def stop(self) -> None:
        """Stop after the centre under way."""
        self._stopping = True
        self._bell.set()

    def work_once(self) -> None:
        """Build every centre whose content, theme or minute asks for it."""
        town = self._town()
        for centre in town.centres:
            if self._stopping:
                return
            waits = centre.slug in self._waits_for_photos
            digest = digest_of_inputs(self._places, town, centre, with_photos=waits)
            now = self._clock()
            if digest == self._digests.get(centre.slug) and now < self._due[centre.slug]:
                continue
            self._build(town, centre, now, digest)

    def _build(self, town: Town, centre: Centre, now: datetime, digest: str) -> None:
        """Build one centre; whatever happens to it, the others go on."""
        try:
            outcome = build_what_is_fit(self._places, town, centre, now)
        except Exception:  # one centre's bad luck (a full disk, a theme) must not stop the town
            log.exception("centre %s was not built; its site stays as it was", centre.slug)
            self._digests[centre.slug] = digest
            self._due[centre.slug] = now + AFTER_A_FAILURE
            return
        self._digests[centre.slug] = digest
        match outcome:
            case Built():
                self._due[centre.slug] = outcome.next_change_at
                log.info(
                    "centre %s built: %d new, %d replaced, %d removed, %d set aside",
                    centre.slug,
                    len(outcome.change.new),
                    len(outcome.change.replaced),
                    len(outcome.change.removed),
                    len(outcome.set_aside),
                )
                unfit = outcome.set_aside
            case NotBuilt():
                self._due[centre.slug] = now + timedelta(hours=1)
                unfit = outcome.unfit
        # A post set aside may only lack a photo that comes later; otherwise photos arrive before
        # the post that shows them, and are no reason to build anything.
        if unfit:
            self._waits_for_photos.add(centre.slug)
        else:
            self._waits_for_photos.discard(centre.slug)
        for one in unfit:
            log.warning(
                "centre %s: %s, line %s: %s", centre.slug, one.post, one.line, one.sentence()
            )

    def _rest(self) -> timedelta:
        soonest = min(self._due.values(), default=self._clock() + TIMER)
        return max(timedelta(0), min(TIMER, soonest - self._clock()))


def digest_of_inputs(places: Places, town: Town, centre: Centre, *, with_photos: bool) -> str:
    """What *centre*'s site is made of, as one digest: it changes when a rebuild is due."""
    total = hashlib.sha256(repr((town, centre)).encode())
    theme = theme_folder(places.instance, centre.theme)
    for root in (places.content / centre.slug / "posts", theme):
        for name, facts in _stamps(root):
            total.update(f"{name}\0{facts.st_mtime_ns}\0{facts.st_size}\0{facts.st_ino}\0".encode())
    photos = places.content / centre.slug / "photos"
    if with_photos and photos.is_dir():
        total.update("\0".join(sorted(one.name for one in photos.iterdir())).encode())
    return total.hexdigest()


def _stamps(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    for where, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(where) / name
            try:
                yield str(path.relative_to(root)), path.lstat()
            except FileNotFoundError:
                continue
