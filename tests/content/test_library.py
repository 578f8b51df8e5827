"""Posts on disk: saved durably, read whole, what is wrong set aside with its line."""

import os
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.content import durable
from publisher.content.document_text import text_of_document
from publisher.content.library import (
    PostIsUnknown,
    RevisionIsStale,
    read_centre,
    read_post,
    save_edited_post,
    save_new_post,
    withdraw_post,
)
from publisher.content.photos import keep_photo, read_photo
from publisher.content.whole import read_whole
from publisher.kinds import kind_of
from publisher.model.photo import MASTER
from publisher.model.post import Reminder
from tests.posts import CENTRE, NOW, PHOTO_IDS, article, photo, programme, reminder

FILES = {MASTER: b"m", "480.jpg": b"s", "1080.jpg": b"l"}


def _keep_photos(root: Path, *ids: str) -> None:
    for one in ids:
        keep_photo(root, CENTRE.slug, photo(one), FILES)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    """Three posts saved are three posts read, with the photos they show."""
    _keep_photos(tmp_path, *PHOTO_IDS[:2])
    saved = [save_new_post(tmp_path, post) for post in (article(), reminder(), programme())]
    reading = read_centre(tmp_path, CENTRE)
    assert reading.unfit == ()
    assert {one.post.publication.slug: one for one in saved} == dict(reading.stored)
    assert set(reading.content.photos) == set(PHOTO_IDS[:2])


def test_each_name_on_the_way_is_synced_before_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document, its folder, the year and the folders above: a power cut loses none of them."""
    sync, synced = os.fsync, []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    monkeypatch.setattr(durable.os, "fsync", note)
    save_new_post(tmp_path, reminder())
    assert synced[:-2] == [tmp_path.name, CENTRE.slug, "posts", "2026-2027"]
    assert synced[-2].endswith(".new")
    assert synced[-1] == "2026-11-18-maillot"


def test_a_long_document_is_read_to_its_end(tmp_path: Path) -> None:
    """However many reads it takes, what comes last is there."""
    file = tmp_path / "long"
    for size in (0, 1, 65_535, 65_536, 65_537, 200_000):
        file.write_bytes(bytes(range(256)) * (size // 256) + b"z" * (size % 256))
        assert read_whole(file) == file.read_bytes()


def test_a_slug_is_given_once(tmp_path: Path) -> None:
    """A second post of the same name gets a number; twenty at the same instant get twenty."""
    threads = [
        threading.Thread(target=save_new_post, args=(tmp_path, reminder())) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slugs = set(read_centre(tmp_path, CENTRE).stored)
    assert len(slugs) == 20
    assert {"2026-11-18-maillot", "2026-11-18-maillot-2"} <= slugs


def test_an_edit_over_somebody_elses_is_refused(tmp_path: Path) -> None:
    """The second to save, who opened the older revision, is told; the first one's words stay."""
    opened = save_new_post(tmp_path, reminder())
    assert isinstance(opened.post, Reminder)
    first = replace(opened.post, sentence="Le premier")
    save_edited_post(tmp_path, CENTRE, first, opened.revision)
    with pytest.raises(RevisionIsStale):
        save_edited_post(
            tmp_path, CENTRE, replace(opened.post, sentence="Le second"), opened.revision
        )
    kept = read_post(tmp_path, CENTRE, first.publication.slug)
    assert kept is not None
    assert kept.post == first


def test_editing_or_withdrawing_what_is_not_there_is_said(tmp_path: Path) -> None:
    """There is no such post, and nothing is made of it."""
    with pytest.raises(PostIsUnknown):
        save_edited_post(tmp_path, CENTRE, reminder(), "0" * 16)
    with pytest.raises(PostIsUnknown):
        withdraw_post(tmp_path, CENTRE, "2026-11-18-rien", NOW)


def test_withdrawing_twice_is_withdrawing_once(tmp_path: Path) -> None:
    """The hour of the first withdrawal stays."""
    slug = save_new_post(tmp_path, reminder()).post.publication.slug
    first = withdraw_post(tmp_path, CENTRE, slug, NOW)
    again = withdraw_post(tmp_path, CENTRE, slug, NOW + timedelta(hours=1))
    assert first == again
    assert not again.post.publication.is_live(NOW)


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses to sync leaves the old document, and no half-written file."""
    saved = save_new_post(tmp_path, reminder())
    before = saved.path.read_bytes()

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        withdraw_post(tmp_path, CENTRE, saved.post.publication.slug, NOW)
    with pytest.raises(OSError, match="No space"):
        save_new_post(tmp_path, programme())
    assert saved.path.read_bytes() == before
    assert [path.name for path in saved.path.parent.iterdir()] == ["post.md"]
    monkeypatch.undo()
    assert set(read_centre(tmp_path, CENTRE).stored) == {saved.post.publication.slug}


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("kind: reminder", "kind: chanson"), 2, "« kind »"),
        (("pictogram: maillot", "pictogram: bombe"), 6, "pictogram"),
        (("pictogram: maillot", "pictogram: maillot\npictogram: gourde"), 7, "deux fois"),
        (("day: 2026-11-19", "day: 2026-02-30"), 7, "n'existe pas"),
        (("day: 2026-11-19", "day: demain"), 7, "doit être un jour"),
        (("ends_at:", "end:"), 4, "n'existe pas"),
        (("ends_at: 2026-11-19T17:00:00+01:00", "ends_at: 2026-11-19T17:00:00"), 4, "décalage"),
        (("---\nkind", "kind"), 1, "---"),
        (("sentence: Maillot, bonnet, serviette", "sentence: &a x\ntext: *a"), 6, "alias"),
        (("sentence: Maillot", "groups: [ados]\nsentence: Maillot"), 5, "ados"),
    ],
)
def test_a_wrong_file_is_set_aside_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    """Each mistake of a file is told with its line; the centre's other posts are read."""
    save_new_post(tmp_path, programme())
    post = reminder()
    path = tmp_path / CENTRE.slug / "posts/2026-2027/2026-11-18-maillot/post.md"
    path.parent.mkdir(parents=True)
    text = text_of_document(kind_of(post).to_document(post)).decode()
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    reading = read_centre(tmp_path, CENTRE)
    assert len(reading.content.posts) == 1
    assert [one.post for one in reading.unfit] == [
        "les-tilleuls/posts/2026-2027/2026-11-18-maillot/post.md"
    ] * len(reading.unfit)
    assert words in " ".join(one.sentence() for one in reading.unfit)
    assert line in {one.line for one in reading.unfit}


def test_bytes_that_are_not_text_and_links_are_set_aside(tmp_path: Path) -> None:
    """What is not UTF-8, a symbolic link and a pipe are told, never read, never waited for."""
    secret = tmp_path / "secret.md"
    secret.write_bytes(text_of_document(kind_of(reminder()).to_document(reminder())))
    year = tmp_path / CENTRE.slug / "posts/2026-2027"
    for slug, make in (
        ("latin", lambda path: path.write_bytes("---\nkind: rém\n---\n".encode("latin-1"))),
        ("link", lambda path: path.symlink_to(secret)),
        ("pipe", os.mkfifo),
    ):
        (year / slug).mkdir(parents=True)
        make(year / slug / "post.md")
    reading = read_centre(tmp_path, CENTRE)
    assert reading.content.posts == ()
    assert {one.post.split("/")[-2] for one in reading.unfit} == {"latin", "link", "pipe"}


def test_a_post_with_an_absent_photo_is_set_aside(tmp_path: Path) -> None:
    """A photo that the centre does not have whole is told by its number."""
    _keep_photos(tmp_path, PHOTO_IDS[0], PHOTO_IDS[1])
    (tmp_path / CENTRE.slug / "photos" / PHOTO_IDS[1] / "480.jpg").unlink()
    save_new_post(tmp_path, article())
    reading = read_centre(tmp_path, CENTRE)
    assert reading.content.posts == ()
    assert PHOTO_IDS[1] in reading.unfit[0].sentence()


def test_a_photo_is_never_a_symbolic_link(tmp_path: Path) -> None:
    """A rendition, or a whole photo, that is a link to elsewhere is no photo of the centre."""
    _keep_photos(tmp_path, *PHOTO_IDS[:3])
    photos = tmp_path / CENTRE.slug / "photos"
    secret = tmp_path / "secret.key"
    secret.write_text("clé", encoding="utf-8")
    (photos / PHOTO_IDS[0] / "480.jpg").unlink()
    (photos / PHOTO_IDS[0] / "480.jpg").symlink_to(secret)
    (photos / PHOTO_IDS[2] / "photo.json").rename(tmp_path / "photo.json")
    (photos / PHOTO_IDS[2] / "photo.json").symlink_to(tmp_path / "photo.json")
    (photos / PHOTO_IDS[3]).symlink_to(photos / PHOTO_IDS[1])
    found = [read_photo(tmp_path, CENTRE.slug, one) is not None for one in PHOTO_IDS[:4]]
    assert found == [False, True, False, False]


def test_a_photo_is_kept_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills in the middle of a photo leaves no photo and no folder."""
    left = [2]

    def fill(_descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")

    photos = tmp_path / CENTRE.slug / "photos"
    photos.mkdir(parents=True)
    monkeypatch.setattr(durable.os, "fsync", fill)
    with pytest.raises(OSError, match="No space"):
        keep_photo(tmp_path, CENTRE.slug, photo(PHOTO_IDS[0]), FILES)
    assert list(photos.iterdir()) == []
    assert read_photo(tmp_path, CENTRE.slug, PHOTO_IDS[0]) is None
