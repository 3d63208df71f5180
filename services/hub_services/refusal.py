"""How the hub says no: one exception with a stable code and a sentence for a person."""

from __future__ import annotations

from collections.abc import Mapping


class RefusedError(Exception):
    """A command or a request is refused.

    Args:
        code: stable and machine-readable, such as `same-person`.
        sentence: what is wrong and what would be right, for a person.
        field: the field it is about, when it is about one.
        more: further members of the answer, plain values only.
    """

    def __init__(self, code: str, sentence: str, *, field: str = "", more: Mapping[str, object] | None = None) -> None:
        """Refuse with a code and a sentence."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field
        self.more = dict(more or {})


class StreamMovedError(Exception):
    """A stream is no longer at the version a command was decided on."""

    def __init__(self, stream: str, expected: int) -> None:
        """Name the stream and the version that was expected."""
        super().__init__(f"{stream} is no longer at version {expected}")
        self.stream = stream
        self.expected = expected


class UnavailableError(Exception):
    """Something the hub needs cannot be had now; nothing was done, and asking again later is right."""

    def __init__(self, code: str, sentence: str) -> None:
        """Say with a code and a sentence what cannot be had."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class UnsafeSettingError(Exception):
    """A setting that would lose or leak data; the sentence says what to change."""
