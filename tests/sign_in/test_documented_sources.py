"""What docs/ent gives to paste works."""

from pathlib import Path

import pytest

from publisher.sign_in.methods import SIGN_IN_METHODS
from tests.sign_in.documented import documented_blocks, read_block


@pytest.mark.parametrize(
    ("page", "block"),
    documented_blocks(),
    ids=[f"{page}-{place}" for place, (page, _block) in enumerate(documented_blocks())],
)
def test_a_documented_source_is_one_that_preau_reads(page: str, block: str, tmp_path: Path) -> None:
    """Each block of TOML, pasted in a town's file, is read without a mistake."""
    sources = read_block(block, tmp_path)
    assert sources, page
    for source in sources:
        assert source.method in SIGN_IN_METHODS
        assert source.protocol.address.startswith("https://")
        assert not source.demo
