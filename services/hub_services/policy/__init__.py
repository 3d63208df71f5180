"""The one policy: `may` decides, `visible` is the same rule as a condition on labels for a view's query."""

from __future__ import annotations

from typing import Final

import msgspec

from hub_events.condition import Attributes, Condition, Known, bound, evaluate
from hub_events.envelope import Labels
from hub_events.stream import kind_of
from hub_services.caller import Caller
from hub_services.policy.rules import RULES

DENIED: Final = "Nothing allows this."


class Decision(msgspec.Struct, frozen=True):
    """Whether an action is allowed, and what it takes."""

    allowed: bool
    sentence: str


def attributes_of(stream: str, labels: Labels) -> Attributes:
    """What the policy knows of what is asked for: the labels of a stream and its kind."""
    return {"kind": kind_of(stream), **msgspec.structs.asdict(labels)}


def may(caller: Caller, action: str, stream: str = "", labels: Labels | None = None) -> Decision:
    """Decide whether a caller may do something, to a stream with these labels when it is about one.

    Deny by default: an unknown action, a missing purpose, a missing label or anything else unknown is no.
    """
    rule = RULES.get(action)
    if rule is None:
        return Decision(allowed=False, sentence=DENIED)
    label = {} if labels is None else attributes_of(stream, labels)
    sides = {"subject": caller.subject, "label": label, "context": caller.context}
    return Decision(allowed=evaluate(rule.condition, sides) is True, sentence=rule.sentence)


def visible(caller: Caller, action: str = "view") -> Condition:
    """Return the rule of an action with everything but the labels filled in."""
    rule = RULES.get(action)
    if rule is None:
        return Known(answer=False)
    return bound(rule.condition, {"subject": caller.subject, "context": caller.context})


def hopeless(caller: Caller, action: str) -> bool:
    """Whether no label whatever could allow an action to a caller, so that a refusal says nothing about a record."""
    return isinstance(visible(caller, action), Known)
