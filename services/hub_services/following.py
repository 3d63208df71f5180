"""Followers, reactions and the timekeeper of an open hub, run by whoever holds the lock on the data folder."""

from __future__ import annotations

import fcntl
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final

from hub_events.condition import Known
from hub_events.envelope import Recorded
from hub_projections.views.flags import flags_of
from hub_services.caller import system
from hub_services.hub import Hub
from hub_services.reactions import reactions
from hub_services.refusal import RefusedError, UnavailableError
from hub_services.timekeeper import due_commands

LOOK_SECONDS: Final = 0.05
TICK_SECONDS: Final = 0.5
PAGE: Final = 500
REACTIONS: Final = "reactions"
RECEIPTS_ARE_KEPT_DAYS: Final = 30

logger = logging.getLogger(__name__)


class Following:
    """Keeps an open hub's views up with its log and does what follows from events and from time."""

    def __init__(self, hub: Hub) -> None:
        """Follow for a hub; nothing runs before `start` or `settle`."""
        self._hub = hub
        self._stop = Event()
        self._threads: list[Thread] = []
        self._lock = -1
        self._receipts_forgotten_on = 0
        self._warned_of: set[str] = set()
        self.failures: dict[str, str] = {}

    @property
    def owner(self) -> bool:
        """Whether this process holds the lock on the data folder."""
        return self._lock >= 0

    def take_lock(self) -> bool:
        """Take the lock on the data folder if nobody holds it."""
        if self.owner:
            return True
        descriptor = os.open(self._hub.settings.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        self._hub.runner.open()
        return True

    def start(self) -> None:
        """Run in threads until `stop`; when another process holds the lock, wait for it in the background."""
        for name, work in (("views", self._follow), ("reactions", self._react), ("timekeeper", self._keep_time)):
            thread = Thread(target=self._run, args=(name, work), name=f"hub-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _run(self, name: str, work: object) -> None:
        while not self._stop.is_set():
            try:
                if name == "views":
                    self.take_lock()
                if self.owner:
                    work()  # type: ignore[operator]
                    self.failures.pop(name, None)
            except Exception as error:  # noqa: BLE001 -- a follower must outlive what it met; health says what it was
                self.failures[name] = type(error).__name__
                logger.warning("the %s stopped for a moment: %s", name, type(error).__name__)
                self._stop.wait(1)
            if name == "views" and self.owner:
                self._wait_for_log()
            else:
                self._stop.wait(LOOK_SECONDS if name == REACTIONS else TICK_SECONDS)

    def _wait_for_log(self) -> None:
        if self._hub.log.head() <= self._hub.runner.position:
            self._hub.log.wait(LOOK_SECONDS)

    def _follow(self) -> None:
        self._hub.runner.catch_up()

    def _react(self) -> None:
        """React to what the views have taken in, so that a reaction never runs ahead of what a person can see."""
        hub = self._hub
        position = hub.views.bookmark(REACTIONS)
        while position < hub.runner.position and not self._stop.is_set():
            page = hub.source.after(position, PAGE, hub.runner.position)
            for recorded in page:
                self._react_to(recorded)
            position = page[-1].position
            hub.views.keep_bookmark(REACTIONS, position)

    def _react_to(self, recorded: Recorded) -> None:
        for name, command in reactions(recorded, self._flags_of):
            # A refusal is an answer: what was to follow no longer can, because of a later event.
            with suppress(RefusedError):
                self._hub.ask(command, system(), f"{name} {recorded.position}", causation=recorded.position)

    def _flags_of(self, case: str) -> list[str]:
        with self._hub.views.reading() as reader:
            return [flag.flag for flag in flags_of(reader, Known(answer=True), case)]

    def _keep_time(self) -> None:
        hub = self._hub
        with hub.views.reading() as reader:
            due = due_commands(reader, hub.world.now())
        for key, command in due:
            try:
                hub.ask(command, system(), key)
            except RefusedError:
                continue
            except UnavailableError as error:
                # One damaged record must not stop the deadlines of all others; its stream is in quarantine.
                if key not in self._warned_of:
                    logger.warning("a deadline could not be kept: %s", error.code)
                    self._warned_of.add(key)
        self._forget_receipts()
        # While somebody reads an older page of the views it stays; the next tick tries again.
        with suppress(UnavailableError):
            hub.forget_old_pages()

    def _forget_receipts(self) -> None:
        today = (self._hub.world.now() - datetime(1970, 1, 1, tzinfo=UTC)).days
        if today != self._receipts_forgotten_on:
            self._hub.log.forget_receipts(today - RECEIPTS_ARE_KEPT_DAYS)
            self._receipts_forgotten_on = today

    def settle(self) -> None:
        """Do all that is to be done now, in this thread: views, reactions, what is due, until nothing is new.

        Raises:
            UnavailableError: another process holds the lock.
        """
        if not self.take_lock():
            raise UnavailableError("followed-elsewhere", "Another process follows this hub's log.")
        before = -1
        while before != self._hub.log.head():
            before = self._hub.log.head()
            self._follow()
            self._react()
            self._keep_time()

    def stop(self) -> None:
        """Stop the threads and give up the lock."""
        self._stop.set()
        self._hub.log.wake()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads.clear()
        if self.owner:
            os.close(self._lock)
            self._lock = -1
