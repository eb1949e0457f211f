"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint).

A note is text, an empty line, and signature lines ``— name base64(key id ‖ signature)``. A
checkpoint is a note whose text is three lines: origin, size, root in base64. A verifier key is
``name+keyid+base64(type ‖ public key)``; the key id is the first four bytes of
``SHA-256(name ‖ 0A ‖ type ‖ public key)``. Which keys count is the reader's choice (a policy),
never the note's. Lines of unknown keys are ignored; a bad line of a known key refuses the note.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from xinheng.merkle import ed25519
from xinheng.merkle.tree import HASH_BYTES, SIZE_MAX

ED25519 = 0x01
NOTE_BYTES_MAX = 200_000
SIGNATURES_MAX = 32
_NAME = re.compile(r"[^\s+]+")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")

Sign = Callable[[bytes], bytes]
"""Signs bytes with the private key of a verifier key; lives with whoever holds that key."""


class NoteError(ValueError):
    """A note, checkpoint or key that can't be read or isn't signed as it must be."""


@dataclass(frozen=True, slots=True)
class Key:
    """A verifier key that a reader trusts: Ed25519 and its name."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public_key) != 32:
            raise NoteError(f"key {self.name!r}: a name without spaces or +, and 32 bytes")

    @property
    def key_id(self) -> bytes:
        body = self.name.encode() + b"\n" + bytes([ED25519]) + self.public_key
        return sha256(body).digest()[:4]

    def text(self) -> str:
        """The key as people pass it on."""
        encoded = b64encode(bytes([ED25519]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


def parse_key(text: str) -> Key:
    """A verifier key from its text; refuses any that doesn't carry its own key id."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise NoteError("a verifier key looks like name+8 hex digits+base64")
    body = base64_bytes(parts[2])
    if len(body) != 33 or body[0] != ED25519:
        raise NoteError("a verifier key of an unknown kind: only Ed25519 (type 1) is supported")
    key = Key(parts[0], body[1:])
    if key.key_id.hex() != parts[1]:
        raise NoteError("a verifier key was mistyped: its key id doesn't fit")
    return key


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """text ends with a newline and is what the signatures cover."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log states: at `size` entries its root is `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def parse_note(content: str) -> Note:
    """Split a note into text and signatures; nothing is verified yet."""
    if len(content) > NOTE_BYTES_MAX:
        raise NoteError(f"a note of {len(content)} characters; at most {NOTE_BYTES_MAX}")
    if _CONTROL.search(content):
        raise NoteError("a note has no control characters but newline (no CR either)")
    text, found, tail = content.rpartition("\n\n")
    if not found or not tail.endswith("\n") or not text:
        raise NoteError("a note is text, an empty line, and signature lines with a newline each")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError(f"{len(lines)} signatures; at most {SIGNATURES_MAX}")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
        raise NoteError("a signature line is an em dash, a key name and base64")
    body = base64_bytes(parts[2])
    if len(body) < 5:
        raise NoteError("a signature line is too short")
    return Signature(parts[1], body[:4], body[4:])


def base64_bytes(text: str) -> bytes:
    """Bytes of base64 in its one canonical form, so that no file has two spellings."""
    try:
        body = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("bad base64") from error
    if b64encode(body).decode() != text:
        raise NoteError("base64 that isn't in its one canonical form")
    return body


def sign_note(text: str, key: Key, sign: Sign) -> str:
    """The note with one signature."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends with a newline and has no other control characters")
    line = b64encode(key.key_id + sign(text.encode())).decode()
    return f"{text}\n— {key.name} {line}\n"


def verify_note(content: str, keys: Sequence[Key]) -> tuple[Note, list[Key]]:
    """The note and which of the keys signed it; raises if none did or a known one is wrong."""
    note = parse_note(content)
    message = note.text.encode()
    signed: list[Key] = []
    for signature in note.signatures:
        for key in keys:
            if (key.name, key.key_id) != (signature.name, signature.key_id):
                continue
            if not ed25519.verify(key.public_key, message, signature.signature):
                raise NoteError(f"the signature of {key.name} is wrong: the text was changed")
            if key not in signed:
                signed.append(key)
    if not signed:
        names = ", ".join(key.name for key in keys) or "none given"
        raise NoteError(f"not signed by a key that you trust ({names})")
    return note, signed


def parse_checkpoint(text: str) -> Checkpoint:
    """Origin, size and root of a note's text; extension lines are refused: nobody audits them."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint's text is three lines: origin, size, root")
    if not _DECIMAL.fullmatch(lines[1]) or int(lines[1]) > SIZE_MAX:
        raise NoteError("a checkpoint's size is a decimal number without leading zeroes")
    root = base64_bytes(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteError(f"a checkpoint's root has {HASH_BYTES} bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def verify_checkpoint(content: str, keys: Sequence[Key]) -> Checkpoint:
    """The checkpoint, if the key of its own origin signed it; the reader chooses the keys."""
    note = parse_note(content)
    checkpoint = parse_checkpoint(note.text)
    log_keys = [key for key in keys if key.name == checkpoint.origin]
    if not log_keys:
        raise NoteError(
            f"the checkpoint is of the log {checkpoint.origin!r}, which you don't trust"
        )
    verify_note(content, log_keys)
    return checkpoint
