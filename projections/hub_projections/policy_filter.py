"""The policy's conditions as SQL over the current labels of streams, for the engines views live in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from hub_events.condition import All, Attribute, Condition, Empty, Equal, Known, Not, Operand, Overlap, Some, Value

SEPARATOR: Final = "|"
SETS: Final = frozenset({"handling_conditions", "strands", "cases", "addressees", "excluded_persons"})
FLAGS: Final = frozenset({"originator_only"})

Columns = Any


def packed(values: tuple[str, ...]) -> str:
    """Pack a set into one column: every value between separators, nothing for the empty set."""
    return SEPARATOR + SEPARATOR.join(values) + SEPARATOR if values else ""


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


def _equal(operand: Attribute, value: Any, columns: Columns) -> sa.ColumnElement[Any]:
    column = _column(operand, columns)
    if operand.name in FLAGS:
        return column == int(value)
    if operand.name in SETS:
        return _present(column) == packed(value)
    return _present(column) == value


def _overlap(operand: Attribute, value: Any, columns: Columns) -> sa.ColumnElement[Any]:
    column = _present(_column(operand, columns))
    values = value if isinstance(value, tuple) else (value,)
    if operand.name not in SETS:
        return column.in_(values)
    held = [sa.func.instr(column, f"{SEPARATOR}{each}{SEPARATOR}") > 0 for each in values]
    return sa.or_(*held)


def _present(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.nullif(column, "")


def _column(operand: Operand, columns: Columns) -> sa.ColumnElement[Any]:
    if isinstance(operand, Value) or operand.side != "label":
        raise ValueError(f"{operand} is not a label, so it cannot be asked of a row")
    return columns[operand.name]  # type: ignore[no-any-return]
