"""The envelope as it is bound to the sealed payload: array-like, whole, and with equal bytes for equal meaning."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub_events.envelope import Actor, Envelope, Erased, Labels, Recorded, Unreadable
from hub_events.notice import NoticeOpened
from hub_events.stream import NOTICE, stream

words = st.text(max_size=8)
sets = st.lists(words, max_size=3).map(lambda values: tuple(sorted(set(values))))

labels = st.builds(
    Labels,
    owning_agency=words,
    team=words,
    originator=words,
    originator_only=st.booleans(),
    restriction=words,
    handling_code=words,
    handling_conditions=sets,
    strands=sets,
    cases=sets,
    addressees=sets,
    excluded_persons=sets,
)
envelopes = st.builds(
    Envelope,
    recorded_at=st.datetimes(timezones=st.just(UTC)),
    actor=st.builds(Actor, words, words, words),
    purpose=words,
    purpose_reference=words,
    regime=words,
    lawful_basis=words,
    marking=words,
    command_id=st.binary(max_size=16),
    causation=st.integers(0, 2**40),
    labels=labels,
)

ENVELOPE = Envelope(
    recorded_at=datetime(2026, 3, 5, 9, 30, tzinfo=UTC),
    actor=Actor("account:1", "GMP", "SPECIALIST_OFFICER"),
    purpose="TRIAGE",
    regime="DPA_PART_3",
    lawful_basis="DPA_2018_PART3",
    command_id=b"once",
    labels=Labels(owning_agency="GMP"),
)


@given(envelopes)
def test_an_envelope_is_read_back_as_it_was_written(envelope):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(envelope), type=Envelope) == envelope


@given(envelopes, envelopes)
def test_two_envelopes_have_the_same_bytes_only_when_they_are_the_same(one, other):
    assert (msgspec.msgpack.encode(one) == msgspec.msgpack.encode(other)) == (one == other)


def test_every_field_is_written_even_at_its_default():
    written = msgspec.msgpack.decode(msgspec.msgpack.encode(ENVELOPE))

    assert len(written) == len(Envelope.__struct_fields__)
    assert len(written[Envelope.__struct_fields__.index("labels")]) == len(Labels.__struct_fields__)


def test_the_order_of_fields_is_the_one_on_the_log():
    """Values are written without their names, so a field may be added at the end and never moved."""
    assert Actor.__struct_fields__ == ("account", "agency", "role")
    assert Labels.__struct_fields__ == (
        "owning_agency",
        "team",
        "originator",
        "originator_only",
        "restriction",
        "handling_code",
        "handling_conditions",
        "strands",
        "cases",
        "addressees",
        "excluded_persons",
    )
    assert Envelope.__struct_fields__ == (
        "recorded_at",
        "actor",
        "purpose",
        "purpose_reference",
        "regime",
        "lawful_basis",
        "marking",
        "command_id",
        "causation",
        "labels",
    )


def test_what_was_recorded_knows_the_kind_of_its_stream():
    recorded = Recorded(
        position=1,
        stream=stream(NOTICE, "A" * 22),
        version=1,
        topic="notice-opened/1",
        envelope=ENVELOPE,
        event=NoticeOpened(opened_by="account:1"),
    )

    assert recorded.kind == NOTICE


def test_what_stands_in_place_of_an_event_is_told_apart():
    assert Erased() == Erased()
    assert Unreadable("no such version") != Unreadable("no such key")
