"""A document as text: a YAML header between two `---` lines, then Markdown (`docs/formats.md`).

A header as Préau writes it is read line by line; any other YAML by PyYAML. Both give the same
values, thirty times faster by the first.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import yaml

from publisher.kinds import Document
from publisher.model.mistake import Mistake, Mistakes
from publisher.model.mistake import in_french as _

FENCE: Final = "---\n"
MAX_BYTES = 1_000_000
"""Bytes of a document: a programme of 400 slots takes 60 000."""


class _Loader(yaml.SafeLoader):
    """YAML's plain values only; a key written twice, and an alias, are refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002 (the library's signature)
        seen = set()
        for key, _value in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"« {name} » est écrit deux fois", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # noqa: FBT001, FBT002 (the library's signature)
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError) as error:
            raise yaml.constructor.ConstructorError(
                problem=f"« {getattr(node, 'value', '')} » n'existe pas",
                problem_mark=node.start_mark,
            ) from error

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it bare
            raise yaml.composer.ComposerError(
                problem="les ancres et alias YAML ne sont pas lus", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


def document_from_text(raw: bytes) -> Document | Mistakes:
    """Read a document's bytes, or say which line cannot be read. Never raises on content."""
    if len(raw) > MAX_BYTES:
        return _one(_("Ce fichier est trop gros : {limit} octets au plus."), limit=MAX_BYTES)
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return _one(_("Ce fichier n'est pas en UTF-8. Enregistrez-le en UTF-8."), line=line)
    if not text.startswith(FENCE):
        return _one(_("La première ligne doit être « --- », puis l'en-tête."), line=1)
    header_text, fence, body = text[len(FENCE) :].partition(f"\n{FENCE}")
    if not fence:
        if not header_text.endswith("\n---"):
            return _one(_("L'en-tête n'est pas refermé par une ligne « --- »."), line=1)
        header_text, body = header_text.removesuffix("\n---"), ""
    plain = _plain_header(header_text)
    if plain is not None:
        return Document(header=plain, body=body.strip("\n"))
    try:
        header = yaml.load(header_text, Loader=_Loader)  # noqa: S506 (a SafeLoader, stricter)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return _one(
            _("L'en-tête ne se lit pas : {why}."),
            line=mark.line + 2 if mark else 1,
            why=getattr(error, "problem", None) or error,
        )
    if not isinstance(header, dict) or not all(isinstance(key, str) for key in header):
        return _one(_("L'en-tête doit être une liste de « clé: valeur »."), line=1)
    return Document(header=header, body=body.strip("\n"))


_ABOVE_ASCII = r"\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_SCALAR = (
    rf"[0-9A-Za-z{_ABOVE_ASCII}]"  # no sign of YAML's begins it
    rf"(?:[ -\"$-9;-~\xa0{_ABOVE_ASCII}]|:(?=[^ \n]))*(?<! )"  # nor a comment, nor another key
    rf"|'(?:[ -&(-~\xa0{_ABOVE_ASCII}]|'')*'"
)
_LINE = re.compile(rf"(  - |    )?(?:([a-z_]{{1,40}}):(?: ({_SCALAR}))?|({_SCALAR}))")
_ON_A_ROW = "    "
_DAY_OR_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2})?"
)
_IMPLICIT: Final = yaml.SafeLoader.yaml_implicit_resolvers
"""What YAML makes of scalars without quotes, by their first character."""


class _NotPlain(Exception):
    """A header, or a value, that only PyYAML can read."""


def _plain_header(text: str) -> dict[str, object] | None:
    """The header, when it is written as `text_of_document` writes one; else None.

    That is a `key: value` a line, or `key:` and a list of values or small tables, indented as
    there; a value is on one line, in single quotes or with nothing that YAML would read in it.
    """
    header: dict[str, object] = {}
    rows: list[object] | None = None
    row: dict[str, object] | None = None
    try:
        for line in text.split("\n"):
            found = _LINE.fullmatch(line)
            if found is None:
                return None
            lead, key, value, alone = found.groups()
            if lead is None:
                if key is None or rows == []:
                    return None
                row, rows = None, None if value else []
                _put(header, key, rows if value is None else _plain_value(value))
            elif lead == _ON_A_ROW:
                if row is None or value is None:
                    return None
                _put(row, key, _plain_value(value))
            elif rows is None or (value or alone) is None:
                return None
            elif alone is not None:
                row = None
                rows.append(_plain_value(alone))
            else:
                row = {}
                rows.append(row)
                _put(row, key, _plain_value(value))
    except _NotPlain:
        return None
    return None if rows == [] else header


def _put(table: dict[str, object], key: str, value: object) -> None:
    if key in table or not _is_plain_key(key):
        raise _NotPlain
    table[key] = value


@lru_cache(maxsize=256)
def _is_plain_key(key: str) -> bool:
    """Say whether YAML makes of *key* what it says: a centre's documents have the same few."""
    return not any(meant.match(key) for _tag, meant in _IMPLICIT.get(key[0], ()))


def _plain_value(written: str) -> object:
    if written[0] == "'":
        return written[1:-1].replace("''", "'")
    if written[0].isdecimal() and _DAY_OR_INSTANT.fullmatch(written):
        try:
            return (
                datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
            )
        except ValueError as error:
            raise _NotPlain from error
    if written == "true":
        return True
    if any(meant.match(written) for _tag, meant in _IMPLICIT.get(written[0], ())):
        raise _NotPlain
    return written


def _one(says: str, *, line: int | None = None, **facts: object) -> Mistakes:
    return Mistakes((Mistake(where="post.md", says=says, facts=facts, line=line),))


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, and no alias ever."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 (the library's signature)
        super().increase_indent(flow, False)  # noqa: FBT003 (the library's signature)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (the library's signature)
        return True


def _instant(dumper: yaml.SafeDumper, value: datetime) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:timestamp", value.isoformat(timespec="seconds")
    )


_Dumper.add_representer(datetime, _instant)


def text_of_document(document: Document) -> bytes:
    """Write *document* the one way Préau writes it, in UTF-8, ending with a line end."""
    header = yaml.dump(
        dict(document.header), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000
    )
    body = f"\n{document.body}\n" if document.body else ""
    return f"{FENCE}{header}{FENCE}{body}".encode()


def line_of_key(raw: bytes, where: str) -> int | None:
    """The line of *raw* on which the header key named by *where* begins, counted from 1.

    `slots[2].day` gives the line of the third dash under `slots`.
    """
    key, bracket, rest = where.partition("[")
    lines = raw.decode("utf-8", errors="replace").splitlines()
    start = next((n for n, text in enumerate(lines) if text.startswith(f"{key}:")), None)
    if start is None:
        return None
    if not bracket:
        return start + 1
    wanted = int(rest.partition("]")[0])
    rows = [n for n, text in enumerate(lines) if n > start and text.lstrip().startswith("- ")]
    return rows[wanted - 1] + 1 if len(rows) >= wanted else start + 1
