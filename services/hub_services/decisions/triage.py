"""Triage: the specialist supervisor and the force intelligence officer decide together (domain.md A.1.7 step 6).

One proposes an outcome, the other answers; the report is decided once both have stated the same outcome. Which of the
two somebody is, and who they are, stands in the envelope of what they stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from hub_events.envelope import Actor, Recorded
from hub_events.report import GradeConfirmed, ReportTriaged
from hub_events.stream import Stream
from hub_events.triage import (
    TriageAwaited,
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import all_in_force, in_force, worded
from hub_services.refusal import RefusedError

DECIDERS: Final = frozenset({"SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER"})
"""The two roles that decide together; each decision needs one of each."""


@dataclass(frozen=True)
class _Statement:
    """What should become of the report, as one decider stated it."""

    actor: Actor
    event: TriageProposed | TriageDisagreed


@dataclass(frozen=True, kw_only=True)
class _Triage:
    """Who waits for a decision, what was stated so far, and whether the clock ran out."""

    awaited: TriageAwaited
    opened: bool = False
    statements: tuple[_Statement, ...] = ()
    decided: bool = False
    breached: bool = False

    @classmethod
    def of(cls, past: Past, name: str) -> _Triage:
        """Fold a triage; refuse one that does not exist."""
        match past.events(name):
            case [TriageAwaited() as awaited, *_]:
                triage = cls(awaited=awaited)
            case _:
                raise RefusedError("not-found", "There is no such report waiting for triage.")
        for recorded in past.recorded(name):
            triage = triage.after(recorded)
        return triage

    def after(self, recorded: Recorded) -> _Triage:
        """Return how it stands after one more event."""
        match recorded.event:
            case TriageOpened():
                return replace(self, opened=True)
            case TriageProposed() | TriageDisagreed() as event:
                return replace(self, statements=(*self.statements, _Statement(recorded.envelope.actor, event)))
            case TriageDecided():
                return replace(self, decided=True)
            case TriageClockBreached():
                return replace(self, breached=True)
            case _:
                return self

    def latest(self, *, of_role: str) -> _Statement | None:
        """Return what a decider in this role stated last."""
        return next((each for each in reversed(self.statements) if each.actor.role == of_role), None)

    def require_decider(self, by: By) -> None:
        """Refuse whoever may not be one of the two deciders of this report (domain.md A.1.7)."""
        if by.role not in DECIDERS:
            raise RefusedError(
                "not-a-decider",
                "A specialist supervisor and a force intelligence officer decide: act in one of these roles.",
            )
        if {by.role, *by.roles} >= DECIDERS:
            raise RefusedError(
                "holds-both-roles",
                "You hold both roles that decide: somebody who holds only one of them has to take your part.",
            )
        if by.account == self.awaited.reporter_account:
            raise RefusedError(
                "reporter-cannot-decide",
                "You sent this report: somebody else has to take your part in deciding on it.",
            )
        if any(each.actor.account == by.account and each.actor.role != by.role for each in self.statements):
            raise RefusedError(
                "same-person",
                "You spoke in the other role here: another person has to take this part.",
            )

    def require_undecided(self) -> None:
        """Refuse when both deciders have agreed already."""
        if self.decided:
            raise RefusedError("already-decided", "Both deciders agreed on this report; the decision stands.")


def _other(role: str) -> str:
    (other,) = DECIDERS - {role}
    return other


@dataclass(frozen=True, kw_only=True)
class OpenForTriage(Command):
    """Open a waiting report as one of its deciders; the first opening is kept (features.md A6)."""

    action: ClassVar[str] = "triage-report"
    triage: Stream

    def about(self, by: By) -> Stream:
        """The triage."""
        del by
        return self.triage

    def decide(self, past: Past, by: By) -> list[To]:
        """Keep who opened it first."""
        triage = _Triage.of(past, self.triage)
        triage.require_decider(by)
        return [] if triage.opened else [To(self.triage, (TriageOpened(opened_by=by.account),))]


@dataclass(frozen=True, kw_only=True)
class ProposeOutcome(Command):
    """Propose what should become of a report, with reasons and the alternatives considered (features.md A7, A8).

    A proposal may be made anew until the other decider has stated an outcome; from then on each answers the other.
    """

    action: ClassVar[str] = "triage-report"
    triage: Stream
    outcome: str
    rationale: str
    alternatives: tuple[str, ...] = ()

    def about(self, by: By) -> Stream:
        """The triage."""
        del by
        return self.triage

    def decide(self, past: Past, by: By) -> list[To]:
        """Record the proposal, and that the report was opened when nobody had opened it before."""
        triage = _Triage.of(past, self.triage)
        triage.require_decider(by)
        triage.require_undecided()
        in_force("triage_outcomes", self.outcome, by, refusal="unknown-outcome", field="outcome")
        proposed = TriageProposed(
            outcome=self.outcome,
            rationale=worded(self.rationale, "rationale"),
            alternatives=all_in_force(
                "triage_outcomes", self.alternatives, by, refusal="unknown-outcome", field="alternatives"
            ),
        )
        if triage.latest(of_role=_other(by.role)) is not None:
            raise RefusedError("already-proposed", "The other decider has stated an outcome: answer it.")
        if triage.latest(of_role=by.role) == _Statement(by.actor, proposed):
            return []
        opened = () if triage.opened else (TriageOpened(opened_by=by.account),)
        return [To(self.triage, (*opened, proposed))]


@dataclass(frozen=True, kw_only=True)
class AnswerProposal(Command):
    """Answer what the other decider stated last: the same outcome decides, another keeps the report open with both.

    Either may come round to the other later. Both decide on importance and rating, so the report has to have a
    confirmed grade before it is decided (domain.md A.1.7 step 6).
    """

    action: ClassVar[str] = "triage-report"
    triage: Stream
    outcome: str
    rationale: str

    def about(self, by: By) -> Stream:
        """The triage."""
        del by
        return self.triage

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The report that waits."""
        del by
        return tuple(each.event.report for each in past.recorded(self.triage) if isinstance(each.event, TriageAwaited))

    def decide(self, past: Past, by: By) -> list[To]:
        """Decide on agreement, and say so on the report too; record a disagreement with both outcomes."""
        triage = _Triage.of(past, self.triage)
        triage.require_decider(by)
        triage.require_undecided()
        in_force("triage_outcomes", self.outcome, by, refusal="unknown-outcome", field="outcome")
        rationale = worded(self.rationale, "rationale")
        other = triage.latest(of_role=_other(by.role))
        own = triage.latest(of_role=by.role)
        if other is None:
            raise self._nothing_to_answer(own, by)
        if self.outcome != other.event.outcome:
            disagreed = TriageDisagreed(proposed=other.event.outcome, outcome=self.outcome, rationale=rationale)
            return [] if own == _Statement(by.actor, disagreed) else [To(self.triage, (disagreed,))]
        report = Stream(triage.awaited.report)
        if not any(isinstance(event, GradeConfirmed) for event in past.events(report)):
            raise RefusedError("grade-first", "Both decide on the rating too: confirm the report's grade first.")
        decided = TriageDecided(
            outcome=self.outcome,
            rationale=rationale,
            proposed_by=other.actor.account,
            confirmed_by=by.account,
        )
        return [To(self.triage, (decided,)), To(report, (ReportTriaged(outcome=self.outcome),))]

    @staticmethod
    def _nothing_to_answer(own: _Statement | None, by: By) -> RefusedError:
        if own is None:
            return RefusedError("nothing-proposed", "Nobody has proposed an outcome yet: propose one.")
        if own.actor.account == by.account:
            return RefusedError("same-person", "You proposed this yourself: the other decider has to answer.")
        return RefusedError("same-role", "This was proposed in your own role: a decider in the other has to answer.")


@dataclass(frozen=True, kw_only=True)
class RecordTriageBreach(Command):
    """Note that a report was not decided in time; asked by the timekeeper (features.md A6)."""

    action: ClassVar[str] = "record-breach"
    triage: Stream

    def about(self, by: By) -> Stream:
        """The triage."""
        del by
        return self.triage

    def decide(self, past: Past, by: By) -> list[To]:
        """Note it once, and only when the report still waits and its time has run out."""
        triage = _Triage.of(past, self.triage)
        if triage.decided or triage.breached or by.now < triage.awaited.due_at:
            return []
        return [To(self.triage, (TriageClockBreached(due_at=triage.awaited.due_at),))]
