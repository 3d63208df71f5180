"""Cases as their members see them: a list, a case with its reports, persons, members and flags."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from hub_events.stream import CASE, FLAG
from hub_projections.views.cases import CLOSED, OPEN, CaseLine, case_summary, list_cases
from hub_projections.views.flags import Flag, awaiting_approval, flag_of, flags_of
from hub_services.http.current import current
from hub_services.http.field import choice, code, identity, shown
from hub_services.http.operation import Asked, Done, Operation, stream_named
from hub_services.http.paging import Listed, Page, Position, paged


class Filters(Page):
    """Which cases."""

    team = code("teams", required=False)
    status = choice(OPEN, CLOSED)
    strand = code("strands", required=False)
    worker = identity("The allocated worker's account.", required=False)


class CaseShown(Schema):
    """A case."""

    id = fields.String(required=True)
    status = fields.String(required=True)
    subject = fields.String(required=True)
    subject_as_said = fields.String(required=True)
    subject_name = fields.String(required=True)
    person_stage = fields.String(required=True)
    strands_open = fields.List(fields.String(), required=True)
    strands_closed = fields.List(fields.String(), required=True)
    team = fields.String(required=True)
    worker = fields.String(required=True)
    opened_at = fields.String(required=True)
    closed_at = fields.String(allow_none=True)
    closure_code = fields.String(required=True)
    opened_from = fields.String()
    reports = fields.List(fields.Dict())
    persons = fields.List(fields.Dict())
    members = fields.List(fields.Dict())


def _case(found: CaseLine) -> dict[str, Any]:
    body: dict[str, Any] = shown(found)
    body["id"] = body.pop("case")
    return body


def list_(asked: Asked) -> Done:
    """List cases."""
    query = asked.query
    worker = stream_named("account", query["worker"]) if query["worker"] else ""
    return paged(
        asked,
        "list-cases",
        lambda reader, condition, after, limit: list_cases(
            reader,
            condition,
            team=query["team"],
            status=query["status"],
            strand=query["strand"],
            worker=worker,
            after=after,
            limit=limit,
        ),
        _case,
    )


def show(asked: Asked) -> Done:
    """Show a case."""
    return current(asked, asked.stream(CASE), case_summary, _case)


class FlagFilters(Page):
    """Whose requests for flags."""

    team = code("teams", required=False)


class FlagShown(Schema):
    """A flag: which, on whom, where it stands and how it came to."""

    id = fields.String(required=True)
    case = fields.String(required=True)
    mention = fields.String(required=True)
    code = fields.String(required=True)
    status = fields.String(required=True)
    team = fields.String(required=True)
    review_on = fields.String(required=True)
    requested = fields.Dict(required=True)
    approved = fields.Dict(allow_none=True)
    refused = fields.Dict(allow_none=True)
    placed = fields.Dict(allow_none=True)
    cleared = fields.Dict(allow_none=True)


def _flag(found: Flag) -> dict[str, Any]:
    body: dict[str, Any] = shown(found)
    body["id"] = body.pop("flag")
    return body


def awaiting(asked: Asked) -> Done:
    """List the flags that wait for a manager."""
    return paged(
        asked,
        "list-cases",
        lambda reader, condition, after, limit: awaiting_approval(
            reader,
            condition,
            team=asked.query["team"],
            after=after,
            limit=limit,
        ),
        _flag,
    )


def flags(asked: Asked) -> Done:
    """List the flags of a case."""
    stream = asked.stream(CASE)
    asked.hub.past(asked.caller, stream).events(stream)
    with asked.hub.reading(asked.caller, "view", asked.min_position) as (reader, condition):
        found = flags_of(reader, condition, stream)
        position = reader.position
    return Done(body={"items": [_flag(each) for each in found], "next": None}, position=position)


def show_flag(asked: Asked) -> Done:
    """Show a flag."""
    return current(asked, asked.stream(FLAG), flag_of, _flag)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/cases",
        summary="List cases, the newest first",
        handler=list_,
        query=Filters,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path="/v1/cases/{id}",
        summary="Show a case",
        handler=show,
        query=Position,
        answer=CaseShown,
    ),
    Operation(
        method="GET",
        path="/v1/cases/{id}/flags",
        summary="List the flags of a case",
        handler=flags,
        query=Position,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path="/v1/flags",
        summary="List the flags that wait for approval",
        handler=awaiting,
        query=FlagFilters,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path="/v1/flags/{id}",
        summary="Show a flag",
        handler=show_flag,
        query=Position,
        answer=FlagShown,
    ),
)
