"""What a bench found: a figure beside its floor and its goal, as a table or as an object a line for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from time import perf_counter
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

TIMES: Final = "us"
RATES: Final = "events/s"


class Goal(msgspec.Struct, frozen=True):
    """What a ratio should be: at most or at least a number."""

    least: float = 0.0
    most: float = 0.0

    def met(self, ratio: float) -> bool:
        """Whether a ratio is as good as asked."""
        return ratio >= self.least if self.least else ratio <= self.most

    def __str__(self) -> str:
        """Say the goal."""
        return f"≥ {self.least}" if self.least else f"≤ {self.most}"


class Finding(msgspec.Struct, frozen=True):
    """The figure of one bench, that of its floor, and what one is of the other."""

    name: str
    figure: float
    unit: str
    floor: float
    ratio: float
    goal: Goal
    to_one_writer: float = 0.0
    goal_to_one_writer: Goal = Goal(least=2.0)

    def plain(self) -> dict[str, str | float]:
        """The finding as plain values."""
        found: dict[str, str | float] = {
            "name": self.name,
            "figure": round(self.figure, 2),
            "unit": self.unit,
            "floor": round(self.floor, 2),
            "ratio": round(self.ratio, 3),
        }
        if self.to_one_writer:
            found["to_one_writer"] = round(self.to_one_writer, 3)
        return found


def timed(work: Callable[[], object]) -> float:
    """Run a piece of work and return the seconds it took."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def middle(seconds: Iterable[float], events: int) -> float:
    """Return the median of several runs in microseconds an event."""
    return median(seconds) / events * 1e6


def show(findings: Iterator[Finding], *, as_json: bool) -> None:
    """Print findings as they come."""
    if as_json:
        for finding in findings:
            click.echo(json.dumps(finding.plain()))
        return
    table = Table("bench", "figure", "floor", "unit", "ratio", "goal", "")
    for column in table.columns[1:3]:
        column.justify = "right"
    for finding in findings:
        _row(table, finding, finding.name, finding.ratio, finding.goal)
        if finding.to_one_writer:
            _row(table, None, "  to one writer", finding.to_one_writer, finding.goal_to_one_writer)
    Console().print(table)


def _row(table: Table, finding: Finding | None, name: str, ratio: float, goal: Goal) -> None:
    figures = ("", "", "") if finding is None else (f"{finding.figure:,.1f}", f"{finding.floor:,.1f}", finding.unit)
    table.add_row(name, *figures, f"{ratio:.2f}", str(goal), "met" if goal.met(ratio) else "not met")
