"""Lifting the restriction every report starts with (domain.md A.1.7 step 5)."""

import pytest

from hub_events.label import HandlingSet, RestrictionLifted
from hub_events.stream import NARRATIVE, ORIGINAL, REPORT, REPORTER, SOURCE, TRIAGE
from hub_services.decisions.decision import To, sibling
from hub_services.decisions.restriction import LiftRestriction

ONLY = "SPECIALIST_SUPERVISOR_ONLY"
LIFTED = RestrictionLifted(restriction=ONLY, authority="Det Insp Vale", reason="Her social worker needs it")


def lift(report, **changes):
    fields = {"authority": "Det Insp Vale", "reason": "Her social worker needs it"} | changes
    return LiftRestriction(report=report, **fields)


def test_it_is_lifted_from_the_report_and_its_mentions(story, people, report, mentions):
    answer = story.tell(lift(report), people.supervisor)

    handling = HandlingSet(handling_code="C", handling_conditions=("REFER_TO_ORIGINATOR",))
    assert answer == [To(name, (LIFTED, handling)) for name in (report, *mentions)]
    assert [story.labels(name).restriction for name in (report, *mentions)] == ["", "", ""]
    assert story.labels(mentions[0]).handling_conditions == ("REFER_TO_ORIGINATOR",)


def test_what_names_reporter_and_source_keeps_it_for_good(story, people, report):
    story.tell(lift(report), people.supervisor)

    kept = [sibling(report, kind) for kind in (ORIGINAL, REPORTER, SOURCE, NARRATIVE, TRIAGE)]
    assert {story.labels(name).restriction for name in kept} == {ONLY}


def test_it_is_lifted_once(story, people, report):
    story.tell(lift(report), people.supervisor)

    assert story.tell(lift(report), people.relief) == []


def test_conditions_that_stand_beside_it_stay(story, people, report, grade):
    story.tell(grade(report, handling_conditions=(ONLY, "ORIGINATING_AGENCY_ONLY")), people.supervisor)

    story.tell(lift(report), people.supervisor)

    assert story.labels(report).handling_conditions == ("ORIGINATING_AGENCY_ONLY",)


def test_conditions_named_stand_from_then_on(story, people, report):
    story.tell(lift(report, handling_conditions=("UK_NON_PROSECUTING_PARTIES",)), people.supervisor)

    assert story.labels(report).handling_conditions == ("UK_NON_PROSECUTING_PARTIES",)


def test_a_mention_that_was_erased_holds_nothing_up(story, people, report, mentions):
    story.erased(mentions[1])

    assert [to.stream for to in story.tell(lift(report), people.supervisor)] == [report, mentions[0]]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"authority": ""}, ("words-missing", "authority")),
        ({"reason": ""}, ("words-missing", "reason")),
        ({"handling_conditions": ("WHISPER",)}, ("unknown-handling-condition", "handling_conditions")),
        ({"handling_conditions": (ONLY,)}, ("restriction-stands", "handling_conditions")),
    ],
)
def test_it_is_lifted_with_authority_and_reason(story, people, report, changes, refusal):
    assert story.refusal(lift(report, **changes), people.supervisor) == refusal


def test_a_report_that_does_not_exist_is_not_found(story, people):
    assert story.refusal(lift(people.teacher.new_stream(REPORT)), people.supervisor) == ("not-found", "")
