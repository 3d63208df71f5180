"""Proofs S3, S35 and S36: who the source is stands nowhere else, nothing is readable at rest, nothing erased is left.

Each field of a report holds words that exist nowhere else. They are looked for, as they are and dressed up, in every
byte of every file, in every page of the views decrypted (also pages nothing points to any more, and those of the
write-ahead log), in every row of every view, in what was logged and in what was answered.
"""

import logging
import shutil
import string
import sys
from base64 import b64encode
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub_events.envelope import Erased
from hub_events.stream import MENTION, NARRATIVE, ORIGINAL, SOURCE, stream
from hub_services import hub as hubs
from hub_services.caller import Caller
from hub_services.decisions.operation import EraseStream
from hub_services.following import Following
from hub_services.http import create_app
from hub_services.http.operations import OPERATIONS
from hub_services.hub import Hub
from hub_services.refusal import UnavailableError
from hub_services.vault import KEYS_A_BLOCK
from hub_services.verification import verify

PAGE, RESERVED, SALT = 4096, 80, 16
WAL_HEADER, FRAME_HEADER = 32, 24
OF_SOURCE = ("full_name", "date_of_birth", "address", "other_address", "contact", "other_contact", "relationship")
OF_NARRATIVE = ("text", "place", "provenance_note", "also_known_to", "recorded_elsewhere", "disclosure_risk")
OF_MENTION = ("as_said", "name", "nickname", "address", "description")
OF_REPORTER = ("name", "job_title", "organisation", "contact")
FIELDS = {SOURCE: OF_SOURCE, NARRATIVE: OF_NARRATIVE, MENTION: OF_MENTION, "reporter": OF_REPORTER}
READS = [each.path for each in OPERATIONS if not each.is_command]


def loaded(path):
    spec = spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


agencies = loaded(Path(__file__).parents[1] / "http" / "conftest.py")


def canaries(seed=0):
    """One word for each field: sixteen letters nobody ever wrote, large and small, so that a half of them is enough."""
    chance = Random(seed)
    word = ("".join(chance.choice(string.ascii_letters) for _ in range(16)) for _ in range(100))
    return {(kind, field): next(word) for kind, fields in FIELDS.items() for field in fields}


CANARIES = canaries()


def forms(word):
    """A word as it may be dressed up: small, large, backwards, cut in two, coded, in wide characters."""
    cases = {word, word.lower(), word.upper(), word[::-1], word[:8], word[8:]}
    wide = {each.encode("utf-16-le") for each in cases}
    coded = {word.encode().hex().encode(), word.encode().hex().upper().encode()}
    for before in range(3):
        # The letters of base64 that depend on this word alone, wherever it begins.
        code = b64encode(bytes(before) + word.encode())
        coded.add(code[-(-before * 8 // 6) : (before + 16) * 8 // 6])
    return {each.encode() for each in cases} | wide | coded


FORMS = {place: forms(word) for place, word in CANARIES.items()}


def found(data, places=tuple(CANARIES)):
    """The places whose word, in any form, stands in some bytes."""
    return {place for place in places if any(each in data for each in FORMS[place])}


def of(*kinds):
    return tuple(place for place in CANARIES if place[0] in kinds)


def form(check):
    """A report of which every field that takes words holds a canary, with others round it."""

    def said(kind, field, text="It was {} who came."):
        return text.format(CANARIES[kind, field])

    source = {name: said(SOURCE, name) for name in ("full_name", "date_of_birth", "relationship")}
    source["addresses"] = [said(SOURCE, "address"), said(SOURCE, "other_address")]
    source["contacts"] = [said(SOURCE, "contact", "{}@example.org"), said(SOURCE, "other_contact")]
    narrative = {name: said(NARRATIVE, name) for name in ("provenance_note", "disclosure_risk")}
    narrative |= {name: [said(NARRATIVE, name)] for name in ("also_known_to", "recorded_elsewhere")}
    parts = {name: said(MENTION, name, "{}") for name in OF_MENTION if name != "as_said"}
    return agencies.report_form(
        check,
        **{f"reporter_{name}": said("reporter", name) for name in OF_REPORTER},
        **narrative,
        narrative=said(NARRATIVE, "text"),
        place=said(NARRATIVE, "place", "{}, Manchester"),
        source=source,
        mentions=[{"kind": "PERSON", "as_said": said(MENTION, "as_said"), "parts": parts, "reported_role": "VICTIM"}],
    )


class Lines(logging.Handler):
    """Everything that is logged, at every level, whole."""

    def __init__(self):
        super().__init__(0)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{self.format(record)} {vars(record)!r}".encode())


class Answers:
    """Everything the app answers, with the path it was asked for."""

    def __init__(self, app):
        self._app, self.all = app, []

    def __call__(self, environ, start_response):
        head = []

        def keep(status, headers, *more):
            head.append(f"{status} {headers}".encode())
            return start_response(status, headers, *more)

        body = b"".join(self._app(environ, keep))
        self.all.append((environ["PATH_INFO"], head[0] + body))
        return [body]


@contextmanager
def logged():
    root, lines = logging.getLogger(), Lines()
    before = root.level
    root.addHandler(lines)
    root.setLevel(1)
    try:
        yield lines
    finally:
        root.removeHandler(lines)
        root.setLevel(before)


def tell(running):
    """Take the report the whole way, and let everybody read everything there is to read."""
    story, people = agencies.Story(running.people), running.people
    check = story.check()
    report = story.done(people["teacher"].post("/v1/reports", form(check)), 201).json["id"]
    story.grade(report)
    story.propose(report)
    story.answer(report)
    story.lift(report, agencies.SHARED)
    case = story.case(report)
    ids = story.work(report, case)
    named = {"mentions": ids["mention"], "flags": ids["flag"], "inbox": ids["notice"], "cases": case}
    named |= {"timelines": case, "route-checks": check}
    for person in people.values():
        for path in READS:
            identity = person.id if "accounts" in path else named.get(path.split("/")[2], report)
            person.get(path.replace("{id}", identity).replace("{table}", "areas"))
    return {"report": report, "case": case, "mention": ids["mention"]}


@contextmanager
def told(folder):
    """A hub in which the story was told, with all that was logged and answered on the way."""
    with agencies.running_hub(folder) as running, logged() as lines:
        answers = running.app.wsgi_app = Answers(running.app.wsgi_app)
        ids = tell(running)
        yield SimpleNamespace(hub=running.hub, running=running, lines=lines.lines, answers=answers.all, **ids)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with told(tmp_path_factory.mktemp("told")) as one:
        yield one


@pytest.fixture
def own_story(story, tmp_path):
    """A copy of the folder as a killed hub leaves it, opened again, with everybody still signed in."""
    before = story.hub.settings
    settings = replace(before, folder=tmp_path / "data")
    shutil.copytree(before.folder, settings.folder)
    with hubs.Hub(settings, story.running.world) as hub, logged() as lines:
        following = Following(hub)
        app = create_app(hub, following)
        client = app.test_client()
        people = {
            login: replace(person, app=client, following=following) for login, person in story.running.people.items()
        }
        ids = {name: getattr(story, name) for name in ("report", "case", "mention")}
        yield SimpleNamespace(hub=hub, following=following, people=people, lines=lines.lines, **ids)
        following.stop()


def files(hub):
    return [each for each in hub.settings.folder.rglob("*") if each.is_file()]


def raw(hub):
    """Every byte of the data folder: log, vault, views, their write-ahead logs and whatever else lies there."""
    return {file.name: file.read_bytes() for file in files(hub)}


def rows(hub):
    """Every row of every table of the views, in every version it ever had."""
    with hub.views.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        texts = (repr(row) for name in names for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
        return "\n".join(texts).encode()


def pages(hub):
    """Every page of the views' files, decrypted: also free ones, and each that the write-ahead log still has."""
    file, key = hub.settings.views_file, hub.vault.secret("views")
    wal = file.with_name(f"{file.name}-wal")
    main, behind = file.read_bytes(), wal.read_bytes() if wal.exists() else b""
    found = [(start // PAGE + 1, main[start : start + PAGE]) for start in range(0, len(main), PAGE)]
    for start in range(WAL_HEADER, len(behind) - PAGE, FRAME_HEADER + PAGE):
        number = int.from_bytes(behind[start : start + 4])
        found.append((number, behind[start + FRAME_HEADER : start + FRAME_HEADER + PAGE]))
    return b"".join(_decrypted(key, *each) for each in found)


def _decrypted(key, number, page):
    # SQLCipher keeps the salt in front of the first page, and initialisation vector and tag behind each.
    begins, ends = SALT if number == 1 else 0, PAGE - RESERVED
    cipher = Cipher(algorithms.AES(key), modes.CBC(page[ends : ends + 16])).decryptor()
    return cipher.update(page[begins:ends])


def opened(hub):
    """What the log holds when it is opened, by the kind of its streams."""
    texts = {}
    for each in hub.log.after(0, 1_000_000):
        texts[each.kind] = texts.get(each.kind, b"") + repr(each.event).encode()
    return texts


def administrator(story):
    account = f"account:{story.people['administrator'].id}"
    return Caller(account=account, agency="HUB", role="ADMINISTRATOR", purpose="TECHNICAL")


def erased_streams(story):
    """The streams that are erased, and the places whose words go with them."""
    report = [stream(kind, story.report) for kind in (SOURCE, ORIGINAL, NARRATIVE)]
    return [*report, stream(MENTION, story.mention)], of(SOURCE, NARRATIVE, MENTION)


def test_every_canary_is_on_the_log_in_its_own_stream_and_in_the_original(story):
    """Or there would be nothing to find."""
    held = {kind: found(text) for kind, text in opened(story.hub).items()}

    for kind in FIELDS:
        assert held[kind] == set(of(kind))
    assert held[ORIGINAL] == set(CANARIES)
    others = [held[kind] for kind in held if kind not in {*FIELDS, ORIGINAL}]
    assert set().union(*others) == set()


def test_who_the_source_is_stands_in_no_view_no_record_and_no_other_answer(story, scoreboard):
    source = of(SOURCE)

    assert found(rows(story.hub), source) == set()
    assert found(pages(story.hub), source) == set()
    assert found(b"\n".join(story.lines)) == set()
    own = {f"/v1/reports/{story.report}/{part}" for part in ("source", "original")}
    assert {path for path, answer in story.answers if found(answer, source)} == own
    asked = Counter(path for path, _ in story.answers)
    assert all(asked[path] == len(story.running.people) for path in own)
    assert len([1 for path, answer in story.answers if path in own and found(answer, source)]) == len(own)
    scoreboard("S3", canaries=len(source), answers=len(story.answers), records=len(story.lines), elsewhere=0)


def test_nothing_stands_in_any_file_in_clear(story, scoreboard):
    stored = raw(story.hub)
    count = sum(map(len, FORMS.values()))

    assert {"log.sqlite", "vault.sqlite", "views.sqlite", "views.sqlite-wal", "log.sqlite-wal"} <= stored.keys()
    assert {name: places for name, data in stored.items() if (places := found(data))} == {}
    assert found(pages(story.hub), of(MENTION)) == set(of(MENTION)), "or the pages were not really opened"
    scoreboard("S35", canaries=len(CANARIES), forms=count, files=len(stored), found=0)


def test_what_was_erased_is_in_no_store(own_story, scoreboard):
    hub, people = own_story.hub, own_story.people
    streams, gone = erased_streams(own_story)
    kept = {name: [each.position for each in hub.log.past(name)] for name in streams}
    sealed_before = sealed_keys(hub, streams)
    own_story.following.start()

    for name in streams:
        hub.erase(name, "Ordered by the court.", "DPO", administrator(own_story), f"erase {name}")

    for name in streams:
        assert [(each.position, type(each.event)) for each in hub.log.past(name)] == [(at, Erased) for at in kept[name]]
    everywhere = {"rows": rows(hub), "pages": pages(hub), **raw(hub), **opened(hub)}
    assert {place: places for place, data in everywhere.items() if (places := found(data, gone))} == {}
    assert not any(part in data for part in sealed_before for data in raw(hub).values()), "the old block of keys"
    assert found(opened(hub)["reporter"]) == set(of("reporter")), "what was not erased is as it was"
    for who, path in (
        ("handler", f"/v1/reports/{own_story.report}/source"),
        ("handler", f"/v1/reports/{own_story.report}/original"),
        ("supervisor", f"/v1/reports/{own_story.report}/narrative"),
        ("supervisor", f"/v1/mentions/{own_story.mention}"),
    ):
        answer = people[who].get(path)
        assert (answer.status_code, answer.json["code"]) == (410, "stream-erased")
    assert people["worker"].get(f"/v1/timelines/{own_story.case}").status_code == 200
    assert list(verify(hub)) == []
    scoreboard("S36", erased=len(streams), canaries=len(gone), stores=len(everywhere), found=0)


def sealed_keys(hub, streams):
    """Parts of the sealed blocks the keys of streams stand in, as the vault's file has them now."""
    blocks = {hub.log.past(name)[0].key_id // KEYS_A_BLOCK for name in streams}
    read = "SELECT wrapped_key, sealed_keys FROM key_block WHERE block = ?"
    with hub.vault._readers.reading() as reader:
        columns = [column for block in blocks for column in reader.execute(read, (block,)).fetchone()]
    parts = [column[start : start + 32] for column in columns for start in range(0, len(column) - 32, 512)]
    assert all(any(part in data for data in raw(hub).values()) for part in parts[:2])
    return parts


def order(story, name):
    """Order a stream to be erased; nothing else is done yet, as when the hub is killed right after."""
    command = EraseStream(erased=name, reason="Ordered by the court.", authority="DPO")
    story.hub.ask(command, administrator(story), f"erase {name}")


def test_an_erasure_that_was_cut_off_is_finished_at_the_next_start(own_story, tmp_path):
    streams, gone = erased_streams(own_story)
    for name in streams:
        order(own_story, name)
    settings = replace(own_story.hub.settings, folder=tmp_path / "killed")
    shutil.copytree(own_story.hub.settings.folder, settings.folder)
    with hubs.Hub(settings, own_story.hub.world) as hub:
        assert found(pages(hub), gone) == set(of(MENTION))
        following = Following(hub)
        following.settle()

        everywhere = {"rows": rows(hub), "pages": pages(hub), **raw(hub), **opened(hub)}
        assert {place: places for place, data in everywhere.items() if (places := found(data, gone))} == {}
        following.stop()
        assert list(verify(hub)) == []


def test_while_somebody_reads_an_older_page_the_eraser_is_told_and_the_rest_is_done_later(own_story, monkeypatch):
    hub, name, words = own_story.hub, stream(MENTION, own_story.mention), of(MENTION)
    own_story.following.settle()
    said = ("Ordered by the court.", "DPO", administrator(own_story), "erase")
    with hub.views.reading() as reader:
        assert reader.position == hub.log.head()
        order(own_story, name)
        own_story.following.settle()
        assert found(rows(hub), words) == set()
        assert found(pages(hub), words) == set(words)
        monkeypatch.setattr(Hub.checkpoint_views, "__defaults__", (50,))
        with pytest.raises(UnavailableError, match="older page"):
            hub.erase(name, *said)

    own_story.following.settle()
    assert found(pages(hub), words) == set()


def write_into_the_past(connection, text):
    """Alter a row version that is over, in some view that keeps versions."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    for name in names:
        columns = {row[1]: row[2] for row in connection.exec_driver_sql(f'PRAGMA table_info("{name}")')}
        words = [column for column, kind in columns.items() if kind == "TEXT" and column != "row"]
        if "known_to" in columns and words:
            alter = f'UPDATE "{name}" SET "{words[0]}" = ? WHERE known_to IS NOT NULL'
            if connection.exec_driver_sql(alter, (text,)).rowcount:
                return
    raise AssertionError("no row version is over")


HOLDERS = {
    "a row": {"rows", "pages"},
    "a row of the past": {"rows", "pages"},
    "a page nothing points to": {"pages"},
    "a file": {"export.csv"},
    "a record": {"records"},
}


@pytest.mark.parametrize("where", HOLDERS)
def test_a_planted_leak_is_found(own_story, where):
    hub, place = own_story.hub, (SOURCE, "full_name")
    leak = f"seen with {CANARIES[place].lower()}"
    with hub.views.engine.connect() as connection:
        match where:
            case "a row":
                connection.exec_driver_sql("INSERT INTO bookmark VALUES (?, 1)", (leak,))
            case "a row of the past":
                write_into_the_past(connection, leak)
            case "a page nothing points to":
                connection.exec_driver_sql("INSERT INTO bookmark VALUES (?, 1)", (leak,))
                connection.exec_driver_sql("DELETE FROM bookmark WHERE follower = ?", (leak,))
            case "a file":
                (hub.settings.folder / "export.csv").write_text(leak)
            case _:
                logging.getLogger("hub").debug("could not read %s", leak)
    stores = {"rows": rows(hub), "pages": pages(hub), **raw(hub), "records": b"\n".join(own_story.lines)}

    assert {name for name, data in stores.items() if found(data, of(SOURCE))} == HOLDERS[where]
    assert all(found(stores[name], of(SOURCE)) == {place} for name in HOLDERS[where])


def test_a_word_that_was_dressed_up_is_found():
    place = (NARRATIVE, "text")
    word = CANARIES[place]

    for dressed in (word.upper(), word[::-1], f"{word[:8]} {word[8:]}", word.encode().hex()):
        assert found(f"she said {dressed} and left".encode()) == {place}
    for before in range(6):
        assert found(b64encode(b"x" * before + word.encode() + b" and more")) == {place}
    assert found(word.encode("utf-16-le")) == {place}
    assert found(word[1:15].encode()) == set()
