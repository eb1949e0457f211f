"""Trees and proofs: published vectors, every small tree, every flipped bit, and three mutants."""

import base64
import json
from pathlib import Path

import pytest

from xinheng.merkle import tree
from xinheng.merkle.tiles import (
    Growth,
    cut,
    grow,
    hash_from_tiles,
    partial_tiles,
    read_frontier,
)
from xinheng.merkle.tree import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    hash_leaf,
    hash_node,
    hash_range,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "merkle"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="published vectors are not here: ../shared/data/merkle"
)
LEAVES = [hash_leaf(bytes([n % 256, n // 256])) for n in range(140)]


def slow(low, high):
    return hash_range(LEAVES, low, high)


def decoded(text):
    return base64.b64decode(text) if text else b""


def accepts(verify, *arguments):
    try:
        verify(*arguments)
    except ProofError:
        return False
    return True


@needs_vectors
def test_all_published_vectors_of_transparency_dev_are_judged_as_published():
    vectors = json.loads((VECTORS / "rfc6962_vectors_transparency_dev.json").read_text())
    wrong = [v["file"] for v in vectors["inclusion"] if _inclusion(v) == v["wantErr"]]
    wrong += [v["file"] for v in vectors["consistency"] if _consistency(v) == v["wantErr"]]
    assert len(vectors["inclusion"]) == 53 and len(vectors["consistency"]) == 43
    assert wrong == []


def _inclusion(v):
    proof = [decoded(h) for h in v["proof"] or []]
    leaf, root = decoded(v["leafHash"]), decoded(v["root"])
    return accepts(verify_inclusion, v["leafIdx"], v["treeSize"], leaf, proof, root)


def _consistency(v):
    proof = [decoded(h) for h in v["proof"] or []]
    roots = decoded(v["root1"]), decoded(v["root2"])
    return accepts(verify_consistency, v["size1"], v["size2"], proof, *roots)


@needs_vectors
def test_the_reference_tree_of_certificate_transparency_comes_out():
    book = json.loads((VECTORS / "rfc6962_ct_reference_tree.json").read_text())
    assert bytes.fromhex(book["empty_root"]) == EMPTY_ROOT
    for row in book["leaf_hash"]:
        assert hash_leaf(bytes.fromhex(row["leaf"])).hex() == row["hash"]
    for row in book["node_hash"]:
        got = hash_node(bytes.fromhex(row["left"]), bytes.fromhex(row["right"]))
        assert got.hex() == row["hash"]
    hashes = [hash_leaf(bytes.fromhex(leaf)) for leaf in book["leaves_hex"]]
    roots = [root_of(hashes[: n + 1]).hex() for n in range(len(hashes))]
    assert roots == book["roots_by_size_hex"]
    for row in book["inclusion"]:
        proof = prove_inclusion(row["index"], row["size"], lambda a, b: hash_range(hashes, a, b))
        assert [h.hex() for h in proof] == row["path"]
    for row in book["consistency"]:
        proof = prove_consistency(
            row["first"], row["second"], lambda a, b: hash_range(hashes, a, b)
        )
        assert [h.hex() for h in proof] == row["proof"]


def test_every_proof_of_every_tree_up_to_130_leaves_verifies():
    count = 0
    for size in range(1, 131):
        root = root_of(LEAVES[:size])
        for index in range(size):
            proof = prove_inclusion(index, size, slow)
            verify_inclusion(index, size, LEAVES[index], proof, root)
        if size > 70:
            count += size
            continue
        for first in range(1, size + 1):
            proof = prove_consistency(first, size, slow)
            verify_consistency(first, size, proof, root_of(LEAVES[:first]), root)
        count += 2 * size
    assert count == 11_000


def test_an_inclusion_proof_holds_for_no_other_index_size_or_leaf():
    for size in range(1, 34):
        root = root_of(LEAVES[:size])
        for index in range(size):
            proof = prove_inclusion(index, size, slow)
            for other in range(size + 3):
                same = other == index
                assert accepts(verify_inclusion, other, size, LEAVES[index], proof, root) == same
            assert not accepts(verify_inclusion, index, size, LEAVES[index + 1], proof, root)
            if proof:
                assert not accepts(verify_inclusion, index, size, LEAVES[index], proof[:-1], root)
            longer = [*proof, root]
            assert not accepts(verify_inclusion, index, size, LEAVES[index], longer, root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 11])
def test_every_flipped_bit_is_refused(size):
    root = root_of(LEAVES[:size])
    for index in range(size):
        proof = prove_inclusion(index, size, slow)
        for parts in _flips([LEAVES[index], root, *proof]):
            assert not accepts(verify_inclusion, index, size, parts[0], parts[2:], parts[1])
    for first in range(1, size):
        proof = prove_consistency(first, size, slow)
        for parts in _flips([root_of(LEAVES[:first]), root, *proof]):
            assert not accepts(verify_consistency, first, size, parts[2:], parts[0], parts[1])


def _flips(parts):
    for position, part in enumerate(parts):
        for bit in range(0, 256, 5):
            changed = bytearray(part)
            changed[bit // 8] ^= 1 << bit % 8
            yield [*parts[:position], bytes(changed), *parts[position + 1 :]]


@pytest.mark.parametrize(
    ("index", "size", "leaf", "proof", "root"),
    [
        (0, 0, LEAVES[0], [], EMPTY_ROOT),
        (1, 1, LEAVES[0], [], LEAVES[0]),
        (-1, 1, LEAVES[0], [], LEAVES[0]),
        (0, 1, LEAVES[0], [LEAVES[1]], LEAVES[0]),
        (0, 1, LEAVES[0][:31], [], LEAVES[0][:31]),
        (0, 2**63, LEAVES[0], [], LEAVES[0]),
        (0, 2, LEAVES[0], [LEAVES[1]] * 70, LEAVES[0]),
    ],
)
def test_odd_shapes_are_refused(index, size, leaf, proof, root):
    assert not accepts(verify_inclusion, index, size, leaf, proof, root)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (5, 4), (-1, 3)])
def test_consistency_of_nothing_or_backwards_is_refused(first, second):
    assert not accepts(verify_consistency, first, second, [], LEAVES[0], LEAVES[0])
    with pytest.raises(ProofError):
        prove_consistency(first, second, slow)


def test_growing_a_frontier_gives_the_same_roots_as_the_definition():
    frontier = Frontier()
    for size in range(1, 140):
        frontier = frontier.extended([LEAVES[size - 1]])
        assert frontier.root() == root_of(LEAVES[:size])
        assert read_frontier(size, slow) == frontier
    assert Frontier().extended(LEAVES) == Frontier().extended(LEAVES[:77]).extended(LEAVES[77:])


def test_tiles_grown_in_uneven_steps_give_the_reference_tree():
    many = [hash_leaf(n.to_bytes(4, "big")) for n in range(70_000)]
    stored: dict[tuple[int, int], bytes] = {}
    growth = Growth({}, Frontier())
    size = 0
    for step in (1, 254, 1, 1, 300, 255, 65_000, 2, 4_186):
        growth = grow(
            size,
            growth.frontier,
            lambda lvl, n: stored.get((lvl, n), b""),
            many[size : size + step],
        )
        for place, row in growth.tiles.items():
            assert row.startswith(stored.get(place, b""))
            stored[place] = row
        size += step
    assert size == 70_000 and growth.frontier == Frontier().extended(many)
    assert partial_tiles(size) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert len(stored) == 274 + 2 + 1
    hash_of = hash_from_tiles(lambda lvl, n: stored[lvl, n])
    root = growth.frontier.root()
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        verify_inclusion(index, size, many[index], prove_inclusion(index, size, hash_of), root)
    for first in (1, 255, 256, 257, 65_536, 65_537, 69_999, 70_000):
        old = read_frontier(first, hash_of).root()
        verify_consistency(first, size, prove_consistency(first, size, hash_of), old, root)
    assert cut(stored[0, 0])[3] == many[3]


def test_a_tile_that_is_too_short_is_named():
    hash_of = hash_from_tiles(lambda lvl, n: LEAVES[0])
    with pytest.raises(ProofError, match="tile 0/0"):
        hash_of(0, 2)
    with pytest.raises(ProofError, match="tile 0/0"):
        grow(2, Frontier(2, (LEAVES[0],)), lambda lvl, n: LEAVES[0], [LEAVES[1]])


# Broken builds: each of these mutants must be caught by a test above; here the catch is shown.


def test_a_build_without_domain_separation_accepts_a_node_as_a_leaf(monkeypatch):
    left, right = LEAVES[0], LEAVES[1]
    forged = left + right

    def forgery_passes():
        root = tree.hash_node(tree.hash_node(left, right), LEAVES[2])
        return accepts(verify_inclusion, 0, 2, tree.hash_leaf(forged), [LEAVES[2]], root)

    assert not forgery_passes()
    monkeypatch.setattr(tree, "hash_leaf", lambda leaf: tree.sha256(leaf).digest())
    monkeypatch.setattr(tree, "hash_node", lambda a, b: tree.sha256(a + b).digest())
    assert forgery_passes()


def test_a_build_that_doubles_the_odd_node_has_two_trees_with_one_root():
    def doubled(hashes):
        while len(hashes) > 1:
            hashes = [*hashes, hashes[-1]] if len(hashes) % 2 else hashes
            hashes = [hash_node(*hashes[i : i + 2]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    three, four = LEAVES[:3], [*LEAVES[:3], LEAVES[2]]
    assert doubled(three) == doubled(four)
    assert root_of(three) != root_of(four)


def test_a_verifier_without_the_index_check_accepts_an_index_beyond_the_size():
    def careless(index, size, leaf, proof, root):
        result = leaf
        for hash_ in proof:
            result = hash_node(hash_, result) if index & 1 else hash_node(result, hash_)
            index >>= 1
        return result == root

    root = root_of(LEAVES[:4])
    proof = prove_inclusion(1, 4, slow)
    assert careless(5, 4, LEAVES[1], proof, root)
    assert not accepts(verify_inclusion, 5, 4, LEAVES[1], proof, root)
