"""What a command writes is appended wholly or not at all, once, and only onto the past it was decided on."""

import sqlite3
import threading

import pytest

from hub_services import sqlite
from hub_services.log import Appended, Write
from hub_services.log.store import ReceiptExistsError
from hub_services.log.writing import Insertion
from hub_services.refusal import StreamMovedError, UnavailableError

FULL = sqlite.OperationalError("database or disk is full")


def test_several_streams_are_appended_in_one_transaction(log, draft, name):
    appended = log.append(Write((draft("a"), draft("b", events=2), draft("c"))))
    assert (appended.first, appended.last) == (1, 4)
    assert [(row.stream, row.version) for row in log.after(0, 9)] == [
        (name("a"), 1),
        (name("b"), 1),
        (name("b"), 2),
        (name("c"), 1),
    ]


def test_a_stream_that_moved_on_takes_everything_else_of_the_command_with_it(log, draft, name, append):
    append("b")
    with pytest.raises(StreamMovedError) as moved:
        log.append(Write((draft("a"), draft("b"), draft("c"))))
    assert (moved.value.stream, moved.value.expected) == (name("b"), 0)
    assert log.head() == 1
    assert log.past(name("a")) == log.past(name("c")) == []


def test_a_stream_only_read_must_not_have_moved_on_either(log, draft, name, append):
    append("read")
    log.append(Write((draft("a"),), expect=((name("read"), 1), (name("never"), 0))))
    append("read")
    with pytest.raises(StreamMovedError) as moved:
        log.append(Write((draft("b"),), expect=((name("read"), 1),)))
    assert (moved.value.stream, moved.value.expected) == (name("read"), 1)
    assert log.past(name("b")) == []


def test_a_receipt_is_kept_with_the_positions_of_its_events(log, draft, append, receipt):
    append("before")
    made = receipt()
    log.append(Write((draft("a", events=3),), made))
    found = log.receipt(made.id)
    assert (found.fingerprint, found.first, found.last, found.made_on) == (made.fingerprint, 2, 4, made.day)
    assert log.receipt(b"another") is None


def test_a_command_that_was_written_before_is_told_so_and_not_of_a_conflict(log, draft, receipt):
    made = receipt()
    log.append(Write((draft("a"),), made))
    with pytest.raises(ReceiptExistsError):
        log.append(Write((draft("a"),), made))
    with pytest.raises(ReceiptExistsError):
        log.append(Write((draft("b"),), made))
    assert log.head() == 1


def test_a_refused_command_leaves_no_receipt(log, draft, append, receipt):
    append("a")
    made = receipt()
    with pytest.raises(StreamMovedError):
        log.append(Write((draft("a"),), made))
    assert log.receipt(made.id) is None


def test_an_import_is_one_transaction_and_what_fails_in_it_hurts_no_other(log, draft, name, append, receipt):
    append("moved")
    known = receipt()
    log.append(Write((draft("known"),), known))
    writes = [
        Write((draft("a"), draft("b"))),
        Write((draft("moved"), draft("c"))),
        Write((draft("d"),), known),
        Write((draft("e", events=2),), receipt()),
    ]
    outcomes = log.append_all(writes)
    assert outcomes[0] == Appended(3, 4)
    assert isinstance(outcomes[1], StreamMovedError)
    assert isinstance(outcomes[2], ReceiptExistsError)
    assert outcomes[3] == Appended(5, 6)
    assert [row.stream for row in log.after(2, 9)] == [name("a"), name("b"), name("e"), name("e")]
    assert log.append_all([]) == []


def test_an_import_that_cannot_be_written_is_refused_as_a_whole(log, draft, fail):
    fail(log._recorder, ("COMMIT", 1, FULL))
    outcomes = log.append_all([Write((draft("a"),)), Write((draft("b"),))])
    assert [type(each) for each in outcomes] == [UnavailableError] * 2
    assert log.head() == 0


def test_a_commit_whose_answer_was_lost_is_told_as_written_when_it_is_asked_again(log, draft, receipt, fail):
    """F2: to whoever asks again it would otherwise look like a conflict with somebody else."""
    made, writer = receipt(), log._recorder.writing._writer

    def lose():
        writer.execute("COMMIT")
        return sqlite.OperationalError("the answer was lost")

    fail(log._recorder, ("COMMIT", 1, lose))
    with pytest.raises(UnavailableError, match="the answer was lost"):
        log.append(Write((draft("a"),), made))
    with pytest.raises(ReceiptExistsError):
        log.append(Write((draft("a"),), made))
    assert tuple(log.receipt(made.id)[2:4]) == (1, 1)
    assert log.head() == 1
    with pytest.raises(StreamMovedError):
        log.append(Write((draft("a"),), receipt()))


def test_receipts_are_forgotten_by_the_day_they_were_made_on(log, draft, receipt):
    kept, old = receipt(day=20_000), receipt(day=19_999)
    log.append(Write((draft("a"),), kept))
    log.append(Write((draft("b"),), old))
    assert log.forget_receipts(20_000) == 1
    assert log.receipt(old.id) is None
    assert log.receipt(kept.id) is not None


def test_two_drafts_for_the_same_place_are_a_conflict_of_the_first(log, draft, name):
    with pytest.raises(StreamMovedError) as moved:
        log.append(Write((draft("a"), draft("a"))))
    assert (moved.value.stream, moved.value.expected) == (name("a"), 0)
    assert log.head() == 0


def test_a_log_that_is_locked_says_that_it_cannot_be_written_now(log, draft, folder, monkeypatch):
    log._recorder.writing._writer.execute("PRAGMA busy_timeout = 10")
    with sqlite.transaction(sqlite.connect(folder / "log.sqlite")), pytest.raises(UnavailableError) as refused:
        log.append(Write((draft("a"),)))
    assert refused.value.code == "log-unavailable"
    assert "locked" in refused.value.sentence
    assert log.append(Write((draft("a"),))).first == 1, "and it can be written again when it is not"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET topic = 'x'",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event SELECT position, stream, version, 'x', state FROM event",
        "REPLACE INTO event SELECT position + 1, stream, version, topic, state FROM event",
    ],
)
def test_events_are_neither_updated_nor_deleted_nor_replaced(append, folder, statement):
    append("a")
    connection = sqlite.connect(folder / "log.sqlite")
    with pytest.raises(sqlite.IntegrityError, match="an event is"):
        connection.execute(statement)
    connection.close()


def test_a_position_is_never_given_twice(log, append, from_outside):
    for word in "abc":
        append(word)
    from_outside(("DELETE FROM event WHERE position = 3", ()))
    append("d")
    assert [row.position for row in log.after(0, 9)] == [1, 2, 4]


def test_pages_are_bounded_on_both_sides(log, append):
    for word in "abcde":
        append(word)
    assert [row.position for row in log.after(1, 2)] == [2, 3]
    assert [row.position for row in log.after(1, 9, 4)] == [2, 3, 4]
    assert [row[0] for row in log.rows_after(3, 9)] == [4, 5]
    assert [each.position for each in log.open_rows(log.rows_after(3, 9))] == [4, 5]


def test_whoever_waits_is_woken_by_an_append(log, append):
    woken = threading.Event()

    def wait():
        while not log.head():
            log.wait(5)
        woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    append("a")
    assert woken.wait(4)
    thread.join()


def test_another_process_s_append_is_noticed(log, folder, append):
    assert not log.moved()
    append("a")
    assert log.moved()
    assert not log.moved()
    with sqlite.transaction(sqlite.connect(folder / "log.sqlite")) as connection:
        connection.execute("INSERT INTO receipt VALUES (x'00', x'00', 1, 1, 1)")
    assert log.moved()


def test_a_sound_file_has_nothing_wrong_with_it(log, append):
    append("a")
    assert log.check() == []


def test_a_damaged_file_is_found_out(folder, log, append, from_outside):
    append("a")
    from_outside(
        ("PRAGMA writable_schema = ON", ()),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'topic TEXT', 'topic INTEGER') WHERE name = 'event'", ()),
    )
    again = type(log)(folder / "log.sqlite", log._vault)
    assert again.check() != []
    again.close()


def test_settings_of_the_environment_never_reach_the_log(folder, vault, monkeypatch):
    monkeypatch.setenv("HUB_SYNCHRONOUS", "OFF")
    monkeypatch.setenv("PERSISTENCE_MODULE", "eventsourcing.popo")
    from hub_services.log import Log

    log = Log(folder / "log.sqlite", vault)
    assert type(log.recorder).__name__ == "SQLiteRecorder"
    assert log._recorder.writing._writer.execute("PRAGMA synchronous").fetchone()[0] == 2
    log.close()


def test_after_an_io_error_nothing_is_written_until_the_log_is_opened_anew(log, folder, vault, draft, fail):
    fail(log._recorder, ("COMMIT", 1, sqlite.OperationalError("disk I/O error")))
    with pytest.raises(UnavailableError, match="disk I/O error"):
        log.append(Write((draft("a"),)))
    with pytest.raises(UnavailableError, match="opened anew"):
        log.append(Write((draft("a"),)))
    again = type(log)(folder / "log.sqlite", vault)
    assert again.append(Write((draft("a"),))).first == 1
    again.close()


def test_a_full_disk_stops_nothing_for_good(log, draft, fail):
    fail(log._recorder, ("INSERT INTO event", 1, FULL))
    with pytest.raises(UnavailableError, match="full"):
        log.append(Write((draft("a"),)))
    assert log.append(Write((draft("a"),))).first == 1


def test_a_failed_roll_back_stops_writing(log, draft, fail):
    fail(log._recorder, ("COMMIT", 1, FULL), ("ROLLBACK", 1, FULL))
    with pytest.raises(UnavailableError, match="full"):
        log.append(Write((draft("a"),)))
    with pytest.raises(UnavailableError, match="could not be rolled back"):
        log.append(Write((draft("a"),)))


def test_a_caller_interrupted_in_its_commit_has_written_nothing(log, draft, fail):
    fail(log._recorder, ("INSERT INTO event", 1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        log.append(Write((draft("a"),)))
    assert log.head() == 0
    assert log.append(Write((draft("a"),))).first == 1


def test_rows_the_driver_cannot_take_are_an_error_of_their_own(recorder):
    insertion = Insertion([("a", 2**70, "t", b"s")])
    with pytest.raises(OverflowError):
        recorder.insert(insertion)
    assert not insertion.done
    assert recorder.insert(Insertion([("a", 1, "t", b"s")])) == 1


def test_the_tables_take_no_other_types(folder):
    connection = sqlite3.connect(folder / "log.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="TEXT value in INTEGER"):
        connection.execute("INSERT INTO event VALUES (1, 'a', 'x', 't', x'00')")
    connection.close()
