"""Cases: opened from a triaged report, worked, allocated, closed and opened again (domain.md A.4.5)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from hub_events.stream import ACCOUNT, CASE, MENTION, REPORT
from hub_services.decisions.case import CloseCase, JoinReport, OpenCase, ReopenCase
from hub_services.decisions.case_people import AddMember, AllocateWorker, EndPersonRole, JoinPerson, RemoveMember
from hub_services.decisions.decision import Command
from hub_services.decisions.strand import CloseStrand, OpenStrand
from hub_services.http.done import Written, written
from hub_services.http.field import code, day, identity, several, words
from hub_services.http.operation import Asked, Done, Operation, stream_named

PATH = "/v1/cases/{id}"
KINDS = {"report": REPORT, "subject": MENTION, "mention": MENTION, "worker": ACCOUNT, "account": ACCOUNT}


class Opening(Schema):
    """From which report, about whom, in which strands, for which team, and why."""

    report = identity("The triaged report.")
    subject = identity("The child or adult, as a person the report mentions.")
    person_stage = fields.String(required=True, validate=validate.OneOf(("CHILD", "ADULT")))
    strands = several(code("strands"), required=True)
    team = code("teams")
    reason = words()


class Joining(Schema):
    """Which report, and why it belongs to the case."""

    report = identity("The report.")
    reason = words()


class Person(Schema):
    """Which person, in which role in this case, since when, and why."""

    mention = identity("The person, as a mention of one of the case's reports.")
    role = code("person_roles")
    role_from = day(about="Since when the person has this role here.")
    reason = words()


class RoleEnding(Schema):
    """Which role of which person ended, when, and why."""

    mention = identity("The person.")
    role = code("person_roles")
    ended_on = day(about="When it ended.")
    reason = words()


class Strand(Schema):
    """Which strand, and why."""

    strand = code("strands")
    reason = words()


class Allocation(Schema):
    """Which worker, in which team, and why."""

    worker = identity("The worker's account.")
    team = code("teams")
    reason = words()


class Membership(Schema):
    """Whose account, and why."""

    account = identity("The account.")
    reason = words()


class Closing(Schema):
    """Why the case ends."""

    reason_code = code("closure_reasons")
    reason = words()


class Reasoned(Schema):
    """Why."""

    reason = words()


def _said(asked: Asked) -> dict[str, Any]:
    """Return the body with ids as streams and lists as tuples."""
    said = dict(asked.body)
    for name, value in asked.body.items():
        if name in KINDS:
            said[name] = stream_named(KINDS[name], value)
        elif isinstance(value, list):
            said[name] = tuple(value)
    return said


def open_(asked: Asked) -> Done:
    """Open a case."""
    return written(asked.ask(OpenCase(**_said(asked))), PATH, status=201)


def _change(command: type[Command], path: str, summary: str, body: type[Schema]) -> Operation:
    def handle(asked: Asked) -> Done:
        said = command(case=asked.stream(CASE), **_said(asked))  # type: ignore[call-arg]
        return written(asked.ask(said), PATH)

    return Operation(
        method="POST",
        path=f"{PATH}/{path}",
        summary=summary,
        handler=handle,
        body=body,
        answer=Written,
        precondition=True,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/cases",
        summary="Open a case from a triaged report",
        handler=open_,
        body=Opening,
        answer=Written,
        status=201,
    ),
    _change(JoinReport, "reports", "Join a report to the case", Joining),
    _change(JoinPerson, "persons", "Join a person to the case, in a role", Person),
    _change(EndPersonRole, "role-endings", "End a person's role in the case", RoleEnding),
    _change(OpenStrand, "strands", "Open a further strand", Strand),
    _change(CloseStrand, "strand-closings", "Close a strand", Strand),
    _change(AllocateWorker, "allocations", "Allocate the case to a worker and a team", Allocation),
    _change(AddMember, "members", "Add a member", Membership),
    _change(RemoveMember, "member-removals", "Remove a member", Membership),
    _change(CloseCase, "closing", "Close the case", Closing),
    _change(ReopenCase, "reopening", "Open a closed case again", Reasoned),
)
