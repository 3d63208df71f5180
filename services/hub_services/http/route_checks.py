"""The four route questions as a gate before a report, and what must be done first (domain.md A.1.2)."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
    SocialCareReferralSent,
)
from hub_events.stream import ROUTE_CHECK
from hub_services.decisions.decision import Command
from hub_services.decisions.referral import RecordReferral
from hub_services.decisions.route_check import (
    AnswerRoutes,
    CloseEmergencyItem,
    RecordEmergencyCall,
    TakeEmergencyItem,
)
from hub_services.http.done import Written, written
from hub_services.http.field import code, line, moment, shown_moment, words, yes_or_no
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Position

PATH = "/v1/route-checks/{id}"


class Answers(Schema):
    """The answers to the four questions, in their order, and whether it is about an adult."""

    immediate_danger = yes_or_no()
    in_need_or_harmed = yes_or_no()
    information = yes_or_no()
    person_of_interest_request = yes_or_no()
    adult = yes_or_no()
    area = code("areas", required=False)


class Call(Schema):
    """A 999 call: when, and the reference the police gave."""

    called_at = moment()
    police_reference = line()


class Closing(Schema):
    """Why the desk closes an open 999 item without a call by the reporter."""

    outcome = line()
    reason = words()


class Referral(Schema):
    """A referral to social care: to which agency, to whom there, and when."""

    recipient = code("agencies")
    to_whom = line()
    sent_at = moment()


class Instruction(Schema):
    """What came of the answers: with immediate danger the instruction to ring 999."""

    id = fields.String(required=True)
    link = fields.String(required=True)
    instruction = fields.String(allow_none=True)


class RouteCheck(Schema):
    """A route check: the answers, the open item and the referrals."""

    id = fields.String(required=True)
    answers = fields.Dict(required=True)
    emergency = fields.Dict(allow_none=True)
    referrals = fields.List(fields.Dict(), required=True)


def answer_routes(asked: Asked) -> Done:
    """Answer the questions."""
    answer = asked.ask(AnswerRoutes(**asked.body))
    done = written(answer, PATH, status=201)
    shown = [
        event.instruction
        for event in asked.hub.past(asked.caller, answer.stream).events(answer.stream)
        if isinstance(event, EmergencyInstructionShown)
    ]
    done.body["instruction"] = shown[0] if shown else None
    return done


def route_check(asked: Asked) -> Done:
    """Show a route check."""
    stream = asked.stream(ROUTE_CHECK)
    past = asked.hub.past(asked.caller, stream)
    body: dict[str, object] = {"id": identifier(stream), "emergency": None, "referrals": []}
    emergency: dict[str, object] = {}
    referrals = []
    for event in past.events(stream):
        match event:
            case RoutesAnswered():
                body["answers"] = {name: getattr(event, name) for name in Answers().fields}
            case EmergencyInstructionShown(instruction=instruction, owner=owner, due_at=due_at):
                emergency |= {
                    "status": "OPEN",
                    "instruction": instruction,
                    "owner": owner,
                    "due_at": shown_moment(due_at),
                }
            case EmergencyItemTaken(taken_by=taken_by):
                emergency["taken_by"] = identifier(taken_by)
            case EmergencyItemOverdue():
                emergency["overdue"] = True
            case EmergencyCallMade(called_at=called_at, police_reference=reference):
                emergency |= {"status": "CALLED", "called_at": shown_moment(called_at), "police_reference": reference}
            case EmergencyItemClosed(outcome=outcome, reason=reason):
                emergency |= {"status": "CLOSED", "outcome": outcome, "reason": reason}
            case SocialCareReferralSent(recipient=recipient, to_whom=to_whom, sent_at=sent_at, adult=adult):
                referrals.append(
                    {
                        "recipient": recipient,
                        "to_whom": to_whom,
                        "sent_at": shown_moment(sent_at),
                        "safeguarding": "ADULT" if adult else "CHILD",
                    },
                )
            case _:
                pass
    body["emergency"], body["referrals"] = emergency or None, referrals
    return Done(body=body, version=past.version(stream))


def _ask(asked: Asked, command: Command) -> Done:
    return written(asked.ask(command), PATH)


def record_call(asked: Asked) -> Done:
    """Record the 999 call."""
    return _ask(asked, RecordEmergencyCall(route_check=asked.stream(ROUTE_CHECK), **asked.body))


def take(asked: Asked) -> Done:
    """Take the open item."""
    return _ask(asked, TakeEmergencyItem(route_check=asked.stream(ROUTE_CHECK)))


def close(asked: Asked) -> Done:
    """Close the open item."""
    return _ask(asked, CloseEmergencyItem(route_check=asked.stream(ROUTE_CHECK), **asked.body))


def refer(asked: Asked) -> Done:
    """Record a referral."""
    return _ask(asked, RecordReferral(route_check=asked.stream(ROUTE_CHECK), **asked.body))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/route-checks",
        summary="Answer the four route questions before reporting",
        handler=answer_routes,
        body=Answers,
        answer=Instruction,
        status=201,
    ),
    Operation(
        method="GET",
        path=PATH,
        summary="Show a route check",
        handler=route_check,
        query=Position,
        answer=RouteCheck,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/emergency-call",
        summary="Record that 999 was rung",
        handler=record_call,
        body=Call,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/taking",
        summary="Take an open 999 item as one's own",
        handler=take,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/closing",
        summary="Close an open 999 item, with a reason",
        handler=close,
        body=Closing,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/referrals",
        summary="Record a referral to social care as sent",
        handler=refer,
        body=Referral,
        answer=Written,
        precondition=True,
    ),
)
