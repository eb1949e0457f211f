"""What stands in a leaf: a little in clear, everything else as salted commitments.

A leaf must be public enough to prove a decision and secret enough to be read by anyone. So each
field becomes ``c = SHA-256("xh-commit-v1" 00 name 00 salt value)``: whoever holds the salt and the
value can show that the leaf committed to them, and nobody else can guess either. Every leaf draws
one random seed of 32 bytes; the salt of a field is ``SHA-256("xh-salt-v1" 00 seed name)``. Sealing
those 32 bytes is therefore enough to open the whole leaf later, and destroying them closes it for
ever, while showing the salt of one field says nothing about the others.

Leaf bytes are canonical JSON (RFC 8785 as far as we use it: sorted ASCII keys, no floats, NFC). The
bytes are stored and hashed as they are; nothing ever serialises a leaf again to verify it.
"""

import json
import re
import unicodedata
from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

LEAF_VERSION = 1
LEAF_BYTES_MAX = 16_384
FIELDS_MAX = 64
NAME_BYTES_MAX = 64
SEED_BYTES = 32
SAFE_INTEGER_MAX = 2**53 - 1

_COMMIT_TAG = b"xh-commit-v1\x00"
_SALT_TAG = b"xh-salt-v1\x00"
_NAME = re.compile(rf"[a-z][a-z0-9_.]{{0,{NAME_BYTES_MAX - 1}}}")
_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


class CommitmentError(ValueError):
    """A leaf that can't be written, or an opening that doesn't match its commitment."""


@lru_cache(maxsize=4_096)
def _name_bytes(name: str) -> bytes:
    """Names are part of the hash, between zero bytes: only plain lower-case words may be one."""
    if not _NAME.fullmatch(name):
        raise CommitmentError(f"field name {name!r}: use a-z, 0-9, _ and ., at most 64 characters")
    return name.encode("ascii")


@lru_cache(maxsize=4_096)
def _parts(name: str) -> tuple[bytes, bytes, str]:
    """Of a field name: its bytes, what its commitment starts with, how its JSON member starts."""
    label = _name_bytes(name)
    return label, _COMMIT_TAG + label + b"\x00", f'"{name}":"'


def value_bytes(value: str) -> bytes:
    """The bytes of a value that a commitment covers: NFC text in UTF-8."""
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    return value.encode("utf-8")


def salt(seed: bytes, name: str) -> bytes:
    """The salt of one field; the seed has a fixed length, so seed and name can't be confused."""
    if len(seed) != SEED_BYTES:
        raise CommitmentError(f"a seed has {SEED_BYTES} bytes, this one has {len(seed)}")
    return sha256(_SALT_TAG + seed + _name_bytes(name)).digest()


def commit(name: str, field_salt: bytes, value: str) -> bytes:
    """The commitment to one value: 32 bytes."""
    if len(field_salt) != 32:
        raise CommitmentError(f"a salt has 32 bytes, this one has {len(field_salt)}")
    return sha256(
        _COMMIT_TAG + _name_bytes(name) + b"\x00" + field_salt + value_bytes(value)
    ).digest()


def commit_all(fields: Mapping[str, str], seed: bytes) -> str:
    """All fields as the JSON object of a leaf. Written out by hand: this is the hot path."""
    if len(seed) != SEED_BYTES:
        raise CommitmentError(f"a seed has {SEED_BYTES} bytes, this one has {len(seed)}")
    if len(fields) > FIELDS_MAX:
        raise CommitmentError(f"{len(fields)} fields in one leaf; at most {FIELDS_MAX}, group them")
    salted = _SALT_TAG + seed
    members = []
    for name in sorted(fields):
        label, head, member = _parts(name)
        salt_ = sha256(salted + label).digest()
        value = fields[name]
        body = value.encode() if value.isascii() else value_bytes(value)
        digest = sha256(head + salt_ + body).digest()
        members.append(member + b2a_base64(digest, newline=False).decode())
    return "{" + '",'.join(members) + '"}' if members else "{}"


def canonical(value: Any) -> str:
    """Canonical JSON of plain values; floats, odd keys and unsafe integers are refused."""
    return _encode(_checked(value))


def _checked(value: Any) -> Any:
    """The value in NFC, or an error that names what canonical JSON can't hold."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if kind is bool or value is None:
        return value
    if kind is int:
        if -SAFE_INTEGER_MAX <= value <= SAFE_INTEGER_MAX:
            return value
        raise CommitmentError(f"{value} is beyond 2^53: write it as a string")
    if kind is list or kind is tuple:
        return [_checked(item) for item in value]
    if isinstance(value, Mapping):
        return {_checked_key(key): _checked(item) for key, item in value.items()}
    raise CommitmentError(f"{kind.__name__} can't stand in a leaf: write it as a string")


def _checked_key(key: Any) -> str:
    if type(key) is not str or not key.isascii():
        raise CommitmentError(f"key {key!r} must be an ASCII string")
    return key


def build_leaf(
    *,
    kind: str,
    entry_id: str,
    at: str,
    clear: Mapping[str, Any],
    fields: Mapping[str, str],
    seed: bytes,
) -> bytes:
    """The bytes of one leaf. ``at`` is UTC text in milliseconds; ``entry_id`` is random."""
    leaf = (
        f'{{"at":"{at}","clear":{canonical(clear)},"commit":{commit_all(fields, seed)},'
        f'"entry":"{entry_id}","kind":"{_name_bytes(kind).decode()}","v":{LEAF_VERSION}}}'
    ).encode()
    if len(leaf) > LEAF_BYTES_MAX:
        raise CommitmentError(f"a leaf of {len(leaf)} bytes; at most {LEAF_BYTES_MAX}")
    return leaf


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The content of a leaf; refuses bytes that ``build_leaf`` would not have written."""
    try:
        content = json.loads(leaf.decode("utf-8"))
        rewritten = canonical(content).encode()
    except (ValueError, RecursionError) as error:
        raise CommitmentError(f"not a leaf: {error}") from error
    if rewritten != leaf or type(content) is not dict:
        raise CommitmentError("not a leaf: its JSON isn't canonical")
    if set(content) != {"at", "clear", "commit", "entry", "kind", "v"}:
        raise CommitmentError("not a leaf: at, clear, commit, entry, kind and v must stand in it")
    if content["v"] != LEAF_VERSION or type(content["commit"]) is not dict:
        raise CommitmentError(f"not a leaf of version {LEAF_VERSION}")
    return content


def open_fields(seed: bytes, values: Mapping[str, str]) -> list[dict[str, str]]:
    """Openings for the fields a reader may see: name, salt and value, never the seed."""
    return [
        {"name": name, "salt": b64encode(salt(seed, name)).decode(), "value": values[name]}
        for name in sorted(values)
    ]


def check_openings(leaf: bytes, openings: list[dict[str, str]]) -> dict[str, str]:
    """The values that the leaf really committed to; raises at the first one that doesn't fit."""
    commitments = read_leaf(leaf)["commit"]
    shown: dict[str, str] = {}
    for opening in openings:
        try:
            name, value = opening["name"], opening["value"]
            field_salt = b64decode(opening["salt"], validate=True)
            digest = b64encode(commit(name, field_salt, value)).decode()
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise CommitmentError(f"an opening needs name, salt and value: {error}") from error
        if name in shown:
            raise CommitmentError(f"field {name} is opened twice")
        if commitments.get(name) != digest:
            raise CommitmentError(f"field {name}: the leaf did not commit to this value")
        shown[name] = value
    return shown
