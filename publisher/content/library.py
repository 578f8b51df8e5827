"""A centre's posts on disk: read whole, saved durably, withdrawn."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from publisher.content.document_text import document_from_text, line_of_key, text_of_document
from publisher.content.durable import make_folder_durably, sync_folder, write_durably
from publisher.content.photos import read_photo
from publisher.content.whole import read_whole
from publisher.kinds import Document, kind_of, post_from_document
from publisher.model.edition import CentreContent, Unfit
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post, Programme
from publisher.model.school_year import school_year_of
from publisher.model.town import Centre

DOCUMENT = "post.md"
TAKEN = "index"
"""The one slug that a programme cannot have: its page would stand where their list does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPost:
    """A post and where it stands: its folder, its revision, and the raw text's digest.

    `revision` changes when, and only when, the document's bytes change.
    """

    post: Post
    path: Path
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOnDisk:
    """Where a document stands, unread.

    `key` is its school year and slug, `2026-2027/2026-11-18-fresque`; `stamp` changes when the
    file does: its time, size and inode. An empty stamp means that it must be read to know.
    """

    posts: Path
    key: str
    stamp: str = ""

    @property
    def path(self) -> Path:
        """The document itself."""
        return self.posts / self.key / DOCUMENT

    @property
    def slug(self) -> str:
        """The slug of its post."""
        return self.key.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading one centre gave: its posts and photos, and what is set aside, and why."""

    content: CentreContent
    stored: Mapping[str, StoredPost]
    unfit: tuple[Unfit, ...]


class RevisionIsStale(Exception):
    """Somebody else changed the post since it was opened; nothing was written."""


class PostIsUnknown(Exception):
    """The centre has no post of that slug."""


def posts_folder(root: Path, centre: str) -> Path:
    """Where *centre* keeps its posts, under the content's *root*."""
    return root / centre / "posts"


def revision_of(raw: bytes) -> str:
    """A document's revision: it changes when, and only when, its bytes do."""
    return hashlib.sha256(raw).hexdigest()[:16]


def read_centre(root: Path, centre: Centre) -> Reading:
    """Read every post of *centre* and the photos they show.

    A post that cannot be read, or that names a photo, group or moment the centre does not
    have, is set aside and said in `unfit` with its line; the others are read.
    """
    stored: dict[str, StoredPost] = {}
    photos: dict[str, Photo] = {}
    unfit: list[Unfit] = []
    for document in sorted(documents_of(root, centre.slug), key=lambda one: one.path):
        if document.slug in stored:
            unfit.append(same_name(root, document.path))
            continue
        read = read_document(root, centre, document.path, photos)
        if isinstance(read, StoredPost):
            stored[document.slug] = read
        else:
            unfit.extend(read)
    posts = tuple(stored[slug].post for slug in sorted(stored))
    return Reading(
        content=CentreContent(centre=centre, posts=posts, photos=photos),
        stored=stored,
        unfit=tuple(unfit),
    )


def read_post(root: Path, centre: Centre, slug: str) -> StoredPost | None:
    """The post of that slug, or None when the centre does not have it or it cannot be read."""
    for path in posts_folder(root, centre.slug).glob(f"*/{slug}/{DOCUMENT}"):
        read = read_document(root, centre, path, {})
        if isinstance(read, StoredPost):
            return read
    return None


def save_new_post(root: Path, post: Post) -> StoredPost:
    """Save a post for the first time, durably, under a slug that nobody has.

    When its slug is taken, `-2`, `-3`… is added; the post returned carries the slug it got.
    The folder is made first and made once, so that two animators at the same instant get two.

    Raises OSError when it cannot be kept; nothing of it is then left.
    """
    centre = post.publication.centre
    year = school_year_of(post.publication.published_at.date())
    folder = posts_folder(root, centre)
    make_folder_durably(folder / year)
    for number in count(1):
        slug = post.publication.slug if number == 1 else f"{post.publication.slug}-{number}"
        if any(folder.glob(f"*/{slug}/{DOCUMENT}")):
            continue
        place = folder / year / slug
        try:
            place.mkdir()
        except FileExistsError:
            continue
        named = replace(post, publication=replace(post.publication, slug=slug))
        try:
            sync_folder(folder / year)
            return _write(place / DOCUMENT, named)
        except BaseException:
            if not (place / DOCUMENT).exists():
                place.rmdir()
            raise
    raise AssertionError


def save_edited_post(root: Path, centre: Centre, post: Post, revision: str) -> StoredPost:
    """Save *post* over the one of the same slug, which the author opened at *revision*.

    Raises:
        PostIsUnknown: the centre has no such post.
        RevisionIsStale: it changed meanwhile; nothing was written.
        OSError: it cannot be kept; what was there still is.
    """
    before = read_post(root, centre, post.publication.slug)
    if before is None:
        raise PostIsUnknown(post.publication.slug)
    if before.revision != revision:
        raise RevisionIsStale(post.publication.slug)
    return _write(before.path, post)


def withdraw_post(root: Path, centre: Centre, slug: str, now: datetime) -> StoredPost:
    """Mark the post withdrawn at *now*: the press takes it out of the site at once.

    Withdrawing twice is withdrawing once.

    Raises PostIsUnknown when the centre has no such post, OSError when it cannot be kept.
    """
    before = read_post(root, centre, slug)
    if before is None:
        raise PostIsUnknown(slug)
    if before.post.publication.withdrawn_at is not None:
        return before
    publication = replace(before.post.publication, withdrawn_at=now)
    return _write(before.path, replace(before.post, publication=publication))


def _write(path: Path, post: Post) -> StoredPost:
    raw = text_of_document(kind_of(post).to_document(post))
    write_durably(path, raw)
    make_folder_durably(path.parent)
    return StoredPost(post=post, path=path, revision=revision_of(raw))


def documents_of(root: Path, centre: str) -> Iterator[DocumentOnDisk]:
    """Every document of *centre*, unread and in no order; a folder that cannot be opened is one."""
    folder = posts_folder(root, centre)
    for year in _folders(folder):
        try:
            places = list(_folders(Path(year.path)))
        except OSError:
            yield DocumentOnDisk(posts=folder, key=f"{year.name}/?")
            continue
        for place in places:
            stamp = stamp_of(f"{place.path}/{DOCUMENT}")
            if stamp is not None:
                yield DocumentOnDisk(posts=folder, key=f"{year.name}/{place.name}", stamp=stamp)


def document_at(root: Path, centre: str, path: Path) -> DocumentOnDisk | None:
    """The document that *path* says, there or not; None when no document can stand there.

    *path* is the document, its folder, or something in it.
    """
    try:
        parts = path.relative_to(posts_folder(root, centre)).parts
    except ValueError:
        return None
    if not parts[1:]:
        return None
    document = DocumentOnDisk(posts=posts_folder(root, centre), key=f"{parts[0]}/{parts[1]}")
    return replace(document, stamp=stamp_of(document.path) or "")


def stamp_of(path: Path | str) -> str | None:
    """What changes when the file does, or None when it is not there."""
    try:
        facts = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""
    return f"{facts.st_mtime_ns}-{facts.st_size}-{facts.st_ino}"


def _folders(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """The folders, and the links that may lead to one, in *folder*."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_symlink() or entry.is_dir(follow_symlinks=False):
            yield entry


def read_document(
    root: Path, centre: Centre, path: Path, photos: dict[str, Photo]
) -> StoredPost | tuple[Unfit, ...]:
    """Read the document at *path*, and into *photos* the facts of those it shows.

    All that is wrong is given, with its line: what cannot be read, what the centre does not
    have, and a symbolic link, wherever it leads: it could lead out of the centre.
    """
    try:
        year, place = os.path.split(os.path.dirname(path))  # noqa: PTH120 (thousands of documents: a Path costs as much as a look)
        if any(os.path.islink(one) for one in (path, f"{year}/{place}", year)):  # noqa: PTH114 (as above)
            says = _("Un lien symbolique n'est pas lu. Mettez le fichier lui-même.")
            return (_unfit(root, path, says),)
        raw = read_whole(path)
    except OSError as error:
        return (_unfit(root, path, _("Ce fichier ne s'ouvre pas : {why}."), why=error.strerror),)
    document = document_from_text(raw)
    read: Post | Mistakes
    if isinstance(document, Document):
        read = post_from_document(document, centre=centre.slug, slug=place)
    else:
        read = document
    mistakes = (
        list(read.all) if isinstance(read, Mistakes) else _foreign(root, centre, read, photos)
    )
    if mistakes or isinstance(read, Mistakes):
        return tuple(
            Unfit(
                post=_name(root, path),
                reason=one.says,
                facts=one.facts,
                line=one.line or line_of_key(raw, one.where),
            )
            for one in mistakes
        )
    return StoredPost(post=read, path=path, revision=revision_of(raw))


def same_name(root: Path, path: Path) -> Unfit:
    """Why the document at *path* is set aside: another of the centre's has its slug."""
    return _unfit(root, path, _("Une autre publication du centre porte déjà ce nom."))


def _foreign(root: Path, centre: Centre, post: Post, photos: dict[str, Photo]) -> list[Mistake]:
    """What a well-formed post names that the centre does not have."""
    mistakes = [
        Mistake(
            where="groups",
            says=_("Le groupe « {group} » n'est pas de ce centre."),
            facts={"group": group},
        )
        for group in post.publication.groups
        if centre.group(group) is None
    ]
    if isinstance(post, PhotoArticle):
        for number, one in enumerate(post.photos, start=1):
            photo = photos.get(one.id) or read_photo(root, centre.slug, one.id)
            if photo is None:
                mistakes.append(
                    Mistake(
                        where=f"photos[{number}]",
                        says=_("La photo « {id} » n'est pas dans le centre."),
                        facts={"id": one.id},
                    )
                )
            else:
                photos[one.id] = photo
    if isinstance(post, Programme):
        if post.publication.slug == TAKEN:
            mistakes.append(
                Mistake(
                    where="slug",
                    says=_("Ce nom est celui d'une page du site. Renommez le dossier."),
                )
            )
        mistakes += [
            Mistake(
                where=f"slots[{number}]",
                says=_("Le groupe « {group} » n'est pas de ce centre."),
                facts={"group": slot.group},
            )
            for number, slot in enumerate(post.slots, start=1)
            if slot.group is not None and centre.group(slot.group) is None
        ]
    return mistakes


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _unfit(root: Path, path: Path, reason: str, **facts: object) -> Unfit:
    return Unfit(post=_name(root, path), reason=reason, facts=facts)
