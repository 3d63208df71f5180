"""`hub verify`: log integrity, and live views against a rebuild."""

from __future__ import annotations

import json

import click
import msgspec

from hub_services.cli.opened import opened
from hub_services.cli.progress import shown
from hub_services.verification import verify as findings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def verify(*, as_json: bool) -> None:
    """Check that every row of the log is the one written and that views equal a rebuild; exit code 1 if not."""
    with opened() as (hub, _), shown() as progress:
        found = list(findings(hub, progress))
    for each in found:
        click.echo(json.dumps(msgspec.to_builtins(each)) if as_json else f"{each.what}: {each.where}")
    if not found and not as_json:
        click.echo("The log is sound and the views equal a rebuild.")
    raise SystemExit(1 if found else 0)
