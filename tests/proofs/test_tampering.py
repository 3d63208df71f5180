"""Proof S37: a row of the log is bound to its place, its envelope and its key; whatever was moved or edited is refused.

Somebody who can write to the log's file, but has no key, moves, swaps, copies and edits rows at random, also rows whose
key was destroyed. What was touched must never be read as genuine, and what was not touched must be read as before.
Which position a row has is not bound to it: a later issue's Merkle tree finds what was reordered or cut off.
"""

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest
import sqlcipher3.dbapi2 as driver
from msgspec.structs import replace

from hub_events.envelope import Actor, Envelope, Erased, Labels, Unreadable
from hub_events.narrative import FormEvaluationGiven, NarrativeRecorded
from hub_services.log import Draft, Log, Write, frame
from hub_services.log.frame import Clear, Frame, TamperedError
from hub_services.log.recorder import SQLiteRecorder
from hub_services.vault import Vault

ATTACKS = {"small": 400, "ci": 10_000}
STREAMS = 24
MASTER = bytes(range(32))
encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode


def new_stream():
    return "narrative:" + urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def envelope(chance):
    return Envelope(
        recorded_at=datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**6)),
        actor=Actor(new_stream(), chance.choice(["GMP", "MANCHESTER_CSC"]), chance.choice(["MANAGER", "REFERRER"])),
        purpose="SAFEGUARDING",
        regime="UK_GDPR",
        lawful_basis="UKGDPR_6_1_E",
        command_id=chance.randbytes(16),
        causation=chance.randrange(9),
        labels=Labels(
            owning_agency="GMP",
            originator_only=chance.random() < 0.5,
            handling_code=chance.choice("PC"),
            strands=tuple(sorted(chance.sample(["CSE", "MSHT", "VE"], 2))),
        ),
    )


class Hub:
    """A log with its vault, and the way to its file that whoever tampers has."""

    def __init__(self, folder, chance):
        folder.mkdir()
        Vault.migrate(folder / "vault.sqlite", MASTER)
        SQLiteRecorder.migrate(folder / "log.sqlite")
        self.vault = Vault(folder / "vault.sqlite", MASTER)
        self.log = Log(folder / "log.sqlite", self.vault)
        for _ in range(STREAMS):
            name, key_id = new_stream(), self.vault.draw_key()[0]
            for version in range(chance.randint(1, 4)):
                said = NarrativeRecorded(text=f"said {chance.random()}", text_form="RAW")
                given = FormEvaluationGiven(reliability=None, accuracy=1, willing_to_engage="YES")
                event = given if version % 2 else said
                self.log.append(Write((Draft(name, version, (event,), envelope(chance), key_id),)))
            if chance.random() < 0.2:
                self.vault.destroy_key(key_id)
        self.rows = self.log.rows_after(0, 10_000)
        self.events = self.log.after(0, 10_000)
        self.outside = driver.connect(str(folder / "log.sqlite"), isolation_level=None)
        self.outside.execute("DROP TRIGGER event_is_immutable")
        self.outside.execute("DROP TRIGGER event_is_permanent")

    def close(self):
        self.outside.close()
        self.log.close()
        self.vault.close()


@pytest.fixture
def hub(tmp_path):
    found = Hub(tmp_path / "hub", Random(1))
    yield found
    found.close()


def leaves(struct, path=()):
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if isinstance(value, msgspec.Struct):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def put(struct, path, value):
    name, *rest = path
    return replace(struct, **{name: put(getattr(struct, name), rest, value) if rest else value})


class Attack:
    """What can be done to one row or to two; each returns rows that differ from the ones that were written."""

    def __init__(self, rows, chance):
        self.rows, self.chance = rows, chance

    def one(self):
        return list(self.chance.choice(self.rows))

    def two(self):
        return [list(row) for row in self.chance.sample(self.rows, 2)]

    def with_frame(self, row, **changes):
        row[4] = encode(replace(decode(row[4], type=Frame), **changes))
        return row

    def swap_states(self):
        one, two = self.two()
        one[4], two[4] = two[4], one[4]
        return [one, two]

    def swap_part(self):
        one, two = self.two()
        part = self.chance.choice(["sealed", "clear", "mark"])
        return [self.with_frame(one, **{part: getattr(decode(two[4], type=Frame), part)})]

    def swap_names(self):
        one, two = self.two()
        # Through a name of its own, because a stream has each version once.
        column = self.chance.choice([slice(1, 3), slice(3, 4)])
        one[column], two[column] = two[column], one[column]
        return [one, two]

    def move_to_another_stream(self):
        row = self.one()
        row[1] = new_stream()
        return [row]

    def move_to_another_version(self):
        row = self.one()
        row[2] += self.chance.randint(10, 99)
        return [row]

    def name_otherwise(self):
        row = self.one()
        row[3] = self.chance.choice(["grade-suggested/1", "narrative-recorded/2", "x", "", "mention-made/1"])
        return [row]

    def edit_bytes(self):
        row = self.one()
        state = bytearray(row[4])
        for _ in range(self.chance.randint(1, 4)):
            state[self.chance.randrange(len(state))] ^= self.chance.randint(1, 255)
        row[4] = bytes(state)
        return [row]

    def cut_or_extend(self):
        row = self.one()
        state = row[4]
        row[4] = state[: self.chance.randrange(len(state))] if self.chance.random() < 0.5 else state + b"\xc0"
        return [row]

    def edit_envelope(self):
        row = self.one()
        clear = decode(decode(row[4], type=Frame).clear, type=Clear)
        path, value = self.chance.choice(list(leaves(clear.envelope)))
        other = self.chance.choice(list(leaves(envelope(self.chance))))[1]
        if type(other) is not type(value) or other == value:
            other = (
                {bool: lambda: not value, int: lambda: value + 1, str: lambda: value + "x"}.get(
                    type(value), lambda: value + (b"x" if isinstance(value, bytes) else ("x",))
                )()
                if not isinstance(value, datetime)
                else value + timedelta(seconds=1)
            )
        altered = Clear(clear.key_id, put(clear.envelope, path, other))
        return [self.with_frame(row, clear=encode(altered))]

    def name_another_key(self):
        row = self.one()
        clear = decode(decode(row[4], type=Frame).clear, type=Clear)
        keys = [decode(decode(each[4], type=Frame).clear, type=Clear).key_id for each in self.rows]
        key_id = self.chance.choice([*keys, self.chance.randrange(10**7), -1, 2**63 - 1])
        return [self.with_frame(row, clear=encode(Clear(key_id, clear.envelope)))]

    def copy_to_another_place(self):
        row = self.one()
        row[0] = None
        row[1] = new_stream()
        return [row]

    def write_no_text(self):
        row = self.one()
        row[self.chance.choice([1, 3])] = b"\xff\xfe" + self.chance.randbytes(8)
        return [row]

    def write_nonsense(self):
        row = self.one()
        row[4] = self.chance.randbytes(self.chance.randrange(600))
        return [row]


KINDS = sorted(name for name in vars(Attack) if not name.startswith("_") and name not in {"one", "two", "with_frame"})


def written(outside, rows):
    """Write altered rows to the file; return the positions they have."""
    positions = []
    outside.execute("BEGIN")
    for position, *_ in rows:
        outside.execute("DELETE FROM event WHERE position = ?", (position,))
    for position, stream, version, topic, state in rows:
        values = (position, stream, version, topic, state)
        outside.execute("INSERT INTO event VALUES (?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?)", values)
        positions.append(outside.execute("SELECT last_insert_rowid()").fetchone()[0])
    outside.execute("COMMIT")
    return positions


def restored(hub, positions):
    originals = {row[0]: row for row in hub.rows}
    hub.outside.execute("BEGIN")
    for position in positions:
        hub.outside.execute("DELETE FROM event WHERE position = ?", (position,))
    for position in positions:
        if position in originals:
            hub.outside.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", originals[position])
    hub.outside.execute("COMMIT")


def attacked(hub, attacks, chance):
    """Attack so many times; return how many attacks of each kind there were, and those that went unseen."""
    genuine = {event.position: event for event in hub.events}
    original = {row[0]: row for row in hub.rows}
    counts, unseen = dict.fromkeys(KINDS, 0), []
    while sum(counts.values()) < attacks:
        kind = chance.choice(KINDS)
        rows = [row for row in getattr(Attack(hub.rows, chance), kind)() if tuple(row) != original.get(row[0])]
        if not rows:
            continue
        counts[kind] += 1
        positions = written(hub.outside, rows)
        read = {event.position: event for event in hub.log.follow(0, 10_000)}
        if any(not isinstance(read[position].event, Unreadable) for position in positions):
            unseen.append(kind)
        unseen += [kind for position in positions if not refused(hub, position)]
        assert {at: event for at, event in read.items() if at not in positions} == {
            at: event for at, event in genuine.items() if at not in positions
        }
        restored(hub, positions)
    return counts, unseen


def refused(hub, position):
    try:
        hub.log.after(position - 1, 1)
    except TamperedError:
        return True
    return False


def test_whatever_was_moved_or_edited_is_refused(hub, size, scoreboard):
    assert any(event.event == Erased() for event in hub.events)
    seed = int.from_bytes(os.urandom(4))
    counts, unseen = attacked(hub, ATTACKS[size], Random(seed))
    assert unseen == [], f"seed {seed}"
    assert min(counts.values()) > 0
    assert hub.log.follow(0, 10_000) == hub.events, "and all is as before when the rows are put back"
    tried = sum(counts.values())
    scoreboard("S37", attacks=tried, kinds=len(counts), refused=tried - len(unseen), unseen=len(unseen), seed=seed)


def test_without_the_place_in_the_seal_moved_rows_go_unseen(tmp_path, monkeypatch, scoreboard):
    """The library's own cipher binds a row to nothing."""
    monkeypatch.setattr(frame, "_place", lambda *_: b"")
    hub = Hub(tmp_path / "control", Random(2))
    _, unseen = attacked(hub, 200, Random(2))
    hub.close()
    assert {"move_to_another_stream", "edit_envelope", "swap_names"} <= set(unseen)
    scoreboard("S37-control", attacks=200, unseen=len(unseen))


def test_without_the_mark_rows_are_passed_off_as_erased(tmp_path, monkeypatch):
    monkeypatch.setattr(frame.Marks, "check", lambda *_: None)
    hub = Hub(tmp_path / "control", Random(3))
    hub.rows = [row for row, event in zip(hub.rows, hub.events, strict=True) if event.event == Erased()]
    _, unseen = attacked(hub, 200, Random(3))
    hub.close()
    assert {"edit_envelope", "move_to_another_stream"} <= set(unseen)
