"""The days of the story: counted in weeks from a Monday about eleven weeks ago up to the real present."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
LENGTH: Final = timedelta(weeks=11)
"""How long before this week's Monday the story begins."""

ZONE: Final = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Days:
    """Moments and dates of one telling; `start` is its Monday, `present` the real time at which it was begun."""

    start: date
    present: datetime

    @classmethod
    def up_to(cls, present: datetime) -> Days:
        """Return the days of a telling that ends now."""
        today = present.astimezone(ZONE).date()
        return cls(today - timedelta(days=today.weekday()) - LENGTH, present)

    def date(self, week: int, day: int) -> date:
        """Return a day of a week; weeks before the story are negative."""
        return self.start + timedelta(weeks=week, days=day)

    def at(self, week: int, day: int, clock: str) -> datetime:
        """Return a moment by the clock on the wall."""
        return datetime.combine(self.date(week, day), time.fromisoformat(clock), ZONE)

    def ago(self, minutes: int) -> datetime:
        """Return a moment before the present."""
        return self.present.astimezone(ZONE) - timedelta(minutes=minutes)

    def day(self, week: int, day: int, part: str = "") -> str:
        """Return a day, or a part of one, as the API takes it: `2026-03-05 evening`."""
        return f"{self.date(week, day)} {part}".strip()

    def month(self, week: int) -> str:
        """Return the month in which a week begins."""
        return f"{self.date(week, MON):%Y-%m}"

    def birthday(self, week: int, day: int, age: int) -> str:
        """Return the date of birth of somebody who reaches an age on a day; nobody here is born on a leap day."""
        turns = self.date(week, day)
        return str((turns - timedelta(days=(turns.month, turns.day) == (2, 29))).replace(year=turns.year - age))

    @property
    def month_earlier(self) -> datetime:
        """The moment at which the timeline is shown a second time: a month before the story's end."""
        return self.at(7, MON, "09:00")
