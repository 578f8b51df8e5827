"""The press: what is fit goes out, what is not is set aside or refused, and nothing is ever half."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from publisher import shelf
from publisher.centres import read_town, theme_folder
from publisher.content.library import (
    read_centre,
    save_edited_post,
    save_new_post,
    withdraw_post,
)
from publisher.content.photos import keep_photo, photos_folder
from publisher.editions.press import (
    Built,
    CentrePress,
    NotBuilt,
    Places,
    build_what_is_fit,
    build_whole,
)
from publisher.model.photo import MASTER
from publisher.model.post import PhotoArticle, Post
from publisher.model.town import Centre, Town
from tests.instance import make_instance
from tests.posts import NOW, PHOTO_IDS, article, photo, programme, reminder
from tests.sites import digest_of_site
from tests.waiting import wait_until


def _picture(width: int, height: int) -> bytes:
    from io import BytesIO

    target = BytesIO()
    Image.new("RGB", (width, height), "#f4694a").save(target, "JPEG")
    return target.getvalue()


class Bench:
    """An instance with one centre to press."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(instance=make_instance(folder))
        town = read_town(self.places.instance)
        assert isinstance(town, Town)
        self.town = town
        centre = town.centre("les-tilleuls")
        assert centre is not None
        self.centre: Centre = centre
        for one in PHOTO_IDS:
            files = {
                MASTER: _picture(64, 48),
                "480.jpg": _picture(48, 36),
                "1080.jpg": _picture(60, 45),
            }
            keep_photo(self.places.content, centre.slug, photo(one), files)

    def save(self, *posts: Post) -> None:
        """Save new posts."""
        for post in posts:
            save_new_post(self.places.content, post)

    @property
    def site(self) -> Path:
        """The site that is being read."""
        return shelf.site_folder(self.places.build, self.centre.slug)

    def text(self, name: str) -> str:
        """One page of it."""
        return (self.site / name).read_text(encoding="utf-8")

    def holds(self, mark: str) -> bool:
        """Say whether *mark* is in any name or any byte of the site."""
        return any(
            mark in name or mark.encode() in (self.site / name).read_bytes()
            for name in shelf.files_of(self.site)
        )


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "instance")


def _build(bench: Bench, now: datetime = NOW) -> Built:
    outcome = build_whole(bench.places, bench.town, bench.centre, now)
    assert isinstance(outcome, Built), [one.sentence() for one in outcome.unfit]
    return outcome


def test_a_centre_on_its_first_day_has_a_site(bench: Bench) -> None:
    """A centre without a post has its pages, which say so kindly."""
    _build(bench)
    assert "Rien à prévoir" in bench.text("index.html")


def test_a_post_that_leads_to_what_is_withdrawn_is_set_aside(bench: Bench) -> None:
    """Who led to an album goes with it, and alone; who leads to its moment stays."""
    album, earlier = article(), NOW - timedelta(days=1)
    long_ago = NOW - timedelta(days=70)  # no page of it shows the album, nor is beside it
    bench.save(
        album,
        replace(
            article("2026-11-17-autre", PHOTO_IDS[3:4], published_at=earlier),
            text="[tous](moments/mercredi.html)",
        ),
        replace(
            article("2026-09-09-suite", PHOTO_IDS[2:3], published_at=long_ago),
            text=f"[l'album](articles/{album.publication.slug}.html)",
        ),
    )
    with closing(CentrePress(bench.places, bench.town, bench.centre)) as press:
        first = press.publish(NOW)
        assert isinstance(first, Built)
        assert first.set_aside == ()
        withdrawn = withdraw_post(bench.places.content, bench.centre, album.publication.slug, NOW)
        second = press.publish(NOW, [withdrawn.path])
    assert isinstance(second, Built)
    assert [one.post for one in second.set_aside] == ["2026-09-09-suite"]
    albums = {path.stem for path in (bench.site / "articles").iterdir()}
    assert albums == {"2026-11-17-autre"}


def test_two_builds_of_the_same_moment_are_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    """Same content, same moment: the same site, in another process with another hash seed."""
    bench.save(article(), reminder(), programme(), article("2026-11-17-groupe", groups=("moyens",)))
    _build(bench)
    here = digest_of_site(bench.site)
    command = [
        sys.executable,
        "-m",
        "publisher",
        "--instance",
        str(bench.places.instance),
        "build",
        "--at",
        NOW.isoformat(),
    ]
    (bench.places.build).rename(tmp_path / "other")
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert digest_of_site(bench.site) == here


@pytest.mark.parametrize("before", [True, False])
def test_what_is_not_for_now_is_not_in_the_tree(bench: Bench, *, before: bool) -> None:
    """A scheduled post and an ending one: absent the second before or after, there otherwise."""
    instant = NOW + timedelta(minutes=30)
    bench.save(
        article("2026-11-18-marque-a-venir", (PHOTO_IDS[3],), published_at=instant),
        reminder("2026-11-18-marque-qui-finit", ends_at=instant),
    )
    _build(bench, instant - timedelta(seconds=1) if before else instant)
    assert bench.holds("marque-a-venir") is not before
    assert bench.holds(PHOTO_IDS[3]) is not before
    assert ("Maillot, bonnet" in bench.text("rappels.html")) is before


def test_a_withdrawn_post_leaves_with_its_photos(bench: Bench) -> None:
    """Page, photos, links and feed: nothing of it stays in the tree."""
    bench.save(
        article("2026-11-18-marque", (PHOTO_IDS[0],)), article("2026-11-17-autre", (PHOTO_IDS[1],))
    )
    _build(bench)
    assert bench.holds(PHOTO_IDS[0])
    withdraw_post(bench.places.content, bench.centre, "2026-11-18-marque", NOW)
    _build(bench)
    assert not bench.holds("2026-11-18-marque")
    assert not bench.holds(PHOTO_IDS[0])
    assert bench.holds(PHOTO_IDS[1])


def test_a_photo_of_two_posts_stays_for_the_one_that_is_left(bench: Bench) -> None:
    """Withdrawing one of two articles that share a photo keeps the other whole."""
    bench.save(article("2026-11-18-un"), article("2026-11-18-deux"))
    withdraw_post(bench.places.content, bench.centre, "2026-11-18-un", NOW)
    _build(bench)
    assert bench.holds(PHOTO_IDS[0])


def test_a_post_for_a_group_is_only_under_that_group(bench: Bench) -> None:
    """Its page, its photos and its words are nowhere outside its space (law 1)."""
    bench.save(article("2026-11-18-marque", (PHOTO_IDS[0],), groups=("moyens",)))
    _build(bench)
    for name in shelf.files_of(bench.site):
        inside = name.startswith("groupes/moyens/")
        mark = (
            "2026-11-18-marque" in name
            or PHOTO_IDS[0] in name
            or (b"2026-11-18-marque" in (bench.site / name).read_bytes())
        )
        assert inside or not mark, name
    assert (bench.site / "groupes/moyens/articles/2026-11-18-marque.html").is_file()


def _spoil(bench: Bench, slug: str = "2026-11-18-maillot") -> None:
    stored = read_centre(bench.places.content, bench.centre).stored[slug]
    stored.path.write_text(
        stored.path.read_text(encoding="utf-8").replace("pictogram: maillot", "pictogram: bombe"),
        encoding="utf-8",
    )


def test_ci_refuses_the_whole_and_changes_nothing(bench: Bench) -> None:
    """One post that is not fit: the site stays as it was, and post and line are told."""
    bench.save(reminder(), programme())
    _build(bench)
    before = digest_of_site(bench.site)
    bench.save(article())
    _spoil(bench)
    outcome = build_whole(bench.places, bench.town, bench.centre, NOW)
    assert isinstance(outcome, NotBuilt)
    assert outcome.unfit[0].line == 6
    assert digest_of_site(bench.site) == before


def test_the_press_sets_aside_what_is_not_fit(bench: Bench) -> None:
    """A broken file keeps in neither the other posts nor a withdrawal; the edition says it."""
    bench.save(reminder(), article("2026-11-18-part"), article("2026-11-18-reste"))
    build_what_is_fit(bench.places, bench.town, bench.centre, NOW)
    _spoil(bench)
    withdraw_post(bench.places.content, bench.centre, "2026-11-18-part", NOW)
    outcome = build_what_is_fit(bench.places, bench.town, bench.centre, NOW)
    assert isinstance(outcome, Built)
    edition = shelf.read_edition(bench.places.build, bench.centre.slug)
    assert edition is not None
    assert set(edition.posts) == {"2026-11-18-reste"}
    assert [row[:2] for row in edition.set_aside] == [("2026-11-18-maillot", 6)]
    assert not bench.holds("2026-11-18-part")


def test_a_broken_link_in_a_text_is_told_with_its_line(bench: Bench) -> None:
    """A link that leads nowhere sets that post aside, with the line it is on."""
    wrong = article("2026-11-18-lien")
    bench.save(
        PhotoArticle(
            publication=wrong.publication,
            title=wrong.title,
            moment=wrong.moment,
            photos=wrong.photos,
            text="Bonjour.\n\nVoir [ici](nulle-part.html).",
        )
    )
    refused = build_whole(bench.places, bench.town, bench.centre, NOW)
    assert isinstance(refused, NotBuilt)
    assert refused.unfit[0].post == "2026-11-18-lien"
    outcome = build_what_is_fit(bench.places, bench.town, bench.centre, NOW)
    assert isinstance(outcome, Built)
    edition = shelf.read_edition(bench.places.build, bench.centre.slug)
    assert edition is not None
    assert edition.set_aside[0][0] == "2026-11-18-lien"


def test_a_photo_that_did_not_change_keeps_its_validator(bench: Bench) -> None:
    """Another edition leaves a photo the same file: families do not fetch it twice."""
    bench.save(article("2026-11-18-un", (PHOTO_IDS[0],)))
    _build(bench)
    path = bench.site / "photos" / PHOTO_IDS[0] / "480.jpg"
    before = path.stat()
    bench.save(article("2026-11-18-deux", (PHOTO_IDS[1],)))
    _build(bench)
    after = path.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )


def test_an_edit_replaces_and_leaves_nothing_of_before(bench: Bench) -> None:
    """The words of before are nowhere, and the post never left the site."""
    bench.save(article("2026-11-18-marque"))
    _build(bench)
    stored = read_centre(bench.places.content, bench.centre).stored["2026-11-18-marque"]
    assert isinstance(stored.post, PhotoArticle)
    changed = PhotoArticle(
        publication=stored.post.publication,
        title="Autre titre",
        moment=stored.post.moment,
        photos=stored.post.photos[:1],
    )
    save_edited_post(bench.places.content, bench.centre, changed, stored.revision)
    _build(bench)
    assert not bench.holds("La grande fresque")
    assert not bench.holds(PHOTO_IDS[1])
    assert bench.holds("Autre titre")


def test_a_document_that_rings_twice_is_drawn_once(bench: Bench) -> None:
    """The kernel says twice that a file came: what was read again and is the same draws nothing."""
    from pelican import signals

    bench.save(article("2026-11-18-avant"))
    drawn: list[str] = []

    def draws(path: str, context: object) -> None:
        del context
        drawn.append(path)

    press = CentrePress(bench.places, bench.town, bench.centre)
    with closing(press), signals.content_written.connected_to(draws):
        press.publish(NOW)
        stored = save_new_post(bench.places.content, article("2026-11-18-deux-fois"))
        press.publish(NOW, [stored.path])
        drawn.clear()
        press.publish(NOW, [stored.path])
        press.publish(NOW)
        assert drawn == []
        with stored.path.open("a", encoding="utf-8") as more:
            more.write("Et autre chose.\n")
        press.publish(NOW, [stored.path])
        assert len(drawn) > 1
        facts = photos_folder(bench.places.content, "les-tilleuls") / PHOTO_IDS[0] / "photo.json"
        facts.write_text(facts.read_text(encoding="utf-8").replace("480", "481"), encoding="utf-8")
        (facts.parent / "480.jpg").rename(facts.parent / "481.jpg")
        press.publish(NOW, [stored.path])
    assert "481.jpg" in bench.text("articles/2026-11-18-deux-fois.html")


def test_no_question_of_a_publication_looks_at_the_whole_archive(bench: Bench) -> None:
    """SQLite says how it would answer each: from an index, or from the few that are set aside."""
    bench.save(article("2026-11-18-avant"))
    press = CentrePress(bench.places, bench.town, bench.centre)
    with closing(press):
        press.publish(NOW)
        assert press._index is not None
        base = press._index._base
        asked: list[str] = []
        base.set_trace_callback(asked.append)
        text = "[Avant](articles/2026-11-18-avant.html)"
        leads = replace(article("2026-11-18-apres"), text=text)
        stored = save_new_post(bench.places.content, leads)
        press.publish(NOW, [stored.path])
        # Who leads to a page is asked of those that go.
        gone = withdraw_post(bench.places.content, bench.centre, "2026-11-18-avant", NOW)
        press.publish(NOW, [gone.path])
        base.set_trace_callback(None)
        plans = {
            str(step[3]): question
            for question in asked
            if question.startswith(("SELECT", "DELETE", "UPDATE"))
            for step in base.execute(f"EXPLAIN QUERY PLAN {question}")
        }
    assert {
        "SEARCH link USING INDEX link_key (key=?)",
        "SEARCH link USING INDEX link_path (path=?)",
    } <= plans.keys()
    scans = {step for step in plans if step.startswith("SCAN")}
    assert scans <= {
        f"SCAN document USING INDEX document_{why}" for why in ("unread", "again", "dead", "unfit")
    }


def test_a_town_s_pelican_plugins_listen(bench: Bench) -> None:
    """A plugin that the town names hears Pelican's signals, and what it writes is what is read."""
    bench.save(article("2026-11-18-lu"))
    town = bench.places.instance / "centres" / "town.toml"
    told = town.read_text(encoding="utf-8")
    town.write_text(f'plugins = ["tests.editions.plugin_of_a_town"]\n{told}', encoding="utf-8")
    command = [sys.executable, "-m", "publisher", "--instance", str(bench.places.instance), "build"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert "<p>Bonne lecture.</p>" in bench.text("articles/2026-11-18-lu.html")
    assert "<!-- relu -->" in bench.text("index.html")


@contextmanager
def _working(instance: Path, log: IO[str] | None = None) -> Iterator[None]:
    """The press of *instance*, at work in its own processes."""
    command = [sys.executable, "-m", "publisher", "--instance", str(instance), "press"]
    with subprocess.Popen(command, stderr=log) as working:
        try:
            yield
        finally:
            working.terminate()


def test_the_press_sees_a_hand_edit_and_obeys_the_clock(bench: Bench) -> None:
    """A file written by hand rings at once; a reminder appears and leaves at its instant, untouched."""
    with _working(bench.places.instance):
        wait_until((bench.site / "index.html").exists, "the first edition")
        starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
        bench.save(reminder(published_at=starts_at, ends_at=starts_at + timedelta(seconds=2)))
        assert not bench.holds("Maillot, bonnet")
        wait_until(lambda: bench.holds("Maillot, bonnet"), "the reminder")
        assert datetime.now(UTC) >= starts_at
        wait_until(lambda: not bench.holds("Maillot, bonnet"), "its end")
        assert datetime.now(UTC) >= starts_at + timedelta(seconds=2)


def test_a_theme_changed_while_the_press_works_is_drawn_beside_and_placed(bench: Bench) -> None:
    """Another theme makes every page again; posts saved meanwhile are there, drawn with it."""
    instance = bench.places.instance
    theme = instance / "themes" / "preau"
    shutil.copytree(theme_folder(instance, "preau"), theme, dirs_exist_ok=True)
    bench.save(*(article(f"2026-11-18-a{number}") for number in range(20)))
    with _working(instance):
        wait_until((bench.site / "index.html").exists, "the first edition")
        base = theme / "templates" / "base.html"
        base.write_text(
            base.read_text(encoding="utf-8").replace("</main>", "<p>Neuf</p></main>"),
            encoding="utf-8",
        )
        bench.save(article("2026-11-18-pendant"))
        wait_until((bench.site / "articles/2026-11-18-pendant.html").exists, "the post")
        wait_until(lambda: "Neuf" in bench.text("index.html"), "the theme")
        wait_until(lambda: "Neuf" in bench.text("articles/2026-11-18-pendant.html"), "both")
    standing = digest_of_site(bench.site)
    now = datetime.now(UTC)
    shutil.rmtree(bench.places.build)
    assert isinstance(build_whole(bench.places, bench.town, bench.centre, now), Built)
    assert digest_of_site(bench.site) == standing


def test_a_press_that_stops_gives_up_the_edition_it_drafts(bench: Bench) -> None:
    """A theme that never ends to be drawn: once the press has ended, nobody is left who would write."""
    instance = bench.places.instance
    theme = instance / "themes" / "preau"
    shutil.copytree(theme_folder(instance, "preau"), theme, dirs_exist_ok=True)
    command = [sys.executable, "-m", "publisher", "--instance", str(instance), "press"]
    with subprocess.Popen(command, start_new_session=True) as working:
        wait_until((bench.site / "index.html").exists, "the first edition")
        before = _of_session(working.pid)
        base = theme / "templates" / "base.html"
        base.write_text(
            base.read_text(encoding="utf-8")
            + "{% for a in range(10**9) %}{% for b in range(10**9) %}{% endfor %}{% endfor %}",
            encoding="utf-8",
        )
        wait_until(lambda: _of_session(working.pid) > before, "a draft")
        working.terminate()
    assert _of_session(working.pid) == set()


def _of_session(leader: int) -> set[int]:
    """The processes that *leader* started, itself, and those whom they did."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getsid(int(folder.name)) == leader:
                found.add(int(folder.name))
    return found


def test_one_centres_bad_luck_does_not_stop_the_town(bench: Bench, tmp_path: Path) -> None:
    """A disk that refuses for one centre: the other is built, the press goes on, and says so."""
    bench.places.build.mkdir(parents=True, exist_ok=True)
    (bench.places.build / "la-grande-ourse").write_bytes(b"in the way")
    told = tmp_path / "told"
    with told.open("w") as log, _working(bench.places.instance, log):
        wait_until((bench.site / "index.html").exists, "the first edition")
        bench.save(article("2026-11-18-ensuite"))
        wait_until((bench.site / "articles/2026-11-18-ensuite.html").exists, "the next")
    assert "la-grande-ourse was not built" in told.read_text(encoding="utf-8")


def test_every_process_says_a_configuration_alike() -> None:
    """A set has another order in each process: a press that starts again must not make all again."""
    said = {
        subprocess.run(
            [sys.executable, "-c", _SAYS_A_SET],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


_SAYS_A_SET = """
from publisher.editions.press import _in_words

print(_in_words((frozenset("abcdefgh"), {"a": (1, frozenset("ab"))})))
"""
