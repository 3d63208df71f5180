"""The runner: pages in lockstep, poison that stops its stream alone, rebuilds beside the live, erasure everywhere."""

from datetime import UTC, timedelta
from random import Random
from threading import Event as Flag
from threading import Thread

import pytest
import sqlalchemy as sa

from hub_events import label, mention
from hub_events.catalogue import Event, catalogue
from hub_events.condition import Equal, Value
from hub_events.condition import label as of_label
from hub_events.envelope import Labels
from hub_events.stream import MENTION, REPORT
from hub_projections import runner as runner_module
from hub_projections.database import ERASED, QUARANTINE, VIEW_STATE
from hub_projections.dump import dump
from hub_projections.table import Table, integers, text
from hub_projections.view import View
from hub_projections.views import all_views
from hub_projections.views.labels import STREAM_LABEL, LabelsView
from hub_projections.views.moments import MomentsView, position_at
from hub_services import sqlite
from hub_services.decisions.operation import ALL_SET_ASIDE

WORDS = Table("words", (*text("said"), *integers("seen")))
VERSIONS = Table("word_versions", text("said"), versioned=True)


class WordsView(View):
    """What mentions say, now and in every version; told to fail by what they say."""

    name = "words"
    tables = (WORDS, VERSIONS)
    kinds = frozenset({MENTION})
    fails = True

    def needs(self, recorded):
        return ((WORDS.name, recorded.stream), (VERSIONS.name, f"v {recorded.stream}"))

    def apply(self, recorded, rows):
        if not isinstance(recorded.event, mention.MentionMade):
            return
        said = recorded.event.as_said
        before = rows.get(WORDS, recorded.stream)
        seen = 1 if before is None else before["seen"] + 1
        rows.put(WORDS, recorded.stream, {"said": said, "seen": seen})
        rows.put(VERSIONS, f"v {recorded.stream}", {"said": said})
        if self.fails and said.startswith("raise "):
            raise {"LookupError": LookupError, "RuntimeError": RuntimeError}[said.removeprefix("raise ")](said)
        if self.fails and said == "too large":
            rows.put(WORDS, recorded.stream, {"said": said, "seen": 2**70})
        if self.fails and said == "no such type":
            rows.put(WORDS, recorded.stream, {"said": object(), "seen": 1})
        if self.fails and said == "a column short":
            rows.put(WORDS, recorded.stream, {"said": said})


class CountView(View):
    """How many events each stream has."""

    name = "counts"
    tables = (Table("counts", integers("events")),)
    kinds = frozenset()

    def apply(self, recorded, rows):
        before = rows.get(self.tables[0], recorded.stream)
        rows.put(self.tables[0], recorded.stream, {"events": 1 if before is None else before["events"] + 1})


def says(words):
    return mention.MentionMade(report="", kind="PERSON", as_said=words, text_form="RAW")


def positions(database):
    with database.engine.connect() as connection:
        return {state.view: state.position for state in database.live(connection)}


def all_dumps(database, *, positions=True):
    with database.reading() as reader:
        return {view.name: list(dump(reader, view.name, positions=positions)) for view in database.views}


@pytest.fixture
def three():
    """Labels, words and counts."""
    return LabelsView(), WordsView(), CountView()


def test_all_views_take_in_a_page_together(tale, three, rows_of, monkeypatch):
    monkeypatch.setattr(runner_module, "PAGE", 2)
    name = tale.new()
    for words in ("one", "two", "three", "four", "five"):
        tale.tell(name, says(words))
    database, runner = tale.follow(*three)
    runner.open()
    for words in ("six", "seven", "eight"):
        tale.tell(name, says(words))

    seen = [positions(database)]
    while runner.step():
        seen.append(positions(database))

    assert [set(each.values()) for each in seen] == [{5}, {7}, {8}]
    assert rows_of(database, WORDS) == {name: {"said": "eight", "seen": 8}}
    assert runner.position == 8


def test_rows_and_position_are_written_together_or_not_at_all(tale, three, rows_of, monkeypatch):
    database, runner = tale.follow(*three)
    runner.open()
    tale.tell(tale.new(), says("one"))
    with monkeypatch.context() as patch:
        patch.setattr(runner_module.Page, "_reach", no_position)
        with pytest.raises(sqlite.driver.OperationalError):
            runner.step()

    assert rows_of(database, WORDS) == {}
    assert set(positions(database).values()) == {0}
    assert runner.catch_up() == 1


def no_position(self, position):
    raise sqlite.driver.OperationalError("disk full")


def test_a_page_another_process_took_in_is_not_taken_in_twice(tale, three, rows_of):
    database, first = tale.follow(*three)
    first.open()
    _, second = tale.follow(*three)
    second.open()
    name = tale.new()
    tale.tell(name, says("one"))
    taken = first._source.after(0, 10)
    generations = database.known(database.engine.connect())
    second.catch_up()

    assert first._take_in(taken, generations, 0) is False
    first.catch_up()

    assert rows_of(database, WORDS) == {name: {"said": "one", "seen": 1}}


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("raise LookupError", "LookupError at line"),
        ("raise RuntimeError", "RuntimeError at line"),
        ("too large", "OverflowError at line"),
        ("no such type", "Error at line"),
        ("a column short", "KeyError at line"),
    ],
)
def test_an_event_a_view_cannot_take_in_stops_its_stream_in_that_view_alone(
    tale, three, rows_of, stopped, poison, reason
):
    bad, good = tale.new(), tale.new()
    database, runner = tale.follow(*three)
    runner.open()
    tale.tell(bad, says("before"))
    tale.tell(good, says("before"))
    tale.tell(bad, says(poison))
    tale.tell(good, says("after"))
    runner.catch_up()
    tale.tell(bad, says("after"))

    runner.catch_up()

    assert rows_of(database, WORDS) == {good: {"said": "after", "seen": 2}, bad: {"said": "before", "seen": 1}}
    assert rows_of(database, CountView.tables[0]) == {good: {"events": 2}, bad: {"events": 3}}
    [(view, stream_of, version, said)] = stopped(database)
    assert (view, stream_of, version) == ("words", bad, 2)
    assert reason in said
    assert poison not in said
    assert runner.position == 5


def test_an_event_that_is_cured_is_followed_again_after_a_rebuild(tale, three, rows_of, stopped):
    bad, good = tale.new(), tale.new()
    for name, words in ((bad, "one"), (good, "one"), (bad, "raise LookupError"), (good, "two"), (bad, "three")):
        tale.tell(name, says(words))
    database, runner = tale.follow(*three)
    runner.open()
    assert len(stopped(database)) == 1

    three[1].fails = False
    runner.rebuild(["words"])

    assert stopped(database) == []
    clean, clean_runner = tale.follow(*three, name="clean")
    clean_runner.open()
    assert all_dumps(database) == all_dumps(clean)


def test_an_event_set_aside_is_passed_over_and_what_follows_it_is_seen(tale, three, rows_of, stopped):
    bad = tale.new()
    for words in ("one", "raise LookupError", "three"):
        tale.tell(bad, says(words))
    database, runner = tale.follow(*three)
    runner.open()
    assert [(view, version) for view, _, version, _ in stopped(database)] == [("words", 2)]

    tale.hub.set_aside(bad, 2, "nobody can read it")
    runner.rebuild(["words"])

    assert stopped(database) == []
    assert rows_of(database, WORDS) == {bad: {"said": "three", "seen": 2}}
    assert len(tale.log.past(ALL_SET_ASIDE)) == 1


def test_an_event_whose_name_is_unknown_stops_its_stream_in_every_view_and_closes_it(tale, stopped):
    class Strange(Event, frozen=True, kw_only=True):
        """Something a later version of the hub knows."""

        words: str

    name, other = tale.new(), tale.new()
    catalogue._topic_of[Strange] = "strange/1"
    tale.tell(name, says("one"))
    tale.tell(name, Strange(words="secret words"))
    tale.tell(name, says("three"))
    tale.tell(other, says("one"))
    del catalogue._topic_of[Strange]
    database, runner = tale.follow(LabelsView(), WordsView())
    runner.open()

    assert {(view, stream_of, version) for view, stream_of, version, _ in stopped(database)} == {
        ("labels", name, 2),
        ("words", name, 2),
    }
    assert all("strange/1" in reason and "secret" not in reason for *_, reason in stopped(database))
    assert shown(database) == [other]


def shown(database, table=WORDS, condition=None):
    """The rows of a table that somebody of the team may see."""
    condition = condition or Equal(of_label("team"), Value("PROTECT"))
    with database.reading() as reader:
        rows = reader.table(table)
        query = sa.select(rows.c.row).where(reader.visible(table, rows.c.row, condition)).order_by(rows.c.row)
        return list(reader.connection.execute(query).scalars())


def tamper(tale, statement, *values):
    """Alter the log's file behind the hub's back."""
    connection = sqlite.connect(tale.hub.settings.log_file)
    try:
        connection.execute("DROP TRIGGER event_is_immutable")
        connection.execute("DROP TRIGGER event_is_permanent")
        assert connection.execute(statement, values).rowcount
    finally:
        connection.close()


def test_a_row_of_the_log_that_was_altered_stops_its_stream_and_closes_it(tale, stopped):
    name, other, third = tale.new(), tale.new(), tale.new()
    for words in ("one", "two"):
        tale.tell(name, says(words))
    tale.tell(other, says("one"))
    tale.tell(third, says("one"))
    state = tale.log.rows_after(1, 1)[0][4]
    relabelled = state.replace(b"PROTECT", b"SUNRISE")
    assert relabelled != state
    tamper(tale, "UPDATE event SET state = ? WHERE position = 2", relabelled)
    database, runner = tale.follow(LabelsView(), WordsView(), MomentsView())
    runner.open()

    assert [(view, stream_of, version) for view, stream_of, version, _ in stopped(database)] == [
        ("labels", name, 2),
        ("words", name, 2),
    ]
    assert shown(database) == sorted([other, third])
    assert runner.position == 4


def test_a_row_that_was_moved_to_another_stream_does_not_open_there(tale, stopped):
    name, other = tale.new(), tale.new()
    tale.tell(name, says("mine"))
    tale.tell(other, says("theirs"))
    tamper(tale, "UPDATE event SET stream = ?, version = 2 WHERE position = 2", name)
    database, runner = tale.follow(LabelsView(), WordsView())
    runner.open()

    assert {(view, stream_of, version) for view, stream_of, version, _ in stopped(database)} == {
        ("labels", name, 2),
        ("words", name, 2),
    }
    assert shown(database) == []


def test_rebuilt_views_are_swapped_in_while_others_read_and_write(tale, monkeypatch):
    """Readers never miss a row or see one twice; what is appended meanwhile is there afterwards."""
    monkeypatch.setattr(runner_module, "PAGE", 20)
    names = [tale.new() for _ in range(10)]
    for number in range(200):
        tale.tell(names[number % 10], says(f"word {number}"))
    words = WordsView()
    database, runner = tale.follow(LabelsView(), words, CountView())
    runner.open()
    done, problems, reads = Flag(), [], []

    def read():
        while not done.is_set():
            with database.reading() as reader:
                rows = reader.rows(sa.select(reader.table(WORDS)))
                total = sum(row["seen"] for row in rows)
                if total != reader.position:
                    problems.append((total, reader.position))
                reads.append(reader.position)

    def write():
        for number in range(60):
            tale.tell(names[number % 10], says(f"later {number}"))

    def follow():
        while not done.is_set():
            runner.catch_up()

    threads = [Thread(target=work) for work in (read, write, follow)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        runner.rebuild(["words", "counts"])
        with database.engine.connect() as connection:
            live = [state for state in database.states(connection) if state.live]
            assert len({state.position for state in live}) == 1
            assert len(live) == 3
    threads[1].join()
    done.set()
    for thread in threads:
        thread.join()
    runner.catch_up()

    assert problems == []
    assert reads == sorted(reads)
    assert runner.position == 260
    clean, clean_runner = tale.follow(LabelsView(), words, CountView(), name="clean")
    clean_runner.open()
    assert all_dumps(database) == all_dumps(clean)
    with database.engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
    assert {each.rpartition("__")[2] for each in tables if each.startswith("words")} == {"5"}


class CrashError(Exception):
    """What a crash in the middle of a rebuild looks like from inside."""


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(tale, three, rows_of, monkeypatch):
    monkeypatch.setattr(runner_module, "PAGE", 10)
    name = tale.new()
    for number in range(50):
        tale.tell(name, says(f"word {number}"))
    database, runner = tale.follow(*three)
    runner.open()

    def crash(view, done, goal):
        if done >= 30:
            raise CrashError

    with pytest.raises(CrashError):
        runner.rebuild(["words"], crash)
    assert rows_of(database, WORDS) == {name: {"said": "word 49", "seen": 50}}
    asked = []
    _, again = tale.follow(*three)
    again.rebuild(["words"], lambda view, done, goal: asked.append((view, done, goal)))

    assert asked == [("words", 40, 50), ("words", 50, 50)]
    assert rows_of(database, WORDS) == {name: {"said": "word 49", "seen": 50}}


def test_a_cut_off_rebuild_that_met_poison_is_begun_anew_when_the_poison_is_cured(tale, three, stopped, monkeypatch):
    monkeypatch.setattr(runner_module, "PAGE", 1)
    name = tale.new()
    for words in ("one", "raise LookupError", "three", "four"):
        tale.tell(name, says(words))
    database, runner = tale.follow(*three)
    runner.open()

    def crash(view, done, goal):
        if done >= 3:
            raise CrashError

    with pytest.raises(CrashError):
        runner.rebuild(["words"], crash)
    three[1].fails = False
    runner.rebuild(["words"])

    assert stopped(database) == []


def test_two_processes_may_rebuild_the_same_view_at_once(tale, three, rows_of, monkeypatch):
    monkeypatch.setattr(runner_module, "PAGE", 5)
    name = tale.new()
    for number in range(60):
        tale.tell(name, says(f"word {number}"))
    database, runner = tale.follow(*three)
    runner.open()
    others = [tale.follow(*three)[1] for _ in range(2)]
    threads = [Thread(target=each.rebuild, args=(["words"],)) for each in others]
    for thread in threads:
        thread.start()
    for number in range(20):
        tale.tell(name, says(f"later {number}"))
        runner.catch_up()
    for thread in threads:
        thread.join()
    runner.catch_up()

    assert rows_of(database, WORDS) == {name: {"said": "later 19", "seen": 80}}
    assert set(positions(database).values()) == {80}


def test_a_view_of_a_new_version_is_rebuilt_and_one_that_is_no_more_is_dropped(tale, three, rows_of):
    name = tale.new()
    tale.tell(name, says("one"))
    tale.follow(*three)[1].open()

    class Renamed(WordsView):
        version = 2
        tables = (Table("other_words", (*text("said"), *integers("seen"))), VERSIONS)

        def needs(self, recorded):
            return ()

        def apply(self, recorded, rows):
            rows.put(self.tables[0], recorded.stream, {"said": recorded.event.as_said, "seen": 7})

    newer, newer_runner = tale.follow(LabelsView(), Renamed())
    newer_runner.open()

    assert rows_of(newer, Renamed.tables[0]) == {name: {"said": "one", "seen": 7}}
    with newer.engine.connect() as connection:
        tables = {each.rpartition("__")[0] for each in sa.inspect(connection).get_table_names()}
        kept = set(connection.execute(sa.select(VIEW_STATE.c.view)).scalars())
    assert not {"words", "counts", "counts_row_source"} & tables
    assert kept == {"labels", "words"}


def test_erasing_deletes_every_version_of_every_row_in_every_view(tale, rows_of):
    words = WordsView()
    database, runner = tale.follow(*all_views(), words)
    runner.open()
    report, canary, other = tale.new(REPORT), tale.new(), tale.new()
    for word in ("canary one", "canary two", "canary three"):
        tale.tell(canary, mention.MentionMade(report=report, kind="PERSON", as_said=word, text_form="RAW"))
    tale.tell(other, says("kept"))
    runner.catch_up()
    assert "canary one" in everything(database)
    key_id = tale.log.past(canary)[0].key_id

    tale.erase(canary)
    runner.catch_up()

    assert "canary" not in everything(database)
    assert canary not in everything(database).replace(f'"erasure:{canary}', "")
    assert "kept" in everything(database)
    tale.hub.runner.open()
    assert tale.hub.vault.key(key_id) is None
    clean, clean_runner = tale.follow(*all_views(), words, name="clean")
    clean_runner.open()
    assert all_dumps(database) == all_dumps(clean)


def everything(database):
    """Every row of every table there is in a database of views, but the list of what was erased."""
    with database.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return "\n".join(
            repr(row)
            for name in sorted(names)
            if name != ERASED.name
            for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')).fetchall()
        )


def test_the_key_is_destroyed_before_anybody_counts_the_erasure_as_done(tale, rows_of):
    """A hub that dies between the two would otherwise keep the key for good."""
    name = tale.new()
    tale.tell(name, says("canary"))
    key_id = tale.log.past(name)[0].key_id
    hub_runner = tale.hub.runner
    hub_runner.open()
    tale.erase(name)

    def die(erased):
        raise CrashError

    whole = hub_runner._after_erasure
    hub_runner._after_erasure = die
    with pytest.raises(CrashError):
        hub_runner.catch_up()
    assert tale.hub.vault.key(key_id) is not None
    hub_runner._after_erasure = whole
    hub_runner.catch_up()

    assert tale.hub.vault.key(key_id) is None


def test_an_erasure_reaches_a_rebuild_that_was_left_half_way(tale, monkeypatch):
    monkeypatch.setattr(runner_module, "PAGE", 1)
    words = WordsView()
    database, runner = tale.follow(LabelsView(), words)
    runner.open()
    name = tale.new()
    tale.tell(name, says("canary"))
    tale.tell(tale.new(), says("other"))

    def crash(view, done, goal):
        raise CrashError

    with pytest.raises(CrashError):
        runner.rebuild(["words"], crash)
    assert everything(database).count("canary") == 2
    runner.catch_up()
    tale.erase(name)
    runner.catch_up()

    assert "canary" not in everything(database)


def test_what_is_written_to_a_stream_while_it_is_erased_leaves_no_row_and_no_alarm(tale, stopped, rows_of):
    """Between the order to erase and the end of the key, another writer may still append."""
    database, runner = tale.follow(*all_views(), WordsView())
    runner.open()
    name = tale.new()
    tale.tell(name, says("one"))
    tale.erase(name)
    tale.tell(name, says("canary"))
    tale.tell(tale.new(), says("other"))
    runner.catch_up()

    assert stopped(database) == []
    assert "canary" not in everything(database)
    assert name not in rows_of(database, STREAM_LABEL)


def test_erasing_a_stream_that_was_stopped_ends_the_alarm(tale, three, stopped):
    name = tale.new()
    tale.tell(name, says("raise LookupError"))
    database, runner = tale.follow(*three)
    runner.open()
    assert stopped(database)
    tale.erase(name)
    runner.catch_up()

    assert stopped(database) == []
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(QUARANTINE)).scalar() == 0


def test_a_new_label_is_one_row_however_many_rows_there_are(tale, three):
    name = tale.new()
    for number in range(100):
        tale.tell(name, says(f"word {number}"))
    database, runner = tale.follow(*three)
    runner.open()
    assert shown(database) == [name]
    with database.engine.connect() as connection:
        versions = connection.execute(sa.text("SELECT count(*) FROM word_versions__1")).scalar()

    statements = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    tale.tell(name, label.TeamSet(owning_agency="GMP", team="SUNRISE"))
    runner.catch_up()

    assert shown(database) == []
    assert versions == 100
    written = [
        (words.split()[0], words.split()[2 if words.startswith(("INSERT", "DELETE")) else 1].strip('"'))
        for words, _ in statements
        if words.startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    about_words = [each for each in written if each[1].startswith(("words", "word_versions"))]
    assert about_words == []
    assert ("INSERT", "stream_label__1") in written


def test_a_stream_whose_first_event_cannot_be_opened_has_no_reader(tale, stopped):
    name = tale.new()
    tale.tell(name, says("one"))
    tale.tell(name, says("two"))
    tamper(tale, "UPDATE event SET topic = 'mention-made/9' WHERE position = 1")
    database, runner = tale.follow(LabelsView(), WordsView())
    runner.open()

    assert shown(database) == []
    assert {(view, version) for view, _, version, _ in stopped(database)} == {("labels", 1), ("words", 1)}


def test_readers_may_wait_for_a_position(tale, three):
    _, runner = tale.follow(*three)
    runner.open()
    position = tale.tell(tale.new(), says("one"))

    assert not runner.wait_for(position, 0.05)
    _, other = tale.follow(*three)
    other.catch_up()

    assert runner.wait_for(position, 0.1)


def test_known_at_a_moment_is_all_before_the_first_recorded_after_it(tale, monkeypatch):
    """The clock falls between the second and the third event; the third is not known before the second is."""
    beginning = tale.at
    people, part = tale.histories.PEOPLE, tale.histories.Part
    for seconds in (10, 20, 15, 30):
        at = beginning + timedelta(seconds=seconds)
        tale.book.append(at, people[0], part(tale.new(), (says("word"),), Labels(owning_agency="GMP")))
    database, runner = tale.follow(LabelsView(), MomentsView())
    runner.open()

    with database.reading() as reader:
        found = {
            seconds: position_at(reader, (beginning + timedelta(seconds=seconds)).astimezone(UTC))
            for seconds in (0, 9, 10, 14, 15, 19, 20, 29, 30, 99)
        }
    assert found == {0: 0, 9: 0, 10: 1, 14: 1, 15: 1, 19: 1, 20: 3, 29: 3, 30: 4, 99: 4}


def test_a_moment_is_the_same_position_after_a_rebuild_and_in_small_pages(tale, monkeypatch):
    chance = Random(3)
    history = tale.histories.History(chance)
    for step in history.grow(40):
        tale.book.write(step)
        tale.hub.runner.catch_up()
    tale.hub.runner.open()
    monkeypatch.setattr(runner_module, "PAGE", 3)
    database, runner = tale.follow(LabelsView(), MomentsView())
    runner.open()

    events = tale.log.after(0, 10_000)
    with tale.hub.views.reading() as one, database.reading() as other:
        for each in events:
            moment = each.envelope.recorded_at
            first_after = next((later.position for later in events if later.envelope.recorded_at > moment), None)
            expected = events[-1].position if first_after is None else first_after - 1
            assert position_at(one, moment) == position_at(other, moment) == expected


def test_dumps_name_every_row_its_sources_and_what_was_stopped(tale, three):
    bad, good = tale.new(), tale.new()
    tale.tell(bad, says("raise LookupError"))
    tale.tell(good, says("one"))
    tale.tell(good, says("two"))
    database, runner = tale.follow(*three)
    runner.open()

    with database.reading() as reader:
        full = [line.decode() for line in dump(reader, "words")]
        current = [line.decode() for line in dump(reader, "words", positions=False)]

    assert full[:3] == [
        f'["word_versions","v {good}","one",2,3]',
        f'["word_versions","v {good}","two",3,null]',
        f'["words","{good}","two",2]',
    ]
    assert full[-1].startswith(f'["quarantine","{bad}",1,"LookupError')
    assert current[:2] == [f'["word_versions","v {good}","two"]', f'["words","{good}","two",2]']
    assert f'["row_source","v {good}","{good}"]' in full


def test_a_snapshot_stands_still_while_the_views_move_on(tale, three):
    database, runner = tale.follow(*three)
    runner.open()
    name = tale.new()
    tale.tell(name, says("one"))
    runner.catch_up()

    with database.reading() as reader:
        tale.tell(name, says("two"))
        runner.catch_up()
        runner.rebuild(["words"])
        rows = reader.rows(sa.select(reader.table(WORDS)))

        assert [row["said"] for row in rows] == ["one"]
        assert reader.position == 1
