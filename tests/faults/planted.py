"""Flaws to plant in the shelf, so that the faults are seen to catch each."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from publisher import shelf
from publisher.shelf import Change, Edition, Stage

Journal = Mapping[str, object]


def plant(flaw: str) -> None:
    """Plant one of FLAWS in this process."""
    FLAWS[flaw]()


def _removals_first() -> None:
    perform = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        for path in shelf._names(journal["removed"]):
            (folder / path).unlink(missing_ok=True)
        perform(folder, journal)

    shelf._perform = flawed


def _pages_of_lists_first() -> None:
    perform = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        perform(folder, {**journal, "put": [*shelf._pairs(journal["put"])][::-1]})

    shelf._perform = flawed


def _posts_told_first() -> None:
    perform = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        for name, path in shelf._pairs(journal["told"]):
            with suppress(FileNotFoundError):
                shelf._move(folder / str(journal["stage"]) / name, folder / path)
        perform(folder, journal)

    shelf._perform = flawed


def _edition_first() -> None:
    perform = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        with suppress(FileNotFoundError):
            edition = folder / str(journal["stage"]) / str(journal["edition"])
            edition.replace(folder / shelf.EDITION)
        perform(folder, journal)

    shelf._perform = flawed


def _journal_after_the_moves() -> None:
    place, perform, sync = Stage.place, shelf._perform, shelf._sync_everything_below

    def flawed(stage: Stage, edition: Edition) -> Change:
        def moves_too(folder: Path) -> None:
            """In place of the sync of everything, after which the journal is decided."""
            sync(folder)
            perform(folder, json.loads((stage.folder / shelf.JOURNAL).read_bytes()))

        shelf._sync_everything_below = moves_too
        try:
            return place(stage, edition)
        finally:
            shelf._sync_everything_below = sync

    Stage.place = flawed  # type: ignore[method-assign]  # a flaw


def _no_sync_of_the_folder() -> None:
    shelf._sync = lambda _folder: None


def _no_sync_of_what_is_staged() -> None:
    shelf._sync_everything_below = lambda _folder: None


def _no_journal() -> None:
    recover = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        (folder / shelf.JOURNAL).unlink(missing_ok=True)
        recover(folder, journal)

    shelf._perform = flawed


def _moves_made_once() -> None:
    """A finished journal is thrown away, and its moves are not synced."""
    perform = shelf._perform

    def flawed(folder: Path, journal: Journal) -> None:
        perform(folder, journal)
        (folder / shelf.JOURNAL).unlink(missing_ok=True)

    shelf._perform = flawed


def _decided_is_forgotten() -> None:
    Stage._is_decided = lambda _stage: False  # type: ignore[method-assign]  # a flaw


FLAWS: Mapping[str, Callable[[], None]] = {
    "removals first": _removals_first,
    "lists before what they lead to": _pages_of_lists_first,
    "posts told before they can be seen": _posts_told_first,
    "edition.json moved first": _edition_first,
    "journal after the moves": _journal_after_the_moves,
    "no journal while moving": _no_journal,
    "what was decided is forgotten": _decided_is_forgotten,
    "no sync of the folder": _no_sync_of_the_folder,
    "no sync of what is staged": _no_sync_of_what_is_staged,
    "finished moves are not made again": _moves_made_once,
}
CAUGHT_BY: Mapping[str, str] = {
    flaw: "refuse"
    if flaw == "what was decided is forgotten"
    else "power"
    if flaw.startswith(("no sync", "finished"))
    else "kill"
    for flaw in FLAWS
}
"""What shows each: a kill, a disk that refuses, or a power cut."""
