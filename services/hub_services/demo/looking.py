"""Looking at the hub: what a person is answered, or the end of the demonstration when it is not what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console

from hub_services.demo.client import Answer, Client, TellingError
from hub_services.demo.journal import Journal
from hub_services.demo.people import PEOPLE
from hub_services.demo.step import Person

OK: Final = 200


@dataclass(frozen=True)
class Looking:
    """The terminal, the client and the ids of the story."""

    console: Console
    client: Client
    journal: Journal
    fresh: bool
    """Whether the story was told just now: later the hub may have been used, and need not be as the story left it."""

    def id(self, step: str) -> str:
        """Return the id of what a step made."""
        return self.journal.ids[step]

    def at(self, person: Person, purpose: str, path: str, **query: str) -> Mapping[str, Any]:
        """Return what a person is shown.

        Raises:
            TellingError: it is not shown.
        """
        return self.answered(OK, person, purpose, path, **query).body

    def answered(self, status: int, person: Person, purpose: str, path: str, **query: str) -> Answer:
        """Return an answer that has to be of a status, so long as nobody else has used the hub.

        Raises:
            TellingError: it is of another.
        """
        found = self.client.get(person, purpose, path.format_map(self.journal.ids), **query)
        if found.status != status and (self.fresh or status == OK):
            raise TellingError(f"GET {path} as {person.name}: expected {status}, the hub answered {found}")
        return found

    def name(self, account: str) -> str:
        """Return the name of whom an account belongs to."""
        return next((each.name for each in PEOPLE if self.id(f"account-{each.login}") == account), account)

    def expect(self, held: object, what: str) -> None:
        """End the demonstration when something it shows is not so.

        Raises:
            TellingError: it is not.
        """
        if self.fresh and not held:
            raise TellingError(f"This should have been so, and is not: {what}")
