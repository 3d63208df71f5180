"""Feedback to the referrer: due with the decision, then sent or withheld with a reason (domain.md A.1.7 step 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub_events.catalogue import Event
from hub_events.envelope import Labels, Recorded
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.stream import FEEDBACK, Stream
from hub_events.triage import TriageAwaited, TriageDecided
from hub_events.working_time import due_at
from hub_services.decisions.decision import By, Command, Past, To, sibling
from hub_services.decisions.field import in_force, worded
from hub_services.decisions.report_family import Report
from hub_services.refusal import RefusedError


def _feedback(past: Past, name: str) -> tuple[FeedbackDue, list[Event]]:
    """Return what is due and what was done about it; refuse a feedback that does not exist."""
    match past.events(name):
        case [FeedbackDue() as due, *done]:
            return due, done
        case _:
            raise RefusedError("not-found", "There is no such feedback.")


def _decision(past: Past, triage: str) -> tuple[TriageAwaited, Recorded]:
    """Return what waited and its decision as recorded; refuse a report that still waits."""
    events = past.events(triage)
    match events:
        case [TriageAwaited() as awaited, *_]:
            decided = [each for each in past.recorded(triage) if isinstance(each.event, TriageDecided)]
        case _:
            raise RefusedError("not-found", "There is no such report waiting for triage.")
    if not decided:
        raise RefusedError("not-triaged", "Both deciders have to agree on this report first.")
    return awaited, decided[0]


@dataclass(frozen=True, kw_only=True)
class OpenFeedback(Command):
    """Owe the referrer an answer: the report's team owes it, from the moment of the triage decision.

    Asked by a reaction to the decision. The feedback is opened to its referrer and to the team, and carries nothing of
    the report but that it was sent (domain.md D.4: the referrer sees feedback only; features.md A9).
    """

    action: ClassVar[str] = "open-feedback"
    triage: Stream

    def about(self, by: By) -> Stream:
        """The feedback that belongs to the report."""
        del by
        return sibling(self.triage, FEEDBACK)

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The triage, and the report that was decided."""
        del by
        if self.triage not in past:
            return (self.triage,)
        waited = (each.event for each in past.recorded(self.triage))
        return self.triage, *(event.report for event in waited if isinstance(event, TriageAwaited))

    def decide(self, past: Past, by: By) -> list[To]:
        """Open it once."""
        feedback = self.about(by)
        if past.events(feedback):
            return []
        awaited, decided = _decision(past, self.triage)
        labels = Report.of(past, awaited.report).labels
        due = FeedbackDue(
            report=awaited.report,
            referrer=awaited.reporter_account,
            owner=labels.team,
            due_at=due_at("FEEDBACK", decided.envelope.recorded_at),
        )
        opened = Labels(
            owning_agency=labels.owning_agency,
            team=labels.team,
            originator=labels.originator,
            addressees=(awaited.reporter_account,),
        )
        return [To(feedback, (due,), opened)]


@dataclass(frozen=True, kw_only=True)
class SendFeedback(Command):
    """Tell the referrer what happened, once; what was withheld before may be told after all (domain.md A.1.7)."""

    action: ClassVar[str] = "give-feedback"
    feedback: Stream
    text: str

    def about(self, by: By) -> Stream:
        """The feedback."""
        del by
        return self.feedback

    def decide(self, past: Past, by: By) -> list[To]:
        """Send it."""
        del by
        _, done = _feedback(past, self.feedback)
        sent = FeedbackSent(text=worded(self.text, "text"))
        if sent in done:
            return []
        _require_unsent(done)
        return [To(self.feedback, (sent,))]


@dataclass(frozen=True, kw_only=True)
class WithholdFeedback(Command):
    """Decide not to tell the referrer for now, and say why (domain.md A.1.7)."""

    action: ClassVar[str] = "give-feedback"
    feedback: Stream
    reason_code: str
    reason: str

    def about(self, by: By) -> Stream:
        """The feedback."""
        del by
        return self.feedback

    def decide(self, past: Past, by: By) -> list[To]:
        """Withhold it; another reason may take the place of the first."""
        _, done = _feedback(past, self.feedback)
        in_force(
            "feedback_withheld_reasons",
            self.reason_code,
            by,
            refusal="unknown-feedback-reason",
            field="reason_code",
        )
        withheld = FeedbackWithheld(reason_code=self.reason_code, reason=worded(self.reason))
        _require_unsent(done)
        earlier = [event for event in done if isinstance(event, FeedbackWithheld)]
        return [] if earlier[-1:] == [withheld] else [To(self.feedback, (withheld,))]


def _require_unsent(done: list[Event]) -> None:
    if any(isinstance(event, FeedbackSent) for event in done):
        raise RefusedError("already-sent", "The referrer was told already; it cannot be taken back.")


@dataclass(frozen=True, kw_only=True)
class RecordFeedbackOverdue(Command):
    """Note that the referrer was not told in time; asked by the timekeeper (features.md A9)."""

    action: ClassVar[str] = "record-breach"
    feedback: Stream

    def about(self, by: By) -> Stream:
        """The feedback."""
        del by
        return self.feedback

    def decide(self, past: Past, by: By) -> list[To]:
        """Note it once, and only when nothing was sent or withheld and the time has run out."""
        due, done = _feedback(past, self.feedback)
        over = any(isinstance(event, FeedbackSent | FeedbackWithheld | FeedbackOverdue) for event in done)
        return [] if over or by.now < due.due_at else [To(self.feedback, (FeedbackOverdue(due_at=due.due_at),))]
