"""A notice in somebody's inbox: that there is something to open, never what it says (features.md H8)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("notice-placed")
class NoticePlaced(Event, frozen=True, kw_only=True):
    """A notice was put into the inbox of a person or a desk; its content is opened under policy."""

    inbox: str
    subject: str
    about: str
    urgent: bool = False


@event("notice-opened")
class NoticeOpened(Event, frozen=True, kw_only=True):
    """Somebody opened a notice."""

    opened_by: str
