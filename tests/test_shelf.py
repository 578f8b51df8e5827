"""The shelf: a site is changed whole, in an order that never breaks, and a kill is finished or forgotten."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher import shelf
from publisher.shelf import Edition

CENTRE = "les-tilleuls"
BEFORE = {"index.html": "→ old.html", "old.html": "→ photos/a.jpg", "photos/a.jpg": "A"}
AFTER = {"index.html": "→ new/n.html", "new/n.html": "→ photos/b.jpg", "photos/b.jpg": "B"}
EDITION = Edition(made_at=datetime(2026, 1, 1, tzinfo=UTC), moment=datetime(2026, 1, 1, tzinfo=UTC))


def _stage(build: Path, files: dict[str, str]) -> None:
    stage = shelf.fresh_stage(build, CENTRE)
    for name, text in files.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_text(text, encoding="utf-8")


def _site(build: Path) -> dict[str, str]:
    site = shelf.site_folder(build, CENTRE)
    return {name: (site / name).read_text(encoding="utf-8") for name in shelf.files_of(site)}


def _broken_links(files: dict[str, str]) -> set[str]:
    """The pages that can be reached from the home page and lead to nothing."""
    reached, waiting, broken = set(), ["index.html"], set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        if name not in files:
            broken.add(name)
            continue
        _arrow, _space, target = files[name].partition("→ ")
        if target:
            waiting.append(target)
    return broken


class _Killed(BaseException):
    """Stands for kill −9."""


def _kill_before(monkeypatch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Kill before the mutating call *number*; what was called until then."""
    called: list[str] = []

    def counted(name: str, act: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            if len(called) == number:
                raise _Killed
            called.append(name)
            return act(*arguments, **named)

        return call

    for owner, name in (
        (Path, "replace"),
        (Path, "unlink"),
        (Path, "rmdir"),
        (Path, "mkdir"),
        (os, "fsync"),
    ):
        monkeypatch.setattr(owner, name, counted(name, getattr(owner, name)))
    return called


def test_a_kill_before_any_step_is_finished_or_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before each mutating call in turn: what is read never breaks, and the next start ends it."""
    kills, finished, forgotten = 0, 0, 0
    while True:
        build = tmp_path / str(kills)
        _stage(build, BEFORE)
        shelf.place(build, CENTRE, EDITION)
        _stage(build, AFTER)
        _kill_before(monkeypatch, kills)
        try:
            shelf.place(build, CENTRE, EDITION)
        except _Killed:
            monkeypatch.undo()
        else:
            monkeypatch.undo()
            break
        assert _broken_links(_site(build)) == set()
        decided = shelf.recover(build, CENTRE)
        assert _site(build) == (AFTER if decided or _site(build) == AFTER else BEFORE)
        finished, forgotten = finished + decided, forgotten + (not decided)
        assert not (build / CENTRE / shelf.STAGE).exists()
        assert not (build / CENTRE / shelf.JOURNAL).exists()
        kills += 1
        shutil.rmtree(build)
    assert _site(build) == AFTER
    assert min(finished, forgotten) >= 3
    assert kills >= 15


def test_a_kill_during_recovery_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery may be killed before each of its own steps, too."""
    for number in range(6):
        build = tmp_path / str(number)
        _stage(build, BEFORE)
        shelf.place(build, CENTRE, EDITION)
        _stage(build, AFTER)
        journal = {
            "put": ["new/n.html", "photos/b.jpg", "index.html"],
            "removed": ["old.html", "photos/a.jpg"],
            "edition": "{}",
        }
        (build / CENTRE / shelf.JOURNAL).write_text(json.dumps(journal), encoding="utf-8")
        _kill_before(monkeypatch, number)
        with pytest.raises(_Killed):
            shelf.recover(build, CENTRE)
        monkeypatch.undo()
        assert shelf.recover(build, CENTRE)
        assert _site(build) == AFTER


def test_new_files_come_first_and_removals_last(tmp_path: Path) -> None:
    """What is new is there before what refers to it; what goes is no longer referred to."""
    _stage(tmp_path, BEFORE)
    shelf.place(tmp_path, CENTRE, EDITION)
    _stage(tmp_path, AFTER)
    change = shelf.place(tmp_path, CENTRE, EDITION)
    assert change.new == ("new/n.html", "photos/b.jpg")
    assert change.replaced == ("index.html",)
    assert change.removed == ("old.html", "photos/a.jpg")
    assert not (shelf.site_folder(tmp_path, CENTRE) / "old.html").exists()


def test_the_same_site_moves_nothing(tmp_path: Path) -> None:
    """Placing what already stands leaves every file as it was, inode and all."""
    _stage(tmp_path, BEFORE)
    shelf.place(tmp_path, CENTRE, EDITION)
    site = shelf.site_folder(tmp_path, CENTRE)
    before = {name: (site / name).stat().st_ino for name in BEFORE}
    _stage(tmp_path, BEFORE)
    change = shelf.place(tmp_path, CENTRE, EDITION)
    assert (change.new, change.replaced, change.removed) == ((), (), ())
    assert {name: (site / name).stat().st_ino for name in BEFORE} == before


def test_the_edition_says_what_stands(tmp_path: Path) -> None:
    """What was placed can be read back; nothing placed is nothing read."""
    assert shelf.read_edition(tmp_path, CENTRE) is None
    edition = Edition(
        made_at=EDITION.made_at,
        moment=EDITION.moment,
        posts={"a": "1" * 16},
        set_aside=(("b", 3, "Pourquoi."),),
        changed=3,
    )
    _stage(tmp_path, BEFORE)
    shelf.place(tmp_path, CENTRE, edition)
    assert shelf.read_edition(tmp_path, CENTRE) == edition


def test_a_page_may_become_a_folder_and_back(tmp_path: Path) -> None:
    """Empty folders are dropped, so that a name can change its nature later."""
    _stage(tmp_path, {"index.html": "", "a/b/c.html": ""})
    shelf.place(tmp_path, CENTRE, EDITION)
    _stage(tmp_path, {"index.html": ""})
    shelf.place(tmp_path, CENTRE, EDITION)
    assert not (shelf.site_folder(tmp_path, CENTRE) / "a").exists()
