"""Clocks in working time: England's working days and the hub's office hours, in local time and answered in UTC.

Definitions (domain.md B.3):

* A **working day** is a day that is neither Saturday, Sunday nor a bank holiday of England.
* **Working time** is from opening (included) to closing (excluded) of the office on a working day, in its own time
  zone.
* A clock started outside working time **starts at the next opening**.
* **N working days** end at the same local time on the Nth working day after the start, so a clock started on Saturday
  with one working day ends at opening time on Tuesday.
* **N working hours** end when N hours of working time have passed, at closing time rather than at the next opening.
* **Elapsed minutes** run through nights, weekends and changes of the clocks.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from hub_events.reference import table

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


class OfficeHours(NamedTuple):
    """When the office opens and closes, in local time of its zone."""

    opens: time
    closes: time
    zone: ZoneInfo


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year, expand=False))


def is_working_day(day: date) -> bool:
    """Whether a day is neither at the weekend nor a bank holiday of England (domain.md B.3)."""
    return day.weekday() < _SATURDAY and day not in _bank_holidays(day.year)


@cache
def office_hours(on: date) -> OfficeHours:
    """The office hours in force on a day (reference table office_hours)."""
    fields = table("office_hours").get("OFFICE", on).fields
    return OfficeHours(
        time.fromisoformat(fields["opens"]), time.fromisoformat(fields["closes"]), ZoneInfo(fields["zone"])
    )


def _local(start: datetime) -> datetime:
    """The wall clock of the office at a moment, without its zone: arithmetic on it is that of the wall clock."""
    if start.utcoffset() is None:
        raise ValueError("A clock starts at a moment with a time zone; this one has none.")
    return start.astimezone(office_hours(start.date()).zone).replace(tzinfo=None)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=office_hours(local.date()).zone).astimezone(UTC)


def _next_working_day(day: date) -> date:
    day += _ONE_DAY
    while not is_working_day(day):
        day += _ONE_DAY
    return day


def _opening(day: date) -> datetime:
    return datetime.combine(day, office_hours(day).opens)


def _closing(day: date) -> datetime:
    return datetime.combine(day, office_hours(day).closes)


def _within_working_time(local: datetime) -> datetime:
    """The moment itself if it lies in working time, else the next opening."""
    day = local.date()
    if is_working_day(day) and local < _closing(day):
        return max(local, _opening(day))
    return _opening(_next_working_day(day))


def add_working_days(start: datetime, days: int) -> datetime:
    """The same local time on the Nth working day after the start, or after the next opening (domain.md B.3)."""
    if days < 0:
        raise ValueError(f"A clock runs forward: {days} working days is less than none.")
    begun = _within_working_time(_local(start))
    day = begun.date()
    for _ in range(days):
        day = _next_working_day(day)
    return _utc(datetime.combine(day, begun.time()))


def add_working_hours(start: datetime, hours: float) -> datetime:
    """The moment at which so many hours of working time have passed since the start (domain.md B.3)."""
    if hours < 0:
        raise ValueError(f"A clock runs forward: {hours} working hours is less than none.")
    at = _within_working_time(_local(start))
    left = timedelta(hours=hours)
    while left > _closing(at.date()) - at:
        left -= _closing(at.date()) - at
        at = _opening(_next_working_day(at.date()))
    return _utc(at + left)


def _add_elapsed_minutes(start: datetime, minutes: float) -> datetime:
    return start.astimezone(UTC) + timedelta(minutes=minutes)


_UNITS: dict[str, Callable[[datetime, int], datetime]] = {
    "WORKING_DAYS": add_working_days,
    "WORKING_HOURS": add_working_hours,
    "ELAPSED_MINUTES": _add_elapsed_minutes,
}


def due_at(clock_code: str, start: datetime) -> datetime:
    """When a named clock started at a moment runs out, by the entry in force on the local day of the start."""
    clock = table("clocks").get(clock_code, _local(start).date()).fields
    return _UNITS[clock["unit"]](start, clock["amount"])
