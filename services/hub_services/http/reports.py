"""Information reports: sent in, read part by part, graded, routed, opened to others (domain.md A.1.4 to A.1.7)."""

from __future__ import annotations

from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from hub_events.envelope import Recorded
from hub_events.mention import PARTS, MentionMade
from hub_events.narrative import FormEvaluationGiven, GradeSuggested, NarrativeRecorded
from hub_events.original import OriginalKept
from hub_events.reporter import ReporterNamed
from hub_events.source import SourceRegistered
from hub_events.stream import MENTION, NARRATIVE, ORIGINAL, REPORT, REPORTER, ROUTE_CHECK, SOURCE
from hub_search.normalise.phone import normalise_phone
from hub_search.normalise.vehicle import normalise_plate
from hub_services.decisions.decision import sibling
from hub_services.decisions.grade import ConfirmGrade
from hub_services.decisions.report import ReceiveReport
from hub_services.decisions.report_form import MentionSaid, SourceSaid
from hub_services.decisions.restriction import LiftRestriction
from hub_services.decisions.routing import Reroute
from hub_services.http.done import Written, written
from hub_services.http.field import code, identity, line, moment, several, uncertain, words
from hub_services.http.operation import Asked, Done, Operation, identifier, stream_named
from hub_services.http.paging import Position

PATH = "/v1/reports/{id}"
Said = TypeVar("Said", ReporterNamed, OriginalKept, SourceRegistered)


class Mention(Schema):
    """A person or thing the report speaks of, in its own words, with the parts that can be told apart."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(PARTS)))
    as_said = line()
    parts = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=fields.String(validate=validate.Length(max=500)),
        load_default=dict,
        metadata={"description": "; ".join(f"{kind}: {', '.join(parts)}" for kind, parts in PARTS.items())},
    )
    reported_role = code("person_roles", required=False)
    text_form = fields.String(load_default="RAW", validate=validate.OneOf(("RAW", "SANITISED")))


class Source(Schema):
    """Who told the reporter; only the source handling unit ever reads this again."""

    full_name = line(required=False)
    date_of_birth = line(required=False)
    addresses = several(line())
    contacts = several(line())
    relationship = line(required=False)


class Report(Schema):
    """The information report: every field of the form and its prompts (domain.md A.1.4, A.1.5)."""

    route_check = identity("The route check that chose the route.")
    route = fields.String(required=True, validate=validate.OneOf(("INFORMATION_REPORT", "POI_RESPONSE")))
    reported_at = moment(about="When the report was written.")
    reporter_name = line()
    reporter_job_title = line()
    reporter_organisation = line()
    reporter_contact = line()
    source_types = several(code("source_types"), required=True)
    reliability = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 5))
    accuracy = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    willing_to_engage = fields.String(load_default="NOT_APPLICABLE", validate=validate.Length(max=60))
    narrative = words(about="The detail: names, descriptions, nicknames, vehicles, addresses and so on.")
    place = line(required=False, about="The place the information is about, as said.")
    area = code("areas", required=False)
    incident = uncertain()
    became_aware = uncertain()
    source = fields.Nested(Source, load_default=None, allow_none=True)
    provenance = code("provenances", required=False)
    provenance_note = line(required=False)
    also_known_to = several(line())
    recorded_elsewhere = several(line())
    disclosure_risk = words(required=False)
    strands = several(code("strands"))
    mentions = several(fields.Nested(Mention))


class Grade(Schema):
    """A confirmed 3x5x2 grade (domain.md B.1.2)."""

    source = fields.Integer(required=True, strict=True, validate=validate.Range(1, 3))
    assessment = code("assessment_grades")
    handling_code = code("handling_codes")
    handling_conditions = several(code("handling_conditions"))
    action_code = code("action_codes", required=False)
    action_usage = words(required=False)
    sanitisation_code = code("sanitisation_codes", required=False)
    reason = words(required=False)


class Lifting(Schema):
    """By whose authority and why a report is opened beyond the specialist supervisor."""

    authority = line()
    reason = words()
    handling_conditions = several(code("handling_conditions"))


class Rerouting(Schema):
    """Where a report is sent on to, and why."""

    area = code("areas", required=False)
    team = code("teams", required=False)
    reason = words()


def _tuples(body: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}


def send(asked: Asked) -> Done:
    """Send in a report."""
    said = dict(asked.body)
    source, mentions = said.pop("source"), said.pop("mentions")
    command = ReceiveReport(
        **_tuples(said | {"route_check": stream_named(ROUTE_CHECK, said["route_check"])}),
        source=None if source is None else SourceSaid(**_tuples(source)),
        mentions=tuple(MentionSaid(**mention) for mention in mentions),
        original=asked.sent,
        media_type="application/json",
    )
    return written(asked.ask(command), PATH, status=201)


def grade(asked: Asked) -> Done:
    """Confirm a grade."""
    return written(asked.ask(ConfirmGrade(report=asked.stream(REPORT), **_tuples(asked.body))), PATH)


def lift(asked: Asked) -> Done:
    """Lift the restriction."""
    return written(asked.ask(LiftRestriction(report=asked.stream(REPORT), **_tuples(asked.body))), PATH)


def reroute(asked: Asked) -> Done:
    """Send a report on to another team."""
    return written(asked.ask(Reroute(report=asked.stream(REPORT), **asked.body)), PATH)


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


def mention(asked: Asked) -> Done:
    """Show a mention: the words as said, their parts, and how a plate or a number is normalised."""
    stream = asked.stream(MENTION)
    past = asked.hub.past(asked.caller, stream)
    made = next(event for event in past.events(stream) if isinstance(event, MentionMade))
    return Done(body=shown_mention(stream, made), version=past.version(stream))


def shown_mention(stream: str, event: MentionMade) -> dict[str, Any]:
    """Return a mention as the API shows it."""
    return {
        "id": identifier(stream),
        "report": identifier(event.report),
        "kind": event.kind,
        "as_said": event.as_said,
        "parts": dict(event.parts),
        "text_form": event.text_form,
        "reported_role": event.reported_role,
        "normalised": _normalised(event),
    }


def _normalised(event: MentionMade) -> dict[str, Any] | None:
    if event.kind == "VEHICLE" and event.parts.get("plate"):
        plate = normalise_plate(event.parts["plate"])
        return {"value": plate.normalised, "form": plate.form, "pattern": plate.pattern, "how": list(plate.how)}
    if event.kind == "PHONE" and event.parts.get("number"):
        phone = normalise_phone(event.parts["number"])
        return {"value": phone.normalised, "form": phone.kind, "pattern": phone.pattern, "how": list(phone.how)}
    return None


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


class MentionShown(Schema):
    """A mention."""

    id = fields.String(required=True)
    report = fields.String(required=True)
    kind = fields.String(required=True)
    as_said = fields.String(required=True)
    parts = fields.Dict(required=True)
    text_form = fields.String(required=True)
    reported_role = fields.String()
    normalised = fields.Dict(allow_none=True)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/reports",
        summary="Send in an information report",
        handler=send,
        body=Report,
        answer=Written,
        status=201,
    ),
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
    Operation(
        method="POST",
        path=f"{PATH}/grades",
        summary="Confirm or change the grade",
        handler=grade,
        body=Grade,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/restriction-lifting",
        summary="Open a report beyond the specialist supervisor, with authority",
        handler=lift,
        body=Lifting,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/rerouting",
        summary="Send a report on to another team; its clock keeps running",
        handler=reroute,
        body=Rerouting,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="GET",
        path="/v1/mentions/{id}",
        summary="Show a person or thing as a report speaks of it",
        handler=mention,
        query=Position,
        answer=MentionShown,
    ),
)
