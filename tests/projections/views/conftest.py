"""Given what happened, when somebody asks a view, then rows: a real hub on encrypted files, told what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from hub_events.catalogue import Event, catalogue
from hub_events.condition import Condition
from hub_events.envelope import Actor, Envelope, Labels, Recorded, Unreadable
from hub_events.stream import Stream, stream
from hub_projections.database import Reader, ViewDatabase
from hub_projections.runner import Runner
from hub_projections.views import all_views
from hub_services import policy
from hub_services.caller import Caller
from hub_services.decisions.operation import EraseStream
from hub_services.hub import Hub, migrate, view_engine
from hub_services.log.mapper import Draft
from hub_services.log.store import Write
from hub_services.settings import REAL, Settings

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
"""A Thursday in office hours, when the stories begin."""

TEAM = Labels(owning_agency="GMP", team="PROTECT")
KEY = bytes(range(32))


def somebody(role: str, **more: object) -> Caller:
    """Somebody who asks, of the police and of no team unless it is said."""
    fields: dict[str, object] = {"account": f"account-{role}", "agency": "GMP", "purpose": "SAFEGUARDING", **more}
    return Caller(role=role, roles=(role,), **fields)


SUPERVISOR = somebody("SPECIALIST_SUPERVISOR", teams=("PROTECT",))
OUTSIDERS = (
    somebody("SPECIALIST_SUPERVISOR", teams=("BURY_PHOENIX",)),
    somebody("FORCE_INTELLIGENCE_OFFICER", agency="SYP"),
    somebody("ADMINISTRATOR", teams=("PROTECT",)),
    somebody("AUDITOR", teams=("PROTECT",)),
    somebody("SPECIALIST_SUPERVISOR", teams=("PROTECT",), purpose=""),
)
"""Those who must see nothing: of another team, of another force, without a role that reads, without a purpose."""


class Told:
    """What happened, stream by stream; each event a minute after the one before unless it is said."""

    supervisor = SUPERVISOR
    intelligence_officer = somebody("FORCE_INTELLIGENCE_OFFICER")
    manager = somebody("MANAGER", teams=("PROTECT",))
    outsiders = OUTSIDERS
    somebody = staticmethod(somebody)

    @staticmethod
    def named(kind: str, word: str) -> Stream:
        """Name a stream after a word, such as `report:first_________________`."""
        return stream(kind, f"{word:_<22}")

    @staticmethod
    def minute(count: int) -> datetime:
        """The moment so many minutes into the story."""
        return NOW + timedelta(minutes=count)

    def __init__(self) -> None:
        self.streams: dict[str, list[Recorded]] = {}
        self.count = 0

    def given(
        self,
        name: str,
        *events: Event | Unreadable,
        by: tuple[str, str] = ("system", "SYSTEM"),
        at: datetime | None = None,
        labels: Labels = TEAM,
    ) -> list[Recorded]:
        """Record events in a stream, by an account in a role; a stream keeps the labels it began with."""
        past = self.streams.setdefault(name, [])
        added = []
        for event in events:
            envelope = Envelope(
                recorded_at=at or self.minute(self.count),
                actor=Actor(by[0], "GMP", by[1]),
                purpose="SAFEGUARDING",
                regime="UK_GDPR",
                lawful_basis="UKGDPR_6_1_C_D_E",
                command_id=b"given",
                labels=past[0].envelope.labels if past else labels,
            )
            self.count += 1
            topic = catalogue.encode(event)[0] if isinstance(event, Event) else "unreadable/1"
            past.append(Recorded(self.count, Stream(name), len(past) + 1, topic, envelope, event))
            added.append(past[-1])
        return added

    def shuffled(self, seed: int) -> list[Recorded]:
        """All events with the streams mixed anew, each stream in its own order."""
        random = Random(seed)
        left = [list(events) for events in self.streams.values()]
        mixed: list[Recorded] = []
        while left:
            chosen = random.choice(left)
            recorded = chosen.pop(0)
            mixed.append(
                Recorded(
                    len(mixed) + 1,
                    recorded.stream,
                    recorded.version,
                    recorded.topic,
                    recorded.envelope,
                    recorded.event,
                )
            )
            left = [events for events in left if events]
        return mixed


class Story(Told):
    """What happened, on the log of a real hub."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub
        self.keys: dict[str, int] = {}

    def given(self, name: str, *events: Event | Unreadable, **how: object) -> list[Recorded]:
        """Record events on the hub's log as well."""
        added = super().given(name, *events, **how)
        for recorded in added:
            draft = Draft(name, recorded.version - 1, (recorded.event,), recorded.envelope, self.keys.get(name, 0))
            self.hub.log.append(Write((draft,)))
            self.keys[name] = self.hub.log.past(name)[0].key_id
        return added

    def erase(self, name: str) -> None:
        """Order a stream to be erased; the views erase it when they are asked next."""
        administrator = somebody("ADMINISTRATOR", agency="HUB")
        command = EraseStream(erased=Stream(name), reason="Asked for", authority="Data protection officer")
        self.hub.ask(command, administrator, name)

    @contextmanager
    def asked(self, caller: Caller) -> Iterator[tuple[Reader, Condition]]:
        """Lend a snapshot of the views, caught up, and the condition under which a caller sees rows."""
        self.hub.runner.catch_up()
        assert self.hub.views.quarantine() == []
        with self.hub.views.reading() as reader:
            yield reader, policy.visible(caller)

    def ask(self, query: Callable[..., object], caller: Caller, *about: object, **how: object) -> object:
        """Run one query of a view as a caller."""
        with self.asked(caller) as (reader, condition):
            return query(reader, condition, *about, **how)

    def count_all(self, query: Callable[..., object], *about: object) -> object:
        """Run one query that is the hub's own and asks for no condition."""
        with self.asked(SUPERVISOR) as (reader, _):
            return query(reader, *about)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A real hub with its master key outside its folder, and nothing told yet."""
    key_file = tmp_path / "master.key"
    key_file.write_text(KEY.hex(), encoding="ascii")
    settings = Settings(folder=tmp_path / "data", master_key_file=key_file, profile=REAL)
    migrate(settings)
    with Hub(settings) as hub:
        hub.runner.open()
        yield Story(hub)


class Listed:
    """A log that is a list, read in pages of a few events."""

    def __init__(self, events: Sequence[Recorded], page: int) -> None:
        self.events = events
        self.page = page

    def after(self, position: int, limit: int, upto: int | None = None) -> Sequence[Recorded]:
        last = len(self.events) if upto is None else upto
        return self.events[position : min(position + min(limit, self.page), last)]

    def head(self) -> int:
        return len(self.events)


Rows = dict[str, list[tuple[object, ...]]]


@contextmanager
def following(path: Path, events: Sequence[Recorded], page: int = 1_000) -> Iterator[ViewDatabase]:
    """Follow a list of events into views in an encrypted file."""
    database = ViewDatabase(view_engine(path, KEY), all_views())
    database.migrate()
    try:
        Runner(database, Listed(events, page), frozenset).open()
        yield database
    finally:
        database.engine.dispose()


def rows_of(database: ViewDatabase, *names: str) -> Rows:
    """Return the rows of some views, with the streams they come from."""
    found: Rows = {}
    with database.engine.connect() as connection:
        for state in database.live(connection):
            if state.view in names:
                generation = database.generation(state.view, state.generation)
                tables = {**generation.tables, f"{state.view} sources": generation.sources}
                for name, table in tables.items():
                    rows = connection.execute(sa.select(table)).all()
                    found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


@pytest.fixture
def told() -> Told:
    """Nothing told yet, and no hub."""
    return Told()


@pytest.fixture
def follow(tmp_path: Path) -> Callable[..., AbstractContextManager[Reader]]:
    """Follow what was told and lend a snapshot of the views; so many streams were stopped on the way."""

    @contextmanager
    def reading(told: Told, stopped: int = 0) -> Iterator[Reader]:
        with following(tmp_path / "views", told.shuffled(0)) as database:
            assert len({row["stream"] for row in database.quarantine()}) == stopped
            with database.reading() as reader:
                yield reader

    return reading


@pytest.fixture
def plan() -> Callable[..., list[str]]:
    """Tell how the engine finds the rows of a query of a view: through which index, or by reading a whole table."""

    def explained(reader: Reader, query: Callable[..., object], *about: object, **how: object) -> list[str]:
        asked: list[tuple[str, object]] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        sa.event.listen(reader.connection, "before_cursor_execute", note)
        query(reader, *about, **how)
        sa.event.remove(reader.connection, "before_cursor_execute", note)
        return [
            row.detail
            for statement, parameters in asked
            for row in reader.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    return explained


@pytest.fixture
def same_in_any_order(tmp_path: Path) -> Callable[..., Rows]:
    """Check that a view has the same rows whatever the order between streams and wherever pages end."""

    def check(told: Told, name: str) -> Rows:
        found = []
        for seed, page in enumerate((1_000, 1, 2, 3, 7, 1_000)):
            with following(tmp_path / f"views-{seed}", told.shuffled(seed), page) as database:
                assert database.quarantine() == []
                found.append(rows_of(database, name))
        assert all(rows == found[0] for rows in found)
        return found[0]

    return check
