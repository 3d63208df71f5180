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
        """Keep the clock's offset in a file of the demonstration's data folder, which every process of it reads."""
        self._path = path
        self._real_now = real_now

    def now(self) -> datetime:
        """The time of the demonstration, in UTC."""
        try:
            offset = int(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            offset = 0
        return self._real_now() + timedelta(microseconds=offset)

    def set_clock(self, moment: datetime, *, beginning: bool = False) -> None:
        """Set the demonstration's clock forwards.

        Args:
            moment: the demonstration's new present.
            beginning: the story begins now, so the clock, which was never set before, may go back to where it does.

        Raises:
            UnsafeSettingError: the moment lies before the demonstration's present.
        """
        if moment < self.now() and (self._path.exists() or not beginning):
            raise UnsafeSettingError(f"The clock of a demonstration goes forwards only; it is past {moment:%d %B %Y}.")
        offset = (moment - self._real_now()) // timedelta(microseconds=1)
        beside = self._path.with_suffix(".new")
        beside.write_text(str(offset), encoding="ascii")
        beside.replace(self._path)
