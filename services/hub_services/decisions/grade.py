"""The confirmed 3x5x2 grade of a report, given by an officer (domain.md B.1.2, B.1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from hub_events.catalogue import Event
from hub_events.envelope import Labels
from hub_events.grading import printed
from hub_events.label import HandlingSet, RestrictionSet
from hub_events.report import GradeConfirmed
from hub_events.stream import Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import all_in_force, in_force, worded
from hub_services.decisions.report_family import Report, mentions, standing
from hub_services.decisions.restriction import SPECIALIST_SUPERVISOR_ONLY
from hub_services.refusal import RefusedError


def _standing_grade(past: Past, report: str) -> tuple[int, GradeConfirmed | None]:
    """Return the version and the grade confirmed last, `0, None` when there is none."""
    confirmed = [(each.version, each.event) for each in past.recorded(report) if isinstance(each.event, GradeConfirmed)]
    return confirmed[-1] if confirmed else (0, None)


@dataclass(frozen=True, kw_only=True)
class ConfirmGrade(Command):
    """Confirm the 3x5x2 grade of a report, or grade it anew with a reason; the grade before stays in its history.

    Conditions, action and sanitisation codes are said under handling code C alone, which always needs a condition, and
    an action code may need the owner's words on its use (domain.md B.1.2). While a report is for the specialist
    supervisor only it stays under C with that condition among the others (domain.md A.1.7 step 5): P would let it be
    shared before anybody with authority lifted the restriction. To name the condition after that lays it on again.
    """

    action: ClassVar[str] = "grade-report"
    report: Stream
    source: int
    assessment: str
    handling_code: str
    handling_conditions: tuple[str, ...] = ()
    action_code: str = ""
    action_usage: str = ""
    sanitisation_code: str = ""
    reason: str = ""

    def about(self, by: By) -> Stream:
        """The report."""
        del by
        return self.report

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The mentions of the report."""
        del by
        return mentions(past, self.report)

    def decide(self, past: Past, by: By) -> list[To]:
        """Record the grade, and its handling on the report and each mention."""
        labels = Report.of(past, self.report).labels
        grade = self._grade(by)
        self._require_restriction_kept(grade, labels)
        version, standing_grade = _standing_grade(past, self.report)
        handling = HandlingSet(handling_code=grade.handling_code, handling_conditions=grade.handling_conditions)
        if standing_grade is not None:
            known = replace(standing_grade, reason="", supersedes=0)
            in_effect = HandlingSet(handling_code=labels.handling_code, handling_conditions=labels.handling_conditions)
            if (known, in_effect) == (grade, handling):
                return []
            grade = replace(grade, reason=worded(self.reason), supersedes=version)
        else:
            grade = replace(grade, reason=self.reason.strip())
        label_events: tuple[Event, ...] = (handling,)
        if not labels.restriction and SPECIALIST_SUPERVISOR_ONLY in grade.handling_conditions:
            again = RestrictionSet(restriction=SPECIALIST_SUPERVISOR_ONLY, reason=worded(self.reason))
            label_events = (again, handling)
        return [
            To(self.report, (grade, *label_events)),
            *(To(mention, label_events) for mention in standing(past, mentions(past, self.report))),
        ]

    def _grade(self, by: By) -> GradeConfirmed:
        """Return the grade as far as the form says it, or refuse one that 3x5x2 does not know."""
        in_force("source_grades", str(self.source), by, refusal="unknown-grade", field="source")
        in_force("assessment_grades", self.assessment, by, refusal="unknown-grade", field="assessment")
        in_force("handling_codes", self.handling_code, by, refusal="unknown-handling-code", field="handling_code")
        conditions = all_in_force(
            "handling_conditions",
            self.handling_conditions,
            by,
            refusal="unknown-handling-condition",
            field="handling_conditions",
        )
        if self.handling_code == "C":
            self._require_codes_of_c(by)
        else:
            self._require_nothing_of_c()
        return GradeConfirmed(
            source=self.source,
            assessment=self.assessment,
            handling_code=self.handling_code,
            handling_conditions=conditions,
            action_code=self.action_code,
            action_usage=self.action_usage.strip(),
            sanitisation_code=self.sanitisation_code,
            printed=printed(self.source, self.assessment, self.handling_code),
        )

    def _require_codes_of_c(self, by: By) -> None:
        if not self.handling_conditions:
            raise RefusedError(
                "conditions-missing",
                "Under handling code C say the conditions of sharing.",
                field="handling_conditions",
            )
        usage_required = False
        if self.action_code:
            action = in_force("action_codes", self.action_code, by, refusal="unknown-action-code", field="action_code")
            usage_required = action.fields["usage_required"]
        if usage_required:
            worded(self.action_usage, "action_usage")
        elif self.action_usage:
            raise RefusedError(
                "usage-not-applicable",
                "Words on the use belong to action code A3 alone.",
                field="action_usage",
            )
        if self.sanitisation_code:
            in_force(
                "sanitisation_codes",
                self.sanitisation_code,
                by,
                refusal="unknown-sanitisation-code",
                field="sanitisation_code",
            )

    def _require_nothing_of_c(self) -> None:
        for field in ("handling_conditions", "action_code", "action_usage", "sanitisation_code"):
            if getattr(self, field):
                raise RefusedError(
                    "only-under-c",
                    f"Say {field.replace('_', ' ')} under handling code C alone; {self.handling_code} has none.",
                    field=field,
                )

    def _require_restriction_kept(self, grade: GradeConfirmed, labels: Labels) -> None:
        if labels.restriction and labels.restriction not in grade.handling_conditions:
            raise RefusedError(
                "restriction-stands",
                f"This report is under {labels.restriction}: grade it C with that condition, or have it lifted first.",
                field="handling_conditions" if grade.handling_code == "C" else "handling_code",
            )
