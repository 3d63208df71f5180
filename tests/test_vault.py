"""The vault: keys lent once, destroyed without a trace, and nothing in clear in its file."""

import os
import subprocess
import sys
import threading

import pytest
from cryptography.exceptions import InvalidTag

from hub_services import sqlite
from hub_services.refusal import UnavailableError, UnsafeSettingError
from hub_services.sealing import KEY_BYTES, seal, unseal
from hub_services.vault import (
    CACHED_BLOCKS,
    KEYS_A_BLOCK,
    SECRETS,
    DamagedVaultError,
    Vault,
    make_master_key,
    read_master_key,
)

MASTER = bytes(range(32))
LEND = """
import sys
from pathlib import Path
from hub_services.vault import Vault
vault = Vault(Path(sys.argv[1]), bytes(range(32)))
print(*(vault.draw_key()[0] for _ in range(int(sys.argv[2]))))
"""


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "vault.sqlite"
    Vault.migrate(found, MASTER)
    return found


@pytest.fixture
def open_vault(path):
    opened = []

    def made(master=MASTER):
        opened.append(Vault(path, master))
        return opened[-1]

    yield made
    for vault in opened:
        vault.close()


@pytest.fixture
def vault(open_vault):
    return open_vault()


def raw(path):
    """Every byte of the vault's files."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def test_a_key_that_was_drawn_can_be_had_by_its_id(vault):
    drawn = dict(vault.draw_key() for _ in range(5))
    assert len(drawn) == len(set(drawn.values())) == 5
    assert vault.keys(drawn) == drawn
    assert all(len(key) == KEY_BYTES for key in drawn.values())


def test_a_block_is_committed_before_any_of_its_keys_is_lent(vault, path):
    key_id, key = vault.draw_key()
    elsewhere = Vault(path, MASTER)
    assert elsewhere.key(key_id) == key
    elsewhere.close()


def test_no_key_is_lent_twice_by_several_vaults_threads_and_reopenings(open_vault):
    lent, lock = [], threading.Lock()

    def lend(vault, count):
        for _ in range(count):
            key_id, _ = vault.draw_key()
            with lock:
                lent.append(key_id)

    shared = open_vault()
    threads = [threading.Thread(target=lend, args=(shared, KEYS_A_BLOCK // 2)) for _ in range(3)]
    threads += [threading.Thread(target=lend, args=(open_vault(), 10)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lend(open_vault(), 3)
    assert len(set(lent)) == len(lent) == 3 * (KEYS_A_BLOCK // 2) + 33


def test_no_key_is_lent_twice_by_several_processes(path):
    running = [
        subprocess.Popen([sys.executable, "-c", LEND, str(path), "5"], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    lent = [key_id for process in running for key_id in process.communicate(timeout=60)[0].split()]
    assert len(set(lent)) == len(lent) == 15


def test_a_page_of_keys_may_stand_in_more_blocks_than_are_remembered(vault, monkeypatch):
    monkeypatch.setattr("hub_services.vault.CACHED_BLOCKS", 2)
    drawn = {}
    for _ in range(5):
        key_id, key = vault.draw_key()
        drawn[key_id] = key
        vault._to_lend.clear()
    assert vault.keys(drawn) == drawn
    assert len(vault._blocks) == 2
    assert CACHED_BLOCKS > 2


def test_a_block_that_is_remembered_is_not_forgotten_for_others_of_the_same_page(vault, monkeypatch):
    monkeypatch.setattr("hub_services.vault.CACHED_BLOCKS", 2)
    drawn = dict(vault.draw_key() for _ in range(2 * KEYS_A_BLOCK + 1))
    first, second, third = (block * KEYS_A_BLOCK for block in range(1, 4))
    vault.keys((first,))
    vault.keys((second,))

    assert vault.keys((first, third)) == {each: drawn[each] for each in (first, third)}


def test_a_destroyed_key_is_none_and_one_never_made_is_absent(vault):
    (one, _), (two, key) = vault.draw_key(), vault.draw_key()
    vault.destroy_key(one)
    assert vault.keys([one, two, 10**6]) == {one: None, two: key}
    assert vault.key(one) is vault.key(10**6) is None


def test_destroying_a_key_leaves_no_trace_of_it_in_the_file_or_its_log(vault, path):
    """What could still be opened is the block as it was sealed before, and the key it was sealed under."""
    drawn = dict(vault.draw_key() for _ in range(KEYS_A_BLOCK))
    connection = sqlite.connect(path)
    (wrapped, sealed) = connection.execute("SELECT wrapped_key, sealed_keys FROM key_block").fetchone()
    connection.close()
    pieces = [wrapped, *(sealed[start : start + 64] for start in range(0, len(sealed) - 64, 64))]
    before = raw(path)
    assert sum(piece in before for piece in pieces) > len(pieces) * 0.9, "the search finds what is there"
    gone, *kept = drawn
    vault.destroy_key(gone)
    after = raw(path)
    assert [piece for piece in pieces if piece in after] == []
    assert drawn[gone] not in before + after
    assert vault.keys(kept) == {key_id: drawn[key_id] for key_id in kept}
    assert path.with_name("vault.sqlite-wal").stat().st_size == 0


def test_destroying_a_key_again_changes_nothing_but_still_clears_the_log(vault, path):
    key_id, _ = vault.draw_key()
    vault.destroy_key(key_id)
    block = vault._writer.execute("SELECT * FROM key_block").fetchall()
    vault.keep_password_hash("account", "hash")
    assert path.with_name("vault.sqlite-wal").stat().st_size > 0
    vault.destroy_key(key_id)
    assert vault._writer.execute("SELECT * FROM key_block").fetchall() == block
    assert path.with_name("vault.sqlite-wal").stat().st_size == 0
    vault.destroy_key(10**6)


def test_a_reader_that_holds_an_older_page_is_named_and_the_key_is_destroyed_all_the_same(vault, path):
    key_id, _ = vault.draw_key()
    reader = sqlite.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM key_block").fetchone()
    vault._writer.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(UnavailableError) as refused:
        vault.destroy_key(key_id)
    assert refused.value.code == "vault-busy"
    assert vault.key(key_id) is None
    reader.close()
    vault.destroy_key(key_id)
    assert path.with_name("vault.sqlite-wal").stat().st_size == 0


def test_another_process_notices_that_a_key_was_destroyed(open_vault):
    one, other = open_vault(), open_vault()
    (key_id, key), (kept, kept_key) = one.draw_key(), one.draw_key()
    assert other.keys([key_id, kept]) == {key_id: key, kept: kept_key}, "it remembers the block now"
    one.destroy_key(key_id)
    assert other.keys([key_id, kept]) == {key_id: None, kept: kept_key}


def test_a_failed_destruction_destroys_nothing(vault, monkeypatch):
    key_id, key = vault.draw_key()

    def fail(block, keys):
        raise OSError("no randomness")

    monkeypatch.setattr(vault, "_wrap", fail)
    with pytest.raises(OSError, match="no randomness"):
        vault.destroy_key(key_id)
    assert vault.key(key_id) == key


def test_nothing_stands_in_the_file_in_clear(vault, path):
    key_id, key = vault.draw_key()
    vault.keys([key_id])
    found = raw(path)
    assert key not in found
    assert MASTER not in found
    assert not any(vault.secret(name) in found for name in SECRETS)


def test_secrets_are_stable_and_each_is_its_own(open_vault, path):
    first = {name: open_vault().secret(name) for name in SECRETS}
    Vault.migrate(path, MASTER)
    assert {name: open_vault().secret(name) for name in SECRETS} == first
    assert len(set(first.values())) == len(SECRETS)
    assert all(len(secret) == KEY_BYTES for secret in first.values())


def test_an_older_vault_is_given_the_secrets_it_lacks(open_vault, path):
    connection = sqlite.connect(path)
    connection.execute("DELETE FROM secret WHERE name = 'positions'")
    connection.close()
    vault = open_vault()
    with pytest.raises(UnsafeSettingError, match="hub migrate"):
        vault.secret("positions")
    Vault.migrate(path, MASTER)
    assert len(vault.secret("positions")) == KEY_BYTES


def test_another_master_key_is_refused_with_a_sentence(path):
    for refused in (lambda: Vault(path, bytes(32)), lambda: Vault.migrate(path, bytes(32))):
        with pytest.raises(UnsafeSettingError, match="a key this data folder was not made with"):
            refused()
    Vault(path, MASTER).close()


def test_a_missing_or_broken_vault_is_refused_with_a_sentence(tmp_path, path):
    with pytest.raises(UnsafeSettingError, match="Bring it back from its backup"):
        Vault(tmp_path / "nothing.sqlite", MASTER)
    assert not (tmp_path / "nothing.sqlite").exists()
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    with pytest.raises(UnsafeSettingError, match="The vault cannot be read"):
        Vault(empty, MASTER)


@pytest.mark.parametrize("column", ["wrapped_key", "sealed_keys"])
@pytest.mark.parametrize("value", ["x'00'", "zeroblob(60)", "'text'", "5"])
def test_a_block_that_is_not_the_one_that_was_sealed_is_refused(open_vault, path, column, value):
    key_id, _ = open_vault().draw_key()
    connection = sqlite.connect(path)
    connection.execute(f"UPDATE key_block SET {column} = {value}")
    connection.close()
    with pytest.raises(DamagedVaultError):
        open_vault().keys([key_id])


def test_blocks_cannot_be_swapped(open_vault, path):
    first, second = open_vault(), open_vault()
    key_id, _ = first.draw_key()
    second.draw_key()
    connection = sqlite.connect(path)
    connection.executescript("""
        UPDATE key_block SET block = block + 10; UPDATE key_block SET block = CASE block WHEN 11 THEN 2 ELSE 1 END;
    """)
    connection.close()
    with pytest.raises(DamagedVaultError):
        open_vault().keys([key_id])


def test_password_hashes_are_kept_replaced_and_absent(vault):
    assert vault.password_hash("account") is None
    vault.keep_password_hash("account", "one")
    vault.keep_password_hash("account", "two")
    assert vault.password_hash("account") == "two"


def test_what_was_sealed_opens_only_under_its_key_and_what_it_is_bound_to():
    key, other = os.urandom(32), os.urandom(32)
    sealed = seal(key, b"plain", b"here")
    assert unseal(key, sealed, b"here") == b"plain"
    assert seal(key, b"plain", b"here") != sealed
    for wrong in ((other, sealed, b"here"), (key, sealed, b"there"), (key, sealed[:-1], b"here")):
        with pytest.raises(InvalidTag):
            unseal(*wrong)


def test_a_master_key_file_is_read(tmp_path):
    file = tmp_path / "master.key"
    file.write_text(MASTER.hex() + "\n", encoding="ascii")
    assert read_master_key(file) == MASTER


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff" * 64, None])
def test_a_missing_or_wrong_master_key_file_is_refused_with_a_sentence(tmp_path, content):
    file = tmp_path / "master.key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnsafeSettingError, match="HUB_MASTER_KEY_FILE"):
        read_master_key(file)


def test_a_master_key_is_made_once_for_its_owner_alone(tmp_path):
    file = tmp_path / "keys" / "master.key"
    make_master_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    key = read_master_key(file)
    with pytest.raises(FileExistsError):
        make_master_key(file)
    assert read_master_key(file) == key
