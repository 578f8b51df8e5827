"""A centre's photos on disk: one folder a photo, with its safe master and renditions."""

import json
import os
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from publisher.content.durable import make_folder_durably, sync_folder, write_durably
from publisher.content.whole import read_whole
from publisher.model.photo import MASTER, PHOTO_ID, Photo, Rendition

PHOTOS = "photos"
FACTS = "photo.json"


def photos_folder(root: Path, centre: str) -> Path:
    """Where *centre* keeps its photos, under the content's *root*."""
    return root / centre / PHOTOS


def keep_photo(root: Path, centre: str, photo: Photo, files: Mapping[str, bytes]) -> None:
    """Keep *photo*'s *files* (master and renditions, by name) durably: on the disk on return.

    The facts are written last: a folder without them is no photo, and is never read.

    Raises OSError when it cannot be kept; nothing of it is then left.
    """
    folder = photos_folder(root, centre) / photo.id
    make_folder_durably(folder)
    try:
        for name, content in files.items():
            write_durably(folder / name, content)
        write_durably(folder / FACTS, _facts(photo))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def read_photo(root: Path, centre: str, photo_id: str) -> Photo | None:
    """The photo of that id, or None when the centre does not have it whole.

    A symbolic link is not read, wherever it leads: it could lead out of the centre.
    """
    if PHOTO_ID.match(photo_id) is None:
        return None
    # Text rather than Path: a centre of 10 000 articles has 60 000 photos.
    folder = f"{root}/{centre}/{PHOTOS}/{photo_id}"
    try:
        if not S_ISDIR(os.lstat(folder).st_mode):
            return None
        master, renditions = _sizes_of(read_whole(f"{folder}/{FACTS}"))
        is_whole = all(
            S_ISREG(os.lstat(f"{folder}/{one.name}").st_mode) for one in (master, *renditions)
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    if not renditions or not is_whole:
        return None
    return Photo(id=photo_id, master=master, renditions=renditions)


def photo_file(root: Path, centre: str, photo_id: str, rendition: str) -> Path:
    """The file of one rendition of a photo that exists."""
    return photos_folder(root, centre) / photo_id / rendition


def _facts(photo: Photo) -> bytes:
    sizes = {one.name: [one.width_px, one.height_px] for one in photo.renditions}
    facts = {"master": [photo.master.width_px, photo.master.height_px], "renditions": sizes}
    return json.dumps(facts, indent=1, sort_keys=True).encode() + b"\n"


@lru_cache(maxsize=256)
def _sizes_of(facts: bytes) -> tuple[Rendition, tuple[Rendition, ...]]:
    """The master and the renditions: the phones of a centre take photos of a few sizes."""
    table = json.loads(facts)
    return _rendition(MASTER, table["master"]), tuple(
        _rendition(name, size)
        for name, size in sorted(table["renditions"].items(), key=lambda item: item[1][0])
    )


def _rendition(name: str, size: list[int]) -> Rendition:
    if "/" in name or not name.endswith(".jpg"):
        raise ValueError(name)
    return Rendition(name=name, width_px=int(size[0]), height_px=int(size[1]))
