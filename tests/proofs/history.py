"""Random histories of a hub: what could have been written, transaction by transaction, as plain events.

The events keep the rules that views rely on (a report is received before it is graded, a flag asked for before it is
placed) and nothing more, so that they wander further than the decisions would let them: restrictions come and go at
random, teams change, persons are excluded, and anything may be erased.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hub_events import case, feedback, flag, label, mention, narrative, notice, report, route_check, stream, triage
from hub_events.catalogue import Event
from hub_events.envelope import Actor, Envelope, Erased, Labels, Recorded
from hub_events.label_fold import label_of
from hub_events.operation import StreamErased
from hub_events.partial_time import parse_when
from hub_services import hub as hubs
from hub_services.caller import Caller
from hub_services.hub import Hub
from hub_services.log import Draft, Write
from hub_services.settings import REAL, Settings

BEGINNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
RESTRICTED = "SPECIALIST_SUPERVISOR_ONLY"
SHARED = "SHARE_WITH_CASE_MEMBERS"
TEAMS = {"PROTECT": "GMP", "SUNRISE": "GMP", "MANCHESTER": "MANCHESTER_CSC"}
STRANDS = ("CSE", "MSHT", "COUNTY_LINES", "MISSING")
AREAS = ("MANCHESTER", "ROCHDALE", "SALFORD", "")
TIMES = ("2025", "about 2025-11", "2025-12-24", "2025-12-31 night", "2026-01-02T21:30", "about 2026-01-03", None)
KINDS = ("PERSON", "PERSON", "PERSON", "VEHICLE", "PREMISES", "PHONE")
ROLES = ("SUBJECT", "VICTIM", "WITNESS", "PERSON_WHO_POSES_RISK")


def account(number: int) -> str:
    return f"account:{number:022d}"


PEOPLE = (
    Caller(
        account=account(1),
        agency="GMP",
        role="SPECIALIST_SUPERVISOR",
        teams=("PROTECT", "SUNRISE"),
        purpose="SAFEGUARDING",
    ),
    Caller(account=account(2), agency="GMP", role="SPECIALIST_SUPERVISOR", teams=("SUNRISE",), purpose="SAFEGUARDING"),
    Caller(account=account(3), agency="GMP", role="FORCE_INTELLIGENCE_OFFICER", purpose="SAFEGUARDING"),
    Caller(account=account(4), agency="GMP", role="SPECIALIST_OFFICER", teams=("PROTECT",), purpose="SAFEGUARDING"),
    Caller(
        account=account(5),
        agency="MANCHESTER_CSC",
        role="MANAGER",
        teams=("MANCHESTER", "PROTECT"),
        purpose="SAFEGUARDING",
    ),
    Caller(account=account(6), agency="MANCHESTER_CSC", role="SOCIAL_WORKER", purpose="SAFEGUARDING"),
    Caller(account=account(7), agency="MANCHESTER_EDUCATION", role="SOCIAL_WORKER", purpose="SAFEGUARDING"),
    Caller(account=account(8), agency="GMP", role="ANALYST", teams=("PROTECT",), purpose="SAFEGUARDING"),
)


@dataclass(frozen=True)
class Part:
    """What one transaction adds to one stream; labels for a new one."""

    stream: str
    events: tuple[Event, ...]
    labels: Labels | None = None


@dataclass(frozen=True)
class Transaction:
    """What is written together, by whom and when; or the stream that is erased."""

    at: datetime
    by: Caller
    parts: tuple[Part, ...] = ()
    erased: str = ""
    identity: str = ""


@dataclass
class _Report:
    mentions: list[str]
    persons: list[str]
    state: str = "AWAITED"
    breached: bool = False
    feedback: str = ""
    cases: set[str] = field(default_factory=set)
    restricted: bool = True


@dataclass
class _Case:
    reports: set[str]
    roles: set[tuple[str, str]]
    worker: str = ""
    members: set[str] = field(default_factory=set)
    strands: set[str] = field(default_factory=set)
    closed: bool = False


class History:
    """A history that grows by one transaction at a time, as chance will have it."""

    def __init__(self, chance: Random, number: int = 0, *, erasing: bool = True) -> None:
        self.chance = chance
        self.erasing = erasing
        self._prefix = number
        self._made = 0
        self._at = BEGINNING
        self.reports: dict[str, _Report] = {}
        self.cases: dict[str, _Case] = {}
        self.flags: dict[str, str] = {}
        self.checks: dict[str, str] = {}
        self.streams: list[str] = []
        self.erased: set[str] = set()
        self.transactions: list[Transaction] = []

    def grow(self, steps: int) -> list[Transaction]:
        """Add so many transactions and return all there are."""
        for _ in range(steps):
            self.step()
        return self.transactions

    def step(self) -> Transaction:
        """Add one transaction."""
        ways = [way for way, possible in self._ways() if possible]
        towards = self._towards_a_case()
        way = towards if self.chance.random() < (0.2 if self.cases else 0.8) else self.chance.choice(ways)
        parts = way()
        # Clocks of two writers may differ by milliseconds.
        self._at += timedelta(minutes=self.chance.randint(1, 600), milliseconds=self.chance.randint(-5, 5))
        if self.chance.random() < 0.1:
            self._at -= timedelta(minutes=1)
        by = self.chance.choice(PEOPLE)
        if isinstance(parts, str):
            step = Transaction(self._at, by, erased=parts, identity=self._identity())
        else:
            step = Transaction(self._at, by, tuple(parts))
            self.streams += [part.stream for part in parts if part.labels is not None]
        self.transactions.append(step)
        return step

    def _identity(self) -> str:
        self._made += 1
        return f"{self._prefix:011d}{self._made:011d}"

    def _new(self, kind: str) -> str:
        return stream.stream(kind, self._identity())

    def _alive(self, names: Any) -> list[str]:
        """Those that were not erased, in an order that chance alone decides."""
        return [name for name in sorted(names) if name not in self.erased]

    def _ways(self) -> list[tuple[Callable[[], Any], Any]]:
        alive = self._alive(self.reports)
        waiting = [
            name for name in alive if self.reports[name].state != "DECIDED" and self._alive([self._triage(name)])
        ]
        decided = [name for name in alive if self.reports[name].state == "DECIDED"]
        cases = self._alive(self.cases)
        flags = self._alive(self.flags)
        checks = [name for name in self._alive(self.checks) if self.checks[name] == "OPEN"]
        replies = [
            each.feedback for each in self.reports.values() if each.feedback and each.feedback not in self.erased
        ]
        openable = [name for name in decided if self._alive(self.reports[name].persons)]
        return [
            (self._answer_routes, True),
            (lambda: self._settle(self.chance.choice(checks)), checks),
            (self._receive, self._alive(self.checks)),
            (self._receive, self._alive(self.checks)),
            (lambda: self._alter(self.chance.choice(alive)), alive),
            (lambda: self._grade(self.chance.choice(alive)), alive),
            (lambda: self._decide(self.chance.choice(waiting)), waiting),
            (lambda: self._decide(self.chance.choice(waiting)), waiting),
            (lambda: self._reply(self.chance.choice(decided)), decided),
            (lambda: self._answer(self.chance.choice(replies)), replies),
            (lambda: self._open_case(self.chance.choice(openable)), openable),
            (lambda: self._work(self.chance.choice(cases)), cases),
            (lambda: self._work(self.chance.choice(cases)), cases),
            (lambda: self._join(self.chance.choice(cases)), cases and alive),
            (lambda: self._flag(self.chance.choice(cases)), cases),
            (lambda: self._follow_flag(self.chance.choice(flags)), flags),
            (self._erase, self.erasing and self._alive(self.streams)),
        ]

    def _towards_a_case(self) -> Callable[[], Any]:
        """The next thing on the way to a case, so that a short history has one too."""
        alive, checks = self._alive(self.reports), self._alive(self.checks)
        fit = [name for name in alive if self._alive(self.reports[name].persons)]
        decided = [name for name in fit if self.reports[name].state == "DECIDED" and not self.reports[name].cases]
        waiting = [name for name in fit if self.reports[name].state != "DECIDED" and self._alive([self._triage(name)])]
        if decided:
            return lambda: self._open_case(self.chance.choice(decided))
        if waiting:
            return lambda: self._decide(self.chance.choice(waiting))
        return self._receive if checks else self._answer_routes

    def _labels(self, **more: Any) -> Labels:
        team = self.chance.choice(("PROTECT", "PROTECT", *sorted(TEAMS)))
        fields: dict[str, Any] = {"owning_agency": TEAMS[team], "team": team, "originator": "GMP", **more}
        if self.chance.random() < 0.1:
            fields["excluded_persons"] = (self.chance.choice(PEOPLE).account,)
        fields["originator_only"] = self.chance.random() < 0.05
        return Labels(**fields)

    def _answer_routes(self) -> list[Part]:
        name = self._new(stream.ROUTE_CHECK)
        danger = self.chance.random() < 0.5
        answered = route_check.RoutesAnswered(
            immediate_danger=danger,
            in_need_or_harmed=self.chance.random() < 0.5,
            information=True,
            person_of_interest_request=False,
            adult=False,
            area=self.chance.choice(AREAS),
            owner="PROTECT",
        )
        self.checks[name] = "OPEN" if danger else "ASKED"
        shown = route_check.EmergencyInstructionShown(instruction="Ring 999", owner="PROTECT", due_at=self._at)
        events = (answered, shown) if danger else (answered,)
        return [Part(name, events, self._labels(addressees=(self.chance.choice(PEOPLE).account,)))]

    def _settle(self, name: str) -> list[Part]:
        made = route_check.EmergencyCallMade(called_at=self._at, police_reference="12", made_by=account(1))
        referred = route_check.SocialCareReferralSent(
            recipient="MANCHESTER_CSC", to_whom="the duty desk", sent_at=self._at, adult=False
        )
        event = self.chance.choice((made, referred, route_check.EmergencyItemTaken(taken_by=account(4))))
        if event is made:
            self.checks[name] = "SETTLED"
        return [Part(name, (event,))]

    @staticmethod
    def _triage(name: str) -> str:
        return stream.stream(stream.TRIAGE, name.partition(":")[2])

    def _receive(self) -> list[Part]:
        identity = self._identity()
        name = stream.stream(stream.REPORT, identity)
        triaged, told = self._triage(name), stream.stream(stream.NARRATIVE, identity)
        labels = self._labels(restriction=RESTRICTED, handling_code="C", handling_conditions=(RESTRICTED,))
        kinds = [self.chance.choice(KINDS) for _ in range(self.chance.randint(0, 3))]
        mentions = [self._new(stream.MENTION) for _ in kinds]
        times = [self.chance.choice(TIMES) for _ in range(2)]
        received = report.ReportReceived(
            route="INFORMATION_REPORT",
            route_check=self.chance.choice(self._alive(self.checks)),
            source_types=("MEMBER_OF_PUBLIC",),
            provenance="",
            incident=times[0] and parse_when(times[0]),
            became_aware=times[1] and parse_when(times[1], basis="INFERRED"),
            reported_at=self._at - timedelta(hours=1),
            received_at=self._at,
            area=self.chance.choice(AREAS),
            strands=tuple(self.chance.sample(STRANDS, self.chance.randint(0, 2))),
            original=stream.stream(stream.ORIGINAL, identity),
            reporter=stream.stream(stream.REPORTER, identity),
            narrative=told,
            triage=triaged,
            mentions=tuple(mentions),
        )
        routed = report.ReportRouted(area="MANCHESTER", team=labels.team, found_by="AREA", triage_due_at=self._at)
        restricted = label.RestrictionSet(restriction=RESTRICTED, reason="as every report")
        self.reports[name] = _Report(
            mentions, [each for each, kind in zip(mentions, kinds, strict=True) if kind == "PERSON"]
        )
        text = narrative.NarrativeRecorded(text=f"what {identity} says", text_form="RAW")
        awaited = triage.TriageAwaited(report=name, reporter_account=account(7), due_at=self._at)
        parts = [
            Part(told, (text,), labels),
            Part(triaged, (awaited,), labels),
            Part(name, (received, routed, restricted), labels),
        ]
        for each, kind in zip(mentions, kinds, strict=True):
            made = mention.MentionMade(report=name, kind=kind, as_said=f"the one of {each[-4:]}", text_form="RAW")
            parts.append(Part(each, (made,), labels))
        self.chance.shuffle(parts)
        return parts

    def _family(self, name: str) -> list[str]:
        return [name, *self._alive(self.reports[name].mentions)]

    def _alter(self, name: str) -> list[Part]:
        held = self.reports[name]
        if self.chance.random() < 0.4:
            team = self.chance.choice(sorted(TEAMS))
            moved = report.ReportRerouted(area="SALFORD", team=team, from_team="PROTECT", reason="the place is there")
            passed = label.TeamSet(owning_agency=TEAMS[team], team=team)
            rest = [Part(each, (passed,)) for each in self._family(name)[1:]]
            return [Part(name, (moved, passed)), *rest]
        event: Event = label.RestrictionSet(restriction=RESTRICTED, reason="again")
        if held.restricted:
            event = label.RestrictionLifted(restriction=RESTRICTED, authority="supervisor", reason="shared")
        held.restricted = not held.restricted
        return [Part(each, (event,)) for each in self._family(name) if each == name or self.chance.random() < 0.8]

    def _grade(self, name: str) -> list[Part]:
        source, assessment = self.chance.randint(1, 3), self.chance.choice("ABCDE")
        handling = self.chance.choice("PC")
        conditions = (SHARED,) if handling == "C" and self.chance.random() < 0.7 else ()
        graded = report.GradeConfirmed(
            source=source,
            assessment=assessment,
            handling_code=handling,
            handling_conditions=conditions,
            printed=f"[{source}{assessment}{handling}]",
        )
        handled = label.HandlingSet(handling_code=handling, handling_conditions=conditions)
        rest = [Part(each, (handled,)) for each in self._family(name)[1:]]
        return [Part(name, (graded, handled)), *rest]

    def _decide(self, name: str) -> list[Part]:
        held, triaged = self.reports[name], self._triage(name)
        if not held.breached and self.chance.random() < 0.1:
            held.breached = True
            return [Part(triaged, (triage.TriageClockBreached(due_at=self._at),))]
        outcome = self.chance.choice(("INVESTIGATE", "RECORD_ONLY"))
        if held.state == "AWAITED":
            held.state = "PROPOSED"
            opened = triage.TriageOpened(opened_by=account(1))
            return [Part(triaged, (opened, triage.TriageProposed(outcome=outcome, rationale="as said")))]
        if self.chance.random() < 0.2:
            disagreed = triage.TriageDisagreed(proposed=outcome, outcome="TRANSFER", rationale="not ours")
            return [Part(triaged, (disagreed,))]
        held.state = "DECIDED"
        decided = triage.TriageDecided(
            outcome=outcome, rationale="agreed", proposed_by=account(1), confirmed_by=account(3)
        )
        return [Part(triaged, (decided,)), Part(name, (report.ReportTriaged(outcome=outcome),))]

    def _reply(self, name: str) -> list[Part]:
        held = self.reports[name]
        if held.feedback:
            return self._alter(name)
        held.feedback = self._new(stream.FEEDBACK)
        due = feedback.FeedbackDue(report=name, referrer=account(7), owner="PROTECT", due_at=self._at)
        return [Part(held.feedback, (due,), self._labels(addressees=(account(7),)))]

    def _answer(self, name: str) -> list[Part]:
        sent = feedback.FeedbackSent(text="thank you")
        withheld = feedback.FeedbackWithheld(reason_code="OTHER", reason="words")
        return [Part(name, (self.chance.choice((sent, withheld, feedback.FeedbackOverdue(due_at=self._at))),))]

    def _shared(self, name: str, in_case: str) -> list[Part]:
        held = self.reports[name]
        if in_case in held.cases:
            return []
        held.cases.add(in_case)
        return [Part(each, (label.SharedWithCase(case=in_case),)) for each in self._family(name)]

    def _open_case(self, name: str) -> list[Part]:
        opened = self._new(stream.CASE)
        subject = self.chance.choice(self._alive(self.reports[name].persons))
        strands = tuple(sorted(self.chance.sample(STRANDS, self.chance.randint(1, 2))))
        self.cases[opened] = _Case({name}, {(subject, "SUBJECT")}, strands=set(strands))
        labels = self._labels(strands=strands, cases=(opened,))
        events = (
            case.CaseOpened(
                report=name, subject=subject, person_stage="CHILD", strands=strands, team=labels.team, reason="worry"
            ),
            case.ReportJoined(report=name, reason="worry"),
            case.PersonJoined(mention=subject, role="SUBJECT", role_from=self._at.date(), reason="worry"),
        )
        return [Part(opened, events, labels), *self._shared(name, opened)]

    def _join(self, name: str) -> list[Part]:
        held = self.cases[name]
        further = [each for each in self._alive(self.reports) if each not in held.reports]
        if not further or (held.reports and self.chance.random() < 0.2):
            return self._withdraw(name)
        joined = self.chance.choice(further)
        held.reports.add(joined)
        return [Part(name, (case.ReportJoined(report=joined, reason="same place"),)), *self._shared(joined, name)]

    def _withdraw(self, name: str) -> list[Part]:
        shared = [each for each in self._alive(self.cases[name].reports) if name in self.reports[each].cases]
        if not shared:
            return self._work(name)
        out = self.chance.choice(shared)
        self.reports[out].cases.discard(name)
        withdrawn = label.WithdrawnFromCase(case=name, reason="another place")
        return [Part(each, (withdrawn,)) for each in self._family(out)]

    def _work(self, name: str) -> list[Part]:
        held, chance = self.cases[name], self.chance
        persons = [each for one in sorted(held.reports) for each in self._alive(self.reports[one].persons)]
        roles = sorted(each for each in held.roles if each[0] not in self.erased)
        somebody = chance.choice(PEOPLE).account
        event: Event
        match chance.randint(0, 6):
            case 0 if persons:
                person, role = chance.choice(sorted(persons)), chance.choice(ROLES)
                held.roles.add((person, role))
                event = case.PersonJoined(mention=person, role=role, role_from=date(2026, 1, 2), reason="as said")
            case 1 if roles:
                person, role = chance.choice(roles)
                held.roles.discard((person, role))
                event = case.PersonRoleEnded(mention=person, role=role, ended_on=date(2026, 2, 1), reason="moved")
            case 2 if somebody in held.members:
                held.members.discard(somebody)
                event = case.MemberRemoved(account=somebody, reason="left")
            case 2 | 3:
                held.members.add(somebody)
                event = case.MemberAdded(account=somebody, reason="works on it")
            case 4 if held.closed:
                held.closed = False
                event = case.CaseReopened(reason="new report")
            case 4:
                held.closed = True
                event = case.CaseClosed(reason_code="RISK_REDUCED", reason="safe")
            case 5:
                strand = chance.choice(STRANDS)
                event = case.StrandOpened(strand=strand, reason="said")
                if strand in held.strands:
                    event = case.StrandClosed(strand=strand, reason="over")
                held.strands ^= {strand}
            case _:
                held.worker = somebody
                event = case.WorkerAllocated(worker=somebody, team="PROTECT", reason="free")
        return [Part(name, (event,))]

    def _flag(self, name: str) -> list[Part]:
        persons = sorted({person for person, _ in self.cases[name].roles if person not in self.erased})
        if not persons:
            return self._work(name)
        asked = self._new(stream.FLAG)
        self.flags[asked] = "REQUESTED"
        requested = flag.FlagRequested(
            case=name, mention=self.chance.choice(persons), flag="CSE", reason="risk", review_on=date(2026, 9, 1)
        )
        return [Part(asked, (requested,), self._labels(cases=(name,)))]

    def _follow_flag(self, name: str) -> list[Part]:
        placed = flag.FlagPlaced(
            agency="GMP", system="PNC", confirmation="1", placed_at=self._at - timedelta(days=1), reason="done"
        )
        events = (
            flag.FlagApproved(reason="yes"),
            flag.FlagRefused(reason="no"),
            placed,
            flag.FlagCleared(reason="off"),
        )
        return [Part(name, (self.chance.choice(events),))]

    def _erase(self) -> str:
        erased = self.chance.choice(self._alive(self.streams))
        self.erased.add(erased)
        return erased


class Book:
    """A hub in a folder of its own, written to without its rules."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "master.key"
        key.write_text("5e" * 32)
        settings = Settings(folder=folder / "data", master_key_file=key, profile=REAL)
        hubs.migrate(settings)
        self.hub = Hub(settings)
        self._held: dict[str, tuple[int, int, Labels]] = {}
        self._written = 0

    def write(self, step: Transaction) -> int:
        """Write a transaction and return its last position."""
        if step.erased:
            version, key_id, labels = self._held[step.erased]
            gone = StreamErased(erased=step.erased, key_id=key_id, reason="asked", authority="court")
            assert version
            record = stream.stream(stream.ERASURE, step.identity)
            return self.append(step.at, step.by, Part(record, (gone,), Labels(owning_agency=labels.owning_agency)))
        return self.append(step.at, step.by, *step.parts)

    def write_unerased(self, step: Transaction) -> int:
        """Write a transaction, and instead of an erasure something that nobody looks at."""
        if not step.erased:
            return self.write(step)
        record = stream.stream(stream.NOTICE, step.identity)
        placed = notice.NoticePlaced(inbox="nobody", subject="NOTHING", about=step.erased)
        return self.append(step.at, step.by, Part(record, (placed,), Labels(owning_agency="HUB")))

    def append(self, at: datetime, by: Caller, *parts: Part) -> int:
        """Append parts in one transaction and return its last position."""
        self._written += 1
        drafts = []
        for part in parts:
            version, key_id, labels = self._held.get(part.stream, (0, 0, part.labels))
            envelope = Envelope(
                recorded_at=at,
                actor=Actor(by.account, by.agency, by.role),
                purpose=by.purpose,
                regime="UK_GDPR",
                lawful_basis="UKGDPR_6_1_E",
                command_id=self._written.to_bytes(16, "big"),
                labels=labels,
            )
            drafts.append(Draft(part.stream, version, part.events, envelope, key_id))
        last = self.hub.log.append(Write(tuple(drafts))).last
        for draft in drafts:
            key_id = draft.key_id or self.hub.log.past(draft.stream)[0].key_id
            self._held[draft.stream] = (draft.after + len(draft.events), key_id, draft.envelope.labels)
        return last

    def close(self) -> None:
        self.hub.close()


def members(events: list[Recorded]) -> dict[str, set[str]]:
    """The cases each account works on today, from the events alone: allocated, or a member."""
    found: dict[str, set[str]] = {}
    workers: dict[str, str] = {}
    added: dict[str, set[str]] = {}
    for recorded in events:
        match recorded.event:
            case case.WorkerAllocated(worker=worker):
                workers[recorded.stream] = worker
            case case.MemberAdded(account=one):
                added.setdefault(recorded.stream, set()).add(one)
            case case.MemberRemoved(account=one):
                added.setdefault(recorded.stream, set()).discard(one)
            case _:
                pass
    for name, worker in workers.items():
        found.setdefault(worker, set()).add(name)
    for name, accounts in added.items():
        for one in accounts:
            found.setdefault(one, set()).add(name)
    return found


def todays_labels(events: list[Recorded]) -> dict[str, Labels]:
    """The label of each stream today; none for one that was erased."""
    by_stream: dict[str, list[Recorded]] = {}
    for recorded in events:
        by_stream.setdefault(recorded.stream, []).append(recorded)
    gone = {recorded.event.erased for recorded in events if isinstance(recorded.event, StreamErased)}
    labels = {
        name: label_of(past)
        for name, past in by_stream.items()
        if name not in gone and not isinstance(past[0].event, Erased)
    }
    return {name: each for name, each in labels.items() if each is not None}
