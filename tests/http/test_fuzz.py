"""No body that fits its schema, nearly fits it or does not fit it at all brings the hub out of step (proof S33)."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from marshmallow import fields, validate

from hub_events.mention import PARTS
from hub_events.reference import table
from hub_services.http.operations import OPERATIONS
from hub_services.verification import verify

COMMANDS = [each for each in OPERATIONS if each.is_command and each.body is not None]
LISTS = [each for each in OPERATIONS if not each.is_command and each.query is not None]
SIZE = 100 if os.environ.get("HUB_PROOF_SIZE") == "ci" else 8
WHO = ("supervisor", "intelligence", "manager", "worker", "teacher", "duty")
FITTING = {"accounts": "administrator", "route-checks": "teacher", "flags": "manager", "cases": "supervisor"}

fuzzed = settings(
    max_examples=SIZE,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def name(operation):
    return f"{operation.method} {operation.path}"


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("fuzz")) as found:
        yield found


@pytest.fixture(scope="module")
def ids(running, story_of):
    found = story_of(running).everything()
    return found | {"person": running.people["worker"].id}


ODD = [
    "",
    " ",
    "\0",
    "|",
    "a|b",
    "report:" + "A" * 22,
    "\u202e\u0000",
    "é" * 600,
    "😀",
    "' OR 1=1 --",
    "{{7*7}}",
    "\r\n",
]
words = st.just("In somebody's words.")
texts = st.one_of(words, words, st.text(min_size=1, max_size=30), st.sampled_from(ODD))
whens = st.one_of(
    st.sampled_from(
        ["2026", "2026-03", "about 2026-02", "2026-02-27 evening", "2026-02-27T21:30", "1900", "2199-12-31"]
    ),
    texts,
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
moments = st.one_of(
    st.just("2026-03-02T09:59:00Z"),
    st.datetimes(datetime(2026, 2, 1), datetime(2026, 3, 2, 9)).map(lambda found: f"{found.isoformat()}Z"),
    st.datetimes(timezones=zones).map(datetime.isoformat),
    texts,
)
days = st.one_of(
    st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(date.isoformat),
    st.dates().map(date.isoformat),
    texts,
)
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.lists(texts, max_size=2),
    st.dictionaries(texts, texts, max_size=2),
)


def choices(field):
    """The values a field's own checks name."""
    return [value for check in field.validators if isinstance(check, validate.OneOf) for value in check.choices]


def of_string(field, ids):
    about = re.search(r"reference table `(\w+)`", field.metadata.get("description", ""))
    if about:
        codes = table(about[1]).codes(date(2026, 3, 2))
        right = st.sampled_from(sorted(codes))
        return st.one_of(right, right, right, st.just("NOT_IN_FORCE"), texts)
    if choices(field):
        right = st.sampled_from(choices(field))
        return st.one_of(right, right, right, texts)
    if any(isinstance(check, validate.Regexp) for check in field.validators):
        right = st.sampled_from(sorted(ids.values()))
        return st.one_of(right, right, right, st.just("A" * 22), texts)
    return texts


def of_field(field, ids):
    """Values that fit a field, and sometimes some that do not."""
    match field:
        case fields.List():
            right = st.lists(of_field(field.inner, ids), max_size=3)
        case fields.Nested():
            right = of_schema(field.schema, ids)
        case fields.Dict():
            parts = sorted({part for each in PARTS.values() for part in each})
            right = st.dictionaries(st.one_of(st.sampled_from(parts), texts), texts, max_size=3)
        case fields.Boolean():
            right = st.booleans()
        case fields.Integer():
            right = st.one_of(st.integers(1, 5), st.integers(-1, 7))
        case fields.DateTime():
            right = moments
        case fields.Date():
            right = days
        case _:
            right = of_string(field, ids)
    # One in thirty is something else, so that most bodies still fit as a whole.
    return st.integers(0, 29).flatmap(lambda chance: junk if chance == 29 else right)


def of_schema(schema, ids):
    required = {each: of_field(field, ids) for each, field in schema.fields.items() if field.required}
    optional = {each: of_field(field, ids) for each, field in schema.fields.items() if not field.required}
    if "text" in schema.fields and "zone" in schema.fields:
        required["text"] = whens
        optional["zone"] = st.one_of(st.sampled_from(["Europe/London", "Pacific/Apia", "UTC"]), texts)
    return st.fixed_dictionaries(required, optional=optional)


def sound(answer):
    """An answer somebody can read, and no fault of ours."""
    assert answer.status_code < 500, answer.get_data(as_text=True)
    assert answer.mimetype == ("application/json" if answer.status_code < 400 else "application/problem+json")
    found = json.loads(answer.get_data())
    if answer.status_code >= 400:
        assert found["status"] == answer.status_code
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", found["code"])
        assert found["detail"]


TARGETS = {
    "accounts": ("account",),
    "route-checks": ("called", "closed"),
    "reports": ("report", "second", "rerouted"),
    "triage": ("report", "second", "rerouted"),
    "feedback": ("report", "second"),
    "cases": ("case",),
    "flags": ("flag", "refused"),
    "inbox": ("notice",),
}


@pytest.mark.parametrize("operation", COMMANDS, ids=name)
def test_no_body_makes_a_command_fail_by_our_fault(running, ids, operation):
    resource = operation.path.split("/")[2]

    @fuzzed
    @given(st.data())
    def send(data):
        target = ids[data.draw(st.sampled_from(TARGETS.get(resource, ("report",))))]
        person = running.people[data.draw(st.sampled_from((*WHO, *[FITTING.get(resource, "supervisor")] * 6)))]
        body = data.draw(of_schema(operation.body(), ids))
        if "route_check" in body and data.draw(st.booleans()):
            body["route_check"] = ids["called"]
            person = running.people["teacher"]
        etag = ""
        if operation.precondition:
            read = person.get(f"/v1/{resource}/{target}")
            etag = read.headers.get("ETag", '"v1"')
        answer = person.post(operation.path.replace("{id}", target), body, etag=etag)
        sound(answer)

    send()
    assert running.hub.views.quarantine() == []
    assert running.following.failures == {}


@pytest.mark.parametrize("operation", LISTS, ids=name)
def test_no_query_makes_a_read_fail_by_our_fault(running, ids, operation):
    resource = operation.path.split("/")[2]
    targets = {**TARGETS, "timelines": ("case",), "mentions": ("mention",), "reference": ("case",)}

    @fuzzed
    @given(st.data())
    def read(data):
        target = ids[data.draw(st.sampled_from(targets[resource]))]
        person = running.people[data.draw(st.sampled_from(WHO))]
        asked = st.fixed_dictionaries(
            {},
            optional={each: of_field(field, ids).map(str) for each, field in operation.query().fields.items()},
        )
        path = operation.path.replace("{id}", target).replace("{table}", "areas")
        sound(person.get(path, **data.draw(asked)))

    read()


headers = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)


@fuzzed
@given(st.data())
def test_no_header_makes_a_request_fail_by_our_fault(running, ids, data):
    names = (
        "Authorization",
        "Hub-Purpose",
        "Hub-Purpose-Reference",
        "Hub-Lawful-Basis",
        "Hub-Basis-Reason",
        "If-Match",
    )
    whole = running.people["supervisor"].headers(**{"Idempotency-Key": "fuzz", "If-Match": '"v1"'})
    changed = data.draw(st.dictionaries(st.sampled_from([*names, "Idempotency-Key", "If-Match"]), headers, min_size=1))
    client = running.app.test_client()
    sound(client.get(f"/v1/cases/{ids['case']}", headers=whole | changed))
    body = {"strand": "CSE", "reason": "X"}
    sound(client.post(f"/v1/cases/{ids['case']}/strands", json=body, headers=whole | changed))
    running.following.settle()


@fuzzed
@given(
    st.binary(max_size=200), st.sampled_from(["application/json", "text/plain", "", "application/json; charset=utf-7"])
)
def test_no_bytes_make_a_request_fail_by_our_fault(running, raw, kind):
    headers = running.people["teacher"].headers(**{"Idempotency-Key": "bytes", "Content-Type": kind})
    client = running.app.test_client()
    sound(client.post("/v1/reports", data=raw, headers=headers))
    sound(client.post("/v1/sessions", data=raw, headers={"Content-Type": kind}))


@pytest.mark.parametrize(
    "path", ["/v1/%00", "/v1/reports/%ff", "/v1/reports/%2e%2e", "//v1//reports", "/v1/" + "a" * 5000]
)
def test_no_path_makes_a_request_fail_by_our_fault(running, path):
    sound(running.app.test_client().get(path, headers=running.people["supervisor"].headers()))


def test_after_all_this_the_views_are_those_of_a_rebuild(running, ids):
    assert list(verify(running.hub)) == []
