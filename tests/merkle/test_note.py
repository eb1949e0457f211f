"""Signed notes, checkpoints and the pure Ed25519 check, against published and second-hand truth."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinheng.merkle import ed25519
from xinheng.merkle.note import (
    Checkpoint,
    Key,
    NoteError,
    parse_checkpoint,
    parse_key,
    parse_note,
    sign_note,
    verify_checkpoint,
    verify_note,
)
from xinheng.merkle.tiles import hash_from_tiles
from xinheng.merkle.tree import hash_leaf, prove_consistency, root_of, verify_consistency

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "merkle"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="published vectors are not here: ../shared/data/merkle"
)
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = Key("log.test/a", SECRET.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("log.test/a", 5, bytes(range(32)))


def published():
    return json.loads((VECTORS / "signed_notes.json").read_text())


@needs_vectors
@pytest.mark.parametrize("name", ["golang_mod", "c2sp_signed_note"])
def test_published_notes_verify_and_a_changed_letter_does_not(name):
    book = published()[name]
    key = parse_key(book["vkey"])
    _, signed = verify_note(book["signed_note"], [key])
    assert signed == [key] and key.text() == book["vkey"]
    with pytest.raises(NoteError, match="wrong"):
        verify_note(book["signed_note"].replace("is", "was", 1), [key])


@needs_vectors
def test_bad_keys_are_refused_and_so_is_every_mangled_one():
    book = published()["golang_mod"]
    good = book["vkey"]
    bad = [row["vkey"] for row in book["bad_vkeys"][:2]]
    bad += [good[:n] for n in range(len(good))] + [good[n:] for n in range(1, len(good))]
    bad += [good[:n] + chr(ord(good[n]) + 1) + good[n + 1 :] for n in range(len(good))]
    for text in bad:
        with pytest.raises(NoteError):
            parse_key(text)


@needs_vectors
def test_published_examples_parse():
    book = published()["c2sp_parse_only"]
    note = parse_note(book["signed_note_quasimodo"])
    assert note.text.count("\n\n") == 1
    assert note.signatures[0].key_id == base64.b64decode("NnugSw==")
    checkpoint = parse_checkpoint(parse_note(book["checkpoint_example"]).text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)


@needs_vectors
def test_the_published_tile_log_verifies_from_its_files():
    folder = VECTORS / "tessera_log"
    log = json.loads((folder / "log.json").read_text())
    key = parse_key(log["vkey"])
    hashes = [hash_leaf(leaf.encode()) for leaf in log["leaves_utf8"]]
    tile = (folder / "tile/0/000.p/8").read_bytes()
    assert tile == b"".join(hashes)
    roots = {}
    for size in range(1, 9):
        note = (folder / f"checkpoint.{size}").read_text()
        checkpoint = verify_checkpoint(note, [key])
        assert checkpoint.size == size and checkpoint.root == root_of(hashes[:size])
        roots[size] = checkpoint.root
    proof = prove_consistency(3, 8, hash_from_tiles(lambda level, n: tile))
    verify_consistency(3, 8, proof, roots[3], roots[8])


def test_a_signed_checkpoint_reads_back():
    content = sign_note(CHECKPOINT.text(), KEY, SECRET.sign)
    assert verify_checkpoint(content, [KEY]) == CHECKPOINT
    assert parse_key(KEY.text()) == KEY


def test_the_reader_chooses_the_key_and_the_origin_not_the_file():
    # Fails on a verifier that takes key or origin from the proof file.
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged_key = Key("log.test/a", other.public_key().public_bytes_raw())
    forged = sign_note(CHECKPOINT.text(), forged_key, other.sign)
    with pytest.raises(NoteError, match="not signed"):
        verify_checkpoint(forged, [KEY])
    elsewhere = Checkpoint("log.test/b", 5, CHECKPOINT.root)
    with pytest.raises(NoteError, match="don't trust"):
        verify_checkpoint(sign_note(elsewhere.text(), KEY, SECRET.sign), [KEY])


def test_unknown_signatures_are_ignored_beside_a_good_one():
    content = sign_note(CHECKPOINT.text(), KEY, SECRET.sign)
    witness = base64.b64encode(b"abcd" + bytes(72)).decode()
    assert verify_checkpoint(f"{content}— w.test/1 {witness}\n", [KEY]) == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "log.test/a\n05\nAAAA\n",
        "log.test/a\n5\n" + "A" * 43 + "=\nextra\n",
        "\n5\n" + "A" * 43 + "=\n",
        "log.test/a\n5\nAAAA\n",
        "log.test/a\n99999999999999999999\n" + "A" * 43 + "=\n",
        "log.test/a\n-5\n" + "A" * 43 + "=\n",
        "log.test/a\n5\n" + "A" * 42 + "B=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text):
    with pytest.raises(NoteError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "content",
    ["", "text\n", "text\n\n", "text\n\n— a\n", "text\n\n- a AAAAAAAA\n", "t\r\n\n— a AAAAAAAA\n"],
)
def test_malformed_notes_are_refused(content):
    with pytest.raises(NoteError):
        parse_note(content)


RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message"), RFC_8032)
def test_the_pure_check_agrees_with_rfc_8032_keys(secret, public, message):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.public_key().public_bytes_raw().hex() == public
    signature = key.sign(bytes.fromhex(message))
    assert ed25519.verify(bytes.fromhex(public), bytes.fromhex(message), signature)


def test_the_pure_check_agrees_with_cryptography_on_good_and_bad_signatures():
    for number in range(12):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public, message = key.public_key().public_bytes_raw(), bytes([number]) * number
        signature = key.sign(message)
        assert ed25519.verify(public, message, signature)
        for position in (0, 31, 32, 63):
            bad = bytearray(signature)
            bad[position] ^= 1 << number % 8
            assert not ed25519.verify(public, message, bytes(bad))
        assert not ed25519.verify(public, message + b"x", signature)


def test_a_second_spelling_of_a_signature_is_refused():
    # S and S + order are the same number in the group: malleable unless S is bounded.
    public, signature = KEY.public_key, SECRET.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + ed25519.ORDER
    assert not ed25519.verify(public, b"m", signature[:32] + s.to_bytes(32, "little"))
    neutral = (1).to_bytes(32, "little")
    assert not ed25519.verify(neutral, b"m", neutral + bytes(32))
