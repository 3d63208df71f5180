"""What a timeline says as known at a position, and to whom (architecture.md 3 and 6; features.md B6, 5.3, 5.8).

(a) With access off and nothing erased, the rows known at p are those of a hub whose log ends at p.
(b) For any viewer they are exactly (a) less those with a stream that today's labels, memberships or erasures refuse.

Two hubs are written to with the same random history, step by step, at the same positions: in one nothing is ever
erased. A second set of views follows that one and is asked at the end of each transaction, when it is a hub whose log
ends there. Who may see what is worked out here from the events and `may` alone, without SQL and without the views.
"""

from contextlib import contextmanager
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_events import case, stream
from hub_events.condition import Known
from hub_events.mention import MentionMade
from hub_events.operation import StreamErased
from hub_events.stream import kind_of
from hub_projections import timeline_query
from hub_projections.database import ViewDatabase
from hub_projections.runner import Runner
from hub_projections.views import all_views
from hub_projections.views.timeline import Filters, sentence, timeline
from hub_services import policy
from hub_services.hub import LogSource, view_engine

SIZES = {"small": (8, 40), "ci": (60, 80)}
COMMANDS = {"small": (2, 60), "ci": (15, 150)}
EVERYTHING = 100_000


class Twins:
    """The same history in a hub that erases and in one that does not, and views that follow the latter closely."""

    def __init__(self, histories, folder):
        self.histories = histories
        self.plain = histories.Book(folder / "plain")
        self.erasing = histories.Book(folder / "erasing")
        engine = view_engine(folder / "close.sqlite", bytes(32))
        self.close_views = ViewDatabase(engine, all_views())
        self.close_views.migrate()
        self.close_runner = Runner(self.close_views, LogSource(self.plain.hub.log), frozenset)
        for runner in (self.plain.hub.runner, self.erasing.hub.runner, self.close_runner):
            runner.open()
        self._engine = engine
        self._number = 0

    def begin(self):
        """Begin another history: the hubs hold those before it as well, under other streams; return its number."""
        self._number += 1
        self._begins = self.plain.hub.log.head()
        return self._number

    def grown(self, chance, steps):
        """Another history of plain events."""
        return self.histories.History(chance, self.begin()).grow(steps)

    def write(self, step):
        end = self.plain.write_unerased(step)
        assert self.erasing.write(step) == end
        if step.erased:
            self.erasing.hub.runner.catch_up()
        self.close_runner.catch_up()
        return end

    def settle(self):
        self.plain.hub.runner.catch_up()
        self.erasing.hub.runner.catch_up()

    def events(self):
        return self.plain.hub.log.after(self._begins, EVERYTHING)

    def erased(self):
        events = self.erasing.hub.log.after(self._begins, EVERYTHING)
        return {each.event.erased for each in events if isinstance(each.event, StreamErased)}

    def shut(self):
        self._engine.dispose()
        self.plain.close()
        self.erasing.close()


@pytest.fixture
def twins(histories, tmp_path):
    found = Twins(histories, tmp_path)
    yield found
    found.shut()


def rows(reader, case_stream, condition, upto, **more):
    return timeline(reader, case_stream, condition, upto=upto, limit=EVERYTHING, **more).lines


def told(twins, steps):
    """Write a history; return its cases, the ends of its transactions, and what a hub that ends there says of each."""
    cases, ends, said = {}, [], {}
    for step in steps:
        end = twins.write(step)
        ends.append(end)
        cases |= dict.fromkeys(part.stream for part in step.parts if kind_of(part.stream) == stream.CASE)
        with twins.close_views.reading() as reader:
            assert reader.position == end
            for each in cases:
                said[each, end] = rows(reader, each, Known(answer=True), end)
    twins.settle()
    return tuple(cases), ends, said


def written(twins, steps):
    """Write a history and return its cases and the end of its last transaction."""
    ends = [twins.write(step) for step in steps]
    twins.settle()
    named = (part.stream for step in steps for part in step.parts)
    return tuple(dict.fromkeys(name for name in named if kind_of(name) == stream.CASE)), ends[-1]


def differences_of_a(twins, cases, ends, said):
    """Where the rows known at p are not those of a hub whose log ends at p."""
    with twins.plain.hub.views.reading() as reader:
        for end in ends:
            for each in cases:
                expected = said.get((each, end), ())
                found = rows(reader, each, Known(answer=True), end)
                if found != expected:
                    yield each, end, found, expected


class Oracle:
    """Which streams a line is drawn from, worked out from the events, and who may see them today."""

    def __init__(self, twins):
        self.events = twins.events()
        self.by_id = {f"{each.stream}/{each.version}": each for each in self.events}
        self.first = {each.stream: each.event for each in self.events if each.version == 1}
        self.erased = twins.erased()
        self.labels = twins.histories.todays_labels(self.events)
        self.members = twins.histories.members(self.events)
        self._allowed = {}

    def viewer(self, caller):
        """A caller with the cases they are a member of today."""
        return replace(caller, cases=tuple(sorted(self.members.get(caller.account, ()))))

    def ways(self, line, case_stream, upto):
        """Sets of streams, each a way in which a line belongs to the case: one that may be seen whole is enough."""
        recorded = self.by_id[line.id]
        needed = {recorded.stream, case_stream}
        match kind_of(recorded.stream):
            case stream.TRIAGE | stream.FEEDBACK | stream.MENTION:
                needed.add(self.first[recorded.stream].report)
            case stream.FLAG:
                needed.add(self.first[recorded.stream].mention)
            case stream.CASE:
                needed.update(
                    getattr(recorded.event, name)
                    for name in ("report", "mention")
                    if hasattr(recorded.event, name) and not isinstance(recorded.event, case.CaseOpened)
                )
            case stream.ROUTE_CHECK:
                return [needed | {each} for each in self.reports_behind(recorded.stream, case_stream, upto)]
            case _:
                pass
        return [needed]

    def reports_behind(self, check, case_stream, upto):
        """The reports of a case that came through a route check, as the case and the reports said at a position."""
        known = [each.event for each in self.events if each.stream == case_stream and each.position <= upto]
        joined = {event.report for event in known if isinstance(event, case.ReportJoined)}
        return [
            each for each in joined if self.first[each].route_check == check and self.shared(each, case_stream, upto)
        ]

    def shared(self, report, case_stream, upto):
        standing = False
        for each in self.events:
            if each.stream == report and each.position <= upto and getattr(each.event, "case", "") == case_stream:
                standing = each.topic.startswith("shared-with-case/")
        return standing

    def allowed(self, viewer, name):
        if name in self.erased or name not in self.labels:
            return False
        if (viewer.account, name) not in self._allowed:
            self._allowed[viewer.account, name] = policy.may(viewer, "view", name, self.labels[name]).allowed
        return self._allowed[viewer.account, name]

    def may_see(self, viewer, line, case_stream, upto):
        ways = self.ways(line, case_stream, upto)
        printed = {line.about.mention} if line.about else set()
        printed |= {line.report.report} if line.report else set()
        assert all(printed <= way for way in ways), "a line prints what is not among its sources"
        return any(all(self.allowed(viewer, name) for name in way) for way in ways)


def differences_of_b(twins, people, cases, ends, said):
    """Where a viewer's rows are not those of (a) less what is refused today; last, how many rows were compared."""
    oracle = Oracle(twins)
    shown = hidden = 0
    with twins.erasing.hub.views.reading() as reader:
        for caller in people:
            viewer = oracle.viewer(caller)
            condition = policy.visible(viewer)
            for each in cases:
                for end in ends:
                    all_rows = said.get((each, end), ())
                    expected = tuple(line for line in all_rows if oracle.may_see(viewer, line, each, end))
                    shown, hidden = shown + len(expected), hidden + len(all_rows) - len(expected)
                    found = rows(reader, each, condition, end)
                    if found != expected:
                        yield each, end, viewer.role, found, expected
    twins.compared = (shown, hidden)


def first(differences):
    return next(iter(differences), None)


def some(ends):
    """Some of the ends: the last ones and a few between, because each is asked for eight people."""
    return sorted({*ends[:: max(1, len(ends) // 4)], *ends[-2:]})


class Figures:
    """What was compared, over all histories of a proof."""

    def __init__(self, twins):
        self.twins = twins
        self.sums = dict.fromkeys(("histories", "positions", "rows", "shown", "refused"), 0)

    def hold(self, people, steps):
        """Check both properties of one history."""
        cases, ends, said = told(self.twins, steps)
        assert first(differences_of_a(self.twins, cases, ends, said)) is None
        assert first(differences_of_b(self.twins, people, cases, some(ends), said)) is None
        shown, refused = self.twins.compared
        added = (1, len(ends), sum(map(len, said.values())), shown, refused)
        self.sums = {name: total + more for (name, total), more in zip(self.sums.items(), added, strict=True)}

    def end(self):
        assert self.twins.plain.hub.views.quarantine() == []
        assert min(self.sums.values()) > 0
        return self.sums


def test_as_known_at_holds_for_random_histories(twins, histories, size, scoreboard):
    examples, longest = SIZES[size]
    figures = Figures(twins)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=True), st.integers(longest // 2, longest))
    def holds(chance, steps):
        figures.hold(histories.PEOPLE, twins.grown(chance, steps))

    holds()
    scoreboard("timeline-known-at", **figures.end())


def test_as_known_at_holds_for_histories_through_the_real_commands(
    twins, histories, offices, size, scoreboard, tmp_path
):
    examples, steps = COMMANDS[size]
    figures = Figures(twins)
    done = refused = 0
    for seed in range(examples):
        number = twins.begin()
        office = offices.Office(tmp_path / f"office {number}", Random(seed), number)
        try:
            office.work(steps)
            figures.hold(tuple(office.staff.values()), office.transactions(histories))
        finally:
            office.close()
        done, refused = done + office.done, refused + office.refused
    scoreboard("timeline-known-at-by-commands", **figures.end(), done=done, refused_commands=refused)


@contextmanager
def planted(monkeypatch, fault):
    """A fault in the query, for as long as the block lasts."""
    query = timeline_query._Query
    with monkeypatch.context() as patch:
        match fault:
            case "rows are as of now":
                patch.setattr(query, "_known", lambda self, rows: rows.c.known_to.is_(None))
            case "what is known from p on counts":
                patch.setattr(query, "_upto", property(lambda self: self.later, later), raising=False)
            case "links ask nobody":
                whole = query._visible
                patch.setattr(query, "_visible", lambda self, table, rows: only_lines(whole, self, table, rows))
            case "lines ask nobody":
                whole = query._visible
                patch.setattr(query, "_visible", lambda self, table, rows: all_but_lines(whole, self, table, rows))
            case "the case asks nobody":
                reader = timeline_query.Reader
                patch.setattr(reader, "visible_stream", lambda self, name, condition: timeline_query.sa.true())
        yield


def later(query, upto):
    query.later = upto + 1


def only_lines(whole, query, table, of_rows):
    return whole(query, table, of_rows) if table is timeline_query.LINE else timeline_query.sa.true()


def all_but_lines(whole, query, table, of_rows):
    return timeline_query.sa.true() if table is timeline_query.LINE else whole(query, table, of_rows)


@pytest.mark.parametrize(
    "fault",
    [
        "rows are as of now",
        "what is known from p on counts",
        "links ask nobody",
        "lines ask nobody",
        "the case asks nobody",
    ],
)
def test_a_planted_fault_is_found(twins, monkeypatch, fault):
    for number in range(12):
        cases, ends, said = told(twins, twins.grown(Random(number), 30))
        with planted(monkeypatch, fault):
            if first(differences_of_a(twins, cases, ends, said)) or first(
                differences_of_b(twins, twins.histories.PEOPLE, cases, some(ends), said)
            ):
                return
    pytest.fail(f"{fault}: the proof did not notice")


def wanted(filters, oracle, line, viewer):
    """Whether a line that may be seen is one a filter asks for, in plain Python."""
    report = line.report
    recorded = oracle.by_id[line.id]
    named = line.about.mention if line.about else ""
    speaks_of = {
        name
        for name, made in oracle.first.items()
        if isinstance(made, MentionMade) and report and made.report == report.report and oracle.allowed(viewer, name)
    }
    area = report.area if report else getattr(oracle.first[recorded.stream], "area", "")
    parents = {"COUNTY_LINES": "MSHT"}
    checks = (
        (filters.strand, filters.strand in {*line.strands, *(parents.get(each) for each in line.strands)}),
        (filters.agency, line.agency == filters.agency),
        (filters.kinds, line.kind in filters.kinds),
        (filters.grade, bool(report) and report.printed == filters.grade),
        (filters.handling, bool(report) and report.handling_code == filters.handling),
        (filters.person, filters.person in {named, *speaks_of}),
        (filters.place, area == filters.place),
    )
    return all(holds for asked, holds in checks if asked)


def test_filters_orders_and_pages_choose_among_the_lines_that_may_be_seen(twins, histories):
    chance = Random(11)
    cases, end = written(twins, twins.grown(chance, 120))
    oracle = Oracle(twins)
    mentions = sorted(name for name in oracle.first if kind_of(name) == stream.MENTION)
    compared = 0
    with twins.erasing.hub.views.reading() as reader:
        for caller in histories.PEOPLE[:6]:
            viewer = oracle.viewer(caller)
            for each in sorted(cases)[:8]:
                seen = rows(reader, each, policy.visible(viewer), end)
                printed = sorted({line.report.printed for line in seen if line.report})
                for filters in (
                    Filters(strand="MSHT"),
                    Filters(strand="CSE"),
                    Filters(agency="GMP"),
                    Filters(kinds=("mention-made", "case-opened")),
                    Filters(grade=chance.choice([*printed, "[1AP]"])),
                    Filters(handling="P"),
                    Filters(person=chance.choice(mentions)),
                    Filters(place="SALFORD"),
                    Filters(place="MANCHESTER", handling="C"),
                ):
                    found = rows(reader, each, policy.visible(viewer), end, filters=filters)
                    assert found == tuple(line for line in seen if wanted(filters, oracle, line, viewer)), filters
                    compared += len(found)
                for order in ("happened", "recorded"):
                    everything = rows(reader, each, policy.visible(viewer), end, order=order)
                    assert [line.sort_key for line in everything] == sorted(line.sort_key for line in everything)
                    assert {line.id for line in everything} == {line.id for line in seen}
                    assert by_pages(reader, each, policy.visible(viewer), end, order) == everything
    assert compared > 100


def by_pages(reader, case_stream, condition, upto, order):
    found, after = (), None
    while True:
        page = timeline(reader, case_stream, condition, upto=upto, order=order, after=after, limit=3)
        found += page.lines
        after = page.next
        if after is None:
            return found
        assert len(page.lines) == 3


def test_recorded_order_is_that_of_the_log_and_lines_read_well(twins):
    cases, end = written(twins, twins.grown(Random(5), 150))
    with twins.plain.hub.views.reading() as reader:
        for each in cases:
            lines = rows(reader, each, Known(answer=True), end, order="recorded")
            assert [line.position for line in lines] == sorted(line.position for line in lines)
            happened = rows(reader, each, Known(answer=True), end)
            assert all(one.happened.earliest <= other.happened.earliest for one, other in pairwise(happened))
            for line in lines:
                words = sentence(line)
                assert words
                assert words[0].isupper() or not words[0].isalpha()
                assert "None" not in words
