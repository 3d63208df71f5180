"""A case: opened from a triage decision, joined by reports, worked in strands, closed and opened again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from hub_events.case import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    PersonJoined,
    ReportJoined,
    StrandClosed,
    StrandOpened,
)
from hub_events.envelope import Labels, Unreadable
from hub_events.label import SharedWithCase
from hub_events.mention import MentionMade
from hub_events.report import ReportReceived
from hub_events.stream import ACCOUNT, CASE, MENTION, REPORT, Stream
from hub_events.triage import TriageDecided, TriageProposed
from hub_services.decisions.case import CloseCase, JoinReport, OpenCase, ReopenCase
from hub_services.decisions.decision import By, To
from hub_services.decisions.strand import CloseStrand, OpenStrand

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
TODAY = date(2026, 3, 5)


def named(kind, letter="A"):
    return Stream(f"{kind}:{letter * 22}")


REPORT_A, REPORT_B = named(REPORT), named(REPORT, "B")
LAYLA, SHOP, DEX = named(MENTION), named(MENTION, "B"), named(MENTION, "D")
MANAGER = By(
    account=named(ACCOUNT, "M"), agency="GMP", role="MANAGER", now=NOW, seed=b"manager", command_id=b"asked now"
)
CASE_A = MANAGER.new_stream(CASE)

OPEN = OpenCase(
    report=REPORT_A,
    subject=LAYLA,
    person_stage="CHILD",
    strands=("CSE", "COUNTY_LINES"),
    team="PROTECT",
    reason="Missing again, seen with older men.",
)
JOIN = JoinReport(case=CASE_A, report=REPORT_B, reason="The same girl.")
CLOSE = CloseCase(case=CASE_A, reason_code="RISK_REDUCED", reason="Low for three months.")
REOPEN = ReopenCase(case=CASE_A, reason="Missing again.")
OPEN_STRAND = OpenStrand(case=CASE_A, strand="MSHT", reason="Carried packages to Llandudno.")
CLOSE_STRAND = CloseStrand(case=CASE_A, strand="CSE", reason="No contact for a year.")


def changed(command, **fields):
    return type(command)(**(vars(command) | fields))


def received(*mentions):
    return ReportReceived(
        route="INFORMATION_REPORT",
        route_check="route-check:AAAAAAAAAAAAAAAAAAAAAA",
        source_types=("OTHER_PROFESSIONAL",),
        provenance="OTHER",
        reported_at=NOW,
        received_at=NOW,
        original="original:AAAAAAAAAAAAAAAAAAAAAA",
        reporter="reporter:AAAAAAAAAAAAAAAAAAAAAA",
        narrative="narrative:AAAAAAAAAAAAAAAAAAAAAA",
        triage="triage:AAAAAAAAAAAAAAAAAAAAAA",
        mentions=mentions,
    )


def mentioned(kind, words):
    return MentionMade(report=REPORT_A, kind=kind, as_said=words, text_form="RAW")


def decided_as(outcome):
    return TriageDecided(outcome=outcome, rationale="Agreed.", proposed_by="one", confirmed_by="other")


@pytest.fixture
def reports(story):
    """Two reports: one to investigate, about Layla and a shop; one only recorded, about Dex."""
    story.given(REPORT_A, received(LAYLA, SHOP)).given(REPORT_B, received(DEX))
    story.given(LAYLA, mentioned("PERSON", "Layla")).given(SHOP, mentioned("PREMISES", "the vape shop"))
    story.given(DEX, mentioned("PERSON", "Dex"))
    story.given("triage:AAAAAAAAAAAAAAAAAAAAAA", decided_as("INVESTIGATE"))
    return story.given("triage:BBBBBBBBBBBBBBBBBBBBBB", decided_as("RECORD_ONLY"))


@pytest.fixture
def opened(reports):
    """A case about Layla."""
    reports.tell(OPEN, replace(MANAGER, command_id=b"opened"))
    return reports


def test_a_case_is_opened_with_its_report_and_its_subject_under_the_label_of_its_team(reports):
    decision = reports.when(OPEN, MANAGER)

    assert decision == [
        To(
            CASE_A,
            (
                CaseOpened(
                    report=REPORT_A,
                    subject=LAYLA,
                    person_stage="CHILD",
                    strands=("COUNTY_LINES", "CSE"),
                    team="PROTECT",
                    reason=OPEN.reason,
                ),
                ReportJoined(report=REPORT_A, reason=OPEN.reason),
                PersonJoined(mention=LAYLA, role="SUBJECT", role_from=TODAY, reason=OPEN.reason),
            ),
            Labels(owning_agency="GMP", team="PROTECT", strands=("COUNTY_LINES", "CSE"), cases=(CASE_A,)),
        ),
        To(REPORT_A, (SharedWithCase(case=CASE_A),)),
        To(LAYLA, (SharedWithCase(case=CASE_A),)),
        To(SHOP, (SharedWithCase(case=CASE_A),)),
    ]


def test_a_case_belongs_to_the_agency_of_its_team_whoever_opens_it(reports):
    by = replace(MANAGER, agency="MANCHESTER_CSC")

    labels = reports.when(changed(OPEN, team="HARBOUR_LIGHT"), by)[0].labels

    assert (labels.owning_agency, labels.team) == ("SYP", "HARBOUR_LIGHT")


def test_a_report_for_disruption_opens_a_case_for_an_adult_too(reports):
    reports.given("triage:AAAAAAAAAAAAAAAAAAAAAA", decided_as("PROACTIVE_DISRUPTION"))

    assert reports.when(changed(OPEN, person_stage="ADULT"), MANAGER)[0].events[0].person_stage == "ADULT"


def test_just_after_midnight_in_summer_the_day_is_that_of_the_hub(reports):
    by = replace(MANAGER, now=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))

    assert reports.when(OPEN, by)[0].events[2].role_from == date(2026, 7, 1)


def test_strands_are_kept_as_given_once_each(reports):
    strands = reports.when(changed(OPEN, strands=("FGM", "CSE", "FGM")), MANAGER)[0].events[0].strands

    assert strands == ("CSE", "FGM")


def test_what_was_erased_of_a_report_stays_out_of_the_case(reports):
    reports.erased(SHOP)

    assert [to.stream for to in reports.when(OPEN, MANAGER)] == [CASE_A, REPORT_A, LAYLA]


def test_what_cannot_be_read_of_a_report_is_shared_with_the_case_all_the_same(reports):
    reports.given(SHOP, Unreadable("no such version"))

    assert [to.stream for to in reports.when(OPEN, MANAGER)] == [CASE_A, REPORT_A, LAYLA, SHOP]


def test_a_case_is_opened_once_under_one_key(opened):
    assert opened.when(OPEN, MANAGER) == []


def test_the_report_decides_who_may_open_a_case_and_the_subject_must_be_visible():
    assert (OPEN.guard(MANAGER), OPEN.refers()) == (REPORT_A, (LAYLA,))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"report": named(REPORT, "Z")}, ("not-found", "")),
        ({"report": LAYLA}, ("not-found", "")),
        ({"subject": DEX}, ("subject-not-in-report", "subject")),
        ({"subject": SHOP}, ("subject-not-in-report", "subject")),
        ({"subject": named(MENTION, "Z")}, ("subject-not-in-report", "subject")),
        ({"person_stage": "TEENAGER"}, ("unknown-person-stage", "person_stage")),
        ({"strands": ("CSE", "BURGLARY")}, ("unknown-strand", "strands")),
        ({"strands": ()}, ("strand-missing", "strands")),
        ({"team": "IGMU"}, ("unknown-team", "team")),
        ({"reason": " \n"}, ("words-missing", "reason")),
    ],
)
def test_opening_a_case_is_refused(reports, changes, refusal):
    assert reports.refusal(changed(OPEN, **changes), MANAGER) == refusal


@pytest.mark.parametrize("outcome", ["RECORD_ONLY", "TRANSFER", "DUPLICATE"])
def test_no_case_is_opened_from_a_report_nobody_will_work_on(reports, outcome):
    reports.given("triage:AAAAAAAAAAAAAAAAAAAAAA", decided_as(outcome))

    assert reports.refusal(OPEN, MANAGER) == ("not-triaged", "")


@pytest.mark.parametrize("command", [changed(OPEN, report=REPORT_B, subject=DEX), JOIN])
def test_one_decider_alone_has_triaged_nothing(opened, command):
    opened.streams["triage:BBBBBBBBBBBBBBBBBBBBBB"] = []
    opened.given("triage:BBBBBBBBBBBBBBBBBBBBBB", TriageProposed(outcome="INVESTIGATE", rationale="New."))

    assert opened.refusal(command, replace(MANAGER, seed=b"other")) == ("not-triaged", "")


def test_a_subject_that_was_erased_opens_no_case(reports):
    reports.erased(LAYLA)

    assert reports.refusal(OPEN, MANAGER) == ("stream-erased", "")


def test_a_report_of_any_outcome_joins_a_case_with_what_it_mentions(opened):
    assert opened.when(JOIN, MANAGER) == [
        To(CASE_A, (ReportJoined(report=REPORT_B, reason="The same girl."),)),
        To(REPORT_B, (SharedWithCase(case=CASE_A),)),
        To(DEX, (SharedWithCase(case=CASE_A),)),
    ]


def test_a_report_joins_a_case_once(opened):
    opened.tell(JOIN, MANAGER)

    assert opened.when(JOIN, replace(MANAGER, command_id=b"again")) == []


def test_what_is_part_of_the_case_is_not_shared_with_it_again(opened):
    opened.given(DEX, SharedWithCase(case=CASE_A))

    assert [to.stream for to in opened.when(JOIN, MANAGER)] == [CASE_A, REPORT_B]


def test_the_case_decides_who_may_join_a_report_and_the_report_must_be_visible():
    assert (JOIN.guard(MANAGER), JOIN.refers()) == (CASE_A, (REPORT_B,))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"case": named(CASE, "Z")}, ("not-found", "")),
        ({"case": REPORT_A}, ("not-found", "")),
        ({"report": named(REPORT, "Z")}, ("not-found", "")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_joining_a_report_is_refused(opened, changes, refusal):
    assert opened.refusal(changed(JOIN, **changes), MANAGER) == refusal


def test_a_further_strand_is_opened(opened):
    opened_strand = StrandOpened(strand="MSHT", reason=OPEN_STRAND.reason)

    assert opened.when(OPEN_STRAND, MANAGER) == [To(CASE_A, (opened_strand,))]


def test_an_open_strand_is_not_opened_again(opened):
    assert opened.when(changed(OPEN_STRAND, strand="CSE"), MANAGER) == []


def test_a_strand_that_was_closed_is_opened_again(opened):
    opened.tell(CLOSE_STRAND, MANAGER)

    assert opened.when(changed(OPEN_STRAND, strand="CSE"), replace(MANAGER, command_id=b"again")) != []


def test_a_strand_is_closed_while_another_is_open(opened):
    assert opened.when(CLOSE_STRAND, MANAGER) == [
        To(CASE_A, (StrandClosed(strand="CSE", reason="No contact for a year."),))
    ]


def test_a_closed_strand_is_not_closed_again(opened):
    opened.tell(CLOSE_STRAND, MANAGER)

    assert opened.when(CLOSE_STRAND, replace(MANAGER, command_id=b"again")) == []


def test_the_last_strand_stays_open_as_long_as_the_case(opened):
    opened.tell(CLOSE_STRAND, MANAGER)

    last = changed(CLOSE_STRAND, strand="COUNTY_LINES")

    assert opened.refusal(last, replace(MANAGER, command_id=b"another")) == ("last-strand", "")


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (changed(OPEN_STRAND, case=named(CASE, "Z")), ("not-found", "")),
        (changed(OPEN_STRAND, strand="BURGLARY"), ("unknown-strand", "strand")),
        (changed(OPEN_STRAND, reason=""), ("words-missing", "reason")),
        (changed(CLOSE_STRAND, case=named(CASE, "Z")), ("not-found", "")),
        (changed(CLOSE_STRAND, strand="VE"), ("strand-not-open", "strand")),
        (changed(CLOSE_STRAND, reason=""), ("words-missing", "reason")),
    ],
)
def test_opening_or_closing_a_strand_is_refused(opened, command, refusal):
    assert opened.refusal(command, MANAGER) == refusal


def test_a_case_is_closed_for_a_named_reason(opened):
    closed = CaseClosed(reason_code="RISK_REDUCED", reason="Low for three months.")

    assert opened.when(CLOSE, MANAGER) == [To(CASE_A, (closed,))]


def test_a_closed_case_is_opened_again_and_closed_again(opened):
    opened.tell(CLOSE, MANAGER)
    reopened = opened.tell(REOPEN, replace(MANAGER, command_id=b"reopened"))

    assert reopened == [To(CASE_A, (CaseReopened(reason="Missing again."),))]
    assert opened.when(CLOSE, replace(MANAGER, command_id=b"closed again")) != []


def test_an_open_case_is_not_opened_again(opened):
    assert opened.when(REOPEN, MANAGER) == []


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (changed(CLOSE, case=named(CASE, "Z")), ("not-found", "")),
        (changed(CLOSE, reason_code="TURNED_18"), ("unknown-closure-reason", "reason_code")),
        (changed(CLOSE, reason=""), ("words-missing", "reason")),
        (changed(REOPEN, case=named(CASE, "Z")), ("not-found", "")),
    ],
)
def test_closing_or_reopening_is_refused(opened, command, refusal):
    assert opened.refusal(command, MANAGER) == refusal


@pytest.mark.parametrize("command", [JOIN, OPEN_STRAND, CLOSE_STRAND, CLOSE], ids=lambda each: type(each).__name__)
def test_a_closed_case_refuses_everything_but_reopening(opened, command):
    opened.tell(CLOSE, replace(MANAGER, command_id=b"closed"))

    assert opened.refusal(command, MANAGER) == ("case-closed", "")


def test_reopening_says_why(opened):
    opened.tell(CLOSE, replace(MANAGER, command_id=b"closed"))

    assert opened.refusal(changed(REOPEN, reason=""), MANAGER) == ("words-missing", "reason")


def test_an_erased_case_takes_nothing_any_more(opened):
    opened.erased(CASE_A)

    assert opened.refusal(CLOSE, replace(MANAGER, now=NOW + timedelta(days=1))) == ("stream-erased", "")
