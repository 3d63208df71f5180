"""`hub quarantine`: the streams a view could not follow, and what to do about them."""

from __future__ import annotations

import json
from typing import Any

import click

from hub_services.cli.opened import opened
from hub_services.cli.progress import shown
from hub_services.hub import Hub


def listed(hub: Hub) -> list[dict[str, Any]]:
    """Return the quarantined streams as plain values; reasons name no content."""
    return [
        {
            "view": row["view"],
            "stream": row["stream"],
            "version": row["stream_version"],
            "position": row["position"],
            "reason": row["reason"],
        }
        for row in hub.views.quarantine()
    ]


@click.group()
def quarantine() -> None:
    """List, retry or set aside events that a view could not take in."""


@quarantine.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List the quarantined streams, each with its reason; exit code 1 when there are any."""
    with opened() as (hub, _):
        found = listed(hub)
    for row in found:
        line = "{view}: {stream} stopped at version {version} (position {position}): {reason}".format(**row)
        click.echo(json.dumps(row) if as_json else line)
    if not found and not as_json:
        click.echo("Nothing is quarantined.")
    raise SystemExit(1 if found else 0)


@quarantine.command()
def retry() -> None:
    """Rebuild the affected views beside the live ones and swap them in; use it after the cause is mended."""
    with opened() as (hub, _):
        views = sorted({row["view"] for row in listed(hub)})
        with shown() as progress:
            hub.rebuild(views, progress)
        left = listed(hub)
    click.echo(f"Rebuilt {', '.join(views) or 'nothing'}; {len(left)} left.")
    raise SystemExit(1 if left else 0)


@quarantine.command("set-aside")
@click.argument("stream")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why no view is to take this event in, for good.")
def set_aside(stream: str, version: int, reason: str) -> None:
    """Set aside the event VERSION of STREAM; this is an event on the log, and later events are followed again."""
    with opened() as (hub, _):
        hub.set_aside(stream, version, reason)
    click.echo(f"Version {version} of {stream} is set aside.")
