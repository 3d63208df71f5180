"""Label events: what changes who may see the stream they stand in (the fold is in `hub_events.label_fold`)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("restriction-set")
class RestrictionSet(Event, frozen=True, kw_only=True):
    """A restriction was laid on a stream, such as specialist supervisor only (domain.md A.1.7 step 5)."""

    restriction: str
    reason: str


@event("restriction-lifted")
class RestrictionLifted(Event, frozen=True, kw_only=True):
    """A restriction was lifted by somebody with the authority to do so."""

    restriction: str
    authority: str
    reason: str


@event("handling-set")
class HandlingSet(Event, frozen=True, kw_only=True):
    """The handling code and conditions of a stream were set with the grade of its report."""

    handling_code: str
    handling_conditions: tuple[str, ...] = ()


@event("team-set")
class TeamSet(Event, frozen=True, kw_only=True):
    """A stream passed to another specialist team and its agency."""

    owning_agency: str
    team: str


@event("shared-with-case")
class SharedWithCase(Event, frozen=True, kw_only=True):
    """A stream became part of a case, so that members of the case may see it as its handling allows."""

    case: str


@event("withdrawn-from-case")
class WithdrawnFromCase(Event, frozen=True, kw_only=True):
    """A stream stopped being part of a case."""

    case: str
    reason: str
