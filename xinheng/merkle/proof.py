"""The proof file: c2sp.org/tlog-proof@v1, all that an outsider needs besides the log's key.

It holds the index, the hashes from the leaf up, and the signed checkpoint. We put the leaf's own
bytes into the `extra` line, so that one file suffices: `extra` is not authenticated by itself, but
hashing it must lead to the signed root, which authenticates it.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from xinheng.merkle.note import Checkpoint, Key, NoteError, base64_bytes, verify_checkpoint
from xinheng.merkle.tree import (
    HASH_BYTES,
    PROOF_HASHES_MAX,
    ProofError,
    hash_leaf,
    verify_inclusion,
)

MAGIC = "c2sp.org/tlog-proof@v1"
FILE_BYTES_MAX = 400_000
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Proof:
    """extra: the leaf's bytes, or None where the reader brings them; checkpoint: the note."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What has been shown: this leaf, at this index, in the log as this checkpoint states it."""

    index: int
    leaf: bytes
    checkpoint: Checkpoint


def write_proof(proof: Proof) -> bytes:
    """The file's bytes."""
    lines = [MAGIC]
    if proof.extra is not None:
        lines.append("extra " + b64encode(proof.extra).decode())
    lines.append(f"index {proof.index}")
    lines += [b64encode(hash_).decode() for hash_ in proof.hashes]
    return ("\n".join(lines) + "\n\n" + proof.checkpoint).encode()


def parse_proof(content: bytes) -> Proof:
    """The parts of a proof file; nothing is verified yet."""
    if len(content) > FILE_BYTES_MAX:
        raise ProofError(f"a proof file of {len(content)} bytes; at most {FILE_BYTES_MAX}")
    try:
        head, found, checkpoint = content.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise ProofError("a proof file is UTF-8 text") from error
    lines = head.split("\n")
    if not found or lines.pop(0) != MAGIC:
        raise ProofError(f"not a proof file: its first line must be {MAGIC}")
    try:
        extra = base64_bytes(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        hashes = tuple(base64_bytes(line) for line in lines)
    except NoteError as error:
        raise ProofError(f"a proof file's hashes are base64: {error}") from error
    if index is None:
        raise ProofError("a proof file names the index of its entry: index N")
    if len(hashes) > PROOF_HASHES_MAX or any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofError(f"at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return Proof(int(index[1]), hashes, checkpoint, extra)


def verify_proof(content: bytes, keys: Sequence[Key], leaf: bytes | None = None) -> Verified:
    """Raises ProofError or NoteError unless the leaf stands at its index in a log you trust."""
    proof = parse_proof(content)
    leaf = proof.extra if leaf is None else leaf
    if leaf is None:
        raise ProofError("the file doesn't carry the leaf: give its bytes")
    checkpoint = verify_checkpoint(proof.checkpoint, keys)
    verify_inclusion(proof.index, checkpoint.size, hash_leaf(leaf), proof.hashes, checkpoint.root)
    return Verified(proof.index, leaf, checkpoint)
