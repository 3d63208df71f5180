"""A real hub in a temporary folder, written to without its rules, and views of a few lines to follow it with."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub_events.envelope import Labels
from hub_events.stream import MENTION, stream
from hub_projections.database import ViewDatabase
from hub_projections.runner import Runner
from hub_projections.views import all_views
from hub_services.hub import LogSource, view_engine


def load_histories():
    """The random histories of the proofs; no folder of tests is on the import path."""
    name = "history_of_proofs"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "proofs" / "history.py"
        spec = spec_from_file_location(name, path)
        module = module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class Tale:
    """A hub that is told what happened, one stream at a time, and views that follow it."""

    def __init__(self, folder):
        self.histories = load_histories()
        self.folder = folder
        self.book = self.histories.Book(folder)
        self.hub = self.book.hub
        self.at = self.histories.BEGINNING
        self._made = 0
        self._engines = []
        self._erasures = 0

    @property
    def log(self):
        return self.hub.log

    def new(self, kind=MENTION):
        """The name of another stream."""
        self._made += 1
        return stream(kind, f"{self._made:022d}")

    def tell(self, name, *events, by=0, **labels):
        """Append events to a stream, a minute after what was told before, and return the last position."""
        self.at += self.histories.timedelta(minutes=1)
        fields = {"owning_agency": "GMP", "team": "PROTECT", **labels}
        part = self.histories.Part(name, events, Labels(**fields))
        return self.book.append(self.at, self.histories.PEOPLE[by], part)

    def erase(self, name):
        """Order the key of a stream to be destroyed; followers do it."""
        self._erasures += 1
        identity = f"{self._erasures:022d}"
        step = self.histories.Transaction(self.at, self.histories.PEOPLE[0], erased=name, identity=identity)
        return self.book.write(step)

    def follow(self, *views, name="views"):
        """A database of views of its own, and what keeps it up with the log."""
        engine = view_engine(self.folder / f"{name}.sqlite", bytes(32))
        self._engines.append(engine)
        database = ViewDatabase(engine, views or all_views())
        database.migrate()
        return database, Runner(database, LogSource(self.log), self.hub.set_aside_events)

    def close(self):
        for engine in self._engines:
            engine.dispose()
        self.book.close()


@pytest.fixture
def tale(tmp_path):
    found = Tale(tmp_path)
    yield found
    found.close()


@pytest.fixture
def rows_of():
    """All rows of a table of a live view."""

    def ask(database, table):
        with database.reading() as reader:
            rows = reader.rows(sa.select(reader.table(table)).order_by("row"))
            return {row["row"]: {name: row[name] for name in table.names} for row in rows}

    return ask


@pytest.fixture
def stopped():
    """What live views could not follow: view, stream, version and reason."""

    def ask(database):
        return [(row.view, row.stream, row.stream_version, row.reason) for row in database.quarantine()]

    return ask
