"""The confirmed 3x5x2 grade (domain.md B.1.2) and the restriction it has to respect (A.1.7 step 5)."""

import pytest

from hub_events.label import HandlingSet, RestrictionSet
from hub_events.report import GradeConfirmed
from hub_events.stream import REPORT
from hub_services.decisions.decision import To
from hub_services.decisions.restriction import LiftRestriction

ONLY = "SPECIALIST_SUPERVISOR_ONLY"
CONFIRMED = GradeConfirmed(
    source=2,
    assessment="E",
    handling_code="C",
    handling_conditions=(ONLY,),
    printed="[2EC]",
)


@pytest.fixture
def lifted(story, people, report):
    """The report after its restriction was lifted."""
    story.tell(LiftRestriction(report=report, authority="Det Insp Vale", reason="Needed"), people.supervisor)
    return report


def test_a_grade_is_confirmed_with_its_handling_on_the_report_and_its_mentions(story, people, report, mentions, grade):
    handling = HandlingSet(handling_code="C", handling_conditions=(ONLY,))

    assert story.tell(grade(report), people.supervisor) == [
        To(report, (CONFIRMED, handling)),
        *(To(mention, (handling,)) for mention in mentions),
    ]


def test_every_code_of_3x5x2_can_be_said(story, people, report, grade):
    command = grade(
        report,
        source=1,
        assessment="B",
        handling_conditions=("REFER_TO_ORIGINATOR", ONLY, ONLY),
        action_code="A3",
        action_usage="Visit with licensing only",
        sanitisation_code="S2",
        reason="First grade",
    )

    (first, *_) = story.tell(command, people.supervisor)

    assert first.events[0] == GradeConfirmed(
        source=1,
        assessment="B",
        handling_code="C",
        handling_conditions=("REFER_TO_ORIGINATOR", ONLY),
        action_code="A3",
        action_usage="Visit with licensing only",
        sanitisation_code="S2",
        printed="[1BC]",
        reason="First grade",
    )


def test_the_same_grade_is_not_confirmed_twice(story, people, report, grade):
    story.tell(grade(report), people.supervisor)

    assert story.tell(grade(report, reason="Again"), people.officer) == []


def test_a_regrade_names_the_version_it_takes_the_place_of(story, people, report, grade):
    story.tell(grade(report), people.supervisor)

    (first, *_) = story.tell(grade(report, source=1, reason="Corroborated since"), people.supervisor)

    assert (first.events[0].printed, first.events[0].reason, first.events[0].supersedes) == (
        "[1EC]",
        "Corroborated since",
        4,
    )
    assert isinstance(story.streams[report][3].event, GradeConfirmed)


def test_a_regrade_needs_a_reason(story, people, report, grade):
    story.tell(grade(report), people.supervisor)

    assert story.refusal(grade(report, source=1), people.supervisor) == ("words-missing", "reason")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"source": 0}, ("unknown-grade", "source")),
        ({"source": 4}, ("unknown-grade", "source")),
        ({"assessment": "F"}, ("unknown-grade", "assessment")),
        ({"handling_code": "Q"}, ("unknown-handling-code", "handling_code")),
        ({"handling_conditions": ("WHISPER",)}, ("unknown-handling-condition", "handling_conditions")),
        ({"handling_conditions": ()}, ("conditions-missing", "handling_conditions")),
        ({"action_code": "A4"}, ("unknown-action-code", "action_code")),
        ({"action_code": "A3"}, ("words-missing", "action_usage")),
        ({"action_code": "A1", "action_usage": "x"}, ("usage-not-applicable", "action_usage")),
        ({"action_usage": "x"}, ("usage-not-applicable", "action_usage")),
        ({"sanitisation_code": "S3"}, ("unknown-sanitisation-code", "sanitisation_code")),
    ],
)
def test_a_grade_3x5x2_does_not_know_is_refused(story, people, report, grade, changes, refusal):
    assert story.refusal(grade(report, **changes), people.supervisor) == refusal


@pytest.mark.parametrize(
    "changes",
    [
        {"handling_conditions": ("REFER_TO_ORIGINATOR",)},
        {"action_code": "A1"},
        {"action_usage": "x"},
        {"sanitisation_code": "S1"},
    ],
)
def test_what_belongs_to_c_is_refused_under_p(story, people, lifted, grade, changes):
    command = grade(lifted, **({"handling_code": "P", "handling_conditions": ()} | changes))

    assert story.refusal(command, people.supervisor) == ("only-under-c", next(iter(changes)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"handling_code": "P", "handling_conditions": ()}, "handling_code"),
        ({"handling_conditions": ("REFER_TO_ORIGINATOR",)}, "handling_conditions"),
    ],
)
def test_a_restricted_report_stays_under_c_with_its_restriction(story, people, report, grade, changes, field):
    assert story.refusal(grade(report, **changes), people.supervisor) == ("restriction-stands", field)


def test_once_the_restriction_is_lifted_the_report_may_be_shared(story, people, lifted, mentions, grade):
    story.tell(grade(lifted, handling_code="P", handling_conditions=()), people.supervisor)

    assert {story.labels(name).handling_code for name in (lifted, *mentions)} == {"P"}


def test_naming_the_restriction_among_the_conditions_lays_it_on_again(story, people, report, mentions, grade):
    story.tell(grade(report), people.supervisor)
    story.tell(LiftRestriction(report=report, authority="Det Insp Vale", reason="Needed"), people.supervisor)

    answer = story.tell(grade(report, reason="Lifted in error"), people.supervisor)

    laid_on = (
        RestrictionSet(restriction=ONLY, reason="Lifted in error"),
        HandlingSet(handling_code="C", handling_conditions=(ONLY,)),
    )
    assert [to.events for to in answer[1:]] == [laid_on, laid_on]
    assert answer[0].events[1:] == laid_on
    assert {story.labels(name).restriction for name in (report, *mentions)} == {ONLY}


def test_laying_the_restriction_on_again_needs_a_reason_with_a_first_grade_too(story, people, lifted, grade):
    assert story.refusal(grade(lifted), people.supervisor) == ("words-missing", "reason")


def test_a_report_that_does_not_exist_is_not_found(story, people, grade):
    assert story.refusal(grade(people.teacher.new_stream(REPORT)), people.supervisor) == ("not-found", "")
