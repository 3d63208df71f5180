"""The route questions as a gate, and the open 999 item (domain.md A.1.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from hub_events.envelope import Labels
from hub_events.reference import table
from hub_events.route_check import (
    EmergencyCallMade,
    EmergencyInstructionShown,
    EmergencyItemClosed,
    EmergencyItemOverdue,
    EmergencyItemTaken,
    RoutesAnswered,
)
from hub_events.stream import ROUTE_CHECK
from hub_services.decisions.decision import To
from hub_services.decisions.route_check import (
    CloseEmergencyItem,
    RecordEmergencyCall,
    RecordEmergencyOverdue,
    TakeEmergencyItem,
)

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
DUE = NOW + timedelta(minutes=15)

ANSWERED = RoutesAnswered(
    immediate_danger=False,
    in_need_or_harmed=False,
    information=True,
    person_of_interest_request=False,
    adult=False,
    area="MANCHESTER",
    owner="PROTECT",
)
LABELS = Labels(
    owning_agency="GMP",
    team="PROTECT",
    originator="MANCHESTER_CSC",
    addressees=("acc-teacher",),
)


@pytest.fixture
def danger(story, people, routes):
    """A route check that left an open 999 item."""
    story.tell(routes(immediate_danger=True), people.teacher)
    return people.teacher.new_stream(ROUTE_CHECK)


@pytest.fixture
def called():
    """The call that was made."""
    return EmergencyCallMade(called_at=NOW, police_reference="GMP-0412", made_by="acc-teacher")


def test_answers_are_kept_with_the_team_of_the_area_as_owner(story, people, routes):
    check = people.teacher.new_stream(ROUTE_CHECK)

    assert story.when(routes(), people.teacher) == [To(check, (ANSWERED,), LABELS)]


def test_immediate_danger_shows_the_instruction_and_leaves_an_item_with_the_team(story, people, routes):
    (answer,) = story.when(routes(immediate_danger=True), people.teacher)

    instruction = table("route_questions").get("EMERGENCY_999").fields["instruction"]
    assert "Ring 999 now" in instruction
    assert answer.events[1:] == (EmergencyInstructionShown(instruction=instruction, owner="PROTECT", due_at=DUE),)


def test_the_hubs_duty_desk_owns_what_no_area_is_known_for(story, people, routes):
    (answer,) = story.when(routes(immediate_danger=True, area=""), people.teacher)

    assert [event.owner for event in answer.events] == ["HUB_DUTY", "HUB_DUTY"]
    assert (answer.labels.owning_agency, answer.labels.team) == ("HUB", "HUB_DUTY")


def test_answers_given_already_are_not_given_again(story, people, routes, check):
    assert story.tell(routes(), people.teacher) == []


def test_an_area_nobody_knows_is_refused(story, people, routes):
    assert story.refusal(routes(area="ATLANTIS"), people.teacher) == ("unknown-area", "area")


def test_somebody_on_the_desk_takes_the_item(story, people, danger):
    take = TakeEmergencyItem(route_check=danger)

    assert story.tell(take, people.desk) == [To(danger, (EmergencyItemTaken(taken_by="acc-desk"),))]
    assert story.tell(take, people.desk) == []


def test_another_on_the_desk_may_take_the_item_over(story, people, danger):
    take = TakeEmergencyItem(route_check=danger)
    story.tell(take, people.desk)

    assert story.tell(take, people.relief) == [To(danger, (EmergencyItemTaken(taken_by="acc-relief"),))]


def test_an_item_that_is_settled_is_not_taken(story, people, danger, called):
    story.given(danger, called)

    assert story.refusal(TakeEmergencyItem(route_check=danger), people.desk) == ("emergency-settled", "")


def test_a_call_is_recorded_once(story, people, danger, called):
    record = RecordEmergencyCall(route_check=danger, called_at=NOW, police_reference=" GMP-0412 ")

    assert story.tell(record, people.teacher) == [To(danger, (called,))]
    assert story.tell(record, people.teacher) == []


def test_a_call_that_becomes_known_after_the_desk_closed_the_item_is_recorded_too(story, people, danger, called):
    story.given(danger, EmergencyItemClosed(outcome="Told", reason="By phone"))

    record = RecordEmergencyCall(route_check=danger, called_at=NOW, police_reference="GMP-0412")

    assert story.when(record, people.teacher) == [To(danger, (called,))]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"called_at": NOW + timedelta(minutes=6)}, ("time-in-future", "called_at")),
        ({"called_at": datetime(2026, 3, 5, 10)}, ("time-without-zone", "called_at")),
        ({"police_reference": " "}, ("words-missing", "police_reference")),
    ],
)
def test_a_call_needs_a_time_that_has_been_and_a_reference(story, people, danger, changes, refusal):
    fields = {"called_at": NOW, "police_reference": "GMP-0412"} | changes

    assert story.refusal(RecordEmergencyCall(route_check=danger, **fields), people.teacher) == refusal


def test_a_clock_a_few_minutes_ahead_is_not_the_future(story, people, danger):
    record = RecordEmergencyCall(route_check=danger, called_at=NOW + timedelta(minutes=5), police_reference="x")

    assert len(story.when(record, people.teacher)) == 1


def test_the_desk_closes_an_item_once(story, people, danger):
    close = CloseEmergencyItem(route_check=danger, outcome="Police told by the desk", reason="Reporter not reached")

    closed = EmergencyItemClosed(outcome="Police told by the desk", reason="Reporter not reached")
    assert story.tell(close, people.desk) == [To(danger, (closed,))]
    assert story.tell(close, people.desk) == []


def test_an_item_settled_by_a_call_is_not_closed(story, people, danger, called):
    story.given(danger, called)

    close = CloseEmergencyItem(route_check=danger, outcome="Told", reason="By phone")

    assert story.refusal(close, people.desk) == ("emergency-settled", "")


@pytest.mark.parametrize("field", ["outcome", "reason"])
def test_an_item_is_closed_with_an_outcome_and_a_reason(story, people, danger, field):
    fields = {"outcome": "Told", "reason": "By phone"} | {field: ""}

    assert story.refusal(CloseEmergencyItem(route_check=danger, **fields), people.desk) == ("words-missing", field)


@pytest.mark.parametrize(
    "command",
    [
        lambda check: TakeEmergencyItem(route_check=check),
        lambda check: RecordEmergencyCall(route_check=check, called_at=NOW, police_reference="x"),
        lambda check: CloseEmergencyItem(route_check=check, outcome="x", reason="y"),
    ],
    ids=["take", "call", "close"],
)
def test_where_nobody_was_in_danger_there_is_no_item(story, people, check, command):
    assert story.refusal(command(check), people.desk) == ("no-emergency-item", "")


def test_a_route_check_that_does_not_exist_is_not_found(story, people):
    nowhere = people.desk.new_stream(ROUTE_CHECK)

    assert story.refusal(TakeEmergencyItem(route_check=nowhere), people.desk) == ("not-found", "")


def test_an_item_nobody_settles_is_overdue_once_its_time_has_run_out(story, people, danger):
    overdue = RecordEmergencyOverdue(route_check=danger)

    assert story.tell(overdue, people.at(people.timekeeper, minutes=14)) == []
    assert story.tell(overdue, people.at(people.timekeeper, minutes=15)) == [
        To(danger, (EmergencyItemOverdue(due_at=DUE),)),
    ]
    assert story.tell(overdue, people.at(people.timekeeper, minutes=16)) == []


@pytest.mark.parametrize(
    "settled",
    [
        EmergencyCallMade(called_at=NOW, police_reference="x", made_by="acc-teacher"),
        EmergencyItemClosed(outcome="x", reason="y"),
    ],
)
def test_an_item_that_is_settled_is_not_overdue(story, people, danger, settled):
    story.given(danger, settled)

    assert story.when(RecordEmergencyOverdue(route_check=danger), people.at(people.timekeeper, days=1)) == []


def test_an_item_that_was_only_taken_becomes_overdue(story, people, danger):
    story.given(danger, EmergencyItemTaken(taken_by="acc-desk"))

    assert len(story.when(RecordEmergencyOverdue(route_check=danger), people.at(people.timekeeper, days=1))) == 1


def test_what_has_no_item_is_not_overdue(story, people, check):
    assert story.when(RecordEmergencyOverdue(route_check=check), people.at(people.timekeeper, days=1)) == []


def test_no_report_is_accepted_while_somebody_is_in_danger_and_nobody_rang(story, people, form, danger):
    assert story.refusal(form(danger), people.teacher) == ("emergency-first", "route_check")


@pytest.mark.parametrize("by_call", [True, False])
def test_a_report_is_accepted_once_the_item_is_settled(story, people, form, danger, called, by_call):
    story.given(danger, called if by_call else EmergencyItemClosed(outcome="x", reason="y"))

    assert len(story.when(form(danger), people.teacher)) > 0


def test_taking_the_item_does_not_settle_it(story, people, form, danger):
    story.tell(TakeEmergencyItem(route_check=danger), people.desk)

    assert story.refusal(form(danger), people.teacher) == ("emergency-first", "route_check")


def test_a_report_goes_only_by_a_route_that_was_answered_with_yes(story, people, form, check):
    assert story.refusal(form(check, route="POI_RESPONSE"), people.teacher) == ("route-not-answered", "route")


def test_a_reply_about_a_person_of_interest_goes_by_its_own_route(story, people, routes, form):
    story.tell(routes(information=False, person_of_interest_request=True), people.teacher)
    check = people.teacher.new_stream(ROUTE_CHECK)

    assert len(story.when(form(check, route="POI_RESPONSE"), people.teacher)) > 0
    assert story.refusal(form(check), people.teacher) == ("route-not-answered", "route")


def test_no_report_goes_by_999(story, people, form, check):
    assert story.refusal(form(check, route="EMERGENCY_999"), people.teacher) == ("route-takes-no-report", "route")
