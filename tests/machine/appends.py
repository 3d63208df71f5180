"""The program that `test_every_system_call.py` kills: it forks a child a line, and the child writes to a log.

Run as `appends.py CALL LAST ACKNOWLEDGE`, it has imported everything and opened nothing. A line of its input is
`POINT FOLDER`; the child makes LAST - POINT idle calls of the kind CALL, so that strace, which counts the calls of each
process by itself and kills at the LAST-th, kills it at call number POINT of its work. With POINT 0 it makes none.
"""

import os
import sys
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from hub_events.envelope import Actor, Envelope, Labels
from hub_events.narrative import NarrativeRecorded
from hub_services.log import Draft, Log, Receipt, Write
from hub_services.vault import Vault

MASTER = bytes(range(32))
ENVELOPE = Envelope(
    recorded_at=datetime(2026, 3, 2, tzinfo=UTC),
    actor=Actor("account:anna", "GMP", "SPECIALIST_SUPERVISOR"),
    purpose="SAFEGUARDING",
    regime="DPA_PART_3",
    lawful_basis="DPA_35_2_B",
    command_id=b"c" * 16,
    labels=Labels(owning_agency="GMP"),
)
FIRST_ROUND = ("one", "two", "three", "long", "four", "five")
BATCH = ("six", "seven")
SECOND_ROUND = ("eight", "nine", "ten", "eleven")
SHARED, FORGOTTEN = "shared", "one"


def name(word):
    return "narrative:" + urlsafe_b64encode(sha256(word.encode()).digest()[:16]).decode().rstrip("=")


def text(word, version):
    """What the event of a version says; one command writes more than a page of the file holds."""
    return f"{word} {version} " + ("x" * 20_000 if word == "long" else "")


def identity(word):
    return word.encode().ljust(16)


class Child:
    """Opens the log, appends, erases a key, closes and opens again; says each thing done in one line of a file."""

    def __init__(self, folder, acknowledge):
        self.folder = folder
        self.before = acknowledge == "before"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.file = os.open(folder / "acknowledged", flags, 0o600)

    def open(self):
        self.vault = Vault(self.folder / "vault.sqlite", MASTER)
        self.log = Log(self.folder / "log.sqlite", self.vault)

    def close(self):
        self.log.close()
        self.vault.close()

    def done(self, word):
        os.write(self.file, f"{word}\n".encode())

    def draft(self, word, said, count=1):
        past = self.log.past(name(word))
        after, key_id = (past[-1].version, past[-1].key_id) if past else (0, 0)
        events = (NarrativeRecorded(text=text(said, after + each + 1), text_form="RAW") for each in range(count))
        return Draft(name(word), after, tuple(events), ENVELOPE, key_id)

    def append(self, word):
        """A new stream with two events and one more event of a stream that all share, in one transaction."""
        drafts = (self.draft(word, word, 2), self.draft(SHARED, word))
        if self.before:
            self.done(word)
        self.log.append(Write(drafts, Receipt(identity(word), b"f" * 16, 20_000)))
        if not self.before:
            self.done(word)

    def append_all(self, words):
        writes = [Write((self.draft(word, word, 2),), Receipt(identity(word), b"f" * 16, 20_000)) for word in words]
        self.log.append_all(writes)
        for word in words:
            self.done(word)

    def forget(self, word):
        self.vault.destroy_key(self.log.past(name(word))[0].key_id)
        self.done(f"forgot {word}")

    def run(self):
        self.open()
        for word in FIRST_ROUND:
            self.append(word)
        self.close()
        self.open()
        self.append_all(BATCH)
        self.forget(FORGOTTEN)
        for word in SECOND_ROUND:
            self.append(word)
        self.close()


def idle(call, times):
    """Make calls of a kind that change nothing."""
    scratch = os.memfd_create("scratch")
    make = {
        "pwrite64": lambda: os.pwrite(scratch, b"x", 0),
        "fsync": lambda: os.fsync(scratch),
        "fdatasync": lambda: os.fdatasync(scratch),
        "ftruncate": lambda: os.ftruncate(scratch, 0),
        "unlink": Path("/nothing/of/this/name").unlink,
    }[call]
    for _ in range(times):
        try:
            make()
        except FileNotFoundError:
            continue


def main(call, last, acknowledge):
    for line in sys.stdin:
        point, folder = line.split(maxsplit=1)
        child = os.fork()
        if not child:
            idle(call, int(last) - int(point) if int(point) else 0)
            Child(Path(folder.strip()), acknowledge).run()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(child, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
