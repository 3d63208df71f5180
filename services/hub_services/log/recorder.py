"""The SQLite recorder behind the log, as the `eventsourcing` library's persistence module.

Own recorder because the library's has an implicit rowid (a dump renumbers it, the last id is used again), a deferred
BEGIN and no receipts, and because it would take this driver's conflicts for other errors (architecture.md section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)

from hub_services import sqlite
from hub_services.log.group_commit import GroupCommit
from hub_services.sqlite import WRITER_CACHE_MEGABYTES, ReaderPool, connect

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL, version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,
    UNIQUE (stream, version)
);
CREATE TRIGGER IF NOT EXISTS event_is_immutable BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is immutable'); END;
CREATE TRIGGER IF NOT EXISTS event_is_permanent BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event is permanent'); END;
CREATE TABLE IF NOT EXISTS receipt (
    id BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    made_on INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_by_day ON receipt (made_on);
"""
INSERT_EVENT: Final = "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
INSERT_RECEIPT: Final = "INSERT INTO receipt VALUES (?, ?, ?, ?, ?)"
SELECT_HEAD: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
COLUMNS: Final = "position, stream, version, topic, state"

Row = tuple[int, str, int, str, bytes]


class ReceiptRow(NamedTuple):
    """A receipt as it stands in the log's file: whose command, of which content, which positions, on which day."""

    id: bytes
    fingerprint: bytes
    first: int
    last: int
    made_on: int


class Insertion:
    """Events of one command to be inserted together, with what must still hold, and what came of it."""

    __slots__ = ("error", "expect", "first", "receipt", "rows")

    def __init__(
        self,
        rows: Sequence[tuple[str, int, str, bytes]],
        receipt: tuple[bytes, bytes, int] | None = None,
        expect: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Insert `rows` of (stream, version, topic, state), a receipt of (id, fingerprint, day)."""
        self.rows = rows
        self.receipt = receipt
        self.expect = tuple(expect)
        self.first = 0
        self.error: Exception | None = None

    def numbered(self, head: int) -> list[Row]:
        """Give the rows their positions after `head`."""
        self.first = head + 1
        return [(head + index, *row) for index, row in enumerate(self.rows, 1)]

    def receipt_row(self) -> ReceiptRow | None:
        """The receipt with the positions that were given."""
        if self.receipt is None:
            return None
        identity, fingerprint, day = self.receipt
        return ReceiptRow(identity, fingerprint, self.first, self.first + len(self.rows) - 1, day)


class SQLiteRecorder(ApplicationRecorder):
    """Inserts events durably, several streams in one transaction, and reads them by stream and by position."""

    def __init__(self, path: Path, *, synchronous: str = "FULL", journal_mode: str = "WAL") -> None:
        """Open the log's file; `migrate` must have made it."""
        super().__init__()
        self.path = path
        self._writer = connect(
            path,
            cache_megabytes=WRITER_CACHE_MEGABYTES,
            synchronous=synchronous,
            journal_mode=journal_mode,
        )
        self._writing = Lock()
        self._readers = ReaderPool(lambda: connect(path, read_only=True))
        self._group = GroupCommit(self._commit)
        self._failed = ""
        watcher = connect(path, read_only=True)
        self._watcher = watcher

    @staticmethod
    def migrate(path: Path) -> None:
        """Make the log's tables."""
        connection = connect(path)
        try:
            connection.executescript(SCHEMA)
        finally:
            connection.close()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Insert events as the library asks for it; `receipt` and `expect` as in `Insertion`."""
        rows = [
            (str(each.originator_id), each.originator_version, each.topic, each.state) for each in stored_events
        ]
        first = self.insert(Insertion(rows, kwargs.get("receipt"), kwargs.get("expect", {}).items()))
        return range(first, first + len(rows))

    def insert(self, insertion: Insertion) -> int:
        """Insert events durably and return the position of the first.

        Raises:
            IntegrityError: a stream has moved on, or the receipt exists.
            OperationalError: nothing could be written.
        """
        self._group.submit(insertion)
        if insertion.error is not None:
            raise insertion.error
        return insertion.first

    def _commit(self, group: Sequence[Insertion]) -> None:
        with self._writing:
            try:
                if self._failed:
                    raise OperationalError(self._failed)
                self._commit_together(group)
            except sqlite.IntegrityError as error:
                self._roll_back()
                if len(group) == 1:
                    group[0].error = IntegrityError(str(error))
                else:
                    self._commit_one_by_one(group)
            except (sqlite.DatabaseError, OperationalError) as error:
                self._give_up(group, error)

    def _commit_together(self, group: Sequence[Insertion]) -> None:
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        head = self._head(writer)
        rows: list[Row] = []
        receipts: list[ReceiptRow] = []
        for insertion in group:
            self._check(insertion)
            rows += insertion.numbered(head + len(rows))
            receipt = insertion.receipt_row()
            if receipt is not None:
                receipts.append(receipt)
        writer.executemany(INSERT_EVENT, rows)
        if receipts:
            writer.executemany(INSERT_RECEIPT, receipts)
        writer.execute("COMMIT")

    def _commit_one_by_one(self, group: Sequence[Insertion]) -> None:
        # Savepoints cost a lone insertion nothing, because only a group that failed gets here.
        writer = self._writer
        try:
            writer.execute("BEGIN IMMEDIATE")
            for insertion in group:
                writer.execute("SAVEPOINT one")
                try:
                    self._check(insertion)
                    writer.executemany(INSERT_EVENT, insertion.numbered(self._head(writer)))
                    receipt = insertion.receipt_row()
                    if receipt is not None:
                        writer.execute(INSERT_RECEIPT, receipt)
                except sqlite.IntegrityError as error:
                    writer.execute("ROLLBACK TO one")
                    insertion.error = IntegrityError(str(error))
                writer.execute("RELEASE one")
            writer.execute("COMMIT")
        except sqlite.DatabaseError as error:
            self._give_up(group, error)

    def _check(self, insertion: Insertion) -> None:
        for stream, expected in insertion.expect:
            found = self._writer.execute("SELECT max(version) FROM event WHERE stream = ?", (stream,)).fetchone()[0]
            if (found or 0) != expected:
                raise sqlite.IntegrityError(f"{stream} is at version {found or 0}, not at {expected}")

    def _give_up(self, group: Sequence[Insertion], error: Exception) -> None:
        self._roll_back()
        sentence = str(error)
        if "I/O" in sentence:
            # After a failed sync nobody knows what the disk holds; only opening the file anew can tell.
            self._failed = f"the log stopped writing after an I/O error and must be opened anew: {sentence}"
        for insertion in group:
            insertion.error = OperationalError(sentence)

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            try:
                self._writer.execute("ROLLBACK")
            except sqlite.DatabaseError as error:
                self._failed = f"the log could not be rolled back and must be opened anew: {error}"

    @staticmethod
    def _head(connection: sqlite.Connection) -> int:
        row = connection.execute(SELECT_HEAD).fetchone()
        return row[0] if row else 0

    def rows_of(self, stream: str) -> list[Row]:
        """All rows of a stream, in order."""
        with self._readers.reading() as reader:
            return reader.execute(  # type: ignore[no-any-return]
                f"SELECT {COLUMNS} FROM event WHERE stream = ? ORDER BY version",  # noqa: S608 -- a constant
                (stream,),
            ).fetchall()

    def rows_after(self, position: int, limit: int, upto: int | None = None) -> list[Row]:
        """Up to `limit` rows after a position, in order."""
        with self._readers.reading() as reader:
            return reader.execute(  # type: ignore[no-any-return]
                f"SELECT {COLUMNS} FROM event WHERE position > ? AND position <= ? "  # noqa: S608 -- a constant
                "ORDER BY position LIMIT ?",
                (position, 2**62 if upto is None else upto, limit),
            ).fetchall()

    def receipt(self, identity: bytes) -> ReceiptRow | None:
        """Return a receipt, or `None`."""
        with self._readers.reading() as reader:
            row = reader.execute("SELECT * FROM receipt WHERE id = ?", (identity,)).fetchone()
        return ReceiptRow(*row) if row else None

    def forget_receipts(self, before_day: int) -> int:
        """Delete receipts made before a day (days since 1970) and return how many."""
        with self._writing:
            deleted: int = self._writer.execute("DELETE FROM receipt WHERE made_on < ?", (before_day,)).rowcount
        return deleted

    def head(self) -> int:
        """The position of the last event, 0 in an empty log."""
        with self._readers.reading() as reader:
            return self._head(reader)

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
        wanted = limit if not topics else 2**62
        rows = [row for row in self.rows_after(after, wanted, stop) if not topics or row[3] in topics]
        return [
            Notification(stream, version, topic, state, position)
            for position, stream, version, topic, state in rows[:limit]
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
        self._writer.close()


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
