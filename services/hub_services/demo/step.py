"""What a story is made of: people with accounts, and dated steps, each a request one of them sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub_events.reference import table

PASSWORD = "demonstration-only"  # noqa: S105 -- of invented people in a folder no real profile will serve


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account: an invented name, what they are, and what the hub is told of them."""

    login: str
    name: str
    title: str
    agency: str
    role: str
    contact: str = ""
    team: str = ""
    desk: str = ""

    @property
    def agency_label(self) -> str:
        """The agency's name."""
        return table("agencies").get(self.agency).label

    @property
    def role_label(self) -> str:
        """The role's name."""
        return table("roles").get(self.role).label


@dataclass(frozen=True)
class Made:
    """Stands for the id of what a step made."""

    step: str


@dataclass(frozen=True)
class Mentioned:
    """Stands for the id of a mention in the report a step made, found by its words."""

    step: str
    as_said: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request: its key, when and by whom it is sent and why, and the status it must be answered with.

    `path` names the ids that other steps made as `{key of the step}`. A step with `until` writes nothing: it asks again
    until the answer has that value, for what the hub does by itself.
    """

    key: str
    at: datetime
    by: Person
    purpose: str
    says: str
    path: str
    body: Mapping[str, object] | None = None
    expect: int = 200
    instruction: bool = False
    until: Mapping[str, object] = field(default_factory=dict)

    @property
    def makes(self) -> bool:
        """Whether the step makes a record rather than adding to one."""
        return self.expect == 201  # noqa: PLR2004 -- as RFC 9110 says it


@dataclass(frozen=True)
class Thread:
    """One of the stories, told beside the others: a title and its steps."""

    title: str
    steps: tuple[Step, ...]
