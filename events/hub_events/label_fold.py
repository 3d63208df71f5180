"""The current label of a stream: its first event's envelope label, then the label events of the same stream.

Access reads this fold and nothing else; the labels in later envelopes record what was in force at writing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from hub_events import label
from hub_events.case import StrandOpened
from hub_events.envelope import Labels, Recorded

RELABELLING: Final[frozenset[type]] = frozenset(
    {
        label.RestrictionSet,
        label.RestrictionLifted,
        label.HandlingSet,
        label.TeamSet,
        label.SharedWithCase,
        label.WithdrawnFromCase,
        StrandOpened,
    },
)
"""The events that may change a label; every other one leaves it as it is."""


def joined(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    """Return a sorted set of values with one more."""
    return tuple(sorted({*values, value}))


def without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    """Return a sorted set of values with one fewer."""
    return tuple(each for each in values if each != value)


def relabelled(current: Labels, event: object) -> Labels:
    """Return the label of a stream after one of its events."""
    if type(event) not in RELABELLING:
        return current
    match event:
        case label.RestrictionSet(restriction=restriction):
            return replace(current, restriction=restriction)
        case label.RestrictionLifted(restriction=restriction) if current.restriction == restriction:
            return replace(
                current,
                restriction="",
                handling_conditions=without(current.handling_conditions, restriction),
            )
        case label.HandlingSet(handling_code=code, handling_conditions=conditions):
            return replace(current, handling_code=code, handling_conditions=tuple(sorted(conditions)))
        case label.TeamSet(owning_agency=agency, team=team):
            return replace(current, owning_agency=agency, team=team)
        case label.SharedWithCase(case=case):
            return replace(current, cases=joined(current.cases, case))
        case label.WithdrawnFromCase(case=case):
            return replace(current, cases=without(current.cases, case))
        case StrandOpened(strand=strand):
            return replace(current, strands=joined(current.strands, strand))
        case _:
            return current


def label_of(past: Iterable[Recorded]) -> Labels | None:
    """Fold a stream's events, from its first, into its current label; `None` when there are none."""
    current: Labels | None = None
    for recorded in past:
        current = relabelled(recorded.envelope.labels if current is None else current, recorded.event)
    return current
