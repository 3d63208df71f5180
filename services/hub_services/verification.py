"""Verifying a hub: every row of the log opens and stands in its place, and the live views equal a rebuild."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from hub_events.envelope import Erased, Recorded
from hub_events.operation import StreamErased
from hub_projections.database import Reader, ViewDatabase
from hub_projections.dump import dump
from hub_projections.runner import Progress, Runner, unheard
from hub_projections.views import all_views
from hub_services.hub import Hub, view_engine
from hub_services.log.frame import Row, TamperedError

PAGE: Final = 1_000
MOST_NAMED: Final = 20


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it ought to be, named by ids and never by content."""

    what: str
    where: str


def verify(hub: Hub, progress: Progress = unheard) -> Iterator[Finding]:
    """Give everything that is not as it ought to be; nothing when the hub is sound."""
    for sentence in hub.log.check():
        yield Finding("the log's file is damaged", sentence)
    yield from _log(hub, progress)
    for row in hub.views.quarantine():
        where = f"{row['stream']} version {row['stream_version']}"
        yield Finding(f"the view {row['view']} could not follow a stream", where)
    yield from _views(hub, progress)


def _log(hub: Hub, progress: Progress) -> Iterator[Finding]:
    head, position = hub.log.head(), 0
    versions: dict[str, int] = {}
    erased: set[str] = set()
    gone: set[str] = set()
    while page := hub.log.rows_after(position, PAGE, head):
        for row in page:
            if row[0] != position + 1:
                yield Finding("positions are missing from the log", f"after position {position}")
            position = row[0]
            if row[2] != versions.get(row[1], 0) + 1:
                yield Finding("versions are missing from a stream", f"{row[1]} before version {row[2]}")
            versions[row[1]] = row[2]
        yield from _opened(hub, page, erased, gone)
        progress("log", position, head)
    if position != head:
        yield Finding("the end of the log is missing", f"after position {position} of {head}")
    for stream in sorted(gone - erased):
        yield Finding("a key is missing of a stream nobody erased", stream)
    for stream in sorted(erased - gone):
        yield Finding("a stream was erased and its key is still there", stream)


def _opened(hub: Hub, page: list[Row], erased: set[str], gone: set[str]) -> Iterator[Finding]:
    try:
        opened = hub.log.open_rows(page)
    except TamperedError:
        opened = []
        for row in page:
            try:
                opened += hub.log.open_rows([row])
            except TamperedError:
                yield Finding("a row is not the one that was written", f"{row[1]} version {row[2]}")
    for recorded in opened:
        if isinstance(recorded.event, Erased):
            gone.add(recorded.stream)
        elif isinstance(recorded.event, StreamErased):
            erased.add(recorded.event.erased)


def _views(hub: Hub, progress: Progress) -> Iterator[Finding]:
    """Rebuild every view from the log into a file beside the live ones and compare the two."""
    with TemporaryDirectory(dir=hub.settings.folder, prefix="verify-") as folder, hub.views.reading() as live:
        engine = view_engine(Path(folder) / "views.sqlite", hub.vault.secret("views"))
        try:
            fresh = ViewDatabase(engine, all_views())
            fresh.migrate()
            runner = Runner(fresh, _Until(hub, live.position), hub.set_aside_events)
            runner.open(progress)
            with fresh.reading() as rebuilt:
                for view in hub.views.views:
                    yield from _compared(view.name, live, rebuilt)
        finally:
            engine.dispose()


class _Until:
    """The log as it was when its head stood at a position."""

    def __init__(self, hub: Hub, head: int) -> None:
        self._source, self._head = hub.source, head

    def after(self, position: int, limit: int, upto: int | None = None) -> list[Recorded]:
        return self._source.after(position, limit, self._head if upto is None else min(upto, self._head))

    def head(self) -> int:
        return self._head


def _compared(view: str, live: Reader, rebuilt: Reader) -> Iterator[Finding]:
    mine, theirs = list(dump(live, view)), list(dump(rebuilt, view))
    if mine == theirs:
        return
    for place, line in _places(set(mine) ^ set(theirs)):
        yield Finding(f"the view {view} differs from a rebuild", f"{place} {line}")


def _places(lines: Iterable[bytes]) -> list[tuple[str, str]]:
    found = sorted({(str(line[0]), str(line[1])) for line in map(json.loads, lines)})
    return found[:MOST_NAMED] or [("rows", "stand in another order")]
