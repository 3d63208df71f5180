"""Today’s label of every stream: the one table the policy’s SQL runs on, never versioned (architecture.md 6)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Final

from hub_events.envelope import Labels, Recorded
from hub_events.label_fold import RELABELLING, relabelled
from hub_projections.database import LABEL_TABLE
from hub_projections.policy_filter import packed, unpacked
from hub_projections.table import Row, Table, integers, text
from hub_projections.view import Key, Rows, View

SINGLE: Final = ("owning_agency", "team", "originator", "restriction", "handling_code")
SETS: Final = ("handling_conditions", "strands", "cases", "addressees", "excluded_persons")

STREAM_LABEL: Final = Table(
    LABEL_TABLE,
    (*text("kind", *SINGLE, *SETS), *integers("originator_only", "unreadable")),
)


@lru_cache(maxsize=4096)
def row_of(kind: str, labels: Labels, *, unreadable: bool = False) -> Row:
    """Return a label as the row the policy's SQL asks; most streams share theirs with others, so it is kept."""
    row: Row = {"kind": kind, "originator_only": int(labels.originator_only), "unreadable": int(unreadable)}
    row.update({name: getattr(labels, name) for name in SINGLE})
    row.update({name: packed(getattr(labels, name)) for name in SETS})
    return row


def labels_of(row: Row) -> Labels:
    """Return the label a row stands for."""
    sets = {name: unpacked(str(row[name])) for name in SETS}
    single = {name: str(row[name]) for name in SINGLE}
    return Labels(**single, **sets, originator_only=bool(row["originator_only"]))  # type: ignore[arg-type]


class LabelsView(View):
    """The current label of each stream, folded from the stream alone."""

    name: ClassVar[str] = "labels"
    tables: ClassVar[tuple[Table, ...]] = (STREAM_LABEL,)
    kinds: ClassVar[frozenset[str]] = frozenset()

    def needs(self, recorded: Recorded) -> Iterable[Key]:
        """The stream's label so far."""
        return ((STREAM_LABEL.name, recorded.stream),) if type(recorded.event) in RELABELLING else ()

    def apply(self, recorded: Recorded, rows: Rows) -> None:
        """Fold the event into its stream's label."""
        if recorded.version == 1:
            labels = relabelled(recorded.envelope.labels, recorded.event)
            rows.add(STREAM_LABEL, recorded.stream, row_of(recorded.kind, labels))
            return
        if type(recorded.event) not in RELABELLING:
            return
        row = rows.get(STREAM_LABEL, recorded.stream)
        if row is None:
            raise LookupError(f"{recorded.stream} has no first event")
        current = labels_of(row)
        labels = relabelled(current, recorded.event)
        if labels != current:
            rows.put(STREAM_LABEL, recorded.stream, row_of(recorded.kind, labels))

    def quarantined(self, recorded: Recorded, rows: Rows) -> None:
        """Close the stream to everybody: a label event may be among those that cannot be read."""
        nobody = row_of("", Labels(owning_agency=""), unreadable=True)
        rows.put(STREAM_LABEL, recorded.stream, nobody)
