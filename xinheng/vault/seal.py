"""Envelopes: AES-256-GCM, bound to the place where they are stored.

An envelope is ``suite (1 byte) ‖ key id (16) ‖ nonce (12) ‖ ciphertext and tag``. The additional
data is the *where-string*, ``table.column.row`` ("people_user.phone.17"): a ciphertext copied to
another row or column no longer opens. Nonces are random, so restoring an old machine image never
repeats one. Overhead: 45 bytes an envelope.
"""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITE_AES_256_GCM = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
OVERHEAD_BYTES = 1 + 16 + NONCE_BYTES + 16
PLAINTEXT_BYTES_MAX = 1_048_576


class SealError(Exception):
    """An envelope that doesn't open: wrong key, wrong place, or changed bytes."""


class OpenKey:
    """An unwrapped data key, ready for use; it shows itself in no log and no traceback."""

    __slots__ = ("cipher", "head", "id")

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise SealError(f"a data key has {KEY_BYTES} bytes, this one has {len(secret)}")
        self.id = key_id
        self.head = SUITE_AES_256_GCM + key_id.bytes
        self.cipher = AESGCM(secret)

    def __repr__(self) -> str:
        return f"OpenKey({self.id})"


def random_bytes(count: int) -> bytes:
    """The house's one source of randomness for keys, salts and seeds."""
    return os.urandom(count)


def seal(key: OpenKey, where: str, plaintext: bytes) -> bytes:
    """The envelope of plaintext for exactly this place."""
    if len(plaintext) > PLAINTEXT_BYTES_MAX:
        raise SealError(f"{len(plaintext)} bytes in one envelope; at most {PLAINTEXT_BYTES_MAX}")
    nonce = os.urandom(NONCE_BYTES)
    return key.head + nonce + key.cipher.encrypt(nonce, plaintext, where.encode())


def key_id_of(envelope: bytes) -> UUID:
    """Which data key opens this envelope (read before trusting: opening it checks the rest)."""
    if len(envelope) < OVERHEAD_BYTES or envelope[:1] != SUITE_AES_256_GCM:
        raise SealError("not an envelope of a known suite")
    return UUID(bytes=bytes(envelope[1:17]))


def open_sealed(key: OpenKey, where: str, envelope: bytes) -> bytes:
    """The plaintext, if the key, the place and every byte are right; else SealError."""
    envelope = bytes(envelope)
    if envelope[:17] != key.head or len(envelope) < OVERHEAD_BYTES:
        raise SealError(f"this envelope isn't sealed under key {key.id}")
    nonce, body = envelope[17:29], envelope[29:]
    try:
        return key.cipher.decrypt(nonce, body, where.encode())
    except InvalidTag as error:
        raise SealError(f"{where}: wrong key, moved or changed ciphertext") from error
