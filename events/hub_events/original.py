"""The original of a report as it came, under the source role (domain.md A.1.7 steps 3 and 4)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("original-kept")
class OriginalKept(Event, frozen=True, kw_only=True):
    """The report exactly as it was sent was kept; its digest stands inside the sealed payload only."""

    media_type: str
    body: bytes
    sha256: bytes
