"""Flags of a case: how far each has come, by whom, when and where."""

from __future__ import annotations

from datetime import date

import pytest

from hub_events.envelope import Labels
from hub_events.flag import FlagApproved, FlagCleared, FlagPlaced, FlagRefused, FlagRequested
from hub_events.label import HandlingSet, TeamSet
from hub_events.stream import CASE, FLAG, MENTION
from hub_projections.views.flags import Clearing, Placing, Step, awaiting_approval, flag_of, flags_of

WORKER = ("account-ann", "SOCIAL_WORKER")
BOSS = ("account-max", "MANAGER")


def requested(story, word="one", *, case="one", at=0, team="PROTECT"):
    """Request a flag on the subject of a case."""
    flag, of = story.named(FLAG, word), story.named(CASE, case)
    event = FlagRequested(
        case=of,
        mention=story.named(MENTION, case),
        flag="CSE",
        reason="At risk",
        review_on=date(2026, 6, 1),
    )
    labels = Labels(owning_agency="GMP", team=team, cases=(of,))
    story.given(flag, event, by=WORKER, at=story.minute(at), labels=labels)
    return flag


def placed(story):
    return FlagPlaced(
        agency="GMP", system="PNC", confirmation="P-1", placed_at=story.minute(40), reason="Police told us"
    )


def only(story, case="one", caller=None):
    (flag,) = story.ask(flags_of, caller or story.manager, story.named(CASE, case))
    return flag


def waiting(story, caller=None, **how):
    return [each.flag for each in story.ask(awaiting_approval, caller or story.manager, **how)]


def test_a_requested_flag_waits_for_a_manager(story):
    flag = requested(story)
    found = only(story)
    assert (found.flag, found.case, found.mention) == (flag, story.named(CASE, "one"), story.named(MENTION, "one"))
    assert (found.code, found.status, found.team, found.review_on) == ("CSE", "REQUESTED", "PROTECT", date(2026, 6, 1))
    assert found.requested == Step(story.minute(0), "account-ann", "At risk")
    assert (found.approved, found.refused, found.placed, found.cleared) == (None, None, None, None)
    assert waiting(story) == [flag]


def test_a_flag_is_approved_placed_and_cleared(story):
    flag = requested(story)
    story.given(flag, FlagApproved(reason="Agreed"), by=BOSS, at=story.minute(10))
    assert (only(story).status, waiting(story)) == ("APPROVED", [])
    story.given(flag, placed(story), by=WORKER, at=story.minute(50))
    assert only(story).status == "PLACED"
    story.given(flag, FlagCleared(reason="Safe", confirmation="P-2"), by=WORKER, at=story.minute(60))
    found = only(story)
    assert (found.status, found.refused) == ("CLEARED", None)
    assert found.requested == Step(story.minute(0), "account-ann", "At risk")
    assert found.approved == Step(story.minute(10), "account-max", "Agreed")
    assert found.placed == Placing(
        at=story.minute(50),
        by="account-ann",
        reason="Police told us",
        agency="GMP",
        system="PNC",
        confirmation="P-1",
        placed_at=story.minute(40),
    )
    assert found.cleared == Clearing(at=story.minute(60), by="account-ann", reason="Safe", confirmation="P-2")


def test_a_refused_flag_says_why(story):
    flag = requested(story)
    story.given(flag, FlagRefused(reason="Not needed"), by=BOSS, at=story.minute(10))
    found = only(story)
    assert (found.status, found.refused) == ("REFUSED", Step(story.minute(10), "account-max", "Not needed"))
    assert (found.approved, waiting(story)) == (None, [])


def test_a_request_that_was_given_up_waits_no_more(story):
    flag = requested(story)
    story.given(flag, FlagCleared(reason="A mistake"), by=WORKER, at=story.minute(10))
    found = only(story)
    assert (found.status, found.placed, waiting(story)) == ("CLEARED", None, [])
    assert found.cleared == Clearing(at=story.minute(10), by="account-ann", reason="A mistake", confirmation="")


def test_flags_of_a_case_come_as_they_were_requested(story):
    flags = [requested(story, word, at=at) for at, word in enumerate(("zulu", "alpha", "mike"))]
    requested(story, "other", case="two")
    assert [each.flag for each in story.ask(flags_of, story.manager, story.named(CASE, "one"))] == flags


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_what_waits_longest_comes_first_in_pages(story, limit):
    flags = [requested(story, f"n{number}", at=number) for number in range(5)]
    found, after = [], None
    while page := story.ask(awaiting_approval, story.manager, after=after, limit=limit):
        found += [each.flag for each in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == flags


def test_what_waits_is_filtered_by_the_team_a_flag_stands_under(story):
    ours, theirs = requested(story, "ours"), requested(story, "theirs", team="BURY_PHOENIX")
    both = story.somebody("MANAGER", teams=("BURY_PHOENIX", "PROTECT"))
    assert set(waiting(story, both)) == {ours, theirs}
    assert (waiting(story, both, team="PROTECT"), waiting(story, both, team="BURY_PHOENIX")) == ([ours], [theirs])
    passed = TeamSet(owning_agency="GMP", team="PROTECT")
    story.given(theirs, passed, HandlingSet(handling_code="P"))
    assert set(waiting(story, both, team="PROTECT")) == {ours, theirs}


def test_a_member_sees_the_flags_of_the_case_and_nobody_else_does(story):
    requested(story)
    case = story.named(CASE, "one")
    member = story.somebody("SOCIAL_WORKER", agency="MCC", cases=(case,))
    assert only(story, caller=member).status == "REQUESTED"
    assert story.ask(flag_of, member, story.named(FLAG, "one")) == only(story)
    stranger = story.somebody("SOCIAL_WORKER", agency="MCC", cases=(story.named(CASE, "two"),))
    for outsider in (*story.outsiders, stranger):
        assert story.ask(flags_of, outsider, case) == []
        assert story.ask(flag_of, outsider, story.named(FLAG, "one")) is None
        assert waiting(story, outsider) == []


def test_an_erased_flag_is_gone(story):
    story.erase(requested(story))
    assert story.ask(flags_of, story.manager, story.named(CASE, "one")) == []
    assert waiting(story) == []


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    for word in ("one", "two", "three"):
        flag = requested(told, word)
        told.given(flag, FlagApproved(reason="Agreed"), placed(told), by=BOSS)
    told.given(flag, FlagCleared(reason="Safe", confirmation="P-2"))
    told.given(requested(told, "four"), FlagRefused(reason="No"))
    assert len(same_in_any_order(told, "flags")["flag"]) == 4
