"""Tells the story to a server step by step over demo time, and goes on where a telling was cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from hub_services.asking import Asking
from hub_services.authentication import Authentication
from hub_services.caller import Caller, system
from hub_services.decisions.account import OpenAccount
from hub_services.demo.client import Answer, Client, TellingError
from hub_services.demo.journal import Journal
from hub_services.demo.people import ADMINISTRATOR
from hub_services.demo.step import PASSWORD, Made, Mentioned, Step
from hub_services.demo.story import Story
from hub_services.following import REACTIONS
from hub_services.hub import Hub
from hub_services.refusal import UnsafeSettingError
from hub_services.world import DemoWorld

PATIENCE: Final = 10.0
"""How long, in seconds, is waited for what the hub does by itself: a reaction, a view, the timekeeper."""

OK, ABSENT, MOVED, BUSY = 200, 404, 412, 503


def prepare(hub: Hub, journal: Journal, story: Story) -> None:
    """Set the clock to the story's beginning and give the administrator an account, before there is a server.

    Raises:
        UnsafeSettingError: the hub holds something that is not of the story.
    """
    world = hub.world
    if not isinstance(world, DemoWorld):
        raise UnsafeSettingError("Only a demonstration is told a story.")
    if not journal.begun:
        if hub.log.head():
            raise UnsafeSettingError(
                f"{hub.settings.folder} holds a demonstration of somebody's own; name another folder with --folder.",
            )
        journal.begin()
    if not hub.settings.clock_file.exists():
        world.set_clock(story.steps[0][1].at.astimezone(UTC), beginning=True)
    authentication = Authentication(hub)
    account = authentication.account_stream(ADMINISTRATOR.login)
    if authentication.account(account) is None:
        command = OpenAccount(
            account=account,
            login=ADMINISTRATOR.login,
            name=ADMINISTRATOR.name,
            agency=ADMINISTRATOR.agency,
            roles=(ADMINISTRATOR.role,),
        )
        hub.ask(command, system(), "demonstration administrator")
    if hub.vault.password_hash(account) is None:
        authentication.set_password(account, PASSWORD)
    _recover(hub, journal, story)


def _recover(hub: Hub, journal: Journal, story: Story) -> None:
    """Note a step that was written but not noted when the telling was cut off.

    Sent again with its key it would answer the same, unless the step itself took the record out of its sender's sight.
    """
    step = next((step for _, step in story.steps if step.key not in journal.ids), None)
    if step is None or step.makes or step.until:
        return
    account = Authentication(hub).account_stream(step.by.login)
    sender = Caller(account=account, agency=step.by.agency, role=step.by.role, purpose=step.purpose)
    asking = Asking(hub.log, hub.world, hub.vault.secret("ids"))
    if hub.log.receipt(asking.command_id(sender, step.key)) is not None:
        journal.tell(step.key, "")


class Teller:
    """Sends the steps of a story."""

    def __init__(self, client: Client, journal: Journal, world: DemoWorld, hub: Hub) -> None:
        """Send through `client`, note in `journal`, set the clock of `world`; `hub` is the one that is served."""
        self._client = client
        self._journal = journal
        self._world = world
        self._hub = hub
        self._mentions: dict[str, Mapping[str, str]] = {}

    def tell(self, step: Step) -> Answer:
        """Send a step at its time and return what came of it.

        Raises:
            TellingError: the answer is not the one the story expects.
        """
        if self._world.now() < step.at:
            self._settle()
            self._world.set_clock(step.at.astimezone(UTC))
        if step.until:
            answer = self._wait(step, self._path(step), lambda found: step.until.items() <= found.body.items())
            self._journal.tell(step.key, "")
            return answer
        answer = self._sent(step)
        if answer.status != step.expect:
            raise TellingError(f"{_named(step)}: expected {step.expect}, the hub answered {answer}")
        if step.instruction and not answer.body.get("instruction"):
            raise TellingError(f"{_named(step)}: no 999 instruction was shown")
        self._journal.tell(step.key, str(answer.body["id"]))
        return answer

    def arrive(self, now: datetime) -> None:
        """Let the demonstration reach the real present."""
        self._settle()
        if self._world.now() < now:
            self._world.set_clock(now)
        self._journal.finish()

    def _settle(self) -> None:
        """Wait until what follows from the last step has followed, so that it is dated by the day it belongs to."""
        ends = time.monotonic() + PATIENCE
        while self._hub.views.bookmark(REACTIONS) < self._hub.log.head() and time.monotonic() < ends:
            time.sleep(0.01)

    def _path(self, step: Step) -> str:
        return step.path.format_map(self._journal.ids)

    def _sent(self, step: Step) -> Answer:
        path, body = self._path(step), self._body(step)
        record = "/".join(path.split("/")[:4])
        on_record = record != path
        ends = time.monotonic() + PATIENCE
        while True:
            # Whoever changes a record has read it; and reads it again when somebody else was quicker.
            etag = self._wait(step, record, lambda found: found.status == OK).etag if on_record else ""
            answer = self._client.ask(step.by, step.purpose, "POST", path, body=body, key=step.key, etag=etag)
            if answer.status not in {MOVED, BUSY} or time.monotonic() > ends:
                return answer
            time.sleep(0.05)

    def _wait(self, step: Step, path: str, until: Callable[[Answer], bool]) -> Answer:
        ends = time.monotonic() + PATIENCE
        while True:
            answer = self._client.get(step.by, step.purpose, path)
            if until(answer):
                return answer
            if answer.status not in {OK, ABSENT, BUSY} or time.monotonic() > ends:
                raise TellingError(f"{_named(step)}: GET {path} answered {answer}")
            time.sleep(0.02)

    def _body(self, step: Step) -> Mapping[str, object] | None:
        if step.body is None:
            return None
        return {name: self._said(step, value) for name, value in step.body.items()}

    def _said(self, step: Step, value: object) -> object:
        match value:
            case Made(step=key):
                return self._journal.ids[key]
            case Mentioned(step=key, as_said=words):
                return self._mentioned(step, self._journal.ids[key], words)
            case _:
                return value

    def _mentioned(self, step: Step, report: str, words: str) -> str:
        if report not in self._mentions:
            path = f"/v1/reports/{report}/mentions"
            answer = self._wait(step, path, lambda answer: answer.status == OK and bool(answer.body["items"]))
            self._mentions[report] = {each["as_said"]: each["id"] for each in answer.body["items"]}
        try:
            return self._mentions[report][words]
        except KeyError:
            raise TellingError(f"{_named(step)}: the report does not speak of {words}") from None


def _named(step: Step) -> str:
    return f"{step.key} (POST {step.path} by {step.by.name})"
