"""A mention: a person, vehicle, phone, premises, organisation or online account as one report speaks of it.

A mention has its own stream for life and owns what was said; who it is, is decided elsewhere and can be taken back.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from hub_events.catalogue import Event, event

PARTS: Final = MappingProxyType(
    {
        "PERSON": ("name", "nickname", "date_of_birth", "sex", "description", "address", "occupation"),
        "VEHICLE": ("plate", "make", "model", "colour", "description"),
        "PHONE": ("number", "device", "used_for"),
        "PREMISES": ("name", "address", "postcode", "uprn", "description"),
        "ORGANISATION": ("name", "company_number", "description"),
        "ONLINE_ACCOUNT": ("platform", "handle", "description"),
    },
)
"""The structured parts each kind of mention may have beside the words as said."""


@event("mention-made")
class MentionMade(Event, frozen=True, kw_only=True):
    """A report spoke of a person or a thing: the words as said, their parts, and whether they are raw or sanitised."""

    report: str
    kind: str
    as_said: str
    parts: dict[str, str] = msgspec.field(default_factory=dict)
    text_form: str
    reported_role: str = ""
