"""Which desk a matter goes to: the specialist team for the place it is about, else the hub's duty desk.

The place is that of the intelligence, never the reporter's own area (domain.md A.1.2, A.1.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, NamedTuple

from hub_events.catalogue import Event
from hub_events.label import TeamSet
from hub_events.reference import area_from_text, team_for_area
from hub_events.report import ReportReceived, ReportRerouted, ReportRouted
from hub_events.stream import Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, today, worded
from hub_services.decisions.report_family import Report, family, standing
from hub_services.refusal import RefusedError

HUB_DUTY: Final = "HUB_DUTY"
"""The desk of the hub that takes what no specialist team can be found for."""


class Desk(NamedTuple):
    """A team and the agency it belongs to, as labels name them."""

    agency: str
    team: str


DUTY_DESK: Final = Desk("HUB", HUB_DUTY)


class Place(NamedTuple):
    """The area a matter is about, empty when it is not known, and how it was found."""

    area: str
    found_by: str


def place_of(area: str, words: str) -> Place:
    """Find the area: the one stated, else the only one the words of the place name (domain.md A.1.2)."""
    if area:
        return Place(area, "STATED")
    return Place(area_from_text(words) or "", "PLACE_TEXT")


def desk_for(area: str, on: date) -> Desk:
    """Find the desk of the team for an area, the duty desk when there is none (domain.md A.1.3)."""
    team = team_for_area(area, on)
    return DUTY_DESK if team is None else Desk(team.fields["agency"], team.code)


def _last_area(events: Sequence[Event]) -> str:
    kinds = ReportReceived | ReportRouted | ReportRerouted
    return [event.area for event in events if isinstance(event, kinds)][-1]


@dataclass(frozen=True, kw_only=True)
class Reroute(Command):
    """Send a report on to the team of another area, or to a team named outright; its triage clock keeps running.

    Everything that came with the report goes with it, save what was erased (domain.md A.1.3; features.md A3).
    """

    action: ClassVar[str] = "route-report"
    report: Stream
    area: str = ""
    team: str = ""
    reason: str

    def about(self, by: By) -> Stream:
        """The report."""
        del by
        return self.report

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """Everything that came with the report."""
        del by
        return family(past, self.report)

    def decide(self, past: Past, by: By) -> list[To]:
        """Pass the report and what came with it to the other team's label."""
        report = Report.of(past, self.report)
        desk = self._desk(by)
        known = _last_area(past.events(self.report))
        area = self.area or known
        if (area, desk.team) == (known, report.labels.team):
            return []
        rerouted = ReportRerouted(
            area=area,
            team=desk.team,
            from_team=report.labels.team,
            reason=worded(self.reason),
        )
        passed = TeamSet(owning_agency=desk.agency, team=desk.team)
        if report.labels.team == desk.team:
            return [To(self.report, (rerouted,))]
        rest = standing(past, family(past, self.report))
        return [To(self.report, (rerouted, passed)), *(To(name, (passed,)) for name in rest)]

    def _desk(self, by: By) -> Desk:
        if self.area:
            in_force("areas", self.area, by, refusal="unknown-area", field="area")
        if self.team:
            team = in_force("teams", self.team, by, refusal="unknown-team", field="team")
            return Desk(team.fields["agency"], team.code)
        desk = desk_for(self.area, today(by))
        if desk == DUTY_DESK:
            raise RefusedError(
                "team-not-found",
                "No team takes reports of this place: say which area it is in, or name the team.",
                field="team",
            )
        return desk
