"""The timeline of the boy's case: as it stands, as it was known a month earlier, and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from hub_services.demo import child7
from hub_services.demo.looking import Looking
from hub_services.demo.paper import chapter, label, say, seat, sheet
from hub_services.demo.people import OFFICER, SOCIAL_WORKER

PURPOSE: Final = "SAFEGUARDING"
PATH: Final = f"/v1/timelines/{{{child7.CASE}}}"
SHOWN: Final = 6
"""How many characters of an id are printed."""

LONGEST_NAME: Final = 14

Line = Mapping[str, Any]


def timelines(looking: Looking) -> Line:
    """Show the timeline now and as known a month earlier; return the line of the new grade."""
    chapter(looking.console, "The timeline of the boy's case")
    known_at = looking.journal.days.month_earlier
    now = _lines(looking)
    then = _lines(looking, as_known_at=known_at.isoformat())
    regraded = _line_of(looking, now)
    seat(looking.console, SOCIAL_WORKER, PURPOSE, "GET /v1/timelines/{id}")
    looking.console.print(_sheet(now))
    later = [line for line in now if line["id"] not in {each["id"] for each in then}]
    changed = [(before, after) for before in then for after in now if before["id"] == after["id"] and before != after]
    grades = {(_grade(before), _grade(after)) for before, after in changed}
    looking.expect(regraded in later, "the new grade was not known a month earlier")
    looking.expect(("[2CP]", "[1BP]") in grades, "lines of the report print the old grade as known then")
    looking.expect(all(line in now or line["id"] in {b["id"] for b, _ in changed} for line in then), "no line is lost")
    asks = f"GET /v1/timelines/{{id}}?as_known_at={known_at.isoformat()}: as known a month earlier"
    seat(looking.console, SOCIAL_WORKER, PURPOSE, asks)
    looking.console.print(_sheet_then(then, {before["id"]: after for before, after in changed}))
    say(looking.console, f"Not known then: {len(later)} lines, from “{later[0]['sentence']}” on.")
    say(looking.console, f"Read otherwise then: {len(changed)} lines; the column “today” has what they print now.")
    of_officer = looking.at(OFFICER, PURPOSE, PATH, limit="500")["lines"]
    looking.expect(len(of_officer) > len(now), "the officer sees more of it than the social worker")
    say(
        looking.console,
        f"{OFFICER.name} sees {len(of_officer)} lines of the same timeline, {SOCIAL_WORKER.name} {len(now)}: each line "
        "is shown or hidden by today's label of what it comes from.",
    )
    return regraded


def _lines(looking: Looking, **query: str) -> Sequence[Line]:
    lines: Sequence[Line] = looking.at(SOCIAL_WORKER, PURPOSE, PATH, limit="500", **query)["lines"]
    return lines


def _line_of(looking: Looking, lines: Sequence[Line]) -> Line:
    report = looking.id("child7-02-youth-justice")
    graded = [line for line in lines if line["kind"] == "grade-confirmed" and line["source_event"]["id"] == report]
    looking.expect(graded, "the timeline tells of the grade")
    return graded[-1]


def _grade(line: Line) -> str:
    return str(line["report"]["printed"]) if line["report"] else ""


def _sheet(lines: Sequence[Line]) -> Table:
    found = sheet(when_it_happened=21, what=0, by=14, grade=5, source_event=16)
    for line, words in _gathered(lines):
        found.add_row(_happened(line), words, _agency(line), _grade(line), _source(line))
    return found


def _sheet_then(lines: Sequence[Line], today: Mapping[str, Line]) -> Table:
    found = sheet(when_it_happened=21, what=0, grade=5, today=10, source_event=16)
    for line, words in _gathered(lines):
        reads = Text(_otherwise(line, today[line["id"]]) if line["id"] in today else "", "yellow")
        found.add_row(_happened(line), words, _grade(line), reads, _source(line))
    return found


def _happened(line: Line) -> str:
    return re.sub(r"(January|February|August|September|October|November|December)", _short, line["happened"]["text"])


def _short(month: re.Match[str]) -> str:
    return month[0][:3]


def _agency(line: Line) -> str:
    code = line["agency"]
    known = label("agencies", code)
    return known if len(known) <= LONGEST_NAME else code.replace("_", " ")


def _source(line: Line) -> str:
    source = line["source_event"]
    return f"{source['kind']} {source['id'][:SHOWN]}.{source['version']}"


def _otherwise(before: Line, after: Line) -> str:
    if _grade(before) != _grade(after):
        return _grade(after)
    if before["flag_status"] != after["flag_status"]:
        return str(after["flag_status"]).lower()
    return str(after["sentence"])


def _persons_first(line: Line) -> tuple[bool, str, str]:
    about = line["about"] or {"kind": "", "as_said": ""}
    return about["kind"] != "PERSON", about["kind"], about["as_said"]


def _gathered(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Put what a report speaks of under the report, so that a timeline is as long as what happened."""
    received = {line["report"]["report"] for line in lines if line["kind"] == "report-received" and line["report"]}
    mentioned: dict[str, list[str]] = {}
    for line in sorted(lines, key=_persons_first):
        if line["kind"] == "mention-made" and line["report"]:
            mentioned.setdefault(line["report"]["report"], []).append(line["about"]["as_said"])
    for line in lines:
        of_report = line["report"]["report"] if line["report"] else ""
        if line["kind"] == "report-received" and of_report in mentioned:
            yield line, f"{line['sentence']}\nIt speaks of: {'; '.join(mentioned[of_report])}"
        elif line["kind"] != "mention-made" or of_report not in received:
            yield line, line["sentence"]
