"""The escape hatch: what the plain `pelican` command makes of an exported folder is the same site."""

import ast
import os
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import nh3
import pytest
from babel.dates import format_date
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markdown import Markdown

from publisher.cli import main
from publisher.content.library import save_new_post
from publisher.content.photos import keep_photo, read_photo
from publisher.editions import export
from publisher.editions.exported import folder as exported_folder
from publisher.editions.exported import instead
from publisher.editions.exported.post_files import file_of, post_of, text_of
from publisher.editions.page_words import PageWords
from publisher.editions.render import AsStored
from publisher.kinds import author_text
from publisher.kinds.author_text import read_text
from publisher.kinds.reading import many_lines
from publisher.language import CATALOGUES, FRENCH, LANGUAGES, install
from publisher.model.edition import CentreContent, Page
from publisher.model.mistake import Mistakes
from publisher.model.post import PhotoArticle, Post
from tests.editions.small_town import TOWN, all_kinds_of_posts, draw_photos, files_of
from tests.instance import make_instance
from tests.posts import CENTRE, NOW, PARIS, PHOTO_IDS, any_post, article, reminder

ROOT = Path(__file__).parents[2]
AT = NOW.isoformat()
DAY = timedelta(days=1)
LATER, ENDED, WITHDRAWN, SET_ASIDE = "demain-3h7", "hier-9k2", "retire-5f1", "egare-8d4"
AUTHOR = "pseudonyme-de-lanimatrice"


@pytest.fixture(scope="module", name="pelican")
def _pelican(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in a new environment that holds nothing but `pelican[markdown]`."""
    folder = tmp_path_factory.mktemp("environment")
    for command in (
        ["venv", "--without-pip", folder],
        [
            *("pip", "--python", folder / "bin/python", "install", "--quiet"),
            *("--require-hashes", "--requirement", ROOT / "requirements-pelican.lock"),
        ],
    ):
        subprocess.run([sys.executable, "-m", *command], check=True)
    return folder / "bin" / "pelican"


def instance_of(folder: Path, *, language: str = FRENCH) -> Path:
    """An instance with every kind of post, and some that no family may see."""
    made = make_instance(folder, public_url="https://preau.valmont.example")
    town = made / "centres/town.toml"
    text = town.read_text(encoding="utf-8")
    town.write_text(text.replace('language = "fr"', f'language = "{language}"'), encoding="utf-8")
    content, drawn = made / "content", folder.with_name(f"{folder.name}-drawn")
    for photo_id, photo in draw_photos(drawn).items():
        source = drawn / CENTRE.slug / "photos" / photo_id
        files = {one.name: (source / one.name).read_bytes() for one in photo.renditions}
        largest = files[photo.largest.name]
        keep_photo(content, CENTRE.slug, photo, {**files, "master.jpg": largest})
    hidden = (
        article(LATER, PHOTO_IDS[6:7], published_at=NOW + DAY),
        reminder(ENDED, published_at=NOW - DAY, ends_at=NOW),
        article(WITHDRAWN, PHOTO_IDS[7:8], withdrawn_at=NOW - DAY),
        replace(article(SET_ASIDE, PHOTO_IDS[:1]), text="Voir [là](articles/nulle-part.html)."),
    )
    for post in (*all_kinds_of_posts(), *hidden):
        shown = replace(post, publication=replace(post.publication, author=AUTHOR))
        if isinstance(shown, PhotoArticle) and shown.publication.slug == "foret":
            shown = replace(shown, photos=shown.photos[:6])
        save_new_post(content, shown)
    return made


@pytest.fixture(scope="module", name="instance")
def _instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return instance_of(tmp_path_factory.mktemp("town") / "instance")


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory, instance: Path) -> Path:
    """The exported folder, as it is before anybody does anything with it."""
    folder = tmp_path_factory.mktemp("exported") / "tilleuls"
    assert export_to(instance, folder) == 0
    return folder


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, whole: Path) -> Path:
    """The same, to be changed by hand."""
    return shutil.copytree(whole, tmp_path / "tilleuls")


def export_to(instance: Path, folder: Path, *more: str) -> int:
    """Run the command."""
    where = ["--instance", str(instance), "export", "--pelican", "les-tilleuls", str(folder)]
    return main([*where, *(more or ("--at", AT))])


def compose(pelican: Path, folder: Path, *, works: bool = True) -> str:
    """Run `pelican` alone in *folder*; what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [pelican],
        cwd=folder,
        env={**clean, "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is works, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_pelican_alone_makes_the_same_site(pelican: Path, tmp_path: Path, language: str) -> None:
    """Every page, feed, photo and file of the theme: the same paths, and the same bytes."""
    instance = instance_of(tmp_path / "instance", language=language)
    assert export_to(instance, tmp_path / "folder") == 0
    said = compose(pelican, tmp_path / "folder")
    assert not re.search("WARNING|ERROR|CRITICAL", said), said
    assert main(["--instance", str(instance), "build", "les-tilleuls", "--at", AT]) == 1
    broken = instance / "content/les-tilleuls/posts/2026-2027" / SET_ASIDE
    shutil.rmtree(broken)
    assert main(["--instance", str(instance), "build", "les-tilleuls", "--at", AT]) == 0
    site = files_of(instance / "build/les-tilleuls/site")
    made = files_of(tmp_path / "folder/output")
    assert set(made) == set(site)
    assert len([path for path in made if path.endswith(".html")]) > 50
    assert [path for path in site if made[path] != site[path]] == []


def test_only_what_families_see_goes_out(instance: Path, whole: Path) -> None:
    """No later, ended, withdrawn or set aside post, no photo of theirs, no master, no author."""
    names = "\n".join(files_of(whole))
    texts = b"\n".join(files_of(whole / "content").values())
    for mark in (LATER, ENDED, WITHDRAWN, SET_ASIDE, AUTHOR, *PHOTO_IDS[6:], "master.jpg"):
        assert mark not in names
        assert mark.encode() not in texts
    assert {path.name for path in whole.iterdir()} == {
        *("LISEZ-MOI.md", "centres", "content", "pelicanconf.py", "plugins", "requirements.txt"),
        "theme",
    }
    assert sorted(path.name for path in (whole / "centres").iterdir()) == [
        "les-tilleuls.toml",
        "town.toml",
    ]
    assert whole.stat().st_mode & 0o077 == 0
    photo = f"{PHOTO_IDS[0]}/480.jpg"
    kept = instance / "content/les-tilleuls/photos" / photo
    copied = whole / "content/photos" / photo
    assert copied.read_bytes() == kept.read_bytes()
    assert not copied.samefile(kept)


def test_an_article_written_by_hand_is_in_its_lists(pelican: Path, folder: Path) -> None:
    """A new article, with a photo of its own, is on its page, the home, month, moment and feed."""
    photo = folder / "content/photos/kermesse-1"
    photo.mkdir()
    shutil.copyfile(folder / "content/photos" / PHOTO_IDS[0] / "480.jpg", photo / "grande.jpg")
    (folder / "content/articles/la-kermesse.md").write_text(
        "Title: La kermesse & les crêpes\nDate: 2026-11-18 16:59\nCategory: Mercredi\n"
        "Photos: kermesse-1 Le stand.\n\nVoir [le programme](programmes/semaine.html).\n",
        encoding="utf-8",
    )
    compose(pelican, folder)
    site = files_of(folder / "output")
    page = site["articles/la-kermesse.html"].decode()
    assert '<a href="../programmes/semaine.html" rel="noopener noreferrer">le programme</a>' in page
    assert 'src="../photos/kermesse-1/grande.jpg"' in page
    assert 'width="48" height="36"' in page
    assert site["photos/kermesse-1/grande.jpg"] == (photo / "grande.jpg").read_bytes()
    for path in (
        "index.html",
        "groupes/moyens/index.html",
        "archives/2026-2027/2026-11.html",
        "moments/mercredi.html",
        "flux.xml",
    ):
        assert "La kermesse &amp; les crêpes" in site[path].decode(), path
    assert "La kermesse" not in site["moments/soir.html"].decode()


def test_an_article_edited_by_hand_changes_everywhere(pelican: Path, folder: Path) -> None:
    """Its words, its title and its groups: its page moves, and lists say what it now says."""
    compose(pelican, folder)
    source = folder / "content/articles/foret.md"
    text = source.read_text(encoding="utf-8")
    text = text.replace("Trois mercredis", "Quatre jeudis").replace("Slug", "Groups: petits\nSlug")
    source.write_text(re.sub("^Title: .*", "Title: Le bois", text), encoding="utf-8")
    compose(pelican, folder)
    site = files_of(folder / "output")
    assert "articles/foret.html" not in site
    assert "<h3>Quatre jeudis</h3>" in site["groupes/petits/articles/foret.html"].decode()
    assert "Le bois" in site["groupes/petits/index.html"].decode()
    assert not [
        path
        for path, raw in site.items()
        if path.endswith((".html", ".xml")) and b"Le bois" in raw and "groupes/petits/" not in path
    ]
    assert not [path for path in site if PHOTO_IDS[4] in path and "groupes/petits/" not in path]


def test_what_is_wrong_is_said_and_the_site_stays(pelican: Path, folder: Path) -> None:
    """Each mistake with its file and what to do, in French; the site is the one that stood."""
    compose(pelican, folder)
    before = files_of(folder / "output")
    content = folder / "content"
    (content / "articles/sans-date.md").write_text("Title: Rien\n", encoding="utf-8")
    (content / "articles/Majuscule.md").write_text(
        "Title: a\nDate: hier\nCategory: nuit\nGroups: géants\nPhotos: ../secret\n    absente a\n",
        encoding="utf-8",
    )
    (content / "articles/latin.md").write_bytes("Title: été".encode("latin-1"))
    (content / "articles/double.md").write_text(
        "Title: a\nDate: 2026-11-18\nCategory: soir\nSlug: foret\nPhotos: absente\n",
        encoding="utf-8",
    )
    (content / "rappels/bombe.md").write_text(
        "Title: a\nDate: 2026-11-18\nDay: 2026-02-30\nPictogram: bombe\n", encoding="utf-8"
    )
    (content / "rappels/licorne.md").write_text(
        "Title: a\nDate: 2026-11-18\nEnds_at: 2026-11-30\nDay: 2026-11-29\nPictogram: licorne\n",
        encoding="utf-8",
    )
    (content / "programmes/index.md").write_text(
        "Date: 2026-11-18\nStarts_on: 2026-11-23\nEnds_on: 2026-11-27\nSlots: 2026-11-23 | soir\n",
        encoding="utf-8",
    )
    (content / "programmes/liste.md").write_text(
        "Date: 2026-11-18\nStarts_on: 2026-11-23\nEnds_on: 2026-11-27\nSlug: index\n",
        encoding="utf-8",
    )
    said = " ".join(compose(pelican, folder, works=False).split())
    for sentence in (
        "articles/sans-date.md : « Date » manque.",
        "articles/sans-date.md : « Category » manque.",
        "articles/Majuscule.md : « Date » doit être une date et une heure",
        "articles/Majuscule.md : « Category » doit être l'un de : matin",
        "articles/Majuscule.md : Le groupe « géants » n'est pas de ce centre.",
        "articles/Majuscule.md : « ../secret » doit être le nom d'un dossier",
        "articles/Majuscule.md : Le fichier, ou « Slug », doit être un nom en minuscules",
        "articles/latin.md : Ce fichier n'est pas en UTF-8.",
        "articles/foret.md : Une autre publication du centre porte déjà ce nom.",
        "articles/double.md : Il n'y a pas de photo JPEG dans content/photos/absente/.",
        "rappels/bombe.md : « Ends_at » manque.",
        "rappels/bombe.md : « Day » doit être un jour",
        "rappels/licorne.md : Le thème n'a pas de pictogramme « licorne ».",
        "programmes/liste.md : Ce nom est celui d'une page du site. Renommez le fichier.",
        "programmes/index.md : « 2026-11-23 | soir » doit être : jour | moment",
    ):
        assert sentence in said, sentence
    assert files_of(folder / "output") == before


def test_without_a_moment_the_site_is_that_of_now(
    pelican: Path, instance: Path, tmp_path: Path
) -> None:
    """No `--at`: what came before today is there; drafts, and what is to come, are not."""
    folder = tmp_path / "folder"
    assert export_to(instance, folder, "--at", AT) == 0
    conf = folder / "pelicanconf.py"
    text = conf.read_text(encoding="utf-8")
    conf.write_text(re.sub("PREAU_MOMENT = .*", "PREAU_MOMENT = None", text), encoding="utf-8")
    for slug, facts in {
        "jadis": "Date: 2001-05-02",
        "plus-tard": "Date: 2999-05-02",
        "brouillon": "Date: 2001-05-03\nStatus: draft",
    }.items():
        (folder / f"content/articles/{slug}.md").write_text(
            f"Title: {slug}\nCategory: soir\n{facts}\n", encoding="utf-8"
        )
    (folder / "content/articles/egare.md").write_text(
        "Title: a\nDate: 2001-05-02\nCategory: soir\n\nVoir [là](articles/plus-tard.html).\n",
        encoding="utf-8",
    )
    said = " ".join(compose(pelican, folder).split())
    assert "articles/plus-tard.md : cette publication attend le 2999-05-02 00:00." in said
    assert (
        "articles/egare.md : le lien vers « articles/plus-tard.html » ne mène nulle part." in said
    )
    assert said.count("WARNING") == 2
    site = files_of(folder / "output")
    assert {path for path in site if re.search("articles/(jadis|plus|brouil)", path)} == {
        "articles/jadis.html"
    }
    assert "archives/2000-2001/2001-05.html" in site
    other = tmp_path / "of-now"
    arguments = ["--instance", str(instance), "export", "--pelican", "les-tilleuls", str(other)]
    assert main(arguments) == 0
    assert "\nPREAU_MOMENT = None\n" in (other / "pelicanconf.py").read_text(encoding="utf-8")


def test_a_theme_is_extended_as_any_theme_of_pelican(pelican: Path, folder: Path) -> None:
    """One block of one template said otherwise, a setting it shows, and a plugin that is heard."""
    mine = folder / "mon-theme"
    mine.mkdir()
    (mine / "article.html").write_text(
        '{% extends "!theme/article.html" %}\n'
        "{% block roof %}{{ super() }}<p>{{ DEVISE }}</p>{% endblock %}\n",
        encoding="utf-8",
    )
    shutil.copy(Path(__file__).with_name("plugin_of_a_town.py"), folder / "plugins")
    with (folder / "pelicanconf.py").open("a", encoding="utf-8") as conf:
        conf.write('THEME_TEMPLATES_OVERRIDES = ["mon-theme"]\nDEVISE = "Grandir"\n')
        conf.write('PLUGINS += ["plugin_of_a_town"]\n')
    compose(pelican, folder)
    site = files_of(folder / "output")
    page = site["articles/foret.html"].decode()
    assert "<p>Grandir</p>" in page
    assert "Centre de loisirs" in page
    assert "<p>Bonne lecture.</p></div>" in page
    assert page.endswith("<!-- relu -->\n")
    assert "Grandir" not in site["index.html"].decode()


def test_the_command_says_what_it_did(
    instance: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How much is there, what was set aside and why, what to type next, and that it has no door."""
    monkeypatch.chdir(tmp_path)
    arguments = ["--instance", str(instance), "export", "--pelican", "les-tilleuls", "--at", AT]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "publications 12, photos 6, mises de côté 1." in said.out
    assert "cd les-tilleuls-pelican\n" in said.out
    assert "pas de porte" in said.out
    assert f"{SET_ASIDE}, ligne 1 : Le lien vers « articles/nulle-part.html »" in said.err
    assert (tmp_path / "les-tilleuls-pelican/pelicanconf.py").is_file()


def test_nothing_is_written_over(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that holds something, and a centre that is not there: said, and nothing changes."""
    kept = tmp_path / "kept.txt"
    kept.write_text("à moi", encoding="utf-8")
    assert export_to(instance, tmp_path) == 1
    assert "quelque chose" in capsys.readouterr().err
    assert files_of(tmp_path) == {"kept.txt": "à moi".encode()}
    assert main(["--instance", str(instance), "export", "--pelican", "nulle-part"]) == 1
    assert "nulle-part" in capsys.readouterr().err


def test_a_failure_leaves_nothing(
    instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A theme that does not compose, a photo that cannot be copied: said, and the folder is empty."""
    mine = shutil.copytree(instance, tmp_path / "instance")
    theme = shutil.copytree(ROOT / "themes/preau", mine / "themes/preau")
    home = theme / "templates/home.html"
    text = home.read_text(encoding="utf-8")
    home.write_text(text + "{{ nulle_part }}{% block", encoding="utf-8")
    assert export_to(mine, tmp_path / "folder") == 1
    assert "rien n'a été écrit" in capsys.readouterr().err
    assert list((tmp_path / "folder").iterdir()) == []
    home.write_text(text, encoding="utf-8")
    (theme / "static/nulle-part.css").symlink_to(tmp_path / "nulle-part")
    assert export_to(mine, tmp_path / "folder") == 1
    assert "rien n'a été écrit" in capsys.readouterr().err
    assert list((tmp_path / "folder").iterdir()) == []


def test_the_guide_names_all_that_a_template_may_name() -> None:
    """Every function, filter, value and block that a theme is given is told in docs/theme.md."""
    words = PageWords(town=TOWN, centre=CENTRE, theme_folder="", sprite="", language=FRENCH)
    environment = Environment()  # noqa: S701 (nothing is drawn)
    theirs = {*environment.globals, *environment.filters}
    install(environment, FRENCH)
    told = {*environment.globals, *environment.filters, *words.functions, *words.filters} - theirs
    page = Page(path="index.html", template="home", space=CENTRE.space)
    material = AsStored(CentreContent(centre=CENTRE, posts=(), photos={}))
    told |= set(words.turn_to(page, NOW, material))
    told -= {"gettext", "pgettext", "npgettext"}  # other names of the same
    base = (ROOT / "themes/preau/templates/base.html").read_text(encoding="utf-8")
    told |= set(re.findall(r"block (\w+)", base))
    guide = (ROOT / "docs/theme.md").read_text(encoding="utf-8")
    shown = re.findall(r"`[^`]+`", re.sub(r"```.*?```", "", guide, flags=re.DOTALL))
    named = set(re.findall(r"\w+", " ".join(shown)))
    assert told - named == set()


@given(post=any_post)
def test_a_post_comes_back_from_its_file(post: Post) -> None:
    """Whatever an author wrote, Markdown's metadata give it back, without author or withdrawal."""
    parser = Markdown(extensions=["meta"])
    lines = text_of(post, PARIS).split("\n")
    text = "\n".join(parser.preprocessors["meta"].run(lines))
    header = parser.Meta  # type: ignore[attr-defined]  # the extension adds it
    read = post_of(file_of(post), header, text, CENTRE, PARIS)
    assert not isinstance(read, Mistakes), [one.sentence() for one in read.all]
    publication = replace(post.publication, author=None, withdrawn_at=None)
    assert read == replace(post, publication=publication)


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_are_written_as_babel_writes_them(language: str) -> None:
    """Every pattern of ours, every day of two years."""
    for number in range(730):
        day = date(2026, 1, 1) + timedelta(days=number)
        for pattern in ("EEEE", "EEEE d MMMM", "d MMMM", "d MMMM y", "MMMM y"):
            expected = format_date(day, pattern, locale=language)
            assert instead.format_date(day, pattern, locale=language) == expected


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_is_read_as_babel_reads_it(path: Path) -> None:
    """The same sentences, the same translations, those that count too."""
    with path.open("rb") as file:
        expected = {one.id: one.string for one in read_po(file) if one.id}
    with path.open("rb") as file:
        read = list(instead.read_po(file))
    assert {one.id: one.string for one in read} == expected
    assert len(read) == len(expected)


_PIECES = st.sampled_from(
    (
        *(
            "# Un",
            "- a",
            "1. b",
            "> c",
            "*d*",
            "**e**",
            "`f`",
            "[g](h.html)",
            "[i](http://j.fr 'k')",
        ),
        *(
            "[l](javascript:m)",
            "<n@o.fr>",
            "<b>p</b>",
            "<script>q",
            "&amp;",
            "&lt;",
            "&nbsp;",
            "\u00a0",
        ),
        *("![r](s.jpg)", "[t <u@v.fr> w](x)", '"', "<", "\n", "\n\n", " ", "    ", "_y_", "---"),
        *("\\", "é"),
    )
)


@given(text=st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join).map(many_lines))
def test_a_text_is_cleaned_as_nh3_cleans_it(text: str) -> None:
    """The same words and links, whatever is written; and nothing but the tags that may remain."""
    expected = read_text(text)
    kept = author_text._CLEANER
    author_text._CLEANER = instead.Cleaner(  # type: ignore[assignment]  # its stand-in
        tags=author_text._TAGS,
        clean_content_tags=set(),
        attributes={"*": set(), "a": {"href"}},
        url_schemes=set(author_text.SCHEMES),
        link_rel="noopener noreferrer",
        attribute_filter=author_text._only_safe_links(lambda target: target),
    )
    try:
        made = read_text(text)
    finally:
        author_text._CLEANER = kept
    assert made.words == expected.words
    assert made.links == expected.links
    allowed = {"a": {"href", "rel"}}
    cleaned = nh3.clean(made.html, tags=author_text._TAGS, link_rel=None, attributes=allowed)
    assert cleaned == made.html


def test_the_plugin_is_our_own_code() -> None:
    """Each module is ours but for the names it imports, and asks for what Pelican brings along."""
    brought = {"jinja2", "markdown", "markupsafe", "pelican", export.PLUGIN}
    written = export.plugin_files("fr")
    assert "editions/plan.py" in written
    assert "editions/render.py" not in written
    for path, text in written.items():
        asked = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(text))
            for name in (
                [one.name for one in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert asked <= brought | set(sys.stdlib_module_names), path
        if text and path != "__init__.py":
            ours = (ROOT / "publisher" / path).read_text(encoding="utf-8")
            assert _without_imports(text) == _without_imports(ours), path


def _without_imports(text: str) -> str:
    tree = ast.parse(text)
    tree.body = [one for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom)]
    return ast.dump(tree)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("from publisher.model.post import Post\n", "from preau_centre.model.post import Post\n"),
        ("    from publisher.a import b\n", "    from preau_centre.a import b\n"),
        ("import nh3\n", "from preau_centre.editions.exported import instead as nh3\n"),
        (
            "from babel.dates import format_date\n",
            "from preau_centre.editions.exported.instead import format_date\n",
        ),
        ("import publisherial\n", "import publisherial\n"),
        ('"""All from publisher."""\n', '"""All from publisher."""\n'),
    ],
)
def test_only_import_lines_change(ours: str, theirs: str) -> None:
    """The names of our modules and of the libraries stood in for, where a line imports them."""
    assert export.with_own_imports(ours) == theirs


def test_the_size_of_a_photo_is_read_from_it(tmp_path: Path) -> None:
    """Width and height of a JPEG, wherever they stand in it; nothing of a file that is none."""
    photos = draw_photos(tmp_path)
    for photo_id, photo in photos.items():
        sizes = exported_folder._sizes(tmp_path / CENTRE.slug / "photos" / photo_id)
        assert sorted(sizes, key=lambda one: one.width_px) == list(photo.renditions)
    folder = tmp_path / "odd"
    folder.mkdir()
    whole = (tmp_path / CENTRE.slug / "photos" / PHOTO_IDS[0] / "480.jpg").read_bytes()
    (folder / "comment.jpg").write_bytes(
        whole[:2] + b"\xff\xfe" + struct.pack(">H", 9) + b"\xff\xc0\0\1\0\1\0" + whole[2:]
    )
    (folder / "cut.jpg").write_bytes(whole[:20])
    (folder / "none.jpg").write_bytes(b"GIF89a")
    (folder / "empty.jpg").write_bytes(b"")
    assert [(one.name, one.width_px) for one in exported_folder._sizes(folder)] == [
        ("comment.jpg", 48)
    ]


def test_photos_are_those_that_the_content_has(instance: Path) -> None:
    """The photos these tests rely on are whole, so that none is missing for another reason."""
    assert all(read_photo(instance / "content", CENTRE.slug, one) for one in PHOTO_IDS)
