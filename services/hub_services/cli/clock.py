"""`hub clock`: set the clock of a demonstration, forwards."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from hub_services.cli.opened import settings
from hub_services.settings import DEMONSTRATION
from hub_services.world import DemoWorld


@click.command()
@click.argument("moment", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]))
def clock(moment: datetime) -> None:
    """Set the clock of the demonstration in HUB_DATA to MOMENT (UTC); it goes forwards only."""
    found = settings()
    if found.profile != DEMONSTRATION or not found.mark_file.exists():
        raise click.UsageError("Only a folder made by `hub demo` has a clock of its own.")
    DemoWorld(found.clock_file).set_clock(moment.replace(tzinfo=UTC))
    click.echo(f"It is now {moment:%d %B %Y %H:%M} UTC in the demonstration.")
