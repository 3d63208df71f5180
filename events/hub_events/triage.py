"""Triage: two deciders, their reasons and the clock (domain.md A.1.7 step 6; features.md A6 to A8)."""

from __future__ import annotations

from datetime import datetime

from hub_events.catalogue import Event, event


@event("triage-awaited")
class TriageAwaited(Event, frozen=True, kw_only=True):
    """A report began to wait for the specialist supervisor and the force intelligence officer."""

    report: str
    reporter_account: str
    due_at: datetime


@event("triage-opened")
class TriageOpened(Event, frozen=True, kw_only=True):
    """A decider opened a waiting report for the first time."""

    opened_by: str


@event("triage-proposed")
class TriageProposed(Event, frozen=True, kw_only=True):
    """One decider proposed an outcome, with the reasons and the alternatives that were considered."""

    outcome: str
    rationale: str
    alternatives: tuple[str, ...] = ()


@event("triage-disagreed")
class TriageDisagreed(Event, frozen=True, kw_only=True):
    """The other decider did not agree and said what should become of the report instead; it stays open."""

    proposed: str
    outcome: str
    rationale: str


@event("triage-decided")
class TriageDecided(Event, frozen=True, kw_only=True):
    """The other decider confirmed the same outcome, with reasons of their own."""

    outcome: str
    rationale: str
    proposed_by: str
    confirmed_by: str


@event("triage-clock-breached")
class TriageClockBreached(Event, frozen=True, kw_only=True):
    """A report was not decided by the time its triage was due."""

    due_at: datetime
