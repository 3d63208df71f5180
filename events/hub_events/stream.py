"""Stream names: `kind:id`, where the id is random or an HMAC and never says anything about a person."""

from __future__ import annotations

import re
from typing import Final, NewType

Stream = NewType("Stream", str)

ACCOUNT: Final = "account"
CASE: Final = "case"
ERASURE: Final = "erasure"
FEEDBACK: Final = "feedback"
FLAG: Final = "flag"
MENTION: Final = "mention"
NARRATIVE: Final = "narrative"
NOTICE: Final = "notice"
ORIGINAL: Final = "original"
REPORT: Final = "report"
REPORTER: Final = "reporter"
ROUTE_CHECK: Final = "route-check"
SET_ASIDE: Final = "set-aside"
SOURCE: Final = "source"
TRIAGE: Final = "triage"

KINDS: Final = frozenset(
    {
        ACCOUNT,
        CASE,
        ERASURE,
        FEEDBACK,
        FLAG,
        MENTION,
        NARRATIVE,
        NOTICE,
        ORIGINAL,
        REPORT,
        REPORTER,
        ROUTE_CHECK,
        SET_ASIDE,
        SOURCE,
        TRIAGE,
    },
)

_FORM = re.compile(r"[a-z][a-z-]*:[A-Za-z0-9_-]{22}\Z")


def stream(kind: str, identifier: str) -> Stream:
    """Return the name of a stream; `identifier` is 22 characters of base64url (128 bits).

    Raises:
        ValueError: the kind is not one of `KINDS` or the identifier has another form.
    """
    name = f"{kind}:{identifier}"
    if kind not in KINDS or _FORM.match(name) is None:
        raise ValueError(f"{kind}:… is not the name of a stream")
    return Stream(name)


def is_stream(text: str) -> bool:
    """Whether a text is the name of a stream."""
    return _FORM.match(text) is not None and kind_of(text) != ""


def kind_of(name: str) -> str:
    """Return the kind of the stream a name belongs to, `""` when it has none."""
    kind, colon, _ = name.partition(":")
    return kind if colon and kind in KINDS else ""
