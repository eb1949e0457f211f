"""The signer: the log's Ed25519 key, and the memory that stops it from ever signing a fork.

A stolen web server or a restored database must not make the log contradict itself. So the signer
keeps the last signed (size, root) in a file of its own, outside the database and never restored
from a backup, and signs a new checkpoint only after verifying the public consistency proof from
there. The file is written and flushed before the signature leaves. If the numbers don't extend,
signing stops and says so; nothing here mends that by itself.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinheng.merkle.note import Checkpoint, Key, sign_note
from xinheng.merkle.tree import ProofError, verify_consistency
from xinheng.vault.keyring import read_secret, write_secret
from xinheng.vault.seal import KEY_BYTES, random_bytes

KEY_FILE = "ledger-ed25519.key"
PUBLIC_KEY_FILE = "ledger.vkey"
LAST_SIGNED_FILE = "last-signed"


class SignerError(Exception):
    """The signer refuses; the message says why and what to do."""


class Overtaken(SignerError):
    """Another process signed since the caller looked: look again, nothing is wrong."""


@dataclass(frozen=True, slots=True)
class LastSigned:
    size: int
    root: bytes


class Signer:
    """Signs checkpoints of one log. `directory` holds last-signed; the key is in memory."""

    def __init__(self, origin: str, secret: bytes, directory: Path) -> None:
        self._secret = Ed25519PrivateKey.from_private_bytes(secret)
        self.key = Key(origin, self._secret.public_key().public_bytes_raw())
        self._directory = directory

    def last_signed(self) -> LastSigned | None:
        """What this log has committed itself to; None before the first signature."""
        try:
            content = json.loads((self._directory / LAST_SIGNED_FILE).read_text())
            return LastSigned(int(content["size"]), bytes.fromhex(content["root"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise SignerError(
                f"{self._directory / LAST_SIGNED_FILE} is damaged: write size and root of the "
                "newest checkpoint that anybody outside holds into it, as JSON"
            ) from error

    def sign(
        self, size: int, root: bytes, proof: Sequence[bytes], *, since: LastSigned | None
    ) -> str:
        """The signed checkpoint; `proof` leads from `since`, the last signed one, to this one.

        Refuses anything that doesn't extend what was signed before, for ever.
        """
        with self._locked():
            last = self.last_signed()
            if last != since:
                raise Overtaken("another sequencer has signed meanwhile")
            if last is not None:
                self._check_extends(last, size, root, proof)
            self._remember(LastSigned(size, root))
        return sign_note(Checkpoint(self.key.name, size, root).text(), self.key, self._secret.sign)

    def _check_extends(
        self, last: LastSigned, size: int, root: bytes, proof: Sequence[bytes]
    ) -> None:
        try:
            verify_consistency(last.size, size, proof, last.root, root)
        except ProofError as error:
            raise SignerError(
                f"the log at size {size} does not extend the last signed one at size {last.size} "
                f"({error}). An older database was restored, or entries were changed: stop, keep "
                "both, run `xinheng ledger verify`; signing on would fork the log"
            ) from error

    def _remember(self, last: LastSigned) -> None:
        """Write, flush, rename, flush the folder: a crash leaves the old file or the new one."""
        draft = self._directory / f".{LAST_SIGNED_FILE}.draft"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"size": last.size, "root": last.root.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._directory / LAST_SIGNED_FILE)
        folder = os.open(self._directory, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One signer at a time on this directory: check and memory are one step."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def load_signer(origin: str, keys_directory: Path, ledger_directory: Path) -> Signer:
    """The log's signer; makes the key at the first start, and the public key's text beside it."""
    path = keys_directory / KEY_FILE
    ledger_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        if (ledger_directory / LAST_SIGNED_FILE).exists():
            raise SignerError(
                f"{path} is missing, but this log has been signed before: restore it from the key "
                "backup; a new key would make every old proof unreadable"
            )
        keys_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(path, random_bytes(KEY_BYTES))
    signer = Signer(origin, read_secret(path), ledger_directory)
    (ledger_directory / PUBLIC_KEY_FILE).write_text(signer.key.text() + "\n")
    return signer
