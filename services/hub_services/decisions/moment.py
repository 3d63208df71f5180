"""Moments somebody states: they have a time zone and have been."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub_services.decisions.decision import By
from hub_services.refusal import RefusedError

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clock of whoever asks may be ahead of ours."""


def been(moment: datetime, by: By, field: str) -> datetime:
    """Return a moment that has been.

    Raises:
        RefusedError: it has no time zone (`time-without-zone`), or is still to come (`time-in-future`).
    """
    words = field.replace("_", " ")
    if moment.utcoffset() is None:
        raise RefusedError("time-without-zone", f"Give {words} with its time zone, such as Z or +01:00.", field=field)
    if moment > by.now + CLOCK_TOLERANCE:
        raise RefusedError("time-in-future", f"Give {words} as it was; it cannot lie after now.", field=field)
    return moment
