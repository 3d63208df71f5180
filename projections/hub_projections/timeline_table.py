"""The tables of the timeline, and the names of their rows.

Every table is versioned: a line is known from its own event on, and what a line prints about a report, a person or a
flag is the version of that row at the position asked about. The streams a printed row comes from are among those of the
line it is printed on (and the case), so a line that may be shown may be shown whole.
"""

from __future__ import annotations

from typing import Final

from hub_projections.table import Table, integers, text

VIEW: Final = "timeline"
"""The name of the view."""

HAPPENED: Final = (
    *integers("happened_from", "happened_to", "happened_sort"),
    *text("happened_precision", "happened_zone", "happened_basis", "happened_of"),
)
"""An interval, how it is known, and what it is the time of; all of them null on a line that takes its report's."""

LINE: Final = Table(
    "timeline_line",
    (
        *text("subject", "kind", "stream", "report", "mention", "strands", "area", "agency", "role", "facts"),
        *integers("version", "recorded_at", "rank"),
        *HAPPENED,
    ),
    versioned=True,
    indexes=(("subject",),),
)
"""One line per event somebody cares about. `subject` is the case, report or route check through which it is found."""

CASE_REPORT: Final = Table(
    "timeline_case_report", text("case_stream", "report"), versioned=True, indexes=(("case_stream",),)
)
"""Which reports a case says are part of it."""

REPORT_CHECK: Final = Table(
    "timeline_report_check", text("report", "route_check"), versioned=True, indexes=(("report",),)
)
"""Which route check a report came through."""

PARENT: Final = Table("timeline_parent", text("report", "area"), versioned=True)
"""The report a triage or a feedback belongs to, and the area a route check was about."""

CASE: Final = Table("timeline_case", text("strands"), versioned=True)
"""The strands a case is or was worked in."""

REPORT: Final = Table(
    "timeline_report",
    (
        *text("strands", "area", "team", "printed", "source", "assessment", "outcome"),
        *text("handling_code", "handling_conditions", "restriction", "cases"),
        *HAPPENED,
    ),
    versioned=True,
)
"""Grade, handling, place, outcome and cases of a report, and when what it tells of happened."""

MENTION: Final = Table(
    "timeline_mention",
    text("report", "kind", "as_said", "parts", "text_form", "reported_role"),
    versioned=True,
    indexes=(("report",),),
)
"""What a report says about a person or a thing, as said."""

PERSON: Final = Table("timeline_person", text("case_stream", "mention", "roles"), versioned=True)
"""The roles a person has in a case, each with the day from which."""

FLAG: Final = Table("timeline_flag", text("case_stream", "mention", "flag", "status"), versioned=True)
"""A flag and how it stands."""

TABLES: Final = (LINE, CASE_REPORT, REPORT_CHECK, PARENT, CASE, REPORT, MENTION, PERSON, FLAG)

JOINT: Final = "+"
"""Between two streams in the id of a row that is about both; no stream's name holds it."""


def line_id(stream: str, version: int) -> str:
    """The id of the line an event gives: its stream and version, so that every line names its source."""
    return f"{stream}/{version}"


def joint(one: str, other: str) -> str:
    """The id of a row about two streams."""
    return f"{one}{JOINT}{other}"
