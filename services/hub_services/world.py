"""The world outside the hub: the clock and randomness, in one place, so that everything else is repeatable."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub_services.refusal import UnsafeSettingError


class World:
    """The real clock and the operating system's randomness."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def random(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)


class DemoWorld(World):
    """The world of a demonstration: its clock is the real one moved by an amount a file holds, only ever forwards."""

    def __init__(self, path: Path, real_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Keep the clock's offset in a file of the demonstration's data folder."""
        self._path = path
        self._real_now = real_now
        self._read_at = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        """The time of the demonstration, in UTC."""
        try:
            changed_at = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._real_now()
        if changed_at != self._read_at:
            self._offset = timedelta(microseconds=int(self._path.read_text(encoding="ascii")))
            self._read_at = changed_at
        return self._real_now() + self._offset

    def set_clock(self, moment: datetime) -> None:
        """Set the demonstration's clock forwards.

        Raises:
            UnsafeSettingError: the moment lies before the demonstration's present.
        """
        if self._path.exists() and moment < self.now():
            raise UnsafeSettingError(f"The clock of a demonstration goes forwards only; it is past {moment:%d %B %Y}.")
        offset = (moment - self._real_now()) // timedelta(microseconds=1)
        beside = self._path.with_suffix(".new")
        beside.write_text(str(offset), encoding="ascii")
        beside.replace(self._path)
