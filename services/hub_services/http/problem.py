"""Errors as `application/problem+json` (RFC 9457): a stable code, a sentence, and the field when there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from hub_events.catalogue import catalogue
from hub_services.asking import MovedError
from hub_services.http.field import shown_moment
from hub_services.refusal import RefusedError, UnavailableError

STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "purpose-missing": 400,
        "idempotency-key-missing": 400,
        "not-json": 400,
        "token-invalid": 400,
        "unknown-lawful-basis": 400,
        "basis-reason-missing": 400,
        "etag-invalid": 400,
        "not-signed-in": 401,
        "agency-not-in-force": 403,
        "not-permitted": 403,
        "not-found": 404,
        "stream-erased": 410,
        "stream-moved": 412,
        "invalid": 422,
        "key-used-otherwise": 422,
        "etag-missing": 428,
    },
)
"""The status of the codes that do not follow the rule: 422 for a refusal about a field, 409 for any other."""

CODES_OF_HTTP: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "bad-request",
        404: "not-found",
        405: "method-not-allowed",
        406: "not-acceptable",
        411: "length-missing",
        413: "too-large",
        414: "too-long",
        415: "not-json",
        429: "too-many",
        431: "headers-too-large",
    },
)


SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not-found": "There is nothing at this address; see /v1/openapi.json for what there is.",
        "method-not-allowed": "This address takes other methods; see Allow.",
        "too-large": "The body is larger than this hub takes.",
    },
)


def status_of(code: str, field: str) -> int:
    """Return the HTTP status of a refusal."""
    return STATUS.get(code, 422 if field else 409)


def problem(
    status: int,
    code: str,
    sentence: str,
    *,
    field: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Make the answer that tells what is wrong."""
    body: dict[str, Any] = {
        "type": f"urn:safeguarding-hub:problem:{code}",
        "title": code.replace("-", " "),
        "status": status,
        "code": code,
        "detail": sentence,
        **(more or {}),
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = list(errors)
    answer = Response(json.dumps(body), status, mimetype="application/problem+json")
    if status == 401:  # noqa: PLR2004 -- RFC 9110 asks for the challenge with this status
        answer.headers["WWW-Authenticate"] = 'Bearer realm="safeguarding-hub"'
    if status == 503:  # noqa: PLR2004
        answer.headers["Retry-After"] = "2"
    return answer


def refused(error: RefusedError) -> Response:
    """Answer a refusal."""
    return problem(
        status_of(error.code, error.field),
        error.code,
        error.sentence,
        field=error.field,
        more=error.more,
    )


def moved(error: MovedError) -> Response:
    """Answer that somebody else was quicker: what has changed since the version the caller knew."""
    changes = [
        {
            "version": recorded.version,
            "event": recorded.topic.partition("/")[0],
            "sentence": catalogue.entry(type(recorded.event)).sentence,  # type: ignore[arg-type]
            "recorded_at": shown_moment(recorded.envelope.recorded_at),
            "agency": recorded.envelope.actor.agency,
            "role": recorded.envelope.actor.role,
        }
        for recorded in error.past.recorded(error.stream)
        if recorded.version > error.known
    ]
    answer = problem(
        412,
        "stream-moved",
        "Somebody else changed this record after you read it; look at the changes and send it again with the new ETag.",
        more={"changes": changes},
    )
    answer.headers["ETag"] = f'"v{error.past.version(error.stream)}"'
    return answer


def register(app: Flask) -> None:
    """Let every error of the app answer as a problem."""

    @app.errorhandler(RefusedError)
    def _refused(error: RefusedError) -> Response:
        return refused(error)

    @app.errorhandler(MovedError)
    def _moved(error: MovedError) -> Response:
        return moved(error)

    @app.errorhandler(UnavailableError)
    def _unavailable(error: UnavailableError) -> Response:
        return problem(503, error.code, error.sentence)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        code = CODES_OF_HTTP.get(status, "http-error")
        answer = problem(status, code, SENTENCES.get(code) or error.description or error.name)
        if isinstance(error, MethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return answer

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        # Never the message: it may hold what somebody said in a report.
        app.logger.error("unforeseen %s in %s %s", type(error).__name__, request.method, request.url_rule)
        return problem(500, "unforeseen", "Something went wrong here and was noted; nothing was written.")
