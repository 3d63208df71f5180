"""The policy's conditions as SQL over the current labels of streams, for the engines views live in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from hub_events.condition import (
    EMPTY,
    All,
    Attribute,
    Condition,
    Constant,
    Empty,
    Equal,
    Known,
    Not,
    Operand,
    Overlap,
    Some,
    Value,
)

SEPARATOR: Final = "|"
SETS: Final = frozenset({"handling_conditions", "strands", "cases", "addressees", "excluded_persons"})
FLAGS: Final = frozenset({"originator_only"})

Columns = Any


def packed(values: tuple[str, ...]) -> str:
    """Pack a set into one column: every value between separators, nothing for the empty set.

    Raises:
        ValueError: a value holds the separator, and so could pass for two.
    """
    inner = SEPARATOR.join(values)
    if inner.count(SEPARATOR) >= max(1, len(values)):
        raise ValueError("a value of a set holds the separator of sets")
    return SEPARATOR + inner + SEPARATOR if values else ""


def unpacked(column: str) -> tuple[str, ...]:
    """Return the set a column holds."""
    return tuple(column[1:-1].split(SEPARATOR)) if column else ()


def compiled(condition: Condition, columns: Columns) -> sa.ColumnElement[Any]:
    """Compile a condition whose subject and context are filled in to SQL over the columns of current labels.

    SQL's own three-valued logic carries the condition's: what is missing is NULL, and NULL refuses.

    Raises:
        ValueError: the condition still asks for something that is not a label.
    """
    match condition:
        case Known(answer):
            return sa.null() if answer is None else sa.literal(answer)
        case Not(inner):
            return sa.not_(compiled(inner, columns))
        case All(conditions):
            return sa.and_(sa.true(), *(compiled(each, columns) for each in conditions))
        case Some(conditions):
            return sa.or_(sa.false(), *(compiled(each, columns) for each in conditions))
        case Empty(operand):
            return _column(operand, columns) == ""
        case Equal(left, right):
            return _compare(left, right, columns, _equal)
        case Overlap(left, right):
            return _compare(left, right, columns, _overlap)


def _compare(left: Operand, right: Operand, columns: Columns, how: Callable[..., Any]) -> sa.ColumnElement[Any]:
    if isinstance(left, Value):
        left, right = right, left
    if isinstance(left, Value) or not isinstance(right, Value):
        return _two_labels(left, right, columns)
    return how(left, right.value, columns)  # type: ignore[no-any-return]


def _two_labels(left: Operand, right: Operand, columns: Columns) -> sa.ColumnElement[Any]:
    one, other = _present(_column(left, columns)), _present(_column(right, columns))
    if SETS & {getattr(left, "name", ""), getattr(right, "name", "")}:
        raise ValueError("two sets of labels are not compared with each other in SQL")
    return one == other


def _equal(operand: Attribute, value: Constant, columns: Columns) -> sa.ColumnElement[Any]:
    column = _column(operand, columns)
    if value in EMPTY:
        return sa.null()
    if operand.name in FLAGS:
        return column == int(value) if isinstance(value, bool) else _never(column)
    present = _present(column)
    if operand.name in SETS:
        return present == packed(value) if isinstance(value, tuple) and _clean(value) else _never(present)
    return present == value if isinstance(value, str) else _never(present)


def _overlap(operand: Attribute, value: Constant, columns: Columns) -> sa.ColumnElement[Any]:
    if operand.name in FLAGS or isinstance(value, bool):
        raise ValueError(f"{operand.name} and {value!r}: what is true or false is compared, it overlaps with nothing")
    if value in EMPTY:
        return sa.null()
    column = _present(_column(operand, columns))
    values = value if isinstance(value, tuple) else (value,)
    if operand.name not in SETS:
        return column.in_(values)
    held = [sa.func.instr(column, f"{SEPARATOR}{each}{SEPARATOR}") > 0 for each in values if _clean((each,))]
    return sa.or_(*held) if held else _never(column)


def _clean(values: tuple[str, ...]) -> bool:
    """Whether no value could pass for two in a packed set."""
    return not any(SEPARATOR in each for each in values)


def _never(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """False where the column is there, unknown where it is missing."""
    return column != column  # noqa: PLR0124 -- SQL's own way to keep the third value


def _present(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.nullif(column, "")


def _column(operand: Operand, columns: Columns) -> sa.ColumnElement[Any]:
    if isinstance(operand, Value) or operand.side != "label":
        raise ValueError(f"{operand} is not a label, so it cannot be asked of a row")
    return columns[operand.name]  # type: ignore[no-any-return]
