"""The professional who files a report; apart from the source and from the subjects (domain.md A.1.4 fields 2 to 5)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("reporter-named")
class ReporterNamed(Event, frozen=True, kw_only=True):
    """The reporter said who they are and how they can be reached."""

    name: str
    job_title: str
    organisation: str
    contact: str
