"""Comparing whole folders, and saying what is online without drawing anything."""

import hashlib
from pathlib import Path

from publisher.shelf import Edition, Stage, files_of, placed


def digest_of_site(site: Path) -> str:
    """One digest of every name and byte below *site*: equal sites have equal digests."""
    total = hashlib.sha256()
    for name in sorted(files_of(site)):
        total.update(name.encode() + b"\0")
        total.update(hashlib.sha256((site / name).read_bytes()).digest())
    return total.hexdigest()


def put_online(build: Path, centre: str, edition: Edition) -> None:
    """Let the shelf say that *edition* stands, with its posts and no page."""
    stage = Stage(build, centre)
    for slug in placed(build, centre):
        stage.stand(slug, None)
    for slug, revision in edition.posts.items():
        stage.stand(slug, revision)
    stage.place(edition)
    stage.forget()
