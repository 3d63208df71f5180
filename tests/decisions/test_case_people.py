"""Who is in a case and who works on it: roles that hold here and for a time, the allocated worker, members."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_events.account import AccountClosed, AccountOpened
from hub_events.case import (
    CaseClosed,
    CaseOpened,
    MemberAdded,
    MemberRemoved,
    PersonJoined,
    PersonRoleEnded,
    WorkerAllocated,
)
from hub_events.envelope import Labels
from hub_events.label import SharedWithCase, TeamSet
from hub_events.mention import MentionMade
from hub_events.stream import ACCOUNT, CASE, MENTION, REPORT, Stream
from hub_services.decisions.case import CloseCase, ReopenCase
from hub_services.decisions.case_people import AddMember, AllocateWorker, EndPersonRole, JoinPerson, RemoveMember
from hub_services.decisions.decision import By, To
from hub_services.decisions.strand import CloseStrand, OpenStrand
from hub_services.refusal import RefusedError

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
TODAY, YESTERDAY, TOMORROW = date(2026, 3, 5), date(2026, 3, 4), date(2026, 3, 6)


def named(kind, letter="A"):
    return Stream(f"{kind}:{letter * 22}")


CASE_A, OTHER_CASE = named(CASE), named(CASE, "B")
LAYLA, SHOP, STRANGER = named(MENTION), named(MENTION, "B"), named(MENTION, "C")
IONA, BASHIR, MOSS, LEFT = (named(ACCOUNT, letter) for letter in "IBML")
MANAGER = By(account=MOSS, agency="GMP", role="MANAGER", now=NOW, seed=b"manager", command_id=b"asked now")
LATER = replace(MANAGER, command_id=b"asked later")

JOIN = JoinPerson(case=CASE_A, mention=LAYLA, role="VICTIM", role_from=YESTERDAY, reason="Named by her friend.")
END = EndPersonRole(case=CASE_A, mention=LAYLA, role="VICTIM", ended_on=TODAY, reason="Another girl.")
ALLOCATE = AllocateWorker(case=CASE_A, worker=IONA, team="PROTECT", reason="Knows the family.")
ADD = AddMember(case=CASE_A, account=BASHIR, reason="Sees her at the youth club.")
REMOVE = RemoveMember(case=CASE_A, account=BASHIR, reason="Changed jobs.")
COMMANDS = [JOIN, END, ALLOCATE, ADD, REMOVE]


def changed(command, **fields):
    return type(command)(**(vars(command) | fields))


def account(name, *roles):
    return AccountOpened(login=name, name=name.title(), agency="MANCHESTER_CSC", roles=roles)


def begin(story):
    """A case about Layla, what its reports mention, and the people who could work on it."""
    labels = Labels(owning_agency="GMP", team="PROTECT", strands=("CSE",), cases=(CASE_A,))
    opened = CaseOpened(
        report=named(REPORT), subject=LAYLA, person_stage="CHILD", strands=("CSE",), team="PROTECT", reason="High risk."
    )
    for mention, kind, case in (
        (LAYLA, "PERSON", CASE_A),
        (SHOP, "PREMISES", CASE_A),
        (STRANGER, "PERSON", OTHER_CASE),
    ):
        story.given(mention, MentionMade(report=named(REPORT), kind=kind, as_said="as said", text_form="RAW"))
        story.given(mention, SharedWithCase(case=case))
    story.given(IONA, account("iona", "SOCIAL_WORKER", "REFERRER"))
    story.given(BASHIR, account("bashir", "PARTNER_OFFICER"))
    story.given(MOSS, account("moss", "MANAGER"))
    story.given(LEFT, account("left", "SOCIAL_WORKER"), AccountClosed(reason="Left."))
    return story.given(CASE_A, opened, labels=labels)


@pytest.fixture
def case(story):
    return begin(story)


def test_a_person_joins_a_case_in_a_role_from_a_day(case):
    joined = PersonJoined(mention=LAYLA, role="VICTIM", role_from=YESTERDAY, reason="Named by her friend.")

    assert case.when(JOIN, MANAGER) == [To(CASE_A, (joined,))]


def test_a_person_may_have_several_roles_but_each_of_them_once(case):
    case.tell(JOIN, MANAGER)

    assert case.when(changed(JOIN, role="WITNESS"), LATER) != []
    assert case.when(changed(JOIN, role_from=TODAY), LATER) == []


def test_a_role_that_ended_may_begin_again(case):
    case.tell(JOIN, MANAGER)
    case.tell(END, replace(MANAGER, command_id=b"ended"))

    assert case.when(changed(JOIN, role_from=TODAY), LATER) != []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"case": named(CASE, "Z")}, ("not-found", "")),
        ({"mention": STRANGER}, ("mention-not-in-case", "mention")),
        ({"mention": SHOP}, ("mention-not-in-case", "mention")),
        ({"mention": named(MENTION, "Z")}, ("mention-not-in-case", "mention")),
        ({"role": "OFFENDER"}, ("unknown-role", "role")),
        ({"role_from": TOMORROW}, ("date-in-future", "role_from")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_joining_a_person_is_refused(case, changes, refusal):
    assert case.refusal(changed(JOIN, **changes), MANAGER) == refusal


def test_a_persons_role_ends_and_the_others_go_on(case):
    case.tell(JOIN, MANAGER)
    case.tell(changed(JOIN, role="WITNESS"), replace(MANAGER, command_id=b"witness"))

    ended = case.tell(END, LATER)

    assert ended == [
        To(CASE_A, (PersonRoleEnded(mention=LAYLA, role="VICTIM", ended_on=TODAY, reason="Another girl."),))
    ]
    assert case.when(changed(END, role="WITNESS"), replace(MANAGER, command_id=b"last")) != []


def test_a_role_that_ended_does_not_end_again(case):
    case.tell(JOIN, MANAGER)
    case.tell(END, replace(MANAGER, command_id=b"ended"))

    assert case.when(changed(END, ended_on=YESTERDAY), LATER) == []


def test_the_role_of_somebody_whose_mention_was_erased_can_still_end(case):
    case.tell(JOIN, MANAGER)
    case.erased(LAYLA)

    assert case.when(END, LATER) != []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"case": named(CASE, "Z")}, ("not-found", "")),
        ({"mention": named(MENTION, "Z")}, ("role-not-held", "role")),
        ({"role": "WITNESS"}, ("role-not-held", "role")),
        ({"ended_on": TOMORROW}, ("date-in-future", "ended_on")),
        ({"ended_on": date(2026, 3, 3)}, ("ends-before-it-began", "ended_on")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_ending_a_role_is_refused(case, changes, refusal):
    case.tell(JOIN, MANAGER)

    assert case.refusal(changed(END, **changes), LATER) == refusal


def test_the_allocated_worker_is_a_member(case):
    assert case.when(ALLOCATE, MANAGER) == [
        To(
            CASE_A,
            (
                WorkerAllocated(worker=IONA, team="PROTECT", reason="Knows the family."),
                MemberAdded(account=IONA, reason="Knows the family."),
            ),
        ),
    ]


def test_a_member_to_whom_the_case_is_allocated_is_a_member_once(case):
    case.given(CASE_A, MemberAdded(account=IONA, reason="Knows the family."))

    assert case.when(ALLOCATE, MANAGER)[0].events == (
        WorkerAllocated(worker=IONA, team="PROTECT", reason="Knows the family."),
    )


def test_a_case_allocated_to_another_team_carries_its_label(case):
    case.tell(ALLOCATE, MANAGER)

    assert case.tell(changed(ALLOCATE, team="HARBOUR_LIGHT"), LATER)[0].events == (
        WorkerAllocated(worker=IONA, team="HARBOUR_LIGHT", reason="Knows the family."),
        TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"),
    )
    assert case.labels(CASE_A) == Labels(owning_agency="SYP", team="HARBOUR_LIGHT", strands=("CSE",), cases=(CASE_A,))


def test_the_same_allocation_is_made_once(case):
    case.tell(ALLOCATE, MANAGER)

    assert case.when(ALLOCATE, LATER) == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"case": named(CASE, "Z")}, ("not-found", "")),
        ({"worker": named(ACCOUNT, "Z")}, ("unknown-account", "worker")),
        ({"worker": LEFT}, ("unknown-account", "worker")),
        ({"worker": LAYLA}, ("unknown-account", "worker")),
        ({"worker": MOSS}, ("cannot-hold-cases", "worker")),
        ({"team": "IGMU"}, ("unknown-team", "team")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_allocating_is_refused(case, changes, refusal):
    assert case.refusal(changed(ALLOCATE, **changes), MANAGER) == refusal


def test_no_other_stream_is_read_in_place_of_an_account(case):
    case.erased(LAYLA)

    assert case.refusal(changed(ADD, account=LAYLA), MANAGER) == ("unknown-account", "account")


def test_a_member_is_added_and_removed(case):
    added = case.tell(ADD, MANAGER)
    removed = case.tell(REMOVE, LATER)

    assert added == [To(CASE_A, (MemberAdded(account=BASHIR, reason="Sees her at the youth club."),))]
    assert removed == [To(CASE_A, (MemberRemoved(account=BASHIR, reason="Changed jobs."),))]


def test_a_member_is_added_once_and_removed_once(case):
    case.tell(ADD, MANAGER)

    assert case.when(ADD, LATER) == []
    case.tell(REMOVE, replace(MANAGER, command_id=b"removed"))
    assert case.when(REMOVE, LATER) == []


def test_a_member_whose_account_was_closed_can_be_removed(case):
    case.given(CASE_A, MemberAdded(account=LEFT, reason="Before she left."))

    assert case.when(changed(REMOVE, account=LEFT), MANAGER) != []


def test_the_allocated_worker_is_removed_only_after_another_was_allocated(case):
    case.given(named(ACCOUNT, "E"), account("ewan", "EARLY_HELP_PRACTITIONER"))
    case.tell(ALLOCATE, MANAGER)

    assert case.refusal(changed(REMOVE, account=IONA), LATER) == ("worker-allocated", "")
    case.tell(changed(ALLOCATE, worker=named(ACCOUNT, "E")), replace(MANAGER, command_id=b"another worker"))
    assert case.when(changed(REMOVE, account=IONA), LATER) != []


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (changed(ADD, case=named(CASE, "Z")), ("not-found", "")),
        (changed(ADD, account=named(ACCOUNT, "Z")), ("unknown-account", "account")),
        (changed(ADD, account=LEFT), ("unknown-account", "account")),
        (changed(ADD, reason=""), ("words-missing", "reason")),
        (changed(REMOVE, case=named(CASE, "Z")), ("not-found", "")),
    ],
)
def test_adding_or_removing_a_member_is_refused(case, command, refusal):
    assert case.refusal(command, MANAGER) == refusal


def test_removing_a_member_says_why(case):
    case.tell(ADD, MANAGER)

    assert case.refusal(changed(REMOVE, reason=""), LATER) == ("words-missing", "reason")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
def test_a_closed_case_refuses_every_change_of_its_people(case, command):
    case.given(CASE_A, CaseClosed(reason_code="RISK_REDUCED", reason="Low."))

    assert case.refusal(command, MANAGER) == ("case-closed", "")


accounts = st.sampled_from([IONA, BASHIR, MOSS, LEFT])
mentions = st.sampled_from([LAYLA, SHOP])
roles = st.sampled_from(["SUBJECT", "VICTIM"])
days = st.sampled_from([YESTERDAY, TODAY])
strands = st.sampled_from(["CSE", "MSHT"])
commands = st.one_of(
    st.builds(JoinPerson, case=st.just(CASE_A), mention=mentions, role=roles, role_from=days, reason=st.just("why")),
    st.builds(EndPersonRole, case=st.just(CASE_A), mention=mentions, role=roles, ended_on=days, reason=st.just("why")),
    st.builds(
        AllocateWorker,
        case=st.just(CASE_A),
        worker=accounts,
        team=st.sampled_from(["PROTECT", "SUNRISE"]),
        reason=st.just("why"),
    ),
    st.builds(AddMember, case=st.just(CASE_A), account=accounts, reason=st.just("why")),
    st.builds(RemoveMember, case=st.just(CASE_A), account=accounts, reason=st.just("why")),
    st.builds(OpenStrand, case=st.just(CASE_A), strand=strands, reason=st.just("why")),
    st.builds(CloseStrand, case=st.just(CASE_A), strand=strands, reason=st.just("why")),
    st.just(CloseCase(case=CASE_A, reason_code="OTHER", reason="why")),
    st.just(ReopenCase(case=CASE_A, reason="why")),
)


class Model:
    """What must hold of a case whatever is asked, told in the plainest way."""

    def __init__(self):
        self.closed, self.worker, self.members, self.strands, self.roles = False, "", set(), {"CSE"}, set()

    def after(self, event):
        match event:
            case WorkerAllocated(worker=worker):
                self.worker = worker
            case MemberAdded(account=account):
                assert account not in self.members
                self.members.add(account)
            case MemberRemoved(account=account):
                self.members.remove(account)
            case PersonJoined(mention=mention, role=role):
                assert (mention, role) not in self.roles
                self.roles.add((mention, role))
            case PersonRoleEnded(mention=mention, role=role):
                self.roles.remove((mention, role))
            case TeamSet():
                pass
            case _:
                self.after_change_of_state(event)

    def after_change_of_state(self, event):
        match type(event).__name__:
            case "CaseClosed":
                assert not self.closed
                self.closed = True
            case "CaseReopened":
                assert self.closed
                self.closed = False
            case "StrandOpened":
                assert event.strand not in self.strands
                self.strands.add(event.strand)
            case "StrandClosed":
                self.strands.remove(event.strand)


@settings(deadline=None)
@given(asked=st.lists(commands, max_size=25))
def test_whatever_is_asked_a_case_stays_sound_and_nothing_is_done_twice(new_story, asked):
    story, model = begin(new_story()), Model()
    for number, command in enumerate(asked):
        try:
            answer = story.tell(command, replace(MANAGER, command_id=b"%d" % number))
        except RefusedError:
            continue
        for event in (event for to in answer for event in to.events):
            assert not model.closed or isinstance(command, ReopenCase)
            model.after(event)
        assert model.strands
        assert not model.worker or model.worker in model.members
        assert story.when(command, replace(MANAGER, command_id=b"%d" % number)) == []
        assert decides_nothing(story, command)


def decides_nothing(story, command):
    try:
        return story.when(command, replace(MANAGER, command_id=b"another question")) == []
    except RefusedError:
        return True
