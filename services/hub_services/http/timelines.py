"""Timelines: a case's, now or as known at a past moment (features.md B4 to B7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from hub_events.label_fold import label_of
from hub_events.stream import CASE, MENTION, kind_of
from hub_projections.database import Reader
from hub_projections.timeline_query import Filters, Line, timeline
from hub_projections.timeline_sentence import KINDS, sentence
from hub_projections.views.moments import position_at
from hub_services import policy
from hub_services.http.field import choice, code, identity, shown, shown_moment
from hub_services.http.operation import Asked, Done, Operation, identifier, stream_named
from hub_services.http.paging import Position
from hub_services.position_tokens import CHARACTERS
from hub_services.refusal import RefusedError

WITHHELD = "feedback-withheld"


class Question(Position):
    """Which lines, in which order, and as known when."""

    order = fields.String(load_default="happened", validate=validate.OneOf(("happened", "recorded")))
    as_known_at = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "A past moment, such as 2026-03-05T16:20:00Z, or a position token."},
    )
    strand = code("strands", required=False)
    agency = code("agencies", required=False)
    kind = choice(*KINDS)
    grade = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"^(\[?[1-3][A-E][PC]\]?|[1-3]|[A-E]|[PC])?$",
            error="A grade is such as [1BP], 1, B or P.",
        ),
    )
    handling = fields.String(load_default="", validate=validate.OneOf(("", "P", "C")))
    person = identity("A person, as a mention.", required=False)
    place = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"^([A-Z0-9_]{0,21}|[A-Za-z0-9_-]{22})$",
            error="A place is the id of a mention or the code of an area.",
        ),
        metadata={"description": "Premises, as a mention, or a code of the reference table `areas`."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class TimelineShown(Schema):
    """A page of a timeline, with the token of the position it is as known at."""

    case = fields.String(required=True)
    as_known_at = fields.String(required=True)
    lines = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


def _grade(text: str) -> dict[str, str]:
    bare = text.strip("[]")
    if len(bare) > 1:
        return {"grade": f"[{bare}]"}
    for name, values in (("source_grade", "123"), ("assessment", "ABCDE"), ("handling", "PC")):
        # C is both an assessment and a handling code; alone it is the assessment, `handling` asks for the other.
        if bare and bare in values:
            return {name: bare}
    return {}


def _filters(query: dict[str, Any]) -> Filters:
    place = query["place"]
    grade = _grade(query["grade"])
    if query["handling"]:
        grade["handling"] = query["handling"]
    return Filters(
        strand=query["strand"],
        agency=query["agency"],
        kinds=(query["kind"],) if query["kind"] else (),
        person=stream_named(MENTION, query["person"]) if query["person"] else "",
        place=stream_named(MENTION, place) if len(place) == 22 else place,  # noqa: PLR2004 -- the length of an id
        **grade,
    )


def _upto(asked: Asked, reader: Reader) -> int:
    text = asked.query["as_known_at"]
    if text is None:
        return reader.position
    if len(text) == CHARACTERS:
        return min(asked.open_position(text), reader.position)
    return position_at(reader, _moment(text))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    sentence = "as_known_at is a moment with its offset, such as 2026-03-05T16:20:00Z, or a position token."
    raise RefusedError("invalid", sentence, field="as_known_at")


def show(asked: Asked) -> Done:
    """Show a page of a case's timeline."""
    case = asked.stream(CASE)
    asked.hub.past(asked.caller, case, "view-timeline").events(case)
    cursor = asked.open_cursor()
    with asked.hub.reading(asked.caller, "view-timeline", asked.min_position) as (reader, condition):
        upto = _upto(asked, reader) if cursor is None else cursor.position
        page = timeline(
            reader,
            case,
            condition,
            upto=upto,
            order=asked.query["order"],
            filters=_filters(asked.query),
            after=None if cursor is None else (cursor.sort_key, cursor.line),
            limit=asked.query["limit"],
        )
    return Done(
        body={
            "case": identifier(case),
            "as_known_at": asked.position_token(upto),
            "lines": [_line(line, explained=_explained(asked, line)) for line in page.lines],
            "next": None if page.next is None else asked.cursor(upto, *page.next),
        },
    )


def _explained(asked: Asked, line: Line) -> bool:
    """Whether the caller may know why; that feedback was withheld is for its referrer too, who may be a member."""
    if line.kind != WITHHELD:
        return True
    labels = label_of(asked.hub.log.past(line.stream))
    return policy.may(asked.caller, "give-feedback", line.stream, labels).allowed


def _line(line: Line, *, explained: bool) -> dict[str, Any]:
    about: dict[str, Any] | None = shown(line.about)
    report: dict[str, Any] | None = shown(line.report)
    return {
        "id": f"{kind_of(line.stream)}.{identifier(line.stream)}.{line.version}",
        "kind": line.kind,
        "sentence": sentence(line) if explained else "Feedback withheld",
        "happened": shown(line.happened) | {"text": line.happened_in_words, "of": line.happened_of},
        "recorded_at": shown_moment(line.recorded_at),
        "agency": line.agency,
        "role": line.role,
        "strands": list(line.strands),
        "facts": shown(line.facts) if explained else {},
        "report": report,
        "about": about,
        "flag_status": line.flag_status or None,
        "source_event": {
            "kind": kind_of(line.stream),
            "id": identifier(line.stream),
            "version": line.version,
        },
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/timelines/{id}",
        summary="Show a case's timeline, now or as known at a past moment; its id is the case's",
        handler=show,
        query=Question,
        answer=TimelineShown,
    ),
)
