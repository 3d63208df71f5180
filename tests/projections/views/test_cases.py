"""Cases: who they are about, who works on them, and which cases somebody is a member of today."""

from __future__ import annotations

from datetime import date

from hub_events.case import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    MemberAdded,
    MemberRemoved,
    PersonJoined,
    PersonRoleEnded,
    ReportJoined,
    StrandClosed,
    StrandOpened,
    WorkerAllocated,
)
from hub_events.envelope import Labels, Unreadable
from hub_events.label import RestrictionLifted, SharedWithCase, TeamSet
from hub_events.mention import MentionMade
from hub_events.report import ReportReceived
from hub_events.stream import ACCOUNT, CASE, MENTION, REPORT
from hub_projections.views.cases import CaseMember, JoinedReport, case_people, case_summary, list_cases, memberships

REASON = "As decided"
FREE = Labels(owning_agency="GMP", team="PROTECT", handling_code="P")
RESTRICTED = Labels(owning_agency="GMP", team="PROTECT", handling_code="P", restriction="SPECIALIST_SUPERVISOR_ONLY")


def account(story, word):
    return story.named(ACCOUNT, word)


def mentioned(story, word, case, *, kind="PERSON", labels=FREE, parts=None):
    mention = story.named(MENTION, word)
    made = MentionMade(
        report=story.named(REPORT, "first"),
        kind=kind,
        as_said=f"somebody called {word}",
        parts={"name": word.title()} if parts is None else parts,
        text_form="RAW",
    )
    story.given(mention, made, SharedWithCase(case=case), labels=labels)
    return mention


def reported(story, word, case, labels=FREE):
    report = story.named(REPORT, word)
    received = ReportReceived(
        route="INFORMATION_REPORT",
        route_check="",
        source_types=("WITNESSED_INCIDENT",),
        provenance="VISIT",
        reported_at=story.minute(0),
        received_at=story.minute(0),
        original="",
        reporter="",
        narrative="",
        triage="",
    )
    story.given(report, received, SharedWithCase(case=case), labels=labels)
    return report


def joined(mention, role="SUBJECT", role_from=date(2026, 3, 5)):
    return PersonJoined(mention=mention, role=role, role_from=role_from, reason=REASON)


def ended(mention, role, ended_on):
    return PersonRoleEnded(mention=mention, role=role, ended_on=ended_on, reason=REASON)


def allocated(story, word, team="PROTECT"):
    return WorkerAllocated(worker=account(story, word), team=team, reason=REASON)


def added(story, word):
    return MemberAdded(account=account(story, word), reason=REASON)


def removed(story, word):
    return MemberRemoved(account=account(story, word), reason=REASON)


def opens(story, word="one", *, at=0, strands=("CSE",), team="PROTECT"):
    """Open a case about a child called after it, from a report called first."""
    case = story.named(CASE, word)
    opened = CaseOpened(
        report=story.named(REPORT, "first"),
        subject=story.named(MENTION, word),
        person_stage="CHILD",
        strands=strands,
        team=team,
        reason=REASON,
    )
    labels = Labels(owning_agency="GMP", team=team, strands=strands, cases=(case,))
    first = ReportJoined(report=story.named(REPORT, "first"), reason=REASON)
    story.given(case, opened, first, joined(story.named(MENTION, word)), at=story.minute(at), labels=labels)
    return case


def summary(story, case, caller=None):
    return story.ask(case_summary, caller or story.manager, case)


def people(story, case, caller=None):
    return story.ask(case_people, caller or story.manager, case)


def listed(story, caller=None, **how):
    return [line.case for line in story.ask(list_cases, caller or story.manager, **how)]


def cases_of(story, word):
    return story.count_all(memberships, account(story, word))


def member(story, word, *cases):
    return story.somebody("SOCIAL_WORKER", agency="MCC", account=account(story, word), cases=cases)


def test_an_open_case_shows_who_it_is_about_and_where_it_came_from(story):
    case = opens(story)
    subject, report = mentioned(story, "one", case), reported(story, "first", case)
    found = summary(story, case)
    assert (found.case, found.status, found.person_stage, found.team) == (case, "OPEN", "CHILD", "PROTECT")
    assert (found.subject, found.subject_as_said, found.subject_name) == (subject, "somebody called one", "One")
    assert (found.strands_open, found.strands_closed, found.worker) == (("CSE",), (), "")
    assert (found.opened_at, found.closed_at, found.closure_code) == (story.minute(0), None, "")
    assert (found.opened_from, found.reports) == (report, (JoinedReport(report, story.minute(0)),))
    assert (found.persons, found.members) == (people(story, case), ())
    assert found.place == (found.sort, case)


def test_strands_open_close_and_open_again(story):
    case = opens(story, strands=("CSE", "MSHT"))
    story.given(case, StrandOpened(strand="COUNTY_LINES", reason=REASON), StrandClosed(strand="CSE", reason=REASON))
    found = summary(story, case)
    assert (found.strands_open, found.strands_closed) == (("COUNTY_LINES", "MSHT"), ("CSE",))
    story.given(case, StrandOpened(strand="CSE", reason=REASON))
    found = summary(story, case)
    assert (found.strands_open, found.strands_closed) == (("COUNTY_LINES", "CSE", "MSHT"), ())


def test_a_case_is_closed_and_opened_again(story):
    case = opens(story)
    story.given(case, CaseClosed(reason_code="RISK_REDUCED", reason=REASON), at=story.minute(9))
    found = summary(story, case)
    assert (found.status, found.closed_at, found.closure_code) == ("CLOSED", story.minute(9), "RISK_REDUCED")
    story.given(case, CaseReopened(reason=REASON))
    found = summary(story, case)
    assert (found.status, found.closed_at, found.closure_code) == ("OPEN", None, "")


def test_further_reports_are_listed_as_they_were_joined(story):
    case = opens(story)
    first, second = reported(story, "first", case), reported(story, "second", case)
    story.given(case, ReportJoined(report=second, reason=REASON), at=story.minute(30))
    found = summary(story, case).reports
    assert found == (JoinedReport(first, story.minute(0)), JoinedReport(second, story.minute(30)))


def test_a_report_that_may_not_be_seen_is_not_named(story):
    case = opens(story)
    report = reported(story, "first", case, RESTRICTED)
    found = summary(story, case)
    assert (found.opened_from, found.reports) == ("", ())
    assert summary(story, case, story.supervisor).opened_from == report
    lifted = RestrictionLifted(restriction="SPECIALIST_SUPERVISOR_ONLY", authority="Sue", reason=REASON)
    story.given(report, lifted)
    assert summary(story, case).opened_from == report


def test_a_person_has_roles_from_a_day_to_a_day_and_may_have_one_again(story):
    case = opens(story)
    zoe = mentioned(story, "zoe", case)
    story.given(case, joined(zoe, "WITNESS", date(2026, 1, 1)), ended(zoe, "WITNESS", date(2026, 1, 31)))
    story.given(case, joined(zoe, "FRIEND", date(2026, 1, 15)), joined(zoe, "WITNESS", date(2026, 2, 10)))
    found = [(person.role, person.role_from, person.role_to) for person in people(story, case)]
    assert found == [
        ("WITNESS", date(2026, 1, 1), date(2026, 1, 31)),
        ("FRIEND", date(2026, 1, 15), None),
        ("WITNESS", date(2026, 2, 10), None),
    ]
    story.given(case, ended(zoe, "WITNESS", date(2026, 2, 20)))
    assert people(story, case)[-1].role_to == date(2026, 2, 20)
    assert {(each.mention, each.as_said, each.name) for each in people(story, case)} == {
        (zoe, "somebody called zoe", "Zoe")
    }


def test_a_person_whose_mention_may_not_be_seen_is_not_named(story):
    case = opens(story)
    subject = mentioned(story, "one", case, labels=RESTRICTED)
    assert people(story, case) == ()
    found = summary(story, case)
    assert (found.subject, found.subject_as_said, found.subject_name) == ("", "", "")
    assert [line.subject for line in story.ask(list_cases, story.manager)] == [""]
    assert [person.mention for person in people(story, case, story.supervisor)] == [subject]


def test_a_person_whose_mention_was_erased_is_gone(story):
    case = opens(story)
    story.erase(mentioned(story, "one", case))
    assert people(story, case, story.supervisor) == ()
    assert summary(story, case, story.supervisor).subject == ""


def test_label_events_of_a_mention_and_of_a_case_leave_the_rest_as_it_was(story):
    case = opens(story)
    subject = mentioned(story, "one", case)
    before = summary(story, case)
    passed = TeamSet(owning_agency="GMP", team="PROTECT")
    story.given(subject, passed)
    story.given(case, passed, SharedWithCase(case=case))
    assert summary(story, case) == before


def test_only_words_about_persons_are_kept(story):
    case = opens(story)
    mentioned(story, "one", case, parts={})
    car = mentioned(story, "car", case, kind="VEHICLE")
    story.given(case, joined(car, "OTHER"))
    assert [(person.as_said, person.name) for person in people(story, case)] == [("somebody called one", "")]


def test_who_it_is_allocated_to_and_its_members_are_named(story):
    case = opens(story)
    story.given(case, allocated(story, "ann"), added(story, "ann"), at=story.minute(10))
    story.given(case, added(story, "ben"), at=story.minute(20))
    found = summary(story, case)
    assert found.worker == account(story, "ann")
    assert found.members == (
        CaseMember(account(story, "ann"), story.minute(10), True),
        CaseMember(account(story, "ben"), story.minute(20), False),
    )


def test_a_case_that_goes_to_another_team_is_shown_under_it(story):
    case = opens(story)
    passed = TeamSet(owning_agency="GMP", team="BURY_PHOENIX")
    story.given(case, allocated(story, "ann", "BURY_PHOENIX"), passed)
    assert summary(story, case) is None
    assert summary(story, case, story.somebody("MANAGER", teams=("BURY_PHOENIX",))).team == "BURY_PHOENIX"


def test_somebody_is_a_member_from_being_added_to_being_removed(story):
    case, other = opens(story, "one"), opens(story, "two")
    assert cases_of(story, "ben") == ()
    story.given(case, added(story, "ben"))
    assert cases_of(story, "ben") == (case,)
    story.given(other, added(story, "ben"))
    assert cases_of(story, "ben") == (case, other)
    story.given(case, removed(story, "ben"))
    assert cases_of(story, "ben") == (other,)
    story.given(case, added(story, "ben"), at=story.minute(90))
    assert cases_of(story, "ben") == (case, other)
    assert summary(story, case).members == (CaseMember(account(story, "ben"), story.minute(90), False),)


def test_the_allocated_worker_is_a_member_until_another_is_allocated(story):
    case = opens(story)
    story.given(case, allocated(story, "ann"))
    assert cases_of(story, "ann") == (case,)
    story.given(case, allocated(story, "ben"))
    assert (cases_of(story, "ann"), cases_of(story, "ben")) == ((), (case,))


def test_a_worker_who_is_also_a_member_stays_one_when_another_is_allocated(story):
    case = opens(story)
    story.given(case, allocated(story, "ann"), added(story, "ann"), allocated(story, "ben"))
    assert cases_of(story, "ann") == (case,)
    story.given(case, removed(story, "ann"), removed(story, "cas"))
    assert (cases_of(story, "ann"), cases_of(story, "cas")) == ((), ())
    story.given(case, added(story, "ben"), removed(story, "ben"))
    assert cases_of(story, "ben") == (case,)


def test_a_closed_case_keeps_its_members_and_an_erased_one_has_none(story):
    case = opens(story)
    story.given(case, added(story, "ben"), CaseClosed(reason_code="RISK_REDUCED", reason=REASON))
    assert cases_of(story, "ben") == (case,)
    story.erase(case)
    assert cases_of(story, "ben") == ()
    assert summary(story, case) is None


def test_a_case_that_cannot_be_followed_has_no_members_since_one_may_have_been_removed(told, follow):
    case, other = opens(told, "one"), opens(told, "two")
    for name in (case, other):
        told.given(name, added(told, "ben"))
    told.given(case, Unreadable("damaged"), added(told, "ann"))
    told.given(told.named(MENTION, "one"), Unreadable("damaged"))
    told.given(told.named(CASE, "three"), added(told, "ben"))
    told.given(told.named(CASE, "four"), StrandOpened(strand="CSE", reason=REASON))
    with follow(told, 3) as reader:
        assert memberships(reader, account(told, "ben")) == (other,)
        assert memberships(reader, account(told, "ann")) == ()


def test_memberships_are_found_by_an_index(story, plan):
    with story.asked(story.manager) as (reader, _):
        steps = plan(reader, memberships, account(story, "ben"))
    assert "by_account_case (account=?)" in steps[0]
    assert all(step.startswith("SEARCH") for step in steps)


def test_cases_are_listed_the_newest_first_in_pages(story):
    cases = [opens(story, f"n{number}", at=number) for number in range(5)]
    found, after = [], None
    while page := story.ask(list_cases, story.manager, after=after, limit=2):
        found += [line.case for line in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == cases[::-1]


def test_the_list_is_filtered_by_team_status_strand_and_worker(story):
    ours = opens(story, "ours")
    theirs = opens(story, "theirs", at=1, team="BURY_PHOENIX", strands=("OCG_USG",))
    story.given(ours, allocated(story, "ann"), StrandOpened(strand="MSHT", reason=REASON))
    story.given(ours, StrandClosed(strand="MSHT", reason=REASON))
    story.given(theirs, allocated(story, "ben", "BURY_PHOENIX"), CaseClosed(reason_code="RISK_REDUCED", reason=REASON))
    both = story.somebody("MANAGER", teams=("BURY_PHOENIX", "PROTECT"))
    assert listed(story, both) == [theirs, ours]
    for field, of_ours, of_theirs in (
        ("team", "PROTECT", "BURY_PHOENIX"),
        ("status", "OPEN", "CLOSED"),
        ("strand", "CSE", "OCG_USG"),
        ("worker", account(story, "ann"), account(story, "ben")),
    ):
        assert listed(story, both, **{field: of_ours}) == [ours]
        assert listed(story, both, **{field: of_theirs}) == [theirs]
        assert listed(story, both, **{field: "MSHT"}) == []


def test_a_member_sees_the_case_and_nobody_else_does(story):
    case = opens(story)
    subject = mentioned(story, "one", case)
    story.given(case, added(story, "ben"))
    ben = member(story, "ben", *cases_of(story, "ben"))
    assert listed(story, ben) == [case]
    assert summary(story, case, ben).subject == subject
    for outsider in (*story.outsiders, member(story, "cas"), story.intelligence_officer):
        assert listed(story, outsider) == []
        assert summary(story, case, outsider) is None
        assert people(story, case, outsider) == ()


def test_what_others_see_is_the_same_whether_a_hidden_case_is_there_or_not(story):
    opens(story, "seen")
    before = story.ask(list_cases, story.manager)
    hidden = opens(story, "hidden", at=5, team="BURY_PHOENIX")
    mentioned(story, "hidden", hidden)
    assert story.ask(list_cases, story.manager) == before


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    for word in ("one", "two", "three"):
        case = opens(told, word)
        mentioned(told, word, case)
        zoe = mentioned(told, f"zoe-{word}", case)
        told.given(case, allocated(told, "ann"), added(told, "ann"), added(told, "ben"), allocated(told, "ben"))
        told.given(case, removed(told, "ann"), joined(zoe, "FRIEND"), ended(zoe, "FRIEND", date(2026, 3, 6)))
        told.given(case, joined(zoe, "FRIEND", date(2026, 3, 7)), StrandOpened(strand="MSHT", reason=REASON))
    rows = same_in_any_order(told, "cases")
    counts = {name: len(each) for name, each in rows.items() if "sources" not in name}
    assert counts == {"case_summary": 3, "case_report": 3, "case_person": 6, "case_member": 3, "case_mention": 6}
