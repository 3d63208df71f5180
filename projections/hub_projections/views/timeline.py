"""The timeline of a case: one line for each thing that happened, and what each line says as of any moment.

Each row comes from one stream. That a report's lines stand in a case's timeline is found when it is asked, by way of
the case's own rows, so the view cannot depend on the order between streams (`projections/README.md`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Final

import msgspec

from hub_events import case, feedback, flag, report, route_check, stream, triage
from hub_events.envelope import Labels, Recorded
from hub_events.label_fold import joined, relabelled
from hub_events.mention import MentionMade
from hub_projections import timeline_line as lines
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table
from hub_projections.timeline_query import Filters, Line, Page, timeline
from hub_projections.timeline_sentence import sentence
from hub_projections.timeline_table import (
    CASE,
    CASE_REPORT,
    FLAG,
    LINE,
    MENTION,
    PARENT,
    PERSON,
    REPORT,
    REPORT_CHECK,
    TABLES,
    VIEW,
    joint,
    line_id,
)
from hub_projections.view import Key, Rows, View

__all__ = ["Filters", "Line", "Page", "TimelineView", "sentence", "timeline"]

_STATUS: Final = {
    flag.FlagRequested: "REQUESTED",
    flag.FlagApproved: "APPROVED",
    flag.FlagRefused: "REFUSED",
    flag.FlagPlaced: "PLACED",
    flag.FlagCleared: "CLEARED",
}
_HELD: Final = {
    stream.CASE: CASE,
    stream.REPORT: REPORT,
    stream.TRIAGE: PARENT,
    stream.FEEDBACK: PARENT,
    stream.ROUTE_CHECK: PARENT,
    stream.FLAG: FLAG,
}
"""The table in which the row of a stream of each kind stands under the stream's own name."""

_Roles = list[tuple[str, date]]
_roles: Final = msgspec.json.Decoder(_Roles)


class TimelineView(View):
    """Lines of timelines, the links by which they are found, and what they print."""

    name: ClassVar[str] = VIEW
    tables: ClassVar[tuple[Table, ...]] = TABLES
    kinds: ClassVar[frozenset[str]] = frozenset({*_HELD, stream.MENTION})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The row of the stream so far, and those of a case about a person or a report."""
        held = _HELD.get(recorded.kind)
        if held is not None and recorded.version > 1:
            yield held.name, recorded.stream
        match recorded.event:
            case case.PersonJoined(mention=mention) | case.PersonRoleEnded(mention=mention):
                yield PERSON.name, joint(recorded.stream, mention)
            case case.ReportJoined(report=of_report):
                yield CASE_REPORT.name, joint(recorded.stream, of_report)
            case _:
                pass

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold the event into the rows of its stream, and add its line."""
        told = self._folded(recorded, rows)
        if told is not None:
            rows.add(LINE, line_id(recorded.stream, recorded.version), lines.row_of(recorded, told), *told.sources)

    def _folded(self, recorded: Recorded, rows: Rows) -> lines.Told | None:
        match recorded.kind:
            case stream.REPORT:
                return self._report(recorded, rows)
            case stream.MENTION:
                return self._mention(recorded, rows)
            case stream.CASE:
                return self._case(recorded, rows)
            case stream.FLAG:
                return self._flag(recorded, rows)
            case stream.TRIAGE:
                of_report = self._parent(recorded, rows)
                return None if of_report is None else lines.told_of_triage(recorded, str(of_report["report"]))
            case stream.FEEDBACK:
                of_report = self._parent(recorded, rows)
                return None if of_report is None else lines.told_of_feedback(recorded, str(of_report["report"]))
            case _:
                check = self._parent(recorded, rows)
                return None if check is None else lines.told_of_route_check(recorded, str(check["area"]))

    @staticmethod
    def _parent(recorded: Recorded, rows: Rows) -> Row | None:
        """What a triage, a feedback or a route check belongs to; nothing when its first event is not to be had."""
        match recorded.event:
            case triage.TriageAwaited(report=of_report) | feedback.FeedbackDue(report=of_report):
                rows.put(PARENT, recorded.stream, {"report": of_report, "area": ""}, of_report)
            case route_check.RoutesAnswered(area=area):
                rows.put(PARENT, recorded.stream, {"report": "", "area": area})
            case _:
                pass
        return rows.get(PARENT, recorded.stream)

    @staticmethod
    def _mention(recorded: Recorded, rows: Rows) -> lines.Told | None:
        made = recorded.event
        if not isinstance(made, MentionMade):
            return None
        content: Row = {
            "report": made.report,
            "kind": made.kind,
            "as_said": made.as_said,
            "parts": msgspec.json.encode(made.parts, order="deterministic").decode(),
            "text_form": made.text_form,
            "reported_role": made.reported_role,
        }
        rows.put(MENTION, recorded.stream, content)
        return lines.told_of_mention(made, recorded.stream)

    @staticmethod
    def _flag(recorded: Recorded, rows: Rows) -> lines.Told | None:
        event = recorded.event
        held = rows.get(FLAG, recorded.stream)
        if isinstance(event, flag.FlagRequested):
            held = {"case_stream": event.case, "mention": event.mention, "flag": event.flag, "status": ""}
        status = _STATUS.get(type(event))
        if held is None or status is None:
            return None
        held = {**held, "status": status}
        rows.put(FLAG, recorded.stream, held, str(held["mention"]))
        return lines.told_of_flag(recorded, held)

    @staticmethod
    def _report(recorded: Recorded, rows: Rows) -> lines.Told | None:
        event = recorded.event
        held = rows.get(REPORT, recorded.stream)
        if isinstance(event, report.ReportReceived):
            check = joint(recorded.stream, event.route_check)
            link: Row = {"report": recorded.stream, "route_check": event.route_check}
            rows.put(REPORT_CHECK, check, link, event.route_check)
            when, time_of = lines.occurrence(event)
            held = {
                "strands": packed(tuple(sorted(set(event.strands)))),
                "area": event.area,
                **dict.fromkeys(("team", "printed", "source", "assessment", "outcome"), ""),
                **_handling(recorded.envelope.labels),
                **lines.happened(when, time_of),
            }
        if held is None:
            return None
        rows.put(REPORT, recorded.stream, {**held, **_of_report(event), **_relabelled(held, event)})
        return lines.told_of_report(recorded)

    @staticmethod
    def _case(recorded: Recorded, rows: Rows) -> lines.Told | None:
        event, name = recorded.event, recorded.stream
        match event:
            case case.CaseOpened(strands=strands):
                rows.put(CASE, name, {"strands": packed(tuple(sorted(set(strands))))})
            case case.StrandOpened(strand=strand):
                held = rows.get(CASE, name)
                known = () if held is None else unpacked(str(held["strands"]))
                rows.put(CASE, name, {"strands": packed(joined(known, strand))})
            case case.ReportJoined(report=of_report):
                rows.put(CASE_REPORT, joint(name, of_report), {"case_stream": name, "report": of_report}, of_report)
            case case.PersonJoined(mention=mention, role=role, role_from=role_from):
                roles = _roles_in(rows, name, mention)
                _keep_roles(rows, name, mention, [*(each for each in roles if each[0] != role), (role, role_from)])
            case case.PersonRoleEnded(mention=mention, role=role):
                roles = _roles_in(rows, name, mention)
                _keep_roles(rows, name, mention, [each for each in roles if each[0] != role])
            case _:
                pass
        return lines.told_of_case(recorded)


def _handling(labels: Labels) -> Row:
    return {
        "handling_code": labels.handling_code,
        "handling_conditions": packed(labels.handling_conditions),
        "restriction": labels.restriction,
        "cases": packed(labels.cases),
    }


def _relabelled(held: Row, event: object) -> Row:
    """Fold a label event into what a report's row says of its handling, by the one rule there is for labels."""
    labels = Labels(
        owning_agency="",
        restriction=str(held["restriction"]),
        handling_code=str(held["handling_code"]),
        handling_conditions=unpacked(str(held["handling_conditions"])),
        cases=unpacked(str(held["cases"])),
    )
    return _handling(relabelled(labels, event))


def _of_report(event: object) -> Row:
    match event:
        case report.ReportRouted(area=area, team=team) | report.ReportRerouted(area=area, team=team):
            return {"area": area, "team": team}
        case report.GradeConfirmed(printed=printed, source=source, assessment=assessment):
            return {"printed": printed, "source": str(source), "assessment": assessment}
        case report.ReportTriaged(outcome=outcome):
            return {"outcome": outcome}
        case _:
            return {}


def _roles_in(rows: Rows, name: str, mention: str) -> _Roles:
    held = rows.get(PERSON, joint(name, mention))
    return [] if held is None else _roles.decode(str(held["roles"]))


def _keep_roles(rows: Rows, name: str, mention: str, roles: _Roles) -> None:
    content: Row = {
        "case_stream": name,
        "mention": mention,
        "roles": msgspec.json.encode(sorted(roles)).decode(),
    }
    rows.put(PERSON, joint(name, mention), content, mention)
