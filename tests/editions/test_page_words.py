"""What a page may say or ask: addresses are the shortest, links are followed, pieces are kept."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from posixpath import dirname, relpath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from publisher.editions.page_words import (
    KEPT_PIECES,
    PageWords,
    excerpt,
    moments_of,
    rows_of,
    with_links,
)
from publisher.kinds.author_text import ReadText, read_text
from publisher.model.edition import DayOfWeek, Page
from publisher.model.moment import Moment
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post, Slot
from publisher.model.space import Space
from tests.editions.small_town import TOWN
from tests.posts import CENTRE, NOW, article, photo

_names = st.sampled_from(("archives", "articles", "groupes", "moyens", "moyens-et-grands", "a"))
_paths = st.lists(_names, min_size=1, max_size=5).map(lambda names: "/".join(names) + ".html")
_texts = st.text(st.sampled_from('ab "&<>é()[]:/.#?%\n'), max_size=40)


class Answers:
    """Material that has every photo, and reads every text."""

    def photo(self, photo_id: str) -> Photo | None:
        """The photo, in two sizes."""
        return photo(photo_id)

    def text(self, post: Post) -> ReadText:
        """The text, read."""
        return read_text(post.text)


class Changing(Answers):
    """Material whose photos may be others, or gone."""

    def __init__(self) -> None:
        self.photos: dict[str, Photo | None] = {}

    def photo(self, photo_id: str) -> Photo | None:
        """The photo as it is now."""
        return self.photos.get(photo_id, photo(photo_id))


def words(
    symbols: str = '<symbol id="soleil"/></symbol><symbol id="pluie"/></symbol>',
) -> PageWords:
    """The words of Les Tilleuls's pages."""
    return PageWords(
        town=TOWN, centre=CENTRE, theme_folder="theme/0", sprite=symbols, language="fr"
    )


def turned_to(path: str, space: Space = CENTRE.space) -> PageWords:
    """The words of the page at *path*."""
    made = words()
    made.turn_to(Page(path=path, template="home", space=space), NOW, Answers())
    return made


@given(page=_paths, path=_paths)
def test_an_address_is_relative_and_the_shortest(page: str, path: str) -> None:
    """From any page to any path, an address climbs no higher than it must."""
    assert turned_to(page).to(path) == relpath(path, dirname(page) or ".")


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[dict[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs))


@given(words=_texts, target=_texts, led=_texts)
def test_each_link_of_a_text_is_led_where_the_page_says(words: str, target: str, led: str) -> None:
    """Whatever is written and wherever it leads, only the address of each link changes."""
    read = read_text(f"{words} [un lien]({target}) et [un autre](https://valmont.example/?a=1&b=2)")
    asked: list[str] = []

    def leads_to(written: str) -> str:
        asked.append(written)
        return led

    made = _Links(with_links(read, leads_to)).found
    assert asked == [link.target for link in read.links]
    assert made == [{"href": led, "rel": "noopener noreferrer"} for _link in read.links]
    assert with_links(read, lambda written: written) == read.html


def test_a_link_to_the_site_keeps_its_fragment() -> None:
    """A link of an author's is relative in the site, and as it was written out of it."""
    text = (
        "[a](programmes/semaine.html#jour-2026-11-18) [b](/les-tilleuls/) [c](mailto:a@b.example)"
        " [d](https://preau.valmont.example/les-tilleuls/rappels.html)"
    )
    post = replace(article(), text=text)
    html = turned_to("articles/a.html").text_of(post)
    assert [link["href"] for link in _Links(html).found] == [
        "../programmes/semaine.html#jour-2026-11-18",
        "../index.html",
        "mailto:a@b.example",
        "../rappels.html",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("court", "court"),
        ("x" * 160, "x" * 160),
        ("mot, " * 40, ("mot, " * 32).strip(" ,") + "…"),
    ],
)
def test_an_excerpt_ends_with_a_word(text: str, shown: str) -> None:
    """A long text is cut between two words, never after a comma."""
    assert excerpt(text) == shown


def test_a_piece_is_drawn_once_a_folder() -> None:
    """A kept piece is drawn again in another folder, and for other facts; its pictograms follow."""
    made, drawn = words(), []

    def piece(fact: str) -> Markup:
        drawn.append(fact)
        return Markup("{} {}").format(made._picto("pluie"), fact)

    def page(path: str, fact: str) -> tuple[str, str]:
        made.turn_to(Page(path=path, template="home", space=CENTRE.space), NOW, Answers())
        return made._keep(piece, fact), made._pictos_shown()

    first = page("articles/a.html", "un")
    assert 'id="p-pluie"' in first[1]
    assert page("articles/b.html", "un") == first
    assert drawn == ["un"]
    page("articles/b.html", "deux")
    page("index.html", "un")
    assert drawn == ["un", "deux", "un"]


def test_a_kept_piece_tells_words_from_html() -> None:
    """The same characters as an author's words and as HTML are two different facts."""
    made = turned_to("index.html")

    def piece(fact: str) -> Markup:
        return Markup("{}").format(fact)

    assert made._keep(piece, Markup("<b>")) == "<b>"
    assert made._keep(piece, "<b>") == "&lt;b&gt;"


def test_pieces_are_forgotten_when_they_are_too_many() -> None:
    """Of many pieces, those used last are kept, in a bounded number; the others are drawn again."""
    made, drawn = turned_to("index.html"), []

    def piece(number: int) -> Markup:
        drawn.append(number)
        return Markup("{}").format(number)

    for number in (*range(KEPT_PIECES), 0, KEPT_PIECES):
        assert made._keep(piece, number) == str(number)
    assert len(made._kept) <= KEPT_PIECES
    assert [made._keep(piece, 0), made._keep(piece, 1)] == ["0", "1"]
    assert [drawn.count(0), drawn.count(1)] == [1, 2]


def test_a_piece_is_drawn_again_when_its_photo_changes() -> None:
    """A card that is kept shows the cover as it is now, and says to whoever holds it what it asked."""
    made, material, album = words(), Changing(), article()

    def piece(post: PhotoArticle) -> Markup:
        cover = made._cover_of(post)
        return Markup("{}").format("" if cover is None else cover.source)

    def around(post: PhotoArticle) -> Markup:
        return Markup("<li>{}</li>").format(made._keep(piece, post))

    def page() -> str:
        made.turn_to(Page(path="index.html", template="home", space=CENTRE.space), NOW, material)
        return made._keep(around, album)

    first = page()
    assert first == page() != "<li></li>"
    material.photos[album.photos[0].id] = None
    assert page() == "<li></li>"
    del material.photos[album.photos[0].id]
    assert page() == first


def test_a_piece_that_tells_the_day_is_drawn_again_the_next() -> None:
    """« Demain » is kept for a day, though the piece that holds it asks nothing itself."""
    made, drawn = words(), []

    def piece(day: date) -> Markup:
        drawn.append(day)
        return Markup("{}").format(made._days_until(day))

    def around(day: date) -> Markup:
        return Markup("<li>{}</li>").format(made._keep(piece, day))

    def page(now: datetime) -> str:
        made.turn_to(Page(path="index.html", template="home", space=CENTRE.space), now, Answers())
        return made._keep(around, NOW.date() + timedelta(days=2))

    assert [page(NOW), page(NOW), page(NOW + timedelta(days=1))] == [
        "<li>2</li>",
        "<li>2</li>",
        "<li>1</li>",
    ]
    assert len(drawn) == 2


def test_moments_are_in_the_order_of_the_day() -> None:
    """The moments of a month come as the day does, each once; none for a month without album."""
    evening, morning = (
        replace(article(), moment=moment) for moment in (Moment.EVENING, Moment.MORNING)
    )
    assert moments_of((evening, morning, evening)) == (Moment.MORNING, Moment.EVENING)
    assert moments_of(()) == ()


def test_a_wednesday_alone_needs_no_row() -> None:
    """Wednesday and holidays fill their day, unless the day has another moment."""
    day = date(2026, 11, 18)
    whole = Slot(day=day, moment=Moment.WEDNESDAY, group=None, title="Forêt")
    evening = Slot(day=day, moment=Moment.EVENING, group=None, title="Contes")
    other = DayOfWeek(day=day + timedelta(days=1), slots=(evening,))
    assert rows_of((DayOfWeek(day=day, slots=(whole,)), other)) == (Moment.EVENING,)
    assert rows_of((DayOfWeek(day=day, slots=(whole, evening)),)) == (
        Moment.EVENING,
        Moment.WEDNESDAY,
    )
