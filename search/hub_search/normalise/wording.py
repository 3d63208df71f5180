"""What the kinds share: the words with which people give a part of an identifier, and letters in one form."""

import re
import unicodedata
from typing import NamedTuple

UNKNOWN_RUN = "*"
UNKNOWN_ONE = "?"

_COUNT = r"(?:\s+(?:\d(?!\d)|two|three|four|five|six|seven|few))?(?:\s+(?:digits?|letters?|characters?|numbers?))?"
_SAID = r"(?:\s+(?:is|are|was|were|in|with))?\s*:?\s+(?P<rest>.+)"

_ENDING = re.compile(rf"\s*(?:(?:it\s+)?end(?:s|ing|ed)?|last){_COUNT}{_SAID}", re.IGNORECASE)
_BEGINNING = re.compile(rf"\s*(?:(?:it\s+)?(?:starts?|starting|begins?|beginning)|first){_COUNT}{_SAID}", re.IGNORECASE)
_CONTAINING = re.compile(rf"\s*(?:contains?|containing|includes?|including|part|partial){_SAID}", re.IGNORECASE)


class Fragment(NamedTuple):
    """A part of an identifier, whether something unknown stands before and after it, and how that was known."""

    text: str
    open_before: bool
    open_after: bool
    how: str


def fragment(text: str) -> Fragment | None:
    """What is given of an identifier whose other part is said to be unknown ("ends in 417"), or None."""
    if match := _ENDING.fullmatch(text):
        return Fragment(match["rest"], open_before=True, open_after=False, how="said to be the end")
    if match := _BEGINNING.fullmatch(text):
        return Fragment(match["rest"], open_before=False, open_after=True, how="said to be the beginning")
    if match := _CONTAINING.fullmatch(text):
        return Fragment(match["rest"], open_before=True, open_after=True, how="said to be a part")
    return None


def one_form(text: str) -> str:
    """Capitals in compatibility form, so that letters which look or mean the same are the same."""
    return unicodedata.normalize("NFKC", text).upper()


def tidy_wildcards(pattern: str) -> str:
    """One wildcard for each unknown run: `*?*` says no more than `*`."""
    return re.sub(r"[*?]*\*[*?]*", UNKNOWN_RUN, pattern)
