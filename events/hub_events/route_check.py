"""The four response routes as a gate before a report is accepted (domain.md A.1.2; features.md A4)."""

from __future__ import annotations

from datetime import datetime

from hub_events.catalogue import Event, event


@event("routes-answered")
class RoutesAnswered(Event, frozen=True, kw_only=True):
    """A professional answered the four route questions in their order, about a child or an adult."""

    immediate_danger: bool
    in_need_or_harmed: bool
    information: bool
    person_of_interest_request: bool
    adult: bool
    area: str
    owner: str


@event("emergency-instruction-shown")
class EmergencyInstructionShown(Event, frozen=True, kw_only=True):
    """The instruction to ring 999 was shown, and an open item was left with the desk that owns it."""

    instruction: str
    owner: str
    due_at: datetime


@event("emergency-item-taken")
class EmergencyItemTaken(Event, frozen=True, kw_only=True):
    """Somebody on the owning desk took the open 999 item as their own."""

    taken_by: str


@event("emergency-call-made")
class EmergencyCallMade(Event, frozen=True, kw_only=True):
    """The 999 call was confirmed: when it was made and under which police reference."""

    called_at: datetime
    police_reference: str
    made_by: str


@event("emergency-item-closed")
class EmergencyItemClosed(Event, frozen=True, kw_only=True):
    """The desk closed an open 999 item without a call by the reporter, and said why."""

    outcome: str
    reason: str


@event("emergency-item-overdue")
class EmergencyItemOverdue(Event, frozen=True, kw_only=True):
    """Nobody confirmed or closed an open 999 item in time."""

    due_at: datetime


@event("social-care-referral-sent")
class SocialCareReferralSent(Event, frozen=True, kw_only=True):
    """A referral was sent to children's social care, or for an adult to adult safeguarding: to whom and when."""

    recipient: str
    to_whom: str
    sent_at: datetime
    adult: bool
