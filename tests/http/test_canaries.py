"""Canaries: who the source is reaches the source handling unit alone, in no other answer, header, log or file."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from types import SimpleNamespace

import pytest

from hub_events.stream import stream
from hub_services.caller import Caller
from hub_services.decisions.operation import EraseStream
from hub_services.http.operations import OPERATIONS

SOURCE = {
    "full_name": "Quillfeather-Zyx Marjoribanks",
    "date_of_birth": "zyx-born-on-a-leap-day",
    "addresses": ["17 Zyxwold Lane", "c/o Zyxthorpe Farm"],
    "contacts": ["zyx.caller@example.org", "07700 900zyx"],
    "relationship": "zyx-godmother of the boy",
}
OF_SOURCE = [SOURCE["full_name"], SOURCE["date_of_birth"], SOURCE["relationship"], *SOURCE["addresses"]]
OF_SOURCE += SOURCE["contacts"]
OF_NARRATIVE = [
    "Oboe-canary of the text",
    "Oboe-canary of the place",
    "Oboe-canary of the risk",
    "Oboe-canary known to",
]
OF_REPORTER = ["Tuba-canary name", "Tuba-canary title", "Tuba-canary house", "Tuba-canary line"]
OF_MENTION = ["Viola-canary as said", "Viola-canary name"]
EVERY = [*OF_SOURCE, *OF_NARRATIVE, *OF_REPORTER, *OF_MENTION]


def form(report_body, check):
    return report_body(
        check,
        source=SOURCE,
        narrative=OF_NARRATIVE[0],
        place=f"{OF_NARRATIVE[1]}, Manchester",
        disclosure_risk=OF_NARRATIVE[2],
        also_known_to=[OF_NARRATIVE[3]],
        reporter_name=OF_REPORTER[0],
        reporter_job_title=OF_REPORTER[1],
        reporter_organisation=OF_REPORTER[2],
        reporter_contact=OF_REPORTER[3],
        mentions=[{"kind": "PERSON", "as_said": OF_MENTION[0], "parts": {"name": OF_MENTION[1]}}],
    )


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("canaries")) as found:
        yield found


class Lines(logging.Handler):
    """Everything that is logged, at every level, as it would be written."""

    def __init__(self):
        super().__init__(0)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))
        self.lines.append(repr(vars(record)))


@pytest.fixture(scope="module")
def told(running, story_of):
    """A report full of canaries that went the whole way, and every line that was logged on it."""
    root, lines = logging.getLogger(), Lines()
    before = root.level
    root.addHandler(lines)
    root.setLevel(1)
    try:
        yield SimpleNamespace(lines=lines.lines, **_story(running, story_of(running)))
    finally:
        root.removeHandler(lines)
        root.setLevel(before)


def _story(running, story):
    from_form = running.people["teacher"]
    check = story.check()
    sent = story.done(from_form.post("/v1/reports", form(_report_form(), check)), 201)
    report = sent.json["id"]
    story.grade(report)
    story.propose(report)
    story.answer(report)
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    work = story.work(report, case)
    story.in_case(case, "members", account=running.people["teacher"].id)
    return {**work, "report": report, "case": case, "check": check}


def _report_form():
    """The form of the story, without the fixture a module-wide fixture cannot ask for."""

    def make(check, **changes):
        return {
            "route_check": check,
            "route": "INFORMATION_REPORT",
            "reported_at": "2026-03-02T09:30:00Z",
            "source_types": ["MEMBER_OF_PUBLIC"],
            "reliability": 5,
            "accuracy": 4,
            "willing_to_engage": "NO",
            "strands": ["CSE"],
            "area": "MANCHESTER",
            **changes,
        }

    return make


READS = [each.path for each in OPERATIONS if not each.is_command]


@pytest.fixture(scope="module")
def answers(running, told):
    """What everybody gets from every operation that reads, and from /health, /ready and the description."""
    ids = {
        "route-checks": told.check,
        "mentions": told.mention,
        "flags": told.flag,
        "inbox": told.notice,
        "cases": told.case,
        "timelines": told.case,
    }
    found = []
    for who, person in running.people.items():
        for rule in READS:
            identifier = person.id if "accounts" in rule else ids.get(rule.split("/")[2], told.report)
            path = rule.replace("{id}", identifier).replace("{table}", "areas")
            found.append((who, rule, person.get(path)))
    client = running.app.test_client()
    found += [("nobody", path, client.get(path)) for path in ("/health", "/ready", "/v1/openapi.json")]
    return found


def everything(answer):
    """All of an answer a reader gets to see."""
    return answer.get_data(as_text=True) + repr(answer.headers) + answer.status


def holders(answers, canaries):
    """Who got any of some words, and from where."""
    return {
        (who, rule)
        for who, rule, answer in answers
        for canary in canaries
        if any(form in everything(answer) for form in _forms(canary))
    }


def _forms(canary):
    """A canary as it may be dressed up."""
    escaped = json.dumps(canary)[1:-1]
    coded = b64encode(canary.encode()).decode()[:-4]
    return {canary, canary.lower(), canary.upper(), escaped, coded, canary.encode().hex(), canary.replace(" ", "+")}


def test_who_the_source_is_is_seen_by_the_source_handling_unit_alone(answers):
    handlers = {("handler", "/v1/reports/{id}/source"), ("handler", "/v1/reports/{id}/original")}
    for canary in OF_SOURCE:
        assert holders(answers, [canary]) == handlers, canary


def test_the_words_of_the_report_are_seen_by_its_two_deciders_and_in_the_original(answers):
    rule = "/v1/reports/{id}/narrative"
    deciders = {(who, rule) for who in ("supervisor", "both", "intelligence")}
    for canary in OF_NARRATIVE:
        assert holders(answers, [canary]) == deciders | {("handler", "/v1/reports/{id}/original")}, canary


def test_who_reported_is_seen_by_the_deciders_and_the_source_handling_unit(answers):
    rule = "/v1/reports/{id}/reporter"
    those = {(who, rule) for who in ("supervisor", "both", "intelligence", "handler")}
    for canary in OF_REPORTER:
        assert holders(answers, [canary]) == those | {("handler", "/v1/reports/{id}/original")}, canary


def test_the_words_of_a_mention_are_seen_by_those_who_see_the_report(answers):
    seen = {who for who, _ in holders(answers, OF_MENTION)}
    assert seen == {"supervisor", "both", "intelligence", "officer", "manager", "worker", "teacher", "handler"}
    assert {rule for who, rule in holders(answers, OF_MENTION) if who == "handler"} == {"/v1/reports/{id}/original"}


def test_the_count_of_answers_is_not_small(answers):
    assert len(answers) > 15 * len(READS)
    assert {answer.status_code for _, _, answer in answers} <= {200, 403, 404}


def test_no_answer_to_a_form_that_is_wrong_repeats_what_the_source_said(running, told, story_of):
    """Problems name the field and never the value, however wrong the form is."""
    teacher, check = running.people["teacher"], story_of(running).check()
    whole = form(_report_form(), check)
    wrong = [
        {**whole, "accuracy": 9},
        {**whole, "source": {**SOURCE, "full_name": SOURCE["full_name"] * 100}},
        {**whole, "source": {**SOURCE, "addresses": SOURCE["addresses"] * 60}},
        {**whole, "source": {**SOURCE, "contacts": SOURCE["contacts"][0]}},
        {**whole, "source": {**SOURCE, "full_name": [SOURCE["full_name"]]}},
        {**whole, "source": SOURCE["full_name"]},
        {**whole, "source": [SOURCE]},
        {**whole, "source": {**SOURCE, "alias": SOURCE["full_name"]}},
        {**whole, "route": "POI_RESPONSE"},
        {**whole, "route_check": "A" * 22},
        {**whole, "strands": ["GOSSIP"]},
        {**whole, "mentions": [{"kind": "PERSON", "as_said": OF_MENTION[0], "parts": {"hat": OF_MENTION[1]}}]},
        {**whole, "narrative": OF_NARRATIVE[0] * 2000},
        {**whole, "reporter_name": OF_REPORTER[0] * 100},
    ]
    texts = [json.dumps(each) for each in wrong]
    texts += [json.dumps(whole)[:-1], json.dumps(whole) + "}", json.dumps(whole).replace('"accuracy"', '"route"')]
    found = []
    for text in texts:
        headers = teacher.headers(**{"Idempotency-Key": f"wrong-{len(found)}", "Content-Type": "application/json"})
        answer = teacher.app.post("/v1/reports", data=text, headers=headers)
        assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)
        found.append(("teacher", "/v1/reports", answer))
    assert holders(found, EVERY) == set()


def test_an_unforeseen_error_says_nothing_and_no_line_of_the_log_holds_a_canary(
    running, told, answers, story_of, monkeypatch
):
    """Not even the error's own words: they are somebody's who was not thinking of the log."""
    teacher, check = running.people["teacher"], story_of(running).check()

    def fails(write):
        raise RuntimeError(f"could not write {write} of {SOURCE['full_name']}")

    monkeypatch.setattr(running.hub.log, "append", fails)
    answer = teacher.post("/v1/reports", form(_report_form(), check))
    assert (answer.status_code, answer.json["code"]) == (500, "unforeseen")
    assert holders([("teacher", "/v1/reports", answer)], EVERY) == set()
    text = "\n".join(told.lines)
    assert "unforeseen RuntimeError" in text
    for canary in EVERY:
        assert not any(form in text for form in _forms(canary)), canary


def test_no_file_holds_a_canary_in_clear(running, told):
    folder = running.hub.settings.folder
    running.hub.checkpoint_views()
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert len(files) >= 3
    for file in files:
        raw = file.read_bytes()
        for canary in EVERY:
            for form in (
                canary.encode(),
                canary.encode("utf-16-le"),
                canary.lower().encode(),
                b64encode(canary.encode()),
            ):
                assert form not in raw, (file.name, canary)


def opened(hub):
    """Every event of the log as text, by the kind of its stream; and every row of every view."""
    texts = {}
    for recorded in hub.log.after(0, 1_000_000):
        texts.setdefault(recorded.kind, []).append(repr(recorded.event))
    with hub.views.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        views = [repr(row) for each in names for row in connection.exec_driver_sql(f'SELECT * FROM "{each}"')]
    return {**{kind: "\n".join(each) for kind, each in texts.items()}, "views": "\n".join(views)}


def test_what_was_erased_is_nowhere_and_reads_as_gone(running, told):
    """The last test of this file: it takes the report's source, original and narrative away for good."""
    hub, people = running.hub, running.people
    before = opened(hub)
    where = {canary: {kind for kind, text in before.items() if canary in text} for canary in EVERY}
    assert {kind for canary in OF_SOURCE for kind in where[canary]} == {"original", "source"}
    assert {kind for canary in OF_NARRATIVE for kind in where[canary]} == {"original", "narrative"}
    assert {"mention", "views"} < {kind for canary in OF_MENTION for kind in where[canary]}

    administrator = Caller(
        account=f"account:{people['administrator'].id}",
        agency="HUB",
        role="ADMINISTRATOR",
        purpose="TECHNICAL",
    )
    for kind, identifier in (
        ("source", told.report),
        ("original", told.report),
        ("narrative", told.report),
        ("mention", told.mention),
    ):
        erasure = EraseStream(erased=stream(kind, identifier), reason="Court order.", authority="DPO")
        hub.ask(erasure, administrator, f"erase {kind}")
    running.following.settle()
    hub.checkpoint_views()

    after = opened(hub)
    for canary in [*OF_SOURCE, *OF_NARRATIVE, *OF_MENTION]:
        assert not [kind for kind, text in after.items() if canary in text], canary
    for who, path in (
        ("handler", f"/v1/reports/{told.report}/source"),
        ("handler", f"/v1/reports/{told.report}/original"),
        ("supervisor", f"/v1/reports/{told.report}/narrative"),
        ("supervisor", f"/v1/mentions/{told.mention}"),
    ):
        gone = people[who].get(path)
        assert (gone.status_code, gone.json["code"]) == (410, "stream-erased")
        assert people["stranger"].get(path).status_code in {403, 404}
    kept = people["worker"].get(f"/v1/cases/{told.case}")
    assert kept.status_code == 200
    assert (kept.json["subject"], kept.json["subject_name"]) == ("", "")
    assert people["worker"].get(f"/v1/timelines/{told.case}").status_code == 200
    assert hub.views.quarantine() == []
