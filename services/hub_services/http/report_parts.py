"""The parts of a report that are kept apart: its words, who reported, the original and the source."""

from __future__ import annotations

from typing import Any, TypeVar

from marshmallow import Schema, fields

from hub_events.envelope import Recorded
from hub_events.narrative import FormEvaluationGiven, GradeSuggested, NarrativeRecorded
from hub_events.original import OriginalKept
from hub_events.reporter import ReporterNamed
from hub_events.source import SourceRegistered
from hub_events.stream import NARRATIVE, ORIGINAL, REPORT, REPORTER, SOURCE
from hub_services.decisions.decision import sibling
from hub_services.http.operation import Asked, Done, Operation
from hub_services.http.paging import Position
from hub_services.http.reports import PATH, Source

Said = TypeVar("Said", ReporterNamed, OriginalKept, SourceRegistered)


def _part(asked: Asked, kind: str, action: str = "view") -> tuple[list[Recorded], int]:
    """Return the events of a part of a report; a part that is not there counts as absent."""
    stream = sibling(asked.stream(REPORT), kind)
    past = asked.hub.past(asked.caller, stream, action)
    past.events(stream)
    return list(past.recorded(stream)), past.version(stream)


def _only(asked: Asked, kind: str, what: type[Said], action: str = "view") -> tuple[Said, int]:
    """Return the one event of its class in a part of a report."""
    found, version = _part(asked, kind, action)
    return next(each.event for each in found if isinstance(each.event, what)), version


def narrative(asked: Asked) -> Done:
    """Show what the report says, how its reporter judged it, and the grade that was suggested from that."""
    found, version = _part(asked, NARRATIVE)
    body: dict[str, Any] = {"id": asked.path["id"]}
    for recorded in found:
        match recorded.event:
            case NarrativeRecorded() as said:
                body |= {name: getattr(said, name) for name in said.__struct_fields__}
            case FormEvaluationGiven() as given:
                body["form_evaluation"] = {name: getattr(given, name) for name in given.__struct_fields__}
            case GradeSuggested() as suggested:
                body["suggested_grade"] = {name: getattr(suggested, name) for name in suggested.__struct_fields__}
            case _:
                pass
    return Done(body=body, version=version)


def reporter(asked: Asked) -> Done:
    """Show who reported."""
    event, version = _only(asked, REPORTER, ReporterNamed)
    return Done(
        body={"id": asked.path["id"], **{name: getattr(event, name) for name in event.__struct_fields__}},
        version=version,
    )


def original(asked: Asked) -> Done:
    """Show the report exactly as it was sent."""
    event, version = _only(asked, ORIGINAL, OriginalKept, "view-source")
    return Done(
        body={
            "id": asked.path["id"],
            "media_type": event.media_type,
            "body": event.body.decode("utf-8", "replace"),
            "sha256": event.sha256.hex(),
        },
        version=version,
    )


def source(asked: Asked) -> Done:
    """Show who the source is."""
    event, version = _only(asked, SOURCE, SourceRegistered, "view-source")
    return Done(
        body={"id": asked.path["id"], **{name: getattr(event, name) for name in event.__struct_fields__}},
        version=version,
    )


class Narrative(Schema):
    """What only the two deciders read."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    text_form = fields.String(required=True)
    place = fields.String()
    provenance_note = fields.String()
    also_known_to = fields.List(fields.String())
    recorded_elsewhere = fields.List(fields.String())
    disclosure_risk = fields.String()
    form_evaluation = fields.Dict()
    suggested_grade = fields.Dict()


class Reporter(Schema):
    """The professional who reported."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    job_title = fields.String(required=True)
    organisation = fields.String(required=True)
    contact = fields.String(required=True)


class Original(Schema):
    """The report as it came."""

    id = fields.String(required=True)
    media_type = fields.String(required=True)
    body = fields.String(required=True)
    sha256 = fields.String(required=True)


class SourceShown(Source):
    """Who the source is."""

    id = fields.String(required=True)


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{PATH}/narrative",
        summary="Read what a report says; for its two deciders",
        handler=narrative,
        query=Position,
        answer=Narrative,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/reporter",
        summary="See who reported",
        handler=reporter,
        query=Position,
        answer=Reporter,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/original",
        summary="Read the original; for the source handling unit",
        handler=original,
        query=Position,
        answer=Original,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/source",
        summary="See who the source is; for the source handling unit",
        handler=source,
        query=Position,
        answer=SourceShown,
    ),
)
