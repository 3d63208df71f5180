"""Deadlines are open until settled, are asked for once they have passed, and are asked for no more once breached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub_events.envelope import Unreadable
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.label import TeamSet
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
)
from hub_events.stream import FEEDBACK, REPORT, ROUTE_CHECK, TRIAGE
from hub_events.triage import TriageAwaited, TriageClockBreached, TriageDecided, TriageOpened
from hub_projections.views.deadlines import DeadlineCount, due, open_deadlines

DUE = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
LATER = DUE + timedelta(microseconds=1)


def answered(*, danger: bool = True) -> RoutesAnswered:
    return RoutesAnswered(
        immediate_danger=danger,
        in_need_or_harmed=False,
        information=True,
        person_of_interest_request=False,
        adult=False,
        area="MANCHESTER",
        owner="PROTECT",
    )


def shown(at=DUE) -> EmergencyInstructionShown:
    return EmergencyInstructionShown(instruction="Ring 999", owner="PROTECT", due_at=at)


def awaited(told, at=DUE) -> TriageAwaited:
    return TriageAwaited(report=told.named(REPORT, "one"), reporter_account="reporter", due_at=at)


def owed(told, at=DUE) -> FeedbackDue:
    return FeedbackDue(report=told.named(REPORT, "one"), referrer="reporter", owner="PROTECT", due_at=at)


def decided() -> TriageDecided:
    return TriageDecided(outcome="INVESTIGATE", rationale="Why", proposed_by="one", confirmed_by="other")


def told_all(told):
    """One deadline of each kind, the triage due last."""
    told.given(told.named(TRIAGE, "one"), awaited(told, DUE + timedelta(hours=2)))
    told.given(told.named(ROUTE_CHECK, "one"), answered(), shown(DUE + timedelta(hours=1)))
    told.given(told.named(FEEDBACK, "one"), owed(told))


def asked(story, now):
    return [(row["kind"], row["stream"].partition(":")[0]) for row in story.count_all(due, now)]


def test_what_is_due_is_asked_for_the_earliest_first_and_nothing_before_its_time(story):
    told_all(story)
    assert asked(story, DUE - timedelta(microseconds=1)) == []
    assert asked(story, DUE) == [("FEEDBACK", "feedback")]
    assert asked(story, DUE + timedelta(days=1)) == [
        ("FEEDBACK", "feedback"),
        ("EMERGENCY_OPEN_ITEM", "route-check"),
        ("TRIAGE", "triage"),
    ]


def test_a_row_names_its_kind_its_stream_and_when_it_was_due_in_microseconds(story):
    story.given(story.named(TRIAGE, "one"), awaited(story))
    (row,) = story.count_all(due, LATER)
    assert dict(row) == {
        "kind": "TRIAGE",
        "stream": story.named(TRIAGE, "one"),
        "due_at": round(DUE.timestamp()) * 1_000_000,
    }


@pytest.mark.parametrize(
    ("kind", "settled"),
    [
        (TRIAGE, decided()),
        (ROUTE_CHECK, EmergencyCallMade(called_at=DUE, police_reference="1", made_by="reporter")),
        (ROUTE_CHECK, EmergencyItemClosed(outcome="SAFE", reason="Seen")),
        (FEEDBACK, FeedbackSent(text="Thank you")),
        (FEEDBACK, FeedbackWithheld(reason_code="RISK", reason="A risk to the child")),
    ],
)
def test_what_is_settled_is_neither_due_nor_open(story, kind, settled):
    told_all(story)
    story.given(story.named(kind, "one"), settled)
    assert kind not in [kind for _, kind in asked(story, DUE + timedelta(days=1))]
    assert sum(each.open for each in story.count_all(open_deadlines)) == 2


@pytest.mark.parametrize(
    ("kind", "breached"),
    [
        (TRIAGE, TriageClockBreached(due_at=DUE)),
        (ROUTE_CHECK, EmergencyItemOverdue(due_at=DUE)),
        (FEEDBACK, FeedbackOverdue(due_at=DUE)),
    ],
)
def test_what_is_breached_stays_open_and_is_asked_for_no_more(story, kind, breached):
    told_all(story)
    story.given(story.named(kind, "one"), breached)
    assert kind not in [kind for _, kind in asked(story, DUE + timedelta(days=1))]
    counts = story.count_all(open_deadlines)
    assert [each.kind for each in counts] == ["EMERGENCY_OPEN_ITEM", "TRIAGE", "FEEDBACK"]
    assert {each.open for each in counts} == {1}
    assert sum(each.breached for each in counts) == 1


def test_events_of_other_concern_alter_nothing(story):
    told_all(story)
    story.given(story.named(TRIAGE, "one"), TriageOpened(opened_by="one"), TeamSet(owning_agency="GMP", team="OTHER"))
    story.given(story.named(ROUTE_CHECK, "one"), EmergencyItemTaken(taken_by="one"))
    story.given(story.named(ROUTE_CHECK, "calm"), answered(danger=False))
    assert len(asked(story, DUE + timedelta(days=1))) == 3


def test_kinds_without_an_open_deadline_are_counted_too(story):
    assert story.count_all(open_deadlines) == [
        DeadlineCount("EMERGENCY_OPEN_ITEM", 0, 0),
        DeadlineCount("TRIAGE", 0, 0),
        DeadlineCount("FEEDBACK", 0, 0),
    ]


def test_an_erased_stream_has_no_deadline(story):
    told_all(story)
    story.erase(story.named(TRIAGE, "one"))
    assert len(asked(story, DUE + timedelta(days=1))) == 2


def test_a_stream_that_cannot_be_followed_is_asked_for_no_more_but_stays_open(told, follow):
    told_all(told)
    told.given(told.named(TRIAGE, "one"), Unreadable("damaged"))
    told.given(told.named(TRIAGE, "two"), Unreadable("damaged"), awaited(told))
    with follow(told, 2) as reader:
        assert [row["kind"] for row in due(reader, DUE + timedelta(days=1))] == ["FEEDBACK", "EMERGENCY_OPEN_ITEM"]
        assert DeadlineCount("TRIAGE", 1, 0) in open_deadlines(reader)


def test_a_settling_event_without_its_beginning_stops_the_stream(told, follow):
    told.given(told.named(TRIAGE, "one"), TriageOpened(opened_by="one"), decided())
    with follow(told, 1) as reader:
        assert due(reader, LATER) == []


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    for word in ("one", "two", "three"):
        told.given(told.named(TRIAGE, word), awaited(told), TriageOpened(opened_by="one"))
        told.given(told.named(ROUTE_CHECK, word), answered(), shown(), EmergencyItemOverdue(due_at=DUE))
        told.given(told.named(FEEDBACK, word), owed(told), FeedbackOverdue(due_at=DUE), FeedbackSent(text="Thank you"))
    told.given(told.named(TRIAGE, "one"), decided())
    told.given(told.named(TRIAGE, "two"), TriageClockBreached(due_at=DUE), decided())
    assert len(same_in_any_order(told, "deadlines")["deadline"]) == 9


def test_what_is_due_is_found_by_an_index_that_leads_past_all_that_is_settled(story, plan):
    with story.asked(story.supervisor) as (reader, _):
        (found, *_) = plan(reader, due, LATER)
    assert "open=? AND breached=? AND followed=? AND due_at<?" in found
