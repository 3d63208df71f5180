"""Inboxes of people and desks, and how the feedback a report owes its referrer stands (features.md A9, H8).

A notice says that there is something to open and never what it says; the text of a feedback and the reason for which
it was withheld stay in the log, where they are read under policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.notice import NoticeOpened, NoticePlaced
from hub_projections.database import Reader
from hub_projections.fold import alter, standing
from hub_projections.paging import SPAN, Place, beyond, newest_first
from hub_projections.table import Row, Table, integers, text
from hub_projections.times import microseconds, moment, moment_if_any
from hub_projections.view import Key, Rows, View

DUE: Final = "DUE"
OVERDUE: Final = "OVERDUE"
SENT: Final = "SENT"
WITHHELD: Final = "WITHHELD"

NOTICE: Final = Table(
    "notice",
    (*text("inbox", "subject", "about", "opened_by"), *integers("urgent", "placed_at", "opened_at", "sort")),
    indexes=(("inbox", "sort"),),
)
FEEDBACK: Final = Table(
    "feedback_state",
    (
        *text("report", "referrer", "owner", "status"),
        *integers("opened_at", "due_at", "overdue", "sent_at", "withheld_at", "newest"),
    ),
    indexes=(("report",), ("referrer", "newest"), ("owner", "newest")),
)
_TABLES: Final = {stream.NOTICE: NOTICE, stream.FEEDBACK: FEEDBACK}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice: in whose inbox, what for, about which record, and who opened it first."""

    notice: str
    inbox: str
    subject: str
    about: str
    urgent: bool
    placed_at: datetime
    opened_at: datetime | None
    opened_by: str
    sort: int

    @property
    def place(self) -> Place:
        """Where the notice stands in the inbox, for the next page."""
        return self.sort, self.notice


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """How the answer to a referrer stands: DUE, OVERDUE, SENT or WITHHELD; `overdue` stays when it was sent late."""

    feedback: str
    report: str
    referrer: str
    owner: str
    status: str
    due_at: datetime
    overdue: bool
    sent_at: datetime | None
    withheld_at: datetime | None
    sort: int

    @property
    def place(self) -> Place:
        """Where the feedback stands in a list, for the next page."""
        return self.sort, self.feedback


class InboxView(View):
    """Every notice, and the state of every feedback."""

    name: ClassVar[str] = "inbox"
    tables: ClassVar[tuple[Table, ...]] = (NOTICE, FEEDBACK)
    kinds: ClassVar[frozenset[str]] = frozenset(_TABLES)

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The stream's row so far."""
        return () if recorded.version == 1 else ((_TABLES[recorded.kind].name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold an event of a notice or of a feedback."""
        name, at = recorded.stream, microseconds(recorded.envelope.recorded_at)
        newest = newest_first(recorded.envelope.recorded_at)
        match recorded.event:
            case NoticePlaced() as placed:
                row: Row = {
                    "inbox": placed.inbox,
                    "subject": placed.subject,
                    "about": placed.about,
                    "urgent": int(placed.urgent),
                    "placed_at": at,
                    "opened_at": None,
                    "opened_by": "",
                    # What is urgent and unopened comes before all else.
                    "sort": newest if placed.urgent else newest + SPAN,
                }
                rows.add(NOTICE, name, row)
            case NoticeOpened(opened_by=account):
                sort = SPAN + SPAN - int(standing(rows, NOTICE, name)["placed_at"] or 0)
                alter(rows, NOTICE, name, opened_at=at, opened_by=account, sort=sort)
            case FeedbackDue(report=report, referrer=referrer, owner=owner, due_at=due_at):
                times: Row = {"opened_at": at, "due_at": microseconds(due_at), "sent_at": None, "withheld_at": None}
                whose: Row = {"report": report, "referrer": referrer, "owner": owner}
                rows.add(FEEDBACK, name, {**whose, **times, "status": DUE, "overdue": 0, "newest": newest})
            case FeedbackOverdue():
                alter(rows, FEEDBACK, name, status=OVERDUE, overdue=1)
            case FeedbackSent():
                alter(rows, FEEDBACK, name, status=SENT, sent_at=at)
            case FeedbackWithheld():
                alter(rows, FEEDBACK, name, status=WITHHELD, withheld_at=at)
            case _:
                pass


def inbox(
    reader: Reader,
    condition: Condition,
    inboxes: Iterable[str],
    *,
    after: Place | None = None,
    limit: int = 50,
) -> list[Notice]:
    """Return a page of the notices in some inboxes: urgent ones nobody has opened first, then the newest first."""
    table = reader.table(NOTICE)
    query = (
        sa.select(table)
        .where(table.c.inbox.in_(sorted(set(inboxes))), reader.visible(NOTICE, table.c.row, condition))
        .where(beyond(table.c.sort, table.c.row, after))
        .order_by(table.c.sort, table.c.row)
        .limit(limit)
    )
    return [
        Notice(
            notice=row["row"],
            inbox=row["inbox"],
            subject=row["subject"],
            about=row["about"],
            urgent=bool(row["urgent"]),
            placed_at=moment(row["placed_at"]),
            opened_at=moment_if_any(row["opened_at"]),
            opened_by=row["opened_by"],
            sort=row["sort"],
        )
        for row in reader.rows(query)
    ]


def unopened_count(reader: Reader, condition: Condition, inboxes: Iterable[str]) -> int:
    """Count the notices in some inboxes that nobody has opened and that may be seen."""
    table = reader.table(NOTICE)
    query = sa.select(sa.func.count()).where(
        table.c.inbox.in_(sorted(set(inboxes))),
        table.c.opened_at.is_(None),
        reader.visible(NOTICE, table.c.row, condition),
    )
    return int(reader.connection.execute(query).scalar() or 0)


def feedback_of(reader: Reader, condition: Condition, report: str) -> Feedback | None:
    """Return the feedback a report owes, or `None` when there is none yet or it may not be seen."""
    table = reader.table(FEEDBACK)
    query = sa.select(table).where(table.c.report == report, reader.visible(FEEDBACK, table.c.row, condition))
    return next((_feedback(row) for row in reader.rows(query)), None)


def list_feedback(
    reader: Reader,
    condition: Condition,
    *,
    referrer: str = "",
    owner: str = "",
    status: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[Feedback]:
    """Return a page of feedback, of one referrer, of the desk that owes it or in one status; the newest first."""
    table = reader.table(FEEDBACK)
    query = sa.select(table).where(reader.visible(FEEDBACK, table.c.row, condition))
    for column, wanted in ((table.c.referrer, referrer), (table.c.owner, owner), (table.c.status, status)):
        if wanted:
            query = query.where(column == wanted)
    query = query.where(beyond(table.c.newest, table.c.row, after)).order_by(table.c.newest, table.c.row).limit(limit)
    return [_feedback(row) for row in reader.rows(query)]


def _feedback(row: sa.RowMapping) -> Feedback:
    return Feedback(
        feedback=row["row"],
        report=row["report"],
        referrer=row["referrer"],
        owner=row["owner"],
        status=row["status"],
        due_at=moment(row["due_at"]),
        overdue=bool(row["overdue"]),
        sent_at=moment_if_any(row["sent_at"]),
        withheld_at=moment_if_any(row["withheld_at"]),
        sort=row["newest"],
    )
