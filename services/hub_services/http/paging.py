"""Pages by cursor: an encrypted token that is good for its caller, its route and its filters only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from marshmallow import Schema, fields, validate

from hub_events.condition import Condition
from hub_projections.database import Reader
from hub_services.http.operation import Asked, Done

After = tuple[int, str] | None


class Placed(Protocol):
    """Something in a list that knows where it stands."""

    @property
    def place(self) -> tuple[int, str]:
        """A sort key and a line id, unique together."""


class Position(Schema):
    """From which position on; the token a write was answered with."""

    min_position = fields.String(load_default=None, validate=validate.Length(max=200))


class Page(Position):
    """Which page, and from which position on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class Listed(Schema):
    """A page of a list, and the cursor of the next."""

    items = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


PlacedItem = TypeVar("PlacedItem", bound=Placed)


def paged(
    asked: Asked,
    action: str,
    find: Callable[[Reader, Condition, After, int], Sequence[PlacedItem]],
    shown: Callable[[PlacedItem], Mapping[str, Any]],
) -> Done:
    """Answer a page of what `find` finds after a place."""
    token = asked.open_cursor()
    after = None if token is None else (token.sort_key, token.line)
    limit: int = asked.query["limit"]
    with asked.hub.reading(asked.caller, action, asked.min_position) as (reader, condition):
        found = find(reader, condition, after, limit + 1)
        position = reader.position
    page = found[:limit]
    following = asked.cursor(position, *page[-1].place) if len(found) > limit else None
    return Done(body={"items": [shown(item) for item in page], "next": following}, position=position)
