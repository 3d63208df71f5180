"""What operators do: erase a stream on authority, set aside an event no view can take in."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from hub_events.envelope import Labels, Unreadable
from hub_events.operation import EventSetAside, StreamErased
from hub_events.source import SourceRegistered
from hub_events.stream import ACCOUNT, ERASURE, REPORT, SET_ASIDE, SOURCE, Stream, kind_of
from hub_services.decisions.decision import By, To
from hub_services.decisions.operation import ALL_SET_ASIDE, EraseStream, SetEventAside

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
BY = By(
    account="account:" + "H" * 22, agency="HUB", role="ADMINISTRATOR", now=NOW, seed=b"henk", command_id=b"asked now"
)
AGAIN = replace(BY, seed=b"henk again", command_id=b"asked again")
PETRA = Stream(SOURCE + ":" + "P" * 22)
REPORT_A = Stream(REPORT + ":" + "A" * 22)

ERASE = EraseStream(erased=PETRA, reason="Asked for by the source.", authority="Information Commissioner")
SET = SetEventAside(stream=REPORT_A, version=3, reason="Written by a faulty import.")


def changed(command, **fields):
    return type(command)(**(vars(command) | fields))


@pytest.fixture
def source(story):
    """The identity of a source, under the key 4711."""
    labels = Labels(owning_agency="SYP", team="HARBOUR_LIGHT", excluded_persons=("account:1",))
    story.given(PETRA, SourceRegistered(full_name="Petra Nowhere"), labels=labels)
    story.streams[PETRA] = [replace(each, key_id=4711) for each in story.streams[PETRA]]
    return story


def test_erasing_a_stream_is_kept_in_a_stream_of_its_own_that_says_nothing_of_what_it_held(source):
    erased = StreamErased(
        erased=PETRA, key_id=4711, reason="Asked for by the source.", authority="Information Commissioner"
    )

    assert source.when(ERASE, BY) == [To(BY.new_stream(ERASURE), (erased,), Labels(owning_agency="SYP"))]


def test_what_cannot_be_read_can_be_erased(source):
    source.given(PETRA, Unreadable("no such version"))

    assert source.when(ERASE, BY)[0].events[0].key_id == 4711


def test_a_stream_is_erased_once(source):
    source.erased(PETRA)

    assert source.when(ERASE, AGAIN) == []


def test_an_erasure_is_ordered_once_under_one_key(source):
    source.tell(ERASE, BY)

    assert source.when(ERASE, replace(BY, command_id=b"the same seed")) == []


def test_the_labels_of_the_stream_decide_who_may_erase_it():
    assert ERASE.guard(BY) == PETRA


@pytest.mark.parametrize("kind", [ACCOUNT, ERASURE, SET_ASIDE])
def test_what_the_rest_is_accounted_for_with_is_not_erased(source, kind):
    name = Stream(kind + ":" + "K" * 22)
    source.given(name, Unreadable("whatever it says"))

    assert source.refusal(changed(ERASE, erased=name), BY) == ("not-erasable", "erased")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"erased": REPORT_A}, ("not-found", "")),
        ({"reason": ""}, ("words-missing", "reason")),
        ({"authority": " "}, ("words-missing", "authority")),
    ],
)
def test_erasing_is_refused(source, changes, refusal):
    assert source.refusal(changed(ERASE, **changes), BY) == refusal


def test_an_event_is_set_aside_in_the_one_stream_of_all_that_were(story):
    first = EventSetAside(stream=REPORT_A, version=3, reason="Written by a faulty import.")
    second = EventSetAside(stream=REPORT_A, version=4, reason="Written by a faulty import.")

    assert story.tell(SET, BY) == [To(ALL_SET_ASIDE, (first,), Labels(owning_agency="HUB"))]
    assert story.tell(changed(SET, version=4), AGAIN) == [To(ALL_SET_ASIDE, (second,))]
    assert kind_of(ALL_SET_ASIDE) == SET_ASIDE


def test_an_event_is_set_aside_once(story):
    story.tell(SET, BY)

    assert story.when(SET, AGAIN) == []


def test_the_stream_of_the_event_is_not_read_for_it_may_be_the_one_that_does_not_open(story):
    assert list(story.past(SET, BY).names()) == [ALL_SET_ASIDE]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"stream": Stream("nothing")}, ("not-found", "")),
        ({"version": 0}, ("not-found", "")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_setting_aside_is_refused(story, changes, refusal):
    assert story.refusal(changed(SET, **changes), BY) == refusal
