"""One event as it stands in the log: a clear envelope and a sealed payload that are bound to each other.

The associated data of the seal is stream, version, topic and the whole clear part, so a row that was moved to another
stream, version or name, or whose label, key or time was altered, does not open (architecture.md section 6). When the
key is destroyed the seal can vouch for nothing any more; the mark, made under a secret of the hub, still does, so that
nobody passes a row off as erased by naming another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub_events.catalogue import Event, catalogue
from hub_events.envelope import Envelope, Erased, Recorded, Unreadable
from hub_events.stream import Stream
from hub_services.sealing import NONCE_BYTES

FORMAT: Final = 1
MARK_BYTES: Final = 16

Row = tuple[int, str, int, str, bytes]
"""A row of the log: position, stream, version, topic and state."""


class Clear(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """The part of a frame that is not sealed: which key opens it, and the envelope."""

    key_id: int
    envelope: Envelope


class Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """What the log's `state` column holds; `sealed` begins with its nonce."""

    format: int
    clear: bytes
    mark: bytes
    sealed: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_frame = msgspec.msgpack.Decoder(Frame).decode
_decode_clear = msgspec.msgpack.Decoder(Clear).decode


class TamperedError(Exception):
    """A row of the log is not the one that was written."""


def _place(stream: str, version: int, topic: str, clear: bytes) -> bytes:
    """Return everything about an event but its content and its position, in one unambiguous run of bytes."""
    return _encode((FORMAT, stream, version, topic, clear))


class Marks:
    """Makes the mark on a place: a keyed hash that outlives the key of the stream."""

    def __init__(self, secret: bytes) -> None:
        """Mark with a secret of the hub."""
        self._begun = blake2b(digest_size=MARK_BYTES, key=secret)

    def on(self, place: bytes) -> bytes:
        """Return the mark on a place."""
        mark = self._begun.copy()
        mark.update(place)
        return mark.digest()


class Seal:
    """Seals the events one command writes to one stream, all under its key and one envelope."""

    def __init__(self, marks: Marks, key_id: int, key: bytes, envelope: Envelope) -> None:
        """Seal with a key of the vault."""
        self._marks = marks
        self._encrypt = AESGCM(key).encrypt
        self._clear = _encode(Clear(key_id, envelope))

    def row(self, nonce: bytes, stream: str, version: int, event: Event) -> tuple[str, int, str, bytes]:
        """Return an event's stream, version, topic and state."""
        topic, payload = catalogue.encode(event)
        place = _place(stream, version, topic, self._clear)
        mark = self._marks.on(place)
        # A tuple of a frame's fields is encoded as the frame.
        state = (FORMAT, self._clear, mark, nonce + self._encrypt(nonce, payload, place + mark))
        return stream, version, topic, _encode(state)


def open_frame(state: bytes) -> tuple[Frame, Clear]:
    """Split a state into its frame and its clear part.

    Raises:
        TamperedError: it is not a frame of a format this code knows.
    """
    try:
        frame = _decode_frame(state)
        clear = _decode_clear(frame.clear)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise TamperedError(f"not a frame: {error}") from error
    if frame.format != FORMAT:
        raise TamperedError(f"a frame of format {frame.format}")
    return frame, clear


def opened(marks: Marks, row: Row, frame: Frame, clear: Clear, keys: Mapping[int, bytes | None]) -> Recorded:
    """Open a row of the log with the keys that were found for it.

    A destroyed key gives `Erased`; a key the vault does not know, or a seal that is sound round an event this code
    cannot decode, gives `Unreadable`.

    Raises:
        TamperedError: the row is not the one that was written.
    """
    position, stream, version, topic, _ = row
    key_id = clear.key_id
    key = keys.get(key_id)
    place, sealed = _place(stream, version, topic, frame.clear), frame.sealed
    event: Event | Erased | Unreadable
    if key is not None:
        try:
            payload = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place + frame.mark)
        except (InvalidTag, ValueError) as error:
            raise TamperedError(f"{stream} version {version} ({topic}) is not the row that was written") from error
        try:
            event = catalogue.decode(topic, payload)
        except (LookupError, msgspec.MsgspecError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            event = Unreadable(f"{type(error).__name__}: {topic} cannot be decoded")
    elif marks.on(place) != frame.mark:
        raise TamperedError(f"{stream} version {version} ({topic}) is not the row that was written")
    else:
        event = Erased() if key_id in keys else Unreadable("its key is not in the vault; restore the vault's backup")
    return Recorded(position, Stream(stream), version, topic, clear.envelope, event, key_id)
