"""XML from outside, read so that it means one thing only, and written again as it was read.

What is signed must be what is read: whoever verifies a signature is given what `written` makes of
the very element that is read afterwards, never the bytes that came.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.dom.minidom import Attr, Comment, Document
from xml.dom.minidom import Element as Node
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

MAX_DEPTH = 24
"""How deep elements may be in one another: a SAML answer has 8, metadata as many."""

_XMLNS = "http://www.w3.org/2000/xmlns/"
_ENTITIES = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("\t", "&#9;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
)


class NotStrictXml(Exception):
    """The text is not the plain XML that is accepted; the reason holds nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element. `name` is `{namespace}local`, `written_name` as it was written, with a prefix.

    `attributes` are by `{namespace}local`, or by their local name when they have no namespace;
    `written_attributes` as they were written. `scope` holds the namespaces in force, by prefix.
    `inside` are the elements and texts it holds; neighbouring texts are one.
    """

    name: str
    written_name: str
    attributes: Mapping[str, str]
    written_attributes: tuple[tuple[str, str], ...]
    scope: Mapping[str, str]
    inside: "tuple[Element | str, ...]"

    @property
    def elements(self) -> "tuple[Element, ...]":
        """The elements it holds directly."""
        return tuple(one for one in self.inside if isinstance(one, Element))

    @property
    def text(self) -> str:
        """The texts it holds directly."""
        return "".join(one for one in self.inside if isinstance(one, str))

    def all_named(self, name: str) -> "tuple[Element, ...]":
        """The elements of that name that it holds directly."""
        return tuple(one for one in self.elements if one.name == name)

    def everything(self) -> "Iterator[Element]":
        """Itself and every element below, in the order they are written."""
        yield self
        for one in self.elements:
            yield from one.everything()

    def with_instead(self, old: "Element", new: "Element") -> "Element":
        """The same, holding *new* in the place of *old*."""
        return replace(self, inside=tuple(new if one is old else one for one in self.inside))


def read_strictly(raw: bytes, max_bytes: int, *, drops_comments: bool = False) -> Element:
    """The root of *raw*: elements, attributes and texts, and nothing else.

    *drops_comments* is for a file that somebody of the town put there: vendors comment theirs.

    Raises NotStrictXml when it is longer than *max_bytes*, is not well formed, declares a
    document type or an entity, holds a comment (which cuts a text in two for some readers), an
    instruction or a CDATA section, gives one identifier twice, or is deeper than `MAX_DEPTH`.
    """
    if len(raw) > max_bytes:
        raise NotStrictXml("too long")
    try:
        document = parseString(raw, forbid_dtd=True)
    except (ExpatError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotStrictXml(type(error).__name__) from error
    if drops_comments:
        _drop_comments(document)
    if len(document.childNodes) != 1:
        raise NotStrictXml("something stands beside the root")
    root = _element(document.documentElement, {}, 0)
    _check_identifiers(root)
    return root


def written(element: Element) -> bytes:
    """*element* as a document of its own, in UTF-8: the same names, attributes and texts.

    Its exclusive canonical form is that of the element where it was read.
    """
    return "".join(_pieces(element, {})).encode()


def _drop_comments(document: Document) -> None:
    waiting: list[Document | Node] = [document]
    while waiting:
        holder = waiting.pop()
        for node in list(holder.childNodes):
            if isinstance(node, Comment):
                holder.removeChild(node)
            elif isinstance(node, Node):
                waiting.append(node)


def _element(node: Node, outer: Mapping[str, str], depth: int) -> Element:
    if depth > MAX_DEPTH:
        raise NotStrictXml("too deep")
    attributes: dict[str, str] = {}
    markup: list[tuple[str, str]] = []
    scope = dict(outer)
    for name, attribute in sorted(node.attributes.items()):
        told = node.attributes[name]
        if told.namespaceURI == _XMLNS:
            scope["" if told.name == "xmlns" else told.localName] = attribute or ""
        else:
            attributes[_clark(told)] = attribute
            markup.append((name, attribute))
    if not scope.get("", "-"):
        # `xmlns=""` says again what is so where nothing is said.
        del scope[""]
    return Element(
        name=_clark(node),
        written_name=node.tagName,
        attributes=attributes,
        written_attributes=tuple(markup),
        scope=scope,
        inside=tuple(_inside(node, scope, depth)),
    )


def _inside(node: Node, scope: Mapping[str, str], depth: int) -> Iterator[Element | str]:
    text = ""
    for one in node.childNodes:
        if one.nodeType == Node.TEXT_NODE:
            text += one.data
            continue
        if one.nodeType != Node.ELEMENT_NODE:
            raise NotStrictXml("a comment, an instruction or a CDATA section")
        if text:
            yield text
            text = ""
        yield _element(one, scope, depth + 1)
    if text:
        yield text


def _clark(node: Node | Attr) -> str:
    return f"{{{node.namespaceURI}}}{node.localName}" if node.namespaceURI else node.localName


def _check_identifiers(root: Element) -> None:
    """Refuse two identifiers that one reader or another could take for the same."""
    seen: set[str] = set()
    for element in root.everything():
        for name, value in element.attributes.items():
            if name.rpartition("}")[2].lower() != "id":
                continue
            if value in seen:
                raise NotStrictXml("one identifier twice")
            seen.add(value)


def _pieces(element: Element, outer: Mapping[str, str]) -> Iterator[str]:
    yield f"<{element.written_name}"
    if "" in outer and "" not in element.scope:
        yield ' xmlns=""'
    for prefix, namespace in element.scope.items():
        if outer.get(prefix) != namespace:
            yield f' {f"xmlns:{prefix}" if prefix else "xmlns"}="{_escaped(namespace)}"'
    for name, value in element.written_attributes:
        yield f' {name}="{_escaped(value)}"'
    yield ">"
    for one in element.inside:
        if isinstance(one, str):
            yield _escaped(one)
        else:
            yield from _pieces(one, element.scope)
    yield f"</{element.written_name}>"


def _escaped(text: str) -> str:
    """*text* as it is read again from a text or from an attribute, blanks included."""
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    return text
