"""Case flags on another agency's system: requested, approved, placed, cleared (domain.md A.4.5, B.9.10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from hub_events.case import PersonJoined, PersonRoleEnded
from hub_events.catalogue import Event
from hub_events.flag import FlagApproved, FlagCleared, FlagPlaced, FlagRefused, FlagRequested
from hub_events.label import TeamSet
from hub_events.stream import FLAG, Stream
from hub_services.decisions.case import events_of_open_case
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, today, worded
from hub_services.decisions.moment import been
from hub_services.refusal import RefusedError

_STATES: Final[dict[type[Event], str]] = {
    FlagRequested: "requested",
    FlagApproved: "approved",
    FlagRefused: "refused",
    FlagPlaced: "placed",
    FlagCleared: "cleared",
}


def _state(past: Past, flag: Stream, *allowed: str) -> str:
    """Return the state of a flag.

    Raises:
        RefusedError: there is no such flag (`not-found`), or what is asked does not follow from its state
            (`flag-state`).
    """
    states = [_STATES[type(event)] for event in past.events(flag) if type(event) in _STATES]
    if not states:
        raise RefusedError("not-found", "There is no such flag.")
    if states[-1] not in allowed:
        raise RefusedError(
            "flag-state",
            f"This flag is {states[-1]}; it would have to be {' or '.join(allowed)}.",
            more={"state": states[-1]},
        )
    return states[-1]


def _persons(events: Iterable[Event]) -> set[str]:
    """Return the mentions that have a role in a case now."""
    roles: set[tuple[str, str]] = set()
    for event in events:
        match event:
            case PersonJoined(mention=mention, role=role):
                roles.add((mention, role))
            case PersonRoleEnded(mention=mention, role=role):
                roles.discard((mention, role))
            case _:
                pass
    return {mention for mention, _ in roles}


@dataclass(frozen=True, kw_only=True)
class RequestFlag(Command):
    """Ask for a flag on a person of a case, to be reviewed by a date."""

    action: ClassVar[str] = "request-flag"
    case: Stream
    mention: Stream
    flag: str
    review_on: date
    reason: str

    def about(self, by: By) -> Stream:
        """A new flag."""
        return by.new_stream(FLAG)

    def guard(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def refers(self) -> tuple[str, ...]:
        """The mention."""
        return (self.mention,)

    def decide(self, past: Past, by: By) -> list[To]:
        """Request it, under the labels of the case."""
        flag = self.about(by)
        if past.events(flag):
            return []
        persons = _persons(events_of_open_case(past, self.case))
        if not past.recorded(self.mention) or self.mention not in persons:
            raise RefusedError("mention-not-in-case", "Name a person who has a role in this case.", field="mention")
        kind = in_force("flag_kinds", self.flag, by, refusal="unknown-flag", field="flag")
        if "PERSON" not in kind.fields["on"]:
            raise RefusedError("unknown-flag", f"{kind.code} is no flag for a person.", field="flag")
        if self.review_on <= today(by):
            raise RefusedError("date-not-in-future", "A flag is reviewed on a day to come.", field="review_on")
        requested = FlagRequested(
            case=self.case,
            mention=self.mention,
            flag=kind.code,
            reason=worded(self.reason),
            review_on=self.review_on,
        )
        labels = past.labels(self.case)
        return [To(flag, (requested,), None if labels is None else replace(labels, cases=(self.case,)))]


def _answer(past: Past, flag: Stream, by: By, reason: str) -> str:
    """Return the reason of somebody else's answer to a request."""
    _state(past, flag, "requested")
    if past.recorded(flag)[0].envelope.actor.account == by.account:
        raise RefusedError("same-person", "Whoever asked for a flag cannot be the one who answers.")
    return worded(reason)


@dataclass(frozen=True, kw_only=True)
class ApproveFlag(Command):
    """Approve a flag that somebody else requested."""

    action: ClassVar[str] = "approve-flag"
    flag: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The flag."""
        del by
        return self.flag

    def decide(self, past: Past, by: By) -> list[To]:
        """Approve it while it is requested."""
        return [To(self.flag, (FlagApproved(reason=_answer(past, self.flag, by, self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class RefuseFlag(Command):
    """Refuse a flag that somebody else requested."""

    action: ClassVar[str] = "approve-flag"
    flag: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The flag."""
        del by
        return self.flag

    def decide(self, past: Past, by: By) -> list[To]:
        """Refuse it while it is requested."""
        return [To(self.flag, (FlagRefused(reason=_answer(past, self.flag, by, self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class PlaceFlag(Command):
    """Confirm that another agency's system carries an approved flag, with that system's own reference."""

    action: ClassVar[str] = "confirm-flag"
    flag: Stream
    agency: str
    system: str
    confirmation: str
    placed_at: datetime
    reason: str

    def about(self, by: By) -> Stream:
        """The flag."""
        del by
        return self.flag

    def decide(self, past: Past, by: By) -> list[To]:
        """Record the confirmation while it is approved."""
        _state(past, self.flag, "approved")
        placed = FlagPlaced(
            agency=in_force("agencies", self.agency, by, refusal="unknown-agency", field="agency").code,
            system=worded(self.system, "system"),
            confirmation=worded(self.confirmation, "confirmation"),
            placed_at=been(self.placed_at, by, "placed_at"),
            reason=worded(self.reason),
        )
        return [To(self.flag, (placed,))]


@dataclass(frozen=True, kw_only=True)
class ClearFlag(Command):
    """Take a flag off again, or give up a request for one."""

    action: ClassVar[str] = "clear-flag"
    flag: Stream
    reason: str
    confirmation: str = ""

    def about(self, by: By) -> Stream:
        """The flag."""
        del by
        return self.flag

    def decide(self, past: Past, by: By) -> list[To]:
        """Clear it; a flag that was placed is clear only when the other system has confirmed it."""
        del by
        state = _state(past, self.flag, "requested", "approved", "placed")
        confirmation = self.confirmation.strip()
        if state == "placed" and not confirmation:
            raise RefusedError(
                "confirmation-missing", "Give the other system's confirmation that it is off.", field="confirmation"
            )
        return [To(self.flag, (FlagCleared(reason=worded(self.reason), confirmation=confirmation),))]


@dataclass(frozen=True, kw_only=True)
class MoveFlag(Command):
    """Let a flag follow its case to the team the case went to."""

    action: ClassVar[str] = "follow-case"
    flag: Stream
    case: Stream

    def about(self, by: By) -> Stream:
        """The flag."""
        del by
        return self.flag

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The case."""
        del past, by
        return (self.case,)

    def decide(self, past: Past, by: By) -> list[To]:
        """Give it the team the case has today, unless it has it."""
        del by
        flag, case = past.labels(self.flag), past.labels(self.case)
        if flag is None or case is None or self.case not in flag.cases:
            raise RefusedError("not-found", "There is no such flag on this case.")
        if (flag.owning_agency, flag.team) == (case.owning_agency, case.team):
            return []
        return [To(self.flag, (TeamSet(owning_agency=case.owning_agency, team=case.team),))]
