"""Reports as lists and their own page show them: status, times, team, grade, handling, outcome, what they mention.

The words of a report are not here: the narrative, the original, the reporter and the source are streams of their own
and are read under their own actions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.condition import Condition
from hub_events.envelope import Labels, Recorded
from hub_events.label_fold import relabelled
from hub_events.mention import MentionMade
from hub_events.partial_time import When
from hub_events.report import (
    GradeConfirmed,
    ReportReceived,
    ReportRerouted,
    ReportRouted,
    ReportTriaged,
    ReportUnroutable,
)
from hub_projections.database import Reader
from hub_projections.fold import alter, standing
from hub_projections.paging import Place, beyond, holds, newest_first
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table, integers, text
from hub_projections.times import microseconds, moment, moment_if_any
from hub_projections.view import Key, Rows, View

RECEIVED: Final = "RECEIVED"
"""Received, and waiting for somebody to say which team takes it (domain.md D.1 `ReportStatus`)."""
REQUIRES_ASSESSMENT: Final = "REQUIRES_ASSESSMENT"
GRADED: Final = "GRADED"
TRIAGED: Final = "TRIAGED"

REPORT: Final = Table(
    "report",
    (
        *text("status", "route", "incident", "became_aware", "area", "team", "strands", "triage"),
        *text("grade", "action_code", "sanitisation_code", "handling_code", "handling_conditions", "restriction"),
        *text("outcome", "mentions"),
        *integers("reported_at", "received_at", "triage_due_at", "unroutable", "graded_at", "triaged_at", "newest"),
    ),
    indexes=(("newest",), ("unroutable",)),
)
MENTION: Final = Table(
    "report_mention",
    text("report", "kind", "as_said", "parts", "text_form", "reported_role"),
    indexes=(("report",),),
)


class MentionRef(msgspec.Struct, frozen=True):
    """A mention by its id and kind."""

    mention: str
    kind: str


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a thing as a report speaks of it."""

    mention: str
    report: str
    kind: str
    as_said: str
    parts: dict[str, str]
    text_form: str
    reported_role: str


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A report without its words; `mentions` are those the reader may see, in the order of the report."""

    report: str
    status: str
    route: str
    incident: When | None
    became_aware: When | None
    reported_at: datetime
    received_at: datetime
    area: str
    team: str
    unroutable: bool
    strands: tuple[str, ...]
    triage: str
    triage_due_at: datetime | None
    grade: str
    graded_at: datetime | None
    action_code: str
    sanitisation_code: str
    handling_code: str
    handling_conditions: tuple[str, ...]
    restriction: str
    outcome: str
    triaged_at: datetime | None
    mentions: tuple[MentionRef, ...]
    sort: int

    @property
    def sensitive(self) -> bool:
        """Whether a restriction lies on it (domain.md D.1 `ReportStatus`, the flag beside it)."""
        return bool(self.restriction)

    @property
    def place(self) -> Place:
        """Where the report stands in the list, for the next page."""
        return self.sort, self.report


class ReportsView(View):
    """Each report's summary, and each mention."""

    name: ClassVar[str] = "reports"
    tables: ClassVar[tuple[Table, ...]] = (REPORT, MENTION)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.REPORT, stream.MENTION})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The report so far."""
        if recorded.kind != stream.REPORT or recorded.version == 1:
            return ()
        return ((REPORT.name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold an event of a report, or keep a mention."""
        match recorded.event:
            case MentionMade() as made:
                row: Row = {
                    "report": made.report,
                    "kind": made.kind,
                    "as_said": made.as_said,
                    "parts": msgspec.json.encode(made.parts, order="deterministic").decode(),
                    "text_form": made.text_form,
                    "reported_role": made.reported_role,
                }
                rows.add(MENTION, recorded.stream, row)
            case ReportReceived() as received:
                rows.add(REPORT, recorded.stream, _received(received, recorded.envelope.labels))
            case _ if recorded.kind == stream.REPORT:
                _report(recorded, rows)
            case _:
                pass


def _received(received: ReportReceived, labels: Labels) -> Row:
    return {
        "status": RECEIVED,
        "route": received.route,
        "incident": _written(received.incident),
        "became_aware": _written(received.became_aware),
        "area": received.area,
        "strands": packed(received.strands),
        "triage": received.triage,
        "grade": "",
        "action_code": "",
        "sanitisation_code": "",
        "outcome": "",
        "mentions": packed(received.mentions),
        "reported_at": microseconds(received.reported_at),
        "received_at": microseconds(received.received_at),
        "triage_due_at": None,
        "unroutable": 0,
        "graded_at": None,
        "triaged_at": None,
        "newest": newest_first(received.received_at),
        **_columns(labels),
    }


def _columns(labels: Labels) -> Row:
    """Return what a report shows of its own label."""
    return {
        "team": labels.team,
        "restriction": labels.restriction,
        "handling_code": labels.handling_code,
        "handling_conditions": packed(labels.handling_conditions),
    }


def _relabelled(row: Row, event: object) -> Row:
    labels = Labels(
        owning_agency="",
        team=str(row["team"]),
        restriction=str(row["restriction"]),
        handling_code=str(row["handling_code"]),
        handling_conditions=unpacked(str(row["handling_conditions"])),
    )
    return _columns(relabelled(labels, event))


def _report(recorded: Recorded, rows: Rows) -> None:
    name, at = recorded.stream, microseconds(recorded.envelope.recorded_at)
    row = standing(rows, REPORT, name)
    assessed = REQUIRES_ASSESSMENT if row["status"] == RECEIVED else row["status"]
    match recorded.event:
        case ReportRouted(area=area, triage_due_at=due_at):
            due = microseconds(due_at)
            alter(rows, REPORT, name, status=assessed, area=area, triage_due_at=due, unroutable=0)
        case ReportUnroutable(triage_due_at=due_at):
            alter(rows, REPORT, name, triage_due_at=microseconds(due_at), unroutable=1)
        case ReportRerouted(area=area):
            alter(rows, REPORT, name, status=assessed, area=area, unroutable=0)
        case GradeConfirmed() as grade:
            alter(
                rows,
                REPORT,
                name,
                status=row["status"] if row["status"] == TRIAGED else GRADED,
                grade=grade.printed,
                action_code=grade.action_code,
                sanitisation_code=grade.sanitisation_code,
                graded_at=at,
            )
        case ReportTriaged(outcome=outcome):
            alter(rows, REPORT, name, status=TRIAGED, outcome=outcome, triaged_at=at)
        case event:
            rows.put(REPORT, name, {**row, **_relabelled(row, event)})


def _written(when: When | None) -> str:
    return "" if when is None else msgspec.json.encode(when).decode()


def _when(column: str) -> When | None:
    return msgspec.json.decode(column, type=When) if column else None


def report_summary(reader: Reader, condition: Condition, report: str) -> ReportSummary | None:
    """Return a report, or `None` when it does not exist or may not be seen."""
    table = reader.table(REPORT)
    found = reader.rows(sa.select(table).where(table.c.row == report, reader.visible(REPORT, table.c.row, condition)))
    return _summaries(reader, condition, found)[0] if found else None


def list_reports(
    reader: Reader,
    condition: Condition,
    *,
    team: str = "",
    status: str = "",
    area: str = "",
    strand: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[ReportSummary]:
    """Return a page of reports, the newest first by when they were received."""
    table = reader.table(REPORT)
    query = sa.select(table).where(reader.visible(REPORT, table.c.row, condition))
    for column, wanted in ((table.c.team, team), (table.c.status, status), (table.c.area, area)):
        if wanted:
            query = query.where(column == wanted)
    if strand:
        query = query.where(holds(table.c.strands, strand))
    query = query.where(beyond(table.c.newest, table.c.row, after)).order_by(table.c.newest, table.c.row).limit(limit)
    return _summaries(reader, condition, reader.rows(query))


def mentions_of(reader: Reader, condition: Condition, report: str) -> tuple[Mention, ...]:
    """Return the mentions of a report that may be seen, in the order of the report; none when it may not be."""
    table = reader.table(REPORT)
    query = sa.select(table.c.mentions).where(table.c.row == report, reader.visible(REPORT, table.c.row, condition))
    order = unpacked(reader.connection.execute(query).scalar() or "")
    found = {row["row"]: row for row in _mentions(reader, condition, [report])}
    return tuple(
        Mention(
            mention=row["row"],
            report=row["report"],
            kind=row["kind"],
            as_said=row["as_said"],
            parts=msgspec.json.decode(row["parts"], type=dict[str, str]),
            text_form=row["text_form"],
            reported_role=row["reported_role"],
        )
        for row in (found[name] for name in order if name in found)
    )


def unroutable(reader: Reader) -> int:
    """Count the reports no team was found for and nobody has routed; for `/health`, so it counts everything."""
    table = reader.table(REPORT)
    query = sa.select(sa.func.count()).where(table.c.unroutable == 1)
    return int(reader.connection.execute(query).scalar() or 0)


def _mentions(reader: Reader, condition: Condition, reports: Iterable[str]) -> Iterable[sa.RowMapping]:
    table = reader.table(MENTION)
    return reader.rows(
        sa.select(table).where(table.c.report.in_(list(reports)), reader.visible(MENTION, table.c.row, condition))
    )


def _summaries(reader: Reader, condition: Condition, found: Iterable[sa.RowMapping]) -> list[ReportSummary]:
    reports = list(found)
    kinds = {row["row"]: row["kind"] for row in _mentions(reader, condition, (row["row"] for row in reports))}
    return [_summary(row, kinds) for row in reports]


def _summary(row: sa.RowMapping, kinds: dict[str, str]) -> ReportSummary:
    return ReportSummary(
        report=row["row"],
        status=row["status"],
        route=row["route"],
        incident=_when(row["incident"]),
        became_aware=_when(row["became_aware"]),
        reported_at=moment(row["reported_at"]),
        received_at=moment(row["received_at"]),
        area=row["area"],
        team=row["team"],
        unroutable=bool(row["unroutable"]),
        strands=unpacked(row["strands"]),
        triage=row["triage"],
        triage_due_at=moment_if_any(row["triage_due_at"]),
        grade=row["grade"],
        graded_at=moment_if_any(row["graded_at"]),
        action_code=row["action_code"],
        sanitisation_code=row["sanitisation_code"],
        handling_code=row["handling_code"],
        handling_conditions=unpacked(row["handling_conditions"]),
        restriction=row["restriction"],
        outcome=row["outcome"],
        triaged_at=moment_if_any(row["triaged_at"]),
        mentions=tuple(MentionRef(name, kinds[name]) for name in unpacked(row["mentions"]) if name in kinds),
        sort=row["newest"],
    )
