"""The information report as it comes in, taken apart into its streams (domain.md A.1.4, A.1.5, A.1.7)."""

from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import pytest

from hub_events.envelope import Labels
from hub_events.grading import CORROBORATION_ASKED, NO_WORDS_FOR_ACCURACY, NO_WORDS_FOR_RELIABILITY, REPORTER_WITNESSED
from hub_events.label import RestrictionSet
from hub_events.mention import MentionMade
from hub_events.narrative import FormEvaluationGiven, GradeSuggested, NarrativeRecorded
from hub_events.original import OriginalKept
from hub_events.partial_time import parse_when
from hub_events.report import ReportReceived, ReportRouted, ReportUnroutable
from hub_events.reporter import ReporterNamed
from hub_events.source import SourceRegistered
from hub_events.stream import (
    NARRATIVE,
    ORIGINAL,
    REPORT,
    REPORTER,
    ROUTE_CHECK,
    SOURCE,
    TRIAGE,
    kind_of,
)
from hub_events.triage import TriageAwaited
from hub_services.decisions.decision import To, sibling

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
RESTRICTED = RestrictionSet(
    restriction="SPECIALIST_SUPERVISOR_ONLY",
    reason="Every report by this route starts for the specialist supervisor only.",
)


def by_kind(decision):
    """What each kind of stream is told, one stream a kind; mentions are left out."""
    return {kind_of(to.stream): to.events for to in decision if kind_of(to.stream) != "mention"}


def test_a_report_is_taken_apart_into_its_streams_in_one_decision(story, people, form, check, mentions):
    report = people.teacher.new_stream(REPORT)

    decision = story.when(form(check), people.teacher)

    labels = Labels(
        owning_agency="GMP",
        team="PROTECT",
        originator="MANCHESTER_CSC",
        restriction="SPECIALIST_SUPERVISOR_ONLY",
        handling_code="C",
        handling_conditions=("SPECIALIST_SUPERVISOR_ONLY",),
        strands=("COUNTY_LINES", "CSE"),
    )
    body = b"From: office@larkhill.example ..."
    expected = [
        (
            sibling(report, ORIGINAL),
            OriginalKept(media_type="message/rfc822", body=body, sha256=sha256(body).digest()),
        ),
        (
            sibling(report, REPORTER),
            ReporterNamed(
                name="Imogen Hartwell",
                job_title="Teacher",
                organisation="Larkhill School",
                contact="office@larkhill.example",
            ),
        ),
        (
            sibling(report, SOURCE),
            SourceRegistered(full_name="Odile Marsh", contacts=("07700 900123",), relationship="neighbour"),
        ),
        (
            sibling(report, NARRATIVE),
            NarrativeRecorded(
                text="A man called Dex waits outside Saffron Grill for Kit.",
                text_form="RAW",
                place="Saffron Grill, Wilmslow Road, Manchester",
                provenance_note="Said at the school gate.",
                also_known_to=("the school nurse",),
                recorded_elsewhere=("school safeguarding log",),
                disclosure_risk="Dex knows where she lives.",
            ),
            FormEvaluationGiven(reliability=2, accuracy=4, willing_to_engage="DONT_KNOW"),
            GradeSuggested(
                source=1,
                assessment="E",
                handling_code="C",
                handling_conditions=("SPECIALIST_SUPERVISOR_ONLY",),
                to_confirm=(NO_WORDS_FOR_RELIABILITY,),
            ),
        ),
        (
            mentions[0],
            MentionMade(
                report=report,
                kind="PERSON",
                as_said="Kit",
                parts={"nickname": "Kit"},
                text_form="RAW",
                reported_role="VICTIM",
            ),
        ),
        (
            mentions[1],
            MentionMade(
                report=report,
                kind="PREMISES",
                as_said="Saffron Grill",
                parts={"name": "Saffron Grill"},
                text_form="RAW",
            ),
        ),
        (sibling(report, TRIAGE), TriageAwaited(report=report, reporter_account="acc-teacher", due_at=DUE)),
        (
            report,
            ReportReceived(
                route="INFORMATION_REPORT",
                route_check=check,
                source_types=("OTHER_PROFESSIONAL", "MEMBER_OF_PUBLIC"),
                provenance="THIRD_PARTY",
                incident=parse_when("2026-03-03 evening"),
                became_aware=parse_when("2026-03-04"),
                reported_at=datetime(2026, 3, 5, 9, 0, tzinfo=UTC),
                received_at=NOW,
                area="MANCHESTER",
                strands=("CSE", "COUNTY_LINES"),
                original=sibling(report, ORIGINAL),
                reporter=sibling(report, REPORTER),
                narrative=sibling(report, NARRATIVE),
                triage=sibling(report, TRIAGE),
                source=sibling(report, SOURCE),
                mentions=mentions,
            ),
            ReportRouted(area="MANCHESTER", team="PROTECT", found_by="PLACE_TEXT", triage_due_at=DUE),
            RESTRICTED,
        ),
    ]
    assert decision == [To(name, tuple(events), labels) for name, *events in expected]


def test_a_report_received_already_is_not_received_again(story, people, form, check, report):
    assert story.tell(form(check), people.teacher) == []


def test_what_names_the_source_stands_in_the_original_and_the_source_alone(story, people, form, check):
    said = form(check, original=b"Odile Marsh told us ...")

    holding = {
        kind_of(to.stream)
        for to in story.when(said, people.teacher)
        for event in to.events
        if b"Odile Marsh" in msgspec.msgpack.encode(event)
    }

    assert holding == {"original", "source"}


def test_a_report_without_a_source_opens_no_stream_for_one(story, people, form, check):
    told = by_kind(story.when(form(check, source=None), people.teacher))

    assert "source" not in told
    assert told["report"][0].source == ""


def test_the_prompts_may_stay_unanswered(story, people, form, check):
    said = form(
        check,
        incident=None,
        became_aware=None,
        source=None,
        provenance="",
        provenance_note="",
        also_known_to=(),
        recorded_elsewhere=(),
        disclosure_risk="",
        strands=(),
        mentions=(),
    )

    told = by_kind(story.when(said, people.teacher))

    received = told["report"][0]
    assert (received.incident, received.became_aware, received.provenance, received.mentions) == (None, None, "", ())


def test_the_area_stated_counts_before_the_words_of_the_place(story, people, form, check):
    told = by_kind(story.when(form(check, area="BOLTON"), people.teacher))

    assert told["report"][1] == ReportRouted(area="BOLTON", team="PHOENIX_EXIT", found_by="STATED", triage_due_at=DUE)


def test_a_report_goes_to_the_agency_of_the_team_for_its_place_and_not_of_the_reporter(story, people, form, check):
    decision = story.when(form(check, area="ROTHERHAM"), people.teacher)

    assert {(to.labels.owning_agency, to.labels.team, to.labels.originator) for to in decision} == {
        ("SYP", "HARBOUR_LIGHT", "MANCHESTER_CSC"),
    }


@pytest.mark.parametrize("place", ["", "behind the arches", "between Bolton and Bury"])
def test_a_report_whose_place_names_no_one_area_goes_to_the_duty_desk(story, people, form, check, place):
    decision = story.when(form(check, place=place), people.teacher)

    assert by_kind(decision)["report"][1] == ReportUnroutable(owner="HUB_DUTY", triage_due_at=DUE)
    assert {(to.labels.owning_agency, to.labels.team) for to in decision} == {("HUB", "HUB_DUTY")}


def test_the_triage_clock_runs_in_working_time_from_receipt(story, people, form, check):
    friday_afternoon = people.at(people.teacher, days=1, hours=4)

    told = by_kind(story.when(form(check), friday_afternoon))

    assert told["report"][0].received_at == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
    assert told["triage"][0].due_at == datetime(2026, 3, 9, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(("accuracy", "assessment"), [(1, "A"), (4, "E"), (5, "D")])
def test_the_suggested_grade_follows_the_meaning_and_never_the_digit(story, people, form, check, accuracy, assessment):
    _, given, suggested = by_kind(story.when(form(check, accuracy=accuracy), people.teacher))["narrative"]

    assert (given.accuracy, suggested.assessment) == (accuracy, assessment)


def test_digits_the_form_has_no_words_for_are_suggested_with_what_to_confirm(story, people, form, check):
    said = form(
        check,
        source_types=("WITNESSED_INCIDENT",),
        reliability=None,
        willing_to_engage="NOT_APPLICABLE",
        accuracy=3,
    )

    _, given, suggested = by_kind(story.when(said, people.teacher))["narrative"]

    assert given == FormEvaluationGiven(reliability=None, accuracy=3, willing_to_engage="NOT_APPLICABLE")
    assert (suggested.source, suggested.assessment) == (1, "C")
    assert suggested.to_confirm == (REPORTER_WITNESSED, NO_WORDS_FOR_ACCURACY, CORROBORATION_ASKED)


def test_the_same_code_said_twice_counts_once(story, people, form, check):
    said = form(check, strands=("CSE", "CSE"), source_types=("MEMBER_OF_PUBLIC", "MEMBER_OF_PUBLIC"))

    decision = story.when(said, people.teacher)

    received = by_kind(decision)["report"][0]
    assert (received.strands, received.source_types) == (("CSE",), ("MEMBER_OF_PUBLIC",))
    assert decision[0].labels.strands == ("CSE",)


def test_the_route_check_guards_a_report(people, form, check):
    assert form(check).guard(people.teacher) == check


def test_a_report_needs_a_route_check(story, people, form):
    nowhere = people.teacher.new_stream(ROUTE_CHECK, 7)

    assert story.refusal(form(nowhere), people.teacher) == ("not-found", "")
