"""Reference data: the codes in force, with their labels."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from hub_events.reference import Entry, table, tables
from hub_services.http.field import shown_day
from hub_services.http.operation import Asked, Done, Operation
from hub_services.refusal import RefusedError


class Names(Schema):
    """The names of the tables."""

    tables = fields.List(fields.String(), required=True)


class Codes(Schema):
    """A table's codes in force."""

    name = fields.String(required=True)
    entries = fields.List(fields.Dict(), required=True)


class OnDay(Schema):
    """The day the codes are to be in force on; today when it is left out."""

    on = fields.Date(load_default=None)


def names(asked: Asked) -> Done:
    """List the tables."""
    asked.hub.allow(asked.caller, "view-reference")
    return Done(body={"tables": tables()})


def codes(asked: Asked) -> Done:
    """List the codes of a table."""
    asked.hub.allow(asked.caller, "view-reference")
    name = asked.path["table"]
    if name not in tables():
        raise RefusedError("not-found", "There is no such reference table; see /v1/reference.")
    on = asked.query["on"] or asked.now.date()
    return Done(body={"name": name, "entries": [_shown(entry) for entry in table(name).entries(on)]})


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "label": entry.label,
        "source": entry.source,
        "from": shown_day(entry.valid_from),
        "to": shown_day(entry.valid_to),
        **{name: list(value) if isinstance(value, tuple) else value for name, value in entry.fields.items()},
    }


OPERATIONS = (
    Operation(method="GET", path="/v1/reference", summary="List the reference tables", handler=names, answer=Names),
    Operation(
        method="GET",
        path="/v1/reference/{table}",
        summary="List the codes of a reference table",
        handler=codes,
        query=OnDay,
        answer=Codes,
    ),
)
