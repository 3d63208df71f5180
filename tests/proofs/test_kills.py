"""Proof R1: no acknowledged event is lost by a kill.

A hub is served from one folder, written to over HTTP by several threads, killed at a random moment and started again,
many times. Whoever sends keeps one synced line for each answer. In the end what was acknowledged is looked up in the
log: the receipt of its key, the events of its command, their positions, the record's id and version.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from random import Random
from signal import SIGKILL
from threading import Barrier, Event, Lock, Thread
from time import sleep

import argon2

from hub_events.stream import kind_of
from hub_services import hub as hubs
from hub_services.authentication import Authentication
from hub_services.caller import Caller, system
from hub_services.decisions.account import OpenAccount
from hub_services.following import Following
from hub_services.position_tokens import POSITION, PositionTokens
from hub_services.refusal import RefusedError
from hub_services.settings import REAL, Settings
from hub_services.vault import make_master_key
from hub_services.verification import verify

KILLS = {"small": 50, "ci": 500}
PROGRAM = Path(__file__).with_name("forked_hub.py")
STRANDS = ("CSE", "MSHT", "COUNTY_LINES", "VE", "HBA")
OUTCOME = "INVESTIGATE"
MANAGING = ("supervisor", "manager")
CUT_OFF = (OSError, HTTPException)
KINDS = {"route-checks": "route-check", "reports": "report", "triage": "triage", "cases": "case"}


def loaded(path):
    spec = spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


agencies = loaded(Path(__file__).parents[1] / "http" / "conftest.py")


@dataclass
class Command:
    """What is sent: by whom, with which key, and the version its sender knew."""

    who: str
    key: str
    path: str
    body: object = None
    etag: str = ""
    case: object = None


@dataclass
class Answer:
    """What came back whole."""

    status: int
    body: dict
    etag: str
    position: str


class Acknowledged:
    """The file of answers: opened to append, one write a line, each line synced before the next command."""

    def __init__(self, path):
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, command, answer):
        name = answer.body.get("id", "")
        line = (answer.status, command.who, command.key, command.path, name, answer.etag, answer.position)
        os.write(self._file, json.dumps(line).encode() + b"\n")
        os.fsync(self._file)

    def lines(self):
        """Every whole line; a last one that was torn off counts as not written."""
        said = self.path.read_bytes()
        return [json.loads(line) for line in said[: said.rfind(b"\n") + 1].splitlines()]

    def close(self):
        os.close(self._file)


class Connection:
    """One sender's connection to the hub that runs now."""

    def __init__(self, port, tokens):
        self._http = HTTPConnection("127.0.0.1", port, timeout=20)
        self._tokens = tokens

    def ask(self, method, path, who="", body=None, **headers):
        """Send a request and return its answer.

        Raises:
            OSError, HTTPException: the hub was killed before the whole answer was there.
        """
        if who:
            headers |= {"Authorization": f"Bearer {self._tokens[who]}", "Hub-Purpose": "SAFEGUARDING"}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        self._http.request(method, path, data, headers)
        answer = self._http.getresponse()
        said = json.loads(answer.read())
        return Answer(answer.status, said, answer.headers.get("ETag", ""), answer.headers.get("Hub-Position", ""))

    def send(self, command):
        more = {"If-Match": command.etag} if command.etag else {}
        headers = {"Idempotency-Key": command.key, **more}
        return self.ask("POST", command.path, command.who, command.body, **headers)

    def close(self):
        self._http.close()


@dataclass
class Report:
    """A report on its way, as its sender knows it: how many steps it has gone, its ETag and that of its triage."""

    id: str
    etag: str
    steps: int = 0
    triage: str = '"v1"'


@dataclass
class Case:
    """A case as whoever changed it last knows it; without an ETag nobody does."""

    id: str
    etag: str
    open: tuple = ("CSE",)
    closed: bool = False


@dataclass
class Shared:
    """What all senders of a proof share."""

    acknowledged: Acknowledged
    keys: object = field(default_factory=count)
    lock: Lock = field(default_factory=Lock)
    cases: list = field(default_factory=list)
    unknown: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)
    retried: int = 0
    failures: list = field(default_factory=list)


class Sender:
    """Sends random commands one after another; what the kill cut off it sends again, sometimes, with the same key."""

    def __init__(self, shared, seed, only_checks=False):
        self.shared = shared
        self.chance = Random(seed)
        self.only_checks = only_checks
        self.checks = []
        self.reports = []
        self.cut_off = None

    def run(self, connection, ready, stop):
        try:
            connection.ask("GET", "/v1/accounts/me", "supervisor")
            ready.wait()
            if self.cut_off is not None:
                self._again(connection)
            while not stop.is_set():
                self._step(connection)
        except CUT_OFF:
            pass
        except Exception as error:  # noqa: BLE001 -- raised in the test's own thread
            self.shared.failures.append(repr(error))
        finally:
            connection.close()

    def _again(self, connection):
        command, then = self.cut_off
        if self.chance.random() < 0.3:
            # Never sent again, so its sender does not know whether it was done and leaves the report alone.
            self.cut_off = None
            self.reports = [each for each in self.reports if each.id not in command.path]
            return
        self.shared.retried += 1
        self._send(connection, command, then)

    def _do(self, connection, who, path, then, body=None, etag="", case=None):
        key = f"key-{next(self.shared.keys)}"
        self._send(connection, Command(who, key, path, body, etag, case), then)

    def _send(self, connection, command, then):
        self.cut_off = (command, then)
        self.shared.unknown[command.key] = command
        answer = connection.send(command)
        while answer.status == 503 or (answer.status == 412 and command.case is None):
            # As a person does: send the same again, after a look at what has changed with the new ETag.
            command.etag = answer.etag or command.etag
            answer = connection.send(command)
        self.cut_off = None
        del self.shared.unknown[command.key]
        if answer.status in (200, 201):
            self.shared.acknowledged.add(command, answer)
            then(answer)
            return
        self.shared.refused[command.key] = command
        if answer.status == 412:
            command.case.etag = ""
        else:
            self.shared.failures.append(f"{command.path}: {answer.status} {answer.body}")

    def _step(self, connection):
        if self.only_checks:
            return self._check(connection, lambda _: None)
        if self.shared.cases and self.chance.random() < 0.4:
            return self._change_case(connection)
        if self.reports and self.chance.random() < 0.8:
            return self._advance(connection, self.chance.choice(self.reports))
        if self.checks:
            return self._report(connection)
        return self._check(connection, lambda answer: self.checks.append(answer.body["id"]))

    def until_a_case_is_open(self, connection):
        while not self.shared.cases:
            self._step(connection)

    def _check(self, connection, then):
        self._do(connection, "teacher", "/v1/route-checks", then, agencies.ROUTES)

    def _report(self, connection):
        said = datetime.now(UTC) - timedelta(hours=1)
        times = {"reported_at": said.isoformat(), "incident": None, "became_aware": None}
        form = agencies.report_form(self.checks.pop(), **times)
        del form["mentions"][self.chance.randrange(1, 4) :]

        def then(answer):
            self.reports.append(Report(answer.body["id"], answer.etag))

        self._do(connection, "teacher", "/v1/reports", then, form)

    def _advance(self, connection, report):
        """Take a report one step further: graded, opened, proposed, answered, made a case."""

        def then(answer):
            report.steps += 1
            if "/triage/" in answer.body["link"]:
                report.triage = answer.etag

        steps = (self._grade, self._open, self._propose, self._answer, self._open_case)
        steps[report.steps](connection, report, then)

    def _grade(self, connection, report, then):
        conditions = ["SPECIALIST_SUPERVISOR_ONLY"]
        body = {"source": 2, "assessment": "D", "handling_code": "C", "handling_conditions": conditions}
        self._do(connection, "supervisor", f"/v1/reports/{report.id}/grades", then, body, report.etag)

    def _open(self, connection, report, then):
        who = self.chance.choice(("supervisor", "intelligence"))
        self._do(connection, who, f"/v1/triage/{report.id}/opening", then, None, report.triage)

    def _propose(self, connection, report, then):
        body = {"outcome": OUTCOME, "rationale": "A pattern with two earlier reports."}
        self._do(connection, "supervisor", f"/v1/triage/{report.id}/proposals", then, body, report.triage)

    def _answer(self, connection, report, then):
        body = {"outcome": OUTCOME, "rationale": "The vehicle is known."}
        self._do(connection, "intelligence", f"/v1/triage/{report.id}/answers", then, body, report.triage)

    def _open_case(self, connection, report, then):
        mentions = connection.ask("GET", f"/v1/reports/{report.id}", "supervisor").body["mentions"]
        subject = next(each["id"] for each in mentions if each["kind"] == "PERSON")
        body = {"report": report.id, "subject": subject, "person_stage": "CHILD", "team": "PROTECT"}
        body |= {"strands": ["CSE"], "reason": "Suspected exploitation of a Year 9 pupil."}

        def opened(answer):
            self.shared.cases.append(Case(answer.body["id"], answer.etag))

        self.reports.remove(report)
        self._do(connection, "supervisor", "/v1/cases", opened, body)

    def _change_case(self, connection):
        """Change a case that others change at the same time: what was known of it may be over."""
        case, who = self.chance.choice(self.shared.cases[-3:]), self.chance.choice(MANAGING)
        path = f"/v1/cases/{case.id}"
        with self.shared.lock:
            etag, is_open, closed = case.etag, case.open, case.closed
        if not etag:
            shown = connection.ask("GET", path, who)
            etag, is_open, closed = shown.etag, tuple(shown.body["strands_open"]), shown.body["status"] == "CLOSED"
        change, body, after = self._a_change(is_open, closed)

        def then(answer):
            with self.shared.lock:
                case.etag, case.open, case.closed = answer.etag, *after

        body["reason"] = "The work asks for it."
        self._do(connection, who, f"{path}/{change}", then, body, etag, case)

    def _a_change(self, is_open, closed):
        """Choose what is not so yet; with what the case is after it."""
        if closed:
            return "reopening", {}, (is_open, False)
        if self.chance.random() < 0.1:
            return "closing", {"reason_code": "RISK_REDUCED"}, (is_open, True)
        strand = self.chance.choice(STRANDS)
        if strand not in is_open:
            return "strands", {"strand": strand}, ((*is_open, strand), False)
        if len(is_open) > 1:
            return "strand-closings", {"strand": strand}, (tuple(set(is_open) - {strand}), False)
        return "closing", {"reason_code": "RISK_REDUCED"}, (is_open, True)


class Killing:
    """A folder of a hub, and the server over it that is started and killed."""

    def __init__(self, folder, fault=""):
        make_master_key(folder / "keys" / "master.key")
        self.settings = Settings(
            folder=folder / "data",
            master_key_file=folder / "keys" / "master.key",
            profile=REAL,
        )
        hubs.migrate(self.settings)
        self.accounts = self._accounts()
        self.shared = Shared(Acknowledged(folder / "acknowledged"))
        self.tokens = {}
        self._fault = fault
        self._child = 0

    def _accounts(self):
        """Open everybody's account, with a hash of their password that takes no time to check."""
        cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(agencies.PASSWORD)
        found = {}
        with hubs.Hub(self.settings) as hub:
            for login in ("teacher", "supervisor", "intelligence", "manager", "worker", "officer"):
                agency, roles, teams, desks = agencies.PEOPLE[login]
                name = found[login] = Authentication(hub).account_stream(login)
                said = {"account": name, "login": login, "name": login, "agency": agency}
                command = OpenAccount(**said, roles=roles, teams=teams, desks=desks)
                hub.ask(command, system(), f"open {login}")
                hub.vault.keep_password_hash(name, cheap)
        return found

    @contextmanager
    def serving(self):
        """Have the program ready that forks a hub at a word."""
        environment = {
            **os.environ,
            "HUB_DATA": str(self.settings.folder),
            "HUB_MASTER_KEY_FILE": str(self.settings.master_key_file),
            "HUB_PROFILE": REAL,
        }
        command = [sys.executable, str(PROGRAM), self._fault]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as self._process:
            try:
                yield
            finally:
                if self._child:
                    os.kill(self._child, SIGKILL)

    def _begin(self):
        self._process.stdin.write("fork\n")
        self._process.stdin.flush()
        self._child = self._said("begun")[0]

    def _said(self, word):
        line = self._process.stdout.readline().split()
        assert line, "the server ended"
        assert line[0] == word, line
        return int(line[1]), int(line[2])

    def _kill(self):
        """Kill the hub and wait for its end, passing over what it may still have said."""
        os.kill(self._child, SIGKILL)
        while (said := self._process.stdout.readline().split()) and said[0] != "ended":
            pass
        self._child = 0
        assert said == ["ended", str(-SIGKILL), "0"]

    def begin(self, sender):
        """Sign everybody in over HTTP, once: a token outlives the process that gave it. Open the first case."""
        self._begin()
        connection = Connection(self._said("ready")[1], self.tokens)
        for login in self.accounts:
            body = {"login": login, "password": agencies.PASSWORD}
            self.tokens[login] = connection.ask("POST", "/v1/sessions", body=body).body["token"]
        if not sender.only_checks:
            sender.until_a_case_is_open(connection)
        connection.close()
        self._kill()

    def kill_while_starting(self, chance):
        self._begin()
        sleep(chance.uniform(0.0, 0.15))
        self._kill()

    def kill_while_writing(self, senders, chance):
        self._begin()
        _, port = self._said("ready")
        ready, stop = Barrier(len(senders) + 1), Event()
        threads = [Thread(target=each.run, args=(Connection(port, self.tokens), ready, stop)) for each in senders]
        for thread in threads:
            thread.start()
        ready.wait(20)
        sleep(chance.uniform(0.02, 0.08))
        self._kill()
        stop.set()
        for thread in threads:
            thread.join()
        assert self.shared.failures == []

    def kill(self, times, seed, *, only_checks=False):
        chance = Random(seed)
        senders = [Sender(self.shared, f"{seed} {number}", only_checks) for number in range(4)]
        starting = 0
        with self.serving():
            self.begin(senders[0])
            for _ in range(times):
                if chance.random() < 0.1:
                    self.kill_while_starting(chance)
                    starting += 1
                else:
                    self.kill_while_writing(senders[: chance.randint(2, 4)], chance)
        return starting


class Found:
    """What stands in the log in the end, and what was acknowledged."""

    def __init__(self, killing, hub):
        self.accounts = killing.accounts
        self.hub = hub
        self.tokens = PositionTokens(hub.vault.secret("positions"), hub.world)
        self.rows = {each.position: each for each in hub.log.after(0, 10_000_000)}

    def receipt(self, who, key):
        caller = Caller(account=self.accounts[who], agency="", role="", purpose="")
        return self.hub.log.receipt(self.hub._asking.command_id(caller, key))

    def lost(self, line):
        """Say what of an acknowledged command is not on the log."""
        _, who, key, path, name, etag, position = line
        receipt = self.receipt(who, key)
        if receipt is None:
            return f"{key} to {path}: no receipt"
        found = [self.rows.get(each) for each in range(receipt.first, receipt.last + 1)]
        if any(each is None or each.envelope.command_id != receipt.id for each in found):
            return f"{key} to {path}: not its events"
        if self._position(position, who) != receipt.last:
            return f"{key} to {path}: another position"
        stream = f"{KINDS[path.split('/')[2]]}:{name}"
        versions = {each.stream: each.version for each in found}
        if etag != f'"v{versions.get(stream)}"':
            return f"{key} to {path}: {stream} at {versions.get(stream)}, acknowledged as {etag}"
        return ""

    def _position(self, token, who):
        try:
            return self.tokens.open(token, POSITION, self.accounts[who]).position
        except RefusedError:
            return 0

    def doubled(self):
        """Name the commands that wrote elsewhere than where their one receipt says."""
        positions = {}
        for each in self.rows.values():
            positions.setdefault(each.envelope.command_id, []).append(each.position)
        for command_id, found in positions.items():
            receipt = self.hub.log.receipt(command_id)
            if receipt is None or found != list(range(receipt.first, receipt.last + 1)):
                yield command_id.hex()

    def gaps(self):
        versions = {}
        for each in self.rows.values():
            versions.setdefault(each.stream, []).append(each.version)
        yield from (name for name, found in versions.items() if found != list(range(1, len(found) + 1)))
        if list(self.rows) != list(range(1, self.hub.log.head() + 1)):
            yield "positions"


@contextmanager
def opened(killing):
    """Open the hub that was killed last, and do what it had still to do."""
    with hubs.Hub(killing.settings) as hub:
        following = Following(hub)
        following.settle()
        try:
            yield Found(killing, hub)
        finally:
            following.stop()
            killing.shared.acknowledged.close()


def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path, size, scoreboard):
    seed = int.from_bytes(os.urandom(4))
    killing = Killing(tmp_path)
    starting = killing.kill(KILLS[size], seed)
    shared = killing.shared
    lines = shared.acknowledged.lines()
    with opened(killing) as found:
        lost = [each for each in map(found.lost, lines) if each]
        refused = [key for key, each in shared.refused.items() if found.receipt(each.who, key)]
        unacknowledged = [key for key, each in shared.unknown.items() if found.receipt(each.who, key)]
        figures = {"kills": KILLS[size], "acked": len(lines), "unacked-present": len(unacknowledged), "lost": len(lost)}
        scoreboard("R1", **figures, retried=shared.retried, while_starting=starting, events=len(found.rows), seed=seed)
        assert lost == []
        assert refused == [], "a command that was refused was done"
        assert list(found.doubled()) == []
        assert list(found.gaps()) == []
        assert found.hub.views.quarantine() == []
        assert list(verify(found.hub)) == []
        kinds = Counter(kind_of(each.stream) for each in found.rows.values())
        assert {"route-check", "report", "mention", "triage", "case", "feedback", "notice"} <= kinds.keys()
    assert len({line[2] for line in lines}) == len(lines) > KILLS[size] // 4
    assert shared.retried > KILLS[size] // 4


def test_an_acknowledgement_before_the_commit_is_found(tmp_path):
    killing = Killing(tmp_path, "too-early")
    killing.kill(5, 1, only_checks=True)
    with opened(killing) as found:
        lost = [found.lost(line) for line in killing.shared.acknowledged.lines()]
        assert [each for each in lost if each.endswith("no receipt")]

        assert [*found.gaps(), *found.doubled()] == []
        last = found.rows[len(found.rows)]
        found.rows[len(found.rows) + 1] = last
        assert last.envelope.command_id.hex() in found.doubled()
        assert last.stream in found.gaps()
        del found.rows[len(found.rows) // 2]
        assert "positions" in found.gaps()
