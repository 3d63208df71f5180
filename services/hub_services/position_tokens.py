"""Positions as they leave the hub: encrypted tokens, because a count of events that cannot be seen is a leak.

A token is always 86 characters of base64url: nonce (12 bytes) and AES-256-GCM of 36 bytes that hold its kind, a
position, a sort key and a line id. It is bound to an account, a route and a filter, and dies with the day after it was
made (architecture.md section 3).
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub_events.stream import KINDS, kind_of
from hub_services.refusal import RefusedError
from hub_services.world import World

POSITION: Final = 1
CURSOR: Final = 2
CHARACTERS: Final = 86
_NONCE: Final = 12
_KINDS: Final = tuple(sorted(KINDS))
_SIGN: Final = 1 << 63


class Token(msgspec.Struct, frozen=True):
    """What a token holds."""

    kind: int
    position: int
    sort_key: int = 0
    line: str = ""


def _packed_line(line: str) -> bytes:
    if not line:
        return bytes(19)
    # A line id is a stream and a version, or a stream alone; versions begin with 1.
    stream, _, version = line.partition("/")
    identity = urlsafe_b64decode(stream.partition(":")[2] + "==")
    return bytes([_KINDS.index(kind_of(stream)) + 1]) + identity + int(version or 0).to_bytes(2, "big")


def _unpacked_line(packed: bytes) -> str:
    if not packed[0]:
        return ""
    identity = urlsafe_b64encode(packed[1:17]).decode().rstrip("=")
    version = int.from_bytes(packed[17:], "big")
    return f"{_KINDS[packed[0] - 1]}:{identity}" + (f"/{version}" if version else "")


class PositionTokens:
    """Makes and opens tokens for one hub."""

    def __init__(self, secret: bytes, world: World) -> None:
        """Make tokens under keys of the day, derived from the hub's secret."""
        self._secret = secret
        self._world = world
        self._keys: dict[date, AESGCM] = {}

    def _key(self, day: date) -> AESGCM:
        found = self._keys.get(day)
        if found is None:
            derived = HKDF(SHA256(), 32, salt=None, info=b"position token " + day.isoformat().encode())
            found = AESGCM(derived.derive(self._secret))
            # A new dictionary each time: other threads may be going through the one there is.
            near = {each: key for each, key in self._keys.items() if abs((each - day).days) <= 1}
            self._keys = {**near, day: found}
        return found

    def make(self, token: Token, account: str, route: str = "", filters: str = "") -> str:
        """Make a token for an account, and for a route and its filters when it is a cursor."""
        plain = (
            bytes([token.kind])
            + token.position.to_bytes(8, "big")
            + (token.sort_key + _SIGN).to_bytes(8, "big")
            + _packed_line(token.line)
        )
        nonce = self._world.random(_NONCE)
        key = self._key(self._world.now().date())
        sealed = key.encrypt(nonce, plain, _binding(token.kind, account, route, filters))
        return _encoded(nonce + sealed)

    def open(self, text: str, kind: int, account: str, route: str = "", filters: str = "") -> Token:
        """Open a token made for the same account, route and filters, today or yesterday.

        Raises:
            RefusedError: it was not (`token-invalid`).
        """
        today = self._world.now().date()
        sealed = _decoded(text)
        for day in (today, today - timedelta(days=1)):
            try:
                plain = self._key(day).decrypt(
                    sealed[:_NONCE],
                    sealed[_NONCE:],
                    _binding(kind, account, route, filters),
                )
            except InvalidTag:
                continue
            return Token(
                plain[0],
                int.from_bytes(plain[1:9], "big"),
                int.from_bytes(plain[9:17], "big") - _SIGN,
                _unpacked_line(plain[17:]),
            )
        raise _invalid()


def _binding(kind: int, account: str, route: str, filters: str) -> bytes:
    return sha256(msgspec.msgpack.encode((kind, account, route, filters))).digest()


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    if len(text) != CHARACTERS:
        raise _invalid()
    try:
        sealed = urlsafe_b64decode(text + "==")
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if _encoded(sealed) != text:
        # Decoding passes over what is no base64url and over the last bits; a token has one spelling.
        raise _invalid()
    return sealed


def _invalid() -> RefusedError:
    return RefusedError(
        "token-invalid",
        "This position or cursor was not made for you, for this request, or is older than yesterday; start again.",
    )
