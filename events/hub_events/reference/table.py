"""Effective-dated reference tables, read once from the TOML files beside this module (domain.md 0.2)."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import msgspec

FILES = (
    "agencies",
    "areas",
    "bases_by_agency_purpose",
    "clocks",
    "closure_reasons",
    "feedback_withheld_reasons",
    "flag_kinds",
    "grades",
    "handling",
    "lawful_bases",
    "markings",
    "person_roles",
    "prompts",
    "provenances",
    "purposes",
    "roles",
    "source_types",
    "strands",
    "teams",
    "triage_outcomes",
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One code of a table and what was true of it from a day (inclusive) to a day (exclusive)."""

    code: str
    label: str
    source: str
    valid_from: date | None
    valid_to: date | None
    fields: Mapping[str, Any]

    def in_force(self, on: date | None) -> bool:
        """Whether the entry holds on a day; without a day every entry does."""
        if on is None:
            return True
        started = self.valid_from is None or self.valid_from <= on
        return started and (self.valid_to is None or on < self.valid_to)


class Table:
    """A named list of codes, of which a code may have several entries with periods that do not overlap."""

    def __init__(self, name: str, entries: tuple[Entry, ...]) -> None:
        self.name = name
        self._entries = entries
        by_code: dict[str, list[Entry]] = {}
        for entry in entries:
            by_code.setdefault(entry.code, []).append(entry)
        self._by_code = {
            code: tuple(sorted(periods, key=lambda entry: entry.valid_from or date.min))
            for code, periods in by_code.items()
        }

    def entries(self, on: date | None = None) -> tuple[Entry, ...]:
        """All entries in the order of the file, or those in force on a day."""
        return tuple(entry for entry in self._entries if entry.in_force(on))

    def codes(self, on: date | None = None) -> tuple[str, ...]:
        """All codes in the order of the file, each once, or those in force on a day."""
        return tuple(dict.fromkeys(entry.code for entry in self.entries(on)))

    def has(self, code: str, on: date | None = None) -> bool:
        """Whether the code is in the table at all, or is in force on a day."""
        return any(entry.in_force(on) for entry in self._by_code.get(code, ()))

    def get(self, code: str, on: date | None = None) -> Entry:
        """The entry of a code in force on a day, without a day its latest; raises KeyError with a sentence."""
        periods = self._by_code.get(code)
        if periods is None:
            raise KeyError(f"{self.name} has no code {code!r}; it has {', '.join(self._by_code)}.")
        for entry in reversed(periods):
            if entry.in_force(on):
                return entry
        raise KeyError(f"{code!r} of {self.name} is not in force on {on}.")


def _frozen(value: object) -> object:
    """Lists become tuples, so that nobody changes shared reference data by accident."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _entry(table: str, row: dict[str, Any]) -> Entry:
    row = dict(row)
    try:
        code, label, source = row.pop("code"), row.pop("label"), row.pop("source")
    except KeyError as missing:
        raise ValueError(f"An entry of {table} has no {missing}: every entry needs code, label and source.") from None
    valid_from, valid_to = row.pop("from", None), row.pop("to", None)
    fields = MappingProxyType({name: _frozen(value) for name, value in row.items()})
    return Entry(code=code, label=label, source=source, valid_from=valid_from, valid_to=valid_to, fields=fields)


@cache
def load() -> Mapping[str, Table]:
    """Every table by name: each array of tables in a file is one table, named as the array is."""
    found: dict[str, Table] = {}
    for file in FILES:
        text = resources.files(__package__).joinpath(f"{file}.toml").read_text(encoding="utf-8")
        for name, rows in tomllib.loads(text).items():
            if name in found:
                raise ValueError(f"The table {name} stands in two files: a table has one place.")
            found[name] = Table(name, tuple(_entry(name, row) for row in rows))
    return MappingProxyType(found)
