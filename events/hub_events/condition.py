"""Conditions of the access policy as data: one tree that is evaluated here and compiled beside each engine.

A condition speaks of a subject (who asks), of labels (what is asked for) and of a context (why). It is three-valued:
an attribute that is missing or empty makes a comparison unknown, the negation of unknown is unknown, and only a
condition that is true allows anything. Nothing in it can be written so that missing data opens a door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Side = Literal["subject", "label", "context"]
Constant = str | bool | tuple[str, ...]
Attributes = Mapping[str, Constant]

EMPTY: Final = ("", ())


class Attribute(msgspec.Struct, frozen=True):
    """An attribute of the subject, of the labels or of the context, by name."""

    side: Side
    name: str


class Value(msgspec.Struct, frozen=True):
    """A constant in a condition."""

    value: Constant


Operand = Attribute | Value


class Equal(msgspec.Struct, frozen=True):
    """Both single values are the same and neither is missing."""

    left: Operand
    right: Operand


class Overlap(msgspec.Struct, frozen=True):
    """The two have a value in common; a single value counts as a set of one."""

    left: Operand
    right: Operand


class Empty(msgspec.Struct, frozen=True):
    """The attribute is there and holds nothing."""

    operand: Operand


class All(msgspec.Struct, frozen=True):
    """Every one of the conditions holds."""

    conditions: tuple[Condition, ...]


class Some(msgspec.Struct, frozen=True):
    """At least one of the conditions holds."""

    conditions: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True):
    """The condition is known not to hold."""

    condition: Condition


class Known(msgspec.Struct, frozen=True):
    """A condition whose answer is known already; `None` is unknown."""

    answer: bool | None


Condition = Equal | Overlap | Empty | All | Some | Not | Known


def subject(name: str) -> Attribute:
    """Name an attribute of who asks."""
    return Attribute("subject", name)


def label(name: str) -> Attribute:
    """Name an attribute of what is asked for."""
    return Attribute("label", name)


def context(name: str) -> Attribute:
    """Name an attribute of why it is asked for."""
    return Attribute("context", name)


def every(*conditions: Condition) -> Condition:
    """All of the conditions, as one."""
    return All(conditions)


def some(*conditions: Condition) -> Condition:
    """Any of the conditions, as one."""
    return Some(conditions)


def one_of(operand: Operand, *values: str) -> Condition:
    """Whether an attribute has any of the values."""
    return Overlap(operand, Value(values))


def _as_set(value: Constant) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset({str(value)})


def _conjunction(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _negation(answer: bool | None) -> bool | None:  # noqa: FBT001 -- the third value of the logic
    return None if answer is None else not answer


def evaluate(condition: Condition, sides: Mapping[str, Attributes]) -> bool | None:
    """Answer a condition; `None` when something it needs is missing.

    Args:
        condition: the tree.
        sides: the attributes of "subject", "label" and "context".
    """

    def look_up(operand: Operand) -> Constant | None:
        if isinstance(operand, Value):
            return operand.value
        return sides.get(operand.side, {}).get(operand.name)

    match condition:
        case Known(answer):
            return answer
        case Not(inner):
            return _negation(evaluate(inner, sides))
        case All(conditions):
            return _conjunction([evaluate(each, sides) for each in conditions])
        case Some(conditions):
            return _negation(_conjunction([_negation(evaluate(each, sides)) for each in conditions]))
        case Empty(operand):
            value = look_up(operand)
            return None if value is None else value in EMPTY
        case Equal(left, right):
            one, other = look_up(left), look_up(right)
            return None if one is None or other is None or one in EMPTY or other in EMPTY else one == other
        case Overlap(left, right):
            one, other = look_up(left), look_up(right)
            if one is None or other is None or one in EMPTY or other in EMPTY:
                return None
            return not _as_set(one).isdisjoint(_as_set(other))


def bound(condition: Condition, sides: Mapping[str, Attributes]) -> Condition:
    """Answer what can be answered from the sides that are given and leave the rest as a smaller condition.

    A side that is absent from `sides` stays open (the labels, when a filter is made); an attribute missing from a
    side that is given is unknown.
    """

    def fill(operand: Operand) -> Operand | None:
        if isinstance(operand, Value) or operand.side not in sides:
            return operand
        value = sides[operand.side].get(operand.name)
        return None if value is None else Value(value)

    match condition:
        case Known():
            return condition
        case Not(inner):
            return _simplified_not(bound(inner, sides))
        case All(conditions):
            return _simplified(All, [bound(each, sides) for each in conditions], decisive=False)
        case Some(conditions):
            return _simplified(Some, [bound(each, sides) for each in conditions], decisive=True)
        case Empty(operand):
            filled = fill(operand)
            if isinstance(filled, Attribute):
                return Empty(filled)
            return Known(None if filled is None else filled.value in EMPTY)
        case Equal(left, right) | Overlap(left, right):
            one, other = fill(left), fill(right)
            if one is None or other is None:
                return Known(None)
            filled_pair = type(condition)(one, other)
            if isinstance(one, Value) and isinstance(other, Value):
                return Known(evaluate(filled_pair, {}))
            if any(isinstance(each, Value) and each.value in EMPTY for each in (one, other)):
                return Known(None)
            return filled_pair


def _simplified_not(inner: Condition) -> Condition:
    return Known(_negation(inner.answer)) if isinstance(inner, Known) else Not(inner)


def _simplified(kind: type[All | Some], parts: list[Condition], *, decisive: bool) -> Condition:
    if Known(decisive) in parts:
        return Known(decisive)
    rest = [each for each in parts if each != Known(not decisive)]
    if not rest:
        return Known(not decisive)
    if all(isinstance(each, Known) for each in rest):
        return Known(None)
    return rest[0] if len(rest) == 1 else kind(tuple(rest))
