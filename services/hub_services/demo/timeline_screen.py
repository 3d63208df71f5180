"""The timeline of the boy's case: as it stands, as it was known a month earlier, and what differs."""

from __future__ import annotations

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
    asks = f"GET /v1/timelines/{{id}}?as_known_at={known_at:%Y-%m-%dT%H:%M%z}: the same, as known a month earlier"
    seat(looking.console, SOCIAL_WORKER, PURPOSE, asks)
    looking.console.print(_sheet(then, {before["id"]: after for before, after in changed}))
    say(looking.console, f"Not known then: {len(later)} lines, from “{later[0]['sentence']}” on.")
    say(looking.console, f"Read otherwise then: {len(changed)} lines, marked with what they say today.")
    of_officer = looking.at(OFFICER, PURPOSE, PATH, limit="500")["lines"]
    looking.expect(len(of_officer) > len(now), "the officer sees more of it than the social worker")
    say(
        looking.console,
        f"{OFFICER.name} sees {len(of_officer)} lines of the same timeline, {SOCIAL_WORKER.name} {len(now)}: each line is "
        "shown by the label of what it comes from.",
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


def _sheet(lines: Sequence[Line], today: Mapping[str, Line] | None = None) -> Table:
    found = sheet(when_it_happened=18, what=0, **{"from": 12}, grade=7, source_event=16)
    for line, mentioned in _gathered(lines):
        words = line["sentence"]
        if mentioned:
            words += f"\nIt speaks of {', '.join(each['about']['as_said'] for each in mentioned)}."
        source = line["source_event"]
        after = (today or {}).get(line["id"])
        found.add_row(
            line["happened"]["text"],
            Text(words) + (Text(f"\n{_otherwise(line, after)}", "yellow") if after else Text()),
            label("agencies", line["agency"]),
            _grade(line),
            f"{source['kind']}\n{source['id'][:SHOWN]}….{source['version']}",
        )
    return found


def _otherwise(before: Line, after: Line) -> str:
    if _grade(before) != _grade(after):
        return f"today {_grade(after)}"
    if before["flag_status"] != after["flag_status"]:
        return f"today {after['flag_status'].lower()}"
    return f"today: {after['sentence']}"


def _gathered(lines: Sequence[Line]) -> Iterator[tuple[Line, Sequence[Line]]]:
    """Put what a report speaks of under the report, so that a timeline is as long as what happened."""
    received = {line["report"]["report"] for line in lines if line["kind"] == "report-received" and line["report"]}
    mentioned: dict[str, list[Line]] = {}
    for line in lines:
        if line["kind"] == "mention-made" and line["report"]:
            mentioned.setdefault(line["report"]["report"], []).append(line)
    for line in lines:
        of_report = line["report"]["report"] if line["report"] else ""
        if line["kind"] == "report-received":
            yield line, mentioned.get(of_report, [])
        elif line["kind"] != "mention-made" or of_report not in received:
            yield line, []
