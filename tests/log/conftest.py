"""A log and its vault in a folder of their own, and events to write to it."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

import pytest

from hub_events.envelope import Actor, Envelope, Labels
from hub_events.narrative import NarrativeRecorded
from hub_events.stream import stream
from hub_services.log import Draft, Log, Receipt, Write
from hub_services.log.recorder import SQLiteRecorder
from hub_services.vault import Vault

MASTER = bytes(range(32))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    Vault.migrate(tmp_path / "vault.sqlite", MASTER)
    SQLiteRecorder.migrate(tmp_path / "log.sqlite")
    return tmp_path


@pytest.fixture
def vault(folder):
    found = Vault(folder / "vault.sqlite", MASTER)
    yield found
    found.close()


@pytest.fixture
def log(folder, vault):
    found = Log(folder / "log.sqlite", vault)
    yield found
    found.close()


@pytest.fixture
def recorder(folder):
    found = SQLiteRecorder(folder / "log.sqlite")
    yield found
    found.close()


@pytest.fixture
def name():
    """Name the stream of a kind that belongs to a word."""

    def made(word="a", kind="narrative"):
        return stream(kind, urlsafe_b64encode(sha256(str(word).encode()).digest()[:16]).decode().rstrip("="))

    return made


@pytest.fixture
def envelope():
    return Envelope(
        recorded_at=NOON,
        actor=Actor("account:anna", "GMP", "SPECIALIST_SUPERVISOR"),
        purpose="SAFEGUARDING",
        purpose_reference="case:1",
        regime="DPA_PART_3",
        lawful_basis="DPA_35_2_B",
        marking="OFFICIAL-SENSITIVE",
        command_id=b"c" * 16,
        causation=3,
        labels=Labels(
            owning_agency="GMP",
            team="PROTECT",
            originator="MANCHESTER_EDUCATION",
            originator_only=True,
            restriction="SPECIALIST_SUPERVISOR_ONLY",
            handling_code="C",
            handling_conditions=("A1",),
            strands=("CSE",),
            cases=("case:1",),
            addressees=("account:anna",),
            excluded_persons=("account:bert",),
        ),
    )


def said(text):
    return NarrativeRecorded(text=text, text_form="RAW")


@pytest.fixture
def draft(name, envelope):
    """Draft a narrative for a stream that is new, or after a version of one that exists."""

    def made(word="a", text="said", after=0, key_id=0, events=1):
        return Draft(name(word), after, tuple(said(text) for _ in range(events)), envelope, key_id)

    return made


@pytest.fixture
def receipt():
    numbers = count()

    def made(identity=b"", fingerprint=b"f" * 16, day=20_000):
        return Receipt(identity or b"%016d" % next(numbers), fingerprint, day)

    return made


@pytest.fixture
def append(log, draft):
    """Append one event to a stream, in its own key."""

    def made(word="a", text="said"):
        past = log.past(draft(word).stream)
        after, key_id = (past[-1].version, past[-1].key_id) if past else (0, 0)
        log.append(Write((draft(word, text, after, key_id),)))
        return log.past(draft(word).stream)[-1]

    return made


@pytest.fixture
def from_outside(folder):
    """Run statements on the log's file as somebody does who is not the hub, without its triggers."""
    import sqlcipher3.dbapi2 as driver

    def made(*statements):
        connection = driver.connect(str(folder / "log.sqlite"), isolation_level=None)
        try:
            connection.execute("DROP TRIGGER IF EXISTS event_is_immutable")
            connection.execute("DROP TRIGGER IF EXISTS event_is_permanent")
            return [connection.execute(text, values).fetchall() for text, values in statements]
        finally:
            connection.close()

    return made


class Failing:
    """A connection at which a statement that begins with a word fails, the n-th time it comes; then what is next."""

    def __init__(self, connection, faults):
        self.connection, self.faults = connection, list(faults)

    in_transaction = property(lambda self: self.connection.in_transaction)

    def execute(self, text, *values):
        self._count(text)
        return self.connection.execute(text, *values)

    def executemany(self, text, values):
        self._count(text)
        return self.connection.executemany(text, values)

    def _count(self, text):
        if self.faults and text.startswith(self.faults[0][0]):
            word, at, error = self.faults[0]
            self.faults[0] = (word, at - 1, error)
            if at == 1:
                del self.faults[0]
                raise error if isinstance(error, BaseException) else error()

    def close(self):
        self.connection.close()


@pytest.fixture
def fail():
    """Plant faults (word, n-th time, error) in a recorder's writer."""

    def made(recorder, *faults):
        writing = recorder.writing
        writing._writer = Failing(writing._writer, faults)

    return made
