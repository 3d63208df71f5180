"""What was told already: opaque ids in a file of the data folder, a line a step, so that a cut-off telling goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from hub_services.demo.days import Days
from hub_services.demo.story import fingerprint
from hub_services.refusal import UnsafeSettingError

FILE: Final = "demonstration-story"


@dataclass
class Journal:
    """The days of a telling, and the id each step that was told answered with."""

    path: Path
    days: Days
    ids: dict[str, str] = field(default_factory=dict)
    finished: bool = False

    @classmethod
    def of(cls, folder: Path, now: datetime) -> Journal:
        """Read the journal of a folder, or make a new one that is not begun.

        Raises:
            UnsafeSettingError: the folder was told another version of the story.
        """
        path = folder / FILE
        if not path.exists():
            return cls(path, Days.up_to(now))
        first, *told = _lines(path)
        if first["story"] != fingerprint():
            raise UnsafeSettingError(
                f"{folder} was told another version of the story; remove it, or name another folder with --folder.",
            )
        journal = cls(path, Days(date.fromisoformat(first["start"]), datetime.fromisoformat(first["present"])))
        for line in told:
            if line["step"]:
                journal.ids[line["step"]] = line["id"]
            else:
                journal.finished = True
        return journal

    @property
    def begun(self) -> bool:
        """Whether the folder holds it."""
        return self.path.exists()

    def begin(self) -> None:
        """Note the days of the telling."""
        days = self.days
        self._write({"story": fingerprint(), "start": str(days.start), "present": days.present.isoformat()})

    def tell(self, step: str, identifier: str) -> None:
        """Note that a step was told."""
        self.ids[step] = identifier
        self._write({"step": step, "id": identifier})

    def finish(self) -> None:
        """Note that the whole story was told."""
        self.finished = True
        self._write({"step": "", "id": ""})

    def _write(self, line: Mapping[str, str]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _lines(path: Path) -> list[dict[str, str]]:
    """Return the whole lines; one that was cut off was not told."""
    text = path.read_text(encoding="utf-8")
    whole, _, cut = text.rpartition("\n")
    if cut:
        path.write_text(whole + "\n", encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]
