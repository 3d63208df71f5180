"""The triage queue and its two deciders (domain.md A.1.7 step 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, fields

from hub_events.envelope import Recorded
from hub_events.stream import TRIAGE
from hub_events.triage import (
    TriageAwaited,
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)
from hub_projections.views.queue import QueueItem, queue
from hub_services.decisions.triage import AnswerProposal, OpenForTriage, ProposeOutcome
from hub_services.http.done import Written, written
from hub_services.http.field import code, several, shown_moment, words
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Listed, Page, Position, paged

PATH = "/v1/triage/{id}"


class Proposal(Schema):
    """What a decider proposes and why, and what else was considered."""

    outcome = code("triage_outcomes")
    rationale = words()
    alternatives = several(code("triage_outcomes"))


class Response(Schema):
    """What the other decider says to the proposal, with reasons of their own."""

    outcome = code("triage_outcomes")
    rationale = words()


class Queue(Page):
    """Which team's queue; every one the caller may see when it is left out."""

    team = code("teams", required=False)


class TriageShown(Schema):
    """A report's triage so far."""

    id = fields.String(required=True)
    status = fields.String(required=True)
    due_at = fields.String(required=True)
    breached = fields.Boolean(required=True)
    opened_at = fields.String(allow_none=True)
    steps = fields.List(fields.Dict(), required=True)
    outcome = fields.String(allow_none=True)


def show_queue(asked: Asked) -> Done:
    """Show a page of the queue."""
    return paged(
        asked,
        "view-queue",
        lambda reader, condition, after, limit: queue(
            reader,
            condition,
            team=asked.query["team"],
            after=after,
            limit=limit,
        ),
        _item,
    )


def _item(item: QueueItem) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "id": identifier(item.stream),
        "report": identifier(item.report) or None,
        "since": shown_moment(item.since),
        "due_at": shown_moment(item.due_at),
        "breached": item.breached,
        "opened_at": shown_moment(item.opened_at),
        "taken_by": identifier(item.taken_by) or None,
        "proposals": [
            {"outcome": each.outcome, "role": each.role, "at": shown_moment(each.at)} for each in item.proposals
        ],
        "disagreement": item.disagreement,
        "area": item.area,
        "team": item.team,
        "strands": list(item.strands),
        "grade": item.grade or None,
    }


def show(asked: Asked) -> Done:
    """Show a report's triage."""
    stream = asked.stream(TRIAGE)
    past = asked.hub.past(asked.caller, stream)
    past.events(stream)
    return Done(body=_folded(identifier(stream), past.recorded(stream)), version=past.version(stream))


def _folded(name: str, found: Iterable[Recorded]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": name, "status": "AWAITED", "breached": False, "opened_at": None, "outcome": None}
    steps = []
    for recorded in found:
        match recorded.event:
            case TriageAwaited(due_at=due_at):
                body["due_at"] = shown_moment(due_at)
            case TriageOpened():
                body |= {"status": "OPENED", "opened_at": shown_moment(recorded.envelope.recorded_at)}
            case TriageProposed(outcome=outcome, rationale=rationale, alternatives=alternatives):
                body["status"] = "PROPOSED"
                steps.append(_step("PROPOSED", recorded, outcome, rationale) | {"alternatives": list(alternatives)})
            case TriageDisagreed(outcome=outcome, rationale=rationale, proposed=proposed):
                body["status"] = "DISAGREED"
                steps.append(_step("DISAGREED", recorded, outcome, rationale) | {"proposed": proposed})
            case TriageDecided(outcome=outcome, rationale=rationale):
                body |= {"status": "DECIDED", "outcome": outcome}
                steps.append(_step("DECIDED", recorded, outcome, rationale))
            case TriageClockBreached():
                body["breached"] = True
            case _:
                pass
    return {**body, "steps": steps}


def _step(step: str, recorded: Recorded, outcome: str, rationale: str) -> dict[str, Any]:
    actor = recorded.envelope.actor
    return {
        "step": step,
        "at": shown_moment(recorded.envelope.recorded_at),
        "agency": actor.agency,
        "role": actor.role,
        "outcome": outcome,
        "rationale": rationale,
    }


def open_(asked: Asked) -> Done:
    """Open a waiting report."""
    return written(asked.ask(OpenForTriage(triage=asked.stream(TRIAGE))), PATH)


def propose(asked: Asked) -> Done:
    """Propose an outcome."""
    said = asked.body | {"alternatives": tuple(asked.body["alternatives"])}
    return written(asked.ask(ProposeOutcome(triage=asked.stream(TRIAGE), **said)), PATH)


def respond(asked: Asked) -> Done:
    """Answer the other decider."""
    return written(asked.ask(AnswerProposal(triage=asked.stream(TRIAGE), **asked.body)), PATH)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/triage",
        summary="Show the triage queue: open 999 items, breached, never opened, then oldest",
        handler=show_queue,
        query=Queue,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path=PATH,
        summary="Show a report's triage",
        handler=show,
        query=Position,
        answer=TriageShown,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/opening",
        summary="Open a waiting report",
        handler=open_,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/proposals",
        summary="Propose an outcome, with reasons",
        handler=propose,
        body=Proposal,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/answers",
        summary="Answer the other decider: the same outcome decides, another keeps it open",
        handler=respond,
        body=Response,
        answer=Written,
        precondition=True,
    ),
)
