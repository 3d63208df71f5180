"""The log as the hub uses it: drafts go in, sealed; recorded events come out, opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition
from typing import Any, Final, cast

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, OperationalError, StoredEvent
from eventsourcing.utils import Environment, EnvType

from hub_events.catalogue import Event
from hub_events.envelope import Actor, Envelope, Labels, Recorded, Unreadable
from hub_events.stream import Stream
from hub_services.log import frame
from hub_services.log.recorder import Insertion, ReceiptRow, Row, SQLiteRecorder
from hub_services.refusal import StreamMovedError, UnavailableError
from hub_services.vault import Vault

UNTRUSTED: Final = Envelope(
    recorded_at=datetime(1970, 1, 1, tzinfo=UTC),
    actor=Actor("", "", ""),
    purpose="",
    regime="",
    lawful_basis="",
    command_id=b"",
    labels=Labels(owning_agency=""),
)
"""The envelope of a row that is not the one that was written: nothing in it can be believed."""


class Draft(msgspec.Struct, frozen=True):
    """Events to be appended to one stream: after which version, under which envelope and key (0 for a new one)."""

    stream: str
    after: int
    events: tuple[Event, ...]
    envelope: Envelope
    key_id: int = 0


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


class SealingMapper(Mapper[str]):
    """Seals events into stored events and opens them again, with keys from the vault."""

    vault: Vault
    random: Callable[[int], bytes]

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Seal a `Recorded` whose key exists."""
        recorded = cast("Recorded", domain_event)
        key = self.vault.key(recorded.key_id)
        if key is None or not isinstance(recorded.event, Event):
            raise UnavailableError("stream-erased", f"{recorded.stream} has been erased.")
        clear = frame.encode_clear(recorded.key_id, recorded.envelope)
        topic, state = frame.sealed_state(
            key,
            self.random(frame.NONCE_BYTES),
            recorded.stream,
            recorded.version,
            recorded.event,
            clear,
        )
        return StoredEvent(recorded.stream, recorded.version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Open a stored event as `Recorded`."""
        position = getattr(stored_event, "id", 0)
        row = (
            position,
            str(stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
        )
        return self.open([row])[0]

    def seal_draft(self, draft: Draft) -> list[tuple[str, int, str, bytes]]:
        """Seal the events of a draft into rows of stream, version, topic and state."""
        key_id = draft.key_id or self.vault.draw_key()
        key = self.vault.key(key_id)
        if key is None:
            raise UnavailableError("stream-erased", f"{draft.stream} has been erased.")
        clear = frame.encode_clear(key_id, draft.envelope)
        rows = []
        for version, event in enumerate(draft.events, draft.after + 1):
            nonce = self.random(frame.NONCE_BYTES)
            topic, state = frame.sealed_state(key, nonce, draft.stream, version, event, clear)
            rows.append((draft.stream, version, topic, state))
        return rows

    def open(self, rows: Sequence[Row]) -> list[Recorded]:
        """Open a page of rows, its keys fetched together.

        Raises:
            TamperedError: a row is not the one that was written.
        """
        frames = [frame.open_frame(row[4]) for row in rows]
        keys = self.vault.keys([clear.key_id for _, clear in frames])
        return [
            frame.opened(position, stream, version, topic, framed, clear, keys.get(clear.key_id))
            for (position, stream, version, topic, _), (framed, clear) in zip(rows, frames, strict=True)
        ]


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
        mapper = SealingMapper(transcoder=self.construct_transcoder())
        mapper.vault = self._vault
        mapper.random = self._random
        return mapper

    def append(self, write: Write) -> Appended:
        """Append what a command writes, durably, all of it or none.

        Raises:
            ReceiptExistsError: the command was written before.
            StreamMovedError: a stream has moved on from the version the command was decided on.
            UnavailableError: nothing could be written now, or a stream was erased.
        """
        rows = [row for draft in write.drafts for row in self._mapper.seal_draft(draft)]
        receipt = write.receipt
        insertion = Insertion(
            rows,
            (receipt.id, receipt.fingerprint, receipt.day) if receipt else None,
            write.expect,
        )
        try:
            first = self._recorder.insert(insertion)
        except IntegrityError as error:
            self._explain(write, error)
        except OperationalError as error:
            raise UnavailableError("log-unavailable", f"The log cannot be written now: {error}.") from error
        with self._changed:
            self._changed.notify_all()
        return Appended(first, first + len(rows) - 1)

    def _explain(self, write: Write, error: Exception) -> None:
        if write.receipt is not None and self._recorder.receipt(write.receipt.id) is not None:
            raise ReceiptExistsError from error
        for stream, expected in [*((draft.stream, draft.after) for draft in write.drafts), *write.expect]:
            if len(self._recorder.rows_of(stream)) != expected:
                raise StreamMovedError(stream, expected) from error
        raise StreamMovedError(write.drafts[0].stream, write.drafts[0].after) from error

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
        except frame.TamperedError:
            return [self._opened_or_unreadable(row) for row in rows]

    def _opened_or_unreadable(self, row: Row) -> Recorded:
        try:
            return self._mapper.open([row])[0]
        except frame.TamperedError as error:
            position, stream, version, topic, _ = row
            return Recorded(position, Stream(stream), version, topic, UNTRUSTED, Unreadable(str(error)))

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


def versions(past: Iterable[Recorded]) -> Mapping[str, int]:
    """Return the last version of each stream in a run of events."""
    return {recorded.stream: recorded.version for recorded in past}
