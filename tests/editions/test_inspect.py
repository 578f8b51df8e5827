"""The inspection: each fault planted on purpose is found, and said against what it comes from."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.editions import inspect
from publisher.editions.inspect import inspect_page, inspect_site
from publisher.model.edition import Plan, Unfit
from publisher.model.post import PhotoInArticle
from tests.editions.small_town import SmallTown, all_kinds_of_posts, files_of, pages_of
from tests.posts import CENTRE, PHOTO_IDS, article, programme, reminder

HOME, ARTICLE = "index.html", "articles/foret.html"


class Fit:
    """A site without a fault, to plant one in."""

    def __init__(self, town: SmallTown) -> None:
        self.plan: Plan = town.plan(all_kinds_of_posts())
        files = files_of(town.render(self.plan))
        self.pages = pages_of(files)
        self.paths = frozenset(files)

    def with_fault(self, path: str, old: str, new: str) -> tuple[Unfit, ...]:
        """What is found when *old* is *new* in the page at *path*."""
        assert old in self.pages[path]
        pages = {**self.pages, path: self.pages[path].replace(old, new, 1)}
        return inspect_site(pages, self.paths, self.plan)


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> SmallTown:
    """One content folder for all these tests: they only read it."""
    return SmallTown(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def fit(small_town: SmallTown) -> Fit:
    """One site for all these tests: they plant faults in copies of its pages."""
    return Fit(small_town)


def _add(piece: str) -> tuple[str, str]:
    return "</main>", f"{piece}</main>"


def test_a_site_that_is_fit(fit: Fit) -> None:
    """Nothing is said of a site that can be read."""
    assert inspect_site(fit.pages, fit.paths, fit.plan) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('<html lang="fr">', "<html>", "langue"),
        ("<title>", "<title></title><desc>", "titre"),
        ("<h1>", "<h2>", "0 titres"),
        (*_add("<h1>Encore</h1>"), "2 titres"),
        (*_add('<p id="contenu"></p>'), "« contenu » est deux fois"),
        (*_add("<script></script>"), "<script>"),
        (*_add("<style></style>"), "<style>"),
        (*_add("<iframe></iframe>"), "<iframe>"),
        (*_add('<base href="/">'), "<base>"),
        (*_add('<p style="color:red">x</p>'), "« style »"),
        (*_add('<p onclick="x()">x</p>'), "« onclick »"),
        (*_add('<meta http-equiv="refresh" content="0">'), "http-equiv"),
        (
            *_add('<img src="https://cdn.example/x.png" alt="x" width="1" height="1">'),
            "hors du site",
        ),
        (*_add('<img src="//cdn.example/x.png" alt="x" width="1" height="1">'), "hors du site"),
        (
            *_add('<img src="data:image/gif;base64,R0" alt="x" width="1" height="1">'),
            "hors du site",
        ),
        (*_add('<link rel="stylesheet" href="https://fonts.example/a.css">'), "hors du site"),
        (*_add('<form action="https://evil.example/"></form>'), "hors du site"),
        (*_add('<form action="/ailleurs"></form>'), "hors du site"),
        (*_add('<button formaction="//evil.example/">x</button>'), "hors du site"),
        (*_add('<svg><use href="https://cdn.example/x.svg#a"/></svg>'), "hors du site"),
        (*_add('<svg><use href="#p-nothing"/></svg>'), "n'existe pas"),
        (*_add('<link rel="stylesheet" href="theme/preau.css">'), "n'existe pas"),
        (*_add('<img src="photos/none/480.jpg" alt="x" width="1" height="1">'), "n'existe pas"),
        (
            *_add('<img srcset="a.jpg 1x" src="rappels.html" alt="x" width="1" height="1">'),
            "n'existe pas",
        ),
        (*_add('<a href="nulle-part.html">x</a>'), "« nulle-part.html » n'existe pas"),
        (*_add('<a href="index.html#nulle-part">x</a>'), "n'existe pas"),
        (*_add('<a href="#nulle-part">x</a>'), "n'existe pas"),
        (*_add('<a href="../le-moulin/index.html">x</a>'), "n'existe pas"),
        (*_add('<a href="/les-tilleuls/rappels.html">x</a>'), "n'existe pas"),
        (*_add('<a href="programmes/">x</a>'), "n'existe pas"),
        (*_add('<a href="javascript:x()">x</a>'), "n'existe pas"),
        (*_add('<a href="//evil.example/">x</a>'), "n'existe pas"),
        (*_add('<a href="http://[bad">x</a>'), "n'existe pas"),
        (*_add('<img alt="x" width="1" src="theme/x">'), "dimensions"),
    ],
)
def test_a_planted_fault_is_found(fit: Fit, old: str, new: str, says: str) -> None:
    """Each fault is said against its page, in French, with what is wrong."""
    found = fit.with_fault(HOME, old, new)
    assert any(one.post == HOME and says in one.sentence() for one in found), found


@pytest.mark.parametrize(
    "address",
    [
        "https://musee.example/",
        "mailto:a@b.example",
        "tel:+33199001001",
        "/",
        "/entrer",
        "rappels.html?x=1",
        "programmes/../rappels.html",
        "rappels.html#what-its-own-page-is-asked",
        "#contenu",
        "index.html#contenu",
    ],
)
def test_what_a_page_may_lead_to(fit: Fit, address: str) -> None:
    """Other sites, mails, phones, the gate, and pages of the site can be followed."""
    assert fit.with_fault(HOME, *_add(f'<a href="{address}">x</a>')) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' alt="Vue c"', ""),
        (' alt="Vue c"', ' alt=""'),
        (' alt="Vue c"', ' alt="  "'),
        (' width="108" height="144"', ' height="144"'),
        (' width="108" height="144"', ' width="108" height="auto"'),
        (f'../photos/{PHOTO_IDS[2]}/480.jpg"', f'../photos/{PHOTO_IDS[2]}/9999.jpg"'),
    ],
)
def test_a_photo_s_fault_is_its_article_s(fit: Fit, old: str, new: str) -> None:
    """A photo without words, size or file is said against the article that shows it."""
    found = fit.with_fault(ARTICLE, old, new)
    assert {one.post for one in found} == {"foret"}


def test_a_decorative_photo_needs_no_words(fit: Fit) -> None:
    """No words is right only for the photo that its article says is decorative."""
    assert f"../photos/{PHOTO_IDS[1]}/1080.jpg" in fit.pages[ARTICLE]
    assert 'alt=""' in fit.pages[ARTICLE]
    (page,) = (one for one in fit.plan.pages if one.path == ARTICLE)
    shown = page.article
    assert shown is not None
    speaking = replace(shown, photos=tuple(replace(one, caption="x") for one in shown.photos))
    text, exists = fit.pages[ARTICLE], fit.paths.__contains__
    found = [
        inspect_page(ARTICLE, text, replace(page, article=one), centre=CENTRE.slug, exists=exists)
        for one in (shown, speaking)
    ]
    assert [{fault.post for fault in faults} for faults in found] == [set(), {"foret"}]


@pytest.mark.parametrize("path", [ARTICLE, f"photos/{PHOTO_IDS[0]}/480.jpg", "flux.xml"])
def test_what_pelican_skipped_is_missed(fit: Fit, path: str) -> None:
    """A page, photo or feed of the plan that was not made is said, against its post if it has one."""
    pages = {name: text for name, text in fit.pages.items() if name != path}
    found = inspect_site(pages, fit.paths - {path}, fit.plan)
    owners = {"photos": {"foret", "soir", "rentree", "ete"}}.get(path.partition("/")[0], {path})
    assert any(one.post in owners and path in one.sentence() for one in found)


def test_a_photo_that_the_centre_has_lost(small_town: SmallTown) -> None:
    """An article that names a photo nobody has is unfit, with the photo's number."""
    one = article("a", photos=PHOTO_IDS[:2])
    one = replace(one, photos=(*one.photos, PhotoInArticle(id="z" * 26, caption="Perdue")))
    plan = small_town.plan((one,))
    files = files_of(small_town.render(plan))
    found = inspect_site(pages_of(files), frozenset(files), plan)
    assert [(unfit.post, unfit.facts) for unfit in found] == [("a", {"number": 3})]


TEXT = "Bonjour.\n\nVoir [là]({target}) !"


@pytest.mark.parametrize(
    "target",
    [
        "articles/disparu.html",
        "programmes/semaine.html#vendredi",
        "/les-tilleuls/articles/disparu.html",
        "/le-moulin/index.html",
        "https://preau.valmont.example/les-tilleuls/articles/disparu.html",
        "../../../etc/hostname",
        "#nulle-part",
        "d%C3%A9j%C3%A0.html",
        "articles/foret",
    ],
)
def test_a_broken_link_is_its_author_s(small_town: SmallTown, target: str) -> None:
    """A link that leads nowhere is said once, against each post, with the line of its text."""
    text = TEXT.format(target=target)
    plan = small_town.plan(
        (
            article("foret"),
            replace(article("a"), text=text),
            replace(article("g", groups=("moyens", "petits")), text=text),
            replace(reminder("r"), text=text),
            replace(programme("p"), text=text),
        )
    )
    files = files_of(small_town.render(plan))
    found = inspect_site(pages_of(files), frozenset(files), plan)
    assert sorted((one.post, one.line) for one in found) == [(slug, 3) for slug in "agpr"]
    assert all(target in one.sentence() for one in found)


@pytest.mark.parametrize(
    "target",
    [
        "articles/foret.html",
        "articles/foret.html#photo-1",
        "programmes/",
        "/les-tilleuls/",
        "https://preau.valmont.example/les-tilleuls/rappels.html",
        "https://preau.valmont.example.evil.example/",
        "ville/charte.html",
    ],
)
def test_a_link_that_leads_somewhere(small_town: SmallTown, target: str) -> None:
    """Links to the centre's pages hold from the centre's folders and from a group's."""
    text = TEXT.format(target=target)
    plan = small_town.plan(
        (
            article("foret"),
            replace(article("a"), text=text),
            replace(article("g", groups=("moyens",)), text=text),
            replace(reminder("r", groups=("moyens",)), text=text),
        )
    )
    files = files_of(small_town.render(plan))
    assert inspect_site(pages_of(files), frozenset(files), plan) == ()


def test_a_link_to_a_post_that_ended(small_town: SmallTown) -> None:
    """The day a post goes, the one that leads to it is told."""
    leads = replace(article("leads"), text="[x](articles/goes.html)")
    goes = article("goes")
    gone = replace(
        goes, publication=replace(goes.publication, withdrawn_at=goes.publication.published_at)
    )
    for last, faults in ((goes, []), (gone, [("leads", 1)])):
        plan = small_town.plan((leads, last))
        files = files_of(small_town.render(plan))
        found = inspect_site(pages_of(files), frozenset(files), plan)
        assert [(one.post, one.line) for one in found] == faults


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FORBIDDEN = _words(
    "script style iframe object embed base template noscript noembed noframes plaintext xmp"
)


class _SlowReading(HTMLParser):
    """What a page holds, written apart from the code and without a thought for speed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.languages: list[str] = []
        self.title, self.top_headings = "", 0
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.forbidden: list[str] = []
        self.decorative: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given_first: dict[str, str | None] = {}
        for name, value in attrs:
            if name not in given_first:
                given_first[name] = value
        self._in_title = tag == "title"
        if tag == "html":
            self.languages.append(given_first.get("lang") or "")
        if tag == "h1":
            self.top_headings += 1
        alt = given_first.get("alt")
        if tag == "img" and alt is not None and not alt.strip():
            self.decorative.append(given_first.get("src") or "")
        if tag == "img" and not (
            alt is not None
            and (given_first.get("width") or "").isdecimal()
            and (given_first.get("height") or "").isdecimal()
        ):
            self.images.append(given_first)
        if tag in _FORBIDDEN:
            self.forbidden.append(f"<{tag}>")
        for name, value in given_first.items():
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "id":
            self.ids.append(value)
        if name == "style" or name.startswith("on") or (tag, name) == ("meta", "http-equiv"):
            self.forbidden.append(name)
        if name in {"srcset", "imagesrcset"}:
            self.loaded += [one.split()[0] for one in value.split(",") if one.strip()]
        if name in {"src", "poster", "data", "action", "formaction", "background", "ping"}:
            self.loaded.append(value)
        if name in {"href", "xlink:href"}:
            (self.links if tag in {"a", "area"} else self.loaded).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def _slowly(text: str) -> inspect._Reading:
    slow = _SlowReading()
    slow.feed(text)
    slow.close()
    return inspect._Reading(
        languages=tuple(slow.languages),
        titles=(slow.title,),
        top_headings=slow.top_headings,
        ids=tuple(slow.ids),
        links=tuple(slow.links),
        loaded=tuple(sorted(set(slow.loaded))),
        decorative=tuple(sorted(set(slow.decorative))),
        images=tuple(slow.images),
        forbidden=tuple(slow.forbidden),
    )


def _in_order(read: inspect._Reading) -> inspect._Reading:
    return read._replace(
        titles=("".join(read.titles),),
        loaded=tuple(sorted(set(read.loaded))),
        decorative=tuple(sorted(set(read.decorative))),
    )


_TAG_NAMES = st.sampled_from(
    _words(
        "html p h1 H1 a A area img IMG link meta form button svg use input video source textarea"
        " title Title x-y desc h1- 1 é"
    )
    + _FORBIDDEN
)
_NAMES = st.sampled_from(
    _words(
        "id ID href HREF src srcset alt width height lang class style onclick ONLOAD on data poster"
        " action formaction background ping xlink:href http-equiv content @x data-x é ="
    )
)
_VALUES = st.sampled_from(
    (
        *(
            "",
            "a",
            "x.html#b",
            "../a/b.jpg",
            "a.jpg 1x, b.jpg 2x",
            ",",
            " , a",
            "javascript:x",
            "#c",
        ),
        *(
            "12",
            "a &amp; b",
            "&lt;h1&gt;",
            "&#104;ref",
            "&copy=1",
            "&amp",
            "&",
            "l'été",
            'q"q',
            "a > b",
        ),
        *("a < b", "<h1>", "a=b", "\x00", "\n", "\u00a0", "é", "/", "a/", "`", "x onclick=y"),
    )
)
_QUOTES = st.sampled_from(
    ('="{}"', '="{}"', '="{}"', "='{}'", "={}", ' = "{}"', "", '="{}', "={}/")
)
_TEXTS = st.sampled_from(
    (
        *(
            "Bonjour",
            " ",
            "\n",
            "a > b",
            "a < b",
            "<",
            ">",
            "&eacute;",
            "&",
            '"',
            "'",
            "<!-- c -->",
        ),
        *("<!--", "-->", "<!-- <h1> -->", "<!-->", "<!--->", "<!-- a-- b -->", "<!-- a --!>", "</"),
        *("<?xml?>", "<![CDATA[", "]]>", "<!doctype html>", "<!DOCTYPE html>", "<!doctype html x>"),
        *("</>", "</ p>", "<\x00>", "<title>Un titre</title>", "<title>a &amp; b</title>"),
        *("<title><h1>x</h1></title>", "<title></title >", "<title/>x</title>", "<TITLE>x</TITLE>"),
        *("<title>x", "</title>", "<title>x</title\x0b>"),
    )
)


@st.composite
def _start_tags(draw: st.DrawFn) -> str:
    attributes = draw(st.lists(st.tuples(_NAMES, _QUOTES, _VALUES), max_size=4))
    blank = draw(st.sampled_from((" ", " ", "  ", "\n", "\t", "\f", "", "/", "\x0b")))
    written = "".join(blank + name + quote.format(value) for name, quote, value in attributes)
    return f"<{draw(_TAG_NAMES)}{written}{draw(st.sampled_from(('', '', ' ', '/', ' /', '//')))}>"


@st.composite
def _plain_tags(draw: st.DrawFn) -> str:
    names = st.sampled_from(
        _words("id href src srcset alt width height class lang onclick style data-x")
    )
    values = st.sampled_from(
        ("", "a", "12", "x.html#b", "a.jpg 1x, b.jpg 2x", "a &amp; l'&#233;t&eacute;", "a\nb")
    )
    written = "".join(
        f' {name}="{value}"' for name, value in draw(st.lists(st.tuples(names, values), max_size=4))
    )
    return f"<{draw(st.sampled_from(_words('html p h1 a img link meta use')))}{written}>"


_PHOTO = '<img src="a.jpg" srcset="a.jpg 1w, b.jpg 2w" width="2" height="1" alt="" sizes="9vw">'


@st.composite
def _photo_tags(draw: st.DrawFn) -> str:
    value = st.sampled_from(
        ("a.jpg", "../a/b.jpg", "", " ", "1", "a b", "a&amp;b", "&nbsp;", "l'été")
    )
    size = st.sampled_from(("12", "12", "", "a", "٣"))
    sources = draw(st.lists(st.tuples(value, size), min_size=1, max_size=3))
    end = draw(
        st.sampled_from(
            ("", " loading=lazy", ' decoding="async"', " alt=x", " onload=x", ' id="a"')
        )
    )
    return (
        f'<img src="{draw(value)}" srcset="{", ".join(f"{one} {wide}w" for one, wide in sources)}"'
        f' width="{draw(size)}" height="{draw(size)}" alt="{draw(value)}"'
        f' sizes="(min-width:48rem) 30vw, 94vw"{end}>'
    )


_end_tags = _TAG_NAMES.map("</{}>".format) | st.sampled_from(("</p >", "</p x>", "</P\n>", "</p/>"))
_pages = st.one_of(
    st.lists(
        _plain_tags() | _photo_tags() | st.sampled_from(("Bonjour", "</p>", " > ", "&lt;", "\n")),
        max_size=8,
    ),
    st.lists(_start_tags() | _TEXTS | _end_tags | _photo_tags(), max_size=6),
    st.lists(_start_tags(), min_size=1, max_size=1),
    st.lists(st.text(alphabet="<>/!-=\"' ahi1&;\n", max_size=14), max_size=2),
).map("".join)


@settings(deadline=None, max_examples=4000)
@given(_pages)
@example('<p title="<h1>">')
@example("<p title='>' id=a>")
@example('<a href="x" href="javascript:y">')
@example("<title><h1></title>")
@example("<a href=x/>")
@example("<title>un\ndeux</title><h1>\n<p\nid=a>")
@example(f"<p>{_PHOTO}</p><figure>{_PHOTO}</figure>")
@example(f"<!-- {_PHOTO} -->")
@example(f'<a title="{_PHOTO}">')
@example(f"<scr{_PHOTO}ipt>")
@example(f"<title>{_PHOTO}</title>")
@example(f"<textarea>{_PHOTO}</textarea>")
@example("<img/><img>")
@example("<\0>")
def test_a_page_is_read_alike_by_both_ways(text: str) -> None:
    """Whatever the markup, patterns and parser see what the slow reading sees, or patterns give up."""
    slowly = _slowly(text)
    assert _in_order(inspect._read_by_parser(text)) == slowly
    plainly = inspect._read_plainly(text)
    assert plainly is None or _in_order(plainly) == slowly


def test_our_pages_are_read_the_fast_way(fit: Fit) -> None:
    """Each page of the theme is plain, and both ways read the same in it."""
    for text in fit.pages.values():
        if text.startswith("<!doctype html>"):
            read = inspect._read_plainly(text)
            assert read is not None
            assert _in_order(read) == _slowly(text)


_SEGMENTS = st.sampled_from(
    (
        "a",
        "b.html",
        "index.html",
        "..",
        ".",
        "",
        "%2e%2e",
        "a b",
        "..a",
        "photos",
        "é",
        "a:b",
        "x?y=1",
    )
)


@settings(deadline=None, max_examples=1000)
@given(
    st.sampled_from(("", "articles", "groupes/moyens/articles")),
    st.lists(_SEGMENTS, min_size=1, max_size=5).map("/".join),
    st.sampled_from(("", "#a", "#%61", "#", "?x")),
)
def test_a_plain_address_is_read_as_any_other(folder: str, path: str, end: str) -> None:
    """An address that needs no decoding leads where the whole reading of addresses leads."""
    read, whole = inspect._address(folder, path + end), inspect._any_address(folder, path + end)
    assert read.is_foreign == whole.is_foreign
    assert whole.is_foreign or read == whole
    up = "../" * len([name for name in folder.split("/") if name])
    found = inspect._from_the_top(up + path + end, up)
    assert found is None or inspect._any_address(folder, up + path + end) == inspect._Address(
        place=found
    )
    assert inspect._from_the_top(f"{up}a/b.html", up) == "a/b.html"
