"""The description of the API is the API: every route, every answer, nothing personal in any address."""

from __future__ import annotations

import json
import re

import pytest

from hub_services.http.openapi import document
from hub_services.http.operations import OPERATIONS

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
KEYWORDS = {
    "$ref", "additionalProperties", "anyOf", "default", "description", "enum", "format", "items", "maxItems",
    "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "properties", "required", "type",
    "writeOnly", "readOnly", "propertyNames",
}  # fmt: skip
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


@pytest.fixture(scope="module")
def running(run_hub, tmp_path_factory):
    with run_hub(tmp_path_factory.mktemp("openapi")) as found:
        yield found


@pytest.fixture(scope="module")
def described(running):
    answer = running.app.test_client().get("/v1/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.get_data())


def operations(described):
    return [
        (method, path, operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
    ]  # fmt: skip


def test_every_route_is_described_and_everything_described_is_a_route(app, described):
    routes = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", str(rule)))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _ in operations(described)}
    assert len(routes) == len(OPERATIONS) + 4


def test_describing_it_twice_gives_the_same_document():
    assert document(OPERATIONS) == document(OPERATIONS)


def test_the_document_has_the_parts_of_openapi_3_1(described):
    assert described["openapi"] == "3.1.0"
    assert {"title", "version", "description"} <= described["info"].keys()
    assert described["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert described["security"] == [{"bearer": []}]
    names = []
    for method, path, operation in operations(described):
        assert method in METHODS
        assert path.startswith("/")
        assert operation["summary"]
        assert not operation["summary"].endswith(".")
        names.append(operation["operationId"])
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in operation["responses"])
        assert all(answer["description"] for answer in operation["responses"].values())
        in_path = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        placed = [(each["name"], each["in"]) for each in operation.get("parameters", ())]
        assert len(set(placed)) == len(placed)
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] in {"path", "query", "header"}
            assert parameter["in"] != "path" or parameter["required"] is True
            assert {"name", "in", "schema"} <= parameter.keys()
        if "requestBody" in operation:
            assert method == "post"
            assert operation["requestBody"]["content"].keys() == {"application/json"}
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", each) for each in names)


def schemas_of(node):
    """Every schema below a node of the document."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == "schema":
                yield inner
            else:
                yield from schemas_of(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from schemas_of(inner)


def well_formed(schema, described):
    """Assert that a schema is one of JSON Schema 2020-12, as far as the keywords go that are used here."""
    assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
    if "$ref" in schema:
        prefix, _, name = schema["$ref"].rpartition("/")
        assert prefix == "#/components/schemas"
        assert name in described["components"]["schemas"]
    types = schema.get("type", [])
    assert set([types] if isinstance(types, str) else types) <= TYPES
    for name in ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"):
        assert isinstance(schema.get(name, 0), int)
    re.compile(schema.get("pattern", ""))
    assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema[each] for each in ("items", "propertyNames") if each in schema]
    if isinstance(schema.get("additionalProperties"), dict):
        inner.append(schema["additionalProperties"])
    for each in inner:
        well_formed(each, described)


def test_every_schema_is_well_formed_and_every_reference_leads_somewhere(described):
    found = [*schemas_of(described["paths"]), *described["components"]["schemas"].values()]
    assert len(found) > 100
    for schema in found:
        well_formed(schema, described)
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert used == described["components"]["schemas"].keys()


def test_each_operation_says_what_it_asks_for(described):
    by_route = {(method, path): operation for method, path, operation in operations(described)}
    for operation in OPERATIONS:
        found = by_route[operation.method.lower(), operation.path]
        headers = {each["name"]: each["required"] for each in found["parameters"] if each["in"] == "header"}
        assert headers["Hub-Purpose"] is True
        assert headers.get("Idempotency-Key", False) is operation.is_command
        assert headers.get("If-Match", False) is operation.precondition
        assert ("requestBody" in found) is (operation.body is not None)
        assert str(operation.status) in found["responses"]
        assert {"400", "401", "403", "404", "410", "422", "503"} <= found["responses"].keys()
        assert ("412" in found["responses"]) is ("428" in found["responses"]) is operation.precondition
        assert found.get("security") is None
    for path in ("/health", "/ready", "/v1/openapi.json", "/v1/sessions"):
        (operation,) = described["paths"][path].values()
        assert operation["security"] == []


PERSONAL = re.compile(
    r"name|phone|mobile|number|plate|vrm|regis|address|street|postcode|email|mail|birth|dob|nhs|login|user|text|words"
    r"|search|query|\bq\b|person_|surname|contact|nick",
    re.IGNORECASE,
)


def test_nothing_personal_is_part_of_an_address(described):
    """Addresses end up in logs and histories: they hold ids, codes, tokens, moments and sizes, and no free text."""
    seen = set()
    for _, path, operation in operations(described):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "header":
                continue
            seen.add(parameter["name"])
            assert not PERSONAL.search(parameter["name"]), (path, parameter["name"])
            if parameter["in"] == "query":
                assert bounded(parameter["schema"]), (path, parameter)
    assert "person" in seen
    for path in described["paths"]:
        assert not PERSONAL.search(re.sub(r"{.*?}", "", path))


def bounded(schema):
    """Whether a query parameter takes no free text: a code, an id, a token, a moment, a number."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "integer" in kinds or "enum" in schema or schema.get("format") == "date":
        return True
    if "pattern" in schema:
        return " " not in schema["pattern"] and ".*" not in schema["pattern"]
    return schema.get("maxLength", 1000) <= 200


def conforms(value, schema, described, place="$"):
    """Assert that a value is what a schema says."""
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        problems = []
        for each in schema["anyOf"]:
            try:
                return conforms(value, each, described, place)
            except AssertionError as problem:
                problems.append(str(problem))
        raise AssertionError(f"{place}: none of {problems}")
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        assert kind_of(value) in kinds or (kind_of(value) == "integer" and "number" in kinds), f"{place}: {value!r}"
    if "enum" in schema:
        assert value in schema["enum"], place
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - value.keys()
        assert not missing, f"{place} lacks {missing}"
        unknown = value.keys() - schema.get("properties", {}).keys()
        assert "properties" not in schema or not unknown, f"{place} has {unknown}"
        for name, inner in value.items():
            conforms(inner, schema.get("properties", {}).get(name, {}), described, f"{place}.{name}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            conforms(inner, schema.get("items", {}), described, f"{place}[{index}]")
    return None


def kind_of(value):
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


@pytest.fixture
def checked(running, described, monkeypatch):
    """Check every answer of the app against its description; returns what was answered."""
    answered = set()
    send = running.app.test_client_class.open

    def opened(client, *args, **more):
        answer = send(client, *args, **more)
        request = answer.request
        rule = running.app.url_map.bind("").match(request.path, method=request.method)[0]
        path = rule.partition(" ")[2] or request.path
        operation = described["paths"][path.replace("_json", ".json")][request.method.lower()]
        status = str(answer.status_code)
        assert status in operation["responses"], (request.method, path, status, answer.get_data(as_text=True))
        content = operation["responses"][status].get("content", {})
        if content:
            assert answer.mimetype in content, (path, status, answer.mimetype)
            conforms(json.loads(answer.get_data()), content[answer.mimetype]["schema"], described)
        answered.add((request.method, path, status))
        return answer

    assert send is not None
    monkeypatch.setattr(running.app.test_client_class, "open", opened)
    return answered


@pytest.fixture(scope="module", autouse=True)
def client_class(running):
    """A class of its own for this app's clients, so that theirs alone are checked."""
    running.app.test_client_class = type("Checked", (running.app.test_client().__class__,), {})
    client = running.app.test_client()
    for person in running.people.values():
        person.app = client
    return client


def test_every_answer_of_the_story_is_as_described(checked, story, people, client_class):
    ids = story.everything()
    kinds = {
        "route-checks": ids["called"],
        "mentions": ids["mention"],
        "flags": ids["flag"],
        "inbox": ids["notice"],
        "cases": ids["case"],
        "timelines": ids["case"],
        "accounts": ids["account"],
    }
    for operation in OPERATIONS:
        if operation.is_command:
            continue
        identifier = kinds.get(operation.path.split("/")[2], ids["report"])
        path = operation.path.replace("{id}", identifier).replace("{table}", "teams")
        for person in people.values():
            person.get(path)
        if operation.query is not None and "limit" in operation.query().fields:
            people["supervisor"].get(path, limit=1)
    for path in ("/health", "/ready", "/v1/openapi.json"):
        client_class.get(path)
    client_class.post("/v1/sessions", json={"login": "teacher", "password": "correct horse battery"})
    client_class.post("/v1/sessions", json={"login": "teacher", "password": "wrong"})
    right = {(method, path) for method, path, status in checked if status.startswith("2")}
    assert right == {(each.method, each.path) for each in OPERATIONS} | {
        ("GET", "/health"),
        ("GET", "/ready"),
        ("GET", "/v1/openapi.json"),
        ("POST", "/v1/sessions"),
    }
    assert {"403", "404"} <= {status for _, _, status in checked}


def test_every_problem_is_as_described(checked, story, people, client_class):
    report = story.report()
    path = f"/v1/reports/{report}"
    stale = {"source": 2, "assessment": "D", "handling_code": "P"}
    story.grade(report)
    people["supervisor"].post(f"{path}/grades", stale, etag='"v1"')
    people["supervisor"].post(f"{path}/grades", stale)
    people["supervisor"].post(f"{path}/grades", {"source": 9}, etag='"v1"')
    people["supervisor"].post(f"{path}/grades", stale, etag="*")
    people["supervisor"].get("/v1/reports", cursor="x")
    people["supervisor"].get("/v1/reports", colour="red")
    client_class.get("/v1/reports")
    statuses = {status for _, _, status in checked}
    assert {"400", "401", "412", "422", "428"} <= statuses
