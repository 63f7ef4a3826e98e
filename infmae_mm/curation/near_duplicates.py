"""Near-duplicates among 64-bit hashes, exactly and in near-linear time.

The search rests on the pigeonhole principle (multi-index hashing: Norouzi,
Punjani and Fleet, "Fast exact search in Hamming space with multi-index
hashing", 2014). The 64 bits are split into chunks, and each chunk gets a
radius such that radii plus one add up to distance plus one. Two hashes
within the distance then agree in at least one chunk up to its radius, so
looking up all neighbours of each chunk misses no pair.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 20
"""Beyond this, unrelated pictures match (32 is the distance of chance)."""

_BITS = 64
_BLOCK = 4096  # hashes that are looked up, then added, together
_BATCH = 1 << 20  # lookups and comparisons at a time: bounds the memory
_MAX_TABLE_BITS = 22


def find_anchors(
    hashes: NDArray[np.uint64], distance: int
) -> NDArray[np.int64]:
    """Remove near-duplicates: each kept hash is an anchor.

    In the order given, a hash is kept if no hash that was kept before it
    lies within the Hamming distance; otherwise it is removed, and its anchor
    is the first of those. The result is exactly that of comparing each hash
    with all anchors before it.

    Args:
        hashes (np.ndarray): (N,), uint64.
        distance (int): Hamming distance up to which hashes are
            near-duplicates, 0 to :data:`MAX_DISTANCE`.

    Returns:
        np.ndarray: (N,), int64: index of the anchor, which is the own index
        where the hash is kept.

    Raises:
        ValueError: If the distance is out of range.
    """
    if not 0 <= distance <= MAX_DISTANCE:
        raise ValueError(
            f'distance must be within 0 and {MAX_DISTANCE}, got {distance}.'
        )
    hashes = np.ascontiguousarray(hashes, np.uint64)
    # equal hashes share their anchor: only the first of them is searched for
    unique, first, group = np.unique(
        hashes, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    anchors = _find_among_distinct(unique[order], distance)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order[anchors[rank[group.reshape(-1)]]]]


def _find_among_distinct(
    hashes: NDArray[np.uint64], distance: int
) -> NDArray[np.int64]:
    index = AnchorIndex(len(hashes), distance)
    anchors = np.arange(len(hashes))
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        found = index.first_within(block)
        removed = found < len(hashes)
        anchors[start : start + _BLOCK][removed] = found[removed]
        # what is left is near no anchor of the blocks before: now those of
        # this block, one after another
        left = start + np.flatnonzero(~removed)
        values, first = hashes[left], 0
        while first < len(left):
            own, later = left[first], left[first + 1 :]
            apart = np.bitwise_count(values[first + 1 :] ^ values[first])
            near = apart <= distance
            first += 1
            if near.any():
                anchors[later[near]] = own
                left, first = later[~near], 0
                values = hashes[left]
        ids = np.arange(start, start + len(block))
        index.add(ids[anchors[ids] == ids], hashes)
    return anchors


class AnchorIndex:
    """Hashes that can be searched by distance, and added in between.

    Args:
        size (int): About how many hashes there will be.
        distance (int): Hamming distance of the search.
    """

    def __init__(self, size: int, distance: int) -> None:
        self.distance = distance
        self.none = size
        self.hashes = np.empty(0, np.uint64)
        self.tables = [
            ChunkTable(shift, bits, radius)
            for shift, bits, radius in plan_chunks(distance)
        ]

    def add(self, ids: NDArray[np.int64], hashes: NDArray[np.uint64]) -> None:
        """Add some of all hashes; ids ascend from call to call."""
        self.hashes = hashes
        for table in self.tables:
            table.add(ids, hashes[ids])

    def first_within(self, queries: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Find the lowest id within the distance of each query.

        Args:
            queries (np.ndarray): (N,), uint64.

        Returns:
            np.ndarray: (N,), int64; ``size`` where there is none.
        """
        first = np.full(len(queries), self.none)
        for table in self.tables:
            for query, ids in table.candidates(queries):
                apart = np.bitwise_count(queries[query] ^ self.hashes[ids])
                near = apart <= self.distance
                np.minimum.at(first, query[near], ids[near])
        return first


class ChunkTable:
    """Buckets of ids by the value of some bits of their hashes.

    Args:
        shift (int): Lowest bit of the chunk.
        bits (int): Number of bits.
        radius (int): Bits of the chunk that may differ.
    """

    def __init__(self, shift: int, bits: int, radius: int) -> None:
        self.shift = np.uint64(shift)
        self.mask = np.uint64((1 << bits) - 1)
        self.flips = np.array(
            [
                sum(1 << bit for bit in flipped)
                for r in range(radius + 1)
                for flipped in combinations(range(bits), r)
            ],
            np.int32,
        )
        self.ids = np.empty(0, np.int32)  # ordered by bucket
        self.starts = np.zeros((1 << bits) + 1, np.int32)
        # most buckets are empty, which a small table tells fastest
        self.filled = np.zeros(1 << bits, bool)

    def _keys(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        return (hashes >> self.shift & self.mask).astype(np.int32)

    def add(self, ids: NDArray[np.int64], hashes: NDArray[np.uint64]) -> None:
        """Put ids at the ends of their buckets."""
        keys = self._keys(hashes)
        order = np.argsort(keys, kind='stable')
        ends = self.starts[keys[order] + 1]
        self.ids = np.insert(self.ids, ends, ids[order])
        edges = np.concatenate(([-1], keys[order], [len(self.filled)]))
        before = np.arange(len(keys) + 1, dtype=np.int32)
        self.starts += np.repeat(before, np.diff(edges))
        self.filled[keys] = True

    def candidates(
        self, queries: NDArray[np.uint64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """Find the ids in all buckets within the radius.

        Args:
            queries (np.ndarray): (N,), uint64.

        Yields:
            tuple[np.ndarray, np.ndarray]: Positions of queries, and ids;
            both (M,), M bounded.
        """
        keys = self._keys(queries)
        step = max(_BATCH // len(self.flips), 1)
        for begin in range(0, len(keys), step):
            # (n, 1) with (flips,) to (n * flips,)
            buckets = (keys[begin : begin + step, None] ^ self.flips).ravel()
            filled = np.flatnonzero(self.filled[buckets])
            starts = self.starts[buckets[filled]]
            counts = self.starts[buckets[filled] + 1] - starts
            query = begin + filled // len(self.flips)
            ends = np.cumsum(counts, dtype=np.int64)
            low = 0
            while low < len(ends):
                done = ends[low - 1] if low else 0
                high = np.searchsorted(ends, done + _BATCH, 'right')
                part = slice(low, max(high, low + 1))
                low = part.stop
                # positions within the buckets, one bucket after another
                n = counts[part]
                into = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
                at = np.repeat(starts[part], n) + into
                yield np.repeat(query[part], n), self.ids[at]


def plan_chunks(distance: int) -> list[tuple[int, int, int]]:
    """Choose the chunks that cost least for half a million random hashes.

    Args:
        distance (int): Hamming distance of the search.

    Returns:
        list[tuple[int, int, int]]: Shift, bits and radius of each chunk;
        radii plus one add up to distance plus one.
    """
    plans = []
    for number in range(3, _BITS // 4 + 1):
        edges = [_BITS * i // number for i in range(number + 1)]
        plan = []
        for i in range(min(number, distance + 1)):
            shares = (distance + 1) // number
            radius = shares - 1 + (i < (distance + 1) % number)
            plan.append((edges[i], edges[i + 1] - edges[i], radius))
        if max(bits for _, bits, _ in plan) <= _MAX_TABLE_BITS:
            plans.append(plan)
    return min(plans, key=_cost)


def _cost(plan: list[tuple[int, int, int]]) -> float:
    cost = 0.0
    for _, bits, radius in plan:
        lookups = sum(math.comb(bits, r) for r in range(radius + 1))
        comparisons = lookups * 500_000 / 2**bits
        # as measured, a comparison takes twice the time of a lookup
        cost += lookups + 2 * comparisons
    return cost
