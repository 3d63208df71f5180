"""One page of events on its way into the tables of some views, inside one transaction of the runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from hub_events.envelope import Erased, Recorded, Unreadable
from hub_events.operation import StreamErased
from hub_events.stream import kind_of
from hub_projections.database import ERASED, QUARANTINE, VIEW_STATE, Generation
from hub_projections.table import Row, Table
from hub_projections.view import Change, Key, Rows, View

IN_ONE_QUERY: Final = 500

POISON: Final = (
    sa.exc.DataError,
    sa.exc.IntegrityError,
    sa.exc.InterfaceError,
    sa.exc.NotSupportedError,
    sa.exc.ProgrammingError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What writing rows raises when the rows are at fault; a file that is full or locked is nobody's stream's fault."""


class Page:
    """One page on its way into some generations of views.

    Args:
        connection: in a transaction that may write.
        generations: the tables to fold into.
        known: all tables there are, also those another run is filling: what is erased leaves them too.
        set_aside: names the events, by stream and version, that no view is to take in.
        careful: write each view's rows apart, so that rows that cannot be written stop their stream in their view
            alone; for pages of one event.
    """

    def __init__(
        self,
        connection: sa.Connection,
        generations: Sequence[Generation],
        known: Sequence[Generation],
        set_aside: frozenset[tuple[str, int]],
        *,
        careful: bool = False,
    ) -> None:
        """Read what of the past a page must know: streams that were erased and streams that are stopped."""
        self._connection = connection
        self._generations = {generation.view.name: generation for generation in generations}
        self._known = known
        self._set_aside = set_aside
        self._careful = careful
        self._erased = set(connection.execute(sa.select(ERASED.c.stream)).scalars())
        self._stopped = self._read_stopped()
        self._unsourced = {each.name for each in self._views() if not all(table.sourced for table in each.tables)}
        self._rows: dict[str, Rows] = {}
        self._interested: dict[str, list[View]] = {}
        self.newly_erased: list[StreamErased] = []
        for name in self._generations:
            self._begin_rows(name)

    def _read_stopped(self) -> set[tuple[str, str]]:
        rows = self._connection.execute(sa.select(QUARANTINE.c.view, QUARANTINE.c.generation, QUARANTINE.c.stream))
        return {
            (row.view, row.stream)
            for row in rows
            if row.view in self._generations and row.generation == self._generations[row.view].number
        }

    def _begin_rows(self, name: str) -> None:
        generation = self._generations[name]
        rows = Rows(lambda key: self._fetch(generation, [key]).get(key))
        rows.refused = self._erased
        self._rows[name] = rows

    def _views(self) -> list[View]:
        return [generation.view for generation in self._generations.values()]

    def _views_for(self, kind: str) -> list[View]:
        found = self._interested.get(kind)
        if found is None:
            found = [view for view in self._views() if not view.kinds or kind in view.kinds]
            self._interested[kind] = found
        return found

    def take_in(self, page: Sequence[Recorded]) -> None:
        """Fold the events of a page and write their rows and the position."""
        self._prefetch(page)
        apply = self._apply_carefully if self._careful else self._apply
        for recorded in page:
            if isinstance(recorded.event, StreamErased):
                self._erase(recorded.event)
            if self._set_aside and (recorded.stream, recorded.version) in self._set_aside:
                continue
            gone = isinstance(recorded.event, Erased) or recorded.stream in self._erased
            for view in self._views_for(kind_of(recorded.stream)):
                # What cannot be opened is kept from a view that does not ask for it.
                if view.sees_erased or not gone:
                    apply(view, recorded)
        for name in self._generations:
            self._flush(name)
        self._reach(page[-1].position)

    def _apply(self, view: View, recorded: Recorded) -> None:
        if self._stopped and (view.name, recorded.stream) in self._stopped:
            return
        rows = self._rows[view.name]
        rows.begin(recorded)
        if isinstance(recorded.event, Unreadable) and not view.sees_erased:
            self._quarantine(view, recorded, recorded.event.reason)
            return
        try:
            view.apply(recorded, rows)
        except (sa.exc.SQLAlchemyError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a fold meets, it stops its stream and no other
            rows.roll_back()
            self._quarantine(view, recorded, _reason(error))

    def _apply_carefully(self, view: View, recorded: Recorded) -> None:
        self._connection.exec_driver_sql("SAVEPOINT apart")
        try:
            self._apply(view, recorded)
            self._flush(view.name)
        except POISON as error:
            self._connection.exec_driver_sql("ROLLBACK TO apart")
            self._begin_rows(view.name)
            self._quarantine(view, recorded, _reason(error))
            self._flush(view.name)
        self._connection.exec_driver_sql("RELEASE apart")

    def _quarantine(self, view: View, recorded: Recorded, reason: str) -> None:
        self._stopped.add((view.name, recorded.stream))
        rows = self._rows[view.name]
        rows.begin(recorded)
        view.quarantined(recorded, rows)
        self._connection.execute(
            QUARANTINE.insert().values(
                view=view.name,
                generation=self._generations[view.name].number,
                stream=recorded.stream,
                position=recorded.position,
                stream_version=recorded.version,
                reason=reason,
            ),
        )

    def _prefetch(self, page: Sequence[Recorded]) -> None:
        wanted: dict[str, set[Key]] = {}
        begun: set[str] = set()
        for recorded in page:
            if recorded.version == 1:
                begun.add(recorded.stream)
            if isinstance(recorded.event, (Unreadable, Erased)):
                continue
            # A stream that begins in this page has no rows yet.
            fresh = recorded.stream in begun
            for view in self._views_for(kind_of(recorded.stream)):
                if not fresh or view.name in self._unsourced:
                    wanted.setdefault(view.name, set()).update(_needs(view, recorded))
        for name, keys in wanted.items():
            found = self._fetch(self._generations[name], sorted(keys))
            for key in keys:
                self._rows[name].load(key, found.get(key))

    def _fetch(self, generation: Generation, keys: Sequence[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        by_table: dict[str, list[str]] = {}
        for table, row in keys:
            by_table.setdefault(table, []).append(row)
        for name, ids in by_table.items():
            rows, declared = generation.tables[name], _declared(generation.view, name)
            query = sa.select(rows.c.row, *(rows.c[column] for column in declared.names))
            if declared.versioned:
                query = query.where(rows.c.known_to.is_(None))
            for start in range(0, len(ids), IN_ONE_QUERY):
                part = query.where(rows.c.row.in_(ids[start : start + IN_ONE_QUERY]))
                for row_id, *values in self._connection.execute(part):
                    found[name, row_id] = dict(zip(declared.names, values, strict=True))
        return found

    def _erase(self, event: StreamErased) -> None:
        # What this page has brought so far must be in the tables before rows are deleted from them.
        for name in self._generations:
            self._flush(name)
            self._begin_rows(name)
        stream = event.erased
        for generation in self._known:
            sources = generation.sources
            rows = sa.select(sources.c.row).where(sources.c.stream == stream)
            for table in generation.tables.values():
                self._connection.execute(table.delete().where(table.c.row.in_(rows)))
            self._connection.execute(
                sources.delete().where(sources.c.row.in_(sa.select(rows.subquery().c.row))),
            )
        # There is nothing left of it that could be followed or not.
        self._connection.execute(QUARANTINE.delete().where(QUARANTINE.c.stream == stream))
        if stream not in self._erased:
            self._erased.add(stream)
            self._connection.execute(ERASED.insert().values(stream=stream))
            self.newly_erased.append(event)

    def _flush(self, name: str) -> None:
        _write(self._connection, self._generations[name], self._rows[name])

    def _reach(self, position: int) -> None:
        mine = [(name, generation.number) for name, generation in self._generations.items()]
        state = sa.tuple_(VIEW_STATE.c.view, VIEW_STATE.c.generation)
        self._connection.execute(VIEW_STATE.update().where(state.in_(mine)).values(position=position))


def _needs(view: View, recorded: Recorded) -> list[Key]:
    try:
        return list(view.needs(recorded))
    except Exception:  # noqa: BLE001 -- what is wrong with it is found again, and its stream stopped, by the fold
        return []


def _reason(error: BaseException) -> str:
    """What went wrong and where: never the message, which may hold what the event says."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "?" if trace is None else f"{trace.tb_lineno} of {trace.tb_frame.f_globals.get('__name__', '?')}"
    return f"{type(error).__name__} at line {where}"


def _declared(view: View, name: str) -> Table:
    return next(table for table in view.tables if table.name == name)


def _statement(connection: sa.Connection, kind: str, generation: Generation, table: sa.Table) -> str:
    """The text of a statement, compiled once, for the driver's own `executemany`: it is half of catching up."""
    key = (kind, table.name)
    if key not in generation.statements:
        row = table.c.row == sa.bindparam("row_")
        make: dict[str, Callable[[], Any]] = {
            "insert": table.insert,
            "delete": lambda: table.delete().where(row),
            "end": lambda: table.update().where(row, table.c.known_to.is_(None)).values(known_to=sa.bindparam("to_")),
        }
        generation.statements[key] = str(make[kind]().compile(dialect=connection.dialect))
    return generation.statements[key]


def _write(connection: sa.Connection, generation: Generation, rows: Rows) -> None:
    inserts: dict[str, list[tuple[Any, ...]]] = {}
    deletes: dict[str, list[tuple[str]]] = {}
    ends: dict[str, list[tuple[int, str]]] = {}
    declared: Mapping[str, Table] = {table.name: table for table in generation.view.tables}
    values = {name: row_values(table.names) for name, table in declared.items()}
    for key, changes in rows.changes.items():
        name, row = key
        table, existed = declared[name], rows.existed(key)
        if table.versioned:
            if existed and changes:
                ends.setdefault(name, []).append((changes[0].position, row))
            inserts.setdefault(name, []).extend(_versions(values[name], row, changes))
        elif changes:
            if existed:
                deletes.setdefault(name, []).append((row,))
            last = changes[-1].content
            if last is not None:
                inserts.setdefault(name, []).append((row, *values[name](last)))
    for kind, batch in (("end", ends), ("delete", deletes), ("insert", inserts)):
        for name, parameters in batch.items():
            if parameters:
                text = _statement(connection, kind, generation, generation.tables[name])
                connection.exec_driver_sql(text, parameters)
    if rows.sources:
        text = _statement(connection, "insert", generation, generation.sources) + " ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(text, rows.sources)
    rows.changes.clear()
    rows.sources.clear()


def row_values(columns: Sequence[str]) -> Callable[[Row], tuple[Any, ...]]:
    """Make the function that takes a row's values in the order of its columns."""
    getter = itemgetter(*columns)
    return (lambda row: (getter(row),)) if len(columns) == 1 else getter


def _versions(values: Callable[[Row], tuple[Any, ...]], row: str, changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    found = []
    for index, change in enumerate(changes):
        if change.content is None:
            continue
        ends = changes[index + 1].position if index + 1 < len(changes) else None
        found.append((row, *values(change.content), change.position, ends))
    return found
