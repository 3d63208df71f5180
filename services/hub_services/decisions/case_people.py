"""Who is in a case and who works on it: persons in dated roles, the allocated worker, members (domain.md A.4.5).

A role holds in one case and for a time; there is no role a person carries from case to case (features.md B3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from hub_events.case import (
    MemberAdded,
    MemberRemoved,
    PersonJoined,
    PersonRoleEnded,
    WorkerAllocated,
)
from hub_events.catalogue import Event
from hub_events.label import TeamSet
from hub_events.stream import ACCOUNT, Stream, kind_of
from hub_services.decisions.account import Account
from hub_services.decisions.case import events_of_open_case, is_person
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, today, worded
from hub_services.refusal import RefusedError

HOLDS_CASES: Final = frozenset({"EARLY_HELP_PRACTITIONER", "SOCIAL_WORKER", "SPECIALIST_OFFICER"})
"""Roles that work with a person from day to day (domain.md A.4.3). Supervisors and managers oversee a case, so they
hold none: whoever allocates, approves a flag or closes must not be the one whose work is looked at."""


@dataclass
class _People:
    roles: dict[tuple[str, str], date] = field(default_factory=dict)
    roles_ever: set[tuple[str, str]] = field(default_factory=set)
    worker: str = ""
    team: str = ""
    members: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, events: Iterable[Event]) -> _People:
        people = cls()
        for event in events:
            match event:
                case PersonJoined(mention=mention, role=role, role_from=role_from):
                    people.roles[mention, role] = role_from
                    people.roles_ever.add((mention, role))
                case PersonRoleEnded(mention=mention, role=role):
                    people.roles.pop((mention, role), None)
                case WorkerAllocated(worker=worker, team=team):
                    people.worker, people.team = worker, team
                case MemberAdded(account=account):
                    people.members.add(account)
                case MemberRemoved(account=account):
                    people.members.discard(account)
                case _:
                    pass
        return people


def works_on(events: Iterable[Event], account: str) -> bool:
    """Whether a case is allocated to an account, or the account is one of its members."""
    people = _People.of(events)
    return account == people.worker or account in people.members


def _account_to_read(name: Stream) -> tuple[str, ...]:
    """Return the account to be read; no other kind of stream, whose absence must not be told from its erasure."""
    return (name,) if kind_of(name) == ACCOUNT else ()


def _open_account(past: Past, name: Stream, field: str) -> Account:
    account = Account.of(past.events(name)) if name in past else None
    if account is None or account.closed:
        raise RefusedError("unknown-account", "There is no such account, or it is closed.", field=field)
    return account


@dataclass(frozen=True, kw_only=True)
class JoinPerson(Command):
    """Make a person of one of the case's reports part of the case, in a role and from a day."""

    action: ClassVar[str] = "work-case"
    case: Stream
    mention: Stream
    role: str
    role_from: date
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def refers(self) -> tuple[str, ...]:
        """The mention."""
        return (self.mention,)

    def decide(self, past: Past, by: By) -> list[To]:
        """Join them unless they have this role now; one person may have several."""
        people = _People.of(events_of_open_case(past, self.case))
        labels = past.labels(self.mention)
        if labels is None or self.case not in labels.cases or not is_person(past, self.mention):
            raise RefusedError(
                "mention-not-in-case", "Name a person that a report of this case speaks of.", field="mention"
            )
        if (self.mention, self.role) in people.roles:
            return []
        role = in_force("person_roles", self.role, by, refusal="unknown-role", field="role").code
        if self.role_from > today(by):
            raise RefusedError("date-in-future", "A role begins today or began before.", field="role_from")
        joined = PersonJoined(mention=self.mention, role=role, role_from=self.role_from, reason=worded(self.reason))
        return [To(self.case, (joined,))]


@dataclass(frozen=True, kw_only=True)
class EndPersonRole(Command):
    """End a role a person has in a case; the person's other roles go on."""

    action: ClassVar[str] = "work-case"
    case: Stream
    mention: Stream
    role: str
    ended_on: date
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def refers(self) -> tuple[str, ...]:
        """The mention."""
        return (self.mention,)

    def decide(self, past: Past, by: By) -> list[To]:
        """End it unless it has ended."""
        people = _People.of(events_of_open_case(past, self.case))
        if not past.recorded(self.mention) or (self.mention, self.role) not in people.roles_ever:
            raise RefusedError("role-not-held", "This person never had this role in this case.", field="role")
        role_from = people.roles.get((self.mention, self.role))
        if role_from is None:
            return []
        if self.ended_on > today(by):
            raise RefusedError("date-in-future", "A role ends today or ended before.", field="ended_on")
        if self.ended_on < role_from:
            raise RefusedError("ends-before-it-began", f"This role began on {role_from}.", field="ended_on")
        ended = PersonRoleEnded(
            mention=self.mention, role=self.role, ended_on=self.ended_on, reason=worded(self.reason)
        )
        return [To(self.case, (ended,))]


@dataclass(frozen=True, kw_only=True)
class AllocateWorker(Command):
    """Allocate a case to a worker and a team, and make the worker a member."""

    action: ClassVar[str] = "manage-case"
    case: Stream
    worker: Stream
    team: str
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The worker's account."""
        del past, by
        return _account_to_read(self.worker)

    def decide(self, past: Past, by: By) -> list[To]:
        """Allocate it unless it is; a case that goes to another team carries that team's label from then on."""
        people = _People.of(events_of_open_case(past, self.case))
        worker = _open_account(past, self.worker, "worker")
        if HOLDS_CASES.isdisjoint(worker.roles):
            raise RefusedError(
                "cannot-hold-cases",
                f"A case is held by somebody with one of the roles {', '.join(sorted(HOLDS_CASES))}.",
                field="worker",
            )
        if (people.worker, people.team) == (self.worker, self.team):
            return []
        team = in_force("teams", self.team, by, refusal="unknown-team", field="team")
        reason = worded(self.reason)
        events: list[Event] = [WorkerAllocated(worker=self.worker, team=team.code, reason=reason)]
        if self.worker not in people.members:
            events.append(MemberAdded(account=self.worker, reason=reason))
        labels = past.labels(self.case)
        if labels is not None and (labels.owning_agency, labels.team) != (team.fields["agency"], team.code):
            events.append(TeamSet(owning_agency=team.fields["agency"], team=team.code))
        return [To(self.case, tuple(events))]


@dataclass(frozen=True, kw_only=True)
class AddMember(Command):
    """Make somebody of any agency a member of a case."""

    action: ClassVar[str] = "manage-case"
    case: Stream
    account: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The new member's account."""
        del past, by
        return _account_to_read(self.account)

    def decide(self, past: Past, by: By) -> list[To]:
        """Add them unless they are a member."""
        del by
        people = _People.of(events_of_open_case(past, self.case))
        _open_account(past, self.account, "account")
        if self.account in people.members:
            return []
        return [To(self.case, (MemberAdded(account=self.account, reason=worded(self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class RemoveMember(Command):
    """Take a member off a case; the allocated worker stays until another is allocated."""

    action: ClassVar[str] = "manage-case"
    case: Stream
    account: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The case."""
        del by
        return self.case

    def decide(self, past: Past, by: By) -> list[To]:
        """Remove them unless they are none; somebody whose account was closed can be removed too."""
        del by
        people = _People.of(events_of_open_case(past, self.case))
        if self.account == people.worker:
            raise RefusedError(
                "worker-allocated", "The case is allocated to this member; allocate it to another first."
            )
        if self.account not in people.members:
            return []
        return [To(self.case, (MemberRemoved(account=self.account, reason=worded(self.reason)),))]
