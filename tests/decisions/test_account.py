"""An account: opened once for a login, given and deprived of roles, closed; and the fold that says who somebody is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_events.account import AccountClosed, AccountOpened, RolesGranted, RolesWithdrawn
from hub_events.envelope import Labels
from hub_events.notice import NoticeOpened
from hub_events.stream import ACCOUNT, NOTICE, Stream
from hub_services.decisions.account import Account, CloseAccount, GrantRoles, OpenAccount, WithdrawRoles
from hub_services.decisions.decision import By, To

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
SYSTEM = By(account="system", agency="HUB", role="SYSTEM", now=NOW, seed=b"system", command_id=b"now")
AGAIN = replace(SYSTEM, command_id=b"again")
RUTH = Stream("account:" + "R" * 22)

OPEN = OpenAccount(
    account=RUTH,
    login="r.okafor",
    name=" Ruth Okafor ",
    agency="GMP",
    roles=("SPECIALIST_SUPERVISOR", "REFERRER", "REFERRER"),
    teams=("PROTECT",),
    desks=("HUB_DUTY",),
)
GRANT = GrantRoles(account=RUTH, roles=("REFERRER", "MANAGER"), reason="Promoted.")
WITHDRAW = WithdrawRoles(account=RUTH, roles=("REFERRER", "MANAGER"), reason="Left the team.")
CLOSE = CloseAccount(account=RUTH, reason="Left the force.")

OPENED = AccountOpened(
    login="r.okafor",
    name="Ruth Okafor",
    agency="GMP",
    roles=("REFERRER", "SPECIALIST_SUPERVISOR"),
    teams=("PROTECT",),
    desks=("HUB_DUTY",),
)


def changed(command, **fields):
    return type(command)(**(vars(command) | fields))


@pytest.fixture
def opened(story):
    return story.given(RUTH, OPENED)


def test_an_account_is_opened_at_an_agency_and_is_open_to_its_owner(story):
    labels = Labels(owning_agency="GMP", addressees=(RUTH,))

    assert story.when(OPEN, SYSTEM) == [To(RUTH, (OPENED,), labels)]


@pytest.mark.parametrize("login", ["a", "ruth", "r.okafor", "r-okafor_2", "a" * 64])
def test_a_login_is_short_and_plain(story, login):
    assert story.when(changed(OPEN, login=login), SYSTEM)[0].events[0].login == login


@pytest.mark.parametrize(
    "login", ["", "R.Okafor", "2ruth", ".ruth", "ruth.", "r..o", "ruth okafor", "rúth", "ruth\n", "a" * 65]
)
def test_another_login_is_refused(story, login):
    assert story.refusal(changed(OPEN, login=login), SYSTEM) == ("login-form", "login")


@pytest.mark.parametrize("desk", ["HUB_DUTY", "SUNRISE", "MANCHESTER_CSC"])
def test_a_desk_is_a_teams_an_agencys_or_the_hubs(story, desk):
    assert story.when(changed(OPEN, desks=(desk,)), SYSTEM)[0].events[0].desks == (desk,)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": " "}, ("words-missing", "name")),
        ({"agency": "INTERPOL"}, ("unknown-agency", "agency")),
        ({"agency": "UKBA"}, ("unknown-agency", "agency")),
        ({"roles": ("SUPERUSER",)}, ("unknown-role", "roles")),
        ({"roles": ()}, ("role-missing", "roles")),
        ({"teams": ("IGMU",)}, ("unknown-team", "teams")),
        ({"desks": ("RECEPTION",)}, ("unknown-desk", "desks")),
    ],
)
def test_opening_an_account_is_refused(story, changes, refusal):
    assert story.refusal(changed(OPEN, **changes), SYSTEM) == refusal


@pytest.mark.parametrize("events", [(), (AccountClosed(reason="Left."),)])
def test_a_login_is_given_once_and_never_again(opened, events):
    opened.given(RUTH, *events)

    assert opened.refusal(OPEN, SYSTEM) == ("login-taken", "")


def test_roles_are_granted_that_the_account_lacks(opened):
    granted = RolesGranted(roles=("MANAGER",), reason="Promoted.")

    assert opened.when(GRANT, SYSTEM) == [To(RUTH, (granted,))]


def test_roles_are_withdrawn_that_the_account_has(opened):
    withdrawn = RolesWithdrawn(roles=("REFERRER",), reason="Left the team.")

    assert opened.when(WITHDRAW, SYSTEM) == [To(RUTH, (withdrawn,))]


@pytest.mark.parametrize("command", [GRANT, WITHDRAW, CLOSE], ids=lambda each: type(each).__name__)
def test_what_was_done_is_not_done_again(opened, command):
    opened.tell(command, SYSTEM)

    assert opened.when(command, AGAIN) == []


def test_an_account_is_closed(opened):
    assert opened.when(CLOSE, SYSTEM) == [To(RUTH, (AccountClosed(reason="Left the force."),))]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (changed(GRANT, roles=("SUPERUSER",)), ("unknown-role", "roles")),
        (changed(GRANT, reason=""), ("words-missing", "reason")),
        (changed(WITHDRAW, roles=("SUPERUSER",)), ("unknown-role", "roles")),
        (changed(WITHDRAW, reason=""), ("words-missing", "reason")),
        (changed(CLOSE, reason=""), ("words-missing", "reason")),
    ],
)
def test_changing_an_account_is_refused(opened, command, refusal):
    assert opened.refusal(command, SYSTEM) == refusal


@pytest.mark.parametrize("command", [GRANT, WITHDRAW, CLOSE], ids=lambda each: type(each).__name__)
def test_an_account_that_was_never_opened_is_not_found(story, command):
    assert story.refusal(command, SYSTEM) == ("not-found", "")


@pytest.mark.parametrize("command", [GRANT, WITHDRAW], ids=lambda each: type(each).__name__)
def test_a_closed_account_gets_and_loses_no_roles(opened, command):
    opened.given(RUTH, AccountClosed(reason="Left."))

    assert opened.refusal(command, SYSTEM) == ("account-closed", "")


def test_an_account_serves_the_desks_it_was_given_and_those_of_its_teams():
    account = Account.of([OPENED])

    assert account == Account(
        login="r.okafor",
        name="Ruth Okafor",
        agency="GMP",
        roles=("REFERRER", "SPECIALIST_SUPERVISOR"),
        teams=("PROTECT",),
        desks=("HUB_DUTY", "PROTECT"),
    )


def test_an_account_has_the_roles_it_was_given_and_not_those_it_lost():
    account = Account.of(
        [OPENED, RolesGranted(roles=("MANAGER",), reason=""), RolesWithdrawn(roles=("REFERRER",), reason="")]
    )

    assert account.roles == ("MANAGER", "SPECIALIST_SUPERVISOR")


def test_a_closed_account_says_so():
    assert Account.of([OPENED, AccountClosed(reason="Left.")]).closed


@pytest.mark.parametrize(
    "events",
    [[], [NoticeOpened(opened_by="system")], [RolesGranted(roles=("MANAGER",), reason=""), AccountClosed(reason="")]],
)
def test_what_was_never_opened_is_no_account(events):
    assert Account.of(events) is None


def test_another_kind_of_stream_is_no_account(story):
    notice = Stream(NOTICE + ":" + "A" * 22)
    story.given(notice, NoticeOpened(opened_by="system"))

    assert story.refusal(changed(CLOSE, account=notice), SYSTEM) == ("not-found", "")
    assert RUTH.startswith(ACCOUNT)


roles = st.lists(st.sampled_from(["REFERRER", "MANAGER", "ANALYST"]), min_size=1).map(tuple)


@settings(deadline=None)
@given(asked=st.lists(st.tuples(st.sampled_from([GrantRoles, WithdrawRoles]), roles)))
def test_the_roles_of_an_account_are_those_granted_last(new_story, asked):
    story, held = new_story().given(RUTH, OPENED), set(OPENED.roles)
    for kind, named in asked:
        story.tell(kind(account=RUTH, roles=named, reason="why"), replace(SYSTEM, command_id=b""))
        held = held | set(named) if kind is GrantRoles else held - set(named)

    assert Account.of([each.event for each in story.streams[RUTH]]).roles == tuple(sorted(held))
