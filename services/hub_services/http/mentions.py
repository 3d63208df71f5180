"""Persons and things as reports speak of them: the words as said, their parts, and plates and numbers normalised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from hub_events.mention import MentionMade
from hub_events.stream import MENTION, REPORT
from hub_projections.views.reports import mentions_of
from hub_search.normalise.phone import normalise_phone
from hub_search.normalise.vehicle import normalise_plate
from hub_services.http.field import shown
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Listed, Position


class MentionShown(Schema):
    """A mention."""

    id = fields.String(required=True)
    report = fields.String(required=True)
    kind = fields.String(required=True)
    as_said = fields.String(required=True)
    parts = fields.Dict(required=True)
    text_form = fields.String(required=True)
    reported_role = fields.String()
    normalised = fields.Dict(allow_none=True)


def _normalised(kind: str, parts: Mapping[str, str]) -> dict[str, Any] | None:
    if kind == "VEHICLE" and parts.get("plate"):
        plate = normalise_plate(parts["plate"])
        return {"value": plate.normalised, "form": plate.form, "pattern": plate.pattern, "how": list(plate.how)}
    if kind == "PHONE" and parts.get("number"):
        phone = normalise_phone(parts["number"])
        return {"value": phone.normalised, "form": phone.kind, "pattern": phone.pattern, "how": list(phone.how)}
    return None


def mention(asked: Asked) -> Done:
    """Show a mention."""
    stream = asked.stream(MENTION)
    past = asked.hub.past(asked.caller, stream)
    made = next(event for event in past.events(stream) if isinstance(event, MentionMade))
    body = {
        "id": identifier(stream),
        "report": identifier(made.report),
        "kind": made.kind,
        "as_said": made.as_said,
        "parts": dict(made.parts),
        "text_form": made.text_form,
        "reported_role": made.reported_role,
        "normalised": _normalised(made.kind, made.parts),
    }
    return Done(body=body, version=past.version(stream))


def mentions(asked: Asked) -> Done:
    """Show the mentions of a report."""
    stream = asked.stream(REPORT)
    asked.hub.past(asked.caller, stream).events(stream)
    with asked.hub.reading(asked.caller, "view", asked.min_position) as (reader, condition):
        found = mentions_of(reader, condition, stream)
        position = reader.position
    items = [
        {"id": each.pop("mention"), **each, "normalised": _normalised(each["kind"], each["parts"])}
        for each in shown(list(found))
    ]
    return Done(body={"items": items, "next": None}, position=position)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/mentions/{id}",
        summary="Show a person or thing as a report speaks of it",
        handler=mention,
        query=Position,
        answer=MentionShown,
    ),
    Operation(
        method="GET",
        path="/v1/reports/{id}/mentions",
        summary="Show the persons and things a report speaks of",
        handler=mentions,
        query=Position,
        answer=Listed,
    ),
)
