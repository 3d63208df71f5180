"""Sealing bytes: AES-256-GCM under a random nonce, bound to what they belong to."""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Seal bytes, bound to associated data; the nonce comes first."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Open what `seal` made.

    Raises:
        InvalidTag: the key, the bytes or what they are bound to are not the ones that were sealed.
    """
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
