"""A page as a client sees it."""

import pytest

from publisher.demo.page import Page, links_of_style, without_fragment

ADDRESS = "http://127.0.0.1:8000/les-tilleuls/"
PAGE = """
<html><head><link rel="stylesheet" href="theme/preau.css"></head><body id="haut">
<a href="articles/un.html#photo-2">Un</a> <a href="/les-tilleuls/">Accueil</a> <a href="mailto:x@y.example">X</a>
<img src="photos/a/480.jpg" srcset="photos/a/480.jpg 480w, photos/a/1080.jpg 1080w" alt="Une fresque.">
<img src="photos/b/480.jpg"><svg><use href="/theme/pictos.svg#car"/></svg>
<form action="/equipe/les-tilleuls/nouveau/reminder">
 <input type="hidden" name="jeton" value="abc"><input name="title" value="Titre"><input type="file" name="no">
 <input type="radio" name="moment" value="midi"><input type="radio" name="moment" value="soir" checked>
 <input type="checkbox" name="groups" value="petits"><input name="off" disabled value="x">
 <textarea name="text">
Bonjour &amp; merci</textarea>
 <select name="vers"><option value="1">a</option><option value="2" selected>b</option></select>
 <select name="premier"><option value="9">a</option><option value="8">b</option></select>
 <button name="geste" value="envoyer">Envoyer</button>
 <template><input name="tuile" value="x"></template>
</form></body></html>
"""


def test_links_are_absolute_and_there_once() -> None:
    """Pages, style sheets, every size of a picture and symbols are links."""
    here = "http://127.0.0.1:8000"
    assert Page(ADDRESS, PAGE).links == (
        f"{here}/les-tilleuls/theme/preau.css",
        f"{here}/les-tilleuls/articles/un.html#photo-2",
        f"{here}/les-tilleuls/",
        "mailto:x@y.example",
        f"{here}/les-tilleuls/photos/a/480.jpg",
        f"{here}/les-tilleuls/photos/a/1080.jpg",
        f"{here}/les-tilleuls/photos/b/480.jpg",
        f"{here}/theme/pictos.svg#car",
    )


def test_a_picture_without_alternative_text_is_seen() -> None:
    """An image without `alt` is counted; one with a text is not."""
    assert Page(ADDRESS, PAGE).pictures_without_alt == 1


def test_a_form_sends_what_a_browser_would() -> None:
    """Ticked boxes, chosen options and texts are sent; buttons, files and disabled fields are not."""
    form = Page(ADDRESS, PAGE).form("/nouveau/reminder")
    assert form.fields == [
        ("jeton", "abc"),
        ("title", "Titre"),
        ("moment", "soir"),
        ("text", "Bonjour & merci"),
        ("vers", "2"),
        ("premier", "9"),
    ]


def test_a_form_that_is_not_there_is_said() -> None:
    """Asking for a form that the page does not have fails."""
    with pytest.raises(LookupError):
        Page(ADDRESS, PAGE).form("/nouveau/programme")


def test_places_and_style_sheets() -> None:
    """An address is split from its fragment; a style sheet's addresses are found."""
    assert without_fragment("http://x/a.html#b") == ("http://x/a.html", "b")
    assert links_of_style(
        "http://x/t/a.css", "@font-face{src:url('p/f.woff2')} a{background:url(i.svg)}"
    ) == (
        "http://x/t/p/f.woff2",
        "http://x/t/i.svg",
    )
