"""A line of a timeline in words, for HTTP and the terminal; made of its codes and names as said, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from hub_events.partial_time import DEFAULT_ZONE
from hub_events.reference import table
from hub_projections.timeline_line import BECAME_AWARE, REPORTED
from hub_projections.timeline_query import Line

_ROUTES: Final = MappingProxyType(
    {"INFORMATION_REPORT": "Information report", "POI_RESPONSE": "Reply about a person of interest"},
)
_KINDS: Final = MappingProxyType(
    {
        "PERSON": "person",
        "VEHICLE": "vehicle",
        "PHONE": "phone",
        "PREMISES": "premises",
        "ORGANISATION": "organisation",
        "ONLINE_ACCOUNT": "online account",
    },
)
_TIMES: Final = MappingProxyType(
    {
        BECAME_AWARE: "; when it happened is not said, the time is when the reporter became aware",
        REPORTED: "; when it happened is not said, the time is that of the report",
    },
)


def label(name: str, code: object) -> str:
    """The label of a code in a reference table, or the code itself when this hub does not know it."""
    known = table(name)
    return known.get(str(code)).label if known.has(str(code)) else str(code)


def _inside(words: str) -> str:
    """Words as they stand inside a sentence: without a capital, unless the first word is written in capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _said(line: Line) -> str:
    return f"“{line.about.as_said}”" if line.about is not None else "a person"


def _roles(line: Line) -> str:
    if line.about is None or not line.about.roles:
        return ""
    held = (f"{_inside(label('person_roles', each.role))} since {_day(each.role_from)}" for each in line.about.roles)
    return f"; in this case {', '.join(held)}"


def _due(line: Line) -> str:
    return _day(datetime.fromisoformat(line.facts["due_at"]).astimezone(ZoneInfo(DEFAULT_ZONE)).date())


def _flag(line: Line) -> str:
    return f"Flag “{label('flag_kinds', line.facts['flag'])}” on {_said(line)}"


def _team(code: object) -> str:
    return label("teams", code) if code else "the duty desk"


def _reported_as(line: Line) -> str:
    said = line.facts.get("reported_role")
    return f", said to be {_inside(label('person_roles', said))}" if said else ""


def _alternatives(line: Line) -> str:
    considered = [_inside(label("triage_outcomes", each)) for each in line.facts.get("alternatives", ())]
    return f"; also considered: {', '.join(considered)}" if considered else ""


def _of_report(line: Line) -> str:
    report = _ROUTES.get(line.facts["route"], "Report")
    sources = [_inside(label("source_types", each)) for each in line.facts.get("source_types", ())]
    told = f" ({', '.join(sources)})" if sources else ""
    return f"{report} received from {label('agencies', line.agency)}{told}{_TIMES.get(line.happened_of, '')}"


def _to_team(line: Line) -> str:
    area = line.facts.get("area")
    place = f" for {label('areas', area)}" if area else ""
    return f"to {_team(line.facts['team'])}{place}"


def _graded(line: Line) -> str:
    again = "anew " if line.facts.get("supersedes") else ""
    return f"Report graded {again}{line.facts['printed']}"


def _person_role(line: Line) -> str:
    return _inside(label("person_roles", line.facts["role"]))


def _opened(line: Line) -> str:
    strands = ", ".join(label("strands", each) for each in line.strands)
    stage = {"CHILD": "a child", "ADULT": "an adult"}.get(line.facts["person_stage"], "a person")
    return f"Case opened for {stage} by {_team(line.facts['team'])}: {strands}"


def _referred(line: Line) -> str:
    about = "an adult" if line.facts["adult"] else "a child"
    return f"Social-care referral about {about} sent to {label('agencies', line.facts['recipient'])}"


def _outcome(line: Line, field: str = "outcome") -> str:
    return _inside(label("triage_outcomes", line.facts[field]))


_PLAIN: Final = MappingProxyType(
    {
        "report-unroutable": "No team was found for the place of the report; the duty desk routes it",
        "shared-with-case": "Report opened to the members of the case as its handling allows",
        "withdrawn-from-case": "Report withdrawn from the case",
        "triage-clock-breached": "The report was not decided in time",
        "feedback-sent": "Feedback sent to the referrer",
        "feedback-overdue": "Feedback was not given in time",
        "emergency-instruction-shown": "Immediate danger was stated; the instruction to ring 999 was shown",
        "emergency-call-made": "999 was rung",
        "emergency-item-overdue": "The open 999 item was not settled in time",
        "report-joined": "A report became part of the case",
        "member-added": "A member joined the case",
        "member-removed": "A member left the case",
        "case-reopened": "Case reopened",
    },
)
"""Kinds of lines that say the same each time."""

_SENTENCES: Final[Mapping[str, Callable[[Line], str]]] = MappingProxyType(
    {
        "report-received": _of_report,
        "report-routed": lambda line: f"Report sent {_to_team(line)}",
        "report-rerouted": lambda line: f"Report sent on {_to_team(line)}, from {_team(line.facts['from_team'])}",
        "grade-confirmed": _graded,
        "report-triaged": lambda line: f"Triage of the report ended: {_outcome(line)}",
        "restriction-set": lambda line: f"Report restricted: {_restriction(line)}",
        "restriction-lifted": lambda line: f"Restriction of the report lifted: {_restriction(line)}",
        "mention-made": lambda line: (
            f"The report speaks of {_KINDS.get(line.facts['mentioned'], 'something')} {_said(line)}"
            f"{_reported_as(line)}{_roles(line)}"
        ),
        "triage-opened": lambda line: f"Report opened for triage by {_actor(line)}",
        "triage-proposed": lambda line: f"{_first(_actor(line))} proposed: {_outcome(line)}{_alternatives(line)}",
        "triage-disagreed": lambda line: (
            f"{_first(_actor(line))} did not agree to {_outcome(line, 'proposed')} and stated: {_outcome(line)}"
        ),
        "triage-decided": lambda line: f"{_first(_actor(line))} agreed, and both decided: {_outcome(line)}",
        "feedback-due": lambda line: f"Feedback owed to the referrer by {_due(line)}",
        "feedback-withheld": lambda line: (
            f"Feedback withheld: {_inside(label('feedback_withheld_reasons', line.facts['reason_code']))}"
        ),
        "emergency-item-taken": lambda line: f"The open 999 item was taken by {_actor(line)}",
        "emergency-item-closed": lambda line: f"The open 999 item was closed by {_actor(line)}",
        "social-care-referral-sent": _referred,
        "flag-requested": lambda line: f"{_flag(line)} requested, for review on {_review(line)}",
        "flag-approved": lambda line: f"{_flag(line)} approved",
        "flag-refused": lambda line: f"{_flag(line)} refused",
        "flag-placed": lambda line: f"{_flag(line)} placed by {label('agencies', line.facts['agency'])}",
        "flag-cleared": lambda line: f"{_flag(line)} cleared",
        "case-opened": _opened,
        "strand-opened": lambda line: f"Strand opened: {label('strands', line.facts['strand'])}",
        "strand-closed": lambda line: f"Strand closed: {label('strands', line.facts['strand'])}",
        "person-joined": lambda line: f"{_said(line)} became part of the case: {_person_role(line)}",
        "person-role-ended": lambda line: f"{_said(line)} is no longer in this role: {_person_role(line)}",
        "worker-allocated": lambda line: f"Case allocated to a worker of {_team(line.facts['team'])}",
        "case-closed": lambda line: f"Case closed: {_inside(label('closure_reasons', line.facts['reason_code']))}",
    },
)
"""How the other kinds read; the names are those of the events."""

KINDS: Final = tuple(sorted({*_PLAIN, *_SENTENCES}))
"""The kinds of lines there are."""


def _actor(line: Line) -> str:
    return f"the {_inside(label('roles', line.role))} ({label('agencies', line.agency)})"


def _first(words: str) -> str:
    return words[:1].upper() + words[1:]


def _restriction(line: Line) -> str:
    return _inside(label("handling_conditions", line.facts["restriction"]))


def _review(line: Line) -> str:
    return _day(date.fromisoformat(line.facts["review_on"]))


def sentence(line: Line) -> str:
    """Say a line in words."""
    return _PLAIN.get(line.kind) or _SENTENCES[line.kind](line)
