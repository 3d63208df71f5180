"""The follower of the log: reads pages, lets each view fold them, and writes rows and position in one transaction.

An event a view cannot take in stops only its stream in that view and is listed with its reason. A view is rebuilt into
a new generation of its tables beside the live one, which serves until the two are swapped.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, RLock
from typing import Final, Protocol

import sqlalchemy as sa

from hub_events.envelope import Recorded
from hub_events.operation import StreamErased
from hub_projections.database import QUARANTINE, VIEW_STATE, Generation, State, ViewDatabase, begin
from hub_projections.page import POISON, Page

PAGE: Final = 1_000
LOOK_AGAIN_SECONDS: Final = 0.05


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector of cycles rest for a block that makes very many objects and no cycles.

    It walked the rows of a page several times over, which was a seventh of catching up.
    """
    at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if at_work:
            gc.enable()


class Source(Protocol):
    """Where a follower reads from: pages of recorded events after a position."""

    def after(self, position: int, limit: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return up to `limit` events after a position; one that cannot be opened comes as `Unreadable`."""

    def head(self) -> int:
        """The position of the last event."""


Progress = Callable[[str, int, int], None]
"""Told a view's name, how far its rebuild has come and how far it has to go."""


def unheard(view: str, done: int, goal: int) -> None:
    """Tell nobody how far a rebuild has come."""
    del view, done, goal


def _no_key(erased: StreamErased) -> None:
    """Have no key to destroy."""
    del erased


class Runner:
    """Keeps the views of one database up with the log."""

    def __init__(
        self,
        database: ViewDatabase,
        source: Source,
        set_aside: Callable[[], frozenset[tuple[str, int]]],
        after_erasure: Callable[[StreamErased], None] = _no_key,
    ) -> None:
        """Follow `source`.

        Args:
            database: where the views live.
            source: the log.
            set_aside: names the events, by stream and version, that no view is to take in.
            after_erasure: destroys the key of an erased stream before its rows are gone for good; may be called more
                than once.
        """
        self._database = database
        self._source = source
        self._set_aside = set_aside
        self._after_erasure = after_erasure
        self._lock = RLock()
        self._advanced = Condition()
        self.position = 0

    def open(self, progress: Progress = unheard) -> None:
        """Make every view live in the version of this code, rebuilding those that are not, and catch up."""
        self._drop_outdated()
        live = {state.view: state for state in self._live()}
        self.position = min((state.position for state in live.values()), default=0)
        stale = [view.name for view in self._database.views if view.name not in live]
        if stale:
            self.rebuild(stale, progress)
        self.position = min((state.position for state in self._live()), default=0)
        self.catch_up()

    def _live(self) -> list[State]:
        with self._database.engine.connect() as connection:
            return self._database.live(connection)

    def _drop_outdated(self) -> None:
        """Drop tables no erasure would reach: those of views that are no more and of versions nobody will finish."""
        versions = {view.name: view.version for view in self._database.views}
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            for state in self._database.states(connection):
                outdated = state.version != versions.get(state.view)
                if state.view not in versions or (outdated and not state.live):
                    self._drop(connection, state)
            connection.exec_driver_sql("COMMIT")

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
            ahead = [state.position for state in states if state.position > position]
            page = self._source.after(position, PAGE, min([*ahead, *([] if upto is None else [upto])], default=None))
            if page:
                behind = [state for state in states if state.position == position]
                generations = [self._database.generation(state.view, state.generation) for state in behind]
                taken = self._take_in(page, generations, position)
                if taken and not ahead:
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

    def rebuild(self, views: Iterable[str], progress: Progress = unheard) -> None:
        """Build views anew beside the live ones and swap them in; a rebuild that was cut off goes on where it was."""
        building = [self._building(name) for name in views]
        self._advance(building, self._source.head(), progress)
        with self._lock:
            while True:
                goal = self.catch_up() if self._live() else self._source.head()
                self._advance(building, goal, progress)
                if self._swap(building):
                    return

    def _building(self, name: str) -> State:
        """Begin a generation, or find the one that was begun; one that met what it could not follow is begun anew."""
        view = self._database.view(name)
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            states = [state for state in self._database.states(connection) if state.view == name]
            for state in states:
                if state.live:
                    continue
                stopped = connection.execute(
                    sa.select(sa.func.count())
                    .select_from(QUARANTINE)
                    .where(QUARANTINE.c.view == name, QUARANTINE.c.generation == state.generation),
                ).scalar()
                if state.version == view.version and not stopped:
                    connection.exec_driver_sql("ROLLBACK")
                    return state
                self._drop(connection, state)
            number = max((state.generation for state in states), default=0) + 1
            tables = self._database.generation(name, number).metadata
            tables.create_all(connection)
            state = State(name, number, view.version, 0, live=False, tables=tuple(sorted(tables.tables)))
            connection.execute(
                VIEW_STATE.insert().values(
                    view=name,
                    generation=number,
                    version=view.version,
                    position=0,
                    live=False,
                    tables=" ".join(state.tables),
                ),
            )
            connection.exec_driver_sql("COMMIT")
        return state

    def _advance(self, building: Sequence[State], goal: int, progress: Progress) -> None:
        """Bring generations to a position; those that stand at the same one share a reading of the log."""
        wanted = {(state.view, state.generation) for state in building}
        while True:
            with self._database.engine.connect() as connection:
                states = self._database.states(connection)
            # Looked up anew for each page, because another process may be building the same generation.
            positions = {
                (state.view, state.generation): state.position
                for state in states
                if (state.view, state.generation) in wanted
            }
            position = min(positions.values(), default=goal)
            if position >= goal:
                return
            together = [key for key, each in positions.items() if each == position]
            upto = min([each for each in positions.values() if each > position] + [goal])
            page = self._source.after(position, PAGE, upto)
            if not page:
                return
            if self._take_in(page, [self._database.generation(*key) for key in together], position):
                for view, _ in together:
                    progress(view, page[-1].position, goal)

    def _swap(self, building: Sequence[State]) -> bool:
        """Make generations live that stand where the live ones do; `False` when those have moved on meanwhile."""
        wanted = {(state.view, state.generation) for state in building}
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            built = [state for state in self._database.states(connection) if (state.view, state.generation) in wanted]
            goal = max((state.position for state in self._database.live(connection)), default=0)
            if any(state.position < goal for state in built):
                connection.exec_driver_sql("ROLLBACK")
                return False
            for state in built:
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
        return True

    @staticmethod
    def _drop(connection: sa.Connection, state: State) -> None:
        known = sa.MetaData()
        for name in state.tables:
            sa.Table(name, known)
        known.drop_all(connection)
        for table in (VIEW_STATE, QUARANTINE):
            connection.execute(
                table.delete().where(table.c.view == state.view, table.c.generation == state.generation),
            )

    def _take_in(self, page: Sequence[Recorded], generations: Sequence[Generation], after: int) -> bool:
        """Take in a page; `False` when another process has taken it in, or a part of it."""
        try:
            with collector_at_rest():
                return self._write(page, generations, after, careful=False)
        except POISON:
            if len(page) == 1:
                return self._write(page, generations, after, careful=True)
        # An event whose rows cannot be written is found by halving, so that a healthy page costs nothing for it.
        middle = len(page) // 2
        first, rest = page[:middle], page[middle:]
        return self._take_in(first, generations, after) and self._take_in(rest, generations, first[-1].position)

    def _write(
        self,
        page: Sequence[Recorded],
        generations: Sequence[Generation],
        after: int,
        *,
        careful: bool,
    ) -> bool:
        with self._database.engine.connect() as connection:
            begin(connection, write=True)
            try:
                if self._moved(connection, generations, after):
                    # Another process took the page in; what it wrote is found at the next look.
                    connection.exec_driver_sql("ROLLBACK")
                    return False
                known = self._database.known(connection)
                taking = Page(connection, generations, known, self._set_aside(), careful=careful)
                taking.take_in(page)
                for erased in taking.newly_erased:
                    # Before the commit: what is committed is never looked at again, so a key left over would stay.
                    self._after_erasure(erased)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
        return True

    def _moved(self, connection: sa.Connection, generations: Sequence[Generation], after: int) -> bool:
        found = {(state.view, state.generation): state.position for state in self._database.states(connection)}
        return any(found.get((each.view.name, each.number)) != after for each in generations)
