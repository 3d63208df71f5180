"""What operators do to a hub: erase a stream, set aside an event no view can take in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from hub_events.envelope import Erased, Labels
from hub_events.operation import EventSetAside, StreamErased
from hub_events.stream import ACCOUNT, ERASURE, SET_ASIDE, Stream, kind_of, stream
from hub_services.caller import HUB
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import worded
from hub_services.refusal import RefusedError

KEPT: Final = frozenset({ACCOUNT, ERASURE, SET_ASIDE})
"""Kinds that say who acted and what was erased or set aside: without them the rest could not be accounted for."""


ALL_SET_ASIDE: Final = stream(SET_ASIDE, "A" * 22)
"""Everything that was set aside stands in one stream, so that it can be read before any view is."""


@dataclass(frozen=True, kw_only=True)
class EraseStream(Command):
    """Order the key of a stream to be destroyed, on somebody's authority; what it held is gone for good."""

    action: ClassVar[str] = "erase"
    erased: Stream
    reason: str
    authority: str

    def about(self, by: By) -> Stream:
        """A new erasure."""
        return by.new_stream(ERASURE)

    def guard(self, by: By) -> Stream:
        """The stream to be erased."""
        del by
        return self.erased

    def decide(self, past: Past, by: By) -> list[To]:
        """Order it unless it is done; nothing of the content is looked at."""
        recorded, labels = past.recorded(self.erased), past.labels(self.erased)
        if labels is None:
            raise RefusedError("not-found", "There is nothing of that name to erase.")
        if kind_of(self.erased) in KEPT:
            raise RefusedError("not-erasable", "Accounts, erasures and what was set aside are kept.", field="erased")
        erasure = self.about(by)
        if past.recorded(erasure) or any(isinstance(each.event, Erased) for each in recorded):
            return []
        erased = StreamErased(
            erased=self.erased,
            key_id=recorded[0].key_id,
            reason=worded(self.reason),
            authority=worded(self.authority, "authority"),
        )
        return [To(erasure, (erased,), Labels(owning_agency=labels.owning_agency))]


@dataclass(frozen=True, kw_only=True)
class SetEventAside(Command):
    """Set aside for good an event no view can take in, so that what follows it is seen again."""

    action: ClassVar[str] = "set-aside"
    stream: Stream
    version: int
    reason: str

    def about(self, by: By) -> Stream:
        """The one stream of all that was set aside."""
        del by
        return ALL_SET_ASIDE

    def decide(self, past: Past, by: By) -> list[To]:
        """Set it aside once; its own stream is not read, for it may be the very one that does not open."""
        del by
        if not kind_of(self.stream) or self.version < 1:
            raise RefusedError("not-found", "There is no such event.")
        if any(
            isinstance(event, EventSetAside) and (event.stream, event.version) == (self.stream, self.version)
            for event in past.events(ALL_SET_ASIDE)
        ):
            return []
        set_aside = EventSetAside(stream=self.stream, version=self.version, reason=worded(self.reason))
        return [To(ALL_SET_ASIDE, (set_aside,), None if past.recorded(ALL_SET_ASIDE) else Labels(owning_agency=HUB))]
