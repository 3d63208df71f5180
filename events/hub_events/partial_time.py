"""Uncertain and partial times as intervals: how exactly a time is known is part of what is known (features.md B5, 5.8).

A `When` holds everything the words leave open: "March 2026" is the whole month, "about 5 March" three days. Rules:

* The interval is half-open, in UTC; days, months and years are those of the zone, so a day may last 23 or 25 hours.
* Parts of a day are those of `PARTS_OF_DAY`; "night" runs into the next morning.
* **about** widens by one unit each way: a day by a day, a month by a month, a year by a year, a part of a day by its
  own length, an hour by an hour; a time to the minute also by an hour, since nobody who says "about half past nine"
  means a minute.
* A clock time that occurs twice or not at all, because the clocks changed, is held as the interval over both readings.
* A pair runs from the earliest moment of the first to the latest moment of the second, both included.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Precision = Literal["MINUTE", "HOUR", "DAY", "MONTH", "YEAR", "INTERVAL", "APPROXIMATE"]
Basis = Literal["STATED", "INFERRED"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

DEFAULT_ZONE = "Europe/London"

PARTS_OF_DAY: dict[str, tuple[int, int]] = {
    "early hours": (0, 6),
    "morning": (6, 12),
    "lunchtime": (12, 14),
    "afternoon": (12, 18),
    "evening": (18, 24),
    "night": (21, 30),
}
"""Hours from local midnight of the day named, the second excluded; ours, since no source defines them."""

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_MONTHS_IN_A_YEAR = 12
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_ADVICE = (
    "Write a year 2026, a month 2026-03, a day 2026-03-05, a part of a day '2026-03-05 evening' "
    f"({', '.join(PARTS_OF_DAY)}) or a time 2026-03-05T21:30, with 'about' before it if it is not exact."
)
_PATTERN = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:(?:T|\s+)(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?)?"
    r"\s*(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?|\s+(?P<part>[a-z][a-z ]*))?)?)?",
    re.IGNORECASE,
)


class When(msgspec.Struct, frozen=True, kw_only=True):
    """A time as far as it is known: the half-open interval it lies in, how it was given, the words (features.md B5).

    MINUTE means to the minute or finer. `basis` keeps apart what somebody said and what was worked out from something
    else.
    """

    earliest: Moment
    latest: Moment
    precision: Precision
    zone: str = DEFAULT_ZONE
    basis: Basis = "STATED"
    as_said: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no interval of UTC moments."""
        if self.earliest.utcoffset() != timedelta(0) or self.latest.utcoffset() != timedelta(0):
            raise ValueError("Both ends of a time are moments in UTC.")
        if self.earliest >= self.latest:
            raise ValueError("A time ends after it begins.")


class _Span(msgspec.Struct, frozen=True):
    """An interval with the precision in which it was given."""

    earliest: datetime
    latest: datetime
    precision: Precision


def parse_when(text: str, zone: str = DEFAULT_ZONE, basis: Basis = "STATED", latest_text: str | None = None) -> When:
    """Read a time, or a pair of times, as one interval (features.md B5); the rules stand at the top of this module.

    Raises ValueError with a sentence that says what would be right.
    """
    place = _zone(zone)
    first = _read(text, place)
    if latest_text is None:
        span, as_said = first, text
    else:
        second = _read(latest_text, place)
        if second.latest <= first.earliest:
            raise ValueError(f"{latest_text!r} ends before {text!r} begins: give the earlier time first.")
        span, as_said = _Span(first.earliest, second.latest, "INTERVAL"), f"{text} to {latest_text}"
    return When(
        earliest=span.earliest,
        latest=span.latest,
        precision=span.precision,
        zone=zone,
        basis=basis,
        as_said=as_said,
    )


def sort_key(when: When) -> tuple[datetime, timedelta, bool, str]:
    """Order by earliest moment, then the narrower interval, then stated before inferred, then the words.

    What begins first comes first, and of two that begin together the better known one. A caller with several equal keys
    appends its own, such as the position of the event.
    """
    return when.earliest, when.latest - when.earliest, when.basis == "INFERRED", when.as_said


def describe(when: When) -> str:
    """The time in words, made from the interval and not from what was said: "evening of 5 March 2026"."""
    place = _zone(when.zone)
    if when.precision == "APPROXIMATE":
        return _describe_about(when, place)
    start, end = when.earliest.astimezone(place), when.latest.astimezone(place)
    if when.precision == "MINUTE":
        return f"{start:%H:%M} on {_day(start)}"
    if when.precision == "DAY":
        return _day(start)
    if when.precision == "MONTH":
        return f"sometime in {_month(start)}"
    if when.precision == "YEAR":
        return f"sometime in {start.year}"
    return _describe_part(start, end) or _describe_between(start, end, hour=when.precision == "HOUR")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write one of the IANA names, such as {DEFAULT_ZONE}.") from None


def _read(text: str, place: ZoneInfo) -> _Span:
    words = " ".join(text.split())
    about = re.match(r"(?:about|around|approximately|circa|c\.)\s+", words, re.IGNORECASE)
    match = _PATTERN.fullmatch(words[about.end() :] if about else words)
    if match is None:
        raise ValueError(f"{text!r} is not a time that can be read. {_ADVICE}")
    if not EARLIEST_YEAR <= int(match["year"]) <= LATEST_YEAR:
        raise ValueError(f"{text!r} lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}. {_ADVICE}")
    try:
        if match["hour"]:
            return _clock_time(match, place, about=bool(about))
        return _calendar(match, place, about=bool(about))
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"{text!r} is not a time that can be read: {problem}. {_ADVICE}") from None


def _calendar(match: re.Match[str], place: ZoneInfo, *, about: bool) -> _Span:
    """A year, month, day or part of a day, on the wall clock of the place."""
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    start = datetime(year, month, day)  # noqa: DTZ001 - a wall clock, given its zone by _boundary
    precision: Precision
    wider = int(about)
    if match["part"]:
        opens, closes = _part_of_day(match["part"])
        precision = "INTERVAL"
        length = (closes - opens) * _HOUR
        first, last = start + opens * _HOUR - wider * length, start + closes * _HOUR + wider * length
    elif match["day"]:
        precision = "DAY"
        first, last = start - timedelta(days=wider), start + timedelta(days=1 + wider)
    elif match["month"]:
        precision = "MONTH"
        first, last = _add_months(start, -wider), _add_months(start, 1 + wider)
    else:
        precision = "YEAR"
        first, last = start.replace(year=year - wider), start.replace(year=year + 1 + wider)
    return _Span(_boundary(first, place), _boundary(last, place), "APPROXIMATE" if about else precision)


def _part_of_day(words: str) -> tuple[int, int]:
    part = PARTS_OF_DAY.get(words.lower())
    if part is None:
        raise ValueError(f"{words!r} is no part of a day")
    return part


def _clock_time(match: re.Match[str], place: ZoneInfo, *, about: bool) -> _Span:
    """A time to the hour, minute or second, on the wall clock of the place or with its own offset."""
    local = datetime(  # noqa: DTZ001 - a wall clock, given its zone below
        int(match["year"]),
        int(match["month"]),
        int(match["day"]),
        int(match["hour"]),
        int(match["minute"] or 0),
        int(match["second"] or 0),
    )
    precision: Precision = "MINUTE" if match["minute"] else "HOUR"
    length = timedelta(seconds=1) if match["second"] else _MINUTE if match["minute"] else _HOUR
    if match["offset"]:
        moment = datetime.fromisoformat(f"{local.isoformat()}{match['offset'].upper()}")
        readings = [moment.astimezone(UTC)]
    else:
        readings = sorted({local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)})
    if len(readings) > 1:
        precision = "INTERVAL"
    wider = _HOUR if about else timedelta(0)
    return _Span(readings[0] - wider, readings[-1] + length + wider, "APPROXIMATE" if about else precision)


def _boundary(local: datetime, place: ZoneInfo) -> datetime:
    """The moment of a wall-clock boundary: the first of two, or the change of the clocks that skips it."""
    return local.replace(tzinfo=place, fold=0).astimezone(UTC)


def _add_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * _MONTHS_IN_A_YEAR + start.month - 1 + months, _MONTHS_IN_A_YEAR)
    return start.replace(year=year, month=month + 1)


def _day(local: datetime) -> str:
    return f"{local.day} {_month(local)}"


def _month(local: datetime) -> str:
    return f"{_MONTH_NAMES[local.month - 1]} {local.year}"


def _wall(local: datetime) -> datetime:
    return local.replace(tzinfo=None, fold=0)


def _midnight(local: datetime) -> bool:
    return _wall(local).time() == datetime.min.time()


def _describe_part(start: datetime, end: datetime) -> str | None:
    """The part of a day that these wall-clock times are the bounds of, if there is one."""
    midnight = _wall(start).replace(hour=0, minute=0, second=0, microsecond=0)
    for name, (opens, closes) in PARTS_OF_DAY.items():
        if (_wall(start), _wall(end)) == (midnight + opens * _HOUR, midnight + closes * _HOUR):
            return f"{name} of {_day(start)}"
    return None


def _describe_between(start: datetime, end: datetime, *, hour: bool = False) -> str:
    """Both ends in words, the last one included; whole days without times."""
    if _midnight(start) and _midnight(end):
        return f"between {_day(start)} and {_day(end - timedelta(days=1))}"
    # Clock times that straddle a change of the clocks mean nothing without the name of the time they are in.
    mark = " %Z" if start.utcoffset() != end.utcoffset() else ""
    # The end is excluded, so the last minute that belongs is the one before; a whole hour ends on the hour.
    last = end if hour else (end.astimezone(UTC) - _MINUTE).astimezone(end.tzinfo)
    closing = f"the end of {_day(last)}" if _midnight(end) and not hour else f"{last:%H:%M{mark}} on {_day(last)}"
    return f"between {start:%H:%M{mark}} on {_day(start)} and {closing}"


def _describe_about(when: When, place: ZoneInfo) -> str:
    """Undo the widening where the interval shows what was widened, else say both ends."""
    start, end = _wall(when.earliest.astimezone(place)), _wall(when.latest.astimezone(place))
    width = when.latest - when.earliest
    if start == start.replace(month=1, day=1, hour=0, minute=0) and end == start.replace(year=start.year + 3):
        return f"about {start.year + 1}"
    if start == start.replace(day=1, hour=0, minute=0) and end == _add_months(start, 3):
        return f"about {_month(_add_months(start, 1))}"
    if _midnight(start) and end == start + timedelta(days=3):
        return f"about {_day(start + timedelta(days=1))}"
    if width <= 2 * _HOUR + _MINUTE:
        middle = (when.earliest + _HOUR).astimezone(place)
        return f"about {middle:%H:%M} on {_day(middle)}"
    if width == 3 * _HOUR:
        middle = (when.earliest + _HOUR).astimezone(place)
        return f"about {_describe_between(middle, middle + _HOUR, hour=True)}"
    third = (end - start) / 3
    part = _describe_part(start + third, end - third)
    return f"about {part}" if part else f"about, {_describe_between(start, end)}"
