"""What a view is: a fold of recorded events into rows, and nothing that knows a database.

A view keeps each row from the events of one stream only and joins rows when it is asked, so it cannot depend on the
order between streams, and a row needs no repair when another stream changes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar

import msgspec

from hub_events.envelope import Recorded
from hub_projections.table import Row, Table

Key = tuple[str, str]
"""A table's name and a row id."""


class Change(msgspec.Struct, gc=False):
    """One version of a row that a page brings: its content (`None` when it ends) and the position it is known from."""

    position: int
    content: Row | None


class Rows:
    """The rows a page of events works on: those the page needs, and the changes it makes to them."""

    def __init__(self, fetch: Callable[[Key], Row | None]) -> None:
        """Take rows that were not asked for in advance from `fetch`."""
        self._fetch = fetch
        self._current: dict[Key, Row | None] = {}
        self._before: dict[Key, bool] = {}
        self._undo: list[tuple[Key, Row | None, bool, Change | None]] = []
        self._sources_undo = 0
        self.changes: dict[Key, list[Change]] = {}
        self.sources: list[tuple[str, str]] = []
        self.refused: frozenset[str] | set[str] = frozenset()
        self._recorded: Recorded | None = None
        self._begun: set[str] = set()

    def load(self, key: Key, row: Row | None) -> None:
        """Enter a row as it stands in the database."""
        if key not in self._current:
            self._current[key] = row
            self._before[key] = row is not None

    def begin(self, recorded: Recorded) -> None:
        """Begin taking the changes of one event."""
        self._recorded = recorded
        if recorded.version == 1:
            self._begun.add(recorded.stream)
        if self._undo:
            self._undo = []
        self._sources_undo = len(self.sources)

    @property
    def at_hand(self) -> Recorded:
        """The event whose changes are being taken.

        Raises:
            LookupError: none was begun.
        """
        if self._recorded is None:
            raise LookupError("no event was begun")
        return self._recorded

    def roll_back(self) -> None:
        """Take back the changes of the event begun last."""
        for key, content, replaced, change in reversed(self._undo):
            self._current[key] = content
            if replaced and change is not None:
                self.changes[key][-1] = change
            else:
                self.changes[key].pop()
                if not self.changes[key]:
                    # As if it had never been put: the next put names its sources again.
                    del self.changes[key]
        self._undo.clear()
        del self.sources[self._sources_undo :]

    def get(self, table: Table, row: str) -> Row | None:
        """Return the current content of a row, or `None`; it must not be altered."""
        key = (table.name, row)
        if key not in self._current:
            # A row is the outcome of one stream's events, so there is none yet of a stream that began in this page.
            begun = table.sourced and self.at_hand.stream in self._begun
            self.load(key, None if begun else self._fetch(key))
        return self._current[key]

    def put(self, table: Table, row: str, content: Row, *sources: str) -> None:
        """Set the content of a row from the event at hand; `sources` are further streams its content comes from."""
        stream = self.at_hand.stream
        if self.refused and not self.refused.isdisjoint((stream, *sources)):
            return
        if sources or (table.name, row) not in self.changes:
            self.sources.append((row, stream))
            self.sources.extend((row, source) for source in sources)
        self._change(table, row, content)

    def put_unsourced(self, table: Table, row: str, content: Row) -> None:
        """Set the content of a row that says nothing about any stream, such as the time of a position."""
        self._change(table, row, content)

    def add(self, table: Table, row: str, content: Row, *sources: str) -> None:
        """Set the content of a row that cannot exist yet, because its id is made of this very event."""
        self.load((table.name, row), None)
        self.put(table, row, content, *sources)

    def add_unsourced(self, table: Table, row: str, content: Row) -> None:
        """Set the content of a row that cannot exist yet and says nothing about any stream."""
        self.load((table.name, row), None)
        self._change(table, row, content)

    def end(self, table: Table, row: str) -> None:
        """End a row: from the event at hand on it is no longer there."""
        if self.get(table, row) is not None:
            self._change(table, row, None)

    def _change(self, table: Table, row: str, content: Row | None) -> None:
        key = (table.name, row)
        current = self.get(table, row)
        if current == content:
            return
        position = self.at_hand.position
        changes = self.changes.get(key)
        if changes is None:
            changes = self.changes[key] = []
        if changes and changes[-1].position == position:
            self._undo.append((key, current, True, changes[-1]))
            changes[-1] = Change(position, content)
        else:
            self._undo.append((key, current, False, None))
            changes.append(Change(position, content))
        self._current[key] = content

    def existed(self, key: Key) -> bool:
        """Whether a row stood in the database before this page."""
        return self._before.get(key, False)


class View(ABC):
    """A read model: its name, its version, its tables and its fold."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]]
    kinds: ClassVar[frozenset[str]]
    """The kinds of streams it looks at; an empty set is all of them."""
    sees_erased: ClassVar[bool] = False

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """Name the rows this event will ask for, so that a page fetches them in one query."""
        del recorded
        return ()

    @abstractmethod
    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Take in one event; a view that cannot read what it ought to know raises."""

    def quarantined(self, recorded: Recorded, rows: Rows) -> None:
        """Take note that a stream cannot be followed any further."""
        del recorded, rows
