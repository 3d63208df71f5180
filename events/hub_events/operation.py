"""What the operators of a hub did to it: streams erased, unreadable events set aside."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("stream-erased")
class StreamErased(Event, frozen=True, kw_only=True):
    """The key of a stream was ordered to be destroyed: which stream, why, by whose authority; never what it held."""

    erased: str
    key_id: int
    reason: str
    authority: str


@event("event-set-aside")
class EventSetAside(Event, frozen=True, kw_only=True):
    """An event no view could take in was set aside for good, so that what follows it in its stream is seen again."""

    stream: str
    version: int
    reason: str
