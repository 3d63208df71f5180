"""The rows of the log behind one line of a timeline, as they lie in the file: a clear envelope, sealed content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub_events.envelope import Labels
from hub_events.stream import stream
from hub_services.demo.looking import Looking
from hub_services.demo.paper import card, chapter, say, sheet
from hub_services.hub import Hub
from hub_services.log.frame import open_frame

SHOWN: Final = 24
"""How many of the sealed bytes are printed."""


def rows_behind(looking: Looking, hub: Hub, line: Mapping[str, Any]) -> None:
    """Print the row of the event a line comes from, and the rows written in the same transaction."""
    source = line["source_event"]
    name = stream(source["kind"], source["id"])
    chapter(looking.console, "The log behind one line")
    say(looking.console, f"The line “{line['sentence']}” comes from version {source['version']} of a {source['kind']}.")
    recorded = next(each for each in hub.log.past(name) if each.version == source["version"])
    (row,) = hub.log.rows_after(recorded.position - 1, 1)
    position, _, version, topic, state = row
    frame, clear = open_frame(state)
    envelope = clear.envelope
    looking.expect(row[1] == name and version == source["version"], "the line cites the row it comes from")
    looking.expect(b"friend" not in state, "the row tells nothing of the reason for the grade")
    looking.console.print(
        card(
            "As it lies in log.sqlite",
            position=str(position),
            stream=name,
            version=str(version),
            event=topic,
            recorded=f"{envelope.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
            actor=f"{envelope.actor.account}, {envelope.actor.agency}, {envelope.actor.role}",
            purpose=f"{envelope.purpose}, {envelope.regime}, {envelope.lawful_basis}, {envelope.marking}",
            labels=_labels(envelope.labels),
            command=f"{envelope.command_id.hex()}, key {clear.key_id}",
            sealed=f"{frame.sealed[:SHOWN].hex(' ')} … {len(frame.sealed)} bytes, AES-256-GCM",
        ),
    )
    receipt = hub.log.receipt(envelope.command_id)
    if receipt is None:
        return
    rows = sheet(position=9, stream=32, version=8, event=20, sealed=0)
    for each in hub.log.rows_after(receipt.first - 1, receipt.last - receipt.first + 1, receipt.last):
        rows.add_row(str(each[0]), each[1], str(each[2]), each[3], f"{len(open_frame(each[4])[0].sealed)} bytes")
    say(looking.console, "Written in the same transaction:")
    looking.console.print(rows)
    say(
        looking.console,
        "Stream, version, event and envelope are bound to the sealed content: a row that was moved, redated or given "
        "another label does not open.",
    )


def _labels(labels: Labels) -> str:
    return "; ".join(
        f"{name.replace('_', ' ')} {', '.join(value) if isinstance(value, tuple) else value}"
        for name in labels.__struct_fields__
        if (value := getattr(labels, name))
    )
