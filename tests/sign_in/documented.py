"""The sources that docs/ent tells a town to paste, read as Préau reads them."""

import re
from pathlib import Path

from publisher.centres import read_town
from publisher.model.source import SignInSource
from publisher.model.town import Town
from tests.instance import CENTRE, TOWN

DOCS = Path(__file__).parents[2] / "docs" / "ent"
_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented_blocks() -> tuple[tuple[str, str], ...]:
    """Each block of TOML of docs/ent: the page it is in, and its text."""
    return tuple(
        (page.name, found[1])
        for page in sorted(DOCS.glob("*.md"))
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    )


def read_block(block: str, folder: Path) -> tuple[SignInSource, ...]:
    """The sources of *block*, pasted in the town of an otherwise good instance in *folder*."""
    centres = folder / "centres"
    centres.mkdir(parents=True)
    town = TOWN.format(public_url="https://loisirs.example", ent_url="https://demo.example")
    (centres / "town.toml").write_text(f"{town}\n{block}", encoding="utf-8")
    (centres / "les-tilleuls.toml").write_text(
        CENTRE.format(name="Les Tilleuls", slug="les-tilleuls", schools=""), encoding="utf-8"
    )
    read = read_town(folder)
    assert isinstance(read, Town), [
        f"{mistake.where}: {mistake.sentence()}" for mistake in read.all
    ]
    return read.sign_in[1:]


def documented_source(page: str, name: str, folder: Path, method: str = "cas") -> SignInSource:
    """The source called *name* by *method* in *page*, which has one."""
    (block,) = [
        block
        for where, block in documented_blocks()
        if where == page and f'"{name}"' in block and f'method = "{method}"' in block
    ]
    (source,) = (one for one in read_block(block, folder) if one.name == name)
    return source
