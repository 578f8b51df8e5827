"""A plan becomes files: whole, readable without a script, and the same bytes each time."""

import gc
import json
import locale
import logging
import os
import re
import shutil
import subprocess
import sys
import weakref
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from publisher.editions.inspect import inspect_site
from publisher.editions.render import AsStored, OnePluginSetAProcess, Renderer, RenderFailed
from publisher.kinds import activity
from publisher.kinds.reminder import PICTOGRAMS
from publisher.model.edition import CentreContent
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle
from publisher.model.space import is_plain_path
from tests.editions.small_town import (
    THEME,
    TOWN,
    SmallTown,
    all_kinds_of_posts,
    files_of,
    pages_of,
)
from tests.posts import CENTRE, NOW, PHOTO_IDS, article, programme, reminder

ATOM = "{http://www.w3.org/2005/Atom}"
BUDGET = 60_000
"""Bytes of a first page before its photos, as they lie on the disk, not compressed."""


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> SmallTown:
    """One content folder for all these tests: they only read it."""
    return SmallTown(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def site(small_town: SmallTown) -> Path:
    """The site of every kind of post."""
    return small_town.render(small_town.plan(all_kinds_of_posts()))


@pytest.fixture(scope="module")
def empty(small_town: SmallTown) -> Path:
    """The site of a centre on its first day."""
    return small_town.render(small_town.plan(()))


def test_the_site_is_the_plan_and_the_theme(small_town: SmallTown, site: Path) -> None:
    """Every path of the plan is written, and nothing else but the theme's files."""
    files = set(files_of(site))
    assert {path for path in files if not path.startswith("theme/")} == set(
        small_town.plan(all_kinds_of_posts()).paths
    )
    assert all(is_plain_path(f"/{CENTRE.slug}/{path}") for path in files)


@pytest.mark.parametrize("posts", [all_kinds_of_posts(), ()], ids=["full", "empty"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_crawl_finds_nothing_wrong(
    small_town: SmallTown, posts: tuple[PhotoArticle, ...], language: str
) -> None:
    """No broken link, no image without words or size, no foreign address, on any page."""
    plan = small_town.plan(posts)
    files = files_of(small_town.render(plan, language=language))
    unfit = inspect_site(pages_of(files), frozenset(files), plan)
    assert [(one.post, one.sentence()) for one in unfit] == []


def test_twice_the_same_bytes(small_town: SmallTown, site: Path) -> None:
    """The same plan gives the same bytes, in the same process."""
    again = small_town.render(small_town.plan(all_kinds_of_posts()))
    assert files_of(again) == files_of(site)


@pytest.mark.parametrize("posts", ["all_kinds_of_posts()", "()"])
def test_the_same_bytes_in_another_process(
    small_town: SmallTown, tmp_path: Path, posts: str
) -> None:
    """Another process, hash seed, locale, time zone and working folder change no byte."""
    program = f"""
import sys
from pathlib import Path
from tests.editions.small_town import *
town = SmallTown.__new__(SmallTown)
town.root = Path(sys.argv[1])
scratch = Path(sys.argv[2]); scratch.mkdir()
town.photos = draw_photos(scratch / "drawn")
town._folder, town._made = scratch, 0
print(town.render(town.plan({posts})))
"""
    sites = []
    for number, extra in enumerate(
        (
            {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
            {"PYTHONHASHSEED": "77", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Auckland"},
        )
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, str(small_town.root), str(tmp_path / str(number))],
            env={**os.environ, **extra, "PYTHONPATH": str(THEME.parents[1])},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        sites.append(files_of(Path(done.stdout.strip())))
    assert sites[0] == sites[1]


def test_the_first_page_is_light(site: Path) -> None:
    """A family's first page weighs at most 60 kB before its photos, nothing compressed."""
    theme = next((site / "theme").iterdir())
    shared = sum(
        (theme / name).stat().st_size
        for name in (
            "preau.css",
            "police/bricolage-titre.woff2",
            "img/frise.svg",
            "img/algue.svg",
            "img/icone.svg",
        )
    )
    for path, text in pages_of(files_of(site)).items():
        assert re.findall(r'rel="stylesheet" href="([^"]+)"', text) == [
            os.path.relpath(theme / "preau.css", (site / path).parent)
        ]
        assert shared + len(text.encode()) <= BUDGET, path


def test_every_page_stands_on_its_own_feet(site: Path) -> None:
    """Each page says its language and its refusal of robots, has a way in, one h1 and a footer."""
    for path, text in pages_of(files_of(site)).items():
        assert '<html lang="fr">' in text, path
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in text
        assert text.count("<h1") == text.count("<main") == 1, path
        assert 'class="saut" href="#contenu"' in text
        assert '<form method="post" action="/sortir">' in text
        assert text.count("Signaler ou faire retirer une photo") >= 1
        assert 'href="tel:+33199001001"' in text
        assert 'href="mailto:t@valmont.example"' in text
        for name in ("accessibilite", "donnees-personnelles", "charte", "mentions-legales"):
            assert f'{name}.html">' in text
        assert "<script" not in text
        assert "style=" not in text
        assert "data:" not in text
        assert re.search(r"<title>[^<]+ · Préau</title>", text), path


def test_an_article_shows_each_photo(site: Path) -> None:
    """Two sizes with their real width and height, words or « décorative », and a way to remove."""
    text = (site / "articles" / "foret.html").read_text(encoding="utf-8")
    images = re.findall(r"<img [^>]+>", text)
    assert len(images) == 2 * len(PHOTO_IDS)
    for photo_id in PHOTO_IDS:
        assert f"../photos/{photo_id}/480.jpg 48w, ../photos/{photo_id}/1080.jpg 108w" in text
    assert images[0].count('fetchpriority=high"') == 0
    assert "fetchpriority=high" in images[0]
    assert all("loading=lazy" in image for image in images[1:])
    assert 'width="108" height="81"' in images[0]
    assert 'width="108" height="144"' in images[2]
    assert 'alt="Un &#34;renard&#34; &lt;rouge&gt;"' in text
    assert text.count('alt=""') == 2
    assert text.count("ville/retirer-une-photo.html") >= len(PHOTO_IDS)
    assert "La forêt &lt;d&#39;automne&gt; &amp; « le renard »" in text
    for number in range(1, len(PHOTO_IDS) + 1):
        assert f'id="photo-{number}"' in text
        assert f'href="#photo-{number}"' in text


def test_an_author_s_links_are_relative(site: Path) -> None:
    """A link to the site, however it was written, is followed from the page that shows it."""
    assert 'href="../programmes/semaine.html"' in (site / "articles/foret.html").read_text()
    assert (
        'href="../../../articles/ete.html"'
        in (site / "groupes/moyens/articles/potager.html").read_text()
    )
    assert (
        'href="../../programmes/index.html" rel="noopener noreferrer"'
        in (site / "groupes/petits/rappels.html").read_text()
    )


def test_reminders_by_nearness(site: Path) -> None:
    """Today, tomorrow and later have their own heading, in that order, and their own strength."""
    text = (site / "groupes" / "petits" / "rappels.html").read_text(encoding="utf-8")
    headings = re.findall(r'<h2 id="([a-z-]+)"', text)
    assert headings == ["aujourdhui", "demain", "plus-tard"]
    assert text.count('class="papier rappel jour"') == 2
    assert text.count('class="papier rappel loin"') == 1
    assert "Toujours valable, depuis le lundi 16 novembre" in text


def test_a_programme_is_read_a_day_at_a_time(site: Path) -> None:
    """Days are sections with moments inside, never a table; radios filter by group."""
    text = (site / "programmes" / "semaine.html").read_text(encoding="utf-8")
    assert "<table" not in text
    assert re.findall(r'<section class="jour-p[^"]*" id="jour-([0-9-]+)"', text) == [
        "2026-11-16",
        "2026-11-18",
    ]
    assert [text.count(f'id="g{number}"') for number in range(5)] == [1, 1, 1, 1, 0]
    assert '<li class="g2"><span class="grp pts p2">Moyens</span> Piscine' in text
    assert "9 h 15 · Les Bords de Rive" in text
    assert "À apporter : maillot" in text
    assert 'href="avant.html"' in text


def test_a_group_s_home_shows_its_own_week(site: Path) -> None:
    """A group reads its activities and everybody's, not another group's."""
    moyens = (site / "groupes" / "moyens" / "index.html").read_text(encoding="utf-8")
    assert "Piscine" in moyens
    assert "Jeux calmes" in moyens
    assert "Contes" not in moyens
    assert "Échecs" not in moyens
    assert 'href="../../index.html"' in moyens
    assert "Les familles du groupe Moyens" in moyens


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("index.html", "Rien à prévoir. Bonne journée !"),
        ("index.html", "Les premières photos arrivent bientôt."),
        ("index.html", "Le programme de la semaine arrive."),
        ("rappels.html", "Rien à prévoir. Bonne journée !"),
        ("programmes/index.html", "Le prochain programme arrive."),
        ("archives/index.html", "Les premières photos arrivent bientôt."),
        ("moments/midi.html", "Pas encore de photo de ce moment."),
        ("groupes/grands/index.html", "Les premières photos arrivent bientôt."),
        ("petits.html", "Les premières photos arrivent bientôt."),
        ("petits.html", "Rien à prévoir. Bonne journée !"),
        ("petits.html", "Rien d'annoncé"),
    ],
)
def test_an_empty_page_says_so_kindly(empty: Path, path: str, sentence: str) -> None:
    """On its first day, each page says what will come and what there is to do: nothing."""
    assert sentence in (empty / path).read_text(encoding="utf-8")


def _seen(text: str) -> str:
    """The words of a page's `main` that are written to be seen, without those for screen readers."""
    main = re.findall(r"<main.*?</main>", text, re.DOTALL)[0]
    silent = re.sub(r'<(\w+) class="vh"[^>]*>.*?</\1>', " ", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", silent).split())


@pytest.mark.parametrize("path", ["petits.html", "groupes/petits/petits.html"])
def test_a_child_s_page_has_no_word_to_read(site: Path, empty: Path, path: str) -> None:
    """Nothing to be read but the grown-ups' way out; each link and picture is named all the same."""
    for folder in (site, empty):
        text = (folder / path).read_text(encoding="utf-8")
        assert _seen(text) == "Quitter"
        for link in re.findall(r"<a .*?</a>", text, re.DOTALL):
            assert re.sub(r"<[^>]+>", "", link).strip(), link
        assert "Page des parents" in text


def test_a_child_s_page_leads_to_photos_and_to_the_parents_page(site: Path) -> None:
    """A photo opens large at once; the only other way is the grown-ups'."""
    text = (site / "groupes/petits/petits.html").read_text(encoding="utf-8")
    main = text[text.index("<main") : text.index("</main>")]
    links = re.findall(r'href="(?!#p-)([^"]+)"', main)
    assert links[0] == "../../articles/foret.html#photo-1"
    assert all(link.endswith(".html#photo-1") for link in links)
    assert len(links) == 1 + 2 + 3  # the latest, the days of this week, the others
    assert '<a href="index.html">' in text[: text.index("<main")]
    home = (site / "groupes/petits/index.html").read_text(encoding="utf-8")
    assert home.count('href="petits.html"') == 1


@pytest.mark.parametrize(
    ("days", "drawn", "said"),
    [
        (-1, ["soleil", "droite", "maillot"], "Aujourd'hui"),
        (0, ["soleil", "droite", "maillot"], "Aujourd'hui"),
        (1, ["dodo", "droite", "maillot"], "Demain"),
        (3, ["dodo", "dodo", "dodo", "droite", "maillot"], "Samedi 21 novembre"),
        (7, [*["dodo"] * 7, "droite", "maillot"], "Mercredi 25 novembre"),
        (8, ["soleil"], "Rien à prévoir. Bonne journée !"),
    ],
)
def test_a_child_counts_the_nights(
    small_town: SmallTown, days: int, drawn: list[str], said: str
) -> None:
    """A sun is today, a bed a night; what is more than seven nights away is not for a child yet."""
    day, ends_at = NOW.date() + timedelta(days=days), NOW + timedelta(days=20)
    one = replace(reminder(ends_at=ends_at), day=day)
    site = small_town.render(small_town.plan((one,)))
    text = (site / "petits.html").read_text(encoding="utf-8")
    section = text[text.index('id="apporter"') : text.index('id="semaine"')]
    assert re.findall(r"#p-([a-z-]+)", section) == drawn
    assert said in section


def test_a_child_sees_today_then_the_next_day(small_town: SmallTown) -> None:
    """What is for today, then all that is for the nearest day after it, each picture once."""
    days = [timedelta(days=count) for count in (0, 2, 2, 2, 5)]
    names = ["gourde", "maillot", "bottes", "maillot", "car"]
    posts = tuple(
        replace(
            reminder(f"r{number}", ends_at=NOW + timedelta(days=9)),
            day=NOW.date() + after,
            pictogram=name,
            sentence=f"phrase {number}",
        )
        for number, (after, name) in enumerate(zip(days, names, strict=True))
    )
    text = (small_town.render(small_town.plan(posts)) / "petits.html").read_text(encoding="utf-8")
    section = text[text.index('id="apporter"') : text.index('id="semaine"')]
    assert re.findall(r"#p-([a-z-]+)", section) == [
        *("soleil", "droite", "gourde"),
        *("dodo", "dodo", "droite", "bottes", "maillot"),
    ]
    assert "phrase 1 ; phrase 3" in section
    assert "phrase 4" not in section


def test_a_child_s_week_marks_today_and_draws_what_its_group_does(site: Path) -> None:
    """Today is marked once; each day has what the group's children do, each picture once."""
    petits, grands = (
        (site / "groupes" / group / "petits.html").read_text(encoding="utf-8")
        for group in ("petits", "grands")
    )
    for text in (petits, grands):
        assert text.count("ce-jour") == 1
    days = [
        re.findall(r"#p-([a-z-]+)", day)
        for text in (petits, grands)
        for day in re.findall(r"<li class.*?</li>", text[text.index('id="semaine"') :], re.DOTALL)
    ]
    assert days == [
        *(["jeux", "conte"], [], [], [], []),
        *(["jeux"], [], ["peinture"], [], []),
    ]


def test_an_activity_without_a_pictogram_looks_like_its_moment(small_town: SmallTown) -> None:
    """Better the moon of the evening than a wrong picture; three a day at most."""
    week = programme()
    titles = ("Surprise", "Mystère", "Piscine", "Contes", "Chorale")
    slots = tuple(
        replace(week.slots[0], day=NOW.date(), moment=Moment.EVENING, group=None, title=title)
        for title in titles
    )
    site = small_town.render(small_town.plan((replace(week, slots=slots),)))
    text = (site / "petits.html").read_text(encoding="utf-8")
    today = re.findall(r'<li class="ce-jour.*?</li>', text, re.DOTALL)[0]
    assert re.findall(r"#p-([a-z-]+)", today) == ["m-soir", "piscine", "conte"]
    assert '<svg class="soir"' in today
    assert all(title in today for title in titles)


def test_a_moment_leads_to_the_school_years(site: Path) -> None:
    """Older albums of a moment are in the school years' pages."""
    text = (site / "moments" / "mercredi.html").read_text(encoding="utf-8")
    assert 'href="../archives/2026-2027/index.html"' in text
    assert 'href="../archives/2025-2026/index.html"' in text


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("groupes/moyens/archives/index.html", "../../../archives/index.html"),
        ("groupes/moyens/moments/soir.html", "../../../moments/soir.html"),
        ("groupes/moyens/programmes/index.html", "../../../programmes/index.html"),
    ],
)
def test_a_group_s_page_leads_to_the_whole_centre_s(site: Path, path: str, same: str) -> None:
    """What a group's own list leaves out is one link away; the centre's page has no such link."""
    words = "de tout le centre <svg|dans tout le centre <svg"
    text = (site / path).read_text(encoding="utf-8")
    assert re.search(f'<a class="fil" href="{same}">[^<]*({words})', text)
    own = (site / path.removeprefix("groupes/moyens/")).read_text(encoding="utf-8")
    assert not re.search(words, own)


def test_older_programmes_have_their_year_s_page(small_town: SmallTown) -> None:
    """The programmes of a school year that is over are one link away, on a page that lists them."""
    old = replace(
        programme("ancien"),
        title="Le cirque",
        starts_on=date(2025, 11, 17),
        ends_on=date(2025, 11, 21),
    )
    made = small_town.render(small_town.plan((programme(), old)))
    index = (made / "programmes" / "index.html").read_text(encoding="utf-8")
    year = (made / "archives" / "2025-2026" / "programmes.html").read_text(encoding="utf-8")
    assert "Le cirque" not in index
    assert 'href="../archives/2025-2026/programmes.html"' in index
    assert "<h1>Programmes de 2025–2026</h1>" in year
    assert 'href="../../programmes/ancien.html"' in year
    assert "1 programme<" in year


@pytest.mark.parametrize(
    ("moments", "offered"),
    [
        ((Moment.EVENING, Moment.WEDNESDAY, Moment.EVENING, Moment.EVENING), ["soir", "mercredi"]),
        ((Moment.EVENING, Moment.WEDNESDAY), []),
        ((Moment.EVENING,) * 4, []),
    ],
    ids=["several", "few", "one moment"],
)
def test_a_month_is_sifted_by_moment(
    small_town: SmallTown, moments: tuple[Moment, ...], offered: list[str]
) -> None:
    """A month of several moments can be read one moment at a time, without a script."""
    posts = tuple(
        replace(article(f"a{number}"), moment=moment) for number, moment in enumerate(moments)
    )
    made = small_town.render(small_town.plan(posts))
    text = (made / "archives" / "2026-2027" / "2026-11.html").read_text(encoding="utf-8")
    assert re.findall(r'<input type="radio" name="m" id="f-([a-z]+)"', text) == (
        ["tous", *offered] if offered else []
    )
    sheet = (THEME / "static" / "preau.css").read_text(encoding="utf-8")
    for moment in Moment:
        assert f".mois:has(#f-{moment}:checked) .album:not(:has(.{moment}))" in sheet


@pytest.mark.parametrize(("count", "words"), [(1, "1 photo"), (2, "2 photos")])
def test_french_counts(small_town: SmallTown, count: int, words: str) -> None:
    """One photo, two photos."""
    made = small_town.render(small_town.plan((article("a", photos=PHOTO_IDS[:count]),)))
    text = (made / "articles" / "a.html").read_text(encoding="utf-8")
    assert re.search(rf'<h2 id="galerie"[^>]*>{words}</h2>', text)


def test_an_end_is_told_in_local_days(small_town: SmallTown) -> None:
    """An album that ends at 23 h 59 in the town ends that day, whatever UTC says."""
    ends = datetime(2027, 8, 31, 21, 59, tzinfo=UTC)
    made = small_town.render(small_town.plan((article("a", ends_at=ends),)))
    assert "efface le 31 août 2027." in (made / "articles/a.html").read_text()


def test_the_weekend_announces_next_week(small_town: SmallTown) -> None:
    """On Saturday the week at a glance is called the next one."""
    saturday = NOW - timedelta(days=4)
    week = programme("p", published_at=NOW - timedelta(days=9))
    made = small_town.render(small_town.plan((week,), saturday))
    assert "La semaine prochaine" in (made / "index.html").read_text(encoding="utf-8")


def test_the_feed_is_stable(small_town: SmallTown, site: Path, empty: Path) -> None:
    """Ids are URNs that depend on the address alone; an empty feed does not tell the time."""
    feed = ET.parse(site / "flux.xml").getroot()  # noqa: S314 (our own file)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "La forêt <d'automne> & « le renard »",
        "La grande fresque",
        "La grande fresque",
        "La grande fresque",
    ]
    ids = [entry.findtext(f"{ATOM}id") or "" for entry in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("urn:uuid:") for one in ids)
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://preau.valmont.example/les-tilleuls/articles/foret.html"
    content = entries[0].findtext(f"{ATOM}content") or ""
    assert "https://preau.valmont.example/les-tilleuls/programmes/semaine.html" in content
    edited = replace(article("foret"), title="Un autre titre")
    edited = replace(
        edited,
        publication=replace(edited.publication, published_at=NOW - timedelta(days=3)),
    )
    again = ET.parse(small_town.render(small_town.plan((edited,))) / "flux.xml").getroot()  # noqa: S314 (our own file)
    assert again.findtext(f"{ATOM}entry/{ATOM}id") == ids[1]
    assert ET.parse(empty / "flux.xml").getroot().findtext(f"{ATOM}updated") == (  # noqa: S314 (our own file)
        "1970-01-01T00:00:00+00:00"
    )


def test_a_group_s_feed_names_the_group(site: Path) -> None:
    """A group's feed says whose it is, and tells its own posts only, where each stands."""
    feed = ET.parse(site / "groupes" / "moyens" / "flux.xml").getroot()  # noqa: S314 (our own file)
    assert feed.findtext(f"{ATOM}title") == "Moyens · Les Tilleuls"
    links = {one.get("href") for one in feed.findall(f"{ATOM}entry/{ATOM}link")}
    base = "https://preau.valmont.example/les-tilleuls"
    assert links == {f"{base}/groupes/moyens/articles/potager.html"}


def test_a_group_s_pages_offer_both_feeds(site: Path) -> None:
    """A reader of feeds finds, on a group's page, the group's and the whole centre's."""
    offered = re.compile(
        r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)" title="([^"]+)">'
    )
    group = (site / "groupes" / "moyens" / "archives" / "index.html").read_text()
    assert offered.findall(group) == [
        ("../flux.xml", "Moyens · Les Tilleuls"),
        ("../../../flux.xml", "Les Tilleuls"),
    ]
    assert offered.findall((site / "index.html").read_text()) == [("flux.xml", "Les Tilleuls")]


def test_pelican_follows_no_link_of_an_author(small_town: SmallTown) -> None:
    """`{attach}`, `{static}` and `|filename|` stay words, in pages and feeds."""
    text = "[a]({attach}../../../etc/hostname) {static}/etc/passwd |filename|x.md"
    made = small_town.render(small_town.plan((replace(article("a"), text=text),)))
    page = (made / "articles" / "a.html").read_text(encoding="utf-8")
    assert "{static}/etc/passwd |filename|x.md" in page
    assert 'href="{' not in page
    assert "attach" not in page
    assert {path.split("/")[0] for path in files_of(made)} == {
        "articles",
        "archives",
        "flux.xml",
        "groupes",
        "index.html",
        "petits.html",
        "moments",
        "photos",
        "programmes",
        "rappels.html",
        "theme",
        "ville",
    }


def test_photos_are_the_same_file(small_town: SmallTown, site: Path) -> None:
    """A photo costs no disk twice: the site holds another name of the same file."""
    kept = small_town.root / CENTRE.slug / "photos" / PHOTO_IDS[0] / "480.jpg"
    assert (site / "photos" / PHOTO_IDS[0] / "480.jpg").stat().st_ino == kept.stat().st_ino
    assert not list(site.rglob("master*"))


def test_a_photo_that_vanished_fails(small_town: SmallTown) -> None:
    """A rendition that is not on the disk stops everything, by its name."""
    plan = small_town.plan((article("a"),))
    gone = replace(plan.photos[0], rendition="9999.jpg")
    with pytest.raises(RenderFailed) as failure:
        small_town.render(replace(plan, photos=(gone,)))
    assert failure.value.page == gone.path


def _theme_with(folder: Path, name: str, text: str | None) -> Path:
    theme = folder / "theme"
    shutil.copytree(THEME, theme)
    path = theme / "templates" / name
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return theme


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("article.html", None),
        ("article.html", "{% if %}"),
        ("article.html", "{{ nothing_of_that_name }}"),
        ("reminders.html", "{{ picto('nothing') }}"),
        ("month.html", '{% extends "page.html" %}'),
    ],
)
def test_a_theme_that_lacks_something_fails(
    small_town: SmallTown, tmp_path: Path, name: str, text: str | None
) -> None:
    """A missing template, name or pictogram is told with its page; Pelican's own never step in."""
    theme = _theme_with(tmp_path, name, text)
    with pytest.raises(RenderFailed) as failure:
        small_town.render(small_town.plan(all_kinds_of_posts()), theme)
    assert failure.value.page.endswith(".html")


def test_an_error_that_pelican_only_logs_fails(small_town: SmallTown, tmp_path: Path) -> None:
    """What Pelican logs as an error and goes on after stops the rendering."""
    theme = _theme_with(tmp_path, "reminders.html", "{{ complain() }}")
    from pelican import signals

    def teach(generator: object) -> None:
        generator.env.globals["complain"] = lambda: logging.getLogger("pelican.any").error("lost")  # type: ignore[attr-defined]  # Pelican ships no types

    with signals.generator_init.connected_to(teach), pytest.raises(RenderFailed, match="lost"):
        small_town.render(small_town.plan(()), theme)


def test_pelican_leaves_the_process_as_it_was(small_town: SmallTown) -> None:
    """The import path, the locale and the class of loggers are not Pelican's to change."""
    before = (list(sys.path), locale.setlocale(locale.LC_ALL), logging.getLoggerClass())
    small_town.render(small_town.plan(()))
    assert (list(sys.path), locale.setlocale(locale.LC_ALL), logging.getLoggerClass()) == before
    assert logging.getLoggerClass() is logging.Logger
    assert type(logging.getLogger()) is logging.RootLogger


def _renderer(theme: Path = THEME, **changes: object) -> Renderer:
    facts: dict[str, object] = {"town": TOWN, "centre": CENTRE, "language": "fr", **changes}
    return Renderer(theme=theme, **facts)  # type: ignore[arg-type]  # facts by name


@pytest.mark.parametrize("posts", [all_kinds_of_posts(), ()], ids=["full", "empty"])
def test_a_page_is_the_same_after_any_other(
    small_town: SmallTown, posts: tuple[PhotoArticle, ...]
) -> None:
    """Drawn first, or after every page of this edition, another and another centre: the same."""
    plan = small_town.plan(posts)
    material = AsStored(plan.content)
    alone = {page.path: _renderer().render(page, plan.moment, material) for page in plan.pages}
    warm = _renderer()
    other = _renderer(centre=replace(CENTRE, name="Les Saules", moments=(Moment.EVENING,)))
    later = small_town.plan(
        tuple(replace(one, text=f"{one.text} Encore.") for one in posts), NOW + timedelta(days=1)
    )
    for order in (plan.pages, plan.pages[::-1]):
        for page in order:
            other.render(page, plan.moment, material)
            assert warm.render(page, plan.moment, material) == alone[page.path], page.path
        for page in later.pages:
            warm.render(page, later.moment, AsStored(later.content))


def test_a_page_s_pieces_are_kept(small_town: SmallTown) -> None:
    """Drawing a page again draws none of its kept pieces again: they are the same macros."""
    plan, warm = small_town.plan(all_kinds_of_posts()), _renderer()
    counts = []
    for _time in range(3):
        for page in plan.pages:
            warm.render(page, plan.moment, AsStored(plan.content))
        counts.append(len(warm._words._kept))
    assert counts[0] == counts[1] == counts[2] > 0


def test_a_warm_renderer_keeps_no_article(small_town: SmallTown) -> None:
    """An article is let go of with its page: Pelican would remember its text for ever."""
    from pelican import signals

    plan, warm = small_town.plan(all_kinds_of_posts()), _renderer()
    made: list[weakref.ref[object]] = []

    def note(content: object) -> None:
        made.append(weakref.ref(content))

    with signals.content_object_init.connected_to(note):
        for page in plan.pages:
            warm.render(page, plan.moment, AsStored(plan.content))
    gc.collect()
    assert made
    assert [one() for one in made if one() is not None] == []


def test_a_page_that_failed_leaves_no_trace(small_town: SmallTown) -> None:
    """After a page that could not be drawn, the next one is what it would have been."""
    plan = small_town.plan(all_kinds_of_posts())
    material, warm = AsStored(plan.content), _renderer()
    page = plan.pages[0]
    text = warm.render(page, plan.moment, material)
    with pytest.raises(RenderFailed, match=r"ville/x\.html"):
        warm.render(replace(page, path="ville/x.html", legal="x"), plan.moment, material)
    with pytest.raises(RenderFailed, match=r"x\.html: .*lost"):
        warm.render(replace(page, path="x.html", template="lost"), plan.moment, material)
    assert warm.render(page, plan.moment, material) == text


def test_a_theme_that_changes_meanwhile_changes_nothing(
    small_town: SmallTown, tmp_path: Path
) -> None:
    """A renderer draws with the theme it read, even a template it had not used yet."""
    theme = Path(shutil.copytree(THEME, tmp_path / "theme"))
    plan = small_town.plan(all_kinds_of_posts())
    material, warm = AsStored(plan.content), _renderer(theme)
    digest, files = warm.theme_digest, warm.theme_files
    for template in (theme / "templates").iterdir():
        template.write_text("autre", encoding="utf-8")
    (theme / "static" / "preau.css").write_text("autre", encoding="utf-8")
    for page in plan.pages:
        assert warm.render(page, plan.moment, material) == _renderer().render(
            page, plan.moment, material
        )
    assert (warm.theme_digest, warm.theme_files) == (digest, files)
    again = _renderer(theme)
    assert again.theme_digest != digest
    assert again.render(plan.pages[0], plan.moment, material) == "autre"


def test_a_theme_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A template that is not UTF-8 stops the renderer, by the theme's name."""
    theme = Path(shutil.copytree(THEME, tmp_path / "mauve"))
    (theme / "templates" / "home.html").write_bytes(b"\xe9")
    with pytest.raises(RenderFailed) as failure:
        _renderer(theme)
    assert failure.value.page == "mauve"


LISTENS = """
import json, sys, tempfile
from pathlib import Path
from publisher.editions.render import AsStored, Renderer
from tests.editions.small_town import *
from tests.editions import plugin_of_a_town
town = SmallTown(Path(sys.argv[1]))
plan = town.plan(all_kinds_of_posts())
tempfile.tempdir = sys.argv[2]
renderer = Renderer(
    town=TOWN, centre=CENTRE, theme=THEME, language="fr",
    plugins=("tests.editions.plugin_of_a_town",),
)
pages = {page.path: page for page in plan.pages}
texts = [
    renderer.render(pages[path], plan.moment, AsStored(plan.content))
    for path in ("articles/foret.html", "groupes/moyens/flux.xml")
]
renderer.finish()
print(json.dumps([texts, plugin_of_a_town.heard, list(map(str, Path(sys.argv[2]).iterdir()))]))
"""


def _in_another_process(program: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    for name in ("town", "scratch"):
        (tmp_path / name).mkdir()
    return subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "town"), str(tmp_path / "scratch")],
        env={**os.environ, "PYTHONPATH": str(THEME.parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_town_s_plugin_is_heard(tmp_path: Path) -> None:
    """A Pelican plugin hears each article, page, feed and end, and what it changes is the page."""
    done = _in_another_process(LISTENS, tmp_path)
    assert done.returncode == 0, done.stderr
    (page, feed), heard, left = json.loads(done.stdout)
    assert heard == [
        "initialized",
        "article foret",
        "page articles/foret.html",
        "article potager",
        "feed 1",
        "feed written flux.xml",
        "finalized",
    ]
    assert "<p>Bonne lecture.</p>" in page
    assert page.endswith("<!-- relu -->\n")
    assert "Bonne lecture." in feed
    assert left == []


def test_a_plugin_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A plugin that cannot be loaded stops the renderer, where Pelican would go on without it."""
    done = _in_another_process(LISTENS.replace('("tests.editions.', '("nowhere.'), tmp_path)
    assert "RenderFailed: preau: Cannot load plugin `nowhere.plugin_of_a_town`" in done.stderr


def test_one_process_has_one_set_of_plugins(small_town: SmallTown) -> None:
    """Plugins listen to the whole process: another centre cannot come with others."""
    small_town.render(small_town.plan(()))
    with pytest.raises(OnePluginSetAProcess, match="plugin_of_a_town"):
        _renderer(plugins=("tests.editions.plugin_of_a_town",))


def test_the_theme_has_each_shape_and_pictogram() -> None:
    """Each moment has its two shapes and its tints, each reminder and each activity its pictogram."""
    sprite = (THEME / "static" / "img" / "pictos.svg").read_text(encoding="utf-8")
    sheet = (THEME / "static" / "preau.css").read_text(encoding="utf-8")
    for name in (
        *PICTOGRAMS,
        *activity.PICTOGRAMS,
        *(f"{size}-{moment}" for size in "ms" for moment in Moment),
    ):
        assert sprite.count(f'<symbol id="{name}"') == 1, name
    for moment in Moment:
        assert f".{moment}{{--m:" in sheet


def _ratio(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("moment", Moment)
def test_words_on_a_moment_s_tint_can_be_read(moment: Moment) -> None:
    """Text on each tint has a contrast of at least 4.5, in light and in dark."""
    sheet = (THEME / "static" / "preau.css").read_text(encoding="utf-8")
    tints = re.findall(rf"--{moment[:3]}-f:(#\w{{6}});--{moment[:3]}-e:(#\w{{6}})", sheet)
    assert len(tints) == 2
    assert all(_ratio(ground, words) >= 4.5 for ground, words in tints)


def test_a_centre_that_closed_a_moment_keeps_its_photos(small_town: SmallTown) -> None:
    """An old article of a moment that is no longer open has a page, and no link to a missing one."""
    centre = replace(CENTRE, moments=(Moment.HOLIDAYS,), groups=(), schools=(), hours={})
    from publisher.editions.plan import plan_of

    plan = plan_of(
        CentreContent(centre=centre, posts=(article("a"), reminder("r")), photos=small_town.photos),
        NOW,
    )
    town = replace(TOWN, centres=(centre,))
    files = files_of(small_town.render(plan, town=town))
    assert inspect_site(pages_of(files), frozenset(files), plan) == ()
