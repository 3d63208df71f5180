"""Several processes with several threads each on one file: positions without gaps, and no conflict is lost."""

import json
import subprocess
import sys
from collections import Counter

PROCESSES, THREADS, COMMANDS = 3, 4, 12

WRITER = """
import json, sys, threading
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from hub_events.envelope import Actor, Envelope, Labels
from hub_events.narrative import NarrativeRecorded
from hub_services.log import Draft, Log, Receipt, Write
from hub_services.refusal import StreamMovedError
from hub_services.vault import Vault

folder, process, threads, commands = Path(sys.argv[1]), *map(int, sys.argv[2:])
vault = Vault(folder / "vault.sqlite", bytes(range(32)))
log = Log(folder / "log.sqlite", vault)
labels = Labels(owning_agency="GMP")
envelope = Envelope(recorded_at=datetime(2026, 3, 2, tzinfo=UTC), actor=Actor("a", "b", "c"), purpose="p", regime="r",
                    lawful_basis="l", command_id=b"c" * 16, labels=labels)

def name(word):
    return "narrative:" + urlsafe_b64encode(sha256(word.encode()).digest()[:16]).decode().rstrip("=")

acknowledged, conflicts = [], 0
def work(thread):
    global conflicts
    for index in range(commands):
        word = f"{process} {thread} {index}"
        own = Draft(name(word), 0, (NarrativeRecorded(text=word, text_form="RAW"),) * 2, envelope)
        while True:
            past = log.past(name("hot"))
            after, key_id = (past[-1].version, past[-1].key_id) if past else (0, 0)
            hot = Draft(name("hot"), after, (NarrativeRecorded(text=word, text_form="RAW"),), envelope, key_id)
            try:
                appended = log.append(Write((own, hot), Receipt(word.encode(), b"f", 1)))
            except StreamMovedError:
                conflicts += 1
                continue
            acknowledged.append((word, appended.first, appended.last, after + 1))
            break

workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
for each in workers: each.start()
for each in workers: each.join()
print(json.dumps([acknowledged, conflicts]))
"""


def test_positions_have_no_gaps_and_no_conflict_is_lost(folder, log, name):
    commands = [
        [sys.executable, "-c", WRITER, str(folder), str(process), str(THREADS), str(COMMANDS)]
        for process in range(PROCESSES)
    ]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert all(process.returncode == 0 for process in running)

    acknowledged = [each for found, _ in answers for each in found]
    written = PROCESSES * THREADS * COMMANDS
    assert len(acknowledged) == written
    assert sum(conflicts for _, conflicts in answers) > 0, "or nobody was in anybody's way"

    events = log.after(0, 10 * written)
    assert [each.position for each in events] == list(range(1, 3 * written + 1))
    assert [each.version for each in log.past(name("hot"))] == list(range(1, written + 1))
    assert sorted(version for *_, version in acknowledged) == list(range(1, written + 1))

    at = {each.position: each for each in events}
    for word, first, last, version in acknowledged:
        assert last == first + 2
        assert [at[position].event.text for position in range(first, last + 1)] == [word] * 3
        assert at[last].version == version
        assert tuple(log.receipt(word.encode())[2:4]) == (first, last)

    keys = {each.stream: each.key_id for each in events}
    assert max(Counter(keys.values()).values()) == 1, "no key was lent twice"
