"""The key files: key-encryption keys (KEKs) that wrap the data keys, outside the database.

`$XINHENG_DATA/keys/kek-0001.key` holds 32 random bytes with mode 0600 in a directory of mode 0700.
The highest number wraps new data keys; older files only unwrap until `actions.rewrap` has moved
every row on. A file or directory that others could read stops the start: a key that may have been
copied is not a key. Nothing here creates a key by itself; `actions.start` does so once, and only
while no data key exists, so that a lost directory is never papered over with a new key.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xinheng.vault.seal import KEY_BYTES, NONCE_BYTES, SUITE_AES_256_GCM, random_bytes

KEK_FILES_MAX = 1_000
_FILE_NAME = re.compile(r"kek-(\d{4})\.key")


class KeyringError(Exception):
    """The key files can't be used; the message says how to mend it."""


class Keyring:
    """All KEKs of one directory, read once."""

    def __init__(self, secrets: dict[int, bytes]) -> None:
        if not secrets:
            raise KeyringError("no key file: xinheng.vault.actions.start creates the first one")
        self.current_id = max(secrets)
        self._ciphers = {kek_id: AESGCM(secret) for kek_id, secret in secrets.items()}

    def knows(self, kek_ids: set[int]) -> bool:
        """Whether every one of these KEKs is here."""
        return kek_ids <= self._ciphers.keys()

    def wrap(self, key_id: UUID, kind: str, secret: bytes) -> bytes:
        """A data key under the current KEK, bound to its row and kind."""
        nonce = random_bytes(NONCE_BYTES)
        body = self._ciphers[self.current_id].encrypt(nonce, secret, _row(key_id, kind))
        return SUITE_AES_256_GCM + nonce + body

    def unwrap(self, key_id: UUID, kind: str, kek_id: int, wrapped: bytes) -> bytes:
        """The data key, or an error that says which file is missing or wrong."""
        cipher = self._ciphers.get(kek_id)
        if cipher is None:
            raise KeyringError(f"kek-{kek_id:04d}.key is missing: restore it from the key backup")
        try:
            return cipher.decrypt(wrapped[1:13], wrapped[13:], _row(key_id, kind))
        except InvalidTag as error:
            raise KeyringError(
                f"kek-{kek_id:04d}.key does not open data key {key_id}: it belongs to another "
                "installation, or the row was changed; restore the right key file"
            ) from error


def _row(key_id: UUID, kind: str) -> bytes:
    return b"vault_datakey.wrapped." + key_id.bytes + kind.encode()


def load(directory: Path) -> Keyring:
    """Read every KEK; refuses a directory or file that anyone else may read."""
    secrets: dict[int, bytes] = {}
    if directory.is_dir():
        check_mode(directory)
        for path in sorted(directory.iterdir())[:KEK_FILES_MAX]:
            if match := _FILE_NAME.fullmatch(path.name):
                secrets[int(match[1])] = read_secret(path)
    return Keyring(secrets)


def has_keys(directory: Path) -> bool:
    """Whether any KEK file exists (readable or not)."""
    return directory.is_dir() and any(_FILE_NAME.fullmatch(p.name) for p in directory.iterdir())


def read_secret(path: Path) -> bytes:
    """The 32 bytes of a key file whose mode is right."""
    check_mode(path)
    secret = path.read_bytes()
    if len(secret) != KEY_BYTES:
        raise KeyringError(f"{path} holds {len(secret)} bytes, not {KEY_BYTES}: restore it")
    return secret


def check_mode(path: Path) -> None:
    """Key files are 0600 and their directory is 0700; anything wider may have been copied."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        raise KeyringError(f"{path} has mode {mode:04o}: others can read it. chmod {wanted} {path}")


def create_kek(directory: Path, kek_id: int) -> None:
    """Write one new KEK file; when two processes race, the first file stays and both use it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_mode(directory)
    write_secret(directory / f"kek-{kek_id:04d}.key", random_bytes(KEY_BYTES))


def write_secret(path: Path, secret: bytes) -> None:
    """Create a secret file whole or not at all; an existing one is left as it is."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{random_bytes(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
