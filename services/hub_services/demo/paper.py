"""How things are put on the terminal: headings, sheets of columns, moments and codes in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hub_events.reference import table
from hub_services.demo.days import ZONE
from hub_services.demo.step import Person

WIDTH: Final = 100


def paper() -> Console:
    """Return the terminal; as wide as it is, and plain and 100 columns wide when it is none."""
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    if console.is_terminal:
        return console
    return Console(highlight=False, markup=False, emoji=False, width=WIDTH)


def chapter(console: Console, title: str) -> None:
    """Begin a chapter."""
    console.print()
    console.print(Rule(Text(title, "bold"), characters="=" if console.options.ascii_only else "━"))


def seat(console: Console, person: Person, purpose: str, asks: str) -> None:
    """Say who looks now, why, and what is asked of the hub."""
    console.print()
    console.print(Text(f"{person.name}, {person.title}", "bold"), Text(f"(purpose {purpose})", "dim"))
    console.print(Text(f"  {asks}", "cyan"))


def say(console: Console, words: str) -> None:
    """Say something to whoever watches."""
    console.print(Text(words))


def sheet(**columns: int) -> Table:
    """Return a table with columns of these names and widths; 0 takes what is left."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name, width in columns.items():
        words = name.replace("_", " ")
        if width:
            made.add_column(words, width=width, overflow="fold")
        else:
            made.add_column(words, ratio=1, overflow="fold")
    made.expand = True
    return made


def card(title: str, **lines: str) -> Panel:
    """Return a panel of named lines, those that are empty left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(ratio=1, overflow="fold")
    for name, words in lines.items():
        if words:
            grid.add_row(name.replace("_", " "), words)
    return Panel(grid, title=Text(title), title_align="left")


def label(name: str, code: str) -> str:
    """Return the label of a code of a reference table, or the code itself when the table lacks it."""
    known = table(name)
    return known.get(code).label if known.has(code) else code


def labels(name: str, codes: list[str]) -> str:
    """Return the labels of codes."""
    return ", ".join(label(name, code) for code in codes)


def when(moment: str | None) -> str:
    """Return a moment of the API as people write it."""
    if not moment:
        return ""
    local = datetime.fromisoformat(moment).astimezone(ZONE)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def on(day: str | None) -> str:
    """Return a day of the API as people write it."""
    if not day:
        return ""
    found = date.fromisoformat(day[:10])
    return f"{found.day} {found:%b %Y}"
