"""Checks of a command's fields that several subjects share: the day it is, codes of reference data, words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from hub_events.partial_time import DEFAULT_ZONE
from hub_events.reference import Entry, table
from hub_services.decisions.decision import By
from hub_services.refusal import RefusedError

MOST_NAMED: Final = 20
"""A refusal names the codes there are, up to so many."""


def _spoken(field: str) -> str:
    return field.replace("_", " ").capitalize()


def today(by: By) -> date:
    """Return the day it is where the hub works; just after midnight in summer that is not yet the day in UTC."""
    return by.now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()


def worded(words: str, field: str = "reason") -> str:
    """Return what was said in words, without the space round it.

    Raises:
        RefusedError: nothing was said (`words-missing`).
    """
    if not (said := words.strip()):
        raise RefusedError("words-missing", f"{_spoken(field)} is missing: say it in words.", field=field)
    return said


def in_force(name: str, code: str, by: By, *, refusal: str, field: str) -> Entry:
    """Return the entry of a code in force today in a table of the reference data.

    Raises:
        RefusedError: the table has no such code today (`refusal`).
    """
    known, day = table(name), today(by)
    if not known.has(code, day):
        codes = known.codes(day)
        choice = f"one of {', '.join(codes)}" if len(codes) <= MOST_NAMED else f"a code of the reference table {name}"
        raise RefusedError(refusal, f"{_spoken(field)} {code!r} is not in force; take {choice}.", field=field)
    return known.get(code, day)


def all_in_force(name: str, codes: Iterable[str], by: By, *, refusal: str, field: str) -> tuple[str, ...]:
    """Return codes in force today as a sorted set.

    Raises:
        RefusedError: the table lacks one of them today (`refusal`).
    """
    return tuple(sorted({in_force(name, code, by, refusal=refusal, field=field).code for code in codes}))
