"""Accounts: administered over HTTP by administrators, who read no content; everybody may see their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields, validate

from hub_events.stream import ACCOUNT
from hub_projections.views.accounts import AccountLine, list_accounts
from hub_services.decisions.account import Account, CloseAccount, GrantRoles, OpenAccount, WithdrawRoles
from hub_services.http.done import Written, written
from hub_services.http.field import code, line, several, shown, words
from hub_services.http.operation import Asked, Done, Operation, identifier
from hub_services.http.paging import Listed, Page, Position, paged

PATH = "/v1/accounts/{id}"


class Opening(Schema):
    """Who, at which agency, in which roles, teams and desks, and a first password."""

    login = line()
    name = line()
    agency = code("agencies")
    roles = several(code("roles"), required=True)
    teams = several(code("teams"))
    desks = several(line())
    password = fields.String(required=True, load_only=True, validate=validate.Length(min=12, max=200))


class Roles(Schema):
    """Which roles, and why."""

    roles = several(code("roles"), required=True)
    reason = words()


class Reasoned(Schema):
    """Why."""

    reason = words()


class AccountShown(Schema):
    """An account as it stands."""

    id = fields.String(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    agency = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    teams = fields.List(fields.String(), required=True)
    desks = fields.List(fields.String(), required=True)
    closed = fields.Boolean(required=True)


class Me(Schema):
    """Who the hub takes the caller for."""

    id = fields.String(required=True)
    agency = fields.String(required=True)
    role = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    teams = fields.List(fields.String(), required=True)
    desks = fields.List(fields.String(), required=True)
    cases = fields.List(fields.String(), required=True)


def me(asked: Asked) -> Done:
    """Show who the caller is."""
    asked.hub.allow(asked.caller, "view-self")
    caller = asked.caller
    return Done(
        body={
            "id": identifier(caller.account),
            "agency": caller.agency,
            "role": caller.role,
            "roles": caller.roles,
            "teams": caller.teams,
            "desks": caller.desks,
            "cases": [identifier(case) for case in caller.cases],
        },
    )


def list_(asked: Asked) -> Done:
    """List the accounts."""
    return paged(
        asked,
        "administer-accounts",
        lambda reader, condition, after, limit: list_accounts(reader, condition, after=after, limit=limit),
        _account,
    )


def _account(line: AccountLine) -> dict[str, Any]:
    body: dict[str, Any] = shown(line)
    body["id"] = body.pop("account")
    return body


def show(asked: Asked) -> Done:
    """Show an account."""
    stream = asked.stream(ACCOUNT)
    past = asked.hub.past(asked.caller, stream)
    account = Account.of(past.events(stream))
    body = {} if account is None else asdict(account)
    return Done(body={"id": asked.path["id"], **body}, version=past.version(stream))


def open_(asked: Asked) -> Done:
    """Open an account."""
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in asked.body.items()
        if name != "password"
    }
    account = asked.services.authentication.account_stream(said["login"])
    answer = asked.ask(OpenAccount(account=account, **said))
    if asked.hub.vault.password_hash(account) is None:
        asked.services.authentication.set_password(account, asked.body["password"])
    return written(answer, PATH, status=201)


def grant(asked: Asked) -> Done:
    """Grant roles."""
    command = GrantRoles(
        account=asked.stream(ACCOUNT),
        roles=tuple(asked.body["roles"]),
        reason=asked.body["reason"],
    )
    return written(asked.ask(command), PATH)


def withdraw(asked: Asked) -> Done:
    """Withdraw roles."""
    command = WithdrawRoles(
        account=asked.stream(ACCOUNT),
        roles=tuple(asked.body["roles"]),
        reason=asked.body["reason"],
    )
    return written(asked.ask(command), PATH)


def close(asked: Asked) -> Done:
    """Close an account."""
    return written(asked.ask(CloseAccount(account=asked.stream(ACCOUNT), **asked.body)), PATH)


OPERATIONS = (
    Operation(method="GET", path="/v1/accounts/me", summary="Show who you are here", handler=me, answer=Me),
    Operation(
        method="GET",
        path="/v1/accounts",
        summary="List the accounts",
        handler=list_,
        query=Page,
        answer=Listed,
    ),
    Operation(
        method="GET",
        path=PATH,
        summary="Show an account",
        handler=show,
        query=Position,
        answer=AccountShown,
    ),
    Operation(
        method="POST",
        path="/v1/accounts",
        summary="Open an account",
        handler=open_,
        body=Opening,
        answer=Written,
        status=201,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/role-grants",
        summary="Grant roles",
        handler=grant,
        body=Roles,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/role-withdrawals",
        summary="Withdraw roles",
        handler=withdraw,
        body=Roles,
        answer=Written,
        precondition=True,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/closing",
        summary="Close an account; it opens nothing from the next request on",
        handler=close,
        body=Reasoned,
        answer=Written,
        precondition=True,
    ),
)
