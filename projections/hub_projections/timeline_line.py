"""Which events become lines of a timeline, and what each says: codes, ids and times only, never words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from hub_events import case, feedback, flag, label, report, route_check, stream, triage
from hub_events.envelope import Recorded
from hub_events.mention import MentionMade
from hub_events.partial_time import DEFAULT_ZONE, When, parse_when
from hub_projections.policy_filter import packed
from hub_projections.table import Row, Value
from hub_projections.timeline_table import HAPPENED
from hub_projections.times import microseconds

INCIDENT: Final = "INCIDENT"
BECAME_AWARE: Final = "BECAME_AWARE"
REPORTED: Final = "REPORTED"
RECORDED: Final = "RECORDED"
STATED: Final = "STATED"
"""What the time of a line is the time of: `STATED` is a time the event itself states, such as that of a call."""

RANKS: Final = (
    stream.ROUTE_CHECK,
    stream.REPORT,
    stream.MENTION,
    stream.TRIAGE,
    stream.CASE,
    stream.FLAG,
    stream.FEEDBACK,
)
"""The order of lines that happened at the same time: in which things follow from one another."""

_RANK_BITS: Final = 3
_WIDTH_BITS: Final = 5
_MOMENT_BITS: Final = 54
_BEGINNING: Final = 2**51
"""So that every moment from 1899 on is a number that is not negative; with its width and rank it stays below 2**63."""
_SECOND: Final = timedelta(seconds=1)

Fact = str | int | bool | tuple[str, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an event tells: found through `subject`, drawn from `sources` beside its own stream, at a time.

    Without a time of its own (`when` is `None`) a line happened when what its report tells of happened.
    """

    subject: str
    report: str = ""
    mention: str = ""
    strands: tuple[str, ...] = ()
    area: str = ""
    when: When | None = None
    time_of: str = RECORDED
    facts: Mapping[str, Fact] = {}
    sources: tuple[str, ...] = ()


def at(moment: datetime) -> When:
    """A moment that is known exactly."""
    begins = moment.astimezone(UTC)
    return When(earliest=begins, latest=begins + _SECOND, precision="MINUTE", zone=DEFAULT_ZONE)


def on(day: date) -> When:
    """A whole day where the hub works."""
    return parse_when(day.isoformat())


def occurrence(received: report.ReportReceived) -> tuple[When, str]:
    """When what a report tells of happened, as nearly as it says, and what that is the time of."""
    if received.incident is not None:
        return received.incident, INCIDENT
    if received.became_aware is not None:
        return received.became_aware, BECAME_AWARE
    return at(received.reported_at), REPORTED


def sort_number(when: When) -> int:
    """One number that sorts as `hub_events.partial_time.sort_key` does, with room for a rank below it.

    The earliest moment first, then the narrower interval (by its order of magnitude), then stated before inferred.
    """
    earliest = max(0, min(microseconds(when.earliest) + _BEGINNING, (1 << _MOMENT_BITS) - 1))
    width: int = ((when.latest - when.earliest) // timedelta(microseconds=1)).bit_length() // 2
    number = (earliest << _WIDTH_BITS) + min(width, (1 << _WIDTH_BITS) - 1)
    return ((number << 1) + int(when.basis == "INFERRED")) << _RANK_BITS


def happened(when: When | None, time_of: str) -> Row:
    """The columns of a time."""
    if when is None:
        return dict.fromkeys(name for name, _ in HAPPENED)
    return {
        "happened_from": microseconds(when.earliest),
        "happened_to": microseconds(when.latest),
        "happened_sort": sort_number(when),
        "happened_precision": when.precision,
        "happened_zone": when.zone,
        "happened_basis": when.basis,
        "happened_of": time_of,
    }


def row_of(recorded: Recorded, told: Told) -> Row:
    """The row of a line."""
    when = told.when
    if when is None and told.time_of == RECORDED:
        when = at(recorded.envelope.recorded_at)
    return {
        "subject": told.subject,
        "kind": recorded.topic.rpartition("/")[0],
        "stream": recorded.stream,
        "version": recorded.version,
        "report": told.report,
        "mention": told.mention,
        "strands": packed(told.strands),
        "area": told.area,
        "agency": recorded.envelope.actor.agency,
        "role": recorded.envelope.actor.role,
        "recorded_at": microseconds(recorded.envelope.recorded_at),
        "rank": RANKS.index(recorded.kind),
        "facts": msgspec.json.encode(told.facts).decode(),
        **happened(when, told.time_of),
    }


def told_of_report(recorded: Recorded) -> Told | None:
    """What an event of a report tells."""
    name = recorded.stream
    facts: Mapping[str, Fact]
    match recorded.event:
        case report.ReportReceived() as event:
            when, time_of = occurrence(event)
            facts = {"route": event.route, "provenance": event.provenance, "source_types": event.source_types}
            return Told(subject=name, report=name, when=when, time_of=time_of, facts=facts)
        case report.ReportRouted() as event:
            facts = {"area": event.area, "team": event.team, "found_by": event.found_by}
        case report.ReportUnroutable() as event:
            facts = {"owner": event.owner}
        case report.ReportRerouted() as event:
            facts = {"area": event.area, "team": event.team, "from_team": event.from_team}
        case report.GradeConfirmed() as event:
            facts = {"printed": event.printed, "supersedes": event.supersedes}
        case report.ReportTriaged() as event:
            facts = {"outcome": event.outcome}
        case label.RestrictionSet() | label.RestrictionLifted() as event:
            facts = {"restriction": event.restriction}
        case label.SharedWithCase() | label.WithdrawnFromCase() as event:
            # Found through its case alone: in another case's timeline it would tell that this one exists.
            return Told(subject=event.case, report=name, sources=(event.case,))
        case _:
            return None
    return Told(subject=name, report=name, facts=facts)


def told_of_mention(made: MentionMade, name: str) -> Told:
    """What a mention tells: that its report speaks of somebody or something."""
    facts = {"mentioned": made.kind, "text_form": made.text_form, "reported_role": made.reported_role}
    return Told(subject=made.report, report=made.report, mention=name, time_of="", facts=facts, sources=(made.report,))


def told_of_triage(recorded: Recorded, of_report: str) -> Told | None:
    """What an event of the triage of a report tells."""
    facts: Mapping[str, Fact] = {}
    when = None
    match recorded.event:
        case triage.TriageOpened():
            pass
        case triage.TriageProposed() as event:
            facts = {"outcome": event.outcome, "alternatives": event.alternatives}
        case triage.TriageDisagreed() as event:
            facts = {"outcome": event.outcome, "proposed": event.proposed}
        case triage.TriageDecided() as event:
            facts = {"outcome": event.outcome}
        case triage.TriageClockBreached() as event:
            when = at(event.due_at)
        case _:
            return None
    time_of = RECORDED if when is None else STATED
    return Told(subject=of_report, report=of_report, when=when, time_of=time_of, facts=facts, sources=(of_report,))


def told_of_feedback(recorded: Recorded, of_report: str) -> Told | None:
    """What an event of the feedback on a report tells."""
    facts: Mapping[str, Fact] = {}
    when = None
    match recorded.event:
        case feedback.FeedbackDue() as event:
            facts = {"owner": event.owner, "due_at": event.due_at.astimezone(UTC).isoformat()}
        case feedback.FeedbackSent():
            pass
        case feedback.FeedbackWithheld() as event:
            facts = {"reason_code": event.reason_code}
        case feedback.FeedbackOverdue() as event:
            when = at(event.due_at)
        case _:
            return None
    time_of = RECORDED if when is None else STATED
    return Told(subject=of_report, report=of_report, when=when, time_of=time_of, facts=facts, sources=(of_report,))


def told_of_route_check(recorded: Recorded, area: str) -> Told | None:
    """What an event of a route check tells."""
    name = recorded.stream
    facts: Mapping[str, Fact] = {}
    when = None
    match recorded.event:
        case route_check.EmergencyInstructionShown() as event:
            facts = {"owner": event.owner}
        case route_check.EmergencyItemTaken():
            pass
        case route_check.EmergencyCallMade() as event:
            when = at(event.called_at)
        case route_check.EmergencyItemClosed():
            pass
        case route_check.EmergencyItemOverdue() as event:
            when = at(event.due_at)
        case route_check.SocialCareReferralSent() as event:
            facts, when = {"recipient": event.recipient, "adult": event.adult}, at(event.sent_at)
        case _:
            return None
    time_of = RECORDED if when is None else STATED
    return Told(subject=name, area=area, when=when, time_of=time_of, facts=facts)


def told_of_flag(recorded: Recorded, flag_row: Mapping[str, Value]) -> Told | None:
    """What an event of a flag tells; `flag_row` is the flag as it stands."""
    facts: dict[str, Fact] = {"flag": str(flag_row["flag"])}
    when = None
    match recorded.event:
        case flag.FlagRequested() as event:
            facts["review_on"] = event.review_on.isoformat()
        case flag.FlagApproved() | flag.FlagRefused() | flag.FlagCleared():
            pass
        case flag.FlagPlaced() as event:
            facts["agency"], when = event.agency, at(event.placed_at)
        case _:
            return None
    mention = str(flag_row["mention"])
    return Told(
        subject=str(flag_row["case_stream"]),
        mention=mention,
        when=when,
        time_of=RECORDED if when is None else STATED,
        facts=facts,
        sources=(mention,),
    )


def told_of_case(recorded: Recorded) -> Told | None:
    """What an event of a case tells; who and which report it is about are sources of their own line."""
    name = recorded.stream
    facts: Mapping[str, Fact]
    match recorded.event:
        case case.CaseOpened() as event:
            facts = {"person_stage": event.person_stage, "team": event.team}
            return Told(subject=name, strands=event.strands, facts=facts)
        case case.StrandOpened() | case.StrandClosed() as event:
            return Told(subject=name, strands=(event.strand,), facts={"strand": event.strand})
        case case.ReportJoined() as event:
            return Told(subject=name, report=event.report, sources=(event.report,))
        case case.PersonJoined() as event:
            person, when = event.mention, on(event.role_from)
        case case.PersonRoleEnded() as event:
            person, when = event.mention, on(event.ended_on)
        case case.WorkerAllocated() as event:
            return Told(subject=name, facts={"worker": event.worker, "team": event.team})
        case case.MemberAdded() | case.MemberRemoved() as event:
            return Told(subject=name, facts={"account": event.account})
        case case.CaseClosed() as event:
            return Told(subject=name, facts={"reason_code": event.reason_code})
        case case.CaseReopened():
            return Told(subject=name)
        case _:
            return None
    facts = {"role": event.role}
    return Told(subject=name, mention=person, when=when, time_of=STATED, facts=facts, sources=(person,))
