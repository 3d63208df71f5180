"""Inboxes of people and desks, and how the feedback a report owes its referrer stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub_events.envelope import Labels
from hub_events.feedback import FeedbackDue, FeedbackOverdue, FeedbackSent, FeedbackWithheld
from hub_events.label import TeamSet
from hub_events.notice import NoticeOpened, NoticePlaced
from hub_events.stream import ACCOUNT, FEEDBACK, NOTICE, REPORT
from hub_projections.views.inbox import feedback_of, inbox, list_feedback, unopened_count


def notice(story, word, to="PROTECT", *, at=0, urgent=False, opened_at=None):
    """Place a notice in an inbox at a minute of the story."""
    name = story.named(NOTICE, word)
    placed = NoticePlaced(inbox=to, subject="REPORT_TO_TRIAGE", about=story.named(REPORT, word), urgent=urgent)
    story.given(name, placed, at=story.minute(at), labels=Labels(owning_agency="HUB", addressees=(to,)))
    if opened_at is not None:
        story.given(name, NoticeOpened(opened_by="account-sue"), at=story.minute(opened_at))
    return name


def listed(story, caller=None, inboxes=None, **how):
    caller = caller or story.supervisor
    inboxes = caller.inboxes if inboxes is None else inboxes
    return [each.notice for each in story.ask(inbox, caller, inboxes, **how)]


def unopened(story, caller=None):
    caller = caller or story.supervisor
    return story.ask(unopened_count, caller, caller.inboxes)


def owed(story, word="one", *, at=0, team="PROTECT", referrer="reporter"):
    """Owe the referrer of a report an answer within a day."""
    feedback, account = story.named(FEEDBACK, word), story.named(ACCOUNT, referrer)
    due = FeedbackDue(
        report=story.named(REPORT, word),
        referrer=account,
        owner=team,
        due_at=story.minute(at) + timedelta(days=1),
    )
    labels = Labels(owning_agency="GMP", team=team, addressees=(account,))
    story.given(feedback, due, at=story.minute(at), labels=labels)
    return feedback


def referrer(story, word="reporter"):
    return story.somebody("SOCIAL_WORKER", agency="MCC", account=story.named(ACCOUNT, word))


def state(story, word="one", caller=None):
    return story.ask(feedback_of, caller or referrer(story), story.named(REPORT, word))


def feedbacks(story, caller=None, **how):
    return [each.feedback for each in story.ask(list_feedback, caller or referrer(story), **how)]


def test_a_notice_says_what_for_and_about_which_record_and_nothing_more(story):
    name = notice(story, "one", at=3)
    (found,) = story.ask(inbox, story.supervisor, story.supervisor.inboxes)
    assert (found.notice, found.inbox, found.subject) == (name, "PROTECT", "REPORT_TO_TRIAGE")
    assert (found.about, found.urgent, found.placed_at) == (story.named(REPORT, "one"), False, story.minute(3))
    assert (found.opened_at, found.opened_by) == (None, "")
    assert unopened(story) == 1


def test_an_opened_notice_names_who_opened_it_and_when(story):
    notice(story, "one", opened_at=5)
    (found,) = story.ask(inbox, story.supervisor, story.supervisor.inboxes)
    assert (found.opened_at, found.opened_by) == (story.minute(5), "account-sue")
    assert unopened(story) == 0


def told_in_every_order(story):
    """Urgent or not, opened or not, older or younger; return the notices as they should be listed."""
    plain_old, plain_new = notice(story, "plain-old", at=1), notice(story, "plain-new", at=7)
    done_old = notice(story, "done-old", at=0, opened_at=20)
    done_urgent = notice(story, "done-urgent", at=6, urgent=True, opened_at=20)
    urgent_old, urgent_new = (
        notice(story, "urgent-old", at=2, urgent=True),
        notice(story, "urgent-new", at=3, urgent=True),
    )
    return [urgent_new, urgent_old, plain_new, done_urgent, plain_old, done_old]


def test_urgent_notices_nobody_opened_come_first_and_then_the_newest(story):
    expected = told_in_every_order(story)
    assert listed(story) == expected
    assert unopened(story) == 4


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_follow_one_another_without_a_gap_or_a_double(story, limit):
    expected = told_in_every_order(story)
    found, after = [], None
    while page := story.ask(inbox, story.supervisor, story.supervisor.inboxes, after=after, limit=limit):
        found += [each.notice for each in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == expected


def test_only_the_inboxes_that_were_asked_for_are_listed(story):
    own, team = notice(story, "own", story.supervisor.account, at=1), notice(story, "team")
    assert listed(story) == [own, team]
    assert listed(story, inboxes=("PROTECT",)) == [team]
    assert listed(story, inboxes=()) == []


def test_an_inbox_of_somebody_else_is_empty_although_it_is_asked_for(story):
    notice(story, "one")
    for outsider in (referrer(story), story.intelligence_officer, *story.outsiders[:2]):
        assert listed(story, outsider, ("PROTECT",)) == []
        assert story.ask(unopened_count, outsider, ("PROTECT",)) == 0


def test_an_erased_notice_is_gone(story):
    story.erase(notice(story, "one"))
    assert (listed(story), unopened(story)) == ([], 0)


def test_feedback_is_due_to_its_referrer(story):
    feedback = owed(story)
    found = state(story)
    assert (found.feedback, found.report, found.owner) == (feedback, story.named(REPORT, "one"), "PROTECT")
    assert (found.referrer, found.status, found.overdue) == (story.named(ACCOUNT, "reporter"), "DUE", False)
    assert (found.due_at, found.sent_at, found.withheld_at) == (story.minute(24 * 60), None, None)
    assert state(story, "none") is None


def test_feedback_that_was_sent_late_is_sent_and_was_overdue(story):
    feedback = owed(story)
    story.given(feedback, FeedbackOverdue(due_at=story.minute(60)))
    assert (state(story).status, state(story).overdue) == ("OVERDUE", True)
    story.given(feedback, TeamSet(owning_agency="GMP", team="PROTECT"))
    story.given(feedback, FeedbackSent(text="canary"), at=story.minute(90))
    found = state(story)
    assert (found.status, found.overdue, found.sent_at) == ("SENT", True, story.minute(90))
    assert "canary" not in repr(found)


def test_feedback_that_was_withheld_may_be_sent_after_all(story):
    feedback = owed(story)
    story.given(feedback, FeedbackWithheld(reason_code="RISK", reason="canary"), at=story.minute(5))
    found = state(story)
    assert (found.status, found.withheld_at) == ("WITHHELD", story.minute(5))
    assert "canary" not in repr(found)
    story.given(feedback, FeedbackSent(text="Thank you"), at=story.minute(9))
    found = state(story)
    assert (found.status, found.withheld_at, found.sent_at) == ("SENT", story.minute(5), story.minute(9))


def test_feedback_is_listed_the_newest_first_in_pages(story):
    expected = [owed(story, f"n{number}", at=number) for number in range(5)][::-1]
    found, after = [], None
    while page := story.ask(list_feedback, referrer(story), after=after, limit=2):
        found += [each.feedback for each in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == expected


def test_feedback_is_filtered_by_referrer_owner_and_status(story):
    one = owed(story, "one", referrer="amy")
    two = owed(story, "two", at=1, team="BURY_PHOENIX", referrer="bob")
    story.given(two, FeedbackSent(text="Thank you"))
    both = story.somebody("SPECIALIST_OFFICER", teams=("BURY_PHOENIX", "PROTECT"))
    assert feedbacks(story, both) == [two, one]
    assert feedbacks(story, both, referrer=story.named(ACCOUNT, "amy")) == [one]
    assert feedbacks(story, both, owner="BURY_PHOENIX") == [two]
    assert feedbacks(story, both, status="DUE") == [one]


def test_feedback_of_others_is_not_seen(story):
    owed(story)
    for outsider in (*story.outsiders, referrer(story, "another"), story.manager):
        assert state(story, caller=outsider) is None
        assert feedbacks(story, outsider) == []


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    told_in_every_order(told)
    for word in ("one", "two", "three"):
        told.given(owed(told, word), FeedbackOverdue(due_at=told.minute(1)))
    told.given(told.named(FEEDBACK, "one"), FeedbackWithheld(reason_code="RISK", reason="R"), FeedbackSent(text="T"))
    rows = same_in_any_order(told, "inbox")
    assert (len(rows["notice"]), len(rows["feedback_state"])) == (6, 3)
