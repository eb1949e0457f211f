"""The offline verifier: one file, one key, no server, no package, no network.

    python -m xinheng.merkle.verify PROOF --key KEY [--disclosure FILE]

PROOF is a `.tlog-proof` file; KEY is the log's verifier key, or a file with such keys (a policy:
lines `log KEY`; lines that start with # are comments). The key must come from somewhere else than
the proof: from the contract, from a partner, from last year's letter. DISCLOSURE is the JSON file
that opens some fields. Exit code 0: proved; 1: not proved; 2: can't be read.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from xinheng.merkle.commitment import CommitmentError, check_openings, read_leaf
from xinheng.merkle.note import Key, NoteError, parse_key
from xinheng.merkle.proof import FILE_BYTES_MAX, verify_proof
from xinheng.merkle.tree import ProofError

DISCLOSURE_BYTES_MAX = 1_000_000
POLICY_BYTES_MAX = 100_000


_HEADLINES: dict[type[Exception], str] = {
    NoteError: "检查点未由您信任的密钥签名 · the checkpoint isn't signed by a key you trust",
    ProofError: "包含证明不成立 · the proof of inclusion does not hold",
    CommitmentError: "存证内容或披露不符 · the leaf or the disclosure does not fit",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the file proves. `problem` is empty exactly if everything holds.

    clear: what the leaf says to everybody; shown: the fields that were opened; hidden: the names of
    those that stay commitments.
    """

    problem: str
    origin: str = ""
    index: int = -1
    size: int = 0
    root: str = ""
    entry: str = ""
    kind: str = ""
    at: str = ""
    clear: Mapping[str, Any] | None = None
    shown: Mapping[str, str] | None = None
    hidden: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        return not self.problem


def parse_policy(text: str) -> list[Key]:
    """The log keys of a policy; refuses lines it can't honour rather than ignore a quorum."""
    keys: list[Key] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or words == ["quorum", "none"]:
            continue
        if words[0] == "log" and len(words) in (2, 3):
            words = words[1:2]
        if len(words) != 1:
            raise NoteError(f"policy line {line.strip()!r}: this verifier knows only `log KEY`")
        keys.append(parse_key(words[0]))
    if not keys:
        raise NoteError("no log key given: ask for it elsewhere than where the proof came from")
    return keys


def verify(content: bytes, keys: Sequence[Key], disclosure: bytes | None = None) -> Report:
    """Check a proof file and, if given, a disclosure against it; never raises for bad input."""
    try:
        verified = verify_proof(content, keys)
        leaf = read_leaf(verified.leaf)
        shown = _open(verified.leaf, leaf, disclosure) if disclosure is not None else {}
    except (ProofError, NoteError, CommitmentError) as error:
        return Report(problem=f"{_HEADLINES[type(error)]}: {error}")
    return Report(
        problem="",
        origin=verified.checkpoint.origin,
        index=verified.index,
        size=verified.checkpoint.size,
        root=verified.checkpoint.root.hex(),
        entry=_dashed(str(leaf["entry"])),
        kind=str(leaf["kind"]),
        at=str(leaf["at"]),
        clear=leaf["clear"],
        shown=shown,
        hidden=tuple(sorted(set(leaf["commit"]) - set(shown))),
    )


def _dashed(entry: str) -> str:
    """The entry's id as answers and pages write it; anything else as it is."""
    try:
        return str(UUID(hex=entry))
    except ValueError:
        return entry


def _open(leaf_bytes: bytes, leaf: Mapping[str, Any], disclosure: bytes) -> dict[str, str]:
    """The fields that a disclosure opens, bound to this very leaf."""
    try:
        content = json.loads(disclosure)
        entry, openings = content["entry"], content["fields"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CommitmentError("a disclosure is JSON with `entry` and `fields`") from error
    if entry != leaf["entry"]:
        raise CommitmentError("the disclosure is about another entry than the proof")
    if not isinstance(openings, list):
        raise CommitmentError("a disclosure's `fields` is a list")
    return check_openings(leaf_bytes, openings)


def read_keys(text: str) -> list[Key]:
    """Keys from the text of a key, or from a policy file of that name."""
    if "+" in text and not Path(text).is_file():
        return [parse_key(text)]
    return parse_policy(_read(Path(text), POLICY_BYTES_MAX).decode("utf-8"))


def _read(path: Path, bytes_max: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise OSError(f"{path} is larger than {bytes_max} bytes")
    return content


def verify_files(path: Path, key: str, disclosure: Path | None = None) -> Report:
    """Check files; raises OSError or NoteError where a file or the key can't be read."""
    keys = read_keys(key)
    content = _read(path, FILE_BYTES_MAX)
    opening = _read(disclosure, DISCLOSURE_BYTES_MAX) if disclosure else None
    return verify(content, keys, opening)


def describe(report: Report) -> list[str]:
    """The report in lines, Chinese and English."""
    if not report.proved:
        return [f"未能证明 NOT PROVED: {report.problem}"]
    lines = [
        f"已证明 PROVED: 存证 entry {report.entry}",
        f"  日志 log       {report.origin}",
        f"  位置 index     {report.index} / {report.size}",
        f"  根 root        {report.root}",
        f"  时间 recorded  {report.at}",
        f"  类型 kind      {report.kind}",
    ]
    lines += [f"  公开 clear     {name} = {_text(v)}" for name, v in (report.clear or {}).items()]
    lines += [f"  披露 shown     {name} = {value}" for name, value in (report.shown or {}).items()]
    if report.hidden:
        lines.append("  未披露 hidden  " + ", ".join(report.hidden))
    return lines


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m xinheng.merkle.verify", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", required=True, help="verifier key, or a policy file")
    parser.add_argument("--disclosure", type=Path)
    given = parser.parse_args(arguments)
    try:
        report = verify_files(given.file, given.key, given.disclosure)
    except (OSError, NoteError, UnicodeDecodeError) as error:
        print(f"无法读取 can't be read: {error}", file=sys.stderr)
        return 2
    print("\n".join(describe(report)))
    return 0 if report.proved else 1


if __name__ == "__main__":
    sys.exit(main())
