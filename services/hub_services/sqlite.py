"""Opening SQLite files the one safe way: one driver, its version checked, durable settings asserted after opening.

Why these settings: `synchronous=NORMAL` lost acknowledged events in 1,600 of 2,000 power-cut states, FULL in none, and
SQLite before 3.51.3 can corrupt a WAL with two connections (architecture.md section 4; proofs.md F3, F4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Final

import sqlcipher3.dbapi2 as driver

from hub_services.refusal import UnsafeSettingError

if TYPE_CHECKING:
    import sqlite3

OLDEST_SAFE: Final = (3, 51, 3)
BUSY_MILLISECONDS: Final = 10_000
READER_CACHE_MEGABYTES: Final = 16
WRITER_CACHE_MEGABYTES: Final = 128

if TYPE_CHECKING:
    # The driver ships no types; it is a fork of the standard library's and has the same ones.
    Connection = sqlite3.Connection
    DatabaseError = sqlite3.DatabaseError
    IntegrityError = sqlite3.IntegrityError
    OperationalError = sqlite3.OperationalError
else:
    Connection = driver.Connection
    DatabaseError = driver.DatabaseError
    IntegrityError = driver.IntegrityError
    OperationalError = driver.OperationalError


def check_version(version: tuple[int, ...] = driver.sqlite_version_info) -> None:
    """Refuse a SQLite that can corrupt its write-ahead log.

    Raises:
        UnsafeSettingError: the driver's SQLite is older than 3.51.3.
    """
    if version < OLDEST_SAFE:
        found = ".".join(map(str, version))
        raise UnsafeSettingError(
            f"SQLite {found} can corrupt its log when two connections write; install the sqlcipher3 wheel this project "
            "pins, which brings 3.51.3 or newer.",
        )


def connect(
    path: Path,
    *,
    cache_megabytes: int = READER_CACHE_MEGABYTES,
    raw_key: bytes | None = None,
    synchronous: str = "FULL",
    journal_mode: str = "WAL",
    read_only: bool = False,
) -> Connection:
    """Open a database file in autocommit, durable, in WAL mode; with `raw_key` (32 bytes) the file is encrypted.

    Raises:
        UnsafeSettingError: the settings asked for, or those the engine really took, can lose acknowledged data.
    """
    check_version()
    if synchronous.upper() not in {"FULL", "EXTRA"}:
        raise UnsafeSettingError(
            f"HUB_SYNCHRONOUS={synchronous} loses acknowledged reports when the power fails; "
            "set it to FULL or remove it.",
        )
    if journal_mode.upper() != "WAL":
        raise UnsafeSettingError(
            f"HUB_JOURNAL_MODE={journal_mode} is not safe beside concurrent readers; set it to WAL or remove it.",
        )
    connection: Connection = driver.connect(
        str(path),
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        if raw_key is not None:
            connection.execute(f"PRAGMA key = \"x'{raw_key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA cache_size = {-1024 * cache_megabytes}")
        connection.execute("PRAGMA wal_autocheckpoint = 20000")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA trusted_schema = OFF")
        # Without it INSERT OR REPLACE deletes a row without asking the triggers that forbid it.
        connection.execute("PRAGMA recursive_triggers = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        _assert_safe(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _assert_safe(connection: Connection, path: Path) -> None:
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if journal != "wal" or synchronous < 2:  # noqa: PLR2004 -- 2 is FULL in SQLite's own numbering
        raise UnsafeSettingError(
            f"{path.name} opened with journal {journal} and synchronous {synchronous}; it needs WAL and FULL, "
            "so put the data folder on a local file system that supports them.",
        )


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Run a block as one write transaction that holds the write lock from its start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # Also when the commit itself failed: the connection must not stay inside a transaction.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class ReaderPool:
    """A few read connections shared by many threads; the last one given back is the next one lent."""

    def __init__(self, make: Callable[[], Connection], size: int = 8) -> None:
        """Share at most `size` connections, each made by `make` when first needed."""
        self._make = make
        self._left = size
        self._idle: list[Connection] = []
        self._changed = Condition()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one block.

        Raises:
            OperationalError: the pool was closed.
        """
        connection = self._take()
        try:
            yield connection
        finally:
            with self._changed:
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)
                    self._changed.notify()

    def _take(self) -> Connection:
        with self._changed:
            while not self._closed:
                if self._idle:
                    return self._idle.pop()
                if self._left:
                    self._left -= 1
                    break
                self._changed.wait()
            else:
                raise OperationalError("the file has been closed")
        try:
            return self._make()
        except BaseException:
            with self._changed:
                self._left += 1
                self._changed.notify()
            raise

    def close(self) -> None:
        """Close every connection, those that are lent when they come back; whoever wants one from now on is refused."""
        with self._changed:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
            self._changed.notify_all()
