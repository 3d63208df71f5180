"""The one writer of the log's file in this process: what is inserted, and how groups of insertions are committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Final, NamedTuple

from eventsourcing.persistence import IntegrityError, OperationalError

from hub_services import sqlite
from hub_services.log.frame import Row
from hub_services.log.group_commit import GroupCommit

INSERT_EVENT: Final = "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
INSERT_RECEIPT: Final = "INSERT INTO receipt VALUES (?, ?, ?, ?, ?)"
SELECT_HEAD: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
SELECT_VERSION: Final = "SELECT max(version) FROM event WHERE stream = ?"


class ReceiptRow(NamedTuple):
    """A receipt as it stands in the log's file: whose command, of which content, which positions, on which day."""

    id: bytes
    fingerprint: bytes
    first: int
    last: int
    made_on: int


class Insertion:
    """Events of one command to be inserted together, with what must still hold, and what came of it."""

    __slots__ = ("done", "error", "expect", "first", "receipt", "rows")

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
        self.done = False
        self.error: Exception | None = None

    def number(self, head: int, events: list[Row], receipts: list[tuple[bytes, bytes, int, int, int]]) -> int:
        """Give the rows their positions after `head`; add them and the receipt to what is to be inserted."""
        position = head
        for row in self.rows:
            position += 1
            events.append((position, *row))
        self.first = head + 1
        if self.receipt is not None:
            identity, fingerprint, day = self.receipt
            receipts.append((identity, fingerprint, self.first, position, day))
        return position

    def position(self) -> int:
        """The position of the first event, once it is durable.

        Raises:
            IntegrityError: a stream has moved on, or the receipt exists.
            OperationalError: nothing could be written, or nobody knows whether it was.
        """
        if self.error is not None:
            raise self.error
        if not self.done:
            raise OperationalError("the commit was cut off")
        return self.first


def head(connection: sqlite.Connection) -> int:
    """The position of the last event, 0 in an empty log."""
    row = connection.execute(SELECT_HEAD).fetchone()
    return row[0] if row else 0


def version_of(connection: sqlite.Connection, stream: str) -> int:
    """The version a stream is at, 0 when it does not exist."""
    return connection.execute(SELECT_VERSION, (stream,)).fetchone()[0] or 0


class Writing:
    """Commits insertions in groups, each insertion wholly or not at all."""

    def __init__(self, connection: sqlite.Connection) -> None:
        """Write through a connection that nobody else uses."""
        self._writer = connection
        self._lock = Lock()
        self._group: GroupCommit[Insertion] = GroupCommit(self._commit)
        self._failed = ""

    def commit(self, insertion: Insertion) -> None:
        """Commit an insertion, together with those of others who come meanwhile; its `position` tells the outcome."""
        self._group.submit(insertion)

    def commit_all(self, insertions: Sequence[Insertion]) -> None:
        """Commit many insertions in one transaction; each has an outcome of its own."""
        self._commit(insertions)

    def forget_receipts(self, before_day: int) -> int:
        """Delete receipts made before a day (days since 1970) and return how many."""
        with self._lock:
            return self._writer.execute("DELETE FROM receipt WHERE made_on < ?", (before_day,)).rowcount

    def close(self) -> None:
        """Close the connection, after the commit that is running."""
        with self._lock:
            self._writer.close()

    def _commit(self, group: Sequence[Insertion]) -> None:
        with self._lock:
            try:
                if self._failed:
                    self._refuse(group, self._failed)
                else:
                    self._commit_or_explain(group)
            finally:
                # There is a transaction left only when this caller was interrupted in it: nothing of it is done.
                self._roll_back()

    def _commit_or_explain(self, group: Sequence[Insertion]) -> None:
        try:
            self._commit_together(group)
        except sqlite.IntegrityError as error:
            self._sort_out(group, IntegrityError(str(error)))
        except sqlite.DatabaseError as error:
            self._give_up(group, error)
        except Exception as error:  # noqa: BLE001 -- it belongs to one insertion of the group, which shall raise it
            self._sort_out(group, error)

    def _commit_together(self, group: Sequence[Insertion]) -> None:
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        last = head(writer)
        events: list[Row] = []
        receipts: list[tuple[bytes, bytes, int, int, int]] = []
        written: dict[str, int] = {}
        for insertion in group:
            if insertion.expect:
                self._check(insertion, written)
            last = insertion.number(last, events, receipts)
            # What comes later in the group must not rest on a version that this insertion moves on.
            for row in insertion.rows:
                written[row[0]] = row[1]
        self._insert(events, receipts)
        writer.execute("COMMIT")
        for insertion in group:
            insertion.done = True

    def _insert(self, events: list[Row], receipts: list[tuple[bytes, bytes, int, int, int]]) -> None:
        # Not one statement with many rows: measured at realistic sizes it is 2 to 8 % slower than this.
        self._writer.executemany(INSERT_EVENT, events)
        if receipts:
            self._writer.executemany(INSERT_RECEIPT, receipts)

    def _check(self, insertion: Insertion, written: dict[str, int]) -> None:
        for stream, expected in insertion.expect:
            found = written.get(stream) or version_of(self._writer, stream)
            if found != expected:
                raise sqlite.IntegrityError(f"{stream} is at version {found}, not at {expected}")

    def _sort_out(self, group: Sequence[Insertion], error: Exception) -> None:
        """Find out whose error it is: alone it can only be that of the one insertion."""
        self._roll_back()
        if len(group) == 1:
            group[0].error = error
        else:
            self._commit_one_by_one(group)

    def _commit_one_by_one(self, group: Sequence[Insertion]) -> None:
        # Savepoints cost a lone insertion nothing, because only a group that failed gets here.
        writer = self._writer
        try:
            writer.execute("BEGIN IMMEDIATE")
            for insertion in group:
                writer.execute("SAVEPOINT one")
                insertion.error = self._error_of(insertion)
                if insertion.error is not None:
                    writer.execute("ROLLBACK TO one")
                writer.execute("RELEASE one")
            writer.execute("COMMIT")
        except sqlite.DatabaseError as error:
            self._give_up(group, error)
        else:
            for insertion in group:
                insertion.done = insertion.error is None

    def _error_of(self, insertion: Insertion) -> Exception | None:
        try:
            self._check(insertion, {})
            events: list[Row] = []
            receipts: list[tuple[bytes, bytes, int, int, int]] = []
            insertion.number(head(self._writer), events, receipts)
            self._insert(events, receipts)
        except sqlite.IntegrityError as error:
            return IntegrityError(str(error))
        except sqlite.DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 -- raised by `insert`, in the thread it belongs to
            return error
        return None

    def _give_up(self, group: Sequence[Insertion], error: Exception) -> None:
        self._roll_back()
        if "I/O" in str(error):
            # After a failed sync nobody knows what the disk holds; only opening the file anew can tell.
            self._failed = f"the log stopped writing after an I/O error and must be opened anew: {error}"
        self._refuse(group, str(error))

    @staticmethod
    def _refuse(group: Sequence[Insertion], sentence: str) -> None:
        for insertion in group:
            insertion.error = OperationalError(sentence)

    def _roll_back(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite.DatabaseError as error:
            self._failed = f"the log could not be rolled back and must be opened anew: {error}"
