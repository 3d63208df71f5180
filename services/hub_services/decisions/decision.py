"""How a decision is made: a command looks at the past and at who asks, and answers with events or refuses.

Decisions are pure. The clock and the ids of what is created come in with `By`; nothing here reads a view, a file or
the time, so that a decision can be repeated and means the same (architecture.md section 3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

import msgspec

from hub_events.catalogue import Event
from hub_events.envelope import Actor, Erased, Labels, Recorded, Unreadable
from hub_events.label_fold import label_of
from hub_events.stream import Stream, stream
from hub_services.refusal import RefusedError, UnavailableError


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and the time and the seed of ids that the world lends to this decision.

    `role` is the one role acted in; `roles` are all the account holds. `seed` is an HMAC of caller and command key.
    """

    account: str
    agency: str
    role: str
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    now: datetime
    seed: bytes
    command_id: bytes

    @property
    def actor(self) -> Actor:
        """The actor as the envelope names it."""
        return Actor(self.account, self.agency, self.role)

    def new_stream(self, kind: str, index: int = 0) -> Stream:
        """Name the `index`-th stream of a kind that this command creates; the same command names the same stream."""
        digest = blake2b(b"%s\0%d" % (kind.encode(), index), key=self.seed, digest_size=16).digest()
        return stream(kind, urlsafe_b64encode(digest).decode().rstrip("="))


def sibling(name: str, kind: str) -> Stream:
    """Name the stream of another kind that belongs to the same thing, such as the triage of a report."""
    return stream(kind, name.partition(":")[2])


class To(msgspec.Struct, frozen=True):
    """Events for one stream; `labels` are needed for a new stream and ignored for one that exists."""

    stream: Stream
    events: tuple[Event, ...]
    labels: Labels | None = None


class Past:
    """What the streams a decision reads hold, as far as it asked for them."""

    def __init__(self, streams: Mapping[str, Sequence[Recorded]]) -> None:
        """Hold the recorded events of each stream read; a stream that does not exist holds none."""
        self._streams = streams

    def __contains__(self, name: str) -> bool:
        """Whether a stream was read, whatever it holds."""
        return name in self._streams

    def recorded(self, name: str) -> Sequence[Recorded]:
        """The recorded events of a stream that was read."""
        return self._streams[name]

    def events(self, name: str) -> list[Event]:
        """The events of a stream that was read.

        Raises:
            RefusedError: the stream was erased (`stream-erased`).
            UnavailableError: an event of it cannot be read by this code (`stream-unreadable`).
        """
        found = []
        for recorded in self._streams[name]:
            if isinstance(recorded.event, Erased):
                raise RefusedError("stream-erased", "This record was erased; nothing can be added to it.")
            if isinstance(recorded.event, Unreadable):
                raise UnavailableError("stream-unreadable", "A part of this record cannot be read at the moment.")
            found.append(recorded.event)
        return found

    def version(self, name: str) -> int:
        """The version a stream is at, 0 when it does not exist."""
        return self._streams[name][-1].version if self._streams[name] else 0

    def labels(self, name: str) -> Labels | None:
        """The current label of a stream that was read."""
        return label_of(self._streams[name])

    def holds(self, command_id: bytes) -> bool:
        """Whether one of the events read was written by this very command."""
        return any(recorded.envelope.command_id == command_id for past in self._streams.values() for recorded in past)

    def names(self) -> Iterable[str]:
        """The streams that were read."""
        return self._streams.keys()


@dataclass(frozen=True, kw_only=True)
class Command(ABC):
    """Something the hub is asked to do, in the imperative; its fields are what was said, its methods are pure."""

    action: ClassVar[str]
    """What `may` is asked before the decision is made."""

    @abstractmethod
    def about(self, by: By) -> Stream:
        """Name the stream the command is about: its version is what an expected version speaks of."""

    def guard(self, by: By) -> Stream:
        """Name the stream whose labels decide whether this may be asked; a new stream has none."""
        return self.about(by)

    def refers(self) -> tuple[str, ...]:
        """Name further streams the caller named; each must be visible to the caller, or it counts as absent."""
        return ()

    def reads(self, past: Past, by: By) -> tuple[str, ...]:
        """Name further streams the decision needs, given what was read so far; asked again until nothing is new."""
        del past, by
        return ()

    @abstractmethod
    def decide(self, past: Past, by: By) -> list[To]:
        """Answer with the events of each stream, or none when there is nothing left to do.

        Raises:
            RefusedError: the rules say no.
        """


def decided(command: Command, past: Past, by: By) -> list[To]:
    """Decide a command, once: one that was decided before answers with nothing (the retry law)."""
    return [] if past.holds(by.command_id) else command.decide(past, by)
