"""A theme is read once, and named by what is in it."""

import re
import shutil
from pathlib import Path

import pytest

from publisher.editions.theme import read_theme
from tests.editions.small_town import THEME


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A theme to change."""
    return Path(shutil.copytree(THEME, tmp_path / "theme"))


def test_the_folder_of_static_files(copy: Path) -> None:
    """The folder of a theme's files changes when a byte or a name does, and only then."""
    first = read_theme(copy)
    assert re.fullmatch(r"theme/[0-9a-f]{12}", first.folder)
    assert first.folder == read_theme(THEME).folder
    (copy / "templates" / "home.html").write_text("other")
    (copy / "static" / ".DS_Store").write_text("x")
    assert read_theme(copy).folder == first.folder
    (copy / "static" / "preau.css").write_text("other")
    second = read_theme(copy)
    assert second.folder != first.folder
    (copy / "static" / "preau.css").rename(copy / "static" / "other.css")
    assert read_theme(copy).folder not in {first.folder, second.folder}


def test_the_files_of_a_site(copy: Path) -> None:
    """Each static file has its place in the site, a hidden one has none."""
    (copy / "static" / ".DS_Store").write_text("x")
    theme = read_theme(copy)
    assert theme.files[f"{theme.folder}/preau.css"] == copy / "static" / "preau.css"
    assert theme.files[f"{theme.folder}/img/pictos.svg"].is_file()
    assert not any(".DS_Store" in path for path in theme.files)


@pytest.mark.parametrize("name", ["templates/home.html", "static/preau.css"])
def test_the_digest_changes_with_any_file(copy: Path, name: str) -> None:
    """A template or a static file that changes makes another theme, until it changes back."""
    first, text = read_theme(copy).digest, (copy / name).read_text()
    (copy / name).write_text(text + "\n")
    assert read_theme(copy).digest != first
    (copy / name).write_text(text)
    assert read_theme(copy).digest == first == read_theme(THEME).digest


def test_a_template_and_a_static_file_of_one_name_differ(tmp_path: Path) -> None:
    """The same bytes under `templates/` and under `static/` are not the same theme."""
    digests = set()
    for number, folder in enumerate(("templates", "static")):
        theme = tmp_path / str(number)
        (theme / folder).mkdir(parents=True)
        (theme / folder / "a.html").write_text("a")
        digests.add(read_theme(theme).digest)
    assert len(digests) == 2
