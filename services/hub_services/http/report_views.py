"""Reports as their readers see them: a list, a report, its mentions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from hub_events.stream import REPORT
from hub_projections.views.reports import (
    GRADED,
    RECEIVED,
    REQUIRES_ASSESSMENT,
    TRIAGED,
    ReportSummary,
    list_reports,
    report_summary,
)
from hub_services.http.current import current
from hub_services.http.field import choice, code, shown
from hub_services.http.operation import Asked, Done, Operation
from hub_services.http.paging import Listed, Page, Position, paged


class Filters(Page):
    """Which reports."""

    team = code("teams", required=False)
    status = choice(RECEIVED, REQUIRES_ASSESSMENT, GRADED, TRIAGED)
    area = code("areas", required=False)
    strand = code("strands", required=False)


class ReportShown(Schema):
    """A report: what it was given and where it stands; the narrative and the source are apart."""

    id = fields.String(required=True)
    status = fields.String(required=True)
    route = fields.String(required=True)
    incident = fields.Dict(allow_none=True)
    became_aware = fields.Dict(allow_none=True)
    reported_at = fields.String(required=True)
    received_at = fields.String(required=True)
    area = fields.String(required=True)
    team = fields.String(required=True)
    unroutable = fields.Boolean(required=True)
    strands = fields.List(fields.String(), required=True)
    triage_due_at = fields.String(allow_none=True)
    grade = fields.String(required=True)
    graded_at = fields.String(allow_none=True)
    action_code = fields.String(required=True)
    sanitisation_code = fields.String(required=True)
    handling_code = fields.String(required=True)
    handling_conditions = fields.List(fields.String(), required=True)
    restriction = fields.String(required=True)
    outcome = fields.String(required=True)
    triaged_at = fields.String(allow_none=True)
    mentions = fields.List(fields.Dict(), required=True)


def _summary(found: ReportSummary) -> dict[str, Any]:
    body: dict[str, Any] = shown(found)
    body["id"] = body.pop("report")
    body["mentions"] = [{"id": each["mention"], "kind": each["kind"]} for each in body["mentions"]]
    return {name: body[name] for name in ReportShown().fields}


def list_(asked: Asked) -> Done:
    """List reports."""
    query = asked.query
    return paged(
        asked,
        "list-reports",
        lambda reader, condition, after, limit: list_reports(
            reader,
            condition,
            team=query["team"],
            status=query["status"],
            area=query["area"],
            strand=query["strand"],
            after=after,
            limit=limit,
        ),
        _summary,
    )


def show(asked: Asked) -> Done:
    """Show a report."""
    return current(asked, asked.stream(REPORT), report_summary, _summary)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/reports",
        summary="List reports, the newest first",
        handler=list_,
        query=Filters,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path="/v1/reports/{id}",
        summary="Show a report",
        handler=show,
        query=Position,
        answer=ReportShown,
    ),
)
