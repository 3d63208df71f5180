"""Groups of insertions: what fails in one hurts no other, and what they read of each other counts."""

import threading
import time

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError

from hub_services import sqlite
from hub_services.log.writing import Insertion

FULL = sqlite.OperationalError("database or disk is full")


def row(stream, version=1):
    return (stream, version, "t", b"s")


def stored(recorder):
    return [(each[1], each[2]) for each in recorder.rows_after(0, 99)]


def committed(recorder, *insertions):
    """Commit insertions as one group, as `insert` does for callers who wait at the same time."""
    recorder.writing._commit(insertions)
    return [each.error if each.error is None else type(each.error) for each in insertions]


def test_a_group_is_written_in_its_order_with_positions_without_gaps(recorder):
    group = [Insertion([row("a"), row("b")], (b"1", b"f", 1)), Insertion([row("c")]), Insertion([row("a", 2)])]
    assert committed(recorder, *group) == [None, None, None]
    assert stored(recorder) == [("a", 1), ("b", 1), ("c", 1), ("a", 2)]
    assert [each.first for each in group] == [1, 3, 4]
    assert all(each.done for each in group)
    assert recorder.receipt(b"1").last == 2


def test_a_conflict_in_a_group_is_that_of_one_caller(recorder):
    recorder.insert(Insertion([row("taken")]))
    group = [Insertion([row("a")]), Insertion([row("b"), row("taken")]), Insertion([row("c")], (b"1", b"f", 1))]
    assert committed(recorder, *group) == [None, IntegrityError, None]
    assert stored(recorder) == [("taken", 1), ("a", 1), ("c", 1)]
    assert [each.done for each in group] == [True, False, True]
    assert [row[0] for row in recorder.rows_after(0, 9)] == [1, 2, 3]
    assert recorder.receipt(b"1")[2:4] == (3, 3)


def test_two_commands_with_one_receipt_in_a_group_are_written_once(recorder):
    group = [Insertion([row(stream)], (b"same", b"f", 1)) for stream in "ab"]
    assert committed(recorder, *group) == [None, IntegrityError]
    assert stored(recorder) == [("a", 1)]


def test_the_same_version_twice_in_a_group_is_written_once(recorder):
    assert committed(recorder, Insertion([row("a")]), Insertion([row("a")])) == [None, IntegrityError]


def test_what_an_earlier_insertion_of_the_group_moved_on_cannot_be_rested_on(recorder):
    recorder.insert(Insertion([row("x"), row("y")]))
    first = Insertion([row("x", 2)], expect=[("y", 1)])
    second = Insertion([row("y", 2)], expect=[("x", 1)])
    assert committed(recorder, first, second) == [None, IntegrityError], "no write skew inside a group"
    assert stored(recorder) == [("x", 1), ("y", 1), ("x", 2)]


def test_what_a_later_insertion_of_the_group_moves_on_may_be_rested_on(recorder):
    recorder.insert(Insertion([row("x")]))
    reads, writes = Insertion([row("a")], expect=[("x", 1)]), Insertion([row("x", 2)])
    assert committed(recorder, reads, writes) == [None, None]


def test_what_is_expected_may_come_from_the_group_itself(recorder):
    assert committed(recorder, Insertion([row("x")]), Insertion([row("a")], expect=[("x", 1)])) == [None, None]


def test_a_row_the_driver_cannot_take_fails_alone(recorder):
    group = [Insertion([row("a")]), Insertion([row("b", 2**70)]), Insertion([row("c")])]
    assert committed(recorder, *group) == [None, OverflowError, None]
    assert stored(recorder) == [("a", 1), ("c", 1)]
    assert [each.done for each in group] == [True, False, True]


@pytest.mark.parametrize(("word", "at"), [("BEGIN", 1), ("COMMIT", 1), ("INSERT INTO event", 1)])
def test_a_group_that_cannot_be_written_is_refused_to_every_caller(recorder, fail, word, at):
    fail(recorder, (word, at, FULL))
    group = [Insertion([row("a")]), Insertion([row("b")])]
    assert committed(recorder, *group) == [OperationalError, OperationalError]
    assert not any(each.done for each in group)
    assert stored(recorder) == []
    assert committed(recorder, Insertion([row("a")])) == [None], "and the next one is written"


@pytest.mark.parametrize(("word", "at"), [("SAVEPOINT", 2), ("COMMIT", 1), ("INSERT INTO event", 3), ("BEGIN", 2)])
def test_a_group_sorted_out_one_by_one_is_refused_whole_when_the_disk_fails(recorder, fail, word, at):
    recorder.insert(Insertion([row("taken")]))
    fail(recorder, (word, at, FULL))
    group = [Insertion([row("a")]), Insertion([row("taken")]), Insertion([row("b")])]
    assert committed(recorder, *group) == [OperationalError] * 3
    assert not any(each.done for each in group)
    assert stored(recorder) == [("taken", 1)]


def test_whoever_waits_for_a_leader_that_was_interrupted_learns_that_nothing_was_done(recorder, fail):
    waiting = recorder.writing._group._waiting
    inside, go_on = threading.Event(), threading.Event()

    def hold():
        inside.set()
        go_on.wait(5)
        return SystemExit()

    fail(recorder, ("INSERT INTO event", 1, hold))
    came = {}

    def insert(stream):
        try:
            came[stream] = recorder.insert(Insertion([row(stream)]))
        except BaseException as error:  # noqa: BLE001
            came[stream] = type(error)

    threads = [threading.Thread(target=insert, args=(stream,)) for stream in "abc"]
    threads[0].start()
    inside.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(waiting) < 2:
        time.sleep(0.001)
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert came.pop("a") is SystemExit
    assert sorted(came.values()) == [1, 2], "those that waited for it are written by one of themselves"


def test_the_others_of_a_group_whose_leader_was_interrupted_learn_that_nothing_was_done(recorder, fail):
    group = [Insertion([row("a")]), Insertion([row("b")])]
    fail(recorder, ("INSERT INTO event", 1, SystemExit()))
    recorder.writing.commit = lambda insertion: None
    with pytest.raises(SystemExit):
        recorder.writing._commit(group)
    for insertion in group:
        with pytest.raises(OperationalError, match="cut off"):
            recorder.insert(insertion)
    assert stored(recorder) == []


def test_an_interruption_while_sorting_out_ends_in_a_roll_back(recorder, fail):
    recorder.insert(Insertion([row("taken")]))
    fail(recorder, ("SAVEPOINT", 2, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        committed(recorder, Insertion([row("a")]), Insertion([row("taken")]))
    assert not recorder.writing._writer.in_transaction
    assert stored(recorder) == [("taken", 1)]
