"""Bodies and queries: one strict parse, one load through a schema, and what does not fit named field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from flask import Flask, Response
from marshmallow import RAISE, Schema, ValidationError

from hub_services.http.problem import problem
from hub_services.refusal import RefusedError

DEEPEST: Final = 32


def parse(sent: bytes) -> dict[str, Any]:
    """Parse a JSON body the one way: UTF-8, no key twice, only real numbers, not nested too deep.

    Raises:
        RefusedError: it is not such a body (`not-json`).
    """
    try:
        found = json.loads(sent.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_not_a_number)
        _check_depth(found, DEEPEST)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _NotStrictError) else "it is not JSON in UTF-8"
        raise RefusedError("not-json", f"The body cannot be read: {reason}.", field="body") from error
    if not isinstance(found, dict):
        raise RefusedError("not-json", "The body has to be a JSON object.", field="body")
    return found


class _NotStrictError(ValueError):
    """JSON that two parsers may read differently."""


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotStrictError("a key stands in it twice")
    return found


def _not_a_number(text: str) -> NoReturn:
    raise _NotStrictError(f"{text} is not a number")


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise _NotStrictError("it is nested too deep")
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        raise _NotStrictError("a number in it is too large")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_depth(child, left - 1)


class InvalidError(Exception):
    """A body or query that does not fit its schema: each field, and what would be right."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        """Keep what is wrong with each field."""
        super().__init__("a body or query does not fit its schema")
        self.errors = errors


def load(schema: type[Schema], given: Mapping[str, Any]) -> dict[str, Any]:
    """Load a body or query through its schema.

    Raises:
        InvalidError: it does not fit.
    """
    try:
        loaded: dict[str, Any] = schema(unknown=RAISE).load(given)
    except ValidationError as error:
        raise InvalidError(list(_flat(error.messages))) from error
    return loaded


def _flat(messages: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(messages, Mapping):
        return [
            each
            for name, inner in messages.items()
            for each in _flat(inner, path if name == "_schema" else f"{path}.{name}".lstrip("."))
        ]
    if isinstance(messages, list):
        return [each for inner in messages for each in _flat(inner, path)]
    return [{"field": path, "detail": str(messages)}]


def register_invalid(app: Flask) -> None:
    """Let a body or query that does not fit answer as a problem."""

    @app.errorhandler(InvalidError)
    def _invalid(error: InvalidError) -> Response:
        first = error.errors[0]["field"] if error.errors else ""
        return problem(
            422,
            "invalid",
            "What was sent does not fit; see errors for each field and what would be right.",
            field=first,
            errors=error.errors,
        )
