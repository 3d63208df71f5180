"""A report and what came with it: the streams that are hidden or forgotten apart but pass on together.

They are the original, the reporter, the source, the narrative, the triage and each mention (architecture.md 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub_events.envelope import Erased, Labels
from hub_events.report import ReportReceived
from hub_events.stream import Stream
from hub_services.decisions.decision import Past
from hub_services.refusal import RefusedError


@dataclass(frozen=True)
class Report:
    """What the rules on a report that was received ask of it."""

    received: ReportReceived
    labels: Labels

    @classmethod
    def of(cls, past: Past, name: str) -> Report:
        """Read a report.

        Raises:
            RefusedError: there is none (`not-found`), or it was erased (`stream-erased`).
        """
        labels = past.labels(name)
        received = [event for event in past.events(name) if isinstance(event, ReportReceived)]
        if labels is None or not received:
            raise RefusedError("not-found", "There is no such report.")
        return cls(received[0], labels)


def _received(past: Past, name: str) -> tuple[ReportReceived, ...]:
    return tuple(each.event for each in past.recorded(name) if isinstance(each.event, ReportReceived))


def family(past: Past, name: str) -> tuple[Stream, ...]:
    """Name every stream that came with a report, the report itself left out; none when it cannot be read."""
    return tuple(
        Stream(each)
        for received in _received(past, name)
        for each in (
            received.original,
            received.reporter,
            received.source,
            received.narrative,
            received.triage,
            *received.mentions,
        )
        if each
    )


def mentions(past: Past, name: str) -> tuple[Stream, ...]:
    """Name the mentions of a report; none when it cannot be read."""
    return tuple(Stream(each) for received in _received(past, name) for each in received.mentions)


def standing(past: Past, names: Iterable[Stream]) -> list[Stream]:
    """Keep the streams that can still be added to: what was erased is over, and holds nothing else back."""
    return [name for name in names if not any(isinstance(each.event, Erased) for each in past.recorded(name))]
