"""Make the golden files that are missing; run by hand after an event or a version was added.

A file `<name>.v<version>.json` holds the bytes an event was written as, and its fields. When its version is no longer
the current one, `<name>.v<version>.as-v<current>.json` holds the fields it is read as today. Files that exist are never
touched: they are pinned by their hash in `MANIFEST`, and evidence of what stands on somebody's log.
"""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import msgspec
from examples import EXAMPLES

from hub_events.catalogue import catalogue

HERE = Path(__file__).parent
MANIFEST = "MANIFEST"


def fields_of(event):
    """Every field of an event as JSON has it, those at their default too."""
    return json.loads(msgspec.json.encode(msgspec.structs.asdict(event)))


def name_of(name, version, read_as=None):
    return f"{name}.v{version}{'' if read_as in (None, version) else f'.as-v{read_as}'}.json"


def written(event):
    """The golden file of an event as it is written today: its name and what it holds."""
    entry = catalogue.entry(type(event))
    _, payload = catalogue.encode(event)
    held = {
        "name": entry.name,
        "version": entry.version,
        "payload_base64": b64encode(payload).decode(),
        "fields": fields_of(event),
    }
    return name_of(entry.name, entry.version), held


def read_as_today(golden):
    """The file that pins what an old golden file is read as today: its name and what it holds."""
    name, version = golden["name"], golden["version"]
    event = catalogue.decode(f"{name}/{version}", b64decode(golden["payload_base64"]))
    read_as = catalogue.entry(type(event)).version
    held = {"name": name, "version": version, "read_as": read_as, "fields": fields_of(event)}
    return name_of(name, version, read_as), held


def goldens(folder):
    """Every golden file of bytes in a folder."""
    files = sorted(folder.glob("*.json"))
    return [held for file in files if "payload_base64" in (held := json.loads(file.read_text(encoding="utf-8")))]


def pins(folder):
    """The file names of the manifest with their hashes."""
    manifest = folder / MANIFEST
    lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.exists() else []
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def make(folder=HERE, examples=EXAMPLES):
    """Add what is missing in a folder, and answer with the names of the files that were added."""
    added = [_add(folder, *written(event)) for event in examples]
    added += [_add(folder, *read_as_today(golden)) for golden in goldens(folder)]
    return [name for name in added if name]


def _add(folder, name, held):
    if (folder / name).exists():
        return ""
    text = json.dumps(held, indent=2, ensure_ascii=False) + "\n"
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    pinned = {**pins(folder), name: sha256(text.encode()).hexdigest()}
    lines = [f"{digest}  {each}\n" for each, digest in sorted(pinned.items())]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8", newline="\n")
    return name


if __name__ == "__main__":
    for file in make():
        print("added", file)
