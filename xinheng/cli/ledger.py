"""`xinheng ledger`: verify a proof file or the whole log, write proof files, show the public key.

With a file, `verify` needs no database and no Django: it runs the offline verifier. Without one it
checks the live log from its leaves. Exit code 0: holds; 1: does not.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from xinheng.cli.answer import Json, say

if TYPE_CHECKING:
    from xinheng.ledger.fsck import Damage, FsckReport
    from xinheng.merkle.verify import Report
    from xinheng.texts import T

app = typer.Typer(
    no_args_is_help=True, help="存证账本的证明与校验 · Proofs, and their verification"
)

File = Annotated[
    Path | None,
    typer.Argument(help="证明文件；不给则校验整个账本 · A proof file; without: the whole log"),
]
KeyOption = Annotated[
    str, typer.Option("--key", help="账本公钥或含公钥的文件 · The log's key, or a file with it")
]
DisclosureOption = Annotated[
    Path | None, typer.Option("--disclosure", help="披露文件 · The file that opens fields")
]
RowsOption = Annotated[
    bool, typer.Option("--rows", help="同时核对业务记录 · Also compare decisions, both ways")
]
Folder = Annotated[Path, typer.Option("--out", help="写入的文件夹 · The folder to write to")]


@app.command("verify")
def verify(
    file: File = None,
    key: KeyOption = "",
    disclosure: DisclosureOption = None,
    rows: RowsOption = False,
    as_json: Json = False,
) -> None:
    """校验一份证明，或整个账本 · Verify one proof file, or the whole log."""
    sound = (
        _verify_log(rows, as_json) if file is None else _verify_file(file, key, disclosure, as_json)
    )
    raise typer.Exit(0 if sound else 1)


def _verify_file(file: Path, key: str, disclosure: Path | None, as_json: bool) -> bool:
    """Offline: the file, the reader's key, and nothing else."""
    from xinheng.merkle.note import NoteError
    from xinheng.merkle.verify import describe, verify_files

    own = not key
    try:
        report = verify_files(file, key or str(_own_key_file()), disclosure)
    except (OSError, NoteError, UnicodeDecodeError) as error:
        typer.echo(f"无法读取 · can't be read: {error}", err=True)
        raise typer.Exit(2) from error
    say(_proof_answer(report), as_json, lambda: typer.echo("\n".join(describe(report))))
    if own and not as_json:
        typer.echo(
            "  用的是本机账本的公钥；外部核对请用 --key 给出另行取得的公钥\n"
            "  checked with this installation's own key; outsiders give theirs with --key"
        )
    return report.proved


def _own_key_file() -> Path:
    """The public key that this installation's sequencer has written."""
    from xinheng.operate.paths import paths_from

    path: Path = paths_from(os.environ).ledger / "ledger.vkey"
    if not path.is_file():
        typer.echo(
            "请用 --key 给出账本公钥 · give the log's public key with --key: there is none here",
            err=True,
        )
        raise typer.Exit(2)
    return path


def _proof_answer(report: Report) -> dict[str, object]:
    return {
        "proved": report.proved,
        "problem": report.problem or None,
        "origin": report.origin,
        "index": report.index,
        "size": report.size,
        "root": report.root,
        "entry": report.entry,
        "kind": report.kind,
        "at": report.at,
        "clear": report.clear,
        "shown": report.shown,
        "hidden": list(report.hidden),
    }


def _verify_log(rows: bool, as_json: bool) -> bool:
    """The live log, computed again from its leaves."""
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.ledger.signer import SignerError
    from xinheng.ledger.verifying import check_log
    from xinheng.vault.keyring import KeyringError

    try:
        both_ways = {"check_row": _decision_differs, "find_unrecorded": _unrecorded_decisions}
        report = check_log(**(both_ways if rows else {}))  # type: ignore[arg-type]
    except (SignerError, KeyringError) as error:
        typer.echo(f"无法校验 · can't be verified: {error}", err=True)
        raise typer.Exit(2) from error
    say(_log_answer(report), as_json, lambda: _show_log(report))
    return report.sound


def _log_answer(report: FsckReport) -> dict[str, object]:
    return {
        "sound": report.sound,
        "size": report.size,
        "root": report.root,
        "checkpoints": report.checkpoints,
        "pending": report.pending,
        "damage_count": report.damage_count,
        "damages": [{"where": d.where, "text": d.text.both()} for d in report.damages],
    }


def _show_log(report: FsckReport) -> None:
    verdict = "完好 · sound" if report.sound else "已损坏 · DAMAGED"
    typer.echo(f"账本 · ledger: {verdict}")
    typer.echo(f"  条目 entries {report.size}   检查点 checkpoints {report.checkpoints}")
    typer.echo(f"  待入账 pending {report.pending}")
    typer.echo(f"  根 root {report.root}")
    for damage in report.damages:
        typer.echo(f"  {damage.where}: {damage.text.zh} · {damage.text.en}")
    if report.damage_count > len(report.damages):
        typer.echo(f"  共 {report.damage_count} 处 · {report.damage_count} in all")


def _decision_differs(entry_id: UUID, leaf: bytes) -> T | None:
    """What the row of a decision says otherwise than its leaf; None for entries of other kinds."""
    from xinheng.decisions.models import Decision
    from xinheng.decisions.queries import ledger_values
    from xinheng.ledger.queries import disclosure, is_erased
    from xinheng.merkle.commitment import CommitmentError
    from xinheng.texts import T
    from xinheng.vault.queries import KeyGone

    if b'"kind":"order_check.decided"' not in leaf:
        return None
    decision = Decision.objects.select_related("customer").filter(entry_id=entry_id).first()
    if decision is None:
        # Removed on purpose with its subject's key, or else it should still be there.
        return None if is_erased(entry_id) else T("判断记录已不存在", "the decision's row is gone")
    try:
        disclosure(entry_id, ledger_values(decision))
    except CommitmentError as error:
        return T(f"字段与承诺不符（{error}）", str(error))
    except KeyGone:
        return None  # erased on purpose: nothing can be compared, and the proof stands
    return None


def _unrecorded_decisions() -> list[Damage]:
    """Decisions that no leaf stands for, pending or logged: put in or renamed past the ledger."""
    from django.db.models import Exists, OuterRef

    from xinheng.decisions.models import Decision
    from xinheng.ledger.fsck import Damage
    from xinheng.ledger.models import Entry, PendingEntry
    from xinheng.texts import T

    recorded = [
        Exists(table.objects.filter(entry_id=OuterRef("entry_id")))
        for table in (Entry, PendingEntry)
    ]
    lonely = Decision.objects.exclude(recorded[0]).exclude(recorded[1])
    said = T("判断没有对应的存证条目", "the decision has no entry in the ledger")
    return [Damage(f"decision {pk}", said) for pk in lonely.values_list("pk", flat=True)]


@app.command("proof")
def proof(
    identifier: Annotated[UUID, typer.Argument(help="判断或存证编号 · A decision's or entry's id")],
    out: Folder = Path(),
    as_json: Json = False,
) -> None:
    """写出证明文件与披露文件 · Write the proof file, and the disclosure of its values."""
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.decisions.models import Decision
    from xinheng.decisions.queries import ledger_values
    from xinheng.ledger.models import Disclosure
    from xinheng.ledger.queries import disclosure, proof
    from xinheng.vault.queries import KeyGone

    decision = Decision.objects.select_related("customer").filter(pk=identifier).first()
    entry_id = decision.entry_id if decision else identifier
    try:
        content = proof(entry_id)
        opened = disclosure(entry_id, ledger_values(decision) if decision else None)
    except KeyGone:
        opened = None
    except (LookupError, Disclosure.DoesNotExist) as error:
        typer.echo(f"没有证明 · no proof: {error}", err=True)
        raise typer.Exit(1) from error
    files = [out / f"{identifier}.tlog-proof"]
    files[0].write_bytes(content)
    if opened is not None:
        files.append(out / f"{identifier}.disclosure.json")
        files[1].write_text(json.dumps(opened, ensure_ascii=False, indent=1) + "\n")
    answer = {"entry": entry_id, "files": [str(path) for path in files]}
    say(answer, as_json, lambda: typer.echo("\n".join(answer["files"])))


@app.command("key")
def key(as_json: Json = False) -> None:
    """显示账本公钥 · Show the log's public key, to pass on by another channel."""
    text = _own_key_file().read_text().strip()
    say({"key": text}, as_json, lambda: typer.echo(text))
