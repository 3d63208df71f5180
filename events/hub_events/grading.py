"""Conversion between scales of grading: by meaning, never by digit (domain.md B.1.4, trap T2).

The form, the historic 5x5x5 and the current 3x5x2 use the same digits for different things: accuracy 4 is "suspected
false" on the form and "cannot be judged" in 5x5x5. What the form says stays as given; what is made here is a
suggestion, with the reasons why an officer has to confirm it.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

PRINTED = re.compile(r"\[([1-3])([A-E])([PC])\]")
"""A printed 3x5x2 grade such as [1BP] (domain.md B.1.2)."""

NO_WORDS_FOR_RELIABILITY = "The form has no words for this reliability; it is taken by its position."
OFFICER_DECIDES_SOURCE = "The form has no words for reliability 3: decide between 2 untested and 3 not reliable."
REPORTER_WITNESSED = "The reporter witnessed it: confirm that the reporter counts as a reliable source."
WITNESSED_HISTORIC = "The reporter witnessed it: confirm A, or B for an officer of an agency who is mostly reliable."
PARTLY_WITNESSED = "The reporter also witnessed something: grade what was seen and what was told as separate items."
NO_RELIABILITY = "The reliability of whoever gave the information is not stated."
NO_WORDS_FOR_ACCURACY = "The form has no words for this accuracy; it is taken by its position."
FIRST_HAND_ASKED = "Confirm whether the source knows it first-hand."
CORROBORATION_ASKED = "Confirm whether it is corroborated."
HISTORIC_SOURCE_C = "5x5x5 source C, sometimes reliable, has no counterpart: decide the source by hand."
HISTORIC_HANDLING = "Confirm the condition of this 5x5x5 handling code; only an officer may make it P."


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A suggested 3x5x2 grade, empty where no value may be made automatically, and why it needs confirming."""

    source: int | None
    assessment: str | None
    to_confirm: tuple[str, ...] = ()


class HistoricSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A suggested 5x5x5 evaluation of source and information, and why it needs confirming (domain.md B.1.1)."""

    source: str | None
    information: int | None
    to_confirm: tuple[str, ...] = ()


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """What a historic 5x5x5 grade becomes in 3x5x2, with its handling written out (domain.md B.1.4)."""

    source: int | None
    assessment: str
    handling: str
    conditions: tuple[str, ...] = ()
    action: str | None = None
    sanitisation: str | None = None
    to_confirm: tuple[str, ...] = ()


class PrintedGrade(msgspec.Struct, frozen=True):
    """The three parts of a printed grade (domain.md B.1.2)."""

    source: int
    assessment: str
    handling: str


class _Handling(msgspec.Struct, frozen=True, kw_only=True):
    handling: str
    conditions: tuple[str, ...] = ()
    action: str | None = None
    sanitisation: str | None = None
    to_confirm: tuple[str, ...] = ()


# The tables of domain.md B.1.4, row by row: form digit, value, reasons to confirm it.
_SOURCE_BY_RELIABILITY: Mapping[int, tuple[int | None, tuple[str, ...]]] = {
    1: (1, ()),
    2: (1, (NO_WORDS_FOR_RELIABILITY,)),
    3: (None, (OFFICER_DECIDES_SOURCE,)),
    4: (3, ()),
    5: (2, ()),
}
_HISTORIC_SOURCE_BY_RELIABILITY: Mapping[int, tuple[str, tuple[str, ...]]] = {
    1: ("A", ()),
    2: ("B", (NO_WORDS_FOR_RELIABILITY,)),
    3: ("C", (NO_WORDS_FOR_RELIABILITY,)),
    4: ("D", ()),
    5: ("E", ()),
}
_HISTORIC_INFORMATION_BY_ACCURACY: Mapping[int, tuple[int, tuple[str, ...]]] = {
    1: (1, ()),
    2: (2, (NO_WORDS_FOR_ACCURACY,)),
    3: (3, (NO_WORDS_FOR_ACCURACY,)),
    4: (5, ()),
    5: (4, ()),
}
_SOURCE_BY_HISTORIC: Mapping[str, tuple[int | None, tuple[str, ...]]] = {
    "A": (1, ()),
    "B": (1, ()),
    "C": (None, (HISTORIC_SOURCE_C,)),
    "D": (3, ()),
    "E": (2, ()),
}
_ASSESSMENT_BY_HISTORIC: Mapping[int, str] = {1: "A", 2: "A", 3: "B", 4: "D", 5: "E"}
_HANDLING_BY_HISTORIC: Mapping[int, _Handling] = {
    1: _Handling(handling="P"),
    2: _Handling(handling="C", conditions=("UK_NON_PROSECUTING_PARTIES",), to_confirm=(HISTORIC_HANDLING,)),
    3: _Handling(handling="C", conditions=("NON_EEA_SPECIAL_CONDITIONS",), to_confirm=(HISTORIC_HANDLING,)),
    4: _Handling(handling="C", conditions=("ORIGINATING_AGENCY_ONLY",)),
    5: _Handling(handling="C", conditions=("REFER_TO_ORIGINATOR",), action="A1", sanitisation="S2"),
}


def suggest(
    reliability: int | None,
    accuracy: int,
    *,
    witnessed: bool,
    first_hand: bool | None = None,
    corroborated: bool | None = None,
) -> Suggestion:
    """The 3x5x2 grade that the form's answers suggest (domain.md B.1.4)."""
    source, source_reasons = _source(reliability, witnessed=witnessed)
    assessment, accuracy_reasons = _assessment(accuracy, first_hand=first_hand, corroborated=corroborated)
    return Suggestion(source=source, assessment=assessment, to_confirm=source_reasons + accuracy_reasons)


def suggest_historic(reliability: int | None, accuracy: int, *, witnessed: bool) -> HistoricSuggestion:
    """The 5x5x5 evaluation that the form's answers suggest, for systems that still hold it (domain.md B.1.4)."""
    source: str | None
    if reliability is not None:
        source, reasons = _row(_HISTORIC_SOURCE_BY_RELIABILITY, reliability, "Reliability on the form")
        reasons += (PARTLY_WITNESSED,) if witnessed else ()
    else:
        source, reasons = ("A", (WITNESSED_HISTORIC,)) if witnessed else (None, (NO_RELIABILITY,))
    information, accuracy_reasons = _row(_HISTORIC_INFORMATION_BY_ACCURACY, accuracy, "Accuracy on the form")
    return HistoricSuggestion(source=source, information=information, to_confirm=reasons + accuracy_reasons)


def convert_historic(source: str, information: int, handling: int) -> Conversion:
    """A historic 5x5x5 grade in 3x5x2 (domain.md B.1.4); assessment C has no exact ancestor and is never made."""
    new_source, reasons = _row(_SOURCE_BY_HISTORIC, source, "A 5x5x5 source evaluation")
    assessment = _row(_ASSESSMENT_BY_HISTORIC, information, "A 5x5x5 information evaluation")
    written_out = _row(_HANDLING_BY_HISTORIC, handling, "A 5x5x5 handling code")
    return Conversion(
        source=new_source,
        assessment=assessment,
        handling=written_out.handling,
        conditions=written_out.conditions,
        action=written_out.action,
        sanitisation=written_out.sanitisation,
        to_confirm=reasons + written_out.to_confirm,
    )


def printed(source: int, assessment: str, handling: str) -> str:
    """The grade as it is printed on every item, such as [1BP] (domain.md B.1.2)."""
    text = f"[{source}{assessment}{handling}]"
    parse_printed(text)
    return text


def parse_printed(text: str) -> PrintedGrade:
    """The parts of a printed grade; raises ValueError with a sentence for anything else."""
    match = PRINTED.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no printed grade: source 1-3, assessment A-E and handling P or C, such as [1BP]."
        )
    return PrintedGrade(int(match[1]), match[2], match[3])


def _source(reliability: int | None, *, witnessed: bool) -> tuple[int | None, tuple[str, ...]]:
    if reliability is None:
        return (1, (REPORTER_WITNESSED,)) if witnessed else (None, (NO_RELIABILITY,))
    source, reasons = _row(_SOURCE_BY_RELIABILITY, reliability, "Reliability on the form")
    # The form lets several origins be ticked; the digit is about whoever told the reporter, not about the reporter.
    return source, reasons + ((PARTLY_WITNESSED,) if witnessed else ())


def _assessment(accuracy: int, *, first_hand: bool | None, corroborated: bool | None) -> tuple[str, tuple[str, ...]]:
    rows: Mapping[int, tuple[str, tuple[str, ...]]] = {
        1: ("A", ()),
        2: ("A" if first_hand else "C", (NO_WORDS_FOR_ACCURACY, FIRST_HAND_ASKED)),
        3: ("B" if corroborated else "C", (NO_WORDS_FOR_ACCURACY, CORROBORATION_ASKED)),
        4: ("E", ()),
        5: ("D", ()),
    }
    return _row(rows, accuracy, "Accuracy on the form")


def _row(rows: Mapping[_Key, _Value], key: _Key, what: str) -> _Value:
    try:
        return rows[key]
    except KeyError:
        choice = ", ".join(str(known) for known in rows)
        raise ValueError(f"{what} is one of {choice}, not {key!r}.") from None
