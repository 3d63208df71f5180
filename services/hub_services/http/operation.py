"""An operation of the API as data: its route, what it takes and answers, and the function that does it.

The same declarations make the routes and the OpenAPI document. The wrapper here does for every operation what none may
forget: one parse, who asks and why, the command's key, the precondition, the position.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
from flask import Flask, Response, request
from marshmallow import Schema
from werkzeug.exceptions import UnsupportedMediaType

from hub_events.stream import Stream, stream
from hub_services.asking import Answer, check_caller
from hub_services.authentication import Authentication
from hub_services.caller import Caller
from hub_services.decisions.decision import Command
from hub_services.http.body import load, parse
from hub_services.hub import Hub
from hub_services.position_tokens import CURSOR, POSITION, PositionTokens, Token
from hub_services.refusal import RefusedError

LONGEST_REASON: Final = 2_000
_ETAG: Final = re.compile(r'(?:W/)?"v(\d{1,9})(?:-gzip)?"\Z')
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}\Z")


class Services(msgspec.Struct, frozen=True):
    """What operations work with."""

    hub: Hub
    authentication: Authentication
    tokens: PositionTokens


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, parsed and checked: who asks, what was sent, and what is known of the record."""

    services: Services
    caller: Caller
    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]
    sent: bytes
    key: str = ""
    expected: int | None = None
    route: str = ""
    min_position: int = 0
    """The position the answer must stand at, from the token the caller was given with a write."""

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.services.hub

    @property
    def now(self) -> datetime:
        """The time of the hub's world."""
        return self.hub.world.now()

    def stream(self, kind: str, name: str = "id") -> Stream:
        """Name the stream a part of the path speaks of; one that cannot exist counts as absent."""
        return stream_named(kind, self.path[name])

    def ask(self, command: Command) -> Answer:
        """Ask the hub to do what a command says."""
        return self.hub.ask(command, self.caller, self.key, fingerprint=self._fingerprint(), expected=self.expected)

    def _fingerprint(self) -> bytes:
        # What was sent and to which record; not the version, so that a resend with a newer ETag is the same command.
        return sha256(msgspec.msgpack.encode((request.method, request.path, self.sent))).digest()

    def position_token(self, position: int) -> str:
        """Make a token of a position for the caller."""
        return self.services.tokens.make(Token(POSITION, position), self.caller.account)

    def open_position(self, text: str) -> int:
        """Open a position token of the caller."""
        return self.services.tokens.open(text, POSITION, self.caller.account).position

    def cursor(self, position: int, sort_key: int, line: str) -> str:
        """Make the cursor of the next page, good for this caller, this route and these filters only."""
        token = Token(CURSOR, position, sort_key, line)
        return self.services.tokens.make(token, self.caller.account, self.route, self._filters())

    def open_cursor(self) -> Token | None:
        """Open the cursor that was sent, if one was."""
        text = self.query.get("cursor")
        if not text:
            return None
        return self.services.tokens.open(text, CURSOR, self.caller.account, self.route, self._filters())

    def _filters(self) -> str:
        paging = {"cursor", "min_position", "limit"}
        kept = {name: str(value) for name, value in self.query.items() if name not in paging}
        return json.dumps([sorted(self.path.items()), sorted(kept.items())])


def stream_named(kind: str, identifier: str) -> Stream:
    """Name a stream from an id a caller sent.

    Raises:
        RefusedError: no stream can have that id, so it counts as absent.
    """
    try:
        return stream(kind, identifier)
    except ValueError as error:
        raise RefusedError("not-found", "There is no such record, or it is not open to you.") from error


def identifier(name: str) -> str:
    """Return the id of a stream as it leaves the hub: the name without its kind."""
    return name.partition(":")[2]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation answers: a body, and the headers that follow from it.

    `version` is the version of the one stream the resource is; `position` that of a command or of a snapshot.
    """

    body: Any
    status: int = 0
    version: int | None = None
    position: int | None = None
    location: str = ""


Handler = Callable[[Asked], Done]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: what OpenAPI says of it and what runs."""

    method: str
    path: str
    summary: str
    handler: Handler
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    answer: type[Schema]
    status: int = 200
    precondition: bool = False
    tag: str = ""

    @property
    def is_command(self) -> bool:
        """Whether it writes: commands carry an Idempotency-Key."""
        return self.method != "GET"


def mount(app: Flask, operation: Operation, services: Services) -> None:
    """Give an operation its route."""

    def view(**path: str) -> Response:
        asked = _asked(operation, services, path)
        return _answered(operation, asked, operation.handler(asked))

    rule = operation.path.replace("{", "<").replace("}", ">")
    endpoint = f"{operation.method} {operation.path}".replace(".", "_")
    app.add_url_rule(rule, endpoint, view, methods=[operation.method], provide_automatic_options=False)


def _asked(operation: Operation, services: Services, path: dict[str, str]) -> Asked:
    caller = caller_of(services)
    sent = request.get_data(cache=False)
    query = _query(operation)
    return Asked(
        services=services,
        caller=caller,
        path=path,
        query=query,
        body=_body(operation, sent),
        sent=sent,
        key=_key() if operation.is_command else "",
        expected=_expected() if operation.precondition else None,
        route=operation.path,
        min_position=_min_position(services, caller, query),
    )


def caller_of(services: Services) -> Caller:
    """Return who sends the request at hand, and why.

    Raises:
        RefusedError: no valid token, or no purpose.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise RefusedError("not-signed-in", "Sign in at POST /v1/sessions and send the token as Authorization: Bearer.")
    caller = services.authentication.caller(
        token.strip(),
        request.headers.get("Hub-Purpose", ""),
        purpose_reference=request.headers.get("Hub-Purpose-Reference", ""),
        lawful_basis=request.headers.get("Hub-Lawful-Basis", ""),
        basis_reason=request.headers.get("Hub-Basis-Reason", "")[:LONGEST_REASON],
    )
    check_caller(caller, services.hub.world.now(), lambda code, text, field: RefusedError(code, text, field=field))
    return caller


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if _KEY.match(key) is None:
        raise RefusedError(
            "idempotency-key-missing",
            "Send an Idempotency-Key of up to 200 visible characters, a new one for each command and the same one "
            "when you send it again.",
            field="Idempotency-Key",
        )
    return key


def _expected() -> int:
    text = request.headers.get("If-Match", "").strip()
    if not text:
        raise RefusedError("etag-missing", "Send the ETag you read as If-Match.", field="If-Match")
    found = _ETAG.match(text)
    if found is None:
        sentence = 'If-Match takes one ETag as this hub gives it, such as "v3".'
        raise RefusedError("etag-invalid", sentence, field="If-Match")
    return int(found[1])


def _query(operation: Operation) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, values in request.args.to_dict(flat=False).items():
        if len(values) > 1:
            raise RefusedError("invalid", f"{name} was given {len(values)} times; give it once.", field=name)
        given[name] = values[0]
    schema = operation.query or Schema
    return load(schema, given)


def _min_position(services: Services, caller: Caller, query: Mapping[str, Any]) -> int:
    text = query.get("min_position")
    return services.tokens.open(text, POSITION, caller.account).position if text else 0


def _body(operation: Operation, sent: bytes) -> dict[str, Any]:
    if operation.body is None:
        if sent.strip():
            raise RefusedError("invalid", "This request takes no body.", field="body")
        return {}
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    return load(operation.body, parse(sent))


def _answered(operation: Operation, asked: Asked, done: Done) -> Response:
    body = operation.answer().dump(done.body)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, done.status or operation.status, mimetype="application/json")
    if done.version is not None:
        answer.headers["ETag"] = f'"v{done.version}"'
    if done.position is not None:
        answer.headers["Hub-Position"] = asked.position_token(done.position)
    if done.location:
        answer.headers["Location"] = done.location
    return answer
