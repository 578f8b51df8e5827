"""Bad days: a press that is killed, a phone whose clock is elsewhere."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from publisher.centres import TownOnDisk
from publisher.content.library import save_new_post
from publisher.model.post import Publication, Reminder
from publisher.wiring import utc_now
from tests.journeys.conftest import PHONE, RunningTown, Visit, is_online
from tests.waiting import wait_until


def _presses(town: RunningTown) -> list[int]:
    """The processes of this town's press, children of its server."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == town.serving.pid and b"press" in command:
            found.append(int(folder.name))
    return found


def test_a_killed_press_comes_back_and_finishes(town: RunningTown) -> None:
    """Killed with −9 while a post waits, it starts again alone and the post goes out."""
    (press,) = _presses(town)
    os.kill(press, signal.SIGKILL)
    now = utc_now().astimezone(TownOnDisk(town.instance)().timezone).replace(microsecond=0)
    post = Reminder(
        publication=Publication(
            centre="les-tilleuls",
            slug="apres-la-coupure",
            published_at=now,
            ends_at=now + timedelta(days=1),
        ),
        sentence="Après la coupure",
        pictogram="lanterne",
        day=now.date(),
    )
    save_new_post(town.instance / "content", post)
    wait_until(lambda: is_online(town, "les-tilleuls", "apres-la-coupure"), "the post")
    assert _presses(town) != [press]
    assert len(_presses(town)) == 1


def test_the_towns_clock_decides_not_the_phones(
    visits: Callable[..., Visit], town: RunningTown
) -> None:
    """On a phone set to Auckland, « Aujourd'hui » and « Demain » are still the town's."""
    animator = visits(PHONE, timezone_id="Pacific/Auckland")
    animator.sign_in_to_team("ines")
    animator.page.goto("/equipe/les-tilleuls/nouveau/reminder")
    offered = animator.page.locator("input[name=jour]").evaluate_all("all => all.map(o => o.value)")
    today = utc_now().astimezone(TownOnDisk(town.instance)().timezone).date()
    assert {today.isoformat(), (today + timedelta(days=1)).isoformat()} <= set(offered)
