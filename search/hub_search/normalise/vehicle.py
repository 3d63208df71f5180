"""Registration plates: one form for search and links, the UK format a label and never a condition (domain.md B.9.3).

Foreign, false and half-seen plates matter most, so nothing is refused and what was said is kept.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Literal

import msgspec

from hub_search.normalise.wording import UNKNOWN_ONE, UNKNOWN_RUN, fragment, one_form, tidy_wildcards

Form = Literal["CURRENT", "PREFIX", "SUFFIX", "NORTHERN_IRELAND", "DATELESS", "PARTIAL", "OTHER"]

# In the order of trial. Age identifiers 00, 01 and 50 were never issued; Q begins a plate of unknown age.
_UK_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("CURRENT", re.compile(r"[A-HJ-PR-Y]{2}(?!00|01|50)[0-9]{2}[A-HJ-PR-Z]{3}")),
    ("PREFIX", re.compile(r"[A-HJ-NP-TV-Y][0-9]{1,3}[A-HJ-PR-Y][A-HJ-PR-Z]{2}")),
    ("SUFFIX", re.compile(r"[A-HJ-PR-Z]{2}[A-HJ-PR-Y][0-9]{1,3}[A-HJ-NPR-TV-Y]")),
    ("NORTHERN_IRELAND", re.compile(r"[A-Z]?(?:I[A-Z]|[A-Z][IZ])[0-9]{1,4}")),
    ("DATELESS", re.compile(r"[A-Z]{1,3}[0-9]{1,4}|[0-9]{1,4}[A-Z]{1,3}")),
)
_DIPLOMATIC = re.compile(r"[0-9]{3}[DX][0-9]{3}")
# Only forms long enough that reading a letter as a digit is no guess.
_CORRECTED_FORMS = frozenset({"CURRENT", "PREFIX", "SUFFIX"})
_LONGEST_UK_PLATE = 7
_LABEL = re.compile(
    r"\s*(?:(?:number\s*)?plate|reg(?:istration)?(?:\s+(?:number|plate|mark|no))?|vrm|index)\b\.?\s*(?::|(?:is|was)\b|\s)\s*"
    r"(?P<rest>.+)",
    re.IGNORECASE,
)

_DIGIT_OR_LETTER = {"O": "O0", "0": "0O", "I": "I1", "1": "1I"}
_SKELETON = str.maketrans("OISBZ", "01582")


class Plate(msgspec.Struct, frozen=True, kw_only=True):
    """A plate as said and in one form, the UK format it fits, a pattern (`?` one, `*` any) and what was done to it."""

    as_said: str
    normalised: str
    form: Form
    pattern: str
    how: tuple[str, ...] = ()


def normalise_plate(text: str) -> Plate:
    """A plate in capitals without spaces, labelled; the plate of a normalised plate is itself (domain.md B.9.3)."""
    whole = _characters(text)
    if _is_plain(whole) and _form_of(whole) is not None:
        return _plate(text, whole, ())
    words = text
    how: tuple[str, ...] = ()
    if match := _LABEL.fullmatch(words):
        words, how = match["rest"], ("words before the plate left out",)
    if part := fragment(words):
        pattern = UNKNOWN_RUN * part.open_before + _characters(part.text) + UNKNOWN_RUN * part.open_after
        return _plate(text, tidy_wildcards(pattern), (*how, part.how))
    return _plate(text, _characters(words), how)


def confusable_skeleton(normalised: str) -> str:
    """A further key in which characters that are misread for each other are one: O/0, I/1, S/5, B/8, Z/2."""
    return normalised.translate(_SKELETON)


def _plate(as_said: str, characters: str, how: tuple[str, ...]) -> Plate:
    """Label what is left of a plate and say how it may be searched for."""
    if not characters.strip(UNKNOWN_RUN + UNKNOWN_ONE):
        return Plate(as_said=as_said, normalised="", form="OTHER", pattern="", how=(*how, "nothing of it is known"))
    if not _is_plain(characters):
        return Plate(as_said=as_said, normalised=characters, form="PARTIAL", pattern=characters, how=how)
    form = _form_of(characters)
    if form is None and (read := _read_digits_for_letters(characters)):
        how = (*how, f"{characters} read as {read}")
        characters, form = read, _form_of(read)
    if form is not None:
        return Plate(as_said=as_said, normalised=characters, form=form, pattern=characters, how=how)
    if _DIPLOMATIC.fullmatch(characters):
        how = (*how, "fits a diplomatic plate")
    # Too short to be a whole current plate and of no format: perhaps a part that nobody called a part.
    short = len(characters) < _LONGEST_UK_PLATE
    pattern = f"{UNKNOWN_RUN}{characters}{UNKNOWN_RUN}" if short else characters
    return Plate(as_said=as_said, normalised=characters, form="OTHER", pattern=pattern, how=how)


def _characters(text: str) -> str:
    """Letters and digits in one form, with what stands for unknown characters as wildcards."""
    folded = re.sub(r"\.{2,}|…", UNKNOWN_RUN, text)
    again = ""
    # Once is not enough for every script: what is left after dropping a mark may combine anew.
    while folded != again:
        again, folded = (
            folded,
            "".join(
                UNKNOWN_ONE if sign == "_" else sign
                for sign in one_form(folded)
                if sign.isalnum() or sign in (UNKNOWN_ONE, UNKNOWN_RUN, "_")
            ),
        )
    return tidy_wildcards(folded)


def _is_plain(characters: str) -> bool:
    return UNKNOWN_ONE not in characters and UNKNOWN_RUN not in characters


def _form_of(characters: str) -> Form | None:
    return next((form for form, pattern in _UK_FORMS if pattern.fullmatch(characters)), None)


def _readings(characters: str) -> Iterator[tuple[int, str]]:
    for choice in product(*(_DIGIT_OR_LETTER.get(sign, sign) for sign in characters)):
        reading = "".join(choice)
        yield sum(was != now for was, now in zip(characters, reading, strict=True)), reading


def _read_digits_for_letters(characters: str) -> str | None:
    """The one UK plate that differs only in O for 0 or I for 1 and needs the fewest changes, if there is one."""
    if len(characters) > _LONGEST_UK_PLATE:
        return None
    fitting = sorted(
        (changes, reading) for changes, reading in _readings(characters) if _form_of(reading) in _CORRECTED_FORMS
    )
    fewest = [reading for changes, reading in fitting if changes == fitting[0][0]]
    return fewest[0] if len(fewest) == 1 else None
