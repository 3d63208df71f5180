"""Times in rows: whole microseconds since 1970 UTC, so that they sort and compare the same in every engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 UTC."""
    return (moment - _BEGINNING) // _ONE


def moment(number: int) -> datetime:
    """Return the moment a number of microseconds since 1970 UTC stands for."""
    return _BEGINNING + timedelta(microseconds=number)


def moment_if_any(number: int | None) -> datetime | None:
    """Return the moment a column stands for that holds nothing as long as something has not happened."""
    return None if number is None else moment(number)
