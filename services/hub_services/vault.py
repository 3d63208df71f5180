"""The vault: one key per stream in blocks made ahead of use, the hub's secrets, and password hashes.

Its own file, so that it can have its own, shorter-lived backups. A block holds 1,000 keys sealed under a block key,
block keys are wrapped by the master key: rotating the master key rewraps block keys only, and destroying one key
rewrites one row under a new block key (architecture.md section 6).
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import RLock
from typing import Final

from cryptography.exceptions import InvalidTag

from hub_services.refusal import UnavailableError, UnsafeSettingError
from hub_services.sealing import KEY_BYTES, seal, unseal
from hub_services.sqlite import Connection, DatabaseError, ReaderPool, connect, transaction

KEYS_A_BLOCK: Final = 1_000
CACHED_BLOCKS: Final = 256
DESTROYED: Final = bytes(KEY_BYTES)
SECRETS: Final = ("envelopes", "ids", "natural-keys", "positions", "sessions", "views")
"""Stable secrets of a hub: for the marks on envelopes, for ids and command ids, for ids made from natural keys, for
position tokens, for session tokens, and the key of the view files."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS key_block (
    block INTEGER PRIMARY KEY AUTOINCREMENT, wrapped_key BLOB NOT NULL, sealed_keys BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credential (account TEXT PRIMARY KEY, password_hash TEXT NOT NULL) WITHOUT ROWID;
"""


def make_master_key(path: Path) -> None:
    """Write a new master key to a file nobody else may read.

    Raises:
        FileExistsError: the file is there already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(os.urandom(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_master_key(path: Path) -> bytes:
    """Read a master key file: 32 bytes as 64 hexadecimal digits.

    Raises:
        UnsafeSettingError: the file is missing or holds something else.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise UnsafeSettingError(
            f"HUB_MASTER_KEY_FILE cannot be read as a master key ({type(error).__name__}); "
            "make one with `hub key FILE` and keep it outside the data folder.",
        ) from error
    if len(key) != KEY_BYTES:
        raise UnsafeSettingError(f"HUB_MASTER_KEY_FILE holds {len(key)} bytes; a master key has {KEY_BYTES}.")
    return key


class DamagedVaultError(Exception):
    """A block of keys is not the one that was sealed, so none of its keys can be had."""


class Vault:
    """Keys of streams, secrets of the hub and password hashes, in one file."""

    def __init__(self, path: Path, master_key: bytes) -> None:
        """Open the vault file; `migrate` must have made it.

        Raises:
            UnsafeSettingError: there is no vault in the file, or the master key is not the one it was made with.
        """
        if not path.exists():
            raise UnsafeSettingError(
                f"There is no vault in {path.parent}; without it nothing in the log can be read. "
                "Bring it back from its backup, or make a new hub in an empty folder with `hub migrate`.",
            )
        self._master = master_key
        self._writer = connect(path)
        self._writer.execute("PRAGMA secure_delete = ON")
        self._readers = ReaderPool(lambda: connect(path, read_only=True), 4)
        self._lock = RLock()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._seen_version = self._data_version()
        self._to_lend: list[tuple[int, bytes]] = []
        try:
            self.secret(SECRETS[0])
        except BaseException:
            self.close()
            raise

    @staticmethod
    def migrate(path: Path, master_key: bytes) -> None:
        """Make the vault's tables and the secrets of a new hub, or those an older one lacks.

        Raises:
            UnsafeSettingError: the master key is not the one this vault was made with.
        """
        connection = connect(path)
        try:
            connection.executescript(SCHEMA)
            with transaction(connection):
                # A secret wrapped by another key than the rest could never be opened together with them.
                for name, wrapped in connection.execute("SELECT name, wrapped FROM secret").fetchall():
                    _unwrapped(master_key, name, wrapped)
                for name in SECRETS:
                    wrapped = seal(master_key, os.urandom(KEY_BYTES), b"secret:" + name.encode())
                    connection.execute("INSERT INTO secret VALUES (?, ?) ON CONFLICT DO NOTHING", (name, wrapped))
        finally:
            connection.close()

    def _data_version(self) -> int:
        version: int = self._writer.execute("PRAGMA data_version").fetchone()[0]
        return version

    def secret(self, name: str) -> bytes:
        """Return one of `SECRETS`, 32 bytes.

        Raises:
            UnsafeSettingError: the master key is not the one this vault was made with, or the vault is older than
                this code.
        """
        try:
            with self._readers.reading() as reader:
                row = reader.execute("SELECT wrapped FROM secret WHERE name = ?", (name,)).fetchone()
        except DatabaseError as error:
            raise UnsafeSettingError(f"The vault cannot be read ({error}); bring it back from its backup.") from error
        if row is None:
            raise UnsafeSettingError("The vault was made by an older version of the hub; run `hub migrate`.")
        return _unwrapped(self._master, name, row[0])

    def draw_key(self) -> tuple[int, bytes]:
        """Return a key nobody has used, and its id; its block is committed before any of its keys is lent."""
        with self._lock:
            if not self._to_lend:
                block, keys = self._make_block()
                ids = range(block * KEYS_A_BLOCK, (block + 1) * KEYS_A_BLOCK)
                starts = range(0, len(keys), KEY_BYTES)
                self._to_lend = [
                    (each, keys[start : start + KEY_BYTES]) for each, start in zip(ids, starts, strict=True)
                ]
                self._to_lend.reverse()
            return self._to_lend.pop()

    def _make_block(self) -> tuple[int, bytes]:
        with transaction(self._writer):
            # AUTOINCREMENT: the number of a block is never given to another one.
            row = self._writer.execute("SELECT seq FROM sqlite_sequence WHERE name = 'key_block'").fetchone()
            block = (row[0] if row else 0) + 1
            keys = os.urandom(KEY_BYTES * KEYS_A_BLOCK)
            self._writer.execute("INSERT INTO key_block VALUES (?, ?, ?)", (block, *self._wrap(block, keys)))
        self._remember(block, keys)
        return block, keys

    def _wrap(self, block: int, keys: bytes) -> tuple[bytes, bytes]:
        block_key = os.urandom(KEY_BYTES)
        return seal(self._master, block_key, b"block:%d" % block), seal(block_key, keys, b"keys:%d" % block)

    def _unwrap(self, block: int, wrapped_key: bytes, sealed_keys: bytes) -> bytes:
        try:
            block_key = unseal(self._master, wrapped_key, b"block:%d" % block)
            return unseal(block_key, sealed_keys, b"keys:%d" % block)
        except (InvalidTag, TypeError, ValueError) as error:
            raise DamagedVaultError(f"block {block} of the vault is not the one that was sealed") from error

    def _remember(self, block: int, keys: bytes) -> None:
        self._blocks[block] = keys
        self._blocks.move_to_end(block)
        while len(self._blocks) > CACHED_BLOCKS:
            self._blocks.popitem(last=False)

    def _read_blocks(self, connection: Connection, blocks: Iterable[int]) -> None:
        wanted = [block for block in blocks if block not in self._blocks]
        marks = ",".join("?" * len(wanted))
        rows = connection.execute(
            f"SELECT block, wrapped_key, sealed_keys FROM key_block WHERE block IN ({marks})",  # noqa: S608 -- marks
            wanted,
        ).fetchall()
        for block, wrapped_key, sealed_keys in rows:
            self._remember(block, self._unwrap(block, wrapped_key, sealed_keys))

    def keys(self, key_ids: Iterable[int]) -> dict[int, bytes | None]:
        """Return the keys of the given ids, a page at a time: `None` for a destroyed one; one never made is absent.

        Raises:
            DamagedVaultError: a block one of them stands in is not the one that was sealed.
        """
        wanted: dict[int, list[int]] = {}
        for key_id in set(key_ids):
            wanted.setdefault(key_id // KEYS_A_BLOCK, []).append(key_id)
        found: dict[int, bytes | None] = {}
        with self._lock:
            version = self._data_version()
            if version != self._seen_version:
                # Another process wrote the vault: it may have destroyed a key this one still remembers.
                self._blocks.clear()
                self._seen_version = version
            for page in _pages(sorted(wanted), CACHED_BLOCKS):
                for block in page:
                    if block in self._blocks:
                        # Or it would be forgotten for one that is read now for the same page.
                        self._blocks.move_to_end(block)
                if any(block not in self._blocks for block in page):
                    with self._readers.reading() as reader:
                        self._read_blocks(reader, page)
                for block in page:
                    keys = self._blocks.get(block)
                    if keys is None:
                        continue
                    for key_id in wanted[block]:
                        start = key_id % KEYS_A_BLOCK * KEY_BYTES
                        key = keys[start : start + KEY_BYTES]
                        found[key_id] = None if key == DESTROYED else key
        return found

    def key(self, key_id: int) -> bytes | None:
        """Return one key, or `None` when it was destroyed or never made."""
        return self.keys((key_id,)).get(key_id)

    def destroy_key(self, key_id: int) -> None:
        """Destroy one key for good: its block is written anew under a new block key, and no page keeps the old one.

        Asking for it again does the rest of what a crash cut off.

        Raises:
            UnavailableError: somebody is reading the vault, so an older page could not be overwritten yet.
        """
        block, index = divmod(key_id, KEYS_A_BLOCK)
        slot = slice(index * KEY_BYTES, (index + 1) * KEY_BYTES)
        with self._lock:
            with transaction(self._writer):
                self._blocks.pop(block, None)
                self._read_blocks(self._writer, (block,))
                before = self._blocks.pop(block, DESTROYED * KEYS_A_BLOCK)
                if before[slot] != DESTROYED:
                    keys = before[: slot.start] + DESTROYED + before[slot.stop :]
                    self._writer.execute(
                        "UPDATE key_block SET wrapped_key = ?, sealed_keys = ? WHERE block = ?",
                        (*self._wrap(block, keys), block),
                    )
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise UnavailableError(
                "vault-busy",
                "The key is destroyed, but somebody still reads an older page of the vault; please ask again.",
            )

    def keep_password_hash(self, account: str, password_hash: str) -> None:
        """Keep or replace the password hash of an account."""
        with self._lock, transaction(self._writer):
            self._writer.execute(
                "INSERT INTO credential VALUES (?, ?) ON CONFLICT DO UPDATE SET password_hash = excluded.password_hash",
                (account, password_hash),
            )

    def password_hash(self, account: str) -> str | None:
        """Return the password hash of an account, or `None`."""
        with self._readers.reading() as reader:
            row = reader.execute("SELECT password_hash FROM credential WHERE account = ?", (account,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the file."""
        self._readers.close()
        self._writer.close()


def _unwrapped(master_key: bytes, name: str, wrapped: bytes) -> bytes:
    try:
        return unseal(master_key, wrapped, b"secret:" + name.encode())
    except InvalidTag as error:
        raise UnsafeSettingError(
            "HUB_MASTER_KEY_FILE holds a key this data folder was not made with; use the file it was made with.",
        ) from error


def _pages(values: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
