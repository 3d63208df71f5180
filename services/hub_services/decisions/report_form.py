"""What the form of an information report asks, and the rules on its answers (domain.md A.1.4, A.1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub_events.mention import PARTS, MentionMade
from hub_events.narrative import FormEvaluationGiven
from hub_events.partial_time import When
from hub_events.reference import table
from hub_events.source import SourceRegistered
from hub_services.decisions.decision import By
from hub_services.decisions.field import in_force
from hub_services.decisions.moment import been
from hub_services.refusal import RefusedError

RAW, SANITISED = "RAW", "SANITISED"
NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, kw_only=True)
class MentionSaid:
    """A person or a thing the report speaks of: the words as said, and the parts they were taken apart into."""

    kind: str
    as_said: str
    parts: Mapping[str, str] = field(default_factory=dict)
    reported_role: str = ""
    text_form: str = RAW


@dataclass(frozen=True, kw_only=True)
class SourceSaid:
    """Who the information is from, as far as it is held (domain.md A.1.5 C3)."""

    full_name: str = ""
    date_of_birth: str = ""
    addresses: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    relationship: str = ""


def evaluation_given(
    source_types: tuple[str, ...],
    reliability: int | None,
    accuracy: int,
    willing_to_engage: str,
    by: By,
) -> FormEvaluationGiven:
    """Return fields 7 to 9 as given; 7 and 9 are about a third party and forbidden when there is none (A.1.4).

    Raises:
        RefusedError: `reliability-missing`, `reliability-not-applicable`, `willingness-missing`,
            `willingness-not-applicable`, `unknown-reliability`, `unknown-accuracy` or `unknown-willingness`.
    """
    third_party = any(table("source_types").get(code).fields["third_party"] for code in source_types)
    if reliability is not None and not third_party:
        raise RefusedError(
            "reliability-not-applicable",
            "The reporter saw it: leave the reliability of whoever gave the information empty.",
            field="reliability",
        )
    if reliability is None and third_party:
        raise RefusedError(
            "reliability-missing",
            "Say how reliable whoever gave the information is; do not guess, 5 is for cannot be judged.",
            field="reliability",
        )
    if reliability is not None:
        in_force("form_reliability", str(reliability), by, refusal="unknown-reliability", field="reliability")
    in_force("form_accuracy", str(accuracy), by, refusal="unknown-accuracy", field="accuracy")
    in_force("willingness_to_engage", willing_to_engage, by, refusal="unknown-willingness", field="willing_to_engage")
    if third_party and willing_to_engage == NOT_APPLICABLE:
        raise RefusedError(
            "willingness-missing",
            "Say whether whoever gave the information would engage with the police: YES, NO or DONT_KNOW.",
            field="willing_to_engage",
        )
    if not third_party and willing_to_engage != NOT_APPLICABLE:
        raise RefusedError(
            "willingness-not-applicable",
            f"The reporter saw it: whether somebody else would engage with the police is {NOT_APPLICABLE}.",
            field="willing_to_engage",
        )
    return FormEvaluationGiven(reliability=reliability, accuracy=accuracy, willing_to_engage=willing_to_engage)


def require_order_of_times(reported_at: datetime, became_aware: When | None, by: By) -> None:
    """Refuse a report from the future, and one written before its reporter can have known (`aware-after-report`)."""
    been(reported_at, by, "reported_at")
    if became_aware is not None and became_aware.earliest > reported_at:
        raise RefusedError(
            "aware-after-report",
            "Nobody reports what they do not know yet: give a time of becoming aware before that of the report.",
            field="became_aware",
        )


def source_registered(said: SourceSaid) -> SourceRegistered:
    """Return who the source is; one of whom nothing at all is said is left out of the form (`source-empty`)."""
    words = (said.full_name, said.date_of_birth, *said.addresses, *said.contacts, said.relationship)
    if not any(each.strip() for each in words):
        raise RefusedError("source-empty", "Say who the source is, or leave the source out.", field="source")
    return SourceRegistered(
        full_name=said.full_name,
        date_of_birth=said.date_of_birth,
        addresses=said.addresses,
        contacts=said.contacts,
        relationship=said.relationship,
    )


def mention_made(said: MentionSaid, index: int, report: str, by: By) -> MentionMade:
    """Return a mention with the parts its kind may have.

    Raises:
        RefusedError: `unknown-mention-kind`, `words-missing`, `unknown-mention-part`, `unknown-text-form`,
            `role-of-a-thing` or `unknown-person-role`.
    """
    place = f"mentions.{index}"
    if said.kind not in PARTS:
        raise RefusedError("unknown-mention-kind", f"A mention is one of {', '.join(PARTS)}.", field=f"{place}.kind")
    if not said.as_said.strip():
        raise RefusedError("words-missing", "Give the words in which it was mentioned.", field=f"{place}.as_said")
    for part, words in said.parts.items():
        if part not in PARTS[said.kind]:
            raise RefusedError(
                "unknown-mention-part",
                f"The parts of {said.kind} are {', '.join(PARTS[said.kind])}.",
                field=f"{place}.parts",
            )
        if not words.strip():
            raise RefusedError("words-missing", f"Say the {part} in words or leave it out.", field=f"{place}.parts")
    if said.text_form not in (RAW, SANITISED):
        raise RefusedError("unknown-text-form", f"The text is {RAW} or {SANITISED}.", field=f"{place}.text_form")
    if said.reported_role:
        if said.kind != "PERSON":
            raise RefusedError("role-of-a-thing", "Only a person has a role.", field=f"{place}.reported_role")
        in_force("person_roles", said.reported_role, by, refusal="unknown-person-role", field=f"{place}.reported_role")
    return MentionMade(
        report=report,
        kind=said.kind,
        as_said=said.as_said,
        parts=dict(said.parts),
        text_form=said.text_form,
        reported_role=said.reported_role,
    )
