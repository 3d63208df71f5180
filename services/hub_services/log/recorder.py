"""The SQLite recorder behind the log, as the `eventsourcing` library's persistence module.

Own recorder because the library's has an implicit rowid (a dump renumbers it, the last id is used again), a deferred
BEGIN and no receipts, and because it would take this driver's conflicts for other errors (architecture.md section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)

from hub_services import sqlite
from hub_services.log.frame import Row
from hub_services.log.writing import Insertion, ReceiptRow, Writing, head, version_of
from hub_services.sqlite import WRITER_CACHE_MEGABYTES, ReaderPool, connect

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL, version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE TRIGGER IF NOT EXISTS event_is_immutable BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is immutable'); END;
CREATE TRIGGER IF NOT EXISTS event_is_permanent BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event is permanent'); END;
CREATE TABLE IF NOT EXISTS receipt (
    id BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    made_on INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_by_day ON receipt (made_on);
"""
SELECT: Final = "SELECT position, stream, version, topic, state FROM event WHERE "
SELECT_BYTES: Final = "SELECT position, CAST(stream AS BLOB), version, CAST(topic AS BLOB), state FROM event WHERE "
LAST_POSITION: Final = 2**63 - 1


class SQLiteRecorder(ApplicationRecorder):
    """Inserts events durably, several streams in one transaction, and reads them by stream and by position."""

    def __init__(self, path: Path, *, synchronous: str = "FULL", journal_mode: str = "WAL") -> None:
        """Open the log's file; `migrate` must have made it."""
        super().__init__()
        self.writing = Writing(
            connect(
                path,
                cache_megabytes=WRITER_CACHE_MEGABYTES,
                synchronous=synchronous,
                journal_mode=journal_mode,
            ),
        )
        self._readers = ReaderPool(lambda: connect(path, read_only=True))
        self._watcher = connect(path, read_only=True)

    @staticmethod
    def migrate(path: Path) -> None:
        """Make the log's tables."""
        connection = connect(path)
        try:
            connection.executescript(SCHEMA)
        finally:
            connection.close()

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 -- as the library has it
    ) -> Sequence[int]:
        """Insert events as the library asks for it; `receipt` and `expect` as in `Insertion`."""
        rows = [(str(each.originator_id), each.originator_version, each.topic, each.state) for each in stored_events]
        first = self.insert(Insertion(rows, kwargs.get("receipt"), kwargs.get("expect", {}).items()))
        return list(range(first, first + len(rows)))

    def insert(self, insertion: Insertion) -> int:
        """Insert events durably and return the position of the first.

        Raises:
            IntegrityError: a stream has moved on, or the receipt exists.
            OperationalError: nothing could be written.
        """
        self.writing.commit(insertion)
        return insertion.position()

    def _select(self, condition: str, *parameters: str | int) -> list[Row]:
        with self._readers.reading() as reader:
            try:
                return reader.execute(SELECT + condition, parameters).fetchall()
            except sqlite.OperationalError:
                # Somebody wrote a name that is no text into the file. Its row shall be refused, not all others with it.
                rows = reader.execute(SELECT_BYTES + condition, parameters).fetchall()
        return [
            (position, stream.decode(errors="replace"), version, topic.decode(errors="replace"), state)
            for position, stream, version, topic, state in rows
        ]

    def rows_of(self, stream: str) -> list[Row]:
        """All rows of a stream, in order."""
        return self._select("stream = ? ORDER BY version", stream)

    def rows_after(self, position: int, limit: int, upto: int | None = None) -> list[Row]:
        """Up to `limit` rows after a position, in order."""
        last = LAST_POSITION if upto is None else upto
        return self._select("position > ? AND position <= ? ORDER BY position LIMIT ?", position, last, limit)

    def version_of(self, stream: str) -> int:
        """The version a stream is at, 0 when it does not exist."""
        with self._readers.reading() as reader:
            return version_of(reader, stream)

    def receipt(self, identity: bytes) -> ReceiptRow | None:
        """Return a receipt, or `None`."""
        with self._readers.reading() as reader:
            row = reader.execute("SELECT * FROM receipt WHERE id = ?", (identity,)).fetchone()
        return ReceiptRow(*row) if row else None

    def forget_receipts(self, before_day: int) -> int:
        """Delete receipts made before a day (days since 1970) and return how many."""
        return self.writing.forget_receipts(before_day)

    def head(self) -> int:
        """The position of the last event, 0 in an empty log."""
        with self._readers.reading() as reader:
            return head(reader)

    def data_version(self) -> int:
        """A number that differs after any connection, also another process's, wrote to the file."""
        version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
        return version

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; empty when it is sound."""
        with self._readers.reading() as reader:
            found = [row[0] for row in reader.execute("PRAGMA integrity_check").fetchall()]
        return [] if found == ["ok"] else found

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return events of a stream as the library asks for it."""
        rows = [
            StoredEvent(stream, version, topic, state)
            for _, stream, version, topic, state in self.rows_of(str(originator_id))
            if (gt is None or version > gt) and (lte is None or version <= lte)
        ]
        return (rows[::-1] if desc else rows)[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events by position as the library asks for it."""
        after = 0 if start is None else start - inclusive_of_start
        last = LAST_POSITION if stop is None else stop
        among = f"AND topic IN ({','.join('?' * len(topics))}) " if topics else ""
        rows = self._select(
            f"position > ? AND position <= ? {among}ORDER BY position LIMIT ?",
            after,
            last,
            *topics,
            limit,
        )
        return [
            Notification(stream, version, topic, state, position) for position, stream, version, topic, state in rows
        ]

    def max_notification_id(self) -> int | None:
        """The position of the last event, `None` in an empty log."""
        return self.head() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refuse: followers read pages and wait with `Log.wait`, which also wakes for other processes' writes."""
        raise OperationalError(f"subscribe({gt}, {topics}): read pages and wait with Log.wait")

    def close(self) -> None:
        """Close the file."""
        self._readers.close()
        self._watcher.close()
        self.writing.close()


class Factory(InfrastructureFactory[TrackingRecorder]):
    """The library's way to this recorder: its environment holds the path and the durable settings, nothing else."""

    def application_recorder(self) -> ApplicationRecorder:
        """Construct the recorder."""
        return SQLiteRecorder(
            Path(self.env["HUB_LOG_PATH"]),
            synchronous=self.env["HUB_SYNCHRONOUS"],
            journal_mode=self.env["HUB_JOURNAL_MODE"],
        )

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Refuse: there is one log."""
        raise OperationalError(f"the hub has one log and no recorder for {purpose}")

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        """Refuse: views keep their positions beside their rows."""
        raise OperationalError(f"views keep their own positions, without {tracking_recorder_class}")

    def process_recorder(self) -> ProcessRecorder:
        """Refuse: views keep their positions beside their rows."""
        raise OperationalError("views keep their own positions")
