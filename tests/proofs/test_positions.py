"""Proof R28: a position is an event's for ever, whatever is done to the file, and is never given to another event."""

import sqlite3

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from hub_services import sqlite
from hub_services.log.recorder import SQLiteRecorder

EVENTS = {"small": 300, "ci": 20_000}
GAP, LAST = 3, 5


def vacuum(source, target):
    sqlite3.connect(source).execute("VACUUM")
    target.write_bytes(source.read_bytes())


def vacuum_into(source, target):
    sqlite3.connect(source).execute("VACUUM INTO ?", (str(target),))


def back_up(source, target):
    sqlite3.connect(source).backup(sqlite3.connect(target))


def dump_and_load(source, target):
    text = "\n".join(sqlite3.connect(source).iterdump())
    loading = sqlite3.connect(target)
    loading.executescript(text)
    loading.commit()
    loading.close()


WAYS = (vacuum, vacuum_into, back_up, dump_and_load)


def event(number, version=1):
    return StoredEvent(f"{number:032x}", version, "narrative-recorded/1", b"%d" % number)


def without_a_middle_and_a_last_one(path, table, column):
    """Take rows out as somebody does who drops the triggers first."""
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER IF EXISTS event_is_permanent")
    connection.execute(f"DELETE FROM {table} WHERE {column} IN (?, ?)", (GAP, LAST))
    connection.commit()
    connection.close()


def ours(path):
    SQLiteRecorder.migrate(path)
    return SQLiteRecorder(path)


def library_s(path):
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
    recorder.create_table()
    return recorder


def positions(recorder):
    return {each.state: each.id for each in recorder.select_notifications(1, 10**6)}


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_positions_stay_through_everything_that_is_done_to_the_file(tmp_path, size, scoreboard):
    source = tmp_path / "log.sqlite"
    recorder = ours(source)
    for start in range(0, EVENTS[size], 100):
        recorder.insert_events([event(number) for number in range(start, start + 100)])
    recorder.close()
    before = positions(ours(source))
    assert sorted(before.values()) == list(range(1, EVENTS[size] + 1))
    moved = 0
    for way in WAYS:
        target = tmp_path / f"{way.__name__}.sqlite"
        way(source, target)
        copied = SQLiteRecorder(target)
        after = positions(copied)
        moved += sum(before[state] != after.get(state) for state in before)
        assert copied.insert_events([event(10**9)]) == [EVENTS[size] + 1], way.__name__
        assert copied.check() == []
        copied.close()
    assert moved == 0
    scoreboard("R28", events=EVENTS[size], ways=len(WAYS), moved=moved)


def gone_and_written_again(path, make, table, column):
    """Write five events, lose two of them, dump and load, write another; return the positions before and after."""
    recorder = make(path)
    recorder.insert_events([event(number) for number in range(1, LAST + 1)])
    before = positions(recorder)
    without_a_middle_and_a_last_one(path, table, column)
    target = path.with_suffix(".loaded")
    dump_and_load(path, target)
    loaded = make(target)
    loaded.insert_events([event(LAST + 1)])
    return before, positions(loaded)


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_a_position_whose_event_was_taken_out_is_not_given_to_another(tmp_path):
    before, after = gone_and_written_again(tmp_path / "ours.sqlite", ours, "event", "position")
    assert after == {**{state: at for state, at in before.items() if at not in (GAP, LAST)}, b"6": 6}


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_the_library_s_own_table_moves_positions_and_gives_them_again(tmp_path, scoreboard):
    """The control: what this proof looks for happens to a table with an implicit row id."""
    before, after = gone_and_written_again(tmp_path / "library.sqlite", library_s, "stored_events", "rowid")
    moved = [state for state in after if state in before and after[state] != before[state]]
    given_again = [state for state in after if state not in before and after[state] in before.values()]
    assert moved
    assert given_again
    scoreboard("R28-control", moved=len(moved), given_again=len(given_again))


def test_a_file_in_use_is_backed_up_with_its_positions(tmp_path):
    source, target = tmp_path / "log.sqlite", tmp_path / "backup.sqlite"
    recorder = ours(source)
    recorder.insert_events([event(number) for number in range(10)])
    connection = sqlite.connect(source)
    connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()
    recorder.insert_events([event(11)])
    recorder.close()
    assert len(positions(SQLiteRecorder(target))) == 10
