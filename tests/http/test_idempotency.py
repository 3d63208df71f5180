"""The same command sent again under its key is done once and answered the same, by today's policy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from hub_services.http.operations import OPERATIONS
from hub_services.position_tokens import POSITION, PositionTokens
from hub_services.refusal import StreamMovedError

COMMANDS = {f"{each.method} {each.path}" for each in OPERATIONS if each.is_command}
KEYS = count(1)


@pytest.fixture
def position_of(hub):
    """Open the position an answer carries for a person."""
    tokens = PositionTokens(hub.vault.secret("positions"), hub.world)

    def find(person, answer):
        return tokens.open(answer.headers["Hub-Position"], POSITION, f"account:{person.id}").position

    return find


@pytest.fixture
def every_command_twice(hub, app, people, position_of):
    """Let everybody send each command twice; returns the commands that were sent."""
    sent = set()

    def again_and_again(person):
        once = person.post

        def post(path, body=None, *, key="", **more):
            key = key or f"twice-{next(KEYS)}"
            first = once(path, body, key=key, **more)
            assert first.status_code in {200, 201}, first.get_data(as_text=True)
            head = hub.log.head()
            assert_the_same(first, once(path, body, key=key, **more))
            assert_the_same(first, once(path, body, key=key, **more | ({"etag": '"v999"'} if "etag" in more else {})))
            other = {**(body or {}), "reason": "Something else."} if body is not None else body
            if other not in (None, body):
                refused = once(path, other, key=key, **more)
                assert refused.status_code == 422
                assert refused.json["code"] in {"key-used-otherwise", "invalid"}
            elsewhere = once("/v1/route-checks", ANSWERS, key=key)
            assert elsewhere.status_code == (201 if path == "/v1/route-checks" and body == ANSWERS else 422)
            assert hub.log.head() == head
            rule = app.url_map.bind("").match(path, method="POST")[0]
            sent.add(rule)
            return first

        def assert_the_same(first, again):
            assert again.status_code == first.status_code
            assert again.get_data() == first.get_data()
            assert again.headers.get("ETag") == first.headers.get("ETag")
            assert again.headers.get("Location") == first.headers.get("Location")
            assert again.headers["Hub-Position"] != first.headers["Hub-Position"]
            assert position_of(person, again) == position_of(person, first)

        person.post = post

    for each in people.values():
        again_and_again(each)
    return sent


ANSWERS = {
    "immediate_danger": False,
    "in_need_or_harmed": True,
    "information": True,
    "person_of_interest_request": False,
    "adult": False,
    "area": "ROCHDALE",
}


def test_every_command_is_done_once_however_often_it_is_sent(every_command_twice, story, hub):
    story.everything()
    assert every_command_twice == COMMANDS
    assert hub.views.quarantine() == []


def test_the_same_key_with_another_body_is_refused(people, hub):
    first = people["teacher"].post("/v1/route-checks", ANSWERS, key="one")
    head = hub.log.head()
    other = people["teacher"].post("/v1/route-checks", ANSWERS | {"adult": True}, key="one")
    assert (other.status_code, other.json["code"]) == (422, "key-used-otherwise")
    assert "Hub-Position" not in other.headers
    assert hub.log.head() == head
    assert people["teacher"].post("/v1/route-checks", ANSWERS, key="one").json == first.json


def test_the_same_key_of_another_account_is_another_command(people, hub):
    first = people["teacher"].post("/v1/route-checks", ANSWERS, key="shared")
    head = hub.log.head()
    second = people["worker"].post("/v1/route-checks", ANSWERS, key="shared")
    assert second.status_code == 201
    assert second.json["id"] != first.json["id"]
    assert hub.log.head() > head


def test_the_same_key_on_another_record_is_refused(story, people):
    one, other = story.report(), story.report()
    etag = people["supervisor"].get(f"/v1/triage/{one}").headers["ETag"]
    assert people["supervisor"].post(f"/v1/triage/{one}/opening", key="open", etag=etag).status_code == 200
    refused = people["supervisor"].post(f"/v1/triage/{other}/opening", key="open", etag=etag)
    assert (refused.status_code, refused.json["code"]) == (422, "key-used-otherwise")


def test_a_refused_command_is_decided_again(story, people, hub):
    check = story.check(immediate_danger=True)
    form = {"key": "early"}
    body = _form(check)
    early = people["teacher"].post("/v1/reports", body, **form)
    assert (early.status_code, early.json["code"]) == (422, "emergency-first")
    head = hub.log.head()
    assert people["teacher"].post("/v1/reports", body, **form).json["code"] == "emergency-first"
    assert hub.log.head() == head
    call = {"called_at": "2026-03-02T09:58:00Z", "police_reference": "none given"}
    story.change("teacher", f"/v1/route-checks/{check}", "emergency-call", call)
    assert people["teacher"].post("/v1/reports", body, **form).status_code == 201
    head = hub.log.head()
    assert people["teacher"].post("/v1/reports", body, **form).status_code == 201
    assert hub.log.head() == head


def _form(check):
    return {
        "route_check": check,
        "route": "INFORMATION_REPORT",
        "reported_at": "2026-03-02T09:30:00Z",
        "reporter_name": "Robin Ashdown",
        "reporter_job_title": "Form tutor",
        "reporter_organisation": "Moorfield Academy",
        "reporter_contact": "0161 496 0001",
        "source_types": ["WITNESSED_INCIDENT"],
        "accuracy": 1,
        "narrative": "A girl was pulled into a car.",
    }


def test_a_command_with_nothing_to_do_has_no_receipt_and_writes_nothing(story, people, hub, position_of):
    report = story.report()
    story.change("supervisor", f"/v1/triage/{report}", "opening")
    head = hub.log.head()
    first = people["both"].change(f"/v1/triage/{report}", "opening", key="late")
    assert (first.status_code, first.json["code"]) == (409, "holds-both-roles")
    intelligence = people["intelligence"].change(f"/v1/triage/{report}", "opening", key="late")
    assert intelligence.status_code == 200
    assert intelligence.headers["ETag"] == '"v2"'
    assert hub.log.head() == head
    again = people["intelligence"].change(f"/v1/triage/{report}", "opening", key="late")
    assert position_of(people["intelligence"], again) == position_of(people["intelligence"], intelligence)
    assert hub.log.receipt(_command_id(hub, people["intelligence"], "late")) is None


def _command_id(hub, person, key):
    return hub._asking._hmac(b"command", f"account:{person.id}".encode(), key.encode())[:16]


def test_a_replay_is_refused_by_the_policy_of_today(story, people, hub):
    report = story.decided()
    story.lift(report, "SHARE_WITH_CASE_MEMBERS")
    case = story.case(report)
    story.in_case(case, "members", account=people["stranger"].id)
    strand = {"strand": "MSHT", "reason": "Moved between cities."}
    done = people["stranger"].change(f"/v1/cases/{case}", "strands", strand, key="mine")
    assert done.status_code == 200
    head = hub.log.head()
    again = people["stranger"].post(f"/v1/cases/{case}/strands", strand, key="mine", etag=done.headers["ETag"])
    assert again.json == done.json
    story.in_case(case, "member-removals", account=people["stranger"].id)
    head = hub.log.head()
    lost = people["stranger"].post(f"/v1/cases/{case}/strands", strand, key="mine", etag=done.headers["ETag"])
    assert (lost.status_code, lost.json["code"]) == (404, "not-found")
    absent = people["stranger"].post(f"/v1/cases/{'A' * 22}/strands", strand, key="other", etag='"v1"')
    assert absent.get_data() == lost.get_data()
    assert hub.log.head() == head


def test_a_replay_of_what_gave_the_record_away_answers_as_the_first_time(story, people, hub):
    """Sent on to another team, the report is hidden from who sent it on; that it was done is not."""
    report = story.report()
    rerouting = {"area": "ROCHDALE", "reason": "It is about a place in Rochdale."}
    done = people["supervisor"].change(f"/v1/reports/{report}", "rerouting", rerouting, key="away")
    assert done.status_code == 200
    assert people["supervisor"].get(f"/v1/reports/{report}").status_code == 404
    grade = {
        "source": 2,
        "assessment": "D",
        "handling_code": "C",
        "handling_conditions": ["SPECIALIST_SUPERVISOR_ONLY"],
    }
    assert people["salford-supervisor"].change(f"/v1/reports/{report}", "grades", grade).status_code == 200
    head = hub.log.head()
    again = people["supervisor"].post(f"/v1/reports/{report}/rerouting", rerouting, key="away", etag='"v3"')
    assert (again.status_code, again.json, again.headers["ETag"]) == (200, done.json, done.headers["ETag"])
    assert people["intelligence"].post(f"/v1/reports/{report}/rerouting", rerouting, etag='"v3"').status_code == 403
    assert hub.log.head() == head


def test_many_at_once_under_one_key_are_one_command(app, people, hub):
    teacher = people["teacher"]
    headers = teacher.headers(**{"Idempotency-Key": "at-once"})
    head = hub.log.head()

    def send(_):
        return app.test_client().post("/v1/route-checks", json=ANSWERS, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.get_data() for each in answers}) == 1
    assert hub.log.head() == head + 1


def test_an_answer_that_was_lost_at_the_commit_is_found_by_its_receipt(people, hub, monkeypatch):
    """The log stored it, the answer never came: the next attempt meets its own receipt."""
    append = hub.log.append
    calls = []

    def lost(write):
        calls.append(write)
        appended = append(write)
        if len(calls) == 1:
            append(write)
        return appended

    monkeypatch.setattr(hub.log, "append", lost)
    head = hub.log.head()
    answer = people["teacher"].post("/v1/route-checks", ANSWERS, key="lost")
    assert answer.status_code == 201
    assert hub.log.head() == head + 1
    assert len(calls) == 1


def test_a_command_whose_receipt_was_forgotten_is_still_done_once(story, people, hub, position_of):
    """Receipts are kept for thirty days; what was written says for good by which command it was."""
    report = story.report()
    body = {"outcome": "INVESTIGATE", "rationale": "A pattern."}
    first = people["supervisor"].change(f"/v1/triage/{report}", "proposals", body, key="long-ago")
    head = hub.log.head()
    assert hub.log.forget_receipts(1_000_000) > 0
    again = people["supervisor"].post(f"/v1/triage/{report}/proposals", body, key="long-ago", etag='"v1"')
    assert (again.status_code, again.json) == (200, first.json)
    assert position_of(people["supervisor"], again) == position_of(people["supervisor"], first)
    assert hub.log.head() == head


def test_whoever_always_comes_second_is_asked_to_send_again(people, hub, monkeypatch):
    def moved(write):
        raise StreamMovedError(write.drafts[0].stream, 0)

    monkeypatch.setattr(hub.log, "append", moved)
    answer = people["teacher"].post("/v1/route-checks", ANSWERS)
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "2"


def test_another_lawful_basis_is_written_with_its_reason_and_read_back_by_nobody(people, hub, story):
    basis = {"Hub-Lawful-Basis": "CA_1989_S17_47", "Hub-Basis-Reason": "A strategy meeting asked for it."}
    answer = people["teacher"].post("/v1/route-checks", ANSWERS, **basis)
    assert answer.status_code == 201
    answered, why = hub.log.past(f"route-check:{answer.json['id']}")
    assert answered.envelope.lawful_basis == why.envelope.lawful_basis == "CA_1989_S17_47"
    assert why.event.reason == "A strategy meeting asked for it."
    assert "strategy" not in people["teacher"].get(answer.json["link"]).get_data(as_text=True)
