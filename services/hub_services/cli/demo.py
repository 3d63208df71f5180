"""`hub demo`: tell the story of three cases through the HTTP API, and show what each user sees of it."""

from __future__ import annotations

from pathlib import Path

import click

from hub_services.demo.client import TellingError
from hub_services.demo.performance import perform
from hub_services.settings import DEFAULT_FOLDER


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="The data folder; it is marked as a demonstration for life.",
)
def demo(folder: Path) -> None:
    """Tell the story of three cases through the HTTP API, as the agencies would, and show what each role sees.

    A folder already told is shown again; a telling that was cut off goes on. Needs no server: it starts its own.
    """
    try:
        perform(folder)
    except TellingError as error:
        raise click.ClickException(str(error)) from error
