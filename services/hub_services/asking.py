"""Asking the hub to do something: may you, what do the rules say, append, and the same answer when asked again."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from hub_events.basis import LawfulBasisOverridden
from hub_events.envelope import Envelope, Labels, Recorded
from hub_events.label_fold import label_of
from hub_events.reference import lawful_basis_for, table
from hub_events.stream import Stream
from hub_services import policy
from hub_services.caller import SYSTEM, Caller
from hub_services.decisions.decision import By, Command, Past, To, decided
from hub_services.log import Appended, Draft, Log, Receipt, Write
from hub_services.log.frame import TamperedError
from hub_services.log.store import ReceiptExistsError
from hub_services.refusal import RefusedError, StreamMovedError, UnavailableError
from hub_services.world import World

ATTEMPTS: Final = 8
SYSTEM_BASIS: Final = ("UK_GDPR", "UKGDPR_6_1_C_D_E")
_OPAQUE: Final = re.compile(r"[A-Za-z0-9._:/-]{0,60}\Z")
NOT_FOUND: Final = "There is no such record, or it is not open to you."


class Answer(msgspec.Struct, frozen=True):
    """What came of a command: the stream it was about, the last position it wrote and the streams it wrote to."""

    stream: Stream
    position: int
    versions: dict[str, int] = {}
    repeated: bool = False


class MovedError(Exception):
    """The stream a command is about is not at the version its caller knew."""

    def __init__(self, stream: Stream, known: int, past: Past) -> None:
        """Keep the stream's past, so that the caller can be told what moved."""
        super().__init__(f"{stream} is past version {known}")
        self.stream = stream
        self.known = known
        self.past = past


class Asking:
    """Takes commands from callers to the log."""

    def __init__(self, log: Log, world: World, secret: bytes) -> None:
        """Ask through `log`; `secret` makes command ids and the ids of what commands create."""
        self._log = log
        self._world = world
        self._secret = secret

    def ask(
        self,
        command: Command,
        caller: Caller,
        key: str,
        *,
        fingerprint: bytes = b"",
        expected: int | None = None,
        causation: int = 0,
    ) -> Answer:
        """Do what a command says, once for each key of its caller.

        Args:
            command: what is asked.
            caller: who asks, and why.
            key: names this very asking; the same key with the same content is the same asking.
            fingerprint: a digest of what was sent, when more than the command was.
            expected: the version the caller knew the stream at, when it named one.
            causation: the position of the event that caused this, for reactions.

        Raises:
            RefusedError: the policy or the rules say no.
            MovedError: the stream has moved on from the expected version.
            UnavailableError: nothing can be written now.
        """
        command_id = self.command_id(caller, key)
        by = self._by(caller, command_id)
        content = self._fingerprint(command, fingerprint)
        for _ in range(ATTEMPTS):
            repeated = self._repeated(command, caller, by, content)
            if repeated is not None:
                return repeated
            # Written by another attempt of the same command, or decided on what is over: either way look again. A
            # caller who named a version that is over is told so then.
            with suppress(ReceiptExistsError, StreamMovedError):
                return self._attempt(command, caller, by, content, expected, causation)
        raise UnavailableError("busy", "Too many others are writing the same record; please send it again.")

    def command_id(self, caller: Caller, key: str) -> bytes:
        """Return the id of a command: an HMAC of its caller and key."""
        return self._hmac(b"command", caller.account.encode(), key.encode())[:16]

    def _hmac(self, *parts: bytes) -> bytes:
        return hmac.digest(self._secret, msgspec.msgpack.encode(parts), "sha256")

    def _fingerprint(self, command: Command, sent: bytes) -> bytes:
        # Keyed, because a plain digest of personal text is personal data.
        said = sent or repr(command).encode()
        return self._hmac(b"fingerprint", type(command).__name__.encode(), sha256(said).digest())[:16]

    def _by(self, caller: Caller, command_id: bytes) -> By:
        return By(
            account=caller.account,
            agency=caller.agency,
            role=caller.role,
            roles=caller.roles,
            teams=caller.teams,
            desks=caller.desks,
            cases=caller.cases,
            now=self._world.now(),
            seed=self._hmac(b"seed", command_id),
            command_id=command_id,
        )

    def _repeated(self, command: Command, caller: Caller, by: By, fingerprint: bytes) -> Answer | None:
        receipt = self._log.receipt(by.command_id)
        if receipt is None:
            return None
        if receipt.fingerprint != fingerprint:
            raise RefusedError(
                "key-used-otherwise",
                "This Idempotency-Key was used for something else; take a new key for a new command.",
            )
        rows = self._log.rows_after(receipt.first - 1, receipt.last - receipt.first + 1, receipt.last)
        stream = command.about(by)
        guard = command.guard(by)
        recorded = self._recorded(guard)
        # What this very command changed, such as the team a report was sent on to, does not count against saying so.
        by_others = [r for r in recorded if r.version == 1 or not receipt.first <= r.position <= receipt.last]
        self._allow(command, caller, guard, label_of(by_others))
        return Answer(stream, receipt.last, {row[1]: row[2] for row in rows}, repeated=True)

    def _recorded(self, stream: str) -> list[Recorded]:
        try:
            return self._log.past(stream)
        except TamperedError as error:
            raise UnavailableError(
                "record-damaged",
                "A part of this record is not what was written; the operators of the hub have to look at it.",
            ) from error

    @staticmethod
    def _allow(command: Command, caller: Caller, stream: str, labels: Labels | None) -> None:
        decision = policy.may(caller, command.action, stream, labels)
        if decision.allowed:
            return
        # What does not exist and what may not be seen answer alike; an action nobody in this role may ever take
        # says so whatever it is asked of.
        seen = labels is not None and policy.may(caller, "view", stream, labels).allowed
        if seen or policy.hopeless(caller, command.action):
            raise RefusedError("not-permitted", decision.sentence)
        raise RefusedError("not-found", NOT_FOUND)

    def _past(self, command: Command, by: By) -> Past:
        streams: dict[str, list[Recorded]] = {}
        wanted = [command.about(by), command.guard(by), *command.refers()]
        while wanted:
            for name in wanted:
                if name not in streams:
                    streams[name] = self._recorded(name)
            wanted = [name for name in command.reads(Past(streams), by) if name not in streams]
        return Past(streams)

    def _attempt(
        self,
        command: Command,
        caller: Caller,
        by: By,
        fingerprint: bytes,
        expected: int | None,
        causation: int,
    ) -> Answer:
        past = self._past(command, by)
        stream, guard = command.about(by), command.guard(by)
        self._allow(command, caller, guard, past.labels(guard))
        for named in command.refers():
            labels = past.labels(named)
            if labels is None or not policy.may(caller, "view", named, labels).allowed:
                raise RefusedError("not-found", NOT_FOUND)
        if past.holds(by.command_id):
            # Another attempt wrote it while this one was reading, perhaps a part only: its receipt knows all of it.
            return self._repeated(command, caller, by, fingerprint) or _nothing_new(stream, past, by.command_id)
        if expected is not None:
            _require_version(stream, expected, past)
        outcome = [each for each in decided(command, past, by) if each.events]
        if not outcome:
            return _nothing_new(stream, past, by.command_id)
        write = self._write(command, outcome, past, caller, by, fingerprint, causation)
        appended: Appended = self._log.append(write)
        versions = {draft.stream: draft.after + len(draft.events) for draft in write.drafts}
        return Answer(stream, appended.last, versions)

    def _write(
        self,
        command: Command,
        outcome: list[To],
        past: Past,
        caller: Caller,
        by: By,
        fingerprint: bytes,
        causation: int,
    ) -> Write:
        now = by.now.astimezone(UTC)
        regime, lawful_basis = _basis(caller, now)
        outcome = _with_basis(outcome, command.about(by), caller)
        drafts = []
        for each in outcome:
            recorded = past.recorded(each.stream) if each.stream in past else ()
            labels = label_of(recorded) or each.labels
            if labels is None:
                raise ValueError(f"{each.stream} is new and was given no labels")
            envelope = Envelope(
                recorded_at=now,
                actor=by.actor,
                purpose=caller.purpose,
                purpose_reference=caller.purpose_reference,
                regime=regime,
                lawful_basis=lawful_basis,
                command_id=by.command_id,
                causation=causation,
                labels=labels,
            )
            after = recorded[-1].version if recorded else 0
            key_id = recorded[-1].key_id if recorded else 0
            drafts.append(Draft(each.stream, after, each.events, envelope, key_id))
        written = {draft.stream for draft in drafts}
        expect = tuple((name, past.version(name)) for name in past.names() if name not in written)
        day = (now - datetime(1970, 1, 1, tzinfo=UTC)).days
        return Write(tuple(drafts), Receipt(by.command_id, fingerprint, day), expect)


def _require_version(stream: Stream, expected: int, past: Past) -> None:
    if not past.events(stream):
        raise RefusedError("not-found", NOT_FOUND)
    if past.version(stream) != expected:
        raise MovedError(stream, expected, past)


def _nothing_new(stream: Stream, past: Past, command_id: bytes) -> Answer:
    mine = [
        recorded
        for name in past.names()
        for recorded in past.recorded(name)
        if recorded.envelope.command_id == command_id
    ]
    last = max((recorded.position for recorded in mine), default=0)
    position = last or max((recorded.position for recorded in past.recorded(stream)), default=0)
    return Answer(stream, position, {stream: past.version(stream)}, repeated=bool(mine))


def _with_basis(outcome: list[To], about: Stream, caller: Caller) -> list[To]:
    """Add why another lawful basis holds, as an event: the reason is somebody's words, so it must be sealed."""
    if not caller.lawful_basis:
        return outcome
    why = LawfulBasisOverridden(lawful_basis=caller.lawful_basis, reason=caller.basis_reason)
    place = next((index for index, each in enumerate(outcome) if each.stream == about), 0)
    changed = msgspec.structs.replace(outcome[place], events=(*outcome[place].events, why))
    return [*outcome[:place], changed, *outcome[place + 1 :]]


def _basis(caller: Caller, now: datetime) -> tuple[str, str]:
    if caller.role == SYSTEM:
        return SYSTEM_BASIS
    regime, lawful_basis = lawful_basis_for(caller.agency, caller.purpose, now.date())
    return regime, caller.lawful_basis or lawful_basis


def check_caller(caller: Caller, now: datetime, refuse: Callable[[str, str, str], Exception]) -> None:
    """Check the codes a caller gives with a request.

    Args:
        caller: who asks.
        now: the day the codes must be in force on.
        refuse: makes the refusal out of code, sentence and field.
    """
    if not table("agencies").has(caller.agency, now.date()):
        raise refuse("agency-not-in-force", "The agency of this account is no more; ask an administrator.", "")
    if not table("purposes").has(caller.purpose, now.date()):
        codes = ", ".join(sorted(table("purposes").codes(now.date())))
        raise refuse("purpose-missing", f"Say why in Hub-Purpose: one of {codes}.", "Hub-Purpose")
    if _OPAQUE.match(caller.purpose_reference) is None:
        sentence = "Hub-Purpose-Reference is an opaque id, never a name or a text."
        raise refuse("invalid", sentence, "Hub-Purpose-Reference")
    if caller.lawful_basis and not table("lawful_bases").has(caller.lawful_basis, now.date()):
        raise refuse("unknown-lawful-basis", "Hub-Lawful-Basis is not a lawful basis in force.", "Hub-Lawful-Basis")
    if caller.lawful_basis and not caller.basis_reason:
        raise refuse("basis-reason-missing", "Say in Hub-Basis-Reason why another lawful basis holds.", "")
