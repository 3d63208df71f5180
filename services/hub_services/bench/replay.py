"""How long reading the whole log takes, opened and decoded, beside the bare driver and cipher doing just that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub_services.bench.floor import PAGE, replayed
from hub_services.bench.material import MASTER, Place
from hub_services.bench.report import TIMES, Finding, Goal, middle, timed
from hub_services.bench.story import Copies, told

ROUNDS: Final = 7


def bench_replay(folder: Path, events: int) -> Iterator[Finding]:
    """Replay about `events` events of stories, from the first."""
    place = Place(folder / "log")
    count = Copies(told(folder)).fill(place.log, place.vault, events)
    files = (place.log_file, place.folder / "vault.sqlite", MASTER)

    def ours() -> None:
        position = 0
        while page := place.log.follow(position, PAGE):
            position = page[-1].position

    def floor() -> None:
        for _ in replayed(*files):
            pass

    pairs = [(timed(ours), timed(floor)) for _ in range(ROUNDS)][1:]
    place.close()
    figure, bottom = middle((each for each, _ in pairs), count), middle((each for _, each in pairs), count)
    yield Finding("replay", figure, TIMES, bottom, figure / bottom, Goal(most=1.5))
