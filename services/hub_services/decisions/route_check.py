"""The four response routes as a gate before a report is accepted, and the open 999 item (domain.md A.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from hub_events.catalogue import Event
from hub_events.envelope import Labels
from hub_events.reference import table
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
)
from hub_events.stream import ROUTE_CHECK, Stream
from hub_events.working_time import due_at
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, today, worded
from hub_services.decisions.moment import been
from hub_services.decisions.routing import desk_for
from hub_services.refusal import RefusedError


@dataclass(frozen=True, kw_only=True)
class _RouteCheck:
    """What was answered, and how the open 999 item stands."""

    answered: RoutesAnswered
    shown: EmergencyInstructionShown | None = None
    taken_by: str = ""
    settled: bool = False
    overdue: bool = False

    @classmethod
    def of(cls, past: Past, name: str) -> _RouteCheck:
        """Fold a route check; refuse one that does not exist."""
        match past.events(name):
            case [RoutesAnswered() as answered, *events]:
                check = cls(answered=answered)
            case _:
                raise RefusedError("not-found", "There is no such route check.")
        for event in events:
            check = check.after(event)
        return check

    def after(self, event: Event) -> _RouteCheck:
        """Return how it stands after one more event."""
        match event:
            case EmergencyInstructionShown():
                return replace(self, shown=event)
            case EmergencyItemTaken(taken_by=account):
                return replace(self, taken_by=account)
            case EmergencyCallMade() | EmergencyItemClosed():
                return replace(self, settled=True)
            case EmergencyItemOverdue():
                return replace(self, overdue=True)
            case _:
                return self

    def require_item(self) -> None:
        """Refuse when no 999 instruction was shown, so that there is no item to work on."""
        if self.shown is None:
            raise RefusedError(
                "no-emergency-item",
                "Nobody was said to be in immediate danger here: answer the route questions anew if somebody is.",
            )

    def require_open(self) -> None:
        """Refuse when the 999 item is settled by a call or was closed."""
        if self.settled:
            raise RefusedError("emergency-settled", "This 999 item is settled: there is nothing left to do on it.")


def answers(past: Past, name: str) -> RoutesAnswered:
    """Return what was answered in a route check; refuse one that does not exist."""
    return _RouteCheck.of(past, name).answered


def require_passed(past: Past, route_check: str, route: str) -> None:
    """Refuse a report whose route was not chosen, and any report while the 999 item is open (domain.md A.1.2).

    Raises:
        RefusedError: `route-takes-no-report`, `route-not-answered` or `emergency-first`.
    """
    check = _RouteCheck.of(past, route_check)
    chosen = {
        "INFORMATION_REPORT": check.answered.information,
        "POI_RESPONSE": check.answered.person_of_interest_request,
    }
    if route not in chosen:
        raise RefusedError("route-takes-no-report", f"A report goes by {' or '.join(chosen)}.", field="route")
    if not chosen[route]:
        raise RefusedError(
            "route-not-answered",
            "This route was answered with no: answer the route questions anew, with yes to the route of the report.",
            field="route",
        )
    if check.shown is not None and not check.settled:
        raise RefusedError(
            "emergency-first",
            "Somebody is in immediate danger: ring 999 now and record the call, then send the report.",
            field="route_check",
        )


@dataclass(frozen=True, kw_only=True)
class AnswerRoutes(Command):
    """Answer the four route questions; immediate danger shows the 999 instruction and leaves an item somebody owns.

    The area is that of the danger or the information; without one the hub's duty desk owns it (domain.md A.1.2, A.1.3).
    """

    action: ClassVar[str] = "answer-routes"
    immediate_danger: bool
    in_need_or_harmed: bool
    information: bool
    person_of_interest_request: bool
    adult: bool
    area: str = ""

    def about(self, by: By) -> Stream:
        """A new route check."""
        return by.new_stream(ROUTE_CHECK)

    def decide(self, past: Past, by: By) -> list[To]:
        """Record the answers, and with immediate danger the instruction in its own words."""
        check = self.about(by)
        if past.events(check):
            return []
        day = today(by)
        if self.area:
            in_force("areas", self.area, by, refusal="unknown-area", field="area")
        desk = desk_for(self.area, day)
        answered = RoutesAnswered(
            immediate_danger=self.immediate_danger,
            in_need_or_harmed=self.in_need_or_harmed,
            information=self.information,
            person_of_interest_request=self.person_of_interest_request,
            adult=self.adult,
            area=self.area,
            owner=desk.team,
        )
        labels = Labels(
            owning_agency=desk.agency,
            team=desk.team,
            originator=by.agency,
            addressees=(by.account,),
        )
        if not self.immediate_danger:
            return [To(check, (answered,), labels)]
        shown = EmergencyInstructionShown(
            instruction=table("route_questions").get("EMERGENCY_999", day).fields["instruction"],
            owner=desk.team,
            due_at=due_at("EMERGENCY_OPEN_ITEM", by.now),
        )
        return [To(check, (answered, shown), labels)]


@dataclass(frozen=True, kw_only=True)
class TakeEmergencyItem(Command):
    """Take an open 999 item as one's own; another on the desk may take it over (domain.md A.1.2)."""

    action: ClassVar[str] = "work-emergency-item"
    route_check: Stream

    def about(self, by: By) -> Stream:
        """The route check."""
        del by
        return self.route_check

    def decide(self, past: Past, by: By) -> list[To]:
        """Record who took it, unless they hold it already."""
        check = _RouteCheck.of(past, self.route_check)
        check.require_item()
        if check.taken_by == by.account:
            return []
        check.require_open()
        return [To(self.route_check, (EmergencyItemTaken(taken_by=by.account),))]


@dataclass(frozen=True, kw_only=True)
class RecordEmergencyCall(Command):
    """Record the 999 call that was made, by the reporter or by the desk; it settles the open item (domain.md A.1.2).

    The reference is that of the police, or in words that they gave none.
    """

    action: ClassVar[str] = "record-emergency-call"
    route_check: Stream
    called_at: datetime
    police_reference: str

    def about(self, by: By) -> Stream:
        """The route check."""
        del by
        return self.route_check

    def decide(self, past: Past, by: By) -> list[To]:
        """Record the call, also one that becomes known after the item was settled."""
        _RouteCheck.of(past, self.route_check).require_item()
        called_at = been(self.called_at, by, "called_at")
        reference = worded(self.police_reference, "police_reference")
        made = EmergencyCallMade(called_at=called_at, police_reference=reference, made_by=by.account)
        return [] if made in past.events(self.route_check) else [To(self.route_check, (made,))]


@dataclass(frozen=True, kw_only=True)
class CloseEmergencyItem(Command):
    """Close an open 999 item for which the reporter recorded no call, and say why (domain.md A.1.2)."""

    action: ClassVar[str] = "work-emergency-item"
    route_check: Stream
    outcome: str
    reason: str

    def about(self, by: By) -> Stream:
        """The route check."""
        del by
        return self.route_check

    def decide(self, past: Past, by: By) -> list[To]:
        """Close it once."""
        del by
        check = _RouteCheck.of(past, self.route_check)
        check.require_item()
        closed = EmergencyItemClosed(outcome=worded(self.outcome, "outcome"), reason=worded(self.reason))
        if closed in past.events(self.route_check):
            return []
        check.require_open()
        return [To(self.route_check, (closed,))]


@dataclass(frozen=True, kw_only=True)
class RecordEmergencyOverdue(Command):
    """Note that nobody settled a 999 item in time; asked by the timekeeper (features.md A4, A6)."""

    action: ClassVar[str] = "record-breach"
    route_check: Stream

    def about(self, by: By) -> Stream:
        """The route check."""
        del by
        return self.route_check

    def decide(self, past: Past, by: By) -> list[To]:
        """Note it once, and only when the item is open and its time has run out."""
        check = _RouteCheck.of(past, self.route_check)
        if check.shown is None or check.settled or check.overdue or by.now < check.shown.due_at:
            return []
        return [To(self.route_check, (EmergencyItemOverdue(due_at=check.shown.due_at),))]
