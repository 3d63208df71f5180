"""Proof R7: an outcome nobody was told of is never a conflict and never happens twice.

The answer to a command is lost after its commit: the recorder fails behind COMMIT, or the HTTP answer is dropped. Others
may change the same record meanwhile. The same command with the same key then gets the same status, ids, ETag and
position as if nothing had been lost, and the log does not grow.
"""

import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from random import Random
from threading import Barrier, Thread

import pytest
from eventsourcing.persistence import IntegrityError

from hub_services import sqlite
from hub_services.asking import Asking
from hub_services.caller import Caller
from hub_services.decisions.decision import Past
from hub_services.position_tokens import POSITION, PositionTokens
from hub_services.verification import verify

CUTS = {"small": 20, "ci": 200}
ROUNDS = {"small": 12, "ci": 90}
SENDERS = 8
STRANDS = ("MSHT", "COUNTY_LINES", "VE", "HBA", "FGM")


def loaded(path):
    spec = spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


agencies = loaded(Path(__file__).parents[1] / "http" / "conftest.py")


class FailsAfterCommit:
    """The writer's connection; the next COMMIT succeeds and then raises, as when only its answer is lost."""

    def __init__(self, connection, error):
        self.connection, self.error = connection, error

    in_transaction = property(lambda self: self.connection.in_transaction)

    def execute(self, text, *values):
        done = self.connection.execute(text, *values)
        if text == "COMMIT":
            raise self.error
        return done

    def executemany(self, text, values):
        return self.connection.executemany(text, values)


class DroppedError(Exception):
    """The connection broke before the answer was through."""


@dataclass(frozen=True)
class Told:
    """What an answer tells: the position token opened, everything else as it is."""

    status: int
    body: object
    etag: str
    location: str
    position: int


class Lossy:
    """A hub behind its app whose answers get lost."""

    def __init__(self, running, seed=0):
        self.hub, self.following, self.app = running.hub, running.following, running.app.application
        self.chance = Random(seed)
        self.tokens = PositionTokens(running.hub.vault.secret("positions"), running.world)
        self.undisturbed = agencies.Story(running.people)
        self.people = {login: Unlucky.of(person, self) for login, person in running.people.items()}
        self.story = agencies.Story(self.people)
        self.cuts, self.differences, self.interventions = Counter(), [], 0
        self.retry_key = lambda key: key
        self._strands = {}

    def told(self, person, answer):
        token = answer.headers.get("Hub-Position", "")
        position = self.tokens.open(token, POSITION, f"account:{person.id}").position if token else 0
        headers = answer.headers
        return Told(answer.status_code, answer.json, headers.get("ETag", ""), headers.get("Location", ""), position)

    @contextmanager
    def commit_fails(self, error):
        writing = self.hub.log._recorder.writing
        connection = writing._writer
        writing._writer = FailsAfterCommit(connection, error)
        try:
            yield
        finally:
            writing._writer = connection

    @contextmanager
    def answer_drops(self, seen):
        made = self.app.wsgi_app

        def dropping(environ, start_response):
            def keep(status, headers, *_):
                seen.update(status=status, headers=headers)

            seen["body"] = b"".join(made(environ, keep))
            raise DroppedError

        self.app.wsgi_app = dropping
        try:
            yield
        finally:
            self.app.wsgi_app = made

    def lose(self, person, send):
        """Send a command whose answer gets lost, in one way or another; return how, and what was told if anything."""
        way = self.chance.choice(("commit", "conflict", "answer"))
        if way == "answer":
            seen = {}
            with self.answer_drops(seen), pytest.raises(DroppedError):
                send()
            made = self.app.response_class(seen["body"], seen["status"], seen["headers"])
            return way, self.told(person, made)
        failed = sqlite.OperationalError("locking protocol") if way == "commit" else sqlite.IntegrityError("UNIQUE")
        with self.commit_fails(failed):
            answer = send()
        if way == "commit":
            # 503 tells the client to ask again, and not that nothing was done.
            assert (answer.status_code, answer.json["code"]) == (503, "log-unavailable")
            return way, None
        return way, self.told(person, answer)

    def truth(self, person, key, path):
        """What the log says was done under a key: the record and its version, and the last position."""
        caller = Caller(account=f"account:{person.id}", agency="", role="", purpose="")
        receipt = self.hub.log.receipt(self.hub._asking.command_id(caller, key))
        versions = {each.stream: each.version for each in self.hub.log.after(receipt.first - 1, 1_000, receipt.last)}
        return receipt.last, {f'"v{version}"' for version in versions.values()}, {each[-22:] for each in versions}

    def cut(self, person, send, key, path):
        """Lose the answer to one command and ask again."""
        before = self.hub.log.head()
        way, lost = self.lose(person, send)
        self.cuts[way] += 1
        done = self.hub.log.head()
        assert done > before, "what was cut is the answer, not the command"
        last, etags, ids = self.truth(person, key, path)
        self.intervene(path)
        grown = self.hub.log.head()
        again = send(self.retry_key(key))
        told = self.told(person, again)
        told_again = self.told(person, send(self.retry_key(key)))
        right = {
            "told as the first time": lost is None or told == lost,
            "told the same each time": told == told_again,
            "done": told.status in (200, 201),
            "at the same position": told.position == last,
            "the same version": told.etag in etags,
            "the same record": told.body.get("id") in ids,
            "nothing new on the log": self.hub.log.head() == grown,
        }
        self.differences += [(way, path, told.status, what) for what, is_so in right.items() if not is_so]
        self.following.settle()
        return again

    def intervene(self, path):
        """Have somebody else change the same case before the command is sent again, half of the time."""
        _, _, kind, *rest = path.split("/")
        if kind != "cases" or len(rest) < 2 or rest[1] == "closing" or self.chance.random() < 0.5:
            return
        case, opened = rest[0], self._strands.setdefault(rest[0], set())
        self.following.settle()
        strand = self.chance.choice(STRANDS)
        self.undisturbed.in_case(case, "strand-closings" if strand in opened else "strands", "manager", strand=strand)
        opened ^= {strand}
        self.interventions += 1

    def tell(self):
        """Tell the story of one report and its case, each answer of which gets lost."""
        story = self.story
        report = story.decided()
        case = story.case(report)
        story.allocate(case)
        story.lift(report, agencies.SHARED)
        story.in_case(case, "members", "manager", account=self.people["officer"].id)
        story.in_case(case, "member-removals", "manager", account=self.people["officer"].id)
        flag = story.flag(case, story.mention(report))
        story.change("manager", f"/v1/flags/{flag}", "approval", {"reason": "Every officer should know."})
        story.in_case(case, "closing", "manager", reason_code="RISK_REDUCED")
        story.in_case(case, "reopening", "manager")


class Unlucky(agencies.Person):
    """One person's way to the API on which every first answer gets lost."""

    @classmethod
    def of(cls, person, lossy):
        found = cls(**{each.name: getattr(person, each.name) for each in fields(person)})
        found.lossy = lossy
        return found

    def post(self, path, body=None, *, key="", etag="", **headers):
        key = key or f"unlucky-{next(self.keys)}"
        more = headers | ({"If-Match": etag} if etag else {})

        def send(by_key=key):
            return self.app.post(path, json=body, headers=self.headers(**{"Idempotency-Key": by_key}, **more))

        return self.lossy.cut(self, send, key, path)


@pytest.fixture
def lossy(tmp_path):
    with agencies.running_hub(tmp_path) as running:
        yield Lossy(running)


def doubled(hub):
    """Name the commands that wrote elsewhere than where their one receipt says."""
    positions = {}
    for each in hub.log.after(0, 1_000_000):
        positions.setdefault(each.envelope.command_id, []).append(each.position)
    receipts = {command_id: hub.log.receipt(command_id) for command_id in positions}
    return [
        command_id
        for command_id, found in positions.items()
        if found != list(range(receipts[command_id].first, receipts[command_id].last + 1))
    ]


def test_a_command_whose_answer_is_lost_is_told_the_same_again(lossy, size):
    while lossy.cuts.total() < CUTS[size]:
        lossy.tell()

    conflicts = [each for each in lossy.differences if each[2] in (409, 412)]
    ways = ", ".join(f"{way} {number}" for way, number in sorted(lossy.cuts.items()))
    print(
        f"\nR7 cuts={lossy.cuts.total()} ({ways}) changed-meanwhile={lossy.interventions} "
        f"different={len(lossy.differences)} false-conflicts={len(conflicts)} doubled={len(doubled(lossy.hub))}"
    )
    assert lossy.differences == []
    assert doubled(lossy.hub) == []
    assert set(lossy.cuts) == {"commit", "conflict", "answer"}
    assert lossy.interventions > 0
    assert list(verify(lossy.hub)) == []


def test_without_its_receipt_a_command_still_happens_once(lossy):
    def forgotten(key):
        lossy.hub.log.forget_receipts(1_000_000)
        return key

    lossy.retry_key = forgotten
    lossy.tell()

    laws = ("done", "the same record", "nothing new on the log")
    assert [each for each in lossy.differences if each[3] in laws] == []


def test_a_new_key_for_the_same_command_is_found_to_double_it(lossy):
    lossy.retry_key = lambda key: f"{key} again".replace(" ", "-")
    lossy.story.check()

    assert [each[3] for each in lossy.differences if each[0]] == [
        "told the same each time",
        "at the same position",
        "the same record",
        "nothing new on the log",
    ]


def test_a_hub_that_forgets_keys_is_found_to_answer_with_a_false_conflict(lossy, monkeypatch):
    report = lossy.undisturbed.report()
    monkeypatch.setattr(Asking, "_repeated", lambda *_: None)
    monkeypatch.setattr(Past, "holds", lambda *_: False)
    with pytest.raises(AssertionError):
        lossy.story.grade(report)

    assert {each[2] for each in lossy.differences} == {412}


class Crowd:
    """Several senders of one command at the same moment, and one who changes the same record."""

    def __init__(self, running):
        self.running = running
        self.lossy = Lossy(running)
        self.keys = count()

    def send(self, person, path, body, etag=""):
        """Send one command from all at once under one key; return what they were told, and whether the log grew."""
        headers = {"Idempotency-Key": f"crowd-{next(self.keys)}"} | ({"If-Match": etag} if etag else {})
        return self.at_once([(person, path, body, headers)] * SENDERS)

    def at_once(self, commands):
        barrier, told, broken = Barrier(len(commands)), [None] * len(commands), []

        def send(number, person, path, body, headers):
            client = self.running.app.application.test_client()
            try:
                barrier.wait()
                told[number] = self.lossy.told(person, client.post(path, json=body, headers=person.headers(**headers)))
            except Exception as error:  # noqa: BLE001 -- raised in the test's own thread
                broken.append(repr(error))

        threads = [Thread(target=send, args=(number, *each)) for number, each in enumerate(commands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert broken == []
        return told

    def against_another(self, person, other, path, bodies, etag):
        """All but one send the same command, one sends another at the same version: one of the two wins."""
        same, different = (
            {"Idempotency-Key": f"crowd-{next(self.keys)}", "If-Match": etag} for _ in range(2)
        )
        commands = [(person, path, bodies[0], same)] * SENDERS
        commands.insert(SENDERS // 2, (other, path, bodies[1], different))
        told = self.at_once(commands)
        one = told.pop(SENDERS // 2)
        return told, one


@pytest.fixture
def crowd(tmp_path):
    with agencies.running_hub(tmp_path) as running:
        found = Crowd(running)
        yield found


def test_the_same_key_from_many_at_once_is_one_command(crowd, size):
    people, story = crowd.running.people, crowd.lossy.undisturbed
    case = story.case(story.decided())
    path = f"/v1/cases/{case}"
    crowd.running.following.start()
    opened, won, different = set(), Counter(), []
    for _ in range(ROUNDS[size]):
        told = crowd.send(people["teacher"], "/v1/route-checks", agencies.ROUTES)
        check = told[0].body["id"]
        different += [("check", told)] if len(set(map(str, told))) > 1 or told[0].status != 201 else []

        told = crowd.send(people["teacher"], "/v1/reports", agencies.report_form(check))
        different += [("report", told)] if len(set(map(str, told))) > 1 or told[0].status != 201 else []

        etag = people["supervisor"].get(path).headers["ETag"]
        one, other = (strand for strand in STRANDS if strand not in opened) if len(opened) < 4 else (None, None)
