"""The vocabulary of the hub: events by subject, their versions, the envelope, labels and reference data; no I/O.

Importing this package enters every event into the catalogue; the list below is its table of contents.
"""

from hub_events import (
    account,
    basis,
    case,
    feedback,
    flag,
    label,
    mention,
    narrative,
    notice,
    operation,
    original,
    report,
    reporter,
    route_check,
    source,
    triage,
)

__all__ = [
    "account",
    "basis",
    "case",
    "feedback",
    "flag",
    "label",
    "mention",
    "narrative",
    "notice",
    "operation",
    "original",
    "report",
    "reporter",
    "route_check",
    "source",
    "triage",
]
