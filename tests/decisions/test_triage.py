"""Triage by a specialist supervisor and a force intelligence officer (domain.md A.1.7 step 6; features.md A6 to A8)."""

from itertools import product

import pytest
from msgspec.structs import replace

from hub_events.report import ReportTriaged
from hub_events.stream import ROUTE_CHECK, TRIAGE
from hub_events.triage import (
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)
from hub_services.decisions.decision import To, sibling
from hub_services.decisions.triage import AnswerProposal, OpenForTriage, ProposeOutcome, RecordTriageBreach

SUPERVISOR, OFFICER = "SPECIALIST_SUPERVISOR", "FORCE_INTELLIGENCE_OFFICER"


@pytest.fixture
def triage(report):
    """The triage of the teacher's report, which has no grade yet."""
    return sibling(report, TRIAGE)


@pytest.fixture
def graded_triage(story, people, report, grade, triage):
    """The triage of the teacher's report, which has a grade."""
    story.tell(grade(report), people.supervisor)
    return triage


def propose(triage, outcome="INVESTIGATE", **more):
    return ProposeOutcome(triage=triage, outcome=outcome, rationale="A pattern", **more)


def answer(triage, outcome="INVESTIGATE", rationale="I agree"):
    return AnswerProposal(triage=triage, outcome=outcome, rationale=rationale)


def test_the_first_opening_by_a_decider_is_kept(story, people, triage):
    assert story.tell(OpenForTriage(triage=triage), people.officer) == [
        To(triage, (TriageOpened(opened_by="acc-officer"),)),
    ]
    assert story.tell(OpenForTriage(triage=triage), people.supervisor) == []


def test_a_proposal_is_recorded_and_counts_as_the_first_opening(story, people, triage):
    proposed = TriageProposed(outcome="INVESTIGATE", rationale="A pattern", alternatives=("DUPLICATE", "RECORD_ONLY"))

    told = story.tell(propose(triage, alternatives=("RECORD_ONLY", "DUPLICATE")), people.supervisor)

    assert told == [To(triage, (TriageOpened(opened_by="acc-supervisor"), proposed))]


def test_a_proposal_on_an_opened_report_is_recorded_alone(story, people, triage):
    story.tell(OpenForTriage(triage=triage), people.officer)

    assert story.tell(propose(triage), people.supervisor) == [
        To(triage, (TriageProposed(outcome="INVESTIGATE", rationale="A pattern"),)),
    ]


def test_the_same_proposal_is_not_made_twice(story, people, triage):
    story.tell(propose(triage), people.supervisor)

    assert story.tell(propose(triage), people.supervisor) == []


def test_a_proposal_may_be_made_anew_until_it_is_answered(story, people, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(propose(graded_triage, "RECORD_ONLY"), people.relief)

    (decided, _) = story.tell(answer(graded_triage, "RECORD_ONLY"), people.officer)

    assert (decided.events[0].proposed_by, decided.events[0].outcome) == ("acc-relief", "RECORD_ONLY")


@pytest.mark.parametrize("outcome", ["INVESTIGATE", "PROACTIVE_DISRUPTION", "RECORD_ONLY", "TRANSFER", "DUPLICATE"])
@pytest.mark.parametrize("supervisor_first", [True, False])
def test_the_same_outcome_from_the_other_decides(story, people, report, graded_triage, supervisor_first, outcome):
    first, second = people.supervisor, people.officer
    if not supervisor_first:
        first, second = second, first
    story.tell(propose(graded_triage, outcome), first)

    assert story.tell(answer(graded_triage, outcome), second) == [
        To(
            graded_triage,
            (
                TriageDecided(
                    outcome=outcome,
                    rationale="I agree",
                    proposed_by=first.account,
                    confirmed_by=second.account,
                ),
            ),
        ),
        To(report, (ReportTriaged(outcome=outcome),)),
    ]


def test_another_outcome_keeps_it_open_with_both_recorded(story, people, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)

    disagreed = TriageDisagreed(proposed="INVESTIGATE", outcome="RECORD_ONLY", rationale="Thin")
    assert story.tell(answer(graded_triage, "RECORD_ONLY", "Thin"), people.officer) == [To(graded_triage, (disagreed,))]
    assert story.tell(answer(graded_triage, "RECORD_ONLY", "Thin"), people.officer) == []


def test_whoever_proposed_may_come_round_to_the_other(story, people, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(answer(graded_triage, "RECORD_ONLY"), people.officer)

    (decided, _) = story.tell(answer(graded_triage, "RECORD_ONLY"), people.supervisor)

    assert (decided.events[0].proposed_by, decided.events[0].confirmed_by) == ("acc-officer", "acc-supervisor")


def test_whoever_disagreed_may_come_round_to_the_proposal(story, people, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(answer(graded_triage, "RECORD_ONLY"), people.officer)

    (decided, _) = story.tell(answer(graded_triage, "INVESTIGATE"), people.officer)

    assert (decided.events[0].proposed_by, decided.events[0].confirmed_by) == ("acc-supervisor", "acc-officer")


@pytest.mark.parametrize(
    "course",
    list(product(["INVESTIGATE", "RECORD_ONLY", "TRANSFER"], repeat=3)),
)
def test_an_answer_is_compared_with_what_the_other_stated_last(story, people, graded_triage, course):
    story.tell(propose(graded_triage, course[0]), people.supervisor)
    stated = {SUPERVISOR: course[0]}
    for by, outcome in zip((people.officer, people.supervisor), course[1:], strict=True):
        other = stated[SUPERVISOR if by.role == OFFICER else OFFICER]

        told = story.tell(answer(graded_triage, outcome), by)

        assert isinstance(told[0].events[0], TriageDecided) == (outcome == other)
        if outcome == other:
            return
        assert told[0].events[0].proposed == other
        stated[by.role] = outcome


@pytest.mark.parametrize("first_role", [SUPERVISOR, OFFICER])
@pytest.mark.parametrize("second_role", [SUPERVISOR, OFFICER])
@pytest.mark.parametrize("same_account", [True, False])
def test_only_two_people_in_two_roles_decide(story, people, graded_triage, first_role, second_role, same_account):
    first = replace(people.supervisor, account="acc-one", role=first_role, roles=(first_role,))
    second = replace(first, account="acc-one" if same_account else "acc-two", role=second_role, roles=(second_role,))
    story.tell(propose(graded_triage), first)

    if first_role != second_role and not same_account:
        assert isinstance(story.tell(answer(graded_triage), second)[0].events[0], TriageDecided)
    elif same_account:
        assert story.refusal(answer(graded_triage), second) == ("same-person", "")
    else:
        assert story.refusal(answer(graded_triage), second) == ("same-role", "")


@pytest.mark.parametrize("command", [lambda triage: OpenForTriage(triage=triage), propose, answer])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"role": "ANALYST", "roles": ("ANALYST",)}, "not-a-decider"),
        ({"role": "ANALYST", "roles": ("ANALYST", OFFICER)}, "not-a-decider"),
        ({"roles": (SUPERVISOR, OFFICER)}, "holds-both-roles"),
        ({"role": OFFICER, "roles": (SUPERVISOR,)}, "holds-both-roles"),
        ({"account": "acc-teacher"}, "reporter-cannot-decide"),
    ],
)
def test_whoever_may_not_decide_takes_no_step_of_it(story, people, graded_triage, command, changes, code):
    story.tell(propose(graded_triage), people.officer)

    assert story.refusal(command(graded_triage), replace(people.supervisor, **changes)) == (code, "")


def test_nobody_answers_before_something_is_proposed(story, people, graded_triage):
    assert story.refusal(answer(graded_triage), people.officer) == ("nothing-proposed", "")


@pytest.mark.parametrize("who", ["officer", "supervisor"])
def test_once_the_other_has_stated_an_outcome_it_is_answered_and_not_proposed_beside(story, people, graded_triage, who):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(answer(graded_triage, "RECORD_ONLY"), people.officer)

    assert story.refusal(propose(graded_triage, "TRANSFER"), getattr(people, who)) == ("already-proposed", "")


@pytest.mark.parametrize("step", [propose, answer])
def test_what_was_decided_stays_decided(story, people, graded_triage, step):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(answer(graded_triage), people.officer)

    for by in (people.supervisor, people.officer, people.relief):
        assert story.refusal(step(graded_triage), by) == ("already-decided", "")


def test_both_decide_on_the_rating_so_a_report_is_graded_first(story, people, triage):
    story.tell(propose(triage), people.supervisor)

    assert story.refusal(answer(triage), people.officer) == ("grade-first", "")
    assert len(story.when(answer(triage, "RECORD_ONLY"), people.officer)) == 1


@pytest.mark.parametrize(
    ("step", "changes", "refusal"),
    [
        (ProposeOutcome, {"outcome": "FORGET"}, ("unknown-outcome", "outcome")),
        (ProposeOutcome, {"rationale": " "}, ("words-missing", "rationale")),
        (ProposeOutcome, {"alternatives": ("FORGET",)}, ("unknown-outcome", "alternatives")),
        (AnswerProposal, {"outcome": "FORGET"}, ("unknown-outcome", "outcome")),
        (AnswerProposal, {"rationale": ""}, ("words-missing", "rationale")),
    ],
)
def test_an_outcome_has_a_name_and_a_rationale(story, people, graded_triage, step, changes, refusal):
    fields = {"triage": graded_triage, "outcome": "INVESTIGATE", "rationale": "A pattern"} | changes

    assert story.refusal(step(**fields), people.supervisor) == refusal


def test_a_report_nobody_sent_does_not_wait_for_triage(story, people):
    nowhere = sibling(people.teacher.new_stream(ROUTE_CHECK), TRIAGE)

    assert story.refusal(OpenForTriage(triage=nowhere), people.supervisor) == ("not-found", "")


def test_a_report_that_was_erased_is_not_decided(story, people, report, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)
    story.erased(report)

    assert story.refusal(answer(graded_triage), people.officer) == ("stream-erased", "")


def test_a_report_not_decided_by_the_time_it_is_due_is_breached_once(story, people, triage):
    breach = RecordTriageBreach(triage=triage)
    early, due = people.at(people.timekeeper, hours=23, minutes=59), people.at(people.timekeeper, hours=24)

    assert story.tell(breach, early) == []
    assert story.tell(breach, due) == [To(triage, (TriageClockBreached(due_at=due.now),))]
    assert story.tell(breach, due) == []


def test_a_disagreement_does_not_stop_the_clock(story, people, triage):
    story.tell(propose(triage), people.supervisor)
    story.tell(answer(triage, "RECORD_ONLY"), people.officer)

    assert len(story.when(RecordTriageBreach(triage=triage), people.at(people.timekeeper, days=2))) == 1


def test_a_decision_stops_the_clock(story, people, graded_triage):
    story.tell(propose(graded_triage), people.supervisor)
    story.tell(answer(graded_triage), people.officer)

    assert story.when(RecordTriageBreach(triage=graded_triage), people.at(people.timekeeper, days=2)) == []
