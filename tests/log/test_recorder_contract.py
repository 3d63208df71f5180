"""The recorder against the library's own contract for application recorders, and what the library does not ask."""

import sys
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from unittest.mock import patch

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from hub_services.log.recorder import Factory, SQLiteRecorder

numbers = count()

# The library's contract stands beside tests of a cipher that needs a package we do not; the contract does not use it.
cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = None
with patch.dict(sys.modules, {"eventsourcing.cipher": cipher}):
    from eventsourcing.tests import persistence as contract


class TestContractOfTheLibrary(contract.ApplicationRecorderTestCase):
    """Everything the library asks of an application recorder, but a subscription: followers read pages."""

    def setUp(self):
        self.folder = TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def new_originator_id(self):
        return f"narrative:{next(numbers)}"

    def create_recorder(self):
        path = Path(self.folder.name) / "log.sqlite"
        SQLiteRecorder.migrate(path)
        recorder = SQLiteRecorder(path)
        self.addCleanup(recorder.close)
        return recorder


def event(stream="a", version=1, topic="t", state=b"s"):
    return StoredEvent(stream, version, topic, state)


def test_events_of_a_stream_are_selected_as_the_contract_for_aggregates_says(recorder):
    events = [event(version=version) for version in (1, 2, 3)]
    recorder.insert_events(events)
    recorder.insert_events([event("b")])
    assert recorder.select_events("a") == events
    assert recorder.select_events("a", desc=True, limit=1) == events[2:]
    assert recorder.select_events("a", lte=2, desc=True, limit=1) == events[1:2]
    assert recorder.select_events("a", gt=1, lte=2) == events[1:2]
    assert recorder.select_events("nothing") == []


def test_no_events_are_inserted_without_a_word(recorder):
    assert recorder.insert_events([]) == []
    assert recorder.max_notification_id() is None
    assert recorder.head() == 0


def test_a_failed_insertion_leaves_nothing(recorder):
    recorder.insert_events([event()])
    for events in ([event("b"), event()], [event("c"), event("c")]):
        with pytest.raises(IntegrityError):
            recorder.insert_events(events)
    assert [row[1] for row in recorder.rows_after(0, 9)] == ["a"]
    assert recorder.insert_events([event("d")]) == [2], "and no position is lost by it"


def test_notifications_can_be_chosen_by_topic_at_any_size(recorder):
    recorder.insert_events([event(version=each, topic=f"t{each % 3}") for each in range(1, 31)])
    found = recorder.select_notifications(4, 5, stop=20, topics=["t0", "t1"])
    assert [(each.id, each.topic) for each in found] == [(4, "t1"), (6, "t0"), (7, "t1"), (9, "t0"), (10, "t1")]


def test_followers_read_pages_and_do_not_subscribe(recorder):
    with pytest.raises(OperationalError, match="read pages"):
        recorder.subscribe(gt=1)


def test_the_factory_makes_this_recorder_and_nothing_else(folder):
    environment = {
        "HUB_LOG_PATH": str(folder / "log.sqlite"),
        "HUB_SYNCHRONOUS": "FULL",
        "HUB_JOURNAL_MODE": "WAL",
        "PERSISTENCE_MODULE": "hub_services.log.recorder:Factory",
    }
    factory = Factory.construct(environment)
    assert isinstance(factory, Factory)
    recorder = factory.application_recorder()
    assert isinstance(recorder, SQLiteRecorder)
    recorder.close()
    for refused in (factory.aggregate_recorder, factory.tracking_recorder, factory.process_recorder):
        with pytest.raises(OperationalError):
            refused()
