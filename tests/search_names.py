"""Looks for people in everything that the tests' instances kept: their files, databases and logs.

usage: python -m tests.search_names FOLDER...   (the suite's own folders; exits 1 when somebody is found)

The identity provider's folders, which know people because they are their ENT's, are left out.
"""

import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from tests.lemonldap.people import NAMES, SUBJECTS

_PROVIDER = re.compile(r"ent\d+\Z")
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le")


def spelled(words: tuple[str, ...]) -> dict[bytes, str]:
    """Each way a word could be written down, in lower case, and the word.

    A word that holds another (a mail holds its family name) is found by that one.
    """
    folded = {word.lower(): word for word in words}
    least = [one for one in folded if not any(other in one for other in folded if other != one)]
    return {
        form.encode(encoding, "replace").lower(): folded[one]
        for one in least
        for form in (one, one.upper(), quote(one), quote(one.title()), ascii(one)[1:-1])
        for encoding in _ENCODINGS
    }


def people_in(folder: Path, forms: dict[bytes, str]) -> Iterator[tuple[Path, str]]:
    """Every file below *folder* that names somebody, and who. Equal files are read once."""
    seen: set[bytes] = set()
    for path in sorted(folder.rglob("*")):
        is_the_providers = any(_PROVIDER.match(part) for part in path.relative_to(folder).parts)
        if is_the_providers or path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        digest = sha256(content).digest()
        if digest in seen:
            continue
        seen.add(digest)
        # Letters beyond ASCII keep their case here, and are among the forms in both.
        lowered = content.lower()
        for form, word in forms.items():
            if form in lowered:
                yield path, word
                break


def main(folders: list[str]) -> int:
    """Say who was found, and where."""
    forms = spelled((*NAMES, *SUBJECTS))
    searched, found = 0, []
    for name in folders:
        folder = Path(name)
        searched += sum(1 for path in folder.rglob("*") if path.is_file())
        found += [(path.relative_to(folder), word) for path, word in people_in(folder, forms)]
    for path, word in found:
        print(f"{path} names {word}")  # noqa: T201 (a command speaks on its output)
    print(f"searched {searched} files for {len(forms)} spellings: {len(found)} name somebody")  # noqa: T201 (the same command's last line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
