"""Pages by keyset: where a line stands is one whole number and its row id, so a cursor is small and says no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from hub_projections.policy_filter import SEPARATOR
from hub_projections.times import microseconds

Place = tuple[int, str]
"""Where a line stands in its list: its sort key (not negative, below 2**63) and its row id."""

SPAN: Final = 1 << 56
"""More than any time in microseconds: rank * SPAN + time sorts by rank, then by time."""


def newest_first(at: datetime) -> int:
    """Return the sort key under which what is newer comes first."""
    return SPAN - microseconds(at)


def beyond(sort: sa.ColumnElement[int], row: sa.ColumnElement[str], after: Place | None) -> sa.ColumnElement[bool]:
    """Whether a line comes after a place in order of `sort` and `row`; every line does when there is none."""
    if after is None:
        return sa.true()
    place = sa.tuple_(sa.literal(after[0], sa.BigInteger), sa.literal(after[1], sa.Text))
    return sa.tuple_(sort, row) > place


def holds(column: sa.ColumnElement[str], code: str) -> sa.ColumnElement[bool]:
    """Whether a packed set holds a code of reference data; not for ids: an engine may take small letters for large."""
    return column.contains(f"{SEPARATOR}{code}{SEPARATOR}", autoescape=True)
