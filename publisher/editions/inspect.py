"""Is this fit to be read? Pure: pages as text and the paths that will exist in; what is wrong out.

Pelican exits 0 with a page missing and a link broken: its output is inspected, not believed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, normpath
from urllib.parse import unquote, urlsplit

from publisher.kinds.author_text import links_of, path_in_site
from publisher.model.edition import Plan, Unfit
from publisher.model.mistake import in_french as _
from publisher.model.post import Post

GATE_ADDRESSES = frozenset({"/", "/entrer", "/sortir"})
"""The only absolute addresses a site's page may hold: they are the gate's, not a file's."""
OUTWARD_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
"""Where a link may lead out of the site. Nothing is ever loaded from there."""

_LOADS = {"src", "srcset", "poster", "data", "background"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """An address in a page, and whether it may lead out of the site or to the gate."""

    target: str
    may_leave: bool
    may_be_gates: bool


@dataclass(slots=True)
class _Seen:
    """What one page holds, as its HTML says it."""

    references: list[_Reference] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    wrong: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    has_language: bool = False
    title: str = ""
    h1: int = 0


class _Reader(HTMLParser):
    """Reads one page into what it holds."""

    def __init__(self, decorative: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = _Seen()
        self._decorative = decorative
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag holds."""
        values = {name: value or "" for name, value in attrs}
        seen = self.seen
        if tag == "html":
            seen.has_language = bool(values.get("lang"))
        self._in_title = tag == "title" or (self._in_title and tag not in _HEADINGS)
        seen.h1 += tag == "h1"
        if "id" in values:
            seen.ids.append(values["id"])
        self._note_code(tag, values)
        self._note_addresses(tag, values)
        if tag == "img":
            self._note_image(values)

    def handle_endtag(self, tag: str) -> None:
        """Leave the title."""
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        """Keep the title's words."""
        if self._in_title:
            self.seen.title += data

    def _note_code(self, tag: str, values: Mapping[str, str]) -> None:
        if tag in {"script", "style", "iframe", "object", "embed", "base"}:
            self._wrong(_("La page contient une balise <{tag}>."), tag=tag)
        for name in values:
            if name == "style" or name.startswith("on"):
                self._wrong(_("La page contient un attribut « {name} »."), name=name)

    def _note_addresses(self, tag: str, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            targets: list[str] = []
            if name == "srcset":
                targets = [one.split()[0] for one in value.split(",") if one.split()]
            elif name in _LOADS or (name in {"href", "xlink:href", "action", "formaction"}):
                targets = [value]
            self.seen.references += [
                _Reference(
                    target=target.strip(),
                    may_leave=(tag, name) == ("a", "href"),
                    may_be_gates=(tag, name) in {("a", "href"), ("form", "action")},
                )
                for target in targets
            ]

    def _note_image(self, values: Mapping[str, str]) -> None:
        source = values.get("src", "")
        alt = values.get("alt")
        if alt is None or (not alt.strip() and not self._is_decorative(source)):
            self._wrong(_("L'image {source} n'a pas de texte de remplacement."), source=source)
        if not all(values.get(name, "").isdigit() for name in ("width", "height")):
            self._wrong(_("L'image {source} n'a pas de largeur et de hauteur."), source=source)

    def _is_decorative(self, source: str) -> bool:
        folders = source.split("/")
        return any(folder in self._decorative for folder in folders)

    def _wrong(self, says: str, **facts: object) -> None:
        self.seen.wrong.append((says, facts))


def inspect_site(pages: Mapping[str, str], paths: frozenset[str], plan: Plan) -> tuple[Unfit, ...]:
    """Everything that makes the site unfit to be read: empty when it may be placed.

    *pages* are the HTML pages by path, *paths* everything that will exist, *plan* what was
    meant. A link that an author wrote is told against the post, with its line in the text;
    anything else against the page.
    """
    found = list(_missing(paths, plan))
    blamed = list(_authors_links(paths, plan))
    seen = {name: _read(text, plan) for name, text in pages.items()}
    ids = {name: frozenset(one.ids) for name, one in seen.items()}
    for name in sorted(seen):
        found += [
            Unfit(post=name, reason=says, facts=facts) for says, facts in _of_page(seen[name])
        ]
        found += [
            Unfit(post=name, reason=says, facts=facts)
            for reference in seen[name].references
            for says, facts in _of_reference(name, reference, paths, ids)
        ]
    # A page that an author's link spoiled is told once, against that author's post.
    return (
        tuple(blamed)
        if blamed
        else tuple({(one.post, one.sentence()): one for one in found}.values())
    )


def _missing(paths: frozenset[str], plan: Plan) -> Iterator[Unfit]:
    for path in sorted(plan.paths - paths):
        yield Unfit(post=path, reason=_("Cette page était prévue et n'a pas été faite."))


def _authors_links(paths: frozenset[str], plan: Plan) -> Iterator[Unfit]:
    """The links of authors' texts that lead nowhere in the site."""
    for post in _shown_posts(plan):
        for link in links_of(post.text):
            if urlsplit(link.target).scheme:
                continue
            path = path_in_site(link.target, plan.centre.slug)
            if path is None or path not in paths:
                yield Unfit(
                    post=post.publication.slug,
                    reason=_(
                        "Le lien vers « {target} » ne mène nulle part. Corrigez-le ou retirez-le."
                    ),
                    facts={"target": link.target},
                    line=link.line,
                )


def _shown_posts(plan: Plan) -> tuple[Post, ...]:
    return tuple(post for post in plan.content.posts if post.publication.is_live(plan.moment))


def _read(text: str, plan: Plan) -> _Seen:
    decorative = frozenset(
        photo.id
        for page in plan.pages
        if page.article is not None
        for photo in page.article.photos
        if photo.caption is None
    )
    reader = _Reader(decorative)
    reader.feed(text)
    reader.close()
    return reader.seen


def _of_page(seen: _Seen) -> Iterator[tuple[str, dict[str, object]]]:
    yield from seen.wrong
    if not seen.has_language:
        yield _("La page ne dit pas sa langue."), {}
    if not seen.title.strip():
        yield _("La page n'a pas de titre."), {}
    if seen.h1 != 1:
        yield _("La page a {count} titres de premier rang : il en faut un."), {"count": seen.h1}
    for twice in sorted({one for one in seen.ids if seen.ids.count(one) > 1}):
        yield _("Le repère « {id} » est là deux fois."), {"id": twice}


def _of_reference(
    page: str, reference: _Reference, paths: frozenset[str], ids: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, dict[str, object]]]:
    target = reference.target
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        if not reference.may_leave or parts.scheme not in OUTWARD_SCHEMES:
            yield _("La page charge « {target} », qui n'est pas du site."), {"target": target}
        return
    if parts.path.startswith("/"):
        if not reference.may_be_gates or parts.path not in GATE_ADDRESSES:
            yield _("« {target} » n'est pas une adresse du site."), {"target": target}
        return
    path = normpath(f"{dirname(page)}/{unquote(parts.path)}").lstrip("/") if parts.path else page
    if path not in paths:
        yield _("Le lien vers « {target} » ne mène nulle part."), {"target": target}
    elif parts.fragment and path in ids and parts.fragment not in ids[path]:
        yield _("Le repère « {target} » n'existe pas."), {"target": target}
