"""Given, when, then for the rules: a small log in memory, the people of an invented case, and a history of commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from hub_events.catalogue import Event, catalogue
from hub_events.envelope import Envelope, Erased, Labels, Recorded, Unreadable
from hub_events.partial_time import parse_when
from hub_events.stream import FEEDBACK, MENTION, NOTICE, REPORT, ROUTE_CHECK, TRIAGE, Stream
from hub_services.decisions.decision import By, Command, Past, To, decided, sibling
from hub_services.decisions.feedback import OpenFeedback, RecordFeedbackOverdue, SendFeedback, WithholdFeedback
from hub_services.decisions.grade import ConfirmGrade
from hub_services.decisions.notice import OpenNotice, PlaceNotice
from hub_services.decisions.referral import RecordReferral
from hub_services.decisions.report import ReceiveReport
from hub_services.decisions.report_form import MentionSaid, SourceSaid
from hub_services.decisions.restriction import LiftRestriction
from hub_services.decisions.route_check import (
    AnswerRoutes,
    CloseEmergencyItem,
    RecordEmergencyCall,
    RecordEmergencyOverdue,
    TakeEmergencyItem,
)
from hub_services.decisions.routing import Reroute
from hub_services.decisions.triage import AnswerProposal, OpenForTriage, ProposeOutcome, RecordTriageBreach
from hub_services.refusal import RefusedError

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
"""A Thursday in office hours."""


def person(account: str, role: str, agency: str, **more: object) -> By:
    """Somebody who asks; Story gives each question its own command id unless one is given."""
    fields: dict[str, object] = {"roles": (role,), "now": NOW, "command_id": b"", **more}
    seed = blake2b(account.encode(), digest_size=32).digest()
    return By(account=account, agency=agency, role=role, seed=seed, **fields)


class Story:
    """A log as a decision sees it: what is given is recorded, what is asked is decided as the hub would decide it."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Recorded]] = {}
        self.position = 0
        self.asked = 0

    def given(
        self,
        name: str,
        *events: Event | Erased | Unreadable,
        by: By | None = None,
        labels: Labels | None = None,
        command_id: bytes = b"given",
    ) -> Story:
        """Record events on a stream, by somebody; of a stream that exists the labels are those it began with."""
        by = by or person("system", "SYSTEM", "HUB")
        past = self.streams.setdefault(name, [])
        written = past[0].envelope.labels if past else labels or Labels(owning_agency="GMP", team="PROTECT")
        for each in events:
            self.position += 1
            envelope = Envelope(
                recorded_at=by.now,
                actor=by.actor,
                purpose="SAFEGUARDING",
                regime="UK_GDPR",
                lawful_basis="PUBLIC_TASK",
                command_id=command_id,
                labels=written,
            )
            topic = catalogue.encode(each)[0] if isinstance(each, Event) else "erased/1"
            past.append(Recorded(self.position, Stream(name), len(past) + 1, topic, envelope, each))
        return self

    def erased(self, name: str) -> Story:
        """Destroy what a stream holds, as the log gives it back after its key is gone."""
        self.streams[name] = [replace(each, event=Erased()) for each in self.streams[name]]
        return self

    def past(self, command: Command, by: By) -> Past:
        """Read what the command asks for: what it is about, its guard, what it refers to, then until nothing is new."""
        names = {command.about(by), command.guard(by), *command.refers()}
        while True:
            past = Past({name: self.streams.get(name, []) for name in names})
            wanted = names | set(command.reads(past, by))
            if wanted == names:
                return past
            names = wanted

    def when(self, command: Command, by: By) -> list[To]:
        """Decide a command and record nothing."""
        return decided(command, self.past(command, by), by)

    def tell(self, command: Command, by: By) -> list[To]:
        """Decide a command and record what it decided."""
        self.asked += 1
        by = by if by.command_id else replace(by, command_id=b"command %d" % self.asked)
        answer = self.when(command, by)
        for to in answer:
            self.given(to.stream, *to.events, by=by, labels=to.labels, command_id=by.command_id)
        return answer

    def refusal(self, command: Command, by: By) -> tuple[str, str]:
        """Decide a command that is refused: the code, and the field it is about."""
        with pytest.raises(RefusedError) as refused:
            self.when(command, by)
        assert refused.value.sentence.endswith(".")
        return refused.value.code, refused.value.field

    def labels(self, name: str) -> Labels | None:
        """Return the current label of a stream."""
        return Past(self.streams).labels(name)

    def copy(self) -> Story:
        """Return a story that goes on by itself from here."""
        other = Story()
        other.streams = {name: list(past) for name, past in self.streams.items()}
        other.position, other.asked = self.position, self.asked
        return other


@pytest.fixture(scope="session")
def new_story() -> Callable[[], Story]:
    """A story that has not begun."""
    return Story


@pytest.fixture
def story() -> Story:
    """A story that has not begun."""
    return Story()


@pytest.fixture(scope="session")
def people() -> SimpleNamespace:
    """The people of the stories, all invented, at the moment the stories begin; `at` moves one of them on in time."""
    return SimpleNamespace(
        teacher=person("acc-teacher", "REFERRER", "MANCHESTER_CSC"),
        supervisor=person("acc-supervisor", "SPECIALIST_SUPERVISOR", "GMP", teams=("PROTECT",)),
        relief=person("acc-relief", "SPECIALIST_SUPERVISOR", "GMP", teams=("PROTECT",)),
        officer=person("acc-officer", "FORCE_INTELLIGENCE_OFFICER", "GMP"),
        desk=person("acc-desk", "SPECIALIST_OFFICER", "GMP", desks=("PROTECT",)),
        timekeeper=person("timekeeper", "SYSTEM", "HUB"),
        at=lambda by, **later: replace(by, now=NOW + timedelta(**later)),
        now=NOW,
    )


def answered_routes(**changes: object) -> AnswerRoutes:
    """The route questions answered for a child in Manchester: information only, unless said otherwise."""
    fields: dict[str, object] = {
        "immediate_danger": False,
        "in_need_or_harmed": False,
        "information": True,
        "person_of_interest_request": False,
        "adult": False,
        "area": "MANCHESTER",
    }
    return AnswerRoutes(**(fields | changes))


def filled_in(route_check: Stream, **changes: object) -> ReceiveReport:
    """A form filled in as it asks, about a takeaway and two people, with everything the prompts ask for."""
    fields: dict[str, object] = {
        "route_check": route_check,
        "route": "INFORMATION_REPORT",
        "reported_at": NOW - timedelta(hours=1),
        "reporter_name": "Imogen Hartwell",
        "reporter_job_title": "Teacher",
        "reporter_organisation": "Larkhill School",
        "reporter_contact": "office@larkhill.example",
        "source_types": ("OTHER_PROFESSIONAL", "MEMBER_OF_PUBLIC"),
        "reliability": 2,
        "accuracy": 4,
        "willing_to_engage": "DONT_KNOW",
        "narrative": "A man called Dex waits outside Saffron Grill for Kit.",
        "place": "Saffron Grill, Wilmslow Road, Manchester",
        "incident": parse_when("2026-03-03 evening"),
        "became_aware": parse_when("2026-03-04"),
        "source": SourceSaid(full_name="Odile Marsh", contacts=("07700 900123",), relationship="neighbour"),
        "provenance": "THIRD_PARTY",
        "provenance_note": "Said at the school gate.",
        "also_known_to": ("the school nurse",),
        "recorded_elsewhere": ("school safeguarding log",),
        "disclosure_risk": "Dex knows where she lives.",
        "strands": ("CSE", "COUNTY_LINES"),
        "mentions": (
            MentionSaid(kind="PERSON", as_said="Kit", parts={"nickname": "Kit"}, reported_role="VICTIM"),
            MentionSaid(kind="PREMISES", as_said="Saffron Grill", parts={"name": "Saffron Grill"}),
        ),
        "original": b"From: office@larkhill.example ...",
        "media_type": "message/rfc822",
    }
    return ReceiveReport(**(fields | changes))


@pytest.fixture(scope="session")
def routes() -> Callable[..., AnswerRoutes]:
    """Answer the route questions as given, or with changes."""
    return answered_routes


@pytest.fixture(scope="session")
def form() -> Callable[..., ReceiveReport]:
    """Fill in the form as it asks, or with changes."""
    return filled_in


@pytest.fixture
def check(story, people) -> Stream:
    """A route check of the teacher's, for information about a child in Manchester."""
    story.tell(answered_routes(), people.teacher)
    return people.teacher.new_stream(ROUTE_CHECK)


@pytest.fixture
def report(story, people, check) -> Stream:
    """A report of the teacher's, received."""
    story.tell(filled_in(check), people.teacher)
    return people.teacher.new_stream(REPORT)


@pytest.fixture
def mentions(people) -> tuple[Stream, ...]:
    """The mentions of the teacher's report."""
    return tuple(people.teacher.new_stream(MENTION, index) for index in range(2))


def graded(report: Stream, **changes: object) -> ConfirmGrade:
    """The grade 2EC, for the specialist supervisor only, unless said otherwise."""
    fields: dict[str, object] = {
        "report": report,
        "source": 2,
        "assessment": "E",
        "handling_code": "C",
        "handling_conditions": ("SPECIALIST_SUPERVISOR_ONLY",),
    }
    return ConfirmGrade(**(fields | changes))


@pytest.fixture(scope="session")
def grade() -> Callable[..., ConfirmGrade]:
    """Grade a report 2EC, or with changes."""
    return graded


class Asked(NamedTuple):
    """One command of a history, and who asks it when."""

    command: Command
    by: By


@pytest.fixture(scope="session")
def commands(people) -> list[Asked]:
    """One history in which every command of the files named in `test_retry_law.py` is asked and decides something.

    A new command gets a line where its turn comes in the story.
    """
    teacher, supervisor, officer, desk, clock = (
        people.teacher,
        people.supervisor,
        people.officer,
        people.desk,
        people.timekeeper,
    )
    again = replace(teacher, seed=b"another question of the teacher's")
    check, other_check, report = (
        teacher.new_stream(ROUTE_CHECK),
        again.new_stream(ROUTE_CHECK),
        teacher.new_stream(REPORT),
    )
    triage, feedback, inbox = sibling(report, TRIAGE), sibling(report, FEEDBACK), clock.new_stream(NOTICE)
    at = people.at
    return [
        Asked(answered_routes(immediate_danger=True, in_need_or_harmed=True), teacher),
        Asked(TakeEmergencyItem(route_check=check), desk),
        Asked(RecordEmergencyOverdue(route_check=check), at(clock, minutes=15)),
        Asked(
            RecordEmergencyCall(route_check=check, called_at=people.now, police_reference="GMP-0412"),
            at(teacher, minutes=20),
        ),
        Asked(
            RecordReferral(
                route_check=check,
                recipient="MANCHESTER_CSC",
                to_whom="Contact centre",
                sent_at=people.now,
            ),
            at(teacher, minutes=20),
        ),
        Asked(answered_routes(immediate_danger=True), again),
        Asked(CloseEmergencyItem(route_check=other_check, outcome="Told already", reason="Same child"), desk),
        Asked(filled_in(check), at(teacher, minutes=30)),
        Asked(PlaceNotice(inbox="PROTECT", subject="report", about_stream=report), at(clock, minutes=31)),
        Asked(OpenNotice(notice=inbox), at(desk, minutes=32)),
        Asked(OpenForTriage(triage=triage), at(supervisor, hours=1)),
        Asked(graded(report), at(supervisor, hours=1)),
        Asked(Reroute(report=report, area="BOLTON", reason="The takeaway is in Bolton"), at(supervisor, hours=2)),
        Asked(ProposeOutcome(triage=triage, outcome="RECORD_ONLY", rationale="Known"), at(supervisor, hours=3)),
        Asked(AnswerProposal(triage=triage, outcome="INVESTIGATE", rationale="New"), at(officer, hours=4)),
        Asked(RecordTriageBreach(triage=triage), at(clock, hours=25)),
        Asked(AnswerProposal(triage=triage, outcome="INVESTIGATE", rationale="Agreed"), at(supervisor, hours=26)),
        Asked(OpenFeedback(triage=triage), at(clock, hours=27)),
        Asked(LiftRestriction(report=report, authority="Det Insp", reason="Social work"), at(supervisor, days=2)),
        Asked(graded(report, handling_conditions=(), handling_code="P", reason="Open"), at(supervisor, days=3)),
        Asked(RecordFeedbackOverdue(feedback=feedback), at(clock, days=9)),
        Asked(
            WithholdFeedback(feedback=feedback, reason_code="LIVE_INVESTIGATION", reason="Arrests to come"),
            at(supervisor, days=10),
        ),
        Asked(SendFeedback(feedback=feedback, text="Thank you; it helped."), at(supervisor, days=30)),
    ]
