"""The follower of the log: reads pages, lets each view fold them, and writes rows and position in one transaction.

An event a view cannot take in stops only its stream in that view and is listed with its reason. A view is rebuilt into
a new generation of its tables beside the live one, which serves until the two are swapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Condition, RLock
from typing import Any, Final, Protocol

import sqlalchemy as sa
from msgspec import structs

from hub_events.envelope import Erased, Recorded, Unreadable
from hub_events.operation import StreamErased
from hub_events.stream import kind_of
from hub_projections.database import ERASED, QUARANTINE, VIEW_STATE, Generation, State, ViewDatabase, begin
from hub_projections.table import Row, Table
from hub_projections.view import Change, Key, Rows, View

PAGE: Final = 1_000
IN_ONE_QUERY: Final = 500
LOOK_AGAIN_SECONDS: Final = 0.05


class Source(Protocol):
    """Where a follower reads from: pages of recorded events after a position."""

    def after(self, position: int, limit: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return up to `limit` events after a position; one that cannot be opened comes as `Unreadable`."""

    def head(self) -> int:
        """The position of the last event."""


Progress = Callable[[str, int, int], None]
"""Told a view's name, how far its rebuild has come and how far it has to go."""


class Runner:
    """Keeps the views of one database up with the log."""

    def __init__(
        self,
        database: ViewDatabase,
        source: Source,
        set_aside: Callable[[], frozenset[tuple[str, int]]],
        after_erasure: Callable[[StreamErased], None] = lambda erased: None,
    ) -> None:
        """Follow `source`.

        Args:
            database: where the views live.
            source: the log.
            set_aside: names the events, by stream and version, that no view is to take in.
            after_erasure: destroys the key of an erased stream; may be called more than once.
        """
        self._database = database
        self._source = source
        self._set_aside = set_aside
        self._after_erasure = after_erasure
        self._lock = RLock()
        self._advanced = Condition()
        self.position = 0

    def open(self, progress: Progress = lambda view, done, goal: None) -> None:
        """Make every view live in the version of this code, rebuilding those that are not, and catch up."""
        with self._database.engine.connect() as connection:
            live = {state.view: state for state in self._database.live(connection)}
        self.position = min((state.position for state in live.values()), default=0)
        stale = [view.name for view in self._database.views if view.name not in live]
        if stale:
            self.rebuild(stale, progress)
        self.position = min((state.position for state in self._live()), default=0)
        self.catch_up()

    def _live(self) -> list[State]:
        with self._database.engine.connect() as connection:
            return self._database.live(connection)

    def catch_up(self, upto: int | None = None) -> int:
        """Take in all there is, at most up to a position, and return the position reached."""
        while self.step(upto):
            pass
        return self.position

    def step(self, upto: int | None = None) -> int:
        """Take in one page and return how many events it held."""
        with self._lock:
            states = self._live()
            position = min((state.position for state in states), default=self.position)
            page = self._source.after(position, PAGE, upto)
            if page:
                generations = [self._database.generation(state.view, state.generation) for state in states]
                self._take_in(page, generations, position)
                position = page[-1].position
        self._reached(position)
        return len(page)

    def _reached(self, position: int) -> None:
        with self._advanced:
            self.position = max(self.position, position)
            self._advanced.notify_all()

    def wait_for(self, position: int, seconds: float) -> bool:
        """Wait until the views stand at a position or later; `False` when they did not get there in time.

        Another process may be the one that keeps the views up, so the database is asked as well.
        """
        for _ in range(max(1, round(seconds / LOOK_AGAIN_SECONDS))):
            with self._advanced:
                if self._advanced.wait_for(lambda: self.position >= position, LOOK_AGAIN_SECONDS):
                    return True
            self._reached(min((state.position for state in self._live()), default=0))
        return self.position >= position

    def rebuild(self, views: Iterable[str], progress: Progress = lambda view, done, goal: None) -> None:
        """Build views anew beside the live ones and swap them in; a rebuild that was cut off goes on where it was."""
        building = [self._building(name) for name in views]
        goal = self._source.head()
        building = self._advance(building, goal, progress)
        with self._lock:
            if self._live():
                goal = self.catch_up()
            building = self._advance(building, goal, progress)
            self._swap(building)

    def _moved(self, connection: sa.Connection, generations: Sequence[Generation], after: int) -> bool:
        found = {(state.view, state.generation): state.position for state in self._database.states(connection)}
        return any(found.get((each.view.name, each.number)) != after for each in generations)

    def _building(self, name: str) -> State:
        view = self._database.view(name)
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            states = [state for state in self._database.states(connection) if state.view == name]
            for state in states:
                if not state.live and state.version == view.version:
                    connection.exec_driver_sql("ROLLBACK")
                    return state
                if not state.live:
                    self._drop(connection, state)
            number = max((state.generation for state in states), default=0) + 1
            self._database.generation(name, number).metadata.create_all(connection)
            state = State(name, number, view.version, 0, live=False)
            connection.execute(
                VIEW_STATE.insert().values(
                    view=name, generation=number, version=view.version, position=0, live=False,
                ),
            )
            connection.exec_driver_sql("COMMIT")
        return state

    def _advance(self, building: Sequence[State], goal: int, progress: Progress) -> list[State]:
        # Generations that stand at the same position share one reading of the log.
        positions = {(state.view, state.generation): state.position for state in building}
        while (position := min(positions.values(), default=goal)) < goal:
            together = [key for key, each in positions.items() if each == position]
            upto = min([each for each in positions.values() if each > position] + [goal])
            page = self._source.after(position, PAGE, upto)
            if not page:
                break
            self._take_in(page, [self._database.generation(*key) for key in together], position)
            for key in together:
                positions[key] = page[-1].position
                progress(key[0], page[-1].position, goal)
        return [structs.replace(state, position=positions[state.view, state.generation]) for state in building]

    def _swap(self, states: Sequence[State]) -> None:
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            for state in states:
                before = [
                    each
                    for each in self._database.states(connection)
                    if each.view == state.view and each.generation != state.generation
                ]
                connection.execute(
                    VIEW_STATE.update()
                    .where(VIEW_STATE.c.view == state.view, VIEW_STATE.c.generation == state.generation)
                    .values(live=True),
                )
                for old in before:
                    self._drop(connection, old)
            connection.exec_driver_sql("COMMIT")

    def _drop(self, connection: sa.Connection, state: State) -> None:
        known = sa.MetaData()
        suffix = f"__{state.generation}"
        for name in sa.inspect(connection).get_table_names():
            if name.endswith(suffix) and self._belongs(name.removesuffix(suffix), state.view):
                sa.Table(name, known)
        known.drop_all(connection)
        for table in (VIEW_STATE, QUARANTINE):
            connection.execute(
                table.delete().where(table.c.view == state.view, table.c.generation == state.generation),
            )

    def _belongs(self, table: str, view: str) -> bool:
        return table == f"{view}_row_source" or table in {each.name for each in self._database.view(view).tables}

    def _take_in(self, page: Sequence[Recorded], generations: Sequence[Generation], after: int) -> None:
        erased: list[StreamErased] = []
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            try:
                if self._moved(connection, generations, after):
                    # Another process took the page in; what it wrote is found at the next look.
                    connection.exec_driver_sql("ROLLBACK")
                    return
                page_run = _Page(connection, generations, self._set_aside())
                for recorded in page:
                    if isinstance(recorded.event, StreamErased):
                        erased.append(recorded.event)
                page_run.take_in(page)
                page_run.finish(page[-1].position)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
        for event in erased:
            self._after_erasure(event)


class _Page:
    """One page on its way into some generations of views, inside one transaction."""

    def __init__(
        self,
        connection: sa.Connection,
        generations: Sequence[Generation],
        set_aside: frozenset[tuple[str, int]],
    ) -> None:
        self._connection = connection
        self._generations = {generation.view.name: generation for generation in generations}
        self._set_aside = set_aside
        self._erased = set(connection.execute(sa.select(ERASED.c.stream)).scalars())
        self._stopped = self._read_stopped()
        self._rows: dict[str, Rows] = {}
        self._interested: dict[str, list[View]] = {}
        self._begin_rows()

    def _read_stopped(self) -> set[tuple[str, str]]:
        rows = self._connection.execute(sa.select(QUARANTINE.c.view, QUARANTINE.c.generation, QUARANTINE.c.stream))
        return {
            (row.view, row.stream)
            for row in rows
            if row.view in self._generations and row.generation == self._generations[row.view].number
        }

    def _begin_rows(self) -> None:
        for name, generation in self._generations.items():
            rows = Rows(lambda key, generation=generation: self._fetch(generation, [key]).get(key))
            rows.refused = self._erased
            self._rows[name] = rows

    def _views_for(self, kind: str) -> list[View]:
        found = self._interested.get(kind)
        if found is None:
            views = [generation.view for generation in self._generations.values()]
            found = self._interested[kind] = [view for view in views if not view.kinds or kind in view.kinds]
        return found

    def take_in(self, page: Sequence[Recorded]) -> None:
        self._prefetch(page)
        for recorded in page:
            if isinstance(recorded.event, StreamErased):
                self._erase(recorded.event.erased)
            if (recorded.stream, recorded.version) in self._set_aside:
                continue
            for view in self._views_for(kind_of(recorded.stream)):
                self._apply(view, recorded)

    def _apply(self, view: View, recorded: Recorded) -> None:
        if (view.name, recorded.stream) in self._stopped:
            return
        if isinstance(recorded.event, Erased) and not view.sees_erased:
            return
        rows = self._rows[view.name]
        rows.begin(recorded)
        if isinstance(recorded.event, Unreadable) and not view.sees_erased:
            self._quarantine(view, recorded, recorded.event.reason)
            return
        try:
            view.apply(recorded, rows)
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError) as error:
            rows.roll_back()
            self._quarantine(view, recorded, f"{type(error).__name__} at line {_line_of(error)}")

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
        for recorded in page:
            for view in self._views_for(kind_of(recorded.stream)):
                keys = view.needs(recorded)
                if keys:
                    wanted.setdefault(view.name, set()).update(keys)
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
            table, declared = generation.tables[name], _declared(generation.view, name)
            query = sa.select(table.c.row, *(table.c[column] for column in declared.names))
            if declared.versioned:
                query = query.where(table.c.known_to.is_(None))
            for start in range(0, len(ids), IN_ONE_QUERY):
                part = query.where(table.c.row.in_(ids[start : start + IN_ONE_QUERY]))
                for row_id, *values in self._connection.execute(part):
                    found[name, row_id] = dict(zip(declared.names, values, strict=True))
        return found

    def _erase(self, stream: str) -> None:
        # What this page has brought so far must be in the tables before rows are deleted from them.
        self._flush()
        for generation in self._generations.values():
            sources = generation.sources
            rows = sa.select(sources.c.row).where(sources.c.stream == stream)
            for table in generation.tables.values():
                self._connection.execute(table.delete().where(table.c.row.in_(rows)))
            self._connection.execute(
                sources.delete().where(sources.c.row.in_(sa.select(rows.subquery().c.row))),
            )
        if stream not in self._erased:
            self._erased.add(stream)
            self._connection.execute(ERASED.insert().values(stream=stream))
        self._begin_rows()

    def _flush(self) -> None:
        for name, rows in self._rows.items():
            generation = self._generations[name]
            _write(self._connection, generation, rows)

    def finish(self, position: int) -> None:
        self._flush()
        for name, generation in self._generations.items():
            self._connection.execute(
                VIEW_STATE.update()
                .where(VIEW_STATE.c.view == name, VIEW_STATE.c.generation == generation.number)
                .values(position=position),
            )


def _line_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_lineno} of {trace.tb_frame.f_globals.get('__name__', '?')}"


def _declared(view: View, name: str) -> Table:
    return next(table for table in view.tables if table.name == name)


_STATEMENTS: dict[tuple[str, str], str] = {}


def _statement(connection: sa.Connection, kind: str, table: sa.Table) -> str:
    """The text of a statement, compiled once, for the driver's own `executemany`: it is half of catching up."""
    key = (kind, table.name)
    if key not in _STATEMENTS:
        row = table.c.row == sa.bindparam("row_")
        statement: Any = {
            "insert": lambda: table.insert(),
            "delete": lambda: table.delete().where(row),
            "end": lambda: table.update().where(row, table.c.known_to.is_(None)).values(known_to=sa.bindparam("to_")),
        }[kind]()
        _STATEMENTS[key] = str(statement.compile(dialect=connection.dialect))
    return _STATEMENTS[key]


def _write(connection: sa.Connection, generation: Generation, rows: Rows) -> None:
    inserts: dict[str, list[tuple[Any, ...]]] = {}
    deletes: dict[str, list[tuple[str]]] = {}
    ends: dict[str, list[tuple[int, str]]] = {}
    declared: Mapping[str, Table] = {table.name: table for table in generation.view.tables}
    for (name, row), changes in rows.changes.items():
        table, existed = declared[name], rows.existed((name, row))
        if table.versioned:
            if existed and changes:
                ends.setdefault(name, []).append((changes[0].position, row))
            inserts.setdefault(name, []).extend(_versions(table, row, changes))
        elif changes:
            if existed:
                deletes.setdefault(name, []).append((row,))
            last = changes[-1].content
            if last is not None:
                inserts.setdefault(name, []).append((row, *(last[column] for column in table.names)))
    for kind, batch in (("end", ends), ("delete", deletes), ("insert", inserts)):
        for name, parameters in batch.items():
            if parameters:
                text = _statement(connection, kind, generation.tables[name])
                connection.exec_driver_sql(text, parameters)  # type: ignore[arg-type]
    if rows.sources:
        text = _statement(connection, "insert", generation.sources) + " ON CONFLICT DO NOTHING"
        connection.exec_driver_sql(text, rows.sources)  # type: ignore[arg-type]
    rows.changes.clear()
    rows.sources.clear()


def _versions(table: Table, row: str, changes: Sequence[Change]) -> list[tuple[Any, ...]]:
    found = []
    for index, change in enumerate(changes):
        if change.content is None:
            continue
        ends = changes[index + 1].position if index + 1 < len(changes) else None
        found.append((row, *(change.content[column] for column in table.names), change.position, ends))
    return found
