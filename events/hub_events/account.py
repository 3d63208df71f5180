"""Accounts of the people who use the hub, their roles and teams; password hashes are rows of the vault."""

from __future__ import annotations

from hub_events.catalogue import Event, event


@event("account-opened")
class AccountOpened(Event, frozen=True, kw_only=True):
    """Somebody was given an account at an agency, with roles, teams and desks."""

    login: str
    name: str
    agency: str
    roles: tuple[str, ...]
    teams: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()


@event("roles-granted")
class RolesGranted(Event, frozen=True, kw_only=True):
    """An account was given further roles."""

    roles: tuple[str, ...]
    reason: str


@event("roles-withdrawn")
class RolesWithdrawn(Event, frozen=True, kw_only=True):
    """Roles were taken from an account."""

    roles: tuple[str, ...]
    reason: str


@event("account-closed")
class AccountClosed(Event, frozen=True, kw_only=True):
    """An account was closed; it opens nothing from then on."""

    reason: str
