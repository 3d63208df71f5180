"""SQLite files are opened the one safe way, and read connections are shared."""

import threading
import time

import pytest

from hub_services import sqlite
from hub_services.refusal import UnsafeSettingError
from hub_services.sqlite import ReaderPool, check_version, connect, transaction


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.sqlite"


@pytest.fixture
def connection(path):
    found = connect(path)
    found.execute("CREATE TABLE t (a INTEGER)")
    yield found
    found.close()


def test_a_file_is_opened_durable_in_wal_mode(connection):
    asked = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in (
            "journal_mode",
            "synchronous",
            "busy_timeout",
            "cache_size",
            "wal_autocheckpoint",
            "temp_store",
            "trusted_schema",
            "recursive_triggers",
            "query_only",
        )
    }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 10_000,
        "cache_size": -16_384,
        "wal_autocheckpoint": 20_000,
        "temp_store": 2,
        "trusted_schema": 0,
        "recursive_triggers": 1,
        "query_only": 0,
    }


def test_the_page_cache_is_as_large_as_asked_and_extra_is_safer_still(path):
    connection = connect(path, cache_megabytes=128, synchronous="EXTRA")
    assert connection.execute("PRAGMA cache_size").fetchone()[0] == -131_072
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 3
    connection.close()


@pytest.mark.parametrize("synchronous", ["NORMAL", "off", "0", ""])
def test_a_weaker_synchronous_is_refused(path, synchronous):
    with pytest.raises(UnsafeSettingError, match="set it to FULL"):
        connect(path, synchronous=synchronous)
    assert not path.exists()


@pytest.mark.parametrize("mode", ["DELETE", "off", "MEMORY", "TRUNCATE"])
def test_another_journal_is_refused(path, mode):
    with pytest.raises(UnsafeSettingError, match="set it to WAL"):
        connect(path, journal_mode=mode)


def test_an_engine_that_does_not_take_the_settings_is_refused(monkeypatch, path):
    connection = sqlite.driver.connect(":memory:")
    monkeypatch.setattr(sqlite.driver, "connect", lambda *args, **more: connection)
    with pytest.raises(UnsafeSettingError, match=r"opened with journal memory .* local file system"):
        connect(path)
    with pytest.raises(sqlite.DatabaseError, match="closed"):
        connection.execute("SELECT 1")


def test_only_a_sqlite_without_the_wal_fault_is_used(monkeypatch, path):
    check_version()
    check_version((3, 51, 3))
    check_version((3, 52, 0))
    for version in ((3, 51, 2), (3, 40, 1)):
        with pytest.raises(UnsafeSettingError, match="can corrupt its log"):
            check_version(version)
    monkeypatch.setattr(check_version, "__defaults__", ((3, 7, 0),))
    with pytest.raises(UnsafeSettingError):
        connect(path)


def test_a_read_connection_does_not_write(path, connection):
    reader = connect(path, read_only=True)
    with pytest.raises(sqlite.OperationalError, match="readonly"):
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()


def test_an_encrypted_file_holds_nothing_in_clear_and_opens_with_its_key_alone(tmp_path, path):
    key = bytes(range(32))
    connection = connect(path, raw_key=key)
    connection.execute("CREATE TABLE secret_table (a)")
    connection.execute("INSERT INTO secret_table VALUES ('zebra-canary')")
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"secret_table" not in raw
    assert b"zebra-canary" not in raw
    connection.close()
    again = connect(path, raw_key=key)
    assert again.execute("SELECT a FROM secret_table").fetchone() == ("zebra-canary",)
    again.close()
    for wrong in (bytes(32), None):
        with pytest.raises(sqlite.DatabaseError, match="not a database"):
            connect(path, raw_key=wrong)


def run_and_fail(connection, statement):
    with transaction(connection):
        connection.execute(statement)
        raise ZeroDivisionError


def test_a_transaction_is_written_whole_or_not_at_all(connection):
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError):
        run_and_fail(connection, "INSERT INTO t VALUES (2)")
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert not connection.in_transaction


def test_a_transaction_that_cannot_be_committed_is_left(connection):
    connection.executescript(
        "PRAGMA foreign_keys = ON; CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a "
        "REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(sqlite.IntegrityError), transaction(connection):
        connection.execute("INSERT INTO c VALUES (1)")
    assert not connection.in_transaction
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")


def test_a_transaction_that_ended_itself_is_not_ended_again(connection):
    with pytest.raises(ZeroDivisionError):
        run_and_fail(connection, "ROLLBACK")


@pytest.fixture
def pool(path, connection):
    found = ReaderPool(lambda: connect(path, read_only=True), 2)
    yield found
    found.close()


def test_the_connection_given_back_last_is_lent_first(pool):
    with pool.reading() as one:
        with pool.reading() as two:
            assert one is not two
        with pool.reading() as three:
            assert three is two
    with pool.reading() as four:
        assert four is one


def test_whoever_comes_when_all_are_lent_waits_until_one_comes_back(pool):
    came = threading.Event()

    def come():
        with pool.reading():
            came.set()

    thread = threading.Thread(target=come)
    with pool.reading():
        with pool.reading():
            thread.start()
            assert not came.wait(0.05)
        assert came.wait(5)
    thread.join()


def test_a_connection_that_cannot_be_made_can_be_asked_for_again():
    left = [sqlite.OperationalError("unable to open database file")]

    def make():
        if left:
            raise left.pop()
        return sqlite.driver.connect(":memory:")

    pool = ReaderPool(make, 1)
    with pytest.raises(sqlite.OperationalError), pool.reading():
        pass
    with pool.reading() as found:
        assert found.execute("SELECT 1").fetchone() == (1,)
    pool.close()


def test_a_closed_pool_refuses_and_closes_what_comes_back(pool):
    refused = []

    def wait():
        try:
            with pool.reading():
                pass
        except sqlite.OperationalError as error:
            refused.append(str(error))

    with pool.reading() as one:
        with pool.reading() as two:
            thread = threading.Thread(target=wait)
            thread.start()
            time.sleep(0.02)
            pool.close()
            thread.join(5)
            assert refused == ["the file has been closed"], "also whoever was waiting"
            assert two.execute("SELECT 1").fetchone() == (1,), "what is lent is not taken away"
        with pytest.raises(sqlite.OperationalError, match="closed"), pool.reading():
            pass
    for each in (one, two):
        with pytest.raises(sqlite.DatabaseError, match="closed"):
            each.execute("SELECT 1")
