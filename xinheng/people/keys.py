"""API keys as text: `xk_<prefix>_<secret>`, where the prefix finds the row and the secret proves
possession.

Only the SHA-256 of the secret is kept. The secret has 256 random bits, so a fast hash is right:
there is nothing to guess. Example: xk_7f3a9c01d2e4_… names the row with prefix 7f3a9c01d2e4.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

PREFIX_BYTES = 6
SECRET_BYTES = 32
_TOKEN = re.compile(r"xk_([0-9a-f]{12})_([0-9a-f]{64})")


class Token(NamedTuple):
    prefix: str
    digest: bytes


def spell(prefix: bytes, secret: bytes) -> str:
    """The text that is shown once to whoever asked for the key."""
    return f"xk_{prefix.hex()}_{secret.hex()}"


def digest_of(secret_hex: str) -> bytes:
    return hashlib.sha256(secret_hex.encode("ascii")).digest()


def parse(text: str) -> Token | None:
    """Prefix and digest of a token, or None where the text is no token at all."""
    found = _TOKEN.fullmatch(text)
    return Token(found[1], digest_of(found[2])) if found else None
