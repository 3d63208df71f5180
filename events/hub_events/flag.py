"""A case flag on another agency's system: requested, approved, placed, cleared (domain.md B.9.10, S4 4.9)."""

from __future__ import annotations

from datetime import date, datetime

from hub_events.catalogue import Event, event


@event("flag-requested")
class FlagRequested(Event, frozen=True, kw_only=True):
    """Somebody asked for a flag on a person of a case."""

    case: str
    mention: str
    flag: str
    reason: str
    review_on: date


@event("flag-approved")
class FlagApproved(Event, frozen=True, kw_only=True):
    """A manager approved a requested flag."""

    reason: str


@event("flag-refused")
class FlagRefused(Event, frozen=True, kw_only=True):
    """A manager refused a requested flag."""

    reason: str


@event("flag-placed")
class FlagPlaced(Event, frozen=True, kw_only=True):
    """The other agency's system confirmed that it carries the flag."""

    agency: str
    system: str
    confirmation: str
    placed_at: datetime
    reason: str


@event("flag-cleared")
class FlagCleared(Event, frozen=True, kw_only=True):
    """A flag was taken off again, or a request for it given up."""

    reason: str
    confirmation: str = ""
