"""Telephone numbers and the equipment behind them: E.164 for whole numbers, wildcards for parts, labels for the rest.

A number is read as a British one unless it says otherwise (domain.md B.9.2). Nothing is refused and what was said is
kept.
"""

import re
from typing import Literal

import msgspec
import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

from hub_search.normalise.wording import UNKNOWN_ONE, UNKNOWN_RUN, fragment, one_form, tidy_wildcards

Kind = Literal["MOBILE", "FIXED", "SHORT", "PARTIAL", "OTHER"]

_REGION, _COUNTRY_CODE = "GB", 44
_LONGEST_SHORT_NUMBER, _NATIONAL_LENGTH, _LONGEST_NUMBER = 6, 10, 15
_LONGEST_LOCAL_NUMBER = 8
_FEWEST_DIGITS_IN_WORDS = 3
_IMEI_LENGTH = 15
_FIGURES = re.compile(r"[0-9+*?][0-9+*?()\s./\-\u2010-\u2015\[\]]*")
_EXTENSION = re.compile(r"(?:;ext=|\s*(?:ext(?:ension)?\.?|x|#)\s*)(?P<extension>[0-9]{1,7})\s*$", re.IGNORECASE)
_UNKNOWN_DIGITS = re.compile(r"(?<![^\W\d_])X+(?![^\W\d_])")
_KINDS: dict[int, Kind] = {
    PhoneNumberType.MOBILE: "MOBILE",
    PhoneNumberType.FIXED_LINE: "FIXED",
    PhoneNumberType.VOIP: "FIXED",
    PhoneNumberType.UAN: "FIXED",
}


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """A number as said and in one form, its kind, a wildcard pattern (`?` one, `*` any) and what was done to it."""

    as_said: str
    normalised: str
    kind: Kind
    pattern: str
    how: tuple[str, ...] = ()


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """An IMEI as said and as digits, and whether it passes its check digit (domain.md B.9.2)."""

    as_said: str
    normalised: str
    passes_check: bool
    how: tuple[str, ...] = ()


def normalise_phone(text: str) -> Phone:
    """A number as E.164, a part of one as a wildcard form; what is normalised stays as it is (domain.md B.9.2)."""
    words, how = _without_extension(one_form(text))
    words = _UNKNOWN_DIGITS.sub(lambda run: UNKNOWN_ONE * len(run.group()), words)
    if part := fragment(words):
        figures, found = _figures(part.text)
        pattern = UNKNOWN_RUN * part.open_before + figures + UNKNOWN_RUN * part.open_after
        return _partial(text, pattern, (*how, part.how, *found)) if figures else _unknown(text)
    words = re.sub(r"\.{3,}|…", UNKNOWN_RUN, words)
    figures, found = _figures(words)
    how = (*how, *found)
    if not re.search(r"[0-9]", figures):
        return _unknown(text)
    if UNKNOWN_ONE in figures or UNKNOWN_RUN in figures:
        return _partial(text, figures, how)
    return _whole(text, figures, how)


def normalise_equipment(text: str) -> Equipment:
    """An IMEI as digits with a label; one that fails the check is kept, it may only be misread (domain.md B.9.2)."""
    digits = "".join(re.findall(r"[0-9]", one_form(text)))
    if len(digits) == _IMEI_LENGTH - 1:
        how: tuple[str, ...] = ("fourteen digits: the check digit is missing",)
    elif len(digits) == _IMEI_LENGTH + 1:
        how = ("sixteen digits: ends in a software version in place of the check digit",)
    else:
        how = () if len(digits) == _IMEI_LENGTH else ("not the fifteen digits of an IMEI",)
    return Equipment(as_said=text, normalised=digits, passes_check=_is_imei(digits), how=how)


def _without_extension(words: str) -> tuple[str, tuple[str, ...]]:
    """The words before an extension; an X after fewer digits than a whole number has stands for an unknown digit."""
    extension = _EXTENSION.search(words)
    if extension is None or len(re.findall(r"[0-9]", words[: extension.start()])) < _NATIONAL_LENGTH:
        return words, ()
    return words[: extension.start()], (f"extension {extension['extension']} left out",)


def _unknown(text: str) -> Phone:
    return Phone(as_said=text, normalised="", kind="OTHER", pattern="", how=("no digits in it",))


def _figures(words: str) -> tuple[str, tuple[str, ...]]:
    """The digits of the only number in the words, with a leading plus and wildcards."""
    runs = [run for run in _FIGURES.findall(words) if re.search(r"[0-9?*]", run)]
    if len(runs) > 1:
        runs = [run for run in runs if _length(run) >= _FEWEST_DIGITS_IN_WORDS] or runs
    if len(runs) == 1 and _length(runs[0]) > _LONGEST_NUMBER:
        runs = runs[0].split("/")
    how: tuple[str, ...] = ()
    if len(runs) > 1:
        how = ("the first of several numbers: enter the others on their own",)
    elif runs and not _FIGURES.fullmatch(words.strip()):
        how = ("taken out of words",)
    # The trunk zero that some people write behind the country code belongs to neither.
    joined = re.sub(r"^(\+\s*\d{1,3}|00\s*44)\s*[(\[]\s*0\s*[)\]]", r"\1", "".join(runs[:1]).strip())
    plus = "+" if joined.startswith("+") else ""
    return plus + tidy_wildcards(re.sub(r"[^0-9?*]", "", joined)), how


def _length(run: str) -> int:
    return len(re.findall(r"[0-9?]", run))


def _partial(text: str, figures: str, how: tuple[str, ...]) -> Phone:
    """A wildcard form; a beginning that shows the country is written as in E.164, so that it fits whole numbers."""
    pattern = tidy_wildcards(figures)
    if pattern.startswith("00"):
        pattern = f"+{pattern[2:]}"
    elif re.match(r"0[1-9?*]", pattern):
        pattern = f"+{_COUNTRY_CODE}{pattern[1:]}"
    if not re.search(r"[0-9]", pattern):
        return _unknown(text)
    return Phone(as_said=text, normalised=pattern, kind="PARTIAL", pattern=pattern, how=how)


def _whole(text: str, figures: str, how: tuple[str, ...]) -> Phone:
    digits = figures.lstrip("+")
    national = digits == figures
    if national and _is_short(digits):
        return Phone(as_said=text, normalised=digits, kind="SHORT", pattern=digits, how=how)
    too_short = _LONGEST_SHORT_NUMBER if digits.startswith("0") else _LONGEST_LOCAL_NUMBER
    if national and len(digits) <= too_short:
        return _partial(text, UNKNOWN_RUN + digits, (*how, "too short for a whole number, taken as its end"))
    parsed = _parse(figures)
    if parsed is None:
        if _is_imei(digits):
            how = (*how, "passes the check of an IMEI")
        return Phone(as_said=text, normalised=figures, kind="OTHER", pattern=figures, how=how)
    normalised = _e164(parsed)
    return Phone(as_said=text, normalised=normalised, kind=_kind(parsed), pattern=normalised, how=how)


def _is_short(digits: str) -> bool:
    if len(digits) > _LONGEST_SHORT_NUMBER or digits.startswith("0"):
        return False
    number = phonenumbers.PhoneNumber(country_code=_COUNTRY_CODE, national_number=int(digits))
    return bool(shortnumberinfo.is_valid_short_number_for_region(number, _REGION))


def _parse(figures: str) -> phonenumbers.PhoneNumber | None:
    """The number, or None if it can be none: too long, too short, or another one each time it is read."""
    try:
        number = phonenumbers.parse(figures, _REGION)
        again = phonenumbers.parse(_e164(number), _REGION)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) and _e164(again) == _e164(number) else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _kind(number: phonenumbers.PhoneNumber) -> Kind:
    known = _KINDS.get(phonenumbers.number_type(number))
    if known or number.country_code != _COUNTRY_CODE:
        return known or "OTHER"
    # Numbers kept for drama, and blocks newer than the library, are of no known type; the first digits still tell.
    national = phonenumbers.national_significant_number(number)
    if len(national) != _NATIONAL_LENGTH:
        return "OTHER"
    if re.match(r"7(?:[1-57-9]|624)", national):
        return "MOBILE"
    return "FIXED" if re.match(r"[123]", national) else "OTHER"


def _is_imei(digits: str) -> bool:
    if len(digits) != _IMEI_LENGTH:
        return False
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
