"""`hub bench`: measure this hub's log and followers on this machine, each beside its floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from hub_services.bench.append import bench_append
from hub_services.bench.catchup import bench_catchup
from hub_services.bench.replay import bench_replay
from hub_services.bench.report import Finding, show

Bench = Callable[[Path, int], Iterator[Finding]]


@click.group()
def bench() -> None:
    """Measure log and followers on this machine, each figure beside that of the bare driver doing the same work.

    It writes to a folder of its own below TMPDIR, which should lie on the disk the hub will use, and removes it.
    """


def _add(name: str, run: Bench, events: int, sentence: str) -> None:
    @bench.command(name, help=sentence)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
    @click.option("--events", default=events, show_default=True, type=click.IntRange(min=1), help="About how many.")
    def command(*, as_json: bool, events: int) -> None:
        with TemporaryDirectory(prefix="hub-bench-") as folder:
            show(run(Path(folder), events), as_json=as_json)


_add("append", bench_append, 50_000, "Append events in batches, and a tenth as many alone and from many threads.")
_add("replay", bench_replay, 20_000, "Read the whole log, opened and decoded.")
_add("catchup", bench_catchup, 10_000, "Let all views catch up with the whole log.")
