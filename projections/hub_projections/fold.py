"""What the folds of views share: rows that must stand before an event can alter them."""

from __future__ import annotations

from hub_projections.table import Row, Table, Value
from hub_projections.view import Rows


def standing(rows: Rows, table: Table, row: str) -> Row:
    """Return a row that an earlier event of the stream must have made.

    Raises:
        LookupError: there is none, so what made it could not be read or was set aside.
    """
    found = rows.get(table, row)
    if found is None:
        raise LookupError(f"a row of {table.name} is missing")
    return found


def alter(rows: Rows, table: Table, row: str, **values: Value) -> None:
    """Set some columns of a row that stands and leave the others.

    Raises:
        LookupError: the row does not stand.
    """
    rows.put(table, row, {**standing(rows, table, row), **values})
