"""Deadlines: what is due when, in which stream, and whether it still waits; the timekeeper asks for what has passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.envelope import Recorded
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
)
from hub_events.triage import TriageAwaited, TriageClockBreached, TriageDecided
from hub_projections.database import Reader
from hub_projections.fold import alter
from hub_projections.table import Table, integers, text
from hub_projections.times import microseconds
from hub_projections.view import Key, Rows, View

TRIAGE: Final = "TRIAGE"
EMERGENCY_OPEN_ITEM: Final = "EMERGENCY_OPEN_ITEM"
FEEDBACK: Final = "FEEDBACK"
KINDS: Final = (EMERGENCY_OPEN_ITEM, TRIAGE, FEEDBACK)

DEADLINE: Final = Table(
    "deadline",
    (*text("kind"), *integers("due_at", "open", "breached", "followed")),
    indexes=(("open", "breached", "followed", "due_at"),),
)
"""One row a stream, since none has two deadlines; `followed` ends when the stream can be followed no further."""


class DeadlinesView(View):
    """The deadline of each triage, open 999 item and feedback."""

    name: ClassVar[str] = "deadlines"
    tables: ClassVar[tuple[Table, ...]] = (DEADLINE,)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.TRIAGE, stream.ROUTE_CHECK, stream.FEEDBACK})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The stream's deadline so far."""
        return () if recorded.version == 1 else ((DEADLINE.name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Begin, settle or breach the stream's deadline."""
        match recorded.event:
            case TriageAwaited(due_at=due_at):
                _begin(recorded, rows, TRIAGE, due_at)
            case EmergencyInstructionShown(due_at=due_at):
                _begin(recorded, rows, EMERGENCY_OPEN_ITEM, due_at)
            case FeedbackDue(due_at=due_at):
                _begin(recorded, rows, FEEDBACK, due_at)
            case TriageDecided() | EmergencyCallMade() | EmergencyItemClosed() | FeedbackSent() | FeedbackWithheld():
                alter(rows, DEADLINE, recorded.stream, open=0)
            case TriageClockBreached() | EmergencyItemOverdue() | FeedbackOverdue():
                alter(rows, DEADLINE, recorded.stream, breached=1)
            case _:
                pass

    def quarantined(self, recorded: Recorded, rows: Rows) -> None:
        """Ask for nothing more of a stream that cannot be followed: it may have been settled since."""
        if rows.get(DEADLINE, recorded.stream) is not None:
            alter(rows, DEADLINE, recorded.stream, followed=0)


def _begin(recorded: Recorded, rows: Rows, kind: str, due_at: datetime) -> None:
    rows.put(
        DEADLINE,
        recorded.stream,
        {"kind": kind, "due_at": microseconds(due_at), "open": 1, "breached": 0, "followed": 1},
    )


class DeadlineCount(msgspec.Struct, frozen=True):
    """How many deadlines of a kind are open, and how many of these were breached."""

    kind: str
    open: int
    breached: int


def due(reader: Reader, now: datetime) -> Sequence[sa.RowMapping]:
    """Return `kind`, `stream` and `due_at` (microseconds) of what is open, unbreached and due, earliest first.

    For the hub's own timekeeper, so it asks for no condition and must reach no person.
    """
    table = reader.table(DEADLINE)
    query = (
        sa.select(table.c.kind, table.c.row.label("stream"), table.c.due_at)
        .where(table.c.open == 1, table.c.breached == 0, table.c.followed == 1)
        .where(table.c.due_at <= microseconds(now))
        .order_by(table.c.due_at, table.c.row)
    )
    return reader.rows(query)


def open_deadlines(reader: Reader) -> list[DeadlineCount]:
    """Count the open deadlines of every kind, for `hub status`; a count of everything, so it is for operators only."""
    table = reader.table(DEADLINE)
    query = (
        sa.select(table.c.kind, sa.func.count().label("open"), sa.func.sum(table.c.breached).label("breached"))
        .where(table.c.open == 1)
        .group_by(table.c.kind)
    )
    found = {row["kind"]: DeadlineCount(row["kind"], row["open"], int(row["breached"])) for row in reader.rows(query)}
    return [found.get(kind, DeadlineCount(kind, 0, 0)) for kind in KINDS]
