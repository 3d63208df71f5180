"""Re-routing: everything that came with a report goes with it, and its clock keeps running (domain.md A.1.3)."""

import pytest

from hub_events.label import TeamSet
from hub_events.report import ReportRerouted
from hub_events.stream import NARRATIVE, ORIGINAL, REPORT, REPORTER, SOURCE, TRIAGE
from hub_services.decisions.decision import To, sibling
from hub_services.decisions.routing import Reroute

SIBLINGS = (ORIGINAL, REPORTER, SOURCE, NARRATIVE, TRIAGE)
TO_BOLTON = TeamSet(owning_agency="GMP", team="PHOENIX_EXIT")


def reroute(report, **changes):
    return Reroute(report=report, **({"area": "BOLTON", "reason": "It is in Bolton"} | changes))


def test_a_report_passes_to_the_team_of_another_area_with_all_that_came_with_it(story, people, report, mentions):
    answer = story.tell(reroute(report), people.supervisor)

    rerouted = ReportRerouted(area="BOLTON", team="PHOENIX_EXIT", from_team="PROTECT", reason="It is in Bolton")
    rest = [*(sibling(report, kind) for kind in SIBLINGS), *mentions]
    assert answer == [To(report, (rerouted, TO_BOLTON)), *(To(name, (TO_BOLTON,)) for name in rest)]
    assert {story.labels(name).team for name in (report, *rest)} == {"PHOENIX_EXIT"}


def test_a_report_without_source_and_mentions_passes_on_too(story, people, form, check):
    story.tell(form(check, source=None, mentions=()), people.teacher)
    report = people.teacher.new_stream(REPORT)

    answer = story.tell(reroute(report), people.supervisor)

    kinds = (ORIGINAL, REPORTER, NARRATIVE, TRIAGE)
    assert [to.stream for to in answer] == [report, *(sibling(report, kind) for kind in kinds)]


def test_what_was_erased_stays_behind_and_holds_nothing_up(story, people, report, mentions):
    story.erased(mentions[0])

    told = {to.stream for to in story.tell(reroute(report), people.supervisor)}

    assert mentions[0] not in told
    assert mentions[1] in told


def test_a_report_is_not_rerouted_to_where_it_is(story, people, report):
    story.tell(reroute(report), people.supervisor)

    assert story.tell(reroute(report), people.supervisor) == []
    assert story.tell(reroute(report, area="", team="PHOENIX_EXIT"), people.supervisor) == []


def test_another_area_of_the_same_team_is_recorded_and_passes_nothing_on(story, people, report):
    answer = story.tell(reroute(report, area="SALFORD"), people.supervisor)

    rerouted = ReportRerouted(area="SALFORD", team="PROTECT", from_team="PROTECT", reason="It is in Bolton")
    assert answer == [To(report, (rerouted,))]


def test_a_team_named_outright_counts_before_the_area(story, people, report):
    (first, *_) = story.tell(reroute(report, team="HARBOUR_LIGHT"), people.supervisor)

    assert first.events == (
        ReportRerouted(area="BOLTON", team="HARBOUR_LIGHT", from_team="PROTECT", reason="It is in Bolton"),
        TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"),
    )


def test_an_unroutable_report_is_routed_by_hand_from_the_duty_desk(story, people, form, check):
    story.tell(form(check, place="behind the arches"), people.teacher)
    report = people.teacher.new_stream(REPORT)

    (first, *_) = story.tell(reroute(report), people.desk)

    assert first.events[0].from_team == "HUB_DUTY"
    assert story.labels(report).owning_agency == "GMP"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason": " "}, ("words-missing", "reason")),
        ({"area": "ATLANTIS"}, ("unknown-area", "area")),
        ({"team": "SEA_DEVILS"}, ("unknown-team", "team")),
        ({"area": ""}, ("team-not-found", "team")),
    ],
)
def test_a_report_is_rerouted_with_a_place_or_a_team_and_a_reason(story, people, report, changes, refusal):
    assert story.refusal(reroute(report, **changes), people.supervisor) == refusal


def test_a_report_that_does_not_exist_is_not_found(story, people):
    assert story.refusal(reroute(people.teacher.new_stream(REPORT)), people.supervisor) == ("not-found", "")


def test_a_report_that_was_erased_goes_nowhere(story, people, report):
    story.erased(report)

    assert story.refusal(reroute(report), people.supervisor) == ("stream-erased", "")
