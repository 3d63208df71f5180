"""Reactions: what the hub asks for by itself when something has happened; each only asks commands.

A reaction's command id is made of its name and the causing position, so it is asked as often as one likes and happens
once; a rebuild of views does not run reactions at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hub_events.case import MemberAdded, WorkerAllocated
from hub_events.envelope import Recorded
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent
from hub_events.flag import FlagRequested
from hub_events.label import TeamSet
from hub_events.report import ReportRerouted, ReportRouted, ReportUnroutable
from hub_events.route_check import EmergencyInstructionShown, EmergencyItemOverdue
from hub_events.stream import CASE, Stream
from hub_events.triage import TriageClockBreached, TriageDecided
from hub_services.decisions.decision import Command
from hub_services.decisions.feedback import OpenFeedback
from hub_services.decisions.flag import MoveFlag
from hub_services.decisions.notice import PlaceNotice

FlagsOf = Callable[[str], Iterable[str]]
"""Names the flags of a case, for the hub itself."""


def reactions(recorded: Recorded, flags_of: FlagsOf) -> Iterator[tuple[str, Command]]:
    """Name what follows from an event, and the command that asks for it."""
    labels, stream = recorded.envelope.labels, recorded.stream
    match recorded.event:
        case TriageDecided():
            yield "feedback", OpenFeedback(triage=stream)
        case EmergencyInstructionShown(owner=owner):
            yield "notice", _notice(owner, "OPEN_999_ITEM", stream, urgent=True)
        case EmergencyItemOverdue():
            yield "notice", _notice(labels.team, "OPEN_999_ITEM_OVERDUE", stream, urgent=True)
        case ReportUnroutable(owner=owner):
            yield "notice", _notice(owner, "UNROUTABLE_REPORT", stream, urgent=True)
        case ReportRouted(team=team) | ReportRerouted(team=team):
            yield "notice", _notice(team, "REPORT_TO_TRIAGE", stream)
        case TriageClockBreached():
            yield "notice", _notice(labels.team, "TRIAGE_OVERDUE", stream, urgent=True)
        case FeedbackDue(owner=owner):
            yield "notice", _notice(owner, "FEEDBACK_DUE", stream)
        case FeedbackSent():
            for addressee in labels.addressees:
                yield f"notice {addressee}", _notice(addressee, "FEEDBACK_SENT", stream)
        case FeedbackOverdue():
            yield "notice", _notice(labels.team, "FEEDBACK_OVERDUE", stream)
        case WorkerAllocated(worker=account):
            yield "notice", _notice(account, "CASE_ALLOCATED", stream)
        case MemberAdded(account=account):
            yield "notice", _notice(account, "CASE_SHARED", stream)
        case TeamSet() if recorded.kind == CASE:
            for flag in flags_of(stream):
                yield f"flag {flag}", MoveFlag(flag=Stream(flag), case=stream)
        case FlagRequested():
            yield "notice", _notice(labels.team, "FLAG_TO_APPROVE", stream)
        case _:
            return


def _notice(inbox: str, subject: str, about: Stream, *, urgent: bool = False) -> PlaceNotice:
    return PlaceNotice(inbox=inbox, subject=subject, about_stream=about, urgent=urgent)
