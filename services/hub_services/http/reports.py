"""Information reports: sent in, read part by part, graded, routed, opened to others (domain.md A.1.4 to A.1.7)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from hub_events.mention import PARTS
from hub_events.stream import REPORT, ROUTE_CHECK
from hub_services.decisions.grade import ConfirmGrade
from hub_services.decisions.report import ReceiveReport
from hub_services.decisions.report_form import MentionSaid, SourceSaid
from hub_services.decisions.restriction import LiftRestriction
from hub_services.decisions.routing import Reroute
from hub_services.http.done import Written, written
from hub_services.http.field import code, identity, line, moment, several, uncertain, words
from hub_services.http.operation import Asked, Done, Operation, stream_named

PATH = "/v1/reports/{id}"


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
)
