"""The record that is authorised is the record that is touched, and what is hidden answers as what is absent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from marshmallow import fields

import hub_services
from hub_services.http.operations import OPERATIONS
from hub_services.policy.rules import RULES

ABSENT = "A" * 22
COMMANDS = [each for each in OPERATIONS if each.is_command]
ABOUT_ONE = [each for each in OPERATIONS if "{id}" in each.path]
OF_KIND = {
    "accounts": {"account"},
    "route-checks": {"called", "closed"},
    # A report's triage and feedback bear the id of the report: they are its own.
    "reports": {"report", "second", "rerouted"},
    "triage": {"report", "second", "rerouted"},
    "feedback": {"report", "second"},
    "mentions": {"mention"},
    "cases": {"case"},
    "timelines": {"case"},
    "flags": {"flag", "refused"},
    "inbox": {"notice"},
}
ONE_OF_EACH = {"account", "called", "report", "mention", "case", "flag", "notice"}
IN_BODY = {
    "report": {"report", "second", "rerouted"},
    "route_check": {"called", "closed"},
    "subject": {"mention"},
    "mention": {"mention"},
    "worker": {"account"},
    "account": {"account"},
}


def name(operation):
    return f"{operation.method} {operation.path}"


def kind_of(operation):
    return operation.path.split("/")[2]


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("objects")) as found:
        yield found


@pytest.fixture(scope="module")
def ids(running, story_of):
    """One record of each kind, each at the end of its story."""
    return story_of(running).everything()


def value(label, field, ids):
    """Something that fits a field, and names a record that exists where it names one."""
    match field:
        case fields.List():
            return [value(label, field.inner, ids)]
        case fields.Nested():
            return {"text": "2026-02"}
        case fields.Boolean():
            return False
        case fields.Integer():
            return 2
        case fields.DateTime():
            return "2026-03-02T09:00:00Z"
        case fields.Date():
            return "2026-02-01"
    if label in IN_BODY:
        return ids[min(IN_BODY[label])]
    return {
        "route": "INFORMATION_REPORT",
        "person_stage": "CHILD",
        "password": "correct horse battery",
        "login": "foreign.ids",
        "agency": "MANCHESTER_CSC",
        "recipient": "MANCHESTER_CSC",
        "team": "PROTECT",
        "roles": "MANAGER",
        "role": "VICTIM",
        "strand": "MSHT",
        "strands": "MSHT",
        "flag": "CSE",
        "outcome": "INVESTIGATE",
        "assessment": "D",
        "handling_code": "P",
        "reason_code": "OTHER",
        "source_types": "WITNESSED_INCIDENT",
        "review_on": "2026-09-01",
    }.get(label, "In somebody's words.")


def body_of(operation, ids, **changes):
    if operation.body is None:
        return None
    required = {label: field for label, field in operation.body().fields.items() if field.required}
    found = {label: value(label, field, ids) for label, field in required.items()}
    if "review_on" in found:
        found["review_on"] = "2026-09-01"
    return found | changes


def send(person, operation, identifier, ids, etag='"v1"', **changes):
    path = operation.path.replace("{id}", identifier)
    if not operation.is_command:
        return person.get(path)
    return person.post(path, body_of(operation, ids, **changes), etag=etag if operation.precondition else "")


MIGHTY = ("supervisor", "worker", "handler", "administrator")


@pytest.mark.parametrize("operation", ABOUT_ONE, ids=name)
def test_the_id_of_another_kind_of_record_names_nothing(people, hub, ids, operation):
    """Whoever asks, and whatever else they may see under that id."""
    head = hub.log.head()
    for who in MIGHTY:
        absent = send(people[who], operation, ABSENT, ids)
        assert absent.status_code in {403, 404}, (who, absent.get_data(as_text=True))
        for other in ONE_OF_EACH - OF_KIND[kind_of(operation)]:
            answer = send(people[who], operation, ids[other], ids)
            assert answer.get_data() == absent.get_data(), (other, who)
    assert hub.log.head() == head


NAMED_IN_BODIES = [
    (operation, label)
    for operation in COMMANDS
    if operation.body is not None
    for label in operation.body().fields
    if label in IN_BODY
]
FREE_OF_KIND = {"unknown-account", "not-found", "not-permitted", "mention-not-in-case"}


@pytest.mark.parametrize(
    ("operation", "label"), NAMED_IN_BODIES, ids=[f"{name(one)} {label}" for one, label in NAMED_IN_BODIES]
)
def test_the_id_of_another_kind_in_a_body_names_nothing(people, hub, ids, operation, label):
    """It answers as an id that does not exist at all, and nothing is written."""
    head, tried = hub.log.head(), 0
    target = ids[min(OF_KIND[kind_of(operation)])]
    for who in ("supervisor", "worker", "manager", "teacher"):
        person = people[who]
        etag = person.get(f"/v1/{kind_of(operation)}/{target}").headers.get("ETag", '"v1"')
        absent = send(person, operation, target, ids, etag, **{label: ABSENT})
        if operation.path.endswith("/member-removals") and absent.status_code == 200:
            # Somebody who is no member is none afterwards either: there is nothing to do.
            assert absent.json["id"] == target
        else:
            assert absent.status_code in {403, 404, 422}, (who, absent.get_data(as_text=True))
            assert absent.json["code"] in FREE_OF_KIND, (who, absent.json)
        for other in ONE_OF_EACH - IN_BODY[label]:
            answer = send(person, operation, target, ids, etag, **{label: ids[other]})
            assert answer.get_data() == absent.get_data(), (other, who)
            tried += 1
    assert tried
    assert hub.log.head() == head


@pytest.mark.parametrize("operation", COMMANDS, ids=name)
def test_a_command_on_a_hidden_record_answers_as_one_on_an_absent_record(people, hub, ids, operation):
    """Four strangers to everything, with a real id and its real ETag, and with none."""
    if "{id}" not in operation.path:
        return
    head = hub.log.head()
    for who in ("stranger", "salford-supervisor", "neighbourhood", "board"):
        absent = send(people[who], operation, ABSENT, ids)
        for key in OF_KIND[kind_of(operation)]:
            if who == "stranger" and key == "notice":
                continue
            hidden = send(people[who], operation, ids[key], ids)
            assert hidden.status_code in {403, 404}, (who, key, hidden.get_data(as_text=True))
            assert hidden.get_data() == absent.get_data(), (who, key)
            assert dict(hidden.headers) == dict(absent.headers), (who, key)
            unlikely = send(people[who], operation, ids[key], ids, '"v77"')
            assert unlikely.get_data() == absent.get_data(), (who, key)
    assert hub.log.head() == head


def test_a_hidden_record_in_a_body_answers_as_an_absent_one(people, hub, ids, story):
    hidden = story.report(area="ROCHDALE")
    mention = next(
        each["id"]
        for each in people["salford-supervisor"].get(f"/v1/reports/{hidden}").json["mentions"]
        if each["kind"] == "PERSON"
    )
    head = hub.log.head()
    operations = {name(each): each for each in COMMANDS}
    case, supervisor = ids["case"], people["supervisor"]
    etag = supervisor.get(f"/v1/cases/{case}").headers["ETag"]
    for operation, label, identifier in (
        ("POST /v1/cases", "report", hidden),
        ("POST /v1/cases", "subject", mention),
        ("POST /v1/cases/{id}/reports", "report", hidden),
        ("POST /v1/cases/{id}/persons", "mention", mention),
        ("POST /v1/cases/{id}/role-endings", "mention", mention),
        ("POST /v1/cases/{id}/flags", "mention", mention),
    ):
        there = send(supervisor, operations[operation], case, ids, etag, **{label: identifier})
        absent = send(supervisor, operations[operation], case, ids, etag, **{label: ABSENT})
        assert (there.status_code, there.json["code"]) == (404, "not-found"), operation
        assert there.get_data() == absent.get_data()
    check = story.check("worker")
    form = body_of(operations["POST /v1/reports"], ids)
    theirs = people["teacher"].post("/v1/reports", form | {"route_check": check})
    nobodys = people["teacher"].post("/v1/reports", form | {"route_check": ABSENT})
    assert theirs.status_code == 404
    assert theirs.get_data() == nobodys.get_data()
    assert hub.log.head() == head + 1


def test_a_person_of_another_case_is_no_person_of_this_one(people, hub, story, ids):
    """Both records may be seen; the one does not belong to the other."""
    report = story.decided()
    other = story.mention(report)
    story.case(report)
    head = hub.log.head()
    body = {"mention": other, "role": "VICTIM", "role_from": "2026-02-01", "reason": "X"}
    joined = people["supervisor"].change(f"/v1/cases/{ids['case']}", "persons", body)
    assert (joined.status_code, joined.json["code"]) == (422, "mention-not-in-case")
    flag = {"mention": other, "flag": "CSE", "review_on": "2026-09-01", "reason": "X"}
    requested = people["supervisor"].post(f"/v1/cases/{ids['case']}/flags", flag)
    assert (requested.status_code, requested.json["code"]) == (422, "mention-not-in-case")
    vehicle = story.mention(report, "VEHICLE")
    thing = people["supervisor"].change(f"/v1/cases/{ids['case']}", "persons", body | {"mention": vehicle})
    assert thing.status_code == 422
    assert hub.log.head() == head


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_every_operation_asks_the_policy(app, people, ids, operation, monkeypatch, hub):
    """With an empty set of rules no operation answers anything: none has a way round `may`."""
    monkeypatch.setattr("hub_services.policy.RULES", {})
    head, asked = hub.log.head(), 0
    for who in MIGHTY:
        path = operation.path.replace("{table}", "areas")
        identifiers = [ids[key] for key in OF_KIND.get(kind_of(operation), ())] if "{id}" in path else [""]
        for identifier in identifiers:
            if operation.is_command:
                etag = '"v1"' if operation.precondition else ""
                answer = people[who].post(path.replace("{id}", identifier), body_of(operation, ids), etag=etag)
            else:
                answer = people[who].get(path.replace("{id}", identifier))
            assert (answer.status_code, answer.json["code"]) == (403, "not-permitted"), who
            asked += 1
    assert asked >= len(MIGHTY)
    assert hub.log.head() == head


def test_every_action_of_the_rules_is_asked_for_somewhere():
    """A rule nobody asks for is a right nobody checks."""

    folder = Path(hub_services.__file__).parent
    texts = "".join(each.read_text("utf-8") for each in folder.rglob("*.py") if each.name != "rules.py")
    for action in RULES:
        assert re.search(rf'"{action}"', texts), action
