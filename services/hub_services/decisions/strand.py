"""The strands of a case: which kinds of exploitation it is worked in, one or several at a time (domain.md A.4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from hub_events.case import CaseOpened, StrandClosed, StrandOpened
from hub_events.catalogue import Event
from hub_events.stream import Stream
from hub_services.decisions.case import events_of_open_case
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, worded
from hub_services.refusal import RefusedError


@dataclass
class _Strands:
    open: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, events: Iterable[Event]) -> _Strands:
        strands = cls()
        for event in events:
            match event:
                case CaseOpened(strands=opened):
                    strands.open.update(opened)
                case StrandOpened(strand=strand):
                    strands.open.add(strand)
                case StrandClosed(strand=strand):
                    strands.open.discard(strand)
                case _:
                    pass
            strands.ever |= strands.open
        return strands


@dataclass(frozen=True, kw_only=True)
class OpenStrand(Command):
    """Open a further strand of exploitation on a case, or one that was closed."""

    action: ClassVar[str] = "work-case"
    case: Stream
    strand: str
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def decide(self, past: Past, by: By) -> list[To]:
        """Open it unless it is open."""
        strands = _Strands.of(events_of_open_case(past, self.case))
        if self.strand in strands.open:
            return []
        strand = in_force("strands", self.strand, by, refusal="unknown-strand", field="strand").code
        return [To(self.case, (StrandOpened(strand=strand, reason=worded(self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class CloseStrand(Command):
    """Close one strand of a case that goes on in another."""

    action: ClassVar[str] = "work-case"
    case: Stream
    strand: str
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def decide(self, past: Past, by: By) -> list[To]:
        """Close it unless it is closed or the last."""
        del by
        strands = _Strands.of(events_of_open_case(past, self.case))
        if self.strand not in strands.ever:
            raise RefusedError("strand-not-open", "This strand was never opened on this case.", field="strand")
        if self.strand not in strands.open:
            return []
        if strands.open == {self.strand}:
            raise RefusedError("last-strand", "This is the last open strand; close the case instead.")
        return [To(self.case, (StrandClosed(strand=self.strand, reason=worded(self.reason)),))]
