"""`hub key`: make a master key."""

from __future__ import annotations

from pathlib import Path

import click

from hub_services.vault import make_master_key


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def key(file: Path) -> None:
    """Make a master key in FILE; keep it outside the data folder and back it up apart from it."""
    try:
        make_master_key(file)
    except FileExistsError as error:
        raise click.ClickException(f"{file} is there already; a master key is never overwritten.") from error
    click.echo(f"A master key was written to {file}. Without it nothing in the hub can be read; keep a copy.")
