"""The triage queue: what is in it, in which order, and for whom."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from hub_events.envelope import Labels
from hub_events.label import RestrictionSet, TeamSet
from hub_events.report import GradeConfirmed, ReportReceived, ReportRerouted, ReportRouted, ReportUnroutable
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
    SocialCareReferralSent,
)
from hub_events.stream import REPORT, ROUTE_CHECK, TRIAGE
from hub_events.triage import (
    TriageAwaited,
    TriageClockBreached,
    TriageDecided,
    TriageDisagreed,
    TriageOpened,
    TriageProposed,
)
from hub_projections.views.queue import Proposal, queue

SUPERVISOR_ROLE = "SPECIALIST_SUPERVISOR"
OFFICER_ROLE = "FORCE_INTELLIGENCE_OFFICER"


def received(story, word, at, **more):
    return ReportReceived(
        **{
            "route": "INFORMATION_REPORT",
            "route_check": story.named(ROUTE_CHECK, word),
            "source_types": ("WITNESSED_INCIDENT",),
            "provenance": "VISIT",
            "reported_at": at,
            "received_at": at,
            "area": "MANCHESTER",
            "strands": ("MSHT", "CSE"),
            "original": "",
            "reporter": "",
            "narrative": "",
            "triage": story.named(TRIAGE, word),
            **more,
        }
    )


def waits(story, word, *, at=0, breached=False, opened=False, labels=None):
    """Let a report wait for triage, received at a minute of the story."""
    labels = labels or Labels(owning_agency="GMP", team="PROTECT")
    moment = story.minute(at)
    report, triage = story.named(REPORT, word), story.named(TRIAGE, word)
    due = moment + timedelta(days=1)
    story.given(report, received(story, word, moment), at=moment, labels=labels)
    story.given(triage, TriageAwaited(report=report, reporter_account="reporter", due_at=due), at=moment, labels=labels)
    if opened:
        story.given(triage, TriageOpened(opened_by="decider"))
    if breached:
        story.given(triage, TriageClockBreached(due_at=due))
    return triage


def rings(story, word, *, at=0, breached=False, opened=False, labels=None):
    """Leave an open 999 item, shown at a minute of the story."""
    labels = labels or Labels(owning_agency="GMP", team="PROTECT", addressees=("reporter",))
    check, moment = story.named(ROUTE_CHECK, word), story.minute(at)
    due = moment + timedelta(minutes=15)
    answered = RoutesAnswered(
        immediate_danger=True,
        in_need_or_harmed=False,
        information=True,
        person_of_interest_request=False,
        adult=False,
        area="MANCHESTER",
        owner="PROTECT",
    )
    shown = EmergencyInstructionShown(instruction="Ring 999", owner="PROTECT", due_at=due)
    story.given(check, answered, shown, at=moment, labels=labels)
    if opened:
        story.given(check, EmergencyItemTaken(taken_by="desk"))
    if breached:
        story.given(check, EmergencyItemOverdue(due_at=due))
    return check


def streams(story, caller=None, **how):
    return [item.stream for item in story.ask(queue, caller or story.supervisor, **how)]


def told_in_every_combination(story):
    """Two items of every combination, the younger told first; return the streams in the order of the queue."""
    expected = []
    combinations = list(product((rings, waits), (True, False), (False, True)))
    for number, (what, breached, opened) in reversed(list(enumerate(combinations))):
        # The lower an item's rank, the older it is, so that age alone would turn the queue round.
        old, young = -10 * number - 1, -10 * number
        later = what(story, f"young{number}", at=young, breached=breached, opened=opened)
        earlier = what(story, f"old{number}", at=old, breached=breached, opened=opened)
        expected[:0] = [earlier, later]
    return expected


def test_open_999_items_come_first_then_breached_then_never_opened_then_the_oldest(story):
    expected = told_in_every_combination(story)
    assert streams(story) == expected


@pytest.mark.parametrize("limit", [1, 3, 16])
def test_pages_follow_one_another_without_a_gap_or_a_double(story, limit):
    expected = told_in_every_combination(story)
    found, after = [], None
    while page := story.ask(queue, story.supervisor, after=after, limit=limit):
        assert len(page) <= limit
        found += [item.stream for item in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == expected


def test_items_of_the_same_moment_are_all_paged_through(story):
    expected = sorted(waits(story, f"n{number}") for number in range(5))
    first = story.ask(queue, story.supervisor, limit=2)
    assert [item.stream for item in first] == expected[:2]
    assert streams(story, after=first[-1].place) == expected[2:]


def test_a_report_waits_with_what_is_needed_to_choose_it(story):
    triage = waits(story, "one", at=-5)
    report = story.named(REPORT, "one")
    grade = GradeConfirmed(source=1, assessment="B", handling_code="C", printed="[1BC]")
    story.given(
        report, ReportRouted(area="MANCHESTER", team="PROTECT", found_by="STATED", triage_due_at=story.minute(1))
    )
    story.given(report, grade, RestrictionSet(restriction="SPECIALIST_SUPERVISOR_ONLY", reason="As every report"))
    (item,) = story.ask(queue, story.supervisor)
    assert (item.kind, item.stream, item.report) == ("TRIAGE", triage, report)
    assert item.since == story.minute(-5)
    assert item.due_at == story.minute(-5) + timedelta(days=1)
    assert (item.breached, item.opened_at, item.opened_by, item.taken_by) == (False, None, "", "")
    assert (item.area, item.team, item.strands, item.grade) == ("MANCHESTER", "PROTECT", ("MSHT", "CSE"), "[1BC]")
    assert (item.proposals, item.disagreement) == ((), False)


def test_an_open_999_item_names_who_took_it_first_and_who_has_it_now(story):
    check = rings(story, "one", at=-5)
    story.given(check, EmergencyItemTaken(taken_by="first"), at=story.minute(3))
    story.given(check, EmergencyItemTaken(taken_by="second"), at=story.minute(4))
    (item,) = story.ask(queue, story.supervisor)
    assert (item.kind, item.stream, item.report) == ("EMERGENCY_OPEN_ITEM", check, "")
    assert (item.since, item.due_at) == (story.minute(-5), story.minute(10))
    assert (item.opened_at, item.opened_by, item.taken_by) == (story.minute(3), "first", "second")
    assert (item.area, item.team, item.strands, item.grade) == ("MANCHESTER", "PROTECT", (), "")
    assert (item.proposals, item.disagreement) == ((), False)


def test_who_opened_a_report_first_is_named(story):
    triage = waits(story, "one")
    story.given(triage, TriageOpened(opened_by="decider"), at=story.minute(7))
    (item,) = story.ask(queue, story.supervisor)
    assert (item.opened_at, item.opened_by) == (story.minute(7), "decider")


def test_proposals_are_what_each_decider_stated_last_and_a_disagreement_shows(story):
    triage = waits(story, "one")

    def stated(event, by, role, at):
        story.given(triage, event, by=(by, role), at=story.minute(at))
        (item,) = story.ask(queue, story.supervisor)
        return item

    first = TriageProposed(outcome="RECORD_ONLY", rationale="Thin")
    item = stated(first, "sue", SUPERVISOR_ROLE, 1)
    assert item.proposals == (Proposal("RECORD_ONLY", "sue", SUPERVISOR_ROLE, story.minute(1)),)
    assert not item.disagreement
    item = stated(TriageProposed(outcome="TRANSFER", rationale="Not ours"), "sue", SUPERVISOR_ROLE, 2)
    assert item.proposals == (Proposal("TRANSFER", "sue", SUPERVISOR_ROLE, story.minute(2)),)
    other = TriageDisagreed(proposed="TRANSFER", outcome="INVESTIGATE", rationale="A child")
    item = stated(other, "ian", OFFICER_ROLE, 3)
    assert item.disagreement
    assert [(each.outcome, each.by) for each in item.proposals] == [("TRANSFER", "sue"), ("INVESTIGATE", "ian")]


def test_the_words_of_a_rationale_are_not_kept(story):
    triage = waits(story, "one")
    story.given(triage, TriageProposed(outcome="RECORD_ONLY", rationale="canary"))
    (item,) = story.ask(queue, story.supervisor)
    assert "canary" not in repr(item)


def test_what_was_decided_or_settled_has_left_the_queue(story):
    for word, settled in (
        ("called", EmergencyCallMade(called_at=story.minute(0), police_reference="1", made_by="reporter")),
        ("closed", EmergencyItemClosed(outcome="SAFE", reason="Seen")),
    ):
        story.given(rings(story, word), settled)
    decided = TriageDecided(outcome="INVESTIGATE", rationale="Why", proposed_by="sue", confirmed_by="ian")
    story.given(waits(story, "one"), decided)
    assert streams(story) == []


def test_a_route_check_without_danger_leaves_no_item(story):
    check = story.named(ROUTE_CHECK, "calm")
    answered = RoutesAnswered(
        immediate_danger=False,
        in_need_or_harmed=True,
        information=False,
        person_of_interest_request=False,
        adult=True,
        area="",
        owner="PROTECT",
    )
    sent = SocialCareReferralSent(recipient="MCC", to_whom="Duty", sent_at=story.minute(0), adult=True)
    story.given(check, answered, sent)
    assert streams(story) == []


def test_a_report_that_is_sent_on_keeps_its_place_under_the_other_team(story):
    triage = waits(story, "one", labels=Labels(owning_agency="HUB", team="HUB_DUTY"))
    report = story.named(REPORT, "one")
    passed = TeamSet(owning_agency="GMP", team="PROTECT")
    story.given(report, ReportUnroutable(owner="HUB_DUTY", triage_due_at=story.minute(1)))
    story.given(report, ReportRerouted(area="BURY", team="PROTECT", from_team="HUB_DUTY", reason="Known"), passed)
    story.given(triage, passed)
    (item,) = story.ask(queue, story.supervisor)
    assert (item.area, item.team, item.since) == ("BURY", "PROTECT", story.minute(0))


def test_a_team_is_filtered(story):
    other = Labels(owning_agency="GMP", team="BURY_PHOENIX")
    ours = [rings(story, "ours"), waits(story, "ours")]
    theirs = waits(story, "theirs", labels=other)
    both = story.somebody(SUPERVISOR_ROLE, teams=("BURY_PHOENIX", "PROTECT"))
    assert streams(story, both) == [*ours, theirs]
    assert streams(story, both, team="PROTECT") == ours
    assert streams(story, both, team="BURY_PHOENIX") == [theirs]


def test_outsiders_see_an_empty_queue(story):
    told_in_every_combination(story)
    for outsider in story.outsiders:
        assert streams(story, outsider) == []


def test_an_intelligence_officer_sees_the_reports_of_the_force_and_no_999_items(story):
    rings(story, "one")
    triage = waits(story, "one")
    assert streams(story, story.intelligence_officer) == [triage]


def test_the_queue_of_others_reads_the_same_whether_a_hidden_report_waits_or_not(story):
    waits(story, "seen")
    before = story.ask(queue, story.supervisor)
    waits(story, "hidden", at=-60, labels=Labels(owning_agency="SYP", team="HARBOUR_LIGHT"))
    rings(story, "hidden", labels=Labels(owning_agency="SYP", team="HARBOUR_LIGHT"))
    assert story.ask(queue, story.supervisor) == before


@pytest.mark.parametrize("hidden", [REPORT, TRIAGE])
def test_a_report_waits_only_for_those_who_may_see_both_report_and_triage(story, hidden):
    waits(story, "one")
    story.given(story.named(hidden, "one"), TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"))
    assert streams(story) == []


@pytest.mark.parametrize("erased", [REPORT, TRIAGE, ROUTE_CHECK])
def test_what_was_erased_has_left_the_queue(story, erased):
    items = {rings(story, "one"), waits(story, "one")}
    story.erase(story.named(erased, "one"))
    gone = ROUTE_CHECK if erased == ROUTE_CHECK else TRIAGE
    assert set(streams(story)) == items - {story.named(gone, "one")}


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    told_in_every_combination(told)
    report = told.named(REPORT, "old5")
    told.given(report, GradeConfirmed(source=1, assessment="B", handling_code="P", printed="[1BP]"))
    told.given(told.named(TRIAGE, "old5"), TriageProposed(outcome="RECORD_ONLY", rationale="Thin"), by=("sue", "S"))
    told.given(told.named(TRIAGE, "old5"), TriageDisagreed(proposed="A", outcome="B", rationale="R"), by=("ian", "F"))
    rows = same_in_any_order(told, "queue")
    assert {name: len(each) for name, each in rows.items()} == {
        "queue_triage": 8,
        "queue_emergency": 8,
        "queue_report": 8,
        "queue sources": 24,
    }
