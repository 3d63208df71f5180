"""The database views live in: generations of tables, one live generation per view, readers on one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from hub_events.condition import Condition
from hub_projections.policy_filter import compiled
from hub_projections.table import Table, build, build_sources
from hub_projections.view import View

_STATE = sa.MetaData()
VIEW_STATE: Final = sa.Table(
    "view_state",
    _STATE,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("tables", sa.Text, nullable=False),
)
QUARANTINE: Final = sa.Table(
    "quarantine",
    _STATE,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("stream_version", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
ERASED: Final = sa.Table("erased_stream", _STATE, sa.Column("stream", sa.Text, primary_key=True))
BOOKMARK: Final = sa.Table(
    "bookmark",
    _STATE,
    sa.Column("follower", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)
LABEL_TABLE: Final = "stream_label"


class State(msgspec.Struct, frozen=True):
    """How far one generation of a view has come."""

    view: str
    generation: int
    version: int
    position: int
    live: bool
    tables: tuple[str, ...] = ()
    """The names its tables have in the database, so that they can be dropped when this code knows them no more."""


class Generation:
    """The tables of one generation of a view, as SQLAlchemy knows them."""

    def __init__(self, view: View, number: int) -> None:
        """Describe generation `number` of a view."""
        self.view = view
        self.number = number
        self.metadata = sa.MetaData()
        self.tables = {table.name: build(table, number, self.metadata) for table in view.tables}
        self.sources = build_sources(view.name, number, self.metadata)
        self.statements: dict[tuple[str, str], str] = {}
        self.cache: dict[Any, Any] = {}


class Reader:
    """One consistent snapshot of all live views."""

    def __init__(
        self,
        connection: sa.Connection,
        generations: Mapping[str, Generation],
        position: int,
    ) -> None:
        """Read the live generations of views, which all stand at `position`."""
        self.connection = connection
        self.position = position
        self._generations = generations
        self._tables = {name: table for generation in generations.values() for name, table in generation.tables.items()}
        self._sources = {name: generation.sources for generation in generations.values() for name in generation.tables}

    def generation(self, view: str) -> Generation:
        """The live generation of a view."""
        return self._generations[view]

    def table(self, table: Table) -> sa.Table:
        """The live generation of a table."""
        return self._tables[table.name]

    def rows(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """Run a query."""
        return self.connection.execute(query).mappings().all()

    def visible(self, table: Table, row: sa.ColumnElement[str], condition: Condition) -> sa.ColumnElement[bool]:
        """Whether every stream a row comes from is allowed by a condition on labels.

        Args:
            table: the table the row stands in.
            row: the column that holds its row id.
            condition: the policy, with subject and context filled in.
        """
        source = self._sources[table.name].alias()
        labels = self._tables[LABEL_TABLE].alias()
        refused = (
            sa.select(sa.literal(1))
            .select_from(source.outerjoin(labels, labels.c.row == source.c.stream))
            .where(source.c.row == row)
            # A condition that is unknown refuses, as one that is false does; so does a stream without a label.
            .where(sa.func.coalesce(compiled(condition, labels.c), sa.false()).is_(sa.false()))
        )
        named = sa.select(sa.literal(1)).where(source.c.row == row).exists()
        return sa.and_(named, sa.not_(refused.exists()))

    def visible_stream(self, stream: sa.ColumnElement[str], condition: Condition) -> sa.ColumnElement[bool]:
        """Whether one stream is allowed by a condition on labels."""
        labels = self._tables[LABEL_TABLE].alias()
        return sa.select(sa.literal(1)).where(labels.c.row == stream, compiled(condition, labels.c)).exists()


class ViewDatabase:
    """Generations of views in one database.

    Args:
        engine: an SQLAlchemy engine whose connections are in autocommit; transactions are begun by name here.
        views: the views of this hub, in the order of their table of contents.
    """

    def __init__(self, engine: sa.Engine, views: Iterable[View]) -> None:
        """Hold the views in the engine's database; `migrate` makes the tables all of them share."""
        self.engine = engine
        self.views = tuple(views)
        self._by_name = {view.name: view for view in self.views}
        self._generations: dict[tuple[str, int], Generation] = {}

    def migrate(self) -> None:
        """Make the tables that keep track of views."""
        with self.engine.connect() as connection:
            _STATE.create_all(connection)

    def view(self, name: str) -> View:
        """The view of a name."""
        return self._by_name[name]

    def generation(self, view: str, number: int) -> Generation:
        """The tables of a generation; described once."""
        key = (view, number)
        if key not in self._generations:
            self._generations[key] = Generation(self._by_name[view], number)
        return self._generations[key]

    @staticmethod
    def states(connection: sa.Connection) -> list[State]:
        """How far every generation has come."""
        rows = connection.execute(sa.select(VIEW_STATE).order_by(VIEW_STATE.c.view, VIEW_STATE.c.generation))
        return [
            State(row.view, row.generation, row.version, row.position, bool(row.live), tuple(row.tables.split()))
            for row in rows
        ]

    def live(self, connection: sa.Connection) -> list[State]:
        """How far the live generation of every view has come that is in the version of this code."""
        return [
            state
            for state in self.states(connection)
            if state.live and state.view in self._by_name and state.version == self._by_name[state.view].version
        ]

    def known(self, connection: sa.Connection) -> list[Generation]:
        """Every generation that is in the version of this code, whether it is live or being built."""
        return [
            self.generation(state.view, state.generation)
            for state in self.states(connection)
            if state.view in self._by_name and state.version == self._by_name[state.view].version
        ]

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Lend one snapshot of all live views for a block."""
        with self.engine.connect() as connection:
            begin(connection, write=False)
            try:
                live = self.live(connection)
                generations = {state.view: self.generation(state.view, state.generation) for state in live}
                yield Reader(connection, generations, min((state.position for state in live), default=0))
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def bookmark(self, follower: str) -> int:
        """How far a follower that keeps no rows has come."""
        with self.engine.connect() as connection:
            query = sa.select(BOOKMARK.c.position).where(BOOKMARK.c.follower == follower)
            return connection.execute(query).scalar() or 0

    def keep_bookmark(self, follower: str, position: int) -> None:
        """Keep how far a follower that keeps no rows has come; losing it only makes it ask again."""
        with self.engine.connect() as connection:
            begin(connection, write=True)
            connection.execute(BOOKMARK.delete().where(BOOKMARK.c.follower == follower))
            connection.execute(BOOKMARK.insert().values(follower=follower, position=position))
            connection.exec_driver_sql("COMMIT")

    def quarantine(self) -> list[sa.RowMapping]:
        """What the live views could not follow: view, stream, position and reason."""
        with self.reading() as reader:
            live = sa.and_(
                VIEW_STATE.c.view == QUARANTINE.c.view,
                VIEW_STATE.c.generation == QUARANTINE.c.generation,
                VIEW_STATE.c.live,
            )
            query = sa.select(QUARANTINE).join(VIEW_STATE, live).order_by(QUARANTINE.c.position, QUARANTINE.c.view)
            return list(reader.rows(query))


def begin(connection: sa.Connection, *, write: bool) -> None:
    """Begin a transaction by name, because the driver is in autocommit."""
    immediate = write and connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
