"""The index of one centre: its posts as they were read, and which of them its site shows.

Derived from `content/`, and made again at will: a file beside the site, so that neither reading
nor listing grows with the archive. It is the catalogue that pages are made from, in a clean build
as in a publication. What a change does to it is kept only when the edition stands.
"""

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from publisher.content.library import StoredPost
from publisher.editions.plan import ARTICLE, PROGRAMME, linked_path, path_exists, photo_path
from publisher.kinds import Document, kind_of, post_from_document
from publisher.kinds.author_text import LinkInText, ReadText, read_text
from publisher.kinds.programme import MAX_DAYS
from publisher.model.edition import Unfit
from publisher.model.mistake import Mistakes
from publisher.model.mistake import in_french as _
from publisher.model.moment import Moment
from publisher.model.photo import MASTER, Photo, Rendition
from publisher.model.post import PhotoArticle, Post, Programme, Reminder
from publisher.model.school_year import school_year_of
from publisher.model.space import Space
from publisher.model.town import Centre

REMINDER = "reminder"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEPT_POSTS = 500
"""Posts kept as values in memory: a school year's albums of one centre, some 3 MB."""
_KEPT_PHOTOS = 4000
"""Photos whose facts are kept in memory, some 3 MB."""
_CACHE, _CACHE_OF_A_NEW_ONE = 4000, 32_000
"""KiB of the file that SQLite keeps in memory: 10 000 posts take 45 000."""
_KEPT_PATHS = 8192
"""Paths that are known to be in the site, some 2 MB: those that a publication asks for are two thousand."""
_KEPT_ANSWERS = 128
"""Answers kept until what is shown changes: a publication asks some sixty questions."""
_LAYOUT = 4
"""Changes when the tables do: an index of another layout is made again."""

_TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE document (
    key TEXT PRIMARY KEY, slug TEXT, stamp TEXT, revision TEXT, header TEXT, body TEXT, text TEXT,
    kind TEXT, groups TEXT, moment TEXT, begins TEXT, finishes TEXT,
    appears INTEGER, ends INTEGER, withdrawn INTEGER,
    unread TEXT, again INTEGER DEFAULT 0, dead TEXT, unfit TEXT
);
CREATE INDEX document_slug ON document (slug);
CREATE INDEX document_appears ON document (appears);
CREATE INDEX document_ends ON document (ends);
CREATE INDEX document_unread ON document (key) WHERE unread IS NOT NULL;
CREATE INDEX document_again ON document (key) WHERE again;
CREATE INDEX document_dead ON document (key) WHERE dead IS NOT NULL;
CREATE INDEX document_unfit ON document (key) WHERE unfit IS NOT NULL;
CREATE TABLE shown (
    space TEXT, kind TEXT, slug TEXT, revision TEXT, at INTEGER, day TEXT, moment TEXT,
    starts TEXT, ends TEXT, PRIMARY KEY (space, kind, slug)
) WITHOUT ROWID;
CREATE INDEX shown_at ON shown (space, kind, at, slug, revision);
CREATE INDEX shown_day ON shown (space, kind, day, at, slug, revision);
CREATE INDEX shown_moment ON shown (space, kind, moment, at, slug, revision);
CREATE INDEX shown_starts ON shown (space, kind, starts, slug, ends, revision);
CREATE INDEX shown_slug ON shown (slug);
CREATE TABLE showing (photo TEXT, space TEXT, slug TEXT, PRIMARY KEY (photo, space, slug)) WITHOUT ROWID;
CREATE INDEX showing_slug ON showing (slug);
CREATE TABLE uses (photo TEXT, key TEXT, PRIMARY KEY (photo, key)) WITHOUT ROWID;
CREATE INDEX uses_key ON uses (key);
CREATE TABLE photo (id TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID;
CREATE TABLE size (id INTEGER PRIMARY KEY, facts TEXT UNIQUE);
CREATE TABLE link (key TEXT, path TEXT, target TEXT, line INTEGER);
CREATE INDEX link_key ON link (key);
CREATE INDEX link_path ON link (path);
"""


class IndexIsUnreadable(Exception):
    """The file is no index that can be used: it is to be thrown away and made again."""


INDEX_FAULTS = (IndexIsUnreadable, sqlite3.DatabaseError)
"""What an index that is damaged raises, whatever it is asked."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A post as the index keeps it at hand."""

    revision: str
    post: Post
    text: ReadText


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an author's to the site: whose, where it leads, as it was written, on which line."""

    key: str
    slug: str
    path: str
    target: str
    line: int


class Index:
    """One centre's index, open. It is the `Catalogue` and the `Material` of the pages.

    Not to be shared between threads.
    """

    def __init__(
        self,
        file: Path,
        centre: Centre,
        public_url: str,
        *,
        drafted: bool = False,
        checked: bool = False,
    ) -> None:
        """Open *file*, or make it; one that is *drafted* is nobody's until it is whole.

        All of it is read, to be sure that it can be, unless it is this process's own: drafted, or
        *checked* already.

        Raises IndexIsUnreadable.
        """
        self.centre = centre
        self.now = _EPOCH
        self._public_url = public_url
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._photos: dict[str, Photo | None] = {}
        # A page in two asks which school years there are: an archive has many, and they rarely change.
        self._years: dict[tuple[str | None, str], tuple[str, ...]] = {}
        self._there: set[str] = set()
        # What a group's four pages show of the centre is asked once for all.
        self._answers: dict[tuple[str, tuple[object, ...]], tuple[Post, ...]] = {}
        try:
            self._base = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._ask = self._base.execute
            self._prepare(drafted=drafted, checked=checked)
        except (sqlite3.DatabaseError, ValueError) as error:
            raise IndexIsUnreadable(str(error)) from error

    def _prepare(self, *, drafted: bool, checked: bool) -> None:
        if drafted:
            # Whatever happens to it is a reason to begin again: only a change can be undone.
            self._ask("PRAGMA journal_mode=MEMORY")
            self._ask("PRAGMA synchronous=OFF")
        else:
            # A kill loses nothing; a power cut may lose the last changes: the edition's id says so.
            self._ask("PRAGMA journal_mode=WAL")
            self._ask("PRAGMA synchronous=NORMAL")
        self._ask(f"PRAGMA cache_size=-{_CACHE}")
        (layout,) = self._ask("PRAGMA user_version").fetchone()
        if layout == 0:
            # All of it is about to be written, in no order of its own.
            self._ask(f"PRAGMA cache_size=-{_CACHE_OF_A_NEW_ONE}")
            self._base.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={_LAYOUT}; COMMIT")
        elif layout != _LAYOUT:
            raise IndexIsUnreadable(f"layout {layout}")
        if drafted or checked:
            return
        (state,) = self._ask("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise IndexIsUnreadable(state)

    def close(self) -> None:
        """Close it; what was begun and not kept is forgotten."""
        self._base.close()

    def begin(self) -> None:
        """Begin a change, that `keep` keeps and `forget` forgets."""
        self._ask("BEGIN IMMEDIATE")

    def keep(self) -> None:
        """Keep what was changed since `begin`."""
        self._ask("COMMIT")

    def forget(self) -> None:
        """Forget what was changed since `begin`."""
        self._entries.clear()
        self._photos.clear()
        self._years.clear()
        self._there.clear()
        self._answers.clear()
        with suppress(sqlite3.OperationalError):
            self._ask("ROLLBACK")

    def fact(self, name: str) -> str | None:
        """A fact kept with the index: what it was made with, which edition it is of."""
        found = self._ask("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def note(self, name: str, value: str) -> None:
        """Keep a fact."""
        self._ask("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # What was read

    def stamps(self) -> Mapping[str, str]:
        """The stamp of each document when it was read, by key."""
        return dict(self._ask("SELECT key, stamp FROM document"))

    def take(self, key: str, slug: str, stamp: str, read: StoredPost | Sequence[Unfit]) -> None:
        """Take in a document as it was just read."""
        self.drop(key)
        if not isinstance(read, StoredPost):
            row = (key, slug, stamp, _unfits_json(read))
            self._ask("INSERT INTO document (key, slug, stamp, unread) VALUES (?, ?, ?, ?)", row)
            return
        post = read.post
        document, publication = kind_of(post).to_document(post), post.publication
        text = read_text(post.text)
        self._ask(
            "INSERT INTO document (key, slug, stamp, revision, header, body, text, kind, groups,"
            " moment, begins, finishes, appears, ends, withdrawn)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                slug,
                stamp,
                read.revision,
                _json(document.header),
                document.body,
                _json([text.html, text.words, [[one.target, one.line] for one in text.links]]),
                *_filed(post),
                _instant(publication.published_at),
                None if publication.ends_at is None else _instant(publication.ends_at),
                publication.withdrawn_at is not None,
            ),
        )
        if isinstance(post, PhotoArticle):
            self._base.executemany(
                "INSERT INTO uses VALUES (?, ?)", [(one.id, key) for one in post.photos]
            )
        for link in text.links:
            path = linked_path(link.target, self._public_url, self.centre.slug)
            if path is not None:
                self._ask(
                    "INSERT INTO link VALUES (?, ?, ?, ?)", (key, path, link.target, link.line)
                )

    def holds(self, key: str, read: StoredPost | Sequence[Unfit], photos: Iterable[Photo]) -> bool:
        """Say whether a document that is *read* again is the one that is known, and may be shown."""
        if not isinstance(read, StoredPost):
            return False
        known = self._ask(
            "SELECT 1 FROM document WHERE key = ? AND revision = ? AND unread IS NULL AND NOT again"
            " AND dead IS NULL AND unfit IS NULL",
            (key, read.revision),
        ).fetchone()
        return known is not None and all(self.photo(one.id) == one for one in photos)

    def note_stamp(self, key: str, stamp: str) -> None:
        """Say with which *stamp* a document that is known was read again."""
        self._ask("UPDATE document SET stamp = ? WHERE key = ?", (stamp, key))

    def take_photos(self, photos: Iterable[Photo]) -> None:
        """Take in the facts of photos."""
        rows: list[tuple[str, str]] = []
        for one in photos:
            if self._photos.get(one.id, one) != one:
                self._there.clear()
                self._photos[one.id] = one
            rows.append((one.id, _photo_json(one.master, one.renditions)))
        # Of few sizes: photos then take so little room that most stay in SQLite's memory.
        sizes = {facts: None for _id, facts in rows}
        self._base.executemany(
            "INSERT OR IGNORE INTO size (facts) VALUES (?)", [(facts,) for facts in sizes]
        )
        self._base.executemany(
            "INSERT OR REPLACE INTO photo SELECT ?, id FROM size WHERE facts = ?", rows
        )

    def drop(self, key: str) -> None:
        """Forget a document: it is not there any more, or is read again."""
        self._ask("DELETE FROM document WHERE key = ?", (key,))
        self._ask("DELETE FROM uses WHERE key = ?", (key,))
        self._ask("DELETE FROM link WHERE key = ?", (key,))

    def copy_to(self, file: Path) -> None:
        """Make another index of all that this one knows."""
        with closing(sqlite3.connect(file)) as other:
            self._base.backup(other)

    def take_back_unfit(self) -> frozenset[str]:
        """Take back the posts that could not be shown; their slugs."""
        found = self._ask("SELECT slug FROM document WHERE unfit IS NOT NULL").fetchall()
        self._ask("UPDATE document SET unfit = NULL WHERE unfit IS NOT NULL")
        return frozenset(str(slug) for (slug,) in found)

    def settle(self, slug: str) -> None:
        """Of the documents of that slug, the first that can be read has it; the others wait."""
        keys = [
            str(key)
            for (key,) in self._ask(
                "SELECT key FROM document WHERE slug = ? AND unread IS NULL", (slug,)
            )
        ]
        first = min(keys, key=lambda key: key.split("/"), default=None)
        if (
            len(keys) > 1
            or self._ask("SELECT 1 FROM document WHERE slug = ? AND again", (slug,)).fetchone()
        ):
            self._base.executemany(
                "UPDATE document SET again = ? WHERE key = ?", [(key != first, key) for key in keys]
            )

    def every_slug(self) -> Iterator[str]:
        """The slug of each document."""
        return (str(slug) for (slug,) in self._ask("SELECT DISTINCT slug FROM document").fetchall())

    def keys_with_photo(self, photo_id: str) -> tuple[str, ...]:
        """The documents that show a photo."""
        found = self._ask("SELECT key FROM uses WHERE photo = ?", (photo_id,))
        return tuple(str(key) for (key,) in found)

    def photo_ids(self) -> frozenset[str]:
        """Every photo that a document shows."""
        return frozenset(str(one) for (one,) in self._ask("SELECT DISTINCT photo FROM uses"))

    def showing(self, photo_id: str) -> tuple[tuple[str, int], ...]:
        """The posts shown that show a photo, and its number in each."""
        slugs = self._ask(
            "SELECT DISTINCT slug FROM showing WHERE photo = ?", (photo_id,)
        ).fetchall()
        posts = [found[0] for (slug,) in slugs if (found := self.shown(slug)) is not None]
        return tuple(
            (post.publication.slug, number)
            for post in posts
            if isinstance(post, PhotoArticle)
            for number, one in enumerate(post.photos, start=1)
            if one.id == photo_id
        )

    def unread_keys(self) -> tuple[str, ...]:
        """The documents that could not be read."""
        found = self._ask("SELECT key FROM document WHERE unread IS NOT NULL")
        return tuple(str(key) for (key,) in found)

    # What the site shows

    def crossing(self, one: datetime, other: datetime) -> frozenset[str]:
        """The slugs of the posts that appear or end between two instants, the later counted."""
        first, last = sorted((_instant(one), _instant(other)))
        found = self._ask(
            "SELECT slug FROM document WHERE appears > ? AND appears <= ?"
            " UNION SELECT slug FROM document WHERE ends > ? AND ends <= ?",
            (first, last, first, last),
        )
        return frozenset(str(slug) for (slug,) in found)

    def next_change_after(self, now: datetime) -> datetime | None:
        """The first instant after *now* at which a post appears or ends; None: never."""
        at = _instant(now)
        (appears,) = self._ask(
            "SELECT min(appears) FROM document WHERE appears > ?", (at,)
        ).fetchone()
        (ends,) = self._ask("SELECT min(ends) FROM document WHERE ends > ?", (at,)).fetchone()
        soonest = min((one for one in (appears, ends) if one is not None), default=None)
        return None if soonest is None else _EPOCH + soonest * _MICROSECOND

    def shown(self, slug: str) -> tuple[Post, str] | None:
        """The post of that slug and its revision, when the site shows it."""
        found = self._ask("SELECT revision FROM shown WHERE slug = ?", (slug,)).fetchone()
        if found is None:
            return None
        return self._post(slug, found[0]), str(found[0])

    def refresh(self, slug: str) -> None:
        """Show the post of that slug, or not, as it is fit and live at the index's moment."""
        self._years.clear()
        self._answers.clear()
        if self._ask("DELETE FROM shown WHERE slug = ?", (slug,)).rowcount:
            # What comes takes nothing away; what was shown may have been the last of its month.
            self._there.clear()
        self._ask("DELETE FROM showing WHERE slug = ?", (slug,))
        at = _instant(self.now)
        found = self._ask(
            "SELECT key, revision, kind, groups, moment, begins, finishes, appears FROM document"
            " WHERE slug = ? AND unread IS NULL AND NOT again AND dead IS NULL AND unfit IS NULL"
            " AND NOT withdrawn AND appears <= ? AND (ends IS NULL OR ends > ?)",
            (slug, at, at),
        ).fetchone()
        if found is None:
            return
        key, revision, kind, groups, moment, begins, finishes, appears = found
        day = (_EPOCH + appears * _MICROSECOND).astimezone(self.now.tzinfo).date().isoformat()
        for space in groups.split() or ("",):
            self._ask(
                "INSERT INTO shown VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (space, kind, slug, revision, appears, day, moment, begins, finishes),
            )
            self._ask(
                "INSERT INTO showing SELECT photo, ?, ? FROM uses WHERE key = ?", (space, slug, key)
            )

    def shown_photos(self) -> Iterator[str]:
        """The folder, in the site, of every photo that it shows."""
        for space, photo in self._ask("SELECT DISTINCT space, photo FROM showing"):
            yield photo_path(photo, "", Space(self.centre.slug, space or None)).removesuffix("/")

    def shown_revisions(self) -> Iterator[tuple[str, str]]:
        """The slug and the revision of every post that the site shows."""
        for slug, revision in self._ask("SELECT DISTINCT slug, revision FROM shown"):
            yield str(slug), str(revision)

    # What is set aside

    def set_unfit(self, slug: str, unfit: Sequence[Unfit]) -> None:
        """Set the post aside until its document, or the theme, changes."""
        self._ask(
            "UPDATE document SET unfit = ? WHERE slug = ? AND unread IS NULL AND NOT again",
            (_unfits_json(unfit), slug),
        )

    def every_link(self) -> tuple[Link, ...]:
        """Every link of a post's text to the site."""
        return self._links("", ())

    def links_of(self, slugs: Iterable[str]) -> tuple[Link, ...]:
        """The links that the texts of those posts have to the site."""
        return tuple(one for slug in slugs for one in self._links("AND slug = ?", (slug,)))

    def links_to(self, paths: Iterable[str]) -> tuple[Link, ...]:
        """The links that lead to those paths."""
        return tuple(one for path in paths for one in self._links("AND path = ?", (path,)))

    def dead_links(self) -> tuple[Link, ...]:
        """The links of the posts that are set aside for one of theirs."""
        # Those posts first: they are few, and SQLite would look at every link of the archive.
        return self._links("AND dead IS NOT NULL", (), of="document CROSS JOIN link")

    def _links(
        self, which: str, given: tuple[str, ...], of: str = "link JOIN document"
    ) -> tuple[Link, ...]:
        rows = self._ask(
            f"SELECT link.key, slug, path, target, line FROM {of} USING (key)"  # noqa: S608 (our own conditions)
            f" WHERE NOT again {which} ORDER BY link.key, line",
            given,
        )
        return tuple(Link(*row) for row in rows.fetchall())

    def set_dead(self, key: str, unfit: Unfit | None) -> None:
        """Set the post aside for a link that leads nowhere, or not any more."""
        text = None if unfit is None else _unfits_json((unfit,))
        self._ask("UPDATE document SET dead = ? WHERE key = ?", (text, key))

    def set_aside(self) -> tuple[Unfit, ...]:
        """Everything that keeps a post from being read, in the order of the documents."""
        rows = self._ask(
            "SELECT key, unread, again, dead, unfit FROM document WHERE unread IS NOT NULL"
            " UNION SELECT key, unread, again, dead, unfit FROM document WHERE again"
            " UNION SELECT key, unread, again, dead, unfit FROM document WHERE dead IS NOT NULL"
            " UNION SELECT key, unread, again, dead, unfit FROM document WHERE unfit IS NOT NULL"
        ).fetchall()
        found: list[Unfit] = []
        for key, unread, again, dead, unfit in sorted(rows, key=lambda row: row[0].split("/")):
            if again:
                found.append(
                    Unfit(
                        post=f"{self.centre.slug}/posts/{key}/post.md",
                        reason=_("Une autre publication du centre porte déjà ce nom."),
                    )
                )
            for text in (unread, dead, unfit):
                found += _unfits_of(text) if text else ()
        return tuple(found)

    # The catalogue's answers

    def article(self, group: str | None, slug: str) -> PhotoArticle | None:
        """The article of that slug."""
        found = self._one(group, ARTICLE, slug)
        return found if isinstance(found, PhotoArticle) else None

    def programme(self, group: str | None, slug: str) -> Programme | None:
        """The programme of that slug."""
        found = self._one(group, PROGRAMME, slug)
        return found if isinstance(found, Programme) else None

    def slugs(self, group: str | None, template: str) -> Iterator[str]:
        """The slugs of every article, newest first, or of every programme."""
        order = "at" if template == ARTICLE else "starts"
        rows = self._ask(
            f"SELECT slug FROM shown WHERE space = ? AND kind = ? ORDER BY {order} DESC, slug DESC",  # noqa: S608 (one of two names)
            (group or "", template),
        ).fetchall()
        return (str(slug) for (slug,) in rows)

    def latest(
        self, group: str | None, limit: int, moment: Moment | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The newest articles, of one moment or of all."""
        of_moment = "" if moment is None else " AND moment = ?"
        return self._articles(
            f"SELECT slug, revision FROM shown WHERE space = ? AND kind = ?{of_moment}"  # noqa: S608 (a constant)
            " ORDER BY at DESC, slug DESC LIMIT ?",
            (group or "", ARTICLE, *(() if moment is None else (moment.value,)), limit),
        )

    def of_days(
        self, group: str | None, first: date, last: date, limit: int | None = None
    ) -> tuple[PhotoArticle, ...]:
        """The articles published from *first* to *last*."""
        return self._articles(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ? AND day BETWEEN ? AND ?"
            " ORDER BY at DESC, slug DESC LIMIT ?",
            (
                group or "",
                ARTICLE,
                first.isoformat(),
                last.isoformat(),
                -1 if limit is None else limit,
            ),
        )

    def beside(
        self, group: str | None, article: PhotoArticle
    ) -> tuple[PhotoArticle | None, PhotoArticle | None]:
        """The articles just newer and just older than *article*."""
        publication = article.publication
        given = (group or "", ARTICLE, _instant(publication.published_at), publication.slug)
        newer = self._articles(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ? AND (at, slug) > (?, ?)"
            " ORDER BY at, slug LIMIT 1",
            given,
        )
        older = self._articles(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ? AND (at, slug) < (?, ?)"
            " ORDER BY at DESC, slug DESC LIMIT 1",
            given,
        )
        return (newer[0] if newer else None), (older[0] if older else None)

    def months_of(self, group: str | None, school_year: str) -> tuple[date, ...]:
        """The first days of the months of a school year that have an article."""
        first, last = _span(school_year)
        found = self._ask(
            "SELECT DISTINCT substr(day, 1, 7) FROM shown WHERE space = ? AND kind = ?"
            " AND day BETWEEN ? AND ? ORDER BY day DESC",
            (group or "", ARTICLE, first.isoformat(), last.isoformat()),
        )
        months = {str(month) for (month,) in found}
        return tuple(date.fromisoformat(f"{month}-01") for month in sorted(months, reverse=True))

    def school_years(self, group: str | None, moment: Moment | None = None) -> tuple[str, ...]:
        """The school years that have an article."""
        asked = (group, ARTICLE if moment is None else moment.value)
        if asked not in self._years:
            self._years[asked] = self._school_years(group, moment)
        return self._years[asked]

    def _school_years(self, group: str | None, moment: Moment | None) -> tuple[str, ...]:
        of_moment = "" if moment is None else " AND moment = ?"
        more = () if moment is None else (moment.value,)
        years: list[str] = []
        before = datetime.max.replace(tzinfo=UTC)
        while True:
            found = self._ask(
                f"SELECT day FROM shown WHERE space = ? AND kind = ?{of_moment} AND at < ?"  # noqa: S608 (a constant)
                " ORDER BY at DESC LIMIT 1",
                (group or "", ARTICLE, *more, _instant(before)),
            ).fetchone()
            if found is None:
                return tuple(years)
            years.append(school_year_of(date.fromisoformat(found[0])))
            before = datetime.combine(_span(years[-1])[0], time(), tzinfo=self.now.tzinfo)

    def reminders(self, group: str | None) -> tuple[Reminder, ...]:
        """Every reminder."""
        found = self._posts(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ?", (group or "", REMINDER)
        )
        return tuple(one for one in found if isinstance(one, Reminder))

    def programmes_over(
        self, group: str | None, first: date, last: date | None
    ) -> tuple[Programme, ...]:
        """The programmes that hold a day from *first* to *last*."""
        earliest = first - timedelta(days=MAX_DAYS)
        return self._programmes(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ? AND starts BETWEEN ? AND ?"
            " AND ends >= ? ORDER BY starts DESC, slug DESC",
            (
                group or "",
                PROGRAMME,
                earliest.isoformat(),
                (last or date.max).isoformat(),
                first.isoformat(),
            ),
        )

    def programmes_of(self, group: str | None, school_year: str) -> tuple[Programme, ...]:
        """The programmes that begin in a school year."""
        first, last = _span(school_year)
        return self._programmes(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ? AND starts BETWEEN ? AND ?"
            " ORDER BY starts DESC, slug DESC",
            (group or "", PROGRAMME, first.isoformat(), last.isoformat()),
        )

    def programmes_beside(
        self, group: str | None, programme: Programme
    ) -> tuple[Programme | None, Programme | None]:
        """The programmes just before and just after *programme*."""
        given = (
            group or "",
            PROGRAMME,
            programme.starts_on.isoformat(),
            programme.publication.slug,
        )
        before = self._programmes(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ?"
            " AND (starts, slug) < (?, ?) ORDER BY starts DESC, slug DESC LIMIT 1",
            given,
        )
        after = self._programmes(
            "SELECT slug, revision FROM shown WHERE space = ? AND kind = ?"
            " AND (starts, slug) > (?, ?) ORDER BY starts, slug LIMIT 1",
            given,
        )
        return (before[0] if before else None), (after[0] if after else None)

    def programme_years(self, group: str | None) -> tuple[str, ...]:
        """The school years in which a programme begins."""
        asked = (group, PROGRAMME)
        if asked not in self._years:
            self._years[asked] = self._programme_years(group)
        return self._years[asked]

    def _programme_years(self, group: str | None) -> tuple[str, ...]:
        years: list[str] = []
        before = date.max
        while True:
            (found,) = self._ask(
                "SELECT max(starts) FROM shown WHERE space = ? AND kind = ? AND starts < ?",
                (group or "", PROGRAMME, before.isoformat()),
            ).fetchone()
            if found is None:
                return tuple(years)
            years.append(school_year_of(date.fromisoformat(found)))
            before = _span(years[-1])[0]

    def shows(self, group: str | None, photo_id: str) -> bool:
        """Say whether an article of that space shows that photo."""
        found = self._ask(
            "SELECT 1 FROM showing WHERE photo = ? AND space = ?", (photo_id, group or "")
        )
        return found.fetchone() is not None

    def leads_to(self, path: str) -> bool:
        """Say whether the site has a page, or a photo, at *path*; the theme's files are not counted."""
        if path in self._there:
            return True
        is_there = path_exists(path, self)
        if is_there:
            if len(self._there) >= _KEPT_PATHS:
                self._there.clear()
            self._there.add(path)
        return is_there

    def photo(self, photo_id: str) -> Photo | None:
        """The facts of a photo."""
        if photo_id not in self._photos:
            found = self._ask(
                "SELECT facts FROM photo JOIN size ON size.id = size WHERE photo.id = ?",
                (photo_id,),
            ).fetchone()
            self._make_room_for_photos()
            self._photos[photo_id] = None if found is None else _photo_of(photo_id, found[0])
        return self._photos[photo_id]

    def _have_at_hand(self, key: str) -> None:
        """Have the photos of a document at hand: whoever asks for one asks for the others."""
        self._make_room_for_photos()
        for photo_id, facts in self._ask(
            "SELECT photo.id, facts FROM uses JOIN photo ON photo.id = photo"
            " JOIN size ON size.id = size WHERE key = ?",
            (key,),
        ):
            if photo_id not in self._photos:
                self._photos[photo_id] = _photo_of(photo_id, facts)

    def _make_room_for_photos(self) -> None:
        if len(self._photos) > _KEPT_PHOTOS:
            self._photos.clear()
            # Of a photo, only what is at hand is known to be there: another size of it is noticed.
            self._there.clear()

    def text(self, post: Post) -> ReadText:
        """A post's text, as it was read once."""
        slug = post.publication.slug
        entry = self._entries.get(slug)
        if entry is not None and entry.post is post:
            return entry.text
        return read_text(post.text)

    def _one(self, group: str | None, kind: str, slug: str) -> Post | None:
        found = self._ask(
            "SELECT revision FROM shown WHERE space = ? AND kind = ? AND slug = ?",
            (group or "", kind, slug),
        ).fetchone()
        return None if found is None else self._post(slug, found[0])

    def _posts(self, question: str, given: tuple[object, ...]) -> tuple[Post, ...]:
        asked = question, given
        if asked not in self._answers:
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            self._answers[asked] = tuple(
                self._post(slug, revision)
                for slug, revision in self._ask(question, given).fetchall()
            )
        return self._answers[asked]

    def _articles(self, question: str, given: tuple[object, ...]) -> tuple[PhotoArticle, ...]:
        found = self._posts(question, given)
        return tuple(one for one in found if isinstance(one, PhotoArticle))

    def _programmes(self, question: str, given: tuple[object, ...]) -> tuple[Programme, ...]:
        found = self._posts(question, given)
        return tuple(one for one in found if isinstance(one, Programme))

    def _post(self, slug: str, revision: str) -> Post:
        entry = self._entries.get(slug)
        if entry is None or entry.revision != revision:
            entry = self._read(slug, revision)
            self._entries[slug] = entry
            if len(self._entries) > _KEPT_POSTS:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(slug)
        return entry.post

    def _read(self, slug: str, revision: str) -> _Entry:
        key, header, body, text = self._ask(
            "SELECT key, header, body, text FROM document WHERE slug = ? AND revision = ?",
            (slug, revision),
        ).fetchone()
        document = Document(header=json.loads(header, object_hook=_revived), body=body)
        post = post_from_document(document, centre=self.centre.slug, slug=slug)
        if isinstance(post, Mistakes):
            raise IndexIsUnreadable(slug)
        if isinstance(post, PhotoArticle):
            self._have_at_hand(key)
        html, words, links = json.loads(text)
        read = ReadText(
            html=html,
            words=words,
            links=tuple(LinkInText(target=target, line=line) for target, line in links),
        )
        return _Entry(revision, post, read)


def _instant(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def _filed(post: Post) -> tuple[str, str, str | None, str | None, str | None]:
    """What a post is listed by: its kind, its groups, its moment, its first and last day."""
    groups = " ".join(post.publication.groups)
    if isinstance(post, PhotoArticle):
        return ARTICLE, groups, post.moment.value, None, None
    if isinstance(post, Programme):
        return PROGRAMME, groups, None, post.starts_on.isoformat(), post.ends_on.isoformat()
    return REMINDER, groups, None, None, None


def _span(school_year: str) -> tuple[date, date]:
    first = int(school_year.partition("-")[0])
    return date(first, 9, 1), date(first + 1, 8, 31)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_told, separators=(",", ":"))


def _told(value: object) -> object:
    """What JSON has no word for, so that it can be revived."""
    if isinstance(value, datetime):
        return {"~instant": value.isoformat()}
    if isinstance(value, date):
        return {"~day": value.isoformat()}
    return str(value)


def _revived(table: dict[str, object]) -> object:
    if len(table) == 1:
        instant, day = table.get("~instant"), table.get("~day")
        if isinstance(instant, str):
            return datetime.fromisoformat(instant)
        if isinstance(day, str):
            return date.fromisoformat(day)
    return table


@lru_cache(maxsize=256)
def _photo_json(master: Rendition, renditions: tuple[Rendition, ...]) -> str:
    return _json(
        [
            [master.width_px, master.height_px],
            [[one.name, one.width_px, one.height_px] for one in renditions],
        ]
    )


def _photo_of(photo_id: str, facts: str) -> Photo:
    master, renditions = _sizes_of(facts)
    return Photo(id=photo_id, master=master, renditions=renditions)


@lru_cache(maxsize=256)
def _sizes_of(facts: str) -> tuple[Rendition, tuple[Rendition, ...]]:
    """The master and the renditions: a centre's phones take photos of a few sizes."""
    master, renditions = json.loads(facts)
    return Rendition(name=MASTER, width_px=master[0], height_px=master[1]), tuple(
        Rendition(name=name, width_px=width, height_px=height) for name, width, height in renditions
    )


def _unfits_json(unfit: Iterable[Unfit]) -> str:
    return _json([[one.post, one.reason, dict(one.facts), one.line] for one in unfit])


def _unfits_of(text: str) -> tuple[Unfit, ...]:
    return tuple(
        Unfit(post=post, reason=reason, facts=facts, line=line)
        for post, reason, facts, line in json.loads(text, object_hook=_revived)
    )
