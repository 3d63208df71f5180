"""The inbox: notices without content, opened under policy; and the feedback a referrer is owed or was given."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from hub_events.stream import NOTICE, kind_of
from hub_projections.views.inbox import (
    DUE,
    OVERDUE,
    SENT,
    WITHHELD,
    Feedback,
    Notice,
    inbox,
    list_feedback,
    unopened_count,
)
from hub_services.decisions.notice import OpenNotice
from hub_services.http.done import Written, written
from hub_services.http.field import choice, shown, shown_moment
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Listed, Page, Position, paged

PATH = "/v1/inbox/{id}"
LINKS = {
    "route-check": "/v1/route-checks/",
    "report": "/v1/reports/",
    "triage": "/v1/triage/",
    "feedback": "/v1/feedback/",
    "case": "/v1/cases/",
    "flag": "/v1/flags/",
}


def _link(stream: str) -> str:
    return LINKS[kind_of(stream)] + identifier(stream)


class NoticeShown(Schema):
    """A notice: that there is something to open, and where."""

    id = fields.String(required=True)
    subject = fields.String(required=True)
    link = fields.String(required=True)
    urgent = fields.Boolean(required=True)
    placed_at = fields.String(required=True)
    opened_at = fields.String(allow_none=True)


class Unopened(Schema):
    """How many notices wait."""

    unopened = fields.Integer(required=True)


class FeedbackFilters(Page):
    """Which feedback."""

    status = choice(DUE, OVERDUE, SENT, WITHHELD)


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "id": identifier(notice.notice),
        "subject": notice.subject,
        "link": _link(notice.about),
        "urgent": notice.urgent,
        "placed_at": shown_moment(notice.placed_at),
        "opened_at": shown_moment(notice.opened_at),
    }


def list_(asked: Asked) -> Done:
    """List the notices of the caller and of the desks the caller serves."""
    return paged(
        asked,
        "view-inbox",
        lambda reader, condition, after, limit: inbox(
            reader,
            condition,
            asked.caller.inboxes,
            after=after,
            limit=limit,
        ),
        _notice,
    )


def count(asked: Asked) -> Done:
    """Count the notices nobody has opened."""
    with asked.hub.reading(asked.caller, "view-inbox", asked.min_position) as (reader, condition):
        return Done(
            body={"unopened": unopened_count(reader, condition, asked.caller.inboxes)},
            position=reader.position,
        )


def show(asked: Asked) -> Done:
    """Show one notice."""
    stream = asked.stream(NOTICE)
    past = asked.hub.past(asked.caller, stream)
    placed: Any = past.events(stream)[0]
    opened = [recorded for recorded in past.recorded(stream) if recorded.version > 1]
    first = past.recorded(stream)[0].envelope.recorded_at
    body = {
        "id": identifier(stream),
        "subject": placed.subject,
        "link": _link(placed.about),
        "urgent": placed.urgent,
        "placed_at": shown_moment(first),
        "opened_at": shown_moment(opened[0].envelope.recorded_at) if opened else None,
    }
    return Done(body=body, version=past.version(stream))


def open_(asked: Asked) -> Done:
    """Open a notice."""
    return written(asked.ask(OpenNotice(notice=asked.stream(NOTICE))), PATH)


def _feedback(feedback: Feedback) -> dict[str, Any]:
    body: dict[str, Any] = shown(feedback)
    return {
        "id": body["feedback"],
        "report": body["report"],
        "status": body["status"],
        "due_at": body["due_at"],
        "overdue": body["overdue"],
        "sent_at": body["sent_at"],
    }


def feedback(asked: Asked) -> Done:
    """List the feedback the caller may see."""
    return paged(
        asked,
        "view-inbox",
        lambda reader, condition, after, limit: list_feedback(
            reader,
            condition,
            status=asked.query["status"],
            after=after,
            limit=limit,
        ),
        _feedback,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/inbox",
        summary="List your notices, and those of the desks you serve",
        handler=list_,
        query=Page,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path="/v1/inbox/count",
        summary="Count your unopened notices",
        handler=count,
        query=Position,
        answer=Unopened,
    ),
    Operation(method="GET", path=PATH, summary="Show a notice", handler=show, query=Position, answer=NoticeShown),
    Operation(
        method="POST",
        path=f"{PATH}/opening",
        summary="Open a notice",
        handler=open_,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="GET",
        path="/v1/feedback",
        summary="List the feedback you are owed, were given, or have to give",
        handler=feedback,
        query=FeedbackFilters,
        answer=Listed,
    ),
)
