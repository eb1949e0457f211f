"""The Merkle tree of RFC 9162: hashes, roots, inclusion and consistency proofs, their verifiers.

Leaves hash as ``H(00 ‖ leaf)`` and nodes as ``H(01 ‖ left ‖ right)``, so no leaf can pass for a
node; an odd node is carried up, never doubled, so no two logs share a root. A tree of n leaves
splits at k, the largest power of two below n: 7 leaves are (4) + (2 + 1). The root of three leaves
a, b, c is ``node(node(a, b), c)``, and the proof that b is in it is ``[a, c]``.

Proof builders don't hold a tree: they ask a `HashOf` for the hash of a range of leaves, be it from
a list (slow, for reference) or from tiles (`tiles.py`). Verifiers refuse every odd shape: index
beyond size, size zero, a hash of another length, a hash left over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
PROOF_HASHES_MAX = 63
SIZE_MAX = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

HashOf = Callable[[int, int], bytes]
"""The hash of the subtree over leaves [low, high), high > low, split as RFC 9162 splits it."""


class ProofError(ValueError):
    """A proof that proves nothing; the message says what is wrong with it."""


def hash_leaf(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """The largest power of two below count (count ≥ 2): 7 → 4, 8 → 4, 9 → 8."""
    return 1 << ((count - 1).bit_length() - 1)


def hash_range(hashes: Sequence[bytes], low: int, high: int) -> bytes:
    """The reference: straight from the definition, over leaf hashes."""
    if high - low == 1:
        return hashes[low]
    middle = low + split(high - low)
    return hash_node(hash_range(hashes, low, middle), hash_range(hashes, middle, high))


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; of an empty tree, the hash of nothing."""
    return hash_range(hashes, 0, len(hashes)) if hashes else EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Frontier:
    """The perfect subtrees on the right edge, largest first: all that growing a tree needs.

    Size 7 = 4 + 2 + 1 keeps three hashes. Appending a leaf merges equal neighbours, as adding one
    carries in binary.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX or len(self.hashes) != self.size.bit_count():
            raise ProofError(f"a frontier of size {self.size} keeps {self.size.bit_count()} hashes")

    def extended(self, leaf_hashes: Sequence[bytes]) -> "Frontier":
        """The frontier after these leaves."""
        size, hashes = self.size, list(self.hashes)
        for hash_ in leaf_hashes:
            carry = size
            while carry & 1:
                hash_ = hash_node(hashes.pop(), hash_)
                carry >>= 1
            hashes.append(hash_)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for hash_ in reversed(self.hashes[:-1]):
            root = hash_node(hash_, root)
        return root


def frontier_ranges(size: int) -> list[tuple[int, int]]:
    """The ranges of leaves under a frontier's hashes, largest first: 7 → (0,4) (4,6) (6,7)."""
    ranges: list[tuple[int, int]] = []
    low = 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            ranges.append((low, low + (1 << height)))
            low += 1 << height
    return ranges


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Which ranges' hashes prove that leaf `index` is in a tree of `size`, leaf's sibling first."""
    if not 0 <= index < size:
        raise ProofError(f"index {index} is not in a tree of {size} leaves")
    low, high = 0, size
    ranges: list[tuple[int, int]] = []
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """Which ranges' hashes prove that the first `first` leaves of the tree are unchanged."""
    if not 0 < first <= second:
        raise ProofError(f"no consistency proof from size {first} to size {second}")
    low, high = 0, second
    ranges: list[tuple[int, int]] = []
    while first != high:
        middle = low + split(high - low)
        if first <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low > 0:  # else the old root itself is the start, and the verifier has it
        ranges.append((low, high))
    return ranges[::-1]


def prove_inclusion(index: int, size: int, hash_of: HashOf) -> list[bytes]:
    return [hash_of(low, high) for low, high in inclusion_ranges(index, size)]


def prove_consistency(first: int, second: int, hash_of: HashOf) -> list[bytes]:
    return [hash_of(low, high) for low, high in consistency_ranges(first, second)]


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofError(f"every hash has {HASH_BYTES} bytes")
    if len(hashes) > PROOF_HASHES_MAX + 2:
        raise ProofError(f"a proof has at most {PROOF_HASHES_MAX} hashes")


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises unless the proof leads from the leaf at `index` to this root (RFC 9162, 2.1.3)."""
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofError(f"index {index} is not in a tree of {size} leaves")
    _check_hashes([*proof, leaf_hash, root])
    node, last, result = index, size - 1, leaf_hash
    for hash_ in proof:
        if last == 0:
            raise ProofError("the proof has hashes left over")
        if node & 1 or node == last:
            result = hash_node(hash_, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = hash_node(result, hash_)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    if result != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Raises unless the tree of `first` leaves is a prefix of that of `second` (RFC 9162 2.1.4)."""
    if not 0 < first <= second <= SIZE_MAX:
        raise ProofError(f"sizes {first} and {second} can't be compared")
    _check_hashes([*proof, first_root, second_root])
    if first == second:
        if proof or first_root != second_root:
            raise ProofError("equal sizes need an empty proof and equal roots")
        return
    path = list(proof)
    if first & (first - 1) == 0:  # a power of two: the old root is where the path starts
        path.insert(0, first_root)
    if not path:
        raise ProofError("the proof is too short")
    old, new = _walk_consistency(first, second, path)
    if old != first_root:
        raise ProofError("the proof doesn't lead to the older root")
    if new != second_root:
        raise ProofError("the proof doesn't lead to the newer root")


def _walk_consistency(first: int, second: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """Both roots that the path leads to."""
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for hash_ in path[1:]:
        if last == 0:
            raise ProofError("the proof has hashes left over")
        if node & 1 or node == last:
            old, new = hash_node(hash_, old), hash_node(hash_, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = hash_node(new, hash_)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    return old, new
