"""A rebuild equals what was live, whatever happened, however it was followed and in whatever order streams came.

Random histories are followed as a hub follows its log: in pages that end anywhere, with erasures, with the hub opened
anew and with rebuilds between, some of them cut off. Then the live views are compared, byte for byte, with views made
from the log afresh, and their current rows, without positions, with those of a log of the same streams shuffled.
"""

import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from msgspec.structs import replace

from hub_events import stream
from hub_events.envelope import Recorded
from hub_projections import page, runner, views
from hub_projections.database import ViewDatabase
from hub_projections.dump import difference, dump
from hub_projections.runner import Runner
from hub_projections.table import Table, integers, text
from hub_projections.view import View
from hub_projections.views.labels import LabelsView
from hub_services import hub as hubs
from hub_services.hub import Hub, LogSource, view_engine

SIZES = {"small": (8, 20), "ci": (60, 40)}
COMMANDS = {"small": (2, 60), "ci": (15, 200)}
EVERYTHING = 100_000
SMALL_PAGE = 7
ABOUT_POSITIONS = ("moments",)
"""Views that say at which position the clock stood where: another order of the log is another answer."""


class CutOffError(Exception):
    """What a crash in the middle of a rebuild looks like from inside."""


class Shuffled:
    """A log that holds the same streams as another, each in its own order, all of them interleaved at random."""

    def __init__(self, events, chance):
        streams = {}
        for each in events:
            streams.setdefault(each.stream, []).append(each)
        slots = [name for name, past in streams.items() for _ in past]
        chance.shuffle(slots)
        following = {name: iter(past) for name, past in streams.items()}
        self.events = [replace(next(following[name]), position=number) for number, name in enumerate(slots, 1)]

    def after(self, position, limit, upto=None):
        return self.events[position : min(position + limit, len(self.events) if upto is None else upto)]

    def head(self):
        return len(self.events)


def fresh(source, folder, name, set_aside=frozenset):
    """The dumps of all views made from a log afresh, with and without positions."""
    engine = view_engine(folder / f"{name}.sqlite", bytes(32))
    try:
        database = ViewDatabase(engine, views.all_views())
        database.migrate()
        Runner(database, source, set_aside).open()
        return dumps(database)
    finally:
        engine.dispose()
        (folder / f"{name}.sqlite").unlink()


def dumps(database):
    with database.reading() as reader:
        return {
            (view.name, positions): list(dump(reader, view.name, positions=positions))
            for view in database.views
            for positions in (True, False)
        }


def differing(one, other, *, positions):
    """Where two sets of dumps differ."""
    return {
        view: difference(lines, other[view, with_positions])
        for (view, with_positions), lines in one.items()
        if with_positions is positions and (positions or view not in ABOUT_POSITIONS)
        if lines != other[view, with_positions]
    }


class Followed(RuleBasedStateMachine):
    """A hub that is written to, followed, rebuilt and opened anew as chance will have it."""

    histories: ClassVar[object]
    counts: ClassVar[dict[str, int]]

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="rebuild-"))
        self.book = self.histories.Book(self.folder)
        self.book.hub.runner.open()
        self.history = self.histories.History(Random(0))

    @property
    def hub(self):
        return self.book.hub

    @rule(chance=st.randoms(use_true_random=True), steps=st.integers(1, 12))
    def write(self, chance, steps):
        self.history.chance = chance
        for _ in range(steps):
            step = self.history.step()
            self.book.write(step)
            if step.erased:
                # Nobody writes to a stream whose key is gone, so the key goes before the next step.
                self.hub.runner.catch_up()

    @rule(share=st.floats(0, 1))
    def follow(self, share):
        position, head = self.hub.runner.position, self.hub.log.head()
        self.hub.runner.catch_up(position + round((head - position) * share))

    @rule(names=st.sets(st.sampled_from([view.name for view in views.all_views()]), min_size=1))
    def rebuild(self, names):
        self.hub.rebuild(sorted(names))

    @rule(name=st.sampled_from([view.name for view in views.all_views()]))
    def rebuild_and_crash(self, name):
        def crash(view, done, goal):
            raise CutOffError

        try:
            self.hub.rebuild([name], crash)
        except CutOffError:
            self.counts["cut off"] += 1

    @rule()
    def open_anew(self):
        self.hub.close()
        self.book.hub = Hub(self.hub.settings)
        self.hub.runner.open()

    def teardown(self):
        try:
            self.hub.runner.catch_up()
            live = dumps(self.hub.views)
            assert self.hub.views.quarantine() == []
            made = fresh(LogSource(self.hub.log), self.folder, "fresh")
            assert differing(live, made, positions=True) == {}
            events = self.hub.log.after(0, EVERYTHING)
            shuffled = fresh(Shuffled(events, Random(len(events))), self.folder, "shuffled")
            assert differing(live, shuffled, positions=False) == {}
            self.counts["histories"] += 1
            self.counts["events"] += len(events)
            self.counts["erased"] += len(self.history.erased)
            self.counts["rows"] += sum(len(lines) for (_, positions), lines in live.items() if positions)
        finally:
            self.book.close()
            shutil.rmtree(self.folder)


def run(histories, monkeypatch, examples, steps):
    """Run random histories and return what was compared."""
    monkeypatch.setattr(runner, "PAGE", SMALL_PAGE)
    counts = dict.fromkeys(("histories", "events", "erased", "rows", "cut off"), 0)
    machine = type("Machine", (Followed,), {"histories": histories, "counts": counts})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return counts


def test_a_rebuild_equals_what_was_live(histories, size, monkeypatch, scoreboard):
    examples, steps = SIZES[size]

    counts = run(histories, monkeypatch, examples, steps)

    # In a few histories chance may leave out a way that many have.
    surely = counts if size == "ci" else ("histories", "events", "rows")
    assert min(counts[name] for name in surely) > 0
    scoreboard("rebuild-equals-live", **{name.replace(" ", "-"): figure for name, figure in counts.items()})


def test_a_rebuild_equals_what_was_live_after_the_real_commands(offices, size, scoreboard, tmp_path):
    examples, steps = COMMANDS[size]
    rows = done = 0
    for seed in range(examples):
        folder = tmp_path / str(seed)
        office = offices.Office(folder, Random(seed))
        try:
            office.work(steps)
            live = dumps(office.hub.views)
            assert office.hub.views.quarantine() == []
            assert differing(live, fresh(LogSource(office.hub.log), folder, "fresh"), positions=True) == {}
            shuffled = Shuffled(office.hub.log.after(0, EVERYTHING), Random(seed))
            assert differing(live, fresh(shuffled, folder, "shuffled"), positions=False) == {}
            done += office.done
            rows += sum(len(lines) for (_, positions), lines in live.items() if positions)
        finally:
            office.close()
    assert rows > 0
    scoreboard("rebuild-equals-live-by-commands", histories=examples, commands=done, rows=rows)


class Forgetful(View):
    """Keeps in memory what it should keep in rows."""

    name: ClassVar[str] = "planted"
    tables: ClassVar[tuple[Table, ...]] = (Table("planted", integers("seen")),)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.REPORT})

    def __init__(self):
        self.seen = 0

    def apply(self, recorded, rows):
        self.seen += 1
        rows.put(self.tables[0], recorded.stream, {"seen": self.seen})


class Nosy(View):
    """Looks at the row of another stream while it folds."""

    name: ClassVar[str] = "planted"
    tables: ClassVar[tuple[Table, ...]] = (Table("planted", text("of_report")),)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.REPORT, stream.TRIAGE})

    def apply(self, recorded: Recorded, rows):
        other = recorded.stream.replace("triage:", "report:")
        found = rows.get(self.tables[0], other)
        rows.put(self.tables[0], recorded.stream, {"of_report": "known" if found else "unknown"})


class Late(View):
    """Names a stream a row comes from only when the row stands already."""

    name: ClassVar[str] = "planted"
    tables: ClassVar[tuple[Table, ...]] = (Table("planted", integers("version")),)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.CASE})

    def apply(self, recorded, rows):
        named = getattr(recorded.event, "mention", "")
        rows.put(self.tables[0], recorded.stream, {"version": recorded.version}, *([named] if named else []))


@pytest.mark.parametrize("planted", [Forgetful, Nosy, Late])
def test_a_view_that_breaks_the_rules_is_found(histories, monkeypatch, tmp_path, planted):
    monkeypatch.setattr(runner, "PAGE", SMALL_PAGE)
    for module in (views, hubs):
        monkeypatch.setattr(module, "all_views", lambda: (LabelsView(), planted()))

    assert any(a_rebuild_differs(histories, tmp_path / str(number), number) for number in range(60))


def test_rows_that_outlive_an_erasure_are_found(histories, monkeypatch, tmp_path):
    def keep_rows(self, event):
        self._erased.add(event.erased)
        self.newly_erased.append(event)

    monkeypatch.setattr(page.Page, "_erase", keep_rows)

    assert any(a_rebuild_differs(histories, tmp_path / str(number), number) for number in range(60))


def a_rebuild_differs(histories, folder, number):
    """Whether live views differ from a rebuild, or from one with the streams shuffled, after the history of a seed."""
    book = histories.Book(folder)
    try:
        book.hub.runner.open()
        for step in histories.History(Random(number)).grow(40):
            book.write(step)
            if step.erased:
                book.hub.runner.catch_up()
        book.hub.runner.catch_up()
        live = dumps(book.hub.views)
        made = fresh(LogSource(book.hub.log), folder, "fresh")
        shuffled = fresh(Shuffled(book.hub.log.after(0, EVERYTHING), Random(number)), folder, "shuffled")
    finally:
        book.close()
    return bool(differing(live, made, positions=True) or differing(live, shuffled, positions=False))
