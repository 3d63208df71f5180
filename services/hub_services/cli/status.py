"""`hub status`: how the hub is, without a word of content."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from hub_projections.views.deadlines import open_deadlines
from hub_services.cli.opened import opened
from hub_services.cli.quarantine import listed
from hub_services.hub import Hub


def state(hub: Hub) -> dict[str, Any]:
    """Return positions, lag, quarantined streams and due clocks as plain values."""
    head = hub.log.head()
    with hub.views.engine.connect() as connection:
        views = [
            {"view": each.view, "version": each.version, "position": each.position, "behind": head - each.position}
            for each in hub.views.live(connection)
        ]
    with hub.views.reading() as reader:
        deadlines = [msgspec.structs.asdict(each) for each in open_deadlines(reader)]
    return {
        "position": head,
        "views": views,
        "quarantined": listed(hub),
        "deadlines": deadlines,
        "reactions_behind": head - hub.views.bookmark("reactions"),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Show positions, lag, quarantined streams and due clocks; exit code 1 when something needs a person."""
    with opened() as (hub, _):
        found = state(hub)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _print(found)
    raise SystemExit(1 if found["quarantined"] else 0)


def _print(found: dict[str, Any]) -> None:
    console = Console()
    console.print(f"The log stands at position {found['position']}.")
    views = Table("view", "version", "position", "behind")
    for row in found["views"]:
        views.add_row(*(str(row[name]) for name in ("view", "version", "position", "behind")))
    console.print(views)
    clocks = Table("clock", "open", "breached")
    for row in found["deadlines"]:
        clocks.add_row(*(str(row[name]) for name in ("kind", "open", "breached")))
    console.print(clocks)
    console.print(f"Quarantined streams: {len(found['quarantined'])}.")
