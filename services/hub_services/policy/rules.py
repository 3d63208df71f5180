"""The rules: for each action, the condition under which it is allowed (domain.md D.4). What is not here is denied.

Simple rules, from the first commit on at every query, route and export; there is no role check anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from hub_events import stream
from hub_events.condition import (
    Condition,
    Empty,
    Equal,
    Not,
    Overlap,
    Value,
    context,
    every,
    label,
    one_of,
    some,
    subject,
)
from hub_events.reference import table
from hub_services.caller import HUB, SYSTEM

SHARED_IN_CASE: Final = "SHARE_WITH_CASE_MEMBERS"

PURPOSES: Final = tuple(sorted(table("purposes").codes()))
PEOPLE: Final = tuple(sorted(table("roles").codes()))
WORKING: Final = (
    "EARLY_HELP_PRACTITIONER",
    "FORCE_INTELLIGENCE_OFFICER",
    "MANAGER",
    "NEIGHBOURHOOD_OFFICER",
    "REFERRER",
    "SOCIAL_WORKER",
    "SPECIALIST_OFFICER",
    "SPECIALIST_SUPERVISOR",
)
"""Roles a case may be shared with (domain.md D.4); not with those who run, audit or scrutinise, nor with a visit."""

_ROLE: Final = subject("role")
PERSON: Final = one_of(_ROLE, *PEOPLE)
ITSELF: Final = one_of(_ROLE, SYSTEM)
ADMINISTRATOR: Final = one_of(_ROLE, "ADMINISTRATOR")

IDENTIFIED: Final = every(Not(Empty(subject("account"))), Not(Empty(subject("agency"))))
PURPOSED: Final = one_of(context("purpose"), *PURPOSES)
NOT_EXCLUDED: Final = some(
    Empty(label("excluded_persons")),
    Not(Overlap(subject("account"), label("excluded_persons"))),
)
ORIGINATOR: Final = some(
    Not(Equal(label("originator_only"), Value(value=True))),
    Equal(subject("agency"), label("originator")),
)

OWN_AGENCY: Final = Equal(subject("agency"), label("owning_agency"))
OWN_TEAM: Final = Overlap(subject("desks"), label("team"))
UNRESTRICTED: Final = Empty(label("restriction"))
MEMBER: Final = every(one_of(_ROLE, *WORKING), Overlap(subject("cases"), label("cases")))
ADDRESSEE: Final = Overlap(subject("inboxes"), label("addressees"))

SUPERVISOR: Final = every(one_of(_ROLE, "SPECIALIST_SUPERVISOR"), OWN_TEAM)
INTELLIGENCE_OFFICER: Final = every(one_of(_ROLE, "FORCE_INTELLIGENCE_OFFICER"), OWN_AGENCY)
DECIDER: Final = some(SUPERVISOR, INTELLIGENCE_OFFICER)
SPECIALIST: Final = every(one_of(_ROLE, "SPECIALIST_OFFICER"), OWN_TEAM)
MANAGER: Final = every(one_of(_ROLE, "MANAGER"), OWN_TEAM)
SOURCE_HANDLER: Final = every(one_of(_ROLE, "SOURCE_HANDLER"), OWN_AGENCY)
DUTY: Final = every(one_of(_ROLE, "SPECIALIST_SUPERVISOR", "SPECIALIST_OFFICER"), OWN_TEAM)

HANDLED_FREELY: Final = one_of(label("handling_code"), "P")
HANDLED_FOR_MEMBERS: Final = some(HANDLED_FREELY, one_of(label("handling_conditions"), SHARED_IN_CASE))


def _kinds(*names: str) -> Condition:
    return one_of(label("kind"), *names)


REPORT_CONTENT: Final = some(
    DECIDER,
    every(
        UNRESTRICTED,
        some(
            SPECIALIST,
            MANAGER,
            every(MEMBER, HANDLED_FOR_MEMBERS),
            every(OWN_AGENCY, HANDLED_FREELY, one_of(_ROLE, "NEIGHBOURHOOD_OFFICER")),
        ),
    ),
)

VIEW: Final = some(
    every(_kinds(stream.REPORT, stream.MENTION), REPORT_CONTENT),
    # The analyst reads graded reports without their raw mentions; sanitised versions come with a later issue.
    every(_kinds(stream.REPORT), one_of(_ROLE, "ANALYST"), UNRESTRICTED, HANDLED_FREELY, some(OWN_AGENCY, OWN_TEAM)),
    every(_kinds(stream.TRIAGE, stream.NARRATIVE, stream.REPORTER), DECIDER),
    every(_kinds(stream.REPORTER), SOURCE_HANDLER),
    every(_kinds(stream.CASE, stream.FLAG), some(MEMBER, MANAGER, SUPERVISOR)),
    every(_kinds(stream.FEEDBACK), some(ADDRESSEE, DECIDER, SPECIALIST)),
    every(_kinds(stream.ROUTE_CHECK), some(ADDRESSEE, DUTY)),
    every(_kinds(stream.NOTICE), ADDRESSEE),
    every(_kinds(stream.ACCOUNT), some(ADMINISTRATOR, ADDRESSEE)),
    every(_kinds(stream.ERASURE, stream.SET_ASIDE), one_of(_ROLE, "AUDITOR", "ADMINISTRATOR")),
)
WORKS_CASE: Final = some(MEMBER, MANAGER, SUPERVISOR)
RUNS_CASE: Final = some(MANAGER, SUPERVISOR)


class Rule(msgspec.Struct, frozen=True):
    """When an action is allowed, and the sentence that tells a person who is refused what it takes."""

    condition: Condition
    sentence: str


def _on_labels(condition: Condition, sentence: str) -> Rule:
    return Rule(every(IDENTIFIED, PERSON, PURPOSED, NOT_EXCLUDED, ORIGINATOR, condition), sentence)


def _at_all(condition: Condition, sentence: str) -> Rule:
    return Rule(every(IDENTIFIED, PURPOSED, condition), sentence)


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "view": _on_labels(VIEW, "This record is open to those its labels name only."),
        "view-source": _on_labels(
            every(_kinds(stream.ORIGINAL, stream.SOURCE), SOURCE_HANDLER),
            "The original of a report and its source are open to the source handling unit of the force only.",
        ),
        "view-reference": _at_all(PERSON, "Reference data is open to everybody with an account."),
        "view-self": _at_all(PERSON, "Everybody with an account may see what the hub takes them for."),
        "view-inbox": _at_all(PERSON, "Everybody with an account has an inbox."),
        "view-queue": _at_all(
            one_of(_ROLE, "SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER"),
            "The triage queue is open to specialist supervisors and force intelligence officers.",
        ),
        "list-cases": _at_all(PERSON, "Cases are listed for their members and managers."),
        "list-reports": _at_all(PERSON, "Reports are listed for those their labels name."),
        "view-timeline": _on_labels(
            every(_kinds(stream.CASE), WORKS_CASE),
            "A case's timeline is open to its members, to the team's managers and supervisors.",
        ),
        "answer-routes": _at_all(PERSON, "Everybody with an account may report."),
        "submit-report": _on_labels(
            every(_kinds(stream.ROUTE_CHECK), PERSON, ADDRESSEE),
            "A report is sent by the person who answered the route questions.",
        ),
        "record-emergency-call": _on_labels(
            some(ADDRESSEE, DUTY),
            "The person who answered the route questions or the owning desk says that 999 was rung.",
        ),
        "work-emergency-item": _on_labels(DUTY, "An open 999 item is worked by the desk that owns it."),
        "record-referral": _on_labels(
            some(ADDRESSEE, DUTY),
            "The person who answered the route questions or the owning desk records the referral.",
        ),
        "route-report": _on_labels(SUPERVISOR, "A report is routed by the specialist supervisor or the duty desk."),
        "grade-report": _on_labels(DECIDER, "A report is graded by one of its two deciders."),
        "triage-report": _on_labels(
            DECIDER,
            "Triage is decided by the team's specialist supervisor and the force intelligence officer.",
        ),
        "lift-restriction": _on_labels(SUPERVISOR, "A restriction is lifted by the team's specialist supervisor."),
        "give-feedback": _on_labels(
            every(_kinds(stream.FEEDBACK), some(DECIDER, SPECIALIST)),
            "Feedback is given by the team that decided on the report.",
        ),
        "open-case": _on_labels(
            every(_kinds(stream.REPORT), some(SUPERVISOR, every(MANAGER, UNRESTRICTED))),
            "A case is opened by the team's specialist supervisor, or by its manager once the report is unrestricted.",
        ),
        "work-case": _on_labels(WORKS_CASE, "A case is worked by its members, the team's managers and supervisors."),
        "manage-case": _on_labels(
            RUNS_CASE,
            "Allocation, membership, closing and reopening are for the team's managers and supervisors.",
        ),
        "request-flag": _on_labels(WORKS_CASE, "A flag is requested by a member of the case or its managers."),
        "approve-flag": _on_labels(MANAGER, "A flag is approved or refused by a manager of the team."),
        "confirm-flag": _on_labels(WORKS_CASE, "A flag is confirmed by a member of the case or its managers."),
        "clear-flag": _on_labels(WORKS_CASE, "A flag is cleared by a member of the case or its managers."),
        "open-notice": _on_labels(ADDRESSEE, "A notice is opened by whom it is for."),
        "administer-accounts": _at_all(
            some(ADMINISTRATOR, ITSELF),
            "Accounts are administered by administrators, who read no content.",
        ),
        "place-notice": _at_all(ITSELF, "Notices are placed by the hub."),
        "open-feedback": _at_all(ITSELF, "Feedback falls due by the hub's own reaction."),
        "record-breach": _at_all(ITSELF, "Breaches are recorded by the hub's timekeeper."),
        "follow-case": _at_all(ITSELF, "What belongs to a case follows it by the hub's own reaction."),
        "erase": _at_all(
            every(ADMINISTRATOR, Equal(subject("agency"), Value(HUB))),
            "Erasing is for an administrator of the hub, with an authority named.",
        ),
        "set-aside": _at_all(some(ADMINISTRATOR, ITSELF), "Events are set aside by the operators of the hub."),
    },
)
