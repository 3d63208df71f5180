"""R1: no report that was acknowledged is lost by killing the server, and views equal a rebuild afterwards.

Clients send reports over HTTP and note each answer; the server is killed at random, between and in the middle of
everything it does, also while it starts, and started again. Unknown outcomes are asked again with the same key.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from hub_services import hub as hubs
from hub_services import sqlite
from hub_services.authentication import Authentication
from hub_services.caller import system
from hub_services.decisions.account import OpenAccount
from hub_services.following import Following
from hub_services.settings import REAL, Settings
from hub_services.vault import make_master_key
from hub_services.verification import verify

KILLS = {"small": 50, "ci": 500}
CLIENTS = 3
PATIENCE = 30
CREATED = 201
FOUND = "A girl of Year 9 is picked up by a silver Golf after school."


class Clients:
    """Teachers who send reports as fast as they are answered, and note every answer before they go on."""

    def __init__(self, port, token, acknowledged, *, only_checks):
        self.port, self.token, self.file = port, token, acknowledged
        self.only_checks = only_checks
        self.stop = threading.Event()
        self.answered = threading.Event()
        self.counts = Counter()
        self.lock = threading.Lock()
        self.keys = count()
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(CLIENTS)]
        self.failures = []

    def work(self, number):
        chance = random.Random(number)
        try:
            while not self.stop.is_set():
                check = self.send("/v1/route-checks", routes(), chance)
                if check and not self.only_checks:
                    self.send("/v1/reports", form(check, chance), chance)
        except BaseException as error:
            self.failures.append(error)
            raise

    def send(self, path, body, chance):
        """Send a command, most times again with the same key when it is not known what came of it."""
        key = f"key-{next(self.keys)}"
        while not self.stop.is_set():
            try:
                status, answer = self.post(path, body, key)
            except (OSError, http.client.HTTPException):
                self.counts["unknown"] += 1
                if chance.random() < 0.2:
                    return None
                continue
            assert status == CREATED, (path, status, answer)
            self.acknowledge({"key": key, "path": path, "id": answer["id"]})
            return answer["id"]
        return None

    def post(self, path, body, key):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Hub-Purpose": "SAFEGUARDING",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def acknowledge(self, line):
        with self.lock:
            os.write(self.file, json.dumps(line).encode() + b"\n")
            os.fsync(self.file)
            self.counts["acknowledged"] += 1
        self.answered.set()


def routes():
    return {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
        "area": "MANCHESTER",
    }


def form(check, chance):
    mentions = [
        {"kind": "PERSON", "as_said": "a girl called Tansy", "parts": {"name": "Tansy Wrenfield"}},
        {"kind": "VEHICLE", "as_said": "silver Golf", "parts": {"plate": "ending 7XK"}},
    ]
    return {
        "route_check": check,
        "route": "INFORMATION_REPORT",
        "reported_at": "2026-03-02T09:30:00Z",
        "reporter_name": "Robin Ashdown",
        "reporter_job_title": "Form tutor",
        "reporter_organisation": "Moorfield Academy",
        "reporter_contact": "0161 496 0001",
        "source_types": ["MEMBER_OF_PUBLIC"],
        "reliability": 5,
        "accuracy": 5,
        "willing_to_engage": "DONT_KNOW",
        "narrative": FOUND * chance.randint(1, 20),
        "area": chance.choice(["MANCHESTER", ""]),
        "source": {"full_name": "Marjorie Quillfeather"},
        "provenance": "THIRD_PARTY",
        "strands": ["CSE"],
        "mentions": mentions[: chance.randint(0, 2)],
    }


@contextmanager
def fork_server(settings, fault=""):
    command = [sys.executable, str(Path(__file__).with_name("fork_server.py"))]
    command += [str(settings.folder), str(settings.master_key_file), fault]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline())

        def start():
            server.stdin.write("start\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        yield port, start
        server.stdin.close()
        server.wait(PATIENCE)


def made(folder):
    """Make a hub with one teacher; return its settings, the teacher's account and a token."""
    key = folder / "keys" / "master.key"
    make_master_key(key)
    settings = Settings(folder=folder / "data", master_key_file=key, profile=REAL)
    hubs.migrate(settings)
    with hubs.Hub(settings) as hub:
        following = Following(hub)
        following.settle()
        following.stop()
        authentication = Authentication(hub)
        account = authentication.account_stream("teacher")
        opened = OpenAccount(
            account=account, login="teacher", name="Teacher", agency="MANCHESTER_EDUCATION", roles=("REFERRER",)
        )
        hub.ask(opened, system(), "open teacher")
        authentication.set_password(account, "correct horse battery")
        token, _ = authentication.sign_in("teacher", "correct horse battery", "REFERRER")
    return settings, account, token


def killed(folder, kills, fault=""):
    """Kill a hub's server so many times while clients write; return what they noted and what is wrong afterwards."""
    settings, account, token = made(folder)
    chance = random.Random(kills)
    notes = folder / "acknowledged"
    file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with fork_server(settings, fault) as (port, start):
        clients = Clients(port, token, file, only_checks=bool(fault))
        for thread in clients.threads:
            thread.start()
        for _ in range(kills):
            child = start()
            if chance.random() < 0.8:
                clients.answered.clear()
                assert clients.answered.wait(PATIENCE), "nobody is answered any more"
            # Otherwise in the middle of its start.
            time.sleep(chance.uniform(0.020, 0.080))
            os.kill(child, signal.SIGKILL)
        child = start()
        clients.answered.clear()
        assert clients.answered.wait(PATIENCE), "nobody is answered any more"
        clients.stop.set()
        for thread in clients.threads:
            thread.join(PATIENCE)
        os.kill(child, signal.SIGKILL)
    os.close(file)
    assert clients.failures == []
    acknowledged = [json.loads(line) for line in notes.read_bytes().splitlines()]
    return clients.counts, acknowledged, *looked_at(settings, account, acknowledged)


def looked_at(settings, account, acknowledged):
    """Open the hub again; return what was acknowledged and is not there, what is not sound, and how much there is."""
    for file in (settings.log_file, settings.vault_file):
        connection = sqlite.connect(file)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
    with hubs.Hub(settings) as hub:
        following = Following(hub)
        following.settle()
        lost = [each for each in acknowledged if not stands(hub, account, each)]
        findings = list(verify(hub))
        events = hub.log.head()
        following.stop()
    return lost, findings, events


def stands(hub, account, acknowledged):
    kind = "route-check" if acknowledged["path"] == "/v1/route-checks" else "report"
    past = hub.log.past(f"{kind}:{acknowledged['id']}")
    teacher = system()
    command = hub._asking.command_id(type(teacher)(**{**_plain(teacher), "account": account}), acknowledged["key"])
    receipt = hub.log.receipt(command)
    return bool(past) and receipt is not None and receipt.last <= hub.log.head()


def _plain(caller):
    return {"agency": caller.agency, "role": caller.role, "purpose": caller.purpose}


def test_no_acknowledged_report_is_lost_by_a_kill(tmp_path, size, scoreboard):
    begun = time.monotonic()
    counts, acknowledged, lost, findings, events = killed(tmp_path, KILLS[size])
    assert lost == []
    assert findings == []
    assert len({each["key"] for each in acknowledged}) == len(acknowledged)
    assert len({each["id"] for each in acknowledged}) == len(acknowledged)
    scoreboard(
        "R1",
        kills=KILLS[size],
        acked=len(acknowledged),
        unknown=counts["unknown"],
        events=events,
        lost=len(lost),
        findings=len(findings),
        seconds=round(time.monotonic() - begun),
    )


def test_the_proof_of_kills_finds_a_server_that_answers_before_it_has_committed(tmp_path, scoreboard):
    _, acknowledged, lost, _, _ = killed(tmp_path, 10, fault="early")
    assert lost, "the control must lose what was acknowledged"
    scoreboard("R1-control", kills=10, acked=len(acknowledged), lost=len(lost))
