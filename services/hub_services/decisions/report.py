"""The information report as it comes in: taken apart so that each part can be hidden or forgotten (domain.md A.1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from hub_events.catalogue import Event
from hub_events.envelope import Labels
from hub_events.grading import suggest
from hub_events.label import RestrictionSet
from hub_events.narrative import FormEvaluationGiven, GradeSuggested, NarrativeRecorded
from hub_events.original import OriginalKept
from hub_events.partial_time import When
from hub_events.reference import table
from hub_events.report import ReportReceived, ReportRouted, ReportUnroutable
from hub_events.reporter import ReporterNamed
from hub_events.source import SourceRegistered
from hub_events.stream import MENTION, NARRATIVE, ORIGINAL, REPORT, REPORTER, SOURCE, TRIAGE, Stream
from hub_events.triage import TriageAwaited
from hub_events.working_time import due_at
from hub_services.decisions.decision import By, Command, Past, To, sibling
from hub_services.decisions.field import all_in_force, in_force, today, worded
from hub_services.decisions.report_form import (
    NOT_APPLICABLE,
    RAW,
    MentionSaid,
    SourceSaid,
    evaluation_given,
    mention_made,
    require_order_of_times,
    source_registered,
)
from hub_services.decisions.restriction import SPECIALIST_SUPERVISOR_ONLY
from hub_services.decisions.route_check import require_passed
from hub_services.decisions.routing import DUTY_DESK, HUB_DUTY, Desk, Place, desk_for, place_of
from hub_services.refusal import RefusedError

WITNESSED = "WITNESSED_INCIDENT"


@dataclass(frozen=True, kw_only=True)
class ReceiveReport(Command):
    """Receive an information report, or a reply about a person of interest, from a professional (domain.md A.1.4).

    It is accepted only behind a route check that chose its route and, where somebody was in immediate danger, had its
    999 item settled (A.1.2). It is routed by the place it is about, waits for triage, and starts confidential and for
    the specialist supervisor only (A.1.7). A suggested grade is made from the meaning of the form's digits (B.1.4).
    """

    action: ClassVar[str] = "submit-report"
    route_check: Stream
    route: str
    reported_at: datetime
    reporter_name: str
    reporter_job_title: str
    reporter_organisation: str
    reporter_contact: str
    source_types: tuple[str, ...]
    reliability: int | None = None
    accuracy: int
    willing_to_engage: str = NOT_APPLICABLE
    narrative: str
    place: str = ""
    area: str = ""
    incident: When | None = None
    became_aware: When | None = None
    source: SourceSaid | None = None
    provenance: str = ""
    provenance_note: str = ""
    also_known_to: tuple[str, ...] = ()
    recorded_elsewhere: tuple[str, ...] = ()
    disclosure_risk: str = ""
    strands: tuple[str, ...] = ()
    mentions: tuple[MentionSaid, ...] = ()
    original: bytes
    media_type: str

    def about(self, by: By) -> Stream:
        """A new report."""
        return by.new_stream(REPORT)

    def guard(self, by: By) -> Stream:
        """The route check: a report is sent by whoever answered the route questions."""
        del by
        return self.route_check

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """The route check, and the streams it is about to open."""
        del past
        report = self.about(by)
        opened = (sibling(report, kind) for kind in (ORIGINAL, REPORTER, SOURCE, NARRATIVE, TRIAGE))
        return self.route_check, *opened, *self._mention_streams(by)

    def decide(self, past: Past, by: By) -> list[To]:
        """Take the report apart into its streams, in one decision."""
        report = self.about(by)
        if past.events(report):
            return []
        require_passed(past, self.route_check, self.route)
        evaluation = self._checked(by)
        if self.area:
            in_force("areas", self.area, by, refusal="unknown-area", field="area")
        place = place_of(self.area, self.place)
        desk = desk_for(place.area, today(by))
        labels = self._labels(desk, by)
        due = due_at("TRIAGE", by.now)
        mentions = [mention_made(said, index, report, by) for index, said in enumerate(self.mentions)]
        parts: list[tuple[Stream, tuple[Event, ...]]] = [
            (sibling(report, ORIGINAL), (self._original(),)),
            (sibling(report, REPORTER), (self._reporter(),)),
            *((sibling(report, SOURCE), (registered,)) for registered in self._source()),
            (sibling(report, NARRATIVE), self._narrative(evaluation, labels)),
            *((name, (made,)) for name, made in zip(self._mention_streams(by), mentions, strict=True)),
            (sibling(report, TRIAGE), (TriageAwaited(report=report, reporter_account=by.account, due_at=due),)),
            (report, (self._received(report, place, by), self._sent(place, desk, due), self._restricted())),
        ]
        return [To(name, events, labels) for name, events in parts]

    def _mention_streams(self, by: By) -> tuple[Stream, ...]:
        return tuple(by.new_stream(MENTION, index) for index in range(len(self.mentions)))

    def _checked(self, by: By) -> FormEvaluationGiven:
        """Refuse a form that is not filled in as it asks (domain.md A.1.4); return the reporter's own evaluation."""
        for field in ("reporter_name", "reporter_job_title", "reporter_organisation", "reporter_contact", "narrative"):
            worded(getattr(self, field), field)
        if not self.original or not self.media_type:
            raise RefusedError("original-missing", "Send the original with its media type.", field="original")
        if not self.source_types:
            raise RefusedError("source-type-missing", "Say where the information comes from.", field="source_types")
        all_in_force("source_types", self.source_types, by, refusal="unknown-source-type", field="source_types")
        all_in_force("strands", self.strands, by, refusal="unknown-strand", field="strands")
        if self.provenance:
            in_force("provenances", self.provenance, by, refusal="unknown-provenance", field="provenance")
        require_order_of_times(self.reported_at, self.became_aware, by)
        return evaluation_given(self.source_types, self.reliability, self.accuracy, self.willing_to_engage, by)

    def _labels(self, desk: Desk, by: By) -> Labels:
        handling = table("route_questions").get(self.route, today(by)).fields
        return Labels(
            owning_agency=desk.agency,
            team=desk.team,
            originator=by.agency,
            restriction=SPECIALIST_SUPERVISOR_ONLY,
            handling_code=handling["initial_handling"],
            handling_conditions=handling["initial_conditions"],
            strands=tuple(sorted(set(self.strands))),
        )

    def _original(self) -> OriginalKept:
        return OriginalKept(media_type=self.media_type, body=self.original, sha256=sha256(self.original).digest())

    def _reporter(self) -> ReporterNamed:
        return ReporterNamed(
            name=self.reporter_name,
            job_title=self.reporter_job_title,
            organisation=self.reporter_organisation,
            contact=self.reporter_contact,
        )

    def _source(self) -> tuple[SourceRegistered, ...]:
        return () if self.source is None else (source_registered(self.source),)

    def _narrative(self, evaluation: FormEvaluationGiven, labels: Labels) -> tuple[Event, ...]:
        recorded = NarrativeRecorded(
            text=self.narrative,
            text_form=RAW,
            place=self.place,
            provenance_note=self.provenance_note,
            also_known_to=self.also_known_to,
            recorded_elsewhere=self.recorded_elsewhere,
            disclosure_risk=self.disclosure_risk,
        )
        suggestion = suggest(evaluation.reliability, evaluation.accuracy, witnessed=WITNESSED in self.source_types)
        suggested = GradeSuggested(
            source=suggestion.source,
            assessment=suggestion.assessment or "",
            handling_code=labels.handling_code,
            handling_conditions=labels.handling_conditions,
            to_confirm=suggestion.to_confirm,
        )
        return recorded, evaluation, suggested

    def _received(self, report: Stream, place: Place, by: By) -> ReportReceived:
        return ReportReceived(
            route=self.route,
            route_check=self.route_check,
            source_types=tuple(dict.fromkeys(self.source_types)),
            provenance=self.provenance,
            incident=self.incident,
            became_aware=self.became_aware,
            reported_at=self.reported_at,
            received_at=by.now,
            area=place.area,
            strands=tuple(dict.fromkeys(self.strands)),
            original=sibling(report, ORIGINAL),
            reporter=sibling(report, REPORTER),
            narrative=sibling(report, NARRATIVE),
            triage=sibling(report, TRIAGE),
            source="" if self.source is None else sibling(report, SOURCE),
            mentions=self._mention_streams(by),
        )

    @staticmethod
    def _sent(place: Place, desk: Desk, due: datetime) -> Event:
        if desk == DUTY_DESK:
            return ReportUnroutable(owner=HUB_DUTY, triage_due_at=due)
        return ReportRouted(area=place.area, team=desk.team, found_by=place.found_by, triage_due_at=due)

    @staticmethod
    def _restricted() -> RestrictionSet:
        return RestrictionSet(
            restriction=SPECIALIST_SUPERVISOR_ONLY,
            reason="Every report by this route starts for the specialist supervisor only.",
        )
