"""Accounts: opened, given and deprived of roles, closed; the fold that says who somebody is when they ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from hub_events.account import AccountClosed, AccountOpened, RolesGranted, RolesWithdrawn
from hub_events.catalogue import Event
from hub_events.envelope import Labels
from hub_events.reference import table
from hub_events.stream import Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import all_in_force, today, worded
from hub_services.decisions.routing import HUB_DUTY
from hub_services.refusal import RefusedError

LOGIN: Final = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*\Z")
"""Small letters only, so that no two logins differ in their case alone."""

LONGEST_LOGIN: Final = 64


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as its events leave it; `desks` are those it was given and its teams, which are desks too."""

    login: str
    name: str
    agency: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    desks: tuple[str, ...]
    closed: bool = False

    @classmethod
    def of(cls, events: Iterable[Event]) -> Account | None:
        """Fold the events of an account's stream; `None` when it was never opened."""
        account: Account | None = None
        for event in events:
            match event:
                case AccountOpened(login=login, name=name, agency=agency, roles=roles, teams=teams, desks=desks):
                    account = cls(
                        login=login,
                        name=name,
                        agency=agency,
                        roles=_set(roles),
                        teams=_set(teams),
                        desks=_set((*desks, *teams)),
                    )
                case RolesGranted(roles=roles) if account is not None:
                    account = replace(account, roles=_set((*account.roles, *roles)))
                case RolesWithdrawn(roles=roles) if account is not None:
                    account = replace(account, roles=_set(set(account.roles).difference(roles)))
                case AccountClosed() if account is not None:
                    account = replace(account, closed=True)
                case _:
                    pass
        return account


def _set(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))


def _opened(past: Past, name: Stream) -> Account:
    account = Account.of(past.events(name))
    if account is None:
        raise RefusedError("not-found", "There is no such account.")
    return account


def _open(past: Past, name: Stream) -> Account:
    account = _opened(past, name)
    if account.closed:
        raise RefusedError("account-closed", "This account is closed; open one under another login.")
    return account


@dataclass(frozen=True, kw_only=True)
class OpenAccount(Command):
    """Give somebody an account at an agency, with roles, teams and desks; its stream is made from the login."""

    action: ClassVar[str] = "administer-accounts"
    account: Stream
    login: str
    name: str
    agency: str
    roles: tuple[str, ...]
    teams: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()

    def about(self, by: By) -> Stream:
        """The account."""
        del by
        return self.account

    def decide(self, past: Past, by: By) -> list[To]:
        """Open it; a login is never given a second time, not even when its account was closed.

        Asking for the very same account again is refused too: a first password comes with it, and must not become a
        way to replace somebody's password.
        """
        if past.events(self.account):
            raise RefusedError("login-taken", "This login has been given to somebody; choose another.")
        if len(self.login) > LONGEST_LOGIN or LOGIN.match(self.login) is None:
            raise RefusedError(
                "login-form",
                f"A login is small letters and digits, joined by . _ or -, at most {LONGEST_LOGIN}; such as a.lister.",
                field="login",
            )
        opened = AccountOpened(
            login=self.login,
            name=worded(self.name, "name"),
            agency=all_in_force("agencies", (self.agency,), by, refusal="unknown-agency", field="agency")[0],
            roles=all_in_force("roles", self.roles, by, refusal="unknown-role", field="roles"),
            teams=all_in_force("teams", self.teams, by, refusal="unknown-team", field="teams"),
            desks=_desks(self.desks, by),
        )
        if not opened.roles:
            raise RefusedError(
                "role-missing", "An account has at least one role; without one it opens nothing.", field="roles"
            )
        labels = Labels(owning_agency=opened.agency, addressees=(self.account,))
        return [To(self.account, (opened,), labels)]


def _desks(codes: Iterable[str], by: By) -> tuple[str, ...]:
    """Return desks as a sorted set; a desk bears the code of a team or an agency, or is the hub's duty desk."""
    on = today(by)
    for code in codes:
        if code != HUB_DUTY and not table("teams").has(code, on) and not table("agencies").has(code, on):
            raise RefusedError("unknown-desk", f"{code!r} is no team, no agency and not {HUB_DUTY}.", field="desks")
    return _set(codes)


@dataclass(frozen=True, kw_only=True)
class GrantRoles(Command):
    """Give an account further roles."""

    action: ClassVar[str] = "administer-accounts"
    account: Stream
    roles: tuple[str, ...]
    reason: str

    def about(self, by: By) -> Stream:
        """The account."""
        del by
        return self.account

    def decide(self, past: Past, by: By) -> list[To]:
        """Grant those it lacks."""
        held = _open(past, self.account).roles
        roles = all_in_force("roles", self.roles, by, refusal="unknown-role", field="roles")
        lacking = tuple(role for role in roles if role not in held)
        if not lacking:
            return []
        return [To(self.account, (RolesGranted(roles=lacking, reason=worded(self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class WithdrawRoles(Command):
    """Take roles from an account."""

    action: ClassVar[str] = "administer-accounts"
    account: Stream
    roles: tuple[str, ...]
    reason: str

    def about(self, by: By) -> Stream:
        """The account."""
        del by
        return self.account

    def decide(self, past: Past, by: By) -> list[To]:
        """Withdraw those it has; a role may be withdrawn although nobody is given it any more."""
        del by
        held = _open(past, self.account).roles
        for role in self.roles:
            if not table("roles").has(role):
                raise RefusedError("unknown-role", f"{role!r} is no role.", field="roles")
        taken = tuple(role for role in held if role in self.roles)
        if not taken:
            return []
        return [To(self.account, (RolesWithdrawn(roles=taken, reason=worded(self.reason)),))]


@dataclass(frozen=True, kw_only=True)
class CloseAccount(Command):
    """Close an account for good."""

    action: ClassVar[str] = "administer-accounts"
    account: Stream
    reason: str

    def about(self, by: By) -> Stream:
        """The account."""
        del by
        return self.account

    def decide(self, past: Past, by: By) -> list[To]:
        """Close it unless it is closed."""
        del by
        if _opened(past, self.account).closed:
            return []
        return [To(self.account, (AccountClosed(reason=worded(self.reason)),))]
