"""Feedback to the referrer: due with the decision, sent or withheld with a reason (domain.md A.1.7 step 7)."""

from datetime import UTC, datetime

import pytest

from hub_events.envelope import Labels
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.stream import FEEDBACK, TRIAGE
from hub_services.decisions.decision import To, sibling
from hub_services.decisions.feedback import OpenFeedback, RecordFeedbackOverdue, SendFeedback, WithholdFeedback
from hub_services.decisions.routing import Reroute
from hub_services.decisions.triage import AnswerProposal, ProposeOutcome

DUE = datetime(2026, 3, 12, 11, 0, tzinfo=UTC)
SENT = FeedbackSent(text="Thank you; it helped.")
WITHHELD = FeedbackWithheld(reason_code="LIVE_INVESTIGATION", reason="Arrests to come")


@pytest.fixture
def triage(story, people, report, grade):
    """The triage of a report, decided an hour after it came in."""
    triage = sibling(report, TRIAGE)
    supervisor, officer = people.at(people.supervisor, hours=1), people.at(people.officer, hours=1)
    story.tell(grade(report), supervisor)
    story.tell(ProposeOutcome(triage=triage, outcome="INVESTIGATE", rationale="A pattern"), supervisor)
    story.tell(AnswerProposal(triage=triage, outcome="INVESTIGATE", rationale="I agree"), officer)
    return triage


@pytest.fixture
def feedback(story, people, triage):
    """The feedback that is due."""
    story.tell(OpenFeedback(triage=triage), people.at(people.timekeeper, hours=2))
    return sibling(triage, FEEDBACK)


def send(feedback, text=" Thank you; it helped."):
    return SendFeedback(feedback=feedback, text=text)


def withhold(feedback, **changes):
    fields = {"reason_code": "LIVE_INVESTIGATION", "reason": "Arrests to come"} | changes
    return WithholdFeedback(feedback=feedback, **fields)


def test_the_team_owes_the_referrer_an_answer_from_the_decision_on(story, people, report, triage):
    labels = Labels(
        owning_agency="GMP",
        team="PROTECT",
        originator="MANCHESTER_CSC",
        addressees=("acc-teacher",),
    )

    told = story.tell(OpenFeedback(triage=triage), people.at(people.timekeeper, days=3))

    due = FeedbackDue(report=report, referrer="acc-teacher", owner="PROTECT", due_at=DUE)
    assert told == [To(sibling(triage, FEEDBACK), (due,), labels)]
    assert story.tell(OpenFeedback(triage=triage), people.timekeeper) == []


def test_the_team_the_report_has_by_then_owes_it(story, people, report, triage):
    story.tell(Reroute(report=report, area="ROTHERHAM", reason="It is there"), people.supervisor)

    (told,) = story.tell(OpenFeedback(triage=triage), people.timekeeper)

    assert (told.events[0].owner, told.labels.owning_agency) == ("HARBOUR_LIGHT", "SYP")


def test_nothing_is_owed_before_the_decision(story, people, report):
    refusal = story.refusal(OpenFeedback(triage=sibling(report, TRIAGE)), people.timekeeper)

    assert refusal == ("not-triaged", "")


def test_nothing_is_owed_for_a_report_nobody_sent(story, people):
    nowhere = sibling(people.teacher.new_stream("report"), TRIAGE)

    assert story.refusal(OpenFeedback(triage=nowhere), people.timekeeper) == ("not-found", "")


def test_the_referrer_is_told_once(story, people, feedback):
    assert story.tell(send(feedback), people.supervisor) == [To(feedback, (SENT,))]
    assert story.tell(send(feedback), people.supervisor) == []
    assert story.refusal(send(feedback, "Something else"), people.supervisor) == ("already-sent", "")


def test_feedback_is_withheld_with_a_reason(story, people, feedback):
    assert story.tell(withhold(feedback), people.supervisor) == [To(feedback, (WITHHELD,))]
    assert story.tell(withhold(feedback), people.supervisor) == []


def test_another_reason_for_withholding_takes_the_place_of_the_first(story, people, feedback):
    story.tell(withhold(feedback), people.supervisor)

    other = FeedbackWithheld(reason_code="RISK_TO_SOURCE", reason="Arrests to come")
    assert story.tell(withhold(feedback, reason_code="RISK_TO_SOURCE"), people.supervisor) == [To(feedback, (other,))]


def test_what_was_withheld_may_be_told_after_all(story, people, feedback):
    story.tell(withhold(feedback), people.supervisor)

    assert story.tell(send(feedback), people.supervisor) == [To(feedback, (SENT,))]


def test_what_was_told_is_not_withheld_any_more(story, people, feedback):
    story.tell(send(feedback), people.supervisor)

    assert story.refusal(withhold(feedback), people.supervisor) == ("already-sent", "")


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (lambda feedback: send(feedback, " "), ("words-missing", "text")),
        (lambda feedback: withhold(feedback, reason_code="SHY"), ("unknown-feedback-reason", "reason_code")),
        (lambda feedback: withhold(feedback, reason=""), ("words-missing", "reason")),
    ],
)
def test_feedback_says_something(story, people, feedback, command, refusal):
    assert story.refusal(command(feedback), people.supervisor) == refusal


@pytest.mark.parametrize("command", [send, withhold, lambda feedback: RecordFeedbackOverdue(feedback=feedback)])
def test_feedback_that_is_not_owed_is_not_found(story, people, triage, command):
    assert story.refusal(command(sibling(triage, FEEDBACK)), people.supervisor) == ("not-found", "")


def test_feedback_not_given_in_time_is_overdue_once(story, people, feedback):
    overdue = RecordFeedbackOverdue(feedback=feedback)
    early, due = people.at(people.timekeeper, days=7, minutes=59), people.at(people.timekeeper, days=7, hours=1)

    assert story.tell(overdue, early) == []
    assert story.tell(overdue, due) == [To(feedback, (FeedbackOverdue(due_at=DUE),))]
    assert story.tell(overdue, due) == []


@pytest.mark.parametrize("command", [send, withhold])
def test_feedback_that_was_given_or_withheld_is_not_overdue(story, people, feedback, command):
    story.tell(command(feedback), people.supervisor)

    assert story.when(RecordFeedbackOverdue(feedback=feedback), people.at(people.timekeeper, days=30)) == []
