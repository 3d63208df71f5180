"""The restriction every report starts with, and how it is lifted (domain.md A.1.7 step 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from hub_events.label import HandlingSet, RestrictionLifted
from hub_events.label_fold import without
from hub_events.stream import Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import all_in_force, worded
from hub_services.decisions.report_family import Report, mentions, standing
from hub_services.refusal import RefusedError

SPECIALIST_SUPERVISOR_ONLY: Final = "SPECIALIST_SUPERVISOR_ONLY"
"""The restriction and, while it stands, also a condition of handling."""

REFER_TO_ORIGINATOR: Final = "REFER_TO_ORIGINATOR"
"""The condition that stands when a restriction is lifted and no other was named."""


@dataclass(frozen=True, kw_only=True)
class LiftRestriction(Command):
    """Lift the restriction from a report and its mentions, with the authority for it (domain.md A.1.7 step 5).

    The report stays under handling code C, which never stands without a condition (domain.md B.1.2): those it has
    beside the restriction, those named here, or failing both to refer to the originator. Making it P is a grade of its
    own. Original, reporter, source, narrative and triage keep their restriction for good.
    """

    action: ClassVar[str] = "lift-restriction"
    report: Stream
    authority: str
    reason: str
    handling_conditions: tuple[str, ...] = ()

    def about(self, by: By) -> Stream:
        """The report."""
        del by
        return self.report

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The mentions of the report."""
        del by
        return mentions(past, self.report)

    def decide(self, past: Past, by: By) -> list[To]:
        """Lift it from the report and from each mention, unless it is lifted already."""
        labels = Report.of(past, self.report).labels
        if not labels.restriction:
            return []
        lifted = RestrictionLifted(
            restriction=labels.restriction,
            authority=worded(self.authority, "authority"),
            reason=worded(self.reason),
        )
        named = all_in_force(
            "handling_conditions",
            self.handling_conditions,
            by,
            refusal="unknown-handling-condition",
            field="handling_conditions",
        )
        if labels.restriction in named:
            raise RefusedError(
                "restriction-stands",
                f"{labels.restriction} is what would be lifted: leave it out of the conditions that stand afterwards.",
                field="handling_conditions",
            )
        conditions = {*without(labels.handling_conditions, labels.restriction), *named} or {REFER_TO_ORIGINATOR}
        handling = HandlingSet(handling_code=labels.handling_code, handling_conditions=tuple(sorted(conditions)))
        return [To(name, (lifted, handling)) for name in (self.report, *standing(past, mentions(past, self.report)))]
