"""`/v1/openapi.json`: the API's description, made from the same operations and schemas that serve it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, json
from marshmallow import Schema, fields

from hub_services.http.operation import Operation
from hub_services.http.sessions import Session, SignIn


class ProblemError(Schema):
    """One field that does not fit."""

    field = fields.String(required=True)
    detail = fields.String(required=True)


class Change(Schema):
    """What somebody else did to a record after it was read."""

    version = fields.Integer(required=True)
    event = fields.String(required=True)
    sentence = fields.String(required=True)
    recorded_at = fields.String(required=True)
    agency = fields.String(required=True)
    role = fields.String(required=True)


class Problem(Schema):
    """What is wrong, as RFC 9457 has it, with a stable code."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    field = fields.String()
    errors = fields.List(fields.Nested(ProblemError))
    changes = fields.List(fields.Nested(Change), metadata={"description": "With 412: what has changed since."})


class Health(Schema):
    """Whether the hub does its work, without a word about what it holds."""

    status = fields.String(required=True)
    behind = fields.Boolean()
    reactions_behind = fields.Boolean()
    quarantined_streams = fields.Integer()
    unroutable_reports = fields.Integer()
    failing = fields.List(fields.String(), required=True)


class Ready(Schema):
    """Whether every view is built."""

    ready = fields.Boolean(required=True)


def _header(name: str, description: str, *, required: bool, pattern: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if pattern:
        schema["pattern"] = pattern
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _parameters(operation: Operation) -> list[Any]:
    found: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    found += [
        _header("Hub-Purpose", "Why: a code of the reference table `purposes`.", required=True),
        _header("Hub-Purpose-Reference", "An opaque id the purpose refers to.", required=False),
        _header("Hub-Lawful-Basis", "Another lawful basis than the agency's for this purpose.", required=False),
        _header("Hub-Basis-Reason", "Why another lawful basis holds.", required=False),
    ]
    if operation.is_command:
        found.append(_header("Idempotency-Key", "A new one for each command.", required=True))
    if operation.precondition:
        found.append(_header("If-Match", "The ETag the record was read with.", required=True, pattern='^"v[0-9]+"$'))
    if operation.query is not None:
        found.append({"in": "query", "schema": operation.query})
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    codes = ["400", "401", "403", "404", "410", "422", "503"]
    if operation.body is not None:
        codes += ["413", "415"]
    if operation.is_command:
        codes.append("409")
    if operation.precondition:
        codes += ["412", "428"]
    return {str(operation.status): _answer(operation.answer), **_problems(codes)}


def _answer(schema: type[Schema] | None, description: str = "Done.") -> dict[str, Any]:
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {"description": description, **content}


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    wrong = {"description": "A problem.", "content": {"application/problem+json": {"schema": Problem}}}
    return dict.fromkeys(sorted(codes), wrong)


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{operation.method.lower()}{operation.path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.tag or operation.path.split("/")[2]],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}}}
    return found


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Make the OpenAPI 3.1 document of the operations."""
    spec = APISpec(
        title="Complex safeguarding hub",
        version=version("safeguarding-hub"),
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name_of)],
        info={"description": "Reports, triage, cases and timelines of a multi-agency safeguarding hub."},
        security=[{"bearer": []}],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    for path, described in paths.items():
        spec.path(path=path, operations=described)
    spec.path(path="/v1/sessions", operations={"post": _sign_in()})
    spec.path(path="/v1/openapi.json", operations={"get": _open("Describe this API", {"200": _answer(None)})})
    for path, summary, schema in (
        ("/health", "Say whether the hub does its work", Health),
        ("/ready", "Say whether every view is built", Ready),
    ):
        answers = {"200": _answer(schema, "It is so."), "503": _answer(schema, "It is not so.")}
        spec.path(path=path, operations={"get": _open(summary, answers)})
    made: dict[str, Any] = spec.to_dict()
    return made


def _open(summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    """Describe an operation that asks for no token."""
    operation = re.sub(r"\W+", "_", summary.lower())
    return {"operationId": operation, "summary": summary, "tags": ["hub"], "security": [], "responses": responses}


def _sign_in() -> dict[str, Any]:
    codes = ["400", "401", "413", "415", "422", "503"]
    return {
        "operationId": "post_v1_sessions",
        "summary": "Sign in",
        "tags": ["sessions"],
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": SignIn}}},
        "responses": {"201": _answer(Session, "Signed in."), **_problems(codes)},
    }


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return f"{kind.__module__.rpartition('.')[2].title().replace('_', '')}{kind.__name__}"


def register(app: Flask, operations: Sequence[Operation]) -> None:
    """Give the app its description; it holds no data, so it is open."""

    @cache
    def made() -> str:
        return json.dumps(document(operations))

    @app.get("/v1/openapi.json")
    def _document() -> Response:
        return Response(made(), mimetype="application/json")
