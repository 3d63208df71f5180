"""One record as a view has it, with the ETag of exactly what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hub_events.condition import Condition
from hub_events.stream import Stream
from hub_projections.database import Reader
from hub_services.asking import NOT_FOUND
from hub_services.http.operation import Asked, Done
from hub_services.refusal import RefusedError

Found = TypeVar("Found")


def current(
    asked: Asked,
    stream: Stream,
    find: Callable[[Reader, Condition, str], Found | None],
    shown: Callable[[Found], Any],
) -> Done:
    """Answer a record that `find` finds in the views, at the version the views stand at.

    The version is the stream's at the position of the snapshot, never the log's newest: an ETag must not speak for
    changes its reader has not seen.
    """
    past = asked.hub.past(asked.caller, stream)
    past.events(stream)
    with asked.hub.reading(asked.caller, "view", asked.min_position) as (reader, condition):
        found = find(reader, condition, stream)
        position = reader.position
    if found is None:
        raise RefusedError("not-found", NOT_FOUND)
    seen = [recorded.version for recorded in past.recorded(stream) if recorded.position <= position]
    return Done(body=shown(found), version=seen[-1] if seen else 0, position=position)
