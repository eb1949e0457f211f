"""Tiles: the tree stored as rows of 256 hashes (C2SP tlog-tiles).

Level 0 holds leaf hashes; a hash of level l+1 is the root of one full tile of level l. Nodes inside
a tile are computed again when asked for, so a log of 10 million entries keeps 39,063 rows of 8 kB
at level 0, 154 above. 300 leaves are: level 0 tile 0 (256 wide), tile 1 (44), level 1 tile 0 (1).
A tile only ever gets longer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xinheng.merkle.tree import (
    HASH_BYTES,
    Frontier,
    HashOf,
    ProofError,
    frontier_ranges,
    hash_node,
    root_of,
    split,
)

HEIGHT = 8
WIDTH = 1 << HEIGHT

ReadTile = Callable[[int, int], bytes]
"""The hashes of tile (level, number), joined; as many as are stored."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending changes: whole new contents of the touched tiles, and the new edge."""

    tiles: Mapping[tuple[int, int], bytes]
    frontier: Frontier


def width_at(level: int, size: int) -> int:
    """How wide the partial tile of a level is in a tree of `size`; 0 if there is none."""
    return (size >> (HEIGHT * level)) % WIDTH


def partial_tiles(size: int) -> list[tuple[int, int, int]]:
    """(level, number, width) of every partial tile: 70,000 → (0,273,112) (1,1,17) (2,0,1)."""
    found: list[tuple[int, int, int]] = []
    level = 0
    while size >> (HEIGHT * level):
        width = width_at(level, size)
        if width:
            found.append((level, size >> (HEIGHT * (level + 1)), width))
        level += 1
    return found


def hash_from_tiles(read: ReadTile) -> HashOf:
    """A `HashOf` over stored tiles; imperfect ranges are split as the RFC does."""

    def hash_of(low: int, high: int) -> bytes:
        count = high - low
        if count & (count - 1) or low % count:
            middle = low + split(count)
            return hash_node(hash_of(low, middle), hash_of(middle, high))
        level, inside = divmod(count.bit_length() - 1, HEIGHT)
        first = low >> (HEIGHT * level)
        number, offset = divmod(first, WIDTH)
        hashes = read(level, number)
        row = hashes[HASH_BYTES * offset : HASH_BYTES * (offset + (1 << inside))]
        if len(row) != HASH_BYTES << inside:
            raise ProofError(f"tile {level}/{number} is too short for leaves {low} to {high}")
        return root_of(cut(row))

    return hash_of


def cut(row: bytes) -> list[bytes]:
    """Joined hashes, one by one."""
    return [row[i : i + HASH_BYTES] for i in range(0, len(row), HASH_BYTES)]


def read_frontier(size: int, hash_of: HashOf) -> Frontier:
    """The right edge of a stored tree."""
    return Frontier(size, tuple(hash_of(low, high) for low, high in frontier_ranges(size)))


def grow(size: int, frontier: Frontier, read: ReadTile, leaf_hashes: Sequence[bytes]) -> Growth:
    """The tiles after appending leaf hashes to a stored tree of `size`."""
    tiles: dict[tuple[int, int], bytes] = {}
    level, position, fresh = 0, size, list(leaf_hashes)
    while fresh:
        number, offset = divmod(position, WIDTH)
        kept = read(level, number)[: HASH_BYTES * offset] if offset else b""
        if len(kept) != HASH_BYTES * offset:
            raise ProofError(f"tile {level}/{number} holds less than its {offset} hashes")
        hashes = [*cut(kept), *fresh]
        fresh = []
        for start in range(0, len(hashes), WIDTH):
            part = hashes[start : start + WIDTH]
            tiles[level, number + start // WIDTH] = b"".join(part)
            if len(part) == WIDTH:
                fresh.append(root_of(part))
        level, position = level + 1, position // WIDTH
    return Growth(tiles, frontier.extended(leaf_hashes))
