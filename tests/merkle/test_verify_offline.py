"""The offline verifier: complete, standard library only, fooled by nothing we could think of."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinheng.merkle.commitment import (
    CommitmentError,
    build_leaf,
    canonical,
    check_openings,
    commit,
    open_fields,
    read_leaf,
    salt,
)
from xinheng.merkle.note import Checkpoint, Key, NoteError, sign_note
from xinheng.merkle.proof import Proof, parse_proof, write_proof
from xinheng.merkle.tree import ProofError, hash_leaf, hash_range, prove_inclusion, root_of
from xinheng.merkle.verify import main, parse_policy, verify

REPOSITORY = Path(__file__).parents[2]
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = Key("log.test/a", SECRET.public_key().public_bytes_raw())
SEED = bytes(range(100, 132))
FIELDS = {"amount_minor": "18000000", "currency": "CNY", "customer": "重庆长安"}


def make_leaf(entry="e" * 32, **clear):
    return build_leaf(
        kind="order_check.decided",
        entry_id=entry,
        at="2026-11-22T08:00:00.123Z",
        clear={"outcome": "approve", **clear},
        fields=FIELDS,
        seed=SEED,
    )


def make_proof(leaf, index=3, size=7):
    leaves = [hash_leaf(bytes([n])) for n in range(size)]
    leaves[index] = hash_leaf(leaf)
    root = root_of(leaves)
    hashes = prove_inclusion(index, size, lambda low, high: hash_range(leaves, low, high))
    note = sign_note(Checkpoint(KEY.name, size, root).text(), KEY, SECRET.sign)
    return write_proof(Proof(index, tuple(hashes), note, leaf))


LEAF = make_leaf()
PROOF = make_proof(LEAF)
DISCLOSURE = json.dumps({"entry": "e" * 32, "fields": open_fields(SEED, FIELDS)}).encode()


def test_a_good_file_says_what_it_proves():
    report = verify(PROOF, [KEY], DISCLOSURE)
    assert report.proved and (report.index, report.size, report.origin) == (3, 7, KEY.name)
    assert report.entry == "eeeeeeee-eeee-eeee-eeee-eeeeeeeeeeee"
    assert report.clear == {"outcome": "approve"} and report.shown == FIELDS
    assert report.hidden == () and verify(PROOF, [KEY]).hidden == tuple(sorted(FIELDS))


def test_no_byte_of_the_proof_can_be_changed():
    # Every byte in turn: refused, or (case and base64 padding bits aside) impossible.
    for position in range(len(PROOF)):
        changed = bytearray(PROOF)
        changed[position] ^= 1
        assert not verify(bytes(changed), [KEY]).proved, position


def test_bytes_added_or_cut_are_refused():
    for content in (PROOF[:-1], PROOF + b"\n", b"\n" + PROOF, PROOF + PROOF, b"", PROOF[:100]):
        assert not verify(content, [KEY]).proved
    assert not verify(PROOF.replace(b"\n", b"\r\n"), [KEY]).proved


def test_a_proof_does_not_serve_for_another_leaf():
    # Fails on a verifier that doesn't bind the leaf to what it shows.
    other = base64.b64encode(make_leaf(outcome="decline")).decode()
    swapped = PROOF.replace(base64.b64encode(LEAF), other.encode())
    assert "another root" in verify(swapped, [KEY]).problem


def test_the_key_comes_from_the_reader():
    forger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    stranger = Key(KEY.name, forger.public_key().public_bytes_raw())
    assert not verify(PROOF, [stranger]).proved
    assert not verify(PROOF, [Key("log.test/b", KEY.public_key)]).proved


@pytest.mark.parametrize(
    "change",
    [
        {"value": "18000001"},
        {"salt": base64.b64encode(bytes(32)).decode()},
        {"salt": "AAAA"},
        {"salt": 7},
        {"name": "currency"},
        {"name": "Amount"},
        {"value": None},
    ],
)
def test_a_disclosure_that_differs_is_refused(change):
    content = json.loads(DISCLOSURE)
    content["fields"][0] |= change
    assert not verify(PROOF, [KEY], json.dumps(content).encode()).proved


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"entry":"x","fields":[]}', b'{"entry":"' + b"e" * 32 + b'","fields":7}'],
)
def test_a_disclosure_that_is_none_is_refused(content):
    assert not verify(PROOF, [KEY], content).proved


def test_a_field_opened_twice_is_refused():
    openings = open_fields(SEED, {"currency": "CNY"})
    with pytest.raises(CommitmentError, match="twice"):
        check_openings(LEAF, openings * 2)


def test_the_salt_of_one_field_says_nothing_about_another():
    # The commitment needs this field's own salt: with another's salt it comes out differently.
    content = read_leaf(LEAF)["commit"]
    own = commit("currency", salt(SEED, "currency"), "CNY")
    foreign = commit("currency", salt(SEED, "customer"), "CNY")
    assert base64.b64encode(own).decode() == content["currency"]
    assert base64.b64encode(foreign).decode() != content["currency"]


def test_unicode_forms_of_one_text_commit_alike():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert commit("a", bytes(32), composed) == commit("a", bytes(32), decomposed)
    assert canonical({"a": decomposed}) == canonical({"a": composed})


@pytest.mark.parametrize(
    "leaf",
    [
        LEAF + b" ",
        LEAF.replace(b'"v":1', b'"v":1.0'),
        LEAF.replace(b'"v":1', b'"v":2'),
        LEAF.replace(b'{"at"', b'{"at":"x","at"'),
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_leaves_that_are_not_canonical_are_refused(leaf):
    with pytest.raises(CommitmentError):
        read_leaf(leaf)


def test_a_leaf_larger_than_the_maximum_is_refused():
    with pytest.raises(CommitmentError, match="at most"):
        make_leaf(note="x" * 17_000)


def test_a_policy_that_asks_for_more_than_we_check_is_refused_not_ignored():
    assert parse_policy(f"# ours\n\nlog {KEY.text()} https://log.test/a\nquorum none\n") == [KEY]
    with pytest.raises(NoteError, match="quorum"):
        parse_policy(f"log {KEY.text()}\nquorum partners\n")
    with pytest.raises(NoteError, match="no log key"):
        parse_policy("# nothing\n")


def test_a_proof_reads_back_as_written():
    assert write_proof(parse_proof(PROOF)) == PROOF
    with pytest.raises(ProofError, match="index"):
        parse_proof(PROOF.replace(b"index 3", b"index 03"))


def test_the_command_answers_with_its_exit_code(tmp_path, capsys):
    file, disclosure = tmp_path / "a.tlog-proof", tmp_path / "d.json"
    file.write_bytes(PROOF)
    disclosure.write_bytes(DISCLOSURE)
    policy = tmp_path / "policy"
    policy.write_text(f"log {KEY.text()}\n")
    assert main([str(file), "--key", str(policy), "--disclosure", str(disclosure)]) == 0
    assert "重庆长安" in capsys.readouterr().out
    file.write_bytes(PROOF.replace(b"index 3", b"index 4"))
    assert main([str(file), "--key", KEY.text()]) == 1
    assert main([str(tmp_path / "none"), "--key", KEY.text()]) == 2
    assert main([str(file), "--key", "nonsense"]) == 2


def test_it_runs_on_the_standard_library_alone(tmp_path):
    file = tmp_path / "a.tlog-proof"
    file.write_bytes(PROOF)
    # -S: no site-packages at all, -E: no settings from the environment.
    command = [sys.executable, "-S", "-E", "-m", "xinheng.merkle.verify", str(file)]
    done = subprocess.run(
        [*command, "--key", KEY.text()], cwd=REPOSITORY, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "PROVED" in done.stdout.decode()
