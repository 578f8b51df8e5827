"""Is this fit to be read? Pure: a site's pages as text, and the paths that exist, are arguments.

Pelican exits 0 when it skipped a post or missed a photo; so the finished pages are read again,
as a family's browser would, and whatever is wrong is said against the post it comes from.

A page written the plain way, as ours are, is read by a few patterns; any other by a parser.
Both hold the same, many times faster by the first (`_read_plainly` says why it can be trusted).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from itertools import chain
from posixpath import dirname, normpath
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from publisher.kinds.author_text import links_of, path_in_site
from publisher.model.edition import Page, Plan, Unfit
from publisher.model.mistake import in_french as _
from publisher.model.post import PhotoArticle, Post
from publisher.model.space import Space

GATE_ADDRESSES = frozenset({"/", "/entrer", "/relier", "/sortir"})
"""The only absolute addresses of a page: the gate answers to them, on every town's site."""

SCHEMES_OF_LINKS = frozenset({"http", "https", "mailto", "tel"})
_LOADED = frozenset({"src", "poster", "data", "action", "formaction", "background", "ping"})
_SETS = frozenset({"srcset", "imagesrcset"})
_LOOKED_AT = _LOADED | _SETS | {"id", "style", "href", "xlink:href", "http-equiv"}
_READ_AS_TEXT = frozenset({"noscript", "noembed", "noframes", "plaintext", "xmp"})
"""Elements whose tags a browser reads as text, or as tags: nobody could say what is there."""

_FORBIDDEN_TAGS = (
    frozenset({"script", "style", "iframe", "object", "embed", "base", "template"}) | _READ_AS_TEXT
)
_REMEMBERED: Final = 1024
"""Lines, tags and addresses whose reading is kept, as pages of a site repeat them: 5 MB in all."""
_LONG_LINE: Final = 4096
"""Characters of a line beyond which its reading is not kept."""


class _Reading(NamedTuple):
    """What a page, or a part of it, holds that can be wrong.

    `loaded` and `decorative` come in no order; of the images, `decorative` are the addresses of
    those whose words are empty, and `images` those that lack words or dimensions, by their
    attributes.
    """

    languages: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    top_headings: int = 0
    ids: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()
    decorative: tuple[str, ...] = ()
    images: tuple[Mapping[str, str | None], ...] = ()
    forbidden: tuple[str, ...] = ()


_SILENT: Final = _Reading()
"""What holds nothing to ask about."""


def _together(parts: Sequence[_Reading]) -> _Reading:
    """What the *parts* of a page, in its order, hold together."""
    if len(parts) == 1:
        return parts[0]
    languages, titles, top_headings, ids, links, loaded, decorative, images, forbidden = zip(
        _SILENT, *parts, strict=True
    )
    return _Reading(
        languages=tuple(chain.from_iterable(languages)),
        titles=tuple(chain.from_iterable(titles)),
        top_headings=sum(top_headings),
        ids=tuple(chain.from_iterable(ids)),
        links=tuple(chain.from_iterable(links)),
        loaded=tuple(chain.from_iterable(loaded)),
        decorative=tuple(chain.from_iterable(decorative)),
        images=tuple(chain.from_iterable(images)),
        forbidden=tuple(chain.from_iterable(forbidden)),
    )


def _tag(name: str, written: Sequence[tuple[str, str | None]]) -> _Reading:
    """What the start tag *name* holds; of an attribute written twice, browsers read the first.

    A title tag holds an empty title: its words are after it.
    """
    attributes = dict(written)
    if len(attributes) != len(written):
        attributes = {}
        for attribute, value in written:
            attributes.setdefault(attribute, value)
    ids: list[str] = []
    links: list[str] = []
    loaded: list[str] = []
    forbidden = [f"<{name}>"] if name in _FORBIDDEN_TAGS else []
    for attribute, value in attributes.items():
        if attribute not in _LOOKED_AT:
            if attribute.startswith("on"):
                forbidden.append(attribute)
            continue
        address = value or ""
        if attribute == "id":
            ids.append(address)
        elif attribute in _SETS:
            loaded += _addresses_of(address)
        elif attribute in {"href", "xlink:href"}:
            (links if name in {"a", "area"} else loaded).append(address)
        elif attribute in _LOADED:
            loaded.append(address)
        elif attribute == "style" or name == "meta":
            forbidden.append(attribute)
    if name not in {"html", "h1", "title", "img"} and not (ids or links or loaded or forbidden):
        return _SILENT
    words = attributes.get("alt") if name == "img" else None
    return _Reading(
        languages=(attributes.get("lang") or "",) if name == "html" else (),
        titles=("",) if name == "title" else (),
        top_headings=int(name == "h1"),
        ids=tuple(ids),
        links=tuple(links),
        loaded=tuple(loaded),
        decorative=() if words is None or words.strip() else (attributes.get("src") or "",),
        images=(attributes,)
        if name == "img" and not (words is not None and _is_sized(attributes))
        else (),
        forbidden=tuple(forbidden),
    )


def _addresses_of(source_set: str) -> Iterator[str]:
    return (words[0] for one in source_set.split(",") if (words := one.split()))


def _is_sized(image: Mapping[str, str | None]) -> bool:
    return all((image.get(side) or "").isdecimal() for side in ("width", "height"))


class _Parser(HTMLParser):
    """Reads any page, once."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[_Reading] = []
        self.titles: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        self.tags.append(_tag(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles.append(data)


def _read_by_parser(text: str) -> _Reading:
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return _together(parser.tags)._replace(titles=tuple(parser.titles))


_MARK = re.compile(r"<([^>]*)>")
_BLANK = r"[ \t\n\r\f]"
_DOUBLE = r'"[^"<>&\x00]*+(?:&[a-zA-Z0-9#]+;[^"<>&\x00]*+)*+"'
_SINGLE = _DOUBLE.replace('"', "'")
_BARE = r"[a-zA-Z0-9_.:#%-]++(?!/)"
_START_TAG = re.compile(
    r"([a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*)"
    rf"((?:{_BLANK}+[a-zA-Z_][a-zA-Z0-9_:.-]*+(?:=(?:{_DOUBLE}|{_SINGLE}|{_BARE}))?+)*+)"
    rf"{_BLANK}*(/?)"
)
_EACH_ATTRIBUTE = re.compile(r"""([^\s=]++)(=(?:"([^"]*+)"|'([^']*+)'|(\S++)))?+""")
"""The attributes of a `_START_TAG`, and of nothing else."""
_WRITTEN_ADDRESS = r"[a-zA-Z0-9_./-]+"
_IMAGE = re.compile(
    rf'<img (src="{_WRITTEN_ADDRESS}" srcset="{_WRITTEN_ADDRESS} [0-9]+w'
    rf'(?:, {_WRITTEN_ADDRESS} [0-9]+w)*") width="[0-9]+" height="[0-9]+"'
    r' alt="([^"<>&\x00\s][^"<>&\x00]*+(?:&[a-z0-9#]+;[^"<>&\x00]*+)*+)?"'
    r' sizes="[a-z0-9 :().,-]*"(?: (?:loading|decoding|fetchpriority)=(?:"[a-z]+"|[a-z]+))*>'
    r'(?:<figcaption aria-hidden="true">[^<>\x00]*+</figcaption>)?+'
)
"""A sized image, as our theme writes one, by its source and its words if it has any.

With the caption that comes after it: as lines of albums do not repeat, it would be read each time.
"""
_ADDRESS_OF_IMAGE = re.compile(rf'(?:"|, )({_WRITTEN_ADDRESS})')
"""Each address in the source of an `_IMAGE`."""
_HOLE: Final = "\0"
"""What no page holds but where an image was."""
_OTHER_MARK = re.compile(
    rf"/[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*{_BLANK}*"  # an end tag
    r"|![Dd][Oo][Cc][Tt][Yy][Pp][Ee][ ][Hh][Tt][Mm][Ll]"
    r"|!--[^<]*--"  # a comment
)
_TITLE = re.compile(rf"<title[^<>]*>([^<]*)</title{_BLANK}*>")
_ONLY_BY_PARSER = _FORBIDDEN_TAGS | {"textarea"}


def _read_plainly(text: str) -> _Reading | None:
    """Read a page whose every `<` begins a mark that can be read in one way only, or give None.

    Such a mark holds no other angle bracket, and each of its quotes is closed in it; no element
    whose content is text is open, but a title without marks. So whoever reads the page, from its
    first character on, sees the same marks, each ending at its first `>`; and each line can be
    read apart, once for all the pages that repeat it, unless a mark or a title runs over its end.

    What lines of albums do not repeat are images: they are taken out, and each leaves a mark, so
    that what would not be one where it stands (in a comment, in quotes) cannot be read as one.
    """
    if _HOLE in text:
        return None
    pieces = _IMAGE.split(text)
    around, sources, words = pieces[::3], pieces[1::3], pieces[2::3]
    rest = _read_lines(f"<{_HOLE}>".join(around))
    if rest is None or not sources:
        return rest
    silent = [source for source, said in zip(sources, words, strict=True) if said is None]
    return rest._replace(
        loaded=(*rest.loaded, *_ADDRESS_OF_IMAGE.findall(" ".join(dict.fromkeys(sources)))),
        decorative=(*rest.decorative, *(source.split('"', 2)[1] for source in silent)),
    )


def _read_lines(text: str) -> _Reading | None:
    """Read *text* line by line, or at once when a mark runs over the end of one, or give None."""
    lines: list[_Reading] = []
    for line in text.split("\n"):
        read = _read_line(line) if len(line) <= _LONG_LINE else _read_marks(line)
        if read is None:
            return _read_marks(text)
        if read is not _SILENT:
            lines.append(read)
    return _together(lines) if lines else _SILENT


def _read_marks(text: str) -> _Reading | None:
    """Read the whole marks of *text*, or give None."""
    marks = _MARK.findall(text)
    if text.count("<") != len(marks):
        return None
    tags: list[_Reading] = []
    for mark in marks:
        tag = _tag_of_mark(mark)
        if tag is None:
            return None
        if tag is not _SILENT:
            tags.append(tag)
    read = _together(tags) if tags else _SILENT
    if not read.titles:
        return read
    titles = _TITLE.findall(text)
    if len(titles) != len(read.titles):
        return None
    return read._replace(titles=tuple(map(unescape, titles)))


_read_line = lru_cache(maxsize=_REMEMBERED)(_read_marks)


@lru_cache(maxsize=_REMEMBERED)
def _tag_of_mark(mark: str) -> _Reading | None:
    """What *mark*, what stands between two angle brackets, holds; None if only the parser knows."""
    if mark == _HOLE:
        return _SILENT
    start = _START_TAG.fullmatch(mark)
    if start is None:
        return _SILENT if _OTHER_MARK.fullmatch(mark) else None
    name = start[1].lower()
    if name in _ONLY_BY_PARSER or (name == "title" and start[3]):
        return None
    return _tag(name, _attributes(start[2]))


def _attributes(written: str) -> list[tuple[str, str | None]]:
    read = unescape if "&" in written else str
    return [
        (name.lower(), read(double or single or bare) if given else None)
        for name, given, double, single, bare in _EACH_ATTRIBUTE.findall(written)
    ]


def inspect_page(
    path: str, text: str, page: Page, *, centre: str, exists: Callable[[str], bool]
) -> tuple[Unfit, ...]:
    """Everything that keeps one page of *centre*'s site from being read; none when it is fit.

    *path* is where the page stands in the site, *text* its HTML, *page* what it is about;
    *exists* says whether the site has a file at a path, itself left aside. A fragment is looked
    for when it is one of this page. `Unfit.post` is the slug of the post at fault, and `line` the
    line of its text when the fault is an author's; else it is the page's path.
    """
    reading = _read_plainly(text) or _read_by_parser(text)
    look = _Look(
        path=path,
        folder=dirname(path),
        up="../" * path.count("/"),
        page=page,
        centre=centre,
        exists=exists,
        reading=reading,
    )
    return tuple(_once(look.faults()))


def inspect_site(pages: Mapping[str, str], paths: frozenset[str], plan: Plan) -> tuple[Unfit, ...]:
    """Everything that keeps a site from being read, in the order of its pages; none when it is fit.

    *pages* are the pages by path, of which the HTML ones are read by `inspect_page`; *paths* are
    every file of the site. What the plan promised and the site lacks is said too.
    """
    unfit = [*_missing_photos(plan), *_missing_pages(plan, paths)]
    centre = plan.centre.slug
    planned = {page.path: page for page in plan.pages}
    for path in sorted(path for path in pages if path.endswith(".html")):
        # A plugin of the engine's may have written more than the plan.
        page = planned.get(path) or Page(path=path, template="", space=Space(centre))
        unfit += inspect_page(path, pages[path], page, centre=centre, exists=paths.__contains__)
    return tuple(_once(unfit))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One page, what was read of it, and what it may rely on."""

    path: str
    folder: str
    up: str
    page: Page
    centre: str
    exists: Callable[[str], bool]
    reading: _Reading

    def faults(self) -> Iterator[Unfit]:
        """What is wrong on the page."""
        path, reading = self.path, self.reading
        if not (reading.languages and reading.languages[-1]):
            yield Unfit(post=path, reason=_("La page ne dit pas sa langue."))
        if not "".join(reading.titles).strip():
            yield Unfit(post=path, reason=_("La page n'a pas de titre."))
        if reading.top_headings != 1:
            yield Unfit(
                post=path,
                reason=_("La page a {count} titres de premier niveau : il en faut un."),
                facts={"count": reading.top_headings},
            )
        if len(set(reading.ids)) != len(reading.ids):
            for name in sorted({one for one in reading.ids if reading.ids.count(one) > 1}):
                yield Unfit(
                    post=path,
                    reason=_("L'identifiant « {name} » est deux fois."),
                    facts={"name": name},
                )
        for what in reading.forbidden:
            yield Unfit(
                post=path,
                reason=_("La page contient « {what} », que la sécurité du site interdit."),
                facts={"what": what},
            )
        yield from self._image_faults()
        yield from self._loading_faults()
        yield from self._link_faults()

    def _image_faults(self) -> Iterator[Unfit]:
        reading = self.reading
        decorative = _decorative_on(self.page) if reading.decorative else frozenset()
        without_words = [
            *(image.get("src") or "" for image in reading.images if image.get("alt") is None),
            *(one for one in reading.decorative if _photo_of(one) not in decorative),
        ]
        for address in without_words:
            yield Unfit(
                post=self._to_blame(address),
                reason=_(
                    "Une photo n'a pas de texte de remplacement. Dites en une phrase ce qu'on"
                    " voit, ou cochez « décorative »."
                ),
            )
        for image in reading.images:
            if not _is_sized(image):
                yield Unfit(
                    post=self._to_blame(image.get("src") or ""),
                    reason=_("Une photo n'a pas ses dimensions : la page saute."),
                )

    def _to_blame(self, address: str) -> str:
        return _post_of_photo(address, self.page) or self.path

    def _loading_faults(self) -> Iterator[Unfit]:
        for written in dict.fromkeys(self.reading.loaded):
            if self._is_at_hand(written):
                continue
            address = _address(self.folder, written)
            if self._leads_somewhere(address) or written in GATE_ADDRESSES:
                continue
            if address.is_foreign:
                yield Unfit(
                    post=self.path,
                    reason=_("La page va chercher « {address} » hors du site."),
                    facts={"address": written},
                )
            else:
                yield Unfit(
                    post=self._to_blame(written),
                    reason=_("La page a besoin de « {address} », qui n'existe pas."),
                    facts={"address": written},
                )

    def _link_faults(self) -> Iterator[Unfit]:
        for written in dict.fromkeys(self.reading.links):
            if self._is_at_hand(written):
                continue
            address = _address(self.folder, written)
            leads = self._leads_somewhere(address) or address.scheme in SCHEMES_OF_LINKS
            if not leads and written not in GATE_ADDRESSES:
                yield self._broken(written)

    def _broken(self, written: str) -> Unfit:
        """A link that leads nowhere, against the author's line it comes from if it is one's."""
        for post in _posts_on(self.page):
            for link in links_of(post.text):
                if self._is_same_place(link.target, written):
                    return Unfit(
                        post=post.publication.slug,
                        reason=_("Le lien vers « {target} » n'existe pas, ou n'existe plus."),
                        facts={"target": link.target},
                        line=link.line,
                    )
        return Unfit(
            post=self.path,
            reason=_("Le lien vers « {target} » n'existe pas."),
            facts={"target": written},
        )

    def _is_same_place(self, target: str, written: str) -> bool:
        if target == written:
            return True
        parts = urlsplit(target)
        within = parts.path if parts.scheme else target
        place, address = path_in_site(within, self.centre), _address(self.folder, written)
        return (
            place is not None
            and place == (address.place or self.path)
            and unquote(parts.fragment) == address.fragment
        )

    def _is_at_hand(self, written: str) -> bool:
        """Say whether *written* is the address of a file, from the top of the site, that exists."""
        place = _from_the_top(written, self.up)
        return place is not None and self.exists(place)

    def _leads_somewhere(self, address: "_Address") -> bool:
        _scheme, is_foreign, place, fragment = address
        if is_foreign:
            return False
        if place is not None and place != self.path:
            return self.exists(place)
        return not fragment or fragment in self.reading.ids


class _Address(NamedTuple):
    """An address as a page of one folder writes it.

    `is_foreign` when it leaves the site: another host, a scheme, the root of a server, or what
    nobody can read. `place` is the path it leads to, None for the page itself.
    """

    scheme: str = ""
    is_foreign: bool = False
    place: str | None = None
    fragment: str = ""


_SEGMENT = r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*"
_PLACE = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_PLAIN_ADDRESS = re.compile(
    rf"((?:\.\./)*)({_SEGMENT}(?:/{_SEGMENT})*)(?:\#([a-zA-Z0-9_-]+))?", re.VERBOSE
)


def _from_the_top(written: str, up: str) -> str | None:
    """The path that *written* leads to, when it climbs *up* to the top of the site and no further."""
    if not written.startswith(up) or _PLACE.fullmatch(written, len(up)) is None:
        return None
    return written[len(up) :]


@lru_cache(maxsize=_REMEMBERED)
def _address(folder: str, written: str) -> _Address:
    """Read the address *written* on a page of *folder*."""
    plain = _PLAIN_ADDRESS.fullmatch(written)
    return _any_address(folder, written) if plain is None else _plain_address(folder, plain)


def _plain_address(folder: str, found: re.Match[str]) -> _Address:
    """The same, when nothing in it is to be decoded nor resolved but the climb it begins with."""
    climb, below, fragment = found.groups("")
    above = folder.split("/") if folder else []
    kept = len(above) - len(climb) // 3
    place = "/".join((*above[:kept], below)) if kept > 0 else below
    return _Address(is_foreign=kept < 0, place=place, fragment=fragment)


def _any_address(folder: str, written: str) -> _Address:
    try:
        parts = urlsplit(written)
        scheme = parts.scheme.lower()
    except ValueError:
        return _Address(is_foreign=True)
    wanted = unquote(parts.path)
    place = normpath(f"{folder}/{wanted}".lstrip("/")) if wanted else None
    climbs_out = place is not None and place.startswith("..")
    return _Address(
        scheme=scheme,
        is_foreign=bool(scheme or parts.netloc)
        or "\\" in written
        or written.startswith("/")
        or climbs_out,
        place=place,
        fragment=unquote(parts.fragment),
    )


def _photo_of(address: str) -> str | None:
    """The id of the photo that *address* is a rendition of."""
    parts = urlsplit(address).path.split("/")
    if "photos" in parts[:-2]:
        return parts[parts.index("photos") + 1]
    return None


def _post_of_photo(address: str, page: Page) -> str | None:
    """The post of *page* whose photo *address* is."""
    photo = _photo_of(address)
    for article in _articles_on(page):
        if any(one.id == photo for one in article.photos):
            return article.publication.slug
    return None


def _articles_on(page: Page) -> Iterator[PhotoArticle]:
    """The articles whose photos *page* may show."""
    if page.article is not None:
        yield page.article
    yield from page.articles
    for day in page.week:
        yield from day.articles


def _decorative_on(page: Page) -> frozenset[str]:
    """The photos of which an article of the page says that they show nothing to be told."""
    return frozenset(
        one.id for article in _articles_on(page) for one in article.photos if one.caption is None
    )


def _posts_on(page: Page) -> Iterator[Post]:
    """The posts whose text *page* may show."""
    if page.programme is not None:
        yield page.programme
    yield from page.reminders
    yield from page.programmes
    yield from _articles_on(page)


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


def _once(unfit: Iterable[Unfit]) -> Iterator[Unfit]:
    """Each fault once: the same link may be on several pages."""
    seen: set[tuple[str, str, int | None]] = set()
    for one in unfit:
        key = (one.post, one.sentence(), one.line)
        if key not in seen:
            seen.add(key)
            yield one
