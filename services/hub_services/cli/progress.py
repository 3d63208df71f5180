"""Progress of long work on the terminal, for people only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Lend a function that shows how far something of a name has come, of how far it has to go."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def show(name: str, done: int, goal: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=goal)
            progress.update(tasks[name], completed=done, total=goal)

        yield show
