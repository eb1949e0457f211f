"""Verification as doors ask for it: a proof file without a database, or the live log as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from xinheng.ledger.fsck import DAMAGES_MAX, CheckRow, Damage, FsckReport, fsck
from xinheng.ledger.sequencer import connect
from xinheng.ledger.signer import SignerError, load_signer
from xinheng.merkle.verify import Report, verify_files


def verify_file(path: Path, key: str, disclosure: Path | None = None) -> Report:
    """Check a proof file offline; the same code as `python -m xinheng.merkle.verify`."""
    return verify_files(path, key, disclosure)


def check_log(
    *,
    using: str = "default",
    check_row: CheckRow | None = None,
    find_unrecorded: Callable[[], list[Damage]] | None = None,
) -> FsckReport:
    """fsck of the live database under this installation's own key and last signature.

    Upper rooms look both ways: `check_row` from each leaf to its row, `find_unrecorded` from rows
    to the leaves that they lack.
    """
    if not settings.XINHENG_KEYS_DIR.is_dir():
        raise SignerError(f"{settings.XINHENG_KEYS_DIR} is missing: the log's key lives there")
    signer = load_signer(
        settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR
    )
    with connect(using) as connection:
        report = fsck(connection, signer.key, last_signed=signer.last_signed(), check_row=check_row)
    more = find_unrecorded() if find_unrecorded else []
    damages = (*report.damages, *more)[:DAMAGES_MAX]
    return replace(report, damages=damages, damage_count=report.damage_count + len(more))


def public_key() -> str:
    """The log's verifier key, to give to those who will check its proofs."""
    return load_signer(
        settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR
    ).key.text()
