"""The envelope round every event: who, for which agency, why, under which law, when, and who may see it.

All of it but the position is bound to the sealed payload (architecture: protection that must exist before the first
real event), so it holds opaque ids and codes only, never a name or a text.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hub_events.catalogue import Event
from hub_events.stream import Stream, kind_of


class Actor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who did it: the account, the agency it acts for and the role it acts in, all opaque ids or codes."""

    account: str
    agency: str
    role: str


class Labels(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """What decides who may see a stream. Sets are sorted tuples, so that equal labels are equal bytes."""

    owning_agency: str
    team: str = ""
    originator: str = ""
    originator_only: bool = False
    restriction: str = ""
    handling_code: str = ""
    handling_conditions: tuple[str, ...] = ()
    strands: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    excluded_persons: tuple[str, ...] = ()


class Envelope(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """Everything about an event but its content, its place in a stream and its position."""

    recorded_at: datetime
    actor: Actor
    purpose: str
    purpose_reference: str = ""
    regime: str
    lawful_basis: str
    marking: str = "OFFICIAL-SENSITIVE"
    command_id: bytes
    causation: int = 0
    labels: Labels


class Erased(msgspec.Struct, frozen=True, gc=False):
    """What stands in place of an event whose key was destroyed."""


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """What stands in place of an event that could not be opened or decoded, and why."""

    reason: str


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as the log gives it back: position in the whole log, place in its stream, envelope, content."""

    position: int
    stream: Stream
    version: int
    topic: str
    envelope: Envelope
    event: Event | Erased | Unreadable
    key_id: int = 0

    @property
    def kind(self) -> str:
        """The kind of the stream the event stands in."""
        return kind_of(self.stream)
