"""One performance: the hub is prepared and served, the story told where it is not told yet, and the screens shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from hub_services.cli.migrate import prepare as migrate
from hub_services.demo import screens
from hub_services.demo.client import Answer, Client
from hub_services.demo.farewell import farewell
from hub_services.demo.journal import Journal
from hub_services.demo.looking import Looking
from hub_services.demo.paper import chapter, paper, say
from hub_services.demo.sealed_screen import rows_behind
from hub_services.demo.server import environment, serving
from hub_services.demo.step import Step
from hub_services.demo.story import ACCOUNTS, Story
from hub_services.demo.teller import Teller, prepare
from hub_services.demo.timeline_screen import timelines
from hub_services.hub import Hub
from hub_services.settings import read
from hub_services.world import DemoWorld

BY_ITSELF: Final = "The hub"


def perform(folder: Path) -> None:
    """Tell the story in a folder, unless it was told there, and show it.

    Raises:
        TellingError: the hub answered otherwise than the story expects.
    """
    console = paper()
    settings = read(environment(folder))
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    journal = Journal.of(settings.folder, datetime.now(UTC))
    story = Story.of(journal.days)
    migrate(settings)
    fresh = not journal.finished
    with Hub(settings) as hub:
        prepare(hub, journal, story)
        world = DemoWorld(settings.clock_file)
        say(console, f"Starting the server of the hub in {settings.folder} ...")
        with serving(settings) as port:
            client = Client(port, world.now)
            try:
                _tell(console, story, journal, Teller(client, journal, world, hub))
                _show(Looking(console, client, journal, fresh), hub, folder)
            finally:
                client.close()


def _tell(console: Console, story: Story, journal: Journal, teller: Teller) -> None:
    if journal.finished:
        say(console, "The story was told here already: it is shown again, and nothing is written.")
        return
    chapter(console, f"The story, from {journal.days.start:%A %d %B %Y} to the present")
    told = len(journal.ids)
    if told:
        say(console, f"The telling was cut off after {told} of {len(story.steps)} steps; it goes on.")
    begun = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Telling the story", total=len(story.steps), completed=told)
        if not told:
            say(console, f"The administrator gives {len(story.of_thread(ACCOUNTS))} people their accounts.")
        for thread, step in story.steps:
            if step.key not in journal.ids:
                answer = teller.tell(step)
                if thread != ACCOUNTS:
                    console.print(_row(thread, step, answer))
                progress.advance(task)
    teller.arrive(datetime.now(UTC))
    took = time.monotonic() - begun
    say(console, f"\n{len(story.steps) - told} steps told and answered as expected, in {took:.0f} seconds.")


def _row(thread: str, step: Step, answer: Answer) -> Table:
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(width=16)
    row.add_column(width=9)
    row.add_column(ratio=1)
    row.add_column(width=3)
    who = BY_ITSELF if step.until else step.by.name
    words = Text.assemble((who, "bold"), " ", step.says)
    if step.instruction:
        words.append(f"\n“{answer.body['instruction']}”", "italic")
    row.add_row(f"{step.at:%a %d %b %H:%M}", Text(thread, "cyan"), words, Text(str(answer.status), "green"))
    return row


def _show(looking: Looking, hub: Hub, folder: Path) -> None:
    screens.queue(looking)
    screens.social_worker(looking)
    regraded = timelines(looking)
    screens.officer(looking)
    screens.manager(looking)
    screens.referrers(looking)
    screens.refusals(looking)
    rows_behind(looking, hub, regraded)
    farewell(looking, folder)
