"""One event as it stands in the log: a clear envelope and a sealed payload that are bound to each other.

The associated data of the seal is stream, version, topic and the whole clear part, so a row that was moved to another
stream, version or name, or whose label, key or time was altered, does not open (architecture.md section 6). When the
key is destroyed the seal can vouch for nothing any more; the mark on all of it, made under a secret of the hub, still
does, so that nobody passes a row off as erased by naming another key, or alters one that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub_events.catalogue import Event, catalogue
from hub_events.envelope import Envelope, Erased, Recorded, Unreadable
from hub_events.stream import Stream
from hub_services.sealing import NONCE_BYTES

FORMAT: Final = 1

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
    """Makes and checks the mark on a row: an AES-GCM tag over its place and its seal that outlives the stream's key."""

    def __init__(self, secret: bytes) -> None:
        """Mark with a secret of the hub."""
        cipher = AESGCM(secret)
        self._encrypt, self._decrypt = cipher.encrypt, cipher.decrypt

    def on(self, place: bytes, sealed: bytes) -> bytes:
        """Return the mark; it shares the seal's nonce, which under this secret is used for nothing else."""
        return self._encrypt(sealed[:NONCE_BYTES], b"", place + sealed)

    def check(self, place: bytes, sealed: bytes, mark: bytes) -> None:
        """Check a mark.

        Raises:
            InvalidTag, ValueError: it is not the one on these bytes.
        """
        self._decrypt(sealed[:NONCE_BYTES], mark, place + sealed)


def sealed_rows(
    marks: Marks,
    key_id: int,
    key: bytes,
    envelope: Envelope,
    stream: str,
    after: int,
    events: Iterable[Event],
    random: Callable[[int], bytes],
) -> list[tuple[str, int, str, bytes]]:
    """Seal the events one command writes to one stream into rows of stream, version, topic and state.

    All in one run, because it is most of what the hub itself does for an append.
    """
    encrypt, mark = AESGCM(key).encrypt, marks.on
    clear = _encode(Clear(key_id, envelope))
    version, rows = after, []
    for event in events:
        version += 1
        topic, payload = catalogue.encode(event)
        nonce = random(NONCE_BYTES)
        place = _place(stream, version, topic, clear)
        sealed = nonce + encrypt(nonce, payload, place)
        # A tuple of a frame's fields is encoded as the frame.
        rows.append((stream, version, topic, _encode((FORMAT, clear, mark(place, sealed), sealed))))
    return rows


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
    key_id, sealed = clear.key_id, frame.sealed
    key = keys.get(key_id)
    place = _place(stream, version, topic, frame.clear)
    payload = b""
    try:
        marks.check(place, sealed, frame.mark)
        if key is not None:
            payload = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as error:
        raise TamperedError(f"{stream} version {version} ({topic}) is not the row that was written") from error
    event: Event | Erased | Unreadable
    if key is not None:
        try:
            event = catalogue.decode(topic, payload)
        except (LookupError, msgspec.MsgspecError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            event = Unreadable(f"{type(error).__name__}: {topic} cannot be decoded")
    elif key_id in keys:
        event = Erased()
    else:
        event = Unreadable("its key is not in the vault; restore the vault's backup")
    return Recorded(position, Stream(stream), version, topic, clear.envelope, event, key_id)
