"""How long views take to catch up with the whole log, beside the replay floor that then writes the very same rows.

What the views write, page by page, is kept from one run. The floor sends it again through the bare driver to a file
made the same way, and the position with it, and folds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa

from hub_events.envelope import Recorded
from hub_projections.database import ViewDatabase
from hub_projections.runner import Runner
from hub_projections.views import all_views
from hub_services import sqlite
from hub_services.bench.floor import replayed
from hub_services.bench.material import MASTER, Place
from hub_services.bench.report import TIMES, Finding, Goal, middle, timed
from hub_services.bench.story import Copies, told
from hub_services.hub import LogSource, view_engine
from hub_services.log import Log

ROUNDS: Final = 5
KEY: Final = bytes(32)
POSITION: Final = "UPDATE view_state SET position = ?"

Batch = tuple[str, Sequence[Any]]


class _Gate:
    """The log, empty until it is opened, so that what is timed is the catching up and not the making of tables."""

    def __init__(self, log: Log) -> None:
        self._source = LogSource(log)
        self.open = False

    def after(self, position: int, limit: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return a page."""
        return self._source.after(position, limit, upto) if self.open else []

    def head(self) -> int:
        """The last position."""
        return self._source.head() if self.open else 0


class _Views:
    """Views in a file of their own, at position 0."""

    def __init__(self, path: Path, log: Log) -> None:
        self.engine = view_engine(path, KEY)
        database = ViewDatabase(self.engine, all_views())
        database.migrate()
        self._gate = _Gate(log)
        self._runner = Runner(database, self._gate, frozenset)
        self._runner.open()

    def catch_up(self) -> None:
        """Take in the whole log."""
        self._gate.open = True
        self._runner.catch_up()


def _written(views: _Views) -> list[list[Batch]]:
    """Catch up and return what was written, page by page, but for the positions."""
    pages: list[list[Batch]] = [[]]

    def keep(_connection: object, _cursor: object, text: str, values: Any, _context: object, many: bool) -> None:  # noqa: ANN401, FBT001 -- as SQLAlchemy calls it
        if text == "COMMIT":
            pages.append([])
        elif "__" in text and text.startswith(("INSERT", "UPDATE", "DELETE")):
            pages[-1].append((text, list(values) if many else [values]))

    sa.event.listen(views.engine, "before_cursor_execute", keep)
    views.catch_up()
    sa.event.remove(views.engine, "before_cursor_execute", keep)
    return pages[:-1]


def _floor(views: _Views, pages: list[list[Batch]], files: tuple[Path, Path, bytes]) -> None:
    """Replay the log, and after each page write what the views wrote."""
    connection = views.engine.raw_connection()
    try:
        driver = cast("sqlite.Connection", connection.driver_connection)
        for position, page in zip(replayed(*files), pages, strict=True):
            driver.execute("BEGIN IMMEDIATE")
            for text, rows in page:
                driver.executemany(text, rows)
            driver.execute(POSITION, (position,))
            driver.execute("COMMIT")
    finally:
        connection.close()


def bench_catchup(folder: Path, events: int) -> Iterator[Finding]:
    """Catch up with about `events` events of stories, all views from the first event."""
    place = Place(folder / "log")
    count = Copies(told(folder)).fill(place.log, place.vault, events)
    files = (place.log_file, place.folder / "vault.sqlite", MASTER)
    pages = _written(_Views(folder / "kept.sqlite", place.log))
    pairs = []
    for number in range(ROUNDS):
        ours, floor = (_Views(folder / f"{name}-{number}.sqlite", place.log) for name in ("ours", "floor"))
        pairs.append((timed(ours.catch_up), timed(lambda floor=floor: _floor(floor, pages, files))))  # type: ignore[misc]
        ours.engine.dispose()
        floor.engine.dispose()
    place.close()
    figure, bottom = middle((each for each, _ in pairs), count), middle((each for _, each in pairs), count)
    yield Finding("catchup", figure, TIMES, bottom, figure / bottom, Goal(most=1.8))
