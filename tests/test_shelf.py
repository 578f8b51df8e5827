"""The shelf: a site is changed whole, in an order that never breaks, and a kill is finished or forgotten."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher import shelf
from publisher.shelf import Change, Edition, Stage

CENTRE = "les-tilleuls"
# What is referred to first.
BEFORE = {"photos/a.jpg": "A", "old.html": "→ photos/a.jpg", "index.html": "→ old.html"}
AFTER = {"photos/b.jpg": "B", "new/n.html": "→ photos/b.jpg", "index.html": "→ new/n.html"}
SHOWN_BEFORE, SHOWN_AFTER = {"old": "1" * 16}, {"new": "2" * 16}
EDITION = Edition(made_at=datetime(2026, 1, 1, tzinfo=UTC), moment=datetime(2026, 1, 1, tzinfo=UTC))


def _stage(
    build: Path,
    files: Mapping[str, str],
    shown: Mapping[str, str] | None = None,
    *,
    drafted: bool = False,
) -> Stage:
    """Stage the edition whose site is *files* and nothing else, and which shows *shown*."""
    stage = Stage(build, CENTRE, drafted=drafted)
    for name, text in files.items():
        stage.put(name, text.encode())
    for name in sorted(shelf.files_of(shelf.site_folder(build, CENTRE)) - files.keys()):
        stage.remove(name)
    for slug in shelf.placed(build, CENTRE):
        stage.stand(slug, None)
    for slug, revision in (shown or {}).items():
        stage.stand(slug, revision)
    return stage


def _place(build: Path, files: Mapping[str, str], shown: Mapping[str, str] | None = None) -> Change:
    stage = _stage(build, files, shown)
    change = stage.place(EDITION)
    stage.forget()
    return change


def _site(build: Path) -> dict[str, str]:
    site = shelf.site_folder(build, CENTRE)
    return {name: (site / name).read_text(encoding="utf-8") for name in shelf.files_of(site)}


def _broken_links(files: Mapping[str, str]) -> set[str]:
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


def _stands(build: Path) -> str:
    """Which edition stands whole, "before" or "after": its site, its posts, and its name agree."""
    edition = shelf.read_edition(build, CENTRE)
    assert edition is not None
    posts = dict(edition.posts)
    is_after = _site(build) == AFTER
    assert _site(build) == (AFTER if is_after else BEFORE)
    assert posts == (SHOWN_AFTER if is_after else SHOWN_BEFORE)
    return "after" if is_after else "before"


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
        (os, "replace"),
        (os, "unlink"),
        (os, "rmdir"),
        (os, "mkdir"),
        (os, "write"),
        (os, "fsync"),
        (shelf, "_sync_everything_below"),
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
        _place(build, BEFORE, SHOWN_BEFORE)
        stage = _stage(build, AFTER, SHOWN_AFTER)
        _kill_before(monkeypatch, kills)
        try:
            stage.place(EDITION)
        except _Killed:
            monkeypatch.undo()
        else:
            monkeypatch.undo()
            break
        assert _broken_links(_site(build)) == set()
        is_whole = shelf.is_whole(build, CENTRE)
        decided = shelf.recover(build, CENTRE)
        assert decided is not is_whole
        assert (_stands(build) == "after") is decided
        assert shelf.is_whole(build, CENTRE)
        finished, forgotten = finished + decided, forgotten + (not decided)
        assert not (build / CENTRE / shelf.STAGE).exists()
        kills += 1
        shutil.rmtree(build)
    assert _stands(build) == "after"
    assert min(finished, forgotten) >= 5
    assert kills >= 15


@pytest.mark.parametrize("drafted", [False, True])
def test_a_kill_during_recovery_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, drafted: bool
) -> None:
    """Recovery may be killed before each of its own steps, too, as often as there are steps."""
    for number in range(40):
        build = tmp_path / str(number)
        _place(build, BEFORE, SHOWN_BEFORE)
        stage = _stage(build, AFTER, SHOWN_AFTER, drafted=drafted)
        monkeypatch.setattr(shelf, "_perform", _raise(_Killed()))
        with pytest.raises(_Killed):
            stage.place(EDITION)
        monkeypatch.undo()
        _kill_before(monkeypatch, number)
        try:
            shelf.recover(build, CENTRE)
        except _Killed:
            monkeypatch.undo()
        else:
            monkeypatch.undo()
            break
        assert _broken_links(_site(build)) == set()
        shelf.recover(build, CENTRE)
        assert _stands(build) == "after"
        assert not stage.folder.exists()
    assert number > 8
    assert _stands(build) == "after"


def _raise(error: BaseException) -> Callable[..., None]:
    def fail(*_arguments: object) -> None:
        raise error

    return fail


def test_new_files_come_first_and_removals_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new is there before what refers to it; what goes is no longer referred to."""
    _place(tmp_path, BEFORE)
    stage = _stage(tmp_path, AFTER)
    site = shelf.site_folder(tmp_path, CENTRE)
    seen = [shelf.files_of(site)]
    replace_file, unlink = os.replace, Path.unlink

    def replaced(path: str, target: str) -> None:
        replace_file(path, target)
        seen.append(shelf.files_of(site))

    def unlinked(path: Path, *, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        seen.append(shelf.files_of(site))

    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(Path, "unlink", unlinked)
    change = stage.place(EDITION)
    monkeypatch.undo()
    assert change.new == ("photos/b.jpg", "new/n.html")
    assert change.replaced == ("index.html",)
    assert set(change.removed) == {"old.html", "photos/a.jpg"}
    steps = [one for one, after in zip(seen, [*seen[1:], None], strict=True) if one != after]
    assert [len(one) for one in steps] == [3, 4, 5, 4, 3]
    assert not (site / "old.html").exists()


def test_the_same_site_moves_nothing(tmp_path: Path) -> None:
    """Placing what already stands leaves every file as it was, inode and all."""
    _place(tmp_path, BEFORE)
    site = shelf.site_folder(tmp_path, CENTRE)
    before = {name: (site / name).stat().st_ino for name in BEFORE}
    change = _place(tmp_path, BEFORE)
    assert (change.new, change.replaced, change.removed, len(change)) == ((), (), (), 0)
    assert {name: (site / name).stat().st_ino for name in BEFORE} == before


def test_the_edition_says_what_stands(tmp_path: Path) -> None:
    """What was placed can be read back; nothing placed is nothing read."""
    assert shelf.read_edition(tmp_path, CENTRE) is None
    edition = replace(EDITION, set_aside=(("b", 3, "Pourquoi."),), posts=SHOWN_BEFORE)
    stage = _stage(tmp_path, BEFORE, SHOWN_BEFORE)
    stage.place(edition)
    assert shelf.read_edition(tmp_path, CENTRE) == replace(edition, id=stage.id, changed=3)


def test_what_was_decided_outlives_a_disk_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk full during the moves: forgetting the edition does not take from `recover` what it needs."""
    _place(tmp_path, BEFORE, SHOWN_BEFORE)
    stage = _stage(tmp_path, AFTER, SHOWN_AFTER)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(shelf, "_perform", _raise(full))
    with pytest.raises(OSError, match="No space"):
        stage.place(EDITION)
    monkeypatch.undo()
    stage.forget()
    assert not shelf.is_whole(tmp_path, CENTRE)
    assert shelf.recover(tmp_path, CENTRE)
    assert _stands(tmp_path) == "after"
    assert not stage.folder.exists()


def test_what_was_not_decided_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk full before the journal: the site stays as it was, and nothing waits beside it."""
    _place(tmp_path, BEFORE, SHOWN_BEFORE)
    stage = _stage(tmp_path, AFTER, SHOWN_AFTER)
    monkeypatch.setattr(shelf, "_sync_everything_below", _raise(OSError(5, "Input/output error")))
    with pytest.raises(OSError, match="Input/output"):
        stage.place(EDITION)
    monkeypatch.undo()
    stage.forget()
    assert not stage.folder.exists()
    assert shelf.is_whole(tmp_path, CENTRE)
    assert not shelf.recover(tmp_path, CENTRE)
    assert _stands(tmp_path) == "before"


def test_moves_that_a_power_cut_lost_are_made_again(tmp_path: Path) -> None:
    """The moves of a finished edition may not be on the disk yet: each start makes them again."""
    _place(tmp_path, BEFORE, SHOWN_BEFORE)
    stage = _stage(tmp_path, AFTER, SHOWN_AFTER)
    stage.place(EDITION)
    folder = tmp_path / CENTRE
    journal = json.loads((folder / shelf.JOURNAL).read_bytes())
    stage.folder.mkdir(exist_ok=True)
    for name, path in journal["put"]:
        (folder / path).replace(stage.folder / name)
    shelf.recover(tmp_path, CENTRE)
    assert _stands(tmp_path) == "after"


@pytest.mark.parametrize("damage", [b"", b"{", b"\0" * 40, b"[]", b"null", b'{"id": "a"}'])
def test_a_damaged_journal_vouches_for_nothing(tmp_path: Path, damage: bytes) -> None:
    """Nobody knows any more what stands: no edition does, and the press compares every file again."""
    _place(tmp_path, BEFORE, SHOWN_BEFORE)
    (tmp_path / CENTRE / shelf.JOURNAL).write_bytes(damage)
    assert not shelf.is_whole(tmp_path, CENTRE)
    assert not shelf.recover(tmp_path, CENTRE)
    assert shelf.read_edition(tmp_path, CENTRE) is None
    assert _site(tmp_path) == BEFORE
    _place(tmp_path, AFTER, SHOWN_AFTER)
    assert _stands(tmp_path) == "after"


def test_a_name_may_be_a_folder_and_later_a_file(tmp_path: Path) -> None:
    """Empty folders are dropped, so that a name can change its nature."""
    _place(tmp_path, {"index.html": "", "a/b/c.html": ""})
    _place(tmp_path, {"index.html": ""})
    assert not (shelf.site_folder(tmp_path, CENTRE) / "a").exists()
    _place(tmp_path, {"index.html": "", "a": "a file"})
    assert _site(tmp_path)["a"] == "a file"


def test_the_last_word_on_a_path_counts(tmp_path: Path) -> None:
    """A page drawn twice is moved once, and one that goes after all is not put."""
    _place(tmp_path, BEFORE)
    stage = Stage(tmp_path, CENTRE)
    stage.put("index.html", b"first")
    stage.put("index.html", "→ old.html".encode())
    stage.put("new.html", b"new")
    assert stage.holds("new.html")
    stage.remove("new.html")
    stage.remove("old.html")
    assert not stage.holds("new.html")
    assert not stage.holds("old.html")
    assert stage.holds("photos/a.jpg")
    stage.put("old.html", b"kept after all")
    assert stage.change == Change(replaced=("old.html",))


def _photo(folder: Path, *names: str) -> list[str]:
    """A photo in two sizes, or in those of *names*, as content keeps it."""
    folder.mkdir(exist_ok=True)
    files = [folder / name for name in names or ("480.jpg", "1080.jpg")]
    for file in files:
        file.write_bytes(file.name.encode())
    return list(map(str, files))


def test_a_photo_is_another_name_of_the_same_files(tmp_path: Path) -> None:
    """A linked photo costs names, and one that is already there moves nothing."""
    photo = _photo(tmp_path / "a")
    stage = Stage(tmp_path, CENTRE)
    stage.link("photos/a", photo)
    assert set(stage.change.new) == {"photos/a/1080.jpg", "photos/a/480.jpg"}
    stage.place(EDITION)
    site = shelf.site_folder(tmp_path, CENTRE)
    assert all((site / "photos/a" / Path(one).name).samefile(one) for one in photo)
    again = Stage(tmp_path, CENTRE)
    again.link("photos/a", photo)
    assert len(again.change) == 0
    with pytest.raises(FileNotFoundError):
        again.link("photos/b", [f"{tmp_path}/absent.jpg"])
    again.place(EDITION)
    assert set(_site(tmp_path)) == {"photos/a/1080.jpg", "photos/a/480.jpg"}
    assert not (site / "photos/b").exists()


def test_a_new_photo_is_moved_as_one(tmp_path: Path) -> None:
    """The journal of a new photo has one move, whatever its sizes; the first ones come together."""
    first = Stage(tmp_path, CENTRE)
    for name in ("a", "b"):
        first.link(f"photos/{name}", _photo(tmp_path / name))
    first.link("groupes/petits/photos/a", _photo(tmp_path / "a"))
    first.place(EDITION)
    assert _moves(tmp_path) == ["site/photos", "site/groupes/petits/photos"]
    assert len(_site(tmp_path)) == 6
    second = Stage(tmp_path, CENTRE)
    for name in ("c", "d"):
        second.link(f"photos/{name}", _photo(tmp_path / name))
    second.place(EDITION)
    assert _moves(tmp_path) == ["site/photos/c", "site/photos/d"]
    assert len(_site(tmp_path)) == 10


def _moves(build: Path) -> list[str]:
    journal = json.loads((build / CENTRE / shelf.JOURNAL).read_bytes())
    return [path for _name, path in journal["put"]]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_photo_that_cannot_be_read_leaves_no_folder(tmp_path: Path, *, is_first: bool) -> None:
    """A photo that is not there leaves nothing in the site, and takes no other with it."""
    if not is_first:
        before = Stage(tmp_path, CENTRE)
        before.link("photos/b", _photo(tmp_path / "b"))
        before.place(EDITION)
    stage = Stage(tmp_path, CENTRE)
    stage.link("photos/a", _photo(tmp_path / "a"))
    with pytest.raises(FileNotFoundError):
        stage.link("photos/absent", [f"{tmp_path}/absent.jpg"])
    stage.link("photos/c", _photo(tmp_path / "c"))
    stage.place(EDITION)
    photos = shelf.site_folder(tmp_path, CENTRE) / "photos"
    assert {one.name for one in photos.iterdir()} == {"a", "c"} | (set() if is_first else {"b"})
    assert not any(move.endswith("absent") for move in _moves(tmp_path))


def test_what_is_told_of_posts_again_is_not_written_again(tmp_path: Path) -> None:
    """A theme that changes says of each post what was said: no table of posts moves."""
    told = []
    for revision in ("1", "1", "2"):
        stage = Stage(tmp_path, CENTRE)
        stage.stand("album", revision)
        stage.place(EDITION)
        stage.forget()
        journal = json.loads((tmp_path / CENTRE / shelf.JOURNAL).read_bytes())
        told.append([path for _name, path in journal["told"]])
    assert told[0] == told[2] != told[1] == []
    assert shelf.placed(tmp_path, CENTRE)["album"] == "2"


def test_a_photo_staged_then_changed_is_moved_file_by_file(tmp_path: Path) -> None:
    """The last word on each of its files counts: one goes, one comes, one is linked again."""
    sizes = _photo(tmp_path / "a")
    stage = Stage(tmp_path, CENTRE)
    stage.link("photos/a", sizes)
    stage.remove("photos/a/480.jpg")
    assert stage.change.new == ("photos/a/1080.jpg",)
    stage.link("photos/a", _photo(tmp_path / "a", "640.jpg"))
    stage.link("photos/b", sizes)
    stage.link("photos/b", sizes)
    stage.link("photos/c", sizes)
    for size in sizes:
        stage.remove(f"photos/c/{Path(size).name}")
    assert stage.place(EDITION).new == tuple(sorted(_site(tmp_path)))
    assert set(_site(tmp_path)) == {
        *("photos/a/1080.jpg", "photos/a/640.jpg", "photos/b/1080.jpg", "photos/b/480.jpg")
    }
    assert not (shelf.site_folder(tmp_path, CENTRE) / "photos/c").exists()


def test_a_photo_that_came_while_another_edition_was_drafted(tmp_path: Path) -> None:
    """What a publication placed meanwhile is completed, never in the way."""
    sizes = _photo(tmp_path / "a")
    draft = Stage(tmp_path, CENTRE, drafted=True)
    draft.link("photos/a", sizes)
    meanwhile = Stage(tmp_path, CENTRE)
    meanwhile.link("photos/a", sizes[:1])
    meanwhile.place(EDITION)
    meanwhile.forget()
    draft.place(EDITION)
    assert set(_site(tmp_path)) == {"photos/a/1080.jpg", "photos/a/480.jpg"}


def test_a_photo_is_copied_where_it_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another disk a copy reads the same, and is not made again when it is there."""
    photo = _photo(tmp_path / "a")
    monkeypatch.setattr(os, "link", _raise(OSError(18, "Invalid cross-device link")))
    stage = Stage(tmp_path, CENTRE)
    stage.link("photos/a", photo)
    stage.place(EDITION)
    placed = shelf.site_folder(tmp_path, CENTRE) / "photos/a/480.jpg"
    assert placed.read_bytes() == b"480.jpg"
    assert not placed.samefile(photo[0])
    again = Stage(tmp_path, CENTRE)
    again.link("photos/a", photo)
    assert len(again.change) == 0


def test_the_place_is_held_by_one_at_a_time_and_drafts_leave_it_free(tmp_path: Path) -> None:
    """Whoever holds the place, or drafts, is alone; others place while one drafts."""
    folder = shelf.centre_folder(tmp_path, CENTRE)
    with shelf.held(tmp_path, CENTRE):
        assert _is_locked(folder / shelf.LOCK)
    assert not _is_locked(folder / shelf.LOCK)
    with shelf.drafting(tmp_path, CENTRE):
        assert _is_locked(folder / shelf.DRAFT_LOCK)
        with shelf.held(tmp_path, CENTRE):
            _place(tmp_path, BEFORE)
    assert not _is_locked(folder / shelf.DRAFT_LOCK)


def _is_locked(path: Path) -> bool:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_draft_in_the_making_is_left_alone_and_one_abandoned_goes(tmp_path: Path) -> None:
    """A start throws away the draft of a press that was killed, never that of one at work."""
    with shelf.drafting(tmp_path, CENTRE):
        draft = _stage(tmp_path, BEFORE, drafted=True)
        shelf.recover(tmp_path, CENTRE)
        assert draft.folder.is_dir()
    shelf.recover(tmp_path, CENTRE)
    assert not draft.folder.exists()


def test_posts_are_told_post_by_post(tmp_path: Path) -> None:
    """Which posts are online is read one by one, whole, and a damaged table says of none that it is."""
    shown = {f"2026-11-18-{number}": f"{number:016}" for number in range(600)}
    _place(tmp_path, BEFORE, shown)
    posts = shelf.placed(tmp_path, CENTRE)
    assert posts == shown
    assert len(posts) == 600
    assert posts["2026-11-18-7"] == f"{7:016}"
    assert "2026-11-18-x" not in posts
    for table in (tmp_path / CENTRE / shelf.PLACED).iterdir():
        table.write_bytes(b"{")
    assert len(shelf.placed(tmp_path, CENTRE)) == 0
    _place(tmp_path, BEFORE, {"a": "1"})
    assert shelf.placed(tmp_path, CENTRE) == {"a": "1"}
