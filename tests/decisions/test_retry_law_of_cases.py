"""The retry law over the commands of cases, flags, accounts and operations: asked twice, nothing is done twice.

One history in which each of them is asked in its turn and decides something. A new command gets a line in it.
"""

import importlib
import inspect
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_events.mention import MentionMade
from hub_events.report import ReportReceived
from hub_events.stream import ACCOUNT, CASE, FLAG, MENTION, REPORT, Stream
from hub_events.triage import TriageDecided
from hub_services.decisions.account import CloseAccount, GrantRoles, OpenAccount, WithdrawRoles
from hub_services.decisions.case import CloseCase, JoinReport, OpenCase, ReopenCase
from hub_services.decisions.case_people import AddMember, AllocateWorker, EndPersonRole, JoinPerson, RemoveMember
from hub_services.decisions.decision import By, Command
from hub_services.decisions.flag import ApproveFlag, ClearFlag, MoveFlag, PlaceFlag, RefuseFlag, RequestFlag
from hub_services.decisions.operation import EraseStream, SetEventAside
from hub_services.decisions.strand import CloseStrand, OpenStrand
from hub_services.refusal import RefusedError

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
TODAY, IN_SUMMER = date(2026, 3, 5), date(2026, 6, 1)
SUBJECTS = ("account", "case", "case_people", "flag", "operation", "strand")


def named(kind, letter="A"):
    return Stream(f"{kind}:{letter * 22}")


def by(letter, agency, role, seed):
    return By(account=named(ACCOUNT, letter), agency=agency, role=role, now=NOW, seed=seed, command_id=b"")


WORKER = by("I", "MANCHESTER_CSC", "SOCIAL_WORKER", b"iona")
AGAIN = by("I", "MANCHESTER_CSC", "SOCIAL_WORKER", b"iona again")
MANAGER = by("M", "GMP", "MANAGER", b"moss")
ADMINISTRATOR = by("H", "HUB", "ADMINISTRATOR", b"henk")

REPORT_A, REPORT_B, LAYLA, DEX = named(REPORT), named(REPORT, "B"), named(MENTION), named(MENTION, "D")
IONA, BASHIR = WORKER.account, named(ACCOUNT, "B")
CASE_A, FLAG_A, FLAG_B = MANAGER.new_stream(CASE), WORKER.new_stream(FLAG), AGAIN.new_stream(FLAG)

HISTORY = [
    (
        OpenAccount(account=IONA, login="i.reid", name="Iona Reid", agency="MANCHESTER_CSC", roles=("REFERRER",)),
        ADMINISTRATOR,
    ),
    (
        OpenAccount(account=BASHIR, login="b.noor", name="Bashir Noor", agency="BARNARDOS", roles=("REFERRER",)),
        ADMINISTRATOR,
    ),
    (GrantRoles(account=IONA, roles=("SOCIAL_WORKER",), reason="Qualified."), ADMINISTRATOR),
    (WithdrawRoles(account=IONA, roles=("REFERRER",), reason="Reports as a social worker."), ADMINISTRATOR),
    (
        OpenCase(
            report=REPORT_A, subject=LAYLA, person_stage="CHILD", strands=("CSE",), team="PROTECT", reason="High risk."
        ),
        MANAGER,
    ),
    (JoinReport(case=CASE_A, report=REPORT_B, reason="The same girl."), MANAGER),
    (OpenStrand(case=CASE_A, strand="MSHT", reason="Carried packages."), MANAGER),
    (CloseStrand(case=CASE_A, strand="CSE", reason="No contact."), MANAGER),
    (JoinPerson(case=CASE_A, mention=DEX, role="ASSOCIATE", role_from=TODAY, reason="Drives the car."), MANAGER),
    (AllocateWorker(case=CASE_A, worker=IONA, team="SUNRISE", reason="Knows the family."), MANAGER),
    (AddMember(case=CASE_A, account=BASHIR, reason="Sees her at the club."), MANAGER),
    (RequestFlag(case=CASE_A, mention=LAYLA, flag="CSE", review_on=IN_SUMMER, reason="High risk."), WORKER),
    (RequestFlag(case=CASE_A, mention=DEX, flag="VIOLENT", review_on=IN_SUMMER, reason="A knife."), AGAIN),
    (ApproveFlag(flag=FLAG_A, reason="Agreed."), MANAGER),
    (RefuseFlag(flag=FLAG_B, reason="Nobody saw it."), MANAGER),
    (
        PlaceFlag(
            flag=FLAG_A, agency="GMP", system="Force system", confirmation="FS/26/1", placed_at=NOW, reason="Placed."
        ),
        WORKER,
    ),
    (EndPersonRole(case=CASE_A, mention=DEX, role="ASSOCIATE", ended_on=TODAY, reason="Another driver."), MANAGER),
    (RemoveMember(case=CASE_A, account=BASHIR, reason="Changed jobs."), MANAGER),
    (CloseCase(case=CASE_A, reason_code="RISK_REDUCED", reason="Low."), MANAGER),
    (ClearFlag(flag=FLAG_A, reason="Low.", confirmation="FS/26/9"), WORKER),
    (ReopenCase(case=CASE_A, reason="Missing again."), MANAGER),
    (AllocateWorker(case=CASE_A, worker=IONA, team="PROTECT", reason="Back in Manchester."), MANAGER),
    (MoveFlag(flag=FLAG_A, case=CASE_A), MANAGER),
    (CloseAccount(account=BASHIR, reason="Changed jobs."), ADMINISTRATOR),
    (SetEventAside(stream=REPORT_B, version=9, reason="A faulty import."), ADMINISTRATOR),
    (EraseStream(erased=DEX, reason="Somebody else altogether.", authority="Data protection officer"), ADMINISTRATOR),
]


def received(letter, mention):
    return ReportReceived(
        route="INFORMATION_REPORT",
        route_check=named("route-check", letter),
        source_types=("OTHER_PROFESSIONAL",),
        provenance="OTHER",
        reported_at=NOW,
        received_at=NOW,
        original=named("original", letter),
        reporter=named("reporter", letter),
        narrative=named("narrative", letter),
        triage=named("triage", letter),
        mentions=(mention,),
    )


@pytest.fixture(scope="module")
def beginning(new_story):
    """Two triaged reports, which the history is about."""
    story = new_story()
    for letter, mention in (("A", LAYLA), ("B", DEX)):
        report = named(REPORT, letter)
        story.given(report, received(letter, mention))
        story.given(mention, MentionMade(report=report, kind="PERSON", as_said="as said", text_form="RAW"))
        story.given(
            named("triage", letter),
            TriageDecided(outcome="INVESTIGATE", rationale="New.", proposed_by="one", confirmed_by="other"),
        )
    return story


@pytest.fixture(scope="module")
def stories(beginning):
    """The story before each command and after the last, and what each command decided."""
    told, answers = [beginning], []
    for number, (command, asker) in enumerate(HISTORY):
        story = told[-1].copy()
        answers.append(story.tell(command, replace(asker, command_id=b"told %d" % number)))
        told.append(story)
    return told, answers


def test_every_command_of_these_subjects_stands_in_the_history():
    modules = [importlib.import_module(f"hub_services.decisions.{subject}") for subject in SUBJECTS]
    known = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Command) and kind.__module__ == module.__name__
    }

    assert {type(command) for command, _ in HISTORY} == known


def test_every_command_of_the_history_decides_something(stories):
    _, answers = stories

    assert [HISTORY[number][0] for number, answer in enumerate(answers) if not answer] == []


@settings(deadline=None)
@given(data=st.data())
def test_the_same_command_under_the_same_id_decides_nothing_whatever_came_between(stories, data):
    told, _ = stories
    number = data.draw(st.integers(0, len(HISTORY) - 1))
    after = data.draw(st.integers(number + 1, len(HISTORY)))
    later = data.draw(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)))
    command, asker = HISTORY[number]

    repeated = told[after].when(command, replace(asker, command_id=b"told %d" % number, now=NOW + later))

    assert repeated == []


@pytest.mark.parametrize("number", range(len(HISTORY)))
def test_the_same_command_under_another_id_changes_nothing_either(stories, number):
    """It decides nothing or is refused: somebody who has not seen the first asking does no harm."""
    told, _ = stories
    command, asker = HISTORY[number]

    assert outcome(told[number + 1], command, asker) in ([], "case-closed", "flag-state", "login-taken")


def outcome(story, command, asker):
    try:
        return story.when(command, replace(asker, command_id=b"another asking"))
    except RefusedError as refused:
        return refused.code


def test_a_command_writes_to_no_stream_it_has_not_read(stories):
    told, answers = stories

    unread = [
        (type(command).__name__, to.stream)
        for story, (command, asker), answer in zip(told, HISTORY, answers, strict=False)
        for to in answer
        if to.stream not in story.past(command, asker)
    ]

    assert unread == []


def test_a_new_stream_comes_with_its_labels_and_one_that_exists_without(stories):
    told, answers = stories

    wrong = [
        to
        for story, answer in zip(told, answers, strict=False)
        for to in answer
        if (to.labels is None) != bool(story.streams.get(to.stream))
    ]

    assert wrong == []


def test_a_decision_depends_on_nothing_but_the_past_and_who_asks(stories):
    told, answers = stories

    again = [
        story.when(command, replace(asker, command_id=b"told %d" % number))
        for number, (story, (command, asker)) in enumerate(zip(told, HISTORY, strict=False))
    ]

    assert again == answers
