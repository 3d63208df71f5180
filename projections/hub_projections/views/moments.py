"""Which position a moment means: every event before the first one recorded after it (architecture.md section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import sqlalchemy as sa

from hub_events.envelope import Recorded
from hub_projections.database import Reader
from hub_projections.table import Table, integers
from hub_projections.times import microseconds
from hub_projections.view import Key, Rows, View

MOMENT: Final = Table(
    "moment", integers("position", "recorded_at"), sourced=False, indexes=(("recorded_at",), ("position",))
)
LATEST: Final = Table("latest_moment", integers("recorded_at"), sourced=False)
ONLY: Final = "latest"


class MomentsView(View):
    """The running maximum of `recorded_at`, because the clock may fall by milliseconds between writers."""

    name: ClassVar[str] = "moments"
    tables: ClassVar[tuple[Table, ...]] = (MOMENT, LATEST)
    kinds: ClassVar[frozenset[str]] = frozenset()
    sees_erased: ClassVar[bool] = True

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The latest time so far."""
        del recorded
        return ((LATEST.name, ONLY),)

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Keep the position at which the latest time rose."""
        at = microseconds(recorded.envelope.recorded_at)
        latest = rows.get(LATEST, ONLY)
        if latest is None or int(latest["recorded_at"] or 0) < at:
            rows.put_unsourced(LATEST, ONLY, {"recorded_at": at})
            rows.add_unsourced(MOMENT, str(recorded.position), {"position": recorded.position, "recorded_at": at})


def position_at(reader: Reader, moment: datetime) -> int:
    """Return the position that was the last one at a moment; that of the whole snapshot when nothing came after."""
    table = reader.table(MOMENT)
    query = sa.select(sa.func.min(table.c.position)).where(table.c.recorded_at > microseconds(moment))
    first_after = reader.connection.execute(query).scalar()
    return reader.position if first_after is None else int(first_after) - 1
