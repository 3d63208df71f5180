"""Pages by cursor: an encrypted token that is good for its caller, its route and its filters only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from hub_events.condition import Condition
from hub_projections.database import Reader
from hub_services.http.operation import Asked, Done

After = tuple[int, str] | None
Found = tuple[Sequence[Mapping[str, Any]], After]


class Page(Schema):
    """Which page, and from which position on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    min_position = fields.String(load_default=None, validate=validate.Length(max=200))


class Listed(Schema):
    """A page of a list, and the cursor of the next."""

    items = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


def paged(
    asked: Asked,
    action: str,
    find: Callable[[Reader, Condition, After, int], Found],
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> Done:
    """Answer a page of what `find` finds after a sort key and a line id."""
    token = asked.open_cursor()
    after = None if token is None else (token.sort_key, token.line)
    with asked.hub.reading(asked.caller, action, asked.min_position) as (reader, condition):
        rows, following = find(reader, condition, after, asked.query["limit"])
        position = reader.position
    cursor = None if following is None else asked.cursor(position, *following)
    return Done(body={"items": [shown(row) for row in rows], "next": cursor}, position=position)
