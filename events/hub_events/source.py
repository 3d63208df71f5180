"""The identity of a source; nothing but `view-source` reads it (domain.md A.1.5 C3, A.1.7)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("source-registered")
class SourceRegistered(Event, frozen=True, kw_only=True):
    """Who the information came from was registered for the source handling unit."""

    full_name: str
    date_of_birth: str = ""
    addresses: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    relationship: str = ""
