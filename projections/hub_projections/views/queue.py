"""The triage queue: open 999 items and undecided reports, what nobody has looked at first (features.md A6, A7).

The order is: open 999 items, breached, never opened, then oldest. Each of these decides only between items that are
alike in those before it. Nothing in it depends on the clock: a breach is an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_events.label import TeamSet
from hub_events.report import GradeConfirmed, ReportReceived, ReportRerouted, ReportRouted
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
)
from hub_events.triage import (
    TriageAwaited,
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)
from hub_projections.database import Reader
from hub_projections.fold import alter, standing
from hub_projections.paging import SPAN, Place, beyond
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table, Value, integers, text
from hub_projections.times import microseconds, moment, moment_if_any
from hub_projections.view import Key, Rows, View

TRIAGE: Final = "TRIAGE"
EMERGENCY_OPEN_ITEM: Final = "EMERGENCY_OPEN_ITEM"

_STATE: Final = (*integers("due_at", "open", "breached", "opened_at"), *text("opened_by"))
QUEUE_TRIAGE: Final = Table("queue_triage", (*text("report"), *_STATE, *text("proposals")), indexes=(("open",),))
QUEUE_EMERGENCY: Final = Table(
    "queue_emergency",
    (*text("area", "team", "taken_by"), *_STATE, *integers("since")),
    indexes=(("open",),),
)
QUEUE_REPORT: Final = Table("queue_report", (*integers("received_at"), *text("area", "team", "strands", "grade")))
_TABLES: Final = {
    stream.TRIAGE: QUEUE_TRIAGE,
    stream.ROUTE_CHECK: QUEUE_EMERGENCY,
    stream.REPORT: QUEUE_REPORT,
}
_REPORT: Final = 4
_UNBREACHED: Final = 2
_OPENED: Final = 1


class Proposal(msgspec.Struct, frozen=True):
    """What one of the deciders stated last: the outcome, who stated it in which role, and when."""

    outcome: str
    by: str
    role: str
    at: datetime


class QueueItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the queue; `since` is what its age is counted from, `opened_by` who opened or took it first.

    `taken_by` is who has an open 999 item now; `report`, `proposals`, `strands` and `grade` are those of a report.
    """

    kind: str
    stream: str
    report: str
    since: datetime
    due_at: datetime
    breached: bool
    opened_at: datetime | None
    opened_by: str
    taken_by: str
    proposals: tuple[Proposal, ...]
    area: str
    team: str
    strands: tuple[str, ...]
    grade: str
    sort: int

    @property
    def disagreement(self) -> bool:
        """Whether the two deciders stand by different outcomes."""
        return len({proposal.outcome for proposal in self.proposals}) > 1

    @property
    def place(self) -> Place:
        """Where the item stands, for the next page."""
        return self.sort, self.stream


class QueueView(View):
    """What waits for the duty desk and the two deciders, with what they need to choose the next."""

    name: ClassVar[str] = "queue"
    tables: ClassVar[tuple[Table, ...]] = (QUEUE_TRIAGE, QUEUE_EMERGENCY, QUEUE_REPORT)
    kinds: ClassVar[frozenset[str]] = frozenset(_TABLES)

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The stream's row so far."""
        return () if recorded.version == 1 else ((_TABLES[recorded.kind].name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold an event of a triage, of a route check or of a report."""
        match recorded.kind:
            case stream.TRIAGE:
                _triage(recorded, rows)
            case stream.ROUTE_CHECK:
                _emergency(recorded, rows)
            case _:
                _report(recorded, rows)


def _triage(recorded: Recorded, rows: Rows) -> None:
    name, at = recorded.stream, microseconds(recorded.envelope.recorded_at)
    match recorded.event:
        case TriageAwaited(report=report, due_at=due_at):
            waiting: Row = {
                "due_at": microseconds(due_at),
                "open": 1,
                "breached": 0,
                "opened_at": None,
                "opened_by": "",
            }
            rows.add(QUEUE_TRIAGE, name, {"report": report, **waiting, "proposals": "[]"})
        case TriageOpened(opened_by=account):
            alter(rows, QUEUE_TRIAGE, name, opened_at=at, opened_by=account)
        case TriageProposed(outcome=outcome) | TriageDisagreed(outcome=outcome):
            _stated(recorded, rows, outcome)
        case TriageDecided():
            alter(rows, QUEUE_TRIAGE, name, open=0)
        case TriageClockBreached():
            alter(rows, QUEUE_TRIAGE, name, breached=1)
        case _:
            pass


def _stated(recorded: Recorded, rows: Rows, outcome: str) -> None:
    """Let what a decider states take the place of what was stated in the same role before."""
    actor = recorded.envelope.actor
    before = _proposals(standing(rows, QUEUE_TRIAGE, recorded.stream)["proposals"])
    stated = Proposal(outcome, actor.account, actor.role, recorded.envelope.recorded_at)
    now = (*(each for each in before if each.role != actor.role), stated)
    alter(rows, QUEUE_TRIAGE, recorded.stream, proposals=msgspec.json.encode(now).decode())


def _proposals(column: Value) -> tuple[Proposal, ...]:
    return msgspec.json.decode(str(column), type=tuple[Proposal, ...])


def _emergency(recorded: Recorded, rows: Rows) -> None:
    name, at = recorded.stream, microseconds(recorded.envelope.recorded_at)
    match recorded.event:
        case RoutesAnswered(immediate_danger=True, area=area, owner=owner):
            nothing: Row = {"due_at": 0, "open": 0, "breached": 0, "opened_at": None, "opened_by": "", "since": at}
            rows.add(QUEUE_EMERGENCY, name, {"area": area, "team": owner, "taken_by": "", **nothing})
        case EmergencyInstructionShown(owner=owner, due_at=due_at):
            alter(rows, QUEUE_EMERGENCY, name, team=owner, due_at=microseconds(due_at), open=1, since=at)
        case EmergencyItemTaken(taken_by=account):
            first = standing(rows, QUEUE_EMERGENCY, name)["opened_at"] is None
            alter(rows, QUEUE_EMERGENCY, name, taken_by=account)
            if first:
                alter(rows, QUEUE_EMERGENCY, name, opened_at=at, opened_by=account)
        case EmergencyCallMade() | EmergencyItemClosed():
            alter(rows, QUEUE_EMERGENCY, name, open=0)
        case EmergencyItemOverdue():
            alter(rows, QUEUE_EMERGENCY, name, breached=1)
        case _:
            pass


def _report(recorded: Recorded, rows: Rows) -> None:
    match recorded.event:
        case ReportReceived(received_at=received_at, area=area, strands=strands):
            team, known = recorded.envelope.labels.team, packed(strands)
            row: Row = {
                "received_at": microseconds(received_at),
                "area": area,
                "team": team,
                "strands": known,
                "grade": "",
            }
            rows.add(QUEUE_REPORT, recorded.stream, row)
        case ReportRouted(area=area) | ReportRerouted(area=area):
            alter(rows, QUEUE_REPORT, recorded.stream, area=area)
        case TeamSet(team=team):
            alter(rows, QUEUE_REPORT, recorded.stream, team=team)
        case GradeConfirmed(printed=grade):
            alter(rows, QUEUE_REPORT, recorded.stream, grade=grade)
        case _:
            pass


def queue(
    reader: Reader,
    condition: Condition,
    *,
    team: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[QueueItem]:
    """Return a page of the queue, of one team when it is named.

    A report waits in it only for those who may see both the triage and the report.
    """
    items = sa.union_all(_reports(reader, condition, team), _emergencies(reader, condition, team)).subquery()
    query = (
        sa.select(items)
        .where(beyond(items.c.sort, items.c.stream, after))
        .order_by(items.c.sort, items.c.stream)
        .limit(limit)
    )
    return [_item(row) for row in reader.rows(query)]


def _sort(table: sa.Table, since: sa.ColumnElement[int], group: int) -> sa.ColumnElement[int]:
    opened = sa.case((table.c.opened_at.is_(None), 0), else_=_OPENED)
    rank = group + _UNBREACHED * (1 - table.c.breached) + opened
    return rank * sa.literal(SPAN, sa.BigInteger) + since


def _reports(reader: Reader, condition: Condition, team: str) -> sa.Select[Any]:
    triage, report = reader.table(QUEUE_TRIAGE), reader.table(QUEUE_REPORT)
    query = (
        sa.select(
            sa.literal(TRIAGE).label("kind"),
            triage.c.row.label("stream"),
            triage.c.report,
            report.c.received_at.label("since"),
            triage.c.due_at,
            triage.c.breached,
            triage.c.opened_at,
            triage.c.opened_by,
            sa.literal("").label("taken_by"),
            triage.c.proposals,
            report.c.area,
            report.c.team,
            report.c.strands,
            report.c.grade,
            _sort(triage, report.c.received_at, _REPORT).label("sort"),
        )
        .join(report, report.c.row == triage.c.report)
        .where(triage.c.open == 1)
        .where(reader.visible(QUEUE_TRIAGE, triage.c.row, condition))
        .where(reader.visible(QUEUE_REPORT, report.c.row, condition))
    )
    return query.where(report.c.team == team) if team else query


def _emergencies(reader: Reader, condition: Condition, team: str) -> sa.Select[Any]:
    item = reader.table(QUEUE_EMERGENCY)
    query = (
        sa.select(
            sa.literal(EMERGENCY_OPEN_ITEM).label("kind"),
            item.c.row.label("stream"),
            sa.literal("").label("report"),
            item.c.since,
            item.c.due_at,
            item.c.breached,
            item.c.opened_at,
            item.c.opened_by,
            item.c.taken_by,
            sa.literal("[]").label("proposals"),
            item.c.area,
            item.c.team,
            sa.literal("").label("strands"),
            sa.literal("").label("grade"),
            _sort(item, item.c.since, 0).label("sort"),
        )
        .where(item.c.open == 1)
        .where(reader.visible(QUEUE_EMERGENCY, item.c.row, condition))
    )
    return query.where(item.c.team == team) if team else query


def _item(row: sa.RowMapping) -> QueueItem:
    return QueueItem(
        kind=row["kind"],
        stream=row["stream"],
        report=row["report"],
        since=moment(row["since"]),
        due_at=moment(row["due_at"]),
        breached=bool(row["breached"]),
        opened_at=moment_if_any(row["opened_at"]),
        opened_by=row["opened_by"],
        taken_by=row["taken_by"],
        proposals=_proposals(row["proposals"]),
        area=row["area"],
        team=row["team"],
        strands=unpacked(row["strands"]),
        grade=row["grade"],
        sort=row["sort"],
    )
