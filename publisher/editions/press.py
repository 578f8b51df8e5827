"""The press: gather, plan, render, inspect, place. One centre at a time, never half.

A publication reads the documents that changed, works out which pages that touches, and draws
those; a whole edition draws every page. Both are made of the same steps on the same index, so
that a site changed a thousand times is, byte for byte, the one a clean build makes.
"""

import ctypes
import errno
import gc
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from posixpath import basename, dirname
from typing import NamedTuple

from publisher import shelf
from publisher.centres import theme_folder
from publisher.content.durable import sync_folder
from publisher.content.library import (
    DocumentOnDisk,
    StoredPost,
    document_at,
    documents_of,
    posts_folder,
    read_document,
    stamp_of,
)
from publisher.content.photos import photos_folder
from publisher.editions.index import INDEX_FAULTS, Index, IndexIsUnreadable, Link
from publisher.editions.inspect import inspect_page
from publisher.editions.plan import (
    ARTICLE,
    HTML,
    PROGRAMME,
    PageKey,
    every_key,
    next_midnight,
    page_of,
    path_of,
    photos_of,
    touched_by,
    touched_by_days,
)
from publisher.editions.render import Renderer, RenderFailed
from publisher.model.edition import Page, PlacedPhoto, Unfit
from publisher.model.mistake import in_french as _
from publisher.model.photo import Photo
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.town import Centre, Town
from publisher.shelf import Change, Edition, Stage

_C = ctypes.CDLL(None)
_TRIES = 3
"""How often a document that is being written while it is read is read again."""
_YOUNG_NS = 50_000_000
"""A file changed less than 50 ms before it was read may change again within the clock's tick."""


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
    change: Change
    set_aside: tuple[Unfit, ...]
    next_change_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A centre whose site stayed as it was, and why."""

    centre: str
    unfit: tuple[Unfit, ...]


class Superseded(Exception):
    """The site stands with another theme, configuration or program than this press was given."""


class _Refused(Exception):
    """What must go out cannot be read by families."""

    def __init__(self, unfit: tuple[Unfit, ...]) -> None:
        super().__init__()
        self.unfit = unfit


def build_whole(places: Places, town: Town, centre: Centre, now: datetime) -> Built | NotBuilt:
    """Build *centre* as CI does, from nothing but its content.

    One post that is not fit, and the site stays as it was.
    """
    return _once(
        places, town, centre, lambda press: press.make_again(lambda: now, strict=True, anew=True)
    )


def build_what_is_fit(
    places: Places, town: Town, centre: Centre, now: datetime
) -> Built | NotBuilt:
    """Build *centre* as the press does on a Wednesday evening: what is not fit is set aside.

    One broken file must not keep in the other posts, nor keep out a withdrawal. When what is
    wrong is no post's fault (a theme), the site stays as it was.
    """
    return _once(places, town, centre, lambda press: press.publish(now))


def _once(
    places: Places,
    town: Town,
    centre: Centre,
    deed: "Callable[[CentrePress], Built | NotBuilt]",
) -> Built | NotBuilt:
    try:
        press = CentrePress(places, town, centre)
    except RenderFailed as failure:
        return NotBuilt(centre=centre.slug, unfit=(does_not_compose(failure),))
    try:
        return deed(press)
    finally:
        press.close()


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let no collector walk over what a whole edition keeps, and give it all back at the end.

    Walking took 6 % of the time to find, in 10 000 pages, 4 MB. What is given back, a third of what
    such an edition took, stays otherwise with a press that will never need it again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        with suppress(AttributeError):  # glibc's own
            _C.malloc_trim(0)


@cache
def program_digest() -> str:
    """What changes with the program itself: an upgraded one makes every site again."""
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    for room in ("content", "editions", "kinds", "language.py", "locales", "model"):
        for path in sorted([root / room, *(root / room).rglob("*")]):
            if path.suffix in {".py", ".po"}:
                total.update(path.relative_to(root).as_posix().encode() + b"\0")
                total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _in_words(value: object) -> str:
    """*value* and all it holds, as every process says it: a set has another order in each."""
    if is_dataclass(value):
        return _in_words(
            (type(value).__name__, *(getattr(value, one.name) for one in fields(value)))
        )
    if isinstance(value, Mapping):
        return _in_words(("mapping", *value.items()))
    if isinstance(value, frozenset):
        return _in_words(("set", *sorted(map(_in_words, value))))
    return f"({','.join(map(_in_words, value))})" if isinstance(value, tuple) else repr(value)


class CentrePress:
    """One centre's press, warm: its theme frozen, its templates compiled, its index open.

    What it was given (town, centre, theme) does not change: another theme or configuration is
    another press. Not to be shared between threads.
    """

    def __init__(self, places: Places, town: Town, centre: Centre) -> None:
        """Get ready. Raises RenderFailed when the theme cannot be read."""
        self._places, self._town, self._centre = places, town, centre
        self._renderer = Renderer(
            town=town,
            centre=centre,
            theme=theme_folder(places.instance, centre.theme),
            language=town.language,
            plugins=town.plugins,
        )
        asked = hashlib.sha256(_in_words((town, centre)).encode()).hexdigest()[:16]
        self._made_with = {
            "program": program_digest(),
            "asked": asked,
            "theme": self._renderer.theme_digest,
        }
        self._index: Index | None = None
        self._is_first = True

    @property
    def made_with(self) -> Mapping[str, str]:
        """The program, the configuration and the theme that its pages are made with."""
        return self._made_with

    def close(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()
        self._index = None

    def publish(self, now: datetime, changed: Iterable[Path] | None = None) -> Built | NotBuilt:
        """Make the site what the content says at *now*; what is not fit is set aside.

        With *changed*, only those documents are looked at again; without, every document whose
        stamp is not the one it was read with. Where no edition of this index stands, every page
        is made again and compared.

        Raises OSError (a full disk): the site is what it was, or the next call finishes.
        """
        anew = False
        with shelf.held(self._places.build, self._centre.slug):
            self._finish_what_was_decided()
            try:
                index = self._standing_index()
                if index is not None:
                    return self._step(index, now, changed)
            except INDEX_FAULTS:
                anew = True
        return self.make_again(lambda: now, anew=anew)

    def make_again(
        self, clock: Callable[[], datetime], *, strict: bool = False, anew: bool = False
    ) -> Built | NotBuilt:
        """Make every page of the site again; only those that are not the same are moved.

        The place is not held while they are drawn, so that publications go on meanwhile; what
        they changed is drawn again at the end. *strict*: one post that is not fit, and nothing
        moves. *anew*: every document is read again, whatever the index knows.

        Raises OSError (a full disk): the site is what it was, or the next call finishes.
        """
        self.close()
        build, centre = self._places.build, self._centre.slug
        with _nothing_collected(), shelf.drafting(build, centre):
            stage = Stage(build, centre, drafted=True)
            making = stage.folder / shelf.INDEX
            try:
                placed = frozenset() if anew else self._known(making)
                with closing(
                    Index(making, self._centre, self._town.public_url, drafted=True)
                ) as index:
                    self._draft(index, stage, self._local(clock()), placed, strict=strict)
                    with shelf.held(build, centre):
                        self._finish_what_was_decided()
                        return self._place_draft(
                            index, stage, self._local(clock()), strict=strict, anew=anew
                        )
            except _Refused as refused:
                return NotBuilt(centre=centre, unfit=refused.unfit)
            except INDEX_FAULTS as error:
                # That index was made here and now: only the disk can be at fault.
                raise OSError(errno.EIO, str(error)) from error
            finally:
                stage.forget()

    def _local(self, now: datetime) -> datetime:
        return now.astimezone(self._town.timezone)

    def _finish_what_was_decided(self) -> None:
        build, centre = self._places.build, self._centre.slug
        if self._is_first or not shelf.is_whole(build, centre):
            shelf.recover(build, centre)
            self._is_first = False

    def _standing_index(self) -> Index | None:
        """The index of the edition that stands, or None when there is none to be trusted.

        Raises Superseded when the site stands with another theme, configuration or program, made
        by a press that came after this one.
        """
        edition = shelf.read_edition(self._places.build, self._centre.slug)
        if edition is None:
            return None
        has_stood = False
        if self._index is not None:
            if self._index.fact("edition") == edition.id:
                return self._index
            self.close()
            has_stood = True
        file = shelf.index_file(self._places.build, self._centre.slug)
        try:
            index = Index(file, self._centre, self._town.public_url)
        except IndexIsUnreadable:
            return None
        is_of_it = index.fact("edition") == edition.id
        is_alike = all(index.fact(name) == value for name, value in self._made_with.items())
        if is_of_it and is_alike:
            self._index = index
            return index
        index.close()
        if is_of_it and has_stood:
            raise Superseded
        return None

    # A publication

    def _step(
        self, index: Index, now: datetime, changed: Iterable[Path] | None
    ) -> Built | NotBuilt:
        local, aside = self._local(now), index.set_aside()
        index.begin()
        stage = None
        try:
            work, days = self._look(index, local, changed)
            change = Change()
            if work.slugs or days:
                stage = Stage(self._places.build, self._centre.slug)
                self._draw_what_changed(index, work, stage, days)
                work.stand(stage)
                if work.is_seen or len(stage.change) or index.set_aside() != aside:
                    change = self._place(index, stage, local)
                index.note("moment", local.isoformat())
            index.keep()
        except _Refused as refused:
            index.forget()
            return NotBuilt(centre=self._centre.slug, unfit=refused.unfit)
        except BaseException:
            index.forget()
            raise
        finally:
            if stage is not None:
                stage.forget()
        return self._built(index, change, local)

    def _look(
        self, index: Index, local: datetime, changed: Iterable[Path] | None
    ) -> "tuple[_Work, tuple[PageKey, ...]]":
        """What changed since the index's moment: posts, by documents and by clock; and the day."""
        work = _Work(index, self._centre)
        before = self._local(datetime.fromisoformat(index.fact("moment") or ""))
        index.now = before
        self._read_again(index, work, changed)
        work.touch(index.crossing(before, local))
        index.now = local
        work.refresh_all()
        return work, tuple(touched_by_days(before.date(), local.date(), index))

    def _read_again(self, index: Index, work: "_Work", changed: Iterable[Path] | None) -> None:
        """Read again the documents that changed."""
        content, centre = self._places.content, self._centre
        if changed is None:
            known = index.stamps()
            found = {one.key: one for one in documents_of(content, centre.slug)}
            again = [
                one for key, one in found.items() if not one.stamp or known.get(key) != one.stamp
            ]
            folder = posts_folder(content, centre.slug)
            gone = [DocumentOnDisk(posts=folder, key=key) for key in known.keys() - found.keys()]
            again += gone
            # One that could not be read may have lacked a photo, which is there now.
            keys = {*index.unread_keys(), *self._keys_without_photo(index)}
            again += [found[key] for key in keys if key in found]
        else:
            documents = (document_at(content, centre.slug, path) for path in changed)
            again = [one for one in documents if one is not None]
        slugs = set()
        for document in {one.key: one for one in again}.values():
            standing = self._found(document)
            if standing is not None and index.holds(document.key, standing.read, standing.photos):
                # It rang twice, or was too young to be believed: nothing of it is to be drawn again.
                index.note_stamp(document.key, standing.stamp)
                continue
            slugs.add(document.slug)
            work.touch((document.slug,))
            _take(index, document, standing)
        for slug in slugs:
            index.settle(slug)

    def _found(self, document: DocumentOnDisk) -> "_Found | None":
        """What a document says, once it stood still while it was read; None: it is not there."""
        photos: dict[str, Photo] = {}
        path, tries = document.path, _TRIES
        while True:
            tries -= 1
            stamp = stamp_of(path)
            if stamp is None:
                return None
            read = read_document(self._places.content, self._centre, path, photos)
            stood = stamp == stamp_of(path)
            if stood or not tries:
                return _Found(_settled(stamp) if stood else "", read, tuple(photos.values()))

    def _keys_without_photo(self, index: Index) -> Iterable[str]:
        """The documents one of whose photos is not there any more."""
        folder = photos_folder(self._places.content, self._centre.slug)
        stamp = _settled(stamp_of(folder) or "")
        if stamp and stamp == index.fact("photos"):
            return  # none came, none went
        index.note("photos", stamp)
        try:
            there = {path.name for path in folder.iterdir()}
        except OSError:
            there = set()
        for photo_id in index.photo_ids() - there:
            yield from index.keys_with_photo(photo_id)

    def _draw_what_changed(
        self, index: Index, work: "_Work", stage: Stage, days: Sequence[PageKey]
    ) -> None:
        """Draw the pages that the change touches, until all that is left is fit to be read."""
        keys, linked = set(days), dict(work.photos_before())
        while True:
            self._settle_links(index, work)
            keys |= work.keys()
            photos = work.photos_after()
            linked.update(photos)
            site = _Site(index, self._renderer, keys)
            unfit = [*self._link(index, stage, photos), *self._draw(index, site, stage)]
            if not unfit:
                for path in site.gone(path for path in linked if path not in photos):
                    stage.remove(path)
                return
            self._set_aside(index, work, unfit)

    def _set_aside(self, index: Index, work: "_Work", unfit: Sequence[Unfit]) -> None:
        """Set aside the posts at fault. Raises _Refused when no post is."""
        blamed = {one.post for one in unfit}
        posts = {slug for slug in blamed if index.shown(slug) is not None}
        if not posts:
            raise _Refused((*index.set_aside(), *unfit))
        work.touch(posts)
        for slug in posts:
            index.set_unfit(slug, [one for one in unfit if one.post == slug])
        work.refresh_all()

    def _settle_links(self, index: Index, work: "_Work") -> None:
        """Set aside the posts whose text leads to a page that is not there, and take back the others.

        The most posts that can stand together: those set aside are taken back when a page that
        one of them leads to may have come; then those that lead nowhere go, until none does.
        """
        paths = work.paths()
        dead = index.dead_links()
        if any(link.path in paths for link in dead):
            work.touch(link.slug for link in dead)
            for link in dead:
                index.set_dead(link.key, None)
            work.refresh_all()
            paths = work.paths()
        links = (
            index.every_link()
            if work.is_whole
            else (*index.links_of(work.slugs), *_links_to_nothing(index, paths))
        )
        while True:
            gone: dict[str, Link] = {}
            for link in links:
                leads = link.key in gone or index.leads_to(link.path)
                if not leads and index.shown(link.slug) is not None:
                    gone[link.key] = link
            if not gone:
                return
            work.touch(link.slug for link in gone.values())
            for link in gone.values():
                index.set_dead(link.key, _leads_nowhere(link))
                index.refresh(link.slug)
            links = _links_to_nothing(index, work.paths())

    def _link(self, index: Index, stage: Stage, paths: Iterable[str]) -> Iterable[Unfit]:
        """Put photos in the site; the posts whose photo is not there any more."""
        folder = photos_folder(self._places.content, self._centre.slug)
        for where, ours in groupby(paths, dirname):
            photo_id = basename(where)
            try:
                stage.link(where, [f"{folder}/{photo_id}/{basename(path)}" for path in ours])
            except FileNotFoundError:
                for slug, number in index.showing(photo_id):
                    yield Unfit(
                        post=slug,
                        reason=_(
                            "La photo {number} n'est pas là. Envoyez-la de nouveau, ou retirez-la."
                        ),
                        facts={"number": number},
                    )

    # A whole edition

    def _known(self, making: Path) -> frozenset[str]:
        """Begin the draft's index with what the standing one has read, if this press reads alike.

        The folders of the photos that the site has for sure: those of the edition that stands.
        """
        build, centre = self._places.build, self._centre.slug
        file, edition = shelf.index_file(build, centre), shelf.read_edition(build, centre)
        if edition is None or not file.is_file():
            return frozenset()
        try:
            known = Index(file, self._centre, self._town.public_url)
        except IndexIsUnreadable:
            return frozenset()
        try:
            if all(known.fact(name) == self._made_with[name] for name in ("program", "asked")):
                known.copy_to(making)
            is_of_it = known.fact("edition") == edition.id
            return frozenset(known.shown_photos()) if is_of_it else frozenset()
        except INDEX_FAULTS:
            making.unlink(missing_ok=True)
            return frozenset()
        finally:
            known.close()

    def _draft(
        self,
        index: Index,
        stage: Stage,
        local: datetime,
        placed: frozenset[str],
        *,
        strict: bool,
    ) -> None:
        """Read what must be, and draw every page, while the site goes on changing."""
        index.begin()
        if index.fact("moment") is None:
            index.now = local
            documents = documents_of(self._places.content, self._centre.slug)
            # In the order in which pages ask for them: what is read together lies together.
            for document in sorted(documents, key=lambda one: one.key):
                _take(index, document, self._found(document))
            for slug in index.every_slug():
                index.settle(slug)
                index.refresh(slug)
        else:
            # What another theme could not show, this one may.
            fit_again = index.take_back_unfit()
            self._look(index, local, None)
            for slug in fit_again:
                index.refresh(slug)
        work = _Work(index, self._centre, is_whole=True)
        self._settle_links(index, work)
        _refuse_if(strict, index)
        for path, source in self._renderer.theme_files.items():
            stage.put(path, source.read_bytes())
        site = _Site(index, self._renderer, every_key(index), whole=True)
        unfit = [
            *self._link(index, stage, site.photos(placed)),
            *self._draw(index, site, stage),
        ]
        if unfit:
            self._set_aside(index, work, unfit)
            self._draw_what_changed(index, work, stage, ())
        _refuse_if(strict, index)
        index.note("moment", local.isoformat())
        index.keep()

    def _place_draft(
        self, index: Index, stage: Stage, local: datetime, *, strict: bool, anew: bool
    ) -> Built | NotBuilt:
        """Draw again what changed since the draft, and put it in place of the site."""
        build, centre = self._places.build, self._centre.slug
        index.begin()
        work, days = self._look(index, local, None)
        if work.slugs or days:
            self._draw_what_changed(index, work, stage, days)
        _refuse_if(strict, index)
        site = _Site(index, self._renderer, every_key(index), whole=True)
        standing = shelf.walk(
            shelf.site_folder(build, centre),
            enters=_everywhere if anew else site.is_to_be_looked_at,
        )
        for path in site.gone(standing):
            stage.remove(path)
        shown = dict(index.shown_revisions())
        for slug in shelf.placed(build, centre):
            if slug not in shown:
                stage.stand(slug, None)
        for slug, revision in shown.items():
            stage.stand(slug, revision)
        index.note("moment", local.isoformat())
        change = self._place(index, stage, local)
        index.keep()
        index.close()
        file = shelf.index_file(build, centre)
        _put_index(stage.folder / shelf.INDEX, file)
        self._renderer.finish()
        self._index = Index(file, self._centre, self._town.public_url, checked=True)
        self._index.now = local
        return self._built(self._index, change, local)

    # Both

    def _draw(self, index: Index, site: "_Site", stage: Stage) -> list[Unfit]:
        """Draw pages and look at each; what is not fit to be read."""
        unfit: list[Unfit] = []
        for page in site.pages():
            try:
                text = self._renderer.render(page, index.now, index)
            except RenderFailed as failure:
                unfit.append(self._blame(failure, page, index))
                continue
            if page.path.endswith(HTML):
                unfit += inspect_page(
                    page.path, text, page, centre=self._centre.slug, exists=site.has
                )
            stage.put(page.path, text.encode())
        return unfit

    def _blame(self, failure: RenderFailed, page: Page, index: Index) -> Unfit:
        """Whose fault it is that a page does not compose: a post's, if the page would without it.

        One that composes neither with any of its posts nor with none is its theme's fault: to set
        posts aside for it, one after the other, would leave none.
        """
        about = page.article or page.programme if page.template in {ARTICLE, PROGRAMME} else None
        if about is not None:
            return replace(does_not_compose(failure), post=about.publication.slug)
        suspects = _shown_on(page)
        failures = {
            post.publication.slug: again
            for post in suspects
            if (again := self._failure_of(_only_with(page, post), index)) is not None
        }
        fails_with_all = len(failures) == len(suspects) > 1
        if not failures or (fails_with_all and self._failure_of(_only_with(page), index)):
            return does_not_compose(failure)
        slug, again = next(iter(failures.items()))
        return replace(does_not_compose(again), post=slug)

    def _failure_of(self, page: Page, index: Index) -> RenderFailed | None:
        try:
            self._renderer.render(page, index.now, index)
        except RenderFailed as failure:
            return failure
        return None

    def _place(self, index: Index, stage: Stage, local: datetime) -> Change:
        """Place what is staged; *index*, once kept, is of the edition that then stands."""
        for name, value in self._made_with.items():
            index.note(name, value)
        index.note("edition", stage.id)
        return stage.place(
            Edition(
                made_at=datetime.now(UTC),
                moment=local,
                set_aside=tuple(
                    (_slug(one.post), one.line or 0, one.sentence()) for one in index.set_aside()
                ),
            )
        )

    def _built(self, index: Index, change: Change, local: datetime) -> Built:
        soonest, midnight = index.next_change_after(local), next_midnight(local)
        return Built(
            centre=self._centre.slug,
            change=change,
            set_aside=index.set_aside(),
            next_change_at=midnight if soonest is None else min(soonest, midnight),
        )


class _Found(NamedTuple):
    """A document as it was found: its stamp, empty when it may not be believed, and what it says."""

    stamp: str
    read: StoredPost | tuple[Unfit, ...]
    photos: tuple[Photo, ...]


def _take(index: Index, document: DocumentOnDisk, found: _Found | None) -> None:
    """Take a document into the index as it was found, or forget it."""
    if found is None:
        index.drop(document.key)
        return
    index.take_photos(found.photos)
    index.take(document.key, document.slug, found.stamp, found.read)


@dataclass(slots=True)
class _Work:
    """The posts that one publication may change: as they were, and as they are."""

    index: Index
    centre: Centre
    is_whole: bool = False
    _before: dict[str, tuple[Post, str] | None] = field(default_factory=dict)
    _photos: dict[str, PlacedPhoto] = field(default_factory=dict)

    @property
    def slugs(self) -> frozenset[str]:
        """Their slugs."""
        return frozenset(self._before)

    @property
    def is_seen(self) -> bool:
        """Say whether one of them is not shown as it was."""
        return any(
            (was and was[1]) != (found and found[1])
            for slug, was in self._before.items()
            for found in (self.index.shown(slug),)
        )

    def touch(self, slugs: Iterable[str]) -> None:
        """Say that posts may change: they are remembered as they are shown now."""
        for slug in slugs:
            if slug not in self._before:
                shown = self.index.shown(slug)
                self._before[slug] = shown
                for placed in photos_of(shown[0], self.index) if shown else ():
                    self._photos[placed.path] = placed

    def refresh_all(self) -> None:
        """Show them, or not, as they now are."""
        for slug in self._before:
            self.index.refresh(slug)

    def keys(self) -> frozenset[PageKey]:
        """The pages that show them, or showed them."""
        keys: set[PageKey] = set()
        for slug, was in self._before.items():
            found = self.index.shown(slug)
            if was is not None:
                keys.update(touched_by(was[0], self.index))
            if found is not None:
                keys.update(touched_by(found[0], self.index))
        return frozenset(keys)

    def paths(self) -> frozenset[str]:
        """Where the site may have something that it had not, or have it no more."""
        pages = (path_of(key, self.centre) for key in self.keys())
        return frozenset((*pages, *self._photos, *self.photos_after()))

    def photos_before(self) -> Mapping[str, PlacedPhoto]:
        """The photos they put in the site, by path."""
        return self._photos

    def photos_after(self) -> Mapping[str, PlacedPhoto]:
        """The photos they now put in it."""
        return {
            placed.path: placed
            for slug in self._before
            for found in (self.index.shown(slug),)
            if found is not None
            for placed in photos_of(found[0], self.index)
        }

    def stand(self, stage: Stage) -> None:
        """Say on the shelf which of them is online, and how."""
        for slug, was in self._before.items():
            found = self.index.shown(slug)
            revision = found[1] if found else None
            if revision != (was[1] if was else None):
                stage.stand(slug, revision)


class _Site:
    """The pages to draw, and what the site will have once they are: what links may rely on.

    Of a *whole* site, every key is given, and is all there is.
    """

    def __init__(
        self, index: Index, renderer: Renderer, keys: Iterable[PageKey], *, whole: bool = False
    ) -> None:
        self._index, self._theme, self._whole = index, renderer.theme_files, whole
        self._keys = {path_of(key, index.centre): key for key in sorted(keys, key=_order)}
        self._shown = frozenset(index.shown_photos()) if whole else frozenset()
        self._folder, self._sizes = "", frozenset[str]()

    def pages(self) -> Iterable[Page]:
        """The pages to draw."""
        for key in self._keys.values():
            page = page_of(key, self._index)
            if page is not None:
                yield page

    def photos(self, placed: frozenset[str]) -> Iterable[str]:
        """Where every photo of a whole site stands, but those whose folder is *placed* already."""
        for folder in self._shown - placed:
            photo = self._index.photo(basename(folder))
            if photo is not None:
                for rendition in photo.renditions:
                    yield f"{folder}/{rendition.name}"

    def gone(self, paths: Iterable[str]) -> list[str]:
        """Those of *paths*, and of the pages asked for, that the site will not have."""
        asked = () if self._whole else self._keys
        return [one for one in (*paths, *asked) if not self.has(one)]

    def is_to_be_looked_at(self, folder: str) -> bool:
        """Say whether a folder of the site may hold what is to go: a photo's that is shown does not."""
        return folder.removesuffix("/") not in self._shown

    def has(self, path: str) -> bool:
        """Say whether the site will have a file at *path*."""
        if path in self._keys and self._whole:
            return True
        if path in self._theme:
            return True
        if not self._whole:
            return self._index.leads_to(path)
        folder, _slash, name = path.rpartition("/")
        if folder != self._folder:
            # A page asks for each size of a photo, one after the other.
            photo = self._index.photo(basename(folder)) if folder in self._shown else None
            self._folder = folder
            self._sizes = frozenset(one.name for one in photo.renditions) if photo else frozenset()
        return name in self._sizes


def _everywhere(_folder: str) -> bool:
    return True


def _refuse_if(strict: bool, index: Index) -> None:  # noqa: FBT001 (whether it is CI that builds)
    """Raise _Refused when something is set aside and nothing may be."""
    if strict and (unfit := index.set_aside()):
        raise _Refused(unfit)


def _order(key: PageKey) -> tuple[str, str, str]:
    """A month, then its posts, as they are at hand together; their pages are placed in another order."""
    return key.group or "", key.name, key.template


def _shown_on(page: Page) -> tuple[Post, ...]:
    posts: list[Post] = [*page.articles, *page.reminders, *page.programmes]
    posts += [page.programme] if page.programme else []
    posts += [article for day in page.week for article in day.articles]
    return tuple({post.publication.slug: post for post in posts}.values())


def _only_with(page: Page, post: Post | None = None) -> Page:
    """*page* as it would be if *post* were all there is, or if there were none."""
    articles = (post,) if isinstance(post, PhotoArticle) else ()
    programmes = (post,) if isinstance(post, Programme) else ()
    reminders = (post,) if isinstance(post, Reminder) else ()
    return replace(
        page,
        articles=articles,
        programmes=programmes,
        programme=programmes[0] if programmes else None,
        reminders=reminders,
        week=(),
    )


def _links_to_nothing(index: Index, paths: Iterable[str]) -> tuple[Link, ...]:
    """The links that lead to those of *paths* that are not there: an archive has many to a moment."""
    return index.links_to([path for path in paths if not index.leads_to(path)])


def _leads_nowhere(link: Link) -> Unfit:
    return Unfit(
        post=link.slug,
        reason=_("Le lien vers « {target} » n'existe pas, ou n'existe plus."),
        facts={"target": link.target},
        line=link.line,
    )


def does_not_compose(failure: RenderFailed) -> Unfit:
    """Why nothing of a page, or of a theme, goes out."""
    return Unfit(
        post=failure.page,
        reason=_("Cette page ne se compose pas : {why}."),
        facts={"why": failure.reason},
    )


def _settled(stamp: str) -> str:
    """*stamp*, or nothing while the file is so young that it may change without it showing."""
    if not stamp:
        return ""
    age = time.time_ns() - int(stamp.partition("-")[0])
    return stamp if age > _YOUNG_NS or age < 0 else ""


def _put_index(drafted: Path, file: Path) -> None:
    """Put a drafted index in place of the one before, for good and whole.

    Drafted without a sync, it is trusted by the id it carries: every page of it must be on the
    disk before it has its name. The last changes of the one before must never be found beside it.
    """
    with drafted.open("rb") as whole:
        os.fsync(whole.fileno())
    for end in ("", "-wal", "-shm"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
    sync_folder(file.parent)
    drafted.replace(file)


def _slug(post: str) -> str:
    """The slug in a document's path, or the name as it is."""
    return post.removesuffix("/post.md").rpartition("/")[2]
