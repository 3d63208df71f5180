"""A row is bound to its place and its whole envelope: whatever of it is altered, it is refused on reading (S37)."""

from datetime import datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import fields, replace

from hub_events.catalogue import Event
from hub_events.envelope import Actor, Envelope, Erased, Labels, Recorded, Unreadable
from hub_services.log import Write, frame
from hub_services.log.frame import Clear, Frame, TamperedError
from hub_services.refusal import UnavailableError

encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode


def altered(value):
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case bytes():
            return value + b"x"
        case tuple():
            return (*value, "x")
        case datetime():
            return value + timedelta(microseconds=1)
    raise TypeError(value)


def leaves(kind, path=()):
    """Every field of a struct and of the structs in it, as paths."""
    for field in fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from leaves(field.type, (*path, field.name))
        else:
            yield (*path, field.name)


def with_altered(struct, path):
    name, *rest = path
    value = getattr(struct, name)
    return replace(struct, **{name: with_altered(value, rest) if rest else altered(value)})


FIELDS = list(leaves(Envelope))


def state_of(recorder, stream):
    return recorder.rows_of(stream)[-1][4]


def with_clear(state, change):
    """Return a state whose clear part was changed, everything else as it was."""
    found = decode(state, type=Frame)
    return encode(replace(found, clear=encode(change(decode(found.clear, type=Clear)))))


@pytest.fixture
def refused(log, append, from_outside):
    """Alter the state of a stream's last row; nothing that was altered may be read as genuine."""

    def made(stream, state):
        (row,) = from_outside(("UPDATE event SET state = ? WHERE stream = ? RETURNING position", (state, stream)))
        with pytest.raises(TamperedError):
            log.past(stream)
        with pytest.raises(TamperedError):
            log.after(row[0][0] - 1, 1)
        assert isinstance(log.follow(row[0][0] - 1, 1)[0].event, Unreadable)

    return made


def test_the_fields_this_test_goes_over_are_those_of_the_whole_envelope():
    assert len(FIELDS) == len(Envelope.__struct_fields__) - 2 + len(Actor.__struct_fields__) + len(
        Labels.__struct_fields__
    )
    assert {("labels", "originator_only"), ("actor", "role"), ("recorded_at",), ("command_id",)} <= set(FIELDS)


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
def test_an_altered_field_of_the_envelope_is_refused(log, append, refused, path):
    written = append("a")
    state = state_of(log._recorder, written.stream)
    refused(written.stream, with_clear(state, lambda clear: with_altered(clear, ("envelope", *path))))


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
def test_an_altered_field_of_an_erased_event_s_envelope_is_refused(log, vault, append, refused, path):
    written = append("a")
    vault.destroy_key(written.key_id)
    assert log.past(written.stream)[0].event == Erased()
    state = state_of(log._recorder, written.stream)
    refused(written.stream, with_clear(state, lambda clear: with_altered(clear, ("envelope", *path))))


def test_a_row_that_names_another_key_is_refused_whatever_became_of_that_key(log, vault, append, refused):
    written, other, erased = append("a"), append("b"), append("c")
    vault.destroy_key(erased.key_id)
    state = state_of(log._recorder, written.stream)
    for key_id in (other.key_id, erased.key_id, written.key_id + 1, 10**9, 2**63 - 1, -1):
        refused(written.stream, with_clear(state, lambda clear, key_id=key_id: replace(clear, key_id=key_id)))


@pytest.mark.parametrize("erased", [False, True])
@pytest.mark.parametrize(
    ("column", "value"),
    [("stream", "narrative:AAAAAAAAAAAAAAAAAAAAAA"), ("version", 7), ("topic", "grade-suggested/1"), ("topic", "x")],
)
def test_a_row_moved_to_another_stream_version_or_name_is_refused(
    log, vault, append, from_outside, column, value, erased
):
    written = append("a")
    if erased:
        vault.destroy_key(written.key_id)
    from_outside((f"UPDATE event SET {column} = ?", (value,)))
    with pytest.raises(TamperedError):
        log.after(0, 1)


def test_swapped_ciphertexts_are_refused_also_within_one_stream(log, append, refused):
    first, second, other = append("a", "one"), append("a", "two"), append("b", "one")
    states = {row[0]: row[4] for row in log.rows_after(0, 9)}
    for one, two in ((first, second), (first, other)):
        mine, theirs = (decode(states[each.position], type=Frame) for each in (one, two))
        swapped = replace(mine, sealed=theirs.sealed)
        rows = [(one.position, one.stream, one.version, one.topic, encode(swapped))]
        with pytest.raises(TamperedError):
            log.open_rows(rows)
        rows = [(one.position, one.stream, one.version, one.topic, states[two.position])]
        with pytest.raises(TamperedError):
            log.open_rows(rows)


@pytest.mark.parametrize("bit", [0, 7])
def test_a_flipped_bit_anywhere_in_a_row_is_refused(log, append, bit):
    append("a")
    ((position, stream, version, topic, state),) = log.rows_after(0, 1)
    for index in range(len(state)):
        flipped = bytearray(state)
        flipped[index] ^= 1 << bit
        with pytest.raises(TamperedError):
            log.open_rows([(position, stream, version, topic, bytes(flipped))])
        with pytest.raises(TamperedError):
            log.open_rows([(position, stream, version, topic, state[:index])])


@pytest.mark.parametrize("state", [b"", b"\xc0", encode([1, 2]), encode([1, b"", b"", b"", b""]), "text", None])
def test_what_is_no_frame_is_refused(log, append, state):
    append("a")
    ((position, stream, version, topic, _),) = log.rows_after(0, 1)
    with pytest.raises(TamperedError):
        log.open_rows([(position, stream, version, topic, state)])


def test_a_format_from_the_future_is_refused(log, append, refused):
    written = append("a")
    state = decode(state_of(log._recorder, written.stream), type=Frame)
    refused(written.stream, encode(replace(state, format=2)))


def test_a_field_added_to_a_frame_is_refused(log, append, refused):
    written = append("a")
    state = decode(state_of(log._recorder, written.stream))
    refused(written.stream, encode([*state, "more"]))


def test_one_tampered_row_keeps_no_other_from_its_followers(log, append, from_outside):
    events = [append(word) for word in "abc"]
    from_outside(("UPDATE event SET version = 9 WHERE position = 2", ()))
    found = log.follow(0, 9)
    assert [each.position for each in found] == [1, 2, 3]
    assert [found[0], found[2]] == [events[0], events[2]]
    assert isinstance(found[1].event, Unreadable)
    assert found[1].envelope.actor.account == "", "nothing in its envelope is believed"
    with pytest.raises(TamperedError):
        log.after(0, 9)


def test_a_name_that_is_no_text_keeps_no_other_row_from_its_followers(log, append, from_outside):
    append("a")
    append("b")
    from_outside(("UPDATE event SET stream = CAST(x'ff' AS TEXT) WHERE position = 1", ()))
    found = log.follow(0, 9)
    assert isinstance(found[0].event, Unreadable)
    assert isinstance(found[1].event, Event)


def test_the_events_of_an_erased_stream_are_read_as_erased_and_no_others(log, vault, append):
    first, second, other = append("a"), append("a"), append("b")
    vault.destroy_key(first.key_id)
    assert first.key_id == second.key_id != other.key_id
    assert [each.event for each in log.past(first.stream)] == [Erased(), Erased()]
    assert [each.envelope for each in log.past(first.stream)] == [first.envelope, second.envelope]
    assert [each.event for each in log.follow(0, 9)] == [Erased(), Erased(), other.event]


def test_nothing_can_be_added_to_an_erased_stream(log, vault, append, draft):
    written = append("a")
    vault.destroy_key(written.key_id)
    with pytest.raises(UnavailableError, match="erased") as refused:
        log.append(Write((draft("a", after=1, key_id=written.key_id),)))
    assert refused.value.code == "stream-erased"
    assert log.head() == 1


def test_a_key_the_vault_lost_is_not_taken_for_an_erased_one(log, vault, append, folder):
    written = append("a")
    from hub_services import sqlite

    connection = sqlite.connect(folder / "vault.sqlite")
    connection.execute("DELETE FROM key_block")
    connection.close()
    (found,) = log.follow(0, 9)
    assert found.event == Unreadable("its key is not in the vault; restore the vault's backup")
    assert found.envelope == written.envelope


def test_a_damaged_block_of_keys_is_refused_and_keeps_no_other_row_from_its_followers(log, vault, append, folder):
    from hub_services import sqlite

    append("a")
    vault._to_lend.clear()
    other = append("b")
    connection = sqlite.connect(folder / "vault.sqlite")
    connection.execute("UPDATE key_block SET sealed_keys = zeroblob(length(sealed_keys)) WHERE block = 1")
    connection.close()
    with pytest.raises(TamperedError, match="block 1 of the vault"):
        log.after(0, 9)
    found = log.follow(0, 9)
    assert isinstance(found[0].event, Unreadable)
    assert found[1] == other


def unknown(log, topic, payload):
    """Seal an event this code does not know as a newer hub would."""
    mapper = log._mapper
    key_id, key = log._vault.draw_key()
    clear = encode(Clear(key_id, log.after(0, 1)[0].envelope))
    place = frame._place("narrative:AAAAAAAAAAAAAAAAAAAAAA", 1, topic, clear)
    sealed = b"n" * 12 + AESGCM(key).encrypt(b"n" * 12, payload, place)
    mark = mapper._marks.on(place, sealed)
    return (2, "narrative:AAAAAAAAAAAAAAAAAAAAAA", 1, topic, encode(Frame(1, clear, mark, sealed)))


@pytest.mark.parametrize(
    ("topic", "payload", "why"),
    [
        ("nothing-known/1", encode({}), "UnknownEventError"),
        ("narrative-recorded/9", encode({}), "UnknownEventError"),
        ("narrative-recorded/1", encode({"text": 5}), "ValidationError"),
        ("narrative-recorded/1", b"\xc1", "DecodeError"),
    ],
)
def test_an_event_this_code_cannot_read_is_unreadable_and_believed_to_be_there(log, append, topic, payload, why):
    written = append("a")
    (found,) = log.open_rows([unknown(log, topic, payload)])
    assert isinstance(found.event, Unreadable)
    assert found.event.reason.startswith(why)
    assert topic in found.event.reason
    assert found.envelope == written.envelope


def test_the_library_s_own_way_through_the_mapper_seals_and_opens_the_same(log, append):
    written = append("a")
    recorded = Recorded(
        0,
        written.stream,
        2,
        written.topic,
        written.envelope,
        written.event,
        key_id=written.key_id,
    )
    stored = log.mapper.to_stored_event(recorded)
    assert log.mapper.to_domain_event(stored) == recorded
    assert log.mapper.to_domain_event(log.recorder.select_notifications(1, 1)[0]) == written
    with pytest.raises(UnavailableError, match="erased"):
        log.mapper.to_stored_event(replace(recorded, event=Erased()))


def test_nothing_of_an_event_stands_in_the_file_in_clear(log, append, folder):
    append("a", "zebra-canary")
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"zebra-canary" not in raw
    assert b"GMP" in raw, "the search finds what does stand there: codes of the envelope"


def test_the_same_event_twice_is_never_the_same_bytes(log, append):
    append("a", "same")
    append("a", "same")
    first, second = (decode(row[4], type=Frame) for row in log.rows_after(0, 2))
    assert first.sealed[:12] != second.sealed[:12]
    assert first.sealed[12:] != second.sealed[12:]
