"""A real hub behind the real app, with one account in each role, and a client that says what is needed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from shutil import copytree

import argon2
import pytest

from hub_services import hub as hubs
from hub_services.authentication import Authentication
from hub_services.caller import system
from hub_services.decisions.account import OpenAccount
from hub_services.following import Following
from hub_services.http import create_app
from hub_services.settings import REAL, Settings
from hub_services.vault import make_master_key
from hub_services.world import World

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
PEOPLE = {
    "teacher": ("MANCHESTER_EDUCATION", ("REFERRER",), (), ()),
    "supervisor": ("GMP", ("SPECIALIST_SUPERVISOR",), ("PROTECT",), ()),
    "salford-supervisor": ("GMP", ("SPECIALIST_SUPERVISOR",), ("SUNRISE",), ()),
    "intelligence": ("GMP", ("FORCE_INTELLIGENCE_OFFICER",), (), ()),
    "both": ("GMP", ("SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER"), ("PROTECT",), ()),
    "officer": ("GMP", ("SPECIALIST_OFFICER",), ("PROTECT",), ()),
    "neighbourhood": ("GMP", ("NEIGHBOURHOOD_OFFICER",), (), ()),
    "handler": ("GMP", ("SOURCE_HANDLER",), (), ()),
    "manager": ("MANCHESTER_CSC", ("MANAGER",), ("PROTECT",), ()),
    "worker": ("MANCHESTER_CSC", ("SOCIAL_WORKER",), ("PROTECT",), ()),
    "stranger": ("MANCHESTER_CSC", ("SOCIAL_WORKER",), (), ()),
    "duty": ("HUB", ("SPECIALIST_SUPERVISOR",), (), ("HUB_DUTY",)),
    "board": ("HUB", ("BOARD_MEMBER",), (), ()),
    "auditor": ("HUB", ("AUDITOR",), (), ()),
    "administrator": ("HUB", ("ADMINISTRATOR",), (), ()),
}


class SteppingWorld(World):
    """A world whose clock a test sets; it moves a second at every look, so that times differ."""

    def __init__(self) -> None:
        self.time = MONDAY

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


@dataclass
class Person:
    """One person's way to the API."""

    app: object
    following: Following
    token: str
    id: str
    keys: object
    purpose: str = "SAFEGUARDING"

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Hub-Purpose": self.purpose, **more}

    def get(self, path: str, **query: object):
        return self.app.get(
            path, headers=self.headers(), query_string={k: v for k, v in query.items() if v is not None}
        )

    def post(self, path: str, body: object = None, *, key: str = "", etag: str = "", **headers: str):
        more = {"Idempotency-Key": key or f"key-{next(self.keys)}", **headers}
        if etag:
            more["If-Match"] = etag
        data = None if body is None else json.dumps(body)
        answer = self.app.post(
            path,
            data=data,
            headers=self.headers(**more),
            content_type="application/json" if body is not None else None,
        )
        if answer.status_code < 400:
            self.following.settle()
        return answer

    def change(self, resource: str, path: str, body: object = None, **more: str):
        """Read a record's ETag and change it with that."""
        read = self.get(resource)
        assert read.status_code == 200, read.json
        return self.post(f"{resource}/{path}", body, etag=read.headers["ETag"], **more)


@dataclass
class Running:
    """A hub that runs behind its app, and everybody signed in."""

    hub: object
    following: Following
    app: object
    world: SteppingWorld
    people: dict[str, Person]

    def later(self, **time: float) -> None:
        """Let time pass, sign everybody in anew and do what falls due."""
        self.world.time += timedelta(**time)
        authentication = Authentication(self.hub)
        for login, person in self.people.items():
            person.token, _ = authentication.sign_in(login, PASSWORD, PEOPLE[login][1][0])
        self.following.settle()


@contextmanager
def running_hub(folder, begun=None):
    """Run a hub below a folder, with cheap password hashes, and close it after the block.

    Args:
        folder: where its data and its key lie.
        begun: the folder of a hub that has everybody's account, to begin as a copy of it.
    """
    key = folder / "keys" / "master.key"
    settings = Settings(folder=folder / "data", master_key_file=key, profile=REAL)
    if begun is None:
        make_master_key(key)
        hubs.migrate(settings)
    else:
        copytree(begun, folder, dirs_exist_ok=True)
    world = SteppingWorld()
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch, hubs.Hub(settings, world) as hub:
        patch.setattr("hub_services.authentication._HASHER", cheap)
        following = Following(hub)
        app = create_app(hub, following)
        if begun is None:
            open_accounts(hub, cheap.hash(PASSWORD))
        following.settle()
        yield Running(hub, following, app, world, signed_in(hub, following, app))
        following.stop()


def open_accounts(hub, password_hash):
    """Open everybody's account."""
    authentication = Authentication(hub)
    for login, (agency, roles, teams, desks) in PEOPLE.items():
        account = authentication.account_stream(login)
        command = OpenAccount(
            account=account,
            login=login,
            name=login.title(),
            agency=agency,
            roles=roles,
            teams=teams,
            desks=desks,
        )
        hub.ask(command, system(), f"open {login}")
        hub.vault.keep_password_hash(account, password_hash)


def signed_in(hub, following, app):
    """Sign everybody in."""
    authentication, client, keys = Authentication(hub), app.test_client(), count(1)
    found = {}
    for login, (_, roles, _, _) in PEOPLE.items():
        token, _ = authentication.sign_in(login, PASSWORD, roles[0])
        found[login] = Person(client, following, token, authentication.account_stream(login).partition(":")[2], keys)
    return found


@pytest.fixture(scope="session")
def begun(tmp_path_factory):
    """The folder of a hub that has everybody's account and nothing else; copied, because making one takes its time."""
    folder = tmp_path_factory.mktemp("begun")
    with running_hub(folder):
        pass
    return folder


@pytest.fixture(scope="session")
def run_hub(begun):
    """The way to a hub of one's own, for a test or for a module of tests; all share their secrets."""
    return partial(running_hub, begun=begun)


@pytest.fixture(scope="session")
def run_foreign_hub():
    """The way to a hub with secrets of its own."""
    return running_hub


@pytest.fixture
def running(tmp_path, run_hub):
    with run_hub(tmp_path) as found:
        yield found


@pytest.fixture
def world(running):
    return running.world


@pytest.fixture
def hub(running):
    return running.hub


@pytest.fixture
def following(running):
    return running.following


@pytest.fixture
def app(running):
    return running.app


@pytest.fixture
def people(running):
    """Everybody, signed in."""
    return running.people


ROUTES = {
    "immediate_danger": False,
    "in_need_or_harmed": False,
    "information": True,
    "person_of_interest_request": False,
    "adult": False,
    "area": "MANCHESTER",
}


def report_form(route_check: str, **changes: object) -> dict[str, object]:
    """A full report, as a function of its route check."""
    return {
        "route_check": route_check,
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
        "narrative": "A girl of Year 9 is picked up by a silver Golf after school.",
        "place": "Wilmslow Road, Manchester",
        "area": "MANCHESTER",
        "incident": {"text": "2026-02-27 evening"},
        "became_aware": {"text": "2026-02-28"},
        "source": {"full_name": "Marjorie Quillfeather", "contacts": ["07700 900123"], "relationship": "neighbour"},
        "provenance": "THIRD_PARTY",
        "strands": ["CSE"],
        "mentions": [
            {
                "kind": "PERSON",
                "as_said": "a girl called Tansy",
                "parts": {"name": "Tansy Wrenfield"},
                "reported_role": "VICTIM",
            },
            {"kind": "VEHICLE", "as_said": "silver Golf, plate ending 7XK", "parts": {"plate": "ending 7XK"}},
            {"kind": "PREMISES", "as_said": "the shisha bar", "parts": {"name": "Cloud Nine Lounge"}},
        ],
        **changes,
    }


SUPERVISOR_ONLY = "SPECIALIST_SUPERVISOR_ONLY"
SHARED = "SHARE_WITH_CASE_MEMBERS"


@dataclass
class Story:
    """What the agencies do, one step a method; each step asserts that it was done and returns what came of it."""

    people: dict[str, Person]

    @staticmethod
    def done(answer, status: int = 200):
        """Assert that a step was done."""
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def change(self, who: str, resource: str, path: str, body: object = None, **more: str):
        """Read a record's ETag and change it with that."""
        return self.done(self.people[who].change(resource, path, body, **more))

    def check(self, who: str = "teacher", **answers: object) -> str:
        """Answer the route questions."""
        return self.done(self.people[who].post("/v1/route-checks", ROUTES | answers), 201).json["id"]

    def report(self, who: str = "teacher", check: str = "", **changes: object) -> str:
        """Answer the route questions and send a report."""
        form = report_form(check or self.check(who), **changes)
        return self.done(self.people[who].post("/v1/reports", form), 201).json["id"]

    def grade(self, report: str, conditions=(SUPERVISOR_ONLY,), who: str = "supervisor", **changes: object):
        """Confirm a grade: C with conditions, or P without any."""
        body = {
            "source": 2,
            "assessment": "D",
            "handling_code": "C" if conditions else "P",
            "handling_conditions": list(conditions),
            "reason": "What the report says allows no other.",
            **changes,
        }
        return self.change(who, f"/v1/reports/{report}", "grades", body)

    def propose(self, report: str, outcome: str = "INVESTIGATE", who: str = "supervisor", **more: object):
        """Propose an outcome."""
        body = {"outcome": outcome, "rationale": "A pattern with two earlier reports.", **more}
        return self.change(who, f"/v1/triage/{report}", "proposals", body)

    def answer(self, report: str, outcome: str = "INVESTIGATE", who: str = "intelligence"):
        """Answer the other decider."""
        body = {"outcome": outcome, "rationale": "The vehicle is known."}
        return self.change(who, f"/v1/triage/{report}", "answers", body)

    def decided(self, outcome: str = "INVESTIGATE", **changes: object) -> str:
        """Send a report, grade it and decide on it."""
        report = self.report(**changes)
        self.grade(report)
        self.propose(report, outcome)
        self.answer(report, outcome)
        return report

    def lift(self, report: str, *conditions: str, who: str = "supervisor"):
        """Lift the restriction of a report."""
        body = {"authority": "DI Ashworth", "reason": "The school has to act.", "handling_conditions": conditions}
        return self.change(who, f"/v1/reports/{report}", "restriction-lifting", body)

    def mention(self, report: str, kind: str = "PERSON", who: str = "supervisor") -> str:
        """Find a mention of a report."""
        shown = self.done(self.people[who].get(f"/v1/reports/{report}"))
        return next(each["id"] for each in shown.json["mentions"] if each["kind"] == kind)

    def case(self, report: str, who: str = "supervisor", **changes: object) -> str:
        """Open a case about the first person of a report."""
        body = {
            "report": report,
            "subject": self.mention(report),
            "person_stage": "CHILD",
            "strands": ["CSE"],
            "team": "PROTECT",
            "reason": "Suspected exploitation of a Year 9 pupil.",
            **changes,
        }
        return self.done(self.people[who].post("/v1/cases", body), 201).json["id"]

    def in_case(self, case: str, path: str, who: str = "supervisor", **body: object):
        """Change a case, for a reason."""
        return self.change(who, f"/v1/cases/{case}", path, {"reason": "The work asks for it.", **body})

    def allocate(self, case: str, worker: str = "worker", who: str = "supervisor", team: str = "PROTECT"):
        """Allocate a case to a worker."""
        return self.in_case(case, "allocations", who, worker=self.people[worker].id, team=team)

    def flag(self, case: str, mention: str, who: str = "worker", **changes: object) -> str:
        """Request a flag."""
        body = {"mention": mention, "flag": "CSE", "review_on": "2026-09-01", "reason": "Seen again.", **changes}
        return self.done(self.people[who].post(f"/v1/cases/{case}/flags", body), 201).json["id"]

    def feedback(self, report: str, path: str = "sending", who: str = "supervisor", **body: object):
        """Tell the referrer what happened, or withhold it."""
        said = body or {"text": "Thank you; somebody works on it."}
        return self.change(who, f"/v1/feedback/{report}", path, said)

    def everything(self) -> dict[str, str]:
        """Give every command there is at least once; returns the ids of what there is afterwards."""
        gate = self.emergencies()
        report = self.decided()
        self.lift(report, SHARED)
        case = self.case(report)
        return {"report": report, "case": case, **gate, **self.work(report, case), **self.administration()}

    def emergencies(self) -> dict[str, str]:
        """Ring 999 at one gate, close the open item of another, record a referral and send a report on."""
        called, closed = self.check(immediate_danger=True), self.check(immediate_danger=True, adult=True)
        self.change("officer", f"/v1/route-checks/{called}", "taking")
        call = {"called_at": "2026-03-02T09:58:00Z", "police_reference": "GMP-20260302-0042"}
        self.change("teacher", f"/v1/route-checks/{called}", "emergency-call", call)
        outcome = {"outcome": "The child is safe at home", "reason": "Spoke with the mother."}
        self.change("supervisor", f"/v1/route-checks/{closed}", "closing", outcome)
        referral = {"recipient": "MANCHESTER_ASC", "to_whom": "Duty desk", "sent_at": "2026-03-02T09:59:00Z"}
        self.change("teacher", f"/v1/route-checks/{closed}", "referrals", referral)
        unroutable = self.report(check=called, area="", place="a car park")
        rerouting = {"area": "SALFORD", "team": "PROTECT", "reason": "The caller knew the street."}
        self.change("duty", f"/v1/reports/{unroutable}", "rerouting", rerouting)
        return {"called": called, "closed": closed, "rerouted": unroutable}

    def work(self, report: str, case: str) -> dict[str, str]:
        """Work a case: people, strands, flags, feedback, notices, closing and opening again."""
        mention, second = self.mention(report), self.decided("RECORD_ONLY")
        self.change("supervisor", f"/v1/triage/{self.report()}", "opening")
        self.allocate(case)
        self.in_case(case, "members", account=self.people["stranger"].id)
        self.in_case(case, "member-removals", account=self.people["stranger"].id)
        self.in_case(case, "reports", report=second)
        self.in_case(case, "persons", "worker", mention=mention, role="VICTIM", role_from="2026-01-05")
        self.in_case(case, "role-endings", "worker", mention=mention, role="VICTIM", ended_on="2026-02-01")
        self.in_case(case, "strands", "worker", strand="COUNTY_LINES")
        self.in_case(case, "strand-closings", "worker", strand="COUNTY_LINES")
        flag, refused = self.flag(case, mention), self.flag(case, mention, flag="MISSING")
        reason = {"reason": "The other agency has to know."}
        self.change("manager", f"/v1/flags/{flag}", "approval", reason)
        self.change("manager", f"/v1/flags/{refused}", "refusal", reason)
        placing = {
            "agency": "MANCHESTER_CSC",
            "system": "Children's system",
            "confirmation": "LL-1",
            "placed_at": "2026-03-02T09:59:00Z",
            **reason,
        }
        self.change("worker", f"/v1/flags/{flag}", "placing", placing)
        self.change("worker", f"/v1/flags/{flag}", "clearing", {**reason, "confirmation": "LL-2"})
        self.feedback(second, "withholding", reason_code="LIVE_INVESTIGATION", reason="It would be known.")
        self.feedback(report)
        notice = self.people["worker"].get("/v1/inbox").json["items"][0]["id"]
        self.change("worker", f"/v1/inbox/{notice}", "opening")
        self.in_case(case, "closing", "manager", reason_code="RISK_REDUCED")
        self.in_case(case, "reopening", "manager")
        return {"mention": mention, "second": second, "flag": flag, "refused": refused, "notice": notice}

    def administration(self, login: str = "new.worker") -> dict[str, str]:
        """Open an account, grant and withdraw a role, and close it."""
        administrator, roles = self.people["administrator"], {"roles": ["MANAGER"], "reason": "For the summer."}
        body = {
            "login": login,
            "name": "New Worker",
            "agency": "MANCHESTER_CSC",
            "roles": ["SOCIAL_WORKER"],
            "password": PASSWORD,
        }
        account = self.done(administrator.post("/v1/accounts", body), 201).json["id"]
        for path, said in (
            ("role-grants", roles),
            ("role-withdrawals", roles),
            ("closing", {"reason": "Left the agency."}),
        ):
            self.change("administrator", f"/v1/accounts/{account}", path, said)
        return {"account": account}


@pytest.fixture(scope="session")
def story_of():
    """The way to the story of a hub that is kept for a whole module."""
    return lambda running: Story(running.people)


@pytest.fixture
def story(people):
    return Story(people)


@pytest.fixture
def report_body():
    """A full report, as a function of its route check."""
    return report_form


@pytest.fixture
def send_report(story):
    """Answer the route questions and send a report as the teacher; returns its id."""
    return story.report
