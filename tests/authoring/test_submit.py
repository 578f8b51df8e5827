"""Sending a form: saved once, whole, or shown again with every word that was typed."""

import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from publisher.authoring.office import new_submission
from publisher.content.library import read_centre, save_new_post
from publisher.model.moment import Moment
from publisher.model.post import PhotoArticle, Programme, Reminder
from tests.authoring.conftest import TILLEULS, Desk, Visitor, make_desk
from tests.posts import NOW, article, programme, reminder
from tests.sites import digest_of_site

REMINDER = f"/equipe/{TILLEULS}/nouveau/reminder"
PHOTOS = f"/equipe/{TILLEULS}/nouveau/photo-article"
PROGRAMME = f"/equipe/{TILLEULS}/nouveau/programme"
A, B = "a" * 26, "b" * 26


def reminder_fields(**changes: str) -> dict[str, str]:
    """The reminder form, filled in."""
    return {
        "submission": new_submission(),
        "sentence": "Maillot et serviette",
        "pictogram": "maillot",
        "jour": "2026-11-19",
        "fin": "jour",
    } | changes


def slug_in(answer: TestResponse) -> str:
    """The slug of the receipt that a saved form leads to."""
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rstrip("/").rsplit("/", maxsplit=1)[1]


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """No file can grow beyond *limit_bytes*: a write fails half done, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_reminder_is_saved_with_its_day_and_its_end(desk: Desk, ines: Visitor) -> None:
    """Its end is the end of its day unless an hour is said."""
    post = desk.post(slug_in(ines.send(REMINDER, reminder_fields()))).post
    assert isinstance(post, Reminder)
    assert post.publication.ends_at is not None
    assert post.publication.ends_at.isoformat() == "2026-11-20T00:00:00+01:00"
    assert post.publication.author == "ines"
    at = reminder_fields(fin="heure", ends_at="2026-11-19T09:15")
    timed = desk.post(slug_in(ines.send(REMINDER, at))).post
    assert timed.publication.ends_at is not None
    assert timed.publication.ends_at.isoformat() == "2026-11-19T09:15:00+01:00"


def test_photos_are_published_without_a_word_typed(desk: Desk, ines: Visitor) -> None:
    """Moment, groups and title come from the programme's slot; the photos' order is kept."""
    save_new_post(desk.content, programme())
    desk.put_photo(A)
    desk.put_photo(B)
    page = ines.get(PHOTOS).text
    assert 'name="title" value="La fresque"' in page
    fields = {
        "submission": new_submission(),
        "moment": "mercredi",
        "title": "La fresque",
        "photo": [B, A],
        f"decorative-{A}": "oui",
    }
    post = desk.post(slug_in(ines.send(PHOTOS, fields))).post
    assert isinstance(post, PhotoArticle)
    assert [photo.id for photo in post.photos] == [B, A]
    assert [photo.caption for photo in post.photos] == ["La fresque, photo 1", None]
    assert post.moment is Moment.WEDNESDAY


def test_a_form_sent_twice_makes_one_post(desk: Desk, ines: Visitor) -> None:
    """A double tap and a retry after a lost answer lead to the same receipt."""
    fields = reminder_fields()
    first, again = ines.send(REMINDER, fields), ines.send(REMINDER, fields)
    assert slug_in(first) == slug_in(again)
    assert len(desk.documents()) == 1


def test_forms_sent_at_the_same_instant_make_one_post(desk: Desk) -> None:
    """Eight requests of one form, at once."""
    fields = reminder_fields()
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _n: desk.visitor("ines").send(REMINDER, fields), range(8))
        )
    assert len({slug_in(answer) for answer in answers}) == 1
    assert len(desk.documents()) == 1


def test_two_workers_make_one_post_of_one_form(desk: Desk) -> None:
    """The same, when the requests reach two apps that share nothing but the instance."""
    fields = reminder_fields()
    desks = (desk, make_desk(desk.instance, desk.hour))
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda n: desks[n % 2].visitor("ines").send(REMINDER, fields), range(8))
        )
    assert len({slug_in(answer) for answer in answers}) == 1
    assert len(desk.documents()) == 1


def test_the_same_words_of_two_forms_make_two_posts(desk: Desk, ines: Visitor) -> None:
    """Two forms are two posts, even alike: it is the form that is sent once, not the words."""
    slugs = {slug_in(ines.send(REMINDER, reminder_fields())) for _again in range(2)}
    assert len(slugs) == len(desk.documents()) == 2


def test_a_form_sent_again_with_other_words_loses_neither(desk: Desk, ines: Visitor) -> None:
    """Two tabs of one draft: the second is asked, with both versions before its eyes."""
    fields = reminder_fields()
    slug = slug_in(ines.send(REMINDER, fields))
    answer = ines.send(REMINDER, fields | {"sentence": "Bonnet seulement"})
    assert answer.status_code == 409
    assert "Bonnet seulement" in answer.text
    assert "Maillot et serviette" in answer.text
    assert f"/publications/{slug}/modifier" in answer.text
    assert len(desk.documents()) == 1


def test_a_stale_edit_shows_both_versions_and_lets_choose(desk: Desk, ines: Visitor) -> None:
    """Somebody else's edit is never overwritten without being seen; choosing then writes."""
    slug = save_new_post(desk.content, reminder()).post.publication.slug
    where = f"/equipe/{TILLEULS}/publications/{slug}/modifier"
    revision = desk.post(slug).revision
    edit = reminder_fields(revision=revision)
    assert ines.send(where, edit | {"sentence": "Version d'une collègue"}).status_code == 303
    answer = ines.send(where, edit | {"sentence": "Ma version"})
    assert answer.status_code == 409
    assert "Version d&#39;une collègue" in answer.text
    assert "Ma version" in answer.text
    assert answer.text.count("<dt>") == 1
    standing = desk.post(slug)
    assert isinstance(standing.post, Reminder)
    assert standing.post.sentence == "Version d'une collègue"
    mine = edit | {"sentence": "Ma version", "geste": "garder-le-mien"}
    assert ines.send(where, mine | {"standing": standing.revision}).status_code == 303
    kept = desk.post(slug).post
    assert isinstance(kept, Reminder)
    assert kept.sentence == "Ma version"


def test_an_edit_tapped_twice_is_one_edit(desk: Desk, ines: Visitor) -> None:
    """The second tap finds its own words already there."""
    slug = save_new_post(desk.content, reminder()).post.publication.slug
    where = f"/equipe/{TILLEULS}/publications/{slug}/modifier"
    edit = reminder_fields(revision=desk.post(slug).revision, sentence="Bonnet")
    assert [ines.send(where, edit).status_code for _tap in range(2)] == [303, 303]


def test_a_photo_taken_out_by_an_edit_leaves_the_article(desk: Desk, ines: Visitor) -> None:
    """The article keeps the others, their captions and its own slug."""
    for one in (A, B):
        desk.put_photo(one)
    slug = save_new_post(desk.content, article(photos=(A, B))).post.publication.slug
    where = f"/equipe/{TILLEULS}/publications/{slug}/modifier"
    page = ines.get(where).text
    assert page.index(A) < page.index(B)
    fields = {
        "revision": desk.post(slug).revision,
        "title": "La grande fresque",
        "moment": "mercredi",
        "photo": [B],
        f"caption-{B}": "Fresque, vue b",
    }
    assert slug_in(ines.send(where, fields)) == slug
    post = desk.post(slug).post
    assert isinstance(post, PhotoArticle)
    assert [photo.id for photo in post.photos] == [B]


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("t" * 500, "500 caractères, 120 au plus"),
        ("", "Écrivez en une phrase"),
    ],
)
def test_a_sentence_that_cannot_be_is_shown_again(
    desk: Desk, ines: Visitor, sentence: str, says: str
) -> None:
    """The mistake is said next to the field and above the form; not a character is lost."""
    answer = ines.send(REMINDER, reminder_fields(sentence=sentence, text="Mon détail"))
    assert answer.status_code == 422
    assert answer.text.count(says) == 2
    assert f">{sentence}</textarea>" in answer.text
    assert "Mon détail" in answer.text
    assert 'href="#champ-sentence"' in answer.text
    assert 'aria-describedby="faute-sentence"' in answer.text
    assert desk.documents() == []


def test_a_title_of_emoji_only_is_a_title(desk: Desk, ines: Visitor) -> None:
    """It is kept as it is; its address is made of plain letters all the same."""
    slug = slug_in(ines.send(REMINDER, reminder_fields(sentence="🏊🏊🏊")))
    post = desk.post(slug).post
    assert isinstance(post, Reminder)
    assert post.sentence == "🏊🏊🏊"
    assert slug == "2026-11-18-rappel"
    assert "🏊🏊🏊" in ines.get(f"/equipe/{TILLEULS}/").text


def test_a_text_with_html_or_a_path_is_kept_as_text(desk: Desk, ines: Visitor) -> None:
    """Raw HTML and Pelican's links are words: kept, and shown to the team as words."""
    text = "<script>alert(1)</script> [x]({attach}../../etc/hostname) <b>gras</b>"
    slug = slug_in(ines.send(REMINDER, reminder_fields(text=text)))
    post = desk.post(slug).post
    assert isinstance(post, Reminder)
    assert post.text == text
    page = ines.get(f"/equipe/{TILLEULS}/publications/{slug}/modifier").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_link_that_leads_nowhere_is_said_with_its_line(desk: Desk, ines: Visitor) -> None:
    """A relative link in an author's text is a mistake; a whole one, a mail and a phone are not."""
    text = "Bonjour\n\nvoir [le programme](programmes/)"
    answer = ines.send(REMINDER, reminder_fields(text=text))
    assert answer.status_code == 422
    assert "Ligne 3 : le lien « programmes/ » ne mène nulle part." in answer.text
    good = "[site](https://valmont.example) [mail](mailto:a@b.example) [tel](tel:+33199001000)"
    assert ines.send(REMINDER, reminder_fields(text=good)).status_code == 303
    assert len(desk.documents()) == 1


def test_a_newline_in_a_title_makes_no_header_line(desk: Desk, ines: Visitor) -> None:
    """A sentence on two lines is one line, and the document reads back as it was."""
    slug = slug_in(
        ines.send(REMINDER, reminder_fields(sentence="Maillot\nwithdrawn_at: 2020-01-01"))
    )
    post = desk.post(slug).post
    assert isinstance(post, Reminder)
    assert post.sentence == "Maillot withdrawn_at: 2020-01-01"
    assert post.publication.withdrawn_at is None


def test_a_selection_of_200_photos_is_said_and_nothing_is_lost(desk: Desk, ines: Visitor) -> None:
    """More than 60 in one article is a mistake that still holds every photo."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    ids = [f"{letters[n // 26]}{letters[n % 26]}" + "a" * 24 for n in range(200)]
    for one in ids[:70]:
        desk.put_photo(one)
    fields = {"submission": new_submission(), "moment": "mercredi", "title": "x", "photo": ids}
    answer = ines.send(PHOTOS, fields)
    assert answer.status_code == 422
    assert "200 photos, c&#39;est trop pour un article : 60 au plus." in answer.text
    assert answer.text.count('name="photo" value="') - 1 == 200
    assert desk.documents() == []


def test_a_full_disk_saves_nothing_and_loses_nothing(desk: Desk, ines: Visitor) -> None:
    """« Pas encore enregistré » with every word in the form; then the same form is saved, once."""
    fields = reminder_fields(text="mot " * 500)
    ines.get(REMINDER)
    with full_disk(500):
        answer = ines.send(REMINDER, fields)
    assert answer.status_code == 507
    assert "Pas encore enregistré" in answer.text
    assert "mot mot mot" in answer.text
    assert ">Maillot et serviette</textarea>" in answer.text
    assert list((desk.content / TILLEULS).rglob("*.*")) == []
    assert slug_in(ines.send(REMINDER, fields))
    assert len(desk.documents()) == 1


def test_a_full_disk_while_editing_leaves_the_post_as_it_was(desk: Desk, ines: Visitor) -> None:
    """The document that was there is still there, whole."""
    slug = save_new_post(desk.content, reminder()).post.publication.slug
    before = desk.documents()[0].read_bytes()
    edit = reminder_fields(revision=desk.post(slug).revision, text="mot " * 500)
    with full_disk(500):
        answer = ines.send(f"/equipe/{TILLEULS}/publications/{slug}/modifier", edit)
    assert answer.status_code == 507
    assert desk.documents()[0].read_bytes() == before


def test_a_failure_of_ours_keeps_what_was_typed(desk: Desk, ines: Visitor) -> None:
    """The records are gone: the page says it, holds the words, and offers to send again."""
    submissions = desk.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(submissions) as database:
        database.execute("ALTER TABLE submissions RENAME TO elsewhere")
    answer = ines.send(REMINDER, reminder_fields(sentence="Un mot précieux"))
    assert answer.status_code == 500
    assert 'value="Un mot précieux"' in answer.text
    assert "Envoyer de nouveau" in answer.text


def test_a_get_changes_nothing(desk: Desk, ines: Visitor) -> None:
    """Every page of the app, opened: not a byte of the instance, not a row of the records."""
    desk.put_photo(A)
    slugs = [
        save_new_post(desk.content, post).post.publication.slug
        for post in (reminder(), article(photos=(A,)), programme())
    ]

    def state(folder: Path) -> tuple[object, ...]:
        database = sqlite3.connect(desk.settings.database_url.removeprefix("sqlite:///"))
        rows = list(database.iterdump())
        database.close()
        kept = ("content", "centres", "keys", "build")
        return (*(digest_of_site(folder / name) for name in kept), rows)

    before = state(desk.instance)
    rules = [rule for rule in desk.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    opened = 0
    for rule in rules:
        for slug in slugs:
            path = (
                str(rule)
                .replace("<slug>", TILLEULS)
                .replace("<post>", slug)
                .replace("<kind>", "reminder")
                .replace("<photo_id>", A)
                .replace("<rendition>", "480.jpg")
                .replace("<path:name>", "preau.css")
                .replace("<path:filename>", "equipe.js")
                .replace("<source>", "absente")
            )
            opened += ines.get(path).status_code == 200
    assert opened >= 20
    assert state(desk.instance) == before


def test_a_programme_is_entered_without_a_script(desk: Desk, ines: Visitor) -> None:
    """Choosing next week, adding lines, copying a day: each button gives the form back."""
    first = {
        "submission": new_submission(),
        "semaine": "2026-11-23",
        "debut": "2026-11-23",
        "slot-day": ["2026-11-23", "2026-11-25"],
        "slot-moment": ["soir", "mercredi"],
        "slot-group": ["", "moyens"],
        "slot-title": ["Contes", "Piscine"],
        "slot-time": ["", "9 h 15"],
        "slot-place": ["", ""],
        "slot-bring": ["", ""],
    }
    added = ines.send(PROGRAMME, first | {"geste": "ajouter-2026-11-23"})
    assert added.status_code == 200
    assert added.text.count('name="slot-day" value="2026-11-23"') == 2
    copied = ines.send(
        PROGRAMME, first | {"geste": "copier-2026-11-25", "vers-2026-11-25": "2026-11-27"}
    )
    assert copied.text.count('value="Piscine"') == 2
    assert copied.text.count('value="9 h 15"') == 2
    assert desk.documents() == []
    post = desk.post(slug_in(ines.send(PROGRAMME, first | {"geste": "envoyer"}))).post
    assert isinstance(post, Programme)
    assert (post.starts_on.isoformat(), post.ends_on.isoformat()) == ("2026-11-23", "2026-11-27")
    assert [(slot.title, slot.group, slot.time) for slot in post.slots] == [
        ("Contes", None, ""),
        ("Piscine", "moyens", "9 h 15"),
    ]


def test_another_clock_changes_no_hour(desk: Desk, ines: Visitor) -> None:
    """The server's clock is UTC and the form's hours are the town's: 17 h is 17 h in Valmont."""
    post = desk.post(slug_in(ines.send(REMINDER, reminder_fields()))).post
    assert post.publication.published_at == NOW
    assert post.publication.published_at.utcoffset() == NOW.utcoffset()
    assert "17 h · Les Tilleuls" in ines.get(f"/equipe/{TILLEULS}/").text


def test_a_form_of_a_broken_length_is_still_one_reading(desk: Desk, ines: Visitor) -> None:
    """A document that cannot be read does not take the home away from the others."""
    save_new_post(desk.content, reminder())
    broken = desk.content / TILLEULS / "posts/2026-2027/2026-11-18-casse/post.md"
    broken.parent.mkdir()
    broken.write_text("---\nkind: reminder\nsentence: 3: 4\n---\n", encoding="utf-8")
    page = ines.get(f"/equipe/{TILLEULS}/")
    assert page.status_code == 200
    assert "2026-11-18-casse" in page.text
    assert len(read_centre(desk.content, desk.centre()).stored) == 1
