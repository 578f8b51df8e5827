"""Forty ways to write the address of one file, as they go over the wire: most are other addresses.

Whatever a spelling comes to, the answer may show no more than the policy allows to whoever asks.
"""

import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import quote

_HOST = "127.0.0.1"


def _escaped(text: str) -> str:
    """Every character by its number, those that need it not included."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _slashes(by: str) -> Callable[[str], str]:
    return lambda path: "/" + path[1:].replace("/", by)


def _first_slash(by: str) -> Callable[[str], str]:
    return lambda path: "/" + path[1:].replace("/", by, 1)


def _last(path: str) -> str:
    return path.rsplit("/", 1)[1]


def _folder(path: str) -> str:
    return path.rsplit("/", 1)[0]


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda path: path,
    "a query": lambda path: f"{path}?vers=/",
    "an empty query": lambda path: f"{path}?",
    "a fragment": lambda path: f"{path}#x",
    "a slash after": lambda path: f"{path}/",
    "two slashes before": lambda path: f"/{path}",
    "two slashes inside": _slashes("//"),
    "a dot segment": lambda path: f"/.{path}",
    "a dot segment inside": _first_slash("/./"),
    "up and down again": lambda path: f"{_folder(path)}/x/../{_last(path)}",
    "up from the theme": lambda path: f"/theme/..{path}",
    "up from a centre's theme": lambda path: f"/la-grande-ourse/theme/../..{path}",
    "up from another centre": lambda path: f"/la-grande-ourse/..{path}",
    "up from the robots": lambda path: f"/robots.txt/..{path}",
    "escaped dots": lambda path: f"/theme/%2e%2e{path}",
    "escaped dots in capitals": lambda path: f"/la-grande-ourse/%2E%2E{path}",
    "dots escaped twice": lambda path: f"/theme/%252e%252e{path}",
    "half escaped dots": lambda path: f"/theme/.%2e{path}",
    "escaped slash after dots": lambda path: f"/theme/..%2f{path[1:]}",
    "escaped slashes": _slashes("%2f"),
    "escaped slashes in capitals": _slashes("%2F"),
    "slashes escaped twice": _slashes("%252f"),
    "one escaped slash": _first_slash("%2f"),
    "backslashes": _slashes("\\"),
    "escaped backslashes": _slashes("%5c"),
    "up by backslashes": lambda path: f"/theme/..%5c..{path}",
    "a semicolon": lambda path: f"{path};x=1",
    "a semicolon inside": _first_slash(";x/"),
    "dots and a semicolon": lambda path: f"/theme/..;{path}",
    "every letter escaped": lambda path: "/" + "/".join(map(_escaped, path[1:].split("/"))),
    "the first letter escaped": lambda path: f"/{_escaped(path[1])}{path[2:]}",
    "capitals": lambda path: path.upper(),
    "one capital": lambda path: f"/{path[1].upper()}{path[2:]}",
    "a NUL after": lambda path: f"{path}%00",
    "a NUL and another type": lambda path: f"{path}%00.css",
    "another type after": lambda path: f"{path}/x.css",
    "a space after": lambda path: f"{path}%20",
    "a dot after": lambda path: f"{path}.",
    "a tab inside": _first_slash("%09/"),
    "an end of line inside": lambda path: f"{path}%0d%0aX: y",
    "composed accents": lambda path: quote(
        unicodedata.normalize("NFC", path.replace("e", "é", 1)), safe="/"
    ),
    "decomposed accents": lambda path: quote(
        unicodedata.normalize("NFD", path.replace("e", "é", 1)), safe="/"
    ),
    "wide letters": lambda path: quote(path.replace("t", "\uff54", 1), safe="/"),
    "overlong slash": _first_slash("%c0%af"),
    "absolute": lambda path: f"http://{_HOST}{path}",
    "absolute, of another host": lambda path: f"http://ailleurs.example{path}",
    "absolute, of somebody": lambda path: f"http://x@{_HOST}{path}",
}
