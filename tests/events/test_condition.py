"""Conditions: three-valued, closed when something is missing, and the same whether answered at once or in two steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events.condition import (
    EMPTY,
    All,
    Attribute,
    Empty,
    Equal,
    Known,
    Not,
    Overlap,
    Some,
    Value,
    bound,
    context,
    evaluate,
    every,
    label,
    one_of,
    some,
    subject,
)

SIDES = ("subject", "label", "context")
NAMES = ("one", "two", "three")

codes = st.sampled_from(["A", "B", "C"])
constants = st.one_of(
    st.just(""), codes, st.booleans(), st.lists(codes, max_size=3).map(lambda values: tuple(sorted(set(values))))
)
operands = st.one_of(st.builds(Attribute, st.sampled_from(SIDES), st.sampled_from(NAMES)), constants.map(Value))
leaves = st.one_of(
    st.builds(Equal, operands, operands),
    st.builds(Overlap, operands, operands),
    st.builds(Empty, operands),
    st.sampled_from([Known(True), Known(False), Known(None)]),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=3).map(lambda parts: every(*parts)),
        st.lists(inner, max_size=3).map(lambda parts: some(*parts)),
    ),
    max_leaves=8,
)
attributes = st.dictionaries(st.sampled_from(NAMES), constants)
worlds = st.fixed_dictionaries(dict.fromkeys(SIDES, attributes))
some_sides = st.sets(st.sampled_from(SIDES))

HERE = {"subject": {"agency": "GMP", "teams": ("PROTECT", "SUNRISE"), "desk": "", "cleared": True}}


@given(conditions, worlds, some_sides)
def test_a_condition_bound_to_some_sides_answers_on_the_rest_as_it_would_have_on_all(condition, world, given_sides):
    first = {side: world[side] for side in given_sides}
    rest = {side: world[side] for side in SIDES if side not in given_sides}

    assert evaluate(bound(condition, first), rest) == evaluate(condition, world)


@given(conditions, worlds)
def test_a_condition_bound_to_every_side_is_known(condition, world):
    assert bound(condition, world) == Known(evaluate(condition, world))


@given(conditions, worlds, some_sides)
def test_a_bound_condition_speaks_of_no_side_it_was_bound_to(condition, world, given_sides):
    left = bound(condition, {side: world[side] for side in given_sides})

    assert not [each for each in attributes_in(left) if each.side in given_sides]


@given(conditions, worlds, st.sampled_from(SIDES), st.sampled_from(NAMES))
def test_taking_an_attribute_away_can_only_make_an_answer_unknown(condition, world, side, name):
    lacking = {**world, side: {key: value for key, value in world[side].items() if key != name}}

    assert evaluate(condition, lacking) in (None, evaluate(condition, world))


@given(conditions, worlds, st.sampled_from(SIDES))
def test_a_missing_side_can_only_make_an_answer_unknown(condition, world, side):
    lacking = {key: value for key, value in world.items() if key != side}

    assert evaluate(condition, lacking) in (None, evaluate(condition, world))


@given(leaves.filter(lambda leaf: list(attributes_in(leaf))))
def test_a_missing_attribute_never_allows_and_neither_does_denying_it(leaf):
    assert evaluate(leaf, {}) is None
    assert evaluate(Not(leaf), {}) is None


@given(st.sampled_from(NAMES), constants)
def test_nothing_equals_or_overlaps_what_is_empty(name, value):
    world = {"subject": {name: value}}
    for empty in EMPTY:
        for comparison in (Equal, Overlap):
            assert evaluate(comparison(subject(name), Value(empty)), world) is None
            assert evaluate(Not(comparison(Value(empty), subject(name))), world) is None


@given(conditions, worlds)
def test_two_negations_are_none(condition, world):
    assert evaluate(Not(Not(condition)), world) == evaluate(condition, world)


@given(st.lists(conditions, max_size=4), worlds)
def test_some_and_all_are_each_others_negation(parts, world):
    assert evaluate(some(*parts), world) == evaluate(Not(every(*(Not(part) for part in parts))), world)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (Equal(subject("agency"), Value("GMP")), True),
        (Equal(subject("agency"), Value("SYP")), False),
        (Equal(subject("cleared"), Value(True)), True),
        (Equal(subject("cleared"), Value(False)), False),
        (Equal(subject("nobody"), Value("GMP")), None),
        (Equal(context("purpose"), Value("TRIAGE")), None),
        (one_of(subject("agency"), "GMP", "SYP"), True),
        (one_of(subject("teams"), "SUNRISE"), True),
        (one_of(subject("teams"), "HARBOUR_LIGHT"), False),
        (one_of(subject("teams")), None),
        (Overlap(subject("agency"), subject("agency")), True),
        (Empty(subject("desk")), True),
        (Empty(subject("agency")), False),
        (Empty(subject("nobody")), None),
        (Empty(Value(())), True),
        (every(), True),
        (some(), False),
        (every(Known(True), Known(None)), None),
        (every(Known(False), Known(None)), False),
        (some(Known(True), Known(None)), True),
        (some(Known(False), Known(None)), None),
        (Not(Known(None)), None),
        (Not(Known(True)), False),
    ],
)
def test_examples(condition, answer):
    assert evaluate(condition, HERE) is answer


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (Equal(subject("agency"), label("owning_agency")), Equal(Value("GMP"), label("owning_agency"))),
        (Overlap(label("cases"), subject("teams")), Overlap(label("cases"), Value(("PROTECT", "SUNRISE")))),
        (Equal(subject("desk"), label("team")), Known(None)),
        (Equal(subject("nobody"), label("team")), Known(None)),
        (Empty(label("restriction")), Empty(label("restriction"))),
        (Not(Empty(label("restriction"))), Not(Empty(label("restriction")))),
        (every(Empty(label("restriction")), Known(True)), Empty(label("restriction"))),
        (every(Empty(label("restriction")), Known(False)), Known(False)),
        (some(Empty(label("restriction")), Known(True)), Known(True)),
        (some(Empty(label("a")), Known(False), Empty(label("b"))), Some((Empty(label("a")), Empty(label("b"))))),
        (every(Known(None), Empty(label("restriction"))), All((Known(None), Empty(label("restriction"))))),
        (every(Known(None), Known(True)), Known(None)),
        (every(), Known(True)),
        (some(), Known(False)),
    ],
)
def test_what_is_left_of_a_condition(condition, left):
    assert bound(condition, HERE) == left


def test_what_is_no_condition_allows_nothing():
    assert evaluate("true", HERE) is None
    assert evaluate(bound("true", HERE), HERE) is None


def attributes_in(condition):
    """Every attribute a condition speaks of."""
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from attributes_in(part)
        case Not(inner):
            yield from attributes_in(inner)
        case Empty(operand):
            yield from (each for each in (operand,) if isinstance(each, Attribute))
        case Equal(left, right) | Overlap(left, right):
            yield from (each for each in (left, right) if isinstance(each, Attribute))
