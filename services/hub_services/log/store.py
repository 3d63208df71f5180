"""The log as the hub uses it: drafts go in, sealed; recorded events come out, opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition
from typing import NoReturn, cast

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, OperationalError
from eventsourcing.utils import Environment, EnvType

from hub_events.envelope import Recorded
from hub_services.log.frame import Row, TamperedError
from hub_services.log.mapper import Draft, SealingMapper
from hub_services.log.recorder import SQLiteRecorder
from hub_services.log.writing import Insertion, ReceiptRow
from hub_services.refusal import StreamMovedError, UnavailableError
from hub_services.vault import Vault


class Receipt(msgspec.Struct, frozen=True):
    """What makes a command that is sent again the same command: its id, what it said, and the day it was made."""

    id: bytes
    fingerprint: bytes
    day: int


class Write(msgspec.Struct, frozen=True):
    """All that one command writes, in one transaction."""

    drafts: tuple[Draft, ...]
    receipt: Receipt | None = None
    expect: tuple[tuple[str, int], ...] = ()


class Appended(msgspec.Struct, frozen=True):
    """The positions a command's events were given, first and last."""

    first: int
    last: int


class ReceiptExistsError(Exception):
    """The command was written before; its receipt says where."""


class Log(Application[str]):
    """The append-only log of everything the agencies did and learnt."""

    name = "hub"

    def __init__(
        self,
        path: Path,
        vault: Vault,
        *,
        synchronous: str = "FULL",
        journal_mode: str = "WAL",
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Open the log in `path`, with keys from the vault."""
        self._vault = vault
        self._random = random
        self._changed = Condition()
        super().__init__(
            {
                "PERSISTENCE_MODULE": "hub_services.log.recorder:Factory",
                "HUB_LOG_PATH": str(path),
                "HUB_SYNCHRONOUS": synchronous,
                "HUB_JOURNAL_MODE": journal_mode,
            },
        )
        self._recorder = cast("SQLiteRecorder", self.recorder)
        self._mapper = cast("SealingMapper", self.mapper)
        self._seen = self._recorder.data_version()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return the settings given and no others: the process's environment is never read here."""
        return Environment(name, env)

    def construct_mapper(self) -> Mapper[str]:
        """Construct the mapper that seals."""
        return SealingMapper(self.construct_transcoder(), self._vault, self._random)

    def append(self, write: Write) -> Appended:
        """Append what a command writes, durably, all of it or none.

        Raises:
            ReceiptExistsError: the command was written before.
            StreamMovedError: a stream has moved on from the version the command was decided on.
            UnavailableError: nothing could be written now, or a stream was erased.
        """
        insertion = self._sealed(write)
        self._recorder.writing.commit(insertion)
        self.wake()
        return self._outcome(write, insertion)

    def append_all(self, writes: Sequence[Write]) -> list[Appended | Exception]:
        """Append many commands in one transaction, as an import does; one that cannot be written hurts no other.

        Returns:
            for each command where it was appended, or what `append` would have raised.
        """
        insertions = [self._sealed(write) for write in writes]
        self._recorder.writing.commit_all(insertions)
        self.wake()
        outcomes: list[Appended | Exception] = []
        for write, insertion in zip(writes, insertions, strict=True):
            try:
                outcomes.append(self._outcome(write, insertion))
            except (ReceiptExistsError, StreamMovedError, UnavailableError) as error:
                outcomes.append(error)
        return outcomes

    def _sealed(self, write: Write) -> Insertion:
        rows: list[tuple[str, int, str, bytes]] = []
        for draft in write.drafts:
            rows += self._mapper.seal(draft)
        receipt = write.receipt
        return Insertion(
            rows,
            (receipt.id, receipt.fingerprint, receipt.day) if receipt else None,
            write.expect,
        )

    def _outcome(self, write: Write, insertion: Insertion) -> Appended:
        try:
            first = insertion.position()
        except IntegrityError as error:
            self._explain(write, error)
        except OperationalError as error:
            raise UnavailableError("log-unavailable", f"The log cannot be written now: {error}.") from error
        return Appended(first, first + len(insertion.rows) - 1)

    def _explain(self, write: Write, error: Exception) -> NoReturn:
        if write.receipt is not None and self._recorder.receipt(write.receipt.id) is not None:
            raise ReceiptExistsError from error
        decided_on = [*((draft.stream, draft.after) for draft in write.drafts), *write.expect]
        for stream, expected in decided_on:
            if self._recorder.version_of(stream) != expected:
                raise StreamMovedError(stream, expected) from error
        raise StreamMovedError(*decided_on[0]) from error

    def past(self, stream: str) -> list[Recorded]:
        """Return all events of a stream, in order.

        Raises:
            TamperedError: a row is not the one that was written.
        """
        return self._mapper.open(self._recorder.rows_of(stream))

    def after(self, position: int, limit: int, upto: int | None = None) -> list[Recorded]:
        """Return up to `limit` events after a position, in order.

        Raises:
            TamperedError: a row is not the one that was written.
        """
        return self._mapper.open(self._recorder.rows_after(position, limit, upto))

    def follow(self, position: int, limit: int, upto: int | None = None) -> list[Recorded]:
        """Return a page as `after` does, but with `Unreadable` in place of a row that is not the one written."""
        rows = self._recorder.rows_after(position, limit, upto)
        try:
            return self._mapper.open(rows)
        except TamperedError:
            return [self._mapper.open_or_explain(row) for row in rows]

    def rows_after(self, position: int, limit: int, upto: int | None = None) -> list[Row]:
        """Return up to `limit` sealed rows after a position, as they stand in the file."""
        return self._recorder.rows_after(position, limit, upto)

    def open_rows(self, rows: Sequence[Row]) -> list[Recorded]:
        """Open sealed rows."""
        return self._mapper.open(rows)

    def receipt(self, identity: bytes) -> ReceiptRow | None:
        """Return the receipt of a command, or `None`."""
        return self._recorder.receipt(identity)

    def forget_receipts(self, before_day: int) -> int:
        """Delete receipts made before a day (days since 1970) and return how many."""
        return self._recorder.forget_receipts(before_day)

    def head(self) -> int:
        """The position of the last event."""
        return self._recorder.head()

    def wait(self, seconds: float) -> None:
        """Wait until this process appends, at most so long; another process's append is noticed by `moved`."""
        with self._changed:
            self._changed.wait(seconds)

    def moved(self) -> bool:
        """Whether anything was written to the file since this was last asked."""
        version = self._recorder.data_version()
        moved, self._seen = version != self._seen, version
        return moved

    def wake(self) -> None:
        """Wake whoever waits."""
        with self._changed:
            self._changed.notify_all()

    def check(self) -> list[str]:
        """Return what is wrong with the file; empty when it is sound."""
        return self._recorder.check()

    def close(self) -> None:
        """Close the log."""
        super().close()
        self._recorder.close()
