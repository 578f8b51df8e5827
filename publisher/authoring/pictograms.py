"""The theme's pictograms, one at a time: what a page carries itself instead of asking for it."""

import re
from pathlib import Path

from markupsafe import Markup

_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"(.*?)</symbol>', re.DOTALL)


class Pictograms:
    """The symbols of a theme's `pictos.svg`, read once."""

    def __init__(self, path: Path) -> None:
        """Read the file at *path*, which is the theme's own and no author's."""
        found = _SYMBOL.findall(path.read_text(encoding="utf-8"))
        self._symbols = {name: Markup(rest) for name, rest in found}  # noqa: S704 (our own file)

    def symbol(self, name: str) -> Markup:
        """The symbol called *name*, as `p-<name>`: ids share the page's own."""
        return Markup('<symbol id="p-{}"{}</symbol>').format(name, self._symbols[name])
