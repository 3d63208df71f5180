"""The composition root: opens a hub in its data folder and holds its parts together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Final, Self

import sqlalchemy as sa
import sqlcipher3.dbapi2 as driver
from sqlalchemy.pool import QueuePool

from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_events.operation import EventSetAside, StreamErased
from hub_events.stream import Stream
from hub_projections.database import Reader, ViewDatabase
from hub_projections.runner import Progress, Runner, unheard
from hub_projections.views import all_views
from hub_services import policy, sqlite
from hub_services.asking import NOT_FOUND, Answer, Asking
from hub_services.caller import Caller, system
from hub_services.decisions.decision import Command, Past
from hub_services.decisions.operation import ALL_SET_ASIDE, EraseStream, SetEventAside
from hub_services.log import Log
from hub_services.log.frame import TamperedError
from hub_services.log.recorder import SQLiteRecorder
from hub_services.refusal import RefusedError, UnavailableError, UnsafeSettingError
from hub_services.settings import DEMONSTRATION, Settings
from hub_services.vault import Vault, read_master_key
from hub_services.world import DemoWorld, World

WAIT_SECONDS: Final = 2.0
OLD_PAGES_WAIT_MILLISECONDS: Final = 100
CHECKPOINT_AGAIN_SECONDS: Final = 0.01


class LogSource:
    """The log as the runner reads it."""

    def __init__(self, log: Log) -> None:
        """Read from a log."""
        self._log = log

    def after(self, position: int, limit: int, upto: int | None = None) -> list[Recorded]:
        """Return a page, with `Unreadable` in place of rows that do not open."""
        return self._log.follow(position, limit, upto)

    def head(self) -> int:
        """The position of the last event."""
        return self._log.head()


def view_engine(path: Path, key: bytes) -> sa.Engine:
    """Make the engine of the views' encrypted file; views are disposable, so they need not survive a power cut."""
    return sa.create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: _view_connection(path, key),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=1,
    )


def _view_connection(path: Path, key: bytes) -> sqlite.Connection:
    connection = sqlite.connect(path, raw_key=key)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def migrate(settings: Settings) -> None:
    """Make a hub's files in its data folder, or bring older ones up to this code; the only place that makes tables.

    Raises:
        UnsafeSettingError: the master key cannot be read.
    """
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.profile == DEMONSTRATION and not settings.log_file.exists():
        settings.mark_file.touch()
    master_key = read_master_key(settings.master_key_file)
    Vault.migrate(settings.vault_file, master_key)
    SQLiteRecorder.migrate(settings.log_file)
    vault = Vault(settings.vault_file, master_key)
    try:
        engine = view_engine(settings.views_file, vault.secret("views"))
        ViewDatabase(engine, all_views()).migrate()
        engine.dispose()
    finally:
        vault.close()


class Hub:
    """An open hub: its log, vault and views, and what can be asked of it."""

    def __init__(self, settings: Settings, world: World | None = None) -> None:
        """Open a hub whose files `migrate` has made.

        Raises:
            UnsafeSettingError: a file is missing or a setting is unsafe.
        """
        for file in (settings.log_file, settings.vault_file, settings.views_file):
            if not file.exists():
                raise UnsafeSettingError(f"There is no {file.name} in {settings.folder}; `hub migrate` makes it.")
        self.settings = settings
        self.world = world or (DemoWorld(settings.clock_file) if settings.profile == DEMONSTRATION else World())
        self.vault = Vault(settings.vault_file, read_master_key(settings.master_key_file))
        self.log = Log(
            settings.log_file,
            self.vault,
            synchronous=settings.synchronous,
            journal_mode=settings.journal_mode,
            random=self.world.random,
        )
        self._engine = view_engine(settings.views_file, self.vault.secret("views"))
        self.views = ViewDatabase(self._engine, all_views())
        self.source = LogSource(self.log)
        self.runner = Runner(self.views, self.source, self.set_aside_events, self._destroy)
        self._asking = Asking(self.log, self.world, self.vault.secret("ids"))
        self._old_pages = True

    def ask(
        self,
        command: Command,
        caller: Caller,
        key: str,
        *,
        fingerprint: bytes = b"",
        expected: int | None = None,
        causation: int = 0,
    ) -> Answer:
        """Do what a command says, once for each key of its caller; see `Asking.ask`."""
        return self._asking.ask(
            command,
            caller,
            key,
            fingerprint=fingerprint,
            expected=expected,
            causation=causation,
        )

    @contextmanager
    def reading(self, caller: Caller, action: str, position: int = 0) -> Iterator[tuple[Reader, Condition]]:
        """Lend a snapshot of the views and the condition on labels for a query that `may` allows.

        Args:
            caller: who asks.
            action: what is asked.
            position: the views must stand at this position or later.

        Raises:
            RefusedError: the policy says no.
            UnavailableError: the views do not get to the position in time.
        """
        decision = policy.may(caller, action)
        if not decision.allowed and policy.hopeless(caller, action):
            raise RefusedError("not-permitted", decision.sentence)
        self.wait_for(position)
        with self.views.reading() as reader:
            yield reader, policy.visible(caller, "view")

    def wait_for(self, position: int) -> None:
        """Wait until the views stand at a position.

        Raises:
            UnavailableError: they do not get there within two seconds.
        """
        if position and not self.runner.wait_for(position, WAIT_SECONDS):
            raise UnavailableError("not-yet-visible", "What you wrote is not visible yet; please ask again.")

    def allow(self, caller: Caller, action: str) -> None:
        """Ask `may` for an action that is about no stream.

        Raises:
            RefusedError: the policy says no.
        """
        decision = policy.may(caller, action)
        if not decision.allowed:
            raise RefusedError("not-permitted", decision.sentence)

    def past(self, caller: Caller, stream: str, action: str = "view") -> Past:
        """Return a stream's past for a caller who may see it.

        Raises:
            RefusedError: it does not exist, or may not be seen, which answer alike.
            UnavailableError: a part of it is not what was written.
        """
        try:
            past = Past({stream: self.log.past(stream)})
        except TamperedError as error:
            raise UnavailableError("record-damaged", "A part of this record is not what was written.") from error
        labels = past.labels(stream)
        decision = policy.may(caller, action, stream, labels)
        if labels is None or not decision.allowed:
            if policy.hopeless(caller, action):
                raise RefusedError("not-permitted", decision.sentence)
            raise RefusedError("not-found", NOT_FOUND)
        return past

    def erase(self, stream: Stream, reason: str, authority: str, caller: Caller, key: str) -> Answer:
        """Erase a stream: its key is destroyed, and every row version that came from it is deleted from every view.

        Raises:
            RefusedError: the policy or the rules say no.
        """
        answer = self.ask(EraseStream(erased=stream, reason=reason, authority=authority), caller, key)
        self.wait_for(answer.position)
        self.checkpoint_views()
        return answer

    def _destroy(self, erased: StreamErased) -> None:
        self._old_pages = True
        self.vault.destroy_key(erased.key_id)

    def checkpoint_views(self, wait_milliseconds: int = sqlite.BUSY_MILLISECONDS) -> None:
        """Empty the write-ahead log of the views, so that no older page still holds what was deleted.

        Args:
            wait_milliseconds: how long to wait for readers of older pages; nobody can write the views meanwhile.

        Raises:
            UnavailableError: somebody is reading an older page; what was deleted is gone from every newer one.
        """
        ends = monotonic() + wait_milliseconds / 1000
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_milliseconds}")
            try:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                while busy and monotonic() < ends:
                    # SQLite does not wait for another checkpoint that is under way, only for readers.
                    sleep(CHECKPOINT_AGAIN_SECONDS)
                    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {sqlite.BUSY_MILLISECONDS}")
        if busy:
            raise UnavailableError("views-busy", "Somebody still reads an older page of the views; please ask again.")

    def forget_old_pages(self) -> None:
        """Let no older page of the views hold what was erased, by this process or by one that was cut off before it.

        Raises:
            UnavailableError: somebody is reading an older page; asking again does the rest.
        """
        if self._old_pages:
            # Before, not after: what is erased meanwhile leaves older pages of its own.
            self._old_pages = False
            try:
                self.checkpoint_views(OLD_PAGES_WAIT_MILLISECONDS)
            except BaseException:
                self._old_pages = True
                raise

    def set_aside_events(self) -> frozenset[tuple[str, int]]:
        """The events, by stream and version, that no view is to take in."""
        return frozenset(
            (recorded.event.stream, recorded.event.version)
            for recorded in self.log.past(ALL_SET_ASIDE)
            if isinstance(recorded.event, EventSetAside)
        )

    def set_aside(self, stream: str, version: int, reason: str) -> None:
        """Set an event aside that no view can take in, and rebuild the views it stopped."""
        stopped = {row["view"] for row in self.views.quarantine() if row["stream"] == stream}
        command = SetEventAside(stream=Stream(stream), version=version, reason=reason)
        self.ask(command, system(), f"set-aside {stream} {version}")
        self.rebuild(sorted(stopped))

    def rebuild(self, views: list[str], progress: Progress = unheard) -> None:
        """Rebuild views beside the live ones and swap them in."""
        if views:
            self.runner.rebuild(views, progress)

    def close(self) -> None:
        """Close the hub's files."""
        self.log.close()
        self._engine.dispose()
        self.vault.close()

    def __enter__(self) -> Self:
        """Return the hub."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the hub."""
        self.close()


Opener = Callable[[], Hub]
