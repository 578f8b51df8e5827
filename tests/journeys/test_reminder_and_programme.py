"""A reminder that leaves at its minute; a programme entered on a phone and read on one."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from playwright.sync_api import expect

from publisher.centres import TownOnDisk
from publisher.content.library import read_post, save_edited_post, save_new_post
from publisher.model.moment import Moment
from publisher.model.post import Programme, Publication, Slot
from publisher.model.school_year import monday_of
from publisher.wiring import utc_now
from tests.journeys.conftest import DESK, RunningTown, Visit
from tests.waiting import wait_until

ONLINE = re.compile("en ligne", re.IGNORECASE)


def test_a_reminder_is_sent_seen_and_gone_at_its_minute(
    visits: Callable[..., Visit], town: RunningTown
) -> None:
    """Three touches and a sentence; at its end it is nowhere, though nobody touched anything."""
    animator = visits()
    animator.sign_in_to_team("ines")
    page = animator.page
    page.get_by_role("link", name="Rappel").first.tap()
    page.get_by_label("En une phrase").fill("Apportez une boîte à chaussures vide")
    page.locator("label", has_text="Chose à apporter").tap()
    page.get_by_role("button", name=re.compile("Envoyer")).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(ONLINE, timeout=60_000)
    slug = page.url.rstrip("/").rsplit("/", maxsplit=1)[-1]

    family = visits()
    family.sign_in("parent-prevert", "/les-tilleuls/index.html")
    expect(family.page.get_by_text("Apportez une boîte à chaussures vide").first).to_be_visible()

    content, on_disk = town.instance / "content", TownOnDisk(town.instance)()
    centre = on_disk.centre("les-tilleuls")
    assert centre is not None
    stored = read_post(content, centre, slug)
    assert stored is not None
    ends_at = utc_now().astimezone(on_disk.timezone).replace(microsecond=0) + timedelta(seconds=4)
    save_edited_post(content, centre, _ending(stored.post, ends_at), stored.revision)

    def is_seen() -> bool:
        return any(
            "boîte à chaussures vide" in family.fetch(f"/les-tilleuls/{page}")[1].decode()
            for page in ("index.html", "rappels.html", "groupes/moyens/index.html")
        )

    wait_until(lambda: not is_seen(), "the reminder's end", 30)
    assert utc_now() >= ends_at


def _ending(post, ends_at: datetime):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 (a post)
    from dataclasses import replace

    return replace(post, publication=replace(post.publication, ends_at=ends_at))


def test_a_programme_is_entered_on_a_phone_and_read_on_one(
    visits: Callable[..., Visit],
) -> None:
    """Two activities on Wednesday, one line each; families read them a day at a time."""
    animator = visits()
    animator.sign_in_to_team("ines")
    page = animator.page
    page.goto("/equipe/les-tilleuls/nouveau/programme")
    wednesday = page.locator("details.mer").first
    if wednesday.get_attribute("open") is None:
        wednesday.locator("summary").first.tap()
    wednesday.get_by_label("Activité").first.fill("La grande fresque")
    wednesday.get_by_role("button", name="Une activité").tap()
    wednesday.get_by_label("Activité").last.fill("Piscine")
    wednesday.get_by_label("Groupe").last.select_option("moyens")
    page.get_by_role("button", name=re.compile("Envoyer le programme")).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(ONLINE, timeout=60_000)
    slug = page.url.rstrip("/").rsplit("/", maxsplit=1)[-1]

    family = visits()
    family.sign_in("parent-prevert", "/les-tilleuls/programmes/index.html")
    family.page.goto("/les-tilleuls/programmes/index.html")
    family.page.locator(f"main a[href$='{slug}.html']").first.tap()
    expect(family.page.get_by_text("La grande fresque").first).to_be_visible()
    expect(family.page.get_by_text("Piscine").first).to_be_visible()
    assert not family.page.locator("main table").count()
    width = family.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360


def test_last_week_is_copied(visits: Callable[..., Visit], town: RunningTown) -> None:
    """« Copier » fills the week to come with the slots of the one before, on their new days."""
    monday = monday_of(utc_now().date()) + timedelta(days=14)
    before = monday - timedelta(days=7)
    last_week = Programme(
        publication=Publication(
            centre="les-tilleuls",
            slug="semaine-a-copier",
            published_at=utc_now().replace(microsecond=0),
        ),
        title="",
        starts_on=before,
        ends_on=before + timedelta(days=4),
        slots=(
            Slot(day=before, moment=Moment.LUNCH, group=None, title="Corde à sauter"),
            Slot(
                day=before + timedelta(days=2),
                moment=Moment.WEDNESDAY,
                group="moyens",
                title="Cerfs-volants",
            ),
        ),
    )
    save_new_post(town.instance / "content", last_week)
    animator = visits(DESK)
    animator.sign_in_to_team("ines")
    page = animator.page
    page.goto(f"/equipe/les-tilleuls/nouveau/programme?semaine={monday.isoformat()}")
    page.get_by_role("link", name=re.compile("Copier la semaine")).click()
    lines = page.locator(".creneau").evaluate_all(
        "all => all.map(one => [one.querySelector('[name=slot-title]').value,"
        " one.querySelector('[name=slot-day]').value])"
    )
    assert ["Corde à sauter", monday.isoformat()] in lines
    assert ["Cerfs-volants", (monday + timedelta(days=2)).isoformat()] in lines


def test_a_form_sent_twice_makes_one_post(visits: Callable[..., Visit], town: RunningTown) -> None:
    """The same form, sent by an impatient thumb, makes one reminder."""
    animator = visits()
    animator.sign_in_to_team("ines")
    page = animator.page
    page.goto("/equipe/les-tilleuls/nouveau/reminder")
    page.get_by_label("En une phrase").fill("Une gourde pour la course")
    page.locator("label", has_text="Gourde").tap()
    fields = page.locator("form.compose").evaluate(
        "form => [...new FormData(form)].map(([name, value]) => [name, String(value)])"
    )
    form = dict(fields)
    for _again in range(2):
        answer = animator.context.request.post(
            "/equipe/les-tilleuls/nouveau/reminder", form=form, max_redirects=0
        )
        assert answer.status in {302, 303}
    posts = list(
        (town.instance / "content/les-tilleuls/posts").rglob("*une-gourde-pour-la-course*")
    )
    assert len(posts) == 1
