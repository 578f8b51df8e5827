"""The press: gather, plan, render, inspect, place. One centre at a time, never half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import shelf
from publisher.centres import theme_folder
from publisher.content.library import Reading, read_centre
from publisher.editions.inspect import inspect_site
from publisher.editions.plan import next_change_at, plan_of
from publisher.editions.render import RenderFailed, render_site
from publisher.model.edition import CentreContent, Plan, Unfit
from publisher.model.mistake import in_french as _
from publisher.model.town import Centre, Town
from publisher.shelf import Change, Edition

HTML = ".html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders of one instance that the press reads and writes."""

    instance: Path

    @property
    def content(self) -> Path:
        """The truth."""
        return self.instance / "content"

    @property
    def build(self) -> Path:
        """Where editions stand."""
        return self.instance / "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A centre whose site now is what its content says."""

    centre: str
    edition: Edition
    change: Change
    set_aside: tuple[Unfit, ...]
    next_change_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A centre whose site stayed as it was, and why."""

    centre: str
    unfit: tuple[Unfit, ...]


def build_whole(places: Places, town: Town, centre: Centre, now: datetime) -> Built | NotBuilt:
    """Build *centre* as CI does: one post that is not fit, and the site stays as it was."""
    with shelf.held(places.build, centre.slug):
        shelf.recover(places.build, centre.slug)
        reading = read_centre(places.content, centre)
        if reading.unfit:
            return NotBuilt(centre=centre.slug, unfit=reading.unfit)
        unfit = _stage(places, town, plan_of(reading.content, _local(now, town)))
        if unfit:
            return NotBuilt(centre=centre.slug, unfit=unfit)
        return _place(places, town, reading, (), now)


def build_what_is_fit(
    places: Places, town: Town, centre: Centre, now: datetime
) -> Built | NotBuilt:
    """Build *centre* as the press does on a Wednesday evening: what is not fit is set aside.

    One broken file must not keep in the other posts, nor keep out a withdrawal. When what is
    wrong is no post's fault (a theme), the site stays as it was.
    """
    with shelf.held(places.build, centre.slug):
        shelf.recover(places.build, centre.slug)
        reading = read_centre(places.content, centre)
        aside = list(reading.unfit)
        while True:
            plan = plan_of(reading.content, _local(now, town))
            unfit = _stage(places, town, plan)
            if not unfit:
                return _place(places, town, reading, aside, now)
            blamed = {one.post for one in unfit} & set(reading.stored)
            if not blamed:
                return NotBuilt(centre=centre.slug, unfit=(*aside, *unfit))
            aside += [one for one in unfit if one.post in blamed]
            reading = _without(reading, blamed)


def _local(now: datetime, town: Town) -> datetime:
    return now.astimezone(town.timezone)


def _without(reading: Reading, slugs: set[str]) -> Reading:
    content = reading.content
    kept = tuple(post for post in content.posts if post.publication.slug not in slugs)
    return replace(
        reading,
        content=CentreContent(centre=content.centre, posts=kept, photos=content.photos),
        stored={slug: one for slug, one in reading.stored.items() if slug not in slugs},
    )


def _stage(places: Places, town: Town, plan: Plan) -> tuple[Unfit, ...]:
    """Render *plan* beside the site and inspect it; what is not fit to be read."""
    stage = shelf.fresh_stage(places.build, plan.centre.slug)
    theme = theme_folder(places.instance, plan.centre.theme)
    try:
        render_site(plan, town, stage, theme, places.content, town.language)
    except RenderFailed as failure:
        page = next((one for one in plan.pages if one.path == failure.page), None)
        about = page and (page.article or page.programme)
        return (
            Unfit(
                post=about.publication.slug if about else failure.page,
                reason=_("Cette page ne se compose pas : {why}."),
                facts={"why": failure.reason},
            ),
        )
    paths = shelf.files_of(stage)
    pages = {
        name: (stage / name).read_text(encoding="utf-8") for name in paths if name.endswith(HTML)
    }
    return inspect_site(pages, paths, plan)


def _place(
    places: Places, town: Town, reading: Reading, aside: Sequence[Unfit], now: datetime
) -> Built:
    posts = reading.content.posts
    edition = Edition(
        made_at=datetime.now(UTC),
        moment=now,
        posts={
            post.publication.slug: reading.stored[post.publication.slug].revision
            for post in posts
            if post.publication.is_live(now)
        },
        set_aside=tuple((_slug(one.post), one.line or 0, one.sentence()) for one in aside),
    )
    centre = reading.content.centre.slug
    change = shelf.place(places.build, centre, edition)
    return Built(
        centre=centre,
        edition=edition,
        change=change,
        set_aside=tuple(aside),
        next_change_at=next_change_at(posts, _local(now, town)),
    )


def _slug(post: str) -> str:
    """The slug in a document's path, or the name as it is."""
    return post.removesuffix("/post.md").rpartition("/")[2]
