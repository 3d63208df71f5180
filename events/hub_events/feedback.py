"""Feedback to the referrer: due, sent or withheld with a reason (domain.md A.1.7 step 7; features.md A9)."""

from __future__ import annotations

from datetime import datetime

from hub_events.catalogue import Event, event


@event("feedback-due")
class FeedbackDue(Event, frozen=True, kw_only=True):
    """A decided report owes its referrer an answer by a date."""

    report: str
    referrer: str
    owner: str
    due_at: datetime


@event("feedback-sent")
class FeedbackSent(Event, frozen=True, kw_only=True):
    """The referrer was told what happened."""

    text: str


@event("feedback-withheld")
class FeedbackWithheld(Event, frozen=True, kw_only=True):
    """It was decided not to tell the referrer, and why."""

    reason_code: str
    reason: str


@event("feedback-overdue")
class FeedbackOverdue(Event, frozen=True, kw_only=True):
    """The referrer was not told in time."""

    due_at: datetime
