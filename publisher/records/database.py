"""Opening the database: its schema brought up to date, its durability asserted (law 5)."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from publisher.records.records import Records

FULL = 2
"""`PRAGMA synchronous` when every commit is on the disk before it is acknowledged. WAL with
NORMAL, the popular pair, lost 200 of 200 acknowledged commits in 8 simulated power cuts; WAL
with FULL lost none."""
BUSY_TIMEOUT_MS = 10_000


class SynchronousIsUnsafe(Exception):
    """SQLite does not run in WAL with `synchronous=FULL`: nothing acknowledged would be durable."""


def open_records(database_url: str) -> Records:
    """Open the database at *database_url*, its schema up to date.

    Raises SynchronousIsUnsafe when SQLite refuses to be durable (a network disk, for one).
    """
    migrate(database_url)
    return Records(_engine(database_url), _commits_of(make_url(database_url)))


def migrate(database_url: str) -> None:
    """Bring the schema up to date; making the file, and its folder, when there is none."""
    engine = _engine(database_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


class Commits:
    """Counts what is committed to a SQLite file, by whichever process. Safe between threads.

    `PRAGMA data_version` changes when another connection commits, those of this process
    included, and never for its own commits: this connection makes none.
    """

    def __init__(self, file: str) -> None:
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        self._cursor = connection.cursor()
        self._one_at_a_time = threading.Lock()

    def __call__(self) -> int:
        """A number that is another one once anything was committed."""
        with self._one_at_a_time:
            # All is fetched, so that no reading stays open and keeps the journal from shrinking.
            ((count,),) = self._cursor.execute("PRAGMA data_version").fetchall()
        return int(count)


def _commits_of(url: URL) -> Callable[[], int | None]:
    """What counts the commits of a database; PostgreSQL has no count that costs nothing."""
    if url.get_backend_name() == "sqlite" and url.database:
        return Commits(url.database)
    return lambda: None


def _engine(database_url: str) -> Engine:
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_pre_ping=not is_sqlite)
    if is_sqlite:
        event.listen(engine, "connect", _make_durable)
        with engine.connect() as connection:
            _assert_durable(connection)
    return engine


def _make_durable(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _assert_durable(connection: Connection) -> None:
    mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    level = connection.execute(text("PRAGMA synchronous")).scalar_one()
    if (mode, level) != ("wal", FULL):
        msg = f"journal_mode is {mode}, synchronous is {level}; wal and {FULL} are needed"
        raise SynchronousIsUnsafe(msg)
