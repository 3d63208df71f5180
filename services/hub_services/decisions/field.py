"""Checks of a command's fields that several subjects share: the day it is, codes of reference data, words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from hub_events.partial_time import DEFAULT_ZONE
from hub_events.reference import Entry, table
from hub_services.decisions.decision import By
from hub_services.refusal import RefusedError


def today(by: By) -> date:
    """Return the day it is where the hub works; just after midnight in summer that is not yet the day in UTC."""
    return by.now.astimezone(ZoneInfo(DEFAULT_ZONE)).date()


def worded(words: str, field: str = "reason") -> str:
    """Return what was said in words, without the space round it.

    Raises:
        RefusedError: nothing was said (`words-missing`).
    """
    if not (said := words.strip()):
        raise RefusedError("words-missing", f"Say the {field.replace('_', ' ')} in words.", field=field)
    return said


def in_force(name: str, code: str, by: By, *, refusal: str, field: str) -> Entry:
    """Return the entry of a code in force today in a table of the reference data.

    Raises:
        RefusedError: the table has no such code today (`refusal`).
    """
    known = table(name)
    if not known.has(code, today(by)):
        choice = ", ".join(known.codes(today(by)))
        raise RefusedError(refusal, f"{code!r} is not in force; {field.replace('_', ' ')} is of {choice}.", field=field)
    return known.get(code, today(by))


def all_in_force(name: str, codes: Iterable[str], by: By, *, refusal: str, field: str) -> tuple[str, ...]:
    """Return codes in force today as a sorted set.

    Raises:
        RefusedError: the table lacks one of them today (`refusal`).
    """
    return tuple(sorted({in_force(name, code, by, refusal=refusal, field=field).code for code in codes}))
