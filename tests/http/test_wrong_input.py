"""Every route with wrong input gives a clear problem and writes nothing."""

from __future__ import annotations

import json

import pytest
from marshmallow import fields

from hub_services.http.operations import OPERATIONS

ABSENT = "A" * 22
COMMANDS = [operation for operation in OPERATIONS if operation.is_command]
WITH_BODY = [operation for operation in COMMANDS if operation.body is not None]
CHANGES = [operation for operation in COMMANDS if operation.precondition]
READS = [operation for operation in OPERATIONS if not operation.is_command]
ABOUT_ONE = [operation for operation in OPERATIONS if "{id}" in operation.path]


def name(operation):
    return f"{operation.method} {operation.path}"


def path(operation, identifier=ABSENT):
    return operation.path.replace("{id}", identifier).replace("{table}", "areas")


def problem(answer, status, code):
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    found = json.loads(answer.get_data())
    assert found["code"] == code
    assert found["status"] == status
    assert found["detail"].endswith((".", "."))
    assert answer.headers["Cache-Control"] == "no-store"
    return found


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    """One hub for the whole file: nothing here writes."""
    with run_hub(tmp_path_factory.mktemp("wrong")) as found:
        yield found


@pytest.fixture
def sent(app, hub, people):
    """Send a request to an operation as the administrator; the log must not grow."""

    def send(operation, *, headers=None, data=None, without=(), identifier=ABSENT, query=None):
        head = hub.log.head()
        whole = people["administrator"].headers(**{"Idempotency-Key": "wrong", "If-Match": '"v1"'})
        whole["Content-Type"] = "application/json"
        whole.update(headers or {})
        for each in without:
            whole.pop(each)
        answer = app.test_client().open(
            path(operation, identifier),
            method=operation.method,
            headers=whole,
            data=data,
            query_string=query,
        )
        assert hub.log.head() == head
        return answer

    return send


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_nobody_is_let_in_without_a_valid_token(sent, operation):
    problem(sent(operation, without=["Authorization"]), 401, "not-signed-in")
    problem(sent(operation, headers={"Authorization": "Bearer x.y.z"}), 401, "not-signed-in")
    problem(sent(operation, headers={"Authorization": "Basic YTpi"}), 401, "not-signed-in")


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_nothing_is_done_without_a_purpose(sent, operation):
    found = problem(sent(operation, without=["Hub-Purpose"]), 400, "purpose-missing")
    assert found["field"] == "Hub-Purpose"
    problem(sent(operation, headers={"Hub-Purpose": "CURIOSITY"}), 400, "purpose-missing")


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_another_lawful_basis_must_be_known_and_have_a_reason(sent, operation):
    problem(sent(operation, headers={"Hub-Lawful-Basis": "HUNCH"}), 400, "unknown-lawful-basis")
    problem(sent(operation, headers={"Hub-Lawful-Basis": "CA_1989_S17_47"}), 400, "basis-reason-missing")


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_an_unknown_query_parameter_is_refused(sent, operation):
    body = "{}" if operation.body is not None else None
    found = problem(sent(operation, query={"surname": "x"}, data=body), 422, "invalid")
    assert found["field"] == "surname"


@pytest.mark.parametrize("operation", COMMANDS, ids=name)
def test_a_command_needs_an_idempotency_key(sent, operation):
    body = None if operation.body is None else "{}"
    if operation.body is None or not _required(operation):
        problem(sent(operation, without=["Idempotency-Key"], data=body), 400, "idempotency-key-missing")
        problem(sent(operation, headers={"Idempotency-Key": "k" * 201}, data=body), 400, "idempotency-key-missing")


def _required(operation):
    return [each for each, field in operation.body().fields.items() if field.required]


NOT_JSON = {
    "nothing": b"",
    "words": b"not json",
    "a list": b"[]",
    "a text": b'"text"',
    "a key twice": b'{"a": 1, "a": 2}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "a huge number": b'{"a": 1e999}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep": b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
    "far too deep": b'{"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_a_body_is_parsed_one_way_or_not_at_all(sent, operation):
    for data in NOT_JSON.values():
        problem(sent(operation, data=data), 400, "not-json")


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_a_body_is_json_by_its_content_type(sent, operation):
    problem(
        sent(operation, data=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415, "not-json"
    )


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_a_body_that_is_too_large_is_refused(sent, operation):
    problem(sent(operation, data=b'{"a": "' + b"x" * 3_000_000 + b'"}'), 413, "too-large")


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_an_unknown_field_is_refused_by_name(sent, operation):
    found = problem(sent(operation, data=b'{"is_admin": true, "owning_agency": "GMP"}'), 422, "invalid")
    named = {each["field"] for each in found["errors"]}
    assert {"is_admin", "owning_agency"} <= named
    assert set(_required(operation)) <= named


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_every_field_of_the_wrong_type_is_named(sent, operation):
    wrong = {each: {"a": {"b": 1}} for each in operation.body().fields}
    found = problem(sent(operation, data=json.dumps(wrong)), 422, "invalid")
    named = {each["field"].partition(".")[0] for each in found["errors"]}
    loose = {each for each, field in operation.body().fields.items() if isinstance(field, (fields.Dict, fields.Nested))}
    assert set(wrong) - loose <= named


@pytest.mark.parametrize("operation", CHANGES, ids=name)
def test_a_change_needs_the_etag_that_was_read(app, people, hub, operation, sent):
    person = people["supervisor"]
    body = _filled(operation)
    head = hub.log.head()
    answer = person.post(path(operation), body)
    problem(answer, 428, "etag-missing")
    problem(person.post(path(operation), body, etag="*"), 400, "etag-invalid")
    problem(person.post(path(operation), body, etag='"v1", "v2"'), 400, "etag-invalid")
    assert hub.log.head() == head


@pytest.mark.parametrize("operation", ABOUT_ONE, ids=name)
@pytest.mark.parametrize("who", ["supervisor", "manager", "stranger", "neighbourhood"])
def test_what_is_not_there_is_not_found_or_not_permitted(people, hub, operation, who):
    head = hub.log.head()
    person = people[who]
    if operation.is_command:
        answer = person.post(path(operation), _filled(operation), etag='"v1"')
    else:
        answer = person.get(path(operation))
    assert answer.status_code in {403, 404}
    problem(answer, answer.status_code, "not-permitted" if answer.status_code == 403 else "not-found")
    assert hub.log.head() == head


@pytest.mark.parametrize("operation", ABOUT_ONE, ids=name)
def test_an_id_that_cannot_be_is_not_found(people, operation):
    person = people["supervisor"]
    for identifier in ("x", "..", "A" * 23, "report:" + "A" * 22, "%00", "' OR 1=1 --"):
        if operation.is_command:
            answer = person.post(path(operation, identifier), _filled(operation), etag='"v1"')
        else:
            answer = person.get(path(operation, identifier))
        assert answer.status_code in {403, 404}
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_another_method_is_refused_with_those_that_are_allowed(app, operation):
    answer = app.test_client().open(path(operation), method="DELETE")
    problem(answer, 405, "method-not-allowed")
    assert operation.method in answer.headers["Allow"]


def test_an_unknown_path_is_a_problem(app):
    problem(app.test_client().get("/v1/nothing"), 404, "not-found")


@pytest.mark.parametrize("operation", [each for each in READS if each.query is not None], ids=name)
def test_a_query_parameter_given_twice_is_refused(people, operation):
    found = next(iter(operation.query().fields))
    answer = people["supervisor"].app.get(
        f"{path(operation)}?{found}=1&{found}=2", headers=people["supervisor"].headers()
    )
    problem(answer, 422, "invalid")


PAGED = [each for each in READS if each.query is not None and "cursor" in each.query().fields]


@pytest.mark.parametrize("operation", PAGED, ids=name)
@pytest.mark.parametrize("text", ["x", "A" * 86, "é" * 86, "A" * 85 + "="])
def test_a_cursor_that_was_not_made_here_is_refused(people, operation, text):
    who = "administrator" if "accounts" in operation.path else "supervisor"
    if "{id}" in operation.path:
        return
    answer = people[who].get(path(operation), cursor=text)
    problem(answer, 400, "token-invalid")


def _filled(operation):
    """A body that fits its schema, of ids that do not exist."""
    if operation.body is None:
        return None
    return {each: _value(each, field) for each, field in operation.body().fields.items() if field.required}


def _value(label, field):
    if isinstance(field, fields.List):
        return [_value(label, field.inner)]
    if isinstance(field, fields.Boolean):
        return False
    if isinstance(field, fields.Integer):
        return 1
    if isinstance(field, fields.DateTime):
        return "2026-03-01T10:00:00Z"
    if isinstance(field, fields.Date):
        return "2026-03-01"
    if label in {"report", "subject", "mention", "worker", "account", "route_check"}:
        return ABSENT
    return {
        "route": "INFORMATION_REPORT",
        "person_stage": "CHILD",
        "password": "correct horse battery",
        "login": "somebody.new",
    }.get(label, "WORDS")
