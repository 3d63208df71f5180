"""The timekeeper: asks for what is due by the world's clock, so that a breach is an event and not a colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from hub_events.stream import Stream
from hub_projections.database import Reader
from hub_projections.views.deadlines import due
from hub_services.decisions.decision import Command
from hub_services.decisions.feedback import RecordFeedbackOverdue
from hub_services.decisions.route_check import RecordEmergencyOverdue
from hub_services.decisions.triage import RecordTriageBreach

WHEN_DUE: Final[Mapping[str, Callable[[Stream], Command]]] = MappingProxyType(
    {
        "TRIAGE": lambda stream: RecordTriageBreach(triage=stream),
        "EMERGENCY_OPEN_ITEM": lambda stream: RecordEmergencyOverdue(route_check=stream),
        "FEEDBACK": lambda stream: RecordFeedbackOverdue(feedback=stream),
    },
)
"""What is asked when a deadline of a kind has passed, of the stream it stands in."""


def due_commands(reader: Reader, now: datetime) -> list[tuple[str, Command]]:
    """Name each deadline that has passed and is open, and the command it asks for."""
    return [
        (f"timekeeper {row['kind']} {row['stream']} {row['due_at']}", WHEN_DUE[row["kind"]](Stream(row["stream"])))
        for row in due(reader, now)
    ]
