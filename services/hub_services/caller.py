"""Who asks, as the policy and the envelope see them: the account, the role acted in, and why."""

from __future__ import annotations

from typing import Final

import msgspec

from hub_events.condition import Attributes

SYSTEM: Final = "SYSTEM"
HUB: Final = "HUB"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An account in one of its roles, with a purpose; `cases` are the cases it is a member of today."""

    account: str
    agency: str
    role: str
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    purpose: str
    purpose_reference: str = ""
    lawful_basis: str = ""
    basis_reason: str = ""

    @property
    def inboxes(self) -> tuple[str, ...]:
        """Whose notices the caller may open: their own and those of their desks, among them their teams'."""
        return (self.account, *self.desks, *self.teams)

    @property
    def subject(self) -> Attributes:
        """What the policy knows of who asks."""
        return {
            "account": self.account,
            "agency": self.agency,
            "role": self.role,
            "teams": self.teams,
            "desks": (*self.desks, *self.teams),
            "cases": self.cases,
            "inboxes": self.inboxes,
        }

    @property
    def context(self) -> Attributes:
        """What the policy knows of why."""
        return {"purpose": self.purpose, "reference": self.purpose_reference}


def system(purpose: str = "TECHNICAL") -> Caller:
    """The hub itself: its reactions, its timekeeper and its operators' commands that open no content."""
    return Caller(account="system", agency=HUB, role=SYSTEM, roles=(SYSTEM,), purpose=purpose)
