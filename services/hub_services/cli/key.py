"""`hub key`: make a master key."""

from __future__ import annotations

import os
from pathlib import Path

import click


def make_key(path: Path) -> None:
    """Write a new master key to a file nobody else may read.

    Raises:
        FileExistsError: the file is there already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(os.urandom(32).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def key(file: Path) -> None:
    """Make a master key in FILE; keep it outside the data folder and back it up apart from it."""
    try:
        make_key(file)
    except FileExistsError as error:
        raise click.ClickException(f"{file} is there already; a master key is never overwritten.") from error
    click.echo(f"A master key was written to {file}. Without it nothing in the hub can be read; keep a copy.")
