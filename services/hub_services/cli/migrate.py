"""`hub migrate`: make a hub's files, or bring them up to this code."""

from __future__ import annotations

import click

from hub_services import hub as hubs
from hub_services.cli.opened import settings
from hub_services.following import Following
from hub_services.settings import DEMONSTRATION, Settings
from hub_services.vault import make_master_key


def prepare(found: Settings) -> None:
    """Make a hub's files; a demonstration gets a master key of its own."""
    if found.profile == DEMONSTRATION and not found.master_key_file.exists():
        make_master_key(found.master_key_file)
    hubs.migrate(found)


@click.command()
def migrate() -> None:
    """Make the hub in HUB_DATA, or bring its files and views up to this version; safe to run again."""
    found = settings()
    prepare(found)
    with hubs.Hub(found) as hub:
        following = Following(hub)
        try:
            if following.take_lock():
                click.echo(f"The hub in {found.folder} is ready; its views stand at the end of its log.")
            else:
                click.echo(f"The files in {found.folder} are ready; the hub that runs there keeps up its views.")
        finally:
            following.stop()
