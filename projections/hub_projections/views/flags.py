"""Flags of a case on another agency's system: how far each has come, and by whom, when and where (features.md B12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar, Final

import msgspec
import sqlalchemy as sa

from hub_events import stream
from hub_events.condition import Condition
from hub_events.envelope import Recorded
from hub_events.flag import FlagApproved, FlagCleared, FlagPlaced, FlagRefused, FlagRequested
from hub_events.label import TeamSet
from hub_projections.database import Reader
from hub_projections.fold import alter
from hub_projections.paging import Place, beyond
from hub_projections.table import Row, Table, integers, text
from hub_projections.times import microseconds, moment
from hub_projections.view import Key, Rows, View

REQUESTED: Final = "REQUESTED"
APPROVED: Final = "APPROVED"
REFUSED: Final = "REFUSED"
PLACED: Final = "PLACED"
CLEARED: Final = "CLEARED"
STATUSES: Final = (REQUESTED, APPROVED, REFUSED, PLACED, CLEARED)

_TEXTS: Final = tuple(f"{status.lower()}_{what}" for status in STATUSES for what in ("by", "reason"))
_TIMES: Final = tuple(f"{status.lower()}_at" for status in STATUSES)
_ELSEWHERE: Final = ("agency", "system", "confirmation", "cleared_confirmation")
FLAG: Final = Table(
    "flag",
    (
        *text("case", "mention", "flag", "status", "team", "review_on", *_ELSEWHERE, *_TEXTS),
        *integers("carried_since", *_TIMES),
    ),
    indexes=(("case",), ("status", "team", "requested_at")),
)


class Step(msgspec.Struct, frozen=True):
    """What was done about a flag: when it was recorded, by whom, and why."""

    at: datetime
    by: str
    reason: str


class Placing(msgspec.Struct, frozen=True, kw_only=True):
    """That a flag was placed: on which system of which agency, under which confirmation and since when."""

    at: datetime
    by: str
    reason: str
    agency: str
    system: str
    confirmation: str
    placed_at: datetime


class Clearing(msgspec.Struct, frozen=True, kw_only=True):
    """That a flag was cleared, with the other system's confirmation when it had been placed."""

    at: datetime
    by: str
    reason: str
    confirmation: str


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A flag on a person of a case; `code` is its kind."""

    flag: str
    case: str
    mention: str
    code: str
    status: str
    team: str
    review_on: date
    requested: Step
    approved: Step | None
    refused: Step | None
    placed: Placing | None
    cleared: Clearing | None
    sort: int

    @property
    def place(self) -> Place:
        """Where the flag stands in a list, for the next page."""
        return self.sort, self.flag


class FlagsView(View):
    """Every flag and each step it went."""

    name: ClassVar[str] = "flags"
    tables: ClassVar[tuple[Table, ...]] = (FLAG,)
    kinds: ClassVar[frozenset[str]] = frozenset({stream.FLAG})

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The flag so far."""
        return () if recorded.version == 1 else ((FLAG.name, recorded.stream),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Take the flag a step further."""
        name = recorded.stream
        match recorded.event:
            case FlagRequested() as requested:
                rows.add(FLAG, name, _requested(requested, recorded))
            case FlagApproved(reason=reason):
                alter(rows, FLAG, name, **_step(APPROVED, recorded, reason))
            case FlagRefused(reason=reason):
                alter(rows, FLAG, name, **_step(REFUSED, recorded, reason))
            case FlagPlaced() as placed:
                where: Row = {
                    "agency": placed.agency,
                    "system": placed.system,
                    "confirmation": placed.confirmation,
                    "carried_since": microseconds(placed.placed_at),
                }
                alter(rows, FLAG, name, **_step(PLACED, recorded, placed.reason), **where)
            case FlagCleared(reason=reason, confirmation=confirmation):
                step = _step(CLEARED, recorded, reason)
                alter(rows, FLAG, name, **step, cleared_confirmation=confirmation)
            case TeamSet(team=team):
                alter(rows, FLAG, name, team=team)
            case _:
                pass


def _requested(requested: FlagRequested, recorded: Recorded) -> Row:
    return {
        **dict.fromkeys((*_TEXTS, *_ELSEWHERE), ""),
        **dict.fromkeys((*_TIMES, "carried_since")),
        "case": requested.case,
        "mention": requested.mention,
        "flag": requested.flag,
        "team": recorded.envelope.labels.team,
        "review_on": requested.review_on.isoformat(),
        **_step(REQUESTED, recorded, requested.reason),
    }


def _step(status: str, recorded: Recorded, reason: str) -> Row:
    name = status.lower()
    return {
        "status": status,
        f"{name}_at": microseconds(recorded.envelope.recorded_at),
        f"{name}_by": recorded.envelope.actor.account,
        f"{name}_reason": reason,
    }


def flag_of(reader: Reader, condition: Condition, flag: str) -> Flag | None:
    """Return a flag, or `None` when it does not exist or may not be seen."""
    table = reader.table(FLAG)
    found = reader.rows(sa.select(table).where(table.c.row == flag, reader.visible(FLAG, table.c.row, condition)))
    return _flag(found[0]) if found else None


def flags_of(reader: Reader, condition: Condition, case: str) -> list[Flag]:
    """Return the flags of a case that may be seen, in the order in which they were requested."""
    table = reader.table(FLAG)
    query = (
        sa.select(table)
        .where(table.c.case == case, reader.visible(FLAG, table.c.row, condition))
        .order_by(table.c.requested_at, table.c.row)
    )
    return [_flag(row) for row in reader.rows(query)]


def awaiting_approval(
    reader: Reader,
    condition: Condition,
    *,
    team: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[Flag]:
    """Return a page of the flags that wait for a manager, of one team when it is named, the longest waiting first."""
    table = reader.table(FLAG)
    query = sa.select(table).where(table.c.status == REQUESTED, reader.visible(FLAG, table.c.row, condition))
    if team:
        query = query.where(table.c.team == team)
    query = (
        query.where(beyond(table.c.requested_at, table.c.row, after))
        .order_by(table.c.requested_at, table.c.row)
        .limit(limit)
    )
    return [_flag(row) for row in reader.rows(query)]


def _flag(row: sa.RowMapping) -> Flag:
    return Flag(
        flag=row["row"],
        case=row["case"],
        mention=row["mention"],
        code=row["flag"],
        status=row["status"],
        team=row["team"],
        review_on=date.fromisoformat(row["review_on"]),
        requested=_done(row, REQUESTED),
        approved=_done(row, APPROVED) if row["approved_at"] else None,
        refused=_done(row, REFUSED) if row["refused_at"] else None,
        placed=_placing(row) if row["placed_at"] else None,
        cleared=_clearing(row) if row["cleared_at"] else None,
        sort=row["requested_at"],
    )


def _done(row: sa.RowMapping, status: str) -> Step:
    name = status.lower()
    return Step(moment(row[f"{name}_at"]), row[f"{name}_by"], row[f"{name}_reason"])


def _placing(row: sa.RowMapping) -> Placing:
    return Placing(
        at=moment(row["placed_at"]),
        by=row["placed_by"],
        reason=row["placed_reason"],
        agency=row["agency"],
        system=row["system"],
        confirmation=row["confirmation"],
        placed_at=moment(row["carried_since"]),
    )


def _clearing(row: sa.RowMapping) -> Clearing:
    return Clearing(
        at=moment(row["cleared_at"]),
        by=row["cleared_by"],
        reason=row["cleared_reason"],
        confirmation=row["cleared_confirmation"],
    )
