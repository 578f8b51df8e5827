"""Signed texts that only this instance makes, each for one purpose."""

import hashlib
from collections.abc import Mapping, Sequence

from itsdangerous import BadData, URLSafeSerializer


class Seal:
    """Signs small tables and reads them back.

    SHA-256; one salt for each purpose and audience, so that what was signed for one use, or for
    another instance's address, is nothing here. Every key verifies, the last one signs: a new
    key is added at the end, and the old one taken away once what it signed has ended.
    """

    def __init__(self, keys: Sequence[str], purpose: str, audience: str) -> None:
        self._serializer = URLSafeSerializer(
            list(keys),
            salt=f"preau\0{purpose}\0{audience}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def sign(self, table: Mapping[str, object]) -> str:
        """The table as a text that fits a cookie or an address."""
        return str(self._serializer.dumps(dict(table)))

    def read(self, text: str) -> Mapping[str, object] | None:
        """The table that was signed, or None when the text is anything else."""
        try:
            table = self._serializer.loads(text)
        except BadData:
            return None
        return table if isinstance(table, dict) else None
