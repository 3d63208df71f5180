"""A case's timeline, told by example; what holds of every history is in `tests/proofs/test_timeline_known_at.py`."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from hub_events import case, flag, label, mention, report, route_check, triage
from hub_events.catalogue import catalogue
from hub_events.condition import Known
from hub_events.partial_time import parse_when
from hub_events.stream import CASE, FLAG, KINDS, MENTION, REPORT, ROUTE_CHECK, TRIAGE
from hub_projections.timeline_line import RANKS, at, sort_number
from hub_projections.timeline_sentence import KINDS as LINE_KINDS
from hub_projections.views.timeline import Filters, TimelineView, sentence, timeline
from hub_services import policy
from hub_services.caller import Caller

EVERYBODY = Known(answer=True)
WORKER = Caller(account="account:w", agency="MANCHESTER_CSC", role="SOCIAL_WORKER", purpose="SAFEGUARDING")
SUPERVISOR = Caller(
    account="account:s", agency="GMP", role="SPECIALIST_SUPERVISOR", teams=("PROTECT",), purpose="SAFEGUARDING"
)


class Casework:
    """The events of a case as its agencies would tell them, and its timeline."""

    def __init__(self, tale):
        self.tale = tale
        self.case = tale.new(CASE)
        tale.hub.runner.open()

    def check(self):
        name = self.tale.new(ROUTE_CHECK)
        answered = route_check.RoutesAnswered(
            immediate_danger=True,
            in_need_or_harmed=False,
            information=True,
            person_of_interest_request=False,
            adult=False,
            area="MANCHESTER",
            owner="PROTECT",
        )
        shown = route_check.EmergencyInstructionShown(instruction="Ring 999", owner="PROTECT", due_at=self.tale.at)
        self.tale.tell(name, answered, shown)
        return name

    def received(self, *said, check="", incident=None, became_aware=None, **labels):
        """A report that speaks of persons in these words; its stream, its triage and its mentions."""
        name, triaged = self.tale.new(REPORT), self.tale.new(TRIAGE)
        mentions = [self.tale.new(MENTION) for _ in said]
        received = report.ReportReceived(
            route="INFORMATION_REPORT",
            route_check=check or self.check(),
            source_types=("MEMBER_OF_PUBLIC",),
            provenance="",
            incident=incident and parse_when(incident),
            became_aware=became_aware and parse_when(became_aware),
            reported_at=self.tale.at,
            received_at=self.tale.at,
            area="MANCHESTER",
            original="",
            reporter="",
            narrative="",
            triage=triaged,
            mentions=tuple(mentions),
        )
        labels = {"handling_code": "P", **labels}
        self.tale.tell(name, received, **labels)
        for each, words in zip(mentions, said, strict=True):
            made = mention.MentionMade(report=name, kind="PERSON", as_said=words, text_form="RAW")
            self.tale.tell(each, made, **labels)
        self.tale.tell(triaged, triage.TriageAwaited(report=name, reporter_account="a", due_at=self.tale.at), **labels)
        return name, triaged, mentions

    def graded(self, name, printed):
        self.tale.tell(
            name,
            report.GradeConfirmed(
                source=int(printed[1]), assessment=printed[2], handling_code=printed[3], printed=printed
            ),
            label.HandlingSet(handling_code=printed[3]),
        )

    def opened(self, name, subject, in_case=None, role="SUBJECT"):
        in_case = in_case or self.case
        self.tale.tell(
            in_case,
            case.CaseOpened(
                report=name, subject=subject, person_stage="CHILD", strands=("CSE",), team="PROTECT", reason="worry"
            ),
            case.ReportJoined(report=name, reason="worry"),
            case.PersonJoined(mention=subject, role=role, role_from=date(2026, 1, 6), reason="worry"),
            strands=("CSE",),
            cases=(in_case,),
        )
        for each in (name, subject):
            self.tale.tell(each, label.SharedWithCase(case=in_case))

    def joined(self, name, *more, in_case=None):
        in_case = in_case or self.case
        self.tale.tell(in_case, case.ReportJoined(report=name, reason="same place"))
        for each in (name, *more):
            self.tale.tell(each, label.SharedWithCase(case=in_case))

    def lines(self, condition=EVERYBODY, upto=None, in_case=None, **more):
        self.tale.hub.runner.catch_up()
        with self.tale.hub.views.reading() as reader:
            position = reader.position if upto is None else upto
            return timeline(reader, in_case or self.case, condition, upto=position, **more).lines

    def kinds(self, *args, **more):
        return [line.kind for line in self.lines(*args, **more)]


@pytest.fixture
def work(tale):
    return Casework(tale)


def of_kind(lines, kind):
    return [line for line in lines if line.kind == kind]


def test_a_late_report_stands_where_it_happened_and_is_not_known_before_it_came(work):
    """features.md 5.8: about last year, received today."""
    early, _, [ann] = work.received("Ann", incident="2026-01-02")
    work.opened(early, ann)
    before = work.tale.log.head()
    late, _, _ = work.received(incident="about 2025-03")
    work.joined(late)

    received = of_kind(work.lines(), "report-received")
    known_before = of_kind(work.lines(upto=before), "report-received")
    by_record = of_kind(work.lines(order="recorded"), "report-received")

    assert [line.stream for line in received] == [late, early]
    assert [line.happened_in_words for line in received] == ["about March 2025", "2 January 2026"]
    assert [line.stream for line in by_record] == [early, late]
    assert [line.stream for line in known_before] == [early]


def test_what_a_line_says_is_as_of_then(work):
    name, _, [ann] = work.received("Ann")
    work.graded(name, "[1BP]")
    work.opened(name, ann)
    before = work.tale.log.head()
    work.graded(name, "[3EC]")
    work.tale.tell(
        work.case, case.PersonRoleEnded(mention=ann, role="SUBJECT", ended_on=date(2026, 1, 9), reason="moved")
    )
    asked = work.tale.new(FLAG)
    requested = flag.FlagRequested(case=work.case, mention=ann, flag="CSE", reason="risk", review_on=date(2026, 9, 1))
    work.tale.tell(asked, requested)
    between = work.tale.log.head()
    work.tale.tell(asked, flag.FlagApproved(reason="yes"))

    now, then = work.lines(), work.lines(upto=before)

    assert {line.report.printed for line in now if line.report} == {"[3EC]"}
    assert {line.report.printed for line in then if line.report} == {"[1BP]"}
    assert {line.report.handling_code for line in now if line.report} == {"C"}
    assert [line.about.roles for line in of_kind(now, "mention-made")] == [()]
    [role] = of_kind(then, "mention-made")[0].about.roles
    assert (role.role, role.role_from) == ("SUBJECT", date(2026, 1, 6))
    assert [line.flag_status for line in now if line.stream == asked] == ["APPROVED", "APPROVED"]
    assert [line.flag_status for line in work.lines(upto=between) if line.stream == asked] == ["REQUESTED"]


def test_a_line_takes_the_time_of_the_incident_failing_that_of_becoming_aware_failing_that_of_the_report(work):
    name, _, [ann] = work.received("Ann", incident="2025-12-24 evening", became_aware="2026-01-02")
    work.opened(name, ann)
    second, _, _ = work.received(became_aware="2026-01-03")
    third, _, _ = work.received()
    for each in (second, third):
        work.joined(each)

    received = of_kind(work.lines(), "report-received")

    assert [(line.happened_of, line.happened.precision) for line in received] == [
        ("INCIDENT", "INTERVAL"),
        ("BECAME_AWARE", "DAY"),
        ("REPORTED", "MINUTE"),
    ]
    assert received[0].happened_in_words == "evening of 24 December 2025"
    assert "when the reporter became aware" in sentence(received[1])
    assert "that of the report" in sentence(received[2])
    [said] = of_kind(work.lines(), "mention-made")
    assert said.happened == received[0].happened


def test_a_line_names_its_exact_source_event(work):
    name, triaged, [ann] = work.received("Ann")
    work.tale.tell(triaged, triage.TriageOpened(opened_by="account:s"))
    work.opened(name, ann)

    for line in work.lines():
        recorded = work.tale.log.past(line.stream)[line.version - 1]
        assert line.id == f"{recorded.stream}/{recorded.version}"
        assert line.position == recorded.position
        assert line.kind == recorded.topic.partition("/")[0]
        assert line.recorded_at == recorded.envelope.recorded_at


def test_a_withdrawn_report_is_gone_but_was_known(work):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    second, _, [bea] = work.received("Bea")
    work.joined(second, bea)
    before = work.tale.log.head()
    work.tale.tell(second, label.WithdrawnFromCase(case=work.case, reason="another place"))

    now, then = work.lines(), work.lines(upto=before)

    assert second in {line.stream for line in of_kind(then, "report-received")}
    assert second not in {line.stream for line in of_kind(now, "report-received")}
    assert [line.about.as_said for line in of_kind(now, "mention-made")] == ["Ann"]
    assert len(of_kind(now, "withdrawn-from-case")) == 1


def test_a_report_of_two_cases_tells_neither_of_the_other(work):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    other = work.tale.new(CASE)
    work.opened(name, ann, in_case=other, role="WITNESS")

    here, there = work.lines(), work.lines(in_case=other)

    assert len(of_kind(here, "shared-with-case")) == len(of_kind(there, "shared-with-case")) == 1
    assert other not in repr(here)
    assert work.case not in repr(there)
    assert [role.role for line in of_kind(here, "mention-made") for role in line.about.roles] == ["SUBJECT"]
    assert [role.role for line in of_kind(there, "mention-made") for role in line.about.roles] == ["WITNESS"]


def test_one_route_check_before_two_reports_is_told_once(work):
    check = work.check()
    name, _, [ann] = work.received("Ann", check=check)
    second, _, _ = work.received(check=check)
    work.opened(name, ann)
    work.joined(second)

    assert len(of_kind(work.lines(), "emergency-instruction-shown")) == 1


def test_a_member_sees_what_handling_allows_and_no_triage(work):
    open_report, triaged, [ann] = work.received("Ann")
    work.tale.tell(triaged, triage.TriageOpened(opened_by="account:s"))
    work.opened(open_report, ann)
    restricted, _, [bea] = work.received("Bea", handling_code="C", restriction="SPECIALIST_SUPERVISOR_ONLY")
    work.joined(restricted, bea)
    member = policy.visible(replace(WORKER, cases=(work.case,)))

    lines = work.lines(member)

    assert {line.report.report for line in lines if line.report} == {open_report}
    assert [line.about.as_said for line in of_kind(lines, "mention-made")] == ["Ann"]
    assert len(of_kind(lines, "report-joined")) == 1
    assert "triage-opened" not in [line.kind for line in lines]
    assert restricted not in repr(lines)
    assert bea not in repr(lines)
    assert work.lines(policy.visible(WORKER)) == ()
    assert "triage-opened" in work.kinds(policy.visible(SUPERVISOR))


def test_whether_a_line_may_be_shown_is_decided_today_also_for_the_past(work):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    before = work.tale.log.head()
    member = policy.visible(replace(WORKER, cases=(work.case,)))
    assert "report-received" in work.kinds(member, upto=before)
    work.tale.tell(name, label.RestrictionSet(restriction="SPECIALIST_SUPERVISOR_ONLY", reason="live operation"))

    assert "report-received" not in work.kinds(member, upto=before)
    assert "person-joined" in work.kinds(member, upto=before)
    work.tale.erase(ann)
    assert "person-joined" not in work.kinds(member, upto=before)


def test_asking_for_a_person_one_may_not_see_finds_nothing_of_the_report_that_speaks_of_them(work):
    name, _, [ann, bea] = work.received("Ann", "Bea")
    work.opened(name, ann)
    work.tale.tell(bea, label.SharedWithCase(case=work.case))
    member = policy.visible(replace(WORKER, cases=(work.case,)))
    seen = work.lines(member, filters=Filters(person=bea))
    assert {line.kind for line in seen} == {"report-received", "mention-made", "shared-with-case", "report-joined"}

    work.tale.tell(bea, label.RestrictionSet(restriction="SPECIALIST_SUPERVISOR_ONLY", reason="risk"))

    assert work.lines(member, filters=Filters(person=bea)) == ()
    assert work.lines(member, filters=Filters(place=bea)) == ()
    assert work.lines(member, filters=Filters(person=ann)) != ()


def test_a_strand_takes_those_within_it_and_lines_without_one_stand_in_all_of_their_case(work):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    work.tale.tell(work.case, case.StrandOpened(strand="COUNTY_LINES", reason="runs a line"))

    within = work.lines(filters=Filters(strand="MSHT"))

    assert [line.kind for line in of_kind(within, "strand-opened")] == ["strand-opened"]
    assert "report-received" in [line.kind for line in within]
    assert "case-opened" not in [line.kind for line in within]
    assert work.lines(filters=Filters(strand="FGM")) == ()
    assert work.lines(filters=Filters(strand="no such strand")) == ()


def test_a_page_goes_on_after_a_line_that_was_erased_meanwhile(work):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    everything = work.lines()
    work.tale.hub.runner.catch_up()
    with work.tale.hub.views.reading() as reader:
        page = timeline(reader, work.case, EVERYBODY, upto=reader.position, limit=3)
        upto = reader.position
    work.tale.erase(page.lines[-1].stream)
    rest = work.lines(upto=upto, after=page.next)

    gone = page.lines[-1].stream
    left = [line for line in everything[3:] if gone not in (line.stream, line.report.report if line.report else "")]
    assert [line.id for line in rest] == [line.id for line in left if not (line.about and line.about.mention == gone)]


@pytest.mark.parametrize("cursor", [(1, "nothing"), (1, "report:x/y"), (1, "")])
def test_a_cursor_that_names_no_line_is_refused(work, cursor):
    name, _, [ann] = work.received("Ann")
    work.opened(name, ann)
    with pytest.raises(ValueError, match="id of a line"):
        work.lines(after=cursor)


def test_nothing_is_known_of_a_case_before_it_was_opened_or_of_one_there_is_not(work):
    name, _, [ann] = work.received("Ann")
    before = work.tale.log.head()
    work.opened(name, ann)

    assert work.lines(upto=before) == ()
    assert work.lines(in_case=work.tale.new(CASE)) == ()


def test_sentences(work):
    name, triaged, [ann] = work.received("Ann", incident="2025-12-31 night")
    work.graded(name, "[1BP]")
    work.tale.tell(
        triaged,
        triage.TriageOpened(opened_by="account:s"),
        triage.TriageProposed(outcome="INVESTIGATE", rationale="risk", alternatives=("RECORD_ONLY",)),
    )
    work.tale.tell(
        triaged, triage.TriageDecided(outcome="INVESTIGATE", rationale="yes", proposed_by="s", confirmed_by="f"), by=2
    )
    work.opened(name, ann)
    work.tale.tell(work.case, case.CaseClosed(reason_code="STEPPED_DOWN", reason="early help"))

    supervisor = "specialist team supervisor (Greater Manchester Police)"
    assert [sentence(line) for line in work.lines(order="recorded")] == [
        "Immediate danger was stated; the instruction to ring 999 was shown",
        "Information report received from Greater Manchester Police (member of the public)",
        "The report speaks of person “Ann”; in this case subject of the case since 6 January 2026",
        "Report graded [1BP]",
        f"Report opened for triage by the {supervisor}",
        f"The {supervisor} proposed: investigate; also considered: record only",
        "The force intelligence officer (Greater Manchester Police) agreed, and both decided: investigate",
        "Case opened for a child by Phoenix Protect: Child sexual exploitation",
        "A report became part of the case",
        "“Ann” became part of the case: subject of the case",
        "Report opened to the members of the case as its handling allows",
        "Case closed: stepped down to another service",
    ]


def test_every_kind_of_line_is_an_event_and_has_its_sentence():
    assert set(LINE_KINDS) <= {entry.name for entry in catalogue}
    assert TimelineView.kinds <= KINDS
    assert set(RANKS) == TimelineView.kinds


def test_times_sort_by_their_beginning_then_the_better_known_then_what_was_said():
    texts = ("2025", "2025-01", "2025-01-01", "2025-01-01T00:00", "about 2025-06", "2025-06-01", "1899-12-31", "2199")
    whens = [
        parse_when(each) if not each.startswith("1899") else at(datetime(1899, 12, 31, tzinfo=UTC)) for each in texts
    ]
    inferred = parse_when("2025-01-01", basis="INFERRED")
    ordered = sorted([*whens, inferred], key=sort_number)

    assert ordered == sorted(
        [*whens, inferred], key=lambda when: (when.earliest, when.latest, when.basis == "INFERRED")
    )
    assert all(0 <= sort_number(each) + len(RANKS) < 2**63 for each in ordered)
    far = at(datetime(9999, 12, 31, tzinfo=UTC) - timedelta(days=1))
    assert 0 <= sort_number(far) < 2**63
