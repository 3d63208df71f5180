"""A case flag: requested, answered by somebody else, placed with confirmation, cleared."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from hub_events.case import CaseClosed, CaseOpened, PersonJoined, PersonRoleEnded
from hub_events.envelope import Labels
from hub_events.flag import FlagApproved, FlagCleared, FlagPlaced, FlagRefused, FlagRequested
from hub_events.label import TeamSet
from hub_events.mention import MentionMade
from hub_events.stream import ACCOUNT, CASE, FLAG, MENTION, REPORT, Stream
from hub_services.decisions.decision import By, To
from hub_services.decisions.flag import ApproveFlag, ClearFlag, MoveFlag, PlaceFlag, RefuseFlag, RequestFlag

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
TODAY = date(2026, 3, 5)
IN_SUMMER = date(2026, 6, 1)


def named(kind, letter="A"):
    return Stream(f"{kind}:{letter * 22}")


CASE_A, LAYLA, DEX = named(CASE), named(MENTION), named(MENTION, "D")
WORKER = By(
    account=named(ACCOUNT, "I"), agency="MANCHESTER_CSC", role="SOCIAL_WORKER", now=NOW, seed=b"iona", command_id=b"now"
)
MANAGER = By(account=named(ACCOUNT, "M"), agency="GMP", role="MANAGER", now=NOW, seed=b"moss", command_id=b"now")
FLAG_A = WORKER.new_stream(FLAG)

REQUEST = RequestFlag(case=CASE_A, mention=LAYLA, flag="CSE", review_on=IN_SUMMER, reason="High risk.")
APPROVE = ApproveFlag(flag=FLAG_A, reason="Agreed in supervision.")
REFUSE = RefuseFlag(flag=FLAG_A, reason="A marker is there already.")
PLACE = PlaceFlag(
    flag=FLAG_A, agency="GMP", system="Force system", confirmation="FS/26/0147", placed_at=NOW, reason="By the bureau."
)
CLEAR = ClearFlag(flag=FLAG_A, reason="No longer needed.", confirmation="FS/26/0912")

REQUESTED = FlagRequested(case=CASE_A, mention=LAYLA, flag="CSE", reason="High risk.", review_on=IN_SUMMER)
APPROVED = FlagApproved(reason="Agreed in supervision.")
REFUSED = FlagRefused(reason="A marker is there already.")
PLACED = FlagPlaced(
    agency="GMP", system="Force system", confirmation="FS/26/0147", placed_at=NOW, reason="By the bureau."
)
CLEARED = FlagCleared(reason="No longer needed.", confirmation="FS/26/0912")
LABELS = Labels(owning_agency="GMP", team="PROTECT", strands=("CSE",), cases=(CASE_A,))

PATHS = {
    "requested": (REQUESTED,),
    "approved": (REQUESTED, APPROVED),
    "refused": (REQUESTED, REFUSED),
    "placed": (REQUESTED, APPROVED, PLACED),
    "cleared": (REQUESTED, APPROVED, PLACED, CLEARED),
}


def changed(command, **fields):
    return type(command)(**(vars(command) | fields))


@pytest.fixture
def case(story):
    """A case about Layla, in whose report Dex is mentioned too."""
    for mention, words in ((LAYLA, "Layla"), (DEX, "Dex")):
        story.given(mention, MentionMade(report=named(REPORT), kind="PERSON", as_said=words, text_form="RAW"))
    return story.given(
        CASE_A,
        CaseOpened(
            report=named(REPORT), subject=LAYLA, person_stage="CHILD", strands=("CSE",), team="PROTECT", reason="why"
        ),
        PersonJoined(mention=LAYLA, role="SUBJECT", role_from=TODAY, reason="why"),
        labels=LABELS,
    )


@pytest.fixture
def flag(case):
    """The story with a flag in a state; the worker asked for it."""

    def brought_to(state):
        return case.given(FLAG_A, *PATHS[state], by=WORKER, labels=LABELS)

    return brought_to


def test_a_flag_is_requested_under_the_labels_of_the_case(case):
    assert case.when(REQUEST, WORKER) == [To(FLAG_A, (REQUESTED,), LABELS)]


def test_the_labels_are_those_the_case_has_today(case):
    case.given(CASE_A, TeamSet(owning_agency="SYP", team="HARBOUR_LIGHT"))

    labels = case.when(REQUEST, WORKER)[0].labels

    assert labels == replace(LABELS, owning_agency="SYP", team="HARBOUR_LIGHT")


def test_a_flag_is_requested_once_under_one_key(case):
    case.tell(REQUEST, WORKER)

    assert case.when(REQUEST, replace(WORKER, command_id=b"the same seed")) == []


def test_the_case_decides_who_may_request_and_the_person_must_be_visible():
    assert (REQUEST.guard(WORKER), REQUEST.refers()) == (CASE_A, (LAYLA,))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"case": named(CASE, "Z")}, ("not-found", "")),
        ({"mention": DEX}, ("mention-not-in-case", "mention")),
        ({"mention": named(MENTION, "Z")}, ("mention-not-in-case", "mention")),
        ({"flag": "NAUGHTY"}, ("unknown-flag", "flag")),
        ({"flag": "SENSITIVE_ADDRESS"}, ("unknown-flag", "flag")),
        ({"review_on": TODAY}, ("date-not-in-future", "review_on")),
        ({"reason": ""}, ("words-missing", "reason")),
    ],
)
def test_requesting_a_flag_is_refused(case, changes, refusal):
    assert case.refusal(changed(REQUEST, **changes), WORKER) == refusal


def test_no_flag_is_requested_on_somebody_whose_last_role_in_the_case_ended(case):
    case.given(
        CASE_A,
        PersonJoined(mention=LAYLA, role="VICTIM", role_from=TODAY, reason="why"),
        PersonRoleEnded(mention=LAYLA, role="SUBJECT", ended_on=TODAY, reason="why"),
    )

    assert case.when(REQUEST, WORKER) != []
    case.given(CASE_A, PersonRoleEnded(mention=LAYLA, role="VICTIM", ended_on=TODAY, reason="why"))
    assert case.refusal(REQUEST, WORKER) == ("mention-not-in-case", "mention")


def test_no_flag_is_requested_in_a_closed_case(case):
    case.given(CASE_A, CaseClosed(reason_code="RISK_REDUCED", reason="Low."))

    assert case.refusal(REQUEST, WORKER) == ("case-closed", "")


@pytest.mark.parametrize(
    ("state", "command", "event"),
    [
        ("requested", APPROVE, APPROVED),
        ("requested", REFUSE, REFUSED),
        ("approved", PLACE, PLACED),
        ("requested", changed(CLEAR, confirmation=""), FlagCleared(reason="No longer needed.")),
        ("approved", changed(CLEAR, confirmation=" "), FlagCleared(reason="No longer needed.")),
        ("placed", CLEAR, CLEARED),
    ],
)
def test_a_flag_goes_from_state_to_state(flag, state, command, event):
    assert flag(state).when(command, MANAGER) == [To(FLAG_A, (event,))]


LEGAL = {
    ("requested", "ApproveFlag"),
    ("requested", "RefuseFlag"),
    ("approved", "PlaceFlag"),
    ("requested", "ClearFlag"),
    ("approved", "ClearFlag"),
    ("placed", "ClearFlag"),
}


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("command", [APPROVE, REFUSE, PLACE, CLEAR], ids=lambda each: type(each).__name__)
def test_every_other_step_is_refused_and_says_what_the_state_is(flag, state, command):
    story = flag(state)

    if (state, type(command).__name__) in LEGAL:
        assert story.when(command, MANAGER) != []
    else:
        assert story.refusal(command, MANAGER) == ("flag-state", "")


@pytest.mark.parametrize("command", [APPROVE, REFUSE])
def test_whoever_asked_for_a_flag_does_not_answer(flag, command):
    assert flag("requested").refusal(command, WORKER) == ("same-person", "")


@pytest.mark.parametrize(
    ("state", "command", "refusal"),
    [
        ("requested", changed(APPROVE, reason=""), ("words-missing", "reason")),
        ("requested", changed(REFUSE, reason=""), ("words-missing", "reason")),
        ("approved", changed(PLACE, agency="INTERPOL"), ("unknown-agency", "agency")),
        ("approved", changed(PLACE, system=" "), ("words-missing", "system")),
        ("approved", changed(PLACE, confirmation=""), ("words-missing", "confirmation")),
        ("approved", changed(PLACE, placed_at=NOW + timedelta(hours=1)), ("time-in-future", "placed_at")),
        ("approved", changed(PLACE, placed_at=datetime(2026, 3, 5, 9)), ("time-without-zone", "placed_at")),
        ("approved", changed(PLACE, reason=""), ("words-missing", "reason")),
        ("placed", changed(CLEAR, confirmation=" "), ("confirmation-missing", "confirmation")),
        ("placed", changed(CLEAR, reason=""), ("words-missing", "reason")),
        ("placed", changed(CLEAR, flag=named(FLAG, "Z")), ("not-found", "")),
        ("placed", changed(CLEAR, flag=CASE_A), ("not-found", "")),
    ],
)
def test_a_step_is_refused(flag, state, command, refusal):
    assert flag(state).refusal(command, MANAGER) == refusal


def test_a_flag_can_be_cleared_after_its_case_was_closed(flag):
    story = flag("placed").given(CASE_A, CaseClosed(reason_code="RISK_REDUCED", reason="Low."))

    assert story.when(CLEAR, MANAGER) != []


def test_a_flag_follows_its_case_to_another_team(flag):
    story = flag("requested")
    moved = TeamSet(owning_agency="GMP", team="SUNRISE")
    story.given(CASE_A, moved)

    assert story.when(MoveFlag(flag=FLAG_A, case=CASE_A), MANAGER) == [To(FLAG_A, (moved,))]


def test_a_flag_that_is_with_the_team_of_its_case_stays(flag):
    assert flag("requested").when(MoveFlag(flag=FLAG_A, case=CASE_A), MANAGER) == []


def test_a_flag_of_another_case_does_not_follow(flag):
    elsewhere = named(CASE, "Z")
    story = flag("requested").given(elsewhere, CaseClosed(reason_code="RISK_REDUCED", reason="Low."), labels=LABELS)

    assert story.refusal(MoveFlag(flag=FLAG_A, case=elsewhere), MANAGER) == ("not-found", "")
