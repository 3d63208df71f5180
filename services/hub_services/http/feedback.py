"""Feedback to the referrer: sent, or withheld with a reason (domain.md A.1.7 step 7)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.stream import FEEDBACK
from hub_projections.views.inbox import DUE, OVERDUE, SENT, WITHHELD
from hub_services import policy
from hub_services.decisions.feedback import SendFeedback, WithholdFeedback
from hub_services.http.done import Written, written
from hub_services.http.field import code, shown_moment, words
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Position

PATH = "/v1/feedback/{id}"


class Sending(Schema):
    """What the referrer is told."""

    text = words()


class Withholding(Schema):
    """Why the referrer is not told."""

    reason_code = code("feedback_withheld_reasons")
    reason = words()


class FeedbackShown(Schema):
    """Where the feedback on a report stands; why it was withheld is for those who may give it, not for the referrer."""

    id = fields.String(required=True)
    status = fields.String(required=True)
    due_at = fields.String(required=True)
    overdue = fields.Boolean(required=True)
    text = fields.String(required=True, allow_none=True)
    withheld = fields.Dict(required=True, allow_none=True)


def show(asked: Asked) -> Done:
    """Show the feedback on a report."""
    stream = asked.stream(FEEDBACK)
    past = asked.hub.past(asked.caller, stream)
    gives = policy.may(asked.caller, "give-feedback", stream, past.labels(stream)).allowed
    body: dict[str, Any] = {"id": identifier(stream), "status": DUE, "overdue": False, "text": None, "withheld": None}
    for event in past.events(stream):
        match event:
            case FeedbackDue(due_at=due_at):
                body["due_at"] = shown_moment(due_at)
            case FeedbackSent(text=text):
                body |= {"status": SENT, "text": text, "withheld": None}
            case FeedbackWithheld(reason_code=code, reason=reason):
                body |= {"status": WITHHELD, "withheld": {"reason_code": code, "reason": reason} if gives else None}
            case FeedbackOverdue():
                body |= {"status": OVERDUE, "overdue": True}
            case _:
                pass
    return Done(body=body, version=past.version(stream))


def send(asked: Asked) -> Done:
    """Tell the referrer."""
    return written(asked.ask(SendFeedback(feedback=asked.stream(FEEDBACK), **asked.body)), PATH)


def withhold(asked: Asked) -> Done:
    """Withhold, with a reason."""
    return written(asked.ask(WithholdFeedback(feedback=asked.stream(FEEDBACK), **asked.body)), PATH)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        summary="Show the feedback on a report; its id is the report's",
        handler=show,
        query=Position,
        answer=FeedbackShown,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/sending",
        summary="Tell the referrer what happened",
        handler=send,
        body=Sending,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/withholding",
        summary="Withhold feedback, with a reason",
        handler=withhold,
        body=Withholding,
        answer=Written,
        precondition=True,
    ),
)
