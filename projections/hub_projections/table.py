"""Tables of views as data: what a view keeps, which the runner turns into SQL for each engine.

Every row is the outcome of one stream's events and is kept under a row id of its own; `row_source` beside it names the
streams its content comes from. A versioned table never changes a row: it ends one version and begins the next.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa

Value = str | int | bytes | None
Row = dict[str, Value]
ColumnType = Literal["text", "integer", "blob"]

_TYPES: Final = {"text": sa.Text, "integer": sa.BigInteger, "blob": sa.LargeBinary}


class Table(msgspec.Struct, frozen=True):
    """A table of a view: its columns after the row id, whether its versions are kept, and what it is looked up by."""

    name: str
    columns: tuple[tuple[str, ColumnType], ...]
    versioned: bool = False
    sourced: bool = True
    """Whether its rows come from streams; those that say nothing about any, such as the time of a position, do not."""
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns after the row id."""
        return tuple(name for name, _ in self.columns)


def text(*names: str) -> tuple[tuple[str, ColumnType], ...]:
    """Columns of text."""
    return tuple((name, "text") for name in names)


def integers(*names: str) -> tuple[tuple[str, ColumnType], ...]:
    """Columns of whole numbers; times are microseconds since 1970 UTC."""
    return tuple((name, "integer") for name in names)


def physical_name(name: str, generation: int) -> str:
    """The name a table has in the database in one generation of its view."""
    return f"{name}__{generation}"


def build(table: Table, generation: int, metadata: sa.MetaData) -> sa.Table:
    """Make the SQLAlchemy table of one generation."""
    name = physical_name(table.name, generation)
    columns: list[sa.Column[Any]] = [sa.Column(column, _TYPES[kind]) for column, kind in table.columns]
    if table.versioned:
        known = [sa.Column("known_from", sa.BigInteger, nullable=False), sa.Column("known_to", sa.BigInteger)]
        keys = [sa.PrimaryKeyConstraint("row", "known_from")]
    else:
        known, keys = [], [sa.PrimaryKeyConstraint("row")]
    indexes = [sa.Index(f"{name}_by_{'_'.join(columns_of)}", *columns_of) for columns_of in table.indexes]
    return sa.Table(
        name,
        metadata,
        sa.Column("row", sa.Text, nullable=False),
        *columns,
        *known,
        *keys,
        *indexes,
        sqlite_with_rowid=False,
    )


def build_sources(view: str, generation: int, metadata: sa.MetaData) -> sa.Table:
    """Make the table that names the streams each row of a view comes from."""
    name = physical_name(f"{view}_row_source", generation)
    return sa.Table(
        name,
        metadata,
        sa.Column("row", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("row", "stream"),
        sa.Index(f"{name}_by_stream", "stream"),
        sqlite_with_rowid=False,
    )
