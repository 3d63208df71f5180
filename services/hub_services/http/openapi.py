"""`/v1/openapi.json`: the API's description, made from the same operations and schemas that serve it."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


class Problem(Schema):
    """What is wrong, as RFC 9457 has it, with a stable code."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    field = fields.String()
    errors = fields.List(fields.Nested(ProblemError))


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
    done: dict[str, Any] = {"description": "Done."}
    if operation.answer is not None:
        done["content"] = {"application/json": {"schema": operation.answer}}
    wrong = {"description": "A problem.", "content": {"application/problem+json": {"schema": Problem}}}
    codes = ["400", "401", "403", "404", "503"]
    if operation.body is not None or operation.query is not None:
        codes += ["415", "422"]
    if operation.is_command:
        codes += ["409", "410", "413"]
    if operation.precondition:
        codes += ["412", "428"]
    return {str(operation.status): done, **dict.fromkeys(sorted(codes), wrong)}


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
    made: dict[str, Any] = spec.to_dict()
    return made


def _sign_in() -> dict[str, Any]:
    wrong = {"description": "A problem.", "content": {"application/problem+json": {"schema": Problem}}}
    return {
        "operationId": "post_v1_sessions",
        "summary": "Sign in",
        "tags": ["sessions"],
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": SignIn}}},
        "responses": {
            "201": {"description": "Signed in.", "content": {"application/json": {"schema": Session}}},
            **dict.fromkeys(["400", "401", "413", "415", "422", "503"], wrong),
        },
    }


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return f"{kind.__module__.rpartition('.')[2].title().replace('_', '')}{kind.__name__}"


def register(app: Flask, operations: Sequence[Operation]) -> None:
    """Give the app its description; it holds no data, so it is open."""
    made = json.dumps(document(operations))

    @app.get("/v1/openapi.json")
    def _document() -> Response:
        return Response(made, mimetype="application/json")
