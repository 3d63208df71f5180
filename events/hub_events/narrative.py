"""The narrative of a report and how its reporter judged it; only the two deciders read it (domain.md A.1.4, A.1.5)."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("narrative-recorded")
class NarrativeRecorded(Event, frozen=True, kw_only=True):
    """What the report says, as said, with who else knows and where else it stands."""

    text: str
    text_form: str
    place: str = ""
    provenance_note: str = ""
    also_known_to: tuple[str, ...] = ()
    recorded_elsewhere: tuple[str, ...] = ()
    disclosure_risk: str = ""


@event("form-evaluation-given")
class FormEvaluationGiven(Event, frozen=True, kw_only=True):
    """The reporter's own digits for reliability and accuracy, kept as given (domain.md A.1.4, trap T2)."""

    reliability: int | None
    accuracy: int
    willing_to_engage: str


@event("grade-suggested")
class GradeSuggested(Event, frozen=True, kw_only=True):
    """A 3x5x2 grade was suggested from the meaning of the form's digits, never from the digits (domain.md B.1.4)."""

    source: int | None
    assessment: str
    handling_code: str
    handling_conditions: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()
