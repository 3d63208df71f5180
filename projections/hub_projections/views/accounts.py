"""The accounts of a hub as their administrators see them: who, of which agency, in which roles, teams and desks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.account import AccountClosed, AccountOpened, RolesGranted, RolesWithdrawn
from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_projections.database import Reader
from hub_projections.fold import alter, standing
from hub_projections.paging import Place
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table, integers, text
from hub_projections.times import microseconds, moment, moment_if_any
from hub_projections.view import Key, Rows, View

ACCOUNT: Final = Table(
    "account",
    (*text("login", "name", "agency", "roles", "teams", "desks"), *integers("opened_at", "closed_at")),
    indexes=(("login",),),
)


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account; it is closed when `closed_at` says since when."""

    account: str
    login: str
    name: str
    agency: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    desks: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None

    @property
    def closed(self) -> bool:
        """Whether the account opens nothing any more."""
        return self.closed_at is not None

    @property
    def place(self) -> Place:
        """Where the account stands in the list, for the next page; its login is looked up again."""
        return 0, self.account


class AccountsView(View):
    """Every account with what it holds today."""

    name: ClassVar[str] = "accounts"
    tables: ClassVar[tuple[Table, ...]] = (ACCOUNT,)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.ACCOUNT})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The account so far."""
        return () if recorded.version == 1 else ((ACCOUNT.name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold an event of an account."""
        name, at = recorded.stream, microseconds(recorded.envelope.recorded_at)
        match recorded.event:
            case AccountOpened() as opened:
                row: Row = {
                    "login": opened.login,
                    "name": opened.name,
                    "agency": opened.agency,
                    "roles": packed(_sorted(opened.roles)),
                    "teams": packed(_sorted(opened.teams)),
                    "desks": packed(_sorted(opened.desks)),
                    "opened_at": at,
                    "closed_at": None,
                }
                rows.add(ACCOUNT, name, row)
            case RolesGranted(roles=roles):
                held = _held(rows, name)
                alter(rows, ACCOUNT, name, roles=packed(_sorted((*held, *roles))))
            case RolesWithdrawn(roles=roles):
                held = _held(rows, name)
                alter(rows, ACCOUNT, name, roles=packed(_sorted(set(held) - set(roles))))
            case AccountClosed():
                alter(rows, ACCOUNT, name, closed_at=at)
            case _:
                pass


def _held(rows: Rows, account: str) -> tuple[str, ...]:
    return unpacked(str(standing(rows, ACCOUNT, account)["roles"]))


def _sorted(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))


def list_accounts(
    reader: Reader,
    condition: Condition,
    *,
    after: Place | None = None,
    limit: int = 50,
) -> list[AccountLine]:
    """Return a page of the accounts that may be seen, in order of their logins."""
    table = reader.table(ACCOUNT)
    query = sa.select(table).where(reader.visible(ACCOUNT, table.c.row, condition))
    if after is not None:
        last = table.alias()
        query = query.where(table.c.login > sa.select(last.c.login).where(last.c.row == after[1]).scalar_subquery())
    return [
        AccountLine(
            account=row["row"],
            login=row["login"],
            name=row["name"],
            agency=row["agency"],
            roles=unpacked(row["roles"]),
            teams=unpacked(row["teams"]),
            desks=unpacked(row["desks"]),
            opened_at=moment(row["opened_at"]),
            closed_at=moment_if_any(row["closed_at"]),
        )
        for row in reader.rows(query.order_by(table.c.login).limit(limit))
    ]
