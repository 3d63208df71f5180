"""Kinds of fields the schemas share: words, codes, ids, moments and uncertain times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from marshmallow import Schema, ValidationError, fields, post_load, validate

from hub_events.partial_time import EARLIEST_YEAR, LATEST_YEAR, When, describe, parse_when
from hub_events.stream import is_stream

LONGEST_WORDS: Final = 20_000
LONGEST_LINE: Final = 500
MOST: Final = 100
ID_PATTERN: Final = r"^[A-Za-z0-9_-]{22}$"
CODE_PATTERN: Final = r"^[A-Z0-9_]{1,60}$"


def words(*, required: bool = True, longest: int = LONGEST_WORDS, about: str = "") -> fields.String:
    """Text for people to read, at least one character of it when required."""
    checks = validate.Length(min=1 if required else 0, max=longest)
    metadata = {"description": about} if about else {}
    if required:
        return fields.String(required=True, validate=checks, metadata=metadata)
    return fields.String(load_default="", validate=checks, metadata=metadata)


def line(*, required: bool = True, about: str = "") -> fields.String:
    """A line of text."""
    return words(required=required, longest=LONGEST_LINE, about=about)


def code(table: str, *, required: bool = True) -> fields.String:
    """A code of a reference table, or none when it may be left out; whether it is in force is for the rules."""
    metadata = {"description": f"A code of the reference table `{table}`."}
    pattern = CODE_PATTERN if required else CODE_PATTERN.replace("{1,", "{0,")
    checks = validate.Regexp(pattern, error="A code is capital letters, digits and underscores.")
    if required:
        return fields.String(required=True, validate=checks, metadata=metadata)
    return fields.String(load_default="", validate=checks, metadata=metadata)


def choice(*values: str) -> fields.String:
    """One of some values, to filter a list by."""
    return fields.String(load_default="", validate=validate.OneOf(("", *values)))


def yes_or_no() -> fields.Boolean:
    """An answer of yes or no, as JSON has it and not in words."""
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def several(inner: fields.Field[Any], *, required: bool = False) -> fields.List[Any]:
    """A list of at most a hundred."""
    if required:
        return fields.List(inner, required=True, validate=validate.Length(min=1, max=MOST))
    return fields.List(inner, load_default=list, validate=validate.Length(max=MOST))


def identity(about: str, *, required: bool = True) -> fields.String:
    """The id of a record, as this API gave it."""
    checks = validate.Regexp(ID_PATTERN, error="An id is 22 characters as this API gave it.")
    metadata = {"description": about}
    if required:
        return fields.String(required=True, validate=checks, metadata=metadata)
    return fields.String(load_default=None, allow_none=True, validate=checks, metadata=metadata)


def _within_reach(found: date) -> None:
    """Refuse a year no timeline can show: an event that names one would stop every view of its stream."""
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ValidationError(f"Give a time in the years {EARLIEST_YEAR} to {LATEST_YEAR}.")


def moment(*, about: str = "") -> fields.AwareDateTime:
    """A moment with its offset from UTC, as RFC 3339 writes it."""
    metadata = {"description": about or "A moment with its offset, such as 2026-03-05T16:20:00Z."}
    return fields.AwareDateTime(format="iso", required=True, validate=_within_reach, metadata=metadata)


def day(*, about: str = "") -> fields.Date:
    """A day."""
    return fields.Date(required=True, validate=_within_reach, metadata={"description": about} if about else {})


class UncertainTime(Schema):
    """A time as precisely as it is known: `2026-03-05T16:20`, `2026-03-05 evening`, `about 2026-03`, `2026`."""

    text = line(about="The time, or the first one of a pair.")
    until = line(required=False, about="The second time of a pair: some time between the two.")
    zone = fields.String(load_default="Europe/London", validate=validate.Length(min=1, max=60))
    basis = fields.String(load_default="STATED", validate=validate.OneOf(("STATED", "INFERRED")))

    @post_load
    def _when(self, data: dict[str, Any], **_: Any) -> When:
        try:
            return parse_when(data["text"], data["zone"], data["basis"], data["until"] or None)
        except (ValueError, OverflowError) as error:
            raise ValidationError(str(error), "text") from error


def uncertain() -> fields.Nested:
    """An uncertain time, when it is known at all."""
    return fields.Nested(UncertainTime, load_default=None, allow_none=True)


def shown_when(when: When) -> Mapping[str, Any]:
    """Return an uncertain time as the API shows it."""
    return {
        "earliest": shown_moment(when.earliest),
        "latest": shown_moment(when.latest),
        "precision": when.precision,
        "basis": when.basis,
        "as_said": when.as_said,
        "text": describe(when),
    }


def shown_moment(found: datetime | None) -> str | None:
    """Return a moment as the API shows it, in UTC."""
    return None if found is None else found.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown_day(found: date | None) -> str | None:
    """Return a day as the API shows it."""
    return None if found is None else found.isoformat()


def shown(value: Any) -> Any:
    """Return what a query found as the API shows it: ids without their kind, times as text, without sort keys."""
    match value:
        case When():
            return shown_when(value)
        case msgspec.Struct():
            found = msgspec.structs.asdict(value)
            return {name: shown(inner) for name, inner in found.items() if name != "sort"}
        case datetime():
            return shown_moment(value)
        case date():
            return value.isoformat()
        case str() if is_stream(value):
            return value.partition(":")[2]
        case tuple() | list():
            return [shown(inner) for inner in value]
        case dict():
            return {name: shown(inner) for name, inner in value.items()}
        case _:
            return value
