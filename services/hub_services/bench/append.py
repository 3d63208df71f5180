"""How long an append takes, alone, in batches and from many threads, beside the bare driver inserting the same rows.

Every append is a command of one event: a new stream with a new key, and a receipt. Runs of ours and of the floor
alternate, and the medians are compared, so that what else the machine does falls on both.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Barrier, Thread
from typing import Final, Self

from hub_services.bench.floor import AppendFloor
from hub_services.bench.material import Place, single_writes
from hub_services.bench.report import RATES, TIMES, Finding, Goal, middle, timed
from hub_services.log import Write
from hub_services.log.frame import Row
from hub_services.log.writing import ReceiptRow

ROUNDS: Final = 20
BATCH: Final = 1_000
THREADS: Final = 16


Run = Callable[[Sequence[Write]], tuple[float, float]]


class _Bench:
    """A log and a floor that take turns."""

    def __init__(self, folder: Path) -> None:
        self._place = Place(folder / "ours")
        self._floor = AppendFloor(folder / "floor.sqlite")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._place.close()
        self._floor.close()

    def _rows(self, writes: Sequence[Write]) -> tuple[list[Row], list[ReceiptRow]]:
        """The rows our last run wrote, for the floor to write the same."""
        log = self._place.log
        events = log.rows_after(log.head() - len(writes), len(writes))
        receipts = [log.receipt(write.receipt.id) for write in writes if write.receipt]
        return events, [each for each in receipts if each is not None]

    def one(self, writes: Sequence[Write]) -> tuple[float, float]:
        """Append one after another."""
        append = self._place.log.append

        def ours() -> None:
            for write in writes:
                append(write)

        seconds = timed(ours)
        rows = self._rows(writes)
        return seconds, timed(lambda: self._floor.one_by_one(*rows))

    def batch(self, writes: Sequence[Write]) -> tuple[float, float]:
        """Append all in one transaction."""
        seconds = timed(lambda: self._place.log.append_all(writes))
        rows = self._rows(writes)
        return seconds, timed(lambda: self._floor.in_groups(*rows, BATCH))

    def threads(self, writes: Sequence[Write]) -> tuple[float, float]:
        """Append from many threads at the same time."""
        append = self._place.log.append
        together = Barrier(THREADS + 1)

        def ours(part: Sequence[Write]) -> None:
            together.wait()
            for write in part:
                append(write)

        running = [Thread(target=ours, args=(writes[start::THREADS],)) for start in range(THREADS)]
        for thread in running:
            thread.start()

        def until_done() -> None:
            together.wait()
            for thread in running:
                thread.join()

        seconds = timed(until_done)
        rows = self._rows(writes)
        return seconds, timed(lambda: self._floor.in_groups(*rows, THREADS))


def bench_append(folder: Path, events: int) -> Iterator[Finding]:
    """Append about `events` events in batches, and a tenth as many in each of the two slower ways."""
    size = max(THREADS, events // 10 // ROUNDS // THREADS * THREADS)
    with _Bench(folder / "one") as bench:
        ours, floor = _medians(bench.one, size)
        alone = ours
        yield Finding("append-one", ours, TIMES, floor, ours / floor, Goal(most=1.3))
    with _Bench(folder / "batch") as bench:
        ours, floor = _medians(bench.batch, BATCH, max(1, events // BATCH))
        yield Finding("append-batch", ours, TIMES, floor, ours / floor, Goal(most=1.5))
    with _Bench(folder / "threads") as bench:
        ours, floor = _medians(bench.threads, size)
        yield Finding(
            "append-threads",
            1e6 / ours,
            RATES,
            1e6 / floor,
            floor / ours,
            Goal(least=0.6),
            alone / ours,
        )


def _medians(run: Run, size: int, rounds: int = ROUNDS) -> tuple[float, float]:
    run(single_writes(size))
    pairs = []
    for _ in range(rounds):
        writes = single_writes(size)
        # What the bench itself holds is not what appending has to look through.
        gc.collect()
        gc.freeze()
        pairs.append(run(writes))
    gc.unfreeze()
    return middle((ours for ours, _ in pairs), size), middle((floor for _, floor in pairs), size)
