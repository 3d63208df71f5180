"""A case: opened from a triage decision for a child or an adult, in one strand or several (domain.md A.4.5)."""

from __future__ import annotations

from datetime import date

from hub_events.catalogue import Event, event


@event("case-opened")
class CaseOpened(Event, frozen=True, kw_only=True):
    """A case was opened from a triaged report; its subject is a mention, never an entity."""

    report: str
    subject: str
    person_stage: str
    strands: tuple[str, ...]
    team: str
    reason: str


@event("strand-opened")
class StrandOpened(Event, frozen=True, kw_only=True):
    """A further strand of exploitation was opened on a case."""

    strand: str
    reason: str


@event("strand-closed")
class StrandClosed(Event, frozen=True, kw_only=True):
    """A strand of a case was closed, the case itself was not."""

    strand: str
    reason: str


@event("report-joined")
class ReportJoined(Event, frozen=True, kw_only=True):
    """A report became part of a case."""

    report: str
    reason: str


@event("person-joined")
class PersonJoined(Event, frozen=True, kw_only=True):
    """A person became part of a case in a role that holds in this case and for a time, and nowhere else."""

    mention: str
    role: str
    role_from: date
    reason: str


@event("person-role-ended")
class PersonRoleEnded(Event, frozen=True, kw_only=True):
    """A person's role in a case ended."""

    mention: str
    role: str
    ended_on: date
    reason: str


@event("worker-allocated")
class WorkerAllocated(Event, frozen=True, kw_only=True):
    """A case was allocated to a worker and a team; the worker allocated before is no longer the allocated worker."""

    worker: str
    team: str
    reason: str


@event("member-added")
class MemberAdded(Event, frozen=True, kw_only=True):
    """Somebody became a member of a case and may see what its members may see."""

    account: str
    reason: str


@event("member-removed")
class MemberRemoved(Event, frozen=True, kw_only=True):
    """Somebody stopped being a member of a case."""

    account: str
    reason: str


@event("case-closed")
class CaseClosed(Event, frozen=True, kw_only=True):
    """A case was closed for a reason."""

    reason_code: str
    reason: str


@event("case-reopened")
class CaseReopened(Event, frozen=True, kw_only=True):
    """A closed case was opened again for a reason."""

    reason: str
