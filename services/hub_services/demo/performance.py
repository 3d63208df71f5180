"""One evening's performance: the hub is prepared and served, the story told where it is not, the screens shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hub_services.cli.migrate import prepare as migrate
from hub_services.demo.client import Client
from hub_services.demo.journal import Journal
from hub_services.demo.server import environment, serving
from hub_services.demo.story import Story
from hub_services.demo.teller import Teller, prepare
from hub_services.hub import Hub
from hub_services.settings import read
from hub_services.world import DemoWorld

WIDTH: Final = 100


def perform(folder: Path) -> None:
    """Tell the story in a folder and show it.

    Raises:
        TellingError: the hub answered otherwise than the story expects.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    settings = read(environment(folder))
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    journal = Journal.of(settings.folder, datetime.now(UTC))
    story = Story.of(journal.days)
    migrate(settings)
    with Hub(settings) as hub:
        prepare(hub, journal, story)
    world = DemoWorld(settings.clock_file)
    with serving(settings) as port:
        client = Client(port, world.now)
        try:
            if not journal.finished:
                _tell(console, story, journal, client, world)
        finally:
            client.close()


def _tell(console: Console, story: Story, journal: Journal, client: Client, world: DemoWorld) -> None:
    teller = Teller(client, journal, world)
    begun = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Telling the story", total=len(story.steps), completed=len(journal.ids))
        for thread, step in story.steps:
            if step.key in journal.ids:
                continue
            t0=time.monotonic()
            teller.tell(step)
            progress.advance(task)
            console.print(f"{step.at:%a %d %b %H:%M}  {step.by.name} {step.says} {time.monotonic()-t0:.3f}")
    teller.arrive(datetime.now(UTC))
    console.print(f"{len(story.steps)} steps, {client.requests} requests, {time.monotonic() - begun:.1f} s")
