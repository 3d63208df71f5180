"""The catalogue: every event by its explicit name and version, how it is encoded, and how old versions are read.

The names here are what stands in the log; a class may be renamed or moved, a name may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A fact on the log: past tense, plain values, no behaviour."""


class UnknownEventError(LookupError):
    """The log holds an event or a version this code does not know."""


EventType = TypeVar("EventType", bound=type[Event])
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Entry(msgspec.Struct, frozen=True):
    """One event in the catalogue: its name, its current version, its class and its sentence."""

    name: str
    version: int
    type: type[Event]
    decoder: msgspec.msgpack.Decoder[Any]

    @property
    def topic(self) -> str:
        """The name as it stands in the log, such as `report-received/1`."""
        return f"{self.name}/{self.version}"

    @property
    def sentence(self) -> str:
        """What the event says happened: the first line of its docstring."""
        return (self.type.__doc__ or "").strip().partition("\n")[0]


class Catalogue:
    """All events known to this code, by name and by class."""

    def __init__(self) -> None:
        """Make an empty catalogue."""
        self._by_name: dict[str, Entry] = {}
        self._by_type: dict[type[Event], Entry] = {}
        self._topics: dict[str, Entry] = {}
        self._topic_of: dict[type[Event], str] = {}
        self._upcasts: dict[tuple[str, int], Upcast] = {}
        self._encode = msgspec.msgpack.Encoder().encode

    def event(self, name: str, version: int = 1) -> Callable[[EventType], EventType]:
        """Enter the decorated class under a name and the version it is now written in."""

        def enter(kind: EventType) -> EventType:
            if name in self._by_name:
                raise ValueError(f"the event {name} stands twice in the catalogue")
            entry = Entry(name, version, kind, msgspec.msgpack.Decoder(kind))
            self._by_name[name] = self._by_type[kind] = self._topics[entry.topic] = entry
            self._topic_of[kind] = entry.topic
            return kind

        return enter

    def upcast(self, name: str, *, since: int) -> Callable[[Upcast], Upcast]:
        """Enter the decorated function as the step from version `since` of an event to the next."""

        def enter(step: Upcast) -> Upcast:
            self._upcasts[name, since] = step
            return step

        return enter

    def __iter__(self) -> Iterator[Entry]:
        """Go over the entries in order of their names."""
        return iter(sorted(self._by_name.values(), key=lambda entry: entry.name))

    def entry(self, kind: type[Event]) -> Entry:
        """Return the entry of an event class."""
        return self._by_type[kind]

    def readable(self) -> list[tuple[str, int]]:
        """List every name and version that can be read: the current ones and those an upcast starts from."""
        current = [(entry.name, entry.version) for entry in self]
        return sorted({*current, *self._upcasts})

    def encode(self, event: Event) -> tuple[str, bytes]:
        """Return an event's topic and its payload in MessagePack."""
        return self._topic_of[type(event)], self._encode(event)

    def decode(self, topic: str, payload: bytes) -> Event:
        """Return the event a payload holds, in today's version.

        Raises:
            UnknownEventError: the topic names no event, or a version this code cannot read.
            msgspec.DecodeError: the payload is not what the event says it is.
        """
        entry = self._topics.get(topic)
        if entry is not None:
            return entry.decoder.decode(payload)  # type: ignore[no-any-return]
        return self._decode_old(topic, payload)

    def _decode_old(self, topic: str, payload: bytes) -> Event:
        name, _, digits = topic.rpartition("/")
        known = self._by_name.get(name)
        if known is None or not digits.isdecimal():
            raise UnknownEventError(f"no event is called {topic}")
        fields: dict[str, Any] = msgspec.msgpack.decode(payload)
        for version in range(int(digits), known.version):
            step = self._upcasts.get((name, version))
            if step is None:
                raise UnknownEventError(f"{name} cannot be read from version {version}")
            fields = step(fields)
        if int(digits) > known.version:
            raise UnknownEventError(f"{topic} is newer than this code, which knows version {known.version}")
        return msgspec.convert(fields, known.type)


catalogue = Catalogue()
event = catalogue.event
upcast = catalogue.upcast
