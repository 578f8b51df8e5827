"""Is this fit to be read? Pure: a site's pages as text, and the paths that exist, are arguments.

Pelican exits 0 when it skipped a post or missed a photo; so the finished pages are read again,
as a family's browser would, and whatever is wrong is said against the post it comes from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, normpath
from urllib.parse import unquote, urlsplit

from publisher.kinds.author_text import links_of, path_in_site
from publisher.model.edition import Page, Plan, Unfit
from publisher.model.mistake import in_french as _
from publisher.model.post import PhotoArticle, Post, Programme, Reminder

GATE_ADDRESSES = frozenset({"/", "/entrer", "/sortir"})
"""The only absolute addresses of a page: the gate answers to them, on every town's site."""

SCHEMES_OF_LINKS = frozenset({"http", "https", "mailto", "tel"})
_LOADED = frozenset({"src", "srcset", "poster", "data", "action", "formaction", "background"})
_FORBIDDEN_TAGS = frozenset({"script", "style", "iframe", "object", "embed", "base", "template"})


@dataclass(slots=True)
class _Reading:
    """What one page holds that can be wrong."""

    language: str = ""
    title: str = ""
    top_headings: int = 0
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads one page, once."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.reading = _Reading()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found, given = self.reading, dict(attrs)
        if tag == "html":
            found.language = given.get("lang") or ""
        elif tag == "h1":
            found.top_headings += 1
        elif tag == "img":
            found.images.append(given)
        self._in_title = tag == "title"
        if tag in _FORBIDDEN_TAGS:
            found.forbidden.append(f"<{tag}>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        found = self.reading
        if name == "id":
            found.ids.append(value)
        elif name == "style" or name.startswith("on"):
            found.forbidden.append(name)
        elif name == "srcset":
            found.loaded += [one.split()[0] for one in value.split(",") if one.split()]
        elif name in _LOADED or (name in {"href", "xlink:href"} and tag not in {"a", "area"}):
            found.loaded.append(value)
        elif name == "href":
            found.links.append(value)
        elif tag == "meta" and name == "http-equiv":
            found.forbidden.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.reading.title += data


def inspect_site(pages: Mapping[str, str], paths: frozenset[str], plan: Plan) -> tuple[Unfit, ...]:
    """Everything that keeps a site from being read, in the order of its pages; none when it is fit.

    *pages* are the HTML pages by path, *paths* every file of the site. `Unfit.post` is the slug
    of the post at fault and `line` the line of its text when the fault is an author's; else it
    is the page's path.
    """
    readings = {path: _read(text) for path, text in pages.items() if path.endswith(".html")}
    site = _Site(
        centre=plan.centre.slug,
        paths=paths,
        ids={path: frozenset(reading.ids) for path, reading in readings.items()},
        decorative=_decorative(plan),
    )
    planned = {page.path: page for page in plan.pages}
    unfit = [*_missing_photos(plan), *_missing_pages(plan, paths)]
    for path in sorted(readings):
        unfit += site.faults_of(path, readings[path], planned.get(path))
    return tuple(_once(unfit))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What the pages of one site may rely on."""

    centre: str
    paths: frozenset[str]
    ids: Mapping[str, frozenset[str]]
    decorative: frozenset[str]

    def faults_of(self, path: str, reading: _Reading, page: Page | None) -> Iterator[Unfit]:
        """What is wrong on the page at *path*."""
        if not reading.language:
            yield Unfit(post=path, reason=_("La page ne dit pas sa langue."))
        if not reading.title.strip():
            yield Unfit(post=path, reason=_("La page n'a pas de titre."))
        if reading.top_headings != 1:
            yield Unfit(
                post=path,
                reason=_("La page a {count} titres de premier niveau : il en faut un."),
                facts={"count": reading.top_headings},
            )
        for name in sorted({one for one in reading.ids if reading.ids.count(one) > 1}):
            yield Unfit(
                post=path, reason=_("L'identifiant « {name} » est deux fois."), facts={"name": name}
            )
        for what in reading.forbidden:
            yield Unfit(
                post=path,
                reason=_("La page contient « {what} », que la sécurité du site interdit."),
                facts={"what": what},
            )
        yield from self._image_faults(path, reading, page)
        yield from self._loading_faults(path, reading, page)
        yield from self._link_faults(path, reading, page)

    def _image_faults(self, path: str, reading: _Reading, page: Page | None) -> Iterator[Unfit]:
        for image in reading.images:
            source = image.get("src") or ""
            to_blame = _post_of_photo(source, page) or path
            words = image.get("alt")
            if words is None or (not words.strip() and _photo_of(source) not in self.decorative):
                yield Unfit(
                    post=to_blame,
                    reason=_(
                        "Une photo n'a pas de texte de remplacement. Dites en une phrase ce qu'on"
                        " voit, ou cochez « décorative »."
                    ),
                )
            if not all((image.get(side) or "").isdecimal() for side in ("width", "height")):
                yield Unfit(
                    post=to_blame, reason=_("Une photo n'a pas ses dimensions : la page saute.")
                )

    def _loading_faults(self, path: str, reading: _Reading, page: Page | None) -> Iterator[Unfit]:
        for address in reading.loaded:
            if address in GATE_ADDRESSES:
                continue
            if _is_foreign(address):
                yield Unfit(
                    post=path,
                    reason=_("La page va chercher « {address} » hors du site."),
                    facts={"address": address},
                )
            elif not self._leads_somewhere(path, address):
                yield Unfit(
                    post=_post_of_photo(address, page) or path,
                    reason=_("La page a besoin de « {address} », qui n'existe pas."),
                    facts={"address": address},
                )

    def _link_faults(self, path: str, reading: _Reading, page: Page | None) -> Iterator[Unfit]:
        for address in reading.links:
            if address in GATE_ADDRESSES or _scheme(address) in SCHEMES_OF_LINKS:
                continue
            if _is_foreign(address) or not self._leads_somewhere(path, address):
                yield self._broken(path, address, page)

    def _broken(self, path: str, address: str, page: Page | None) -> Unfit:
        """A link that leads nowhere, against the author's line it comes from if it is one's."""
        for post in _posts_on(page):
            for link in links_of(post.text):
                if self._same_place(link.target, address, path):
                    return Unfit(
                        post=post.publication.slug,
                        reason=_("Le lien vers « {target} » n'existe pas, ou n'existe plus."),
                        facts={"target": link.target},
                        line=link.line,
                    )
        return Unfit(
            post=path,
            reason=_("Le lien vers « {target} » n'existe pas."),
            facts={"target": address},
        )

    def _same_place(self, target: str, address: str, path: str) -> bool:
        if target == address:
            return True
        parts = urlsplit(target)
        within = parts.path if parts.scheme else target
        place = path_in_site(within, self.centre)
        return (
            place is not None
            and place == _place(path, address)
            and parts.fragment == urlsplit(address).fragment
        )

    def _leads_somewhere(self, path: str, address: str) -> bool:
        place = _place(path, address)
        if place is None or place not in self.paths:
            return False
        fragment = unquote(urlsplit(address).fragment)
        return not fragment or place not in self.ids or fragment in self.ids[place]


def _scheme(address: str) -> str | None:
    """The scheme of an *address*, or None when there is none or it cannot be read."""
    try:
        return urlsplit(address).scheme.lower() or None
    except ValueError:
        return None


def _read(text: str) -> _Reading:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.reading


def _is_foreign(address: str) -> bool:
    """Say whether *address* leaves the site: another host, a scheme, or the root of a server."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc or "\\" in address or address.startswith("/"))


def _place(path: str, address: str) -> str | None:
    """The path that a relative *address* of the page at *path* leads to; None out of the site."""
    try:
        wanted = unquote(urlsplit(address).path)
    except ValueError:
        return None
    if not wanted:
        return path
    place = normpath(f"{dirname(path)}/{wanted}".lstrip("/"))
    return None if place.startswith("..") else place


def _photo_of(address: str) -> str | None:
    """The id of the photo that *address* is a rendition of."""
    parts = urlsplit(address).path.split("/")
    if "photos" in parts[:-2]:
        return parts[parts.index("photos") + 1]
    return None


def _post_of_photo(address: str, page: Page | None) -> str | None:
    """The post of *page* whose photo *address* is."""
    photo = _photo_of(address)
    for post in _posts_on(page):
        if isinstance(post, PhotoArticle) and any(one.id == photo for one in post.photos):
            return post.publication.slug
    return None


def _posts_on(page: Page | None) -> Iterator[PhotoArticle | Reminder | Programme]:
    if page is None:
        return
    if page.article is not None:
        yield page.article
    if page.programme is not None:
        yield page.programme
    yield from page.reminders
    yield from page.articles


def _decorative(plan: Plan) -> frozenset[str]:
    """The photos that an article says show nothing that need be told."""
    return frozenset(
        photo.id
        for post in _live(plan)
        if isinstance(post, PhotoArticle)
        for photo in post.photos
        if photo.caption is None
    )


def _missing_photos(plan: Plan) -> Iterator[Unfit]:
    for post in _live(plan):
        if isinstance(post, PhotoArticle):
            for number, photo in enumerate(post.photos, start=1):
                if photo.id not in plan.content.photos:
                    yield Unfit(
                        post=post.publication.slug,
                        reason=_(
                            "La photo {number} n'est pas là. Envoyez-la de nouveau, ou retirez-la."
                        ),
                        facts={"number": number},
                    )


def _missing_pages(plan: Plan, paths: frozenset[str]) -> Iterator[Unfit]:
    """What the plan promised and the site lacks: Pelican skips without failing."""
    owners = {
        photo.id: post.publication.slug
        for post in _live(plan)
        if isinstance(post, PhotoArticle)
        for photo in post.photos
    }
    for path in sorted(plan.paths - paths):
        owner = owners.get(_photo_of(path) or "")
        yield Unfit(
            post=owner or path,
            reason=_("« {path} » manque dans le site."),
            facts={"path": path},
        )


def _live(plan: Plan) -> Iterator[Post]:
    return (post for post in plan.content.posts if post.publication.is_live(plan.moment))


def _once(unfit: list[Unfit]) -> Iterator[Unfit]:
    """Each fault once: the same link may be on several pages."""
    seen: set[tuple[str, str, int | None]] = set()
    for one in unfit:
        key = (one.post, one.sentence(), one.line)
        if key not in seen:
            seen.add(key)
            yield one
