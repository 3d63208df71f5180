"""Why another lawful basis holds than the agency's for a purpose (domain.md B.7.1)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("lawful-basis-overridden")
class LawfulBasisOverridden(Event, frozen=True, kw_only=True):
    """Somebody named another lawful basis than their agency's for what they did in this stream, and said why."""

    lawful_basis: str
    reason: str
