"""What a CAS server answers about a ticket, as claims. Pure.

Servers agree on an envelope (`serviceResponse`, then a success that names somebody or a failure
with its code) and on nothing inside it. Whatever a success holds becomes claims under its local
names, which `sign_in.profile` reads:

- `attributes` and `userAttributes` are wrappers: what is in them is as if beside `user`, where
  some servers put it, or a copy of it, as well;
- `<attribute name="n" value="v"/>` says `n`;
- an element that repeats is a list, and so is a plural that holds nothing but its singular
  (`ENTPersonProfils` around `ENTPersonProfil`);
- an empty element says nothing;
- an element inside another is `outer.inner`, an XML attribute `outer.inner@name`;
- a text inside an element that bears a UAI says also, as `…@school`, that UAI, `$` and itself:
  one vendor writes a school's classes inside the school, under names that do not say which.

Text that XML parsers read in different ways is refused, not read in one of them: a DTD, an
entity, a comment or an instruction inside a value, a second `user`, text beside elements.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from publisher.model.uai import is_uai
from publisher.sign_in.method import SignInFailed, Why

MAX_BYTES = 262_144
"""The longest answer: the vendor that tells most tells some ten kilobytes of a parent."""
MAX_DEPTH = 12
"""How deep elements may stand: the deepest known is 8."""
MAX_ELEMENTS = 2000

_WRAPPERS = frozenset({"attributes", "userAttributes"})
_OUTCOMES = frozenset({"authenticationSuccess", "authenticationFailure"})
_BROKEN_SERVER = frozenset({"INTERNAL_ERROR"})
_CODE = re.compile(r"[A-Z][A-Z_]{2,39}\Z")

_Claims = dict[str, list[str]]


class _AnswerIsUnreadable(Exception):
    """The text is refused before its sense is looked for; the reason holds nothing of it."""


@dataclass(slots=True)
class _Element:
    """One element: its local name, and what was in it."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    inside: "list[_Element]" = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    is_interrupted: bool = False

    @property
    def text(self) -> str:
        """The text in it, without the blanks around."""
        return "".join(self.pieces).strip()

    def named(self, name: str) -> "list[_Element]":
        """The elements right inside it that have that local name."""
        return [one for one in self.inside if one.name == name]


def claims_of(body: bytes) -> Mapping[str, object] | SignInFailed:
    """What the answer of `serviceValidate` says of somebody, CAS 2 or 3; `user` is among it.

    A failure says what was missing or wrong: names of elements, never what was in them.
    """
    try:
        return _claims_of(_tree(body))
    except _AnswerIsUnreadable as refused:
        return SignInFailed(Why.UNTRUSTED, f"ticket: {refused}")


def plain_claims_of(body: bytes) -> Mapping[str, object] | SignInFailed:
    """What the answer of `validate` says, CAS 1: `yes` and a name, or `no`, on two lines."""
    try:
        lines = _decoded(body).splitlines()
    except _AnswerIsUnreadable as refused:
        return SignInFailed(Why.UNTRUSTED, f"ticket: {refused}")
    named = [line.strip() for line in lines[1:] if line.strip()]
    if lines[:1] == ["no"]:
        return SignInFailed(Why.UNTRUSTED, "ticket: refused by the source")
    if lines[:1] != ["yes"] or len(named) != 1:
        return SignInFailed(Why.UNTRUSTED, "ticket: neither 'yes' and a name, nor 'no'")
    return {"user": named}


def ended_ticket(body: bytes) -> str | SignInFailed:
    """The ticket whose session a CAS server says is over (its `LogoutRequest`).

    Only the SessionIndex is read: the NameID beside it is nobody's.
    """
    try:
        root = _tree(body)
    except _AnswerIsUnreadable as refused:
        return SignInFailed(Why.UNTRUSTED, f"sign-out: {refused}")
    indexes = root.named("SessionIndex")
    if root.name != "LogoutRequest":
        return SignInFailed(Why.UNTRUSTED, "sign-out: no LogoutRequest")
    if len(indexes) != 1 or indexes[0].inside or not indexes[0].text:
        return SignInFailed(Why.UNTRUSTED, "sign-out: not exactly one SessionIndex")
    return indexes[0].text


def _claims_of(root: _Element) -> Mapping[str, object] | SignInFailed:
    if root.name != "serviceResponse":
        raise _AnswerIsUnreadable("no serviceResponse")
    outcomes = [one for one in root.inside if one.name in _OUTCOMES]
    if len(outcomes) != 1 or len(root.inside) != 1:
        raise _AnswerIsUnreadable("not exactly one authenticationSuccess or authenticationFailure")
    outcome = outcomes[0]
    if outcome.name == "authenticationFailure":
        return _failure(outcome)
    if any(one.inside for one in outcome.named("proxies")):
        raise _AnswerIsUnreadable("the ticket came through a proxy")
    claims: _Claims = {}
    for element in _unwrapped(outcome):
        _say(element, claims)
    users = claims.get("user", [])
    if not outcome.named("user") or not users:
        raise _AnswerIsUnreadable("no user")
    if len(users) > 1:
        raise _AnswerIsUnreadable("user is there twice")
    if users[0][0] in "[{":
        # A text that looks like JSON is opened further on: a name is not to be.
        raise _AnswerIsUnreadable("user is not a name")
    return {name: list(dict.fromkeys(values)) for name, values in claims.items()}


def _failure(outcome: _Element) -> SignInFailed:
    code = outcome.attributes.get("code", "")
    why = Why.UNREACHABLE if code in _BROKEN_SERVER else Why.UNTRUSTED
    said = code if _CODE.match(code) else "a failure without a known code"
    return SignInFailed(why, f"ticket: {said}")


def _unwrapped(outcome: _Element) -> Iterable[_Element]:
    """What a success says, taken out of the wrappers."""
    waiting = list(outcome.inside)
    while waiting:
        element = waiting.pop(0)
        if element.name in _WRAPPERS and not element.text:
            waiting = [*element.inside, *waiting]
        else:
            yield element


def _say(element: _Element, claims: _Claims, outer: str = "", school: str = "") -> None:
    """Put what *element* says into *claims*, its name after *outer*'s.

    *school* is the UAI that the nearest element around it bears, if one does.
    """
    if element.name == "attribute" and {"name", "value"} <= set(element.attributes):
        told = element.attributes
        claims.setdefault(f"{outer}{told['name']}", []).append(told["value"])
        return
    name = f"{outer}{element.name}"
    for attribute, value in element.attributes.items():
        claims.setdefault(f"{name}@{attribute}", []).append(value)
    if element.inside and not _is_plain_list(element):
        codes = {code.upper() for code in element.attributes.values() if is_uai(code.upper())}
        around = codes.pop() if len(codes) == 1 else school
        for one in element.inside:
            _say(one, claims, f"{name}.", around)
        return
    for text in (one.text for one in element.inside or [element]):
        if text:
            claims.setdefault(name, []).append(text)
        if text and school:
            claims.setdefault(f"{name}@school", []).append(f"{school}${text}")


def _is_plain_list(element: _Element) -> bool:
    """Say whether it only writes a list out: its singular, or itself, again and again."""
    return all(
        one.name in {element.name, element.name.removesuffix("s")}
        and not one.inside
        and not one.attributes
        for one in element.inside
    )


def _decoded(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise _AnswerIsUnreadable(f"more than {MAX_BYTES} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _AnswerIsUnreadable("not UTF-8") from error


def _tree(body: bytes) -> _Element:
    """The XML document of *body*, as elements. Raises _AnswerIsUnreadable."""
    reading = _Reading()
    try:
        reading.parser.Parse(_decoded(body).encode(), True)  # noqa: FBT003 (expat takes no keyword)
    except expat.ExpatError as error:
        raise _AnswerIsUnreadable(f"not XML ({expat.ErrorString(error.code)})") from error
    return reading.top.inside[0]


class _Reading:
    """One document being read, by a parser that refuses what only confuses.

    Nothing here is signed: local names are enough, and what is harmless (CDATA, a comment
    between two elements) is let through, unlike in `strict_xml`.
    """

    def __init__(self) -> None:
        self.top = _Element("")
        self._open = [self.top]
        self._count = 0
        self.parser = expat.ParserCreate(encoding="utf-8")
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartDoctypeDeclHandler = self._has_dtd
        self.parser.StartElementHandler = self._opened
        self.parser.EndElementHandler = self._closed
        self.parser.CharacterDataHandler = self._told
        self.parser.CommentHandler = self._interrupted
        self.parser.ProcessingInstructionHandler = self._interrupted

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise _AnswerIsUnreadable("not UTF-8")

    def _has_dtd(self, *_arguments: object) -> None:
        raise _AnswerIsUnreadable("a DTD")

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise _AnswerIsUnreadable("more elements than a profile has")
        named = {_local(one): value.strip() for one, value in attributes.items() if _is_said(one)}
        element = _Element(_local(name), named)
        self._open[-1].inside.append(element)
        self._open.append(element)

    def _closed(self, _name: str) -> None:
        element = self._open.pop()
        if element.inside and element.text:
            raise _AnswerIsUnreadable("text beside elements")
        if element.is_interrupted and not element.inside:
            raise _AnswerIsUnreadable("a comment or an instruction inside a value")

    def _told(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _interrupted(self, *_arguments: object) -> None:
        self._open[-1].is_interrupted = True


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _is_said(name: str) -> bool:
    """Say whether an XML attribute says something, and is not XML's own."""
    return name != "xmlns" and not name.startswith(("xmlns:", "xml:", "xsi:"))
