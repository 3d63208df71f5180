"""`hub rebuild`: build views anew beside the live ones and swap them in."""

from __future__ import annotations

import click

from hub_services.cli.opened import opened
from hub_services.cli.progress import shown


@click.command()
@click.argument("views", nargs=-1)
def rebuild(views: tuple[str, ...]) -> None:
    """Rebuild VIEWS (all of them when none is named) while the hub serves; cut off, it goes on when run again."""
    with opened() as (hub, _):
        known = {view.name for view in hub.views.views}
        for name in views:
            if name not in known:
                raise click.UsageError(f"There is no view {name}; there are {', '.join(sorted(known))}.")
        names = sorted(views) if views else sorted(known)
        with shown() as progress:
            hub.rebuild(names, progress)
    click.echo(f"Rebuilt: {', '.join(names)}.")
