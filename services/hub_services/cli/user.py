"""`hub user`: local accounts."""

from __future__ import annotations

import json
import os

import click

from hub_services.authentication import Authentication
from hub_services.caller import system
from hub_services.cli.opened import opened
from hub_services.decisions.account import CloseAccount, OpenAccount


@click.group()
def user() -> None:
    """Open, list and close accounts."""


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--agency", required=True, help="A code of the reference table agencies.")
@click.option("--role", "roles", multiple=True, required=True, help="A code of the reference table roles; repeatable.")
@click.option("--team", "teams", multiple=True, help="A code of the reference table teams; repeatable.")
@click.option("--desk", "desks", multiple=True, help="A desk the person serves; repeatable.")
@click.option(
    "--password",
    help="At least 12 characters; asked for when it is left out, or taken from HUB_NEW_PASSWORD.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def add(
    *,
    login: str,
    name: str,
    agency: str,
    roles: tuple[str, ...],
    teams: tuple[str, ...],
    desks: tuple[str, ...],
    password: str | None,
    as_json: bool,
) -> None:
    """Open an account for LOGIN."""
    secret = (
        password
        or os.environ.get("HUB_NEW_PASSWORD")
        or click.prompt(
            "Password",
            hide_input=True,
            confirmation_prompt=True,
        )
    )
    if len(secret) < 12:  # noqa: PLR2004 -- NCSC: length is what counts
        raise click.UsageError("A password has at least 12 characters.")
    with opened() as (hub, _):
        authentication = Authentication(hub)
        account = authentication.account_stream(login)
        command = OpenAccount(
            account=account,
            login=login,
            name=name,
            agency=agency,
            roles=roles,
            teams=teams,
            desks=desks,
        )
        hub.ask(command, system(), f"user add {login} {hub.log.head()}")
        authentication.set_password(account, secret)
    found = {"id": account.partition(":")[2], "login": login, "roles": list(roles)}
    click.echo(json.dumps(found) if as_json else f"{login} was given an account ({', '.join(roles)}).")


@user.command()
@click.argument("login")
@click.option("--reason", required=True, help="Why.")
def close(login: str, reason: str) -> None:
    """Close the account of LOGIN; it opens nothing from the next request on."""
    with opened() as (hub, _):
        account = Authentication(hub).account_stream(login)
        hub.ask(CloseAccount(account=account, reason=reason), system(), f"user close {login} {hub.log.head()}")
    click.echo(f"The account of {login} is closed.")
