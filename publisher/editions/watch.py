"""When the press works: watchdog is the doorbell, a timed comparison of stamps is the truth.

Whatever asks for work comes in here: what authoring saved, a `git pull`, a file edited by hand, a
minute at which something appears or ends. Each centre does one thing at a time, and what comes
meanwhile is done at once after; centres go side by side, one worker a core.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection, wait
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from publisher.centres import TownOnDisk, theme_folder
from publisher.content.library import document_at, posts_folder
from publisher.editions.press import Places
from publisher.editions.worker import Answer, Kept, Printed, Publish, Renew, start_workers
from publisher.model.town import Town

log = logging.getLogger(__name__)

TIMER = timedelta(seconds=15)
"""How late a change is seen when the kernel's queue overflowed and the doorbell stayed silent."""
AFTER_A_FAILURE = timedelta(seconds=5)
_RINGS = (
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
)
"""What rings. Not an opening: looking at 10 000 folders would fill the kernel's queue (16 384)."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class PressEnded(Exception):
    """A worker ended by itself, or what a process cannot change did: the press is to be started again."""


@dataclass(slots=True)
class _Desk:
    """What one centre waits for."""

    worker: int
    busy: bool = False
    everything: bool = True
    changed: set[Path] = field(default_factory=set)
    due: datetime = _LONG_AGO
    rests_until: datetime = _LONG_AGO
    told: tuple[str, ...] = ()

    def next_at(self) -> datetime:
        """When there is something to do that nobody is doing; a change that came is not kept waiting."""
        if self.changed:
            return _LONG_AGO
        return max(self.rests_until, _LONG_AGO if self.everything else self.due)

    def order(self, centre: str, now: datetime) -> Publish:
        """Everything that is to be done, as one order; what comes next waits for the next one."""
        changed = None if self.everything else frozenset(self.changed)
        self.busy, self.everything, self.changed = True, False, set()
        return Publish(centre=centre, now=now, changed=changed)


class _Doorbell(FileSystemEventHandler):
    """Rings when something is written, and says what; reading is not a reason to work."""

    def __init__(self, ring: Callable[[Path, bool], None]) -> None:
        self._ring = ring

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Ring; say whether it is for a folder that was just made."""
        is_made = isinstance(event, DirCreatedEvent)
        for path in (os.fsdecode(event.src_path), os.fsdecode(event.dest_path)):
            if path and not os.path.basename(path).startswith("."):  # noqa: PTH119 (thousands of events)
                self._ring(Path(path), is_made)


class Press:
    """Keeps every centre's site what its content says, at every minute.

    It does not say how late it may be: a change rings and is placed at once, and the clock is
    obeyed at the instant a post appears or ends.
    """

    def __init__(
        self,
        instance: Path,
        town: TownOnDisk,
        clock: Callable[[], datetime],
        *,
        workers: int | None = None,
    ) -> None:
        """Prepare a press for *instance*; *clock* gives aware instants.

        One worker a core, unless there are fewer centres.
        """
        self._places = Places(instance=instance)
        self._town, self._clock, self._workers = town, clock, workers
        self._stopping = False
        self._rung: dict[Path, bool] = {}
        self._ringing = threading.Lock()
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)
        self._desks: dict[str, _Desk] = {}
        self._watched: dict[Path, tuple[ObservedWatch | None, int]] = {}
        self._asked = ""
        self._plugins: tuple[str, ...] = ()
        self._renew_again: datetime | None = None

    def run(self) -> None:
        """Work until `stop`: everything once, then what changes, when it changes.

        To be called with one thread running. Raises PressEnded when a worker does.
        """
        town = self._town()
        number = min(self._workers or os.cpu_count() or 1, max(1, len(town.centres)))
        self._asked, self._plugins = self._configuration(town), town.plugins
        workers = start_workers(number, self._places, town, self._clock)
        orders = [given for given, _process in workers]
        observer = Observer()
        observer.start()
        try:
            self._watch(observer, town)
            self._seat(town, number)
            self._work(observer, orders)
        finally:
            observer.stop()
            observer.join()
            for given in orders:
                given.close()
            for _given, process in workers:
                os.waitpid(process, 0)

    def stop(self) -> None:
        """Stop after the changes under way."""
        self._stopping = True
        self._pull()

    def _work(self, observer: BaseObserver, orders: Sequence[Connection]) -> None:
        looked_at = self._clock()
        while not self._stopping:
            self._send(orders)
            for ready in wait([self._bell, *orders], self._rest(looked_at).total_seconds()):
                if isinstance(ready, Connection):
                    self._hear(ready)
                else:
                    os.read(self._bell, 1 << 16)
            if self._sort(self._take_rung(), orders):
                self._watch(observer, self._town())
            now = self._clock()
            if now - looked_at >= TIMER or now < looked_at:
                looked_at = now
                self._watch(observer, self._town())
                self._renew(orders)
                for desk in self._desks.values():
                    desk.everything = True
            elif self._renew_again is not None and self._renew_again <= now:
                self._asked, self._renew_again = "", None
                self._renew(orders)

    def _send(self, orders: Sequence[Connection]) -> None:
        now = self._clock()
        for centre, desk in self._desks.items():
            if not desk.busy and desk.next_at() <= now:
                orders[desk.worker].send(desk.order(centre, now))

    def _hear(self, answers: Connection) -> None:
        try:
            answer: Answer = answers.recv()
        except EOFError as error:
            raise PressEnded from error
        desk = self._desks.get(answer.centre)
        if desk is None:
            return
        desk.busy = desk.busy and answer.drafted
        now = self._clock()
        match answer:
            case Printed():
                unfit = answer.set_aside
                desk.due = answer.next_change_at
                if any(answer.moved):
                    log.info(
                        "centre %s: %d new, %d replaced, %d removed, %d set aside",
                        answer.centre,
                        *answer.moved,
                        len(unfit),
                    )
            case Kept():
                unfit = answer.unfit
                if not answer.drafted:
                    # What was asked is still to be done: a full disk is emptied, a theme mended.
                    desk.everything = True
                    desk.rests_until = now + (TIMER if unfit else AFTER_A_FAILURE)
                elif not unfit:
                    self._renew_again = now + AFTER_A_FAILURE
        told = tuple(f"{one.post}, line {one.line}: {one.sentence()}" for one in unfit)
        for sentence in told if told != desk.told else ():
            log.warning("centre %s: %s", answer.centre, sentence)
        desk.told = told

    def _sort(self, rung: Iterator[tuple[Path, bool]], orders: Sequence[Connection]) -> bool:
        """Bring each path that rang to the centre it is of; whether a folder may be new."""
        content, is_new = self._places.content, False
        for path, is_only_made in rung:
            if not path.is_relative_to(content):
                self._renew(orders)
                continue
            centre = path.relative_to(content).parts[:1]
            desk = self._desks.get(centre[0]) if centre else None
            if desk is None:
                continue
            document = document_at(content, centre[0], path)
            if document is None:
                desk.everything = is_new = True  # a whole school year came, or went
            elif not is_only_made or document.path.exists():
                # A post's folder comes first, and its document rings when it is there.
                desk.changed.add(document.path)
        return is_new

    def _renew(self, orders: Sequence[Connection]) -> None:
        """Print with the configuration and the themes as they now are, if they changed."""
        town = self._town()
        asked = self._configuration(town)
        if asked == self._asked:
            return
        if town.plugins != self._plugins:
            # Pelican's plugins are the process's: those of before cannot be told to be quiet.
            raise PressEnded("the town's plugins changed")
        self._asked = asked
        self._seat(town, len(orders))
        for given in orders:
            given.send(Renew(town=town))

    def _seat(self, town: Town, number: int) -> None:
        """Give each centre its worker: always the same one, which keeps it warm."""
        slugs = [centre.slug for centre in town.centres]
        for slug in [one for one in self._desks if one not in slugs]:
            del self._desks[slug]
        for slug in slugs:
            if slug not in self._desks:
                self._desks[slug] = _Desk(worker=len(self._desks) % number)
            # One that could not be printed may be, now.
            self._desks[slug].everything = True

    def _configuration(self, town: Town) -> str:
        """What changes when the town's configuration, or a file of a theme in use, does."""
        stamps = [repr(town)]
        for theme in sorted({centre.theme for centre in town.centres}):
            folder = theme_folder(self._places.instance, theme)
            for where, folders, names in os.walk(folder):
                folders.sort()
                for name in sorted(names):
                    path = Path(where) / name
                    try:
                        facts = path.stat()
                    except OSError:
                        continue
                    stamps.append(f"{path} {facts.st_mtime_ns} {facts.st_size} {facts.st_ino}")
        return "\n".join(stamps)

    def _watch(self, observer: BaseObserver, town: Town) -> None:
        """Hang a bell on each folder that is there; photos come before the posts that show them."""
        bell, instance = _Doorbell(self._ringer), self._places.instance
        content = self._places.content
        folders = {content: False, instance / "centres": True, instance / "themes": True}
        for centre in town.centres:
            # Where posts are to come, the folder they will be in is waited for.
            posts = posts_folder(content, centre.slug)
            folders |= {posts.parent: False, posts: True}
        for folder, is_deep in folders.items():
            try:
                inode = folder.stat().st_ino
            except OSError:
                continue
            known = self._watched.get(folder)
            if known is not None and known[1] == inode:
                continue
            if known is not None and known[0] is not None:
                observer.unschedule(known[0])
            watch = None
            try:
                watch = observer.schedule(
                    bell, str(folder), recursive=is_deep, event_filter=[*_RINGS]
                )
            except OSError as error:
                log.warning(
                    "no bell on %s (%s): what changes there is seen within %d s",
                    folder,
                    error,
                    TIMER.total_seconds(),
                )
            self._watched[folder] = watch, inode
            # What came before the bell was hung did not ring: it is looked for at once, so that
            # nothing saved later goes out earlier.
            for slug, desk in self._desks.items():
                desk.everything |= folder == posts_folder(content, slug)
            if not folder.is_relative_to(content):
                self._ringer(folder)

    def _ringer(self, path: Path, is_made: bool = False) -> None:  # noqa: FBT001, FBT002 (what watchdog saw)
        with self._ringing:
            is_first = not self._rung
            self._rung[path] = is_made and self._rung.get(path, True)
        if is_first:
            self._pull()

    def _pull(self) -> None:
        try:
            os.write(self._rope, b".")
        except BlockingIOError:
            return  # it is ringing already

    def _take_rung(self) -> Iterator[tuple[Path, bool]]:
        with self._ringing:
            rung, self._rung = self._rung, {}
        return iter(sorted(rung.items()))

    def _rest(self, looked_at: datetime) -> timedelta:
        now = self._clock()
        waits = [looked_at + TIMER]
        waits += [desk.next_at() for desk in self._desks.values() if not desk.busy]
        if self._renew_again is not None:
            waits.append(self._renew_again)
        return max(timedelta(0), min(waits) - now)
