"""Random histories through the real commands: people of an invented team ask for what comes to mind; much is refused.

What was written can be told again to another hub, since ids made by one hub are of no use to another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as altered
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from hub_events.operation import StreamErased
from hub_events.partial_time import parse_when
from hub_events.stream import CASE, FEEDBACK, FLAG, MENTION, REPORT, ROUTE_CHECK, TRIAGE, Stream, kind_of
from hub_projections.views.cases import memberships
from hub_services import hub as hubs
from hub_services.asking import MovedError
from hub_services.caller import Caller, system
from hub_services.decisions.account import OpenAccount
from hub_services.decisions.case import CloseCase, JoinReport, OpenCase, ReopenCase
from hub_services.decisions.case_people import AddMember, AllocateWorker, EndPersonRole, JoinPerson, RemoveMember
from hub_services.decisions.decision import Command, sibling
from hub_services.decisions.feedback import SendFeedback, WithholdFeedback
from hub_services.decisions.flag import ApproveFlag, ClearFlag, PlaceFlag, RefuseFlag, RequestFlag
from hub_services.decisions.grade import ConfirmGrade
from hub_services.decisions.report import ReceiveReport
from hub_services.decisions.report_form import MentionSaid
from hub_services.decisions.restriction import LiftRestriction
from hub_services.decisions.route_check import AnswerRoutes, RecordEmergencyCall
from hub_services.decisions.routing import Reroute
from hub_services.decisions.strand import CloseStrand, OpenStrand
from hub_services.decisions.triage import AnswerProposal, OpenForTriage, ProposeOutcome
from hub_services.following import Following
from hub_services.hub import Hub
from hub_services.refusal import RefusedError, UnavailableError
from hub_services.settings import REAL, Settings
from hub_services.world import World

STAFF = {
    "teacher": ("MANCHESTER_EDUCATION", "REFERRER", ()),
    "supervisor": ("GMP", "SPECIALIST_SUPERVISOR", ("PROTECT",)),
    "intelligence": ("GMP", "FORCE_INTELLIGENCE_OFFICER", ()),
    "manager": ("MANCHESTER_CSC", "MANAGER", ("PROTECT",)),
    "worker": ("MANCHESTER_CSC", "SOCIAL_WORKER", ()),
    "officer": ("GMP", "SPECIALIST_OFFICER", ("PROTECT",)),
    "elsewhere": ("GMP", "SPECIALIST_SUPERVISOR", ("SUNRISE",)),
}
OUTCOMES = ("INVESTIGATE", "INVESTIGATE", "RECORD_ONLY")
EVERYTHING = 100_000

Wish = tuple[str, Callable[[], Command]]
"""Who asks, and for what."""


class Calendar(World):
    """A world whose clock the office turns."""

    def __init__(self, chance: Random) -> None:
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self._chance = chance

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def random(self, count: int) -> bytes:
        return self._chance.randbytes(count)


class Office:
    """A hub and the people who use it."""

    def __init__(self, folder: Path, chance: Random, number: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "master.key"
        key.write_text("7a" * 32)
        settings = Settings(folder=folder / "data", master_key_file=key, profile=REAL)
        hubs.migrate(settings)
        self.chance = chance
        self._prefix = f"{number:011d}"
        self.world = Calendar(chance)
        self.hub = Hub(settings, self.world)
        self.following = Following(self.hub)
        self.following.settle()
        self.known: dict[str, list[Stream]] = {}
        self._plan: list[Wish] = []
        self.done = self.refused = 0
        self.staff = {
            name: Caller(
                account=f"account:{self._prefix}{index:011d}",
                agency=agency,
                role=role,
                roles=(role,),
                teams=teams,
                purpose="SAFEGUARDING",
            )
            for index, (name, (agency, role, teams)) in enumerate(STAFF.items(), 1)
        }
        for name, who in self.staff.items():
            opened = OpenAccount(
                account=Stream(who.account), login=name, name=name, agency=who.agency, roles=who.roles, teams=who.teams
            )
            self.hub.ask(opened, system(), f"account {name}")

    def close(self) -> None:
        self.following.stop()
        self.hub.close()

    def work(self, steps: int) -> None:
        """Ask for so many things, and let the hub do what follows."""
        for number in range(steps):
            self._ask_for_something(f"{number}")
            self.world.time += timedelta(minutes=self.chance.randint(1, 300))
            if self.chance.random() < 0.05:
                self.world.time += timedelta(days=9)
            self.following.settle()

    def _ask_for_something(self, key: str) -> None:
        if self.chance.random() < 0.5:
            self._plan = self._plan or self._on_the_way()
            who, make = self._plan.pop(0)
        else:
            who, make = self.chance.choice(self._wishes())
        try:
            command = make()
        except KeyError:
            # What it would be about was never made, because that was refused.
            return
        with self.hub.views.reading() as reader:
            caller = replace(self.staff[who], cases=memberships(reader, self.staff[who].account))
        try:
            answer = self.hub.ask(command, caller, key)
        except (RefusedError, MovedError, UnavailableError):
            self.refused += 1
            return
        self.done += 1
        for name in answer.versions:
            names = self.known.setdefault(kind_of(name), [])
            if name not in names:
                names.append(Stream(name))

    def _some(self, kind: str) -> Stream | None:
        names = self.known.get(kind)
        # What is newest is asked about most, so that things get on.
        return self.chance.choice([*names, *names[-2:]]) if names else None

    def _last(self, kind: str) -> Stream:
        return self.known[kind][-1]

    def _on_the_way(self) -> list[Wish]:
        """What takes a report to a case that somebody works on, one thing after another."""
        last = self._last
        return [
            ("teacher", lambda: self._routes(danger=False)),
            ("teacher", lambda: altered(self._report(), route_check=last(ROUTE_CHECK), area="MANCHESTER")),
            ("supervisor", lambda: LiftRestriction(report=last(REPORT), authority="me", reason="to be shared")),
            ("intelligence", lambda: self._grade(last(REPORT))),
            ("supervisor", lambda: self._propose(sibling(last(REPORT), TRIAGE))),
            ("intelligence", lambda: altered(self._answer(sibling(last(REPORT), TRIAGE)), outcome="INVESTIGATE")),
            ("supervisor", lambda: self._open(last(REPORT), last(MENTION))),
            ("manager", lambda: self._allocate(last(CASE))),
            ("manager", lambda: self._member(last(CASE))),
            ("worker", lambda: self._flag(last(CASE), last(MENTION))),
        ]

    def _wishes(self) -> list[Wish]:
        chance = self.chance
        team = chance.choice(("supervisor", "manager", "worker", "officer", "elsewhere"))
        decider = chance.choice(("supervisor", "intelligence"))
        report, mention, in_case = self._some(REPORT), self._some(MENTION), self._some(CASE)
        triaged = sibling(report, TRIAGE) if report else None
        wishes: list[tuple[bool, str, Callable[[], Command]]] = [
            (True, "teacher", self._routes),
            (bool(self._some(ROUTE_CHECK)), "teacher", self._report),
            (bool(self._some(ROUTE_CHECK)), "teacher", self._report),
            (bool(self._some(ROUTE_CHECK)), "teacher", self._call),
            (bool(report), decider, lambda: self._grade(report)),
            (
                bool(report),
                "supervisor",
                lambda: LiftRestriction(report=report, authority="supervisor", reason="share"),
            ),
            (bool(report), "supervisor", lambda: Reroute(report=report, team="SUNRISE", reason="the place")),
            (bool(report), decider, lambda: OpenForTriage(triage=triaged)),
            (bool(report), decider, lambda: self._propose(triaged)),
            *[(bool(report), decider, lambda: self._answer(triaged))] * 2,
            *[(bool(report and mention), "supervisor", lambda: self._open(report, mention))] * 2,
            (bool(in_case and report), team, lambda: JoinReport(case=in_case, report=report, reason="same place")),
            (bool(in_case and mention), team, lambda: self._join(in_case, mention)),
            (bool(in_case and mention), team, lambda: self._end(in_case, mention)),
            (bool(in_case), "manager", lambda: self._allocate(in_case)),
            (bool(in_case), "manager", lambda: self._member(in_case)),
            (bool(in_case), team, lambda: self._strand(in_case)),
            (bool(in_case), "manager", lambda: self._close_or_reopen(in_case)),
            (bool(in_case and mention), team, lambda: self._flag(in_case, mention)),
            (bool(self._some(FLAG)), team, lambda: self._follow(self._some(FLAG))),
            (bool(self._some(FLAG)), "manager", lambda: ApproveFlag(flag=self._some(FLAG), reason="yes")),
            (bool(report), decider, lambda: self._tell(sibling(report, FEEDBACK))),
        ]
        return [(who, make) for possible, who, make in wishes if possible]

    @staticmethod
    def _propose(triaged: Stream) -> Command:
        return ProposeOutcome(triage=triaged, outcome="INVESTIGATE", rationale="risk")

    def _routes(self, *, danger: bool | None = None) -> Command:
        return AnswerRoutes(
            immediate_danger=self.chance.random() < 0.3 if danger is None else danger,
            in_need_or_harmed=False,
            information=True,
            person_of_interest_request=False,
            adult=False,
            area=self.chance.choice(("MANCHESTER", "ROCHDALE", "")),
        )

    def _call(self) -> Command:
        made = self.world.time - timedelta(minutes=1)
        return RecordEmergencyCall(route_check=self._some(ROUTE_CHECK), called_at=made, police_reference="GMP 12")

    def _report(self) -> Command:
        kinds = [self.chance.choice(("PERSON", "PERSON", "PREMISES")) for _ in range(self.chance.randint(1, 3))]
        words = f"words {self.chance.randint(0, 10**6)}"
        when = self.chance.choice(("2025", "about 2025-11", "2026-01-02 night", None))
        return ReceiveReport(
            route_check=self._some(ROUTE_CHECK),
            route="INFORMATION_REPORT",
            reported_at=self.world.time - timedelta(hours=1),
            reporter_name="A Teacher",
            reporter_job_title="Teacher",
            reporter_organisation="A School",
            reporter_contact="0161 496 0000",
            source_types=("WITNESSED_INCIDENT",),
            accuracy=1,
            narrative=words,
            area=self.chance.choice(("MANCHESTER", "MANCHESTER", "ROCHDALE", "")),
            incident=when and parse_when(when),
            strands=tuple(self.chance.sample(("CSE", "COUNTY_LINES"), self.chance.randint(0, 2))),
            mentions=tuple(MentionSaid(kind=kind, as_said=f"{kind} of {words}") for kind in kinds),
            original=words.encode(),
            media_type="text/plain",
        )

    def _grade(self, report: Stream) -> Command:
        handling = self.chance.choice("PC")
        shared = self.chance.choice(("SHARE_WITH_CASE_MEMBERS", "SPECIALIST_SUPERVISOR_ONLY"))
        return ConfirmGrade(
            report=report,
            source=self.chance.randint(1, 3),
            assessment=self.chance.choice("ABCDE"),
            handling_code=handling,
            handling_conditions=() if handling == "P" else (shared,),
            reason="as it stands now",
        )

    def _answer(self, triaged: Stream) -> Command:
        return AnswerProposal(triage=triaged, outcome=self.chance.choice(OUTCOMES), rationale="I see it so")

    def _open(self, report: Stream, mention: Stream) -> Command:
        named = [each for each in self.known[MENTION] if each in repr(self.hub.log.past(report))]
        return OpenCase(
            report=report,
            subject=self.chance.choice(named or [mention]),
            person_stage="CHILD",
            strands=("CSE",),
            team="PROTECT",
            reason="at risk",
        )

    def _join(self, in_case: Stream, mention: Stream) -> Command:
        role = self.chance.choice(("VICTIM", "WITNESS"))
        return JoinPerson(case=in_case, mention=mention, role=role, role_from=date(2026, 1, 2), reason="as said")

    def _end(self, in_case: Stream, mention: Stream) -> Command:
        role = self.chance.choice(("SUBJECT", "VICTIM", "WITNESS"))
        return EndPersonRole(
            case=in_case, mention=mention, role=role, ended_on=self.world.time.date(), reason="no longer"
        )

    def _somebody(self) -> Stream:
        return Stream(self.staff[self.chance.choice(("worker", "officer", "elsewhere"))].account)

    def _allocate(self, in_case: Stream) -> Command:
        team = self.chance.choice(("PROTECT", "SUNRISE"))
        return AllocateWorker(case=in_case, worker=self._somebody(), team=team, reason="has time")

    def _member(self, in_case: Stream) -> Command:
        kind = self.chance.choice((AddMember, AddMember, RemoveMember))
        return kind(case=in_case, account=self._somebody(), reason="works on it")

    def _strand(self, in_case: Stream) -> Command:
        kind = self.chance.choice((OpenStrand, CloseStrand))
        return kind(case=in_case, strand=self.chance.choice(("CSE", "COUNTY_LINES")), reason="as it is")

    def _close_or_reopen(self, in_case: Stream) -> Command:
        if self.chance.random() < 0.5:
            return ReopenCase(case=in_case, reason="a new report")
        return CloseCase(case=in_case, reason_code="RISK_REDUCED", reason="safe")

    def _flag(self, in_case: Stream, mention: Stream) -> Command:
        later = self.world.time.date() + timedelta(days=90)
        return RequestFlag(case=in_case, mention=mention, flag="CSE", review_on=later, reason="at risk")

    def _follow(self, flag: Stream) -> Command:
        placed = PlaceFlag(
            flag=flag,
            agency="GMP",
            system="PNC",
            confirmation="77",
            placed_at=self.world.time - timedelta(minutes=5),
            reason="done",
        )
        cleared = ClearFlag(flag=flag, reason="no more risk", confirmation="78")
        return self.chance.choice((placed, cleared, RefuseFlag(flag=flag, reason="no")))

    def _tell(self, feedback: Stream) -> Command:
        withheld = WithholdFeedback(feedback=feedback, reason_code="OTHER", reason="not now")
        return self.chance.choice((SendFeedback(feedback=feedback, text="Thank you"), withheld))

    def transactions(self, histories: Any, *, erasing: bool = True) -> list[Any]:
        """What was written, to be told to another hub; some streams are erased there after the last of their events."""
        events = self.hub.log.after(0, EVERYTHING)
        last = {each.stream: each.position for each in events}
        found = []
        for _, group in groupby(events, key=lambda each: each.envelope.command_id):
            together = list(group)
            first = together[0].envelope
            parts = [
                histories.Part(name, tuple(each.event for each in some), some[0].envelope.labels)
                for name, some in by_stream(together).items()
            ]
            by = Caller(
                account=first.actor.account, agency=first.actor.agency, role=first.actor.role, purpose=first.purpose
            )
            found.append(histories.Transaction(first.recorded_at, by, tuple(parts)))
            if erasing and self.chance.random() < 0.2:
                gone = [each.stream for each in together if last[each.stream] == each.position]
                erasable = [
                    name for name in gone if kind_of(name) in (CASE, FLAG, MENTION, REPORT, ROUTE_CHECK, TRIAGE)
                ]
                if erasable:
                    erased = self.chance.choice(sorted(set(erasable)))
                    record = f"{self._prefix}{len(found):011d}"
                    found.append(altered(found[-1], parts=(), erased=erased, identity=record))
        assert not any(isinstance(each.event, StreamErased) for each in events)
        return found


def by_stream(events: list[Any]) -> dict[str, list[Any]]:
    """Events of a transaction, stream by stream."""
    found: dict[str, list[Any]] = {}
    for each in events:
        found.setdefault(each.stream, []).append(each)
    return found
