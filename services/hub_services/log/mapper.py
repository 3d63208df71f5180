"""The library's mapper as the log needs it: seals drafts into rows and opens rows again, with keys from the vault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, cast

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from hub_events.catalogue import Event
from hub_events.envelope import Actor, Envelope, Labels, Recorded, Unreadable
from hub_events.stream import Stream
from hub_services.log.frame import Marks, Row, TamperedError, open_frame, opened, sealed_rows
from hub_services.refusal import UnavailableError
from hub_services.vault import DamagedVaultError, Vault

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


class SealingMapper(Mapper[str]):
    """Seals events into stored events and opens them again."""

    def __init__(self, transcoder: Transcoder, vault: Vault, random: Callable[[int], bytes]) -> None:
        """Take keys from the vault and nonces from `random`; the library's transcoder is never asked."""
        super().__init__(transcoder)
        self._vault = vault
        self._random = random
        self._marks = Marks(vault.secret("envelopes"))

    def to_stored_event(self, domain_event: object) -> StoredEvent:
        """Seal a `Recorded` whose key exists."""
        recorded = cast("Recorded", domain_event)
        if not isinstance(recorded.event, Event):
            raise _erased(recorded.stream)
        draft = Draft(recorded.stream, recorded.version - 1, (recorded.event,), recorded.envelope, recorded.key_id)
        return StoredEvent(*self.seal(draft)[0])

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:  # type: ignore[override]
        """Open a stored event as `Recorded`."""
        stream, version = str(stored_event.originator_id), stored_event.originator_version
        return self.open([(getattr(stored_event, "id", 0), stream, version, stored_event.topic, stored_event.state)])[0]

    def seal(self, draft: Draft) -> list[tuple[str, int, str, bytes]]:
        """Seal the events of a draft into rows of stream, version, topic and state.

        Raises:
            UnavailableError: the stream was erased.
        """
        key: bytes | None
        if draft.key_id:
            key_id, key = draft.key_id, self._vault.key(draft.key_id)
        else:
            key_id, key = self._vault.draw_key()
        if key is None:
            raise _erased(draft.stream)
        return sealed_rows(
            self._marks,
            key_id,
            key,
            draft.envelope,
            draft.stream,
            draft.after,
            draft.events,
            self._random,
        )

    def open(self, rows: Sequence[Row]) -> list[Recorded]:
        """Open a page of rows, its keys fetched together.

        Raises:
            TamperedError: a row, or the block of the vault its key stands in, is not the one that was written.
        """
        frames = [open_frame(row[4]) for row in rows]
        try:
            keys = self._vault.keys([clear.key_id for _, clear in frames])
        except DamagedVaultError as error:
            raise TamperedError(str(error)) from error
        marks = self._marks
        return [opened(marks, row, frame, clear, keys) for row, (frame, clear) in zip(rows, frames, strict=True)]

    def open_or_explain(self, row: Row) -> Recorded:
        """Open one row, or return `Unreadable` in its place."""
        try:
            return self.open([row])[0]
        except TamperedError as error:
            position, stream, version, topic, _ = row
            return Recorded(position, Stream(stream), version, topic, UNTRUSTED, Unreadable(str(error)))


def _erased(stream: str) -> UnavailableError:
    return UnavailableError("stream-erased", f"{stream} has been erased.")
