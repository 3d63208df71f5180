"""Proof R2: no acknowledged event is lost by a kill at any system call that writes.

A script of appends is run under strace once for every call of a kind it makes, and killed when it enters that call.
After each kill the log is opened as after any start: what was acknowledged is there and opens, nothing has a gap.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as driver

from hub_events.envelope import Erased
from hub_services.log import Log, Receipt, Write
from hub_services.log.recorder import SQLiteRecorder
from hub_services.vault import Vault

PROGRAM = Path(__file__).with_name("appends.py")
CALLS = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink")
KILLED = -9


def loaded(path):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


appends = loaded(PROGRAM)
WORDS = (*appends.FIRST_ROUND, *appends.BATCH, *appends.SECOND_ROUND)


@pytest.fixture(scope="module")
def strace():
    found = shutil.which("strace")
    assert found, "this proof needs strace: install it (Debian: apt-get install strace) and run `make proofs` again"
    return found


@pytest.fixture
def fresh(tmp_path):
    """Make folders with an empty log and its vault."""
    template = tmp_path / "template"
    template.mkdir()
    Vault.migrate(template / "vault.sqlite", appends.MASTER)
    SQLiteRecorder.migrate(template / "log.sqlite")
    return lambda name: shutil.copytree(template, tmp_path / name)


class Traced:
    """The program under strace, ready to fork a child for each point."""

    def __init__(self, process, trace):
        self._process = process
        self._trace = trace

    def run(self, point, folder):
        """Run a child in a folder; return how it ended and its process id."""
        self._process.stdin.write(f"{point} {folder}\n")
        self._process.stdin.flush()
        child, code = self._process.stdout.readline().split()
        return int(code), child

    def calls(self):
        """How often each process made each call, as strace wrote it down."""
        lines = self._trace.read_text(encoding="utf-8", errors="replace").splitlines()
        found = (re.match(r"([0-9]+) +([a-z0-9]+)\(", line) for line in lines)
        return Counter(each.groups() for each in found if each)


@contextmanager
def traced(strace, trace, calls, *, last=0, acknowledge="after"):
    """Run the program under strace, and with `last` kill each child at its `last`-th call of the one kind traced."""
    command = [strace, "-f", "-qq", "-o", str(trace), "-e", f"trace={','.join(calls)}", "-e", "signal=none"]
    if last:
        command += ["-e", f"inject={calls[0]}:signal=KILL:when={last}"]
    command += [sys.executable, str(PROGRAM), calls[0], str(last), acknowledge]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Traced(process, trace)
        process.stdin.close()
    assert process.returncode == 0


def counted(strace, trace, folder):
    """How many calls of each kind the work makes when nobody disturbs it."""
    with traced(strace, trace, CALLS) as running:
        code, child = running.run(0, folder)
    assert code == 0
    made = running.calls()
    return {call: made[child, call] for call in CALLS if made[child, call]}


def acknowledged(folder):
    """What was said to be done; a last line that was torn off counts as not said."""
    said = (folder / "acknowledged").read_text(encoding="ascii")
    return said[: said.rfind("\n") + 1].splitlines()


def wrong(folder):
    """Open a folder as after a start, and say what is not as it must be, and how much stands there unacknowledged."""
    done = acknowledged(folder)
    vault = Vault(folder / "vault.sqlite", appends.MASTER)
    log = Log(folder / "log.sqlite", vault)
    try:
        found = [*log.check(), *gaps(log), *damage(folder / "vault.sqlite")]
        present = [word for word in WORDS if log.receipt(appends.identity(word))]
        found += [f"{word} is lost" for word in done if word in WORDS and not stands(log, word, done)]
        if f"forgot {appends.FORGOTTEN}" in done and not forgotten(log):
            found.append("a key that was destroyed is back")
        found += goes_on(log)
    finally:
        log.close()
        vault.close()
    return found, len(set(present) - set(done))


def damage(file):
    connection = driver.connect(str(file))
    try:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    finally:
        connection.close()
    return [] if said == ["ok"] else said


def gaps(log):
    events = log.after(0, 1_000)
    positions = [each.position for each in events]
    versions = {}
    for each in events:
        versions.setdefault(each.stream, []).append(each.version)
    wanted = {stream: list(range(1, len(found) + 1)) for stream, found in versions.items()}
    if positions != list(range(1, log.head() + 1)) or versions != wanted:
        yield "positions or versions have gaps"
    keys = {each.stream: each.key_id for each in events}
    if len(set(keys.values())) != len(keys):
        yield "a key was lent twice"


def forgotten(log):
    return all(isinstance(each.event, Erased) for each in log.past(appends.name(appends.FORGOTTEN)))


def stands(log, word, done):
    """Whether a command's receipt and all its events are there, and say what was said."""
    receipt = log.receipt(appends.identity(word))
    if receipt is None:
        return False
    found = log.after(receipt.first - 1, 100, receipt.last)
    expected = [(appends.name(word), 1), (appends.name(word), 2)]
    if word not in appends.BATCH:
        expected.append((appends.name(appends.SHARED), found[-1].version))
    if [(each.stream, each.version) for each in found] != expected:
        return False
    erasing = word == appends.FORGOTTEN and appends.BATCH[-1] in done
    return all(
        each.event.text == appends.text(word, each.version)
        for each in found
        if not (erasing and isinstance(each.event, Erased))
    )


def goes_on(log):
    """A command after the start is written behind what there is, in a key nobody has used."""
    child = object.__new__(appends.Child)
    child.log, before = log, log.head()
    drafts = (child.draft("after", "after"), child.draft(appends.SHARED, "after"))
    appended = log.append(Write(drafts, Receipt(b"after".ljust(16), b"f" * 16, 20_000)))
    if (appended.first, appended.last) != (before + 1, before + 2):
        yield "the log does not go on where it ended"
    yield from gaps(log)


def test_strace_is_there(strace):
    done = subprocess.run([strace, "-qq", "-e", "trace=none", "true"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"strace may not trace here, which this proof needs: {done.stderr}"


def test_nothing_acknowledged_is_lost_at_any_call(strace, fresh, tmp_path):
    points = counted(strace, tmp_path / "calls", fresh("counted"))
    assert {"pwrite64", "ftruncate", "unlink"} < points.keys()
    assert points.keys() & {"fsync", "fdatasync"}, "or nothing was durable"

    killed, unacknowledged, failures, sizes = 0, 0, [], []
    for call, last in points.items():
        trace = tmp_path / f"trace-{call}"
        children = []
        with traced(strace, trace, (call,), last=last) as running:
            for point in range(1, last + 1):
                folder = fresh(f"{call}-{point}")
                code, child = running.run(point, folder)
                killed += code == KILLED
                children.append(child)
                found, more = wrong(folder)
                unacknowledged += more
                sizes.append(len(acknowledged(folder)))
                failures += [f"at {call} {point}: {each}" for each in found]
                shutil.rmtree(folder)
        assert running.calls() == {(child, call): last for child in children}, "each died in its own call"
    assert failures == []
    assert killed == sum(points.values())
    assert {0, len(WORDS)} < set(sizes), "it was killed before the first was acknowledged and after the last"
    assert unacknowledged > 0
    print(
        f"\nR2 points={sum(points.values())} killed={killed} ({', '.join(f'{k} {v}' for k, v in points.items())}) "
        f"unacked-present={unacknowledged} lost=0"
    )


def test_the_sweep_ends_at_the_last_call(strace, fresh, tmp_path):
    points = counted(strace, tmp_path / "calls", fresh("counted"))

    for call, last in points.items():
        with traced(strace, tmp_path / f"trace-{call}", (call,), last=last + 1) as running:
            folder = fresh(f"{call}-alive")
            # One call more than the work makes: the child lives, and has said all there is to say.
            code, _ = running.run(last + 1, folder)
        assert code == 0
        assert acknowledged(folder) == [*appends.FIRST_ROUND, *appends.BATCH, "forgot one", *appends.SECOND_ROUND]
        assert wrong(folder) == ([], 0)


def test_an_acknowledgement_before_the_commit_is_found(strace, fresh, tmp_path):
    found = []
    with traced(strace, tmp_path / "trace", ("pwrite64",), last=200, acknowledge="before") as running:
        for point in range(30, 60):
            folder = fresh(f"control-{point}")
            assert running.run(point, folder)[0] == KILLED
            found += wrong(folder)[0]
    assert [each for each in found if each.endswith("is lost")]
