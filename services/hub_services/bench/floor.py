"""Floors: the same work with the bare driver and the log's own pragmas, and nothing round it (architecture.md 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub_events.catalogue import catalogue
from hub_services.log.frame import FORMAT, Clear, Frame, Row
from hub_services.log.recorder import SQLiteRecorder
from hub_services.log.writing import ReceiptRow
from hub_services.sealing import KEY_BYTES, NONCE_BYTES, unseal
from hub_services.sqlite import WRITER_CACHE_MEGABYTES, Connection, connect
from hub_services.vault import KEYS_A_BLOCK

PAGE: Final = 1_000
INSERT_EVENT: Final = "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
INSERT_RECEIPT: Final = "INSERT INTO receipt VALUES (?, ?, ?, ?, ?)"
SELECT_EVENTS: Final = (
    "SELECT position, stream, version, topic, state FROM event WHERE position > ? ORDER BY position LIMIT ?"
)

_decode_frame = msgspec.msgpack.Decoder(Frame).decode
_decode_clear = msgspec.msgpack.Decoder(Clear).decode
_place = msgspec.msgpack.Encoder().encode


class AppendFloor:
    """A log's file of its own, into which finished rows are inserted."""

    def __init__(self, path: Path) -> None:
        """Make the file."""
        SQLiteRecorder.migrate(path)
        self._connection = connect(path, cache_megabytes=WRITER_CACHE_MEGABYTES)

    def one_by_one(self, events: Sequence[Row], receipts: Sequence[ReceiptRow]) -> None:
        """Insert each event and its receipt in a transaction."""
        execute = self._connection.execute
        for event, receipt in zip(events, receipts, strict=True):
            execute("BEGIN IMMEDIATE")
            execute(INSERT_EVENT, event)
            execute(INSERT_RECEIPT, receipt)
            execute("COMMIT")

    def in_groups(self, events: Sequence[Row], receipts: Sequence[ReceiptRow], size: int) -> None:
        """Insert `size` events and their receipts in a transaction, one after another."""
        for start in range(0, len(events), size):
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT_EVENT, events[start : start + size])
            self._connection.executemany(INSERT_RECEIPT, receipts[start : start + size])
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def replayed(log_file: Path, vault_file: Path, master_key: bytes) -> Iterator[int]:
    """Read a log from its beginning and open every event; yield the last position of each page.

    Rows are read, their keys read and unwrapped a page at a time, the seal opened, envelope and event decoded.
    """
    log, vault = connect(log_file, read_only=True), connect(vault_file, read_only=True)
    position = 0
    try:
        while rows := log.execute(SELECT_EVENTS, (position, PAGE)).fetchall():
            frames = [_decode_frame(state) for *_, state in rows]
            clears = [_decode_clear(frame.clear) for frame in frames]
            blocks = _blocks(vault, master_key, {clear.key_id // KEYS_A_BLOCK for clear in clears})
            for (_, stream, version, topic, _), frame, clear in zip(rows, frames, clears, strict=True):
                block, index = divmod(clear.key_id, KEYS_A_BLOCK)
                key = blocks[block][index * KEY_BYTES : (index + 1) * KEY_BYTES]
                sealed, place = frame.sealed, _place((FORMAT, stream, version, topic, frame.clear))
                payload = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
                catalogue.decode(topic, payload)
            position = rows[-1][0]
            yield position
    finally:
        log.close()
        vault.close()


def _blocks(vault: Connection, master_key: bytes, wanted: set[int]) -> dict[int, bytes]:
    blocks = {}
    for number in wanted:
        query = "SELECT wrapped_key, sealed_keys FROM key_block WHERE block = ?"
        wrapped, sealed = vault.execute(query, (number,)).fetchone()
        blocks[number] = unseal(unseal(master_key, wrapped, b"block:%d" % number), sealed, b"keys:%d" % number)
    return blocks
