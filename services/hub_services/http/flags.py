"""Case flags on other agencies' systems: requested, approved, placed, cleared (domain.md B.9.10)."""

from __future__ import annotations

from marshmallow import Schema

from hub_events.stream import CASE, FLAG, MENTION
from hub_services.decisions.flag import ApproveFlag, ClearFlag, PlaceFlag, RefuseFlag, RequestFlag
from hub_services.http.done import Written, written
from hub_services.http.field import code, day, identity, line, moment, words
from hub_services.http.operation import Asked, Done, Operation, stream_named

PATH = "/v1/flags/{id}"


class Request(Schema):
    """Which flag on which person of the case, why, and when it is to be looked at again."""

    mention = identity("The person, as a mention of the case.")
    flag = code("flag_kinds")
    review_on = day(about="The day the flag is reviewed.")
    reason = words()


class Reasoned(Schema):
    """Why."""

    reason = words()


class Placing(Schema):
    """Where the flag stands now, and the confirmation of it."""

    agency = code("agencies")
    system = line()
    confirmation = line()
    placed_at = moment()
    reason = words()


class Clearing(Schema):
    """Why the flag is taken off, and the confirmation of it when it had been placed."""

    reason = words()
    confirmation = line(required=False)


def request(asked: Asked) -> Done:
    """Request a flag."""
    said = asked.body | {"mention": stream_named(MENTION, asked.body["mention"])}
    return written(asked.ask(RequestFlag(case=asked.stream(CASE), **said)), PATH, status=201)


def approve(asked: Asked) -> Done:
    """Approve a flag."""
    return written(asked.ask(ApproveFlag(flag=asked.stream(FLAG), **asked.body)), PATH)


def refuse(asked: Asked) -> Done:
    """Refuse a flag."""
    return written(asked.ask(RefuseFlag(flag=asked.stream(FLAG), **asked.body)), PATH)


def place(asked: Asked) -> Done:
    """Confirm that a flag stands on the other agency's system."""
    return written(asked.ask(PlaceFlag(flag=asked.stream(FLAG), **asked.body)), PATH)


def clear(asked: Asked) -> Done:
    """Clear a flag."""
    return written(asked.ask(ClearFlag(flag=asked.stream(FLAG), **asked.body)), PATH)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/cases/{id}/flags",
        summary="Request a flag on a person of a case",
        handler=request,
        body=Request,
        answer=Written,
        status=201,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/approval",
        summary="Approve a requested flag",
        handler=approve,
        body=Reasoned,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/refusal",
        summary="Refuse a requested flag",
        handler=refuse,
        body=Reasoned,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/placing",
        summary="Confirm that the flag stands on the other agency's system",
        handler=place,
        body=Placing,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/clearing",
        summary="Clear a flag",
        handler=clear,
        body=Clearing,
        answer=Written,
        precondition=True,
    ),
)
