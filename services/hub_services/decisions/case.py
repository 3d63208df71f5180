"""Cases: opened from a triage decision, joined by further reports, closed and opened again (domain.md A.4.5).

The strands of a case are in `strand`; who is in it and who works on it is in `case_people`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from hub_events.case import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    PersonJoined,
    ReportJoined,
)
from hub_events.catalogue import Event
from hub_events.envelope import Labels
from hub_events.label import SharedWithCase
from hub_events.mention import MentionMade
from hub_events.stream import CASE, TRIAGE, Stream
from hub_events.triage import TriageDecided
from hub_services.decisions.decision import By, Command, Past, To, sibling
from hub_services.decisions.field import all_in_force, in_force, today, worded
from hub_services.decisions.report_family import Report, mentions, standing
from hub_services.refusal import RefusedError

OPENS_A_CASE: Final = ("INVESTIGATE", "PROACTIVE_DISRUPTION")
"""Triage outcomes after which somebody works on the report, and so may need a case."""

STAGES: Final = ("CHILD", "ADULT")
"""Reaching 18 is a transition within a case, so the stage is what it was at opening (domain.md A.4.5)."""


def events_of_case(past: Past, case: Stream) -> list[Event]:
    """Return the events of a case that exists.

    Raises:
        RefusedError: there is no such case (`not-found`).
    """
    events = past.events(case)
    if not any(isinstance(event, CaseOpened) for event in events):
        raise RefusedError("not-found", "There is no such case.")
    return events


def is_closed(events: Iterable[Event]) -> bool:
    """Whether a case was closed last, rather than opened."""
    return isinstance([e for e in events if isinstance(e, CaseOpened | CaseClosed | CaseReopened)][-1], CaseClosed)


def events_of_open_case(past: Past, case: Stream) -> list[Event]:
    """Return the events of a case that is open.

    Raises:
        RefusedError: there is no such case (`not-found`), or it is closed (`case-closed`).
    """
    events = events_of_case(past, case)
    if is_closed(events):
        raise RefusedError("case-closed", "This case is closed; open it again first.")
    return events


def is_person(past: Past, name: str) -> bool:
    """Whether a stream that was read is a mention of a person."""
    return any(isinstance(event, MentionMade) and event.kind == "PERSON" for event in past.events(name))


def _with_report(past: Past, report: Stream) -> tuple[Stream, ...]:
    """Return what is read with a report: its triage and its mentions."""
    return sibling(report, TRIAGE), *mentions(past, report)


def _outcome(past: Past, report: Stream) -> str:
    """Return the outcome both deciders agreed on for a report.

    Raises:
        RefusedError: there is no such report (`not-found`), or nothing was decided yet (`not-triaged`).
    """
    Report.of(past, report)
    decided = [event for event in past.events(sibling(report, TRIAGE)) if isinstance(event, TriageDecided)]
    if not decided:
        raise RefusedError("not-triaged", "Both deciders have to agree on this report first.")
    return decided[-1].outcome


def _shared(past: Past, report: Stream, case: Stream) -> list[To]:
    """Make a report and each of its mentions part of a case; what was erased stays behind."""
    return [
        To(name, (SharedWithCase(case=case),))
        for name in standing(past, (report, *mentions(past, report)))
        if (labels := past.labels(name)) is not None and case not in labels.cases
    ]


@dataclass(frozen=True, kw_only=True)
class OpenCase(Command):
    """Open a case for a child or an adult from a triaged report, in one strand or several."""

    action: ClassVar[str] = "open-case"
    report: Stream
    subject: Stream
    person_stage: str
    strands: tuple[str, ...]
    team: str
    reason: str

    def about(self, by: By) -> Stream:
        """A new case."""
        return by.new_stream(CASE)

    def guard(self, by: By) -> Stream:
        """The report: who may not see it opens no case from it."""
        del by
        return self.report

    def refers(self) -> tuple[str, ...]:
        """The subject."""
        return (self.subject,)

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The report's triage and mentions."""
        del by
        return _with_report(past, self.report)

    def decide(self, past: Past, by: By) -> list[To]:
        """Open it, join its report and its subject, and share both with it.

        Whether the same person has a case already is not asked: the answer would tell of a case that is hidden.
        """
        case = self.about(by)
        if past.events(case):
            return []
        if (outcome := _outcome(past, self.report)) not in OPENS_A_CASE:
            raise RefusedError(
                "not-triaged",
                f"A case is opened after {' or '.join(OPENS_A_CASE)}; this report's triage ended in {outcome}.",
            )
        if self.subject not in mentions(past, self.report) or not is_person(past, self.subject):
            raise RefusedError(
                "subject-not-in-report", "The subject is a person this report speaks of.", field="subject"
            )
        if self.person_stage not in STAGES:
            raise RefusedError("unknown-person-stage", f"The stage is {' or '.join(STAGES)}.", field="person_stage")
        strands = all_in_force("strands", self.strands, by, refusal="unknown-strand", field="strands")
        if not strands:
            raise RefusedError("strand-missing", "A case has one strand or several.", field="strands")
        team = in_force("teams", self.team, by, refusal="unknown-team", field="team")
        reason = worded(self.reason)
        opened = CaseOpened(
            report=self.report,
            subject=self.subject,
            person_stage=self.person_stage,
            strands=strands,
            team=team.code,
            reason=reason,
        )
        subject = PersonJoined(mention=self.subject, role="SUBJECT", role_from=today(by), reason=reason)
        labels = Labels(owning_agency=team.fields["agency"], team=team.code, strands=strands, cases=(case,))
        return [
            To(case, (opened, ReportJoined(report=self.report, reason=reason), subject), labels),
            *_shared(past, self.report, case),
        ]


@dataclass(frozen=True, kw_only=True)
class JoinReport(Command):
    """Make a triaged report, whatever its outcome, part of a case."""

    action: ClassVar[str] = "work-case"
    case: Stream
    report: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def refers(self) -> tuple[str, ...]:
        """The report."""
        return (self.report,)

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The report's triage and mentions."""
        del by
        return _with_report(past, self.report)

    def decide(self, past: Past, by: By) -> list[To]:
        """Join it once, and share it and its mentions with the case."""
        del by
        events = events_of_open_case(past, self.case)
        _outcome(past, self.report)
        if any(isinstance(event, ReportJoined) and event.report == self.report for event in events):
            return []
        joined = ReportJoined(report=self.report, reason=worded(self.reason))
        return [To(self.case, (joined,)), *_shared(past, self.report, self.case)]


@dataclass(frozen=True, kw_only=True)
class CloseCase(Command):
    """Close a case for one of the named reasons; flags that are still open do not hold it up."""

    action: ClassVar[str] = "manage-case"
    case: Stream
    reason_code: str
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def decide(self, past: Past, by: By) -> list[To]:
        """Close it while it is open."""
        events_of_open_case(past, self.case)
        code = in_force(
            "closure_reasons", self.reason_code, by, refusal="unknown-closure-reason", field="reason_code"
        ).code
        return [To(self.case, (CaseClosed(reason_code=code, reason=worded(self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class ReopenCase(Command):
    """Open a closed case again."""

    action: ClassVar[str] = "manage-case"
    case: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def decide(self, past: Past, by: By) -> list[To]:
        """Open it again unless it is open."""
        del by
        if not is_closed(events_of_case(past, self.case)):
            return []
        return [To(self.case, (CaseReopened(reason=worded(self.reason)),))]
