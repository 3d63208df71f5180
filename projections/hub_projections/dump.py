"""A view as lines of bytes in one order, so that two of them can be compared: the live one and one made afresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from hub_projections.database import QUARANTINE, Reader

KNOWN: Final = ("known_from", "known_to")

_encode: Final = msgspec.json.Encoder().encode


def dump(reader: Reader, view: str, *, positions: bool = True) -> Iterator[bytes]:
    """Give a live view as one JSON array a line: table, row id, columns; then its sources and what it could not follow.

    Args:
        reader: a snapshot of the views.
        view: the name of the view.
        positions: with them, every version of a row and from where to where it was known; without, current rows only,
            as is right for logs that hold the same streams in another order.
    """
    generation = reader.generation(view)
    for declared in sorted(generation.view.tables, key=lambda table: table.name):
        table = generation.tables[declared.name]
        columns = [table.c.row, *(table.c[name] for name in sorted(declared.names))]
        order = [table.c.row]
        query = sa.select(*columns)
        if declared.versioned and positions:
            query = query.add_columns(*(table.c[name] for name in KNOWN))
            order.append(table.c.known_from)
        elif declared.versioned:
            query = query.where(table.c.known_to.is_(None))
        yield from _lines(reader, declared.name, query.order_by(*order))
    source = generation.sources
    yield from _lines(reader, "row_source", sa.select(source).order_by(source.c.row, source.c.stream))
    stopped = (
        sa.select(QUARANTINE.c.stream, QUARANTINE.c.stream_version, QUARANTINE.c.reason)
        .where(QUARANTINE.c.view == view, QUARANTINE.c.generation == generation.number)
        .order_by(QUARANTINE.c.stream)
    )
    yield from _lines(reader, "quarantine", stopped)


def _lines(reader: Reader, name: str, query: sa.Select[tuple[object, ...]]) -> Iterator[bytes]:
    for row in reader.connection.execute(query):
        yield _encode([name, *row])


def difference(one: Iterable[bytes], other: Iterable[bytes], limit: int = 5) -> list[str]:
    """Say how two dumps differ: up to so many lines that only one of them has, which may hold personal data."""
    mine, theirs = list(one), list(other)
    if mine == theirs:
        return []
    only = [f"- {line.decode()}" for line in sorted(set(mine) - set(theirs))]
    only += [f"+ {line.decode()}" for line in sorted(set(theirs) - set(mine))]
    return only[:limit] or ["the same lines, as often or in the same order they are not"]
