"""The information report: what the form asked, where it went and how it was graded (domain.md A.1.4 to A.1.7, B.1).

A report's stream holds codes, times and ids only. Its verbatim original, its reporter, its source, its narrative and
each of its mentions are streams of their own, so that each can be hidden or forgotten without the others.
"""

from __future__ import annotations

from datetime import datetime

from hub_events.catalogue import Event, event
from hub_events.partial_time import When


@event("report-received")
class ReportReceived(Event, frozen=True, kw_only=True):
    """An information report or a reply about a person of interest was received from a professional."""

    route: str
    route_check: str
    source_types: tuple[str, ...]
    provenance: str
    incident: When | None = None
    became_aware: When | None = None
    reported_at: datetime
    received_at: datetime
    area: str = ""
    strands: tuple[str, ...] = ()
    original: str
    reporter: str
    narrative: str
    triage: str
    source: str = ""
    mentions: tuple[str, ...] = ()


@event("report-routed")
class ReportRouted(Event, frozen=True, kw_only=True):
    """A report was routed to the specialist team for the place it is about, and its triage clock began."""

    area: str
    team: str
    found_by: str
    triage_due_at: datetime


@event("report-unroutable")
class ReportUnroutable(Event, frozen=True, kw_only=True):
    """No specialist team could be found for the place a report is about; a desk has to route it by hand."""

    owner: str
    triage_due_at: datetime


@event("report-rerouted")
class ReportRerouted(Event, frozen=True, kw_only=True):
    """A report was sent on to another specialist team; its triage clock kept running."""

    area: str
    team: str
    from_team: str
    reason: str


@event("grade-confirmed")
class GradeConfirmed(Event, frozen=True, kw_only=True):
    """A report's 3x5x2 grade was confirmed, with its handling, action and sanitisation codes (domain.md B.1.2)."""

    source: int
    assessment: str
    handling_code: str
    handling_conditions: tuple[str, ...] = ()
    action_code: str = ""
    action_usage: str = ""
    sanitisation_code: str = ""
    printed: str
    reason: str = ""
    supersedes: int = 0


@event("report-triaged")
class ReportTriaged(Event, frozen=True, kw_only=True):
    """Both deciders agreed on what becomes of a report."""

    outcome: str
