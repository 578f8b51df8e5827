"""A press's worker: one process that prints the centres it is given, one change at a time each.

Its presses stay warm between orders. When the theme or the configuration of a centre changes, the
whole edition is drafted in a child process, and the press of before goes on printing until it is
placed.
"""

import gc
import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import TypeAlias

from publisher.editions.press import (
    Built,
    CentrePress,
    NotBuilt,
    Places,
    Superseded,
    does_not_compose,
)
from publisher.editions.render import RenderFailed
from publisher.model.edition import Unfit
from publisher.model.town import Centre, Town

log = logging.getLogger(__name__)

_POLITE = 5
"""How much a draft gives way to publications, as nice(1) counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """An order: make *centre*'s site what its content says at *now*.

    *changed* are the paths to look at again; None: all of them.
    """

    centre: str
    now: datetime
    changed: frozenset[Path] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """An order: the configuration or a theme may have changed; print with those from now on."""

    town: Town


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An answer: the centre's site is what its content says until `next_change_at`."""

    centre: str
    moved: tuple[int, int, int]
    set_aside: tuple[Unfit, ...]
    next_change_at: datetime
    drafted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer: the centre's site stayed as it was, and why (nothing to say: a fault, logged)."""

    centre: str
    unfit: tuple[Unfit, ...] = ()
    drafted: bool = False


Order: TypeAlias = Publish | Renew
Answer: TypeAlias = Printed | Kept


@dataclass(slots=True)
class _Draft:
    """A whole edition being drafted by a child process."""

    press: CentrePress
    answer: Connection
    process: int


@dataclass(slots=True)
class Worker:
    """Prints some centres of one instance. Not to be shared between threads."""

    places: Places
    town: Town
    clock: Callable[[], datetime]
    _presses: dict[str, CentrePress] = field(default_factory=dict)
    _drafts: dict[str, _Draft] = field(default_factory=dict)
    _waiting: dict[str, CentrePress] = field(default_factory=dict)

    def work(self, orders: Connection) -> None:
        """Obey the orders that come, and answer each, until nobody is there to give any."""
        try:
            self._obey(orders)
        finally:
            self._give_up_drafts()

    def _obey(self, orders: Connection) -> None:
        while True:
            ready = wait([orders, *(draft.answer for draft in self._drafts.values())])
            for slug in [one for one, draft in self._drafts.items() if draft.answer in ready]:
                orders.send(self._end_draft(slug))
            if orders in ready:
                try:
                    order: Order = orders.recv()
                except EOFError:
                    return
                match order:
                    case Publish():
                        orders.send(self.publish(order))
                    case Renew():
                        self._renew(order.town)

    def publish(self, order: Publish) -> Answer:
        """Publish one centre; whatever happens to it, the others go on."""
        centre = self.town.centre(order.centre)
        if centre is None:
            return Kept(centre=order.centre)
        try:
            try:
                return _told(self._press_of(centre).publish(order.now, order.changed))
            except Superseded:
                # A draft was placed, and its child has not said so yet.
                self._presses.pop(centre.slug).close()
                return _told(self._press_of(centre).publish(order.now, None))
        except RenderFailed as failure:
            return Kept(centre=centre.slug, unfit=(does_not_compose(failure),))
        except Exception:  # one centre's bad luck (a full disk, a plugin) must not stop the town
            log.exception("centre %s was not built; its site stays as it was", centre.slug)
            return Kept(centre=centre.slug)

    def _press_of(self, centre: Centre) -> CentrePress:
        if centre.slug not in self._presses and centre.slug in self._drafts:
            self._end_draft(centre.slug)
        if centre.slug not in self._presses:
            self._presses[centre.slug] = CentrePress(self.places, self.town, centre)
        return self._presses[centre.slug]

    def _renew(self, town: Town) -> None:
        """Draft the centres that another theme or configuration changes, one after the other."""
        self.town = town
        for slug, press in list(self._presses.items()):
            centre = town.centre(slug)
            if centre is None:
                self._presses.pop(slug).close()
                continue
            try:
                renewed = CentrePress(self.places, town, centre)
            except RenderFailed as failure:
                log.warning("centre %s: its theme cannot be read: %s", slug, failure)
                continue
            coming = self._drafts[slug].press if slug in self._drafts else press
            if renewed.made_with == coming.made_with:
                self._waiting.pop(slug, None)
                renewed.close()
            else:
                self._waiting[slug] = renewed
        self._begin_next_draft()

    def _begin_next_draft(self) -> None:
        if self._drafts or not self._waiting:
            return
        slug = next(iter(self._waiting))
        press = self._waiting.pop(slug)
        mine, its = Pipe()
        process = os.fork()
        if process == 0:
            _draft(press, its, self.clock)
        its.close()
        self._drafts[slug] = _Draft(press=press, answer=mine, process=process)

    def _end_draft(self, slug: str) -> Answer:
        """Hear what became of a draft; a press whose edition was placed takes over."""
        draft = self._drafts.pop(slug)
        try:
            answer: Answer = draft.answer.recv()
        except EOFError:
            answer = Kept(centre=slug, drafted=True)
        draft.answer.close()
        os.waitpid(draft.process, 0)
        if isinstance(answer, Printed):
            before = self._presses.pop(slug, None)
            if before is not None:
                before.close()
            self._presses[slug] = draft.press
        self._begin_next_draft()
        return answer

    def _give_up_drafts(self) -> None:
        """Leave nobody writing in a press that has ended; the next one drafts again what was not placed."""
        for draft in self._drafts.values():
            # At any of its calls: what is half placed is finished by whoever comes next.
            os.kill(draft.process, signal.SIGKILL)
            os.waitpid(draft.process, 0)
        self._drafts.clear()


def _draft(press: CentrePress, answer: Connection, clock: Callable[[], datetime]) -> None:
    """In a child process: draft and place a whole edition, say what became of it, and end."""
    try:
        os.nice(_POLITE)
        told = _told(press.make_again(clock))
        answer.send(
            Printed(
                centre=told.centre,
                moved=told.moved,
                set_aside=told.set_aside,
                next_change_at=told.next_change_at,
                drafted=True,
            )
            if isinstance(told, Printed)
            else Kept(centre=told.centre, unfit=told.unfit, drafted=True)
        )
    except BaseException:
        log.exception("a whole edition was not drafted; the site stays as it was")
    finally:
        # Nothing of the worker's (its index, its pipes) is this child's to close.
        os._exit(0)


def _told(outcome: Built | NotBuilt) -> Answer:
    if isinstance(outcome, NotBuilt):
        return Kept(centre=outcome.centre, unfit=outcome.unfit)
    change = outcome.change
    return Printed(
        centre=outcome.centre,
        moved=(len(change.new), len(change.replaced), len(change.removed)),
        set_aside=outcome.set_aside,
        next_change_at=outcome.next_change_at,
    )


def start_workers(
    number: int, places: Places, town: Town, clock: Callable[[], datetime]
) -> Sequence[tuple[Connection, int]]:
    """Start *number* workers; for each, where to give it orders, and its process.

    They are forks of this process, which must have one thread only: they share the memory of
    what it has imported. Each ends when nobody holds the other end of its orders.
    """
    gc.freeze()
    workers: list[tuple[Connection, int]] = []
    for _number in range(number):
        mine, its = Pipe()
        process = os.fork()
        if process == 0:
            code = 1
            try:
                for given, _process in workers:
                    given.close()
                mine.close()
                # The one who gives orders decides when to stop: after the change under way.
                for name in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(name, signal.SIG_IGN)
                Worker(places, town, clock).work(its)
                code = 0
            except (BrokenPipeError, ConnectionResetError):
                code = 0
            except BaseException:
                log.exception("a worker of the press ended")
            finally:
                os._exit(code)
        its.close()
        workers.append((mine, process))
    return workers
