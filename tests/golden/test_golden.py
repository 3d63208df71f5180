"""Every version of every event that was ever written can still be read, and means what it meant.

Nothing here may be mended by altering a golden file: `make.py` says how one is added.
"""

import json
import shutil
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from hub_events.catalogue import Catalogue, Event, catalogue

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def maker():
    """The script, imported as it is run: from its own folder, which is on no path of the tests."""
    before = set(sys.modules)
    sys.path.insert(0, str(HERE))
    try:
        import make

        yield make
    finally:
        sys.path.remove(str(HERE))
        for name in set(sys.modules) - before:
            if name in ("make", "examples"):
                del sys.modules[name]


@pytest.fixture
def folder(tmp_path):
    """A copy of the golden files to play with."""
    for file in [*HERE.glob("*.json"), HERE / "MANIFEST"]:
        shutil.copy(file, tmp_path)
    return tmp_path


def problems(maker, folder):
    """Everything that is wrong with a folder of golden files, as sentences."""
    pinned = maker.pins(folder)
    found = {file.name: file.read_bytes() for file in folder.glob("*.json")}
    yield from (f"{name} is pinned and gone" for name in sorted(pinned.keys() - found.keys()))
    yield from (f"{name} is not pinned" for name in sorted(found.keys() - pinned.keys()))
    for name in sorted(pinned.keys() & found.keys()):
        if sha256(found[name]).hexdigest() != pinned[name]:
            yield f"{name} was altered"
    written = {(golden["name"], golden["version"]): golden for golden in maker.goldens(folder)}
    for name, version in sorted(set(maker.catalogue.readable()) - written.keys()):
        yield f"{name} version {version} has no golden file"
    for (name, version), golden in written.items():
        yield from (f"{name} version {version}: {problem}" for problem in misread(maker, folder, golden))


def misread(maker, folder, golden):
    """What is wrong with the way one golden file is read today."""
    try:
        file, read = maker.read_as_today(golden)
    except (LookupError, msgspec.DecodeError) as error:
        yield f"cannot be read: {error}"
        return
    if not (folder / file).exists():
        yield f"what it is read as is not pinned in {file}"
        return
    expected = json.loads((folder / file).read_text(encoding="utf-8"))["fields"]
    if (now := pinned_part(read["fields"], expected)) != expected:
        yield f"is read as {now}, not as {expected}"


def pinned_part(value, expected):
    """A value without the fields that were added since with a default: they say nothing about what was written."""
    match value, expected:
        case dict(), dict():
            return {name: pinned_part(each, expected[name]) for name, each in value.items() if name in expected}
        case list(), list() if len(value) == len(expected):
            return [pinned_part(each, other) for each, other in zip(value, expected, strict=True)]
        case _:
            return value


def test_every_version_of_every_event_has_a_golden_file_and_is_read_as_what_it_meant(maker):
    assert list(problems(maker, HERE)) == []


def test_the_bytes_of_a_golden_file_hold_its_fields_and_nothing_else(maker):
    for golden in maker.goldens(HERE):
        written = msgspec.msgpack.decode(b64decode(golden["payload_base64"]))

        assert json.loads(msgspec.json.encode(written)).items() <= golden["fields"].items(), golden["name"]


def test_every_event_has_one_example_that_gives_each_of_its_fields(maker):
    kinds = [type(example) for example in maker.EXAMPLES]
    left_out = [
        f"{type(example).__name__}.{name}"
        for example in maker.EXAMPLES
        for name, default in msgspec.structs.asdict(blank(type(example))).items()
        if getattr(example, name) == default
    ]

    assert sorted(kinds, key=str) == sorted((entry.type for entry in catalogue), key=str)
    assert left_out == []


def blank(kind):
    """An event with every field at its default, and at a value of its own where there is none."""
    return kind(**{each.name: NotImplemented for each in msgspec.structs.fields(kind) if each.required})


def test_making_golden_files_again_changes_none(maker, folder):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    assert maker.make(folder) == []
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_missing_golden_file_is_found_and_made(maker, folder):
    for name in ("case-closed.v1.json", "MANIFEST"):
        (folder / name).unlink()

    assert "case-closed version 1 has no golden file" in list(problems(maker, folder))
    assert maker.make(folder) == ["case-closed.v1.json"]
    assert (folder / "case-closed.v1.json").read_bytes() == (HERE / "case-closed.v1.json").read_bytes()


def test_an_altered_golden_file_is_found(maker, folder):
    file = folder / "case-closed.v1.json"
    golden = json.loads(file.read_text(encoding="utf-8"))
    golden["fields"]["reason"] = "Another reason."
    file.write_text(json.dumps(golden), encoding="utf-8")

    found = list(problems(maker, folder))

    assert found[0] == "case-closed.v1.json was altered"
    assert found[1].startswith("case-closed version 1: is read as")
    assert len(found) == 2


def test_a_golden_file_that_was_removed_or_slipped_in_is_found(maker, folder):
    (folder / "case-closed.v1.json").rename(folder / "case-shut.v1.json")

    assert list(problems(maker, folder)) == [
        "case-closed.v1.json is pinned and gone",
        "case-shut.v1.json is not pinned",
        "case-closed version 1: what it is read as is not pinned in case-closed.v1.json",
    ]


class Closed(Event, frozen=True, kw_only=True):
    code: str
    words: str = ""


@pytest.fixture
def history(maker, monkeypatch, tmp_path):
    """A folder in which version 1 of one event was written, and a catalogue that has gone on since."""

    def write(version, kind, example):
        now = Catalogue()
        now.event("case-closed", version=version)(kind)
        monkeypatch.setattr(maker, "catalogue", now)
        return maker.make(tmp_path, (example,)), now

    first = msgspec.defstruct("First", [("reason", str)], bases=(Event,), frozen=True, kw_only=True)
    write(1, first, first(reason="MOVED"))
    return tmp_path, write


def test_an_old_version_that_can_no_longer_be_read_is_found(maker, history):
    folder, write = history

    with pytest.raises(LookupError, match="cannot be read from version 1"):
        write(2, Closed, Closed(code="MOVED", words="To Leeds."))

    assert list(problems(maker, folder)) == [
        "case-closed version 1: cannot be read: case-closed cannot be read from version 1",
    ]


def test_an_old_version_is_pinned_as_what_it_is_read_as_in_each_later_one(maker, history, monkeypatch):
    folder, _ = history
    first = (folder / "case-closed.v1.json").read_bytes()
    now = Catalogue()
    now.event("case-closed", version=2)(Closed)
    now.upcast("case-closed", since=1)(lambda fields: {"code": fields["reason"]})
    monkeypatch.setattr(maker, "catalogue", now)

    assert "what it is read as is not pinned in case-closed.v1.as-v2.json" in " ".join(problems(maker, folder))
    assert maker.make(folder, (Closed(code="MOVED", words="To Leeds."),)) == [
        "case-closed.v2.json",
        "case-closed.v1.as-v2.json",
    ]
    assert list(problems(maker, folder)) == []
    assert (folder / "case-closed.v1.json").read_bytes() == first

    now.upcast("case-closed", since=1)(lambda fields: {"code": "OTHER"})

    assert list(problems(maker, folder)) == [
        "case-closed version 1: is read as {'code': 'OTHER', 'words': ''}, not as {'code': 'MOVED', 'words': ''}",
    ]
