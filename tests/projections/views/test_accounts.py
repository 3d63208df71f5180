"""The accounts of a hub, for its administrators."""

from __future__ import annotations

from hub_events.account import AccountClosed, AccountOpened, RolesGranted, RolesWithdrawn
from hub_events.envelope import Labels
from hub_events.label import TeamSet
from hub_events.stream import ACCOUNT
from hub_projections.views.accounts import list_accounts

HOME = Labels(owning_agency="MCC")


def opened(story, login, **more):
    fields = {"agency": "MCC", "roles": ("SOCIAL_WORKER",), "teams": ("PROTECT",), "desks": ("MCC",), **more}
    account = story.named(ACCOUNT, login.replace(".", "-"))
    story.given(account, AccountOpened(login=login, name=login.title(), **fields), labels=HOME)
    return account


def administrator(story):
    return story.somebody("ADMINISTRATOR")


def listed(story, caller=None, **how):
    return story.ask(list_accounts, caller or administrator(story), **how)


def test_an_account_is_shown_with_what_it_holds_today(story):
    account = opened(story, "a.lister", roles=("SOCIAL_WORKER", "EARLY_HELP_PRACTITIONER"))
    story.given(account, RolesGranted(roles=("MANAGER", "SOCIAL_WORKER"), reason="Promoted"))
    story.given(account, RolesWithdrawn(roles=("EARLY_HELP_PRACTITIONER", "AUDITOR"), reason="Promoted"))
    (line,) = listed(story)
    assert (line.account, line.login, line.name, line.agency) == (account, "a.lister", "A.Lister", "MCC")
    assert (line.roles, line.teams, line.desks) == (("MANAGER", "SOCIAL_WORKER"), ("PROTECT",), ("MCC",))
    assert (line.opened_at, line.closed_at, line.closed) == (story.minute(0), None, False)


def test_a_closed_account_stays_in_the_list_with_the_time_it_was_closed(story):
    account = opened(story, "a.lister", teams=(), desks=())
    story.given(account, AccountClosed(reason="Left"), at=story.minute(30))
    story.given(account, TeamSet(owning_agency="MCC", team=""))
    (line,) = listed(story)
    assert (line.closed_at, line.closed, line.teams, line.desks) == (story.minute(30), True, (), ())


def test_accounts_are_listed_by_login_in_pages(story):
    logins = ["zoe", "amy", "m.lee", "bob", "kim"]
    for login in logins:
        opened(story, login)
    found, after = [], None
    while page := listed(story, after=after, limit=2):
        found += [line.login for line in page]
        after = page[-1].place
        assert 0 <= after[0] < 2**63
    assert found == sorted(logins)


def test_others_see_no_account_not_even_their_own(story):
    own = opened(story, "amy")
    opened(story, "zoe")
    assert listed(story, story.somebody("SOCIAL_WORKER", account=own)) == []
    for caller in (story.supervisor, story.manager, story.somebody("AUDITOR"), story.somebody("SOCIAL_WORKER")):
        assert listed(story, caller) == []
    assert listed(story, story.somebody("ADMINISTRATOR", purpose="")) == []


def test_a_page_after_an_account_that_is_not_there_is_empty(story):
    opened(story, "amy")
    assert listed(story, after=(0, story.named(ACCOUNT, "nobody"))) == []


def test_the_order_between_streams_does_not_matter(told, same_in_any_order):
    for login in ("amy", "bob", "kim"):
        account = opened(told, login)
        told.given(account, RolesGranted(roles=("MANAGER",), reason="Promoted"))
    told.given(account, RolesWithdrawn(roles=("MANAGER",), reason="Error"), AccountClosed(reason="Left"))
    assert len(same_in_any_order(told, "accounts")["account"]) == 3
