"""Comparing whole folders."""

import hashlib
from pathlib import Path

from publisher.shelf import files_of


def digest_of_site(site: Path) -> str:
    """One digest of every name and byte below *site*: equal sites have equal digests."""
    total = hashlib.sha256()
    for name in sorted(files_of(site)):
        total.update(name.encode() + b"\0")
        total.update(hashlib.sha256((site / name).read_bytes()).digest())
    return total.hexdigest()
