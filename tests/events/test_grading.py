import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_events import grading
from hub_events.grading import (
    Conversion,
    HistoricSuggestion,
    PrintedGrade,
    Suggestion,
    convert_historic,
    parse_printed,
    printed,
    suggest,
    suggest_historic,
)
from hub_events.reference import table

UNCONFIRMED: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("reliability", "source", "reasons"),
    [
        (1, 1, UNCONFIRMED),
        (2, 1, (grading.NO_WORDS_FOR_RELIABILITY,)),
        (3, None, (grading.OFFICER_DECIDES_SOURCE,)),
        (4, 3, UNCONFIRMED),
        (5, 2, UNCONFIRMED),
    ],
)
def test_form_reliability_becomes_a_3x5x2_source_by_meaning(
    reliability: int, source: int | None, reasons: tuple[str, ...]
):
    assert suggest(reliability, 1, witnessed=False) == Suggestion(source=source, assessment="A", to_confirm=reasons)


def test_what_the_reporter_witnessed_has_source_1_to_be_confirmed():
    assert suggest(None, 1, witnessed=True) == Suggestion(
        source=1, assessment="A", to_confirm=(grading.REPORTER_WITNESSED,)
    )


def test_without_reliability_and_without_a_witness_there_is_no_source():
    assert suggest(None, 5, witnessed=False) == Suggestion(
        source=None, assessment="D", to_confirm=(grading.NO_RELIABILITY,)
    )


def test_what_was_both_seen_and_told_is_graded_by_whoever_told_it_and_to_be_confirmed():
    assert suggest(4, 5, witnessed=True) == Suggestion(source=3, assessment="D", to_confirm=(grading.PARTLY_WITNESSED,))


NO_WORDS = grading.NO_WORDS_FOR_ACCURACY


@pytest.mark.parametrize(
    ("accuracy", "first_hand", "corroborated", "assessment", "reasons"),
    [
        (1, None, None, "A", UNCONFIRMED),
        (2, True, None, "A", (NO_WORDS, grading.FIRST_HAND_ASKED)),
        (2, False, None, "C", (NO_WORDS, grading.FIRST_HAND_ASKED)),
        (2, None, True, "C", (NO_WORDS, grading.FIRST_HAND_ASKED)),
        (3, None, True, "B", (NO_WORDS, grading.CORROBORATION_ASKED)),
        (3, None, False, "C", (NO_WORDS, grading.CORROBORATION_ASKED)),
        (3, True, None, "C", (NO_WORDS, grading.CORROBORATION_ASKED)),
        (4, None, None, "E", UNCONFIRMED),
        (5, None, None, "D", UNCONFIRMED),
    ],
)
def test_form_accuracy_becomes_a_3x5x2_assessment_by_meaning(
    accuracy: int,
    first_hand: bool | None,
    corroborated: bool | None,
    assessment: str,
    reasons: tuple[str, ...],
):
    suggestion = suggest(1, accuracy, witnessed=False, first_hand=first_hand, corroborated=corroborated)

    assert suggestion == Suggestion(source=1, assessment=assessment, to_confirm=reasons)


@pytest.mark.parametrize(("reliability", "source"), [(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "E")])
def test_form_reliability_becomes_a_5x5x5_source(reliability: int, source: str):
    reasons = (grading.NO_WORDS_FOR_RELIABILITY,) if reliability in {2, 3} else ()

    assert suggest_historic(reliability, 1, witnessed=False) == HistoricSuggestion(
        source=source, information=1, to_confirm=reasons
    )


@pytest.mark.parametrize(("accuracy", "information"), [(1, 1), (2, 2), (3, 3), (4, 5), (5, 4)])
def test_form_accuracy_becomes_5x5x5_information_with_four_and_five_exchanged(accuracy: int, information: int):
    reasons = (NO_WORDS,) if accuracy in {2, 3} else ()

    assert suggest_historic(1, accuracy, witnessed=False) == HistoricSuggestion(
        source="A", information=information, to_confirm=reasons
    )


def test_a_witness_is_a_in_5x5x5_to_be_confirmed_and_nobody_is_nothing():
    assert suggest_historic(None, 1, witnessed=True) == HistoricSuggestion(
        source="A", information=1, to_confirm=(grading.WITNESSED_HISTORIC,)
    )
    assert suggest_historic(None, 1, witnessed=False) == HistoricSuggestion(
        source=None, information=1, to_confirm=(grading.NO_RELIABILITY,)
    )
    assert suggest_historic(5, 1, witnessed=True).to_confirm == (grading.PARTLY_WITNESSED,)


def test_four_and_five_mean_the_same_by_either_way_to_3x5x2():
    for accuracy in (1, 4, 5):
        information = suggest_historic(1, accuracy, witnessed=False).information
        assert information is not None

        assert convert_historic("A", information, 1).assessment == suggest(1, accuracy, witnessed=False).assessment


@pytest.mark.parametrize(
    ("historic", "source", "reasons"),
    [
        ("A", 1, UNCONFIRMED),
        ("B", 1, UNCONFIRMED),
        ("C", None, (grading.HISTORIC_SOURCE_C,)),
        ("D", 3, UNCONFIRMED),
        ("E", 2, UNCONFIRMED),
    ],
)
def test_a_historic_source_becomes_a_3x5x2_source(historic: str, source: int | None, reasons: tuple[str, ...]):
    assert convert_historic(historic, 1, 1) == Conversion(
        source=source, assessment="A", handling="P", to_confirm=reasons
    )


@pytest.mark.parametrize(("information", "assessment"), [(1, "A"), (2, "A"), (3, "B"), (4, "D"), (5, "E")])
def test_historic_information_becomes_a_3x5x2_assessment(information: int, assessment: str):
    assert convert_historic("A", information, 1) == Conversion(source=1, assessment=assessment, handling="P")


@pytest.mark.parametrize(
    ("historic", "expected"),
    [
        (1, Conversion(source=1, assessment="A", handling="P")),
        (
            2,
            Conversion(
                source=1,
                assessment="A",
                handling="C",
                conditions=("UK_NON_PROSECUTING_PARTIES",),
                to_confirm=(grading.HISTORIC_HANDLING,),
            ),
        ),
        (
            3,
            Conversion(
                source=1,
                assessment="A",
                handling="C",
                conditions=("NON_EEA_SPECIAL_CONDITIONS",),
                to_confirm=(grading.HISTORIC_HANDLING,),
            ),
        ),
        (4, Conversion(source=1, assessment="A", handling="C", conditions=("ORIGINATING_AGENCY_ONLY",))),
        (
            5,
            Conversion(
                source=1,
                assessment="A",
                handling="C",
                conditions=("REFER_TO_ORIGINATOR",),
                action="A1",
                sanitisation="S2",
            ),
        ),
    ],
)
def test_historic_handling_becomes_p_or_c_with_its_condition_written_out(historic: int, expected: Conversion):
    assert convert_historic("A", 1, historic) == expected


def test_every_code_that_a_conversion_gives_is_reference_data():
    for handling in range(1, 6):
        made = convert_historic("A", 1, handling)

        assert table("handling_codes").has(made.handling)
        assert all(table("handling_conditions").has(condition) for condition in made.conditions)
        assert made.action is None or table("action_codes").has(made.action)
        assert made.sanitisation is None or table("sanitisation_codes").has(made.sanitisation)


@pytest.mark.parametrize(("reliability", "accuracy"), [(0, 1), (6, 1), (1, 0), (1, 6)])
def test_a_digit_that_is_not_on_the_form_is_refused(reliability: int, accuracy: int):
    with pytest.raises(ValueError, match="on the form is one of 1, 2, 3, 4, 5, not"):
        suggest(reliability, accuracy, witnessed=False)
    with pytest.raises(ValueError, match="on the form is one of 1, 2, 3, 4, 5, not"):
        suggest_historic(reliability, accuracy, witnessed=False)


def test_a_historic_grade_that_does_not_exist_is_refused():
    for source, information, handling in (("F", 1, 1), ("A", 6, 1), ("A", 1, 0)):
        with pytest.raises(ValueError, match="is one of"):
            convert_historic(source, information, handling)


@given(st.sampled_from([1, 2, 3]), st.sampled_from("ABCDE"), st.sampled_from("PC"))
def test_a_printed_grade_is_read_back_as_it_was(source: int, assessment: str, handling: str):
    text = printed(source, assessment, handling)

    assert len(text) == 5
    assert parse_printed(text) == PrintedGrade(source, assessment, handling)


def test_a_grade_is_printed_as_the_police_print_it():
    assert printed(1, "B", "P") == "[1BP]"


@pytest.mark.parametrize("text", ["1BP", "[4BP]", "[1FP]", "[1BX]", "[1BP]\n", " [1BP]", "[1bp]", "[1BPP]", ""])
def test_anything_else_is_no_printed_grade(text: str):
    with pytest.raises(ValueError, match="no printed grade"):
        parse_printed(text)


def test_a_grade_that_does_not_exist_is_not_printed():
    with pytest.raises(ValueError, match="no printed grade"):
        printed(4, "A", "P")
