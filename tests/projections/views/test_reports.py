"""A report as lists and its own page show it, without its words, to those who may see it."""

from __future__ import annotations

from datetime import timedelta

from hub_events.envelope import Labels, Unreadable
from hub_events.label import HandlingSet, RestrictionLifted, RestrictionSet, SharedWithCase, TeamSet
from hub_events.mention import MentionMade
from hub_events.partial_time import parse_when
from hub_events.report import (
    GradeConfirmed,
    ReportReceived,
    ReportRerouted,
    ReportRouted,
    ReportTriaged,
    ReportUnroutable,
)
from hub_events.stream import CASE, MENTION, REPORT, TRIAGE
from hub_projections.views.reports import (
    Mention,
    MentionRef,
    list_reports,
    mentions_of,
    report_summary,
    unroutable,
)

RESTRICTION = "SPECIALIST_SUPERVISOR_ONLY"
STARTING = Labels(
    owning_agency="GMP",
    team="PROTECT",
    restriction=RESTRICTION,
    handling_code="C",
    handling_conditions=(RESTRICTION,),
)
DUTY = Labels(owning_agency="HUB", team="HUB_DUTY", handling_code="C", handling_conditions=(RESTRICTION,))
GRADE = GradeConfirmed(
    source=1,
    assessment="B",
    handling_code="C",
    handling_conditions=(RESTRICTION,),
    action_code="A1",
    sanitisation_code="S2",
    printed="[1BC]",
)
RESTRICTED = RestrictionSet(restriction=RESTRICTION, reason="As every report")


def received(story, word, *, at=0, mentions=(), **more):
    return ReportReceived(
        **{
            "route": "INFORMATION_REPORT",
            "route_check": "route-check",
            "source_types": ("WITNESSED_INCIDENT",),
            "provenance": "VISIT",
            "incident": parse_when("2026-03-04 evening"),
            "reported_at": story.minute(at) - timedelta(hours=1),
            "received_at": story.minute(at),
            "area": "MANCHESTER",
            "strands": ("MSHT", "CSE"),
            "original": "",
            "reporter": "",
            "narrative": "",
            "triage": story.named(TRIAGE, word),
            "mentions": tuple(story.named(MENTION, each) for each in mentions),
            **more,
        }
    )


def routed(story, area="MANCHESTER"):
    due = story.minute(60)
    return ReportRouted(area=area, team="PROTECT", found_by="STATED", triage_due_at=due)


def mentioned(story, word, report="one", labels=STARTING, **more):
    made = MentionMade(
        **{
            "report": story.named(REPORT, report),
            "kind": "PERSON",
            "as_said": f"somebody called {word}",
            "parts": {"nickname": word, "name": word},
            "text_form": "RAW",
            "reported_role": "VICTIM",
            **more,
        }
    )
    story.given(story.named(MENTION, word), made, labels=labels)
    return story.named(MENTION, word)


def came(story, word="one", *events, labels=STARTING, **more):
    """Let a report come in and be routed."""
    report = story.named(REPORT, word)
    story.given(report, received(story, word, **more), *(events or (routed(story), RESTRICTED)), labels=labels)
    return report


def summary(story, report, caller=None):
    return story.ask(report_summary, caller or story.supervisor, report)


def listed(story, caller=None, **how):
    return [each.report for each in story.ask(list_reports, caller or story.supervisor, **how)]


def test_a_report_that_was_routed_requires_assessment(story):
    report = came(story)
    found = summary(story, report)
    assert (found.report, found.status, found.route) == (report, "REQUIRES_ASSESSMENT", "INFORMATION_REPORT")
    assert (found.incident, found.became_aware) == (parse_when("2026-03-04 evening"), None)
    assert (found.reported_at, found.received_at) == (story.minute(-60), story.minute(0))
    assert (found.area, found.team, found.unroutable) == ("MANCHESTER", "PROTECT", False)
    assert (found.strands, found.triage) == (("MSHT", "CSE"), story.named(TRIAGE, "one"))
    assert found.triage_due_at == story.minute(60)
    assert (found.grade, found.graded_at, found.action_code, found.sanitisation_code) == ("", None, "", "")
    assert (found.handling_code, found.handling_conditions) == ("C", (RESTRICTION,))
    assert (found.restriction, found.sensitive) == (RESTRICTION, True)
    assert (found.outcome, found.triaged_at, found.mentions) == ("", None, ())


def test_its_grade_and_handling_are_those_confirmed_last(story):
    report = came(story)
    handling = HandlingSet(handling_code="C", handling_conditions=(RESTRICTION, "REFER_TO_ORIGINATOR"))
    story.given(report, GRADE, handling, at=story.minute(5))
    found = summary(story, report)
    assert (found.status, found.grade, found.graded_at) == ("GRADED", "[1BC]", story.minute(5))
    assert (found.action_code, found.sanitisation_code) == ("A1", "S2")
    assert (found.handling_code, found.handling_conditions) == ("C", ("REFER_TO_ORIGINATOR", RESTRICTION))


def test_a_restriction_that_was_lifted_is_gone_from_the_conditions_too(story):
    report = came(story)
    story.given(report, RestrictionLifted(restriction=RESTRICTION, authority="Sue", reason="Safe"))
    found = summary(story, report)
    assert (found.restriction, found.sensitive, found.handling_conditions) == ("", False, ())


def test_a_report_that_both_deciders_agreed_on_is_triaged_and_stays_so_when_graded_anew(story):
    report = came(story)
    story.given(report, GRADE)
    story.given(report, ReportTriaged(outcome="INVESTIGATE"), at=story.minute(9))
    found = summary(story, report)
    assert (found.status, found.outcome, found.triaged_at) == ("TRIAGED", "INVESTIGATE", story.minute(9))
    story.given(report, GRADE)
    assert summary(story, report).status == "TRIAGED"


def test_a_report_nobody_could_route_is_received_and_counted_until_somebody_routes_it(story):
    assert story.count_all(unroutable) == 0
    supervisor = story.somebody("SPECIALIST_SUPERVISOR", teams=("HUB_DUTY",))
    due = story.minute(60)
    report = came(story, "one", ReportUnroutable(owner="HUB_DUTY", triage_due_at=due), labels=DUTY, area="")
    found = summary(story, report, supervisor)
    assert (found.status, found.unroutable, found.triage_due_at) == ("RECEIVED", True, due)
    assert (found.team, found.area) == ("HUB_DUTY", "")
    assert story.count_all(unroutable) == 1
    sent_on = ReportRerouted(area="BURY", team="PROTECT", from_team="HUB_DUTY", reason="Known")
    story.given(report, sent_on, TeamSet(owning_agency="GMP", team="PROTECT"))
    found = summary(story, report)
    assert (found.status, found.unroutable, found.triage_due_at) == ("REQUIRES_ASSESSMENT", False, due)
    assert (found.team, found.area) == ("PROTECT", "BURY")
    assert story.count_all(unroutable) == 0


def test_a_graded_report_that_is_sent_on_stays_graded(story):
    report = came(story)
    story.given(report, GRADE, ReportRerouted(area="BURY", team="PROTECT", from_team="PROTECT", reason="Known"))
    assert summary(story, report).status == "GRADED"


def test_mentions_come_in_the_order_of_the_report(story):
    report = came(story, mentions=("zoe", "car", "amy"))
    zoe, amy = mentioned(story, "zoe"), mentioned(story, "amy")
    car = mentioned(story, "car", kind="VEHICLE", parts={}, reported_role="")
    story.given(zoe, SharedWithCase(case=story.named(CASE, "one")))
    assert summary(story, report).mentions == (
        MentionRef(zoe, "PERSON"),
        MentionRef(car, "VEHICLE"),
        MentionRef(amy, "PERSON"),
    )
    found = story.ask(mentions_of, story.supervisor, report)
    assert [each.mention for each in found] == [zoe, car, amy]
    assert found[0] == Mention(
        mention=zoe,
        report=report,
        kind="PERSON",
        as_said="somebody called zoe",
        parts={"nickname": "zoe", "name": "zoe"},
        text_form="RAW",
        reported_role="VICTIM",
    )


def test_a_mention_that_may_not_be_seen_or_was_erased_is_left_out(story):
    report = came(story, mentions=("seen", "hidden", "erased"))
    seen, hidden, erased = (mentioned(story, word) for word in ("seen", "hidden", "erased"))
    story.given(hidden, TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"))
    story.erase(erased)
    assert [each.mention for each in summary(story, report).mentions] == [seen]
    assert [each.mention for each in story.ask(mentions_of, story.supervisor, report)] == [seen]


def test_mentions_of_a_report_that_may_not_be_seen_are_not_listed(story):
    report = came(story, mentions=("zoe",))
    mentioned(story, "zoe")
    story.given(report, TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"))
    assert story.ask(mentions_of, story.supervisor, report) == ()
    assert story.ask(mentions_of, story.supervisor, story.named(REPORT, "none")) == ()


def test_reports_are_listed_the_newest_first_in_pages(story):
    reports = [came(story, f"n{number}", at=number) for number in range(5)]
    assert listed(story) == reports[::-1]
    found, after = [], None
    while page := story.ask(list_reports, story.supervisor, after=after, limit=2):
        found += [each.report for each in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == reports[::-1]


def test_reports_received_at_the_same_moment_are_all_paged_through(story):
    reports = sorted(came(story, word) for word in ("one", "two", "three"))
    first = story.ask(list_reports, story.supervisor, limit=1)
    assert listed(story, after=first[0].place) == reports[1:]


def test_the_list_is_filtered_by_team_status_area_and_strand(story):
    bury = Labels(owning_agency="GMP", team="BURY_PHOENIX")
    ours = came(story, "ours", strands=("CSE",))
    theirs = came(story, "theirs", routed(story, "BURY"), labels=bury, strands=("OCG_USG",), area="BURY", at=1)
    story.given(theirs, GRADE)
    both = story.somebody("SPECIALIST_SUPERVISOR", teams=("BURY_PHOENIX", "PROTECT"))
    assert listed(story, both) == [theirs, ours]
    for field, of_ours, of_theirs in (
        ("team", "PROTECT", "BURY_PHOENIX"),
        ("status", "REQUIRES_ASSESSMENT", "GRADED"),
        ("area", "MANCHESTER", "BURY"),
        ("strand", "CSE", "OCG_USG"),
    ):
        assert listed(story, both, **{field: of_ours}) == [ours]
        assert listed(story, both, **{field: of_theirs}) == [theirs]
        assert listed(story, both, **{field: "OCG"}) == []


def test_outsiders_see_no_report_and_no_mention(story):
    report = came(story, mentions=("zoe",))
    mentioned(story, "zoe")
    for outsider in (*story.outsiders, story.manager, story.somebody("SPECIALIST_OFFICER", teams=("PROTECT",))):
        assert summary(story, report, outsider) is None
        assert listed(story, outsider) == []
        assert story.ask(mentions_of, outsider, report) == ()


def test_what_others_see_is_the_same_whether_a_hidden_report_is_there_or_not(story):
    came(story, "seen")
    before = story.ask(list_reports, story.supervisor)
    came(story, "hidden", at=5, labels=Labels(owning_agency="SYP", team="HARBOUR_LIGHT"), mentions=("zoe",))
    mentioned(story, "zoe", "hidden", Labels(owning_agency="SYP", team="HARBOUR_LIGHT"))
    assert story.ask(list_reports, story.supervisor) == before


def test_a_report_that_does_not_exist_or_was_erased_is_none(story):
    report = came(story)
    assert summary(story, story.named(REPORT, "none")) is None
    story.erase(report)
    assert summary(story, report) is None
    assert listed(story) == []


def test_an_event_without_its_beginning_stops_the_stream(told, follow):
    told.given(told.named(REPORT, "one"), Unreadable("damaged"), GRADE)
    told.given(told.named(REPORT, "two"), ReportTriaged(outcome="INVESTIGATE"))
    with follow(told, 2) as reader:
        assert unroutable(reader) == 0


def test_a_page_is_read_in_its_order_and_the_count_from_an_index(story, plan):
    with story.asked(story.supervisor) as (reader, condition):
        steps = plan(reader, list_reports, condition, after=(1, "report"))
        assert "by_newest ((newest,row)>(?,?))" in steps[0]
        assert not any("TEMP B-TREE" in step for step in steps)
        assert "by_unroutable (unroutable=?)" in plan(reader, unroutable)[0]


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    for word in ("one", "two", "three"):
        came(told, word, mentions=(f"{word}-a", f"{word}-b"))
        for each in (f"{word}-a", f"{word}-b"):
            told.given(mentioned(told, each, word), SharedWithCase(case=told.named(CASE, "one")))
        told.given(told.named(REPORT, word), GRADE, ReportTriaged(outcome="RECORD_ONLY"))
    rows = same_in_any_order(told, "reports")
    assert {name: len(each) for name, each in rows.items()} == {
        "report": 3,
        "report_mention": 6,
        "reports sources": 9,
    }
