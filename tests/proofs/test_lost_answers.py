"""Proof R7: an outcome nobody was told of is never a conflict and never happens twice.

The answer to a command is lost after its commit: the recorder fails behind COMMIT, or the HTTP answer is dropped.
Others may change the same record meanwhile. The same command with the same key then gets the same status, ids, ETag and
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

from hub_events.report import ReportReceived
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
        self.hub, self.following, self.app = running.hub, running.following, running.app
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

    def truth(self, person, key):
        """What the log says was done under a key: the last position, and for each id the ETags of what bears it."""
        caller = Caller(account=f"account:{person.id}", agency="", role="", purpose="")
        receipt = self.hub.log.receipt(self.hub._asking.command_id(caller, key))
        versions = {each.stream: each.version for each in self.hub.log.after(receipt.first - 1, 1_000, receipt.last)}
        etags = {}
        for name, version in versions.items():
            etags.setdefault(name.partition(":")[2], set()).add(f'"v{version}"')
        return receipt.last, etags

    def cut(self, person, send, key, path):
        """Lose the answer to one command and ask again."""
        before = self.hub.log.head()
        way, lost = self.lose(person, send)
        self.cuts[way] += 1
        done = self.hub.log.head()
        assert done > before, "what was cut is the answer, not the command"
        last, etags = self.truth(person, key)
        self.following.settle()
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
            "the same record": told.body.get("id") in etags,
            "the same version": told.etag in etags.get(told.body.get("id"), ()),
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


def test_a_command_whose_answer_is_lost_is_told_the_same_again(lossy, size, scoreboard):
    while lossy.cuts.total() < CUTS[size]:
        lossy.tell()

    conflicts = [each for each in lossy.differences if each[2] in (409, 412)]
    scoreboard(
        "R7",
        cuts=lossy.cuts.total(),
        **{f"behind-{way}": number for way, number in sorted(lossy.cuts.items())},
        **{"changed-meanwhile": lossy.interventions, "different": len(lossy.differences)},
        **{"false-conflicts": len(conflicts), "doubled": len(doubled(lossy.hub))},
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

    assert {what for *_, what in lossy.differences} >= {
        "at the same position",
        "the same record",
        "nothing new on the log",
    }


def test_a_hub_that_forgets_keys_is_found_to_answer_with_a_false_conflict(lossy, monkeypatch):
    report = lossy.undisturbed.report()
    monkeypatch.setattr(Asking, "_repeated", lambda *_: None)
    monkeypatch.setattr(Past, "holds", lambda *_: False)
    with pytest.raises(AssertionError):
        lossy.story.grade(report)

    assert {each[2] for each in lossy.differences} == {412}


class Crowd:
    """Several senders of one command at the same moment, and one more who changes the same record."""

    def __init__(self, running):
        self.running, self.lossy = running, Lossy(running)
        self.keys, self.opened = count(), set()

    def command(self, person, path, body, etag=""):
        headers = {"Idempotency-Key": f"crowd-{next(self.keys)}"} | ({"If-Match": etag} if etag else {})
        return person, path, body, headers

    def at_once(self, *commands):
        """Send commands all at the same moment and return what each was told."""
        barrier, told, broken = Barrier(len(commands)), [None] * len(commands), []

        def send(number, person, path, body, headers):
            try:
                client = self.running.app.test_client()
                barrier.wait(10)
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

    def many(self, person, path, body):
        """Send one command under one key from everybody at once; return what all were told, or fail."""
        told = self.at_once(*[self.command(person, path, body)] * SENDERS)
        assert len(set(map(repr, told))) == 1, told
        assert told[0].status == 201
        return told[0]

    def race(self, case, strands):
        """Have everybody change a case under one key, and one person change it otherwise, at the same version."""
        manager, supervisor = self.running.people["manager"], self.running.people["supervisor"]
        self.running.hub.wait_for(self.running.hub.log.head())
        etag = supervisor.get(f"/v1/cases/{case}").headers["ETag"]
        paths = [f"/v1/cases/{case}/{'strand-closings' if each in self.opened else 'strands'}" for each in strands]
        same, other = (
            self.command(who, path, {"strand": strand, "reason": "The work asks for it."}, etag)
            for who, path, strand in zip((manager, supervisor), paths, strands, strict=True)
        )
        *told, one = self.at_once(*[same] * SENDERS, other)
        assert len({(each.status, each.etag, each.position) for each in told}) == 1, told
        assert sorted((told[0].status, one.status)) == [200, 412]
        won = strands[one.status == 200]
        self.opened ^= {won}
        return one.status == 200


@pytest.fixture
def crowd(tmp_path):
    with agencies.running_hub(tmp_path) as running:
        yield Crowd(running)


def test_one_key_from_many_at_once_is_one_command(crowd, size, scoreboard):
    story, people, hub = crowd.lossy.undisturbed, crowd.running.people, crowd.running.hub
    case = story.case(story.decided())
    lost_races = 0
    crowd.running.following.start()
    for number in range(ROUNDS[size]):
        check = crowd.many(people["teacher"], "/v1/route-checks", agencies.ROUTES).body["id"]
        crowd.many(people["teacher"], "/v1/reports", agencies.report_form(check))
        first = number % len(STRANDS)
        lost_races += crowd.race(case, (STRANDS[first], STRANDS[first - 1]))

    crowd.running.following.settle()
    received = [each for each in hub.log.after(0, 1_000_000) if isinstance(each.event, ReportReceived)]
    figures = {"one-key-from": SENDERS, "commands": 3 * ROUNDS[size], "overtaken": lost_races}
    scoreboard("R7", **figures, doubled=len(doubled(hub)))
    assert len(received) == ROUNDS[size] + 1
    assert doubled(hub) == []
    assert list(verify(hub)) == []
